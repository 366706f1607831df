package proctree

import (
	"bufio"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// family starts a shell that starts so many processes, each of which lives until the test ends; it returns when they run.
func family(t *testing.T, children int) *exec.Cmd {
	t.Helper()
	c := exec.Command("sh", "-c", "n=0; while [ $n -lt "+strconv.Itoa(children)+" ]; do sleep 1000 & n=$((n+1)); done; echo ready; wait")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Skip("NOT RUN: no shell: " + err.Error())
	}
	t.Cleanup(func() {
		for _, p := range Descendants(c.Process.Pid) {
			if q, err := os.FindProcess(p.PID); err == nil {
				_ = q.Kill()
			}
		}
		_ = c.Process.Kill()
		_ = c.Wait()
	})
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "ready\n" {
		t.Fatalf("the shell said %q, %v", line, err)
	}
	return c
}

func TestDescendants(t *testing.T) {
	c := family(t, 3)
	all := Descendants(c.Process.Pid)
	if len(all) != 3 {
		t.Fatalf("%d descendants, want 3: %+v", len(all), all)
	}
	for i, p := range all {
		if p.PPID != c.Process.Pid || p.Ended() || i > 0 && all[i-1].PID >= p.PID {
			t.Errorf("%+v is no child of %d, or not in order", p, c.Process.Pid)
		}
	}
	mine := Descendants(os.Getpid())
	for _, p := range all {
		if !slices.ContainsFunc(mine, func(q Process) bool { return q.PID == p.PID }) {
			t.Errorf("our own descendants lack %+v", p)
		}
	}
	if !slices.Contains(Children(os.Getpid()), c.Process.Pid) {
		t.Errorf("our own children lack %d", c.Process.Pid)
	}
	if none := Descendants(1 << 30); len(none) != 0 {
		t.Errorf("a process that is not there has descendants: %+v", none)
	}
}

// TestScan: looking at all processes finds the children that the kernel's lists name, for kernels without such lists.
func TestScan(t *testing.T) {
	c := family(t, 5)
	got := scan(c.Process.Pid)
	want := Children(c.Process.Pid)
	slices.Sort(got)
	slices.Sort(want)
	if len(want) != 5 || !slices.Equal(got, want) {
		t.Errorf("all processes: %v, the lists: %v", got, want)
	}
}

func TestRead(t *testing.T) {
	// Where the leader of the session is outside our namespace of processes, as in many a container, the session is 0.
	session, err := unix.Getsid(0)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Read(os.Getpid())
	if err != nil || p.PID != os.Getpid() || p.PPID != os.Getppid() || p.Ended() || p.Stopped() || p.Name == "" || p.Session != session {
		t.Errorf("%+v, %v", p, err)
	}
	if line := CommandLine(p, 1000); !strings.HasPrefix(line, os.Args[0]) {
		t.Errorf("our command line is %q, want it to begin with %q", line, os.Args[0])
	}
	if line := CommandLine(p, 10); len(line) != 10 || !strings.HasSuffix(line, "...") {
		t.Errorf("cut at 10 it is %q", line)
	}
	if _, err := Read(1 << 30); err == nil {
		t.Error("a process that is not there was read")
	}
}

func TestParseStat(t *testing.T) {
	for _, c := range []struct {
		name, line string
		want       Process
		bad        bool
	}{
		{name: "plain", line: "7 (cat) S 3 7 5 0 -1", want: Process{PID: 7, PPID: 3, Name: "cat", State: "S", Session: 5}},
		{name: "a name with brackets and spaces", line: "7 (a) b) Z 3 7 5 0", want: Process{PID: 7, PPID: 3, Name: "a) b", State: "Z", Session: 5}},
		{name: "no name", line: "7 S 3 7 5", bad: true},
		{name: "brackets the wrong way round", line: "7 )x( S 3 7 5", bad: true},
		{name: "brackets the wrong way round, and enough words", line: "7 )x( S 3 7 5 6 7", bad: true},
		{name: "brackets the wrong way round, and all words", line: "7 )S 3 7 5 (", bad: true},
		{name: "only an opening bracket", line: "7 (x S 3 7 5", bad: true},
		{name: "only a closing bracket", line: "7 x) S 3 7 5", bad: true},
		{name: "an empty name", line: "7 () R 0 7 5", want: Process{PID: 7, State: "R", Session: 5}},
		{name: "just enough words", line: "7 (cat) T 3 7 5", want: Process{PID: 7, PPID: 3, Name: "cat", State: "T", Session: 5}},
		{name: "no session", line: "7 (cat) S 3 7 x", bad: true},
		{name: "too short", line: "7 (cat) S 3", bad: true},
		{name: "no number", line: "7 (cat) S x 7 5", bad: true},
		{name: "nothing", bad: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, err := parseStat(7, []byte(c.line)); got != c.want || (err != nil) != c.bad {
				t.Errorf("%+v, %v; want %+v, an error: %v", got, err, c.want, c.bad)
			}
		})
	}
}

func TestStates(t *testing.T) {
	for state, want := range map[string][2]bool{"R": {}, "S": {}, "D": {}, "Z": {true, false}, "X": {true, false}, "T": {false, true}, "t": {false, true}, "": {}} {
		p := Process{State: state}
		if got := [2]bool{p.Ended(), p.Stopped()}; got != want {
			t.Errorf("%s: ended and stopped %v, want %v", state, got, want)
		}
	}
}

// TestCommandLine: what has no arguments is called by its program, and what is too long is cut between runes.
func TestCommandLine(t *testing.T) {
	for _, c := range []struct {
		name string
		most int
		want string
	}{
		{"cat", 100, "cat"}, {"longname", 8, "longname"}, {"longname", 7, "long..."}, {"a", 3, "a"}, {"abcd", 3, "..."}, {"añb-long", 5, "a..."}, {"añb-long", 6, "añ..."}, {"", 10, ""},
	} {
		if got := CommandLine(Process{PID: 1 << 30, Name: c.name}, c.most); got != c.want {
			t.Errorf("%q cut at %d bytes: %q, want %q", c.name, c.most, got, c.want)
		}
	}
	c := exec.Command("cat", "-", "-u")
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Skip("NOT RUN: no cat: " + err.Error())
	}
	// Start returns while the kernel still sets the new program up; once it answers it has its arguments.
	if _, err := in.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if got := CommandLine(Process{PID: c.Process.Pid, Name: "name"}, 100); got != "cat - -u" {
		t.Errorf("the arguments are %q, want cat - -u", got)
	}
	_ = in.Close()
	if err := c.Wait(); err != nil {
		t.Error(err)
	}
}

func TestNumbers(t *testing.T) {
	for in, want := range map[string][]int{"": nil, "7": {7}, "7 8 9 ": {7, 8, 9}, " 7\n8": {7, 8}, "7 x 9": {7, 9}} {
		if got := numbers([]byte(in)); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", in, got, want)
		}
	}
}

// TestAdopted: a child that we did not start ourselves, once its parent has gone, is among ours when we take orphans.
func TestAdopted(t *testing.T) {
	if err := Subreaper(); err != nil {
		t.Skip("NOT RUN: orphans are not ours to take: " + err.Error())
	}
	c := exec.Command("sh", "-c", "cat <&3 >/dev/null 2>&1 & echo $!")
	hold, held, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	c.ExtraFiles = []*os.File{hold}
	out, err := c.Output()
	_ = hold.Close()
	if err != nil {
		t.Skip("NOT RUN: no shell: " + err.Error())
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(Adopted(), pid) {
		t.Errorf("process %d, whose parent has ended, is not among ours: %v", pid, Adopted())
	}
	_ = held.Close() // it has nothing more to read
	if !AwaitExit(pid, time.Minute) {
		t.Fatal("it lives on")
	}
	Reap(pid)
	if _, err := Read(pid); err == nil {
		t.Error("it was waited for and is still there")
	}
}

func FuzzParseStat(f *testing.F) {
	f.Add([]byte("7 (cat) S 3 7 5 0 -1"))
	f.Add([]byte("7 (a) b) Z 3 7 5 0"))
	f.Add([]byte(") ("))
	f.Fuzz(func(t *testing.T, line []byte) {
		if p, err := parseStat(7, line); err == nil && (p.PID != 7 || p.State == "") {
			t.Errorf("%q gives %+v", line, p)
		}
	})
}

// TestAgreed: a process whose parent ends while the tree is walked moves, and one walk may miss it.
func TestAgreed(t *testing.T) {
	at := func(pairs ...int) (out []Process) {
		for i := 0; i < len(pairs); i += 2 {
			out = append(out, Process{PID: pairs[i], PPID: pairs[i+1]})
		}
		return out
	}
	for _, c := range []struct {
		name  string
		walks [][]Process // the last one goes on for ever
		want  []Process
		took  int
	}{
		{"nothing moves", [][]Process{at(2, 1)}, at(2, 1), 2},
		{"one walk misses what moves", [][]Process{at(2, 1), at(2, 1, 3, 1)}, at(2, 1, 3, 1), 3},
		{"the same processes at another place", [][]Process{at(2, 1, 3, 2), at(2, 1, 3, 1)}, at(2, 1, 3, 1), 3},
		{"all gone", [][]Process{at(2, 1), nil}, nil, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := 0
			got := Agreed(func() []Process {
				n++
				return c.walks[min(n, len(c.walks))-1]
			})
			if !slices.Equal(got, c.want) || n != c.took {
				t.Errorf("%+v after %d walks, want %+v after %d", got, n, c.want, c.took)
			}
		})
	}
	n := 0
	got := Agreed(func() []Process { n++; return at(n, 1) })
	if n != walks+1 || len(got) != 1 || got[0].PID != n {
		t.Errorf("a tree that never stands still: %+v after %d walks", got, n)
	}
}

func TestAwaitExitAndReap(t *testing.T) {
	c := exec.Command("cat")
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Skip("NOT RUN: no cat: " + err.Error())
	}
	if AwaitExit(c.Process.Pid, 0) {
		t.Error("a process that lives has ended")
	}
	_ = in.Close()
	if !AwaitExit(c.Process.Pid, time.Minute) {
		t.Fatal("a process that has nothing more to read lives on")
	}
	if p, err := Read(c.Process.Pid); err != nil || !p.Ended() {
		t.Errorf("nobody has waited for it: %+v, %v", p, err)
	}
	Reap(c.Process.Pid)
	if _, err := Read(c.Process.Pid); err == nil {
		t.Error("it was waited for and is still there")
	}
	if !AwaitExit(c.Process.Pid, time.Minute) {
		t.Error("a process that is not there lives")
	}
	_ = c.Wait() // somebody else has its status
}
