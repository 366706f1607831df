package checks

import (
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// First gives the index of the first event that is who.what in this phase, -1 if there is none.
func (r *Run) First(who, what string, phase trace.Phase) int { return r.Next(-1, who, what, phase) }

// Next gives the index of the first event after index from that is who.what in this phase, -1 if there is none.
func (r *Run) Next(from int, who, what string, phase trace.Phase) int {
	for _, i := range r.named(what) {
		if i > from && r.Trace.Events[i].Who == who && r.Trace.Events[i].Phase == phase {
			return i
		}
	}
	return -1
}

// named lists the events of this name, in order.
func (r *Run) named(what string) []int {
	ix := r.idx()
	if ix.byWhat == nil {
		ix.byWhat = make(map[string][]int, 24)
		for i, e := range r.Trace.Events {
			ix.byWhat[e.What] = append(ix.byWhat[e.What], i)
		}
	}
	return ix.byWhat[what]
}

// Event gives event i.
func (r *Run) Event(i int) *trace.Event { return &r.Trace.Events[i] }

// Calls lists the calls of a hook, whichever service it belongs to, in order of their begin.
func (r *Run) Calls(h Hook) []Call { return r.idx().calls[h] }

// CallOf gives the first call of a service's hook; ok is false if there was none. service is its place in the plan.
func (r *Run) CallOf(service int, h Hook) (c Call, ok bool) {
	if k := r.idx().first(h, service); k >= 0 {
		return r.idx().calls[h][k], true
	}
	return Call{Begin: -1, End: -1}, false
}

// Acts lists the calls of the host's own methods of this name (run, start, stop, waitForShutdown, dispose, build), in
// order of their begin.
func (r *Run) Acts(what string) []Call {
	var out []Call
	for _, a := range r.idx().acts {
		if r.Event(a.Begin).What == what {
			out = append(out, a)
		}
	}
	return out
}

// Starters lists the calls that start the host: start and run.
func (r *Run) Starters() []Call { return r.idx().starters }

// Stoppers lists the calls that stop the host or may come to stop it: stop, run, waitForShutdown, and a stopHost of a
// service or of a thread of its own.
func (r *Run) Stoppers() []Call { return r.idx().stoppers }

// OneStop tells whether exactly one call of the run can stop the host, so that every stop of a service is its doing.
func (r *Run) OneStop() bool { return len(r.idx().stoppers) == 1 }

// Overlapping tells whether two calls that can stop the host were pending at once.
func (r *Run) Overlapping() bool {
	last := -1
	for i, s := range r.idx().stoppers {
		if i > 0 && (last < 0 || s.Begin < last) {
			return true
		}
		last = s.End
	}
	return false
}

// Requests lists the calls of StopApplication, whoever made them, in order of their begin.
func (r *Run) Requests() []Call { return r.idx().requests }

// Notes lists the callbacks of a notification in the order in which they ran. A silent observer's Begin and End are the
// same event.
func (r *Run) Notes(n Note) []Call { return r.idx().notes[n] }

// Logged gives the index of the first log event with this detail, -1 if there is none.
func (r *Run) Logged(detail string) int {
	for _, i := range r.idx().logs {
		if r.Event(i).Detail.Text == detail {
			return i
		}
	}
	return -1
}

// Signals lists the indexes of the signals that were sent from outside, in order.
func (r *Run) Signals() []int { return r.idx().signals }

// fired gives the first event tokenFired of this actor between two events, -1 if there is none; to -1: up to the end.
func (r *Run) fired(who string, from, to int) int {
	for _, i := range r.idx().tokens {
		if i > from && (to < 0 || i < to) && r.Event(i).Who == who {
			return i
		}
	}
	return -1
}

// Services gives the services of the plan, in order of registration.
func (r *Run) Services() []plan.Service {
	if r.Plan == nil {
		return nil
	}
	return r.Plan.Services
}

// Name gives the name of the service at this place of the plan; "host lifetime" for -1.
func (r *Run) Name(service int) string {
	if s := r.Services(); service >= 0 && service < len(s) {
		return s[service].Name
	}
	return "host lifetime"
}

// Kind gives the kind of the service at this place of the plan.
func (r *Run) Kind(service int) string {
	if s := r.Services(); service >= 0 && service < len(s) {
		return s[service].Kind
	}
	return ""
}

// Script gives the script of a service's hook, nil if there is none.
func (r *Run) Script(service int, h Hook) plan.Script {
	if s := r.Services(); service >= 0 && service < len(s) {
		return s[service].Hooks[h.String()]
	}
	return nil
}

// Ok tells whether the call ended, and successfully.
func (r *Run) Ok(c Call) bool { return c.End >= 0 && !trace.Failed(r.Event(c.End).Outcome) }

// disposedBefore tells whether the host's disposal had begun before event i, or a run, which ends with it, had ended.
func (r *Run) disposedBefore(i int) bool {
	d, run := r.act("dispose"), r.act("run")
	return d.Begin >= 0 && d.Begin < i || run.End >= 0 && run.End < i
}

// Failed tells whether the call ended with an error, a cancellation or an aggregate.
func (r *Run) Failed(c Call) bool { return c.End >= 0 && trace.Failed(r.Event(c.End).Outcome) }

// Outcome gives the outcome of the call, "" if it never ended.
func (r *Run) Outcome(c Call) trace.Outcome {
	if c.End < 0 {
		return ""
	}
	return r.Event(c.End).Outcome
}

// Open tells whether the call is still going on at event i: it has begun before and has not ended before.
func (c Call) Open(i int) bool { return c.Begin < i && (c.End < 0 || c.End > i) }

// Stuck tells whether the run ended with nobody able to go on.
func (r *Run) Stuck() bool {
	return r.Trace.End.Kind.Hangs()
}

// Cut gives the index of the event from which on the process may have been gone, so that nothing can be concluded from
// what is missing after it: an exit from within, a crash, a deadly signal. Without one it is the number of events.
func (r *Run) Cut() int { return r.idx().cut }

// Whole tells whether the run was left to end by itself: it exited, and nothing cut it off. What is missing in such a
// trace did not happen.
func (r *Run) Whole() bool {
	return r.Trace.End.Kind == trace.Exited && r.idx().cut == len(r.Trace.Events)
}
