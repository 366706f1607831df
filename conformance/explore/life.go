package explore

import (
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// transitions are the steps that the life of a host can take from one state to the next. An exploration says which of
// them no run took.
var transitions = []string{
	"built → starting",     //
	"built → stopping",     // asked to stop before it was started
	"built → disposed",     //
	"built → ended",        // the process ended before the host was started
	"starting → started",   //
	"starting → stopping",  // asked to stop, or stopped, in the middle of its start
	"starting → disposed",  // the start failed
	"starting → ended",     //
	"started → stopping",   //
	"started → disposed",   // disposed without a stop
	"started → ended",      // the process ended without a stop
	"stopping → started",   // the start came to its end although a stop had been requested
	"stopping → stopped",   //
	"stopping → disposed",  // the stop did not come to its end
	"stopping → ended",     // the process ended in the middle of the stop
	"stopped → disposed",   //
	"stopped → ended",      // the process ended without a disposal
	"disposed → ended",     //
	"disposed → stopping",  // asked to stop when it was over
	"disposed → stopped",   //
	"stopped → restarting", // started a second time
	"stopping → stuck",     // nothing can go on any more, or the run had to be given up
}

// life lists the transitions that a run took, each once.
func life(t *trace.Trace) []string {
	var out []string
	state := ""
	reached := map[string]bool{}
	enter := func(s string) {
		if s == "starting" && reached[s] {
			s = "restarting"
		}
		if reached[s] {
			return
		}
		if reached[s] = true; state != "" {
			out = append(out, step(state, s))
		}
		state = s
	}
	for i := range t.Events {
		if s := enters(&t.Events[i]); s != "" {
			enter(s)
		}
	}
	if t.End.Kind.NeverEnded() {
		enter("stuck")
	} else {
		enter("ended")
	}
	return out
}

// enters gives the state that the host is in from an event on, "" if the event says nothing about it.
func enters(e *trace.Event) string {
	switch {
	case e.Who == trace.Host && e.What == "build" && e.Phase == trace.End:
		return "built"
	case e.Who == trace.Host && (e.What == "run" || e.What == "start") && e.Phase == trace.Begin:
		return "starting"
	case e.Who == trace.Lifetime && e.What == "applicationStarted" && e.Phase != trace.End:
		return "started"
	case e.Who == trace.Lifetime && e.What == "applicationStopping" && e.Phase != trace.End:
		return "stopping"
	case e.Who == trace.Lifetime && e.What == "applicationStopped" && e.Phase != trace.End:
		return "stopped"
	case e.What == plan.HookDispose && e.Phase == trace.Begin:
		return "disposed"
	}
	return ""
}

// steps holds the one string for each transition, so that a million traces do not hold a million copies.
var steps = func() map[[2]string]string {
	m := map[[2]string]string{}
	states := []string{"built", "starting", "restarting", "started", "stopping", "stopped", "disposed", "ended", "stuck"}
	for _, a := range states {
		for _, b := range states {
			m[[2]string{a, b}] = a + " → " + b
		}
	}
	return m
}()

func step(from, to string) string { return steps[[2]string{from, to}] }
