package explore

import (
	"context"
	"sync"
)

// exhaustive walks all schedules with at most bound decisions that are not the default, depth first.
type exhaustive struct{ bound int }

// advance turns the list of a run into the prefix of the next run; false if there is none left.
func (e *exhaustive) advance(list []choice) ([]choice, bool) {
	spent := 0 // decisions before i that are not the default
	for _, c := range list {
		if c.took != 0 {
			spent++
		}
	}
	for i := len(list) - 1; i >= 0; i-- {
		c := list[i]
		if c.took != 0 {
			spent--
		}
		if c.took+1 < c.of && spent < e.bound {
			next := append([]choice(nil), list[:i]...)
			return append(next, choice{c.of, c.took + 1}), true
		}
	}
	return nil, false
}

// branch is the part of the tree below one choice that is the first not to be the default.
type branch struct {
	at   int    // which decision of the default run
	took uint16 // what is taken there
	cut  bool   // the walk was ended before its end
	r    *Result
}

// index numbers the runs of a branch among all runs of the exploration.
func (b *branch) index(run int) uint64 {
	return uint64(b.at+1)<<40 | uint64(b.took)<<28 | uint64(run)
}

// tree walks every schedule within the bound. The tree is split at the first decision that is not the default; part k of n
// takes every n-th of these decisions, and part 0 the default run. Branches are walked by all workers at once and entered
// in their order, so that a limit on the number of schedules cuts at the same place whatever the number of workers.
func (e *explorer) tree(ctx context.Context) error {
	o, w := e.o, e.workers[0]
	if _, err := w.run(nil, nil); err != nil {
		return err
	}
	first := append([]choice(nil), w.list()...)
	done, played := 0, 0
	if o.Base != nil {
		done, played = o.Base.Branches, o.Base.Schedules
	} else if o.Shard == 0 {
		if err := w.play(0, nil, nil); err != nil {
			return err
		}
		e.total.add(w.result)
		w.result = newResult(o)
		played = 1
	}
	var todo []*branch
	for at := range first {
		for took := uint16(1); took < first[at].of && at%o.Of == o.Shard; took++ {
			todo = append(todo, &branch{at: at, took: took})
		}
	}
	e.total.Exhausted = done == len(todo)
	for done < len(todo) && played < o.Schedules && ctx.Err() == nil {
		now := todo[done:min(done+2*len(e.workers), len(todo))]
		if err := e.walkAll(ctx, now, first, o.Schedules-played); err != nil {
			return err
		}
		for _, b := range now {
			if b.r == nil || b.cut && ctx.Err() != nil || played == o.Schedules {
				break
			}
			if left := o.Schedules - played; b.cut || b.r.Schedules > left {
				if err := e.walk(ctx, w, b, first, left); err != nil {
					return err
				}
				if ctx.Err() != nil {
					break
				}
			}
			played += b.r.Schedules
			e.total.add(b.r)
			if b.cut {
				break
			}
			done++
			e.total.Branches++
			b.r = nil
		}
		e.total.Exhausted = done == len(todo)
		e.total.Finished = e.total.Exhausted || played >= o.Schedules
		if o.Progress != nil {
			o.Progress(done, len(todo))
		}
		if err := e.save(); err != nil {
			return err
		}
	}
	e.total.Finished = e.total.Exhausted || played >= o.Schedules
	return nil
}

// walkAll walks branches by all workers, each at most limit runs.
func (e *explorer) walkAll(ctx context.Context, list []*branch, first []choice, limit int) error {
	var mu sync.Mutex
	var wg sync.WaitGroup
	next := 0
	var failed error
	for _, w := range e.workers {
		wg.Go(func() {
			for {
				mu.Lock()
				i := next
				next++
				stop := i >= len(list) || failed != nil || ctx.Err() != nil
				mu.Unlock()
				if stop {
					return
				}
				if err := e.walk(ctx, w, list[i], first, limit); err != nil {
					mu.Lock()
					failed = err
					mu.Unlock()
					return
				}
			}
		})
	}
	wg.Wait()
	return failed
}

// walk plays every schedule of a branch, at most limit.
func (e *explorer) walk(ctx context.Context, w *worker, b *branch, first []choice, limit int) error {
	w.result = newResult(e.o)
	defer func() { w.result = newResult(e.o) }()
	b.r, b.cut = w.result, false
	x := &exhaustive{bound: e.o.Bound}
	prefix := append(append([]choice(nil), first[:b.at]...), choice{first[b.at].of, b.took})
	for run := 0; ; run++ {
		if run == limit || run%block == 0 && ctx.Err() != nil {
			b.cut = true
			return nil
		}
		if err := w.play(b.index(run), prefix, nil); err != nil {
			return err
		}
		next, ok := x.advance(w.list())
		if !ok || len(next) <= b.at+1 {
			return nil
		}
		prefix = next
	}
}
