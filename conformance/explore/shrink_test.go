package explore_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/hostsim/hostsim/conformance/explore"
	"github.com/hostsim/hostsim/conformance/mutants"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// large is a plan of n services that all do something at once when they start and stop, besides what the race needs: a
// signal at the instant of a stop request.
func large(n int) string {
	var b strings.Builder
	b.WriteString("services:\n")
	for i := range n {
		fmt.Fprintf(&b, "- {name: s%d, kind: background, execute: [spawn: [{delay: 20ms}, {mark: one}], spawn: [{delay: 20ms}, {mark: two}], delay: 20ms, mark: three, untilCancelled: true]}\n", i)
	}
	b.WriteString(`
applicationStarted: [[spawn: [block: 300ms, spawn: [raise: SIGTERM], spawn: [stopApplication]]]]
applicationStopping: [[mark: x], [mark: y]]
main: [build, run, return: 3]
`)
	return b.String()
}

// failing explores a large plan on a mutant until a violation has at least so many decisions that are not the default.
func failing(t testing.TB, services, decisions int) (*explore.Options, *explore.Violation) {
	t.Helper()
	m := mutants.Lookup("race-lock-order")
	o := options(t, large(services), m.Profile, explore.Random, 50)
	o.NewPlayer = func() explore.Player { return m.Lane() }
	for o.Seed = 1; o.Seed < 5000; o.Seed += 50 {
		r, err := explore.Explore(context.Background(), o)
		if err != nil {
			t.Fatal(err)
		}
		for i := range r.Violations {
			if v := &r.Violations[i]; v.Clause == string(trace.Deadlock) && len(v.Schedule.Decisions) >= decisions {
				return &o, v
			}
		}
	}
	t.Fatalf("no deadlock of %s with %d decisions", m.Name, decisions)
	return nil, nil
}

// TestShrinkToTheCore: a failure of at least 40 decisions and 5 services comes down to its core.
func TestShrinkToTheCore(t *testing.T) {
	o, v := failing(t, 5, 40)
	small, err := explore.Shrink(o, v)
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintf("before: %d services, %d decisions that are not the default\nafter: %d services, %d decisions, in %d runs\n\n%s\n%s\n\n%s\n",
		len(o.Plan.Services), len(v.Schedule.Decisions), len(small.Plan.Services), len(small.Schedule.Decisions), small.Tries,
		plan.AppendYAML(nil, small.Plan), small.Schedule, strings.Join(trace.Lines(&small.Trace, false), "\n"))
	if len(small.Plan.Services) > 1 || len(small.Schedule.Decisions) > 4 {
		t.Errorf("not the core: %s", got)
	}
	const golden = "testdata/core.golden"
	if os.Getenv("HOSTSIM_UPDATE") != "" {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// BenchmarkShrink shrinks a failure of at least 200 decisions.
func BenchmarkShrink(b *testing.B) {
	o, v := failing(b, 24, 200)
	tries := 0
	for b.Loop() {
		small, err := explore.Shrink(o, v)
		if err != nil {
			b.Fatal(err)
		}
		tries = small.Tries
	}
	b.ReportMetric(float64(len(v.Schedule.Decisions)), "decisions")
	b.ReportMetric(float64(tries), "runs")
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/op")
}
