package fuzz

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/hostsim/hostsim/conformance/virtual"
	"github.com/hostsim/hostsim/internal/golden"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// TestPlansOfASeed: the plan that a number stands for is the same everywhere, so that what is reported by its number can be found
// again. Whoever changes the generator on purpose writes them anew with -update.
func TestPlansOfASeed(t *testing.T) {
	const file = "testdata/plans.golden"
	var got bytes.Buffer
	for _, s := range []Style{{}, {Lifecycle: true, Faults: true, Handlers: true, Wild: 0.5}} {
		sum := sha256.New()
		for n := range 2000 {
			text := plan.AppendJSON(nil, Generate(1, n, s))
			_, _ = sum.Write(text)
			if n < 6 {
				fmt.Fprintf(&got, "%s\n", text)
			}
		}
		fmt.Fprintf(&got, "2000 plans in the style %+v: %x\n", s, sum.Sum(nil))
	}
	golden.Check(t, file, got.Bytes())
}

func parsed(t *testing.T, text string) *plan.Plan {
	t.Helper()
	p, err := plan.Parse("plan.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestWorthwhile: what is played, and what takes too long, says too little, or races.
func TestWorthwhile(t *testing.T) {
	l := virtual.New(nil)
	defer l.Close()
	const signal = "signals: [{after: lifetime.applicationStarted, wait: 200ms, send: SIGTERM}]\n"
	stop := func(d string) string { return "services: [{name: a, stop: [sleep: " + d + "]}]\n" + signal }
	const races = "services: [{name: a, stop: [delay: 300ms]}]\nsignals: [{after: lifetime.applicationStarted, wait: 200ms, send: SIGTERM}, {after: a.stop.begin, wait: 290ms, send: SIGINT}]"
	for _, c := range []struct {
		name, plan string
		number     int
		want       bool
	}{
		{"short", stop("100ms"), 1, true},
		{"silent for as long as may be", stop("5400ms"), 1, true},
		{"silent for too long", stop("5600ms"), 1, false},
		{"as long as may be, and never silent", "services: [{name: a, stop: [sleep: 5s, mark: x, sleep: 5s, mark: y, sleep: 1s]}]\n" + signal, 1, true},
		{"too long, and never silent", "services: [{name: a, stop: [sleep: 5s, mark: x, sleep: 5s, mark: y, sleep: 3s]}]\n" + signal, 1, false},
		{"races", races, 1, false},
		{"races, and has the number for that", races, 25, true},
		{"hangs", "services: [{name: a}]\nmain: [build, start, hang]", 1, false},
		{"hangs, and has the number for that", "services: [{name: a}]\nmain: [build, start, hang]", 4, true},
		{"hangs, and has a wait that is longer than a run", "services: [{name: a, stop: [sleep: 15s]}]\nmain: [build, start, hang]", 4, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := worthwhile(l, parsed(t, c.plan), "dotnet-10", c.number); got != c.want {
				t.Errorf("played: %t, want %t", got, c.want)
			}
		})
	}
	if worthwhile(l, parsed(t, stop("1ms")), "dotnet-99", 1) {
		t.Error("a plan is played under a profile that there is not")
	}
	if calm, tr, err := Calm(l, parsed(t, stop("1ms")), "dotnet-99", 1); calm || tr != nil || err == nil {
		t.Errorf("under an unknown profile: %v, %v, %v", calm, tr, err)
	}
}

func TestSameOrder(t *testing.T) {
	ms := time.Millisecond
	base := func() *trace.Trace {
		return &trace.Trace{Events: []trace.Event{{At: ms, Who: "a", What: "new"}, {At: 2 * ms, Who: "b", What: "new", Detail: trace.Number(1)}}, End: trace.Ending{Kind: trace.Exited, Code: 3}}
	}
	for _, c := range []struct {
		name   string
		change func(*trace.Trace)
		want   bool
	}{
		{"nothing", func(*trace.Trace) {}, true},
		{"times", func(t *trace.Trace) { t.Events[0].At, t.Events[1].At = 5*ms, 5*ms }, true},
		{"the reason of the end", func(t *trace.Trace) { t.End.Reason = "x" }, true},
		{"an event less", func(t *trace.Trace) { t.Events = t.Events[:1] }, false},
		{"an event more", func(t *trace.Trace) { t.Events = append(t.Events, trace.Event{}) }, false},
		{"the order", func(t *trace.Trace) { t.Events[0], t.Events[1] = t.Events[1], t.Events[0] }, false},
		{"a detail of the last", func(t *trace.Trace) { t.Events[1].Detail = trace.Number(2) }, false},
		{"the kind of the end", func(t *trace.Trace) { t.End.Kind = trace.Killed }, false},
		{"the code", func(t *trace.Trace) { t.End.Code = 4 }, false},
		{"the signal", func(t *trace.Trace) { t.End.Signal = "SIGINT" }, false},
	} {
		other := base()
		c.change(other)
		if got := sameOrder(base(), other); got != c.want {
			t.Errorf("%s: %t, want %t", c.name, got, c.want)
		}
	}
}

// TestLate: waits take longer, by no more than was said; what is no wait, or for ever, stays; only signals timed from before the
// start come earlier; and the plan itself is not touched.
func TestLate(t *testing.T) {
	const text = "options: {shutdownTimeout: 0s, startupTimeout: inf}\nservices: [{name: a, stop: [delay: 1s, sleep: 10s]}]\nsignals: [{after: host.run.begin, wait: 1s, send: SIGTERM}, {after: a.stop.begin, wait: 1s, send: SIGTERM}, {after: host.build, wait: 1ms, send: SIGINT}]\n"
	p := parsed(t, text)
	r := rand.New(rand.NewPCG(1, 1))
	moved, early := false, false
	for range 200 {
		c := late(p, r, 70*time.Millisecond, 130*time.Millisecond)
		stop := c.Services[0].Hooks[plan.HookStop]
		if d := stop[0].Dur - time.Second; d < 0 || d >= 70*time.Millisecond {
			t.Fatalf("a wait of a second takes %v longer", d)
		} else if d > 0 {
			moved = true
		}
		if stop[1].Dur != 10*time.Second || *c.Options.ShutdownTimeout != 0 || *c.Options.StartupTimeout != plan.Infinite {
			t.Fatal("what must stay has changed")
		}
		if d := c.Signals[0].Wait - time.Second; d <= -130*time.Millisecond || d >= 70*time.Millisecond {
			t.Fatalf("a signal from before the start comes %v later", d)
		} else if d < 0 {
			early = true
		}
		if d := c.Signals[1].Wait - time.Second; d < 0 || d >= 70*time.Millisecond {
			t.Fatalf("another signal comes %v later", d)
		}
		if c.Signals[2].Wait < 0 {
			t.Fatal("a signal comes before its event")
		}
	}
	if !moved || !early {
		t.Errorf("nothing ever took longer (%t) or came early (%t)", moved, early)
	}
	if got := plan.AppendJSON(nil, p); !bytes.Equal(got, plan.AppendJSON(nil, parsed(t, text))) {
		t.Errorf("the plan itself was changed: %s", got)
	}
}

func TestRaceInWords(t *testing.T) {
	for want, r := range map[string]Race{
		"when waits take up to 150ms longer (run 7)":                            {Late: true, Tries: 7},
		"under another schedule (run 8)":                                        {Seed: 3, Tries: 8},
		"under another schedule and when waits take up to 150ms longer (run 9)": {Late: true, Seed: 3, Tries: 9},
	} {
		if got := r.String(); !strings.HasPrefix(got, "the reference host does the same ") || !strings.HasSuffix(got, " "+want) {
			t.Errorf("%+v: %s, want %s", r, got, want)
		}
	}
}
