package plan

import (
	"slices"
	"strings"

	"github.com/hostsim/hostsim/scenarios/doc"
)

const eventForm = `an event of this plan, WHO.WHAT or WHO.WHAT.PHASE, such as "lifetime.applicationStarted" or "b.stop.begin"`

// vocabulary is what the actors that are not services may do, whatever the plan is. Steps have a vocabulary of their own.
var vocabulary = map[string][]string{
	"host":          {"build", "run", "start", "stop", "waitForShutdown", "dispose"},
	"lifetime":      {"applicationStarted", "applicationStopping", "applicationStopped"},
	"hostLifetime":  {"waitForStart", "stop"},
	"process":       {"exit", "processExit"},
	"main":          {"return", "threw"},
	"processExit":   {},
	"signal":        allSignals,
	"signalHandler": Signals,
	"log":           {"Trace", "Debug", "Information", "Warning", "Error", "Critical"},
	"systemd":       {"notify"},
	"net":           nil, // anything: connections are named by the plan
	"world":         nil,
}

// stepEvents is what steps print, by the name that the event has.
var stepEvents = []string{"mark", "stopApplication", "stopHost", "tokenFired", "cancelCallback", "threw", "listen", "close", "accept", "accepted", "drain", "dial", "removeFile"}

// splitEvent takes WHO.WHAT or WHO.WHAT.PHASE apart.
func splitEvent(event string) (who, what, phase string) {
	who, what, _ = strings.Cut(event, ".")
	for _, p := range []string{"begin", "end"} {
		if rest, ok := strings.CutSuffix(what, "."+p); ok {
			return who, rest, p
		}
	}
	return who, what, ""
}

// Belongs tells whether an event, WHO.WHAT or WHO.WHAT.PHASE, is one of an actor that the plan has, whatever its scripts
// are. A plan with a stimulus after any other event cannot be read back.
func (p *Plan) Belongs(event string) bool {
	who, what, _ := splitEvent(event)
	who, thread := cutThreads(who)
	words, fixed := vocabulary[who]
	if fixed && !thread {
		if words == nil && what != "" || slices.Contains(words, what) {
			return true
		}
		return slices.Contains(stepEvents, what) && (who == "main" || who == "lifetime" || who == "hostLifetime" || who == "processExit")
	}
	if !fixed {
		s := serviceOf(p, who)
		if s == nil {
			return false
		}
		if !thread && slices.Contains(Hooks(s.Kind), strings.TrimSuffix(what, ".token")) {
			return true
		}
	}
	return slices.Contains(stepEvents, what)
}

// cutThreads takes the "/thread" off the name of a thread that a script spawned.
func cutThreads(who string) (actor string, thread bool) {
	actor, _, thread = strings.Cut(who, "/thread")
	return actor, thread
}

func serviceOf(p *Plan, name string) *Service {
	for i := range p.Services {
		if p.Services[i].Name == name {
			return &p.Services[i]
		}
	}
	return nil
}

// nearestEvent gives the event of the plan that is nearest to what was written.
func nearestEvent(p *Plan, event string) string {
	var words []string
	add := func(who string, whats ...string) {
		for _, w := range whats {
			words = append(words, who+"."+w, who+"."+w+".begin", who+"."+w+".end")
		}
	}
	for _, who := range []string{"lifetime", "host", "process", "main", "hostLifetime"} {
		add(who, vocabulary[who]...)
	}
	for i := range p.Services {
		if i == 100 {
			break
		}
		add(p.Services[i].Name, Hooks(p.Services[i].Kind)...)
		add(p.Services[i].Name, stepEvents...)
	}
	return doc.Nearest(event, words)
}

// Unsent is a stimulus that is never sent, because its event never happens.
type Unsent struct {
	After string
	Pos   Pos
}

// Unreachable lists the stimuli whose event no script of the plan ever causes: a signal after
// "host.run.begin" where main never runs the host. Such a plan is legal, the stimulus is never sent; a scenario that a
// person wrote should have none.
func Unreachable(p *Plan) []Unsent {
	if len(p.Signals)+len(p.Connections) == 0 {
		return nil
	}
	can := caused(p)
	var out []Unsent
	for _, s := range p.Signals {
		if !can.has(s.After) {
			out = append(out, Unsent{s.After, s.Pos})
		}
	}
	for _, c := range p.Connections {
		if !can.has(c.After) {
			out = append(out, Unsent{c.After, c.Pos})
		}
	}
	return out
}

// Phases of an event that can happen, as a set.
const (
	point = 1 << iota
	begin
	end
)

// events is the set of events that some run of a plan may have: WHO.WHAT → phases.
type events map[string]uint8

// has tells whether an event of this name can happen; without a phase, in any phase.
func (e events) has(event string) bool {
	who, what, phase := splitEvent(event)
	switch set := e[who+"."+what]; phase {
	case "begin":
		return set&begin != 0
	case "end":
		return set&end != 0
	default:
		return set != 0 || e[event] != 0 || who == "log" || who == "net" || who == "world"
	}
}

// caused collects what may happen in some run of the plan under some profile.
func caused(p *Plan) events {
	e := make(events, 32+8*len(p.Services))
	e["host.build"] = begin | end
	e["main.return"], e["main.threw"] = point, point
	e["process.exit"], e["process.processExit"] = begin, begin|end
	e.main(p.Main)
	e.script("main", p.Main)
	for i := range p.Services {
		e.service(&p.Services[i])
	}
	if l := p.HostLifetime; l != nil && l.Kind == Systemd {
		e["systemd.notify"] = point
	} else if l != nil && l.Kind != NoLifetime {
		e["hostLifetime.waitForStart"], e["hostLifetime.stop"] = begin|end, begin|end
		e.script("hostLifetime", l.WaitForStart)
		e.script("hostLifetime", l.Stop)
	}
	e.callbacks("applicationStarted", p.ApplicationStarted)
	e.callbacks("applicationStopping", p.ApplicationStopping)
	e.callbacks("applicationStopped", p.ApplicationStopped)
	if p.ProcessExit != nil {
		e.script("processExit", *p.ProcessExit)
	}
	for _, h := range p.SignalHandlers {
		e["signalHandler."+h.Signal] = point
	}
	for _, s := range p.Signals {
		e["signal."+s.Send] = point
	}
	return e
}

func (e events) callbacks(what string, scripts []Script) {
	e["lifetime."+what] = begin | end
	if len(scripts) == 0 {
		e["lifetime."+what] = point
	}
	for _, s := range scripts {
		e.script("lifetime", s)
	}
}

// main adds what the steps of main do to the host.
func (e events) main(steps []Step) {
	if len(steps) == 0 {
		e["host.run"] = begin | end
	}
	for _, s := range steps {
		switch s.Kind {
		case Run, RunSync, RunCancelAfter, RunBackground:
			e["host.run"] = begin | end
		case Start, TryStart, StartCancelAfter, StartCancelled:
			e["host.start"] = begin | end
		case Stop, StopCancelAfter, StopCancelled, StopTimeout:
			e["host.stop"] = begin | end
		case WaitForShutdown:
			e["host.waitForShutdown"] = begin | end
		case Dispose:
			e["host.dispose"] = begin | end
		}
	}
}

func (e events) service(s *Service) {
	e[s.Name+".new"] = point
	for _, hook := range Hooks(s.Kind) {
		if hook != HookNew {
			e[s.Name+"."+hook] = begin | end
		}
		if s.WatchTokens && place(hook) == InAsync {
			e[s.Name+"."+hook+".token"] = point
		}
		e.script(s.Name, s.Hooks[hook])
	}
}

// script adds what the steps of an actor print.
func (e events) script(who string, steps []Step) {
	for i := range steps {
		s := &steps[i]
		switch s.Kind {
		case nil:
			continue
		case Mark:
			e[who+".mark"] = point
		case StopApp:
			e[who+".stopApplication"] = begin | end
		case StopHostWait:
			e[who+".stopHost"] = begin | end
		case UntilCancelled:
			e[who+".tokenFired"] = point
		case OnCancelThrow, OnCancelBlock:
			e[who+".cancelCallback"] = begin | end
		case Raise:
			e["signal."+s.Text] = point
		case Spawn:
			e[who+"/thread.threw"] = point
			e.script(who+"/thread", s.Steps)
		}
		if s.Kind == Accept {
			e[who+".accepted"] = point
		}
		if s.Kind.Arg == ArgAddress {
			e[who+"."+s.Kind.Name] = point | begin | end
		}
	}
}
