package plan

import "slices"

// Clone copies the plan so that nothing that can be changed is shared; the kinds of steps, which are never changed, are.
func (p *Plan) Clone() *Plan {
	c := *p
	c.Options.ShutdownTimeout = clonePtr(p.Options.ShutdownTimeout)
	c.Options.StartupTimeout = clonePtr(p.Options.StartupTimeout)
	c.Options.ConcurrentStart = clonePtr(p.Options.ConcurrentStart)
	c.Options.ConcurrentStop = clonePtr(p.Options.ConcurrentStop)
	c.Config = slices.Clone(p.Config)
	c.Services = slices.Clone(p.Services)
	for i := range c.Services {
		s := &c.Services[i]
		was := s.Hooks
		if was == nil {
			continue
		}
		s.Hooks = make(map[string]Script, len(was))
		for h, script := range was {
			s.Hooks[h] = script.clone()
		}
	}
	if p.HostLifetime != nil {
		l := *p.HostLifetime
		l.WaitForStart, l.Stop = l.WaitForStart.clone(), l.Stop.clone()
		c.HostLifetime = &l
	}
	c.ApplicationStarted = cloneAll(p.ApplicationStarted)
	c.ApplicationStopping = cloneAll(p.ApplicationStopping)
	c.ApplicationStopped = cloneAll(p.ApplicationStopped)
	if p.ProcessExit != nil {
		s := p.ProcessExit.clone()
		c.ProcessExit = &s
	}
	c.SignalHandlers = slices.Clone(p.SignalHandlers)
	c.Main = Script(p.Main).clone()
	c.Signals = slices.Clone(p.Signals)
	c.Connections = slices.Clone(p.Connections)
	c.Files = slices.Clone(p.Files)
	return &c
}

func clonePtr[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}

func cloneAll(in []Script) []Script {
	out := slices.Clone(in)
	for i := range out {
		out[i] = out[i].clone()
	}
	return out
}

func (s Script) clone() Script {
	out := slices.Clone(s)
	for i := range out {
		out[i].Steps = out[i].Steps.clone()
	}
	return out
}
