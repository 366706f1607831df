package judge

import (
	"fmt"
	"sort"

	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// observed says by which events a run shows that the host has a feature. Features that no event shows are not listed:
// they cannot be caught in a lie either way.
var observed = map[string]func(*plan.Plan, *trace.Event) bool{
	"notifications": func(_ *plan.Plan, e *trace.Event) bool { return e.Who == trace.Lifetime },
	"log":           func(_ *plan.Plan, e *trace.Event) bool { return e.Who == trace.Log },
	"lifecycle": func(_ *plan.Plan, e *trace.Event) bool {
		return e.What == plan.HookStarting || e.What == plan.HookStarted || e.What == plan.HookStopping || e.What == plan.HookStopped
	},
	"background":  func(_ *plan.Plan, e *trace.Event) bool { return e.What == plan.HookExecute },
	"dispose":     func(_ *plan.Plan, e *trace.Event) bool { return e.What == plan.HookDispose && e.Who != trace.Host },
	"construct":   func(_ *plan.Plan, e *trace.Event) bool { return e.What == plan.HookNew },
	"stopRequest": func(_ *plan.Plan, e *trace.Event) bool { return e.What == "stopApplication" && e.Phase == trace.End },
	"sockets":     func(_ *plan.Plan, e *trace.Event) bool { return e.What == "listen" },
	"processExit": func(_ *plan.Plan, e *trace.Event) bool { return e.Who == trace.Process && e.What == "processExit" },
	"runReturns": func(_ *plan.Plan, e *trace.Event) bool {
		return e.Who == trace.Host && (e.What == "run" || e.What == "waitForShutdown") && e.Phase == trace.End && e.Outcome == trace.OK
	},
	"abandon": func(_ *plan.Plan, e *trace.Event) bool { return e.What == "abandoned" },
	"hostLifetime": func(p *plan.Plan, e *trace.Event) bool {
		return p.HostLifetime != nil && e.Who == trace.HostLifetime
	},
	"systemd": func(_ *plan.Plan, e *trace.Event) bool { return e.Who == trace.Manager },
}

// borrowed are features that an adapter library may show on behalf of a host that lacks them: it constructs the services
// and announces the start itself. Seen without being declared they prove nothing.
var borrowed = map[string]bool{"construct": true, "notifications": true, "dispose": true}

func (v *verifier) observe(p *plan.Plan, t *trace.Trace) {
	for i := range t.Events {
		if e := &t.Events[i]; e.What == plan.HookStop && e.Phase == trace.Begin {
			v.stops = true
			v.tokens = v.tokens || e.Token != trace.NoToken
		}
		for f, shows := range observed {
			if !v.seen[f] && shows(p, &t.Events[i]) {
				v.seen[f] = true
			}
		}
	}
}

// shown notes that a case that needs certain features was played, or that it was not.
func (v *verifier) shown(c *Case, played bool) {
	for _, f := range c.Features {
		v.shows[f] = v.shows[f] || played
	}
}

// unplayed tells whether there were cases that need a feature and none of them could be played in this lane, as sockets in
// a bubble: then nobody lied, and the clauses that need the feature are skipped by name.
func (v *verifier) unplayed(feature string) bool {
	played, needed := v.shows[feature]
	return needed && !played
}

// featureProblems lists declared features that no run ever showed, and shown features that were not declared: both make
// verdicts worthless, since a skip would hide a violation.
func (v *verifier) featureProblems() []string {
	var out []string
	for f := range observed {
		switch {
		case v.has[f] && !v.seen[f] && !v.unplayed(f):
			out = append(out, fmt.Sprintf("feature %s is declared, but no run ever showed it", f))
		case !v.has[f] && v.seen[f] && !borrowed[f]:
			out = append(out, fmt.Sprintf("feature %s is not declared, but a run showed it: the skip is no longer needed", f))
		}
	}
	sort.Strings(out)
	return out
}
