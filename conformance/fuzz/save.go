package fuzz

import (
	"os"
	"path/filepath"

	"github.com/hostsim/hostsim/scenarios"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// Scenario gives the difference as a scenario that expects of the profile what the host under test did most often.
func (d *Difference) Scenario(profile string) *scenarios.Scenario {
	s := &scenarios.Scenario{
		Name:     d.Name(),
		Title:    "Found by fuzzing: the host under test and the reference host differ.",
		Why:      "Under " + profile + " the reference host differs: " + d.Said.Said + ".",
		Profiles: []string{profile},
		Plan:     d.Small,
	}
	if rec := Recording(profile, d.Small, d.Theirs); len(rec.Variants) > 0 {
		t := rec.Variants[0].Trace
		s.Expect = []scenarios.Expectation{scenarios.ExpectationOf(&trace.Trace{Events: t.Events, End: t.End}, true, profile)}
	}
	return s
}

// Save writes the scenario to a file of its name in dir, which is made if it is not there, and gives the file's path.
func (d *Difference) Save(dir, profile string) (string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	path := filepath.Join(dir, d.Name()+".yaml")
	return path, os.WriteFile(path, scenarios.Format(d.Scenario(profile)), 0o644)
}
