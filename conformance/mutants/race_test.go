package mutants_test

import (
	"testing"

	"github.com/hostsim/hostsim/conformance/explore"
	"github.com/hostsim/hostsim/conformance/mutants"
	"github.com/hostsim/hostsim/conformance/virtual"
	"github.com/hostsim/hostsim/spec"
)

// enough is how many schedules exploring may take to find a race.
const enough = 5000

func exploring(t *testing.T, m *mutants.Mutant, strategy string, player func() explore.Player) *explore.Result {
	t.Helper()
	s := scenario(t, m.Explore)
	r, err := explore.Explore(t.Context(), explore.Options{
		Scenario: s.Name, Plan: s.Plan, Profile: spec.MustLoad().Profile(m.Profile), NewPlayer: player,
		Strategy: strategy, Schedules: enough, Seed: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestRacesAreFound explores each race on the scenario that its entry names: the clause that it names is violated in
// some schedule, and never on the reference host.
func TestRacesAreFound(t *testing.T) {
	n := 0
	for _, m := range mutants.All() {
		if !m.Race {
			continue
		}
		n++
		t.Run(m.Name, func(t *testing.T) {
			found := false
			for _, v := range exploring(t, m, explore.Random, func() explore.Player { return m.Lane() }).Violations {
				if v.Clause == m.Clause {
					found = true
					t.Logf("%s: first at schedule %d of %d, in %d of them", v.Clause, v.First, enough, v.Count)
				}
			}
			if !found {
				t.Errorf("%d random schedules of %s do not violate %s", enough, m.Explore, m.Clause)
			}
			for _, v := range exploring(t, m, explore.Random, func() explore.Player { return virtual.New(nil) }).Violations {
				t.Errorf("the reference host violates %s at schedule %d: %s", v.Clause, v.First, v.Said)
			}
			if r := exploring(t, m, explore.Sequential, func() explore.Player { return m.Lane() }); len(r.Violations) > 0 {
				t.Errorf("the default schedule violates %s", r.Violations[0].Clause)
			}
		})
	}
	if n < 8 {
		t.Errorf("%d races, want at least 8", n)
	}
}
