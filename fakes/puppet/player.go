// Package puppet plays the scripts of a plan: services, callbacks and handlers that do what the plan says and report
// every event. The meaning of each step is that of the program that recorded the real hosts.
package puppet

import (
	"context"
	"time"

	"github.com/hostsim/hostsim/host/seam"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// World is what scripts need of the world they run in.
type World interface {
	Emit(trace.Event)
	Exit(code int) // does not return
	ExitCode() int
	SetExitCode(int)
	Abort()              // an unhandled error ends the process
	Raise(signal string) // sends a signal to the own process
	CancelledDelay() string
	Listen(owner, where, address string) error
	CloseListener(owner, address string) error
	Accept(ctx context.Context, owner, address string) error
	Drain(ctx context.Context, owner, address string) error
	Dial(owner, address string) error
	RemoveFile(owner, address string) error
}

// Controls is what scripts need of the host they run in.
type Controls interface {
	StopApplication()
	StopHost() error // holds the thread until the host has stopped
	WaitRun() error  // holds the thread until run is done; at once if it was not called
}

// Player plays scripts.
type Player struct {
	RT       seam.Runtime
	World    World
	Controls Controls

	// Worker, if set, stands around what host.BackgroundService does in the start, execute, stop and dispose of every
	// background service.
	Worker func(service, call string, ctx context.Context, next func(context.Context) error) error
}

// place is where a script runs.
type place struct {
	who, hook string
	ctx       context.Context
}

// Async plays a script in an asynchronous hook: delay, sleep, hang, untilCancelled and yield do not hold the thread.
func (p *Player) Async(who, hook string, script plan.Script, ctx context.Context) error {
	if script != nil {
		p.use(UseAsync)
	}
	return p.steps(who, hook, script, ctx)
}

func (p *Player) steps(who, hook string, script plan.Script, ctx context.Context) error {
	for i := range script {
		if err := p.step(&script[i], place{who, hook, ctx}); err != nil {
			return err
		}
	}
	return nil
}

// Sync plays a script in a synchronous place.
func (p *Player) Sync(who, hook string, script plan.Script) error {
	if script != nil {
		p.use(UseScript)
	}
	return p.steps(who, hook, script, context.Background())
}

// kinds ties each kind of step to what it does, by the kind's ID.
var kinds = map[*plan.StepKind]func(*Player, *plan.Step, place) error{}

var table []func(*Player, *plan.Step, place) error

func (p *Player) step(st *plan.Step, at place) error { return table[st.Kind.ID](p, st, at) }

func init() {
	kinds[plan.Delay] = (*Player).delay
	kinds[plan.Sleep] = func(p *Player, st *plan.Step, _ place) error { p.wait(st.Dur, false, "a sleep"); return nil }
	kinds[plan.Hang] = func(p *Player, _ *plan.Step, _ place) error {
		p.wait(seam.Forever, false, "nothing: it never ends")
		return nil
	}
	kinds[plan.Block] = func(p *Player, st *plan.Step, _ place) error { p.wait(st.Dur, true, "a blocked thread"); return nil }
	kinds[plan.BlockForever] = func(p *Player, _ *plan.Step, _ place) error {
		p.wait(seam.Forever, true, "nothing: it never ends")
		return nil
	}
	kinds[plan.UntilCancelled] = (*Player).untilCancelled
	kinds[plan.Yield] = func(p *Player, _ *plan.Step, _ place) error { p.RT.Yield(); return nil }
	kinds[plan.OnCancelThrow] = (*Player).onCancelThrow
	kinds[plan.OnCancelBlock] = (*Player).onCancelBlock
	kinds[plan.Throw] = func(_ *Player, st *plan.Step, _ place) error { return &AppError{st.Text} }
	kinds[plan.ThrowCancelled] = func(*Player, *plan.Step, place) error { return context.Canceled }
	kinds[plan.Mark] = func(p *Player, st *plan.Step, at place) error {
		p.World.Emit(trace.Event{Who: at.who, What: "mark", Detail: trace.Text(st.Text)})
		return nil
	}
	kinds[plan.Exit] = func(p *Player, st *plan.Step, _ place) error { p.World.Exit(st.N); return nil }
	kinds[plan.ExitCode] = func(p *Player, st *plan.Step, _ place) error { p.World.SetExitCode(st.N); return nil }
	kinds[plan.StopApp] = (*Player).stopApplication
	kinds[plan.StopHostWait] = (*Player).stopHostWait
	kinds[plan.WaitRun] = func(p *Player, _ *plan.Step, at place) error {
		p.RT.Enter(at.who, "waits for run")
		defer p.RT.Leave()
		return p.Controls.WaitRun()
	}
	kinds[plan.Raise] = func(p *Player, st *plan.Step, _ place) error { p.World.Raise(st.Text); return nil }
	kinds[plan.Spawn] = (*Player).spawn
	kinds[plan.Listen] = func(p *Player, st *plan.Step, at place) error { return p.World.Listen(at.who, at.hook, st.Text) }
	kinds[plan.CloseListen] = func(p *Player, st *plan.Step, at place) error { return p.World.CloseListener(at.who, st.Text) }
	kinds[plan.Accept] = func(p *Player, st *plan.Step, at place) error { return p.World.Accept(at.ctx, at.who, st.Text) }
	kinds[plan.Drain] = func(p *Player, st *plan.Step, at place) error { return p.World.Drain(at.ctx, at.who, st.Text) }
	kinds[plan.DialStep] = func(p *Player, st *plan.Step, at place) error { return p.World.Dial(at.who, st.Text) }
	kinds[plan.RemoveFile] = func(p *Player, st *plan.Step, at place) error { return p.World.RemoveFile(at.who, st.Text) }
	for _, k := range plan.Steps() {
		for len(table) <= k.ID {
			table = append(table, unplayed)
		}
	}
	for k, f := range kinds {
		table[k.ID] = f
	}
}

// unplayed is for steps that only main has: whoever plays main plays them.
func unplayed(_ *Player, st *plan.Step, at place) error {
	return &AppError{"the step " + st.Kind.Name + " cannot be played in " + at.who + " " + at.hook}
}

func (p *Player) wait(d time.Duration, holds bool, why string) {
	p.RT.Wait(seam.Wait{Limit: d, Holds: holds, Why: why})
}

func (p *Player) delay(st *plan.Step, at place) error {
	if err := at.ctx.Err(); err != nil {
		p.use(UseCancelled)
		return err
	}
	w := seam.Wait{Limit: st.Dur, Elsewhere: p.World.CancelledDelay() == "pool", Why: "a delay"}
	if seam.WaitOr(p.RT, at.ctx, nil, w) == seam.ByOr {
		p.use(UseCancelled)
		return at.ctx.Err()
	}
	return nil
}

func (p *Player) untilCancelled(st *plan.Step, at place) error {
	seam.WaitOr(p.RT, at.ctx, nil, seam.Wait{Limit: seam.Forever, Why: "its token"})
	p.World.Emit(trace.Event{Who: at.who, What: "tokenFired"})
	if st.Text == "throw" {
		p.use(UseCancelled)
		return at.ctx.Err()
	}
	return nil
}

// onCancel registers f on the place's token, or calls it if the token has fired.
func (p *Player) onCancel(at place, f func() error) error {
	if at.ctx.Err() != nil {
		return f()
	}
	if c := seam.CancellerOf(at.ctx); c != nil {
		c.OnCancel(f)
	} else if at.ctx.Done() != nil {
		context.AfterFunc(at.ctx, func() { _ = f() })
	}
	return nil
}

func (p *Player) onCancelThrow(st *plan.Step, at place) error {
	return p.onCancel(at, func() error {
		p.World.Emit(trace.Event{Who: at.who, What: "cancelCallback", Phase: trace.Begin})
		return &AppError{st.Text}
	})
}

func (p *Player) onCancelBlock(st *plan.Step, at place) error {
	return p.onCancel(at, func() error {
		p.World.Emit(trace.Event{Who: at.who, What: "cancelCallback", Phase: trace.Begin})
		p.wait(st.Dur, true, "a blocked thread")
		p.World.Emit(trace.Event{Who: at.who, What: "cancelCallback", Phase: trace.End})
		return nil
	})
}

func (p *Player) stopApplication(_ *plan.Step, at place) error {
	p.World.Emit(trace.Event{Who: at.who, What: "stopApplication", Phase: trace.Begin})
	p.RT.Enter(at.who, "stopApplication")
	p.Controls.StopApplication()
	p.RT.Leave()
	p.World.Emit(trace.Event{Who: at.who, What: "stopApplication", Phase: trace.End})
	return nil
}

func (p *Player) stopHostWait(_ *plan.Step, at place) error {
	p.World.Emit(trace.Event{Who: at.who, What: "stopHost", Phase: trace.Begin})
	p.RT.Enter(at.who, "waits for host.Stop")
	err := p.Controls.StopHost()
	p.RT.Leave()
	if err != nil {
		return err
	}
	p.World.Emit(trace.Event{Who: at.who, What: "stopHost", Phase: trace.End})
	return nil
}

func (p *Player) spawn(st *plan.Step, at place) error {
	who := at.who + "/thread"
	p.use(UseThread)
	p.RT.Go(who, func() {
		if err := p.Async(who, "thread", st.Steps, context.Background()); err != nil {
			p.World.Emit(trace.Event{Who: who, What: "threw", Outcome: Outcome(err)})
			p.World.Abort()
		}
	})
	return nil
}
