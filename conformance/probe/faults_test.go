//go:build linux

package probe_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hostsim/hostsim/conformance/probe"
	"github.com/hostsim/hostsim/spec"
)

var nextPort atomic.Int32

// freePort gives a port below the range from which the kernel takes ports for clients, so that no connection made by a
// test running beside can have it.
func freePort(t *testing.T) int {
	t.Helper()
	for range 2000 {
		port := 12000 + (os.Getpid()*37+int(nextPort.Add(1)))%18000
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			l.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return 0
}

// listen takes a port for the time of the test.
func listen(t *testing.T) int {
	t.Helper()
	port := freePort(t)
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return port
}

// options gives the options for a server with a fault.
func options(t *testing.T, fault string) probe.Options {
	t.Helper()
	dir := t.TempDir()
	env := append(os.Environ(), "PROGRAM=server", "FAULT="+fault, fmt.Sprintf("PORT=%d", freePort(t)),
		"SOCK="+filepath.Join(dir, "server.sock"), "PID_FILE="+filepath.Join(dir, "server.pid"), "LOCK="+filepath.Join(dir, "lock"),
		"START_UP=60ms", "GORACE=atexit_sleep_ms=0")
	return probe.Options{
		Args: []string{"/proc/self/exe"}, Env: env, Dir: dir, Grace: 4 * time.Second, StartLimit: 20 * time.Second, Sweep: 4,
		Hold: 300 * time.Millisecond,
	}
}

func run(t *testing.T, o probe.Options) *probe.Report {
	t.Helper()
	r, err := probe.Run(context.Background(), o)
	if err != nil {
		t.Fatalf("Run: %v", err)
	}
	return r
}

func explain(t *testing.T, r *probe.Report) {
	t.Helper()
	var b bytes.Buffer
	_ = r.WriteText(&b, probe.TextOptions{})
	t.Logf("the report:\n%s", b.String())
}

func TestGoodServerPassesEverything(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/", "/slow", "/large"} {
		t.Run("in flight at "+path, func(t *testing.T) {
			t.Parallel()
			o := options(t, "")
			o.HTTPPath, o.Ready.Notify, o.Strict = path, true, true
			r := run(t, o)
			for _, f := range r.Findings {
				if f.Verdict == probe.Skipped && (f.Clause.ID == "HOST-PROBE-025" || f.Clause.ID == "HOST-PROBE-018" && path == "/large") {
					t.Logf("%s is not run here: %s", f.Clause.ID, f.Said)
					continue
				}
				if f.Verdict != probe.Pass {
					t.Errorf("%s: %s: %s", f.Clause.ID, f.Verdict, f.Said)
				}
			}
			if len(r.Findings) != 27 || r.ExitCode() != 0 {
				t.Errorf("%d findings and exit code %d, want 27 and 0", len(r.Findings), r.ExitCode())
			}
			if t.Failed() {
				explain(t, r)
			}
		})
	}
}

// TestEachFaultIsCaught has one bad program for each clause: that clause catches it, and no other MUST clause does.
func TestEachFaultIsCaught(t *testing.T) {
	t.Parallel()
	hang := func(o *probe.Options) { o.Grace = 3 * time.Second }
	tests := []struct {
		fault  string
		clause string
		want   probe.Verdict
		said   string
		edit   func(*probe.Options)
	}{
		{"never ready", "HOST-PROBE-001", probe.Fail, "did not become ready", func(o *probe.Options) { o.StartLimit = time.Second }},
		{"daemon", "HOST-PROBE-002", probe.Fail, "went on in the background", nil},
		{"deaf", "HOST-PROBE-003", probe.Hang, "It ignores SIGTERM", hang},
		{"exit 1", "HOST-PROBE-004", probe.Fail, "exit code 1", func(o *probe.Options) { o.Skip = []string{"HOST-PROBE-016"} }},
		{"re-raises", "HOST-PROBE-005", probe.Fail, "by SIGTERM", nil},
		{"leaves a child", "HOST-PROBE-006", probe.Fail, "went on running", nil},
		{"leaves a socket", "HOST-PROBE-007", probe.Fail, "socket file", nil},
		{"leaves a pid file", "HOST-PROBE-008", probe.Fail, "pid file", nil},
		{"deaf to SIGINT", "HOST-PROBE-009", probe.Hang, "still running", hang},
		{"exit 1 on SIGINT", "HOST-PROBE-010", probe.Fail, "exit code 1", nil},
		{"lost in start-up", "HOST-PROBE-011", probe.Hang, "did not end it", func(o *probe.Options) { hang(o); o.Env = append(o.Env, "START_UP=400ms") }},
		{"crash in start-up", "HOST-PROBE-012", probe.Fail, "exit code 2", func(o *probe.Options) { o.Env = append(o.Env, "START_UP=400ms") }},
		{"leaves a child in start-up", "HOST-PROBE-013", probe.Fail, "went on running", func(o *probe.Options) { o.Env = append(o.Env, "START_UP=400ms") }},
		{"second signal blocks", "HOST-PROBE-014", probe.Hang, "second stop signal", hang},
		{"second signal crashes", "HOST-PROBE-015", probe.Fail, "exit code 2", nil},
		{"cuts requests", "HOST-PROBE-016", probe.Fail, "was cut", nil},
		{"accepts and drops", "HOST-PROBE-017", probe.Fail, "dropped without an answer", nil},
		{"keeps connections alive", "HOST-PROBE-018", probe.Fail, "keep the connection", nil},
		{"waits for idle connections", "HOST-PROBE-019", probe.Hang, "idle keep-alive", hang},
		{"waits for silent connections", "HOST-PROBE-020", probe.Hang, "silent connection", hang},
		{"resets connections", "HOST-PROBE-021", probe.Fail, "was reset", nil},
		{"no SO_REUSEADDR", "HOST-PROBE-022", probe.Fail, "did not become ready when it was started again", nil},
		{"trusts a stale lock", "HOST-PROBE-023", probe.Fail, "did not become ready when it was started again", func(o *probe.Options) { o.Reset = "rm -f lock" }},
		{"exit 0 on failure", "HOST-PROBE-024", probe.Fail, "exit code 0", nil},
		{"deaf as process 1", "HOST-PROBE-025", probe.Hang, "As process 1", hang},
		{"slow to end", "HOST-PROBE-026", probe.Fail, "do not fit into the grace", func(o *probe.Options) { o.DrainDelay = 3500 * time.Millisecond; o.Sweep = 2 }},
		{"silent to systemd", "HOST-PROBE-027", probe.Fail, "no STOPPING=1", func(o *probe.Options) { o.Ready.Notify = true }},
	}
	var clauses []string
	for _, tt := range tests {
		clauses = append(clauses, tt.clause)
		t.Run(tt.fault, func(t *testing.T) {
			t.Parallel()
			o := options(t, tt.fault)
			if tt.edit != nil {
				tt.edit(&o)
			}
			r := run(t, o)
			f := r.Finding(tt.clause)
			if f.Verdict == probe.Skipped && tt.clause == "HOST-PROBE-025" {
				t.Skip(f.Said)
			}
			if f.Verdict != tt.want || !strings.Contains(f.Said, tt.said) {
				t.Errorf("%s: %s: %q; want %s with %q", tt.clause, f.Verdict, f.Said, tt.want, tt.said)
			}
			if f.Mend == "" {
				t.Errorf("%s does not say how it is mended", tt.clause)
			}
			for _, g := range r.Findings {
				if g.Clause.ID != tt.clause && g.Clause.Level == spec.Must && (g.Verdict == probe.Fail || g.Verdict == probe.Hang || g.Verdict == probe.Failed) {
					t.Errorf("%s is found, too: %s: %s", g.Clause.ID, g.Verdict, g.Said)
				}
			}
			wantCode := 0
			if f.Clause.Level == spec.Must {
				wantCode = map[probe.Verdict]int{probe.Fail: 1, probe.Hang: 3}[tt.want]
			}
			if got := r.ExitCode(); got != wantCode {
				t.Errorf("exit code %d, want %d", got, wantCode)
			}
			checkReproducible(t, r)
			if t.Failed() {
				explain(t, r)
			}
		})
	}
	all, err := spec.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all.Area("PROBE").Clauses {
		if c.Retired == "" && !slices.Contains(clauses, c.ID) {
			t.Errorf("no bad program shows that %s catches anything", c.ID)
		}
	}
}

var unsteady = regexp.MustCompile(`\d+(\.\d+)?(ms|µs|s)\b|127\.0\.0\.1:\d+|\bpid \d+`)

// checkReproducible holds the sentences of a report against the promise that they carry no time, port or process id.
func checkReproducible(t *testing.T, r *probe.Report) {
	t.Helper()
	for _, f := range r.Findings {
		if m := unsteady.FindString(f.Said); m != "" {
			t.Errorf("%s: %q has %q in it, which may differ from run to run", f.Clause.ID, f.Said, m)
		}
	}
}
