package checks

import (
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// Area SOCK: what is left of listeners when a life ends otherwise than it should, and the order in which they are closed.

func init() {
	clause("HOST-SOCK-010", closedAfterFault)
	clause("HOST-SOCK-011", closedAfterStartFailure)
	clause("HOST-SOCK-012", closedAfterExpiry)
	clause("HOST-SOCK-013", closedAfterEarlySignal)
	clause("HOST-SOCK-014", closedInReverse)
}

// closedAfterFault: when a background service fails, the others' listeners are closed before the process ends.
func closedAfterFault(r *Run) Result {
	list := r.listeners()
	if len(list) == 0 || len(r.Calls(Execute)) == 0 || !r.orderly() {
		return Unseen()
	}
	return eachWorker(func(r *Run, w worker) Result {
		out := Unseen()
		if !r.failed(w) || !r.alone(w) || r.ignores() {
			return out
		}
		for _, l := range list {
			if l.closer != Dispose && l.k != w.k {
				out = worst(out, r.unclosed(l, "a background service failed and the host stopped"))
			}
		}
		return out
	})(r)
}

// closedAfterStartFailure: what becomes of the listeners of services that had started when a start fails.
func closedAfterStartFailure(r *Run) Result {
	out := Unseen()
	if len(r.Starters()) != 1 || len(r.Stoppers()) > 1 || r.mains(plan.Stop, plan.StopCancelAfter, plan.StopCancelled, plan.StopTimeout, plan.WaitForShutdown) > 0 {
		return out
	}
	at := -1
	for _, c := range r.Calls(Start) {
		if r.Failed(c) && r.Outcome(c) != trace.WasCancelled {
			at = c.End
			break
		}
	}
	if at < 0 || len(r.Requests()) > 0 || len(r.Signals()) > 0 || r.Trace.End.Kind != trace.Exited && r.Trace.End.Signal != "SIGABRT" {
		return out
	}
	for _, l := range r.listeners() {
		start, _ := r.CallOf(l.k, Start)
		if !r.Ok(start) || start.End > at || l.closer == Dispose || l.at > start.End {
			continue
		}
		if r.rule("startFailure") == "rollBack" {
			if l.closed < 0 && !r.Failed(l.hook) {
				out = worst(out, Broken(r.leak(l), "a start failed, so the services that had started are stopped; the listener %s of %s was never closed", l.addr, r.Name(l.k)).With(at))
			} else if l.closed >= 0 {
				out = worst(out, Held())
			}
			continue
		}
		if l.hook.Begin >= 0 {
			out = worst(out, Broken(l.hook.Begin, "a start failed, and the services that had started are left running; the listener %s of %s was closed", l.addr, r.Name(l.k)).With(at))
			continue
		}
		out = worst(out, Held())
	}
	return out
}

// closedAfterExpiry: a service that takes too long to stop does not keep the listeners of the others open.
func closedAfterExpiry(r *Run) Result {
	out := Unseen()
	running, began := r.Running(), r.Began()
	if running < 0 || began < running || r.Trace.End.Kind != trace.Exited {
		return out
	}
	for _, l := range r.listeners() {
		late := false
		for _, c := range r.Calls(Stop) {
			late = late || c.Service != l.k && (c.End < 0 || !r.InTime(c.End)) && (l.hook.Begin < 0 || c.Begin < l.hook.Begin)
		}
		if late && l.closer != Dispose {
			out = worst(out, r.unclosed(l, "another service took too long to stop"))
		}
	}
	return out
}

// closedAfterEarlySignal: a stop signal during the start leaves no listener of what had started.
func closedAfterEarlySignal(r *Run) Result {
	out := Unseen()
	if len(r.listeners()) == 0 {
		return out
	}
	s, ok := r.duringStart()
	if !ok {
		return out
	}
	for _, l := range r.listeners() {
		if start, _ := r.CallOf(l.k, Start); r.Ok(start) && l.closer != Dispose && l.at < s.At {
			out = worst(out, r.unclosed(l, "a stop signal cut the start short"))
		}
	}
	return out
}

// closedInReverse: the listeners of different services are closed in the reverse order of their start.
func closedInReverse(r *Run) Result {
	out := Unseen()
	if o := r.Plan.Options; o.ConcurrentStop != nil && *o.ConcurrentStop || o.ConcurrentStart != nil && *o.ConcurrentStart || !r.OneStop() || r.Running() < 0 {
		return out
	}
	list := r.listeners()
	for i := range list {
		for k := range list {
			a, b := list[i], list[k]
			if a.k >= b.k || a.closer != Stop || b.closer != Stop || a.closed < 0 || b.closed < 0 || r.left(r.Name(b.k)) >= 0 {
				continue
			}
			if a.closed < b.closed {
				return Broken(a.closed, "%s started after %s, so its listener is closed first; %s was closed before %s", r.Name(b.k), r.Name(a.k), a.addr, b.addr).With(b.closed)
			}
			out = Held()
		}
	}
	return out
}
