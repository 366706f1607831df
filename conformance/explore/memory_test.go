package explore_test

import (
	"bytes"
	"testing"

	"github.com/hostsim/hostsim/conformance/explore"
	"github.com/hostsim/hostsim/conformance/virtual"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// counting counts the plays of a lane.
type counting struct {
	*virtual.Lane
	plays *int
}

func (c counting) Play(p *plan.Plan, profile string) (*trace.Trace, error) {
	*c.plays++
	return c.Lane.Play(p, profile)
}

// manyTies has so many things at one instant that next to no two random schedules take the same decisions.
const manyTies = `
services:
  - {name: a, kind: background, execute: [delay: 10ms, yield: true, delay: 10ms, mark: a]}
  - {name: b, kind: background, execute: [delay: 10ms, yield: true, delay: 10ms, mark: b]}
  - {name: c, kind: background, execute: [delay: 10ms, yield: true, delay: 10ms, mark: c]}
  - {name: d, kind: background, execute: [delay: 10ms, yield: true, delay: 10ms, mark: d]}
  - {name: e, kind: background, execute: [delay: 10ms, yield: true, delay: 10ms, mark: e]}
signals: [{after: lifetime.applicationStarted, wait: 20ms, send: SIGTERM}]
`

// A schedule that is not played gives what playing it gives: the result has the same bytes, whether results are handed over
// in between or not.
func TestKnownSchedulesAreNotPlayed(t *testing.T) {
	tests := []struct {
		name, plan, profile string
		schedules           int
		most                int // of the schedules that may be played
		least               int
	}{
		{"few decisions", twoServices, "strict", 5000, 400, 1},
		{"a race", exitRace, "dotnet-3.1", 5000, 4999, 10},
		{"too many to know", manyTies, "strict", 600, 601, 590},
	}
	for _, tt := range tests {
		for _, strategy := range []string{explore.Random, explore.PCT} {
			for _, every := range []int{0, 1000} {
				t.Run(tt.name+"/"+strategy, func(t *testing.T) {
					o := options(t, tt.plan, tt.profile, strategy, tt.schedules)
					o.Jobs, o.Clauses = 1, []string{"HOST-STOP-001", "HOST-STOP-028"} // of judging all, most of the time would go into that
					plays := 0
					o.NewPlayer = func() explore.Player { return counting{virtual.New(nil), &plays} }
					if o.SaveEvery = every; every > 0 {
						o.Save = func(*explore.Result) error { return nil }
					}
					got := run(t, o)
					if plays > tt.most || plays < tt.least {
						t.Errorf("%d of %d schedules were played; allowed are %d to %d", plays, tt.schedules, tt.least, tt.most)
					}
					plays, o.Anew = 0, true
					if want := run(t, o); !bytes.Equal(got, want) {
						t.Errorf("with what is known:\n%s\nevery schedule played:\n%s", got, want)
					}
					if plays < tt.schedules {
						t.Errorf("%d schedules were played anew, not %d", plays, tt.schedules)
					}
				})
			}
		}
	}
}
