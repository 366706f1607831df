package adapter

import (
	"context"
	"os"

	"github.com/hostsim/hostsim/fakes/puppet"
	"github.com/hostsim/hostsim/host"
	"github.com/hostsim/hostsim/host/seam"
	"github.com/hostsim/hostsim/scenarios/plan"
)

// Reference is our own host as an adapter, in the profile that it is to behave as. In the process lane it is a real host on
// goroutines, with real signals; it has no exit handlers, because Go has none.
func Reference(profile string) Implementation {
	features := []string{"background", "shutdownTimeout", "stopRequest", "signals", "runReturns", "exitCode", "notifications", "hostLifetime", "construct", "dispose", "log"}
	rules, err := host.RulesOf(profile)
	if err == nil && rules.LifecycleHooks {
		features = append(features, "lifecycle", "concurrentStart", "concurrentStop", "startupTimeout")
	}
	if err == nil && rules.ExpiredStop == "abandon" {
		features = append(features, "abandon")
	}
	return Implementation{
		Name: "github.com/hostsim/hostsim/host", Version: profile, Profile: profile, Features: features,
		Main:    []string{"start", "waitForShutdown", "stop", "dispose"},
		Virtual: true, Reuse: true, Constructs: true,
		New: func(app *App) (Host, error) { return buildReference(app, profile) },
	}
}

func buildReference(app *App, profile string) (Host, error) {
	o := app.Options()
	opts := []host.Option{
		host.WithProfile(profile), host.WithRuntime(app.player.RT), host.WithProcess(&appProcess{app}),
		host.WithObserver(puppet.Observer{Emit: app.Emit}),
	}
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
	for _, s := range app.Services() {
		opts = append(opts, host.WithFactory(s.Name(), func() (host.Service, error) { return app.player.New(s.script) }))
	}
	switch l := app.plan.HostLifetime; {
	case l == nil:
	case l.Kind == plan.NoLifetime:
		opts = append(opts, host.WithHostLifetime(host.None))
	case l.Kind == plan.Systemd:
		opts = append(opts, host.WithHostLifetime(host.Systemd))
	default:
		opts = append(opts, host.WithHostLifetime(func(*host.Host) host.HostLifetime { return &puppet.HostLifetime{P: &app.player, L: l} }))
	}
	h, err := host.New(opts...)
	if err != nil {
		return nil, err
	}
	app.OnStopRequest(h.StopApplication)
	h.Lifetime().OnStarted(app.Started)
	h.Lifetime().OnStopping(app.Stopping)
	h.Lifetime().OnStopped(app.Stopped)
	return &referenceHost{h}, nil
}

// referenceHost narrows the host to what an adapter's host has.
type referenceHost struct{ h *host.Host }

func (r *referenceHost) Run(ctx context.Context) error   { return r.h.Run(own(ctx)) }
func (r *referenceHost) Start(ctx context.Context) error { return r.h.Start(own(ctx)) }
func (r *referenceHost) WaitForShutdown(ctx context.Context) error {
	return r.h.WaitForShutdown(own(ctx))
}
func (r *referenceHost) Stop(ctx context.Context) error { return r.h.Stop(own(ctx)) }
func (r *referenceHost) Dispose() error                 { return r.h.Dispose() }

// own passes a context that can never be cancelled on as one that the host need not watch.
func own(ctx context.Context) context.Context {
	if ctx.Done() == nil && seam.CancellerOf(ctx) == nil {
		return context.Background()
	}
	return ctx
}

// appProcess gives the host the process of the lane.
type appProcess struct{ app *App }

// OnSignal implements host.Process.
func (p *appProcess) OnSignal(sigs []os.Signal, handle func(os.Signal) bool) (remove func()) {
	c, release := p.app.Signals(sigs...)
	done := make(chan struct{})
	go func() {
		for {
			select {
			case s := <-c:
				go handle(s)
			case <-done:
				return
			}
		}
	}()
	return func() {
		release()
		close(done)
	}
}

// OnExit implements host.Process: a process in Go has no exit handlers.
func (p *appProcess) OnExit(func()) (remove func()) { return func() {} }

// NotifyManager implements host.Process.
func (p *appProcess) NotifyManager(state string) error { return host.OSProcess().NotifyManager(state) }

// SetExitCode implements host.Process.
func (p *appProcess) SetExitCode(code int) { p.app.lane.SetExitCode(code) }
