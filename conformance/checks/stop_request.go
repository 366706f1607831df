package checks

import (
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

func init() {
	Register("HOST-STOP-014", stopRequestStops)
	Register("HOST-STOP-015", stopRequestBeforeRun)
	Register("HOST-STOP-016", stopRequestWhileStarting)
}

// skipsAll tells whether the profile's host stops no service because no time is given at all.
func (r *Run) skipsAll() bool {
	d, known := r.ShutdownTimeout()
	return known && d == 0 && r.Profile.Word("expiredStop") == "skip"
}

// skips tells whether the profile's host may have skipped what was left of the stop that the act was, because the time was up.
func (r *Run) skips(act Call) bool {
	return r.skipsAll() || r.Profile.Word("expiredStop") == "skip" && r.MayHaveExpired(act.End)
}

// waiting gives the call of run or waitForShutdown that was pending at event i; ok is false if there is none.
func (r *Run) waiting(i int) (Call, bool) {
	for _, act := range r.Stoppers() {
		if w := r.Event(act.Begin); w.Who == trace.Host && w.What != "stop" && act.Open(i) {
			return act, true
		}
	}
	return Call{-1, -1, -1}, false
}

func stopRequestStops(r *Run) Result {
	running := r.Running()
	if running < 0 || !r.OneStart() || r.skipsAll() {
		return Unseen()
	}
	for _, q := range r.Requests() {
		if q.Begin < running {
			continue
		}
		if h, d := r.exitHandlers(), r.Calls(Dispose); len(h) > 0 && h[0] < q.Begin || len(d) > 0 && d[0].Begin < q.Begin {
			return Unseen() // the process was ending, or the host
		}
		act, ok := r.waiting(q.Begin)
		if !ok {
			return Unseen()
		}
		if calls := r.window(act, Stop); len(calls) > 0 {
			if calls[0].Begin < q.Begin {
				return Unseen()
			}
			return Held()
		}
		switch {
		case r.skips(act):
			return Unseen()
		case act.End >= 0:
			return Broken(act.End, "a stop request must stop the host, but host.%s returned and no service was stopped", r.called(act)).With(q.Begin)
		case r.Whole() && (r.First(trace.Main, "return", trace.Point) >= 0 || r.cutByDefault()):
			return Unseen() // main did not wait for run, and took the process with it
		case r.Whole():
			return Broken(r.Last(), "a stop request must stop the host, but the process ended and no service was stopped").With(q.Begin)
		case r.Stuck() && !r.anyOpen() && len(r.exits()) == 0:
			return Broken(-1, "a stop request must stop the host, but nothing happened").With(q.Begin)
		}
		return Unseen()
	}
	return Unseen()
}

func stopRequestBeforeRun(r *Run) Result {
	if !r.OneStart() || len(r.Requests()) == 0 {
		return Unseen()
	}
	act, q := r.Starters()[0], r.Requests()[0]
	if r.called(act) != "run" || q.Begin > act.Begin || r.skips(act) {
		return Unseen()
	}
	switch {
	case act.End >= 0:
		if c, h, failed := r.startFailure(act.Begin); failed && (r.Outcome(c) != trace.WasCancelled || has(r.Script(c.Service, h), plan.ThrowCancelled) || has(r.Script(c.Service, Execute), plan.ThrowCancelled)) {
			return Unseen() // the start failed for a reason of its own
		}
		if missing, _ := r.unstopped(act, act.End); len(missing) > 0 {
			return Broken(act.End, "the stop was requested before run, so nothing may be left started when run returns, but %s is", r.Name(missing[0])).With(q.Begin)
		}
		return Held()
	case r.Stuck() && !r.anyOpen() && len(r.exits()) == 0:
		return Broken(-1, "the stop was requested before run, so run must return, but it never did").With(q.Begin)
	}
	return Unseen()
}

func stopRequestWhileStarting(r *Run) Result {
	if !r.OneStart() {
		return Unseen()
	}
	act := r.Starters()[0]
	if r.called(act) != "run" || r.Overlapping() {
		return Unseen()
	}
	for _, q := range r.Requests() {
		if q.Begin < act.Begin || !r.whileStarting(q.Begin) {
			continue
		}
		if c, _, failed := r.startFailure(act.Begin); failed && r.Outcome(c) != trace.WasCancelled {
			return Unseen() // the start failed for a reason of its own
		}
		if act.End < 0 && r.returned() >= 0 {
			return Unseen() // main did not wait for run, and took the process with it
		}
		if done, ok := r.doneAt(act); ok {
			if missing, n := r.unstopped(act, done); len(missing) > 0 {
				return Broken(min(done, r.Last()), "the stop was requested during the start, and %s had started and must be stopped, but was not", r.Name(missing[0])).With(q.Begin)
			} else if n == 0 {
				return Unseen()
			}
			return Held()
		}
		if r.Stuck() && !r.anyOpen() && len(r.exits()) == 0 {
			return Broken(-1, "the stop was requested during the start, so the host must end, but it never did").With(q.Begin)
		}
		if r.broughtDown() {
			if missing, _ := r.unstopped(act, len(r.Trace.Events)); len(missing) > 0 {
				return Broken(-1, "the stop was requested during the start, and %s had started and must be stopped, but was not; the process %s", r.Name(missing[0]), r.ending()).With(q.Begin)
			}
		}
		return Unseen()
	}
	return Unseen()
}

// whileStarting tells whether the host was certainly still starting at event i: a start was open, or some were still to
// come. Without ApplicationStarted the last start's end is the end of the start.
func (r *Run) whileStarting(i int) bool {
	if at := r.startedAt(); at >= 0 && at < i {
		return false
	}
	begun := 0
	for _, c := range r.Calls(Start) {
		if c.Open(i) {
			return true
		}
		if c.Begin < i {
			begun++
		}
	}
	return begun > 0 && begun < len(r.Services())
}
