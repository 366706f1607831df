package checks

import (
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

func init() {
	Register("HOST-START-013", startAfterRequest)
	Register("HOST-START-014", startTokenLinked)
	Register("HOST-START-015", startCutShort)
	Register("HOST-START-016", startAfterEarlyRequest)
	Register("HOST-START-017", startAfterStop)
	Register("HOST-START-018", startTwice)
	Register("HOST-START-019", startGivenUp)
	Register("HOST-START-020", startGivenUpLater)
}

// stoppingNote gives the event with which ApplicationStopping first fired, -1 if it never did.
func (r *Run) stoppingNote() int {
	if n := r.Notes(AppStopping); len(n) > 0 {
		return n[0].Begin
	}
	return -1
}

// requestInStart gives the event with which ApplicationStopping fired in the middle of the run's only start, after the
// start of some service had been called and before the host had started.
func (r *Run) requestInStart() (at int, ok bool) {
	at = r.stoppingNote()
	if at < 0 || !r.OneStart() || r.Starters()[0].Begin > at || len(r.Calls(Start)) == 0 || r.Calls(Start)[0].Begin > at {
		return at, false
	}
	if s := r.startedAt(); s >= 0 && s < at {
		return at, false
	}
	end := r.Starters()[0].End
	return at, end < 0 || end > at
}

func startAfterRequest(r *Run) Result {
	at, ok := r.requestInStart()
	if !ok || r.ConcurrentStart() {
		return Unseen()
	}
	ceases := r.Profile.Word("startAfterStopRequest") == "cease"
	act := r.Starters()[0]
	if _, _, failed := r.startFailure(act.Begin); failed && !ceases {
		return Unseen()
	}
	over := act.End
	if s := r.startedAt(); s >= 0 && (over < 0 || s < over) {
		over = s
	}
	res := Unseen()
	for s := range r.Services() {
		c, called := r.CallOf(s, Start)
		if called && (c.Begin < at || r.decidedBefore(c, at)) {
			continue
		}
		switch {
		case ceases && called:
			return Broken(c.Begin, "a stop had been requested, so %s must not be started any more, but was", r.Name(s)).With(at)
		case ceases || called:
			res = Held()
		case over >= 0:
			return Broken(over, "a stop request does not keep services from being started, but %s was not", r.Name(s)).With(at)
		}
	}
	return res
}

// decidedBefore tells whether the host may have decided on a call of a start before event i although the call begins
// after it: what the host had waited for before that call was over, and since then no time has passed.
func (r *Run) decidedBefore(c Call, i int) bool {
	last := -1
	for _, h := range []Hook{Starting, Start, Started} {
		for _, k := range r.Calls(h) {
			if k.Begin >= c.Begin {
				continue
			}
			over := k.End
			if r.ConcurrentStart() {
				over = k.Begin
			}
			if over < 0 || over > i {
				return false
			}
			last = max(last, over)
		}
	}
	return last >= 0 && r.At(c.Begin)-r.At(last) <= r.Early(0)
}

func startTokenLinked(r *Run) Result {
	at, ok := r.requestInStart()
	if !ok || r.MainHas(plan.StartCancelAfter, plan.StartCancelled, plan.RunCancelAfter) {
		return Unseen()
	}
	if _, limited := r.StartupTimeout(); limited {
		return Unseen()
	}
	linked := r.Profile.Bool("startTokenLinked")
	res := Unseen()
	for _, h := range []Hook{Starting, Start, Started} {
		for _, c := range r.Calls(h) {
			e := r.Event(c.Begin)
			switch {
			case c.Begin > at && e.Token != trace.NoToken && !r.decidedBefore(c, at):
				if res = Held(); (e.Token == trace.Cancelled) != linked {
					return Broken(c.Begin, "after a stop request the token of %s must be %s, but that of %s was not", h, stateWord(linked), r.Name(c.Service)).With(at)
				}
			case c.Open(at) && r.Kind(c.Service) != plan.Background && Cooperative(r.Script(c.Service, h)) && len(r.Script(c.Service, h)) > 0:
				res = Held()
				if linked && r.lateEnd(c, at) && !has(r.Script(c.Service, h), plan.StopApp) { // its own request may hold it

					return Broken(c.End, "a stop request cancels the token of %s of %s, which honours it and must end at once, but did not", h, r.Name(c.Service)).With(at)
				}
				if !linked && r.Outcome(c) == trace.WasCancelled && !has(r.Script(c.Service, h), plan.ThrowCancelled) {
					return Broken(c.End, "a stop request leaves the token of %s alone, but that of %s was cancelled", h, r.Name(c.Service)).With(at)
				}
			}
		}
	}
	return res
}

// lateEnd tells whether a call, which had to end at event i, certainly went on after it: it ended later, or never although
// the run ended stuck.
func (r *Run) lateEnd(c Call, i int) bool {
	if c.End < 0 {
		return r.Stuck()
	}
	return r.At(c.End) > r.At(i)+r.Late(r.At(i)-r.At(c.Begin))
}

func stateWord(cancelled bool) string {
	if cancelled {
		return "cancelled"
	}
	return "live"
}

func startCutShort(r *Run) Result {
	if !r.OneStart() || r.Overlapping() || r.disposalFailed() || r.MainHas(plan.StartCancelAfter, plan.StartCancelled, plan.RunCancelAfter) {
		return Unseen()
	}
	act := r.Starters()[0]
	if r.called(act) != "run" || act.End < 0 || r.disposedBefore(act.Begin) || r.startTimedOut() || r.anyFailed(WaitForStart) {
		return Unseen()
	}
	graceful := r.Profile.Word("stopDuringStart") == "graceful"
	at := r.stoppingNote()
	switch {
	case at < 0:
		return Unseen()
	case at < act.Begin: // requested before run
		if !r.Profile.Bool("startTokenLinked") || len(r.Calls(Start)) > 0 {
			return Unseen()
		}
	default:
		c, h, failed := r.startFailure(act.Begin)
		cut := failed && r.Outcome(c) == trace.WasCancelled && !has(r.Script(c.Service, h), plan.ThrowCancelled)
		if graceful && !failed {
			_, cut = r.requestInStart()
			cut = cut && len(r.Calls(Start)) < len(r.Services())
		}
		if failed && !graceful && r.ConcurrentStart() && r.Profile.Word("completedCancelledStart") == "ignored" && (!r.waits(c) || r.At(c.End)-r.At(c.Begin) <= r.Early(0)) {
			return Unseen()
		}
		if !cut || r.failedStarts() > 1 || !r.requestedBy(c, at) {
			return Unseen()
		}
	}
	if len(r.stopFailures(act)) > 0 || r.anyFailed(Execute) || len(r.idx().abandoned) > 0 {
		return Unseen()
	}
	switch {
	case graceful && r.Failed(act):
		return Broken(act.End, "a start that was cut short by a stop request is an orderly end and run must succeed, but it ended with %q", r.Outcome(act)).With(at)
	case !graceful && r.Outcome(act) != trace.WasCancelled:
		return Broken(act.End, "run must end cancelled when a stop request cut the start short, but ended with %q", r.Outcome(act)).With(at)
	}
	return Held()
}

// cutShort tells whether a start ended cancelled for no other reason than a stop request: no service has failed.
func (r *Run) cutShort(act Call) bool {
	at := r.stoppingNote()
	if w := r.called(act); w != "start" && w != "run" || r.Outcome(act) != trace.WasCancelled || at < 0 || at > act.End {
		return false
	}
	s := r.startedAt()
	return s < 0 || s > at
}

// gaveUpStart tells whether the token that run was given may have been cancelled before the last service had started.
func (r *Run) gaveUpStart() bool {
	limit, ok := r.MainStep(plan.RunCancelAfter)
	running := r.Running()
	return ok && (running < 0 || r.At(running)-r.At(r.startBegan()) >= limit-r.Early(limit))
}

// requestedBy tells whether the cancelled start c ended because of the request: no sooner than it, but for the threads'
// freedom to tell of it in any order.
func (r *Run) requestedBy(c Call, at int) bool {
	return c.End < 0 || c.End > at || r.At(at)-r.At(c.End) <= r.Early(0)
}

// startTimedOut tells whether the startup timeout may have cancelled the start.
func (r *Run) startTimedOut() bool {
	d, limited := r.StartupTimeout()
	if !limited {
		return false
	}
	from := r.At(r.startBegan())
	for _, h := range []Hook{Starting, Start, Started} {
		for _, c := range r.Calls(h) {
			if c.End < 0 || r.At(c.End)-from >= d-r.Early(d) {
				return true
			}
		}
	}
	return false
}

func (r *Run) failedStarts() int {
	n := 0
	for _, h := range []Hook{Starting, Start, Started} {
		for _, c := range r.Calls(h) {
			if r.Failed(c) {
				n++
			}
		}
	}
	return n
}

func startAfterEarlyRequest(r *Run) Result {
	if !r.OneStart() || len(r.Requests()) == 0 {
		return Unseen()
	}
	act, q := r.Starters()[0], r.Requests()[0]
	if q.End < 0 || q.End > act.Begin {
		return Unseen()
	}
	return r.startsNothing(act, q.Begin, "a stop was requested before the start")
}

// startsNothing proves that the act called no service.
func (r *Run) startsNothing(act Call, why int, because string) Result {
	for _, h := range []Hook{Starting, Start, Started} {
		if c := r.window(act, h); len(c) > 0 {
			return Broken(c[0].Begin, "%s, so no service may be started, but %s was", because, r.Name(c[0].Service)).With(why)
		}
	}
	if act.End < 0 && !r.Whole() {
		return Unseen()
	}
	return Held()
}

func startAfterStop(r *Run) Result {
	starts := r.Starters()
	for k := 1; k < len(starts); k++ {
		stopped := -1
		for _, s := range r.Stoppers() {
			if s.End >= 0 && s.End < starts[k].Begin && len(r.window(s, Stop)) > 0 {
				stopped = s.End
			}
		}
		if stopped < 0 {
			continue
		}
		if res := r.startsNothing(starts[k], stopped, "the host had been stopped"); res.Kind != Pass {
			return res
		}
		if starts[k].End >= 0 && !r.Failed(starts[k]) {
			return Broken(starts[k].End, "a host that has been stopped cannot be started again, but host.%s succeeded", r.called(starts[k])).With(stopped)
		}
		return Held()
	}
	return Unseen()
}

func startTwice(r *Run) Result {
	starts := r.Starters()
	if len(starts) < 2 || !r.Ok(starts[0]) || r.called(starts[0]) != "start" || starts[1].End < 0 || starts[1].Begin < starts[0].End {
		return Unseen()
	}
	if a := r.asked(); a >= 0 && a < starts[1].End || r.disposedBefore(starts[1].Begin) {
		return Unseen()
	}
	again := r.window(starts[1], Start)
	if r.Profile.Word("repeatedStart") == "refused" {
		if len(again) > 0 {
			return Broken(again[0].Begin, "the host was running, so a second start must touch no service, but %s was started", r.Name(again[0].Service)).With(starts[1].Begin)
		}
		if !r.Failed(starts[1]) {
			return Broken(starts[1].End, "the host was running, so a second start must fail, but it succeeded").With(starts[1].Begin)
		}
		return Held()
	}
	if r.failedStarts() > 0 || r.MainHas(plan.StartCancelled, plan.StartCancelAfter) {
		return Unseen()
	}
	for s := range r.Services() {
		found := false
		for _, c := range again {
			found = found || c.Service == s
		}
		if !found {
			return Broken(starts[1].End, "a second start starts every service again, but %s was not", r.Name(s)).With(starts[1].Begin)
		}
	}
	return Held()
}

// startSteps are the steps of main that start the host.
var startSteps = [...]*plan.StepKind{plan.Start, plan.TryStart, plan.StartCancelled, plan.StartCancelAfter, plan.Run, plan.RunSync, plan.RunCancelAfter, plan.RunBackground}

func startGivenUp(r *Run) Result {
	if !r.MainHas(plan.StartCancelled) || len(r.Starters()) != 1 || r.mains(startSteps[:]...) != 1 {
		return Unseen()
	}
	act := r.Starters()[0]
	if r.disposedBefore(act.Begin) || r.anyFailed(WaitForStart) {
		return Unseen()
	}
	if res := r.startsNothing(act, act.Begin, "the caller's token was cancelled before the start"); res.Kind != Pass || act.End < 0 {
		return res
	}
	if r.Outcome(act) != trace.WasCancelled {
		return Broken(act.End, "the caller's token was cancelled, so host.start must end cancelled, but ended with %q", r.Outcome(act))
	}
	return Held()
}

func startGivenUpLater(r *Run) Result {
	limit, ok := r.MainStep(plan.StartCancelAfter)
	if !ok {
		limit, ok = r.MainStep(plan.RunCancelAfter)
	}
	if !ok || !r.OneStart() || r.ConcurrentStart() || r.startTimedOut() || len(r.Requests()) > 0 || len(r.Signals()) > 0 || r.anyFailed(WaitForStart) {
		return Unseen()
	}
	act := r.Starters()[0]
	due := r.At(act.Begin) + limit
	for _, c := range r.window(act, Start) {
		script := r.Script(c.Service, Start)
		if r.Kind(c.Service) == plan.Background || !Cooperative(script) || len(script) == 0 || r.At(c.Begin) > due-r.Early(limit) {
			continue
		}
		if c.End >= 0 && r.At(c.End) < due-r.Early(limit) {
			continue // ended of itself, before
		}
		if c.End >= 0 && r.At(c.End) <= due+r.Late(limit) && r.Ok(c) && !has(script, plan.UntilCancelled) {
			return Unseen() // a tie
		}
		switch {
		case c.End < 0 && !r.Stuck():
			return Unseen()
		case c.End < 0 || r.At(c.End) > due+r.Late(limit):
			return Broken(c.End, "the caller's token was cancelled after %v, so the start of %s, which honours its token, must end then, but did not", limit, r.Name(c.Service)).With(act.Begin)
		case act.End >= 0 && r.failedStarts() == 1 && r.Outcome(c) == trace.WasCancelled && !r.disposalFailed() && !r.anyFailed(LifetimeStop) && r.Outcome(act) != trace.WasCancelled && len(r.Calls(Stop)) == 0 && len(r.idx().abandoned) == 0:
			return Broken(act.End, "the caller gave up the start, so host.%s must end cancelled, but ended with %q", r.called(act), r.Outcome(act)).With(c.End)
		}
		return Held()
	}
	return Unseen()
}
