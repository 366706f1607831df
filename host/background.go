package host

import (
	"context"
	"log/slog"
	"slices"

	"github.com/hostsim/hostsim/host/seam"
)

// BackgroundService turns one long-running function into a Service: Start starts it, Stop cancels its context and waits
// until it returns or the stop's own context is cancelled. Stop never reports how the function ended; the host watches
// that (BGS-6, BGS-7).
//
// Make one with [Background]. It belongs to one host, which must start it.
type BackgroundService struct {
	execute func(context.Context) error

	h      *Host
	e      *entry
	source *seam.Source
	done   seam.Event
	err    error
}

// Background makes a BackgroundService of execute, which should return soon after its context is cancelled.
func Background(execute func(ctx context.Context) error) *BackgroundService {
	return &BackgroundService{execute: execute}
}

func (b *BackgroundService) backgroundService() *BackgroundService { return b }

func (b *BackgroundService) attach(h *Host, e *entry) { b.h, b.e = h, e }

// Start implements [Service].
func (b *BackgroundService) Start(ctx context.Context) error {
	rt, rules := b.h.rt, b.h.rules
	done := rt.NewEvent(seam.Name("execute of service ", b.e.name, ""))
	b.h.mu.Lock()
	src := b.source
	if src == nil || rules.WorkerTokenLinked { // a token of its own for each start; otherwise one for the service's life
		src = seam.NewSource(rt, ctx)
	}
	b.source, b.done = src, done
	b.h.mu.Unlock()
	if rules.WorkerTokenLinked {
		src.Link(ctx)
	}
	name := seam.Name(b.e.name, " execute", "")
	if rules.WorkerBody == "inline" && b.e.prefix {
		rt.Call(name, func() { b.run(src, done) })
		if done.IsSet() {
			return b.result()
		}
		return nil
	}
	if src.Cancelled() { // a cancelled start: the body is never called, and the work counts as cancelled
		b.finish(src.Err(), done)
		return nil
	}
	rt.Go(name, func() {
		if rules.WorkerSkipped && src.Cancelled() {
			b.finish(src.Err(), done)
			return
		}
		b.run(src, done)
	})
	return nil
}

func (b *BackgroundService) run(src *seam.Source, done seam.Event) {
	b.h.rt.Promise(done, "the call returns")
	b.finish(b.h.invoke("execute", b.e, src, func(_ *entry, ctx context.Context) error { return b.execute(ctx) }), done)
}

func (b *BackgroundService) finish(err error, done seam.Event) {
	b.h.mu.Lock()
	b.err = err
	b.h.mu.Unlock()
	done.Set()
}

func (b *BackgroundService) result() error {
	b.h.mu.Lock()
	defer b.h.mu.Unlock()
	if se, ok := b.err.(*ServiceError); ok {
		return se.Err
	}
	return b.err
}

// Stop implements [Service]. Before Start it does nothing (BGS-5). A callback on the function's context that fails makes
// Stop fail, after the wait.
func (b *BackgroundService) Stop(ctx context.Context) error {
	if b.h == nil {
		return nil
	}
	b.h.mu.Lock()
	src, done := b.source, b.done
	b.h.mu.Unlock()
	if src == nil {
		return nil
	}
	err := src.Cancel()
	seam.WaitOr(b.h.rt, ctx, done, seam.Wait{Limit: seam.Forever, Why: seam.Name("execute of service ", b.e.name, "")})
	return err
}

// Dispose cancels the function's context and does not wait (BGS-11).
func (b *BackgroundService) Dispose() error {
	if b.h == nil {
		return nil
	}
	b.h.mu.Lock()
	src := b.source
	b.h.mu.Unlock()
	if src == nil {
		return nil
	}
	return src.Cancel()
}

// monitor watches a background service whose start succeeded (BGS-7).
func (h *Host) monitor(e *entry) {
	if h.rules.WorkerMonitor == "none" {
		return
	}
	watch := func() {
		h.rt.Wait(seam.Wait{For: e.work.done, Limit: seam.Forever, Why: seam.Name("execute of service ", e.name, "")})
		h.ended(e, e.work.result())
	}
	if e.prefix {
		h.rt.Call(seam.Name(e.name, " monitor", ""), watch)
	} else {
		h.rt.Go(seam.Name(e.name, " monitor", ""), watch)
	}
}

// ended reports how a background service ended: not at all if it returned, or was cancelled by a stop.
func (h *Host) ended(e *entry, err error) {
	if err == nil {
		return
	}
	if IsCancellation(err) {
		h.mu.Lock()
		called := h.stopCalls > 0
		h.mu.Unlock()
		if h.rules.WorkerMonitor == "stopCalled" && called || h.rules.WorkerMonitor != "stopCalled" && h.app.stopping.Cancelled() {
			return
		}
	}
	told := h.firstToTell(e)
	if told == nil {
		return
	}
	named := &ServiceError{e.name, "execute", err}
	h.observer.HostEvent(Event{Level: slog.LevelError, Category: CategoryHost, ID: EventServiceFaulted,
		Message: "A background service failed", Service: e.name, Err: named})
	if h.ignoreFaults {
		told.Set()
		return
	}
	h.mu.Lock()
	h.addFault(e, named)
	h.mu.Unlock()
	h.observer.HostEvent(Event{Level: LevelCritical, Category: CategoryHost, ID: EventStoppingHost,
		Message: "The host is stopped because a background service failed", Service: e.name, Err: named})
	told.Set()
	h.app.StopApplication()
}

// firstToTell gives the event that is to be set when the failure of a service's work has been told of. Where a stop reports such
// failures, it does not end before they are told of, so the stopping thread tells of one if the thread that watches the work
// has not begun to; who comes second waits for the first, and gets nil.
func (h *Host) firstToTell(e *entry) seam.Event {
	fresh := h.rt.NewEvent(seam.Name("the failure of service ", e.name, " is told of"))
	if h.rules.WorkerMonitor != "fails" {
		return fresh
	}
	h.mu.Lock()
	told := e.told
	if told == nil {
		e.told = fresh
	}
	h.mu.Unlock()
	if told == nil {
		return fresh
	}
	h.rt.Wait(seam.Wait{For: told, Limit: seam.Forever, Why: seam.Name("the failure of service ", e.name, " is told of")})
	return nil
}

// addFault notes a failure that Run is to report, once for each service. The caller holds h.mu.
func (h *Host) addFault(e *entry, named error) {
	if h.rules.WorkerMonitor == "fails" && !h.ignoreFaults && !e.faulted {
		e.faulted = true
		h.faults = append(h.faults, named)
	}
}

// workFailures gives the failures of background services that a stop reports. Work that failed when it was stopped is
// among them even if the thread that watches it has not come so far yet.
func (h *Host) workFailures(services []*entry) []error {
	for _, e := range services {
		h.mu.Lock()
		failed := e.started && e.work != nil && e.work.done != nil && e.work.done.IsSet() && e.work.err != nil && !IsCancellation(e.work.err)
		if failed {
			h.addFault(e, e.work.err)
		}
		h.mu.Unlock()
		if failed && h.rules.WorkerMonitor == "fails" {
			h.ended(e, e.work.result())
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.faults)
}
