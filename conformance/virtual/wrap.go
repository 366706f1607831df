package virtual

import (
	"context"

	"github.com/hostsim/hostsim/host"
)

// Calls are replacements for the calls of a service; nil keeps a call as it is.
type Calls struct {
	Start, Stop                          func(ctx context.Context, next func(context.Context) error) error
	Starting, Started, Stopping, Stopped func(ctx context.Context, next func(context.Context) error) error
	Dispose                              func(next func() error) error
	Whole                                bool // the host takes every call as a whole: it knows of no synchronous part
}

// Wrap puts calls around those of a service; what the service is besides (lifecycle, worker, prefixed, disposer) it stays.
func Wrap(s host.Service, c Calls) host.Service {
	w := wrapped{s, c}
	switch s := s.(type) {
	case host.Worker:
		return &wrappedWorker{s, w}
	case host.LifecycleService:
		return &wrappedLifecycle{w, s}
	}
	return &w
}

type wrapped struct {
	s host.Service
	c Calls
}

func around(f func(context.Context, func(context.Context) error) error, ctx context.Context, next func(context.Context) error) error {
	if f == nil {
		return next(ctx)
	}
	return f(ctx, next)
}

func (w *wrapped) Start(ctx context.Context) error { return around(w.c.Start, ctx, w.s.Start) }
func (w *wrapped) Stop(ctx context.Context) error  { return around(w.c.Stop, ctx, w.s.Stop) }

func (w *wrapped) HasSynchronousPart() bool {
	p, ok := w.s.(host.Prefixed)
	return ok && !w.c.Whole && p.HasSynchronousPart()
}

func (w *wrapped) Dispose() error {
	d, ok := w.s.(host.Disposer)
	if !ok {
		return nil
	}
	if w.c.Dispose != nil {
		return w.c.Dispose(d.Dispose)
	}
	return d.Dispose()
}

type wrappedLifecycle struct {
	wrapped
	l host.LifecycleService
}

func (w *wrappedLifecycle) Starting(ctx context.Context) error {
	return around(w.c.Starting, ctx, w.l.Starting)
}
func (w *wrappedLifecycle) Started(ctx context.Context) error {
	return around(w.c.Started, ctx, w.l.Started)
}
func (w *wrappedLifecycle) Stopping(ctx context.Context) error {
	return around(w.c.Stopping, ctx, w.l.Stopping)
}
func (w *wrappedLifecycle) Stopped(ctx context.Context) error {
	return around(w.c.Stopped, ctx, w.l.Stopped)
}

// wrappedWorker keeps the unexported ability of a worker by embedding it.
type wrappedWorker struct {
	host.Worker
	w wrapped
}

func (w *wrappedWorker) Start(ctx context.Context) error { return w.w.Start(ctx) }
func (w *wrappedWorker) Stop(ctx context.Context) error  { return w.w.Stop(ctx) }
func (w *wrappedWorker) Dispose() error                  { return w.w.Dispose() }
func (w *wrappedWorker) HasSynchronousPart() bool        { return w.w.HasSynchronousPart() }
