// Package world is the simulated world around a host: a process with signals, exit handlers and an exit status, sockets
// and files, and the record of what happened. Everything runs on the controller of package sim.
//
// A World is used again for run after run; it is not safe for concurrent use.
package world

import (
	"sort"
	"strings"
	"time"

	"github.com/hostsim/hostsim/fakes/puppet"
	"github.com/hostsim/hostsim/fakes/sim"
	"github.com/hostsim/hostsim/host/seam"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// World is one simulated world.
type World struct {
	Sim     *sim.Sim
	Process *Process
	Net     *Net

	plan     *plan.Plan
	events   []trace.Event
	pending  []stimulus
	zero     time.Duration // when host.build began
	built    bool
	overflow bool
	used     [puppet.Uses]bool // what has been used in this process
	dying    time.Duration
}

// MaxEvents ends a run that never stops reporting. It is more than a plan with as many services as may be has in a whole life.
const MaxEvents = 500_000

// keepEvents is how much of the record of a large run is kept for the next.
const keepEvents = 1 << 14

type stimulus struct {
	who, what string
	phase     trace.Phase
	anyPhase  bool
	fire      func()
	wait      time.Duration
}

// New makes a world on a controller.
func New(s *sim.Sim) *World {
	w := &World{Sim: s}
	w.Process = newProcess(w)
	w.Net = newNet(w)
	s.OnUnhandled(func(error) {
		if w.Process.rules.TimerFailureAborts {
			w.Process.Abort()
		}
	})
	s.OnSuspended(func(name string) {
		if _, call, _ := strings.Cut(name, " "); strings.HasPrefix(call, "start") {
			w.FirstUse(puppet.UseCall)
		}
	})
	return w
}

// SetDying says for how long a process lives on after its last exit handler, or after an unhandled error, in the runs that
// follow; what its other threads do meanwhile happens, and so do signals. It is zero unless set.
func (w *World) SetDying(d time.Duration) { w.dying = d }

// die keeps the calling thread for as long as it takes to die.
func (w *World) die() {
	if w.dying > 0 {
		w.Sim.Wait(seam.Wait{Limit: w.dying, Holds: true, Why: "the end of the process"})
	}
}

// Reset prepares the world for a run of p under the runtime rules r.
func (w *World) Reset(p *plan.Plan, r *Rules) {
	w.plan = p
	if w.events = w.events[:0]; cap(w.events) > keepEvents {
		w.events = nil
	}
	w.zero, w.built, w.overflow = 0, false, false
	w.used = [puppet.Uses]bool{}
	w.Process.reset(r)
	w.Net.reset(p)
	w.pending = w.pending[:0]
	for i := range p.Signals {
		s := &p.Signals[i]
		w.after(s.After, s.Wait, func() { w.send(s.Send) })
	}
	for i := range p.Connections {
		c := &p.Connections[i]
		w.after(c.After, c.Wait, func() { w.Net.client(c) })
	}
}

// after arranges for fire to run once, some time after the first event of this name.
func (w *World) after(event string, wait time.Duration, fire func()) {
	s := stimulus{wait: wait, fire: fire, anyPhase: true}
	if rest, ok := strings.CutSuffix(event, ".begin"); ok {
		event, s.phase, s.anyPhase = rest, trace.Begin, false
	} else if rest, ok := strings.CutSuffix(event, ".end"); ok {
		event, s.phase, s.anyPhase = rest, trace.End, false
	}
	s.who, s.what, _ = strings.Cut(event, ".")
	w.pending = append(w.pending, s)
}

func (w *World) send(signal string) {
	w.Emit(trace.Event{Who: trace.Signal, What: signal})
	w.Process.Deliver(signal)
}

// Emit records an event at the present instant and sets off what waits for it. After the end of the process it does nothing.
// The event that is one too many ends the run and the thread that reports it.
func (w *World) Emit(e trace.Event) {
	if w.Sim.Over() {
		return
	}
	w.Sim.Preempt()
	if len(w.events) >= MaxEvents {
		w.overflow = true
		w.Sim.End()
		w.Sim.Yield() // does not return: who reports without end is cut off here
	}
	e.At = w.Sim.Elapsed().Truncate(fine)
	if !w.built && e.What == "build" && e.Who == trace.Host {
		w.built, w.zero = true, e.At
	}
	w.events = append(w.events, e)
	for i := 0; i < len(w.pending); i++ {
		s := &w.pending[i]
		if s.who != e.Who || s.what != e.What || !s.anyPhase && s.phase != e.Phase {
			continue
		}
		wait, fire := s.wait, s.fire
		w.pending = append(w.pending[:i], w.pending[i+1:]...)
		i--
		w.Sim.AfterFunc(wait, "stimulus", fire)
	}
}

// FirstUse is called by a thread that is about to use something. Where the runtime's rules say so the first use in a process
// takes long, so that others get on meanwhile.
func (w *World) FirstUse(u puppet.Use) {
	if w.used[u] || !w.Process.rules.SlowFirstUse {
		return
	}
	w.used[u] = true
	if (u == puppet.UseWork || u == puppet.UseCall) && !w.Sim.OnMain() {
		return // the pool is busy with the one who hands the work over
	}
	w.Sim.Busy(cost[u])
}

// cost is what a first use takes, a thousandth of what was seen on the machine that recorded the real hosts: too little to
// matter to anything that a plan times, enough to tell who is first where two threads set out together.
var cost = [puppet.Uses]time.Duration{
	puppet.UseScript:    6 * time.Microsecond,
	puppet.UseAsync:     4 * time.Microsecond,
	puppet.UseThread:    6 * time.Microsecond,
	puppet.UseError:     4 * time.Microsecond,
	puppet.UseCancelled: 3 * time.Microsecond,
	puppet.UseWork:      3 * time.Microsecond,
	puppet.UseCall:      4 * time.Microsecond,
	puppet.UseStop:      2 * time.Microsecond,
	puppet.UseStopping:  5 * time.Microsecond,
	puppet.UseFailures:  3 * time.Microsecond,
	puppet.UseDispose:   2 * time.Microsecond,
}

// abortion is how long a process takes to die of an unhandled error, on the same scale.
const abortion = 30 * time.Microsecond

// exiting is how long it takes from main's return to the first exit handler.
const exiting = 5 * time.Microsecond

// delivery is how long it takes from a signal to its first handler.
const delivery = 5 * time.Microsecond

// fine is the grain of a trace's times; what is finer only orders events.
const fine = 100 * time.Microsecond

// Events gives what was recorded so far; it is overwritten by the next run.
func (w *World) Events() []trace.Event { return w.events }

// Aftermath records what is found after the end of the process.
func (w *World) Aftermath(end trace.Ending) {
	for _, e := range w.Net.aftermath(end) {
		e.At = w.Sim.Elapsed()
		w.events = append(w.events, e)
	}
}

// Overflow tells whether the run was ended because it reported too much.
func (w *World) Overflow() bool { return w.overflow }

// Zero is when host.build began, which is where the clock of a trace starts.
func (w *World) Zero() time.Duration { return w.zero }

// Shown gives an instant of the run on the clock of the trace, in its grain.
func (w *World) Shown(at time.Duration) time.Duration { return at.Truncate(fine) - w.zero }

// Owner names who uses a resource of the world, and where it got it: service b, in start.
type Owner struct{ Who, Where string }

// sorted gives the keys of m in order.
func sorted[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

// block waits for ev while holding the thread.
func (w *World) block(ev seam.Event, why string) {
	w.Sim.Wait(seam.Wait{For: ev, Limit: seam.Forever, Holds: true, Why: why})
}
