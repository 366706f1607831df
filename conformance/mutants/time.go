package mutants

import (
	"context"
	"errors"
	"time"

	"github.com/hostsim/hostsim/host"
	"github.com/hostsim/hostsim/host/seam"
	"github.com/hostsim/hostsim/scenarios/plan"
)

// shutdown gives the host another shutdown timeout than the plan's, made of it.
func shutdown(f func(d time.Duration) time.Duration) fault {
	return options(func(h *handle) []host.Option {
		if h.Plan.Options.ShutdownTimeout == nil {
			return nil
		}
		return []host.Option{host.WithShutdownTimeout(f(timeout(h)))}
	})
}

// startup does the same for the startup timeout.
func startup(f func(d time.Duration) time.Duration) fault {
	return options(func(h *handle) []host.Option {
		if d, ok := startupTimeout(h); ok {
			return []host.Option{host.WithStartupTimeout(f(d))}
		}
		return nil
	})
}

func init() {
	add(
		Mutant{
			Name: "stop-token-dead", Bug: "every stop is handed the token of the run that is just ending",
			Clause: "HOST-TIME-001", Source: []string{"G121", "G51", "MU05"},
			Fault: stops(func(h *handle, _ string, _ context.Context, next call) error { return next(h.Cancelled()) }),
		},
		Mutant{
			Name: "stop-without-deadline", Bug: "services are stopped with a background context, which has no deadline",
			Clause: "HOST-TIME-002", Source: []string{"MU17", "MU10", "G61"},
			Fault: stops(func(h *handle, _ string, _ context.Context, next call) error { return next(h.Detached()) }),
		},
		Mutant{
			Name: "stop-budget-each", Bug: "every service gets the whole shutdown timeout for its own stop",
			Clause: "HOST-TIME-002", Source: []string{"G62", "STP-2"},
			Fault: fault{
				Rules: func(r *host.Rules) { r.ExpiredStop = "passOn" },
				Service: stops(func(h *handle, _ string, _ context.Context, next call) error {
					src := seam.NewSource(h.RT, context.Background()).CancelAfter(timeout(h), "the service's own timeout")
					defer src.Dispose()
					return next(src)
				}).Service,
			},
		},
		Mutant{
			Name: "stop-second-shorter-timer", Bug: "a second timer, half as long as the shutdown timeout, ends the stop",
			Clause: "HOST-TIME-003", Source: []string{"G69", "G68"},
			Fault: shutdown(func(d time.Duration) time.Duration { return d / 2 }),
		},
		Mutant{
			Name: "stop-longer-than-timeout", Bug: "the host waits twice as long as it was told to",
			Clause: "HOST-TIME-004", Source: []string{"MU10", "G62", "G70"},
			Fault: shutdown(func(d time.Duration) time.Duration { return 2 * d }),
		},
		Mutant{
			Name: "stop-expired-success", Bug: "run compares the error with that of the context and reports an expired stop as a success",
			Clause: "HOST-TIME-005", Source: []string{"MU11", "G63", "G64"},
			Fault: fault{Run: func(_ *handle, ctx context.Context, next call) error {
				err := next(ctx)
				if abandoned(err) || host.IsCancellation(err) {
					return nil
				}
				return err
			}},
		},
		Mutant{
			Name: "stop-default-five-seconds", Bug: "the default of the shutdown timeout is 5 s, as it was up to 6",
			Clause: "HOST-TIME-006", Profile: "dotnet-10", Source: []string{"G68", "OPT-1"},
			Fault: rules(func(r *host.Rules) { r.ShutdownTimeout = 5 * time.Second }),
		},
		Mutant{
			Name: "stop-timeout-not-read", Bug: "the shutdown timeout of the configuration is parsed, and the default used",
			Clause: "HOST-TIME-007", Source: []string{"G70", "B76"},
			Fault: rules(func(r *host.Rules) { r.ConfiguredTimeout = "ignored" }),
		},
		Mutant{
			Name: "stop-infinite-is-none", Bug: "an infinite shutdown timeout is a negative number, and taken for no time at all",
			Clause: "HOST-TIME-008", Source: []string{"G70", "STP-2"},
			Fault: shutdown(func(d time.Duration) time.Duration {
				if d < 0 {
					return 0
				}
				return d
			}),
		},
		Mutant{
			Name: "stop-zero-is-infinite", Bug: "a shutdown timeout of zero means that there is none",
			Clause: "HOST-TIME-009", Source: []string{"STP-17"},
			Fault: shutdown(func(d time.Duration) time.Duration {
				if d == 0 {
					return host.Infinite
				}
				return d
			}),
		},
		Mutant{
			Name: "stop-abandons-nameless", Bug: "a call that is abandoned is not named anywhere",
			Clause: "HOST-TIME-010", Source: []string{"G59", "MU48"},
			Fault: unlogged(host.EventAbandoned),
		},
		Mutant{
			Name: "stop-waits-for-ever", Bug: "a stop that ignores its token is waited for without a limit",
			Clause: "HOST-TIME-011", Source: []string{"MU10", "G06", "G11"},
			Fault: rules(func(r *host.Rules) { r.ExpiredStop = "passOn" }),
		},
		Mutant{
			Name: "stop-late-result-blocks", Bug: "the late result of an abandoned stop is sent to a channel that nobody reads any more, and the disposal waits for it",
			Clause: "HOST-TIME-011", Source: []string{"MU25", "G100", "G101"},
			Fault: services(func(h *handle, name string) calls {
				return calls{
					Stop: func(ctx context.Context, next call) error {
						h.Set("called " + name)
						err := next(ctx)
						if ctx.Err() == nil {
							h.Event("stop of " + name).Set()
						}
						return err
					},
					Dispose: func(next func() error) error {
						if h.Is("called " + name) {
							await(h, h.Event("stop of "+name), "the stop of "+name)
						}
						return next()
					},
				}
			}),
		},
		Mutant{
			Name: "stop-late-fails", Bug: "a stop that ends late, but well, is reported as cancelled",
			Clause: "HOST-TIME-012", Profile: "dotnet-10", Source: []string{"G67", "STP-13"},
			Fault: stops(func(_ *handle, _ string, ctx context.Context, next call) error {
				if err := next(ctx); err != nil {
					return err
				}
				return ctx.Err()
			}),
		},
		Mutant{
			Name: "start-without-deadline", Bug: "the startup timeout is read and never armed",
			Clause: "HOST-TIME-013", Source: []string{"MU28", "G43"},
			Fault: startup(func(time.Duration) time.Duration { return host.Infinite }),
		},
		Mutant{
			Name: "start-second-shorter-timer", Bug: "a second timer, half as long as the startup timeout, ends the start",
			Clause: "HOST-TIME-014", Source: []string{"G69"},
			Fault: startup(func(d time.Duration) time.Duration { return d / 2 }),
		},
		Mutant{
			Name: "start-late-fails", Bug: "a start that ends late, but well, is reported as cancelled",
			Clause: "HOST-TIME-015", Profile: "dotnet-10", Source: []string{"STG-5"},
			Fault: starts(func(_ *handle, _ string, ctx context.Context, next call) error {
				if err := next(ctx); err != nil {
					return err
				}
				return ctx.Err()
			}),
		},
		Mutant{
			Name: "patience-of-an-hour", Bug: "a call that ignores its token is given up only after an hour",
			Clause: "HOST-TIME-010", Source: []string{"MU28", "G43", "G20"},
			Fault: options(func(*handle) []host.Option { return []host.Option{host.WithPatience(time.Hour)} }),
		},
		Mutant{
			Name: "start-abandons-nameless", Bug: "a start that is abandoned is not named anywhere",
			Clause: "HOST-TIME-016", Source: []string{"G59", "MU48", "MU28"},
			Fault: logs(func(_ *handle, e host.Event, next func(host.Event)) {
				var a *host.AbandonedError
				if !errors.As(e.Err, &a) || a.Call != "start" {
					next(e)
				}
			}),
		},
		Mutant{
			Name: "stop-ignores-caller", Bug: "a caller's own limit does not reach the services that are stopped",
			Clause: "HOST-TIME-017", Source: []string{"MU10", "G61"},
			Fault: fault{Stop: func(h *handle, ctx context.Context, next call) error {
				if ctx.Err() == nil {
					ctx = h.Detached()
				}
				return next(ctx)
			}},
		},
		Mutant{
			Name: "start-expired-other-error", Bug: "a start that ran out of time ends with an error that does not say so",
			Clause: "HOST-TIME-018", Source: []string{"G59", "STA-13"},
			Fault: starts(func(_ *handle, _ string, ctx context.Context, next call) error {
				err := next(ctx)
				if host.IsCancellation(err) {
					return errors.New("the service did not come up")
				}
				return err
			}),
		},
		Mutant{
			Name: "stop-default-thirty-seconds", Bug: "the default of the shutdown timeout is 30 s, which it is from 7 on only",
			Clause: "HOST-TIME-006", Profile: "dotnet-6", Source: []string{"OPT-1"},
			Fault: rules(func(r *host.Rules) { r.ShutdownTimeout = 30 * time.Second }),
		},
		Mutant{
			Name: "start-limited-by-default", Bug: "a start without a startup timeout is ended by a default that nobody asked for",
			Clause: "HOST-TIME-014", Source: []string{"G68", "OPT-1"},
			Fault: options(func(h *handle) []host.Option {
				if h.Plan.Options.StartupTimeout != nil && *h.Plan.Options.StartupTimeout != plan.Infinite {
					return nil
				}
				return []host.Option{host.WithStartupTimeout(100 * time.Millisecond)}
			}),
		},
	)
}
