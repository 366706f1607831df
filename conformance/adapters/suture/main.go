// Command suture is the adapter for github.com/thejerf/suture/v4: a supervisor of all services under signal.NotifyContext.
package main

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"

	"github.com/thejerf/suture/v4"

	"github.com/hostsim/hostsim/conformance/adapter"
)

var implementation = adapter.Implementation{
	Name: "github.com/thejerf/suture/v4", Features: append(adapter.Common(), "concurrentStart", "concurrentStop"),
	Virtual: true, Reuse: true, AnnounceStarted: true, New: build,
}

// supervised is a service as suture knows it: one call that lasts until its context ends.
type supervised struct {
	*adapter.Service
	limit time.Duration
}

// failure is a service's error that ends the tree, as in an application that is not to run without the service; left to itself
// suture would start the service again, which is what supervisors are for and nothing that an application host is judged by.
type failure struct{ error }

func (failure) Is(target error) bool { return target == suture.ErrTerminateSupervisorTree }

func (s supervised) Serve(ctx context.Context) error {
	if err := s.Run(ctx, s.limit); err != nil {
		return failure{err}
	}
	return suture.ErrDoNotRestart
}

func (s supervised) String() string { return s.Name() }

func build(app *adapter.App) (adapter.Host, error) {
	limit := app.ShutdownTimeout(10 * time.Second) // suture's default
	root := suture.New("app", suture.Spec{Timeout: limit, EventHook: func(suture.Event) {}})
	for _, s := range app.Services() {
		root.Add(supervised{s, limit})
	}
	return adapter.HostFunc(func(ctx context.Context) error {
		ctx, stop := app.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
		defer stop()
		app.OnStopRequest(stop)
		var f failure
		if errors.As(root.Serve(ctx), &f) {
			return f.error
		}
		return nil // the end of ctx: whether all services have stopped makes no difference to the result
	}), nil
}

func main() { adapter.Main(implementation) }
