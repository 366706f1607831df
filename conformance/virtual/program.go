package virtual

import (
	"context"
	"os"
	"time"

	"github.com/hostsim/hostsim/fakes/puppet"
	"github.com/hostsim/hostsim/fakes/world"
	"github.com/hostsim/hostsim/host"
	"github.com/hostsim/hostsim/host/seam"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// program is the scripted application on the reference host: it plays main.
type program struct {
	l      *Lane
	rt     seam.Runtime
	w      *world.World
	plan   *plan.Plan
	rules  *host.Rules
	player puppet.Player

	fault *Fault
	host  *host.Host
	built bool
	run   *flow // the last run that main began
	h     *Handle
	depth int // how deep stopHostWait is nested
}

// maxDepth is how deep calls of host.Stop can be nested before the stack is full. The real host comes to some 2,800 to 4,000.
const maxDepth = 1000

// flow is a call that goes on when its caller no longer runs it.
type flow struct {
	done seam.Event
	err  error
}

// begin calls f and returns when f has ended or waits for the first time.
func (g *program) begin(name string, f func() error) *flow {
	fl := &flow{done: g.rt.NewEvent(seam.Name("the end of host.", name, ""))}
	g.rt.Call(name, func() { g.finish(name, fl, f) })
	return fl
}

func (g *program) finish(name string, fl *flow, f func() error) {
	g.rt.Promise(fl.done, seam.Name("host.", name, " returns"))
	g.rt.Enter(trace.Host, name)
	fl.err = f()
	g.rt.Leave()
	fl.done.Set()
}

// wait holds the calling thread until the flow has ended.
func (g *program) wait(fl *flow, why string) error {
	g.rt.Wait(seam.Wait{For: fl.done, Limit: seam.Forever, Holds: true, Why: why})
	return fl.err
}

// act plays one call of main: its begin, the call, its end.
func (g *program) act(what string, f func() error) error {
	g.w.Emit(trace.Event{Who: trace.Host, What: what, Phase: trace.Begin})
	err := f()
	g.w.Emit(trace.Event{Who: trace.Host, What: what, Phase: trace.End, Outcome: puppet.Outcome(err)})
	return err
}

// call is act for a call of the host that main waits for.
func (g *program) call(what string, f func() error) error {
	return g.act(what, func() error { return g.wait(g.begin(what, f), seam.Name("host.", what, "")) })
}

// main plays the plan and returns the exit code.
func (g *program) main() int {
	g.handlers()
	steps := g.plan.Main
	if len(steps) == 0 {
		steps = defaultMain
	}
	code, returned := 0, false
	for i := range steps {
		st := &steps[i]
		if st.Kind == plan.Return {
			code, returned = st.N, true
			continue
		}
		g.l.sim.Settle()
		if err := g.step(st); err != nil {
			g.w.Emit(trace.Event{Who: trace.Main, What: "threw", Outcome: puppet.Outcome(err)})
			if !g.plan.MainCatches {
				g.abort(true)
				return 0
			}
			break
		}
	}
	if !returned {
		code = g.w.Process.ExitCode()
	}
	g.w.Emit(trace.Event{Who: trace.Main, What: "return", Detail: trace.Number(code)})
	if f := g.fault.ExitCode; f != nil {
		code = f(g.handle(), code)
	}
	return code
}

var defaultMain = []plan.Step{{Kind: plan.Build}, {Kind: plan.Run}}

// handlers installs what the application handles itself, before the host is built.
func (g *program) handlers() {
	if script := g.plan.ProcessExit; script != nil {
		g.w.Process.OnExit(func() {
			g.w.Emit(trace.Event{Who: trace.Process, What: "processExit", Phase: trace.Begin, Detail: trace.Number(g.w.Process.ExitCode())})
			if err := g.player.Sync(trace.ProcessExit, "processExit", *script); err != nil {
				g.abort(false)
				return
			}
			g.w.Emit(trace.Event{Who: trace.Process, What: "processExit", Phase: trace.End})
		})
	}
	if g.rules.ConsoleSignals != "signals" {
		return // before 6 there is no such thing
	}
	for _, h := range g.plan.SignalHandlers {
		g.w.Process.OnSignal([]os.Signal{world.Signals[h.Signal]}, func(os.Signal) bool {
			handle := func() bool {
				g.w.Emit(trace.Event{Who: trace.SignalHandler, What: h.Signal})
				return h.Cancel
			}
			if f := g.fault.SignalHandler; f != nil {
				return f(g.handle(), handle)
			}
			return handle()
		})
	}
}

var mainSteps = map[*plan.StepKind]func(*program, *plan.Step) error{
	plan.Build:      func(g *program, _ *plan.Step) error { return g.act("build", g.hostBuild) },
	plan.BuildAgain: func(g *program, _ *plan.Step) error { return g.act("build", g.hostBuild) },
	plan.Run:        func(g *program, _ *plan.Step) error { return g.runHost(context.Background(), false) },
	plan.RunSync:    func(g *program, _ *plan.Step) error { return g.runHost(context.Background(), true) },
	plan.RunCancelAfter: func(g *program, st *plan.Step) error {
		src := g.cancelAfter(st.Dur)
		defer src.Dispose()
		return g.runHost(src, false)
	},
	plan.RunBackground: func(g *program, _ *plan.Step) error {
		g.w.Emit(trace.Event{Who: trace.Host, What: "run", Phase: trace.Begin})
		fl := &flow{done: g.rt.NewEvent("the end of host.run")}
		g.run = fl
		g.rt.Go("run", func() {
			g.finish("run", fl, func() error { return g.hostRun(context.Background()) })
		})
		return nil
	},
	plan.Start: func(g *program, _ *plan.Step) error { return g.start(context.Background()) },
	plan.TryStart: func(g *program, _ *plan.Step) error {
		_ = g.start(context.Background())
		return nil
	},
	plan.StartCancelAfter: func(g *program, st *plan.Step) error {
		src := g.cancelAfter(st.Dur)
		defer src.Dispose()
		return g.start(src)
	},
	plan.StartCancelled: func(g *program, _ *plan.Step) error { return g.start(seam.CancelledContext(g.rt)) },
	plan.WaitForShutdown: func(g *program, _ *plan.Step) error {
		return g.call("waitForShutdown", func() error { return with(g, g.fault.Wait, g.host.WaitForShutdown)(context.Background()) })
	},
	plan.Stop: func(g *program, _ *plan.Step) error { return g.stop(context.Background()) },
	plan.StopCancelAfter: func(g *program, st *plan.Step) error {
		src := g.cancelAfter(st.Dur)
		defer src.Dispose()
		return g.stop(src)
	},
	plan.StopTimeout: func(g *program, st *plan.Step) error {
		src := g.cancelAfter(st.Dur)
		defer src.Dispose()
		return g.stop(src)
	},
	plan.StopCancelled: func(g *program, _ *plan.Step) error { return g.stop(seam.CancelledContext(g.rt)) },
	plan.Dispose:       func(g *program, _ *plan.Step) error { return g.act("dispose", g.hostDispose) },
}

func (g *program) step(st *plan.Step) error {
	if f := mainSteps[st.Kind]; f != nil {
		if g.host == nil && st.Kind != plan.Build {
			return &puppet.AppError{Text: "NullReferenceException"}
		}
		return f(g, st)
	}
	return g.player.Async(trace.Main, "main", plan.Script{*st}, context.Background())
}

func (g *program) cancelAfter(d time.Duration) *seam.Source {
	return seam.NewSource(g.rt, context.Background()).CancelAfter(d, "main's token")
}

// runHost runs the host and waits. What waitRun waits for is known once the call has come back, which is when the host waits
// for the first time; of a blocking call it never is.
func (g *program) runHost(ctx context.Context, blocking bool) error {
	return g.act("run", func() error {
		fl := g.begin("run", func() error { return g.hostRun(ctx) })
		if !blocking {
			g.run = fl
		}
		return g.wait(fl, "host.run")
	})
}

func (g *program) start(ctx context.Context) error {
	return g.call("start", func() error { return with(g, g.fault.Start, g.host.Start)(ctx) })
}

func (g *program) stop(ctx context.Context) error {
	return g.call("stop", func() error { return g.hostStop(ctx) })
}

// StopApplication implements puppet.Controls.
func (g *program) StopApplication() {
	if f := g.fault.StopApplication; f != nil {
		f(g.handle(), g.host.StopApplication)
		return
	}
	g.host.StopApplication()
}

// StopHost implements puppet.Controls.
func (g *program) StopHost() error {
	if g.depth++; g.depth > maxDepth {
		g.w.Process.Abort() // the stack overflows
	}
	fl := g.begin("stop", func() error { return g.hostStop(context.Background()) })
	err := g.wait(fl, "host.stop")
	g.depth--
	return err
}

// WaitRun implements puppet.Controls.
func (g *program) WaitRun() error {
	if g.run == nil {
		return nil
	}
	return g.wait(g.run, "host.run")
}
