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

// signalled tells whether a signal of this name was sent.
func (r *Run) signalled(name string) bool {
	for _, i := range r.Signals() {
		if r.Event(i).What == name {
			return true
		}
	}
	return false
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
