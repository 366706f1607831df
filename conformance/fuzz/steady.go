package fuzz

import (
	"slices"

	"github.com/hostsim/hostsim/scenarios/agree"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// Unsteady tells whether a host disagrees with itself in a plan: it gives in what one of the plays differs from all the
// others taken together, by the rules by which another host would be compared with them, nil if none does. Times are not
// compared. Nobody can be held to agree with a host that does not agree with itself. With fewer than three plays nothing is known, and
// it gives nil.
func Unsteady(profile string, p *plan.Plan, plays []*trace.Trace) *agree.Disagreement {
	if len(plays) < 3 {
		return nil
	}
	for i, t := range plays {
		others := slices.Delete(slices.Clone(plays), i, i+1)
		alone := Recording(profile, p, plays[i:i+1]).Variants[0].Trace // without what the harness found afterwards
		alone.End = t.End
		if said := agree.Compare(Recording(profile, p, others), &alone); said != nil && said.Kind != agree.Time {
			return said
		}
	}
	return nil
}
