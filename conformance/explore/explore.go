package explore

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"sync"
	"time"

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
	// Scheduled plays instead, if it is not nil; Exhaustive is not for it.
	Scheduled Scheduled
	// Allowed says that a deadlock or a hang is what is expected, and no violation.
	Allowed bool

	Strategy  string
	Schedules int           // at most so many; 0: 1,000, of Exhaustive all
	Time      time.Duration // at most so long; 0: no limit. What is covered then depends on the machine.
	Seed      uint64        // of the first schedule; schedule i has seed Seed+i
	Bound     int           // Exhaustive: at most so many decisions that are not the default; 0: 2
	Depth     int           // PCT: 0: 3
	Jobs      int           // workers; 0: one for each processor
	// Anew says that every schedule is played, also one that takes the same decisions as an earlier one and therefore gives
	// the same run. The result is the same.
	Anew      bool
	Shard, Of int    // this part of so many; 0 of 0: all
	Version   string // of hostsim, for the schedules that are written
	Progress  func(done, of int)

	// Base is the unfinished result of this same exploration that an earlier process left behind: it goes on from there.
	Base *Result
	// Save is called with what there is so far, from time to time and at the end; what was played after the last call is
	// lost if the process is killed, and nothing else.
	Save func(*Result) error
	// SaveEvery is how many schedules are played between two calls of Save; 0: 32,768. An exhaustive search counts branches
	// of its tree instead, two for each worker.
	SaveEvery int

	marked string
}

// block is how many schedules a worker takes at a time.
const block = 64

// Explore plays the plan under many schedules and judges every run. Except for Time, the result depends on the options
// alone, not on the number of workers, the machine, or how often it was interrupted and gone on with.
func Explore(ctx context.Context, o Options) (*Result, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	if o.Base != nil {
		if why := o.Base.differs(newResult(&o)); why != "" {
			return nil, fmt.Errorf("the result to go on with is of another exploration: %s", why)
		}
		if len(o.Base.Parts) != 1 || o.Base.Parts[0] != o.Shard {
			return nil, fmt.Errorf("the result to go on with is that of part %v, not %d", o.Base.Parts, o.Shard)
		}
		if o.Base.Finished {
			return o.Base, nil
		}
	}
	if o.Time > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.Time)
		defer cancel()
	}
	e := &explorer{o: &o, total: newResult(&o)}
	defer e.close()
	for range o.Jobs {
		e.workers = append(e.workers, newWorker(&o))
	}
	run := e.seeds
	if o.Strategy == Exhaustive {
		run = e.tree
	}
	if err := run(ctx); err != nil {
		return nil, err
	}
	return e.result()
}

// complete fills in what is not given and refuses what cannot be.
func (o *Options) complete() error {
	if err := CheckStrategy(o.Strategy); err != nil {
		return err
	}
	if o.Of == 0 {
		o.Shard, o.Of = 0, 1
	}
	switch {
	case o.Shard < 0 || o.Shard >= o.Of:
		return fmt.Errorf("shard %d of %d: the first is 0, the last is one less than their number", o.Shard, o.Of)
	case o.Scheduled != nil && o.Strategy == Exhaustive:
		return fmt.Errorf("the strategy %s is for hosts in this process; an adapter takes %s, %s and %s", Exhaustive, Sequential, Random, PCT)
	case o.Schedules < 0 || o.Bound < 0 || o.Depth < 0:
		return fmt.Errorf("%d schedules, bound %d, depth %d: none of them can be negative", o.Schedules, o.Bound, o.Depth)
	}
	if o.Schedules == 0 {
		o.Schedules = 1000
		if o.Strategy == Exhaustive {
			o.Schedules = math.MaxInt
		}
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
	if o.SaveEvery <= 0 {
		o.SaveEvery = 1 << 15
	}
	if o.Strategy == Sequential {
		o.Schedules = 1
	}
	return nil
}

// explorer is one exploration under way.
type explorer struct {
	o       *Options
	workers []*worker
	total   *Result // of this process, without Options.Base
}

func (e *explorer) close() {
	for _, w := range e.workers {
		if w.player != nil {
			w.player.Close()
		}
	}
}

// result joins what an earlier process left and what this one has played so far.
func (e *explorer) result() (*Result, error) {
	t := e.total
	t.findViolations()
	if err := name(e.o, e.workers[0], t); err != nil {
		return nil, err
	}
	t.conclude()
	if e.o.Base == nil {
		return t, nil
	}
	r := join([]*Result{e.o.Base, t})
	r.Finished, r.Exhausted = t.Finished, t.Exhausted
	return r, nil
}

// save hands over what there is so far.
func (e *explorer) save() error {
	if e.o.Save == nil {
		return nil
	}
	r, err := e.result()
	if err != nil {
		return err
	}
	return e.o.Save(r)
}

// seeds plays this part's schedules, number Shard, Shard+Of, and so on, each by a seed of its own.
func (e *explorer) seeds(ctx context.Context) error {
	o := e.o
	if err := e.measure(); err != nil {
		return err
	}
	count := 0 // of this part
	if o.Schedules > o.Shard {
		count = (o.Schedules - o.Shard + o.Of - 1) / o.Of
	}
	next := 0
	if o.Base != nil {
		next = o.Base.Schedules
	}
	for next < count && ctx.Err() == nil {
		until := count
		if o.Save != nil {
			until = min(count, next+o.SaveEvery)
		}
		var err error
		if next, err = e.play(ctx, next, until, count); err != nil {
			return err
		}
		e.total.Finished = next == count
		if err := e.save(); err != nil {
			return err
		}
	}
	e.total.Finished = next == count
	return nil
}

// measure learns how many decisions the default run takes, which is what PCT spreads its change points over.
func (e *explorer) measure() error {
	if e.o.Strategy != PCT || e.o.Scheduled != nil {
		return nil
	}
	w := e.workers[0]
	if _, err := w.run(nil, nil); err != nil {
		return err
	}
	for i := range e.workers {
		e.workers[i].pct.steps = len(w.list())
	}
	return nil
}

// play lets the workers take blocks of this part's schedules from number from on, and returns the number up to which all
// have been played: until, or less if ctx is over.
func (e *explorer) play(ctx context.Context, from, until, count int) (int, error) {
	o := e.o
	var mu sync.Mutex
	var wg sync.WaitGroup
	next := from
	var failed error
	take := func() (int, int) {
		mu.Lock()
		defer mu.Unlock()
		if o.Progress != nil {
			o.Progress(next, count)
		}
		if next >= until || failed != nil || ctx.Err() != nil {
			return 0, 0
		}
		a := next
		next = min(a+block, until)
		return a, next
	}
	for _, w := range e.workers {
		wg.Go(func() {
			for a, b := take(); a < b; a, b = take() {
				for k := a; k < b; k++ {
					if err := w.seed(o.Shard + k*o.Of); err != nil {
						mu.Lock()
						failed = err
						mu.Unlock()
						return
					}
				}
			}
		})
	}
	wg.Wait()
	for _, w := range e.workers {
		e.total.add(w.result)
		w.result = newResult(o)
	}
	return next, failed
}
