package virtual

import (
	"context"

	"github.com/hostsim/hostsim/conformance/report"
	"github.com/hostsim/hostsim/fakes/sim"
	"github.com/hostsim/hostsim/fakes/world"
	"github.com/hostsim/hostsim/host"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

// Reference is the reference host as an implementation to be judged. It behaves as the profile that it is judged by.
type Reference struct {
	lane *Lane
	id   report.Identity
}

// NewReference makes it on a lane of its own; close it after use.
func NewReference() *Reference {
	return &Reference{New(nil), report.Identity{Name: "reference host", Language: "Go", Features: AllFeatures()}}
}

// NewFaulty makes the reference host with a fault.
func NewFaulty(id report.Identity, f *Fault) *Reference {
	return &Reference{NewFaultyLane(f), id}
}

// NewFaultyLane makes a lane whose host has a fault. A run of it that never comes to rest is given up soon.
func NewFaultyLane(f *Fault) *Lane {
	s := sim.New(nil, sim.Limits{Steps: 200_000})
	return &Lane{sim: s, world: world.New(s), fault: f}
}

// Close lets go of the lane.
func (r *Reference) Close() { r.lane.Close() }

// SetChooser decides under which schedule the plays from now on are; nil: the default.
func (r *Reference) SetChooser(c sim.Chooser) { r.lane.SetChooser(c) }

// Identity implements judge.Implementation.
func (r *Reference) Identity() report.Identity {
	return r.id
}

// AllFeatures lists every feature of the contract; the reference host has them all.
func AllFeatures() []string {
	var out []string
	for _, f := range spec.MustLoad().Features {
		out = append(out, f.Name)
	}
	return out
}

// FeaturesFor gives the features that the host has under a profile: releases before 8 have no lifecycle hooks, no concurrent
// starts and stops, and no startup timeout; 2.2 has no systemd lifetime, and no release abandons a call.
func (r *Reference) FeaturesFor(profile string) []string {
	rules, err := host.RulesOf(profile)
	if err != nil {
		return r.id.Features
	}
	var out []string
	for _, f := range r.id.Features {
		switch f {
		case "lifecycle", "concurrentStart", "concurrentStop", "startupTimeout":
			if !rules.LifecycleHooks {
				continue
			}
		case "abandon":
			if rules.ExpiredStop != "abandon" {
				continue
			}
		case "systemd":
			if !rules.StatusMessages {
				continue
			}
		}
		out = append(out, f)
	}
	return out
}

// Lane implements judge.Implementation.
func (r *Reference) Lane() string { return spec.Virtual }

// Expected tells that the host is bound by what scenarios expect, line by line.
func (r *Reference) Expected() bool { return true }

// Play implements judge.Implementation.
func (r *Reference) Play(_ context.Context, p *plan.Plan, profile string) (*trace.Trace, error) {
	return r.lane.Play(p, profile)
}
