// Command oklogrun is the adapter for github.com/oklog/run: one actor for each service, whose execute starts it and whose
// interrupt stops it, and an actor for signals, as the documentation of the package shows it for servers.
package main

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"

	"github.com/oklog/run"

	"github.com/hostsim/hostsim/conformance/adapter"
)

var implementation = adapter.Implementation{
	Name: "github.com/oklog/run", Features: append(adapter.Common(), "concurrentStart"),
	Virtual: true, Reuse: true, AnnounceStarted: true, New: build,
}

func build(app *adapter.App) (adapter.Host, error) {
	failed := make(chan error, len(app.Services()))
	app.OnExecuteFailed(func(_ *adapter.Service, err error) { failed <- err })
	return adapter.HostFunc(func(ctx context.Context) error {
		ctx, cancel := context.WithCancel(ctx)
		app.OnStopRequest(cancel)
		var g run.Group
		g.Add(run.ContextHandler(ctx))
		execute, interrupt := run.SignalHandler(ctx, os.Interrupt, syscall.SIGTERM)
		if app.Virtual() {
			execute, interrupt = func() error { return wait(ctx, app.FakeSignals(), nil) }, func(error) { cancel() }
		}
		g.Add(execute, interrupt)
		for _, s := range app.Services() {
			ctx, interrupted := context.WithCancel(context.Background())
			g.Add(func() error {
				if err := s.Start(ctx); err != nil {
					return err
				}
				return wait(ctx, nil, failed)
			}, func(error) {
				stop, cancel := context.WithTimeout(context.Background(), app.ShutdownTimeout(30*time.Second))
				defer cancel()
				_ = s.Stop(stop) // an interrupt has nobody to tell
				interrupted()
			})
		}
		if err := g.Run(); !errors.Is(err, run.ErrSignal) && !errors.Is(err, context.Canceled) {
			return err
		}
		return nil
	}), nil
}

func wait(ctx context.Context, sigs <-chan os.Signal, failed <-chan error) error {
	select {
	case s := <-sigs:
		return &run.SignalError{Signal: s}
	case err := <-failed:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func main() { adapter.Main(implementation) }
