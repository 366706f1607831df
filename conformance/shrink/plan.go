// Package shrink makes a plan smaller while it stays what it is wanted for: below the level of scripts, so that nobody
// writes a shrinker for a step or a key of their own.
package shrink

import (
	"sort"
	"time"

	"github.com/hostsim/hostsim/scenarios/plan"
)

// Plan gives a smallest plan that it can find for which keep is true, trying to take away, in this order, services,
// stimuli, callbacks, options, steps, and then to make durations shorter. It is deterministic; keep is called for each
// try and must not change the plan. p itself is not changed; keep(p) must be true.
func Plan(p *plan.Plan, keep func(*plan.Plan) bool) *plan.Plan {
	for {
		smaller := pass(p, keep)
		if smaller == p {
			return p
		}
		p = smaller
	}
}

// pass tries every reduction once, each on the outcome of the last that was kept.
func pass(p *plan.Plan, keep func(*plan.Plan) bool) *plan.Plan {
	for _, r := range reductions {
		for i := 0; ; {
			try := Clone(p)
			more, changed := r(try, i)
			if !more {
				break
			}
			if changed && keep(try) {
				p = try
				continue // the same index is now something else
			}
			i++
		}
	}
	return p
}

// reduction makes the i-th change of its kind. more is false when there is no i-th; changed is false when it would change nothing.
type reduction func(p *plan.Plan, i int) (more, changed bool)

var reductions = []reduction{
	func(p *plan.Plan, i int) (bool, bool) { return remove(&p.Services, i), true },
	func(p *plan.Plan, i int) (bool, bool) { return remove(&p.Signals, i), true },
	func(p *plan.Plan, i int) (bool, bool) { return remove(&p.Connections, i), true },
	func(p *plan.Plan, i int) (bool, bool) { return remove(&p.Files, i), true },
	func(p *plan.Plan, i int) (bool, bool) { return remove(&p.SignalHandlers, i), true },
	func(p *plan.Plan, i int) (bool, bool) { return remove(&p.ApplicationStarted, i), true },
	func(p *plan.Plan, i int) (bool, bool) { return remove(&p.ApplicationStopping, i), true },
	func(p *plan.Plan, i int) (bool, bool) { return remove(&p.ApplicationStopped, i), true },
	func(p *plan.Plan, i int) (bool, bool) { return remove(&p.Config, i), true },
	singles,
	hooks,
	mainSteps,
	scriptSteps,
	durations,
}

func remove[T any](list *[]T, i int) bool {
	if i >= len(*list) {
		return false
	}
	*list = append((*list)[:i:i], (*list)[i+1:]...)
	if len(*list) == 0 {
		*list = nil
	}
	return true
}

// singles takes away keys that are there once.
func singles(p *plan.Plan, i int) (more, changed bool) {
	switch i {
	case 0:
		changed, p.HostLifetime = p.HostLifetime != nil, nil
	case 1:
		changed, p.ProcessExit = p.ProcessExit != nil, nil
	case 2:
		changed, p.MainCatches = p.MainCatches, false
	case 3:
		changed, p.Options.ShutdownTimeout = p.Options.ShutdownTimeout != nil, nil
	case 4:
		changed, p.Options.StartupTimeout = p.Options.StartupTimeout != nil, nil
	case 5:
		changed, p.Options.ConcurrentStart = p.Options.ConcurrentStart != nil, nil
	case 6:
		changed, p.Options.ConcurrentStop = p.Options.ConcurrentStop != nil, nil
	case 7:
		changed, p.Options.BackgroundException = p.Options.BackgroundException != "", ""
	default:
		return false, false
	}
	return true, changed
}

// hooks takes away whole scripts, and then turns services into plain ones.
func hooks(p *plan.Plan, i int) (more, changed bool) {
	for s := range p.Services {
		svc := &p.Services[s]
		for _, h := range hookNames(svc) {
			if i == 0 {
				delete(svc.Hooks, h)
				return true, true
			}
			i--
		}
		if i == 0 {
			changed = svc.Kind == plan.Lifecycle || svc.WatchTokens
			if svc.Kind == plan.Lifecycle {
				svc.Kind = plan.Hosted
			}
			svc.WatchTokens = false
			return true, changed
		}
		i--
	}
	return false, false
}

func hookNames(s *plan.Service) []string {
	out := make([]string, 0, len(s.Hooks))
	for h := range s.Hooks {
		out = append(out, h)
	}
	sort.Strings(out)
	return out
}

// mainSteps takes away steps of main, the build excepted.
func mainSteps(p *plan.Plan, i int) (more, changed bool) {
	if i >= len(p.Main) {
		return false, false
	}
	if p.Main[i].Kind == plan.Build {
		return true, false
	}
	remove(&p.Main, i)
	return true, true
}

// scriptSteps takes away single steps, innermost last.
func scriptSteps(p *plan.Plan, i int) (more, changed bool) {
	eachScript(p, func(s *plan.Script) bool {
		if i < len(*s) {
			remove((*[]plan.Step)(s), i)
			more, changed = true, true
			return false
		}
		i -= len(*s)
		return true
	})
	return more, changed
}

// durations makes one duration half as long, rounded to 10 ms, and very short ones none.
func durations(p *plan.Plan, i int) (more, changed bool) {
	eachDuration(p, func(d *time.Duration) bool {
		if i > 0 {
			i--
			return true
		}
		more = true
		if *d > 0 {
			half := (*d / 2).Round(10 * time.Millisecond)
			if half >= *d || half < 10*time.Millisecond {
				half = 0
			}
			*d, changed = half, true
		}
		return false
	})
	return more, changed
}

// eachScript visits every script of the plan, outer before inner, until f says no.
func eachScript(p *plan.Plan, f func(*plan.Script) bool) {
	var visit func(s *plan.Script) bool
	visit = func(s *plan.Script) bool {
		if !f(s) {
			return false
		}
		for i := range *s {
			if len((*s)[i].Steps) > 0 && !visit(&(*s)[i].Steps) {
				return false
			}
		}
		return true
	}
	for i := range p.Services {
		svc := &p.Services[i]
		for _, h := range hookNames(svc) {
			script := svc.Hooks[h]
			ok := visit(&script)
			svc.Hooks[h] = script
			if !ok {
				return
			}
		}
	}
	for _, list := range [][]plan.Script{p.ApplicationStarted, p.ApplicationStopping, p.ApplicationStopped} {
		for i := range list {
			if !visit(&list[i]) {
				return
			}
		}
	}
	if p.HostLifetime != nil && (!visit(&p.HostLifetime.WaitForStart) || !visit(&p.HostLifetime.Stop)) {
		return
	}
	if p.ProcessExit != nil && !visit(p.ProcessExit) {
		return
	}
	for i := range p.Main {
		if len(p.Main[i].Steps) > 0 && !visit(&p.Main[i].Steps) {
			return
		}
	}
}

// eachDuration visits every duration of the plan until f says no.
func eachDuration(p *plan.Plan, f func(*time.Duration) bool) {
	going := true
	visit := func(d *time.Duration) bool {
		if going {
			going = f(d)
		}
		return going
	}
	for _, o := range []*time.Duration{p.Options.ShutdownTimeout, p.Options.StartupTimeout} {
		if o != nil && !visit(o) {
			return
		}
	}
	for i := range p.Signals {
		if !visit(&p.Signals[i].Wait) {
			return
		}
	}
	for i := range p.Connections {
		if !visit(&p.Connections[i].Wait) || !visit(&p.Connections[i].Hold) {
			return
		}
	}
	eachScript(p, func(s *plan.Script) bool {
		for i := range *s {
			if (*s)[i].Kind.Arg == plan.ArgDuration && !visit(&(*s)[i].Dur) {
				return false
			}
		}
		return true
	})
	for i := range p.Main {
		if p.Main[i].Kind.Arg == plan.ArgDuration && !visit(&p.Main[i].Dur) {
			return
		}
	}
}

// Clone copies a plan so that nothing is shared.
func Clone(p *plan.Plan) *plan.Plan {
	c := *p
	c.Options.ShutdownTimeout = clonePtr(p.Options.ShutdownTimeout)
	c.Options.StartupTimeout = clonePtr(p.Options.StartupTimeout)
	c.Options.ConcurrentStart = clonePtr(p.Options.ConcurrentStart)
	c.Options.ConcurrentStop = clonePtr(p.Options.ConcurrentStop)
	c.Config = append([]plan.Setting(nil), p.Config...)
	c.Services = append([]plan.Service(nil), p.Services...)
	for i := range c.Services {
		hooks := make(map[string]plan.Script, len(c.Services[i].Hooks))
		for h, s := range c.Services[i].Hooks {
			hooks[h] = cloneScript(s)
		}
		c.Services[i].Hooks = hooks
	}
	if p.HostLifetime != nil {
		l := *p.HostLifetime
		l.WaitForStart, l.Stop = cloneScript(l.WaitForStart), cloneScript(l.Stop)
		c.HostLifetime = &l
	}
	c.ApplicationStarted = cloneScripts(p.ApplicationStarted)
	c.ApplicationStopping = cloneScripts(p.ApplicationStopping)
	c.ApplicationStopped = cloneScripts(p.ApplicationStopped)
	if p.ProcessExit != nil {
		s := cloneScript(*p.ProcessExit)
		c.ProcessExit = &s
	}
	c.SignalHandlers = append([]plan.SignalHandler(nil), p.SignalHandlers...)
	c.Main = cloneScript(p.Main)
	c.Signals = append([]plan.Stimulus(nil), p.Signals...)
	c.Connections = append([]plan.Connection(nil), p.Connections...)
	c.Files = append([]plan.File(nil), p.Files...)
	return &c
}

func clonePtr[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}

func cloneScripts(in []plan.Script) []plan.Script {
	var out []plan.Script
	for _, s := range in {
		out = append(out, cloneScript(s))
	}
	return out
}

func cloneScript(s plan.Script) plan.Script {
	if s == nil {
		return nil
	}
	out := append(plan.Script{}, s...)
	for i := range out {
		out[i].Steps = cloneScript(out[i].Steps)
	}
	return out
}
