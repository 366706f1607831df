package scenarios

import "github.com/hostsim/hostsim/scenarios/recorded"

// RecordedPlan finds the recordings of a plan by its name and makes them a scenario, as [ParseAny] does of their file;
// nil if there are none of that name.
func RecordedPlan(name string) (*Scenario, error) {
	all, err := recorded.All()
	if err != nil {
		return nil, err
	}
	var s *Scenario
	for _, r := range all {
		if r.Name != name {
			continue
		}
		if s == nil {
			s = &Scenario{File: "recorded/" + name, Name: name, Title: "What real hosts did in the plan " + name + ".", Plan: r.Plan}
		}
		s.Recordings = append(s.Recordings, r)
		s.Profiles = append(s.Profiles, r.Release)
	}
	return s, nil
}
