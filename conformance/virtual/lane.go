// Package virtual is the virtual lane: it plays a plan on the reference host in the simulated world, on virtual time and
// under the control of a schedule, and gives the trace.
package virtual

import (
	"context"
	"errors"
	"time"

	"github.com/hostsim/hostsim/fakes/puppet"
	"github.com/hostsim/hostsim/fakes/sim"
	"github.com/hostsim/hostsim/fakes/world"
	"github.com/hostsim/hostsim/host"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// Lane plays plans, one after the other. It is not safe for concurrent use; make one per goroutine and close it.
type Lane struct {
	sim   *sim.Sim
	world *world.World
	fault *Fault
}

// New makes a lane; a nil chooser takes the default at every decision.
func New(c sim.Chooser) *Lane {
	s := sim.New(c, sim.Limits{})
	return &Lane{sim: s, world: world.New(s)}
}

// SetChooser replaces the chooser for the plays that follow.
func (l *Lane) SetChooser(c sim.Chooser) { l.sim.SetChooser(c) }

// SetDying says for how long the process lives on after its last exit handler, or after an unhandled error, in the plays that
// follow. It is zero unless set: the reference host's process dies at once.
func (l *Lane) SetDying(d time.Duration) { l.world.SetDying(d) }

// Close lets go of what the lane keeps from play to play.
func (l *Lane) Close() { l.sim.Close() }

// Play plays a plan under the rules of a profile. The error is for an unknown profile; whatever the host does is in the
// trace. The trace is valid until the next Play.
func (l *Lane) Play(p *plan.Plan, profile string) (*trace.Trace, error) {
	rules, err := host.RulesOf(profile)
	if err != nil {
		return nil, err
	}
	rt, err := world.RulesOf(profile)
	if err != nil {
		return nil, err
	}
	if f := l.fault; f != nil {
		f.alter(&rules, &rt)
	}
	return l.play(p, &rules, rt), nil
}

func (l *Lane) play(p *plan.Plan, rules *host.Rules, rt *world.Rules) *trace.Trace {
	l.world.Reset(p, rt)
	g := &program{l: l, rt: l.sim, w: l.world, plan: p, rules: rules, fault: l.fault}
	if g.fault == nil {
		g.fault = &noFault
	}
	g.player = puppet.Player{RT: l.sim, World: scripts{g}, Controls: g, Worker: g.worker()}
	var end trace.Ending
	var stuck []trace.Wait
	var cycle []trace.Wait
	_ = l.sim.Run("main", func() { l.world.Process.Main(g.main) }, func(err error) {
		switch {
		case err == nil:
			end, _ = l.world.Process.Ended()
		case errors.Is(err, sim.ErrStuck):
			cycle, stuck = l.sim.WaitFor()
			end = l.stuck(cycle, stuck)
		default:
			end = trace.Ending{Kind: trace.Killed, Reason: err.Error()}
		}
	})
	if l.world.Overflow() {
		end = trace.Ending{Kind: trace.Killed, Reason: "the run was ended because it reported too many events"}
	}
	l.world.Aftermath(end)
	events := l.world.Events()
	if zero := l.world.Zero(); zero != 0 {
		for i := range events {
			events[i].At -= zero
		}
	}
	for _, list := range [][]trace.Wait{end.Cycle, end.Stuck} {
		for i := range list {
			list[i].Since = l.world.Shown(list[i].Since)
		}
	}
	return &trace.Trace{Events: events, End: end}
}

// stuck says what kind of end it is when nothing can go on.
func (l *Lane) stuck(cycle, rest []trace.Wait) trace.Ending {
	if len(cycle) > 0 {
		return trace.Ending{Kind: trace.Deadlock, Cycle: cycle, Stuck: rest, Reason: "every one waits for the next, and the last for the first"}
	}
	e := trace.Ending{Kind: trace.HangEnd, Stuck: rest, Reason: "nothing waits in a cycle, but nothing can go on either"}
	for _, w := range rest {
		if w.Holder == "" {
			e.Reason = w.Where + " waits for " + w.Resource + ", and nobody is left who could end that"
			break
		}
	}
	return e
}

// scripts gives the world to the puppets.
type scripts struct{ g *program }

func (s scripts) Emit(e trace.Event)     { s.g.w.Emit(e) }
func (s scripts) Exit(code int)          { s.g.exit(code) }
func (s scripts) ExitCode() int          { return s.g.w.Process.ExitCode() }
func (s scripts) SetExitCode(code int)   { s.g.w.Process.SetExitCode(code) }
func (s scripts) Abort()                 { s.g.abort(false) }
func (s scripts) Raise(signal string)    { s.g.w.Process.Deliver(signal) }
func (s scripts) FirstUse(u puppet.Use)  { s.g.w.FirstUse(u) }
func (s scripts) CancelledDelay() string { return s.g.w.Process.Rules().CancelledDelay }

func (s scripts) Listen(owner, where, addr string) error { return s.g.w.Net.Listen(owner, where, addr) }
func (s scripts) CloseListener(owner, addr string) error { return s.g.w.Net.Close(owner, addr) }
func (s scripts) Dial(owner, addr string) error          { return s.g.w.Net.Dial(owner, addr) }
func (s scripts) RemoveFile(owner, addr string) error    { return s.g.w.Net.Remove(owner, addr) }
func (s scripts) Accept(ctx context.Context, owner, addr string) error {
	return s.g.w.Net.Accept(ctx, owner, addr)
}
func (s scripts) Drain(ctx context.Context, owner, addr string) error {
	return s.g.w.Net.Drain(ctx, owner, addr)
}
