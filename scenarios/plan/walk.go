package plan

import (
	"iter"
	"slices"
	"time"
)

// hooks are all hooks, in the order of a whole life.
var hooks = []string{HookNew, HookStarting, HookStart, HookStarted, HookExecute, HookStopping, HookStop, HookStopped, HookDispose}

// HookNames lists the hooks that have a script, in the order of a whole life.
func (s *Service) HookNames() []string {
	var out []string
	for _, h := range hooks {
		if _, ok := s.Hooks[h]; ok {
			out = append(out, h)
		}
	}
	return out
}

// Scripts visits every script of the plan, main included: the services in their order, the callbacks, the host lifetime,
// the exit handler, main. A script comes before those of the threads that it spawns. In a plan of one's own ([Plan.Clone])
// the script that is visited may be changed; a plan that is shared is not written to.
func (p *Plan) Scripts() iter.Seq[*Script] {
	return func(yield func(*Script) bool) {
		for i := range p.Services {
			if !p.Services[i].scripts(yield) {
				return
			}
		}
		for _, list := range [...][]Script{p.ApplicationStarted, p.ApplicationStopping, p.ApplicationStopped} {
			for i := range list {
				if !list[i].visit(yield) {
					return
				}
			}
		}
		if l := p.HostLifetime; l != nil && (!l.WaitForStart.visit(yield) || !l.Stop.visit(yield)) {
			return
		}
		if p.ProcessExit != nil && !p.ProcessExit.visit(yield) {
			return
		}
		(*Script)(&p.Main).visit(yield)
	}
}

// scripts visits the scripts of a service. A map's values have no address: what was made of one is put back.
func (s *Service) scripts(yield func(*Script) bool) bool {
	for _, h := range s.HookNames() {
		was := s.Hooks[h]
		now := was
		going := now.visit(yield)
		if len(now) != len(was) || len(now) > 0 && &now[0] != &was[0] {
			s.Hooks[h] = now
		}
		if !going {
			return false
		}
	}
	return true
}

func (s *Script) visit(yield func(*Script) bool) bool {
	if !yield(s) {
		return false
	}
	for i := range *s {
		if st := &(*s)[i]; st.Kind == Spawn && !st.Steps.visit(yield) {
			return false
		}
	}
	return true
}

// AllSteps visits every step of the plan, in the order of [Plan.Scripts].
func (p *Plan) AllSteps() iter.Seq[*Step] {
	return func(yield func(*Step) bool) {
		for s := range p.Scripts() {
			for i := range *s {
				if !yield(&(*s)[i]) {
					return
				}
			}
		}
	}
}

// Has tells whether the plan has a step of one of these kinds anywhere.
func (p *Plan) Has(kinds ...*StepKind) bool {
	for s := range p.AllSteps() {
		if slices.Contains(kinds, s.Kind) {
			return true
		}
	}
	return false
}

// Durations visits every duration of the plan: of the options that are set, of signals and connections, of the steps that
// take one.
func (p *Plan) Durations() iter.Seq[*time.Duration] {
	return func(yield func(*time.Duration) bool) {
		for _, o := range [...]*time.Duration{p.Options.ShutdownTimeout, p.Options.StartupTimeout} {
			if o != nil && !yield(o) {
				return
			}
		}
		for i := range p.Signals {
			if !yield(&p.Signals[i].Wait) {
				return
			}
		}
		for i := range p.Connections {
			if c := &p.Connections[i]; !yield(&c.Wait) || !yield(&c.Hold) {
				return
			}
		}
		for s := range p.AllSteps() {
			if s.Kind != nil && s.Kind.Arg == ArgDuration && !yield(&s.Dur) {
				return
			}
		}
	}
}
