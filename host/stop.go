package host

import (
	"context"
	"log/slog"
	"time"

	"github.com/hostsim/hostsim/host/seam"
)

// Stop stops the services in reverse order under the shutdown timeout, or until ctx is cancelled if that is sooner, and
// notifies Stopping before and Stopped after. Every failure is collected; where the rules say so, a call that does not end
// in time is abandoned and named, and everything else is still called.
func (h *Host) Stop(ctx context.Context) error {
	h.mu.Lock()
	starting, hurry := h.startDone, h.hurry
	h.mu.Unlock()
	if h.rules.RepeatedStop == "joins" && starting != nil && !starting.IsSet() {
		// The start notices the request, stops what it had started and returns; its stop is this one.
		h.app.StopApplication()
		if seam.WaitOr(h.rt, ctx, starting, seam.Wait{Limit: h.startLimit(), Why: "the end of the start"}) == seam.ByOr {
			hurry.Set() // the caller has no time left, and so neither has the start
			h.ForceStop()
			h.rt.Wait(seam.Wait{For: starting, Limit: h.startLimit(), Why: "the end of the start"})
		}
	}
	return h.stop(ctx)
}

func (h *Host) startLimit() time.Duration {
	if h.shutdownTimeout < 0 {
		return seam.Forever
	}
	return h.shutdownTimeout + h.patience
}

func (h *Host) stop(ctx context.Context) error {
	h.mu.Lock()
	h.stopCalls++
	if h.rules.RepeatedStop != "joins" {
		h.mu.Unlock()
		return h.stopNow(ctx)
	}
	if done := h.stopDone; done != nil {
		h.mu.Unlock()
		if seam.WaitOr(h.rt, ctx, done, seam.Wait{Limit: seam.Forever, Why: "the stop that is under way"}) != seam.ByFor {
			return ctx.Err()
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		return h.stopErr
	}
	done := h.rt.NewEvent("the end of the stop")
	h.stopDone = done
	h.mu.Unlock()
	h.rt.Promise(done, "host.Stop returns")
	err := h.stopNow(ctx)
	h.mu.Lock()
	h.stopErr = err
	h.mu.Unlock()
	done.Set()
	return err
}

func (h *Host) stopNow(ctx context.Context) error {
	h.log(debug, EventStopping, "Hosting stopping", nil)
	src := seam.NewSource(h.rt, ctx)
	h.link(src, ctx)
	h.expire(src, h.shutdownTimeout, "the shutdown timeout")
	defer src.Dispose()
	h.mu.Lock()
	h.force = src
	starting, resolved := h.starting, h.resolved
	services := reversed(h.services)
	h.mu.Unlock()
	if starting && !resolved && h.rules.StartingFlag == "beforeConstruction" {
		return ErrNoServices
	}
	if !starting {
		services = nil
	}
	var errs []error
	var fatal error
	limit := h.patienceOf(src, false)
	life := withHooks(services)
	pass := func(name string, on []*entry, call func(*entry, context.Context) error) {
		if len(on) == 0 || fatal != nil {
			return
		}
		st := &stage{name: name, concurrent: h.concurrentStop, started: h.rules.StopUnstarted == "untouched", call: call, orphan: limit}
		if h.rules.ExpiredStop == "skip" {
			st.before = src
		}
		errs, fatal = h.run(st, on, src, errs)
	}
	pass("stopping", life, func(e *entry, ctx context.Context) error { return e.life.Stopping(ctx) })
	if err := h.requestStop(limit); err != nil {
		errs = append(errs, err)
	}
	h.rt.Settle()
	pass("stop", services, func(e *entry, ctx context.Context) error { return e.svc.Stop(ctx) })
	pass("stopped", life, func(e *entry, ctx context.Context) error { return e.life.Stopped(ctx) })
	if fatal == nil && h.rules.ExpiredStop == "skip" && (starting || src.Cancelled()) {
		fatal = src.Err()
	}
	if fatal != nil {
		return fatal
	}
	if h.rules.LifetimeStop == "beforeStopped" {
		if err := h.stopLifetime(src); err != nil {
			return err
		}
		h.app.notifyStopped()
	} else {
		h.app.notifyStopped()
		if err := h.stopLifetime(src); err != nil {
			errs = append(errs, err)
		}
	}
	return h.concludeStop(src, append(errs, h.workFailures(services)...))
}

func (h *Host) concludeStop(src *seam.Source, errs []error) error {
	if len(errs) == 0 {
		if h.rules.TokenRelease != "returns" {
			src.Dispose()
		}
		h.log(debug, EventStopped, "Hosting stopped", nil)
		return nil
	}
	err := oneOrAll(errs)
	if len(errs) == 1 && h.rules.SingleStopFailure == "aggregate" {
		err = joined(errs)
	}
	level := slog.LevelDebug
	if h.rules.WorkerMonitor == "fails" {
		level = slog.LevelError
	}
	h.log(level, EventStoppedWithError, "Hosting shutdown exception", err)
	return err
}

// lifetimeEntry stands for the application's lifetime where calls are named after their service.
var lifetimeEntry = &entry{name: "lifetime"}

// requestStop makes the stop request that every stop contains. It waits for the Stopping callbacks, where the rules bound
// them not beyond the deadline.
func (h *Host) requestStop(limit *patience) error {
	if h.rules.HookLimit != "bounded" || limit == nil {
		h.app.StopApplication()
		return nil
	}
	t := &task{e: lifetimeEntry, call: "applicationStopping", why: "the Stopping callbacks", done: h.rt.NewEvent("the Stopping callbacks")}
	h.rt.Go("applicationStopping", func() {
		h.rt.Promise(t.done, "the Stopping callbacks return")
		h.app.await()
		t.done.Set()
	})
	return limit.wait(t)
}

func (h *Host) stopLifetime(ctx context.Context) error {
	h.rt.Enter("hostLifetime", "stop")
	defer h.rt.Leave()
	return h.lifetime.Stop(ctx)
}

// ForceStop ends the patience of a stop that is under way: its token is cancelled at once. Without one it does nothing.
func (h *Host) ForceStop() {
	h.mu.Lock()
	src := h.force
	h.mu.Unlock()
	if src != nil {
		_ = src.Cancel()
	}
}

// forcedBySignal notes that a stop signal has come to a host lifetime, and forces the stop if it is not the first and the rules
// want that. It tells whether it did. The flag is guarded by h.mu.
func (h *Host) forcedBySignal(signaled *bool) bool {
	h.mu.Lock()
	again := *signaled
	*signaled = true
	h.mu.Unlock()
	if !again || h.rules.SecondSignal != "forces" || !h.app.stopping.Cancelled() {
		return false
	}
	h.ForceStop()
	return true
}

// patience waits for calls of services no longer than its owner allows: until the token is cancelled, and then a little
// while for a call to notice it.
type patience struct {
	h     *Host
	token *seam.Source
	start bool // of a start
}

// patienceOf gives nil where the rules wait for every call as long as it takes.
func (h *Host) patienceOf(token *seam.Source, start bool) *patience {
	if h.rules.ExpiredStop != "abandon" {
		return nil
	}
	return &patience{h: h, token: token, start: start}
}

// startPatience is how long a start still waits for a call after its token was cancelled: the shutdown timeout if a stop
// was requested, but in any case a little while, in which the call can notice.
func (h *Host) startPatience() time.Duration {
	if !h.app.stopping.Cancelled() {
		return h.patience
	}
	if h.shutdownTimeout < 0 {
		return seam.Forever
	}
	return max(h.shutdownTimeout, h.patience)
}

func (p *patience) wait(t *task) error {
	h := p.h
	h.rt.Enter("host", "waits")
	defer h.rt.Leave()
	if seam.WaitOr(h.rt, p.token, t.done, seam.Wait{Limit: seam.Forever, Why: t.why}) == seam.ByFor {
		return p.result(t)
	}
	if p.grace(t) {
		return p.result(t)
	}
	err := &AbandonedError{Service: t.e.name, Call: t.call}
	h.observer.HostEvent(Event{Level: slog.LevelError, Category: CategoryHost, ID: EventAbandoned,
		Message: "A call did not end in time and was abandoned", Service: t.e.name, Err: err})
	return err
}

// grace waits on for a call whose token is cancelled, and tells whether it ended. A start is cut down to what every call has
// when somebody who stops the host has no time left.
func (p *patience) grace(t *task) bool {
	h := p.h
	if p.start {
		woken := h.rt.Wait(seam.Wait{For: t.done, Or: h.hurry, Limit: h.startPatience(), Why: t.why})
		if woken != seam.ByOr {
			return woken == seam.ByFor
		}
	}
	return h.rt.Wait(seam.Wait{For: t.done, Limit: h.patience, Why: t.why}) == seam.ByFor
}

func (p *patience) result(t *task) error {
	p.h.mu.Lock()
	defer p.h.mu.Unlock()
	return t.err
}
