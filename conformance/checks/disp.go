package checks

import (
	"time"

	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// Area DISP: disposal.

func init() {
	clause("HOST-DISP-001", disposedOnce)
	clause("HOST-DISP-002", disposedInReverse)
	clause("HOST-DISP-003", disposedAfterStops)
	clause("HOST-DISP-004", disposedThoughStartFailed)
	clause("HOST-DISP-005", disposedWithinRun)
	clause("HOST-DISP-006", disposedTwice)
	clause("HOST-DISP-007", disposalFailureTold)
	clause("HOST-DISP-008", disposalFailureOfOne)
	clause("HOST-DISP-009", disposalFailureWins)
	clause("HOST-DISP-010", disposalStopsNobody)
	clause("HOST-DISP-011", disposalRequestsStop)
	clause("HOST-DISP-012", waitDisposesNothing)
	clause("HOST-DISP-013", eachWorker(disposalCancels))
	clause("HOST-DISP-014", eachWorker(disposalWaitsForNobody))
}

// disposal gives the first of the host's own calls that disposed it and ended, run or dispose, with Begin -1 if there is none.
func (r *Run) disposal() Call {
	for _, name := range [...]string{"run", "dispose"} {
		if c := r.act(name); c.Begin >= 0 && c.End >= 0 {
			return c
		}
	}
	return Call{-1, -1, -1}
}

// botched gives the first disposal of a service that failed, with Begin -1 if none did: it ended with an error, or it
// never ended though the disposal of the host did.
func (r *Run) botched() Call {
	whole := r.disposal()
	for _, c := range r.Calls(Dispose) {
		if r.Failed(c) || c.End < 0 && whole.End > c.Begin {
			return c
		}
	}
	return Call{-1, -1, -1}
}

// made tells whether the service was constructed, with success. Of hosts that do not tell of construction every service
// that was started counts.
func (r *Run) made(k int) bool {
	if _, ok := r.CallOf(k, New); ok {
		return !has(r.Script(k, New), plan.Throw)
	}
	_, ok := r.CallOf(k, Start)
	return ok && len(r.Calls(New)) == 0
}

// allDisposed judges that every constructed service was disposed exactly once by the time the host was.
func (r *Run) allDisposed(by int) Result {
	count := make([]int, len(r.Services()))
	for _, c := range r.Calls(Dispose) {
		if c.Service >= 0 && c.Service < len(count) {
			if count[c.Service]++; count[c.Service] > 1 {
				return Broken(c.Begin, "every service is disposed once; %s was disposed again", r.Name(c.Service))
			}
		}
	}
	seen := false
	for k, n := range count {
		if !r.made(k) {
			continue
		}
		if seen = true; n == 0 {
			return Broken(by, "every service that was constructed is disposed with the host; %s was not", r.Name(k))
		}
	}
	if !seen {
		return Unseen()
	}
	return Held()
}

// disposedOnce: with the host, every service that was constructed is disposed, once.
func disposedOnce(r *Run) Result {
	d := r.disposal()
	if d.Begin < 0 || r.botched().Begin >= 0 {
		return Unseen()
	}
	return r.allDisposed(d.End)
}

// disposedThoughStartFailed: a start that failed inside run leaves nothing undisposed.
func disposedThoughStartFailed(r *Run) Result {
	run := r.act("run")
	failed := false
	for _, h := range [...]Hook{Starting, Start, Started} {
		for _, c := range r.Calls(h) {
			failed = failed || r.Failed(c)
		}
	}
	if !failed || !r.Failed(run) || r.botched().Begin >= 0 {
		return Unseen()
	}
	return r.allDisposed(run.End)
}

// disposedInReverse: services are disposed one after the other, in the reverse order of their construction.
func disposedInReverse(r *Run) Result {
	list := r.Calls(Dispose)
	if len(list) < 2 {
		return Unseen()
	}
	age := func(k int) int {
		if c, ok := r.CallOf(k, New); ok {
			return c.Begin
		}
		return k
	}
	for i := 1; i < len(list); i++ {
		a, b := list[i-1], list[i]
		if a.Service == b.Service {
			continue
		}
		if age(a.Service) < age(b.Service) {
			return Broken(b.Begin, "services are disposed in the reverse order of their construction; %s was disposed before %s", r.Name(a.Service), r.Name(b.Service)).With(a.Begin)
		}
		if a.End > b.Begin {
			return Broken(b.Begin, "services are disposed one after the other; %s was disposed while the disposal of %s was going on", r.Name(b.Service), r.Name(a.Service)).With(a.Begin)
		}
	}
	return Held()
}

// disposedAfterStops: nothing is disposed before the stops are over.
func disposedAfterStops(r *Run) Result {
	list, stops := r.Calls(Dispose), r.Calls(Stop)
	if len(list) == 0 || len(stops) == 0 || !r.OneStop() || r.disposedBefore(r.Stoppers()[0].Begin) {
		return Unseen()
	}
	first := list[0]
	for _, c := range stops {
		left := r.left(r.Name(c.Service))
		switch {
		case c.Begin > first.Begin:
			return Broken(c.Begin, "nothing is disposed before every stop is over; %s was stopped when %s had been disposed", r.Name(c.Service), r.Name(first.Service)).With(first.Begin)
		case c.Open(first.Begin) && (left < 0 || left > first.Begin) && r.InTime(first.Begin):
			return Broken(first.Begin, "nothing is disposed before every stop is over; %s was disposed while %s was being stopped", r.Name(first.Service), r.Name(c.Service)).With(c.Begin)
		}
	}
	return Held()
}

// disposedWithinRun: run returns when the disposal is over.
func disposedWithinRun(r *Run) Result {
	run, list := r.act("run"), r.Calls(Dispose)
	if run.End < 0 || len(list) == 0 || r.act("dispose").Begin >= 0 {
		return Unseen()
	}
	for _, c := range list {
		if c.Begin > run.End || c.End > run.End {
			return Broken(max(c.Begin, c.End), "run disposes the services before it returns; %s was disposed afterwards", r.Name(c.Service)).With(run.End)
		}
	}
	return Held()
}

// disposedTwice: disposing a host again does nothing.
func disposedTwice(r *Run) Result {
	var ends []Call
	for _, a := range r.idx().acts {
		if w := r.Event(a.Begin).What; (w == "dispose" || w == "run") && a.End >= 0 {
			ends = append(ends, a)
		}
	}
	if len(ends) < 2 || r.botched().Begin >= 0 || len(r.Calls(Dispose)) == 0 || r.Event(ends[1].Begin).What != "dispose" {
		return Unseen()
	}
	if again := ends[1]; r.Failed(again) {
		return Broken(again.End, "disposing a host that is disposed does nothing; it ended with %s", r.Outcome(again))
	}
	return r.allDisposed(ends[0].End)
}

// disposalFailureTold: a disposal that failed makes the call fail that disposed the host.
func disposalFailureTold(r *Run) Result {
	c, by := r.botched(), r.disposal()
	if c.Begin < 0 || by.Begin < 0 || c.Begin < by.Begin || c.Begin > by.End || !r.Failed(c) && !has(r.Script(c.Service, Dispose), plan.Throw) {
		return Unseen()
	}
	if !r.Failed(by) {
		return Broken(by.End, "the disposal of %s failed, so %s must fail; it succeeded", r.Name(c.Service), r.Event(by.Begin).What).With(c.Begin)
	}
	return Held()
}

// disposalFailureOfOne: what the failure of one disposal does to the others.
func disposalFailureOfOne(r *Run) Result {
	c, by := r.botched(), r.disposal()
	if c.Begin < 0 || by.End < c.Begin {
		return Unseen()
	}
	older, after := -1, -1
	for k := range r.Services() {
		d, ok := r.CallOf(k, Dispose)
		switch {
		case k == c.Service || !r.made(k):
		case ok && d.Begin > c.Begin:
			after = d.Begin
		case !ok:
			older = k
		}
	}
	if r.rule("disposeFailure") == "stops" {
		if after >= 0 {
			return Broken(after, "the disposal of %s failed, which ends the disposal of the host; another service was disposed after it", r.Name(c.Service)).With(c.Begin)
		}
		if older < 0 {
			return Unseen()
		}
		return Held()
	}
	if older >= 0 {
		return Broken(c.Begin, "the disposal of %s failed, and the others are disposed all the same; %s was not", r.Name(c.Service), r.Name(older))
	}
	if after < 0 {
		return Unseen()
	}
	return Held()
}

// disposalFailureWins: a failure of the disposal replaces an earlier one.
func disposalFailureWins(r *Run) Result {
	c, run := r.botched(), r.act("run")
	if c.Begin < 0 || run.End < c.Begin {
		return Unseen()
	}
	earlier := false
	for _, h := range [...]Hook{Start, Stop} {
		for _, x := range r.Calls(h) {
			earlier = earlier || r.Failed(x) && x.End < c.Begin
		}
	}
	s := r.Script(c.Service, Dispose)
	if l := lead(s); !earlier || l == nil || l.Kind != plan.Throw {
		return Unseen()
	} else if want := trace.Errored(l.Text); r.Outcome(run) != want {
		return Broken(run.End, "the failure of the disposal of %s replaces the earlier one, so run ends with %s; it ended with %s", r.Name(c.Service), want, r.Outcome(run)).With(c.Begin)
	}
	return Held()
}

// disposalStopsNobody: disposing a host does not stop its services.
func disposalStopsNobody(r *Run) Result {
	d := r.act("dispose")
	if d.Begin < 0 || r.Running() < 0 || r.Running() > d.Begin || len(r.Stoppers()) > 0 {
		return Unseen()
	}
	for _, h := range [...]Hook{Stopping, Stop, Stopped} {
		for _, c := range r.Calls(h) {
			if c.Begin < d.Begin {
				return Unseen() // a start that was given up had been rolled back
			}
			return Broken(c.Begin, "disposing a host that was not stopped stops no service; %s was called for %s", h, r.Name(c.Service)).With(d.Begin)
		}
	}
	return Held()
}

// disposalRequestsStop: whether a host that is disposed without a stop still notifies ApplicationStopping.
func disposalRequestsStop(r *Run) Result {
	d, began := r.disposal(), r.Began()
	if r.gated() && r.restarted() || r.PlanHas(plan.Raise) || len(r.Acts("stop")) > 0 || d.Begin < 0 || len(r.Calls(Dispose)) == 0 || r.Plan.HostLifetime != nil || r.returned() < 0 || len(r.exits()) > 0 || r.stalled() || r.botched().Begin >= 0 {
		return Unseen()
	}
	if r.Event(d.Begin).What == "run" && !r.Failed(d) || len(r.Signals()) > 0 || len(r.Calls(Stop)) > 0 || len(r.Requests()) > 0 {
		return Unseen()
	}
	if r.bodies().failed >= 0 || r.Logged("Host#10") >= 0 {
		return Unseen() // a background service that asked for a stop
	}
	if began >= 0 && began < r.Calls(Dispose)[0].Begin {
		return Unseen() // a start that failed was rolled back
	}
	note := r.Notes(AppStopping)
	if r.gated() && r.rule("unsubscribe") == "false" {
		if len(note) == 0 {
			return Broken(d.End, "a host that is disposed without a stop still notifies ApplicationStopping before the process ends; it never did")
		}
		return Held()
	}
	if len(note) > 0 && !r.PlanHas(plan.RunCancelAfter) {
		return Broken(note[0].Begin, "a host that is disposed without a stop does not notify ApplicationStopping; it did").With(d.Begin)
	}
	return Held()
}

// waitDisposesNothing: waitForShutdown does not dispose the host.
func waitDisposesNothing(r *Run) Result {
	w := r.act("waitForShutdown")
	if w.End < 0 || r.act("run").Begin >= 0 || r.act("dispose").Begin >= 0 {
		return Unseen()
	}
	if list := r.Calls(Dispose); len(list) > 0 {
		return Broken(list[0].Begin, "waitForShutdown stops the host and does not dispose it; %s was disposed", r.Name(list[0].Service)).With(w.Begin)
	}
	return Held()
}

// disposalCancels: disposing a host cancels the bodies that are still running.
func disposalCancels(r *Run, w worker) Result {
	d, ok := r.CallOf(w.k, Dispose)
	l := lead(w.script)
	if !ok || d.End < 0 || l == nil || l.Kind != plan.UntilCancelled || w.body.Begin < 0 || w.body.Begin > d.Begin || w.stop.Begin >= 0 || w.body.End >= 0 && w.body.End < d.Begin {
		return Unseen()
	}
	switch {
	case r.firedIn(w) >= 0:
		return Held()
	case r.After(r.Last(), d.End, 100*time.Millisecond):
		return Broken(d.End, "disposing the host cancels the body of the background service %s; its token never fired", w.name).With(d.Begin)
	}
	return Unseen()
}

// disposing tells whether another service than this one was being disposed at event i.
func (r *Run) disposing(i, service int) bool {
	for _, c := range r.Calls(Dispose) {
		if c.Service != service && c.Open(i) {
			return true
		}
	}
	return false
}

// disposalWaitsForNobody: disposing a host does not wait for the bodies that are still running.
func disposalWaitsForNobody(r *Run, w worker) Result {
	d := r.act("dispose")
	own, ok := r.CallOf(w.k, Dispose)
	if d.End < 0 || !ok || own.Begin < d.Begin || own.End < 0 || w.stop.Begin >= 0 || w.body.Begin < 0 || w.body.Begin > own.Begin || len(r.Stoppers()) > 0 || r.slowTokens() {
		return Unseen()
	}
	switch {
	case w.body.End >= 0 && w.body.End < own.Begin:
		return Unseen()
	case w.body.End >= 0 && w.body.End < d.End && r.disposing(w.body.End, w.k):
		return Unseen() // somebody else's disposal took its time
	case w.body.End >= 0 && w.body.End < d.End && r.After(w.body.End, own.Begin, 2*r.slack()) && r.After(d.End, own.Begin, 2*r.slack()):
		return Broken(d.End, "disposing the host does not wait for the body of the background service %s; it ended when the body had", w.name).With(w.body.End)
	case w.body.End >= 0 && w.body.End < d.End:
		return Unseen() // it ended at once
	}
	return Held()
}
