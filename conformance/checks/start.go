package checks

import (
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

func init() {
	Register("HOST-START-001", startOrder)
	Register("HOST-START-002", startOneByOne)
	Register("HOST-START-003", startOnce)
	Register("HOST-START-004", startAll)
	Register("HOST-START-005", startCeasesAtFailure)
	Register("HOST-START-006", startFailureReported)
	Register("HOST-START-007", startFailureRaw)
	Register("HOST-START-008", startFailureEndsRun)
	Register("HOST-START-009", startNotLate)
	Register("HOST-START-010", startWaits)
	Register("HOST-START-011", startRollback)
	Register("HOST-START-012", startRollbackToken)
	Register("HOST-START-025", startTokenLive)
}

func startOrder(r *Run) Result {
	if r.ConcurrentStart() {
		return Unseen()
	}
	res := Unseen()
	for _, round := range r.startRounds() {
		for k := 1; k < len(round); k++ {
			res = Held()
			if a, b := round[k-1], round[k]; b.Service < a.Service {
				return Broken(b.Begin, "%s was registered before %s and must be started before it, but was started after it", r.Name(b.Service), r.Name(a.Service)).With(a.Begin)
			}
		}
	}
	return res
}

func startOneByOne(r *Run) Result {
	if r.ConcurrentStart() {
		return Unseen()
	}
	res := Unseen()
	for _, round := range r.startRounds() {
		for k := 1; k < len(round); k++ {
			res = Held()
			if a, b := round[k-1], round[k]; a.End < 0 || a.End > b.Begin {
				return Broken(b.Begin, "%s must not be started before the start of %s has ended, but was", r.Name(b.Service), r.Name(a.Service)).With(a.Begin)
			}
		}
	}
	return res
}

func startOnce(r *Run) Result {
	res := Unseen()
	for _, round := range r.startRounds() {
		seen := make([]int, len(r.Services()))
		for _, c := range round {
			if res = Held(); seen[c.Service] > 0 {
				return Broken(c.Begin, "one start of the host starts a service once, but %s was started again", r.Name(c.Service)).With(seen[c.Service] - 1)
			}
			seen[c.Service] = c.Begin + 1
		}
	}
	return res
}

func startAll(r *Run) Result {
	if !r.OneStart() || len(r.Services()) == 0 {
		return Unseen()
	}
	at := r.startedAt()
	if at < 0 {
		// no notification and no start call: a host that idles until it is asked to stop has started
		if at = r.asked(); at < 0 || !r.idleBefore(at) {
			return Unseen()
		}
	}
	if _, _, failed := r.startFailure(-1); failed || r.wasAsked(at) && at == r.startedAt() || r.startedAt() < 0 && (r.startTimedOut() || r.PlanHas(plan.Raise) || r.workerMayHaveFailed(at) || r.MainHas(plan.StartCancelled, plan.StartCancelAfter, plan.RunCancelAfter)) {
		return Unseen()
	}
	for s := range r.Services() {
		if c, ok := r.CallOf(s, Start); !ok || c.Begin > at {
			return Broken(at, "every registered service must have been started when the host has, but %s was not", r.Name(s))
		}
	}
	return Held()
}

// idleBefore tells whether nothing was going on for a while when event i came: no start was open, and the last one had
// ended some time ago.
func (r *Run) idleBefore(i int) bool {
	last := -1
	for _, c := range r.Calls(Start) {
		if c.Begin > i || c.End < 0 || c.End > i {
			return false
		}
		last = max(last, c.End)
	}
	for _, c := range r.Calls(Starting) {
		if c.Open(i) {
			return false
		}
	}
	return last >= 0 && r.At(i)-r.At(last) > r.Early(0)
}

// ignoredCancel tells whether the failure may have gone unnoticed, or was asked for: a cancellation after a stop request,
// or one in a concurrent start of a host that overlooks those that come at once.
func (r *Run) ignoredCancel(c Call) bool {
	if r.Outcome(c) != trace.WasCancelled {
		return false
	}
	if at := r.stoppingNote(); at >= 0 && r.requestedBy(c, at) && !has(r.Script(c.Service, Start), plan.ThrowCancelled) {
		return true // the token fires before the notification is given, so the call may end before it
	}
	return r.wasAsked(c.End) || r.ConcurrentStart() && r.Profile.Word("completedCancelledStart") == "ignored"
}

func startCeasesAtFailure(r *Run) Result {
	if r.ConcurrentStart() {
		return Unseen()
	}
	res := Unseen()
	for _, round := range r.startRounds() {
		failed := -1
		for k, c := range round {
			if r.Failed(c) {
				if failed < 0 {
					failed = k
				}
				if c.Service < len(r.Services())-1 {
					res = Held()
				}
			}
		}
		if failed >= 0 {
			for _, c := range round {
				if c.Begin > round[failed].End {
					return Broken(c.Begin, "no further service may be started after %s failed to start, but %s was", r.Name(round[failed].Service), r.Name(c.Service)).With(round[failed].End)
				}
			}
		}
	}
	return res
}

func startFailureReported(r *Run) Result {
	res := Unseen()
	for k, round := range r.startRounds() {
		act := r.Starters()[k]
		if act.End < 0 {
			continue
		}
		for _, c := range round {
			if !r.Failed(c) || r.ignoredCancel(c) || c.End > act.End {
				continue
			}
			if res = Held(); !r.Failed(act) {
				return Broken(act.End, "host.%s must fail because %s failed to start, but it succeeded", r.Event(act.Begin).What, r.Name(c.Service)).With(c.End)
			}
		}
	}
	return res
}

func startFailureRaw(r *Run) Result {
	act, c, h, ok := r.onlyStartFailure()
	if !ok || h != Start || r.ignoredCancel(c) {
		return Unseen()
	}
	if r.anyFailed(Execute) && (r.Outcome(c) == trace.WasCancelled || r.Profile.Word("workerMonitor") == "fails") {
		return Unseen() // it was cut short because a worker had failed, or that failure is handed on with it
	}
	if got, want := r.Outcome(act), r.Outcome(c); got != want {
		return Broken(act.End, "host.%s must end with the error of %s, %s, but ended with %q", r.Event(act.Begin).What, r.Name(c.Service), want, got).With(c.End)
	}
	return Held()
}

// onlyStartFailure gives the failure of a start if it is the only one of the run that the caller of the start could see.
func (r *Run) onlyStartFailure() (act, c Call, h Hook, ok bool) {
	if !r.OneStart() || r.Starters()[0].End < 0 || r.disposalFailed() {
		return act, c, h, false
	}
	n := 0
	for _, hook := range []Hook{Starting, Start, Started, Stopping, Stop, Stopped, LifetimeStop, WaitForStart} {
		for _, k := range r.Calls(hook) {
			if k.End < 0 {
				return act, c, h, false
			}
			if r.Failed(k) {
				c, h, n = k, hook, n+1
			}
		}
	}
	act = r.Starters()[0]
	return act, c, h, n == 1 && h <= Started && c.End < act.End && len(r.idx().abandoned) == 0
}

func startFailureEndsRun(r *Run) Result {
	if !r.OneStart() || r.ConcurrentStart() {
		return Unseen()
	}
	act := r.Starters()[0]
	c, _, ok := r.startFailure(act.Begin)
	if !ok || r.Event(act.Begin).What != "run" || r.ignoredCancel(c) {
		return Unseen()
	}
	switch {
	case act.End >= 0:
		return Held()
	case r.Stuck() && !r.anyOpen() && len(r.exits()) == 0:
		return Broken(-1, "run must return after %s failed to start, but it never did", r.Name(c.Service)).With(c.End)
	}
	return Unseen()
}

func startNotLate(r *Run) Result {
	res := Unseen()
	rounds := r.startRounds()
	for k, act := range r.Starters() {
		over := act.End
		if n := r.Notes(AppStarted); len(n) > 0 && k == 0 && n[0].Begin > act.Begin && (over < 0 || n[0].Begin < over) {
			over = n[0].Begin
		}
		if over < 0 || len(rounds[k]) == 0 {
			continue
		}
		res = Held()
		for _, c := range rounds[k] {
			if c.Begin > over {
				return Broken(c.Begin, "no service may be started once the start of the host is over, but %s was", r.Name(c.Service)).With(over)
			}
		}
	}
	return res
}

func startWaits(r *Run) Result {
	res := Unseen()
	rounds := r.startRounds()
	for k, act := range r.Starters() {
		if !r.Ok(act) {
			continue
		}
		for _, c := range rounds[k] {
			if c.Begin > act.End || r.ignoredCancel(c) {
				continue
			}
			res = Held()
			if c.End < 0 || c.End > act.End {
				return Broken(act.End, "host.%s may succeed only when every start has ended, but that of %s had not", r.called(act), r.Name(c.Service)).With(c.Begin)
			}
			if r.Failed(c) {
				return Broken(act.End, "host.%s may succeed only when every start has, but that of %s had failed", r.called(act), r.Name(c.Service)).With(c.End)
			}
		}
	}
	return res
}

// stoppedBeside tells whether somebody else came to stop the host before the act that starts it ended.
func (r *Run) stoppedBeside(act Call) bool {
	for _, s := range r.Stoppers() {
		if s.Begin != act.Begin && s.Begin < act.End {
			return true
		}
	}
	return false
}

func startRollback(r *Run) Result {
	if !r.OneStart() {
		return Unseen()
	}
	act := r.Starters()[0]
	c, _, ok := r.startFailure(act.Begin)
	if !ok || act.End < 0 || !r.Failed(act) || r.wasAsked(c.End) || r.ignoredCancel(c) {
		return Unseen()
	}
	if r.stoppedBeside(act) {
		return Unseen()
	}
	res, last := Unseen(), -1
	for s := len(r.Services()) - 1; s >= 0; s-- {
		start, ok := r.CallOf(s, Start)
		if !ok || !r.Ok(start) || r.abandonedAt(s, start.End) >= 0 {
			continue
		}
		res = Held()
		stop, stopped := r.CallOf(s, Stop)
		stopped = stopped && stop.Begin < act.End
		switch r.Profile.Word("startFailure") {
		case "leave":
			if stopped {
				return Broken(stop.Begin, "services that had started are left alone when a start fails, but %s was stopped", r.Name(s)).With(c.End)
			}
		case "rollBack":
			switch {
			case !stopped:
				return Broken(act.End, "%s had started and must be stopped when the start of the host fails, but was not", r.Name(s)).With(c.End)
			case stop.Begin < last && !r.ConcurrentStop():
				return Broken(stop.Begin, "a failed start is rolled back in reverse order, but %s was stopped before what was registered after it", r.Name(s)).With(last)
			}
			last = stop.Begin
		}
	}
	return res
}

func startRollbackToken(r *Run) Result {
	if !r.OneStart() {
		return Unseen()
	}
	act := r.Starters()[0]
	c, _, ok := r.startFailure(act.Begin)
	if !ok || r.wasAsked(c.End) {
		return Unseen()
	}
	if d, known := r.ShutdownTimeout(); known && d == 0 {
		return Unseen()
	}
	stops := r.window(act, Stop)
	if len(stops) == 0 || stops[0].Begin < c.End || r.Event(stops[0].Begin).Token == trace.NoToken || r.MayHaveExpired(stops[0].Begin) {
		return Unseen()
	}
	if r.Event(stops[0].Begin).Token == trace.Cancelled {
		return Broken(stops[0].Begin, "a rollback has the whole shutdown timeout, but %s was handed a cancelled token", r.Name(stops[0].Service)).With(c.End)
	}
	return Held()
}

func startTokenLive(r *Run) Result {
	res := Unseen()
	if r.MainHas(plan.StartCancelled, plan.StartCancelAfter, plan.RunCancelAfter) {
		return res
	}
	limit, limited := r.StartupTimeout()
	for _, h := range []Hook{Starting, Start, Started} {
		for _, c := range r.Calls(h) {
			e := r.Event(c.Begin)
			if e.Token == trace.NoToken || r.wasAsked(c.Begin) || r.workerMayHaveFailed(c.Begin) {
				continue
			}
			if f, _, failed := r.startFailure(r.startBegan()); failed && f.End < c.Begin {
				continue // that it is called at all is wrong, and HOST-START-005 says so
			}
			if limited && e.At-r.At(r.startBegan()) >= limit-r.Early(limit) {
				continue
			}
			if res = Held(); e.Token == trace.Cancelled {
				return Broken(c.Begin, "nobody had asked for a stop, so %s of %s must be handed a live token, but it was cancelled", h, r.Name(c.Service))
			}
		}
	}
	return res
}

// startBegan gives the begin of the first call that starts the host, 0 if there is none.
func (r *Run) startBegan() int {
	if s := r.Starters(); len(s) > 0 {
		return s[0].Begin
	}
	return 0
}

// workerMayHaveFailed tells whether a background service had failed, or may have, before event i, which asks for a stop.
func (r *Run) workerMayHaveFailed(i int) bool {
	for _, c := range r.Calls(Execute) {
		if c.Begin < i && (c.End >= 0 && r.Failed(c) && r.At(c.End)-r.At(i) <= r.Early(0)) {
			return true
		}
	}
	return false
}
