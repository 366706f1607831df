package explore

import (
	"math"
	"slices"
	"strings"

	"github.com/hostsim/hostsim/conformance/checks"
	"github.com/hostsim/hostsim/fakes/sim"
	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

// worker plays schedules and judges them.
type worker struct {
	o      *Options
	player Player
	script *script
	random random
	pct    pct
	memory memory
	prefix []choice // scratch for what the memory knows of a schedule
	checks []clauseCheck
	result *Result
}

type clauseCheck struct {
	id    string
	check checks.Check
}

func newWorker(o *Options) *worker {
	w := &worker{o: o, result: newResult(o), pct: pct{depth: o.Depth}, memory: memory{off: o.Anew}}
	want := map[string]bool{}
	for _, id := range o.Clauses {
		want[id] = true
	}
	for _, c := range o.Profile.Clauses {
		if (len(want) == 0 || want[c.ID]) && c.Retired == "" && c.In(spec.Virtual) {
			if check := checks.Lookup(c.ID); check != nil {
				w.checks = append(w.checks, clauseCheck{c.ID, check})
			}
		}
	}
	if o.Scheduled != nil {
		w.script = &script{}
		return w
	}
	w.player = o.NewPlayer()
	w.player.SetChooser(w.chooser())
	return w
}

// chooser makes the worker's chooser.
func (w *worker) chooser() sim.Chooser {
	if w.o.Strategy == PCT {
		w.memory.pct = &w.pct
		s := &pctScript{p: &w.pct}
		w.script = &s.script
		return s
	}
	w.script = &script{}
	return w.script
}

// list gives the choices of the last run.
func (w *worker) list() []choice { return w.script.list }

// seed plays the i-th schedule of the strategy, or knows what it would give.
func (w *worker) seed(i int) error {
	if w.o.Scheduled != nil {
		return w.scheduled(uint64(i))
	}
	seed := w.o.Seed + uint64(i)
	var pick strategy
	switch w.o.Strategy {
	case Random:
		w.random.d = dice(seed)
		pick = &w.random
	case PCT:
		w.pct.begin(seed)
		pick = &w.pct
	default:
		return w.play(uint64(i), nil, nil)
	}
	list, hash, known := w.memory.walk(pick, w.prefix[:0])
	w.prefix = list
	if known {
		if s := w.result.traces[hash]; s != nil {
			w.enter(s, uint64(i), list)
			return nil
		}
		pick = nil // judged for an earlier result: this one has to see it as well
	} else if !w.memory.off {
		pick = &w.memory
	}
	return w.play(uint64(i), list, pick)
}

// run plays one schedule: the choices of list, and then those of pick.
func (w *worker) run(list []choice, pick strategy) (*trace.Trace, error) {
	w.script.reset(append(w.script.list[:0], list...), pick, false)
	return w.player.Play(w.o.Plan, w.o.Profile.Name)
}

// play runs one schedule and enters what it showed.
func (w *worker) play(index uint64, list []choice, pick strategy) error {
	t, err := w.run(list, pick)
	if err != nil {
		return err
	}
	w.memory.ended(w.see(t, index, w.script.list))
	return nil
}

// see judges a trace unless it was seen before, counts it, and gives its hash.
func (w *worker) see(t *trace.Trace, index uint64, list []choice) uint64 {
	h := hash(t)
	s := w.result.traces[h]
	if s == nil {
		s = w.judge(t, index)
		w.result.traces[h] = s
	}
	w.enter(s, index, list)
	return h
}

// enter counts a schedule that gave what was seen.
func (w *worker) enter(s *seen, index uint64, list []choice) {
	w.result.Schedules++
	w.result.Decisions += len(list)
	s.count++
	if index < s.first {
		s.first = index
		if len(s.broken) > 0 {
			s.list = append(s.list[:0], list...)
		}
	}
}

// judge looks at a trace that was not seen before.
func (w *worker) judge(t *trace.Trace, index uint64) *seen {
	s := &seen{first: index, end: end(&t.End)}
	run := &checks.Run{Plan: w.o.Plan, Trace: t, Profile: w.o.Profile, Lane: spec.Virtual}
	for _, c := range w.checks {
		switch res := c.check(run); res.Kind {
		case checks.Fail:
			s.broken = append(s.broken, broken{c.id, res.Said})
			s.exercised = append(s.exercised, c.id)
		case checks.Pass:
			s.exercised = append(s.exercised, c.id)
		}
	}
	if !w.o.Allowed && t.End.Kind.NeverEnded() {
		s.broken = append(s.broken, broken{string(t.End.Kind), signature(&t.End)})
	}
	s.life = life(t)
	if len(s.broken) > 0 {
		s.list = append([]choice(nil), w.script.list...)
	}
	return s
}

// signature tells one deadlock from another: who waits for what, without times. A cycle has no first, so it is told from the
// place in it from which it reads first in the alphabet.
func signature(e *trace.Ending) string {
	if len(e.Cycle) == 0 {
		return e.Reason
	}
	waits := make([]string, len(e.Cycle))
	for i, c := range e.Cycle {
		waits[i] = c.Who + " waits for " + c.Resource
	}
	out := ""
	for i := range waits {
		if turned := strings.Join(append(slices.Clone(waits[i:]), waits[:i]...), "; "); out == "" || turned < out {
			out = turned
		}
	}
	return out
}

func end(e *trace.Ending) string {
	if e.Kind.Hangs() {
		return string(e.Kind)
	}
	return trace.FormatEnd(e)
}

// hash is over everything that a trace holds: FNV-1a, but eight bytes at a time, and mixed.
func hash(t *trace.Trace) uint64 {
	h := uint64(14695981039346656037)
	for i := range t.Events {
		e := &t.Events[i]
		h = mix(h, uint64(e.At))
		h = mixText(h, e.Who)
		h = mixText(h, e.What)
		h = mix(h, uint64(e.Phase)|uint64(e.Token)<<8|uint64(e.Detail.Kind)<<16)
		h = mixText(h, e.Outcome)
		h = mixText(h, e.Detail.Text)
		h = mix(h, uint64(e.Detail.N))
	}
	h = mixText(h, string(t.End.Kind))
	h = mixText(h, t.End.Signal)
	h = mix(h, uint64(t.End.Code)&math.MaxUint32)
	for i := range t.End.Cycle {
		h = mixText(h, t.End.Cycle[i].Who)
		h = mixText(h, t.End.Cycle[i].Resource)
	}
	return h
}

func mix(h, n uint64) uint64 {
	h = (h ^ n) * 1099511628211
	return h ^ h>>32
}

func mixText(h uint64, s string) uint64 {
	h = mix(h, uint64(len(s)))
	for len(s) >= 8 {
		h = mix(h, uint64(s[0])|uint64(s[1])<<8|uint64(s[2])<<16|uint64(s[3])<<24|uint64(s[4])<<32|uint64(s[5])<<40|uint64(s[6])<<48|uint64(s[7])<<56)
		s = s[8:]
	}
	var last uint64
	for i := range len(s) {
		last = last<<8 | uint64(s[i])
	}
	return mix(h, last)
}
