package fuzz

import (
	"github.com/hostsim/hostsim/conformance/shrink"
	"github.com/hostsim/hostsim/scenarios/plan"
)

// shrink takes pieces of the plan away as long as the hosts differ in the same kind of thing, with at most so many plays.
func (j *judge) shrink(d *Difference, budget int) error {
	const plays = 3
	var failed error
	d.Small = shrink.Pieces(d.Small, func(p *plan.Plan) bool {
		if budget -= plays; budget < 0 || failed != nil {
			return false
		}
		said, err := j.differs(p, plays)
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
	return failed
}
