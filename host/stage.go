package host

import (
	"context"

	"github.com/hostsim/hostsim/host/seam"
)

// stage is one pass over services: all Starting hooks, all Starts, and so on (STG-1 to STG-5).
type stage struct {
	name       string
	concurrent bool
	abort      bool         // a failure ends the pass (start stages, sequential)
	started    bool         // services that have not started are passed over
	before     *seam.Source // not nil: checked before each service; that it is cancelled ends the whole start or stop
	call       func(*entry, context.Context) error
	after      func(*Host, *entry, error)
	orphan     *patience // not nil: calls that do not end are abandoned
}

// skips tells whether the pass leaves a service out.
func (h *Host) skips(st *stage, e *entry) bool {
	if !st.started {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return !e.started
}

// run calls the stage's method of every service and collects the failures.
func (h *Host) run(st *stage, services []*entry, ctx context.Context, errs []error) (_ []error, fatal error) {
	if st.concurrent {
		return h.runConcurrent(st, services, ctx, errs)
	}
	for _, e := range services {
		if h.skips(st, e) {
			continue
		}
		if st.before != nil {
			if err := st.before.Err(); err != nil {
				return errs, err
			}
		}
		var err error
		if st.orphan != nil {
			t := h.launch(st, e, ctx)
			err = st.orphan.wait(t)
		} else {
			err = h.invoke(st.name, e, ctx, st.call)
		}
		if st.after != nil {
			st.after(h, e, err)
		}
		if err != nil {
			errs = append(errs, err)
			if st.abort {
				break
			}
		}
	}
	return errs, nil
}

// task is a call on a thread of its own.
type task struct {
	e    *entry
	call string
	why  string // what is waited for, in words
	done seam.Event
	err  error
	seq  int // in which order calls ended
	own  int // how many have ended, for a task that is alone
}

func (h *Host) launch(st *stage, e *entry, ctx context.Context) *task {
	return h.launchSeq(st, e, ctx, nil)
}

func (h *Host) launchSeq(st *stage, e *entry, ctx context.Context, ended *int) *task {
	why := seam.Name(st.name, " of service ", e.name)
	t := &task{e: e, call: st.name, why: why, done: h.rt.NewEvent(why)}
	if ended == nil {
		ended = &t.own
	}
	run := h.rt.Go
	if e.prefix {
		run = h.rt.Call
		if st.orphan != nil { // what holds its thread must not hold the host
			run = h.rt.Start
		}
	}
	run(seam.Name(e.name, " ", st.name), func() {
		h.rt.Promise(t.done, "the call returns")
		err := h.invoke(st.name, e, ctx, st.call)
		unasked := st.abort && IsCancellation(err) && ctx.Err() == nil
		h.mu.Lock()
		h.unasked = h.unasked || unasked
		t.err = err
		*ended++
		t.seq = *ended
		h.mu.Unlock()
		t.done.Set()
	})
	return t
}

// runConcurrent calls every service in order, each up to its first wait, and then waits for all of them. Failures come
// in this order: those that were there when the call returned, in order of the services, then the others in order of
// their end; mere cancellations count only where there is nothing else, and as one (STG-2, STG-3).
func (h *Host) runConcurrent(st *stage, services []*entry, ctx context.Context, errs []error) ([]error, error) {
	ended := 0
	var pending []*task
	var cancelled error
	for _, e := range services {
		if h.skips(st, e) {
			continue
		}
		if st.before != nil {
			if cancelled = st.before.Err(); cancelled != nil {
				break
			}
		}
		t := h.launchSeq(st, e, ctx, &ended)
		if !t.done.IsSet() {
			pending = append(pending, t)
			continue
		}
		if st.after != nil {
			st.after(h, e, t.err)
		}
		switch {
		case t.err == nil:
		case IsCancellation(t.err) && h.rules.CompletedCancelledStart == "ignored":
		default:
			errs = append(errs, t.err)
		}
	}
	var failed []failure
	for _, t := range pending {
		var err error
		if st.orphan != nil {
			err = st.orphan.wait(t)
		} else {
			h.rt.Enter("host", seam.Name("waits for every ", st.name, ""))
			h.rt.Wait(seam.Wait{For: t.done, Limit: seam.Forever, Why: t.why})
			h.rt.Leave()
			err = t.err
		}
		if st.after != nil {
			st.after(h, t.e, err)
		}
		switch {
		case err == nil:
		case IsCancellation(err):
			if cancelled == nil {
				cancelled = err
			}
		default:
			failed = append(failed, failure{err, h.place(t, err, &ended)})
		}
	}
	for i := 1; i < len(failed); i++ {
		for j := i; j > 0 && failed[j].seq < failed[j-1].seq; j-- {
			failed[j], failed[j-1] = failed[j-1], failed[j]
		}
	}
	for _, f := range failed {
		errs = append(errs, f.err)
	}
	if len(failed) == 0 && cancelled != nil && (st.before == nil || len(errs) == 0) {
		errs = append(errs, cancelled)
	}
	return errs, nil
}

// failure is a call that failed, and in which order it did.
type failure struct {
	err error
	seq int
}

// place gives the place of a failed call among those that ended. One that is abandoned has ended by that, whatever it still does.
func (h *Host) place(t *task, err error, ended *int) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, left := err.(*AbandonedError); left {
		*ended++
		return *ended
	}
	return t.seq
}

// invoke makes one call of a service on the calling thread. A panic becomes an error; every error names the service.
func (h *Host) invoke(call string, e *entry, ctx context.Context, f func(*entry, context.Context) error) (err error) {
	h.rt.Enter(e.name, call)
	defer h.rt.Leave()
	defer func() {
		if r := recover(); r != nil {
			h.rt.Repanic(r)
			err = &ServiceError{e.name, call, &PanicError{r}}
		}
	}()
	if err := f(e, ctx); err != nil {
		return &ServiceError{e.name, call, err}
	}
	return nil
}

func reversed(in []*entry) []*entry {
	out := make([]*entry, len(in))
	for i, e := range in {
		out[len(in)-1-i] = e
	}
	return out
}
