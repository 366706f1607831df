package virtual

import (
	"github.com/hostsim/hostsim/fakes/puppet"
	"github.com/hostsim/hostsim/host"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// build makes the host that the plan describes and registers the application's callbacks.
func (g *program) build() error {
	if g.built {
		return host.ErrBuiltTwice
	}
	g.built = true
	o := &g.plan.Options
	opts := make([]host.Option, 0, 12+len(g.plan.Services))
	opts = append(opts, host.WithRuntime(g.rt), host.WithRules(g.rules), host.WithProcess(g.process()), host.WithObserver(g.observer()))
	if o.ShutdownTimeout != nil {
		opts = append(opts, host.WithShutdownTimeout(*o.ShutdownTimeout))
	}
	if o.StartupTimeout != nil {
		opts = append(opts, host.WithStartupTimeout(*o.StartupTimeout))
	}
	if o.ConcurrentStart != nil {
		opts = append(opts, host.WithConcurrentStart(*o.ConcurrentStart))
	}
	if o.ConcurrentStop != nil {
		opts = append(opts, host.WithConcurrentStop(*o.ConcurrentStop))
	}
	if o.BackgroundException == "ignore" {
		opts = append(opts, host.WithIgnoredFaults(true))
	}
	for _, kv := range g.plan.Config {
		opts = append(opts, host.WithSettings([2]string{kv.Key, kv.Value}))
	}
	for i := range g.plan.Services {
		s := &g.plan.Services[i]
		opts = append(opts, host.WithFactory(s.Name, func() (host.Service, error) { return g.service(s) }))
	}
	if l := g.plan.HostLifetime; l != nil {
		make := g.lifetime(l)
		if g.fault != &noFault {
			make = g.around(make)
		}
		opts = append(opts, host.WithHostLifetime(make))
	}
	if f := g.fault.Options; f != nil {
		opts = f(g.handle(), opts)
	}
	h, err := host.New(opts...)
	if err != nil {
		return err
	}
	g.host = h
	g.callbacks("applicationStarted", g.plan.ApplicationStarted, h.Lifetime().OnStarted)
	g.callbacks("applicationStopping", g.plan.ApplicationStopping, h.Lifetime().OnStopping)
	g.callbacks("applicationStopped", g.plan.ApplicationStopped, h.Lifetime().OnStopped)
	return nil
}

func (g *program) lifetime(l *plan.HostLifetime) func(*host.Host) host.HostLifetime {
	switch l.Kind {
	case plan.Systemd:
		return host.Systemd
	case plan.NoLifetime:
		return host.None
	}
	return func(*host.Host) host.HostLifetime { return &puppet.HostLifetime{P: &g.player, L: l} }
}

func (g *program) callbacks(what string, scripts []plan.Script, on func(func() error) func()) {
	if len(scripts) == 0 {
		on(g.noted(what, 0, func() error {
			g.w.Emit(trace.Event{Who: trace.Lifetime, What: what})
			return nil
		}))
	}
	for i, script := range scripts {
		on(g.noted(what, i, func() error {
			g.w.Emit(trace.Event{Who: trace.Lifetime, What: what, Phase: trace.Begin, Detail: trace.Number(i + 1)})
			g.rt.Enter(trace.Lifetime, what)
			err := g.player.Sync(trace.Lifetime, what, script)
			g.rt.Leave()
			g.w.Emit(trace.Event{Who: trace.Lifetime, What: what, Phase: trace.End, Outcome: puppet.Outcome(err), Detail: trace.Number(i + 1)})
			g.player.Failed(err)
			return err
		}))
	}
}
