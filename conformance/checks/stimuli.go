package checks

import (
	"strings"
	"time"

	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// Sent is a signal that was sent from outside. When it arrived is only known within bounds: not before its stimulus was
// due, and not after the event that reports it, which is written when the sending had returned.
type Sent struct {
	Name string
	At   int           // the event that reports it
	From int           // the event that its stimulus waits for, -1: not known
	Due  time.Duration // when its stimulus was due; the signal did not arrive sooner
}

// slack is how far two clocks, or an event and the report of it, may be apart in the process lane.
const slack = 50 * time.Millisecond

// slack gives the lane's: none where the time is virtual.
func (r *Run) slack() time.Duration {
	if r.Lane == "process" {
		return slack
	}
	return 0
}

// Sent lists the signals that were sent from outside, in order. Signals of one name are taken for the stimuli of that
// name in the order in which these were due.
func (r *Run) Sent() []Sent {
	f := r.facts()
	if f.sent == nil && len(r.Signals()) > 0 {
		f.sent = r.sent()
	}
	return f.sent
}

func (r *Run) sent() []Sent {
	list := r.Signals()
	out := make([]Sent, 0, len(list))
	var due []Sent
	if r.Plan != nil {
		for i := range r.Plan.Signals {
			s := &r.Plan.Signals[i]
			if from := r.caused(s.After); from >= 0 {
				due = append(due, Sent{Name: s.Send, From: from, Due: r.Event(from).At + s.Wait})
			}
		}
	}
	for i := 1; i < len(due); i++ { // few, and nearly sorted
		for k := i; k > 0 && due[k].Due < due[k-1].Due; k-- {
			due[k], due[k-1] = due[k-1], due[k]
		}
	}
	taken := make([]bool, len(due))
	for _, i := range list {
		s := Sent{Name: r.Event(i).What, At: i, From: -1}
		for k := range due {
			if !taken[k] && due[k].Name == s.Name && due[k].From < i {
				taken[k], s.From, s.Due = true, due[k].From, due[k].Due
				break
			}
		}
		out = append(out, s)
	}
	return out
}

// caused gives the first event that a stimulus with this After waits for, -1 if it never happened.
func (r *Run) caused(after string) int {
	who, rest, _ := strings.Cut(after, ".")
	what, phase, _ := strings.Cut(rest, ".")
	for i := range r.Trace.Events {
		e := &r.Trace.Events[i]
		if e.Who == who && e.What == what && (phase == "" || phase == e.Phase.String()) {
			return i
		}
	}
	return -1
}

// SurelyAfter tells whether the signal certainly arrived after event i.
func (r *Run) SurelyAfter(s Sent, i int) bool {
	return s.From >= 0 && i >= 0 && (s.From >= i || s.Due > r.Event(i).At+r.slack())
}

// SurelyBefore tells whether the signal certainly arrived before event i.
func (r *Run) SurelyBefore(s Sent, i int) bool {
	return s.At < i && (r.Lane != "process" || r.Event(s.At).At+slack < r.Event(i).At)
}

// IsStopSignal tells whether a signal asks for a stop.
func IsStopSignal(name string) bool {
	return name == "SIGTERM" || name == "SIGINT" || name == "SIGQUIT"
}

// Handles tells whether the application has a handler of its own for the signal.
func (r *Run) Handles(name string) bool {
	if r.Plan == nil {
		return false
	}
	for _, h := range r.Plan.SignalHandlers {
		if h.Signal == name {
			return true
		}
	}
	return false
}

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

// signalled tells whether a signal of this name was sent.
func (r *Run) signalled(name string) bool {
	for _, i := range r.Signals() {
		if r.Event(i).What == name {
			return true
		}
	}
	return false
}

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
			if !r.Ok(c) {
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

// AskedBefore tells whether anything but a signal may have asked for a stop, or made the host stop, before event i:
// somebody called, an exit, a failure. not is an event that is no such cause, -1: none.
func (r *Run) AskedBefore(i, not int) bool {
	for _, c := range r.Requests() {
		if c.Begin < i {
			return true
		}
	}
	for k := range r.Trace.Events {
		if k >= i {
			break
		}
		e := &r.Trace.Events[k]
		switch {
		case k == not:
		case e.Who == trace.Host && e.Phase == trace.Begin && (e.What == "stop" || e.What == "dispose"):
			return true
		case e.What == "stopHost", e.Who == trace.Process && e.What == "exit" && r.PlanHas(plan.Exit), e.Who == trace.Main && e.What == "return", e.What == "threw":
			return true
		case e.Phase == trace.End && trace.Failed(e.Outcome) && e.Who != trace.Lifetime:
			return true
		}
	}
	return r.PlanHas(plan.Raise, plan.RunCancelAfter, plan.StartCancelAfter, plan.StartCancelled, plan.StopHostWait)
}

// SignalledBefore tells whether a stop signal may have arrived before event i.
func (r *Run) SignalledBefore(i int) bool {
	if i < 0 || i >= len(r.Trace.Events) {
		return len(r.Signals()) > 0
	}
	for _, s := range r.Sent() {
		if s.From < i && s.Due <= r.Event(i).At+r.slack() {
			return true
		}
	}
	return false
}

// First stop signal that reached a host that was certainly running, was not stopping for any other reason and was in run
// or waitForShutdown; ok is false if there is none. match says which signals count.
func (r *Run) stopSignal(match func(string) bool) (Sent, bool) {
	running := r.Running()
	if running < 0 {
		return Sent{}, false
	}
	for _, s := range r.Sent() {
		if !match(s.Name) || r.Handles(s.Name) || !r.SurelyAfter(s, running) || r.AskedBefore(s.At, -1) || !r.attended(s) {
			return Sent{}, false // every later one comes second
		}
		return s, true
	}
	return Sent{}, false
}

// attended tells whether a call of run or waitForShutdown is there that the signal did not come too late for.
func (r *Run) attended(s Sent) bool {
	if r.Plan != nil && r.Plan.HostLifetime != nil {
		return false
	}
	for _, c := range r.Stoppers() {
		if w := r.Event(c.Begin); w.Who == trace.Host && w.What != "stop" && c.Begin < s.At {
			return c.End < 0 || c.End > s.From
		}
	}
	return false
}

func named(names ...string) func(string) bool {
	return func(s string) bool {
		for _, n := range names {
			if n == s {
				return true
			}
		}
		return false
	}
}

// timeout gives the shutdown timeout of the run; ok is false if it is unknown or there is none.
func (r *Run) timeout() (d time.Duration, ok bool) {
	if r.Plan == nil || len(r.Plan.Config) > 0 {
		return 0, false
	}
	if t := r.Plan.Options.ShutdownTimeout; t != nil {
		return *t, *t >= 0
	}
	if r.Profile == nil || r.Profile.Name == "core" {
		return 0, false // what a host's default is, is its own business
	}
	d, err := time.ParseDuration(r.rule("shutdownTimeout"))
	return d, err == nil
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

// Done tells in words how the process ended, for evidence.
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

// stalled tells whether the process did not end by itself: it hung, waited in a cycle, or had to be killed.
func (r *Run) stalled() bool {
	return r.Stuck() || r.Trace.End.Kind == trace.Killed
}
