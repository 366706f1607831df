package checks

import (
	"sort"
	"strings"
	"time"

	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

func init() {
	Register("HOST-STOP-011", stopFailureReported)
	Register("HOST-STOP-012", stopFailureSingle)
	Register("HOST-STOP-013", stopFailuresTogether)
	Register("HOST-STOP-018", stopAgain)
	Register("HOST-STOP-019", stopNeverStarted)
	Register("HOST-STOP-020", stopUnconstructed)
	Register("HOST-STOP-029", stopByRunToken)
	Register("HOST-STOP-030", stopSucceeds)
}

// stopHooks are the hooks whose failures a stop hands on; the last one belongs to the host lifetime.
var stopHooks = [...]Hook{Stopping, Stop, Stopped, LifetimeStop}

// stopFailures lists the failed calls of the act's stop in the order in which they ended.
func (r *Run) stopFailures(act Call) []Call {
	var out []Call
	for _, h := range stopHooks {
		for _, c := range r.window(act, h) {
			if r.stopFailed(c) && (act.End < 0 || c.End < act.End) {
				out = append(out, c)
			}
		}
	}
	sort.Slice(out, func(i, k int) bool { return out[i].End < out[k].End })
	return out
}

// stopFailed tells whether the failure of a call of a stop counts: in a concurrent stop of some releases a call that was
// cancelled when it returned does not.
func (r *Run) stopFailed(c Call) bool {
	ignored := r.ConcurrentStop() && c.Service >= 0 && r.rule("completedCancelledStart") == "ignored" && r.Outcome(c) == trace.WasCancelled
	return r.Failed(c) && !(ignored && !r.waits(c))
}

// waits tells whether the call had to wait for something before it ended. A wait that honours a token which is cancelled already
// is none, and a callback that throws and is registered on such a token throws at once.
func (r *Run) waits(c Call) bool {
	h, gone := hookOf(r.Event(c.Begin).What), r.Event(c.Begin).Token == trace.Cancelled
	var held time.Duration // for how long the call held its thread first
	for _, st := range r.Script(c.Service, h) {
		switch st.Kind {
		case plan.StopApp:
			gone = gone || h <= Started && r.Profile.Bool("startTokenLinked")
		case plan.Throw, plan.ThrowCancelled:
			return false
		case plan.OnCancelThrow:
			if gone {
				return false
			}
		case plan.Block:
			held += max(st.Dur, 0)
		case plan.Delay, plan.UntilCancelled:
			if gone || held > 0 && c.End >= 0 && r.At(c.End)-r.At(c.Begin) <= held+r.slack() {
				return false
			}
			if st.Kind == plan.UntilCancelled || st.Dur != 0 {
				return true
			}
		case plan.Sleep:
			if st.Dur != 0 {
				return true
			}
		case plan.Hang, plan.Yield, plan.Accept, plan.Drain:
			return true
		}
	}
	return false
}

// unclearStops tells whether a stop was cancelled the moment it was called, in a concurrent stop that overlooks it if that
// was before the call came back.
func (r *Run) unclearStops() bool {
	if !r.ConcurrentStop() || r.rule("completedCancelledStart") != "ignored" {
		return false
	}
	for _, h := range stopHooks {
		for _, c := range r.Calls(h) {
			if r.Outcome(c) == trace.WasCancelled && r.waits(c) && r.At(c.End)-r.At(c.Begin) <= r.callbacksHold(c)+r.Early(0) {
				return true
			}
		}
	}
	return false
}

// callbacksHold gives for how long callbacks on the token of the call may have held its thread.
func (r *Run) callbacksHold(c Call) time.Duration {
	var d time.Duration
	for _, st := range r.Script(c.Service, hookOf(r.Event(c.Begin).What)) {
		if st.Kind == plan.OnCancelBlock {
			d += max(st.Dur, 0)
		}
	}
	return d
}

// called gives the name of the act's method: run, stop, waitForShutdown or stopHost.
func (r *Run) called(act Call) string { return r.Event(act.Begin).What }

func stopFailureReported(r *Run) Result {
	if r.Overlapping() || r.unclearStops() {
		return Unseen()
	}
	for _, act := range r.Stoppers() {
		if act.End < 0 || r.called(act) == "stopHost" {
			continue
		}
		if failed := r.stopFailures(act); len(failed) > 0 {
			if !r.Failed(act) {
				return Broken(act.End, "host.%s must fail because the stop of %s did, but it succeeded", r.called(act), r.Name(failed[0].Service)).With(failed[0].End)
			}
			return Held()
		}
	}
	return Unseen()
}

// stopOutcome gives the act whose outcome is that of its stop alone, and its failures: nothing else can have failed.
func (r *Run) stopOutcome() (act Call, failed []Call, ok bool) {
	if r.Overlapping() || !r.OneStart() || r.disposalFailed() || len(r.idx().abandoned) > 0 || r.unclearStops() {
		return act, nil, false
	}
	if _, _, f := r.startFailure(-1); f {
		return act, nil, false
	}
	if r.Profile.Word("workerMonitor") == "fails" {
		for _, c := range r.Calls(Execute) {
			if r.Failed(c) {
				return act, nil, false
			}
		}
	}
	for _, act := range r.Stoppers() {
		if act.End < 0 || r.called(act) == "stopHost" {
			continue
		}
		if f := r.stopFailures(act); len(f) > 0 && r.stopping(act) && !r.rolledBack(act) {
			skips := r.Profile.Word("expiredStop") == "skip" && r.MayHaveExpired(act.End)
			return act, f, !skips
		}
	}
	return act, nil, false
}

func stopFailureSingle(r *Run) Result {
	act, failed, ok := r.stopOutcome()
	if !ok || len(failed) != 1 || failed[0].Service < 0 {
		return Unseen()
	}
	want := r.Outcome(failed[0])
	if r.Profile.Word("singleStopFailure") == "aggregate" && !trace.IsAggregate(want) {
		want = "aggregate(" + want + ")"
	}
	if got := r.Outcome(act); got != want {
		return Broken(act.End, "host.%s must end with %s because of the stop of %s, but ended with %q", r.called(act), want, r.Name(failed[0].Service), got).With(failed[0].End)
	}
	return Held()
}

// together gives the outcome of failures that are handed on together, in order. An aggregate among them is told by its parts,
// which come after the failures that are told as they are.
func (r *Run) together(failed []Call) trace.Outcome {
	var plain, nested []string
	for _, c := range failed {
		if o := r.Outcome(c); trace.IsAggregate(o) {
			nested = append(nested, parts(o)...)
		} else {
			plain = append(plain, o)
		}
	}
	return "aggregate(" + strings.Join(append(plain, nested...), ",") + ")"
}

func stopFailuresTogether(r *Run) Result {
	act, failed, ok := r.stopOutcome()
	if !ok || len(failed) < 2 || r.ConcurrentStop() {
		return Unseen()
	}
	var also []int
	for _, c := range failed {
		if c.Service < 0 && r.Profile.Word("lifetimeStop") != "afterStopped" {
			return Unseen()
		}
		also = append(also, c.End)
	}
	want := r.together(failed)
	if got := r.Outcome(act); got != want {
		return Broken(act.End, "host.%s must hand on every failure in order, %s, but ended with %q", r.called(act), want, got).With(also...)
	}
	return Held()
}

func stopAgain(r *Run) Result {
	stops := r.Stoppers()
	if !r.OneStart() || len(stops) < 2 || r.startedAt() < 0 {
		return Unseen()
	}
	joins := r.Profile.Word("repeatedStop") == "joins"
	if r.Overlapping() {
		if !joins {
			return Unseen()
		}
		return stopOnceInAll(r)
	}
	first := -1
	for k, round := range r.stopRounds() {
		act := stops[k]
		if act.Begin < r.startedAt() && r.called(act) != "run" || act.End < 0 {
			continue
		}
		if first < 0 {
			if first = k; len(round) == 0 {
				return Unseen() // nothing was stopped the first time
			}
			continue
		}
		if r.MayHaveExpired(act.End) && r.Profile.Word("expiredStop") == "skip" {
			return Unseen()
		}
		if r.disposedBefore(act.Begin) && len(round) == 0 {
			return Unseen()
		}
		switch {
		case joins && len(round) > 0:
			return Broken(round[0].Begin, "the host had been stopped, so a further stop must call nothing, but %s was stopped again", r.Name(round[0].Service)).With(stops[first].End)
		case joins && r.called(act) != "stopHost" && r.called(stops[first]) != "stopHost" && r.Outcome(act) != r.Outcome(stops[first]):
			return Broken(act.End, "a further stop has the result of the first, %q, but ended with %q", r.Outcome(stops[first]), r.Outcome(act)).With(stops[first].End)
		case !joins && len(round) < len(r.Services()):
			return Broken(act.End, "a further stop stops every service again, but only %d of %d were", len(round), len(r.Services())).With(stops[first].End)
		}
		return Held()
	}
	return Unseen()
}

// stopOnceInAll proves that no service is stopped twice in the whole run.
func stopOnceInAll(r *Run) Result {
	res := Unseen()
	seen := make([]int, len(r.Services()))
	for _, c := range r.Calls(Stop) {
		if res = Held(); seen[c.Service] > 0 {
			return Broken(c.Begin, "two calls that stop the host share one stop, but %s was stopped again", r.Name(c.Service)).With(seen[c.Service] - 1)
		}
		seen[c.Service] = c.Begin + 1
	}
	return res
}

func stopNeverStarted(r *Run) Result {
	for _, act := range r.Acts("stop") {
		if s := r.Starters(); len(s) > 0 && s[0].Begin < act.Begin {
			return Unseen()
		}
		if act.End < 0 {
			if r.Stuck() && !r.anyOpen() {
				return Broken(-1, "stopping a host that was never started must succeed, but it never returned").With(act.Begin)
			}
			return Unseen()
		}
		for _, h := range []Hook{Starting, Start, Started, Stopping, Stop, Stopped} {
			if c := r.window(act, h); len(c) > 0 {
				return Broken(c[0].Begin, "stopping a host that was never started touches no service, but %s of %s was called", h, r.Name(c[0].Service))
			}
		}
		if len(r.stopFailures(act)) > 0 || r.callerLimitsStop() || r.skips(act) || len(r.idx().abandoned) > 0 {
			return Unseen() // the host lifetime's own failure
		}
		if r.Failed(act) {
			return Broken(act.End, "stopping a host that was never started must succeed, but ended with %q", r.Outcome(act))
		}
		return Held()
	}
	return Unseen()
}

func stopUnconstructed(r *Run) Result {
	starts := r.Starters()
	if len(starts) == 0 || !r.Failed(starts[0]) || len(r.Calls(Start)) > 0 || len(r.Calls(Starting)) > 0 {
		return Unseen()
	}
	n := 0 // services that came to be; the last one failed
	for s := range r.Services() {
		if _, ok := r.CallOf(s, New); ok {
			n++
		}
	}
	if n == 0 || n == len(r.Services()) && !has(r.Script(n-1, New), plan.Throw) || !r.newThrows() {
		return Unseen()
	}
	for _, act := range r.Acts("stop") {
		if act.Begin < starts[0].End || act.End < 0 || r.skips(act) || r.anyFailed(LifetimeStop) {
			continue
		}
		fails := r.Profile.Word("startingFlag") == "beforeConstruction"
		for _, c := range r.window(act, Stop) {
			return Broken(c.Begin, "%s has never started and must not be stopped, but was", r.Name(c.Service))
		}
		if fails != r.Failed(act) {
			return Broken(act.End, "after a service could not be constructed, the stop must %s, but ended with %q", map[bool]string{true: "fail", false: "succeed"}[fails], r.Outcome(act))
		}
		for _, note := range r.Notes(AppStopping) {
			if fails && note.Begin > act.Begin {
				return Broken(note.Begin, "the stop fails before anything is notified, but ApplicationStopping fired")
			}
		}
		return Held()
	}
	return Unseen()
}

func (r *Run) newThrows() bool {
	for s := range r.Services() {
		if has(r.Script(s, New), plan.Throw) {
			return true
		}
	}
	return false
}

func stopByRunToken(r *Run) Result {
	limit, ok := r.MainStep(plan.RunCancelAfter)
	if !ok || !r.OneStart() || r.Overlapping() || len(r.Signals()) > 0 || len(r.Requests()) > 0 {
		return Unseen()
	}
	act := r.Starters()[0]
	running := r.Running()
	if running < 0 || act.End < 0 || r.At(running)-r.At(act.Begin) >= limit-r.Early(limit) || len(r.stopFailures(act)) > 0 || r.disposalFailed() || r.anyFailed(Execute) || r.MayHaveExpired(act.End) {
		return Unseen()
	}
	if missing, _ := r.unstopped(act, act.End); len(missing) > 0 {
		return Broken(act.End, "cancelling run's token must stop the host gracefully, but %s was not stopped", r.Name(missing[0]))
	}
	if r.Failed(act) {
		return Broken(act.End, "cancelling run's token is an orderly stop and run must succeed, but it ended with %q", r.Outcome(act))
	}
	return Held()
}

// anyFailed tells whether any call of the hook failed.
func (r *Run) anyFailed(h Hook) bool {
	for _, c := range r.Calls(h) {
		if r.Failed(c) {
			return true
		}
	}
	return false
}

func stopSucceeds(r *Run) Result {
	if !r.OneStart() || r.Overlapping() || r.disposalFailed() || r.anyFailed(Execute) || len(r.idx().abandoned) > 0 || r.startTimedOut() || r.gaveUpStart() || r.MainHas(plan.StartCancelled, plan.StartCancelAfter) {
		return Unseen()
	}
	for h := Starting; h < hooks; h++ {
		if h != Execute && r.anyFailed(h) {
			return Unseen()
		}
	}
	for _, act := range r.Stoppers() {
		if act.End < 0 || r.called(act) == "stopHost" || r.MayHaveExpired(act.End) {
			continue
		}
		missing, n := r.unstopped(act, act.End)
		if n == 0 || len(missing) > 0 || len(r.window(act, Stop)) == 0 {
			continue
		}
		if r.Failed(act) {
			return Broken(act.End, "every start and every stop has succeeded, so host.%s must succeed, but it ended with %q", r.called(act), r.Outcome(act))
		}
		return Held()
	}
	return Unseen()
}
