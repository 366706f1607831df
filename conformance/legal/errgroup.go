package legal

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hostsim/hostsim/conformance/adapter"
)

// Errgroup is a host as many Go programs write it: a context that a signal cancels, an errgroup for what runs on, and two
// loops, forwards to start and backwards to stop.
func Errgroup() adapter.Implementation {
	return adapter.Implementation{
		Name: "errgroup", Version: "1", Profile: "core", Features: features, Virtual: true, Reuse: true,
		New: func(app *adapter.App) (adapter.Host, error) {
			ctx, cancel := context.WithCancel(context.Background())
			h := &errgroupHost{app: app, ctx: ctx, cancel: cancel, failed: make(chan error, len(app.Services()))}
			app.OnStopRequest(cancel)
			app.OnExecuteFailed(func(_ *adapter.Service, err error) { h.failed <- err })
			return h, nil
		},
	}
}

type errgroupHost struct {
	app    *adapter.App
	ctx    context.Context // cancelled by a stop request, also one that comes before Run
	cancel context.CancelFunc
	failed chan error // of background services
}

// Run implements adapter.Host.
func (h *errgroupHost) Run(parent context.Context) error {
	defer h.cancel()
	ctx, release := h.app.NotifyContext(h.ctx, os.Interrupt, syscall.SIGTERM)
	defer release()
	defer context.AfterFunc(parent, h.cancel)()

	started, err := h.start(ctx)
	if err == nil && ctx.Err() == nil {
		_ = h.app.Started()
		g, run := errgroup.WithContext(ctx)
		g.Go(func() error {
			select {
			case err := <-h.failed:
				return err
			case <-run.Done():
				return nil
			}
		})
		err = g.Wait()
	}
	return errors.Join(err, h.stop(started))
}

// start starts the services in order, until one fails or a stop is requested.
func (h *errgroupHost) start(ctx context.Context) (started []*adapter.Service, err error) {
	for _, s := range h.app.Services() {
		if ctx.Err() != nil {
			return started, nil
		}
		if err := s.Start(ctx); err != nil {
			if ctx.Err() != nil {
				return started, nil // it noticed the stop request
			}
			return started, err
		}
		started = append(started, s)
	}
	return started, nil
}

// stop stops what has started, in reverse order, within one time limit.
func (h *errgroupHost) stop(started []*adapter.Service) error {
	_ = h.app.Stopping()
	ctx, cancel := context.WithTimeout(context.Background(), h.app.ShutdownTimeout(30*time.Second))
	defer cancel()
	var errs []error
	for i := len(started) - 1; i >= 0; i-- {
		errs = append(errs, started[i].Stop(ctx))
	}
	_ = h.app.Stopped()
	return errors.Join(errs...)
}
