package fuzz

import (
	"time"

	"github.com/hostsim/hostsim/conformance/shrink"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// shrink takes pieces of the plan away as long as the hosts differ in the same kind of thing, with at most so many plays. When the
// time is over, the plan stays as small as it is. Plans that would take longer than the one that is made small are not played.
func (j *judge) shrink(d *Difference, budget int) error {
	var failed error
	slowest := j.takes(d.Small)
	d.Small = shrink.Pieces(d.Small, func(p *plan.Plan) bool {
		if budget < 0 || failed != nil || j.ctx.Err() != nil || j.takes(p) > slowest {
			return false
		}
		budget--
		said, err := j.differs(p, 1) // most that is to be seen is seen at once
		if err == nil && said != nil && said.Kind == d.Said.Kind {
			budget -= 2
			said, err = j.more(p, 2)
		}
		if err != nil {
			failed = err
			return false
		}
		if said == nil || said.Kind != d.Said.Kind {
			return false
		}
		d.Said, d.Theirs, d.Mine = said, j.theirs, j.mine
		return true
	})
	if j.ctx.Err() != nil {
		return nil
	}
	return failed
}

// takes tells how long a plan takes on the reference host; one that hangs is waited for as long as any.
func (j *judge) takes(p *plan.Plan) time.Duration {
	t, err := j.l.Play(p, j.f.o.Profile)
	switch {
	case err != nil || t.End.Kind == trace.Killed:
		return longest + hopeless
	case t.End.Kind.Hangs():
		return longest
	case len(t.Events) == 0:
		return 0
	}
	return t.Events[len(t.Events)-1].At
}

const hopeless = time.Hour
