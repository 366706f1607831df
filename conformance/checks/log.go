package checks

import (
	"strings"
	"time"

	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// Area LOG: the host's own log events: that failures are told, and the events of a host's life.

func init() {
	clause("HOST-LOG-001", failureTold)
	clause("HOST-LOG-002", orderlyIsQuiet)
	clause("HOST-LOG-003", logsStarting)
	clause("HOST-LOG-004", logsStarted)
	clause("HOST-LOG-005", logsStopping)
	clause("HOST-LOG-006", logsStopped)
	clause("HOST-LOG-007", logsFailedStop)
	clause("HOST-LOG-008", logsCallbacks)
	clause("HOST-LOG-009", logsLevels)
	clause("HOST-LOG-010", logsAbandoned)
}

// logging tells whether the host logs at all.
func (r *Run) logging() bool { return len(r.idx().logs) > 0 }

// loggedBetween gives the first log event with this detail between two events, -1 if there is none; to -1: up to the end.
func (r *Run) loggedBetween(detail string, from, to int) int {
	for _, i := range r.idx().logs {
		if i > from && (to < 0 || i < to) && r.Event(i).Detail.Text == detail {
			return i
		}
	}
	return -1
}

// loggedTimes counts the log events with this detail.
func (r *Run) loggedTimes(detail string) int {
	n := 0
	for _, i := range r.idx().logs {
		if r.Event(i).Detail.Text == detail {
			n++
		}
	}
	return n
}

// failing gives the first hook of these that ended with an error that is no cancellation, with Begin -1 if none did.
func (r *Run) failing(list ...Hook) Call {
	for _, h := range list {
		for _, c := range r.Calls(h) {
			if r.Failed(c) && r.Outcome(c) != trace.WasCancelled {
				return c
			}
		}
	}
	return Call{-1, -1, -1}
}

// failureTold: a failure that ends the host is told, by an error of the call that ran it or by a log event.
func failureTold(r *Run) Result {
	first := r.failing(Starting, Start, Started, Stopping, Stop, Stopped)
	at := first.End
	if at >= 0 && r.abandonedAt(first.Service, at) >= 0 {
		return Unseen() // it was given up before, and that was told
	}
	for k := range r.Plan.Services {
		body, _ := r.CallOf(k, Execute)
		if w := (worker{k: k, body: body}); at < 0 && body.Begin >= 0 && r.failed(w) && r.alone(w) && !r.ignores() && r.rule("workerMonitor") != "none" {
			if _, yes := r.stopsBy(body.End); yes {
				at = body.End
			}
		}
	}
	if at < 0 || r.stalled() || len(r.exits()) > 0 || r.crashed() {
		return Unseen()
	}
	for _, a := range r.idx().acts {
		if a.End > at && r.Failed(a) || a.End < 0 {
			return Held()
		}
	}
	if r.threw() > at {
		return Held() // a call that is no act of main's told it
	}
	for _, i := range r.idx().logs {
		if e := r.Event(i); i > at && (e.What == "Warning" || e.What == "Error" || e.What == "Critical") {
			return Held()
		}
	}
	return Broken(at, "a failure that ends the host is told, by the call that ran it or in the log; this one was not")
}

// orderlyIsQuiet: a life in which nothing failed logs no error.
func orderlyIsQuiet(r *Run) Result {
	if !r.logging() || r.Running() < 0 || r.Began() < r.Running() || r.startTimedOut() || r.stalled() || len(r.exits()) > 0 || r.crashed() || len(r.idx().abandoned) > 0 || len(r.Calls(Stop)) == 0 {
		return Unseen()
	}
	for _, c := range r.Calls(Start) {
		if r.Kind(c.Service) == plan.Background && r.Event(c.Begin).Token == trace.Cancelled && (r.hasStartupTimeout() || r.MainHas(plan.RunCancelAfter, plan.StartCancelAfter, plan.StartCancelled)) {
			return Unseen() // its work was cancelled before it began
		}
	}
	for i := range r.Trace.Events {
		e := &r.Trace.Events[i]
		if e.Who == trace.Log || e.Who == trace.Net || !trace.Failed(e.Outcome) {
			continue
		}
		k := r.ownerOf(e.Who)
		if stop, ok := r.CallOf(k, Stop); k < 0 || e.What != "execute" || e.Outcome != trace.WasCancelled || !ok || stop.Begin > i {
			return Unseen()
		}
	}
	for _, i := range r.idx().logs {
		if e := r.Event(i); e.What == "Error" || e.What == "Critical" && !r.PlanHas(plan.OnCancelThrow) { // a callback on a token may have failed
			return Broken(i, "nothing failed, so the host logs no error; it logged %s as %s", e.Detail.Text, e.What)
		}
	}
	return Held()
}

// logsStarting: event 1 comes first, once for each start.
func logsStarting(r *Run) Result {
	first := -1
	for _, h := range [...]Hook{WaitForStart, New, Starting, Start} {
		if c := r.Calls(h); len(c) > 0 && (first < 0 || c[0].Begin < first) {
			first = c[0].Begin
		}
	}
	if !r.logging() || first < 0 || len(r.Starters()) == 0 {
		return Unseen()
	}
	i := r.Logged("Host#1")
	switch {
	case i < 0:
		return Broken(first, "event 1 (starting) is logged before the host does anything else; it never was")
	case i > first:
		return Broken(i, "event 1 (starting) is logged before the host does anything else; it came after").With(first)
	case r.loggedTimes("Host#1") > len(r.Starters()):
		return Broken(r.loggedBetween("Host#1", i, -1), "event 1 (starting) is logged once for each start; it was logged %d times for %d starts", r.loggedTimes("Host#1"), len(r.Starters())).With(i)
	}
	return Held()
}

// logsStarted: event 2 comes when every service has started and the callbacks of ApplicationStarted have run, and only then.
func logsStarted(r *Run) Result {
	if !r.logging() || len(r.Starters()) == 0 || len(r.Services()) > 0 && len(r.Calls(Start)) == 0 {
		return Unseen()
	}
	i := r.Logged("Host#2")
	if i < 0 {
		for _, c := range r.Notes(AppStarted) {
			if c.End < 0 {
				return Unseen()
			}
		}
		if st := r.Starters()[0]; r.Ok(st) && r.Running() >= 0 && r.Running() < st.End && (r.Event(st.Begin).What == "start" || r.Began() > r.Running() && r.After(r.Began(), r.Running(), 0)) {
			return Broken(st.End, "event 2 (started) is logged when the host has started; it never was")
		}
		if c := r.failing(Starting, Start, Started); c.Begin >= 0 {
			return Held()
		}
		return Unseen()
	}
	for _, h := range [...]Hook{Starting, Start, Started} {
		for _, c := range r.Calls(h) {
			if c.Begin < i && (c.End < 0 || c.End > i || r.Failed(c) && r.Outcome(c) != trace.WasCancelled) {
				return Broken(i, "event 2 (started) is logged when every service has started; %s of %s had not succeeded", h, r.Name(c.Service)).With(c.Begin)
			}
		}
	}
	for _, c := range r.Notes(AppStarted) {
		if c.Begin < i && (c.End < 0 || c.End > i) || c.Begin > i {
			return Broken(i, "event 2 (started) is logged when the callbacks of ApplicationStarted have run; one had not").With(c.Begin)
		}
	}
	return Held()
}

// logsStopping: event 3 comes before any service is told to stop.
func logsStopping(r *Run) Result {
	first := -1
	for _, h := range [...]Hook{Stopping, Stop, LifetimeStop} {
		if c := r.Calls(h); len(c) > 0 && (first < 0 || c[0].Begin < first) {
			first = c[0].Begin
		}
	}
	if !r.logging() || first < 0 || r.Running() < 0 || r.Running() > first {
		return Unseen()
	}
	switch i := r.Logged("Host#3"); {
	case i < 0:
		return Broken(first, "event 3 (stopping) is logged before any service is told to stop; it never was")
	case i > first:
		return Broken(i, "event 3 (stopping) is logged before any service is told to stop; it came after").With(first)
	}
	return Held()
}

var hooksOfStop = [...]Hook{Stopping, Stop, Stopped, LifetimeStop}

// logsStopped: event 4 ends a stop that succeeded, and no other.
func logsStopped(r *Run) Result {
	from := r.Logged("Host#3")
	if from < 0 || r.Overlapping() || !r.OneStop() || r.unclearStops() {
		return Unseen()
	}
	i, by := r.loggedBetween("Host#4", from, -1), r.Stoppers()[0]
	if i < 0 {
		if r.Ok(by) && by.End > from && r.Running() >= 0 {
			return Broken(by.End, "event 4 (stopped) is logged when the host has stopped; it never was")
		}
		if r.failing(hooksOfStop[:]...).Begin >= 0 && by.End >= 0 {
			return Held()
		}
		return Unseen()
	}
	for _, h := range hooksOfStop {
		for _, c := range r.Calls(h) {
			switch {
			case c.Begin > i || c.End < 0 && r.left(r.Name(c.Service)) < 0 || c.End > i && r.left(r.Name(c.Service)) < 0:
				return Broken(i, "event 4 (stopped) is logged when everything has stopped; %s of %s was not over", h, r.Name(c.Service)).With(c.Begin)
			case r.stopFailed(c) && c.Begin > from:
				return Broken(i, "event 4 (stopped) is logged when the stop succeeded; %s of %s had failed", h, r.Name(c.Service)).With(c.End)
			}
		}
	}
	if n := r.Notes(AppStopped); len(n) > 0 && n[len(n)-1].Begin > i {
		return Broken(i, "event 4 (stopped) is logged when ApplicationStopped was notified; it had not been").With(n[0].Begin)
	}
	return Held()
}

// logsFailedStop: event 5 ends a stop that failed, with its error.
func logsFailedStop(r *Run) Result {
	from := r.Logged("Host#3")
	if from < 0 || r.Overlapping() || !r.OneStop() || r.Running() < 0 || r.unclearStops() {
		return Unseen()
	}
	by := r.Stoppers()[0]
	failed := -1
	for _, h := range hooksOfStop {
		for _, c := range r.Calls(h) {
			if r.stopFailed(c) && c.Begin > from && (h == LifetimeStop || r.abandonedAt(c.Service, c.End) < 0) {
				failed = max(failed, c.End)
			}
			if h == LifetimeStop && r.Failed(c) && r.rule("lifetimeStop") == "beforeStopped" {
				return Unseen()
			}
			if r.rule("expiredStop") == "skip" && (c.End < 0 || !r.InTime(c.End)) {
				return Unseen()
			}
		}
	}
	i := r.loggedBetween("Host#5", from, -1)
	if failed < 0 {
		if i >= 0 && len(r.idx().abandoned) == 0 && r.Ok(by) {
			return Broken(i, "event 5 (stopped with an error) is logged when a stop failed; nothing had")
		}
		return Unseen()
	}
	if by.End < failed {
		return Unseen()
	}
	if i < 0 || i < failed || i > by.End {
		return Broken(by.End, "event 5 (stopped with an error) is logged when a stop failed; it was not").With(failed)
	}
	if r.botched().Begin < 0 && !r.rolledBack(by) && r.Event(i).Outcome != r.Outcome(by) {
		return Broken(i, "event 5 (stopped with an error) has the error of the stop, %s; it had %s", r.Outcome(by), r.Event(i).Outcome).With(by.End)
	}
	return Held()
}

var callbackEvents = [...]string{"ApplicationLifetime#6", "ApplicationLifetime#7", "ApplicationLifetime#8"}

// logsCallbacks: a callback of a notification that failed is logged with its error, as event 6, 7 or 8.
func logsCallbacks(r *Run) Result {
	out := Unseen()
	for n := AppStarted; n < noteCount; n++ {
		failed, open := -1, false
		for _, c := range r.Notes(n) {
			if open = open || c.End < 0; r.Failed(c) {
				failed = max(failed, c.End)
			}
		}
		i := r.Logged(callbackEvents[n])
		switch {
		case open || len(r.Notes(n)) == 0 || r.PlanHas(plan.OnCancelThrow): // what hangs on a linked token is a callback too
		case failed < 0 && i >= 0:
			return Broken(i, "event %d is logged when a callback of %s failed; none had", 6+n, n)
		case failed < 0 || failed >= r.Last() || (r.stalled() || len(r.exits()) > 0 || r.killedFromOutside() && !r.After(r.Last(), failed, 0) || r.returned() >= 0 && r.returned() < failed) && i < 0 || !r.logging():
		case i < failed || !trace.Failed(r.Event(i).Outcome):
			return Broken(failed, "a callback of %s failed, which is logged as event %d with the error; it was not", n, 6+n)
		default:
			out = Held()
		}
	}
	return out
}

// levels are the levels of the host's events. That of event 5 is Error where run fails with it.
var levels = map[string]string{
	"Host#1": "Debug", "Host#2": "Debug", "Host#3": "Debug", "Host#4": "Debug", "Host#5": "Debug Error",
	"ApplicationLifetime#6": "Critical", "ApplicationLifetime#7": "Critical", "ApplicationLifetime#8": "Critical",
	"Host#9": "Error", "Host#10": "Critical", "Host#11": "Error", "Host#12": "Error",
	"Lifetime#0:Application": "Information", "Lifetime#0:Hosting": "Information", "Lifetime#0:Content": "Information", "Lifetime#0:Waiting": "Information",
}

// logsLevels: every event has its level.
func logsLevels(r *Run) Result {
	out := Unseen()
	for _, i := range r.idx().logs {
		e := r.Event(i)
		want, known := levels[e.Detail.Text]
		if !known {
			continue
		}
		if e.Detail.Text == "Host#5" && r.rule("workerMonitor") != "fails" {
			want = "Debug"
		}
		if e.What == "" || !strings.Contains(want, e.What) {
			return Broken(i, "%s is logged as %s; it was logged as %s", e.Detail.Text, want, e.What)
		}
		out = Held()
	}
	return out
}

// logsAbandoned: a call that is abandoned is logged as event 12.
func logsAbandoned(r *Run) Result {
	list := r.idx().abandoned
	if len(list) == 0 || !r.logging() {
		return Unseen()
	}
	if n := r.loggedTimes("Host#12"); n < len(list) && (r.Last() > list[len(list)-1] && r.After(r.Last(), list[len(list)-1], 100*time.Millisecond) || r.act("run").End >= 0) {
		return Broken(list[len(list)-1], "every call that is abandoned is logged as event 12; %d were abandoned and %d logged", len(list), n)
	} else if n < len(list) {
		return Unseen()
	}
	return Held()
}
