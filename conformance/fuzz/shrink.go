package fuzz

import (
	"sort"

	"github.com/hostsim/hostsim/scenarios/plan"
)

// shrink takes pieces of the plan away as long as the hosts differ in the same kind of thing, with at most so many plays.
func (j *judge) shrink(d *Difference, budget int) error {
	const plays = 3
	for again := true; again; {
		again = false
		for _, c := range Smaller(d.Small) {
			if budget -= plays; budget < 0 {
				return nil
			}
			said, err := j.differs(c, plays)
			if err != nil {
				return err
			}
			if said != nil && said.Kind == d.Said.Kind {
				d.Small, d.Said, d.Theirs, d.Mine = c, said, j.theirs, j.mine
				again = true
				break
			}
		}
	}
	return nil
}

// Smaller gives every plan that is p without one piece, the largest pieces first: a service, a hook, a callback, a handler,
// a signal, an option, a step. None of them shares anything with p that could be changed.
func Smaller(p *plan.Plan) []*plan.Plan {
	var out []*plan.Plan
	with := func(change func(*plan.Plan)) {
		c := rescale(p, unchanged)
		change(c)
		out = append(out, c)
	}
	for i := range p.Services {
		with(func(c *plan.Plan) { c.Services = append(c.Services[:i:i], c.Services[i+1:]...) })
	}
	for i := range p.Services {
		for _, h := range hooksOf(&p.Services[i]) {
			with(func(c *plan.Plan) { delete(c.Services[i].Hooks, h) })
		}
	}
	if p.HostLifetime != nil {
		with(func(c *plan.Plan) { c.HostLifetime = nil })
	}
	for _, field := range callbackFields {
		for i := range *field(p) {
			with(func(c *plan.Plan) { f := field(c); *f = append((*f)[:i:i], (*f)[i+1:]...) })
		}
	}
	if p.ProcessExit != nil {
		with(func(c *plan.Plan) { c.ProcessExit = nil })
	}
	for i := range p.SignalHandlers {
		with(func(c *plan.Plan) {
			c.SignalHandlers = append(append([]plan.SignalHandler(nil), c.SignalHandlers[:i]...), c.SignalHandlers[i+1:]...)
		})
	}
	for i := range p.Signals {
		with(func(c *plan.Plan) { c.Signals = append(c.Signals[:i:i], c.Signals[i+1:]...) })
	}
	if len(p.Config) > 0 {
		with(func(c *plan.Plan) { c.Config = nil })
	}
	smallerOptions(p, with)
	if len(p.Main) > 2 {
		for i := range p.Main {
			if p.Main[i].Kind != plan.Build {
				with(func(c *plan.Plan) { c.Main = append(c.Main[:i:i], c.Main[i+1:]...) })
			}
		}
	}
	for i := range p.Services {
		for _, h := range hooksOf(&p.Services[i]) {
			for k := range p.Services[i].Hooks[h] {
				with(func(c *plan.Plan) {
					s := c.Services[i].Hooks[h]
					c.Services[i].Hooks[h] = append(s[:k:k], s[k+1:]...)
				})
			}
		}
		if p.Services[i].WatchTokens {
			with(func(c *plan.Plan) { c.Services[i].WatchTokens = false })
		}
		if p.Services[i].Kind == plan.Lifecycle {
			with(func(c *plan.Plan) {
				c.Services[i].Kind = plan.Hosted
				for _, h := range []string{plan.HookStarting, plan.HookStarted, plan.HookStopping, plan.HookStopped} {
					delete(c.Services[i].Hooks, h)
				}
			})
		}
	}
	for _, field := range callbackFields {
		for i, s := range *field(p) {
			for k := range s {
				with(func(c *plan.Plan) { f := *field(c); f[i] = append(f[i][:k:k], f[i][k+1:]...) })
			}
		}
	}
	return out
}

func smallerOptions(p *plan.Plan, with func(func(*plan.Plan))) {
	o := &p.Options
	if o.ShutdownTimeout != nil {
		with(func(c *plan.Plan) { c.Options.ShutdownTimeout = nil })
	}
	if o.StartupTimeout != nil {
		with(func(c *plan.Plan) { c.Options.StartupTimeout = nil })
	}
	if o.ConcurrentStart != nil {
		with(func(c *plan.Plan) { c.Options.ConcurrentStart = nil })
	}
	if o.ConcurrentStop != nil {
		with(func(c *plan.Plan) { c.Options.ConcurrentStop = nil })
	}
	if o.BackgroundException != "" {
		with(func(c *plan.Plan) { c.Options.BackgroundException = "" })
	}
}

var callbackFields = []func(*plan.Plan) *[]plan.Script{
	func(p *plan.Plan) *[]plan.Script { return &p.ApplicationStarted },
	func(p *plan.Plan) *[]plan.Script { return &p.ApplicationStopping },
	func(p *plan.Plan) *[]plan.Script { return &p.ApplicationStopped },
}

func hooksOf(s *plan.Service) []string {
	out := make([]string, 0, len(s.Hooks))
	for h := range s.Hooks {
		out = append(out, h)
	}
	sort.Strings(out)
	return out
}
