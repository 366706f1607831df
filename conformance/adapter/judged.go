package adapter

import (
	"slices"
	"testing"

	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// FeatureList gives the features that the implementation declares.
func (i Implementation) FeatureList() []string { return slices.Clone(i.Features) }

// Unsupported says why a plan cannot be played in a lane, empty if it can.
func (i Implementation) Unsupported(p *plan.Plan, lane string) string { return i.unsupported(p, lane) }

// Trace plays a plan like [Implementation.Play], but leaves the judging to the caller: a hang is an end like any other.
func (i Implementation) Trace(t *testing.T, p *plan.Plan) *trace.Trace {
	t.Helper()
	rec := &recorder{}
	end, _ := i.play(t, p, rec)
	return &trace.Trace{Events: rec.take(), End: end}
}

// WithT calls f with a *testing.T in a plain program, which a bubble needs. f must end the process itself.
func WithT(f func(*testing.T)) { withT(f) }
