package checks

import (
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

func init() {
	Register("HOST-STOP-001", stopOrder)
	Register("HOST-STOP-002", stopOneByOne)
	Register("HOST-STOP-003", func(r *Run) Result { return stopAll(r, false) })
	Register("HOST-STOP-004", func(r *Run) Result { return stopAll(r, true) })
	Register("HOST-STOP-005", stopOnce)
	Register("HOST-STOP-006", stopThenStart)
	Register("HOST-STOP-007", stopWhileStarting)
	Register("HOST-STOP-008", stopUnstarted)
	Register("HOST-STOP-009", stopWaits)
	Register("HOST-STOP-010", stopGoesOnAfterFailure)
	Register("HOST-STOP-017", stopAfterStarts)
	Register("HOST-STOP-026", stopNotLate)
	Register("HOST-STOP-027", stopHasReason)
	Register("HOST-STOP-028", stopReturns)
	Register("HOST-STOP-031", stopNotTheFailed)
}

func stopOrder(r *Run) Result {
	if r.ConcurrentStop() {
		return Unseen()
	}
	res := Unseen()
	for _, round := range r.stopRounds() {
		for k := 1; k < len(round); k++ {
			res = Held()
			if a, b := round[k-1], round[k]; b.Service > a.Service {
				return Broken(b.Begin, "%s was registered after %s and must be stopped before it, but was stopped after it", r.Name(b.Service), r.Name(a.Service)).With(a.Begin)
			}
		}
	}
	return res
}

func stopOneByOne(r *Run) Result {
	if r.ConcurrentStop() {
		return Unseen()
	}
	res := Unseen()
	for _, round := range r.stopRounds() {
		for k := 1; k < len(round); k++ {
			res = Held()
			if a, b := round[k-1], round[k]; a.Open(b.Begin) && !r.mayLeave(a, b.Begin) {
				return Broken(b.Begin, "%s must not be stopped before the stop of %s has ended, but was", r.Name(b.Service), r.Name(a.Service)).With(a.Begin)
			}
		}
	}
	return res
}

// unstopped gives the services that had started before the act and have not been stopped by event i; n is the number of
// those that had started.
func (r *Run) unstopped(act Call, i int) (missing []int, n int) {
	for s := range r.Services() {
		start, ok := r.CallOf(s, Start)
		if !ok || !r.Ok(start) || start.End > i || r.abandonedAt(s, start.End) >= 0 {
			continue
		}
		n++
		if stop, ok := r.CallOf(s, Stop); !ok || stop.Begin > i {
			missing = append(missing, s)
		}
	}
	return missing, n
}

// stopping tells whether the act came to stop a host that had started, rather than failing before.
func (r *Run) stopping(act Call) bool {
	if r.Event(act.Begin).What != "run" {
		return r.startedAt() >= 0 && r.startedAt() < act.Begin
	}
	if c, _, failed := r.startFailure(act.Begin); failed && !r.ignoredCancel(c) {
		return false
	}
	if at := r.startedAt(); at >= 0 && (act.End < 0 || at < act.End) {
		return true
	}
	return r.Ok(act)
}

func stopAll(r *Run, unlessExpired bool) Result {
	if !r.OneStart() || r.Overlapping() {
		return Unseen()
	}
	for _, act := range r.Stoppers() {
		done, how := act.End, "when host."+r.called(act)+" returns"
		if done < 0 && r.endsWithTheStop(act) {
			done, how = len(r.Trace.Events), "when the process ends with the stop"
		}
		if done < 0 || !r.stopping(act) || r.disposedBefore(act.Begin) || unlessExpired && r.MayHaveExpired(done) {
			continue
		}
		missing, n := r.unstopped(act, done)
		if n == 0 {
			continue
		}
		if len(missing) > 0 {
			return Broken(min(done, r.Last()), "every service that had started must have been stopped %s, but %s was not", how, r.Name(missing[0]))
		}
		return Held()
	}
	return Unseen()
}

// endsWithTheStop tells whether the process ended by itself when a stop had begun, and the act never returned: main
// neither came to its end nor called an exit.
func (r *Run) endsWithTheStop(act Call) bool {
	return r.called(act) != "stop" && r.called(act) != "stopHost" && r.Whole() && r.Began() >= 0 && r.returned() < 0 && !r.exitSignal() && !r.crashed() && !r.cutByDefault()
}

// cutByDefault tells whether a signal may have met the process with its default action, which is an exit on some releases.
func (r *Run) cutByDefault() bool {
	return r.hastened() || r.ownLifetime() && (len(r.Signals()) > 0 || r.PlanHas(plan.Raise))
}

func stopOnce(r *Run) Result {
	res := Unseen()
	for _, round := range r.stopRounds() {
		seen := make([]int, len(r.Services()))
		for _, c := range round {
			if res = Held(); seen[c.Service] > 0 {
				return Broken(c.Begin, "one stop of the host stops a service once, but %s was stopped again", r.Name(c.Service)).With(seen[c.Service] - 1)
			}
			seen[c.Service] = c.Begin + 1
		}
	}
	return res
}

func stopThenStart(r *Run) Result {
	if !r.OneStart() {
		return Unseen()
	}
	res := Unseen()
	for _, stop := range r.Calls(Stop) {
		res = Held()
		for _, start := range r.Calls(Start) {
			if start.Service == stop.Service && start.Begin > stop.Begin {
				return Broken(start.Begin, "%s must not be started after its stop was called, but was", r.Name(start.Service)).With(stop.Begin)
			}
		}
	}
	return res
}

func stopWhileStarting(r *Run) Result {
	res := Unseen()
	for _, stop := range r.Calls(Stop) {
		for _, start := range r.Calls(Start) {
			if start.Service != stop.Service {
				continue
			}
			res = Held()
			if start.Open(stop.Begin) && r.abandonedAt(stop.Service, stop.Begin) < 0 {
				return Broken(stop.Begin, "%s must not be stopped before its own start has ended, but was", r.Name(stop.Service)).With(start.Begin)
			}
		}
	}
	return res
}

// hadStarted tells whether the service's start had ended successfully before event i. One that the host had given up by then
// does not count.
func (r *Run) hadStarted(service, i int) bool {
	for _, c := range r.Calls(Start) {
		if c.Service == service && r.Ok(c) && c.End < i && r.abandonedAt(service, c.End) < 0 {
			return true
		}
	}
	return false
}

func stopUnstarted(r *Run) Result {
	if r.Profile.Word("stopUnstarted") == "untouched" {
		res := Unseen()
		stops := r.Calls(Stop)
		if len(stops) == 0 {
			return res
		}
		for s := range r.Services() {
			if !r.hadStarted(s, stops[0].Begin) {
				res = Held()
			}
		}
		for _, c := range stops {
			if !r.hadStarted(c.Service, c.Begin) {
				return Broken(c.Begin, "%s has not started and must not be stopped, but was", r.Name(c.Service))
			}
		}
		return res
	}
	// called: a stop of a host whose start had called some services, but not all with success
	if !r.OneStart() || r.Overlapping() {
		return Unseen()
	}
	begun := r.Starters()[0]
	for _, act := range r.Stoppers() {
		if r.Event(act.Begin).What != "stop" || act.End < 0 || act.Begin < begun.Begin || r.MayHaveExpired(act.End) || len(r.Calls(New)) < len(r.Services()) {
			continue
		}
		res := Unseen()
		for s := range r.Services() {
			if r.hadStarted(s, act.Begin) || len(r.Calls(Start)) == 0 {
				continue
			}
			res = Held()
			if c, ok := r.CallOf(s, Stop); !ok || c.Begin > act.End {
				return Broken(act.End, "every constructed service is stopped, started or not, but %s was not", r.Name(s))
			}
		}
		return res
	}
	return Unseen()
}

func stopWaits(r *Run) Result {
	if r.Overlapping() {
		return Unseen()
	}
	res := Unseen()
	for _, act := range r.Stoppers() {
		if act.End < 0 {
			continue
		}
		for _, h := range []Hook{Stopping, Stop, Stopped} {
			for _, c := range r.window(act, h) {
				res = Held()
				if c.Open(act.End) && !r.mayLeave(c, act.End) {
					return Broken(act.End, "host.%s must not return before %s of %s has ended, but did", r.Event(act.Begin).What, h, r.Name(c.Service)).With(c.Begin)
				}
			}
		}
	}
	return res
}

func stopGoesOnAfterFailure(r *Run) Result {
	if !r.OneStart() || r.Overlapping() {
		return Unseen()
	}
	for _, act := range r.Stoppers() {
		failed := -1
		for _, c := range r.window(act, Stop) {
			if r.Failed(c) && failed < 0 && (r.Outcome(c) != trace.WasCancelled || has(r.Script(c.Service, Stop), plan.ThrowCancelled)) {
				failed = c.End
			}
		}
		done, ok := r.doneAt(act)
		if act.End < 0 && r.cutByDefault() {
			continue
		}
		if !ok && act.End < 0 && r.broughtDown() {
			done, ok = len(r.Trace.Events), true
		}
		if failed < 0 || !ok || r.Profile.Word("expiredStop") == "skip" && r.MayHaveExpired(done) {
			continue
		}
		remained := 0
		for s := range r.Services() {
			if c, ok := r.CallOf(s, Stop); r.hadStarted(s, failed) && (!ok || c.Begin > failed) {
				remained++
			}
		}
		if remained == 0 {
			continue
		}
		if missing, _ := r.unstopped(act, done); len(missing) > 0 {
			return Broken(min(done, r.Last()), "%s must be stopped although a stop before it failed, but was not", r.Name(missing[0])).With(failed)
		}
		return Held()
	}
	return Unseen()
}

func stopAfterStarts(r *Run) Result {
	res := Unseen()
	stops := r.Calls(Stop)
	for _, h := range []Hook{Starting, Start, Started} {
		for _, start := range r.Calls(h) {
			for _, stop := range stops {
				if start.End < 0 && r.MayHaveExpired(stop.Begin) && (r.At(r.Last()) == r.At(stop.Begin) || r.abandonedAt(start.Service, len(r.Trace.Events)) >= 0) {
					continue // the time for stopping was over, and the start was given up, or that moment was the last
				}
				res = Held()
				if start.Open(stop.Begin) && r.abandonedAt(start.Service, stop.Begin) < 0 {
					return Broken(stop.Begin, "no service may be stopped before every start has ended, but %s was while %s of %s went on", r.Name(stop.Service), h, r.Name(start.Service)).With(start.Begin)
				}
			}
		}
	}
	return res
}

func stopNotLate(r *Run) Result {
	over := -1
	for _, list := range [][]Call{r.Starters(), r.Stoppers()} {
		for _, a := range list {
			if a.End < 0 {
				return Unseen()
			}
			over = max(over, a.End)
		}
	}
	res := Unseen()
	for _, h := range []Hook{Starting, Start, Started, Stopping, Stop, Stopped} {
		for _, c := range r.Calls(h) {
			res = Held()
			if over >= 0 && c.Begin > over {
				return Broken(c.Begin, "nothing may be called once the host has returned, but %s of %s was", h, r.Name(c.Service)).With(over)
			}
		}
	}
	return res
}

func stopHasReason(r *Run) Result {
	running := r.Running()
	if running < 0 || !r.OneStart() || r.startTimedOut() {
		return Unseen()
	}
	at := r.stopBegins()
	if s := r.Starters()[0]; r.Event(s.Begin).What == "run" && s.End >= 0 && (at < 0 || s.End < at) {
		at = s.End
	}
	// a signal may be reported after its effect, a caller's token that fires is no event
	if at < 0 || r.AskedBefore(at, -1) || r.askedFor(at) || r.MainHas(plan.RunCancelAfter, plan.StopCancelAfter) {
		if at < 0 || !r.waitedBefore(at, running) {
			return Unseen()
		}
		return Held()
	}
	return Broken(at, "nobody had asked the host to stop and nothing had failed, so it must run on, but it came to an end").With(running)
}

// askedFor tells whether a signal, or a failure of a worker, may have asked for a stop before event i.
func (r *Run) askedFor(i int) bool {
	if r.askedSignal(i) || r.workerMayHaveFailed(i) || len(r.exits()) > 0 || len(r.exitHandlers()) > 0 {
		return true
	}
	for _, s := range r.Stoppers() {
		if w := r.Event(s.Begin).What; s.Begin <= i && (w == "stop" || w == "stopHost") {
			return true
		}
	}
	return len(r.Requests()) > 0 && r.Requests()[0].Begin < i || r.MainHas(plan.Dispose)
}

// askedSignal tells whether a signal may have arrived before event i.
func (r *Run) askedSignal(i int) bool {
	for _, s := range r.Signals() {
		if s < i || r.At(s)-r.At(i) <= 2*r.Early(0) {
			return true
		}
	}
	return r.PlanHas(plan.Raise)
}

// waitedBefore tells whether the host ran for a while between the two events without stopping.
func (r *Run) waitedBefore(i, running int) bool { return r.At(i)-r.At(running) > r.Early(0) }

func stopReturns(r *Run) Result {
	if r.Overlapping() || len(r.exits()) > 0 || len(r.Stoppers()) == 0 || !r.OneStart() {
		return Unseen()
	}
	act := r.Stoppers()[len(r.Stoppers())-1]
	missing, n := r.unstopped(act, len(r.Trace.Events))
	if n == 0 || len(missing) > 0 || !r.stopping(act) && act.End < 0 && r.startedAt() < 0 {
		return Unseen()
	}
	if act.End >= 0 {
		return Held()
	}
	if r.anyOpen() || len(r.Calls(Stop)) == 0 || !r.Stuck() || r.Event(act.Begin).Who == trace.Main && r.threw() > act.Begin {
		return Unseen()
	}
	for _, q := range r.Requests() {
		if q.End < 0 {
			return Broken(-1, "every stop has ended, so host.%s must return, but it never did and neither did a stop request", r.Event(act.Begin).What).With(q.Begin)
		}
	}
	return Broken(-1, "every stop has ended, so host.%s must return, but it never did", r.Event(act.Begin).What).With(act.Begin)
}

func stopNotTheFailed(r *Run) Result {
	if !r.OneStart() || r.Overlapping() {
		return Unseen()
	}
	act := r.Starters()[0]
	res := Unseen()
	for _, start := range r.window(act, Start) {
		if !r.Failed(start) || act.End < 0 || r.wasAsked(start.End) || r.ignoredCancel(start) {
			continue
		}
		res = Held()
		if stop, ok := r.CallOf(start.Service, Stop); ok && stop.Begin < act.End {
			return Broken(stop.Begin, "%s failed to start and must not be stopped, but was", r.Name(start.Service)).With(start.End)
		}
	}
	return res
}
