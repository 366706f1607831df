package main

import (
	"context"
	"os"
	"slices"
	"testing"

	"github.com/hostsim/hostsim/conformance"
	"github.com/hostsim/hostsim/conformance/adapter"
	"github.com/hostsim/hostsim/conformance/judge"
	"github.com/hostsim/hostsim/conformance/legal"
	"github.com/hostsim/hostsim/conformance/mutants"
	"github.com/hostsim/hostsim/fakes/sim"
	"github.com/hostsim/hostsim/scenarios"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// hostNames are the built-in hosts.
func hostNames() []string {
	names := []string{"reference"}
	for name := range legal.Hosts() {
		names = append(names, name)
	}
	slices.Sort(names[1:])
	for _, m := range mutants.All() {
		names = append(names, m.Name)
	}
	return names
}

func noSuchHost(name string) error {
	return usagef("there is no built-in host %q%s; there are reference, errgroup, actor and the mutants that `hostsim mutants --list` names",
		name, didYouMean(name, hostNames()))
}

// verifyLegal judges a host that lives in bubbles, which need what a test has.
func verifyLegal(ctx context.Context, s streams, f *verifyFlags, i adapter.Implementation) error {
	if f.profile == "" {
		f.profile = "core"
	}
	if err := knownProfile(f.profile); err != nil {
		return err
	}
	adapter.WithT(func(t *testing.T) {
		os.Exit(finish(s, judgeIt(ctx, s, f, conformance.InProcess(t, i))))
	})
	return nil
}

// replayLegal plays scenarios on such a host.
func replayLegal(s streams, f *replayFlags, i adapter.Implementation, list []*scenarios.Scenario) error {
	adapter.WithT(func(t *testing.T) {
		os.Exit(finish(s, f.all(s, &bubble{conformance.InProcess(t, i)}, list)))
	})
	return nil
}

// bubble plays plans on a host that does not know the seam; Go's scheduler decides what comes first.
type bubble struct{ impl judge.Implementation }

func (b *bubble) Play(p *plan.Plan, profile string) (*trace.Trace, error) {
	if u, ok := b.impl.(interface{ Unsupported(*plan.Plan) string }); ok {
		if why := u.Unsupported(p); why != "" {
			return nil, &judge.Skip{Why: why}
		}
	}
	return b.impl.Play(context.Background(), p, profile)
}
func (*bubble) SetChooser(sim.Chooser) {}
func (*bubble) Close()                 {}
