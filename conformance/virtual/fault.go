package virtual

import (
	"context"
	"slices"
	"strconv"

	"github.com/hostsim/hostsim/fakes/puppet"
	"github.com/hostsim/hostsim/fakes/world"
	"github.com/hostsim/hostsim/host"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// Fault makes a faulty host of the reference host: it changes a rule, or stands between the host and what it deals with —
// services, process, observer, its own calls. What a fault does not set stays as it is.
//
// The wrapping functions are handed the real thing (next) and a [Handle] on the run; they may call next never, twice,
// late, on another thread, with another context, or change what it returns.
type Fault struct {
	Rules   func(*host.Rules)  // change how the host behaves
	Runtime func(*world.Rules) // change how the simulated process and its files behave

	// Service replaces a service after its construction; use Wrap to keep its other abilities.
	Service func(h *Handle, name string, s host.Service) host.Service
	// New stands around the construction of a service.
	New func(h *Handle, name string, next func() (host.Service, error)) (host.Service, error)
	// Worker stands around what the host does in a call of a background service — start, execute, stop, dispose —, of which
	// execute is the body.
	Worker func(h *Handle, name, call string, ctx context.Context, next func(context.Context) error) error
	// Options may change, reorder, drop or add the options that the host is made with. Services come in plan order, last.
	Options func(h *Handle, opts []host.Option) []host.Option

	// The host's own calls. Start, Wait and Dispose are those that main makes, not those that run is made of.
	Run, Start, Stop, Wait func(h *Handle, ctx context.Context, next func(context.Context) error) error
	Build, Dispose         func(h *Handle, next func() error) error
	StopApplication        func(h *Handle, next func())

	// What the host uses and calls: observer, process, the application's own host lifetime, and its callbacks of a
	// notification (applicationStarted and so on), each with its number in order of registration.
	Observer                   func(h *Handle, e host.Event, next func(host.Event))
	Process                    func(h *Handle, p host.Process) host.Process
	WaitForStart, LifetimeStop func(h *Handle, ctx context.Context, next func(context.Context) error) error
	Notify                     func(h *Handle, what string, number int, next func() error) error

	// What a host that takes more upon itself than it should may get hold of: the application's own signal handlers, its
	// exits, what becomes of an error that nobody handles (on main's thread, or another), and the code that main returns.
	SignalHandler func(h *Handle, next func() (cancelDefault bool)) (cancelDefault bool)
	Exit          func(h *Handle, code int, next func(code int))
	Abort         func(h *Handle, main bool, next func())
	ExitCode      func(h *Handle, code int) int
}

var noFault Fault

func (f *Fault) alter(r *host.Rules, rt **world.Rules) {
	if f.Rules != nil {
		f.Rules(r)
	}
	if f.Runtime != nil {
		changed := **rt
		f.Runtime(&changed)
		*rt = &changed
	}
}

// with puts a fault around one of the host's calls.
func with(g *program, f func(*Handle, context.Context, func(context.Context) error) error, next func(context.Context) error) func(context.Context) error {
	if f == nil {
		return next
	}
	return func(ctx context.Context) error { return f(g.handle(), ctx, next) }
}

func (g *program) hostRun(ctx context.Context) error  { return with(g, g.fault.Run, g.host.Run)(ctx) }
func (g *program) hostStop(ctx context.Context) error { return with(g, g.fault.Stop, g.host.Stop)(ctx) }

func (g *program) hostBuild() error {
	if f := g.fault.Build; f != nil {
		return f(g.handle(), g.build)
	}
	return g.build()
}

func (g *program) hostDispose() error {
	if f := g.fault.Dispose; f != nil {
		return f(g.handle(), g.host.Dispose)
	}
	return g.host.Dispose()
}

func (g *program) service(s *plan.Service) (host.Service, error) {
	if g.fault == &noFault {
		return g.player.New(s)
	}
	h := g.handle()
	next := func() (host.Service, error) { return h.Construct(s.Name) }
	var svc host.Service
	var err error
	if f := g.fault.New; f != nil {
		svc, err = f(h, s.Name, next)
	} else {
		svc, err = next()
	}
	if err == nil && g.fault.Service != nil {
		svc = g.fault.Service(h, s.Name, svc)
	}
	return svc, err
}

// worker stands around what the host does in a call of a background service.
func (g *program) worker() func(string, string, context.Context, func(context.Context) error) error {
	f := g.fault.Worker
	if f == nil {
		return nil
	}
	return func(name, call string, ctx context.Context, next func(context.Context) error) error {
		return f(g.handle(), name, call, ctx, next)
	}
}

func (g *program) process() host.Process {
	if f := g.fault.Process; f != nil {
		return f(g.handle(), g.w.Process)
	}
	return g.w.Process
}

func (g *program) observer() host.Observer {
	o := puppet.Observer{Emit: g.reported}
	if f := g.fault.Observer; f != nil {
		return observerFunc(func(e host.Event) { f(g.handle(), e, o.HostEvent) })
	}
	return o
}

// reported records an event of the host's own. The first stop takes its time once it has been reported, and more if services
// have hooks of it; so do the first failures of callbacks before they are.
func (g *program) reported(e trace.Event) {
	if e.Detail == stoppingFailed {
		g.w.FirstUse(puppet.UseFailures)
	}
	g.w.Emit(e)
	if e.Detail == hostStopping {
		g.w.FirstUse(puppet.UseStop)
		if slices.ContainsFunc(g.plan.Services, func(s plan.Service) bool { return s.Kind == plan.Lifecycle }) {
			g.w.FirstUse(puppet.UseStopping)
		}
	}
}

var hostStopping = trace.Text(host.CategoryHost + "#" + strconv.Itoa(host.EventStopping))

var stoppingFailed = trace.Text(host.CategoryCallback + "#" + strconv.Itoa(host.EventStoppingCallback))

type observerFunc func(host.Event)

// HostEvent implements host.Observer.
func (f observerFunc) HostEvent(e host.Event) { f(e) }

// around puts the fault around the host lifetime that the plan gives.
func (g *program) around(make func(*host.Host) host.HostLifetime) func(*host.Host) host.HostLifetime {
	return func(owner *host.Host) host.HostLifetime {
		l := make(owner)
		g.handle().lifetime = l
		return &faultyLifetime{g, l}
	}
}

type faultyLifetime struct {
	g *program
	l host.HostLifetime
}

func (l *faultyLifetime) WaitForStart(ctx context.Context) error {
	return with(l.g, l.g.fault.WaitForStart, l.l.WaitForStart)(ctx)
}

func (l *faultyLifetime) Stop(ctx context.Context) error {
	return with(l.g, l.g.fault.LifetimeStop, l.l.Stop)(ctx)
}

func (l *faultyLifetime) Dispose() error {
	if d, ok := l.l.(host.Disposer); ok {
		return d.Dispose()
	}
	return nil
}

// noted puts the fault around a callback of a notification.
func (g *program) noted(what string, number int, f func() error) func() error {
	if g.fault == &noFault {
		return f
	}
	h := g.handle()
	h.notes[what] = append(h.notes[what], f)
	if g.fault.Notify == nil {
		return f
	}
	return func() error { return g.fault.Notify(h, what, number, f) }
}

func (g *program) exit(code int) {
	if f := g.fault.Exit; f != nil {
		g.w.Emit(trace.Event{Who: trace.Process, What: "exit", Phase: trace.Begin, Detail: trace.Number(code)})
		f(g.handle(), code, g.w.Process.Leave)
		return
	}
	g.w.Process.Exit(code)
}

func (g *program) abort(main bool) {
	if f := g.fault.Abort; f != nil {
		f(g.handle(), main, g.w.Process.Abort)
		return
	}
	g.w.Process.Abort()
}
