package adapter

import (
	"context"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/hostsim/hostsim/fakes/puppet"
	"github.com/hostsim/hostsim/host/seam"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// App is the scripted application that a host is given. Its methods may be called by any goroutine.
type App struct {
	impl     *Implementation
	plan     *plan.Plan
	lane     lane
	player   puppet.Player
	services []*Service

	mu        sync.Mutex
	stop      func()
	early     bool // a stop was requested and nobody was there to hear it
	failed    func(*Service, error)
	host      Host
	run       chan struct{} // closed when run is done; nil: it was not called
	runErr    error
	left      int // services whose start has not ended well
	announced map[string]bool
}

// lane is what differs between the lanes: the process, its signals and its events.
type lane interface {
	puppet.World
	virtual() bool
	signals(sigs []os.Signal) (<-chan os.Signal, func())
	notifyContext(ctx context.Context, sigs []os.Signal) (context.Context, context.CancelFunc)
	ready()
	runtime() seam.Runtime
	over() <-chan struct{} // closed when a simulated process has ended
}

func newApp(i *Implementation, p *plan.Plan, l lane) *App {
	a := &App{impl: i, plan: p, lane: l, left: len(p.Services), announced: map[string]bool{}}
	a.player = puppet.Player{RT: l.runtime(), World: l, Controls: a}
	for n := range p.Services {
		a.services = append(a.services, &Service{app: a, script: &p.Services[n]})
	}
	return a
}

// Services gives the application's services in the order of registration.
func (a *App) Services() []*Service { return a.services }

// Plan gives the plan; it must not be changed.
func (a *App) Plan() *plan.Plan { return a.plan }

// Options gives the plan's host options; a nil pointer means the host's default.
func (a *App) Options() plan.Options { return a.plan.Options }

// ShutdownTimeout gives the time limit of the stop, or def if the plan has none.
func (a *App) ShutdownTimeout(def time.Duration) time.Duration {
	return orDefault(a.plan.Options.ShutdownTimeout, def)
}

// StartupTimeout gives the time limit of the start, or def if the plan has none.
func (a *App) StartupTimeout(def time.Duration) time.Duration {
	return orDefault(a.plan.Options.StartupTimeout, def)
}

const forever = 100 * 365 * 24 * time.Hour

func orDefault(d *time.Duration, def time.Duration) time.Duration {
	switch {
	case d == nil:
		return def
	case *d == plan.Infinite:
		return forever
	}
	return *d
}

// Virtual tells whether the application runs in a bubble.
func (a *App) Virtual() bool { return a.lane.virtual() }

// Signals gives the signals of the process from now on, like signal.Notify on a new channel of size 1, and what ends that,
// like signal.Stop. In the virtual lane they are the simulated process's.
func (a *App) Signals(sigs ...os.Signal) (<-chan os.Signal, func()) { return a.lane.signals(sigs) }

// NotifyContext is signal.NotifyContext, or the same for the simulated process.
func (a *App) NotifyContext(ctx context.Context, sigs ...os.Signal) (context.Context, context.CancelFunc) {
	return a.lane.notifyContext(ctx, sigs)
}

// FakeSignals is for hosts that register for signals themselves: from now on it gives SIGINT and SIGTERM of the simulated
// process, until that has ended. Where the host's own signals come it is nil: in the process lane, and in a virtual run of
// an adapter that hostsim build has compiled.
func (a *App) FakeSignals() <-chan os.Signal {
	if l, ok := a.lane.(*virtualLane); !ok || l.controlled {
		return nil
	}
	c, _ := a.lane.signals([]os.Signal{os.Interrupt, signalNames["SIGTERM"]})
	return c
}

// Emit writes an event of the host's own, such as a log message (trace.Log). Its time is set.
func (a *App) Emit(e trace.Event) { a.lane.Emit(e) }

// Log writes a log message of the host's own: its level, and a detail that names the event.
func (a *App) Log(level, detail string) {
	a.Emit(trace.Event{Who: trace.Log, What: level, Detail: trace.Text(detail)})
}

// OnStopRequest says what a stop request of the application does (the step stopApplication). A request that came before is
// not lost: f is called at once.
func (a *App) OnStopRequest(f func()) {
	a.mu.Lock()
	a.stop = f
	early := a.early
	a.early = false
	a.mu.Unlock()
	if early {
		f()
	}
}

// OnExecuteFailed says what the end of a background service's Execute with an error does, for hosts that use
// [Service.Start] and [Service.Stop].
func (a *App) OnExecuteFailed(f func(*Service, error)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.failed = f
}

// Started says that all services have started: the application's callbacks run, and the process is ready. Only the first
// call counts.
func (a *App) Started() error {
	err := a.notify("applicationStarted", a.plan.ApplicationStarted)
	a.lane.ready()
	return err
}

// Stopping says that the stop begins. Only the first call counts.
func (a *App) Stopping() error { return a.notify("applicationStopping", a.plan.ApplicationStopping) }

// Stopped says that all services have stopped. Only the first call counts.
func (a *App) Stopped() error { return a.notify("applicationStopped", a.plan.ApplicationStopped) }

// notify runs the callbacks of a notification; without any, the notification itself is the event.
func (a *App) notify(what string, scripts []plan.Script) error {
	a.mu.Lock()
	was := a.announced[what]
	a.announced[what] = true
	a.mu.Unlock()
	if was {
		return nil
	}
	if len(scripts) == 0 {
		a.Emit(trace.Event{Who: trace.Lifetime, What: what})
		return nil
	}
	var first error
	for i, s := range scripts {
		n := trace.Number(i + 1)
		a.Emit(trace.Event{Who: trace.Lifetime, What: what, Phase: trace.Begin, Detail: n})
		err := a.player.Sync(trace.Lifetime, what, s)
		a.Emit(trace.Event{Who: trace.Lifetime, What: what, Phase: trace.End, Outcome: puppet.Outcome(err), Detail: n})
		if first == nil {
			first = err
		}
	}
	return first
}

// startEnded counts the services that have started, for hosts that do not.
func (a *App) startEnded(err error) {
	if err != nil || !a.impl.AnnounceStarted {
		return
	}
	a.mu.Lock()
	a.left--
	all := a.left == 0
	a.mu.Unlock()
	if all {
		_ = a.Started()
	}
}

// StopApplication implements puppet.Controls.
func (a *App) StopApplication() {
	a.mu.Lock()
	f := a.stop
	a.early = f == nil
	a.mu.Unlock()
	if f != nil {
		f()
	}
}

// StopHost implements puppet.Controls.
func (a *App) StopHost() error { return a.host.(Stopper).Stop(context.Background()) }

// WaitRun implements puppet.Controls.
func (a *App) WaitRun() error {
	a.mu.Lock()
	run := a.run
	a.mu.Unlock()
	if run == nil {
		return nil
	}
	select {
	case <-run:
		return a.runErr
	case <-a.lane.over():
		runtime.Goexit()
		return nil // not reached
	}
}

// Exit ends the process with this code as os.Exit does, for hosts that do that themselves: no code after it runs.
func (a *App) Exit(code int) { a.lane.Exit(code) }
