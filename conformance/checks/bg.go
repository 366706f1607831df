package checks

import (
	"time"

	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// Area BG: the body of a background service, its start and its stop.

func init() {
	clause("HOST-BG-001", eachWorker(startDoesNotWait))
	clause("HOST-BG-002", eachWorker(bodyOnce))
	clause("HOST-BG-003", eachWorker(bodyAfterStart))
	clause("HOST-BG-004", eachWorker(stopCancelsBody))
	clause("HOST-BG-005", eachWorker(stopWaitsForBody))
	clause("HOST-BG-006", eachWorker(stopLeavesBody))
	clause("HOST-BG-007", eachWorker(giveUpIsQuiet))
	clause("HOST-BG-008", eachWorker(blockingBody))
	clause("HOST-BG-009", eachWorker(failsAtOnce))
	clause("HOST-BG-010", eachWorker(linkedToStart))
	clause("HOST-BG-011", eachWorker(aliveUntilItsStop))
	clause("HOST-BG-012", eachWorker(callbackFails))
}

// worker is one background service of the plan and what it did: the first call of its start, its body and its stop, each
// with Begin -1 if there was none.
type worker struct {
	k                 int
	name              string
	start, body, stop Call
	script            plan.Script
}

// eachWorker makes a check of one that looks at one background service: it fails if one fails, holds if one holds.
func eachWorker(look func(*Run, worker) Result) Check {
	return func(r *Run) Result {
		best := Unseen()
		for k := range r.Plan.Services {
			s := &r.Plan.Services[k]
			if s.Kind != plan.Background {
				continue
			}
			w := worker{k: k, name: s.Name, script: s.Hooks[plan.HookExecute]}
			w.start, _ = r.CallOf(k, Start)
			w.body, _ = r.CallOf(k, Execute)
			w.stop, _ = r.CallOf(k, Stop)
			if res := look(r, w); res.Kind == Fail {
				return res
			} else if res.Kind == Pass {
				best = res
			}
		}
		return best
	}
}

// lead gives the first step of a script that is neither a mark nor a callback that is registered; nil if there is none.
func lead(s plan.Script) *plan.Step {
	for i := range s {
		switch s[i].Kind {
		case plan.Mark, plan.OnCancelThrow, plan.OnCancelBlock, plan.ExitCode:
		default:
			return &s[i]
		}
	}
	return nil
}

// lasted is how long a call took; it must have ended.
func (r *Run) lasted(c Call) time.Duration { return r.Event(c.End).At - r.Event(c.Begin).At }

// startDoesNotWait: the start of a background service does not wait for its work.
func startDoesNotWait(r *Run, w worker) Result {
	l := lead(w.script)
	if l == nil || w.body.Begin < 0 || w.start.Begin < 0 || r.Event(w.start.Begin).Token == trace.Cancelled {
		return Unseen()
	}
	switch l.Kind {
	case plan.Delay, plan.Sleep:
		if l.Dur >= 0 && l.Dur <= 2*r.slack() {
			return Unseen()
		}
	case plan.UntilCancelled, plan.Hang, plan.Accept:
	default:
		return Unseen()
	}
	switch {
	case w.start.End < 0 && r.stalled() && len(r.exits()) == 0:
		return Broken(-1, "the start of the background service %s must not wait for its work; it never ended", w.name).With(w.start.Begin)
	case w.start.End < 0:
		return Unseen()
	case w.body.End >= 0 && w.body.End < w.start.End && r.lasted(w.body) > 2*r.slack():
		return Broken(w.start.End, "the start of the background service %s must not wait for its work; it ended when the work had", w.name).With(w.body.End)
	}
	if next, ok := r.CallOf(w.k+1, Start); ok && w.body.End >= 0 && next.Begin > w.body.End && r.lasted(w.body) > 2*r.slack() && r.Event(next.Begin).At > r.Event(w.start.End).At+2*r.slack() {
		return Broken(next.Begin, "the start of the next service, %s, must not wait for the work of the background service %s; it began when the work had ended", r.Name(w.k+1), w.name).With(w.body.End)
	}
	return Held()
}

// bodyOnce: each start of a background service calls its body once.
func bodyOnce(r *Run, w worker) Result {
	starts, bodies := r.bodies().starts[w.k], r.bodies().calls[w.k]
	if bodies > starts && starts > 0 {
		at := w.body.Begin
		for _, c := range r.Calls(Execute) {
			if c.Service == w.k {
				at = c.Begin
			}
		}
		return Broken(at, "each start of the background service %s calls its body once; %d starts called it %d times", w.name, starts, bodies)
	}
	switch {
	case bodies > 0:
		return Held()
	case starts != 1 || !r.Ok(w.start) || r.Event(w.start.Begin).Token == trace.Cancelled || r.Last() < 0 || !r.After(r.Last(), w.start.End, 200*time.Millisecond):
		return Unseen()
	case r.rule("workerSkipped") == "true" && r.Began() >= 0 && (r.slowTokens() || !r.After(r.Began(), w.start.End, 200*time.Millisecond)):
		return Unseen()
	}
	return Broken(w.start.End, "the start of the background service %s succeeded, so its body must be called; it never was", w.name)
}

// bodyAfterStart: the body is not called before the start.
func bodyAfterStart(r *Run, w worker) Result {
	if w.body.Begin < 0 {
		return Unseen()
	}
	if w.start.Begin < 0 || w.body.Begin < w.start.Begin {
		return Broken(w.body.Begin, "the body of the background service %s must not be called before its start", w.name)
	}
	return Held()
}

// stopCancelsBody: the stop of a background service cancels the token of its body.
func stopCancelsBody(r *Run, w worker) Result {
	if l := lead(w.script); l == nil || l.Kind != plan.UntilCancelled || w.body.Begin < 0 || w.stop.Begin < w.body.Begin || len(r.Starters()) > 1 {
		return Unseen()
	}
	switch {
	case r.Event(w.body.Begin).Token == trace.Cancelled || r.failsBefore(w):
		return Unseen() // it had fired before
	case r.firedIn(w) >= 0:
		return Held()
	case w.stop.End >= 0:
		return Broken(w.stop.End, "the stop of the background service %s cancels the token of its body; it ended and the token never fired", w.name).With(w.stop.Begin)
	case r.stalled():
		return Broken(-1, "the stop of the background service %s cancels the token of its body; the token never fired and the process %s", w.name, r.ending()).With(w.stop.Begin)
	}
	return Unseen()
}

// failsBefore tells whether the body failed before it came to wait for its token: a callback that is registered on one that has
// fired throws at once.
func (r *Run) failsBefore(w worker) bool {
	return has(w.script, plan.OnCancelThrow) && r.Failed(w.body) && r.Outcome(w.body) != trace.WasCancelled
}

// working tells whether the body was running when the stop was called.
func (w worker) working() bool {
	return w.body.Begin >= 0 && w.stop.Begin > w.body.Begin && (w.body.End < 0 || w.body.End > w.stop.Begin)
}

// left gives the event with which the service was abandoned, -1 if it was not.
func (r *Run) left(name string) int {
	for _, i := range r.idx().abandoned {
		if r.Event(i).Who == name {
			return i
		}
	}
	return -1
}

// leftBehind gives the end of the call that stopped the host when the stop c was still running then: the host gave it up and
// named nobody. -1: it did not.
func (r *Run) leftBehind(c Call) int {
	for _, act := range r.Stoppers() {
		if act.Begin < c.Begin && c.Open(act.End) {
			return act.End
		}
	}
	return -1
}

// stopWaitsForBody: the stop of a background service waits for its body to end, as long as there is time.
func stopWaitsForBody(r *Run, w worker) Result {
	if !w.working() || len(r.Starters()) > 1 && r.bodies().starts[w.k] > 1 || w.stop.End < 0 || !r.InTime(w.stop.End) || r.left(w.name) >= 0 || r.Event(w.stop.Begin).Token == trace.Cancelled {
		return Unseen()
	}
	if w.body.End < 0 || w.body.End > w.stop.End {
		return Broken(w.stop.End, "the stop of the background service %s waits for its body to end, until the shutdown timeout is over; it ended before both", w.name).With(w.stop.Begin)
	}
	return Held()
}

// outlasts tells whether the body was still running when the shutdown timeout, counted from the stop of this service, was
// over, and could not have held the stopping thread.
func (r *Run) outlasts(w worker) (time.Duration, bool) {
	d, ok := r.timeout()
	if !ok || !w.working() || has(w.script, plan.Block, plan.BlockForever, plan.OnCancelBlock, plan.Exit, plan.WaitRun, plan.StopHostWait) {
		return 0, false
	}
	if w.body.End >= 0 && r.Event(w.body.End).At < r.Event(w.stop.Begin).At+d+r.slack() {
		return 0, false
	}
	return d, w.body.End >= 0 || r.Last() >= 0 && (r.stalled() || w.stop.End >= 0 || r.left(w.name) >= 0 || r.leftBehind(w.stop) >= 0)
}

// stopLeavesBody: when the shutdown timeout is over the stop of a background service does not wait any longer.
func stopLeavesBody(r *Run, w worker) Result {
	d, ok := r.outlasts(w)
	if !ok {
		return Unseen()
	}
	end := w.stop.End
	if left := r.left(w.name); left >= 0 && (end < 0 || left < end) {
		end = left
	}
	if end < 0 {
		end = r.leftBehind(w.stop)
	}
	switch {
	case end < 0 && r.stalled():
		return Broken(-1, "the stop of the background service %s waits for its body no longer than the shutdown timeout, %v; it never ended", w.name, d).With(w.stop.Begin)
	case end < 0:
		return Unseen()
	case r.Event(end).At > r.Event(w.stop.Begin).At+d+time.Second:
		return Broken(end, "the stop of the background service %s waits for its body no longer than the shutdown timeout, %v; it took %v", w.name, d, r.Event(end).At-r.Event(w.stop.Begin).At).With(w.stop.Begin)
	}
	return Held()
}

// giveUpIsQuiet: a background service that is left working at the deadline fails nobody.
func giveUpIsQuiet(r *Run, w worker) Result {
	_, ok := r.outlasts(w)
	if !ok || w.stop.End < 0 || has(w.script, plan.OnCancelThrow) {
		return Unseen()
	}
	if r.Failed(w.stop) {
		return Broken(w.stop.End, "the stop of a background service whose body outlasts the shutdown timeout ends quietly; that of %s ended with %s", w.name, r.Outcome(w.stop))
	}
	return Held()
}

// blockingBody: what a body that holds its thread from the first step on does to the start.
func blockingBody(r *Run, w worker) Result {
	l := lead(w.script)
	if l == nil || l.Kind != plan.Block || l.Dur <= 2*r.slack() || w.body.Begin < 0 || w.start.End < 0 || r.failsBefore(w) {
		return Unseen()
	}
	over := r.Event(w.body.Begin).At + l.Dur
	if r.rule("workerBody") == "inline" {
		if w.body.Begin > w.start.End || r.Event(w.start.End).At < over-r.slack() {
			return Broken(w.start.End, "the body of the background service %s runs inside its start up to its first wait; the start ended before that", w.name).With(w.body.Begin)
		}
		return Held()
	}
	if w.body.Begin < w.start.End && r.Event(w.start.End).At >= over {
		return Broken(w.start.End, "the body of the background service %s runs on a thread of its own; the start waited until it let go of the thread", w.name).With(w.body.Begin)
	}
	return Held()
}

// failsAtOnce: what the failure of a body that fails before its first wait does to the start.
func failsAtOnce(r *Run, w worker) Result {
	l := lead(w.script)
	if l == nil || l.Kind != plan.Throw || w.start.End < 0 || r.Event(w.start.Begin).Token == trace.Cancelled {
		return Unseen()
	}
	if r.rule("workerBody") == "inline" {
		if !r.Failed(w.start) {
			return Broken(w.start.End, "the body of the background service %s fails before its first wait, so its start fails; it succeeded", w.name)
		}
		return Held()
	}
	if r.Failed(w.start) {
		return Broken(w.start.End, "the start of the background service %s does not depend on its body, which failed; it ended with %s", w.name, r.Outcome(w.start))
	}
	return Held()
}

// linkedToStart: what a stop request during the start does to a body that is running already.
func linkedToStart(r *Run, w worker) Result {
	l := lead(w.script)
	note := r.Notes(AppStopping)
	if l == nil || l.Kind != plan.UntilCancelled || w.body.Begin < 0 || w.stop.Begin < 0 || len(note) == 0 || !r.Ok(w.start) {
		return Unseen()
	}
	asked := note[0].Begin
	if w.body.Begin > asked || w.start.End > asked || r.PlanHas(plan.StartCancelAfter, plan.RunCancelAfter) {
		return Unseen()
	}
	if !r.pending(asked) || r.startTimedOut() || !r.OneStart() || r.failsBefore(w) {
		return Unseen()
	}
	fired := r.firedIn(w)
	if d, ok := r.CallOf(w.k, Dispose); ok && d.Begin < fired {
		return Unseen() // its disposal cancels it too
	}
	if r.rule("workerTokenLinked") == "true" {
		if r.PlanHas(plan.OnCancelBlock) {
			return Unseen() // a callback may hold up whoever cancels it
		}
		if fired < 0 || fired > w.stop.Begin {
			return Broken(w.stop.Begin, "a stop request during the start cancels the body of the background service %s at once; it was cancelled by its own stop only", w.name).With(asked)
		}
		return Held()
	}
	if fired >= 0 && fired < w.stop.Begin {
		return Broken(fired, "a stop request during the start leaves the background service %s alone until its own stop; it was cancelled before", w.name).With(asked)
	}
	return Held()
}

// aliveUntilItsStop: when the host has started, a body's token is not cancelled before its own stop is called.
func aliveUntilItsStop(r *Run, w worker) Result {
	running, began := r.Running(), r.Began()
	if running < 0 || began < running || w.body.Begin < 0 || r.Event(w.body.Begin).Token == trace.Cancelled || r.PlanHas(plan.StartCancelAfter, plan.RunCancelAfter, plan.Raise) {
		return Unseen()
	}
	if a := r.asked(); a >= 0 && a < running {
		return Unseen()
	}
	for _, s := range r.Sent() {
		if !r.SurelyAfter(s, running) {
			return Unseen()
		}
	}
	fired := r.firedIn(w)
	if f := r.bodies().failed; f >= 0 && f < max(running, fired) {
		return Unseen() // it may have asked for a stop while the host was starting
	}
	disposed, _ := r.CallOf(w.k, Dispose)
	switch {
	case fired < 0, (fired < running || r.startTimedOut() || r.slowTokens()) && r.hasStartupTimeout():
		return Unseen()
	case w.stop.Begin >= 0 && fired > w.stop.Begin, disposed.Begin >= 0 && fired > disposed.Begin:
		return Held()
	}
	return Broken(fired, "the token of the background service %s is cancelled by its own stop; it was cancelled before that was called", w.name).With(began)
}

// callbackFails: a callback on the body's token that fails makes the stop fail, when the body has ended.
func callbackFails(r *Run, w worker) Result {
	if !has(w.script, plan.OnCancelThrow) || !w.working() || w.stop.End < 0 || w.start.End < 0 || w.start.End > w.stop.Begin || r.Overlapping() {
		return Unseen()
	}
	if r.failsBefore(w) {
		return Unseen()
	}
	if i := r.First(w.name, "cancelCallback", trace.Begin); i < w.stop.Begin || i > w.stop.End {
		return Unseen()
	}
	if !r.Failed(w.stop) {
		return Broken(w.stop.End, "a callback on the token of the background service %s failed, so its stop fails; it succeeded", w.name)
	}
	if w.body.End > w.stop.End && r.InTime(w.stop.End) && r.bodies().calls[w.k] == 1 {
		return Broken(w.stop.End, "the stop of the background service %s waits for its body even if a callback on the token failed; it ended before", w.name)
	}
	return Held()
}

// pending tells whether some service was being started at event i, and that went on well after it.
func (r *Run) pending(i int) bool {
	if running := r.Running(); running >= 0 && running < i {
		return false
	}
	for _, c := range r.Calls(Start) {
		if c.Open(i) && c.End >= 0 && r.After(c.End, i, 2*r.slack()) {
			return true
		}
	}
	return false
}
