package world

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/hostsim/hostsim/host/seam"
	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

// Rules are the rules of the version matrix that are the runtime's and not the host's.
type Rules struct {
	DefaultSigterm     string
	SigtermIsExit      bool
	SignalHandlerOrder string
	CancelledDelay     string
	SlowFirstUse       bool
	TimerFailureAborts bool

	// The matrix has nothing of these: they are the same in every profile, and only a fault changes them.
	KeepStale bool // a socket file that nobody listens on is in the way of a listener, instead of being replaced
	TakeFiles bool // whatever is in the way of a listener is replaced

	HoldListeners bool // connections are still taken at an address whose listener was closed
}

var rulesCache sync.Map

// RulesOf reads the runtime's rules from a profile's column of the version matrix.
func RulesOf(profile string) (*Rules, error) {
	if r, ok := rulesCache.Load(profile); ok {
		return r.(*Rules), nil
	}
	all, err := spec.Load()
	if err != nil {
		return nil, err
	}
	p := all.Profile(profile)
	if p == nil {
		return nil, fmt.Errorf("there is no profile %q; the profiles are %s", profile, strings.Join(all.ProfileNames(), ", "))
	}
	r := &Rules{
		DefaultSigterm:     p.Word("defaultSigterm"),
		SigtermIsExit:      p.Bool("sigtermIsExit"),
		SignalHandlerOrder: p.Word("signalHandlerOrder"),
		CancelledDelay:     p.Word("cancelledDelay"),
		SlowFirstUse:       p.Bool("slowFirstUse"),
		TimerFailureAborts: p.Bool("timerFailureAborts"),
	}
	rulesCache.Store(profile, r)
	return r, nil
}

// Signals by name.
var Signals = map[string]os.Signal{
	"SIGINT": syscall.SIGINT, "SIGTERM": syscall.SIGTERM, "SIGQUIT": syscall.SIGQUIT, "SIGHUP": syscall.SIGHUP,
}

// Process is the simulated process. It implements host.Process.
//
// An exit — of main, by [Process.Exit], or by SIGTERM where the runtime's rules say so — runs the exit handlers on a
// thread of the runtime's own while the exiting thread waits; when they have returned the process ends with the exit
// code that is set by then. A second exit meanwhile waits for ever, but its code is the one that counts (HOST-EXIT-023).
type Process struct {
	w        *World
	rules    *Rules
	code     int
	exiting  bool
	exitDone seam.Event
	onExit   []*exitHandler
	onSignal []*signalHandler
	handled  []os.Signal // what somebody has handled in this run
	end      trace.Ending
	ended    bool
}

type exitHandler struct{ f func() }

type signalHandler struct {
	sigs []os.Signal
	f    func(os.Signal) bool
}

func newProcess(w *World) *Process { return &Process{w: w} }

func (p *Process) reset(r *Rules) {
	*p = Process{w: p.w, rules: r, onExit: p.onExit[:0], onSignal: p.onSignal[:0], handled: p.handled[:0]}
}

// Rules gives the runtime's rules of this run.
func (p *Process) Rules() *Rules { return p.rules }

// Ended gives the exit status, if the process has ended.
func (p *Process) Ended() (trace.Ending, bool) { return p.end, p.ended }

// Main runs the program: f's result is the exit code of the process, which it has set too (see [Process.SetExitCode]).
func (p *Process) Main(f func() int) {
	code := f()
	if p.rules.SlowFirstUse {
		p.w.Sim.Busy(exiting)
	}
	p.code = code
	p.exit("main returns", false)
}

// Exit ends the process from the calling thread, which does not return from it.
func (p *Process) Exit(code int) {
	p.w.Emit(trace.Event{Who: trace.Process, What: "exit", Phase: trace.Begin, Detail: trace.Number(code)})
	p.Leave(code)
}

// Leave is Exit without a word.
func (p *Process) Leave(code int) {
	p.code = code
	p.exit("exit "+strconv.Itoa(code), true)
}

// RunExitHandlers runs the exit handlers without ending the process: those that are registered now. One that is taken back
// meanwhile runs all the same, and one that is added meanwhile does not.
func (p *Process) RunExitHandlers() {
	for _, h := range slices.Clone(p.onExit) {
		h.f()
	}
}

func (p *Process) exit(what string, frame bool) {
	s := p.w.Sim
	if frame {
		s.Enter(trace.Process, what)
	}
	if p.exiting {
		p.w.block(p.exitDone, "the exit that is under way")
	}
	p.beginExit()
	p.w.block(p.exitDone, "the process exit handlers")
}

// beginExit starts the thread that runs the exit handlers and then ends the process.
func (p *Process) beginExit() {
	if p.exiting {
		return
	}
	p.exiting = true
	s := p.w.Sim
	p.exitDone = s.NewEvent("the end of the process exit")
	s.Go("exit", func() {
		s.Promise(p.exitDone, "the exit handlers return")
		s.Enter(trace.Process, "exit handlers")
		p.RunExitHandlers()
		p.w.die()
		p.finish(trace.Ending{Kind: trace.Exited, Code: p.code})
	})
}

// Abort ends the process as an unhandled error does: no exit handler runs.
func (p *Process) Abort() {
	if p.rules.SlowFirstUse {
		p.w.Sim.Busy(abortion)
	}
	p.w.die()
	p.finish(trace.Ending{Kind: trace.Signaled, Signal: "SIGABRT"})
}

func (p *Process) finish(e trace.Ending) {
	if p.ended {
		return
	}
	p.ended, p.end = true, e
	p.w.Sim.End()
}

// Exiting tells whether an exit has begun.
func (p *Process) Exiting() bool { return p.exiting }

// ExitCode is the code that the process ends with unless somebody sets another.
func (p *Process) ExitCode() int { return p.code }

// SetExitCode implements host.Process.
func (p *Process) SetExitCode(code int) { p.code = code }

// NotifyManager implements host.Process: what the service manager is told is an event.
func (p *Process) NotifyManager(state string) error {
	p.w.Emit(trace.Event{Who: trace.Manager, What: "notify", Detail: trace.Text(state)})
	return nil
}

// OnExit implements host.Process. Handlers run in the order of registration.
func (p *Process) OnExit(f func()) (remove func()) {
	h := &exitHandler{f}
	p.onExit = append(p.onExit, h)
	return func() {
		for i, x := range p.onExit {
			if x == h {
				p.onExit = append(p.onExit[:i], p.onExit[i+1:]...)
				return
			}
		}
	}
}

// OnSignal implements host.Process.
func (p *Process) OnSignal(sigs []os.Signal, f func(os.Signal) bool) (remove func()) {
	p.handled = append(p.handled, sigs...)
	h := &signalHandler{sigs, f}
	p.onSignal = append(p.onSignal, h)
	return func() {
		for i, x := range p.onSignal {
			if x == h {
				p.onSignal = append(p.onSignal[:i:i], p.onSignal[i+1:]...)
				return
			}
		}
	}
}

// Deliver is what happens to the process when a signal arrives. Handlers run one after the other on a thread of this
// delivery's own; the last word on cancelling decides whether the default action follows.
func (p *Process) Deliver(name string) {
	sig := Signals[name]
	if p.rules.SigtermIsExit && name == "SIGTERM" {
		p.defaultAction(name)
		return
	}
	var handlers []*signalHandler
	for _, h := range p.onSignal {
		for _, s := range h.sigs {
			if s == sig {
				handlers = append(handlers, h)
			}
		}
	}
	if len(handlers) == 0 {
		if slices.Contains(p.handled, sig) && p.rules.SlowFirstUse && !p.rules.SigtermIsExit { // the runtime has a handler of its own, on a thread of its own
			p.w.Sim.Go("signal "+name, func() { p.defaultAction(name) })
			p.w.Sim.Settle() // by default it is as quick as the system's
			return
		}
		p.defaultAction(name)
		return
	}
	if p.rules.SignalHandlerOrder == "newestFirst" {
		for i, j := 0, len(handlers)-1; i < j; i, j = i+1, j-1 {
			handlers[i], handlers[j] = handlers[j], handlers[i]
		}
	}
	p.w.Sim.Go("signal "+name, func() {
		if p.rules.SlowFirstUse && !p.rules.SigtermIsExit { // the older runtimes are quicker to it
			p.w.Sim.Busy(delivery)
		}
		cancelled := false
		for _, h := range handlers {
			cancelled = h.f(sig)
		}
		if !cancelled {
			p.defaultAction(name)
		}
	})
}

func (p *Process) defaultAction(name string) {
	if name == "SIGTERM" && p.rules.DefaultSigterm != "kills" {
		if p.rules.DefaultSigterm == "exit143" {
			p.code = 143 // also while the process is exiting with another
		}
		p.beginExit()
		return
	}
	p.finish(trace.Ending{Kind: trace.Signaled, Signal: name})
}
