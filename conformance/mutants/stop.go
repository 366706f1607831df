package mutants

import (
	"context"
	"errors"
	"time"

	"github.com/hostsim/hostsim/host"
)

func init() {
	add(
		Mutant{
			Name: "stop-forward", Bug: "services are stopped in the order of their registration",
			Clause: "HOST-STOP-001", Source: []string{"MU01", "G86"},
			Fault: stops(func(h *handle, name string, ctx context.Context, _ call) error { return mirrored(h, name).Stop(ctx) }),
		},
		Mutant{
			Name: "stop-all-at-once", Bug: "services are always stopped concurrently",
			Clause: "HOST-STOP-002", Source: []string{"MU02", "G87"},
			Fault: options(func(*handle) []host.Option { return []host.Option{host.WithConcurrentStop(true)} }),
		},
		Mutant{
			Name: "stop-skips-after-deadline", Bug: "once the stop deadline is over, the remaining services are skipped",
			Clause: "HOST-STOP-003", Source: []string{"MU03", "G60", "B31"},
			Fault: rules(func(r *host.Rules) { r.ExpiredStop = "skip" }),
		},
		Mutant{
			Name: "stop-forgets-first", Bug: "the loop that stops the services ends one too early: the one registered first is never stopped",
			Clause: "HOST-STOP-004", Profile: "dotnet-3.1", Source: []string{"G60", "G80"},
			Fault: stops(func(h *handle, name string, ctx context.Context, next call) error {
				if h.Index(name) == 0 {
					return nil
				}
				return next(ctx)
			}),
		},
		Mutant{
			Name: "stop-twice", Bug: "the stop of a service is called twice",
			Clause: "HOST-STOP-005", Source: []string{"MU23", "G92"},
			Fault: stops(func(_ *handle, _ string, ctx context.Context, next call) error {
				if err := next(ctx); err != nil {
					return err
				}
				return next(ctx)
			}),
		},
		Mutant{
			Name: "stop-restarts", Bug: "a watchdog takes a service that has stopped for a dead one and starts it again",
			Clause: "HOST-STOP-006", Source: []string{"MU08", "G57"},
			Fault: stops(func(h *handle, name string, ctx context.Context, next call) error {
				err := next(ctx)
				if !worker(h, name) {
					_ = h.Made(name).Start(h.Detached())
				}
				return err
			}),
		},
		Mutant{
			Name: "stop-while-starting", Bug: "a stop request stops the service whose start is running, beside its start",
			Clause: "HOST-STOP-007", Source: []string{"MU08", "G49", "G57"},
			Fault: starts(func(h *handle, name string, ctx context.Context, next call) error {
				defer h.Host().Lifetime().OnStopping(func() error {
					h.RT.Call(name+" stop", func() { _ = h.Made(name).Stop(h.Detached()) })
					return nil
				})()
				return next(ctx)
			}),
		},
		Mutant{
			Name: "stop-unstarted", Bug: "services that were never started are stopped",
			Clause: "HOST-STOP-008", Source: []string{"MU06", "G53"},
			Fault: rules(func(r *host.Rules) { r.StopUnstarted = "called" }),
		},
		Mutant{
			Name: "stop-started-only", Bug: "services that were never started are not stopped, as no release of .NET leaves them out",
			Clause: "HOST-STOP-008", Profile: "dotnet-8", Source: []string{"STA-15"},
			Fault: rules(func(r *host.Rules) { r.StopUnstarted = "untouched" }),
		},
		Mutant{
			Name: "stop-not-awaited", Bug: "the host starts the stop of a service and does not wait for its end",
			Clause: "HOST-STOP-009", Source: []string{"MU15", "G80"},
			Fault: stops(func(h *handle, name string, ctx context.Context, next call) error {
				h.RT.Call(name+" stop", func() { _ = next(ctx) })
				return nil
			}),
		},
		Mutant{
			Name: "run-returns-on-request", Bug: "run returns when a stop is requested, not when it is done",
			Clause: "HOST-STOP-009", Profile: "dotnet-10", Source: []string{"MU14", "G77", "G78", "G79", "G81"},
			Fault: runs(func(h *handle, ctx context.Context) error {
				if err := h.Host().Start(ctx); err != nil {
					_ = h.Host().Dispose()
					return err
				}
				requested(h)
				h.RT.Go("stop", func() {
					_ = h.Host().Stop(context.Background())
					_ = h.Host().Dispose()
				})
				pause(h, time.Millisecond)
				return nil
			}),
		},
		Mutant{
			Name: "stop-failure-skips", Bug: "after a stop has failed the remaining services are not stopped",
			Clause: "HOST-STOP-010", Source: []string{"MU26", "G104"},
			Fault: stops(endAtFailure),
		},
		Mutant{
			Name: "stop-failure-crashes", Bug: "nobody recovers what goes wrong in a stop, and the process crashes",
			Clause: "HOST-STOP-010", Source: []string{"MU26", "G95", "G98"},
			Fault: stops(func(h *handle, _ string, ctx context.Context, next call) error {
				err := next(ctx)
				if err != nil {
					h.World.Process.Abort()
				}
				return err
			}),
		},
		Mutant{
			Name: "stop-failure-swallowed", Bug: "the failure of a stop is dropped",
			Clause: "HOST-STOP-011", Source: []string{"MU26", "MU38", "G103", "G116"},
			Fault: stops(func(_ *handle, _ string, ctx context.Context, next call) error { _ = next(ctx); return nil }),
		},
		Mutant{
			Name: "stop-failure-wrapped", Bug: "the failure of a single stop is wrapped in an aggregate",
			Clause: "HOST-STOP-012", Source: []string{"STP-11"},
			Fault: rules(func(r *host.Rules) { r.SingleStopFailure = "aggregate" }),
		},
		Mutant{
			Name: "stop-failure-unwrapped", Bug: "the failure of a single stop is handed on as it is, which the releases up to 7 do not do",
			Clause: "HOST-STOP-012", Profile: "dotnet-7", Source: []string{"STP-11"},
			Fault: rules(func(r *host.Rules) { r.SingleStopFailure = "raw" }),
		},
		Mutant{
			Name: "stop-first-failure-only", Bug: "of several failures of a stop only the first is handed on",
			Clause: "HOST-STOP-013", Source: []string{"G116", "STP-11"},
			Fault: ends(func(_ *handle, err error) error { return parts(err)[0] }),
		},
		Mutant{
			Name: "stop-failures-reordered", Bug: "the failures of a stop are handed on in the order of registration",
			Clause: "HOST-STOP-013", Profile: "dotnet-10", Source: []string{"STP-11"},
			Fault: ends(func(_ *handle, err error) error { return backward(err) }),
		},
		Mutant{
			Name: "stop-request-ignored", Bug: "a stop request of the application does nothing",
			Clause: "HOST-STOP-014", Source: []string{"G23", "G20"},
			Fault: fault{StopApplication: func(*handle, func()) {}},
		},
		Mutant{
			Name: "stop-request-early-lost", Bug: "a stop request that comes before anybody waits for it is lost",
			Clause: "HOST-STOP-015", Source: []string{"MU19", "G23", "G47"},
			Fault: fault{
				Run: func(h *handle, ctx context.Context, next call) error { h.Set("run"); return next(ctx) },
				StopApplication: func(h *handle, next func()) {
					if h.Is("run") {
						next()
					}
				},
			},
		},
		Mutant{
			Name: "stop-request-in-start-lost", Bug: "a stop request in the state Starting is a successful no-op",
			Clause: "HOST-STOP-016", Source: []string{"MU29", "G50"},
			Fault: fault{StopApplication: func(h *handle, next func()) {
				if h.Host().Lifetime().Started().Err() != nil {
					next()
				}
			}},
		},
		Mutant{
			Name: "stop-cut-short-no-rollback", Bug: "a start that a stop request cut short leaves the services running that had started",
			Clause: "HOST-STOP-016", Source: []string{"MU29", "G45", "G50"},
			Fault: services(func(h *handle, _ string) calls {
				return calls{
					Start: func(ctx context.Context, next call) error {
						err := next(ctx)
						if stopping(h) {
							h.Set("cut short")
						}
						return err
					},
					Stop: func(ctx context.Context, next call) error {
						if h.Is("cut short") {
							return nil
						}
						return next(ctx)
					},
				}
			}),
		},
		Mutant{
			Name: "stop-beside-start", Bug: "a stop request during the start stops at once what has started, while the next one is still starting",
			Clause: "HOST-STOP-017", Source: []string{"G50", "STP-16"},
			Fault: services(func(h *handle, name string) calls {
				return calls{
					Start: func(ctx context.Context, next call) error {
						err := next(ctx)
						if err == nil && !stopping(h) {
							h.Host().Lifetime().OnStopping(func() error {
								if h.Host().Lifetime().Started().Err() == nil {
									h.Set("stopped " + name)
									h.RT.Call(name+" stop", func() { _ = h.Made(name).Stop(h.Detached()) })
								}
								return nil
							})
						}
						return err
					},
					Stop: func(ctx context.Context, next call) error {
						if h.Is("stopped " + name) {
							return nil
						}
						return next(ctx)
					},
				}
			}),
		},
		Mutant{
			Name: "stop-repeats", Bug: "a second stop of the host stops every service again",
			Clause: "HOST-STOP-018", Source: []string{"MU23", "G91", "G93", "B16"},
			Fault: rules(func(r *host.Rules) { r.RepeatedStop = "repeats" }),
		},
		Mutant{
			Name: "stop-second-hangs", Bug: "a second stop of the host waits for a condition that nobody signals again",
			Clause: "HOST-STOP-028", Source: []string{"MU23", "G03", "G12"},
			Fault: fault{Stop: func(h *handle, ctx context.Context, next call) error {
				if !h.Set("stopped") {
					forever(h, "the end of the stop")
				}
				return next(ctx)
			}},
		},
		Mutant{
			Name: "stop-unstarted-fails", Bug: "stopping a host that was never started fails",
			Clause: "HOST-STOP-019", Source: []string{"G48", "STP-3"},
			Fault: fault{Stop: func(h *handle, ctx context.Context, next call) error {
				if err := next(ctx); err != nil || h.Is("constructed") || len(h.Plan.Services) == 0 {
					return err
				}
				return errors.New("the host is not running")
			}, New: func(h *handle, _ string, next func() (host.Service, error)) (host.Service, error) {
				h.Set("constructed")
				return next()
			}},
		},
		Mutant{
			Name: "stop-after-failed-construction", Bug: "a stop after a failed construction fails, because the list of services was never set",
			Clause: "HOST-STOP-020", Source: []string{"STA-7", "G53"},
			Fault: rules(func(r *host.Rules) { r.StartingFlag = "beforeConstruction" }),
		},
		Mutant{
			Name: "stop-after-failed-construction-quiet", Bug: "a stop after a failed construction succeeds, which it does not on 10",
			Clause: "HOST-STOP-020", Profile: "dotnet-10", Source: []string{"STA-7"},
			Fault: rules(func(r *host.Rules) { r.StartingFlag = "afterConstruction" }),
		},
		Mutant{
			Name: "stop-expired-fresh-token", Bug: "services that are stopped after the deadline are handed a token that says nothing of it",
			Clause: "HOST-STOP-021", Source: []string{"B31", "STP-12"},
			Fault: stops(func(h *handle, _ string, ctx context.Context, next call) error {
				if ctx.Err() != nil {
					ctx = h.Detached()
				}
				return next(ctx)
			}),
		},
		Mutant{
			Name: "stop-expired-passed-on", Bug: "once its token is cancelled the stop goes on with the remaining services, which 3.1 skips",
			Clause: "HOST-STOP-021", Profile: "dotnet-3.1", Source: []string{"B31"},
			Fault: rules(func(r *host.Rules) { r.ExpiredStop = "passOn" }),
		},
		Mutant{
			Name: "stop-ignores-given-up", Bug: "a caller's token that is cancelled before the stop is looked at by nobody",
			Clause: "HOST-STOP-022", Source: []string{"MU10", "G61"},
			Fault: fault{Stop: func(h *handle, ctx context.Context, next call) error {
				if ctx.Err() != nil {
					ctx = h.Detached()
				}
				return next(ctx)
			}},
		},
		Mutant{
			Name: "stopping-hooks-unstaged", Bug: "the stopping hook of a service is called right before its own stop",
			Clause: "HOST-STOP-023", Source: []string{"STP-4"},
			Fault: services(func(h *handle, name string) calls {
				return calls{
					Stopping: func(context.Context, call) error { return nil },
					Stop: func(ctx context.Context, next call) error {
						if l := hooks(h, name); l != nil {
							_ = l.Stopping(ctx)
						}
						return next(ctx)
					},
				}
			}),
		},
		Mutant{
			Name: "stopping-hooks-forward", Bug: "the stopping hooks are called in the order of registration",
			Clause: "HOST-STOP-024", Source: []string{"STP-4", "G86"},
			Fault: services(func(h *handle, name string) calls {
				return calls{Stopping: func(ctx context.Context, _ call) error { return mirroredHooks(h, name).Stopping(ctx) }}
			}),
		},
		Mutant{
			Name: "stopping-hook-failure-skips-stop", Bug: "a service whose stopping hook has failed is not stopped",
			Clause: "HOST-STOP-025", Source: []string{"STP-12", "G104"},
			Fault: services(func(h *handle, name string) calls {
				return calls{
					Stopping: func(ctx context.Context, next call) error {
						err := next(ctx)
						if err != nil {
							h.Set("failed " + name)
						}
						return err
					},
					Stop: func(ctx context.Context, next call) error {
						if h.Is("failed " + name) {
							return nil
						}
						return next(ctx)
					},
				}
			}),
		},
		Mutant{
			Name: "stop-by-timer", Bug: "services are stopped by a timer, after the host has returned",
			Clause: "HOST-STOP-026", Source: []string{"MU15", "G78", "G80"},
			Fault: stops(func(h *handle, name string, _ context.Context, next call) error {
				h.RT.AfterFunc(20*time.Millisecond, name+" stop", func() { _ = next(h.Detached()) })
				return nil
			}),
		},
		Mutant{
			Name: "run-ends-with-start-deadline", Bug: "a deadline of the start still ticks when the host runs, and ends it",
			Clause: "HOST-STOP-027", Source: []string{"G22", "G56", "MU21"},
			Fault: notify(appStarted, func(h *handle, number int, next func() error) error {
				if number == 0 {
					h.RT.AfterFunc(50*time.Millisecond, "start deadline", h.Host().StopApplication)
				}
				return next()
			}),
		},
		Mutant{
			Name: "stop-never-returns", Bug: "when everything has stopped, the stop waits for a helper that has ended long ago",
			Clause: "HOST-STOP-028", Source: []string{"MU22", "G05", "G08"},
			Fault: ends(func(h *handle, err error) error { forever(h, "the helper"); return err }),
		},
		Mutant{
			Name: "run-token-fails", Bug: "run ends with the cancellation of the token that was to stop it",
			Clause: "HOST-STOP-029", Source: []string{"G107", "G108", "RUN-3"},
			Fault: fault{Run: func(_ *handle, ctx context.Context, next call) error {
				if err := next(ctx); err != nil {
					return err
				}
				return ctx.Err()
			}},
		},
		Mutant{
			Name: "stop-clean-fails", Bug: "an orderly stop ends with an error that says that the host was stopped",
			Clause: "HOST-STOP-030", Source: []string{"MU37", "G107"},
			Fault: ends(func(_ *handle, err error) error {
				if err == nil {
					err = errors.New("the host was stopped")
				}
				return err
			}),
		},
		Mutant{
			Name: "stop-failed-start", Bug: "a service whose start has failed is stopped",
			Clause: "HOST-STOP-031", Source: []string{"MU07", "G53"},
			Fault: starts(func(h *handle, name string, ctx context.Context, next call) error {
				err := next(ctx)
				if err != nil {
					_ = h.Made(name).Stop(h.Detached())
				}
				return err
			}),
		},
	)
}
