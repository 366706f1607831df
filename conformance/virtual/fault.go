package virtual

import (
	"context"

	"github.com/hostsim/hostsim/fakes/puppet"
	"github.com/hostsim/hostsim/fakes/world"
	"github.com/hostsim/hostsim/host"
	"github.com/hostsim/hostsim/host/seam"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// Fault makes a faulty host of the reference host: it changes a rule, or stands between the host and what it deals with —
// services, process, observer, its own calls. What a fault does not set stays as it is.
//
// The wrapping functions are handed the real thing (next) and a [Handle] on the run; they may call next never, twice,
// late, on another thread, with another context, or change what it returns.
type Fault struct {
	Rules   func(*host.Rules)  // change how the host behaves
	Runtime func(*world.Rules) // change how the simulated process behaves

	// Service replaces a service after its construction; use Wrap to keep its other abilities.
	Service func(h *Handle, name string, s host.Service) host.Service
	// New stands around the construction of a service.
	New func(h *Handle, name string, next func() (host.Service, error)) (host.Service, error)
	// Options may change, reorder, drop or add the options that the host is made with. Services come in plan order.
	Options func(h *Handle, opts []host.Option) []host.Option

	// The host's own calls.
	Run, Start, Stop, Wait func(h *Handle, ctx context.Context, next func(context.Context) error) error
	Dispose                func(h *Handle, next func() error) error
	StopApplication        func(h *Handle, next func())

	// What the host uses.
	Observer func(h *Handle, e host.Event, next func(host.Event))
	Process  func(h *Handle, p host.Process) host.Process

	// ExitCode changes what main's return value becomes.
	ExitCode func(h *Handle, code int) int
}

var noFault Fault

func (f *Fault) alter(r *host.Rules, rt **world.Rules) {
	if f.Rules != nil {
		f.Rules(r)
	}
	if f.Runtime != nil {
		changed := **rt
		f.Runtime(&changed)
		*rt = &changed
	}
}

// Handle gives a fault access to the run that it is in. State keeps what a fault remembers during one run.
type Handle struct {
	RT    seam.Runtime
	World *world.World
	Plan  *plan.Plan
	Host  func() *host.Host // nil before build
	State map[string]any

	player *puppet.Player
}

// Emit records an event.
func (h *Handle) Emit(e trace.Event) { h.World.Emit(e) }

func (g *program) handle() *Handle {
	if g.h == nil {
		g.h = &Handle{RT: g.rt, World: g.w, Plan: g.plan, State: map[string]any{}, player: &g.player,
			Host: func() *host.Host { return g.host }}
	}
	return g.h
}

// with puts a fault around one of the host's calls.
func with(g *program, f func(*Handle, context.Context, func(context.Context) error) error, next func(context.Context) error) func(context.Context) error {
	if f == nil {
		return next
	}
	return func(ctx context.Context) error { return f(g.handle(), ctx, next) }
}

func (g *program) hostRun(ctx context.Context) error  { return with(g, g.fault.Run, g.host.Run)(ctx) }
func (g *program) hostStop(ctx context.Context) error { return with(g, g.fault.Stop, g.host.Stop)(ctx) }

func (g *program) hostDispose() error {
	if f := g.fault.Dispose; f != nil {
		return f(g.handle(), g.host.Dispose)
	}
	return g.host.Dispose()
}

func (g *program) service(s *plan.Service) (host.Service, error) {
	next := func() (host.Service, error) { return g.player.New(s) }
	var svc host.Service
	var err error
	if f := g.fault.New; f != nil {
		svc, err = f(g.handle(), s.Name, next)
	} else {
		svc, err = next()
	}
	if err == nil && g.fault.Service != nil {
		svc = g.fault.Service(g.handle(), s.Name, svc)
	}
	return svc, err
}

func (g *program) process() host.Process {
	if f := g.fault.Process; f != nil {
		return f(g.handle(), g.w.Process)
	}
	return g.w.Process
}

func (g *program) observer() host.Observer {
	o := puppet.Observer{Emit: g.w.Emit}
	if f := g.fault.Observer; f != nil {
		return observerFunc(func(e host.Event) { f(g.handle(), e, o.HostEvent) })
	}
	return o
}

type observerFunc func(host.Event)

// HostEvent implements host.Observer.
func (f observerFunc) HostEvent(e host.Event) { f(e) }

// Calls are replacements for the calls of a service; nil keeps a call as it is.
type Calls struct {
	Start, Stop                          func(ctx context.Context, next func(context.Context) error) error
	Starting, Started, Stopping, Stopped func(ctx context.Context, next func(context.Context) error) error
	Dispose                              func(next func() error) error
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
	return ok && p.HasSynchronousPart()
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
