package fuzz

import (
	"math/rand/v2"
	"strings"
	"time"

	"github.com/hostsim/hostsim/conformance/virtual"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// slack is how much later than planned anything may happen on a busy machine without changing a calm plan's run.
const slack = 70 * time.Millisecond

// starting is how long it may take from the begin of a run until its first service is called. A signal that is timed from
// there comes earlier by so much than the plan says, as the services see it.
const starting = 130 * time.Millisecond

// Calm tells whether the order of what happens in the plan stays the same when every duration takes up to 70 ms longer
// than it should, and the process up to 200 ms to die, in any combination that was tried: a plan that is not calm races, and
// two runs of one host may differ.
// It gives the trace of the unchanged plan too.
func Calm(l *virtual.Lane, p *plan.Plan, profile string, tries int) (bool, *trace.Trace, error) {
	first, err := l.Play(p, profile)
	if err != nil {
		return false, nil, err
	}
	keep := first.Keep()
	r := rand.New(rand.NewPCG(1, 2))
	defer l.SetDying(0)
	for range tries {
		l.SetDying(time.Duration(r.Int64N(int64(dying))))
		t, err := l.Play(late(p, r, slack, starting), profile)
		if err != nil {
			return false, nil, err
		}
		if !sameOrder(keep, t) {
			return false, keep, nil
		}
	}
	return true, keep, nil
}

func sameOrder(a, b *trace.Trace) bool {
	if len(a.Events) != len(b.Events) || a.End.Kind != b.End.Kind || a.End.Code != b.End.Code || a.End.Signal != b.End.Signal {
		return false
	}
	for i := range a.Events {
		x, y := a.Events[i], b.Events[i]
		x.At, y.At = 0, 0
		if x != y {
			return false
		}
	}
	return true
}

// late copies a plan with every duration made longer at random, by up to slack, and signals that are timed from before the
// start earlier by up to starting.
func late(p *plan.Plan, r *rand.Rand, slack, starting time.Duration) *plan.Plan {
	c := p.Clone()
	for d := range c.Durations() {
		if *d > 0 && *d < 10*time.Second {
			*d += time.Duration(r.Int64N(int64(slack)))
		}
	}
	early := time.Duration(r.Int64N(int64(starting)))
	for i := range c.Signals {
		if s := &c.Signals[i]; strings.HasPrefix(s.After, "host.") {
			s.Wait = max(s.Wait-early, 0)
		}
	}
	return c
}
