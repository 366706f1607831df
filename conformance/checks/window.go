package checks

import (
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// A window is one start or one stop of the host: the call of the host that did it, and the service calls that it made.

// window gives the calls of a hook that began within the act: after its begin and before its end.
func (r *Run) window(act Call, h Hook) []Call {
	all := r.Calls(h)
	lo := 0
	for lo < len(all) && all[lo].Begin < act.Begin {
		lo++
	}
	hi := len(all)
	for act.End >= 0 && hi > lo && all[hi-1].Begin > act.End {
		hi--
	}
	return all[lo:hi]
}

// startRounds gives, for every call that starts the host, the starts that it made. A start belongs to the latest such call
// that had begun, because a host that is late may go on after it has returned.
func (r *Run) startRounds() [][]Call { return r.rounds(Start, r.Starters()) }

// stopRounds gives, for every call that can stop the host, the stops that it made; none if two of them were pending at
// once, because then nobody can tell whose stop is whose.
func (r *Run) stopRounds() [][]Call {
	if r.Overlapping() {
		return nil
	}
	return r.rounds(Stop, r.Stoppers())
}

func (r *Run) rounds(h Hook, acts []Call) [][]Call {
	out := make([][]Call, 0, len(acts))
	all := r.Calls(h)
	for k, a := range acts {
		for len(all) > 0 && all[0].Begin < a.Begin {
			all = all[1:]
		}
		n := 0
		for n < len(all) && (k+1 == len(acts) || all[n].Begin < acts[k+1].Begin) {
			n++
		}
		out, all = append(out, all[:n]), all[n:]
	}
	return out
}

// OneStart tells whether exactly one call of the run started the host.
func (r *Run) OneStart() bool { return len(r.Starters()) == 1 }

// doneAt gives the event at which everything that the act had to do must have been done: its end, or the end of the trace
// if the process exited by itself without the act ever ending. ok is false if the run says nothing about it.
func (r *Run) doneAt(act Call) (i int, ok bool) {
	if act.End >= 0 {
		return act.End, true
	}
	return len(r.Trace.Events), r.Whole()
}

// startedAt gives the event from which on the host has started: the first ApplicationStarted, or the successful end of
// the call that started it. -1 if it never has, as far as the trace tells.
func (r *Run) startedAt() int {
	first := -1
	if n := r.Notes(AppStarted); len(n) > 0 {
		first = n[0].Begin
	}
	for _, s := range r.Starters() {
		if r.Event(s.Begin).What == "start" && r.Ok(s) && (first < 0 || s.End < first) {
			first = s.End
		}
	}
	return first
}

// failure gives the first call of a start that failed after this event: of starting, start or started. ok is false if
// there is none.
func (r *Run) startFailure(from int) (c Call, h Hook, ok bool) {
	c.End = -1
	for _, hook := range []Hook{Starting, Start, Started} {
		for _, k := range r.Calls(hook) {
			if k.Begin > from && r.Failed(k) && (c.End < 0 || k.End < c.End) {
				c, h, ok = k, hook, true
			}
		}
	}
	return c, h, ok
}

// asked gives the first event that asked the host to stop: StopApplication, ApplicationStopping, a signal, a call of stop,
// and an exit of a process whose host holds the exit up. -1 if nobody did in the trace. The recorder of a signal may write it later than its effect.
func (r *Run) asked() int {
	first := -1
	take := func(i int) {
		if i >= 0 && (first < 0 || i < first) {
			first = i
		}
	}
	if q := r.Requests(); len(q) > 0 {
		take(q[0].Begin)
	}
	if n := r.Notes(AppStopping); len(n) > 0 {
		take(n[0].Begin)
	}
	if s := r.Signals(); len(s) > 0 {
		take(s[0])
	}
	if r.exitGated() {
		take(r.exits()[0])
	}
	for _, s := range r.Stoppers() {
		if w := r.Event(s.Begin).What; w == "stop" || w == "stopHost" {
			take(s.Begin)
			break
		}
	}
	return first
}

// requestedBefore tells whether somebody had requested a stop, or sent a signal, before event i.
func (r *Run) requestedBefore(i int) bool {
	q, s := r.Requests(), r.Signals()
	return len(q) > 0 && q[0].Begin < i || len(s) > 0 && s[0] < i || r.PlanHas(plan.Raise)
}

// wasAsked tells whether the host had been asked to stop, or a caller had cancelled its start, when event i happened.
func (r *Run) wasAsked(i int) bool {
	if a := r.asked(); a >= 0 && a < i {
		return true
	}
	if r.MainHas(plan.RunCancelAfter, plan.StartCancelAfter, plan.StartCancelled) || r.PlanHas(plan.Raise) {
		return true
	}
	// a signal's effect may have been printed before the signal
	for _, s := range r.Signals() {
		if r.At(s)-r.At(i) <= r.Early(0) {
			return true
		}
	}
	return false
}

// abandonedAt gives the event at which the host gave the service up before event i, -1 if it had not.
func (r *Run) abandonedAt(service, i int) int {
	for _, k := range r.idx().abandoned {
		if k < i && r.Event(k).Who == r.Name(service) {
			return k
		}
	}
	return -1
}

// mayLeave tells whether a call may still be going on at event i although the host does not wait for it any more.
func (r *Run) mayLeave(c Call, i int) bool {
	return r.Profile.Word("expiredStop") == "abandon" && (r.abandonedAt(c.Service, i) >= 0 || r.MayHaveExpired(i))
}

// disposalFailed tells whether a service's disposal failed, whose error then takes the place of any other.
func (r *Run) disposalFailed() bool {
	for _, c := range r.Calls(Dispose) {
		if c.End < 0 || trace.Failed(r.Event(c.End).Outcome) || has(r.Script(c.Service, Dispose), plan.Throw) {
			return true
		}
	}
	return false
}

// anyOpen tells whether a call of a service, of the host lifetime or of a callback never ended.
func (r *Run) anyOpen() bool {
	for h := Starting; h < hooks; h++ {
		for _, c := range r.Calls(h) {
			if c.End < 0 && h != Execute {
				return true
			}
		}
	}
	for n := AppStarted; n < noteCount; n++ {
		for _, c := range r.Notes(n) {
			if c.End < 0 {
				return true
			}
		}
	}
	return false
}
