package host

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/hostsim/hostsim/host/seam"
)

// Start constructs the services and starts them. Where the rules roll back, a start that fails stops what had started
// before it returns; otherwise nothing is stopped and nothing is disposed (STA-14).
func (h *Host) Start(ctx context.Context) error {
	h.mu.Lock()
	if h.ran && h.rules.RepeatedStart == "refused" {
		h.mu.Unlock()
		return ErrStartedTwice
	}
	h.ran = true
	done := h.rt.NewEvent("the end of the start")
	h.startDone, h.hurry = done, h.rt.NewEvent("a caller of Stop has no time left")
	h.mu.Unlock()
	h.rt.Promise(done, "host.Start returns")
	defer done.Set()

	h.log(debug, EventStarting, "Hosting starting", nil)
	src := seam.NewSource(h.rt, ctx)
	defer src.Dispose()
	if h.rules.StartTokenLinked {
		h.link(src, ctx)
		h.link(src, h.app.stopping)
	} else {
		src.Link(ctx)
	}
	h.expire(src, h.startupTimeout, "the startup timeout")

	h.rt.Enter("hostLifetime", "waitForStart")
	err := h.lifetime.WaitForStart(src)
	h.rt.Leave()
	if err != nil {
		return h.failStart(err, false, false)
	}
	if src.Cancelled() {
		return h.failStart(src.Err(), false, false)
	}
	if h.rules.StartingFlag == "beforeConstruction" {
		h.setStarting()
	}
	services, err := h.construct()
	if err != nil {
		return h.failStart(err, h.rules.StartFailureEvent == "all", err != ErrDisposed)
	}
	h.setStarting()

	life := withHooks(services)
	stages := []stage{
		{name: "starting", call: func(e *entry, ctx context.Context) error { return e.life.Starting(ctx) }},
		{name: "start", call: func(e *entry, ctx context.Context) error { return e.svc.Start(ctx) }, after: (*Host).afterStart},
		{name: "started", call: func(e *entry, ctx context.Context) error { return e.life.Started(ctx) }},
	}
	limit := h.patienceOf(src, true)
	for i := range stages {
		st := &stages[i]
		if i != 1 && len(life) == 0 {
			continue
		}
		st.concurrent, st.abort, st.orphan = h.concurrentStart, true, limit
		if h.rules.StartAfterStopRequest == "cease" {
			st.before = src
		}
		on := life
		if i == 1 {
			on = services
		}
		errs, fatal := h.run(st, on, src, nil)
		if fatal != nil {
			errs = append(errs, fatal)
		}
		if len(errs) > 0 {
			return h.failStart(oneOrAll(errs), h.rules.StartFailureEvent != "none", true)
		}
	}
	if h.rules.StartAfterStopRequest == "cease" && src.Cancelled() {
		return h.failStart(src.Err(), false, true)
	}
	if _, own := h.lifetime.(*console); !own { // the console's messages take their time themselves
		h.rt.Settle()
	}
	h.app.notifyStarted()
	if h.rules.TokenRelease == "waits" {
		src.Dispose()
	}
	h.log(debug, EventStarted, "Hosting started", nil)
	return nil
}

func (h *Host) setStarting() {
	h.mu.Lock()
	h.starting = true
	h.mu.Unlock()
}

// failStart ends a start with err. A start that was merely cut short by a stop request is not reported as a failure
// where the rules call that graceful.
func (h *Host) failStart(err error, logged, rollBack bool) error {
	h.cutShort = h.rules.StopDuringStart == "graceful" && h.app.stopping.Cancelled() && onlyCancellations(err) && !h.wasUnasked()
	if logged && !h.cutShort {
		h.log(slog.LevelError, EventStartFailed, "Hosting failed to start", err)
	}
	if rollBack && h.rules.StartFailure == "rollBack" {
		ctx := context.Background()
		if h.hurry.IsSet() {
			ctx = seam.CancelledContext(h.rt)
		}
		if serr := h.stop(ctx); serr != nil {
			return oneOrAll([]error{err, serr})
		}
	}
	return err
}

func (h *Host) wasUnasked() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.unasked
}

// construct makes every registered service, once for all starts of the host.
func (h *Host) construct() ([]*entry, error) {
	h.mu.Lock()
	disposed := h.disposed
	h.mu.Unlock()
	if disposed {
		return nil, ErrDisposed
	}
	if h.resolved {
		return h.services, nil
	}
	services := make([]*entry, 0, len(h.regs))
	entries := make([]entry, len(h.regs))
	h.mu.Lock()
	h.constructed = slices.Grow(h.constructed, len(h.regs))
	services = append(services, h.constructed...) // by a start that failed half-way
	h.mu.Unlock()
	for i := len(services); i < len(h.regs); i++ {
		r := h.regs[i]
		svc, err := h.makeService(r)
		if err != nil {
			return nil, err
		}
		e := &entries[i]
		e.name, e.svc = r.name, svc
		if h.rules.LifecycleHooks {
			e.life, _ = svc.(LifecycleService)
		}
		if p, ok := svc.(Prefixed); ok {
			e.prefix = p.HasSynchronousPart()
		}
		if w, ok := svc.(Worker); ok {
			e.work = w.backgroundService()
			e.work.attach(h, e)
		}
		services = append(services, e)
		h.mu.Lock()
		h.constructed = append(h.constructed, e)
		h.mu.Unlock()
	}
	h.mu.Lock()
	h.services, h.resolved = services, true
	h.mu.Unlock()
	return services, nil
}

func (h *Host) makeService(r registration) (svc Service, err error) {
	h.rt.Enter(r.name, "new")
	defer h.rt.Leave()
	defer func() {
		if p := recover(); p != nil {
			h.rt.Repanic(p)
			err = &ServiceError{r.name, "new", &PanicError{p}}
		}
	}()
	if svc, err = r.make(); err != nil {
		return nil, &ServiceError{r.name, "new", err}
	}
	return svc, nil
}

func withHooks(services []*entry) []*entry {
	var out []*entry
	for _, e := range services {
		if e.life != nil {
			out = append(out, e)
		}
	}
	return out
}

func (h *Host) afterStart(e *entry, err error) {
	h.mu.Lock()
	e.started = err == nil
	h.mu.Unlock()
	if err == nil && e.work != nil {
		h.monitor(e)
	}
}

// expire cancels src after d. A d of zero does so at once or by a timer, as the rules have it (STP-17).
func (h *Host) expire(src *seam.Source, d time.Duration, name string) {
	if d == 0 && h.rules.ZeroTimeout == "atOnce" {
		_ = src.CancelCause(context.DeadlineExceeded)
		return
	}
	if h.rules.ZeroTimeout == "soon" || h.rules.TokenRelease == "returns" || d < 0 {
		src.CancelAfter(d, name)
		return
	}
	timeout := seam.NewSource(h.rt, context.Background()).CancelAfter(d, name)
	h.link(src, timeout)
	src.OnDispose(timeout.Dispose)
}

// link makes a cancellation of ctx cancel src.
func (h *Host) link(src *seam.Source, ctx context.Context) {
	if h.rules.TokenRelease == "returns" {
		src.Link(ctx)
	} else {
		src.LinkAwaited(ctx)
	}
}
