//go:build linux

package probe_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hostsim/hostsim/conformance/probe"
)

// shell gives options for a program that is a shell script.
func shell(t *testing.T, script string) probe.Options {
	t.Helper()
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skipf("NOT RUN: no shell: %v", err)
	}
	return probe.Options{Args: []string{"sh", "-c", script}, Dir: t.TempDir(), Grace: 2 * time.Second, StartLimit: 10 * time.Second, Sweep: 2}
}

// TestHostilePrograms: each gives a verdict that names the fault, within the limits, and leaves nothing behind.
func TestHostilePrograms(t *testing.T) {
	t.Parallel()
	line := regexp.MustCompile(`^ready$`)
	tests := []struct {
		name, script string
		edit         func(*probe.Options)
		clause       string
		want         probe.Verdict
		said         string
	}{
		{"ends at once", "exit 0", nil, "HOST-PROBE-001", probe.Fail, "ended before it was ready"},
		{"ends at once, badly", "echo oops >&2; exit 7", nil, "HOST-PROBE-001", probe.Fail, "ended before it was ready"},
		{"output without end", "yes", func(o *probe.Options) { o.StartLimit = time.Second }, "HOST-PROBE-001", probe.Fail, "start limit"},
		{"a line without end", "head -c 20000000 /dev/zero | tr '\\0' x; sleep 1000", func(o *probe.Options) { o.StartLimit = time.Second; o.Ready.Line = line }, "HOST-PROBE-001", probe.Fail, "a line that matches"},
		{"stopped", "kill -STOP $$; sleep 1000", func(o *probe.Options) { o.StartLimit = time.Second }, "HOST-PROBE-001", probe.Fail, "start limit"},
		{"stopped when ready", "echo ready; kill -STOP $$; sleep 1000", func(o *probe.Options) { o.Ready.Line = line; o.Only = []string{"term"} }, "HOST-PROBE-003", probe.Hang, "still running"},
		{"a shell that does not forward", "trap '' TERM; echo ready; sleep 1000", func(o *probe.Options) { o.Ready.Line = line; o.Only = []string{"term"} }, "HOST-PROBE-003", probe.Hang, "It ignores SIGTERM"},
		{"a shell with a child", "echo ready; sleep 1000; echo", func(o *probe.Options) { o.Ready.Line = line; o.Only = []string{"term"} }, "HOST-PROBE-006", probe.Fail, "went on running"},
		{"stdout closed early", "echo ready; exec >&- 2>&-; exec sleep 1000", func(o *probe.Options) { o.Ready.Line = line; o.Only = []string{"term"} }, "HOST-PROBE-003", probe.Pass, "by SIGTERM"},
		{"a crash at the signal", "trap 'kill -SEGV $$' TERM; echo ready; while :; do sleep 0.01; done", func(o *probe.Options) { o.Ready.Line = line; o.Only = []string{"term"} }, "HOST-PROBE-004", probe.Fail, "by SIGSEGV"},
		{"ends by itself when ready", "echo ready", func(o *probe.Options) { o.Ready.Line = line }, "HOST-PROBE-001", probe.Fail, "ended"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := shell(t, tt.script)
			mark := "PROBE_MARK=" + strconv.Itoa(os.Getpid()) + "/" + tt.name
			o.Env = append(os.Environ(), mark)
			if tt.edit != nil {
				tt.edit(&o)
			}
			r := run(t, o)
			f := r.Finding(tt.clause)
			if f == nil || f.Verdict != tt.want || !strings.Contains(f.Said, tt.said) {
				t.Errorf("%s: %+v; want %s with %q", tt.clause, f, tt.want, tt.said)
			}
			if left := marked(mark); len(left) > 0 {
				t.Errorf("processes are left behind: %v", left)
			}
		})
	}
}

// marked lists the processes whose environment has a variable.
func marked(kv string) []string {
	var out []string
	dirs, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, d := range dirs {
		if b, err := os.ReadFile(d); err == nil && bytes.Contains(b, []byte("\x00"+kv+"\x00")) {
			out = append(out, d)
		}
	}
	return out
}

// TestStartsOnlyOnce: a program whose later starts fail passes nothing that needed them.
func TestStartsOnlyOnce(t *testing.T) {
	t.Parallel()
	o := shell(t, "test ! -e mark || { echo no second time >&2; exit 5; }; touch mark; trap 'exit 0' TERM INT; echo ready; while :; do sleep 0.02; done")
	o.Ready.Line = regexp.MustCompile("^ready$")
	r := run(t, o)
	for _, f := range r.Findings {
		switch want := map[bool]probe.Verdict{true: probe.Pass, false: probe.Provisional}[f.Check == "ready"]; {
		case f.Verdict != want && f.Verdict != probe.Skipped && f.Check != "startup":
			t.Errorf("%s: %s: %s; want %s", f.Clause.ID, f.Verdict, f.Said, want)
		case f.Clause.ID == "HOST-PROBE-003" && (f.Said != "Never exercised. The program ended before it was ready." || f.Output != "no second time"):
			t.Errorf("%s says %q, output %q", f.Clause.ID, f.Said, f.Output)
		}
	}
	if r.ExitCode() != 1 {
		t.Errorf("exit code %d, want 1", r.ExitCode())
	}
}

func TestCancelEndsEverything(t *testing.T) {
	t.Parallel()
	o := options(t, "deaf")
	o.Grace = time.Hour
	mark := "PROBE_MARK=" + strconv.Itoa(os.Getpid()) + "/cancel"
	o.Env = append(o.Env, mark)
	ctx, cancel := context.WithCancel(context.Background())
	o.Progress = func(p probe.Progress) {
		if strings.HasPrefix(p.Doing, "term") {
			cancel()
		}
	}
	if _, err := probe.Run(ctx, o); !errors.Is(err, context.Canceled) {
		t.Fatalf("Run: %v, want that it was cancelled", err)
	}
	if left := marked(mark); len(left) > 0 {
		t.Errorf("processes are left behind: %v", left)
	}
}

func TestReadiness(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		edit func(*testing.T, *probe.Options, int)
		by   string
	}{
		{"by itself", nil, "it listens"},
		{"port", func(_ *testing.T, o *probe.Options, port int) { o.Ready.Port = port }, "port ‹port› accepts"},
		{"line", func(_ *testing.T, o *probe.Options, _ int) { o.Ready.Line = regexp.MustCompile(`listening on .*`) }, `a line matches "listening on .*"`},
		{"file", func(t *testing.T, o *probe.Options, _ int) {
			path := filepath.Join(o.Dir, "ready")
			if err := os.WriteFile(path, []byte("stale"), 0o644); err != nil {
				t.Fatal(err)
			}
			o.Ready.File = "ready"
			o.Env = append(o.Env, "READY_FILE="+path)
		}, "file ready appears"},
		{"http", func(_ *testing.T, o *probe.Options, port int) {
			o.Ready.HTTP = fmt.Sprintf("http://127.0.0.1:%d/healthz", port)
		}, "http://127.0.0.1:‹port›/healthz answers"},
		{"systemd", func(_ *testing.T, o *probe.Options, _ int) { o.Ready.Notify = true }, "READY=1 to systemd"},
		{"two at once", func(_ *testing.T, o *probe.Options, port int) { o.Ready.Notify, o.Ready.Port = true, port }, "port ‹port› accepts and READY=1 to systemd"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := options(t, "")
			port := freePort(t)
			o.Env = append(o.Env, fmt.Sprintf("PORT=%d", port))
			o.Only = []string{"term"}
			if tt.edit != nil {
				tt.edit(t, &o, port)
			}
			r := run(t, o)
			if got := strings.ReplaceAll(r.ReadyBy, strconv.Itoa(port), "‹port›"); got != tt.by || r.ExitCode() != 0 {
				t.Errorf("ready by %q, exit code %d; want %q and 0", got, r.ExitCode(), tt.by)
				explain(t, r)
			}
		})
	}
}

// TestEphemeralPort: a program that listens on another port each time is judged as any other.
func TestEphemeralPort(t *testing.T) {
	t.Parallel()
	o := options(t, "")
	o.Env = append(o.Env, "PORT=0")
	o.Skip = []string{"startup"}
	r := run(t, o)
	if r.ExitCode() != 0 || r.Finding("HOST-PROBE-016").Verdict != probe.Pass {
		explain(t, r)
		t.Fatalf("exit code %d, want 0 with a request in flight", r.ExitCode())
	}
	if f := r.Finding("HOST-PROBE-024"); f.Verdict != probe.Skipped {
		t.Errorf("HOST-PROBE-024 is %s: %s; a port of its own choice cannot be taken", f.Verdict, f.Said)
	}
}

// TestRawProtocol: a program that speaks no HTTP is judged over raw connections, and waiting for silent ones is caught.
func TestRawProtocol(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		fault string
		want  probe.Verdict
		code  int
	}{{"", probe.Pass, 0}, {"waits for silent connections", probe.Hang, 3}} {
		t.Run(string(tt.want), func(t *testing.T) {
			t.Parallel()
			o := options(t, tt.fault)
			o.Env = append(o.Env, "PROGRAM=raw")
			o.TCPSend, o.Grace = "PING\r\n", 2*time.Second
			r := run(t, o)
			if f := r.Finding("HOST-PROBE-020"); f.Verdict != tt.want || r.ExitCode() != tt.code {
				explain(t, r)
				t.Errorf("%s: %s, exit code %d; want %s and %d", f.Verdict, f.Said, r.ExitCode(), tt.want, tt.code)
			}
			if f := r.Finding("HOST-PROBE-016"); f.Verdict != probe.Skipped || !strings.Contains(f.Said, "no HTTP/1.1") {
				t.Errorf("HOST-PROBE-016 is %s: %s", f.Verdict, f.Said)
			}
		})
	}
}

// TestVacuityIsNoPass: what never got its precondition does not pass.
func TestVacuityIsNoPass(t *testing.T) {
	t.Parallel()
	t.Run("HTTP was announced and is not spoken", func(t *testing.T) {
		t.Parallel()
		o := options(t, "")
		o.Env = append(o.Env, "PROGRAM=raw")
		o.HTTPPath, o.Only = "/slow", []string{"http"}
		r := run(t, o)
		if f := r.Finding("HOST-PROBE-016"); f.Verdict != probe.Provisional || r.ExitCode() != 1 {
			t.Errorf("%s: %s, exit code %d; want provisional and 1", f.Verdict, f.Said, r.ExitCode())
		}
	})
	t.Run("nothing is left to judge", func(t *testing.T) {
		t.Parallel()
		r := &probe.Report{Findings: []*probe.Finding{{Verdict: probe.Skipped}}, Verdict: probe.Pass}
		if r.ExitCode() != 5 {
			t.Errorf("exit code %d, want 5", r.ExitCode())
		}
	})
	t.Run("a port that is taken already tells nothing", func(t *testing.T) {
		t.Parallel()
		o := options(t, "")
		o.Ready.Port = listen(t)
		r := run(t, o)
		if f := r.Finding("HOST-PROBE-001"); f.Verdict != probe.Fail || !strings.Contains(f.Said, "taken by another program") {
			t.Errorf("%s: %s", f.Verdict, f.Said)
		}
	})
}

func TestBadOptions(t *testing.T) {
	t.Parallel()
	good := probe.Options{Args: []string{"/proc/self/exe"}}
	tests := []struct {
		name string
		edit func(*probe.Options)
		want string
	}{
		{"no program", func(o *probe.Options) { o.Args = nil }, "no program was given"},
		{"empty program", func(o *probe.Options) { o.Args = []string{""} }, "no program was given"},
		{"no such program", func(o *probe.Options) { o.Args = []string{"/no/such/program"} }, "could not be started"},
		{"no such directory", func(o *probe.Options) { o.Dir = "/no/such/dir" }, "could not be started"},
		{"grace", func(o *probe.Options) { o.Grace = -1 }, "--grace: -1ns is negative"},
		{"start limit", func(o *probe.Options) { o.StartLimit = -time.Second }, "--start-limit"},
		{"drain delay", func(o *probe.Options) { o.DrainDelay = -1 }, "--drain-delay"},
		{"drain delay as long as the grace", func(o *probe.Options) { o.DrainDelay = time.Minute }, "leaves nothing of the grace"},
		{"SIGKILL", func(o *probe.Options) { o.StopSignal = syscall.SIGKILL }, "--stop-signal"},
		{"sweep", func(o *probe.Options) { o.Sweep = 1 }, "--sweep: 1 is out of range; 2 to 1000"},
		{"port", func(o *probe.Options) { o.Ready.Port = 70000 }, "--ready-port"},
		{"url elsewhere", func(o *probe.Options) { o.Ready.HTTP = "http://example.com/" }, "not on the loopback interface"},
		{"https", func(o *probe.Options) { o.Ready.HTTP = "https://127.0.0.1/" }, "--ready-http"},
		{"no url", func(o *probe.Options) { o.Ready.HTTP = "::" }, "--ready-http"},
		{"path", func(o *probe.Options) { o.HTTPPath = "x" }, "--http-path"},
		{"header injection", func(o *probe.Options) { o.HTTPPath = "/ HTTP/1.1\r\nX: y" }, "--http-path"},
		{"check", func(o *probe.Options) { o.Only = []string{"terms"} }, `--only: "terms" is neither a check (ready, term,`},
		{"clause", func(o *probe.Options) { o.Skip = []string{"HOST-PROBE-099"} }, "--skip"},
		{"reset fails", func(o *probe.Options) { o.Reset = "echo no >&2; exit 3" }, "--reset: the command failed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := good
			tt.edit(&o)
			_, err := probe.Run(context.Background(), o)
			var bad *probe.OptionError
			if !errors.As(err, &bad) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want an OptionError with %q", err, tt.want)
			}
		})
	}
}

func TestProgressTellsAllStarts(t *testing.T) {
	t.Parallel()
	o := options(t, "")
	o.Only = []string{"term", "startup"}
	var seen []probe.Progress
	o.Progress = func(p probe.Progress) { seen = append(seen, p) }
	r := run(t, o)
	last := seen[len(seen)-1]
	if r.Starts != 2+o.Sweep || last.Done != r.Starts || last.Total != last.Done {
		t.Errorf("%d starts, the last progress is %+v; want %d", r.Starts, last, 2+o.Sweep)
	}
	for i, p := range seen {
		if p.Doing == "" || p.Done > p.Total || i > 0 && p.Done < seen[i-1].Done {
			t.Errorf("progress %d is %+v", i, p)
		}
	}
}
