// Command oklogrun is the adapter for github.com/oklog/run: one actor for each service, whose execute starts it and whose
// interrupt stops it, and an actor for signals, as the documentation of the package shows it for servers.
package main

import (
	"context"
	"errors"
	"os"
	"slices"
	"syscall"

	"github.com/oklog/run"

	"github.com/hostsim/hostsim/conformance/adapter"
)

var implementation = adapter.Implementation{
	Name: "github.com/oklog/run", Features: features(),
	Virtual: true, Reuse: true, AnnounceStarted: true, New: build,
}

// features leaves shutdownTimeout out: run.Group has no time limit, and one that this adapter made up must not be judged.
func features() []string {
	f := append(adapter.Common(), "concurrentStart")
	return slices.DeleteFunc(f, func(s string) bool { return s == "shutdownTimeout" })
}

var errAsked = errors.New("a stop was asked for")

func build(app *adapter.App) (adapter.Host, error) {
	failed := make(chan error, len(app.Services()))
	app.OnExecuteFailed(func(_ *adapter.Service, err error) { failed <- err })
	return adapter.HostFunc(func(ctx context.Context) error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		app.OnStopRequest(cancel)
		var g run.Group
		g.Add(func() error { <-ctx.Done(); return errAsked }, func(error) { cancel() })
		execute, interrupt := run.SignalHandler(context.Background(), os.Interrupt, syscall.SIGTERM)
		if app.Virtual() {
			quiet, interrupted := context.WithCancel(context.Background())
			execute, interrupt = func() error { return wait(quiet, app.FakeSignals(), nil) }, func(error) { interrupted() }
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
				_ = s.Stop(context.Background()) // an interrupt has nobody to tell
				interrupted()
			})
		}
		if err := g.Run(); !errors.Is(err, run.ErrSignal) && !errors.Is(err, errAsked) {
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
