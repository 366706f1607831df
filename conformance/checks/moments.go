package checks

import (
	"time"

	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// The moments of a life that checks speak about, the rules and the time that a stop has, and how the process ended.

// rule gives the value of a rule of the profile, "" if it has none.
func (r *Run) rule(name string) string {
	if r.Profile == nil {
		return ""
	}
	return r.Profile.Rules[name]
}

// endsTheRuntime tells whether the signal is an exit of the runtime, which the host takes part in only from outside.
func (r *Run) endsTheRuntime(signal string) bool {
	return signal == "SIGTERM" && r.rule("sigtermIsExit") == "true"
}

// gated tells whether the host holds up the exit of the process until it is disposed.
func (r *Run) gated() bool { return r.rule("consoleSignals") != "signals" }

// Running gives the event with which the last service had started: from then on the host runs. It is -1 if some service
// never started, failed to, or started twice, or if a callback of ApplicationStarted never ended.
func (r *Run) Running() int {
	f := r.facts()
	if f.running == 0 {
		f.running = r.running() + 2
	}
	return f.running - 2
}

func (r *Run) running() int {
	at, n := -1, 0
	for _, h := range [...]Hook{Starting, Start, Started} {
		for _, c := range r.Calls(h) {
			if !r.Ok(c) || r.abandonedAt(c.Service, c.End) >= 0 {
				return -1
			}
			at = max(at, c.End)
			if h == Start {
				n++
			}
		}
	}
	if n == 0 || n != len(r.Services()) {
		return -1
	}
	for _, c := range r.Notes(AppStarted) {
		if c.End < 0 {
			return -1
		}
		at = max(at, c.End)
	}
	return at
}

// Began gives the first event that shows that a stop was requested or is under way, -1 if there is none.
func (r *Run) Began() int {
	f := r.facts()
	if f.began == 0 {
		f.began = r.began() + 2
	}
	return f.began - 2
}

func (r *Run) began() int {
	first := -1
	take := func(i int) {
		if i >= 0 && (first < 0 || i < first) {
			first = i
		}
	}
	if n := r.Notes(AppStopping); len(n) > 0 {
		take(n[0].Begin)
	}
	for _, h := range [...]Hook{Stopping, Stop, LifetimeStop} {
		if c := r.Calls(h); len(c) > 0 {
			take(c[0].Begin)
		}
	}
	take(r.Logged("Host#3"))
	return first
}

// timeout gives the shutdown timeout of the run; ok is false if it is unknown or there is none.
func (r *Run) timeout() (d time.Duration, ok bool) {
	if r.Plan == nil || r.Profile == nil {
		return 0, false
	}
	d, known := r.ShutdownTimeout()
	return d, known && d >= 0
}

// InTime tells whether event i certainly came before the shutdown timeout was over: the stop cannot have begun before
// its first sign, and no caller set a limit of his own.
func (r *Run) InTime(i int) bool {
	began := r.Began()
	if began < 0 || i < 0 || r.limited() {
		return false
	}
	if r.Plan != nil && r.Plan.Options.ShutdownTimeout != nil && *r.Plan.Options.ShutdownTimeout < 0 {
		return true
	}
	d, ok := r.timeout()
	if !ok {
		d = time.Second // no default is as short as this
		if c, set := r.ConfiguredSeconds("shutdownTimeoutSeconds"); set {
			d = min(d, c) // whether the host reads it is its own business
		}
	}
	return r.Event(i).At < r.Event(began).At+d-2*r.slack()
}

// limited tells whether a stop had a limit that is not the shutdown timeout: a caller's, or a second stop signal.
func (r *Run) limited() bool {
	n := 0
	for _, i := range r.Signals() {
		if IsStopSignal(r.Event(i).What) {
			n++
		}
	}
	n += r.facts().raise
	return n > 1 && r.rule("secondSignal") != "swallowed" || r.PlanHas(plan.StopCancelAfter, plan.StopCancelled, plan.StopTimeout, plan.StopHostWait)
}

// After tells whether event i is later than event k by more than d, and certainly so.
func (r *Run) After(i, k int, d time.Duration) bool {
	return r.Event(i).At > r.Event(k).At+d+r.slack()
}

// Last gives the index of the last event, -1 if there is none.
func (r *Run) Last() int { return len(r.Trace.Events) - 1 }

// crashed tells whether a thread of the application's own died of an error, which ends the process.
func (r *Run) crashed() bool { return r.facts().crashed }

// threw gives the event with which an error left main, -1 if none did.
func (r *Run) threw() int { return r.facts().threw }

// returned gives the event with which main returned, -1 if it did not.
func (r *Run) returned() int { return r.facts().returned }

// exits lists the application's calls of exit. One that the plan does not have is the host's own doing, and no excuse.
func (r *Run) exits() []int {
	if !r.PlanHas(plan.Exit) {
		return nil
	}
	return r.facts().exits
}

// exitHandlers lists the begins of the application's exit handler.
func (r *Run) exitHandlers() []int { return r.facts().handlers }

// act gives the first call of one of the host's methods, with Begin -1 if there is none.
func (r *Run) act(what string) Call {
	for _, a := range r.idx().acts {
		if r.Event(a.Begin).What == what {
			return a
		}
	}
	return Call{-1, -1, -1}
}

// ending tells in words how the process ended, for evidence.
func (r *Run) ending() string {
	switch e := r.Trace.End; e.Kind {
	case trace.Exited:
		return "exited with " + itoa(e.Code)
	case trace.Signaled:
		return "died of " + e.Signal
	case trace.Deadlock:
		return "ended in a deadlock"
	case trace.HangEnd:
		return "hung"
	case trace.Killed:
		return "had to be killed"
	}
	return "has no known end"
}

// broughtDown tells whether the host itself brought the process down, by a crash or by going on for ever: the application has
// done nothing that crashes, hangs or ends a process, and no call of a service is open.
func (r *Run) broughtDown() bool {
	if !r.Patient() || r.crashed() || len(r.exits()) > 0 || r.threw() >= 0 || r.PlanHas(plan.OnCancelThrow, plan.OnCancelBlock) || r.anyOpen() {
		return false
	}
	e := r.Trace.End
	return e.Kind == trace.Signaled && e.Signal == "SIGABRT" || r.stalled()
}

// stalled tells whether the process did not end by itself: it hung, waited in a cycle, or had to be killed.
func (r *Run) stalled() bool {
	return r.Stuck() || r.Trace.End.Kind == trace.Killed
}
