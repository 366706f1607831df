// Command errgroup is the adapter for the commonest way to write a service in Go: golang.org/x/sync/errgroup, one goroutine
// for each service, and signal.NotifyContext.
package main

import (
	"context"
	"os"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hostsim/hostsim/conformance/adapter"
)

var implementation = adapter.Implementation{
	Name: "golang.org/x/sync", Features: append(adapter.Common(), "concurrentStart", "concurrentStop"),
	Virtual: true, Reuse: true, AnnounceStarted: true, New: build,
}

func build(app *adapter.App) (adapter.Host, error) {
	return adapter.HostFunc(func(ctx context.Context) error {
		ctx, stop := app.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
		defer stop()
		app.OnStopRequest(stop)
		g, ctx := errgroup.WithContext(ctx)
		for _, s := range app.Services() {
			g.Go(func() error { return s.Run(ctx, app.ShutdownTimeout(30*time.Second)) })
		}
		return g.Wait()
	}), nil
}

func main() { adapter.Main(implementation) }
