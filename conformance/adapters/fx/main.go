// Command fx is the adapter for go.uber.org/fx: a hook for each service, and what fx.App.Run does, for simulated signals too.
package main

import (
	"context"

	"go.uber.org/fx"

	"github.com/hostsim/hostsim/conformance/adapter"
)

var implementation = adapter.Implementation{
	Name: "go.uber.org/fx", Features: append(adapter.Common(), "startupTimeout"),
	Main: []string{"start", "waitForShutdown", "stop"}, Virtual: true, Reuse: true, New: build,
}

type host struct {
	*fx.App
	app *adapter.App
}

func build(app *adapter.App) (adapter.Host, error) {
	var down fx.Shutdowner
	h := host{app: app, App: fx.New(fx.NopLogger, fx.Populate(&down),
		fx.StartTimeout(app.StartupTimeout(fx.DefaultTimeout)), fx.StopTimeout(app.ShutdownTimeout(fx.DefaultTimeout)),
		fx.Invoke(func(lc fx.Lifecycle) {
			for _, s := range app.Services() {
				lc.Append(fx.Hook{OnStart: s.Start, OnStop: s.Stop})
			}
		}))}
	app.OnStopRequest(func() { _ = down.Shutdown() })
	app.OnExecuteFailed(func(*adapter.Service, error) { _ = down.Shutdown(fx.ExitCode(1)) })
	return h, h.Err()
}

// Run does what fx.App.Run does: start, wait for a signal or Shutdown, stop; a code that is not 0 ends the process.
func (h host) Run(ctx context.Context) error {
	if err := adapter.Within(ctx, h.StartTimeout(), h.Start); err != nil {
		return err
	}
	return h.WaitForShutdown(ctx)
}

func (h host) WaitForShutdown(ctx context.Context) error {
	done := h.Wait() // only now does fx listen to signals
	_ = h.app.Started()
	var sig fx.ShutdownSignal
	select {
	case sig = <-done:
	case <-h.app.FakeSignals():
	case <-ctx.Done():
	}
	err := adapter.Within(context.Background(), h.StopTimeout(), h.Stop)
	if err == nil && sig.ExitCode != 0 {
		h.app.Exit(sig.ExitCode)
	}
	return err
}

func main() { adapter.Main(implementation) }
