package checks

import (
	"time"

	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// Area BG: what the end of a background service's work does to the host.

func init() {
	clause("HOST-BG-013", eachWorker(endIsNoStop))
	clause("HOST-BG-014", eachWorker(failureStops))
	clause("HOST-BG-015", eachWorker(failureIsLost))
	clause("HOST-BG-016", eachWorker(unaskedCancellation))
	clause("HOST-BG-017", eachWorker(ignoredFailure))
	clause("HOST-BG-018", eachWorker(failureOfRun))
	clause("HOST-BG-019", eachWorker(cancelledByStop))
	clause("HOST-BG-020", eachWorker(othersAreStopped))
}

// alone tells whether the body ended while the host was running and nobody had asked for a stop.
func (r *Run) alone(w worker) bool {
	running, began := r.Running(), r.Began()
	if f := r.bodies().failed; f >= 0 && f < w.body.End && !r.ignores() && r.rule("workerMonitor") != "none" {
		return false // that failure asked for one, though it may be told of later
	}
	return running >= 0 && w.body.End > running && (began < 0 || began > w.body.End) && !r.crashed() && len(r.exits()) == 0
}

// failed tells whether the body ended with an error that is no cancellation.
func (r *Run) failed(w worker) bool {
	return r.Failed(w.body) && r.Outcome(w.body) != trace.WasCancelled
}

func (r *Run) ignores() bool { return r.Plan.Options.BackgroundException == "ignore" }

// stopsBy judges whether the end of the body, at event i, made the host stop: it did if a stop began soon, or nothing
// else can have asked for it.
func (r *Run) stopsBy(i int) (began int, yes bool) {
	began = r.Began()
	if began < 0 {
		return -1, false
	}
	soon := r.Event(began).At <= r.Event(i).At+500*time.Millisecond
	return began, soon || !r.AskedBefore(began, i) && !r.SignalledBefore(began)
}

// runsOn judges whether the host went on after the end of the body, at event i: a stop, if any, has another cause.
func (r *Run) runsOn(w worker, what string) Result {
	i := w.body.End
	began := r.Began()
	end := r.act("run").End
	switch {
	case began >= 0 && !r.AskedBefore(began, i) && !r.SignalledBefore(began):
		return Broken(began, "%s of the background service %s leaves the host running; a stop began that nobody asked for", what, w.name).With(i)
	case began < 0 && end > i && r.OneStart() && !r.AskedBefore(end, i) && !r.SignalledBefore(end):
		return Broken(end, "%s of the background service %s leaves the host running; run returned though nobody asked for a stop", what, w.name).With(i)
	}
	return Held()
}

// endIsNoStop: work that has come to its end does not stop the host.
func endIsNoStop(r *Run, w worker) Result {
	if w.body.End < 0 || !r.Ok(w.body) || !r.alone(w) {
		return Unseen()
	}
	return r.runsOn(w, "the end of the work")
}

// mustStop judges a failure that has to stop the host.
func (r *Run) mustStop(w worker) Result {
	i := w.body.End
	began, yes := r.stopsBy(i)
	switch {
	case yes:
		return Held()
	case began < 0 && r.act("run").End > i:
		return Held() // it ended without any service to stop
	case began < 0 && (r.exitSignal() || r.cutByDefault() || r.returned() >= 0 && r.returned() < i):
		return Unseen()
	case began < 0:
		return Broken(i, "the background service %s ended with %s, which must stop the host; no stop ever began and the process %s", w.name, r.Outcome(w.body), r.ending())
	}
	return Broken(i, "the background service %s ended with %s, which must stop the host; the host went on until it was asked to stop", w.name, r.Outcome(w.body)).With(began)
}

// failureStops: the failure of a background service stops the host.
func failureStops(r *Run, w worker) Result {
	if !r.failed(w) || !r.alone(w) || r.ignores() {
		return Unseen()
	}
	return r.mustStop(w)
}

// failureIsLost: the failure of a background service is lost and the host runs on.
func failureIsLost(r *Run, w worker) Result {
	if !r.Failed(w.body) || !r.alone(w) {
		return Unseen()
	}
	return r.runsOn(w, "the failure")
}

// unaskedCancellation: a cancellation that nobody asked for is a failure like any other.
func unaskedCancellation(r *Run, w worker) Result {
	if r.Outcome(w.body) != trace.WasCancelled || !has(w.script, plan.ThrowCancelled) || !r.alone(w) || r.ignores() {
		return Unseen()
	}
	return r.mustStop(w)
}

// ignoredFailure: where failures are to be ignored, the host runs on.
func ignoredFailure(r *Run, w worker) Result {
	if !r.Failed(w.body) || !r.alone(w) || !r.ignores() {
		return Unseen()
	}
	return r.runsOn(w, "a failure that is to be ignored")
}

// calm tells whether every hook but the bodies of background services ended well and in time.
func (r *Run) calm() bool {
	f := r.facts()
	if f.calm == 0 {
		f.calm = 2
		if r.isCalm() {
			f.calm = 1
		}
	}
	return f.calm == 1
}

func (r *Run) isCalm() bool {
	for _, h := range [...]Hook{Starting, Start, Started, Stopping, Stop, Stopped, WaitForStart, LifetimeStop} {
		for _, c := range r.Calls(h) {
			if !r.Ok(c) || h >= Stopping && h != WaitForStart && !r.InTime(c.End) {
				return false
			}
		}
	}
	for _, c := range r.Calls(Dispose) {
		if !r.Ok(c) {
			return false
		}
	}
	return len(r.idx().abandoned) == 0
}

// failureOfRun: what a failure that stopped the host makes of run.
func failureOfRun(r *Run, w worker) Result {
	run := r.act("run")
	if r.failed(w) && run.End < 0 && r.rule("workerMonitor") == "fails" && !r.PlanHas(plan.Exit) && len(r.facts().exits) > 0 && r.Trace.End.Kind == trace.Exited && r.Trace.End.Code != 0 {
		return Held() // the host has ended the process itself
	}
	if !r.failed(w) || !r.alone(w) || r.ignores() || run.End < w.body.End || !r.OneStop() {
		return Unseen()
	}
	if _, yes := r.stopsBy(w.body.End); !yes {
		return Unseen()
	}
	if r.rule("workerMonitor") == "fails" {
		if !r.Failed(run) {
			return Broken(run.End, "the background service %s failed with %s and stopped the host, so run must fail; it succeeded", w.name, r.Outcome(w.body)).With(w.body.End)
		}
		return Held()
	}
	if !r.calm() {
		return Unseen()
	}
	if r.Failed(run) {
		return Broken(run.End, "the failure of a background service stops the host and is no failure of run; run ended with %s", r.Outcome(run)).With(w.body.End)
	}
	return Held()
}

// cancelledByStop: work that ends cancelled because it was stopped is no failure.
func cancelledByStop(r *Run, w worker) Result {
	run := r.act("run")
	if !r.OneStart() || r.Outcome(w.body) != trace.WasCancelled || w.stop.Begin < 0 || w.body.End < w.stop.Begin || has(w.script, plan.ThrowCancelled) || run.End < w.body.End || r.limited() {
		return Unseen()
	}
	if w.stop.End >= 0 && r.Outcome(w.stop) == trace.WasCancelled && r.InTime(w.stop.End) {
		return Broken(w.stop.End, "the background service %s ended cancelled because it was stopped, which is no failure; its stop ended cancelled too", w.name).With(w.body.End)
	}
	if !r.calm() || !r.bodies().calm || r.Running() < 0 || r.startTimedOut() {
		return Unseen()
	}
	if r.Failed(run) {
		return Broken(run.End, "the background service %s ended cancelled because it was stopped, which is no failure; run ended with %s", w.name, r.Outcome(run)).With(w.body.End)
	}
	return Held()
}

// othersAreStopped: when a background service fails, the others are stopped in order.
func othersAreStopped(r *Run, w worker) Result {
	if !r.failed(w) || !r.alone(w) || r.ignores() || r.stalled() || r.cutByDefault() || r.exitSignal() {
		return Unseen()
	}
	if _, attended := r.waiting(w.body.End); !attended {
		return Unseen() // main is elsewhere, and nobody stops the host
	}
	for _, c := range r.Calls(Stop) {
		if c.End < 0 || !r.InTime(c.End) {
			return Unseen()
		}
	}
	seen := false
	for k := range r.Services() {
		if k == w.k {
			continue
		}
		if _, ok := r.CallOf(k, Stop); !ok {
			return Broken(-1, "the background service %s failed, and the other services must be stopped; %s never was and the process %s", w.name, r.Name(k), r.ending()).With(w.body.End)
		}
		seen = true
	}
	if !seen {
		return Unseen()
	}
	return Held()
}
