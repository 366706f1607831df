package explore_test

import (
	"context"
	"os"
	"strconv"
	"testing"

	"github.com/hostsim/hostsim/conformance/explore"
	"github.com/hostsim/hostsim/conformance/virtual"
	"github.com/hostsim/hostsim/scenarios"
	"github.com/hostsim/hostsim/spec"
)

// number gives the value of an environment variable that makes a test longer, or what it is by default.
func number(t testing.TB, variable string, byDefault int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return byDefault
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s is %q; it must be a number of at least 1", variable, text)
	}
	return n
}

// TestLibraryUnderSchedules explores every scenario of the library under every profile that it speaks about: what the
// contract promises it promises under every schedule, so neither the reference host nor a check may depend on the default one.
func TestLibraryUnderSchedules(t *testing.T) {
	schedules := number(t, "HOSTSIM_LIBRARY_SCHEDULES", 200)
	all, err := scenarios.Library()
	if err != nil {
		t.Fatal(err)
	}
	lane := virtual.New(nil)
	defer lane.Close()
	for _, profile := range spec.MustLoad().Profiles {
		if profile.Name == "probe" { // it speaks about programs, not plans
			continue
		}
		t.Run(profile.Name, func(t *testing.T) {
			total := 0
			for _, sc := range all {
				if !speaksAbout(sc, profile.Name) {
					continue
				}
				r, err := explore.Explore(context.Background(), explore.Options{
					Scenario: sc.Name, Plan: sc.Plan, Profile: profile, Allowed: sc.MayHang(profile.Name),
					Strategy: explore.Random, Schedules: schedules, Seed: 1, Jobs: 1, NewPlayer: func() explore.Player { return keptOpen{lane} },
				})
				if err != nil {
					t.Fatalf("%s: %v", sc.Name, err)
				}
				total += r.Schedules
				for _, v := range r.Violations {
					t.Errorf("%s/%s: %s, first in schedule %d, in %d of %d: %s\n%s", sc.Area, sc.Name, v.Clause, v.First, v.Count, r.Schedules, v.Said, v.Schedule)
				}
			}
			t.Logf("%d schedules", total)
		})
	}
}

// keptOpen is a lane that outlives an exploration.
type keptOpen struct{ *virtual.Lane }

func (keptOpen) Close() {}

func speaksAbout(sc *scenarios.Scenario, profile string) bool {
	for _, p := range scenarios.Expand(sc.Profiles) {
		if p == profile {
			return true
		}
	}
	return false
}
