package virtual_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/hostsim/hostsim/conformance/virtual"
	"github.com/hostsim/hostsim/fakes/world"
	"github.com/hostsim/hostsim/host"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// everything is a plan in which every place is passed where a fault can stand.
const everything = `
services:
- {name: a, dispose: [mark: gone]}
- {name: l, kind: lifecycle}
- {name: w, kind: background, execute: [untilCancelled]}
hostLifetime: {}
signalHandlers: [{signal: SIGINT, cancel: true}]
applicationStarted: [[spawn: [stopApplication, {raise: SIGINT}]], []]
main: [build, start, waitForShutdown, dispose, spawn: [throw: boom], yield]
`

func play(t *testing.T, text string, f *virtual.Fault) *trace.Trace {
	t.Helper()
	l := virtual.NewFaultyLane(f)
	defer l.Close()
	tr, err := l.Play(parse(t, text), "strict")
	if err != nil {
		t.Fatal(err)
	}
	return &trace.Trace{Events: slices.Clone(tr.Events), End: tr.End}
}

func lines(tr *trace.Trace) []string { return trace.Lines(tr, false) }

// TestEveryFaultIsReached plays a plan with a fault at every place, each of which says that it was there and goes on.
func TestEveryFaultIsReached(t *testing.T) {
	got := map[string]int{}
	through := func(name string) func(*virtual.Handle, context.Context, func(context.Context) error) error {
		return func(_ *virtual.Handle, ctx context.Context, next func(context.Context) error) error {
			got[name]++
			return next(ctx)
		}
	}
	around := func(name string) func(context.Context, func(context.Context) error) error {
		return func(ctx context.Context, next func(context.Context) error) error { got[name]++; return next(ctx) }
	}
	call := func(name string) func(*virtual.Handle, func() error) error {
		return func(_ *virtual.Handle, next func() error) error { got[name]++; return next() }
	}
	f := &virtual.Fault{
		Rules:   func(*host.Rules) { got["Rules"]++ },
		Runtime: func(*world.Rules) { got["Runtime"]++ },
		Service: func(_ *virtual.Handle, name string, s host.Service) host.Service {
			got["Service "+name]++
			return virtual.Wrap(s, virtual.Calls{Start: around("start"), Stop: around("stop"), Starting: around("starting"),
				Started: around("started"), Stopping: around("stopping"), Stopped: around("stopped"),
				Dispose: func(next func() error) error { got["dispose"]++; return next() }})
		},
		New: func(_ *virtual.Handle, _ string, next func() (host.Service, error)) (host.Service, error) {
			got["New"]++
			return next()
		},
		Worker: func(_ *virtual.Handle, name, call string, ctx context.Context, next func(context.Context) error) error {
			got["Worker "+name+" "+call]++
			return next(ctx)
		},
		Options: func(_ *virtual.Handle, o []host.Option) []host.Option { got["Options"]++; return o },
		Run:     through("Run"), Start: through("Start"), Stop: through("Stop"), Wait: through("Wait"),
		WaitForStart: through("WaitForStart"), LifetimeStop: through("LifetimeStop"),
		Build: call("Build"), Dispose: call("Dispose"),
		StopApplication: func(_ *virtual.Handle, next func()) { got["StopApplication"]++; next() },
		Observer: func(_ *virtual.Handle, e host.Event, next func(host.Event)) {
			got["Observer"] = 1
			next(e)
		},
		Process: func(_ *virtual.Handle, p host.Process) host.Process {
			got["Process"]++
			return virtual.WrapProcess(p, virtual.ProcessCalls{})
		},
		Notify: func(_ *virtual.Handle, what string, n int, next func() error) error {
			got["Notify "+what+" "+string(rune('0'+n))]++
			return next()
		},
		SignalHandler: func(_ *virtual.Handle, next func() bool) bool { got["SignalHandler"]++; return next() },
		Abort: func(_ *virtual.Handle, main bool, next func()) {
			if !main {
				got["Abort"]++
			}
			next()
		},
	}
	with := play(t, everything, f)
	for name, n := range map[string]int{
		"Rules": 1, "Runtime": 1, "Service a": 1, "Service l": 1, "Service w": 1, "New": 3, "Options": 1, "Start": 1, "Wait": 1,
		"Worker w start": 1, "Worker w execute": 1, "Worker w stop": 1, "Worker w dispose": 1,
		"start": 3, "stop": 3, "starting": 1, "started": 1, "stopping": 1, "stopped": 1, "dispose": 3,
		"WaitForStart": 1, "LifetimeStop": 1, "Build": 1, "Dispose": 1, "StopApplication": 1, "Observer": 1, "Process": 1,
		"Notify applicationStarted 0": 1, "Notify applicationStarted 1": 1, "Notify applicationStopping 0": 1, "Notify applicationStopped 0": 1,
		"SignalHandler": 1, "Abort": 1, "Run": 0, "Stop": 0,
	} {
		if got[name] != n {
			t.Errorf("%s was reached %d times, want %d", name, got[name], n)
		}
	}
	if a, b := strings.Join(lines(with), "\n"), strings.Join(lines(play(t, everything, &virtual.Fault{})), "\n"); a != b {
		t.Errorf("faults that only pass on change the run:\n%s\nwithout:\n%s", a, b)
	}
}

func TestFaultsOfRunAndItsEnd(t *testing.T) {
	for _, c := range []struct {
		name, plan string
		fault      virtual.Fault
		end        trace.Ending
	}{
		{"run", "services: [{name: a}]\nmain: [build, run, return: 3]",
			virtual.Fault{Run: func(*virtual.Handle, context.Context, func(context.Context) error) error { return nil }},
			trace.Ending{Kind: trace.Exited, Code: 3}},
		{"stop", "services: [{name: a}]\nmain: [build, start, stop, return: 3]",
			virtual.Fault{Stop: func(*virtual.Handle, context.Context, func(context.Context) error) error { return errors.New("no") }},
			trace.Ending{Kind: trace.Signaled, Signal: "SIGABRT"}},
		{"what main returns", "main: [return: 3]",
			virtual.Fault{ExitCode: func(_ *virtual.Handle, code int) int { return code + 1 }},
			trace.Ending{Kind: trace.Exited, Code: 4}},
		{"an exit", "main: [exit: 3]",
			virtual.Fault{Exit: func(_ *virtual.Handle, code int, next func(int)) { next(code + 2) }},
			trace.Ending{Kind: trace.Exited, Code: 5}},
		{"an error that leaves main", "main: [throw: x]",
			virtual.Fault{Abort: func(h *virtual.Handle, main bool, _ func()) {
				if main {
					h.World.Process.Leave(6)
				}
			}},
			trace.Ending{Kind: trace.Exited, Code: 6}},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr := play(t, c.plan, &c.fault)
			if e := tr.End; e.Kind != c.end.Kind || e.Code != c.end.Code || e.Signal != c.end.Signal {
				t.Errorf("the run %s, want %s", trace.FormatEnd(&e), trace.FormatEnd(&c.end))
			}
		})
	}
}

func TestWrapKeepsAbilities(t *testing.T) {
	h := func(kind string) host.Service {
		var made host.Service
		play(t, "services: [{name: s, kind: "+kind+"}]\nmain: [build, start, stop]", &virtual.Fault{
			Service: func(_ *virtual.Handle, _ string, s host.Service) host.Service {
				made = virtual.Wrap(s, virtual.Calls{})
				return made
			},
		})
		return made
	}
	for _, c := range []struct {
		kind              string
		lifecycle, worker bool
	}{{plan.Hosted, false, false}, {plan.Lifecycle, true, false}, {plan.Background, false, true}} {
		t.Run(c.kind, func(t *testing.T) {
			s := h(c.kind)
			_, lifecycle := s.(host.LifecycleService)
			_, worker := s.(host.Worker)
			_, disposer := s.(host.Disposer)
			p, prefixed := s.(host.Prefixed)
			if lifecycle != c.lifecycle || worker != c.worker || !disposer || !prefixed || !p.HasSynchronousPart() {
				t.Errorf("lifecycle %v, worker %v, disposer %v, prefixed %v", lifecycle, worker, disposer, prefixed)
			}
		})
	}
	if p := virtual.Wrap(h(plan.Hosted), virtual.Calls{Whole: true}).(host.Prefixed); p.HasSynchronousPart() {
		t.Error("Whole does not hide the synchronous part")
	}
}

func TestWrapProcess(t *testing.T) {
	var log []string
	note := func(s string) { log = append(log, s) }
	tr := play(t, `
services: [{name: a}]
hostLifetime: {kind: systemd}
main: [build, run, return: 3]
signals: [{after: a.start.end, wait: 10ms, send: SIGTERM}]
`, &virtual.Fault{Process: func(_ *virtual.Handle, p host.Process) host.Process {
		return virtual.WrapProcess(p, virtual.ProcessCalls{
			OnSignal: func(sigs []os.Signal, handle func(os.Signal) bool, next func([]os.Signal, func(os.Signal) bool) func()) func() {
				note("subscribe")
				return next(sigs, handle)
			},
			Signal:  func(s os.Signal, next func(os.Signal) bool) bool { note(s.String()); return next(s) },
			Notify:  func(state string, next func(string) error) error { note(state); return next(state) },
			Removed: func() { note("removed") },
		})
	}})
	if got, want := strings.Join(log, ", "), "subscribe, READY=1, terminated, STOPPING=1, removed"; got != want {
		t.Errorf("the process saw %s, want %s", got, want)
	}
	if tr.End.Code != 3 {
		t.Errorf("the run %s", trace.FormatEnd(&tr.End))
	}
}

func TestHandle(t *testing.T) {
	play(t, "services: [{name: a}, {name: b}]\nmain: [build, start, stop]", &virtual.Fault{
		Start: func(h *virtual.Handle, ctx context.Context, next func(context.Context) error) error {
			if h.Made("a") != nil {
				t.Error("a is there before its construction")
			}
			if h.Index("b") != 1 || h.Index("c") != -1 || !h.Last("b") || h.Last("a") {
				t.Error("the places of the services are wrong")
			}
			if !h.Set("x") || h.Set("x") || !h.Is("x") || h.Is("y") {
				t.Error("flags are not remembered")
			}
			if h.Event("e") != h.Event("e") || h.Event("e") == h.Event("f") || h.Mutex("m") != h.Mutex("m") {
				t.Error("events and mutexes are not told apart by name")
			}
			if h.Detached().Err() != nil || h.Cancelled().Err() == nil || h.Lifetime() != nil {
				t.Error("contexts or the host lifetime are wrong")
			}
			return next(ctx)
		},
		Stop: func(h *virtual.Handle, ctx context.Context, next func(context.Context) error) error {
			if h.Made("a") == nil || h.Unmade("a") == h.Made("a") {
				t.Error("a is not there after its construction")
			}
			return next(ctx)
		},
	})
}

// TestFilesOnlyAFaultChanges plays what only a fault makes of files and listeners.
func TestFilesOnlyAFaultChanges(t *testing.T) {
	const text = `
services: [{name: a, start: [listen: "unix:a.sock"], stop: [close: "unix:a.sock"]}]
files: [{path: a.sock, state: STATE}]
main: [build, tryStart, stop, {dial: "unix:a.sock"}, return: 3]
`
	for _, c := range []struct {
		name, state string
		runtime     func(*world.Rules)
		line        string
	}{
		{"a stale file is replaced", world.Stale, nil, "a listen ok unix:a.sock"},
		{"a stale file is in the way", world.Stale, func(r *world.Rules) { r.KeepStale = true }, `a listen error:"in use" unix:a.sock`},
		{"a foreign file is replaced", world.Foreign, func(r *world.Rules) { r.TakeFiles = true }, "a listen ok unix:a.sock"},
		{"a closed listener goes on", world.Stale, func(r *world.Rules) { r.HoldListeners = true }, "main dial ok unix:a.sock"},
		{"a closed listener is closed", world.Stale, nil, "main dial error:refused unix:a.sock"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr := play(t, strings.ReplaceAll(text, "STATE", c.state), &virtual.Fault{Runtime: c.runtime})
			for i := range tr.Events {
				if string(trace.AppendText(nil, &tr.Events[i])) == c.line {
					return
				}
			}
			t.Errorf("no %q in\n%s", c.line, strings.Join(lines(tr), "\n"))
		})
	}
}
