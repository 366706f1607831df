package explore

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"sort"
	"sync"
	"time"

	"github.com/hostsim/hostsim/conformance/checks"
	"github.com/hostsim/hostsim/fakes/sim"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

// Player plays a plan under a schedule; virtual.Lane is one. It is used by one goroutine at a time.
type Player interface {
	SetChooser(sim.Chooser)
	Play(p *plan.Plan, profile string) (*trace.Trace, error)
	Close()
}

// Options say what is explored, and how.
type Options struct {
	Scenario  string // its name, for the result
	Plan      *plan.Plan
	Profile   *spec.Profile
	Clauses   []string      // judged on every run; empty: all of the profile
	NewPlayer func() Player // one for each worker
	// Allowed says that a deadlock or a hang is what is expected, and no violation.
	Allowed bool

	Strategy  string
	Schedules int           // at most so many; 0: 1,000
	Time      time.Duration // at most so long; 0: no limit. What is covered then depends on the machine.
	Seed      uint64        // of the first schedule; schedule i has seed Seed+i
	Bound     int           // Exhaustive: at most so many decisions that are not the default; 0: 2
	Depth     int           // PCT: 0: 3
	Jobs      int           // workers; 0: one for each processor
	Shard, Of int           // this part of so many; 0 of 0: all
	Version   string        // of hostsim, for the schedules that are written
	Progress  func(done, of int)
}

// Explore plays the plan under many schedules and judges every run. Except for Time, the result depends on the options
// alone, not on the number of workers or the machine.
func Explore(ctx context.Context, o Options) (*Result, error) {
	if err := CheckStrategy(o.Strategy); err != nil {
		return nil, err
	}
	if o.Of == 0 {
		o.Shard, o.Of = 0, 1
	}
	if o.Shard < 0 || o.Shard >= o.Of {
		return nil, fmt.Errorf("shard %d of %d: the first is 0, the last is one less than their number", o.Shard, o.Of)
	}
	if o.Schedules == 0 {
		o.Schedules = 1000
	}
	if o.Bound == 0 {
		o.Bound = 2
	}
	if o.Depth == 0 {
		o.Depth = 3
	}
	if o.Jobs <= 0 {
		o.Jobs = runtime.GOMAXPROCS(0)
	}
	if o.Strategy == Sequential {
		o.Schedules, o.Jobs = 1, 1
	}
	if o.Time > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.Time)
		defer cancel()
	}
	var r *Result
	var err error
	if o.Strategy == Exhaustive {
		r, err = exploreAll(ctx, &o)
	} else {
		r, err = explore(ctx, &o)
	}
	if err != nil {
		return nil, err
	}
	r.findViolations()
	if len(r.Violations) > 0 {
		if err := name(&o, r); err != nil {
			return nil, err
		}
	}
	r.conclude()
	return r, nil
}

// explore takes seed after seed; workers take them in blocks.
func explore(ctx context.Context, o *Options) (*Result, error) {
	const block = 64
	var mu sync.Mutex
	var wg sync.WaitGroup
	next, done := 0, 0
	total := newResult(o)
	var failed error
	for range o.Jobs {
		wg.Go(func() {
			w := newWorker(o)
			defer w.close()
			for {
				mu.Lock()
				from := next
				next += block
				stop := from >= o.Schedules || failed != nil || ctx.Err() != nil
				mu.Unlock()
				if stop {
					break
				}
				for i := from; i < min(from+block, o.Schedules); i++ {
					if i%o.Of != o.Shard {
						continue
					}
					if err := w.seed(i); err != nil {
						mu.Lock()
						failed = err
						mu.Unlock()
						return
					}
				}
				mu.Lock()
				done += block
				if o.Progress != nil {
					o.Progress(min(done, o.Schedules), o.Schedules)
				}
				mu.Unlock()
			}
			mu.Lock()
			total.add(w.result)
			mu.Unlock()
		})
	}
	wg.Wait()
	return total, failed
}

// exploreAll walks every schedule within the bound. The tree is split at the first decision that is not the default: part
// k of n takes every n-th of them.
func exploreAll(ctx context.Context, o *Options) (*Result, error) {
	w := newWorker(o)
	defer w.close()
	if err := w.play(0, nil, nil); err != nil {
		return nil, err
	}
	first := append([]choice(nil), w.script.list...)
	if o.Shard != 0 {
		w.result = newResult(o) // the default schedule belongs to part 0
	}
	runs := 1
	for at := range first {
		for took := uint16(1); took < first[at].of; took++ {
			if at%o.Of != o.Shard {
				continue
			}
			prefix := append(append([]choice(nil), first[:at]...), choice{first[at].of, took})
			e := &exhaustive{bound: o.Bound}
			for sub := 0; prefix != nil; sub++ {
				if runs >= o.Schedules || ctx.Err() != nil {
					return w.result, nil
				}
				runs++
				if err := w.play(uint64(at+1)<<40|uint64(took)<<28|uint64(sub), prefix, nil); err != nil {
					return nil, err
				}
				next, ok := e.advance(w.script.list)
				if !ok || len(next) <= at+1 {
					break
				}
				prefix = next
			}
			if o.Progress != nil {
				o.Progress(at, len(first))
			}
		}
	}
	w.result.Exhausted = true
	return w.result, nil
}

// worker plays schedules and judges them.
type worker struct {
	o      *Options
	player Player
	script script
	random random
	pct    pct
	checks []clauseCheck
	result *Result
}

type clauseCheck struct {
	id    string
	check checks.Check
}

func newWorker(o *Options) *worker {
	w := &worker{o: o, player: o.NewPlayer(), result: newResult(o), pct: pct{depth: o.Depth}}
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
	w.player.SetChooser(&w.script)
	return w
}

func (w *worker) close() { w.player.Close() }

// seed plays the i-th schedule of the strategy.
func (w *worker) seed(i int) error {
	seed := w.o.Seed + uint64(i)
	var pick strategy
	switch w.o.Strategy {
	case Random:
		w.random.d = dice(seed)
		pick = &w.random
	case PCT:
		w.pct.longest = 64 // not what earlier runs had: a seed must mean the same wherever it is tried
		w.pct.begin(seed)
		pick = &w.pct
	}
	return w.play(uint64(i), nil, pick)
}

// play runs one schedule and enters what it showed.
func (w *worker) play(index uint64, list []choice, pick strategy) error {
	w.script.reset(append(w.script.list[:0], list...), pick, false)
	t, err := w.player.Play(w.o.Plan, w.o.Profile.Name)
	if err != nil {
		return err
	}
	r := w.result
	r.Schedules++
	r.Decisions += len(w.script.list)
	h := hash(t)
	known := r.traces[h]
	if known == nil {
		known = w.judge(t, index)
		r.traces[h] = known
	} else if index < known.first {
		known.first = index
		known.list = append(known.list[:0], w.script.list...)
	}
	known.count++
	return nil
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
	if !w.o.Allowed && (t.End.Kind == trace.Deadlock || t.End.Kind == trace.HangEnd || t.End.Kind == trace.Killed) {
		s.broken = append(s.broken, broken{string(t.End.Kind), signature(&t.End)})
	}
	s.transitions = transitions(t)
	if len(s.broken) > 0 {
		s.list = append([]choice(nil), w.script.list...)
	}
	return s
}

// signature tells one deadlock from another: who waits for what, without times.
func signature(e *trace.Ending) string {
	if len(e.Cycle) == 0 {
		return e.Reason
	}
	out := ""
	for _, c := range e.Cycle {
		out += c.Who + " waits for " + c.Resource + "; "
	}
	return out[:len(out)-2]
}

func end(e *trace.Ending) string {
	if e.Kind == trace.Deadlock || e.Kind == trace.HangEnd {
		return string(e.Kind)
	}
	return trace.FormatEnd(e)
}

// transitions lists which event of the life followed which: the lifecycle as the run walked it.
func transitions(t *trace.Trace) []string {
	var out []string
	last := ""
	for i := range t.Events {
		e := &t.Events[i]
		if e.Who == trace.Log || e.What == "mark" {
			continue
		}
		at := e.Who + "." + e.What
		if e.Phase != trace.Point {
			at += "." + e.Phase.String()
		}
		if last != "" {
			out = append(out, last+" → "+at)
		}
		last = at
	}
	sort.Strings(out)
	return out
}

// hash is FNV-1a over everything that a trace holds.
func hash(t *trace.Trace) uint64 {
	h := uint64(14695981039346656037)
	text := func(s string) {
		for i := 0; i < len(s); i++ {
			h = (h ^ uint64(s[i])) * 1099511628211
		}
		h = (h ^ 0xff) * 1099511628211
	}
	num := func(n uint64) { h = (h ^ n) * 1099511628211 }
	for i := range t.Events {
		e := &t.Events[i]
		num(uint64(e.At))
		text(e.Who)
		text(e.What)
		num(uint64(e.Phase) | uint64(e.Token)<<8)
		text(e.Outcome)
		text(e.Detail.Text)
		num(uint64(e.Detail.N))
	}
	text(string(t.End.Kind))
	text(t.End.Signal)
	num(uint64(t.End.Code) & math.MaxUint32)
	for _, c := range t.End.Cycle {
		text(c.Who)
		text(c.Resource)
	}
	return h
}
