// Package scenarios holds the scenario library and reads scenario files. A scenario is a plan with what is expected of
// it, one YAML file that a person can read:
//
//	name: sigterm-stops-in-reverse
//	title: SIGTERM stops the services in reverse order of registration.
//	why: A service may use those before it until its own stop has ended.
//	clauses: [HOST-STOP-001]
//	profiles: [strict, dotnet]
//	plan:
//	  services:
//	  - {name: a}
//	  - {name: b, stop: [delay: 200ms]}
//	  signals:
//	  - {after: lifetime.applicationStarted, wait: 300ms, send: SIGTERM}
//	expect:
//	  strict, dotnet-6..:
//	    timeline:
//	    - ...
//	    - 0.300  signal SIGTERM
//	    - unordered: [0.300  lifetime applicationStopping]
//	    - 0.300  b stop begin
//	    - ...
//	    end: exited 0
//
// See [Expectation] for what may be expected, package plan for the plan language and package trace for the text form of
// an event.
package scenarios

import (
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/recorded"
)

// The lanes that a scenario can be played in; the words are those of package spec.
const (
	Virtual = "virtual"
	Process = "process"
)

var lanes = []string{Virtual, Process}

// Scenario is a plan with what is expected of it. It is not changed after it was read and may be shared.
type Scenario struct {
	File string // the file that it was read from, as messages name it
	Area string // of the library: START, STOP …; empty elsewhere

	Name     string
	Title    string   // one sentence
	Why      string   // why somebody wants to see this
	Clauses  []string // ids of the clauses that it exercises
	Profiles []string // words that name profiles, see [ParseRange]; none: all
	Lanes    []string // none: all

	Plan       *plan.Plan
	Schedule   []Decision // where the run is not to take the default; see package explore
	Expect     []Expectation
	Recordings []*recorded.Recording // what real hosts did, if the file is one of recordings
}

// SpeaksOf tells whether the scenario is about a profile.
func (s *Scenario) SpeaksOf(profile string) bool {
	return len(s.Profiles) == 0 || includes(s.Profiles, profile)
}

// InLane tells whether the scenario can be played in a lane.
func (s *Scenario) InLane(lane string) bool {
	for _, l := range s.Lanes {
		if l == lane {
			return true
		}
	}
	return len(s.Lanes) == 0
}

// Expected lists what is expected under a profile. Several expectations may name one profile; all of them must hold.
func (s *Scenario) Expected(profile string) []*Expectation {
	var out []*Expectation
	for i := range s.Expect {
		if includes(s.Expect[i].Profiles, profile) {
			out = append(out, &s.Expect[i])
		}
	}
	return out
}

// MayHang tells whether the scenario says itself that the program does not come to an end under a profile.
func (s *Scenario) MayHang(profile string) bool {
	for _, e := range s.Expected(profile) {
		if len(e.Cycle) > 0 {
			return true
		}
		for _, end := range e.Ends {
			if end.End.Kind.NeverEnded() {
				return true
			}
		}
	}
	return false
}

// Recording gives what a release did in the plan of a file of recordings, nil if that is not known.
func (s *Scenario) Recording(release string) *recorded.Recording {
	for _, r := range s.Recordings {
		if r.Release == release {
			return r
		}
	}
	return nil
}

// Decision is one decision of a schedule that is not the default: at this point take this.
type Decision struct{ At, Take string }
