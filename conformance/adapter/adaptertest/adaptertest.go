// Package adaptertest tests adapters: that the smoke test passes, and that the host behaves in both lanes as its adapter's
// author knows it to.
package adaptertest

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/hostsim/hostsim/conformance/adapter"
	"github.com/hostsim/hostsim/conformance/process"
	"github.com/hostsim/hostsim/conformance/smoke"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// Case is one plan and what a host does with it.
type Case struct {
	Name string
	Plan string
	Want []string // events that happen, in this order, as WHO.WHAT or WHO.WHAT.PHASE, the latter also with =OUTCOME
	Not  []string // events that do not happen
	End  string   // "exited 3", "signaled SIGTERM", "hang"
	// ProcessOnly says why the virtual lane cannot play it.
	ProcessOnly string
}

// Build compiles the adapter in the working directory and gives the program's path.
func Build(t testing.TB) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "adapter")
	if runtime.GOOS == "windows" {
		out += ".exe"
	}
	cmd := exec.Command("go", "build", "-o", out, ".")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, text)
	}
	return out
}

// Run tests a Go adapter: smoke, then each case in the virtual lane inside this process, and in the process lane.
func Run(t *testing.T, i adapter.Implementation, cases []Case) {
	command := []string{Build(t)}
	Smoke(t, command)
	for _, c := range cases {
		if i.Virtual && c.ProcessOnly == "" {
			t.Run(c.Name+"/virtual", func(t *testing.T) { c.Check(t, i.Play(t, Parse(t, c.Plan))) })
		}
		t.Run(c.Name+"/process", func(t *testing.T) { c.Play(t, command) })
	}
}

// Smoke fails if the smoke test finds anything wrong.
func Smoke(t *testing.T, command []string) {
	t.Helper()
	t.Run("smoke", func(t *testing.T) {
		if r := smoke.CheckWith(context.Background(), command, smoke.Options{Quiet: 10 * time.Second, Identity: 30 * time.Second}); !r.OK() {
			t.Errorf("\n%s", r)
		} else {
			t.Logf("\n%s", r)
		}
	})
}

// Play plays a case in the process lane.
func (c Case) Play(t *testing.T, command []string) {
	t.Helper()
	r := &process.Runner{Command: command, Temp: t.TempDir(), Quiet: 3 * time.Second}
	defer r.Close()
	tr, after, err := r.Run(context.Background(), Parse(t, c.Plan))
	if err != nil {
		t.Fatalf("%v\nstderr: %s", err, after.Stderr)
	}
	c.Check(t, tr)
	if t.Failed() {
		t.Logf("stderr: %s", after.Stderr)
	}
}

// Parse reads a plan.
func Parse(t testing.TB, text string) *plan.Plan {
	t.Helper()
	p, err := plan.Parse("plan", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Check compares a trace with what the case wants.
func (c Case) Check(t *testing.T, tr *trace.Trace) {
	t.Helper()
	at := 0
	for _, want := range c.Want {
		found := false
		for ; at < len(tr.Events) && !found; at++ {
			found = matches(&tr.Events[at], want)
		}
		if !found {
			t.Errorf("no %s, or not in this order", want)
			break
		}
	}
	for _, not := range c.Not {
		for i := range tr.Events {
			if matches(&tr.Events[i], not) {
				t.Errorf("there is %s, event %d", not, i)
			}
		}
	}
	if got := trace.FormatEnd(&tr.End); c.End != "" && !strings.HasPrefix(got, c.End) {
		t.Errorf("end: %s, want %s", got, c.End)
	}
	if t.Failed() {
		var b strings.Builder
		_ = trace.WriteJSONL(&b, tr)
		t.Log("\n" + b.String())
	}
}

func matches(e *trace.Event, want string) bool {
	want, outcome, has := strings.Cut(want, "=")
	if has && e.Outcome != outcome {
		return false
	}
	short := e.Who + "." + e.What
	return want == short || want == short+"."+e.Phase.String()
}

// Runtime gives the path of another language's program, or skips the test, loudly and by name, if it is not there. In an
// environment with HOSTSIM_ALL_RUNTIMES set, that is a failure.
func Runtime(t testing.TB, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err == nil {
		return path
	}
	const text = "THE RUNTIME %s IS NOT ON THIS MACHINE: its adapter is not tested"
	if os.Getenv("HOSTSIM_ALL_RUNTIMES") != "" {
		t.Fatalf(text, program)
	}
	t.Skipf(text, program)
	return ""
}
