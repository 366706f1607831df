package process

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/hostsim/hostsim/conformance/adapter"
	"github.com/hostsim/hostsim/conformance/protocol"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// childVar names the child that the test binary is to be, instead of the tests.
const childVar = "HOSTSIM_TEST_CHILD"

// children are the programs under test, by name.
var testChildren = map[string]func(){}

func TestMain(m *testing.M) {
	if name := os.Getenv(childVar); name != "" {
		testChildren[name]()
		os.Exit(0)
	}
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("os/signal.loop"))
}

// runner makes a runner for a child, with limits that suit tests.
func runner(t testing.TB, child string) *Runner {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r := &Runner{Command: []string{self}, Env: []string{childVar + "=" + child}, Temp: t.TempDir(), Limit: 60 * time.Second, Quiet: 10 * time.Second, Identity: 30 * time.Second}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return r
}

func parse(t testing.TB, text string) *plan.Plan {
	t.Helper()
	p, err := plan.Parse("plan", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// fault gives the fault that an error is, or fails.
func fault(t *testing.T, err error) *protocol.Fault {
	t.Helper()
	var f *protocol.Fault
	if !errors.As(err, &f) {
		t.Fatalf("got error %v, want a *protocol.Fault", err)
	}
	return f
}

// has tells whether a trace has an event of this name (WHO.WHAT or WHO.WHAT.PHASE).
func has(tr *trace.Trace, name string) bool { return index(tr, name) >= 0 }

func index(tr *trace.Trace, name string) int {
	for i, e := range tr.Events {
		short := e.Who + "." + e.What
		if name == short || name == short+"."+e.Phase.String() {
			return i
		}
	}
	return -1
}

func lines(tr *trace.Trace) string {
	var b strings.Builder
	if err := trace.WriteJSONL(&b, tr); err != nil {
		return err.Error()
	}
	return b.String()
}

func init() {
	// good is an adapter as it should be: a small sequential host.
	testChildren["good"] = func() { adapter.Main(goodHost()) }
}

// goodHost starts services in order, waits for SIGTERM, SIGINT or a stop request, and stops them in reverse.
func goodHost() adapter.Implementation {
	return adapter.Implementation{
		Name: "good", Version: "v1.0.0", Virtual: true, Reuse: true, AnnounceStarted: true,
		Features: []string{"background", "shutdownTimeout", "stopRequest", "signals", "runReturns", "exitCode", "sockets"},
		New: func(app *adapter.App) (adapter.Host, error) {
			return adapter.HostFunc(func(ctx context.Context) error {
				ctx, stop := app.NotifyContext(ctx, os.Interrupt, term)
				defer stop()
				app.OnStopRequest(stop)
				var started []*adapter.Service
				var errs []error
				for _, s := range app.Services() {
					if err := s.Start(ctx); err != nil {
						errs = append(errs, err)
						stop()
						break
					}
					started = append(started, s)
				}
				<-ctx.Done()
				limit, cancel := context.WithTimeout(context.Background(), app.ShutdownTimeout(30*time.Second))
				defer cancel()
				for i := len(started) - 1; i >= 0; i-- {
					if err := started[i].Stop(limit); err != nil {
						errs = append(errs, err)
					}
				}
				return errors.Join(errs...)
			}), nil
		},
	}
}
