package explore

import (
	"github.com/hostsim/hostsim/conformance/checks"
	"github.com/hostsim/hostsim/conformance/shrink"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

// Small is a violation made small: a plan and a schedule that still break the same clause, or close the same cycle.
type Small struct {
	Plan     *plan.Plan
	Schedule *Schedule
	Named    string      // for an adapter: the name of the schedule, which then has no decisions
	Trace    trace.Trace // of the run, a copy
	Tries    int         // runs that it took
	Left     string      // for an adapter: why it was not made as small as can be
	Said     string      // for an adapter: what the run shows, in words
}

// Shrink makes a violation smaller: first its decisions, then the plan — services, stimuli, callbacks, options, steps,
// durations — and the decisions again, until nothing more can be taken away. For an adapter there is only the plan, and a
// schedule is looked for that shows the violation in it. It is deterministic.
func Shrink(o *Options, v *Violation) (*Small, error) {
	if o.Scheduled != nil {
		return shrinkScheduled(o, v)
	}
	s := &shrinker{o: o, v: v, player: o.NewPlayer()}
	defer s.player.Close()
	p, d := o.Plan, v.Schedule.Decisions
	for {
		before := len(d)
		d = s.decisions(p, d)
		smaller := shrink.Plan(p, func(q *plan.Plan) bool { return s.breaks(q, d) })
		if smaller == p && len(d) == before || s.err != nil {
			break
		}
		p = smaller
	}
	if s.err != nil {
		return nil, s.err
	}
	out := &Small{Plan: p, Schedule: &Schedule{Format: Format, Hostsim: o.Version, Decisions: d}, Tries: s.tries}
	s.breaks(p, d)
	out.Trace = *s.last.Keep()
	return out, nil
}

type shrinker struct {
	o      *Options
	v      *Violation
	player Player
	tries  int
	last   *trace.Trace
	err    error
}

// breaks plays a plan under decisions and tells whether the violation is still there.
func (s *shrinker) breaks(p *plan.Plan, d []Decision) bool {
	if s.err != nil {
		return false
	}
	s.tries++
	r := NewReplay(&Schedule{Decisions: d})
	r.quiet = true
	s.player.SetChooser(r)
	t, err := s.player.Play(p, s.o.Profile.Name)
	if err != nil {
		s.err = err
		return false
	}
	s.last = t
	return Breaks(p, t, s.o.Profile, s.v)
}

// Breaks tells whether a trace shows the violation: the same clause, or the same cycle.
func Breaks(p *plan.Plan, t *trace.Trace, profile *spec.Profile, v *Violation) bool {
	if trace.EndKind(v.Clause).NeverEnded() {
		return string(t.End.Kind) == v.Clause && (v.Clause == string(trace.Killed) || signature(&t.End) == v.Said)
	}
	check := checks.Lookup(v.Clause)
	if check == nil {
		return false
	}
	return check(&checks.Run{Plan: p, Trace: t, Profile: profile, Lane: spec.Virtual}).Kind == checks.Fail
}

// decisions takes away as many decisions as it can: halves, quarters, and so on down to single ones (ddmin).
func (s *shrinker) decisions(p *plan.Plan, d []Decision) []Decision {
	for size := (len(d) + 1) / 2; size > 0; {
		removed := false
		for from := 0; from < len(d); {
			to := min(from+size, len(d))
			try := append(append([]Decision(nil), d[:from]...), d[to:]...)
			if s.breaks(p, try) {
				d, removed = try, true
				continue
			}
			from = to
		}
		if !removed || size > len(d) {
			size /= 2
		}
	}
	return d
}
