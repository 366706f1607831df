package plan

import (
	"sort"
	"strings"

	"github.com/hostsim/hostsim/scenarios/doc"
)

const eventForm = `an event of this plan, WHO.WHAT or WHO.WHAT.PHASE, such as "lifetime.applicationStarted" or "b.stop.begin"`

// Phases of an event that can happen, as a set.
const (
	point = 1 << iota
	begin
	end
)

// events is the set of events that some run of a plan may have: WHO.WHAT → phases.
type events map[string]uint8

// has tells whether an event of this name can happen; without a phase, in any phase.
func (e events) has(name string) bool {
	if e[name] != 0 {
		return true
	}
	if at := strings.LastIndexByte(name, '.'); at > 0 {
		switch set := e[name[:at]]; name[at+1:] {
		case "begin":
			return set&begin != 0
		case "end":
			return set&end != 0
		}
	}
	return false
}

func (e events) nearest(name string) string {
	words := make([]string, 0, 2*len(e))
	for w, set := range e {
		words = append(words, w)
		if set&begin != 0 {
			words = append(words, w+".begin")
		}
		if set&end != 0 {
			words = append(words, w+".end")
		}
	}
	sort.Strings(words)
	return doc.Nearest(name, words)
}

// Unreachable lists the stimuli of a plan, by place, whose event no script of the plan ever causes: a signal after
// "host.run.begin" where main never runs the host. Such a plan is legal, the stimulus is never sent; a scenario that a
// person wrote should have none.
func Unreachable(p *Plan) []Pos {
	if len(p.Signals)+len(p.Connections) == 0 {
		return nil
	}
	can := possible(p, false)
	var out []Pos
	for _, s := range p.Signals {
		if !can.has(s.After) {
			out = append(out, s.Pos)
		}
	}
	for _, c := range p.Connections {
		if !can.has(c.After) {
			out = append(out, c.Pos)
		}
	}
	return out
}

// possible collects the events that a run of the plan may have under some profile. With loose it collects what any plan
// with these services, whatever their scripts, may have.
func possible(p *Plan, loose bool) events {
	e := make(events, 64+8*len(p.Services))
	e["host.build"] = begin | end
	e["main.return"], e["main.threw"] = point, point
	e["process.exit"], e["process.processExit"] = begin, begin|end
	for _, level := range []string{"Trace", "Debug", "Information", "Warning", "Error", "Critical"} {
		e["log."+level] = point
	}
	e.main(p.Main)
	e.script("main", p.Main, loose)
	for i := range p.Services {
		e.service(&p.Services[i], loose)
	}
	if l := p.HostLifetime; l != nil || loose {
		e["hostLifetime.waitForStart"], e["hostLifetime.stop"] = begin|end, begin|end
		if l != nil {
			e.script("hostLifetime", l.WaitForStart, loose)
			e.script("hostLifetime", l.Stop, loose)
		}
	}
	for what, scripts := range map[string][]Script{"applicationStarted": p.ApplicationStarted, "applicationStopping": p.ApplicationStopping, "applicationStopped": p.ApplicationStopped} {
		switch {
		case loose:
			e["lifetime."+what] = point | begin | end
		case len(scripts) == 0:
			e["lifetime."+what] = point
		default:
			e["lifetime."+what] = begin | end
		}
		for _, s := range scripts {
			e.script("lifetime", s, loose)
		}
	}
	if p.ProcessExit != nil {
		e.script("processExit", *p.ProcessExit, loose)
	}
	for _, h := range p.SignalHandlers {
		e["signalHandler."+h.Signal] = point
	}
	for _, s := range p.Signals {
		e["signal."+s.Send] = point
	}
	for _, c := range p.Connections {
		for _, what := range []string{"connect", "accepted", "refused", "close", "dial", c.Name} {
			e["net."+what] = point | begin | end
		}
	}
	if loose {
		for _, what := range []string{"run", "start", "stop", "waitForShutdown", "dispose"} {
			e["host."+what] = begin | end
		}
		for _, who := range []string{"main", "lifetime", "processExit", "hostLifetime"} {
			e.script(who, nil, loose)
		}
		for _, s := range Signals {
			e["signal."+s], e["signalHandler."+s] = point, point
		}
	}
	return e
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

func (e events) service(s *Service, loose bool) {
	e[s.Name+".new"] = point
	for _, hook := range Hooks(s.Kind) {
		if hook != HookNew {
			e[s.Name+"."+hook] = begin | end
		}
		if (s.WatchTokens || loose) && place(hook) == InAsync {
			e[s.Name+"."+hook+".token"] = point
		}
		e.script(s.Name, s.Hooks[hook], loose)
	}
	if loose {
		e.script(s.Name, nil, loose)
	}
}

// script adds what the steps of an actor print; with loose, whatever any step prints.
func (e events) script(who string, steps []Step, loose bool) {
	if loose && e[who+".mark"] == 0 {
		for _, k := range stepKinds {
			e.step(who, &Step{Kind: k, Text: Signals[0]}, loose)
		}
	}
	for i := range steps {
		if steps[i].Kind != nil {
			e.step(who, &steps[i], loose)
		}
	}
}

func (e events) step(who string, s *Step, loose bool) {
	switch s.Kind {
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
		if !strings.HasSuffix(who, "/thread") || len(s.Steps) > 0 {
			e.script(who+"/thread", s.Steps, loose)
		}
	}
	if s.Kind.Arg == ArgAddress {
		e[who+"."+s.Kind.Name] = point | begin | end
	}
}
