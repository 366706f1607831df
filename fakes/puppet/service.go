package puppet

import (
	"context"
	"sync/atomic"

	"github.com/hostsim/hostsim/host"
	"github.com/hostsim/hostsim/host/seam"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// New constructs the service that s scripts. It reports its construction and may fail, as its script says.
func (p *Player) New(s *plan.Service) (host.Service, error) {
	p.World.Emit(trace.Event{Who: s.Name, What: plan.HookNew})
	if script := s.Hooks[plan.HookNew]; script != nil && s.Kind != plan.Background {
		if err := p.Sync(s.Name, plan.HookNew, script); err != nil {
			return nil, err
		}
	}
	return p.Unmade(s), nil
}

// Unmade gives the service that s scripts as it is before its construction has run.
func (p *Player) Unmade(s *plan.Service) host.Service {
	switch s.Kind {
	case plan.Background:
		b := &background{p: p, s: s}
		b.BackgroundService = host.Background(func(ctx context.Context) error { return b.worker(plan.HookExecute, ctx, b.execute) })
		return b
	case plan.Lifecycle:
		return &lifecycle{hosted{p: p, s: s}}
	}
	return &hosted{p: p, s: s}
}

// begin and end report the bounds of a call.
func (p *Player) begin(who, what string, ctx context.Context) {
	token := trace.Live
	if ctx.Err() != nil {
		token = trace.Cancelled
	}
	p.World.Emit(trace.Event{Who: who, What: what, Phase: trace.Begin, Token: token})
}

func (p *Player) end(who, what string, err error) {
	p.World.Emit(trace.Event{Who: who, What: what, Phase: trace.End, Outcome: Outcome(err)})
	p.Failed(err)
}

type hosted struct {
	p *Player
	s *plan.Service
}

// HasSynchronousPart implements host.Prefixed: every wait of a script goes through the runtime.
func (*hosted) HasSynchronousPart() bool { return true }

func (h *hosted) hook(what string, ctx context.Context) error {
	h.p.begin(h.s.Name, what, ctx)
	if h.s.WatchTokens && ctx.Err() == nil {
		if c := seam.CancellerOf(ctx); c != nil {
			defer c.OnCancel(func() error {
				h.p.World.Emit(trace.Event{Who: h.s.Name, What: what + ".token"})
				return nil
			})()
		}
	}
	err := h.p.Async(h.s.Name, what, h.s.Hooks[what], ctx)
	h.p.end(h.s.Name, what, err)
	return err
}

// Start implements host.Service.
func (h *hosted) Start(ctx context.Context) error { return h.hook(plan.HookStart, ctx) }

// Stop implements host.Service.
func (h *hosted) Stop(ctx context.Context) error { return h.hook(plan.HookStop, ctx) }

// Dispose implements host.Disposer.
func (h *hosted) Dispose() error {
	h.p.World.Emit(trace.Event{Who: h.s.Name, What: plan.HookDispose, Phase: trace.Begin})
	h.p.use(UseDispose)
	if err := h.p.Sync(h.s.Name, plan.HookDispose, h.s.Hooks[plan.HookDispose]); err != nil {
		return err
	}
	h.p.World.Emit(trace.Event{Who: h.s.Name, What: plan.HookDispose, Phase: trace.End})
	return nil
}

type lifecycle struct{ hosted }

// The four hooks of host.LifecycleService.
func (l *lifecycle) Starting(ctx context.Context) error { return l.hook(plan.HookStarting, ctx) }
func (l *lifecycle) Started(ctx context.Context) error  { return l.hook(plan.HookStarted, ctx) }
func (l *lifecycle) Stopping(ctx context.Context) error { return l.hook(plan.HookStopping, ctx) }
func (l *lifecycle) Stopped(ctx context.Context) error  { return l.hook(plan.HookStopped, ctx) }

type background struct {
	*host.BackgroundService
	p     *Player
	s     *plan.Service
	begun atomic.Bool // the body may run on a thread of its own
}

// HasSynchronousPart implements host.Prefixed.
func (*background) HasSynchronousPart() bool { return true }

func (b *background) worker(call string, ctx context.Context, next func(context.Context) error) error {
	if b.p.Worker != nil {
		return b.p.Worker(b.s.Name, call, ctx, next)
	}
	return next(ctx)
}

func (b *background) execute(ctx context.Context) error {
	b.begun.Store(true)
	b.p.begin(b.s.Name, plan.HookExecute, ctx)
	err := b.p.Async(b.s.Name, plan.HookExecute, b.s.Hooks[plan.HookExecute], ctx)
	b.p.end(b.s.Name, plan.HookExecute, err)
	return err
}

// Execute calls the body, as nobody should but the background service itself.
func (b *background) Execute(ctx context.Context) error { return b.execute(ctx) }

// Start implements host.Service.
func (b *background) Start(ctx context.Context) error {
	b.p.begin(b.s.Name, plan.HookStart, ctx)
	err := b.worker(plan.HookStart, ctx, b.BackgroundService.Start)
	if !b.begun.Load() {
		b.p.use(UseWork)
	}
	b.p.end(b.s.Name, plan.HookStart, err)
	return err
}

// Stop implements host.Service.
func (b *background) Stop(ctx context.Context) error {
	b.p.begin(b.s.Name, plan.HookStop, ctx)
	err := b.worker(plan.HookStop, ctx, b.BackgroundService.Stop)
	b.p.end(b.s.Name, plan.HookStop, err)
	return err
}

// Dispose implements host.Disposer.
func (b *background) Dispose() error {
	b.p.World.Emit(trace.Event{Who: b.s.Name, What: plan.HookDispose, Phase: trace.Begin})
	b.p.use(UseDispose)
	dispose := func(context.Context) error { return b.BackgroundService.Dispose() }
	if err := b.worker(plan.HookDispose, context.Background(), dispose); err != nil {
		return err
	}
	b.p.World.Emit(trace.Event{Who: b.s.Name, What: plan.HookDispose, Phase: trace.End})
	return nil
}

// HostLifetime is a scripted host lifetime.
type HostLifetime struct {
	P *Player
	L *plan.HostLifetime
}

const hostLifetime = trace.HostLifetime

// WaitForStart implements host.HostLifetime.
func (l *HostLifetime) WaitForStart(ctx context.Context) error {
	return l.hook("waitForStart", l.L.WaitForStart, ctx)
}

// Stop implements host.HostLifetime.
func (l *HostLifetime) Stop(ctx context.Context) error { return l.hook("stop", l.L.Stop, ctx) }

func (l *HostLifetime) hook(what string, script plan.Script, ctx context.Context) error {
	l.P.begin(hostLifetime, what, ctx)
	err := l.P.Async(hostLifetime, what, script, ctx)
	l.P.end(hostLifetime, what, err)
	return err
}
