package mutants

import (
	"context"
	"errors"
	"time"

	"github.com/hostsim/hostsim/conformance/virtual"
	"github.com/hostsim/hostsim/host"
	"github.com/hostsim/hostsim/scenarios/plan"
)

func init() {
	add(
		Mutant{
			Name: "start-backward", Bug: "services are started in the reverse order of their registration",
			Clause: "HOST-START-001", Source: []string{"B27", "G57"},
			Fault: starts(func(h *handle, name string, ctx context.Context, _ call) error { return mirrored(h, name).Start(ctx) }),
		},
		Mutant{
			Name: "start-all-at-once", Bug: "services are always started concurrently",
			Clause: "HOST-START-002", Source: []string{"G87"},
			Fault: options(func(*handle) []host.Option { return []host.Option{host.WithConcurrentStart(true)} }),
		},
		Mutant{
			Name: "start-twice", Bug: "the start of a service is called a second time when the first has succeeded",
			Clause: "HOST-START-003", Source: []string{"B18", "G38"},
			Fault: starts(func(_ *handle, _ string, ctx context.Context, next call) error {
				if err := next(ctx); err != nil {
					return err
				}
				return next(ctx)
			}),
		},
		Mutant{
			Name: "start-forgets-last", Bug: "the service that was registered last is never started",
			Clause: "HOST-START-004", Source: []string{"G17"},
			Fault: starts(func(h *handle, name string, ctx context.Context, next call) error {
				if h.Last(name) {
					return nil
				}
				return next(ctx)
			}),
		},
		Mutant{
			Name: "start-goes-on-after-failure", Bug: "a failed start does not keep the services after it from being started; the failure is reported at the end",
			Clause: "HOST-START-005", Source: []string{"B29", "G54"},
			Fault: starts(func(h *handle, name string, ctx context.Context, next call) error {
				if err := next(ctx); err != nil && h.State["failure"] == nil {
					h.State["failure"] = err
				}
				if err, _ := h.State["failure"].(error); h.Last(name) {
					return err
				}
				return nil
			}),
		},
		Mutant{
			Name: "start-failure-swallowed", Bug: "the failure of a service to start is dropped",
			Clause: "HOST-START-006", Source: []string{"G58", "MU38"},
			Fault: starts(func(_ *handle, _ string, ctx context.Context, next call) error { _ = next(ctx); return nil }),
		},
		Mutant{
			Name: "start-failure-masked", Bug: "a start that failed is reported with an error that says nothing of the cause",
			Clause: "HOST-START-007", Source: []string{"G53", "G59"},
			Fault: starts(func(_ *handle, _ string, ctx context.Context, next call) error {
				if err := next(ctx); err != nil {
					return errors.New("a service did not start")
				}
				return nil
			}),
		},
		Mutant{
			Name: "start-failure-waits", Bug: "after a failed start run still waits for a stop request",
			Clause: "HOST-START-008", Source: []string{"G80", "B29"},
			Fault: fault{Run: func(h *handle, ctx context.Context, next call) error {
				err := next(ctx)
				if err != nil && h.Host().Lifetime().Started().Err() == nil {
					forever(h, "a stop request")
				}
				return err
			}},
		},
		Mutant{
			Name: "start-late", Bug: "the service registered last is started by a timer, after the host has announced its start",
			Clause: "HOST-START-009", Source: []string{"G57", "MU08"},
			Fault: starts(func(h *handle, name string, ctx context.Context, next call) error {
				if !h.Last(name) {
					return next(ctx)
				}
				h.RT.AfterFunc(10*time.Millisecond, "late start", func() { _ = next(h.Detached()) })
				return nil
			}),
		},
		Mutant{
			Name: "start-not-awaited", Bug: "the host does not wait for what a start does after its first wait",
			Clause: "HOST-START-010", Source: []string{"G80", "MU15"},
			Fault: starts(func(h *handle, name string, ctx context.Context, next call) error {
				h.RT.Call(name+" start", func() { _ = next(ctx) })
				return nil
			}),
		},
		Mutant{
			Name: "start-no-rollback", Bug: "a failed start leaves the services running that had started",
			Clause: "HOST-START-011", Source: []string{"MU04", "G52", "G54"},
			Fault: rules(func(r *host.Rules) { r.StartFailure = "leave" }),
		},
		Mutant{
			Name: "start-rollback-cancelled", Bug: "the rollback of a failed start runs under the start's own context, which is over",
			Clause: "HOST-START-012", Source: []string{"MU05", "G51"},
			Fault: services(func(h *handle, _ string) calls {
				return calls{
					Start: func(ctx context.Context, next call) error { return noted(h, next(ctx)) },
					Stop: func(ctx context.Context, next call) error {
						if h.Is("failed") {
							ctx = h.Cancelled()
						}
						return next(ctx)
					},
				}
			}),
		},
		Mutant{
			Name: "start-on-stop-request", Bug: "a stop request between two starts does not keep the remaining services from being started",
			Clause: "HOST-START-013", Source: []string{"MU09", "G40", "B37"},
			Fault: rules(func(r *host.Rules) { r.StartAfterStopRequest = "goOn" }),
		},
		Mutant{
			Name: "start-token-unlinked", Bug: "a stop request does not reach the services that are starting",
			Clause: "HOST-START-014", Source: []string{"MU28", "G43", "B38"},
			Fault: rules(func(r *host.Rules) { r.StartTokenLinked = false }),
		},
		Mutant{
			Name: "start-cut-short-fails", Bug: "a start that was cut short by a stop request is reported as a failed start",
			Clause: "HOST-START-015", Source: []string{"G44", "G45", "B28"},
			Fault: rules(func(r *host.Rules) { r.StopDuringStart = "cancelled" }),
		},
		Mutant{
			Name: "start-cut-short-succeeds", Bug: "run succeeds although a stop request cut the start short, as no release of .NET does",
			Clause: "HOST-START-015", Profile: "dotnet-10", Source: []string{"STA-16"},
			Fault: rules(func(r *host.Rules) { r.StopDuringStart = "graceful" }),
		},
		Mutant{
			Name: "start-after-stop-request", Bug: "a stop request that came before the start cancels the token only; the services are started all the same",
			Clause: "HOST-START-016", Source: []string{"G47", "STA-4"},
			Fault: fault{Rules: func(r *host.Rules) { r.StartTokenLinked, r.StartAfterStopRequest = false, "goOn" },
				Service: func(h *handle, _ string, s host.Service) host.Service {
					return virtual.Wrap(s, calls{Start: func(ctx context.Context, next call) error {
						if stopping(h) {
							ctx = h.Cancelled()
						}
						return next(ctx)
					}})
				}},
		},
		Mutant{
			Name: "start-after-stop", Bug: "a host that was stopped can be started again, on services that were told that it is over",
			Clause: "HOST-START-017", Source: []string{"G57", "STA-18"},
			Fault: fault{Start: func(h *handle, ctx context.Context, next call) error {
				if h.Set("started") {
					return next(ctx)
				}
				for _, s := range h.Plan.Services {
					if err := h.Made(s.Name).Start(ctx); err != nil {
						return err
					}
				}
				return nil
			}},
		},
		Mutant{
			Name: "start-repeats", Bug: "a second start of a running host starts every service again",
			Clause: "HOST-START-018", Source: []string{"B18", "STA-17"},
			Fault: rules(func(r *host.Rules) { r.RepeatedStart = "repeats" }),
		},
		Mutant{
			Name: "start-given-up-starts", Bug: "a token that is cancelled before the start is looked at by nobody",
			Clause: "HOST-START-019", Source: []string{"G43", "MU28"},
			Fault: fault{Start: func(h *handle, ctx context.Context, next call) error {
				if ctx.Err() != nil {
					ctx = h.Detached()
				}
				return next(ctx)
			}},
		},
		Mutant{
			Name: "start-ignores-caller", Bug: "the caller's token does not reach the services that are starting",
			Clause: "HOST-START-020", Source: []string{"MU28", "G43"},
			Fault: fault{Start: func(h *handle, ctx context.Context, next call) error {
				if ctx.Err() == nil {
					ctx = h.Detached()
				}
				return next(ctx)
			}},
		},
		Mutant{
			Name: "start-spins-on-cancel", Bug: "a start that is cancelled spins in its wait loop, because the case for it does not leave the loop",
			Clause: "HOST-EXIT-012", Source: []string{"MU27", "G42"},
			Fault: starts(func(h *handle, _ string, ctx context.Context, next call) error {
				err := next(ctx)
				for ctx.Err() != nil {
					h.RT.Yield()
				}
				return err
			}),
		},
		Mutant{
			Name: "start-hooks-unstaged", Bug: "the starting hook of a service is called right before its own start",
			Clause: "HOST-START-021", Source: []string{"STA-9"},
			Fault: services(func(h *handle, name string) calls {
				return calls{
					Starting: func(context.Context, call) error { return nil },
					Start: func(ctx context.Context, next call) error {
						if l := hooks(h, name); l != nil {
							if err := l.Starting(ctx); err != nil {
								return err
							}
						}
						return next(ctx)
					},
				}
			}),
		},
		Mutant{
			Name: "started-hooks-backward", Bug: "the started hooks are called in the reverse order of registration",
			Clause: "HOST-START-022", Source: []string{"STA-6"},
			Fault: services(func(h *handle, name string) calls {
				return calls{Started: func(ctx context.Context, _ call) error { return mirroredHooks(h, name).Started(ctx) }}
			}),
		},
		Mutant{
			Name: "started-hooks-deferred", Bug: "the started hooks are called by a deferred function, also when a start has failed",
			Clause: "HOST-START-023", Source: []string{"STA-13"},
			Fault: starts(func(h *handle, _ string, ctx context.Context, next call) error {
				err := next(ctx)
				for _, s := range h.Plan.Services {
					if l := hooks(h, s.Name); l != nil && err != nil {
						_ = l.Started(ctx)
					}
				}
				return err
			}),
		},
		Mutant{
			Name: "start-hook-failure-masked", Bug: "a hook that failed is reported with an error that says nothing of the cause",
			Clause: "HOST-START-024", Source: []string{"G59", "STA-9"},
			Fault: services(func(*handle, string) calls {
				mask := func(ctx context.Context, next call) error {
					if err := next(ctx); err != nil {
						return errors.New("a hook did not succeed")
					}
					return nil
				}
				return calls{Starting: mask, Started: mask}
			}),
		},
		Mutant{
			Name: "start-hook-failure-swallowed", Bug: "the failure of a starting or started hook is dropped",
			Clause: "HOST-START-008", Source: []string{"G58", "STA-9"},
			Fault: services(func(*handle, string) calls {
				drop := func(ctx context.Context, next call) error { _ = next(ctx); return nil }
				return calls{Starting: drop, Started: drop}
			}),
		},
		Mutant{
			Name: "start-token-dead", Bug: "every service is handed a start token that is cancelled already",
			Clause: "HOST-START-025", Source: []string{"G56"},
			Fault: starts(func(h *handle, _ string, _ context.Context, next call) error { return next(h.Cancelled()) }),
		},
		Mutant{
			Name: "start-lifecycle-as-hosted", Bug: "the extra hooks of lifecycle services are never called",
			Clause: "HOST-START-022", Profile: "dotnet-8", Source: []string{"STA-6"},
			Fault: fault{Service: func(_ *handle, _ string, s host.Service) host.Service {
				if l, ok := s.(host.LifecycleService); ok {
					return hosted{l}
				}
				return s
			}},
		},
		Mutant{
			Name: "start-idle-rollback", Bug: "a start that fails stops what had started, as no release of .NET does",
			Clause: "HOST-START-011", Profile: "dotnet-9", Source: []string{"STA-14"},
			Fault: rules(func(r *host.Rules) { r.StartFailure = "rollBack" }),
		},
		Mutant{
			Name: "start-unlinked-token-linked", Bug: "a stop request cancels starting services, which 2.2 does not do yet",
			Clause: "HOST-START-014", Profile: "dotnet-2.2", Source: []string{"B38"},
			Fault: rules(func(r *host.Rules) { r.StartTokenLinked = true }),
		},
	)
}

// hosted hides the extra hooks of a lifecycle service.
type hosted struct{ l host.LifecycleService }

func (s hosted) Start(ctx context.Context) error { return s.l.Start(ctx) }
func (s hosted) Stop(ctx context.Context) error  { return s.l.Stop(ctx) }
func (s hosted) Dispose() error {
	if d, ok := s.l.(host.Disposer); ok {
		return d.Dispose()
	}
	return nil
}
func (s hosted) HasSynchronousPart() bool {
	p, ok := s.l.(host.Prefixed)
	return ok && p.HasSynchronousPart()
}

// startupTimeout gives the plan's, ok is false if it has none.
func startupTimeout(h *handle) (d time.Duration, ok bool) {
	if t := h.Plan.Options.StartupTimeout; t != nil && *t != plan.Infinite {
		return *t, true
	}
	return 0, false
}
