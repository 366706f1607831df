// Package fuzz holds a host against the reference host on plans that nobody wrote. It makes random plans, plays each on an
// adapter and on the reference host under a profile, and tells where the two differ in a way that the profile does not
// leave open (package agree). A difference is confirmed by playing the plan again, made small by taking pieces of the plan
// away while it stays, and can be saved as a scenario.
//
// The plans of a seed are always the same. What an adapter in the process lane does is real, and races: whether a plan was
// seen to race is told apart from whether the hosts differ.
package fuzz

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/hostsim/hostsim/conformance/process"
	"github.com/hostsim/hostsim/conformance/virtual"
	"github.com/hostsim/hostsim/host"
	"github.com/hostsim/hostsim/scenarios/agree"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// Adapter plays a plan on the host under test. A *[process.Skipped] says that it does not play this plan; another error ends
// the fuzzing. It is called from Jobs goroutines at once. The trace is the caller's.
type Adapter func(context.Context, *plan.Plan) (*trace.Trace, error)

// Process plays plans in the process lane.
func Process(r *process.Runner) Adapter {
	return func(ctx context.Context, p *plan.Plan) (*trace.Trace, error) {
		t, _, err := r.Run(ctx, p)
		return t, err
	}
}

// Options say what to do. The zero value of each but Profile is a default.
type Options struct {
	Profile string // that the host claims to keep: dotnet-10, strict …
	Seed    uint64
	First   int           // the number of the first plan
	Plans   int           // how many are played; default 100
	Jobs    int           // how many at once; default 1
	Again   int           // how often a plan that differs is played again; default 4
	Shrink  int           // how many plays making one plan small may take; default 120, negative: it is not made small
	Explain int           // in how many runs of the reference host a difference is looked for, see [Explain]; default 10000, negative: in none
	Wild    float64       // see [Style]; default 0.3
	Limit   time.Duration // how long all of it may take, in real time; 0: as long as it takes
	Times   bool          // compare times too; on a busy machine they say little

	// Found is told of a difference that has been confirmed and cannot be explained, before it is made small; Played is told after each plan. Both are
	// called from one goroutine at a time, and may be nil.
	Played func(done, of int, found *Difference)
	Found  func(*Difference)
}

func (o *Options) defaults() {
	if o.Plans == 0 {
		o.Plans = 100
	}
	if o.Jobs < 1 {
		o.Jobs = 1
	}
	if o.Again == 0 {
		o.Again = 4
	}
	if o.Shrink == 0 {
		o.Shrink = 120
	}
	if o.Explain == 0 {
		o.Explain = 10000
	}
	if o.Wild == 0 {
		o.Wild = 0.3
	}
}

// Report tells what was found.
type Report struct {
	Profile     string
	Seed        uint64
	First, Next int // the numbers of the plans that were looked at: First up to but not with Next
	Played      int
	Agreed      int           // in the first play
	Raced       int           // differed in the first play and agreed when all plays were taken together
	Skipped     int           // the adapter does not play them
	Left        int           // were not played: they race, or take too long
	Differences []*Difference // in order of the plans
	Explained   []*Difference // in order of the plans: the reference host does it too, but not by default
	Cut         bool          // the limit was over before all plans had been played
}

// Difference is a plan in which the hosts differ, whenever it was played. Unless [Race] says how the reference host comes to
// do the same, it is a difference in what they do.
type Difference struct {
	Seed   uint64
	Number int        // the plan is Generate(Seed, Number, …)
	Plan   *plan.Plan // as it was generated
	Small  *plan.Plan // as small as it could be made, with the same kind of difference; Plan, if it could not
	Said   *agree.Disagreement
	Theirs []*trace.Trace // what the adapter did in Small, play by play
	Mine   *trace.Trace   // what the reference host did in it
	Race   *Race          // how the reference host comes to do the same; nil: it does not, and the hosts differ
}

// Name names the difference: fuzz-SEED-NUMBER.
func (d *Difference) Name() string { return fmt.Sprintf("fuzz-%d-%d", d.Seed, d.Number) }

var errLimit = errors.New("the limit of the fuzzing is over")

// Run fuzzes. It blocks until every plan has been played, the limit is over or ctx has ended; then it returns what was found
// until then, with ctx's error if it has one. Other errors are an unknown profile and what an adapter reports.
func Run(ctx context.Context, a Adapter, o Options) (*Report, error) {
	o.defaults()
	rules, err := host.RulesOf(o.Profile)
	if err != nil {
		return nil, err
	}
	f := &fuzzer{a: a, o: o, rep: &Report{Profile: o.Profile, Seed: o.Seed, First: o.First, Next: o.First}, found: map[int]*Difference{}}
	f.style = Style{Lifecycle: rules.LifecycleHooks, Faults: rules.WorkerMonitor != "none", Handlers: rules.ConsoleSignals == "signals", Wild: o.Wild}
	var wg sync.WaitGroup
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if o.Limit > 0 {
		defer time.AfterFunc(o.Limit, func() { cancel(errLimit) }).Stop()
	}
	for range o.Jobs {
		wg.Go(func() {
			l := virtual.New(nil)
			defer l.Close()
			for ctx.Err() == nil {
				n, p, ok := f.next(l)
				if !ok {
					return
				}
				d, err := f.one(ctx, l, n, p)
				if err != nil {
					cancel(err)
					return
				}
				f.tell(n, d)
			}
		})
	}
	wg.Wait()
	for n := o.First; n < f.rep.Next; n++ {
		switch d := f.found[n]; {
		case d == nil:
		case d.Race != nil:
			f.rep.Explained = append(f.rep.Explained, d)
		default:
			f.rep.Differences = append(f.rep.Differences, d)
		}
	}
	if err := context.Cause(ctx); !errors.Is(err, errLimit) {
		return f.rep, err
	}
	f.rep.Cut = true
	return f.rep, nil
}

type fuzzer struct {
	a     Adapter
	o     Options
	style Style

	mu    sync.Mutex
	taken int // plans handed out
	done  int
	rep   *Report
	found map[int]*Difference
}

// next finds the next plan that is worth playing.
func (f *fuzzer) next(l *virtual.Lane) (int, *plan.Plan, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for f.taken < f.o.Plans {
		n := f.rep.Next
		f.rep.Next++
		p := Generate(f.o.Seed, n, f.style)
		if !worthwhile(l, p, f.o.Profile, n) {
			f.rep.Left++
			continue
		}
		f.taken++
		return n, p, true
	}
	return 0, nil, false
}

// The limits of what is played: a plan must not take long, nor be silent for so long that it would be taken for a hang.
const (
	longest  = 12 * time.Second
	silence  = 5500 * time.Millisecond
	patience = 14 * time.Second // a plan with a longer wait than that is cut off by the limit of a run before its silence is known to be a hang
	hangs    = 4                // one in so many of the plans that hang is played: they cost much and say little
	tries    = 8                // see Calm
	unsteady = 25               // one in so many of the plans is played though it races
)

// Worthwhile tells whether plan number n is played: it does not race (but one in 25 may), ends soon enough, and of those
// that hang only one in four is.
func worthwhile(l *virtual.Lane, p *plan.Plan, profile string, n int) bool {
	calm, t, err := Calm(l, p, profile, tries)
	if err != nil || t.End.Kind == trace.Killed || !calm && n%unsteady != 0 {
		return false
	}
	if t.End.Kind.Hangs() && (n%hangs != 0 || waits(p) > patience) {
		return false
	}
	var last time.Duration
	for i := range t.Events {
		if t.Events[i].At-last > silence {
			return false
		}
		last = t.Events[i].At
	}
	return last <= longest
}

// waits gives the longest wait of a plan that ends.
func waits(p *plan.Plan) (d time.Duration) {
	for w := range p.Durations() {
		d = max(d, *w)
	}
	return d
}

// one plays one plan, and more often if it differs.
func (f *fuzzer) one(ctx context.Context, l *virtual.Lane, n int, p *plan.Plan) (*Difference, error) {
	j := &judge{f: f, l: l, ctx: ctx}
	said, err := j.differs(p, 1)
	var skipped *process.Skipped
	switch {
	case errors.As(err, &skipped):
		f.count(&f.rep.Skipped)
		return nil, nil
	case err != nil && ctx.Err() != nil: // the play was cut off, and nobody is at fault
		return nil, context.Cause(ctx)
	case err != nil:
		return nil, fmt.Errorf("plan %d of seed %d: %w", n, f.o.Seed, err)
	case said == nil:
		f.count(&f.rep.Agreed)
		return nil, nil
	}
	if said, err = j.more(p, f.o.Again); err != nil {
		return nil, err
	}
	if said == nil {
		f.count(&f.rep.Raced)
		return nil, nil
	}
	d := &Difference{Seed: f.o.Seed, Number: n, Plan: p, Small: p, Said: said, Theirs: j.theirs, Mine: j.mine}
	if d.Race, err = Explain(f.o.Profile, p, j.theirs, f.o.Explain); err != nil || d.Race != nil {
		return d, err
	}
	if f.o.Shrink > 0 {
		if f.o.Found != nil {
			f.mu.Lock()
			f.o.Found(d)
			f.mu.Unlock()
		}
		if err := j.shrink(d, f.o.Shrink); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func (f *fuzzer) count(n *int) {
	f.mu.Lock()
	*n++
	f.mu.Unlock()
}

func (f *fuzzer) tell(n int, d *Difference) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.done++
	f.rep.Played++
	if d != nil {
		f.found[n] = d
	}
	if f.o.Played != nil {
		f.o.Played(f.done, f.o.Plans, d)
	}
}
