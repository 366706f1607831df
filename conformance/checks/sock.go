package checks

import (
	"strings"
	"time"

	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// Area SOCK: listeners, connections and socket files of services. What a service does with them stands in its script;
// the host decides when, and whether, the script runs.

func init() {
	clause("HOST-SOCK-001", listenersClosed)
	clause("HOST-SOCK-002", filesRemoved)
	clause("HOST-SOCK-003", openUntilStop)
	clause("HOST-SOCK-004", drained)
	clause("HOST-SOCK-005", refusedAfterClose)
	clause("HOST-SOCK-006", drainGivesUp)
	clause("HOST-SOCK-007", listenFailureTold)
	clause("HOST-SOCK-008", staleFileReplaced)
	clause("HOST-SOCK-009", othersFileKept)
}

// listening is a listener that a service opened.
type listening struct {
	k      int // the service's place in the plan
	addr   string
	at     int // the event with which it was opened
	closed int // the event with which it was closed, -1: never
	closer Hook
	hook   Call // the first call of the hook whose script closes it; Begin -1: never called
}

// ownerOf gives the place of the service that a thread belongs to, -1 if it is none.
func (r *Run) ownerOf(who string) int {
	who, _, _ = strings.Cut(who, "/")
	f := r.facts()
	if f.names == nil {
		n := serviceNames(r.Services())
		f.names = &n
	}
	return f.names.find(who)
}

// listeners lists the listeners that services opened and that their own scripts close in the stop or in the disposal.
func (r *Run) listeners() []listening {
	if !r.PlanHas(plan.Listen) {
		return nil
	}
	var out []listening
	for _, i := range r.named("listen") {
		e := r.Event(i)
		k := r.ownerOf(e.Who)
		if k < 0 || e.Phase == trace.Begin || trace.Failed(e.Outcome) || e.Detail.Text == "" {
			continue
		}
		l := listening{k: k, addr: e.Detail.Text, at: i, closed: -1, closer: noHook, hook: Call{k, -1, -1}}
		for _, c := range r.named("close") {
			if x := r.Event(c); c > i && x.Detail == e.Detail && x.Phase != trace.Begin && !trace.Failed(x.Outcome) && r.ownerOf(x.Who) >= 0 {
				l.closed = c
				break
			}
		}
		for _, h := range [...]Hook{Stopping, Stop, Stopped, Dispose} {
			if closes(r.Script(k, h), l.addr) {
				l.closer = h
				l.hook, _ = r.CallOf(k, h)
				break
			}
		}
		if l.closer != noHook {
			out = append(out, l)
		}
	}
	return out
}

// closes tells whether a script closes the listener at an address.
func closes(s plan.Script, addr string) bool {
	for i := range s {
		if s[i].Kind == plan.CloseListen && s[i].Text == addr {
			return true
		}
	}
	return false
}

// unclosed judges that the listener was closed by the time the process ended. It is the service's own doing if the hook
// that closes it failed or did not come to its end in time.
func (r *Run) unclosed(l listening, why string) Result {
	switch {
	case l.closed >= 0:
		return Held()
	case r.Trace.End.Kind != trace.Exited, len(r.exits()) > 0, r.crashed(), r.uncaught() >= 0 && r.returned() < 0 && r.act("run").End < 0:
		return Unseen()
	case r.Failed(l.hook):
		return Unseen()
	}
	return Broken(r.leak(l), "%s, so the listener %s of %s, which its %s closes, must be closed when the process ends; it was not", why, l.addr, r.Name(l.k), l.closer).With(l.at)
}

// leak gives the event that tells of a resource that was left, -1 if there is none.
func (r *Run) leak(l listening) int {
	for _, i := range r.named("left") {
		if e := r.Event(i); e.Who == trace.World && e.Detail.Text == l.addr {
			return i
		}
	}
	if list := r.named("leak"); len(list) == 1 && r.Event(list[0]).Who == trace.World {
		return list[0]
	}
	return -1
}

// worst gives the first failure among results, else a pass if there is one.
func worst(best, next Result) Result {
	if best.Kind == Fail || next.Kind == Vacuous || best.Kind == Pass && next.Kind == Pass {
		return best
	}
	return next
}

// orderly tells whether the host ran and was then stopped, with time for all of it.
func (r *Run) orderly() bool {
	running, began := r.Running(), r.Began()
	return running >= 0 && began > running && r.InTime(r.lastOwn())
}

// lastOwn gives the last event that is not the harness's finding after the end.
func (r *Run) lastOwn() int {
	i := r.Last()
	for i >= 0 && (r.Event(i).Who == trace.World || r.Event(i).Who == trace.Net || r.Event(i).Who == trace.Main) {
		i--
	}
	return i
}

// listenersClosed: after an orderly stop every listener is closed.
func listenersClosed(r *Run) Result {
	out := Unseen()
	for _, l := range r.listeners() {
		if l.closer != Dispose && r.orderly() {
			out = worst(out, r.unclosed(l, "the host was stopped in time"))
		}
	}
	return out
}

// filesRemoved: after an orderly stop no socket file is left.
func filesRemoved(r *Run) Result {
	out := Unseen()
	for _, l := range r.listeners() {
		if !strings.HasPrefix(l.addr, "unix:") || !r.orderly() || r.Failed(l.hook) || r.Trace.End.Kind != trace.Exited || len(r.exits()) > 0 || r.crashed() {
			continue
		}
		res := Held()
		if i := r.leak(l); i >= 0 && r.Event(i).What == "left" {
			res = Broken(i, "the host was stopped in time, so the socket file %s of %s must be gone; it was left", l.addr, r.Name(l.k)).With(l.at)
		}
		out = worst(out, res)
	}
	return out
}

// openUntilStop: connections are taken until the service that listens is stopped.
func openUntilStop(r *Run) Result {
	out := Unseen()
	if len(r.Plan.Connections) == 0 || len(r.exits()) > 0 || r.crashed() || r.PlanHas(plan.RemoveFile) {
		return out
	}
	list := r.listeners()
	for _, i := range r.named("connect") {
		e := r.Event(i)
		if e.Who != trace.Net {
			continue
		}
		for _, l := range list {
			if l.addr != e.Detail.Text || l.at > i || !r.After(i, l.at, r.slack()) && r.Lane == "process" {
				continue
			}
			if l.closed >= 0 && (l.closed < i || !r.After(l.closed, i, r.slack())) || l.hook.Begin >= 0 && (l.hook.Begin < i || !r.After(l.hook.Begin, i, r.slack())) {
				continue
			}
			if r.threw() >= 0 && r.threw() < i || r.returned() >= 0 && r.returned() < i {
				continue
			}
			res := Held()
			if trace.Failed(e.Outcome) {
				res = Broken(i, "%s listens at %s and was not told to stop, so connections must be taken; this one was refused", r.Name(l.k), l.addr).With(l.at)
			}
			out = worst(out, res)
		}
	}
	return out
}

// drained: a connection that its service waits for in its stop is not cut before the deadline.
func drained(r *Run) Result {
	out := Unseen()
	began := r.Began()
	if began < 0 || !r.PlanHas(plan.Drain) || len(r.exits()) > 0 || r.crashed() || r.hastened() {
		return out
	}
	for _, l := range r.listeners() {
		stop, ok := r.CallOf(l.k, Stop)
		if !drains(r.Script(l.k, Stop), l.addr) || r.succeeded("accepted", l.addr) < r.succeeded("connect", l.addr) || ok && r.Failed(stop) && r.Outcome(stop) != trace.WasCancelled {
			continue
		}
		for _, i := range r.named("disconnect") {
			e := r.Event(i)
			if e.Who != trace.Net || e.Detail.Text != l.addr || i < began {
				continue
			}
			switch {
			case !trace.Failed(e.Outcome):
				out = worst(out, Held())
			case r.InTime(i):
				out = worst(out, Broken(i, "%s waits in its stop for the connections at %s to end, so none must be cut before the shutdown timeout is over; this one was", r.Name(l.k), l.addr))
			}
		}
	}
	return out
}

// succeeded counts the events of this name about an address that succeeded.
func (r *Run) succeeded(what, addr string) int {
	n := 0
	for _, i := range r.named(what) {
		if e := r.Event(i); e.Detail.Text == addr && !trace.Failed(e.Outcome) {
			n++
		}
	}
	return n
}

// drains tells whether a script waits for the connections at an address.
func drains(s plan.Script, addr string) bool {
	for i := range s {
		if s[i].Kind == plan.Drain && s[i].Text == addr {
			return true
		}
	}
	return false
}

// refusedAfterClose: nobody is let in when the listener was closed.
func refusedAfterClose(r *Run) Result {
	out := Unseen()
	list := r.listeners()
	if len(list) == 0 {
		return out
	}
	for _, what := range [...]string{"connect", "dial"} {
		for _, i := range r.named(what) {
			e := r.Event(i)
			for _, l := range list {
				if l.addr != e.Detail.Text || l.closed < 0 || l.closed > i || !r.After(i, l.closed, r.slack()) && r.Lane == "process" || r.opened(l.addr, l.closed, i) || r.inTheWay(l.addr) != "" {
					continue
				}
				res := Held()
				if !trace.Failed(e.Outcome) {
					res = Broken(i, "%s closed its listener %s, so connections are refused; this one was taken", r.Name(l.k), l.addr).With(l.closed)
				}
				out = worst(out, res)
			}
		}
	}
	return out
}

// opened tells whether the address was opened between two events.
func (r *Run) opened(addr string, from, to int) bool {
	for _, i := range r.named("listen") {
		if i > from && i < to && r.Event(i).Detail.Text == addr && !trace.Failed(r.Event(i).Outcome) {
			return true
		}
	}
	return false
}

// inTheWay gives the state of the file that the plan put at a unix address before the start, "" if there is none.
func (r *Run) inTheWay(addr string) string {
	path, unix := strings.CutPrefix(addr, "unix:")
	for i := range r.Plan.Files {
		if f := &r.Plan.Files[i]; unix && f.Path == path {
			return f.State
		}
	}
	return ""
}

// drainGivesUp: a stop that waits for connections ends when the shutdown timeout is over.
func drainGivesUp(r *Run) Result {
	out := Unseen()
	d, ok := r.timeout()
	if !ok || !r.PlanHas(plan.Drain) || len(r.exits()) > 0 || r.crashed() || r.hastened() {
		return out
	}
	for _, l := range r.listeners() {
		s := r.Script(l.k, Stop)
		stop, called := r.CallOf(l.k, Stop)
		if !called || !drains(s, l.addr) || !only(s, plan.Drain, plan.CloseListen, plan.Mark) {
			continue
		}
		over := r.Event(stop.Begin).At + d
		if !r.busy(l.addr, stop.Begin, over) {
			continue
		}
		res := Held()
		end := stop.End
		if left := r.left(r.Name(l.k)); left >= 0 && (end < 0 || left < end) {
			end = left
		}
		if end < 0 {
			end = r.leftBehind(stop)
		}
		switch {
		case end < 0 && r.stalled():
			res = Broken(-1, "%s waits in its stop for the connections at %s no longer than the shutdown timeout, %v; it never ended", r.Name(l.k), l.addr, d).With(stop.Begin)
		case end < 0:
			res = Unseen()
		case r.Event(end).At > over+time.Second:
			res = Broken(end, "%s waits in its stop for the connections at %s no longer than the shutdown timeout, %v; it took %v", r.Name(l.k), l.addr, d, r.Event(end).At-r.Event(stop.Begin).At).With(stop.Begin)
		}
		out = worst(out, res)
	}
	return out
}

// only tells whether a script has no other steps than these.
func only(s plan.Script, kinds ...*plan.StepKind) bool {
	for i := range s {
		ok := false
		for _, k := range kinds {
			ok = ok || s[i].Kind == k
		}
		if !ok {
			return false
		}
	}
	return true
}

// busy tells whether a connection that was accepted at the address before event i was still open at a time.
func (r *Run) busy(addr string, i int, at time.Duration) bool {
	open := 0
	for k := range r.Trace.Events {
		e := &r.Trace.Events[k]
		if e.Detail.Text != addr {
			continue
		}
		switch {
		case e.What == "accepted" && k < i:
			open++
		case e.Who == trace.Net && e.What == "disconnect" && e.At < at:
			open--
		}
	}
	return open > 0
}

// listenFailureTold: a listener that cannot be opened during the start fails the start.
func listenFailureTold(r *Run) Result {
	if !r.PlanHas(plan.Listen) || len(r.Starters()) != 1 {
		return Unseen()
	}
	st := r.Starters()[0]
	for _, i := range r.named("listen") {
		e := r.Event(i)
		k := r.ownerOf(e.Who)
		if k < 0 || !trace.Failed(e.Outcome) {
			continue
		}
		c, ok := r.CallOf(k, Start)
		if !ok || i < c.Begin || c.End < i || !r.Failed(c) {
			continue
		}
		if r.Ok(st) {
			return Broken(st.End, "%s could not open %s, which failed its start, so the start of the host must fail; it succeeded", r.Name(k), e.Detail.Text).With(i)
		}
		if n := r.Notes(AppStarted); len(n) > 0 {
			return Broken(n[0].Begin, "%s could not open %s, which failed its start, so the application has not started; ApplicationStarted was notified", r.Name(k), e.Detail.Text).With(i)
		}
		return Held()
	}
	return Unseen()
}

// firstListen gives the event of the first attempt to listen at an address, -1 if there was none.
func (r *Run) firstListen(addr string) int {
	for _, i := range r.named("listen") {
		if e := r.Event(i); e.Detail.Text == addr && e.Phase != trace.Begin {
			return i
		}
	}
	return -1
}

// staleFileReplaced: a socket file that nobody listens on does not keep a service from listening.
func staleFileReplaced(r *Run) Result {
	for i := range r.Plan.Files {
		f := &r.Plan.Files[i]
		if f.State != "stale" {
			continue
		}
		at := r.firstListen("unix:" + f.Path)
		if at < 0 {
			continue
		}
		if e := r.Event(at); trace.Failed(e.Outcome) {
			return Broken(at, "nobody listens on the socket file %s that an earlier process left, so it is replaced; listening ended with %s", f.Path, e.Outcome)
		}
		return Held()
	}
	return Unseen()
}

// othersFileKept: a file that belongs to somebody else is not replaced.
func othersFileKept(r *Run) Result {
	for i := range r.Plan.Files {
		f := &r.Plan.Files[i]
		if f.State == "stale" {
			continue
		}
		at := r.firstListen("unix:" + f.Path)
		if at < 0 {
			continue
		}
		if e := r.Event(at); !trace.Failed(e.Outcome) {
			return Broken(at, "the file %s is %s and belongs to somebody else, so listening there fails; it succeeded", f.Path, f.State)
		}
		return Held()
	}
	return Unseen()
}
