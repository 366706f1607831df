package supervise

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestExitKeepsCodeAndSignalApart(t *testing.T) {
	tests := []struct {
		name, helper string
		signal       syscall.Signal
		code         int
		by           syscall.Signal
		text         string
	}{
		{name: "code", helper: "exit3", code: 3, text: "exit code 3"},
		{name: "success", helper: "hello", code: 0, text: "exit code 0"},
		{name: "killed", helper: "wait", signal: syscall.SIGKILL, code: -1, by: syscall.SIGKILL, text: "death by SIGKILL"},
		{name: "default disposition", helper: "wait", signal: syscall.SIGTERM, code: -1, by: syscall.SIGTERM, text: "death by SIGTERM"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tr, lines := run(t, tt.helper, nil)
			if tt.signal != 0 {
				awaitLine(t, lines, "stdout: ready")
				if err := tr.Signal(tt.signal); err != nil {
					t.Fatal(err)
				}
			}
			await(t, tr.Done(), "the end of the program")
			e, ok := tr.Exit()
			if !ok || e.Code != tt.code || e.Signal != tt.by || e.String() != tt.text {
				t.Fatalf("Exit() = %+v %v (%s), want code %d signal %d (%s)", e, ok, e, tt.code, tt.by, tt.text)
			}
			await(t, tr.Empty(), "the end of the tree")
			if err := tr.Signal(syscall.SIGTERM); err == nil || !strings.Contains(err.Error(), "has ended") {
				t.Errorf("Signal after the end: %v, want an error that says so", err)
			}
		})
	}
}

func TestStartFailsWithReason(t *testing.T) {
	tests := []struct {
		name string
		cmd  Command
		want error
		text string
	}{
		{"nothing", Command{}, nil, "no command was given"},
		{"no such program", Command{Args: []string{"./no-such-program"}}, fs.ErrNotExist, "no-such-program"},
		{"not in PATH", Command{Args: []string{"no-such-program-at-all"}}, nil, "not found"},
		{"a directory", Command{Args: []string{"/"}}, syscall.EISDIR, "/ could not be started: exec: \"/\": is a directory"},
		{"no such directory", Command{Args: []string{"/proc/self/exe"}, Dir: "/no/such/dir"}, fs.ErrNotExist, "/no/such/dir"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Start(tt.cmd)
			var se *StartError
			if !errors.As(err, &se) {
				t.Fatalf("error %v is no StartError", err)
			}
			if tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("error %v is not %v", err, tt.want)
			}
			if !strings.Contains(err.Error(), tt.text) {
				t.Errorf("error %q does not speak of %q", err, tt.text)
			}
		})
	}
}

func TestLeftoversAreFoundAndKilled(t *testing.T) {
	for _, helper := range []string{"orphan", "daemon"} {
		t.Run(helper, func(t *testing.T) {
			tr, lines := run(t, helper, nil)
			awaitLine(t, lines, "stdout: ready")
			await(t, tr.Done(), "the end of the program")
			select {
			case <-tr.Empty():
				t.Fatal("the tree counts as empty while a process of it lives")
			default:
			}
			waitFor(t, func() bool { ps, _ := tr.Processes(); return len(ps) == 1 }) // whoever only passed it on has ended
			ps, err := tr.Processes()
			if err != nil || len(ps) != 1 {
				t.Fatalf("Processes() = %+v, %v; want the one that was left behind", ps, err)
			}
			left, err := tr.Close()
			if err != nil || len(left) != 1 || left[0].PID != ps[0].PID {
				t.Fatalf("Close() = %+v, %v; want %+v", left, err, ps)
			}
			if alive(ps[0].PID) {
				t.Errorf("process %d lives after Close", ps[0].PID)
			}
		})
	}
}

func TestCloseKillsWhateverTheProgramDoes(t *testing.T) {
	for _, helper := range []string{"deaf", "stopped", "storm", "endless", "wait"} {
		t.Run(helper, func(t *testing.T) {
			tr, _ := run(t, helper, nil)
			if helper == "storm" { // let it grow
				waitFor(t, func() bool { ps, _ := tr.Processes(); return len(ps) > 20 })
			}
			before, err := tr.Processes()
			if err != nil || len(before) == 0 {
				t.Fatalf("Processes() = %v, %v", before, err)
			}
			if _, err := tr.Close(); err != nil {
				t.Fatal(err)
			}
			for _, p := range before {
				if alive(p.PID) {
					t.Errorf("%+v lives after Close", p)
				}
			}
			await(t, tr.Done(), "Done after Close")
			await(t, tr.Empty(), "Empty after Close")
		})
	}
}

// waitFor polls a condition; it is for conditions of other processes, which send no event.
func waitFor(t *testing.T, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	after := time.After(limit)
	for !ok() {
		select {
		case <-tick.C:
		case <-after:
			t.Fatalf("the condition did not come true within %s", limit)
		}
	}
}

func TestTreeDiesWithItsSupervisor(t *testing.T) {
	c := exec.Command("/proc/self/exe")
	c.Env = append(os.Environ(), "HELPER=supervisor")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Fscanf(out, "child %d\n", &pid); err != nil {
		t.Fatal(err)
	}
	if !alive(pid) {
		t.Fatalf("child %d does not live", pid)
	}
	_ = c.Process.Kill()
	_ = c.Wait()
	waitFor(t, func() bool { return !alive(pid) })
}

func TestReaperKilledByProgram(t *testing.T) {
	tr, _ := run(t, "parricide", nil)
	await(t, tr.Done(), "Done")
	await(t, tr.Empty(), "Empty")
	if _, err := tr.Close(); err == nil || !strings.Contains(err.Error(), "reaper") {
		t.Fatalf("Close: %v, want an error that names the reaper", err)
	}
	waitFor(t, func() bool { return !alive(tr.PID()) })
}

func TestOutputIsBoundedAndHandedOnByLine(t *testing.T) {
	t.Run("both streams", func(t *testing.T) {
		tr, lines := run(t, "hello", nil)
		got := map[string]bool{await(t, lines, "a line"): true, await(t, lines, "a line"): true}
		if !got["stdout: out"] || !got["stderr: err"] {
			t.Fatalf("lines %v", got)
		}
		await(t, tr.Read(), "the end of the output")
		if tr.Output(Stdout) != "out\n" || tr.Output(Stderr) != "err\n" {
			t.Fatalf("output %q and %q", tr.Output(Stdout), tr.Output(Stderr))
		}
	})
	t.Run("a line of 300 KiB", func(t *testing.T) {
		_, lines := run(t, "oneline", nil)
		if l := await(t, lines, "the long line"); len(l) != len("stdout: ")+lineLimit {
			t.Fatalf("a line of %d bytes was handed on, want it cut at %d", len(l), lineLimit)
		}
		if l := await(t, lines, "the next line"); l != "stdout: next" {
			t.Fatalf("after the long line came %.40q", l)
		}
	})
	t.Run("without end", func(t *testing.T) {
		tr, _ := run(t, "endless", func(c *Command) { c.Output = 1000 })
		waitFor(t, func() bool { return strings.Contains(tr.Output(Stdout), "bytes left out") })
		if n := len(tr.Output(Stdout)); n > 1100 {
			t.Fatalf("%d bytes kept, limit 1000", n)
		}
	})
}

func TestListenersOfTheTree(t *testing.T) {
	sock := filepath.Join(t.TempDir(), "s")
	tr, lines := run(t, "listen", func(c *Command) { c.Env = append(c.Env, "SOCK="+sock) })
	addr := strings.Fields(awaitLine(t, lines, "stdout: ready"))[2]
	ls, err := tr.Listeners()
	if err != nil || len(ls) != 2 {
		t.Fatalf("Listeners() = %+v, %v; want one TCP and one Unix socket", ls, err)
	}
	if ls[0].Network != "tcp" || ls[0].Addr != addr || ls[0].PID != tr.PID() || !ls[0].Loopback() {
		t.Errorf("TCP listener %+v, want %s", ls[0], addr)
	}
	if ls[1].Network != "unix" || ls[1].Addr != sock {
		t.Errorf("Unix listener %+v, want %s", ls[1], sock)
	}
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { _, unread, err := tr.Connection(c); return err == nil && unread == 5 })
	if accepted, _, _ := tr.Connection(c); accepted {
		t.Error("the connection counts as accepted; the helper never accepts")
	}
}

func TestSignalStateOfTheProgram(t *testing.T) {
	tr, lines := run(t, "mask", nil)
	awaitLine(t, lines, "stdout: ready")
	if st, err := tr.SignalState(syscall.SIGTERM); err != nil || !st.Caught || st.Ignored {
		t.Errorf("SIGTERM: %+v, %v; want caught", st, err)
	}
	if st, err := tr.SignalState(syscall.SIGHUP); err != nil || !st.Ignored {
		t.Errorf("SIGHUP: %+v, %v; want ignored", st, err)
	}
}

func TestIgnoredSignalsAreNotInherited(t *testing.T) {
	tr, lines := run(t, "wait", nil)
	awaitLine(t, lines, "stdout: ready")
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGHUP, syscall.SIGTERM} {
		if st, err := tr.SignalState(s); err != nil || st.Ignored {
			t.Errorf("%s: %+v, %v; want the default disposition", SignalName(s), st, err)
		}
	}
}

func TestPID1(t *testing.T) {
	c := Command{Args: []string{"/proc/self/exe"}, Env: append(os.Environ(), "HELPER=pid"), PID1: true}
	lines := make(chan string, 10)
	c.Line = func(_ Stream, l string) { lines <- l }
	tr, err := Start(c)
	if err != nil {
		t.Skipf("NOT RUN: this system gives no PID namespace: %v", err)
	}
	defer tr.Close()
	if l := await(t, lines, "the line"); l != "pid 1" {
		t.Fatalf("the program sees %q, want pid 1", l)
	}
	if err := tr.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	await(t, tr.Empty(), "the end of the tree")
}

func TestTheVariableOfTheReaperIsNotInherited(t *testing.T) {
	_, lines := run(t, "env", func(c *Command) { c.Env = append(c.Env, reaperVariable+"=1") })
	if l := await(t, lines, "the line"); l != "stdout: var=" {
		t.Fatalf("the program saw %q", l)
	}
}

func TestListenersOfNothing(t *testing.T) {
	tr, lines := run(t, "wait", nil)
	awaitLine(t, lines, "stdout: ready")
	if ls, err := tr.Listeners(); err != nil || len(ls) != 0 {
		t.Errorf("Listeners() = %+v, %v of a program that listens on nothing", ls, err)
	}
	c, err := net.Dial("udp", "127.0.0.1:9")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, _, err := tr.Connection(c); !errors.Is(err, ErrUnsupported) {
		t.Errorf("Connection of a datagram socket: %v, want ErrUnsupported", err)
	}
	if _, err := tr.Close(); err != nil {
		t.Fatal(err)
	}
	if left, err := tr.Close(); err != nil || len(left) != 1 {
		t.Errorf("the second Close() = %+v, %v; want the same as the first", left, err)
	}
	if _, err := tr.SignalState(syscall.SIGTERM); err == nil {
		t.Error("the masks of a process that is gone were read")
	}
	if ps, err := tr.Processes(); err != nil || len(ps) != 0 {
		t.Errorf("Processes() = %+v, %v after Close", ps, err)
	}
}

// TestManyTreesAtOnce: trees that run side by side do not see each other's orphans.
func TestManyTreesAtOnce(t *testing.T) {
	var trees []*Tree
	for range 8 {
		tr, lines := run(t, "daemon", nil)
		awaitLine(t, lines, "stdout: ready")
		trees = append(trees, tr)
	}
	seen := map[int]bool{}
	for _, tr := range trees {
		await(t, tr.Done(), "the end of the program")
		waitFor(t, func() bool { ps, _ := tr.Processes(); return len(ps) == 1 })
		left, err := tr.Close()
		if err != nil || len(left) != 1 || seen[left[0].PID] {
			t.Errorf("Close() = %+v, %v; want one process of its own", left, err)
			continue
		}
		seen[left[0].PID] = true
	}
	for pid := range seen {
		if alive(pid) {
			t.Errorf("process %d lives", pid)
		}
	}
}
