package explore

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/hostsim/hostsim/conformance/judge"
	"github.com/hostsim/hostsim/conformance/shrink"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// What shrinking a violation of an adapter may take. A smaller plan takes other decisions under the same seed, so it is
// played under several: that of the smallest plan so far, and then the first ones of the exploration, as many as show the
// violation seedsFor times on average.
const (
	seedsFor   = 4
	leastSeeds = 16
	mostSeeds  = 256

	mostRuns      = 8192 // in all
	mostKilled    = 3    // that had to be given up: each takes seconds of real time
	mostExplained = 3    // of one plan
	explainedRuns = 27   // what one that is explained counts for: to tell who ends which wait, the adapter plays others beside it
)

// Uncontrolled is the error of a schedule that did not show again what it had shown.
type Uncontrolled struct{ Schedule, Clause string }

// Error says what differs.
func (e *Uncontrolled) Error() string {
	return fmt.Sprintf("the schedule %s showed %s, and did not when it was repeated: something in the run is not decided by the schedule", e.Schedule, e.Clause)
}

// AsFound is a violation of an adapter as it was found: it plays its schedule again, explained. The error is an
// [*Uncontrolled] if the violation is gone.
func AsFound(o *Options, v *Violation) (*Small, error) {
	return (&scheduledShrinker{o: o, v: v}).explained(o.Plan, v.Named)
}

// shrinkScheduled is [Shrink] for an adapter.
func shrinkScheduled(o *Options, v *Violation) (*Small, error) {
	found, err := AsFound(o, v)
	if err != nil {
		return nil, err
	}
	s := &scheduledShrinker{o: o, v: v, name: v.Named, lost: map[string]bool{}, tries: 1, runs: explainedRuns}
	for i := range seeds(o, v) {
		s.names = append(s.names, o.ScheduleName(uint64(i)))
	}
	defer s.progress(mostRuns)
	if found.Left = s.survey(found); found.Left != "" || s.err != nil {
		found.Tries = s.tries
		return found, s.err
	}
	p := shrink.Plan(o.Plan, s.keep)
	if s.err != nil {
		return nil, s.err
	}
	small, err := s.explained(p, s.name)
	if err != nil {
		return nil, err
	}
	small.Tries = s.tries
	if s.spent() {
		small.Left = fmt.Sprintf("it may not be the smallest: shrinking ends after %d runs, of which an explained one counts for %d, and after %d that had to be given up", mostRuns, explainedRuns, mostKilled)
	}
	return small, nil
}

// scheduledShrinker looks for schedules that show a violation of an adapter in smaller plans. It plays one at a time, so that
// the number of workers makes no difference.
type scheduledShrinker struct {
	o      *Options
	v      *Violation
	name   string          // of the schedule that shows it in the smallest plan so far
	names  []string        // of those that are tried besides
	cycle  []string        // that a hang closes; nil: none
	always bool            // every schedule shows it: so must all of those that are tried in a smaller plan
	others bool            // a hang without a cycle: in a smaller plan some schedule must still end well, or it is one that nobody stops
	lost   map[string]bool // plans that do not show it

	tries, runs, killed int
	err                 error
}

// seeds gives how many schedules a smaller plan is played under: the rarer the violation, the more.
func seeds(o *Options, v *Violation) int {
	if o.Strategy == Sequential {
		return 1
	}
	played := o.Schedules / max(o.Of, 1)
	return min(max(seedsFor*played/max(v.Count, 1), leastSeeds), mostSeeds)
}

// survey learns by what the violation is known, and says why it cannot be made smaller, "" if it can.
func (s *scheduledShrinker) survey(found *Small) string {
	if found.Trace.End.Kind == trace.Killed {
		return "it was not shrunk: the run had to be given up after seconds of real time, and so would be those of smaller plans"
	}
	if s.hang() {
		s.cycle = cycle(&found.Trace.End)
		s.others = s.cycle == nil
	}
	s.always = true
	ended := false
	for _, name := range s.names {
		t := s.play(s.o.Plan, name)
		if t == nil {
			return ""
		}
		s.always = s.always && s.breaks(s.o.Plan, t)
		ended = ended || !t.End.Kind.NeverEnded()
	}
	if s.others && !ended {
		return fmt.Sprintf("it was not shrunk: it hangs under each of %d schedules, and no two wait for each other, so nothing tells it from a plan in which nobody asks for the stop", len(s.names))
	}
	return ""
}

// keep tells whether a smaller plan shows the violation, and remembers the schedule.
func (s *scheduledShrinker) keep(p *plan.Plan) bool {
	key := string(plan.AppendJSON(nil, p))
	if s.lost[key] {
		return false
	}
	shown := s.shownBy(p)
	if shown == "" {
		s.lost[key] = true
		return false
	}
	s.name = shown
	return true
}

// shownBy gives the first schedule that shows the violation in a plan, "" if there is none or the plan is not to be kept.
func (s *scheduledShrinker) shownBy(p *plan.Plan) (shown string) {
	ended, explained := !s.others, 0
	for i, name := range append([]string{s.name}, s.names...) {
		if i > 0 && name == s.name {
			continue
		}
		t := s.play(p, name)
		if t == nil {
			return ""
		}
		switch breaks := s.breaks(p, t); {
		case !breaks && s.always:
			return ""
		case !breaks:
			ended = ended || !t.End.Kind.NeverEnded()
		case shown != "": // it is known
		case s.cycle == nil || s.closes(p, name):
			shown = name
		default:
			if explained++; explained == mostExplained {
				return ""
			}
		}
		if shown != "" && ended && !s.always {
			return shown
		}
	}
	if s.always {
		return shown
	}
	return ""
}

// hang tells whether the violation is that the program does not end.
func (s *scheduledShrinker) hang() bool { return trace.EndKind(s.v.Clause).Hangs() }

// breaks is [Breaks]; whether a hang closes a cycle, and which, tells only a run that is explained.
func (s *scheduledShrinker) breaks(p *plan.Plan, t *trace.Trace) bool {
	if s.cycle != nil {
		return t.End.Kind.Hangs()
	}
	return Breaks(p, t, s.o.Profile, s.v)
}

// closes tells whether a run closes the cycle of the violation.
func (s *scheduledShrinker) closes(p *plan.Plan, name string) bool {
	run := s.run(p, name, true)
	return run != nil && slices.Equal(cycle(&run.Trace.End), s.cycle)
}

// spent tells whether shrinking has to end.
func (s *scheduledShrinker) spent() bool { return s.runs >= mostRuns || s.killed >= mostKilled }

func (s *scheduledShrinker) play(p *plan.Plan, name string) *trace.Trace {
	if run := s.run(p, name, false); run != nil {
		return run.Trace
	}
	return nil
}

// run plays a plan; nil if the adapter does not play this one, or nothing more is to be played.
func (s *scheduledShrinker) run(p *plan.Plan, name string, explain bool) *ScheduledRun {
	if s.err != nil || s.spent() {
		return nil
	}
	s.tries++
	s.runs++
	if explain {
		s.runs += explainedRuns - 1
	}
	s.progress(s.runs)
	run, err := s.o.Scheduled.PlaySchedule(p, name, explain)
	var skip *judge.Skip
	if err != nil {
		if !errors.As(err, &skip) {
			s.err = err
		}
		return nil
	}
	if run.Trace.End.Kind == trace.Killed {
		s.killed++
	}
	return run
}

// progress tells how much of what shrinking may take at most is done.
func (s *scheduledShrinker) progress(done int) {
	if s.o.Progress != nil {
		s.o.Progress(min(done, mostRuns), mostRuns)
	}
}

// explained plays a run that is known to show the violation.
func (s *scheduledShrinker) explained(p *plan.Plan, name string) (*Small, error) {
	run, err := s.o.Scheduled.PlaySchedule(p, name, true)
	if err != nil {
		return nil, err
	}
	t := run.Trace
	if again := s.hang() && t.End.Kind.Hangs() || Breaks(p, t, s.o.Profile, s.v); !again {
		return nil, &Uncontrolled{name, s.v.Clause}
	}
	return &Small{Plan: p, Named: name, Trace: *t, Said: run.Said, Tries: 1}, nil
}

// ordinal tells goroutines of one function apart, of which a smaller plan may have fewer.
var ordinal = regexp.MustCompile(` #\d+`)

// cycle gives who waits where in the cycle of a deadlock, whoever stands first; nil if there is none. What they wait for has
// its name from who used it first, which another schedule may change.
func cycle(e *trace.Ending) []string {
	var out []string
	for _, w := range e.Cycle {
		out = append(out, ordinal.ReplaceAllString(w.Who+" in "+w.Where, ""))
	}
	slices.Sort(out)
	return out
}
