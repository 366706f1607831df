package checks

import (
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

func init() {
	Register("HOST-HLT-001", hltWaitFirst)
	Register("HOST-HLT-002", hltWaitOnce)
	Register("HOST-HLT-003", hltWaitFails)
	Register("HOST-HLT-004", hltWaitGivenUp)
	Register("HOST-HLT-005", hltStopOnce)
	Register("HOST-HLT-006", hltStopLast)
	Register("HOST-HLT-007", hltStopAndStopped)
	Register("HOST-HLT-008", hltStopFails)
	Register("HOST-HLT-009", hltStopAfterFailure)
	Register("HOST-HLT-010", hltStopToken)
	Register("HOST-HLT-011", hltFailedStart)
	Register("HOST-HLT-012", hltNeverStarted)
	Register("HOST-HLT-013", hltStopAwaited)
	Register("HOST-HLT-014", hltNoSignals)
	Register("HOST-HLT-015", hltReady)
	Register("HOST-HLT-016", hltStopping)
	Register("HOST-HLT-017", hltWaitRequest)
}

// ownLifetime tells whether the application brings a host lifetime of its own.
func (r *Run) ownLifetime() bool {
	return r.Plan != nil && r.Plan.HostLifetime != nil && (r.Plan.HostLifetime.Kind == "" || r.Plan.HostLifetime.Kind == plan.ScriptedLifetime)
}

// hearsSignals tells whether the host lifetime turns some signal into a stop request.
func (r *Run) hearsSignals() bool {
	return r.Plan == nil || r.Plan.HostLifetime == nil || r.Plan.HostLifetime.Kind == plan.Systemd
}

func hltWaitFirst(r *Run) Result {
	waits := r.Calls(WaitForStart)
	if !r.ownLifetime() || !r.OneStart() {
		return Unseen()
	}
	res := Unseen()
	for _, h := range []Hook{Starting, Start} {
		for _, c := range r.Calls(h) {
			if res = Held(); len(waits) == 0 || !r.Ok(waits[0]) || waits[0].End > c.Begin {
				return Broken(c.Begin, "%s must not be called before waitForStart has ended, but %s was", h, r.Name(c.Service))
			}
		}
	}
	return res
}

func hltWaitOnce(r *Run) Result {
	if !r.ownLifetime() {
		return Unseen()
	}
	res := Unseen()
	for _, act := range r.Starters() {
		waits := r.window(act, WaitForStart)
		switch {
		case len(waits) > 1:
			return Broken(waits[1].Begin, "a start of the host calls waitForStart once, but called it again").With(waits[0].Begin)
		case len(waits) == 0 && (len(r.window(act, Start)) > 0 || r.Ok(act)):
			return Broken(max(act.End, act.Begin), "a start of the host calls waitForStart, but did not").With(act.Begin)
		case len(waits) == 0:
			continue
		}
		w := waits[0].Begin
		if r.Event(w).Token == trace.Cancelled && !r.MainHas(plan.StartCancelled, plan.StartCancelAfter, plan.RunCancelAfter) && !r.hasStartupTimeout() {
			if a := r.asked(); a < 0 || a > w {
				return Broken(w, "nobody has given up the start, so waitForStart must be handed a live token, but it was cancelled")
			}
		}
		res = Held()
	}
	return res
}

func (r *Run) hasStartupTimeout() bool { _, ok := r.StartupTimeout(); return ok }

func hltWaitFails(r *Run) Result {
	if !r.ownLifetime() || !r.OneStart() || r.disposalFailed() {
		return Unseen()
	}
	act := r.Starters()[0]
	for _, w := range r.window(act, WaitForStart) {
		if !r.Failed(w) || r.Outcome(w) == trace.WasCancelled && r.wasAsked(w.End) {
			continue
		}
		for _, h := range []Hook{Starting, Start, Started} {
			if c := r.window(act, h); len(c) > 0 {
				return Broken(c[0].Begin, "waitForStart has failed, so no service may be started, but %s was", r.Name(c[0].Service)).With(w.End)
			}
		}
		if act.End < 0 {
			return Unseen()
		}
		if got, want := r.Outcome(act), r.Outcome(w); got != want {
			return Broken(act.End, "host.%s must end with the error of waitForStart, %s, but ended with %q", r.called(act), want, got).With(w.End)
		}
		return Held()
	}
	return Unseen()
}

func hltWaitGivenUp(r *Run) Result {
	limit, ok := r.MainStep(plan.StartCancelAfter)
	if !ok {
		if limit, ok = r.MainStep(plan.RunCancelAfter); !ok {
			limit, ok = r.StartupTimeout()
		}
	}
	if !ok || !r.ownLifetime() || !r.OneStart() || !Cooperative(r.Plan.HostLifetime.WaitForStart) || len(r.Requests()) > 0 {
		return Unseen()
	}
	act := r.Starters()[0]
	waits := r.window(act, WaitForStart)
	if len(waits) == 0 || has(r.Plan.HostLifetime.WaitForStart, plan.Throw, plan.ThrowCancelled) {
		return Unseen()
	}
	w, due := waits[0], r.At(act.Begin)+limit
	if w.End >= 0 && r.At(w.End) < due-r.Early(limit) || w.End < 0 && !r.Stuck() {
		return Unseen()
	}
	switch {
	case w.End < 0 || r.At(w.End) > due+r.Late(limit):
		return Broken(w.End, "the start was given up after %v, so waitForStart, which honours its token, must end then, but did not", limit).With(w.Begin)
	case r.Outcome(w) != trace.WasCancelled:
		return Unseen() // it did not mind
	case act.End >= 0 && r.Outcome(act) != trace.WasCancelled:
		return Broken(act.End, "the start was given up, so host.%s must end cancelled, but ended with %q", r.called(act), r.Outcome(act)).With(w.End)
	case act.End < 0:
		return Unseen()
	}
	return Held()
}

// lifetimeStops gives the act that stopped a running host, or one that was never started, and the stops of the host
// lifetime in it; ok is false if the run has no such act that ended, or if the profile's host skips them.
func (r *Run) lifetimeStops() (act Call, stops []Call, ok bool) {
	if !r.ownLifetime() || r.Overlapping() {
		return act, nil, false
	}
	for _, act := range r.Stoppers() {
		if act.End < 0 || r.disposedBefore(act.Begin) || r.Profile.Word("expiredStop") == "skip" && r.MayHaveExpired(act.End) {
			continue
		}
		if r.stopping(act) && !r.rolledBack(act) && (r.called(act) != "run" || r.OneStart()) {
			return act, r.window(act, LifetimeStop), true
		}
	}
	return act, nil, false
}

func hltStopOnce(r *Run) Result {
	act, stops, ok := r.lifetimeStops()
	switch {
	case !ok:
		return Unseen()
	case len(stops) == 0:
		return Broken(act.End, "stopping the host stops the host lifetime, but host.%s did not", r.called(act))
	case len(stops) > 1:
		return Broken(stops[1].Begin, "stopping the host stops the host lifetime once, but it was stopped again").With(stops[0].Begin)
	}
	return Held()
}

func hltStopLast(r *Run) Result {
	if !r.ownLifetime() || r.Overlapping() {
		return Unseen()
	}
	res := Unseen()
	for _, act := range r.Stoppers() {
		for _, l := range r.window(act, LifetimeStop) {
			for _, h := range []Hook{Stopping, Stop, Stopped} {
				for _, c := range r.window(act, h) {
					if res = Held(); c.Begin > l.Begin {
						return Broken(c.Begin, "the host lifetime has been stopped, so nothing else may be, but %s of %s was called", h, r.Name(c.Service)).With(l.Begin)
					}
					if c.Open(l.Begin) && !r.mayLeave(c, l.Begin) {
						return Broken(l.Begin, "the host lifetime may be stopped only when every stop has ended, but %s of %s had not", h, r.Name(c.Service)).With(c.Begin)
					}
				}
			}
		}
	}
	return res
}

func hltStopAndStopped(r *Run) Result {
	stops, at := r.Calls(LifetimeStop), r.noted(AppStopped)
	if !r.ownLifetime() || len(stops) == 0 || r.Overlapping() {
		return Unseen()
	}
	l := stops[0]
	if r.Profile.Word("lifetimeStop") == "beforeStopped" {
		switch {
		case at < 0:
			return Unseen()
		case l.End < 0 || l.End > at:
			return Broken(at, "the host lifetime is stopped before ApplicationStopped fires, but had not been").With(l.Begin)
		}
		return Held()
	}
	if at < 0 || at > l.Begin {
		return Broken(l.Begin, "the host lifetime is stopped after ApplicationStopped has fired, but it had not")
	}
	for _, c := range r.Notes(AppStopped) {
		if c.Open(l.Begin) && c.Begin != c.End {
			return Broken(l.Begin, "the host lifetime is stopped after the callbacks of ApplicationStopped, but one was running").With(c.Begin)
		}
	}
	return Held()
}

func hltStopFails(r *Run) Result {
	if !r.ownLifetime() || !r.OneStart() || r.disposalFailed() || len(r.idx().abandoned) > 0 || r.anyFailed(Execute) || r.ConcurrentStop() {
		return Unseen()
	}
	act, stops, ok := r.lifetimeStops()
	if !ok || len(stops) != 1 || !r.Failed(stops[0]) || r.called(act) == "stopHost" {
		return Unseen()
	}
	l := r.Outcome(stops[0])
	if r.Profile.Word("lifetimeStop") == "beforeStopped" {
		if r.Outcome(act) != l {
			return Broken(act.End, "the failure of the host lifetime's stop, %s, takes the place of any other, but host.%s ended with %q", l, r.called(act), r.Outcome(act)).With(stops[0].End)
		}
		if at := r.noted(AppStopped); at >= 0 && at < act.End {
			return Broken(at, "the host lifetime's stop has failed, so ApplicationStopped must not fire, but did").With(stops[0].End)
		}
		return Held()
	}
	want, failed := l, r.stopFailures(act)
	if len(failed) > 1 || r.Profile.Word("singleStopFailure") == "aggregate" {
		want = r.together(failed)
	}
	if got := r.Outcome(act); got != want {
		return Broken(act.End, "the failure of the host lifetime's stop is handed on after those of the services, %s, but host.%s ended with %q", want, r.called(act), got).With(stops[0].End)
	}
	return Held()
}

func hltStopAfterFailure(r *Run) Result {
	act, stops, ok := r.lifetimeStops()
	if !ok {
		return Unseen()
	}
	for _, h := range []Hook{Stopping, Stop, Stopped} {
		for _, c := range r.window(act, h) {
			if !r.Failed(c) {
				continue
			}
			if len(stops) == 0 {
				return Broken(act.End, "the host lifetime is stopped although %s of %s has failed, but was not", h, r.Name(c.Service)).With(c.End)
			}
			return Held()
		}
	}
	return Unseen()
}

func hltStopToken(r *Run) Result {
	if !r.ownLifetime() || r.Overlapping() {
		return Unseen()
	}
	for _, act := range r.Stoppers() {
		calls := r.window(act, Stop)
		if len(calls) == 0 || act.End < 0 && !r.Whole() {
			continue
		}
		// the budget was certainly used up, or certainly not, when the last stop ended
		last := calls[len(calls)-1]
		d, known := r.ShutdownTimeout()
		if last.End < 0 {
			return Unseen()
		}
		soon := d == 0 && r.Profile.Word("zeroTimeout") == "soon"
		expired := known && d != plan.Infinite && !soon && r.At(last.End)-r.At(calls[0].Begin) >= d+r.Early(d)
		stops := r.window(act, LifetimeStop)
		switch {
		case expired && r.At(last.End)-r.At(calls[0].Begin) == d && r.FiredIn(last, Stop) < 0:
			return Unseen() // a tie
		case expired && r.Profile.Word("expiredStop") == "skip":
			if len(stops) > 0 {
				return Broken(stops[0].Begin, "the time is up, so the host lifetime is not stopped, but was").With(last.End)
			}
			return Held()
		case len(stops) == 0 || !known && r.MayHaveExpired(stops[0].Begin):
			return Unseen()
		case expired && r.Event(stops[0].Begin).Token == trace.Live:
			return Broken(stops[0].Begin, "the time is up, so the host lifetime must be handed a cancelled token, but its token was live").With(last.End)
		case !r.MayHaveExpired(stops[0].Begin) && r.Event(stops[0].Begin).Token == trace.Cancelled:
			return Broken(stops[0].Begin, "the time is not up, so the host lifetime must be handed a live token, but it was cancelled")
		}
		return Held()
	}
	return Unseen()
}

func hltFailedStart(r *Run) Result {
	if !r.ownLifetime() || !r.OneStart() {
		return Unseen()
	}
	act := r.Starters()[0]
	c, h, ok := r.startFailure(act.Begin)
	if !ok {
		for _, w := range r.window(act, WaitForStart) {
			if r.Failed(w) {
				c, h, ok = w, WaitForStart, true
			}
		}
	}
	if !ok || act.End < 0 || !r.Failed(act) || len(r.Stoppers()) > 1 || r.stoppedBeside(act) || r.startedAt() > c.End {
		return Unseen()
	}
	if l := r.window(act, LifetimeStop); len(l) > 0 {
		return Broken(l[0].Begin, "%s has failed, and a failed start does not stop the host lifetime, but did", h).With(c.End)
	}
	return Held()
}

func hltNeverStarted(r *Run) Result {
	if !r.ownLifetime() {
		return Unseen()
	}
	for _, act := range r.Acts("stop") {
		if s := r.Starters(); len(s) > 0 && s[0].Begin < act.Begin || act.End < 0 || r.callerLimitsStop() || r.skips(act) || r.Stoppers()[0].Begin < act.Begin {
			return Unseen()
		}
		if len(r.window(act, LifetimeStop)) == 0 {
			return Broken(act.End, "stopping a host that was never started stops the host lifetime, but did not")
		}
		return Held()
	}
	return Unseen()
}

func hltStopAwaited(r *Run) Result {
	if !r.ownLifetime() || r.Overlapping() {
		return Unseen()
	}
	res := Unseen()
	for _, act := range r.Stoppers() {
		if act.End < 0 {
			continue
		}
		for _, l := range r.window(act, LifetimeStop) {
			if res = Held(); l.Open(act.End) && !r.mayLeave(l, act.End) {
				return Broken(act.End, "host.%s must not return before the host lifetime's stop has ended, but did", r.called(act)).With(l.Begin)
			}
		}
	}
	return res
}

func hltNoSignals(r *Run) Result {
	running := r.Running()
	if !r.ownLifetime() || running < 0 || r.startTimedOut() || len(r.Requests()) > 0 || r.anyFailed(Execute) || r.Logged("Host#10") >= 0 || r.PlanHas(plan.Raise, plan.StopHostWait, plan.RunCancelAfter) || len(r.Acts("stop")) > 0 {
		return Unseen()
	}
	for _, s := range r.Sent() {
		if !IsStopSignal(s.Name) || !r.SurelyAfter(s, running) {
			continue
		}
		for _, at := range []int{r.noted(AppStopping), r.Began()} {
			if at >= 0 {
				return Broken(at, "%s is no stop request to a host whose lifetime is the application's own, but the host stopped", s.Name).With(s.At)
			}
		}
		return Held()
	}
	return Unseen()
}

// The events of a service manager's socket: who is systemd, what is notify, the detail is what was sent.
const manager, notify = "systemd", "notify"

// told lists the events with which the host told the service manager this.
func (r *Run) told(text string) []int {
	var out []int
	for _, i := range r.named(notify) {
		if e := r.Event(i); e.Who == manager && e.Detail.Text == text {
			out = append(out, i)
		}
	}
	return out
}

func hltReady(r *Run) Result {
	ready := r.told("READY=1")
	if !r.OneStart() || len(r.told("READY=1"))+len(r.told("STOPPING=1")) == 0 && !r.managed() {
		return Unseen()
	}
	act := r.Starters()[0]
	c, h, failed := r.startFailure(act.Begin)
	switch {
	case failed && len(ready) > 0:
		return Broken(ready[0], "%s of %s has failed, so READY=1 must not be reported, but was", h, r.Name(c.Service)).With(c.End)
	case failed:
		return Held()
	case len(ready) > 1:
		return Broken(ready[1], "READY=1 is reported once, but was reported again").With(ready[0])
	case len(ready) == 0:
		if at := r.startedAt(); at >= 0 && (r.Ok(act) || r.noted(AppStopping) > at) && !r.wasAsked(at) {
			return Broken(at, "READY=1 must be reported when every service has started, but was not")
		}
		return Unseen()
	}
	for s := range r.Services() {
		if start, ok := r.CallOf(s, Start); !ok || !r.Ok(start) || start.End > ready[0] {
			return Broken(ready[0], "READY=1 may be reported only when every service has started, but %s had not", r.Name(s))
		}
	}
	return Held()
}

// managed tells whether anything was told to a service manager.
func (r *Run) managed() bool {
	for _, i := range r.named(notify) {
		if r.Event(i).Who == manager {
			return true
		}
	}
	return false
}

func hltStopping(r *Run) Result {
	stops := r.Calls(Stop)
	if len(stops) == 0 || !r.managed() || r.startedAt() < 0 || r.startedAt() > stops[0].Begin {
		return Unseen()
	}
	if t := r.told("STOPPING=1"); len(t) == 0 || t[0] > stops[0].Begin {
		return Broken(stops[0].Begin, "STOPPING=1 must be reported before the first service is stopped, but was not")
	}
	return Held()
}

func hltWaitRequest(r *Run) Result {
	if !r.ownLifetime() || !r.OneStart() || len(r.Calls(WaitForStart)) == 0 || !Cooperative(r.Plan.HostLifetime.WaitForStart) {
		return Unseen()
	}
	w := r.Calls(WaitForStart)[0]
	for _, q := range r.Requests() {
		if !w.Open(q.Begin) {
			continue
		}
		for _, h := range []Hook{Starting, Start} {
			if c := r.Calls(h); len(c) > 0 && c[0].Begin > q.Begin {
				return Broken(c[0].Begin, "a stop was requested while waitForStart waited, so no service may be started, but %s was", r.Name(c[0].Service)).With(q.Begin)
			}
		}
		asked := q.Begin
		if r.Event(q.Begin).Who == trace.HostLifetime { // its own request holds it up
			asked = max(q.Begin, q.End)
		}
		switch {
		case w.End < 0 && (len(r.exits()) > 0 || unended(r.Notes(AppStopping))):
			return Unseen()
		case w.End < 0 && r.Stuck() || w.End >= 0 && r.At(w.End) > r.At(asked)+r.Late(0):
			return Broken(w.End, "a stop was requested, so waitForStart, which honours its token, must end at once, but did not").With(q.Begin)
		case w.End < 0:
			return Unseen()
		}
		return Held()
	}
	return Unseen()
}
