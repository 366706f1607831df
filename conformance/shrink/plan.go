// Package shrink makes a plan smaller while it stays what it is wanted for: below the level of scripts, so that nobody
// writes a shrinker for a step or a key of their own.
package shrink

import (
	"iter"
	"slices"
	"time"

	"github.com/hostsim/hostsim/scenarios/plan"
)

// Plan gives a smallest plan that it can find for which keep is true, trying to take away, in this order, services,
// stimuli, callbacks, options, steps, and then to make durations shorter. It is deterministic; keep is called for each
// try and must not change the plan. p itself is not changed; keep(p) must be true.
func Plan(p *plan.Plan, keep func(*plan.Plan) bool) *plan.Plan {
	return fixpoint(p, keep, append(pieces[:len(pieces):len(pieces)], durations))
}

// Pieces is [Plan] that leaves durations as they are: for hosts in real time, where shorter waits race.
func Pieces(p *plan.Plan, keep func(*plan.Plan) bool) *plan.Plan { return fixpoint(p, keep, pieces) }

// Smaller gives every plan that is p without one piece, in the order of [Pieces]. None shares anything with p that can be changed.
func Smaller(p *plan.Plan) iter.Seq[*plan.Plan] {
	return func(yield func(*plan.Plan) bool) {
		for _, r := range pieces {
			for i := 0; ; i++ {
				try := p.Clone()
				more, changed := r(try, i)
				if !more {
					break
				}
				if changed && !yield(try) {
					return
				}
			}
		}
	}
}

func fixpoint(p *plan.Plan, keep func(*plan.Plan) bool, reductions []reduction) *plan.Plan {
	for {
		smaller := pass(p, keep, reductions)
		if smaller == p {
			return p
		}
		p = smaller
	}
}

// pass tries every reduction once, each on the outcome of the last that was kept.
func pass(p *plan.Plan, keep func(*plan.Plan) bool, reductions []reduction) *plan.Plan {
	for _, r := range reductions {
		for i := 0; ; {
			try := p.Clone()
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

// pieces takes things away; nothing that stays is changed.
var pieces = []reduction{
	services,
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

// services takes a service away, and with it the stimuli that wait for one of its events.
func services(p *plan.Plan, i int) (more, changed bool) {
	if !remove(&p.Services, i) {
		return false, false
	}
	dropStrays(p)
	return true, true
}

// dropStrays takes away the stimuli that wait for what the plan no longer has: it could not be read back.
func dropStrays(p *plan.Plan) {
	p.Signals = slices.DeleteFunc(p.Signals, func(s plan.Stimulus) bool { return !p.Belongs(s.After) })
	p.Connections = slices.DeleteFunc(p.Connections, func(c plan.Connection) bool { return !p.Belongs(c.After) })
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
		for _, h := range svc.HookNames() {
			if i == 0 {
				delete(svc.Hooks, h)
				return true, true
			}
			i--
		}
		if i == 0 {
			changed = plain(svc)
			dropStrays(p)
			return true, changed
		}
		i--
	}
	return false, false
}

// plain makes a lifecycle service a hosted one, without the hooks that those do not have, and stops watching tokens.
func plain(s *plan.Service) (changed bool) {
	changed = s.Kind == plan.Lifecycle || s.WatchTokens
	s.WatchTokens = false
	if s.Kind == plan.Lifecycle {
		s.Kind = plan.Hosted
		for _, h := range s.HookNames() {
			if !slices.Contains(plan.Hooks(s.Kind), h) {
				delete(s.Hooks, h)
			}
		}
	}
	return changed
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

// scriptSteps takes away single steps of the other scripts, innermost last.
func scriptSteps(p *plan.Plan, i int) (more, changed bool) {
	for s := range p.Scripts() {
		if s == (*plan.Script)(&p.Main) {
			continue
		}
		if i < len(*s) {
			if remove((*[]plan.Step)(s), i); *s == nil {
				*s = plan.Script{} // as it is read back: an empty script is one
			}
			return true, true
		}
		i -= len(*s)
	}
	return false, false
}

// durations makes one duration half as long, rounded to 10 ms, and very short ones none.
func durations(p *plan.Plan, i int) (more, changed bool) {
	for d := range p.Durations() {
		if i > 0 {
			i--
			continue
		}
		if *d <= 0 {
			return true, false
		}
		half := (*d / 2).Round(10 * time.Millisecond)
		if half >= *d || half < 10*time.Millisecond {
			half = 0
		}
		*d = half
		return true, true
	}
	return false, false
}
