package checks

import (
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// Hook is a method of a service or of the host lifetime, as a dense number.
type Hook uint8

// The hooks, in the order of a whole life. Wait and LifetimeStop belong to the host lifetime.
const (
	New Hook = iota
	Starting
	Start
	Started
	Execute
	Stopping
	Stop
	Stopped
	Dispose
	WaitForStart
	LifetimeStop
	hooks
	noHook
)

var hookNames = [hooks]string{plan.HookNew, plan.HookStarting, plan.HookStart, plan.HookStarted, plan.HookExecute, plan.HookStopping, plan.HookStop, plan.HookStopped, plan.HookDispose, "waitForStart", "stop"}

// String gives the hook's name in plans and traces.
func (h Hook) String() string {
	if h < hooks {
		return hookNames[h]
	}
	return ""
}

func hookOf(what string) Hook {
	switch what {
	case "new":
		return New
	case "starting":
		return Starting
	case "start":
		return Start
	case "started":
		return Started
	case "execute":
		return Execute
	case "stopping":
		return Stopping
	case "stop":
		return Stop
	case "stopped":
		return Stopped
	case "dispose":
		return Dispose
	}
	return noHook
}

// Note is a notification of the application lifetime.
type Note uint8

// The notifications.
const (
	AppStarted Note = iota
	AppStopping
	AppStopped
	noteCount
)

var noteNames = [noteCount]string{"ApplicationStarted", "ApplicationStopping", "ApplicationStopped"}

// String gives the notification's name in clauses.
func (n Note) String() string {
	if n < noteCount {
		return noteNames[n]
	}
	return ""
}

// Call is one call: of a hook, of one of the host's methods, of a callback, of StopApplication. Begin and End are indexes
// of events; End is -1 if it never ended. A new, which takes no time in a trace, has both in one event.
type Call struct {
	Service    int // place in the plan; -1: the host lifetime, the host, or nobody in particular
	Begin, End int
}

// index answers the questions that most checks ask, without walking the trace for each.
type index struct {
	byWhat    map[string][]int // event indexes by What, made on first use
	calls     [hooks][]Call
	slots     []slot // by hook and service
	acts      []Call
	starters  []Call
	stoppers  []Call
	requests  []Call
	notes     [noteCount][]Call
	logs      []int
	signals   []int
	tokens    []int // tokenFired
	abandoned []int
	cut       int
}

func (r *Run) idx() *index {
	if r.index == nil {
		r.index = r.build()
	}
	return r.index
}

func (r *Run) build() *index {
	ix := &index{cut: len(r.Trace.Events)}
	names := serviceNames(r.Services())
	ix.slots = make([]slot, int(hooks)*(len(r.Services())+1))
	for i := range r.Trace.Events {
		e := &r.Trace.Events[i]
		switch e.Who {
		case trace.Log:
			ix.logs = append(ix.logs, i)
		case trace.Signal:
			ix.signals = append(ix.signals, i)
		case trace.Host:
			ix.act(r, i, e)
		case trace.Lifetime:
			ix.note(r, i, e)
		case trace.HostLifetime:
			switch e.What {
			case "waitForStart":
				ix.pair(WaitForStart, -1, i, e.Phase)
			case "stop":
				ix.pair(LifetimeStop, -1, i, e.Phase)
			default:
				ix.common(r, i, e)
			}
		case trace.Process:
			if e.What == "exit" && e.Phase == trace.Begin {
				ix.cut = min(ix.cut, i)
			}
		case trace.Main:
			if e.What == "threw" && r.Plan != nil && !r.Plan.MainCatches {
				ix.cut = min(ix.cut, i)
			}
			ix.common(r, i, e)
		default:
			h, s := hookOf(e.What), names.find(e.Who)
			switch {
			case e.What == "tokenFired":
				ix.tokens = append(ix.tokens, i)
			case e.What == "abandoned":
				ix.abandoned = append(ix.abandoned, i)
			case h == noHook || s < 0:
				if e.What == "threw" {
					ix.cut = min(ix.cut, i)
				}
				ix.common(r, i, e)
			case h == New:
				ix.pair(New, s, i, trace.Begin)
				ix.pair(New, s, i, trace.End)
			default:
				ix.pair(h, s, i, e.Phase)
			}
		}
	}
	if r.Trace.End.Kind == trace.Signaled || r.Trace.End.Kind == trace.Killed {
		ix.cut = min(ix.cut, max(len(r.Trace.Events)-1, 0))
	}
	return ix
}

// act takes an event of one of the host's own methods.
func (ix *index) act(r *Run, i int, e *trace.Event) {
	if e.Phase == trace.Begin {
		ix.acts = append(ix.acts, Call{-1, i, -1})
		switch e.What {
		case "run":
			ix.starters, ix.stoppers = append(ix.starters, Call{-1, i, -1}), append(ix.stoppers, Call{-1, i, -1})
		case "start":
			ix.starters = append(ix.starters, Call{-1, i, -1})
		case "stop", "waitForShutdown":
			ix.stoppers = append(ix.stoppers, Call{-1, i, -1})
		}
		return
	}
	if e.Phase != trace.End {
		return
	}
	ix.endOf(r, ix.acts, i, e)
	ix.endOf(r, ix.starters, i, e)
	ix.endOf(r, ix.stoppers, i, e)
}

// endOf ends the latest call in the list that has the event's name and actor and has not ended.
func (ix *index) endOf(r *Run, list []Call, i int, e *trace.Event) {
	for k := len(list) - 1; k >= 0; k-- {
		if b := r.Event(list[k].Begin); list[k].End < 0 && b.What == e.What && b.Who == e.Who {
			list[k].End = i
			return
		}
	}
}

// note takes an event of the application lifetime.
func (ix *index) note(r *Run, i int, e *trace.Event) {
	var n Note
	switch e.What {
	case "applicationStarted":
		n = AppStarted
	case "applicationStopping":
		n = AppStopping
	case "applicationStopped":
		n = AppStopped
	case "abandoned":
		ix.abandoned = append(ix.abandoned, i)
		return
	default:
		ix.common(r, i, e)
		return
	}
	switch e.Phase {
	case trace.Point:
		ix.notes[n] = append(ix.notes[n], Call{-1, i, i})
	case trace.Begin:
		ix.notes[n] = append(ix.notes[n], Call{-1, i, -1})
	case trace.End:
		for k := len(ix.notes[n]) - 1; k >= 0; k-- {
			if c := &ix.notes[n][k]; c.End < 0 && r.Event(c.Begin).Detail == e.Detail {
				c.End = i
				return
			}
		}
	}
}

// common takes the events that anybody's script may print.
func (ix *index) common(r *Run, i int, e *trace.Event) {
	switch e.What {
	case "stopApplication":
		if e.Phase == trace.Begin {
			ix.requests = append(ix.requests, Call{-1, i, -1})
		} else {
			ix.endOf(r, ix.requests, i, e)
		}
	case "stopHost":
		if e.Phase == trace.Begin {
			ix.stoppers = append(ix.stoppers, Call{-1, i, -1})
		} else {
			ix.endOf(r, ix.stoppers, i, e)
		}
	case "tokenFired":
		ix.tokens = append(ix.tokens, i)
	}
}

// slot remembers, for one hook of one service, the place of its first and its latest open call, each plus one.
type slot struct{ first, open int32 }

// pair adds the begin of a call, or gives a call its end: the latest open one of this service and hook.
func (ix *index) pair(h Hook, service, i int, phase trace.Phase) {
	list, s := ix.calls[h], &ix.slots[int(h)+int(hooks)*(service+1)]
	switch phase {
	case trace.Begin:
		ix.calls[h] = append(list, Call{service, i, -1})
		s.open = int32(len(list) + 1)
		if s.first == 0 {
			s.first = s.open
		}
	case trace.End:
		if s.open > 0 {
			list[s.open-1].End, s.open = i, 0
			return
		}
		for k := len(list) - 1; k >= 0; k-- {
			if list[k].Service == service && list[k].End < 0 {
				list[k].End = i
				return
			}
		}
	}
}

// first gives the place of a service's first call of the hook, -1 if there is none.
func (ix *index) first(h Hook, service int) int {
	k := int(h) + int(hooks)*(service+1)
	if k < 0 || k >= len(ix.slots) {
		return -1
	}
	return int(ix.slots[k].first) - 1
}

// names finds a service's place by its name.
type names struct {
	list []plan.Service
	byID map[string]int // only for plans with many services
}

func serviceNames(list []plan.Service) names {
	n := names{list: list}
	if len(list) > 12 {
		n.byID = make(map[string]int, len(list))
		for i := range list {
			n.byID[list[i].Name] = i
		}
	}
	return n
}

func (n names) find(who string) int {
	if n.byID != nil {
		if i, ok := n.byID[who]; ok {
			return i
		}
		return -1
	}
	for i := range n.list {
		if n.list[i].Name == who {
			return i
		}
	}
	return -1
}
