package conformance

import (
	"context"
	"testing"

	"github.com/hostsim/hostsim/conformance/adapter"
	"github.com/hostsim/hostsim/conformance/judge"
	"github.com/hostsim/hostsim/conformance/report"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

// InProcess makes an adapter an implementation in the virtual lane: every plan is played in a bubble of its own, inside
// this process. Which of two things that are ready at one instant comes first is up to Go's scheduler there, so runs are
// not compared with each other; checks judge what is ordered.
func InProcess(t *testing.T, i adapter.Implementation) judge.Implementation { return &inProcess{t, i} }

type inProcess struct {
	t *testing.T
	i adapter.Implementation
}

// Identity implements judge.Implementation.
func (p *inProcess) Identity() report.Identity {
	return report.Identity{Name: p.i.Name, Version: p.i.Version, Language: "Go", Claims: p.i.Profile, Features: p.i.FeatureList()}
}

// Lane implements judge.Implementation.
func (p *inProcess) Lane() string { return spec.Virtual }

// Controlled tells that runs are not repeatable.
func (p *inProcess) Controlled() bool { return false }

// Unsupported says why a plan cannot be played, empty if it can.
func (p *inProcess) Unsupported(pl *plan.Plan) string { return p.i.Unsupported(pl, spec.Virtual) }

// Play implements judge.Implementation.
func (p *inProcess) Play(_ context.Context, pl *plan.Plan, _ string) (*trace.Trace, error) {
	return p.i.Trace(p.t, pl), nil
}
