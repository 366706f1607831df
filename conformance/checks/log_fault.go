package checks

import (
	"time"

	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// Area LOG: events of background services, of starts that fail, and status messages.

func init() {
	clause("HOST-LOG-011", eachWorker(logsFault))
	clause("HOST-LOG-012", logsStoppingHost)
	clause("HOST-LOG-013", eachWorker(logsNoCancellation))
	clause("HOST-LOG-014", logsStartFailure)
	clause("HOST-LOG-015", logsNoWaitFailure)
	clause("HOST-LOG-016", statusOfStart)
	clause("HOST-LOG-017", statusOfStop)
	clause("HOST-LOG-018", hintOfExit)
}

// logsFault: the failure of a background service is logged as event 9 with its error, but for the releases that lose it.
func logsFault(r *Run, w worker) Result {
	if !r.logging() || !r.Failed(w.body) || !r.Ok(w.start) {
		return Unseen()
	}
	if r.rule("workerMonitor") == "none" {
		if i := r.loggedBetween("Host#9", w.body.End, -1); i >= 0 {
			return Broken(i, "the failure of the background service %s is lost; it was logged", w.name).With(w.body.End)
		}
		return Held()
	}
	if r.Outcome(w.body) == trace.WasCancelled && (!has(w.script, plan.ThrowCancelled) || !r.alone(w) || r.PlanHas(plan.Raise)) {
		return Unseen()
	}
	if w.stop.End >= 0 && w.body.End > w.stop.End || !r.goesOn(w.body.End) || r.killedFromOutside() && !r.After(r.Last(), w.body.End, 0) {
		return Unseen()
	}
	for _, i := range r.idx().logs {
		if e := r.Event(i); i > w.body.End && e.Detail.Text == "Host#9" && e.Outcome == r.Outcome(w.body) {
			return Held()
		}
	}
	return Broken(w.body.End, "the background service %s ended with %s, which is logged as event 9 with this error; it was not", w.name, r.Outcome(w.body))
}

// goesOn tells whether the run went on after event i for so long that the host must have noticed.
func (r *Run) goesOn(i int) bool {
	if r.Last() >= 0 && r.After(r.Last(), i, 100*time.Millisecond) {
		return true
	}
	for _, a := range r.Stoppers() {
		if a.End > i {
			return true
		}
	}
	return false
}

// logsStoppingHost: event 10 follows event 9 unless failures are to be ignored.
func logsStoppingHost(r *Run) Result {
	if r.rule("workerMonitor") == "none" {
		return Unseen()
	}
	if r.ignores() {
		if i := r.Logged("Host#10"); i >= 0 {
			return Broken(i, "failures of background services are to be ignored, so event 10 (stopping the host) is not logged; it was")
		}
		if r.Logged("Host#9") < 0 {
			return Unseen()
		}
		return Held()
	}
	out := Unseen()
	for _, i := range r.idx().logs {
		e := r.Event(i)
		if e.Detail.Text != "Host#9" || !r.goesOn(i) {
			continue
		}
		found := false
		for _, k := range r.idx().logs {
			found = found || k > i && r.Event(k).Detail.Text == "Host#10" && r.Event(k).Outcome == e.Outcome
		}
		if !found {
			return Broken(i, "the failure of a background service stops the host, which is logged as event 10 with the same error; it was not")
		}
		out = Held()
	}
	return out
}

// logsNoCancellation: work that ends cancelled because a stop was called, or asked for, is not logged as a failure.
func logsNoCancellation(r *Run, w worker) Result {
	monitor := r.rule("workerMonitor")
	if !r.logging() || monitor == "none" || r.Outcome(w.body) != trace.WasCancelled || !r.Ok(w.start) || has(w.script, plan.ThrowCancelled) || !r.goesOn(w.body.End) {
		return Unseen()
	}
	if d, ok := r.CallOf(w.k, Dispose); ok && d.Begin < w.body.End || r.hasStartupTimeout() || r.PlanHas(plan.RunCancelAfter, plan.StartCancelAfter) {
		return Unseen()
	}
	logged := -1
	for _, i := range r.idx().logs {
		if e := r.Event(i); i > w.body.End && e.Detail.Text == "Host#9" && e.Outcome == trace.WasCancelled {
			logged = i
			break
		}
	}
	if r.bodies().cancelled > 1 {
		return Unseen() // whose the event is cannot be told
	}
	if w.stop.Begin >= 0 && w.stop.Begin < w.body.End {
		if logged >= 0 {
			return Broken(logged, "the background service %s ended cancelled because it was stopped, which is no failure; it was logged as one", w.name).With(w.body.End)
		}
		return Held()
	}
	if len(r.Notes(AppStopping)) == 0 || !r.pending(w.body.End) || r.loggedBetween("Host#3", -1, w.body.End) >= 0 {
		return Unseen()
	}
	if monitor == "stopCalled" && logged < 0 {
		return Broken(w.body.End, "a stop was asked for but not yet called when the background service %s ended cancelled, which is logged as a failure; it was not", w.name)
	}
	if monitor != "stopCalled" && logged >= 0 {
		return Broken(logged, "the background service %s ended cancelled because a stop was asked for, which is no failure; it was logged as one", w.name).With(w.body.End)
	}
	return Held()
}

// logsStartFailure: which failures of a start are logged as event 11.
func logsStartFailure(r *Run) Result {
	if !r.logging() || len(r.Starters()) != 1 {
		return Unseen()
	}
	st, rule := r.Starters()[0], r.rule("startFailureEvent")
	i := r.Logged("Host#11")
	k, at := r.brokenNew()
	want := rule == "all"
	var what string
	if k >= 0 {
		what = "the construction of " + r.Name(k)
	} else if c := r.failing(Starting, Start, Started); c.Begin >= 0 {
		if r.abandonedAt(c.Service, c.End) >= 0 {
			return Unseen() // the start had failed before
		}
		want, at, what = rule != "none", c.End, "the start of "+r.Name(c.Service)
	} else {
		if i >= 0 && r.Running() >= 0 && len(r.idx().abandoned) == 0 && !r.MainHas(plan.RunCancelAfter, plan.StartCancelAfter, plan.StartCancelled) && !r.startTimedOut() {
			return Broken(i, "event 11 (failed to start) is logged when a start failed; none had")
		}
		return Unseen()
	}
	if !r.goesOn(at) && !r.Failed(st) || st.End < 0 && r.ConcurrentStart() && i < 0 { // the others are waited for
		return Unseen()
	}
	switch {
	case want && (i < at || !trace.Failed(r.Event(i).Outcome)):
		return Broken(at, "%s failed, which is logged as event 11 with the error; it was not", what)
	case !want && i >= 0:
		return Broken(i, "%s failed, which is not logged as event 11; it was", what).With(at)
	}
	return Held()
}

// logsNoWaitFailure: a host lifetime that fails to let the host start is no start failure to log.
func logsNoWaitFailure(r *Run) Result {
	for _, c := range r.Calls(WaitForStart) {
		if !r.Failed(c) {
			continue
		}
		if i := r.loggedBetween("Host#11", c.End, -1); i >= 0 {
			return Broken(i, "the wait of the host lifetime failed, which is not logged as event 11; it was").With(c.End)
		}
		if r.logging() {
			return Held()
		}
	}
	return Unseen()
}

var startLines = [...]string{"Lifetime#0:Application", "Lifetime#0:Hosting", "Lifetime#0:Content"}

// statusOfStart: the status messages of a host that has started.
func statusOfStart(r *Run) Result {
	note := r.Notes(AppStarted)
	if !r.logging() || len(note) == 0 {
		return Unseen()
	}
	if l := r.Plan.HostLifetime; l != nil && l.Kind == plan.Systemd {
		return Unseen() // it has messages of its own
	}
	if r.rule("statusMessages") != "true" || r.Plan.HostLifetime != nil {
		for _, d := range startLines {
			if i := r.Logged(d); i >= 0 {
				return Broken(i, "no status message is logged by this host; %s was", d)
			}
		}
		return Held()
	}
	at := -1
	for k, d := range startLines {
		i := r.loggedBetween(d, at, -1)
		if k == 0 { // the same word begins the message of the stop, which may come first
			h := r.loggedBetween(startLines[1], -1, -1)
			for i >= 0 && r.loggedBetween(d, i, h) >= 0 && h >= 0 {
				i = r.loggedBetween(d, i, h)
			}
		}
		if i < 0 || i > note[0].Begin {
			return Broken(note[0].Begin, "when the application has started, three status messages are logged, in order, before its callbacks run; %s was not", d)
		}
		at = i
	}
	return Held()
}

// statusOfStop: the status message of a host that stops.
func statusOfStop(r *Run) Result {
	c := r.Calls(Stop)
	if !r.logging() || len(c) == 0 || r.Running() < 0 || r.Running() > c[0].Begin || r.disposedBefore(c[0].Begin) || len(r.Notes(AppStopping)) == 0 || len(r.Notes(AppStarted)) == 0 {
		return Unseen()
	}
	n := 0
	for _, i := range r.idx().logs {
		if i < c[0].Begin && r.Event(i).Detail.Text == startLines[0] {
			n++
		}
	}
	if l := r.Plan.HostLifetime; l != nil && l.Kind == plan.Systemd {
		return Unseen() // it has messages of its own
	}
	if r.rule("statusMessages") != "true" || r.Plan.HostLifetime != nil {
		if n > 0 {
			return Broken(r.Logged(startLines[0]), "no status message is logged by this host; one was")
		}
		return Held()
	}
	if n < 2 {
		return Broken(c[0].Begin, "that the application is shutting down is logged before the first service is stopped; it was not")
	}
	return Held()
}

// hintOfExit: the hint that the host waits to be disposed, of the release that has it.
func hintOfExit(r *Run) Result {
	i := r.Logged("Lifetime#0:Waiting")
	hint := r.rule("consoleSignals") == "exitGateWithHint" && r.Plan.HostLifetime == nil
	d, known := r.timeout()
	if i >= 0 {
		if !hint {
			return Broken(i, "this host does not hint that it waits to be disposed; it did")
		}
		first := -1
		for k := 0; k < i && first < 0; k++ {
			e := r.Event(k)
			if e.Who == trace.Process || e.Who == trace.Signal && e.What == "SIGTERM" || e.Who == trace.Main && e.What == "return" {
				first = k
			}
		}
		if known && !r.PlanHas(plan.Raise) && (first < 0 || r.Event(i).At < r.Event(first).At+d-2*r.slack()) {
			return Broken(i, "the hint comes when an exit has waited for the disposal for the shutdown timeout, %v; it came before", d)
		}
		return Held()
	}
	if !hint || !known || r.returned() < 0 || !r.stalled() || r.Trace.End.Kind == trace.Killed || len(r.Starters()) == 0 || len(r.Calls(Dispose)) > 0 || r.act("dispose").Begin >= 0 || r.Plan.ProcessExit != nil && !finite(*r.Plan.ProcessExit) || len(r.exits()) > 0 || unended(r.Notes(AppStopping)) {
		return Unseen()
	}
	return Broken(r.returned(), "main has returned and the host was never disposed, which is hinted at after the shutdown timeout, %v; it was not", d)
}
