package checks

import (
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

func init() {
	Register("HOST-LIFE-014", lifeRequestReturns)
	Register("HOST-LIFE-015", lifeSecondRequest)
	Register("HOST-LIFE-016", lifeRequestBesideCallbacks)
	Register("HOST-LIFE-017", lifeRequestInside)
	Register("HOST-LIFE-018", lifeRequestWaits)
	Register("HOST-LIFE-019", lifeRequestAlone)
	Register("HOST-LIFE-020", lifeStartedLate)
	Register("HOST-LIFE-021", lifeHooksFirst)
	Register("HOST-LIFE-022", lifeStoppingHooksFirst)
	Register("HOST-LIFE-023", lifeStoppingBesideStarted)
	Register("HOST-LIFE-024", lifeStoppedAfterFailure)
	Register("HOST-LIFE-025", lifeDispose)
	Register("HOST-LIFE-026", lifeNeverStarted)
	Register("HOST-LIFE-027", lifeFailedStart)
}

func lifeRequestReturns(r *Run) Result {
	res := Unseen()
	for _, q := range r.Requests() {
		if r.Event(q.Begin).Who == trace.Main {
			continue
		}
		switch {
		case q.End >= 0:
			// it must not have waited for a stop that came after it
			for _, c := range r.Calls(Stop) {
				if c.Begin > q.Begin && c.End >= 0 && c.End < q.End && r.At(c.End) > r.At(c.Begin) && !r.slowNotes() && r.At(q.End)-r.At(q.Begin) >= r.At(c.End)-r.At(c.Begin) && r.At(q.End) > r.At(q.Begin)+r.Early(0)+r.Late(0) {
					return Broken(q.End, "a stop request must not wait for the services, but %s had to end first", r.Name(c.Service)).With(q.Begin)
				}
			}
			if res.Kind == Vacuous {
				res = Held()
			}
		case r.Stuck() && !r.slowNotes() && len(r.exits()) == 0:
			return Broken(-1, "a stop request must return, but that of %s never did", r.Event(q.Begin).Who).With(q.Begin)
		}
	}
	return res
}

// slowNotes tells whether a callback of ApplicationStopping does anything, and so may hold up a stop request, or
// anything that is registered on a token may.
func (r *Run) slowNotes() bool {
	return len(r.callbacks(AppStopping)) > 0 || r.PlanHas(plan.OnCancelBlock)
}

func lifeSecondRequest(r *Run) Result {
	q := r.Requests()
	if len(q) < 2 || r.noted(AppStopping) < 0 || !r.OneStart() || len(r.Stoppers()) > 1 {
		return Unseen()
	}
	if n := r.Notes(AppStopping); len(n) > max(1, len(r.callbacks(AppStopping))) {
		return Broken(n[len(n)-1].Begin, "a second stop request changes nothing, but ApplicationStopping fired again").With(q[0].Begin, q[1].Begin)
	}
	if n := r.Notes(AppStopped); len(n) > max(1, len(r.callbacks(AppStopped))) {
		return Broken(n[len(n)-1].Begin, "a second stop request changes nothing, but ApplicationStopped fired again").With(q[0].Begin, q[1].Begin)
	}
	if res := stopOnceInAll(r); res.Kind == Fail {
		return Broken(res.At, "a second stop request changes nothing, but %s was stopped again", r.Event(res.At).Who).With(q[0].Begin, q[1].Begin)
	}
	return Held()
}

// stoppingCallback gives the callback of ApplicationStopping that was running at event i; ok is false if none was.
func (r *Run) stoppingCallback(i int) (Call, bool) {
	for _, c := range r.Notes(AppStopping) {
		if c.Begin != c.End && c.Open(i) {
			return c, true
		}
	}
	return Call{-1, -1, -1}, false
}

func lifeRequestBesideCallbacks(r *Run) Result {
	res := Unseen()
	for _, q := range r.Requests() {
		c, running := r.stoppingCallback(q.Begin)
		if !running || r.Event(q.Begin).Who == trace.Lifetime {
			continue
		}
		if r.Profile.Word("secondStopRequest") == "waits" {
			if q.End < 0 && c.End < 0 {
				continue
			}
			if res = Held(); q.End >= 0 && (c.End < 0 || q.End < c.End) {
				return Broken(q.End, "the callbacks of ApplicationStopping were running, so a stop request waits for them, but that of %s returned", r.Event(q.Begin).Who).With(c.Begin)
			}
			continue
		}
		if q.End < 0 && !r.Stuck() {
			continue
		}
		if res = Held(); q.End < 0 || r.At(q.End) > r.At(q.Begin)+r.Late(0) {
			return Broken(q.End, "somebody else's callbacks of ApplicationStopping were running, so the stop request of %s must return at once, but did not", r.Event(q.Begin).Who).With(c.Begin)
		}
	}
	return res
}

func lifeRequestInside(r *Run) Result {
	res := Unseen()
	for _, q := range r.Requests() {
		if _, running := r.stoppingCallback(q.Begin); !running || r.Event(q.Begin).Who != trace.Lifetime || r.otherCallback(q.Begin) {
			continue
		}
		switch {
		case q.End >= 0 && r.At(q.End) > r.At(q.Begin)+r.Late(0):
			return Broken(q.End, "a stop request inside a callback of ApplicationStopping must return at once, but did not").With(q.Begin)
		case q.End >= 0:
			res = Held()
		case r.Stuck() && len(r.exits()) == 0:
			return Broken(-1, "a stop request inside a callback of ApplicationStopping must return at once, but never did").With(q.Begin)
		}
	}
	return res
}

// otherCallback tells whether a callback of ApplicationStarted or ApplicationStopped was running at event i.
func (r *Run) otherCallback(i int) bool {
	for _, n := range [...]Note{AppStarted, AppStopped} {
		for _, c := range r.Notes(n) {
			if c.Begin != c.End && c.Open(i) {
				return true
			}
		}
	}
	return false
}

func lifeRequestWaits(r *Run) Result {
	if len(r.Requests()) == 0 || r.exitGated() {
		return Unseen()
	}
	q := r.Requests()[0]
	if end := r.returned(); r.gated() && end >= 0 && end < q.Begin {
		return Unseen() // the end of the process had asked before
	}
	for _, s := range r.Stoppers() {
		if w := r.called(s); s.Begin < q.Begin && (w == "stop" || w == "stopHost") {
			return Unseen() // so had this
		}
	}
	if s := r.Signals(); len(s) > 0 && s[0] < q.Begin {
		return Unseen()
	}
	if at := r.noted(AppStopping); at < q.Begin || q.End < 0 {
		return Unseen()
	}
	res := Unseen()
	for _, c := range r.Notes(AppStopping) {
		if c.Begin == c.End {
			continue
		}
		if res = Held(); c.End < 0 || c.End > q.End {
			return Broken(q.End, "a stop request returns when the callbacks of ApplicationStopping have ended, but one was running").With(c.Begin)
		}
	}
	return res
}

func lifeRequestAlone(r *Run) Result {
	if len(r.Requests()) == 0 || !r.MainHas(plan.Start, plan.TryStart) || r.MainHas(plan.Run, plan.RunSync, plan.RunCancelAfter, plan.RunBackground) || r.startedAt() < 0 {
		return Unseen()
	}
	q := r.Requests()[0]
	if q.Begin < r.startedAt() {
		return Unseen()
	}
	next := len(r.Trace.Events)
	if s := r.Stoppers(); len(s) > 0 {
		next = s[0].Begin
	}
	if next < q.Begin {
		return Unseen()
	}
	for _, c := range r.Calls(Stop) {
		if c.Begin > q.Begin && c.Begin < next {
			return Broken(c.Begin, "a stop request alone stops nothing, but %s was stopped", r.Name(c.Service)).With(q.Begin)
		}
	}
	return Held()
}

func lifeStartedLate(r *Run) Result {
	at, ok := r.requestInStart()
	if !ok || r.Overlapping() {
		return Unseen()
	}
	started := r.noted(AppStarted)
	if r.Profile.Word("startAfterStopRequest") == "cease" {
		if begun := len(r.Calls(Start)); started >= 0 && begun < len(r.Services()) {
			return Broken(started, "the start was cut short by a stop request, so ApplicationStarted must not fire, but did").With(at)
		} else if begun == len(r.Services()) {
			return Unseen()
		}
		return Held()
	}
	act := r.Starters()[0]
	if _, _, failed := r.startFailure(act.Begin); failed || act.End < 0 || r.anyFailed(WaitForStart) {
		return Unseen()
	}
	if started < 0 || started > act.End {
		return Broken(act.End, "every start has succeeded, so ApplicationStarted must fire, if late, but did not").With(at)
	}
	return Held()
}

func lifeHooksFirst(r *Run) Result {
	if r.Overlapping() {
		return Unseen()
	}
	res := Unseen()
	for _, pair := range [2]struct {
		h Hook
		n Note
	}{{Started, AppStarted}, {Stopped, AppStopped}} {
		at := r.noted(pair.n)
		if at < 0 {
			continue
		}
		for _, c := range r.Calls(pair.h) {
			if c.Begin > at && (len(r.Stoppers()) > 1 || !r.OneStart()) {
				continue // of a later start or stop
			}
			res = Held()
			if (c.Begin > at || c.Open(at)) && !r.mayLeave(c, at) {
				return Broken(at, "%s may fire only when every %s hook has ended, but that of %s had not", pair.n, pair.h, r.Name(c.Service)).With(c.Begin)
			}
		}
	}
	return res
}

func lifeStoppingHooksFirst(r *Run) Result {
	at := r.noted(AppStopping)
	if at < 0 || !r.OneStop() || len(r.Acts("stop")) != 1 || !r.OneStart() || len(r.Requests()) > 0 || len(r.Signals()) > 0 {
		return Unseen()
	}
	if act := r.Acts("stop")[0]; act.Begin > at || r.called(r.Starters()[0]) != "start" || r.anyFailed(Execute) {
		return Unseen()
	}
	res := Unseen()
	for _, c := range r.Calls(Stopping) {
		if res = Held(); c.End < 0 || c.End > at {
			return Broken(at, "main stops the host, so every stopping hook ends before ApplicationStopping fires, but that of %s had not", r.Name(c.Service)).With(c.Begin)
		}
	}
	return res
}

// slowTokens tells whether what hangs on a token may hold up whoever cancels it, and with it the notification.
func (r *Run) slowTokens() bool {
	return r.PlanHas(plan.OnCancelBlock) || r.PlanHas(plan.UntilCancelled) && r.PlanHas(plan.Block)
}

func lifeStoppingBesideStarted(r *Run) Result {
	res := Unseen()
	if r.slowTokens() {
		return res
	}
	for _, c := range r.Notes(AppStarted) {
		if c.Begin == c.End {
			continue
		}
		for _, q := range r.Requests() {
			if q.Begin < c.Begin || c.End >= 0 && q.Begin > c.End {
				continue
			}
			at := r.noted(AppStopping)
			if at >= 0 && at < q.Begin {
				return Unseen()
			}
			if c.End >= 0 && (at < 0 || at > c.End) && r.At(c.End) > r.At(q.Begin)+r.Late(0) || at < 0 && c.End < 0 && r.Stuck() {
				return Broken(max(at, c.End), "a stop request does not wait for the callbacks of ApplicationStarted, but ApplicationStopping fired only after them").With(q.Begin)
			}
			if at >= 0 && (c.End < 0 || at < c.End) {
				res = Held()
			}
		}
		for _, s := range r.Sent() {
			if r.endsTheRuntime(s.Name) && len(r.exitHandlers()) > 0 {
				continue // the application's own handler comes first
			}
			if !IsStopSignal(s.Name) || r.Handles(s.Name) || r.Plan != nil && r.Plan.HostLifetime != nil || !r.SurelyAfter(s, c.Begin) || c.End >= 0 && r.At(s.At)+r.Late(0) >= r.At(c.End) {
				continue
			}
			at := r.noted(AppStopping)
			if c.End >= 0 && (at < 0 || at > c.End) {
				return Broken(c.End, "a stop signal does not wait for the callbacks of ApplicationStarted, but ApplicationStopping fired only after them").With(s.At)
			}
			if at >= 0 {
				res = Held()
			}
		}
	}
	return res
}

func lifeStoppedAfterFailure(r *Run) Result {
	if r.startedAt() < 0 || r.Overlapping() || !r.OneStart() {
		return Unseen()
	}
	for _, act := range r.Stoppers() {
		if act.End < 0 || r.called(act) == "stopHost" || !r.stopping(act) {
			continue
		}
		failed := -1
		for _, h := range []Hook{Stopping, Stop, Stopped} {
			for _, c := range r.window(act, h) {
				if r.Failed(c) {
					failed = c.End
				}
			}
		}
		if failed < 0 || r.Profile.Word("expiredStop") == "skip" && r.MayHaveExpired(act.End) || r.Profile.Word("lifetimeStop") == "beforeStopped" && r.anyFailed(LifetimeStop) {
			continue
		}
		if at := r.noted(AppStopped); at < 0 || at > act.End {
			return Broken(act.End, "ApplicationStopped fires although a stop has failed, but had not when host.%s returned", r.called(act)).With(failed)
		}
		return Held()
	}
	return Unseen()
}

func lifeDispose(r *Run) Result {
	acts := r.Acts("dispose")
	if len(acts) == 0 || acts[0].End < 0 || r.startedAt() < 0 || r.startedAt() > acts[0].Begin {
		return Unseen()
	}
	act := acts[0]
	if a := r.asked(); a >= 0 && a < act.Begin || r.anyFailed(Execute) || r.Logged("Host#10") >= 0 { // a worker that counts as failed asks for a stop
		return Unseen()
	}
	if r.requestedBefore(act.End) {
		return Unseen()
	}
	fired := -1
	for _, n := range []Note{AppStopping, AppStopped} {
		if at := r.noted(n); at > act.Begin && at < act.End {
			fired = at
			break
		}
	}
	if fired >= 0 {
		return Broken(fired, "disposing a host fires no notification, but did").With(act.Begin)
	}
	return Held()
}

func lifeNeverStarted(r *Run) Result {
	for _, act := range r.Acts("stop") {
		if s := r.Starters(); len(s) > 0 && s[0].Begin < act.Begin || act.End < 0 {
			return Unseen()
		}
		if r.anyFailed(LifetimeStop) || r.callerLimitsStop() || r.skips(act) {
			return Unseen()
		}
		stopping, stopped := r.noted(AppStopping), r.noted(AppStopped)
		switch {
		case stopping < 0 || stopping > act.End:
			return Broken(act.End, "stopping a host that was never started fires ApplicationStopping, but had not when host.stop returned")
		case stopped < 0 || stopped > act.End:
			return Broken(act.End, "stopping a host that was never started fires ApplicationStopped, but had not when host.stop returned")
		case stopped < stopping:
			return Broken(stopped, "ApplicationStopping fires before ApplicationStopped, but came after it").With(stopping)
		}
		return Held()
	}
	return Unseen()
}

func lifeFailedStart(r *Run) Result {
	if !r.OneStart() {
		return Unseen()
	}
	act := r.Starters()[0]
	c, h, ok := r.startFailure(act.Begin)
	if !ok || r.ignoredCancel(c) || act.End < 0 || !r.Failed(act) || len(r.Requests()) > 0 || len(r.Signals()) > 0 || r.PlanHas(plan.Raise) || r.anyFailed(Execute) || r.Logged("Host#10") >= 0 || len(r.exits()) > 0 || len(r.Stoppers()) > 1 || r.stoppedBeside(act) {
		return Unseen()
	}
	for _, n := range []Note{AppStopping, AppStopped} {
		if at := r.noted(n); at >= 0 && at < act.End {
			return Broken(at, "%s of %s has failed and nobody asked for a stop, so %s must not fire, but did", h, r.Name(c.Service), n).With(c.End)
		}
	}
	return Held()
}
