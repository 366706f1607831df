package checks

import (
	"time"

	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// Area SIG: signals at special moments: before the start, while starting, while stopping, afterwards.

func init() {
	clause("HOST-SIG-012", signalBeforeStart)
	clause("HOST-SIG-013", defaultBeforeStart)
	clause("HOST-SIG-014", startSurvives)
	clause("HOST-SIG-015", startRemembers)
	clause("HOST-SIG-016", secondSignalEnds)
	clause("HOST-SIG-017", secondSignal)
	clause("HOST-SIG-018", defaultAfterDisposal)
	clause("HOST-SIG-019", heldUntilDisposal)
}

// firstSignal gives the only signal of the run if it is SIGTERM or SIGINT and the application does not handle it.
func (r *Run) firstSignal() (Sent, bool) {
	list := r.Sent()
	if len(list) != 1 || !named("SIGTERM", "SIGINT")(list[0].Name) || r.Handles(list[0].Name) || r.PlanHas(plan.Raise) || r.Plan.HostLifetime != nil {
		return Sent{}, false
	}
	return list[0], true
}

// beforeStart gives the only signal if it certainly arrived after the host was built and before it was told to start.
func (r *Run) beforeStart() (Sent, bool) {
	s, ok := r.firstSignal()
	build := r.act("build")
	if !ok || build.End < 0 || !r.SurelyAfter(s, build.End) {
		return Sent{}, false
	}
	if st := r.Starters(); len(st) > 0 && !r.SurelyBefore(s, st[0].Begin) {
		return Sent{}, false
	}
	if i := r.returned(); i >= 0 && i < s.At {
		return Sent{}, false
	}
	return s, true
}

// signalBeforeStart: a stop signal before the start is not swallowed.
func signalBeforeStart(r *Run) Result {
	s, ok := r.beforeStart()
	if !ok || len(r.exits()) > 0 {
		return Unseen()
	}
	if r.stalled() && r.Began() < 0 && r.Running() >= 0 {
		return Broken(s.At, "a stop signal before the start must end the program, by its default action or by a start that is cut short; it was swallowed and the host ran on")
	}
	if r.stalled() {
		return Unseen()
	}
	return Held()
}

// defaultBeforeStart: before the start the host has no hand in signals.
func defaultBeforeStart(r *Run) Result {
	s, ok := r.beforeStart()
	if !ok {
		return Unseen()
	}
	if ok, want := r.defaultOf(s.Name); !ok {
		return Broken(s.At, "before the host starts, %s has its default action, %s; the process %s", s.Name, want, r.ending())
	}
	return Held()
}

// duringStart gives the only signal if it certainly arrived while services were being started.
func (r *Run) duringStart() (Sent, bool) {
	s, ok := r.firstSignal()
	first := -1
	for _, h := range [...]Hook{Starting, Start} {
		if c := r.Calls(h); len(c) > 0 && (first < 0 || c[0].Begin < first) {
			first = c[0].Begin
		}
	}
	if !ok || first < 0 || !r.SurelyAfter(s, first) || r.AskedBefore(s.From+1, -1) || len(r.Starters()) != 1 {
		return Sent{}, false
	}
	for _, c := range r.Calls(Start) { // some start was certainly pending when the signal came
		if c.Begin <= s.From && (c.End < 0 || r.SurelyBefore(s, c.End) || c.End > s.At && trace.Failed(r.Outcome(c)) || c.End > s.From && r.Outcome(c) == trace.WasCancelled) {
			return s, true
		}
	}
	return Sent{}, false
}

// startSurvives: a stop signal during the start does not kill the process outright.
func startSurvives(r *Run) Result {
	s, ok := r.duringStart()
	if !ok {
		return Unseen()
	}
	if e := r.Trace.End; e.Kind == trace.Signaled && e.Signal == s.Name {
		return Broken(s.At, "%s while services are starting is a stop request; the process died of it", s.Name)
	}
	return Held()
}

// startRemembers: a stop signal during the start is not forgotten.
func startRemembers(r *Run) Result {
	s, ok := r.duringStart()
	if !ok || len(r.exits()) > 0 {
		return Unseen()
	}
	for _, c := range r.Calls(Start) {
		if c.End < 0 {
			return Unseen() // a start that never ends keeps the host from anything else
		}
	}
	if r.Began() >= 0 || !r.stalled() {
		return Held()
	}
	for _, c := range r.Starters() {
		if c.End >= 0 && r.Failed(c) {
			return Held()
		}
	}
	return Broken(s.At, "%s during the start must still stop the host when the start is over; no stop ever began and the process %s", s.Name, r.ending())
}

// second gives a further stop signal that certainly arrived while a stop was under way, and the call of a service that
// was being stopped then.
func (r *Run) second() (s Sent, c Call, ok bool) {
	list := r.Sent()
	if len(list) < 2 || !IsStopSignal(list[0].Name) || r.Plan.HostLifetime != nil || len(r.Stoppers()) != 1 {
		return
	}
	for _, s := range list[1:] {
		if !IsStopSignal(s.Name) || r.Handles(s.Name) {
			return Sent{}, Call{}, false
		}
		for _, c := range r.Calls(Stop) {
			if r.SurelyAfter(s, c.Begin) && (c.End < 0 || c.End > s.From && (r.Event(c.End).At > s.Due || c.End > s.At)) {
				return s, c, true
			}
		}
	}
	return
}

// secondSignalEnds: a second stop signal never keeps the process from ending.
func secondSignalEnds(r *Run) Result {
	s, _, ok := r.second()
	if !ok {
		return Unseen()
	}
	if r.stalled() {
		if !r.Patient() || r.gated() && r.returned() >= 0 && (len(r.Calls(Dispose)) == 0 || r.botched().Begin >= 0) { // HOST-EXIT-008
			return Unseen()
		}
		return Broken(s.At, "a second stop signal must not keep the process from ending; the process %s", r.ending())
	}
	return Held()
}

// secondSignal: what a further stop signal does while the host is stopping.
func secondSignal(r *Run) Result {
	s, c, ok := r.second()
	if !ok {
		return Unseen()
	}
	name := r.Name(c.Service)
	gone := -1
	for _, i := range r.idx().abandoned {
		if i > c.Begin && r.Event(i).Who == name && (gone < 0 || i < gone) {
			gone = i
		}
	}
	if r.rule("secondSignal") == "forces" {
		end := c.End
		if end < 0 || gone >= 0 && gone < end {
			end = gone
		}
		if end < 0 && (r.Trace.End.Kind == trace.Exited || r.Trace.End.Kind == trace.Signaled) {
			end = r.Last()
		}
		if end < 0 {
			return Broken(s.At, "a second stop signal must force the stop: the stop of %s must end or be abandoned at once; it never was, and the process %s", name, r.ending())
		}
		if r.After(end, s.At, time.Second) {
			return Broken(end, "a second stop signal must force the stop: the stop of %s must end or be abandoned within 1 s; that took %v", name, r.Event(end).At-r.Event(s.At).At).With(s.At)
		}
		return Held()
	}
	if r.stalled() {
		return Unseen()
	}
	switch e := r.Trace.End; {
	case e.Kind == trace.Signaled && e.Signal == s.Name && r.returned() < 0 && !r.PlanHas(plan.Raise):
		return Broken(s.At, "a second stop signal while the host is stopping is swallowed; the process died of it")
	case gone >= 0 && r.expiry(gone):
		return Broken(gone, "a second stop signal while the host is stopping is swallowed; the stop of %s was abandoned before its time", name).With(s.At)
	case c.End >= 0 && r.Outcome(c) == trace.WasCancelled && r.expiry(c.End) && !has(r.Script(c.Service, Stop), plan.ThrowCancelled):
		return Broken(c.End, "a second stop signal while the host is stopping is swallowed; the stop of %s was cancelled before its time", name).With(s.At)
	}
	return Held()
}

// expiry tells whether event i came before the shutdown timeout, which was the only limit.
func (r *Run) expiry(i int) bool {
	began := r.Began()
	d, ok := r.timeout()
	return began >= 0 && ok && !r.PlanHas(plan.StopCancelAfter, plan.StopCancelled, plan.StopTimeout) && r.Event(i).At < r.Event(began).At+d-2*r.slack()
}

// defaultAfterDisposal: when the host is disposed its handlers are gone.
func defaultAfterDisposal(r *Run) Result {
	disposed := -1
	for _, name := range [...]string{"dispose", "run"} {
		if a := r.act(name); a.End >= 0 {
			disposed = a.End
			break
		}
	}
	list := r.Sent()
	if disposed < 0 || len(list) == 0 || len(r.Starters()) != 1 || r.mains(plan.RunBackground) > 0 {
		return Unseen()
	}
	for _, c := range r.Calls(Dispose) {
		if !r.Ok(c) {
			return Unseen() // a disposal that failed may not have come to the host lifetime
		}
	}
	s := list[len(list)-1]
	if !named("SIGTERM", "SIGINT")(s.Name) || r.Handles(s.Name) || !r.SurelyAfter(s, disposed) || len(r.exits()) > 0 {
		return Unseen()
	}
	if i := r.returned(); i >= 0 && !r.SurelyBefore(s, i) || r.threw() >= 0 {
		return Unseen()
	}
	if h := r.exitHandlers(); len(h) > 0 && r.returned() > h[0] {
		return Unseen() // main came to its end while the exit handlers ran, and its code is the later one
	}
	if s.Name == "SIGINT" && r.rule("unsubscribe") == "false" && r.Plan.HostLifetime == nil {
		if r.Trace.End.Kind == trace.Signaled {
			return Broken(s.At, "the host's handler of SIGINT stays after its disposal and swallows the signal; the process died of it")
		}
		return Held()
	}
	if ok, want := r.defaultOf(s.Name); !ok {
		return Broken(s.At, "after the host was disposed %s has its default action, %s; the process %s", s.Name, want, r.ending())
	}
	return Held()
}

// heldUntilDisposal: between its stop and its disposal the host still swallows stop signals.
func heldUntilDisposal(r *Run) Result {
	stopped := -1
	for _, c := range r.Stoppers() {
		if w := r.Event(c.Begin).What; w == "stop" || w == "waitForShutdown" {
			if c.End < 0 {
				return Unseen()
			}
			stopped = max(stopped, c.End)
		} else {
			return Unseen()
		}
	}
	list := r.Sent()
	if stopped < 0 || r.Running() < 0 || len(list) == 0 || r.Plan.HostLifetime != nil {
		return Unseen()
	}
	s := list[len(list)-1]
	if !named("SIGTERM", "SIGINT")(s.Name) || r.endsTheRuntime(s.Name) || r.Handles(s.Name) || !r.SurelyAfter(s, stopped) {
		return Unseen()
	}
	if i := r.returned(); i >= 0 && !r.SurelyBefore(s, i) {
		return Unseen()
	}
	if d := r.act("dispose"); d.Begin >= 0 && !r.SurelyBefore(s, d.Begin) {
		return Unseen()
	}
	if r.Trace.End.Kind == trace.Signaled && r.Trace.End.Signal == s.Name {
		return Broken(s.At, "a host that has stopped and is not disposed still swallows %s; the process died of it", s.Name)
	}
	return Held()
}
