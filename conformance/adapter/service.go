package adapter

import (
	"context"
	"sync"
	"time"

	"github.com/hostsim/hostsim/fakes/puppet"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// Service is one scripted service. Its methods play the scripts of the plan and write their begin and their end, with the
// state of the context that they were given.
type Service struct {
	app    *App
	script *plan.Service

	once   sync.Once
	newErr error

	mu     sync.Mutex
	cancel context.CancelFunc // background: of Execute
	done   chan struct{}      // background: closed when Execute has ended
	err    error              // background: of Execute, when done is closed
}

// Name gives the service's name.
func (s *Service) Name() string { return s.script.Name }

// Kind gives plan.Hosted, plan.Lifecycle or plan.Background.
func (s *Service) Kind() string { return s.script.Kind }

// New constructs the service. Only the first call does; later ones give the same error.
func (s *Service) New() error {
	s.once.Do(func() {
		s.app.Emit(trace.Event{Who: s.Name(), What: plan.HookNew})
		s.newErr = s.app.player.Sync(s.Name(), plan.HookNew, s.script.Hooks[plan.HookNew])
	})
	return s.newErr
}

// Start starts the service and returns when it has started. A background service's Execute then goes on in a goroutine of
// its own, until Stop cancels its context.
func (s *Service) Start(ctx context.Context) error {
	err := s.hook(ctx, plan.HookStart, func() error {
		if s.Kind() != plan.Background {
			return s.play(ctx, plan.HookStart)
		}
		s.launch()
		return nil
	})
	s.app.startEnded(err)
	return err
}

func (s *Service) launch() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	s.mu.Lock()
	s.cancel, s.done = cancel, done
	s.mu.Unlock()
	go func() {
		defer cancel()
		err := s.Execute(ctx)
		s.mu.Lock()
		s.err = err
		s.mu.Unlock()
		close(done)
		s.app.mu.Lock()
		failed := s.app.failed
		s.app.mu.Unlock()
		if err != nil && ctx.Err() == nil && failed != nil {
			failed(s, err)
		}
	}()
}

// Stop stops the service and returns when it has stopped. Of a background service it cancels Execute and waits for its end,
// as long as ctx lets it.
func (s *Service) Stop(ctx context.Context) error {
	return s.hook(ctx, plan.HookStop, func() error {
		if s.Kind() != plan.Background {
			return s.play(ctx, plan.HookStop)
		}
		s.mu.Lock()
		cancel, done := s.cancel, s.done
		s.mu.Unlock()
		if done == nil {
			return nil
		}
		cancel()
		select {
		case <-done:
		case <-ctx.Done():
		case <-s.app.lane.over():
		}
		return nil
	})
}

// Execute plays the body of a background service.
func (s *Service) Execute(ctx context.Context) error {
	return s.hook(ctx, plan.HookExecute, func() error { return s.play(ctx, plan.HookExecute) })
}

// Starting, Started, Stopping and Stopped are the extra hooks of a lifecycle service; of others they do nothing.
func (s *Service) Starting(ctx context.Context) error { return s.extra(ctx, plan.HookStarting) }

// Started is called when every service has started.
func (s *Service) Started(ctx context.Context) error { return s.extra(ctx, plan.HookStarted) }

// Stopping is called before any service is stopped.
func (s *Service) Stopping(ctx context.Context) error { return s.extra(ctx, plan.HookStopping) }

// Stopped is called when every service has stopped.
func (s *Service) Stopped(ctx context.Context) error { return s.extra(ctx, plan.HookStopped) }

func (s *Service) extra(ctx context.Context, hook string) error {
	if s.Kind() != plan.Lifecycle {
		return nil
	}
	return s.hook(ctx, hook, func() error { return s.play(ctx, hook) })
}

// Dispose releases what the service holds.
func (s *Service) Dispose() error {
	s.app.Emit(trace.Event{Who: s.Name(), What: plan.HookDispose, Phase: trace.Begin})
	if err := s.app.player.Sync(s.Name(), plan.HookDispose, s.script.Hooks[plan.HookDispose]); err != nil {
		return err
	}
	s.app.Emit(trace.Event{Who: s.Name(), What: plan.HookDispose, Phase: trace.End})
	return nil
}

// Run is a whole life in one call, for hosts that know no other (errgroup, run groups, supervisors): Start, Execute if the
// service has one, wait for the end of ctx, and Stop with a context of its own that has this time limit. A service whose
// start fails is not stopped.
func (s *Service) Run(ctx context.Context, stopLimit time.Duration) error {
	if err := s.Start(ctx); err != nil {
		return err
	}
	failed := s.Wait(ctx)
	err := Within(context.WithoutCancel(ctx), stopLimit, s.Stop)
	if failed != nil {
		return failed
	}
	return err
}

// Wait waits for the end of ctx, or for the failure of a background service's Execute, which it gives.
func (s *Service) Wait(ctx context.Context) error {
	s.mu.Lock()
	done := s.done // nil if there is no body
	s.mu.Unlock()
	select {
	case <-ctx.Done():
		return nil
	case <-done:
	}
	s.mu.Lock()
	failed := s.err
	s.mu.Unlock()
	if failed == nil {
		<-ctx.Done()
	}
	return failed
}

// Within calls f with a context that has a time limit, for hosts that are started and stopped by such calls.
func Within(ctx context.Context, limit time.Duration, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return f(ctx)
}

// hook writes the bounds of a call, and that its token fired meanwhile if the plan wants to see that.
func (s *Service) hook(ctx context.Context, what string, f func() error) error {
	token := trace.Live
	if ctx.Err() != nil {
		token = trace.Cancelled
	}
	s.app.Emit(trace.Event{Who: s.Name(), What: what, Phase: trace.Begin, Token: token})
	if s.script.WatchTokens && token == trace.Live {
		defer context.AfterFunc(ctx, func() { s.app.Emit(trace.Event{Who: s.Name(), What: what + ".token"}) })()
	}
	err := f()
	s.app.Emit(trace.Event{Who: s.Name(), What: what, Phase: trace.End, Outcome: puppet.Outcome(err)})
	return err
}

func (s *Service) play(ctx context.Context, hook string) error {
	return s.app.player.Async(s.Name(), hook, s.script.Hooks[hook], ctx)
}
