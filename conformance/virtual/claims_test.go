package virtual_test

import (
	"testing"

	"github.com/hostsim/hostsim/conformance/checks"
	"github.com/hostsim/hostsim/conformance/explore"
	"github.com/hostsim/hostsim/conformance/virtual"
	"github.com/hostsim/hostsim/scenarios"
	"github.com/hostsim/hostsim/spec"
)

// TestScenariosExerciseWhatTheyClaim: a scenario that says it exercises a clause does so under at least one of the profiles
// that it speaks about, by the default schedule or, where things happen at one instant, by another, and the reference host keeps the clause, and what the scenario expects, under each of them.
func TestScenariosExerciseWhatTheyClaim(t *testing.T) {
	lib, err := scenarios.Library()
	if err != nil {
		t.Fatal(err)
	}
	all := spec.MustLoad()
	l := virtual.New(nil)
	defer l.Close()
	claims := 0
	for _, sc := range lib {
		met := map[string]bool{}
		for _, profile := range scenarios.Expand(sc.Profiles) {
			tr, err := l.Play(sc.Plan, profile)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range sc.Expected(profile) {
				if m := e.Check(tr, scenarios.Tolerance{}); m != nil {
					t.Errorf("%s/%s as %s: %s", sc.Area, sc.Name, profile, m.Said)
				}
			}
			run := &checks.Run{Plan: sc.Plan, Trace: tr, Profile: all.MustProfile(profile), Lane: spec.Virtual}
			for _, id := range sc.Clauses {
				c := all.Clause(id)
				if c == nil {
					t.Errorf("%s/%s claims %s, which the contract does not have", sc.Area, sc.Name, id)
					continue
				}
				if !c.Has(profile) {
					continue
				}
				claims++
				switch r := checks.Lookup(id)(run); r.Kind {
				case checks.Pass:
					met[id] = true
				case checks.Fail:
					t.Errorf("%s/%s as %s violates %s: %s", sc.Area, sc.Name, profile, id, r.Said)
				}
			}
		}
		for _, id := range sc.Clauses {
			if !met[id] && !metUnderSchedules(t, sc, id) {
				t.Errorf("%s/%s claims to exercise %s, and does so under no profile", sc.Area, sc.Name, id)
			}
		}
	}
	if claims < 500 {
		t.Errorf("only %d claims were looked at", claims)
	}
}

// metUnderSchedules tells whether one of some hundred other schedules exercises a clause.
func metUnderSchedules(t *testing.T, sc *scenarios.Scenario, id string) bool {
	t.Helper()
	for _, profile := range scenarios.Expand(sc.Profiles) {
		p := spec.MustLoad().MustProfile(profile)
		if !spec.MustLoad().Clause(id).Has(profile) {
			continue
		}
		r, err := explore.Explore(t.Context(), explore.Options{
			Scenario: sc.Name, Plan: sc.Plan, Profile: p, Clauses: []string{id}, Strategy: explore.Random, Schedules: 300, Seed: 1, Jobs: 1,
			NewPlayer: func() explore.Player { return virtual.New(nil) },
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Exercised) > 0 {
			return true
		}
	}
	return false
}
