package agree

import (
	"strconv"
	"strings"

	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/recorded"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// rules are what the comparison needs to know of the release and the plan.
type rules struct {
	major   int             // of the release
	legacy  bool            // before 6: the exiting thread races main (U5)
	zero    bool            // a timeout of zero: the state of a token at a begin may be either (U6)
	workers map[string]bool // the background services
	codes   map[int]bool    // what main may return
}

func newRules(rec *recorded.Recording) *rules {
	r := &rules{workers: map[string]bool{}, codes: map[int]bool{0: true}}
	_, version, _ := strings.Cut(rec.Release, "-")
	version, _, _ = strings.Cut(version, ".")
	r.major, _ = strconv.Atoi(version)
	r.legacy = r.major < 6
	for i := range rec.Plan.Services {
		if s := &rec.Plan.Services[i]; s.Kind == plan.Background {
			r.workers[s.Name] = true
		}
	}
	o := &rec.Plan.Options
	r.zero = o.ShutdownTimeout != nil && *o.ShutdownTimeout == 0 || o.StartupTimeout != nil && *o.StartupTimeout == 0
	for _, s := range rec.Plan.Main {
		if s.Kind == plan.Return {
			r.codes[s.N] = true
		}
	}
	return r
}

// clean leaves out what a run may have or not: the hint of 3.1, and main where it races the exiting thread (U5); it
// forgets the state of tokens where a timeout is zero (U6). at tells where each event that is kept stood.
func (r *rules) clean(events []trace.Event) (kept []trace.Event, at []int) {
	gate := false
	for i := range events {
		e := &events[i]
		if r.legacy && (e.Who == trace.Process && (e.What == "processExit" || e.What == "exit") || e.Who == trace.Signal && e.What == "SIGTERM") {
			gate = true
			break
		}
	}
	kept, at = make([]trace.Event, 0, len(events)), make([]int, 0, len(events))
	for i, e := range events {
		if e.Detail == trace.Text("Lifetime#0:Waiting") || gate && (e.Who == trace.Main || e.Who == trace.Host && e.What == "run" && e.Phase == trace.End) {
			continue
		}
		if r.zero {
			e.Token = trace.NoToken
		}
		kept, at = append(kept, e), append(at, i)
	}
	return kept, at
}

// class is the part that an event plays in the rules of order.
type class uint8

const (
	other class = iota
	signal
	three    // the host says that it is stopping
	monitor  // the host says that a background service failed
	worker   // the body of a background service
	stopping // the notification that a stop was requested, and what belongs to its thread
	exit     // the exiting thread, or a thread of the plan's own
	start
	cancelledStart
)

func (r *rules) class(k *key) class {
	e := &k.event
	detail := ""
	if e.Detail.Kind == trace.TextDetail {
		detail = e.Detail.Text
	}
	switch {
	case e.Who == trace.Signal:
		return signal
	case detail == "Host#3":
		return three
	case detail == "Host#9" || detail == "Host#10":
		return monitor
	case r.workers[e.Who] && e.What != "start" && e.What != "stop" && e.What != "dispose" && e.What != "new":
		return worker
	case e.Who == trace.Lifetime && e.What == "applicationStopping", strings.HasSuffix(detail, "ApplicationLifetime#7"), e.What == "stopApplication",
		detail == "Lifetime#0:Application" && k.nth > 1:
		return stopping
	case e.Who == trace.Process, e.Who == trace.ProcessExit, isThread(e.Who):
		return exit
	}
	switch e.What {
	case "start", "starting", "started", "new", "applicationStarted", "waitForStart":
		if e.What == "start" && e.Phase == trace.End && e.Outcome == trace.WasCancelled {
			return cancelledStart
		}
		return start
	}
	switch detail {
	case "Host#2", "Lifetime#0:Hosting", "Lifetime#0:Content", "Lifetime#0:Application":
		return start
	}
	return other
}

func isThread(who string) bool { return strings.HasSuffix(who, "/thread") }

// free tells whether the real host leaves two events unordered (U1 to U4, U7, U8).
func (r *rules) free(a, b *key) bool {
	x, y := r.class(a), r.class(b)
	is := func(c class) bool { return x == c || y == c }
	both := func(c, d class) bool { return x == c && y == d || x == d && y == c }
	sameActor := a.event.Who == b.event.Who
	switch {
	case is(signal): // U2
		return true
	case !sameActor && (isThread(a.event.Who) || isThread(b.event.Who)): // a thread of the plan's own
		return true
	case both(three, stopping), both(three, exit), both(three, three): // U1
		return true
	case r.major >= 10 && is(worker) && (is(start) || is(monitor) || is(cancelledStart)): // U3
		return !(sameActor && (begins(a, "start") && begins(b, "execute") || begins(a, "execute") && begins(b, "start")))
	case is(worker) && !sameActor && (r.major >= 10 || x == y): // U3, U8
		return true
	case r.major >= 6 && is(monitor): // U4
		return true
	case r.major >= 10 && both(start, stopping) && len(r.workers) > 0: // U4: an immediate failure
		return true
	}
	return r.major >= 6 && both(cancelledStart, stopping) // U7
}

func begins(k *key, what string) bool { return k.event.What == what && k.event.Phase == trace.Begin }
