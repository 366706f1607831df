package checks

import (
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// Area EXIT: calls of exit, exit handlers, crashes.

func init() {
	clause("HOST-EXIT-014", exitWhileAlive)
	clause("HOST-EXIT-015", exitOutside)
	clause("HOST-EXIT-016", exitDeadlock)
	clause("HOST-EXIT-017", exitHandlersLast)
	clause("HOST-EXIT-018", exitHandlersFirst)
	clause("HOST-EXIT-019", exitRunsHandlers)
	clause("HOST-EXIT-020", nestedExit)
	clause("HOST-EXIT-021", deathRunsNoHandler)
	clause("HOST-EXIT-022", crashAborts)
	clause("HOST-EXIT-023", lastExitCounts)
}

// life gives the span in which the host's lifetime is installed: from the first start to the end of the disposal, which
// is the number of events if it never came.
func (r *Run) life() (from, to int) {
	from, to = -1, len(r.Trace.Events)
	if st := r.Starters(); len(st) > 0 {
		from = st[0].Begin
	}
	if run := r.act("run"); run.End >= 0 {
		to = run.End
	} else if d := r.act("dispose"); d.End >= 0 {
		to = d.End
	}
	return from, to
}

// exitCall gives the only call of exit of the run, if it was not made while exit handlers were running.
func (r *Run) exitCall() (i, code int, ok bool) {
	list := r.exits()
	if len(list) != 1 || r.crashed() {
		return -1, 0, false
	}
	i = list[0]
	for _, k := range r.exitHandlers() {
		if k < i {
			return -1, 0, false
		}
	}
	if r.Plan.ProcessExit != nil && (!finite(*r.Plan.ProcessExit) || has(*r.Plan.ProcessExit, plan.StopApp) && len(r.callbacks(AppStopping)) > 0 || has(*r.Plan.ProcessExit, plan.ExitCode)) || r.exitSignal() || r.hastened() {
		return -1, 0, false
	}
	if end := r.returned(); r.uncaughtAside() || end >= 0 && (end < i || !r.gated()) {
		return -1, 0, false // main is aborted, or has ended the process before, or its code is the later one
	}
	return i, r.Event(i).Detail.N, true
}

// codes lists what main may end the process with if it gets to its end.
func (r *Run) codes() (set, returned int) {
	if f := r.facts(); f.exitCode > 0 {
		set = f.code
	}
	returned = set
	for i := range r.Plan.Main {
		if r.Plan.Main[i].Kind == plan.Return {
			returned = r.Plan.Main[i].N
		}
	}
	return set & 0xff, returned & 0xff
}

// exitWhileAlive: what an exit that the application calls does while the host lives.
func exitWhileAlive(r *Run) Result {
	i, code, ok := r.exitCall()
	from, to := r.life()
	if !ok || from < 0 || i < from || i > to {
		return Unseen()
	}
	e := r.Trace.End
	if !r.gated() {
		if r.facts().exitCode > r.mains(plan.ExitCode) {
			return Unseen() // somebody may have set another meanwhile
		}
		if e.Kind != trace.Exited || e.Code != code&0xff {
			return Broken(i, "an exit that the application calls is not the host's business and ends the process with %d; it %s", code, r.ending())
		}
		return Held()
	}
	if r.Plan.HostLifetime != nil || e.Kind != trace.Exited || r.facts().exitCode > 0 || r.threw() >= 0 || r.mains(plan.RunBackground) > 0 {
		return Unseen()
	}
	if d, h := r.Calls(Dispose), r.exitHandlers(); len(d) > 0 && len(h) > 0 && d[0].Begin < max(h[0], r.Next(h[0], trace.Process, "processExit", trace.End)) {
		return Unseen() // the host was gone before its own exit handler had its turn
	}
	kept := code & 0xff
	if r.rule("consoleSignals") == "exitGateWithHint" {
		kept = 0
	}
	if _, mains := r.codes(); e.Code != kept && e.Code != mains {
		return Broken(i, "an exit while the host lives stops the host first and then ends the process with %d, or with main's %d if main gets there first; it exited with %d", kept, mains, e.Code)
	}
	if began := r.Began(); began < 0 {
		return Broken(i, "an exit while the host lives stops the host first; no stop ever began")
	}
	return Held()
}

// exitOutside: before the start and after the disposal an exit is plain.
func exitOutside(r *Run) Result {
	i, code, ok := r.exitCall()
	from, to := r.life()
	if !ok || from >= 0 && i > from && i < to || from >= 0 && i < from && r.signalled("SIGTERM") || r.gated() && (r.restarted() || unended(r.Notes(AppStopping))) || r.returned() > i {
		return Unseen()
	}
	for _, c := range r.Calls(Dispose) {
		if !r.Ok(c) {
			return Unseen() // a disposal that failed may not have come to the host lifetime
		}
	}
	if e := r.Trace.End; e.Kind != trace.Exited || e.Code != code&0xff {
		return Broken(i, "an exit before the start or after the disposal of the host ends the process with %d; it %s", code, r.ending())
	}
	return Held()
}

// waited tells whether the plan's only exit stands where the stop or the disposal of the host waits for the caller.
func (r *Run) waited() bool {
	n := 0
	count := func(s plan.Script) bool {
		for i := range s {
			switch s[i].Kind {
			case plan.Exit:
				n++
			case plan.Spawn:
				if has(s[i].Steps, plan.Exit) {
					n += 2
				}
			}
		}
		return true
	}
	for k := range r.Plan.Services {
		for hook, s := range r.Plan.Services[k].Hooks {
			if hook == plan.HookExecute && has(s, plan.Exit) {
				return false
			}
			count(s)
		}
	}
	for _, list := range [...][]plan.Script{r.Plan.ApplicationStarted, r.Plan.ApplicationStopping, r.Plan.ApplicationStopped} {
		for _, s := range list {
			count(s)
		}
	}
	return n == 1 && !has(r.Plan.Main, plan.Exit) && (r.Plan.ProcessExit == nil || !has(*r.Plan.ProcessExit, plan.Exit)) && r.mains(plan.RunBackground) == 0
}

// uncaughtAside tells whether an error left main while a call of exit was waiting, which aborts the process.
func (r *Run) uncaughtAside() bool { return r.threw() >= 0 && !r.Plan.MainCatches }

// exitDeadlock: an exit on a thread that the stop of the host waits for never ends.
func exitDeadlock(r *Run) Result {
	i, code, ok := r.exitCall()
	from, to := r.life()
	if !ok || !r.gated() || r.Plan.HostLifetime != nil || from < 0 || i < from || i > to || !r.waited() || r.uncaughtAside() || r.PlanHas(plan.StopHostWait) {
		return Unseen()
	}
	if r.Trace.End.Kind == trace.Exited || r.Trace.End.Kind == trace.Signaled {
		return Broken(i, "exit %d holds a thread that the stop of the host waits for, while the exit waits for the host, so neither ever ends; the process %s", code, r.ending())
	}
	return Held()
}

// exitHandlersLast: exit handlers run once, when main has returned, and see main's code.
func exitHandlersLast(r *Run) Result {
	i := r.returned()
	if i < 0 || r.Plan.ProcessExit == nil || len(r.exits()) > 0 || r.crashed() || r.exitSignal() || r.stalled() || r.hastened() {
		return Unseen()
	}
	list := r.exitHandlers()
	switch {
	case len(list) == 0:
		return Broken(-1, "when main has returned the application's exit handler runs; it never did").With(i)
	case len(list) > 1:
		return Broken(list[1], "the application's exit handler runs once; it ran again").With(list[0])
	case list[0] < i && (r.PlanHas(plan.Raise) || r.signalled("SIGTERM") && (r.handlerSaw(143) || r.facts().exitCode > 0)):
		return Unseen() // it ran for a signal that met its default action
	case list[0] < i:
		return Broken(list[0], "the application's exit handler runs when main has returned; it ran before").With(i)
	case r.Event(list[0]).Detail != r.Event(i).Detail:
		return Broken(list[0], "the application's exit handler sees the exit code that main returned, %d; it saw %d", r.Event(i).Detail.N, r.Event(list[0]).Detail.N).With(i)
	}
	return Held()
}

// exitHandlersFirst: where SIGTERM is an exit of the runtime, exit handlers run before the stop.
func exitHandlersFirst(r *Run) Result {
	s, ok := r.stopSignal(named("SIGTERM"))
	if !ok || !r.endsTheRuntime("SIGTERM") || r.Plan.ProcessExit == nil || !finite(*r.Plan.ProcessExit) || len(r.exits()) > 0 || r.crashed() {
		return Unseen()
	}
	if r.rule("defaultSigterm") == "exit0" && r.facts().exitCode > 1 {
		return Unseen() // which of the codes was set by then is not known
	}
	list := r.exitHandlers()
	if len(list) == 0 {
		return Broken(s.At, "SIGTERM is an exit of the runtime, so the application's exit handler runs; it never did")
	}
	if c := r.Calls(Stop); len(c) > 0 && c[0].Begin < list[0] {
		return Broken(list[0], "SIGTERM is an exit of the runtime, whose first handler is the application's; a service was stopped before it").With(c[0].Begin)
	}
	set, _ := r.codes()
	if saw := r.Event(list[0]).Detail.N; r.rule("defaultSigterm") == "exit143" && saw != 143 || r.rule("defaultSigterm") == "exit0" && saw != set && saw != 0 {
		return Broken(list[0], "the application's exit handler sees the code that the runtime gives SIGTERM; it saw %d", saw)
	}
	return Held()
}

// exitRunsHandlers: an exit runs the application's exit handler, which sees its code, before the process ends.
func exitRunsHandlers(r *Run) Result {
	i, code, ok := r.exitCall()
	if !ok || r.Plan.ProcessExit == nil || r.facts().exitCode > r.mains(plan.ExitCode) { // somebody may have set another meanwhile
		return Unseen()
	}
	for _, k := range r.exitHandlers() {
		if saw := r.Event(k).Detail.N; saw != code {
			return Broken(k, "the application's exit handler sees the code of the exit, %d; it saw %d", code, saw).With(i)
		}
		if r.Next(k, trace.Process, "processExit", trace.End) < 0 {
			return Broken(k, "the exit waits for the application's exit handler to end; the process %s before it did", r.ending()).With(i)
		}
		return Held()
	}
	return Broken(i, "an exit runs the application's exit handler; it never ran and the process %s", r.ending())
}

// nestedExit: an exit inside an exit handler never returns.
func nestedExit(r *Run) Result {
	if r.Plan.ProcessExit == nil || !has(*r.Plan.ProcessExit, plan.Exit) {
		return Unseen()
	}
	h := r.exitHandlers()
	if len(h) == 0 {
		return Unseen()
	}
	list := r.exits()
	if len(list) == 0 || list[len(list)-1] < h[0] || r.timerAborts() || r.killedFromOutside() || r.uncaughtAside() || r.crashed() {
		return Unseen()
	}
	if !r.stalled() {
		return Broken(list[len(list)-1], "an exit inside an exit handler waits for the exit that is under way, which waits for the handler, so neither ever ends; the process %s", r.ending())
	}
	return Held()
}

// deathRunsNoHandler: a process that dies of a signal runs no exit handler.
func deathRunsNoHandler(r *Run) Result {
	e := r.Trace.End
	if e.Kind != trace.Signaled || r.Plan.ProcessExit == nil || r.timerAborts() || r.PlanHas(plan.Raise) {
		return Unseen()
	}
	by := r.threw()
	for _, i := range r.Signals() {
		if r.Event(i).What == e.Signal {
			by = i
		}
	}
	for _, i := range r.named("threw") {
		by = max(by, i)
	}
	if by < 0 {
		return Unseen()
	}
	for _, k := range r.exitHandlers() {
		if x := r.exits(); len(x) > 0 && x[0] < k {
			break // it runs for that exit, which was under way when the process died
		}
		if k > by {
			return Broken(k, "a process that dies of %s runs no exit handler; this one ran", e.Signal).With(by)
		}
	}
	return Held()
}

// crashAborts: an error on a thread of the application's own aborts the process at once; the host does nothing.
func crashAborts(r *Run) Result {
	at := -1
	if !r.crashed() {
		return Unseen()
	}
	for _, i := range r.named("threw") {
		if r.Event(i).Who != trace.Main {
			at = i
			break
		}
	}
	if at < 0 || r.exitSignal() || len(r.exits()) > 0 {
		return Unseen()
	}
	if end := r.returned(); end >= 0 && r.At(end)-r.At(at) <= r.Early(0) {
		return Unseen() // main came to its end at the same time
	}
	if e := r.Trace.End; e.Kind != trace.Signaled || e.Signal != "SIGABRT" {
		return Broken(at, "an error that nobody handles on a thread aborts the process, which then died of SIGABRT; it %s", r.ending())
	}
	return Held()
}

// lastExitCounts: of several exits of one process the last that comes while the exit handlers run says the code.
func lastExitCounts(r *Run) Result {
	h := r.exitHandlers()
	if len(h) == 0 || r.facts().exitCode > 0 || r.exitSignal() || r.hastened() || r.crashed() || r.Trace.End.Kind != trace.Exited {
		return Unseen()
	}
	if from, to := r.life(); r.gated() && from >= 0 && h[0] > from && h[0] < to {
		return Unseen() // the host has a word in it
	}
	done := r.Next(h[0], trace.Process, "processExit", trace.End)
	last := r.returned()
	for _, i := range r.exits() {
		last = max(last, i)
	}
	if done < 0 || last < h[0] || r.At(done)-r.At(last) <= r.Early(0) {
		return Unseen()
	}
	code := r.Event(last).Detail.N
	if e := r.Trace.End; e.Code != code&0xff {
		return Broken(last, "the last exit that comes while the exit handlers run says the code, which is %d; the process %s", code, r.ending()).With(h[0])
	}
	return Held()
}
