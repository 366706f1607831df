package checks

import (
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// Area EXIT: the exit code, and that main has the last word on it.

func init() {
	clause("HOST-EXIT-001", mainsCode)
	clause("HOST-EXIT-002", askedForIsNoFailure)
	clause("HOST-EXIT-003", uncaughtFails)
	clause("HOST-EXIT-004", startFailureFails)
	clause("HOST-EXIT-005", stopFailureTold)
	clause("HOST-EXIT-006", setCodeKept)
	clause("HOST-EXIT-007", mainGoesOn)
	clause("HOST-EXIT-008", processEnds)
	clause("HOST-EXIT-009", crashFails)
	clause("HOST-EXIT-010", uncaughtAborts)
	clause("HOST-EXIT-011", sigtermCode)
	clause("HOST-EXIT-012", cutShortStart)
	clause("HOST-EXIT-013", leftBehindFails)
}

// exitSignal tells whether an exit of the runtime was asked for by a signal, so that main may be cut off.
func (r *Run) exitSignal() bool {
	return r.endsTheRuntime("SIGTERM") && (r.signalled("SIGTERM") || r.PlanHas(plan.Raise))
}

// hastened tells whether the process died of a signal that may have met it with its default action, which is not the
// host's doing: one that came after the first, or when run had returned.
func (r *Run) hastened() bool {
	died := r.Trace.End.Signal
	if e := r.Trace.End; e.Kind == trace.Exited && (e.Code == 143 || r.exitHandlerSets() || r.handlerSaw(143)) && r.rule("defaultSigterm") == "exit143" {
		died = "SIGTERM"
	} else if e.Kind != trace.Signaled {
		return false
	}
	if r.timerAborts() {
		return true
	}
	run := r.act("run")
	for k, s := range r.Sent() {
		if s.Name == died && (!IsStopSignal(s.Name) || !r.hearsSignals() || r.Handles(s.Name) && r.rule("signalHandlerOrder") == "newestFirst" || k > 0 || run.End >= 0 && s.At > run.End || r.returned() >= 0 && s.At > r.returned() || run.Begin < 0 || s.From < run.Begin) {
			return true
		}
	}
	return r.PlanHas(plan.Raise)
}

// handlerSaw tells whether the application's exit handler was first called with this exit code.
func (r *Run) handlerSaw(code int) bool {
	h := r.exitHandlers()
	return len(h) > 0 && r.Event(h[0]).Detail.N == code
}

// timerAborts tells whether the process may have died of a callback on a token that failed when a timeout fired it.
func (r *Run) timerAborts() bool {
	return r.rule("timerFailureAborts") == "true" && r.PlanHas(plan.OnCancelThrow) && r.Trace.End.Kind == trace.Signaled
}

// exitHandlerSets tells whether the application's exit handler has a word of its own on the exit code.
func (r *Run) exitHandlerSets() bool {
	return r.Plan != nil && r.Plan.ProcessExit != nil && has(*r.Plan.ProcessExit, plan.ExitCode)
}

// killedFromOutside tells whether the process died of a signal that was sent to it, or that it may have sent itself.
func (r *Run) killedFromOutside() bool {
	return r.Trace.End.Kind == trace.Signaled && (r.signalled(r.Trace.End.Signal) || r.PlanHas(plan.Raise))
}

// restarted tells whether the host was started twice, or after its disposal: of what ties it to the process only the latest
// is taken back then.
func (r *Run) restarted() bool {
	n := len(r.Starters())
	return n > 1 || n == 1 && r.disposedBefore(r.Starters()[0].Begin)
}

// mainsCode: unless the application ends the process itself, its exit code is what main returned.
func mainsCode(r *Run) Result {
	i := r.returned()
	if i < 0 || len(r.exits()) > 0 || r.crashed() || r.exitSignal() || r.hastened() || r.gated() && (r.restarted() || r.facts().exitCode > r.mains(plan.ExitCode)) {
		return Unseen()
	}
	if r.exitHandlerSets() || r.facts().setAside || len(r.idx().abandoned) > 0 && r.facts().exitCode > 0 {
		return Unseen() // somebody may set another when main has returned
	}
	if r.facts().exitCode > r.mains(plan.ExitCode) && r.goneOnAfter(i) {
		return Unseen() // somebody may have set another while the process was ending
	}
	code := r.Event(i).Detail.N & 0xff
	if want := r.mainsOwn(); r.facts().exitCode == 0 && r.Event(i).Detail.N != want {
		return Broken(i, "main says %d; it returned %d", want, r.Event(i).Detail.N)
	}
	switch e := r.Trace.End; {
	case e.Kind == trace.Exited && e.Code == code:
		return Held()
	case e.Kind == trace.Exited || e.Kind == trace.Signaled:
		return Broken(i, "main returned %d, which must be the exit code; the process %s", code, r.ending())
	}
	return Unseen() // HOST-EXIT-008 tells of it
}

// goneOnAfter tells whether anybody but the process itself, and its exit handler, did something after event i.
func (r *Run) goneOnAfter(i int) bool {
	for k := i + 1; k < len(r.Trace.Events); k++ {
		switch r.Event(k).Who {
		case trace.Process, trace.ProcessExit, trace.Signal, trace.Log:
		default:
			return true
		}
	}
	return false
}

// mainsOwn gives the code that the plan's main returns: 0 if it says nothing or an error leaves it.
func (r *Run) mainsOwn() int {
	code := 0
	for i := range r.Plan.Main {
		if s := &r.Plan.Main[i]; s.Kind == plan.Return && r.threw() < 0 {
			code = s.N
		}
	}
	return code
}

// askedForIsNoFailure: a stop that was asked for, in which nothing failed, is a success of run.
func askedForIsNoFailure(r *Run) Result {
	running, began := r.Running(), r.Began()
	run := r.act("run")
	if running < 0 || r.gaveUpStart() || r.startTimedOut() || began < running || run.End < began || run.Begin > running || len(r.exits()) > 0 || r.limited() {
		return Unseen()
	}
	if len(r.Requests()) == 0 && len(r.Signals()) == 0 && !r.PlanHas(plan.RunCancelAfter) {
		return Unseen()
	}
	for _, h := range [...]Hook{Execute, Stopping, Stop, Stopped, LifetimeStop, Dispose} {
		for _, c := range r.Calls(h) {
			if c.End < 0 || r.Failed(c) || h != Execute && c.End < run.End && h != Dispose && !r.InTime(c.End) {
				return Unseen()
			}
		}
	}
	if len(r.idx().abandoned) > 0 || len(r.Calls(Stop)) == 0 {
		return Unseen()
	}
	if r.Failed(run) {
		return Broken(run.End, "the stop was asked for and everything in it succeeded in time, so run must succeed; it ended with %s", r.Outcome(run))
	}
	return Held()
}

// uncaught gives the event with which an error left main that nobody catches, -1 if there is none.
func (r *Run) uncaught() int {
	if r.Plan.MainCatches || r.exitSignal() || r.hastened() || len(r.exits()) > 0 || r.signalled("SIGTERM") && r.rule("defaultSigterm") != "kills" && r.cutByDefault() {
		return -1
	}
	return r.threw()
}

// uncaughtFails: an error that leaves main ends the process with a failure.
func uncaughtFails(r *Run) Result {
	i := r.uncaught()
	if i < 0 || r.stalled() {
		return Unseen()
	}
	if e := r.Trace.End; e.Kind == trace.Exited && e.Code == 0 {
		return Broken(i, "an error left main, so the process must end with a failure; it exited with 0")
	}
	return Held()
}

// uncaughtAborts: an error that leaves main is an abort; no exit handler runs.
func uncaughtAborts(r *Run) Result {
	i := r.uncaught()
	if i < 0 || r.stalled() {
		return Unseen()
	}
	if e := r.Trace.End; (e.Kind != trace.Signaled || e.Signal != "SIGABRT") && r.PlanHas(plan.Raise) {
		return Unseen() // it died of that first
	} else if e.Kind != trace.Signaled || e.Signal != "SIGABRT" {
		return Broken(i, "an error that leaves main aborts the process, which then died of SIGABRT; it %s", r.ending())
	}
	for _, k := range r.exitHandlers() {
		if k > i {
			return Broken(k, "an abort runs no exit handler; this one ran").With(i)
		}
	}
	return Held()
}

// startFailureFails: a start that failed, and that main does not handle, ends the process with a failure.
func startFailureFails(r *Run) Result {
	if r.Plan.MainCatches || r.mains(plan.TryStart) > 0 || r.exitSignal() || len(r.exits()) > 0 {
		return Unseen()
	}
	for _, h := range [...]Hook{Starting, Start, Started} {
		for _, c := range r.Calls(h) {
			if !r.Failed(c) || r.Outcome(c) == trace.WasCancelled {
				continue
			}
			switch e := r.Trace.End; {
			case e.Kind == trace.Exited && e.Code == 0:
				return Broken(c.End, "the start of %s failed and main handles no error, so the process must end with a failure; it exited with 0", r.Name(c.Service))
			case r.stalled():
				return Unseen()
			}
			return Held()
		}
	}
	return Unseen()
}

// stopFailureTold: a service's failure to stop is not lost; the call that stopped the host fails.
func stopFailureTold(r *Run) Result {
	if r.PlanHas(plan.StopHostWait) || !r.OneStop() {
		return Unseen()
	}
	by := r.Stoppers()[0]
	for _, h := range [...]Hook{Stopping, Stop, Stopped} {
		for _, c := range r.Calls(h) {
			if !r.Failed(c) || r.Outcome(c) == trace.WasCancelled || by.End < c.End || by.Begin > c.Begin {
				continue
			}
			if r.Ok(by) {
				return Broken(by.End, "the stop of %s failed with %s, so %s must fail; it succeeded", r.Name(c.Service), r.Outcome(c), r.Event(by.Begin).What).With(c.End)
			}
			return Held()
		}
	}
	return Unseen()
}

// setCodeKept: an exit code that the application has set, and that main does not replace, is the process's.
func setCodeKept(r *Run) Result {
	f := r.facts()
	if r.ownLifetime() && len(r.Signals()) > 0 {
		return Unseen() // nobody may have handled it
	}
	if f.exitCode != 1 || r.gated() && (r.restarted() || r.mains(plan.RunBackground) > 0) || len(r.exits()) > 0 || r.crashed() || r.hastened() || r.stalled() || r.mains(plan.Return) > 0 {
		return Unseen()
	}
	if r.exitSignal() && r.rule("consoleSignals") == "exitGateWithHint" || r.threw() >= 0 && !r.Plan.MainCatches || !r.codeSet() {
		return Unseen()
	}
	if e := r.Trace.End; e.Kind != trace.Exited || e.Code != f.code&0xff {
		return Broken(-1, "the application set the exit code to %d and nobody replaced it; the process %s", f.code, r.ending())
	}
	return Held()
}

// codeSet tells whether the plan's exitCode step was certainly reached: it stands in main before the host runs, or in a
// hook that ended.
func (r *Run) codeSet() bool {
	for i := range r.Plan.Main {
		k := r.Plan.Main[i].Kind
		if k == plan.ExitCode {
			return true
		}
		if k != plan.Build && (r.threw() >= 0 || r.returned() < 0) {
			break // main may never have come further
		}
	}
	for k := range r.Services() {
		for _, h := range [...]Hook{Start, Stop, Stopping, Stopped} {
			if c, ok := r.CallOf(k, h); ok && r.Ok(c) && has(r.Script(k, h), plan.ExitCode) {
				return true
			}
		}
	}
	return false
}

// mainGoesOn: after run has returned, nothing of the host ends the process under main.
func mainGoesOn(r *Run) Result {
	run := r.act("run")
	if d := r.act("dispose"); run.Begin < 0 && r.Ok(r.act("waitForShutdown")) && d.Begin > r.act("waitForShutdown").End {
		run = d // main does by hand what run does
	}
	if !r.Ok(run) || len(r.exits()) > 0 || r.crashed() || r.exitSignal() || r.hastened() || r.mains(plan.RunBackground) > 0 {
		return Unseen()
	}
	if r.returned() >= 0 || r.threw() >= 0 {
		return Held()
	}
	if r.stalled() {
		return Unseen()
	}
	return Broken(-1, "after run has returned main goes on to its end; the process %s before that", r.ending()).With(run.End)
}

// processEnds: when main returns the process ends, whether or not the host was disposed, but for the releases that hold
// the exit up.
func processEnds(r *Run) Result {
	i := r.returned()
	if h := r.Plan.ProcessExit; i < 0 || h != nil && (!finite(*h) || has(*h, plan.StopApp) && len(r.callbacks(AppStopping)) > 0) {
		return Unseen()
	}
	if !r.gated() || r.Plan.HostLifetime != nil {
		if r.stalled() {
			return Broken(i, "when main has returned the process must end; it %s", r.ending())
		}
		return Held()
	}
	if len(r.Starters()) == 0 || r.act("dispose").Begin >= 0 || r.act("run").Begin >= 0 || r.returnedDisposed() || len(r.exits()) > 0 || r.timerAborts() || r.killedFromOutside() || r.crashed() {
		return Unseen()
	}
	if !r.stalled() {
		return Broken(i, "main returned and the host was never disposed, so its exit handler holds up the exit for ever; the process %s", r.ending())
	}
	return Held()
}

// returnedDisposed tells whether a service was disposed, and so the host.
func (r *Run) returnedDisposed() bool { return len(r.Calls(Dispose)) > 0 }

// finite tells whether a script that holds the thread comes to an end.
func finite(s plan.Script) bool {
	for i := range s {
		if has(s[i:i+1], plan.Exit, plan.BlockForever, plan.WaitRun, plan.StopHostWait) || s[i].Dur < 0 {
			return false
		}
	}
	return true
}

// crashFails: an error on a thread of the application's own ends the process with a failure.
func crashFails(r *Run) Result {
	if end := r.returned(); !r.crashed() || len(r.exits()) > 0 || r.exitSignal() || end >= 0 && r.At(r.Last())-r.At(end) <= r.Early(0) {
		return Unseen() // or main came to its end at the same time
	}
	if r.stalled() {
		return Unseen()
	}
	if e := r.Trace.End; e.Kind == trace.Exited && e.Code == 0 {
		return Broken(-1, "an error on a thread of the application's own that nobody handles must end the process with a failure; it exited with 0")
	}
	return Held()
}

// sigtermCode: which exit code a graceful stop has that SIGTERM asked for.
func sigtermCode(r *Run) Result {
	s, ok := r.stopSignal(named("SIGTERM"))
	if !ok || r.hastened() || r.gated() && (len(r.Requests()) > 0 || len(r.Signals()) > 1 || r.mains(plan.RunBackground) > 0) || len(r.exits()) > 0 || r.crashed() || r.threw() >= 0 || r.Trace.End.Kind != trace.Exited || r.facts().exitCode > 1 {
		return Unseen()
	}
	set := 0
	if r.facts().exitCode == 1 {
		set = r.facts().code
	}
	mains := set
	for i := range r.Plan.Main {
		if r.Plan.Main[i].Kind == plan.Return {
			mains = r.Plan.Main[i].N
		}
	}
	code, want := r.Trace.End.Code, "what main returns"
	good := code == mains&0xff
	switch r.rule("consoleSignals") {
	case "exitGate":
		good, want = good || code == set&0xff || code == 0 && !r.codeSet(), "what the application has set, or main returns if it gets there"
	case "exitGateWithHint":
		good, want = good && r.facts().exitCode == 0 || code == 0, "0, or what main returns if it gets there"
	default:
		if r.facts().exitCode > 0 && !r.codeSet() || r.returned() < 0 {
			return Unseen()
		}
	}
	if !good {
		return Broken(s.At, "after a graceful stop that SIGTERM asked for the exit code is %s; it was %d", want, code)
	}
	return Held()
}

// cutShortStart: what a start that a stop signal cut short makes of run.
func cutShortStart(r *Run) Result {
	s, ok := r.duringStart()
	run := r.act("run")
	if !ok || run.Begin < 0 || len(r.exits()) > 0 || r.exitSignal() || r.startTimedOut() || len(r.idx().abandoned) > 0 {
		return Unseen()
	}
	cut := -1
	for _, h := range [...]Hook{Starting, Start, Started} {
		for _, c := range r.Calls(h) {
			switch {
			case r.Outcome(c) == trace.WasCancelled && c.End > s.From:
				cut = c.End
			case r.Failed(c):
				return Unseen()
			}
		}
	}
	for _, h := range [...]Hook{Execute, Stopping, Stop, Stopped, LifetimeStop, Dispose} {
		for _, c := range r.Calls(h) {
			if c.End < 0 || r.Failed(c) && (h != Execute || r.Outcome(c) != trace.WasCancelled) {
				return Unseen()
			}
		}
	}
	if cut < 0 {
		return Unseen()
	}
	if run.End < 0 {
		if r.stalled() && r.Patient() {
			return Broken(-1, "%s cut the start short, so run must end; the process %s", s.Name, r.ending()).With(cut)
		}
		return Unseen()
	}
	graceful := r.rule("stopDuringStart") == "graceful"
	if graceful && r.Failed(run) {
		return Broken(run.End, "%s cut the start short, which is a stop that was asked for, so run must succeed; it ended with %s", s.Name, r.Outcome(run)).With(cut)
	}
	if !graceful && !r.Failed(run) {
		return Broken(run.End, "%s cut the start short, so run must fail with the cancellation; it succeeded", s.Name).With(cut)
	}
	return Held()
}

// leftByStop gives the first event with which the host abandoned a call that was none of a start, -1 if there is none.
func (r *Run) leftByStop() int {
	for _, i := range r.idx().abandoned {
		starting := false
		for _, h := range [...]Hook{Starting, Start, Started} {
			for _, c := range r.Calls(h) {
				starting = starting || c.Open(i) && r.Name(c.Service) == r.Event(i).Who
			}
		}
		if !starting {
			return i
		}
	}
	return -1
}

// leftBehindFails: a stop that had to leave something behind is no success.
func leftBehindFails(r *Run) Result {
	left := r.leftByStop()
	if left < 0 || !r.OneStop() {
		return Unseen()
	}
	by := r.Stoppers()[0]
	switch {
	case by.Begin > left || by.End >= 0 && by.End < left:
		return Unseen()
	case r.Ok(by):
		return Broken(by.End, "a call was abandoned, so %s must fail; it succeeded", r.Event(by.Begin).What).With(left)
	case by.End < 0 && r.Plan.MainCatches:
		return Unseen() // main was told, and ends as it likes
	case by.End < 0 && r.Trace.End.Kind == trace.Exited && r.Trace.End.Code == 0:
		return Broken(-1, "a call was abandoned, so the process must end with a failure; it exited with 0").With(left)
	case by.End < 0 && r.stalled():
		return Unseen()
	}
	return Held()
}
