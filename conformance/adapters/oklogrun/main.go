// Command oklogrun is the adapter for github.com/oklog/run: an actor for each service, one for signals, one for stop requests.
package main

import (
	"context"
	"errors"
	"os"
	"syscall"

	"github.com/oklog/run"

	"github.com/hostsim/hostsim/conformance/adapter"
)

// run.Group has no time limit, and one that this adapter made up must not be judged.
var implementation = adapter.Implementation{
	Name: "github.com/oklog/run", Features: append(adapter.CommonBut("shutdownTimeout"), "concurrentStart"),
	Virtual: true, Reuse: true, AnnounceStarted: true, New: build,
}

func build(app *adapter.App) (adapter.Host, error) {
	return adapter.HostFunc(func(ctx context.Context) error {
		var g run.Group
		ctx, cancel := context.WithCancel(ctx)
		app.OnStopRequest(cancel)
		g.Add(func() error { <-ctx.Done(); return run.ErrSignal }, func(error) { cancel() })
		execute, interrupt := run.SignalHandler(context.Background(), os.Interrupt, syscall.SIGTERM)
		if app.Virtual() { // the same for the simulated process
			execute = func() error { return wait(ctx, app.FakeSignals()) }
		}
		g.Add(execute, interrupt)
		for _, s := range app.Services() {
			ctx, interrupted := context.WithCancel(context.Background())
			g.Add(func() error {
				if err := s.Start(ctx); err != nil {
					return err
				}
				return s.Wait(ctx)
			}, func(error) {
				_ = s.Stop(context.Background()) // an interrupt has nobody to tell
				interrupted()
			})
		}
		if err := g.Run(); !errors.Is(err, run.ErrSignal) {
			return err
		}
		return nil
	}), nil
}

func wait(ctx context.Context, signals <-chan os.Signal) error {
	select {
	case s := <-signals:
		return &run.SignalError{Signal: s}
	case <-ctx.Done():
		return run.ErrSignal
	}
}

func main() { adapter.Main(implementation) }
