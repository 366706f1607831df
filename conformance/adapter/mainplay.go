package adapter

import (
	"context"
	"fmt"

	"github.com/hostsim/hostsim/fakes/puppet"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

var defaultMain = []plan.Step{{Kind: plan.Build}, {Kind: plan.Run}}

// unhandled is the exit code of a Go program whose main gets an error and ends with log.Fatal.
const unhandled = 1

// main plays what the plan's main does and gives the exit code.
func (a *App) main() int {
	steps := a.plan.Main
	if len(steps) == 0 {
		steps = defaultMain
	}
	code, returned := 0, false
	for i := range steps {
		if st := &steps[i]; st.Kind == plan.Return {
			code, returned = st.N, true
			continue
		}
		if err := a.mainStep(&steps[i]); err != nil {
			a.Emit(trace.Event{Who: trace.Main, What: "threw", Outcome: puppet.Outcome(err)})
			if !a.plan.MainCatches {
				return unhandled
			}
			break
		}
	}
	if !returned {
		code = a.lane.ExitCode()
	}
	a.Emit(trace.Event{Who: trace.Main, What: "return", Detail: trace.Number(code)})
	return code
}

func (a *App) mainStep(st *plan.Step) error {
	background := context.Background()
	if a.host == nil && (hostSteps[st.Kind] != "" || st.Kind == plan.Run || st.Kind == plan.RunSync || st.Kind == plan.RunBackground || st.Kind == plan.RunCancelAfter) {
		return fmt.Errorf("the host was not built")
	}
	switch st.Kind {
	case plan.Build:
		return a.act("build", a.build)
	case plan.Run, plan.RunSync:
		return a.act("run", func() error { return a.runHost(background) })
	case plan.RunCancelAfter:
		ctx, cancel := withTimeout(st)
		defer cancel()
		return a.act("run", func() error { return a.runHost(ctx) })
	case plan.RunBackground:
		a.Emit(trace.Event{Who: trace.Host, What: "run", Phase: trace.Begin})
		started := make(chan struct{})
		go func() { _ = a.runAfter(background, func() { close(started) }) }()
		<-started
		return nil
	case plan.Start:
		return a.start(background)
	case plan.TryStart:
		_ = a.start(background)
		return nil
	case plan.StartCancelAfter:
		ctx, cancel := withTimeout(st)
		defer cancel()
		return a.start(ctx)
	case plan.StartCancelled:
		return a.start(cancelled())
	case plan.WaitForShutdown:
		return a.act("waitForShutdown", func() error { return a.host.(Waiter).WaitForShutdown(background) })
	case plan.Stop:
		return a.stopHost(background)
	case plan.StopCancelAfter, plan.StopTimeout:
		ctx, cancel := withTimeout(st)
		defer cancel()
		return a.stopHost(ctx)
	case plan.StopCancelled:
		return a.stopHost(cancelled())
	case plan.Dispose:
		return a.act("dispose", a.host.(Disposer).Dispose)
	}
	return a.player.Async(trace.Main, "main", plan.Script{*st}, background)
}

func withTimeout(st *plan.Step) (context.Context, context.CancelFunc) {
	if st.Dur == plan.Infinite {
		return context.WithCancel(context.Background())
	}
	return context.WithTimeout(context.Background(), st.Dur)
}

func cancelled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// act plays one call of main: its begin, the call, its end.
func (a *App) act(what string, f func() error) error {
	a.Emit(trace.Event{Who: trace.Host, What: what, Phase: trace.Begin})
	err := f()
	a.Emit(trace.Event{Who: trace.Host, What: what, Phase: trace.End, Outcome: puppet.Outcome(err)})
	return err
}

func (a *App) build() error {
	if !a.impl.Constructs {
		for _, s := range a.services {
			if err := s.New(); err != nil {
				return err
			}
		}
	}
	h, err := a.impl.New(a)
	if err != nil {
		return err
	}
	a.host = h
	return nil
}

func (a *App) start(ctx context.Context) error {
	return a.act("start", func() error { return a.host.(Starter).Start(ctx) })
}

func (a *App) stopHost(ctx context.Context) error {
	return a.act("stop", func() error { return a.host.(Stopper).Stop(ctx) })
}

func (a *App) runHost(ctx context.Context) error { return a.runAfter(ctx, func() {}) }

// runAfter runs the host; begun is called when waitRun can wait for it.
func (a *App) runAfter(ctx context.Context, begun func()) error {
	done := make(chan struct{})
	a.mu.Lock()
	a.run = done
	a.mu.Unlock()
	begun()
	if len(a.services) == 0 && a.impl.AnnounceStarted {
		_ = a.Started()
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if over := a.lane.over(); over != nil {
		go func() { // see mortal
			select {
			case <-over:
				cancel()
			case <-ctx.Done():
			}
		}()
	}
	a.runErr = a.host.Run(ctx)
	close(done)
	return a.runErr
}
