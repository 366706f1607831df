package adapter

import (
	"context"
	"runtime"
	"runtime/debug"
	"slices"

	"github.com/hostsim/hostsim/conformance/protocol"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

// Implementation describes a host under test and makes it.
type Implementation struct {
	Name     string   // the module's path
	Version  string   // empty: that of module Name in the binary's build information
	Profile  string   // the profile that it claims to keep; empty: core
	Features []string // features of package spec that it has
	Main     []string // steps of main that it has besides run: start, waitForShutdown, stop, dispose

	// Virtual says that the host can live in a bubble: it waits by channels, timers and sync.Cond, and does no I/O of its own.
	Virtual bool
	// Reuse says that a process can play many plans: the host leaves nothing behind in package variables.
	Reuse bool
	// AnnounceStarted is for hosts without a notification that all services have started: the library announces it when
	// the last service's Start has ended well.
	AnnounceStarted bool
	// Constructs is for hosts that construct their services: they call [Service.New] themselves. Else all are
	// constructed before New is called.
	Constructs bool

	// New builds a host around an application. It is called once for each plan, by the step build.
	New func(*App) (Host, error)

	// Simulate is for hosts that have a simulation of their own: it plays a plan in virtual time, instead of a bubble. May
	// be nil.
	Simulate func(*plan.Plan) *trace.Trace
}

// Common are the features that the library gives every Go host that handles signals: background services by a goroutine, a
// limit for the stop, stop requests, a run that returns, the exit code, and real sockets. A host adds its own: append(adapter.Common(), …).
func Common() []string {
	return []string{"background", "shutdownTimeout", "stopRequest", "signals", "runReturns", "exitCode", "sockets"}
}

// CommonBut is [Common] without the features that a host does not have.
func CommonBut(missing ...string) []string {
	return slices.DeleteFunc(Common(), func(f string) bool { return slices.Contains(missing, f) })
}

// Host runs an application. Run starts it, waits until a stop is requested, by a signal, by the application or by the end
// of ctx, stops it, and gives what went wrong.
type Host interface {
	Run(ctx context.Context) error
}

// HostFunc is a Host that is a function.
type HostFunc func(ctx context.Context) error

// Run implements [Host].
func (f HostFunc) Run(ctx context.Context) error { return f(ctx) }

// What a host may have besides; the steps of main of the same names need them, and stopHostWait needs Stop.
type (
	// Starter starts the application and returns when it has started.
	Starter interface {
		Start(ctx context.Context) error
	}
	// Waiter waits for a stop request and stops the application.
	Waiter interface {
		WaitForShutdown(ctx context.Context) error
	}
	// Stopper stops the application and returns when it has stopped.
	Stopper interface {
		Stop(ctx context.Context) error
	}
	// Disposer releases what the host holds.
	Disposer interface{ Dispose() error }
)

func (i *Implementation) identity() protocol.Identity {
	id := protocol.Identity{
		Protocol: protocol.Version, Implementation: i.Name, Version: i.Version, Language: "go", Runtime: runtime.Version(),
		Profile: i.Profile, Features: i.Features, Lanes: []string{spec.Process}, Reuse: i.Reuse,
	}
	if id.Profile == "" {
		id.Profile = "core"
	}
	if id.Version == "" {
		id.Version = moduleVersion(i.Name)
	}
	if i.Virtual || i.Simulate != nil {
		id.Lanes = append(id.Lanes, spec.Virtual)
	}
	id.Schedules = controlBuilt && i.Virtual && i.Simulate == nil
	return id
}

func moduleVersion(path string) string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range append(info.Deps, &info.Main) {
			if m.Path == path && m.Version != "" {
				return m.Version
			}
		}
	}
	return "unknown"
}

// hostSteps are the steps of main that need more than Run, and what they need.
var hostSteps = map[*plan.StepKind]string{
	plan.Start: "start", plan.TryStart: "start", plan.StartCancelAfter: "start", plan.StartCancelled: "start",
	plan.WaitForShutdown: "waitForShutdown", plan.Dispose: "dispose", plan.StopHostWait: "stop",
	plan.Stop: "stop", plan.StopCancelAfter: "stop", plan.StopCancelled: "stop", plan.StopTimeout: "stop",
}

// unsupported says why a plan cannot be played, empty if it can: what it needs is declared absent, or Go does not have it.
func (i *Implementation) unsupported(p *plan.Plan, lane string) string {
	has := func(feature string) bool { return slices.Contains(i.Features, feature) }
	lacks := func(feature string) string { return i.Name + " does not have the feature " + feature }
	for _, s := range p.Services {
		if (s.Kind == plan.Lifecycle || s.Kind == plan.Background) && !has(s.Kind) {
			return lacks(s.Kind)
		}
	}
	o := &p.Options
	switch {
	case o.ConcurrentStart != nil && *o.ConcurrentStart && !has("concurrentStart"):
		return lacks("concurrentStart")
	case o.ConcurrentStop != nil && *o.ConcurrentStop && !has("concurrentStop"):
		return lacks("concurrentStop")
	case o.StartupTimeout != nil && !has("startupTimeout"):
		return lacks("startupTimeout")
	case o.ShutdownTimeout != nil && !has("shutdownTimeout"):
		return lacks("shutdownTimeout")
	case p.HostLifetime != nil && !has("hostLifetime"):
		return lacks("hostLifetime")
	case len(p.ApplicationStarted)+len(p.ApplicationStopping)+len(p.ApplicationStopped) > 0 && !has("notifications"):
		return lacks("notifications")
	case p.ProcessExit != nil:
		return "a process in Go has no exit handlers"
	case len(p.SignalHandlers) > 0:
		return "Go has no signal handlers that cancel the default action"
	case len(p.Config) > 0:
		return i.Name + " has no host configuration"
	case o.BackgroundException != "":
		return i.Name + " has no option for failed background services"
	case lane == spec.Virtual && (len(p.Connections) > 0 || len(p.Files) > 0):
		return "sockets are real ones, which a bubble cannot have"
	}
	for s := range p.AllSteps() {
		k := s.Kind
		switch need := hostSteps[k]; {
		case need != "" && !slices.Contains(i.Main, need):
			return i.Name + " has no " + need + " apart from run, which the step " + k.Name + " needs"
		case k == plan.BuildAgain:
			return i.Name + " has no builder that is used twice"
		case k == plan.OnCancelThrow:
			return "a callback of a context in Go has nobody to throw to"
		case k == plan.StopApp && !has("stopRequest"):
			return lacks("stopRequest")
		case k.Arg == plan.ArgAddress && lane == spec.Virtual:
			return "sockets are real ones, which a bubble cannot have"
		}
	}
	return ""
}
