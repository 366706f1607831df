package mutants

import (
	"context"
	"errors"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/hostsim/hostsim/conformance/virtual"
	"github.com/hostsim/hostsim/host"
	"github.com/hostsim/hostsim/host/seam"
	"github.com/hostsim/hostsim/scenarios/plan"
)

// What the tables of mutants are written with.
type (
	handle = virtual.Handle
	fault  = virtual.Fault
	calls  = virtual.Calls
	call   = func(context.Context) error
)

// The notifications by the names that they have in a trace.
const (
	appStarted  = "applicationStarted"
	appStopping = "applicationStopping"
	appStopped  = "applicationStopped"
)

// rules changes rules of the version matrix.
func rules(f func(*host.Rules)) fault { return fault{Rules: f} }

// services puts calls around those of every service.
func services(f func(h *handle, name string) calls) fault {
	return fault{Service: func(h *handle, name string, s host.Service) host.Service { return virtual.Wrap(s, f(h, name)) }}
}

// starts stands around the start of every service, stops around the stop.
func starts(f func(h *handle, name string, ctx context.Context, next call) error) fault {
	return services(func(h *handle, name string) calls {
		return calls{Start: func(ctx context.Context, next call) error { return f(h, name, ctx, next) }}
	})
}

func stops(f func(h *handle, name string, ctx context.Context, next call) error) fault {
	return services(func(h *handle, name string) calls {
		return calls{Stop: func(ctx context.Context, next call) error { return f(h, name, ctx, next) }}
	})
}

// disposes stands around the disposal of every service.
func disposes(f func(h *handle, name string, next func() error) error) fault {
	return services(func(h *handle, name string) calls {
		return calls{Dispose: func(next func() error) error { return f(h, name, next) }}
	})
}

// options gives the host further options, which win over those of the plan.
func options(f func(h *handle) []host.Option) fault {
	return fault{Options: func(h *handle, opts []host.Option) []host.Option { return append(opts, f(h)...) }}
}

// runs puts another run in the place of the host's.
func runs(f func(h *handle, ctx context.Context) error) fault {
	return fault{Run: func(h *handle, ctx context.Context, _ call) error { return f(h, ctx) }}
}

// ends changes what a call that stops the host ends with: run, stop and waitForShutdown.
func ends(f func(h *handle, err error) error) fault {
	around := func(h *handle, ctx context.Context, next call) error { return f(h, next(ctx)) }
	return fault{Run: around, Stop: around, Wait: around}
}

// notify stands around every callback of one notification.
func notify(what string, f func(h *handle, number int, next func() error) error) fault {
	return fault{Notify: func(h *handle, which string, number int, next func() error) error {
		if which != what {
			return next()
		}
		return f(h, number, next)
	}}
}

// logs changes what the host logs.
func logs(f func(h *handle, e host.Event, next func(host.Event))) fault { return fault{Observer: f} }

// unlogged is a host that never logs some events of its own category.
func unlogged(ids ...int) fault {
	return logs(func(_ *handle, e host.Event, next func(host.Event)) {
		if e.Category == host.CategoryStatus || !slices.Contains(ids, e.ID) {
			next(e)
		}
	})
}

// process puts calls around what the host asks of the process.
func process(f func(h *handle) virtual.ProcessCalls) fault {
	return fault{Process: func(h *handle, p host.Process) host.Process { return virtual.WrapProcess(p, f(h)) }}
}

// signals stands around the host's own signal handler.
func signals(f func(h *handle, s os.Signal, next func(os.Signal) bool) bool) fault {
	return process(func(h *handle) virtual.ProcessCalls {
		return virtual.ProcessCalls{Signal: func(s os.Signal, next func(os.Signal) bool) bool { return f(h, s, next) }}
	})
}

// unhandled is a host that does not handle some signals.
func unhandled(which ...os.Signal) fault {
	return subscribes(func(sigs []os.Signal) []os.Signal {
		return slices.DeleteFunc(slices.Clone(sigs), func(s os.Signal) bool { return slices.Contains(which, s) })
	})
}

// subscribes changes which signals the host handles.
func subscribes(f func([]os.Signal) []os.Signal) fault {
	return process(func(*handle) virtual.ProcessCalls {
		return virtual.ProcessCalls{OnSignal: func(sigs []os.Signal, handle func(os.Signal) bool, next func([]os.Signal, func(os.Signal) bool) func()) func() {
			return next(f(sigs), handle)
		}}
	})
}

// noted notes that something failed, for h.Is("failed").
func noted(h *handle, err error) error {
	if err != nil {
		h.Set("failed")
	}
	return err
}

// firstFailure lets the first failure through and drops those that follow.
func firstFailure(h *handle, err error) error {
	if err != nil && !h.Set("failed") {
		return nil
	}
	return err
}

// endAtFailure leaves a call out when another has failed before it; for starts and stops.
func endAtFailure(h *handle, _ string, ctx context.Context, next call) error {
	if h.Is("failed") {
		return nil
	}
	return noted(h, next(ctx))
}

// workNoted notes the failure of a background service that nobody had asked to stop, for h.Is("failed").
var workNoted = bodies(func(h *handle, _ string, ctx context.Context, next call) error {
	err := next(ctx)
	if stopping(h) {
		return err
	}
	return noted(h, err)
})

// sigtermNoted notes that SIGTERM came, for h.Is("SIGTERM").
var sigtermNoted = signals(func(h *handle, s os.Signal, next func(os.Signal) bool) bool {
	if s == syscall.SIGTERM {
		h.Set("SIGTERM")
	}
	return next(s)
})

// startAndWait is the first half of run, up to the disposal.
func startAndWait(h *handle, ctx context.Context) error {
	if err := h.Host().Start(ctx); err != nil {
		return err
	}
	return h.Host().WaitForShutdown(ctx)
}

// kind gives the kind of a service.
func kind(h *handle, name string) string { return h.Plan.Services[h.Index(name)].Kind }

func worker(h *handle, name string) bool { return kind(h, name) == plan.Background }

// mirrored gives the service at the opposite place of the plan.
func mirrored(h *handle, name string) host.Service {
	all := h.Plan.Services
	return h.Made(all[len(all)-1-h.Index(name)].Name)
}

// mirroredHooks is mirrored among the lifecycle services.
func mirroredHooks(h *handle, name string) host.LifecycleService {
	var names []string
	for _, s := range h.Plan.Services {
		if s.Kind == plan.Lifecycle {
			names = append(names, s.Name)
		}
	}
	i := slices.Index(names, name)
	return h.Made(names[len(names)-1-i]).(host.LifecycleService)
}

// hooks gives the extra hooks of a service, nil if it has none.
func hooks(h *handle, name string) host.LifecycleService {
	l, _ := h.Made(name).(host.LifecycleService)
	return l
}

// concurrent tells whether the plan asks for a concurrent start or stop.
func concurrent(flag *bool) bool { return flag != nil && *flag }

// timeout gives the shutdown timeout of the plan, or the usual default.
func timeout(h *handle) time.Duration {
	if d := h.Plan.Options.ShutdownTimeout; d != nil {
		return *d
	}
	return 30 * time.Second
}

// stopping tells whether a stop was requested.
func stopping(h *handle) bool { return h.Host().Lifetime().Stopping().Err() != nil }

// forever waits for what never comes, and gives the thread back; blocks keeps it.
func forever(h *handle, why string) {
	h.RT.Wait(seam.Wait{For: h.RT.NewEvent(why), Limit: seam.Forever, Why: why})
}

// pause waits on the host's account.
func pause(h *handle, d time.Duration) { h.RT.Wait(seam.Wait{Limit: d, Why: "a pause of the host"}) }

// await waits for an event without a limit.
func await(h *handle, ev seam.Event, why string) {
	h.RT.Wait(seam.Wait{For: ev, Limit: seam.Forever, Why: why})
}

// requested waits for a stop request as run does.
func requested(h *handle) {
	ev := h.RT.NewEvent("a stop request")
	defer h.Host().Lifetime().OnStopping(func() error { ev.Set(); return nil })()
	h.RT.Wait(seam.Wait{For: ev, Limit: seam.Forever, Elsewhere: true, Why: "a stop request"})
}

// guarded gives a context that is cancelled with ctx, but only where pass allows it.
func guarded(h *handle, ctx context.Context, pass func() bool) context.Context {
	src := seam.NewSource(h.RT, context.Background())
	if ctx.Err() != nil {
		if pass() {
			return h.Cancelled()
		}
		return src
	}
	if c := seam.CancellerOf(ctx); c != nil {
		c.OnCancel(func() error {
			if pass() {
				return src.CancelCause(ctx.Err())
			}
			return nil
		})
	}
	return src
}

// abandoned tells whether a stop ended with a call that was given up.
func abandoned(err error) bool {
	var a *host.AbandonedError
	return errors.As(err, &a)
}

// parts gives the errors that were joined into one.
func parts(err error) []error {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		return many.Unwrap()
	}
	return []error{err}
}
