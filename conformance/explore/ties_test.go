package explore_test

import (
	"context"
	"strings"
	"testing"

	"github.com/hostsim/hostsim/conformance/explore"
	"github.com/hostsim/hostsim/conformance/virtual"
	"github.com/hostsim/hostsim/scenarios"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

// tieBound is how many decisions of a tie may leave the default at once.
const tieBound = 3

// witness is a lane that compares every run with what a scenario expects, and notes which of the alternatives came.
type witness struct {
	*virtual.Lane
	sc   *scenarios.Scenario
	bad  string
	ends map[string]bool
	seen map[int]bool // variants
}

func (w *witness) Play(p *plan.Plan, profile string) (*trace.Trace, error) {
	t, err := w.Lane.Play(p, profile)
	if err != nil {
		return nil, err
	}
	w.ends[trace.FormatEnd(&t.End)] = true
	for _, e := range w.sc.Expected(profile) {
		if m := e.Check(t, scenarios.Tolerance{}); m != nil && w.bad == "" {
			w.bad = m.Said + "\n" + strings.Join(trace.Lines(t, false), "\n")
		}
		for i, v := range e.Variants {
			one := scenarios.Expectation{Timeline: v}
			if one.Check(t, scenarios.Tolerance{}) == nil {
				w.seen[i] = true
			}
		}
	}
	return t, nil
}

// TestTies explores every scenario of a tie exhaustively: no schedule violates a clause, every outcome is one that the
// scenario calls legal, and every outcome that it calls legal comes.
func TestTies(t *testing.T) {
	all, err := scenarios.Library()
	if err != nil {
		t.Fatal(err)
	}
	ties := 0
	for _, sc := range all {
		if !strings.HasPrefix(sc.Name, "tie-") {
			continue
		}
		ties++
		for _, profile := range []string{"strict", "dotnet-8", "dotnet-10"} {
			t.Run(sc.Name+"/"+profile, func(t *testing.T) { exploreTie(t, sc, profile) })
		}
	}
	if ties < 6 {
		t.Errorf("the library has %d ties, want at least 6", ties)
	}
}

func exploreTie(t *testing.T, sc *scenarios.Scenario, profile string) {
	w := &witness{Lane: virtual.New(nil), sc: sc, ends: map[string]bool{}, seen: map[int]bool{}}
	r, err := explore.Explore(context.Background(), explore.Options{
		Scenario: sc.Name, Plan: sc.Plan, Profile: spec.MustLoad().MustProfile(profile), NewPlayer: func() explore.Player { return w },
		Strategy: explore.Exhaustive, Bound: tieBound, Jobs: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	if !r.Exhausted {
		t.Errorf("the search is not exhaustive: %s", r.Text())
	}
	for _, v := range r.Violations {
		t.Errorf("%s in %d of %d schedules: %s\n%s", v.Clause, v.Count, r.Schedules, v.Said, v.Schedule)
	}
	if w.bad != "" {
		t.Errorf("a schedule comes out as the scenario does not allow: %s", w.bad)
	}
	for _, e := range sc.Expected(profile) {
		for _, end := range e.Ends {
			if k := trace.FormatEnd(&end.End); !w.ends[k] {
				t.Errorf("the scenario allows the end %s, which no schedule of %d brings about", k, r.Schedules)
			}
		}
		for i := range e.Variants {
			if !w.seen[i] {
				t.Errorf("no schedule of %d is variant %d", r.Schedules, i+1)
			}
		}
	}
	t.Logf("%d schedules, %d traces", r.Schedules, r.Distinct)
}
