package checks

import (
	"time"

	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// Area SIG: signals that find the host running.

func init() {
	clause("HOST-SIG-001", stopsOn("SIGTERM"))
	clause("HOST-SIG-002", stopsOn("SIGINT"))
	clause("HOST-SIG-003", stopsOn("SIGQUIT"))
	clause("HOST-SIG-004", runReturns)
	clause("HOST-SIG-005", oneStopHoweverMany)
	clause("HOST-SIG-006", prompt)
	clause("HOST-SIG-007", lateSignal)
	clause("HOST-SIG-008", plainSignal)
	clause("HOST-SIG-009", ownLifetime)
	clause("HOST-SIG-010", ownHandlerRuns)
	clause("HOST-SIG-011", lastWord)
}

// stopsOn: the signal begins the graceful stop; the process does not die of it.
func stopsOn(name string) Check {
	return func(r *Run) Result {
		s, ok := r.stopSignal(named(name))
		if !ok {
			return Unseen()
		}
		return r.graceful(s)
	}
}

// graceful: a stop began after the signal.
func (r *Run) graceful(s Sent) Result {
	if e := r.Trace.End; e.Kind == trace.Signaled && e.Signal == s.Name && r.count(s.Name) == 1 {
		return Broken(s.At, "%s must begin the graceful stop of the running host; the process died of it", s.Name)
	}
	if began := r.Began(); began >= 0 {
		return Held().With(s.At, began)
	}
	if r.crashed() || len(r.exits()) > 0 || r.endsTheRuntime(s.Name) && r.killedFromOutside() {
		return Unseen() // or another signal was faster than the exit
	}
	if d, known := r.ShutdownTimeout(); known && d == 0 {
		return Unseen() // a stop that has no time at all may end before it calls anybody; HOST-STOP-003 speaks of that
	}
	return Broken(s.At, "%s must begin the graceful stop of the running host; no stop ever began and the process %s", s.Name, r.ending())
}

// count tells how many signals of this name were sent.
func (r *Run) count(name string) int {
	n := 0
	for _, i := range r.Signals() {
		if r.Event(i).What == name {
			n++
		}
	}
	return n
}

// runReturns: after the stop that a signal asked for, run (or waitForShutdown) returns to main.
func runReturns(r *Run) Result {
	s, ok := r.stopSignal(IsStopSignal)
	if !ok || r.endsTheRuntime(s.Name) || len(r.Signals()) > 1 || r.crashed() || r.timerAborts() || len(r.exits()) > 0 {
		return Unseen()
	}
	for _, c := range r.Stoppers() {
		if e := r.Event(c.Begin); e.Who != trace.Host || e.What == "stop" || c.Begin > s.At {
			continue
		}
		switch {
		case c.End >= 0:
			return Held()
		case r.stalled() && !r.Patient(), r.mains(plan.RunBackground) > 0: // main may be ahead of a run beside it
			return Unseen()
		case r.stopOpen():
			return Unseen() // the stop is not over: whether run may wait for it says HOST-TIME-011
		}
		return Broken(-1, "after the stop that %s asked for, %s must return to main; the process %s before it did", s.Name, r.Event(c.Begin).What, r.ending()).With(s.At)
	}
	return Unseen()
}

// stopOpen tells whether a stop of a service that was called never ended.
func (r *Run) stopOpen() bool {
	for _, h := range []Hook{Stopping, Stop, Stopped} {
		for _, c := range r.Calls(h) {
			if c.End < 0 {
				return true
			}
		}
	}
	return false
}

// oneStopHoweverMany: however many stop signals arrive, each service is stopped at most once.
func oneStopHoweverMany(r *Run) Result {
	seen := false
	for _, i := range r.Signals() {
		seen = seen || IsStopSignal(r.Event(i).What)
	}
	if !seen || !r.OneStop() || r.PlanHas(plan.StopHostWait) || len(r.Starters()) != 1 || len(r.Calls(Stop)) == 0 {
		return Unseen()
	}
	last := make([]int, len(r.Services()))
	for _, c := range r.Calls(Stop) {
		if c.Service < 0 || c.Service >= len(last) {
			continue
		}
		if at := last[c.Service]; at > 0 {
			return Broken(c.Begin, "a service is stopped once, however many stop signals arrive; %s was stopped twice", r.Name(c.Service)).With(at - 1)
		}
		last[c.Service] = c.Begin + 1
	}
	return Held()
}

// prompt: the stop that a signal asks for begins within a second.
func prompt(r *Run) Result {
	s, ok := r.stopSignal(IsStopSignal)
	if !ok || len(r.exits()) > 0 || r.crashed() {
		return Unseen()
	}
	began := r.Began()
	if began < 0 {
		if r.Trace.End.Kind == trace.Exited || r.Trace.End.Kind == trace.Signaled {
			return Unseen() // HOST-SIG-001 and 002 tell of it
		}
		return Broken(s.At, "the stop must begin within 1 s of %s; it never did", s.Name)
	}
	if r.After(began, s.At, time.Second) {
		return Broken(began, "the stop must begin within 1 s of %s; it began %v after it", s.Name, r.Event(began).At-r.Event(s.At).At).With(s.At)
	}
	return Held()
}

// lateSignal: a stop signal is heard also after the startup timeout is over.
func lateSignal(r *Run) Result {
	t := r.Plan.Options.StartupTimeout
	s, ok := r.stopSignal(IsStopSignal)
	if !ok || t == nil || *t <= 0 || len(r.Starters()) == 0 || s.Due <= r.Event(r.Starters()[0].Begin).At+*t+r.slack() {
		return Unseen()
	}
	return r.graceful(s)
}

// plainSignal: a signal that is no stop signal keeps its default action, whatever the host is doing.
func plainSignal(r *Run) Result {
	for _, s := range r.Sent() {
		if s.Name == "SIGHUP" {
			if r.Handles(s.Name) || len(r.exits()) > 0 || r.crashed() || r.threw() >= 0 && !r.SurelyBefore(s, r.threw()) || r.returned() >= 0 && !r.SurelyBefore(s, r.returned()) {
				return Unseen()
			}
			if e := r.Trace.End; e.Kind == trace.Signaled && e.Signal == s.Name {
				return Held()
			}
			return Broken(s.At, "%s is no stop signal and keeps its default action, which ends the process; the process %s", s.Name, r.ending())
		}
		if r.endsTheRuntime(s.Name) {
			return Unseen()
		}
	}
	return Unseen()
}

// defaultOf tells whether the end is what the signal does when nobody handles it, and what that is in words.
func (r *Run) defaultOf(name string) (ok bool, want string) {
	e := r.Trace.End
	if name == "SIGTERM" {
		switch r.rule("defaultSigterm") {
		case "exit0":
			return e.Kind == trace.Exited && (e.Code == 0 || r.facts().exitCode > 0), "an exit with 0"
		case "exit143":
			return e.Kind == trace.Exited && (e.Code == 143 || r.exitHandlerSets()), "an exit with 143"
		}
	}
	return e.Kind == trace.Signaled && e.Signal == name, "death by " + name
}

// ownLifetime: with a host lifetime of the application's own the host leaves signals alone.
func ownLifetime(r *Run) Result {
	running := r.Running()
	if r.hearsSignals() || running < 0 {
		return Unseen()
	}
	for _, s := range r.Sent() {
		if !IsStopSignal(s.Name) || s.Name == "SIGQUIT" || r.Handles(s.Name) || !r.SurelyAfter(s, running) || r.AskedBefore(s.At, -1) {
			return Unseen()
		}
		if h := r.Plan.ProcessExit; h != nil && (!finite(*h) || has(*h, plan.StopApp) && len(r.callbacks(AppStopping)) > 0) || r.threw() >= 0 && !r.Plan.MainCatches {
			return Unseen()
		}
		if len(r.Signals()) > 1 && r.killedFromOutside() && r.Trace.End.Signal != s.Name {
			return Unseen() // another signal was faster
		}
		if x, h := r.exits(), r.exitHandlers(); len(x) > 0 && len(h) > 0 && x[len(x)-1] > h[0] {
			return Unseen() // an exit while the exit handlers ran says the code
		}
		if ok, want := r.defaultOf(s.Name); !ok {
			return Broken(s.At, "with a host lifetime of the application's own, %s has its default action, %s; the process %s", s.Name, want, r.ending())
		}
		return Held()
	}
	return Unseen()
}

// handlerOf gives the application's own handler of the signal, nil unless there is exactly one.
func (r *Run) handlerOf(name string) *plan.SignalHandler {
	var found *plan.SignalHandler
	for i := range r.Plan.SignalHandlers {
		if h := &r.Plan.SignalHandlers[i]; h.Signal == name {
			if found != nil {
				return nil
			}
			found = h
		}
	}
	return found
}

// handled gives the first signal that reached a running host and that the application handles as well.
func (r *Run) handled() (Sent, *plan.SignalHandler) {
	running := r.Running()
	if len(r.Plan.SignalHandlers) == 0 || running < 0 || r.Plan.HostLifetime != nil || len(r.exits()) > 0 || r.uncaughtAside() || r.left(trace.Lifetime) >= 0 || unended(r.Notes(AppStopping)) {
		return Sent{}, nil
	}
	for _, s := range r.Sent() {
		h := r.handlerOf(s.Name)
		if h == nil || !IsStopSignal(s.Name) || !r.SurelyAfter(s, running) || r.AskedBefore(s.At, -1) || !r.attended(s) {
			return Sent{}, nil
		}
		return s, h
	}
	return Sent{}, nil
}

// ownHandlerRuns: the application's own handler of a stop signal runs as well.
func ownHandlerRuns(r *Run) Result {
	s, h := r.handled()
	if h == nil {
		return Unseen()
	}
	if i := r.First(trace.SignalHandler, s.Name, trace.Point); i < 0 {
		if len(r.Signals()) > 1 && r.killedFromOutside() {
			return Unseen() // another signal was faster
		}
		return Broken(s.At, "the application's own handler of %s must run beside the host's; it never did", s.Name)
	}
	return Held()
}

// lastWord: of several handlers, the last one's word on the default action decides.
func lastWord(r *Run) Result {
	s, h := r.handled()
	if h == nil || len(r.Signals()) > 1 {
		return Unseen()
	}
	dies := !h.Cancel && r.rule("signalHandlerOrder") == "newestFirst"
	ok, want := r.defaultOf(s.Name)
	switch {
	case dies && !ok:
		return Broken(s.At, "the application's older handler of %s has the last word and lets the default action follow, %s; the process %s", s.Name, want, r.ending())
	case !dies && ok && r.returned() < 0 && r.threw() < 0:
		return Broken(s.At, "a handler that cancels the default action of %s has the last word; the process %s", s.Name, r.ending())
	case !dies && r.Began() < 0:
		return Broken(s.At, "%s must begin the stop of the host, whose handler cancels the default action; no stop began", s.Name)
	}
	return Held()
}
