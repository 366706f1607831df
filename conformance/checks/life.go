package checks

import (
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

func init() {
	Register("HOST-LIFE-001", lifeStartedAfterStarts)
	Register("HOST-LIFE-002", lifeNotStartedAfterFailure)
	Register("HOST-LIFE-003", lifeStartedFires)
	Register("HOST-LIFE-004", lifeStoppingFirst)
	Register("HOST-LIFE-005", lifeStoppedLast)
	Register("HOST-LIFE-006", lifeStoppedFires)
	Register("HOST-LIFE-007", lifeOnce)
	Register("HOST-LIFE-008", lifeStartWaitsForCallbacks)
	Register("HOST-LIFE-009", lifeOneByOne)
	Register("HOST-LIFE-010", lifeNewestFirst)
	Register("HOST-LIFE-011", lifeAllCallbacks)
	Register("HOST-LIFE-012", lifeFailureIgnored)
	Register("HOST-LIFE-013", lifeStoppingCallbacksFirst)
	Register("HOST-LIFE-028", lifeStoppingBeforeStopped)
}

// noted gives the event at which a notification first fired, -1 if it never did.
func (r *Run) noted(n Note) int {
	if c := r.Notes(n); len(c) > 0 {
		return c[0].Begin
	}
	return -1
}

// callbacks gives the scripts of a notification's callbacks.
func (r *Run) callbacks(n Note) []plan.Script {
	if r.Plan == nil {
		return nil
	}
	switch n {
	case AppStarted:
		return r.Plan.ApplicationStarted
	case AppStopping:
		return r.Plan.ApplicationStopping
	case AppStopped:
		return r.Plan.ApplicationStopped
	}
	return nil
}

func lifeStartedAfterStarts(r *Run) Result {
	at := r.noted(AppStarted)
	if at < 0 {
		return Unseen()
	}
	res := Unseen()
	for _, c := range r.Calls(Start) {
		if c.Begin > at {
			continue // a later start, see HOST-START-009
		}
		res = Held()
		if c.End < 0 || c.End > at {
			return Broken(at, "ApplicationStarted may fire only when every start has ended, but that of %s had not", r.Name(c.Service)).With(c.Begin)
		}
	}
	return res
}

func lifeNotStartedAfterFailure(r *Run) Result {
	if !r.OneStart() {
		return Unseen()
	}
	c, h, ok := r.startFailure(-1)
	if !ok || r.ignoredCancel(c) {
		return Unseen()
	}
	if at := r.noted(AppStarted); at >= 0 {
		return Broken(at, "%s of %s has failed, so ApplicationStarted must not fire, but did", h, r.Name(c.Service)).With(c.End)
	}
	return Held()
}

func lifeStartedFires(r *Run) Result {
	for _, act := range r.Starters() {
		if r.called(act) != "start" || !r.Ok(act) {
			continue
		}
		if a := r.asked(); a >= 0 && a < act.End {
			return Unseen()
		}
		if at := r.noted(AppStarted); at < 0 || at > act.End {
			return Broken(act.End, "ApplicationStarted must fire when the host has started, but had not when host.start returned")
		}
		return Held()
	}
	// run does not tell when the start is over: a host that idles has started
	running := r.lastStarted()
	if running < 0 || !r.OneStart() {
		return Unseen()
	}
	at, stop := r.noted(AppStarted), r.asked()
	switch {
	case at >= 0:
		return Held()
	case r.startTimedOut(), r.wasAsked(running), r.workerMayHaveFailed(running): // the start was given up just then
	case stop >= 0 && r.At(stop)-r.At(running) > r.Early(0) && !r.anyFailed(Started):
		return Broken(stop, "ApplicationStarted must fire when the host has started, but had not when the stop was asked for").With(running)
	}
	return Unseen()
}

// lastStarted gives the event with which the start of the last service ended, -1 unless every service has started.
func (r *Run) lastStarted() int {
	at, n := -1, 0
	for _, c := range r.Calls(Start) {
		if !r.Ok(c) {
			return -1
		}
		at, n = max(at, c.End), n+1
	}
	for _, c := range r.Calls(Started) {
		if !r.Ok(c) {
			return -1
		}
		at = max(at, c.End)
	}
	if n == 0 || n != len(r.Services()) {
		return -1
	}
	return at
}

func lifeStoppingFirst(r *Run) Result {
	started := r.startedAt()
	if started < 0 || r.exitGated() {
		return Unseen()
	}
	if r.stopsInside(started) {
		return Unseen()
	}
	for _, c := range r.Calls(Stop) {
		if c.Begin < started {
			continue
		}
		if at := r.noted(AppStopping); (at < 0 || at > c.Begin) && r.left(trace.Lifetime) >= 0 {
			return Unseen() // the time was up before it got so far
		} else if at < 0 || at > c.Begin {
			return Broken(c.Begin, "ApplicationStopping must fire before any service is stopped, but had not when %s was", r.Name(c.Service))
		}
		return Held()
	}
	return Unseen()
}

// stopsInside tells whether the whole stop may run inside the cancellation that fires the notification: a stop was requested
// before the host had started, at event i, and what goes on then goes on inside.
func (r *Run) stopsInside(i int) bool {
	return (r.wasAsked(i) || r.workerMayHaveFailed(i)) && (r.rule("cancelledDelay") == "inline" || r.PlanHas(plan.UntilCancelled))
}

// exitGated tells whether the exit of the process had to wait for the host, so that stops and exit run beside each other.
func (r *Run) exitGated() bool { return r.gated() && len(r.exits()) > 0 }

func lifeStoppedLast(r *Run) Result {
	at := r.noted(AppStopped)
	if at < 0 || r.Overlapping() {
		return Unseen()
	}
	res := Unseen()
	for _, h := range []Hook{Stopping, Stop, Stopped} {
		for _, c := range r.Calls(h) {
			if c.Begin > at && len(r.Stoppers()) > 1 {
				continue // a later stop
			}
			res = Held()
			if c.Begin > at {
				return Broken(c.Begin, "ApplicationStopped has fired, so nothing may be stopped any more, but %s of %s was called", h, r.Name(c.Service)).With(at)
			}
			if c.Open(at) && !r.mayLeave(c, at) {
				return Broken(at, "ApplicationStopped may fire only when every stop has ended, but %s of %s had not", h, r.Name(c.Service)).With(c.Begin)
			}
		}
	}
	return res
}

func lifeStoppedFires(r *Run) Result {
	if r.startedAt() < 0 || r.Overlapping() {
		return Unseen()
	}
	for _, act := range r.Stoppers() {
		if !r.Ok(act) || r.called(act) == "stopHost" || !r.stopping(act) || r.rolledBack(act) {
			continue
		}
		if at := r.noted(AppStopped); at < 0 || at > act.End {
			return Broken(act.End, "ApplicationStopped must have fired when host.%s returns, but had not", r.called(act))
		}
		return Held()
	}
	return Unseen()
}

func lifeOnce(r *Run) Result {
	res := Unseen()
	for n := AppStarted; n < noteCount; n++ {
		seen := map[trace.Detail]int{}
		for _, c := range r.Notes(n) {
			res = Held()
			d := r.Event(c.Begin).Detail
			if before, twice := seen[d]; twice {
				return Broken(c.Begin, "%s fires once, but fired again", n).With(before)
			}
			seen[d] = c.Begin
		}
	}
	return res
}

func lifeStartWaitsForCallbacks(r *Run) Result {
	for _, act := range r.Starters() {
		if r.called(act) != "start" || !r.Ok(act) {
			continue
		}
		res := Unseen()
		for _, c := range r.Notes(AppStarted) {
			if c.Begin == c.End || c.Begin < act.Begin {
				continue // a silent observer takes no time
			}
			if res = Held(); c.End < 0 || c.End > act.End {
				return Broken(act.End, "host.start must not return before the callbacks of ApplicationStarted have ended, but did").With(c.Begin)
			}
		}
		return res
	}
	return Unseen()
}

func lifeOneByOne(r *Run) Result {
	res := Unseen()
	for n := AppStarted; n < noteCount; n++ {
		list := r.Notes(n)
		for k := 1; k < len(list); k++ {
			if res = Held(); list[k-1].Open(list[k].Begin) && !(n == AppStopping && r.Profile.Word("hookLimit") == "bounded" && r.MayHaveExpired(list[k].Begin)) {
				return Broken(list[k].Begin, "the callbacks of %s run one after the other, but two ran at once", n).With(list[k-1].Begin)
			}
		}
	}
	return res
}

func lifeNewestFirst(r *Run) Result {
	res := Unseen()
	for n := AppStarted; n < noteCount; n++ {
		list := r.Notes(n)
		for k := 1; k < len(list); k++ {
			a, b := r.Event(list[k-1].Begin).Detail, r.Event(list[k].Begin).Detail
			if a.Kind != trace.NumberDetail || b.Kind != trace.NumberDetail {
				continue
			}
			if res = Held(); b.N > a.N {
				return Broken(list[k].Begin, "callback %d of %s was registered after callback %d and must run before it, but ran after it", b.N, n, a.N).With(list[k-1].Begin)
			}
		}
	}
	return res
}

func lifeAllCallbacks(r *Run) Result {
	res := Unseen()
	for n := AppStarted; n < noteCount; n++ {
		want, list := len(r.callbacks(n)), r.Notes(n)
		failed := -1
		for _, c := range list {
			if r.Failed(c) && failed < 0 {
				failed = c.End
			}
		}
		if failed < 0 || want < 2 || unended(list) || r.returned() >= 0 && r.returned() < failed {
			continue
		}
		if res = Held(); len(list) < want && (r.hostEndedAfter(failed) || r.Whole()) {
			return Broken(failed, "every callback of %s runs although one fails, but only %d of %d did", n, len(list), want)
		} else if len(list) < want {
			res = Unseen()
		}
	}
	return res
}

// unended tells whether a callback of a notification never ended, so that those after it had no turn.
func unended(list []Call) bool {
	for _, c := range list {
		if c.End < 0 {
			return true
		}
	}
	return false
}

// hostEndedAfter tells whether a call of the host ended after event i.
func (r *Run) hostEndedAfter(i int) bool {
	for _, a := range r.idx().acts {
		if a.End > i {
			return true
		}
	}
	return false
}

func lifeFailureIgnored(r *Run) Result {
	failed := -1
	for n := AppStarted; n < noteCount; n++ {
		for _, c := range r.Notes(n) {
			if r.Failed(c) && failed < 0 {
				failed = c.End
			}
		}
	}
	if failed < 0 || !r.OneStart() || r.disposalFailed() || r.anyFailed(Execute) || r.newThrows() || len(r.idx().abandoned) > 0 {
		return Unseen()
	}
	for h := Starting; h < hooks; h++ {
		if h != Execute && r.anyFailed(h) {
			return Unseen()
		}
	}
	res := Unseen()
	for _, list := range [2][]Call{r.Starters(), r.Stoppers()} {
		for _, act := range list {
			if r.cutShort(act) || r.disposedBefore(act.Begin) {
				continue
			}
			if act.End < failed || r.called(act) == "stopHost" || r.MayHaveExpired(act.End) || act.Begin > failed && r.called(act) == "start" {
				continue
			}
			if res = Held(); r.Failed(act) {
				return Broken(act.End, "only a callback has failed, so host.%s must succeed, but ended with %q", r.called(act), r.Outcome(act)).With(failed)
			}
		}
	}
	return res
}

func lifeStoppingCallbacksFirst(r *Run) Result {
	bounded := r.Profile.Word("hookLimit") == "bounded"
	res := Unseen()
	if s := r.startedAt(); s >= 0 && r.stopsInside(s) {
		return res
	}
	for _, c := range r.Notes(AppStopping) {
		if c.Begin == c.End {
			continue
		}
		for _, stop := range r.Calls(Stop) {
			if stop.Begin < c.Begin && len(r.Stoppers()) > 1 {
				continue
			}
			res = Held()
			if c.Open(stop.Begin) && !(bounded && r.MayHaveExpired(stop.Begin)) {
				return Broken(stop.Begin, "%s must not be stopped while a callback of ApplicationStopping is running, but was", r.Name(stop.Service)).With(c.Begin)
			}
		}
	}
	return res
}

func lifeStoppingBeforeStopped(r *Run) Result {
	at := r.noted(AppStopped)
	if at < 0 {
		return Unseen()
	}
	first := r.noted(AppStopping)
	bounded := r.Profile.Word("hookLimit") == "bounded" && r.MayHaveExpired(at)
	if s := r.startedAt(); s >= 0 && r.stopsInside(s) {
		return Unseen()
	}
	if first < 0 || first > at {
		if bounded {
			return Unseen() // what hangs on the token held the notification up
		}
		return Broken(at, "ApplicationStopped must not fire before ApplicationStopping, but did")
	}
	for _, c := range r.Notes(AppStopping) {
		if c.Begin != c.End && c.Open(at) && !bounded {
			return Broken(at, "ApplicationStopped must not fire while a callback of ApplicationStopping is running, but did").With(c.Begin)
		}
	}
	return Held()
}
