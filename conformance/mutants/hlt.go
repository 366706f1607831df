package mutants

import (
	"context"
	"os"
	"syscall"

	"github.com/hostsim/hostsim/conformance/virtual"
	"github.com/hostsim/hostsim/host"
)

func init() {
	add(
		Mutant{
			Name: "wait-for-start-not-awaited", Bug: "services are started while the host lifetime's waitForStart still waits",
			Clause: "HOST-HLT-001", Source: []string{"G80", "STA-3"},
			Fault: fault{WaitForStart: func(h *handle, ctx context.Context, next call) error {
				h.RT.Call("waitForStart", func() { _ = next(ctx) })
				return nil
			}},
		},
		Mutant{
			Name: "wait-for-start-twice", Bug: "the host lifetime's waitForStart is called twice",
			Clause: "HOST-HLT-002", Source: []string{"STA-17", "G38"},
			Fault: fault{WaitForStart: func(_ *handle, ctx context.Context, next call) error {
				if err := next(ctx); err != nil {
					return err
				}
				return next(ctx)
			}},
		},
		Mutant{
			Name: "wait-for-start-failure-dropped", Bug: "services are started although the host lifetime's waitForStart has failed",
			Clause: "HOST-HLT-003", Source: []string{"G58", "STA-3"},
			Fault: fault{WaitForStart: func(_ *handle, ctx context.Context, next call) error {
				if err := next(ctx); host.IsCancellation(err) {
					return err
				}
				return nil
			}},
		},
		Mutant{
			Name: "wait-for-start-ignores-caller", Bug: "a caller that gives up the start does not reach the host lifetime's waitForStart",
			Clause: "HOST-HLT-004", Source: []string{"G43", "STA-4"},
			Fault: fault{WaitForStart: func(h *handle, ctx context.Context, next call) error {
				return next(guarded(h, ctx, func() bool { return stopping(h) }))
			}},
		},
		Mutant{
			Name: "lifetime-stopped-twice", Bug: "the host lifetime is stopped twice",
			Clause: "HOST-HLT-005", Source: []string{"G90", "STP-9"},
			Fault: fault{LifetimeStop: func(_ *handle, ctx context.Context, next call) error {
				if err := next(ctx); err != nil {
					return err
				}
				return next(ctx)
			}},
		},
		Mutant{
			Name: "lifetime-stopped-first", Bug: "the host lifetime is stopped before the services are",
			Clause: "HOST-HLT-006", Source: []string{"STP-9", "WIN-5"},
			Fault: fault{
				Service: stops(func(h *handle, _ string, ctx context.Context, next call) error {
					if l := h.Lifetime(); l != nil && h.Set("told") {
						_ = l.Stop(ctx)
					}
					return next(ctx)
				}).Service,
				LifetimeStop: func(h *handle, ctx context.Context, next call) error {
					if h.Is("told") {
						return nil
					}
					return next(ctx)
				},
			},
		},
		Mutant{
			Name: "lifetime-stopped-before-stopped", Bug: "the host lifetime is stopped before ApplicationStopped fires",
			Clause: "HOST-HLT-007", Source: []string{"B30", "STP-9"},
			Fault: rules(func(r *host.Rules) { r.LifetimeStop = "beforeStopped" }),
		},
		Mutant{
			Name: "lifetime-stopped-after-stopped", Bug: "the host lifetime is stopped after ApplicationStopped fires, as it is from 6 on",
			Clause: "HOST-HLT-007", Profile: "dotnet-3.1", Source: []string{"B30"},
			Fault: rules(func(r *host.Rules) { r.LifetimeStop = "afterStopped" }),
		},
		Mutant{
			Name: "lifetime-failure-dropped", Bug: "the failure of the host lifetime's stop is dropped",
			Clause: "HOST-HLT-008", Source: []string{"G116", "B30"},
			Fault: fault{LifetimeStop: func(_ *handle, ctx context.Context, next call) error { _ = next(ctx); return nil }},
		},
		Mutant{
			Name: "lifetime-not-stopped-on-failure", Bug: "the host lifetime is not stopped when a service has failed to stop",
			Clause: "HOST-HLT-009", Source: []string{"STP-9", "G104"},
			Fault: fault{
				Service: stops(func(h *handle, _ string, ctx context.Context, next call) error { return noted(h, next(ctx)) }).Service,
				LifetimeStop: func(h *handle, ctx context.Context, next call) error {
					if h.Is("failed") {
						return nil
					}
					return next(ctx)
				},
			},
		},
		Mutant{
			Name: "lifetime-own-budget", Bug: "the stop of the host lifetime has a token of its own, outside the shutdown timeout",
			Clause: "HOST-HLT-010", Source: []string{"G62", "STP-2"},
			Fault: fault{LifetimeStop: func(h *handle, _ context.Context, next call) error { return next(h.Detached()) }},
		},
		Mutant{
			Name: "failed-start-stops-lifetime", Bug: "a start that fails stops the host lifetime",
			Clause: "HOST-HLT-011", Profile: "dotnet-10", Source: []string{"STA-14"},
			Fault: starts(func(h *handle, _ string, ctx context.Context, next call) error {
				err := next(ctx)
				if l := h.Lifetime(); l != nil && err != nil {
					_ = l.Stop(ctx)
				}
				return err
			}),
		},
		Mutant{
			Name: "lifetime-not-stopped-unstarted", Bug: "stopping a host that was never started does not stop the host lifetime",
			Clause: "HOST-HLT-012", Source: []string{"STP-3"},
			Fault: fault{
				WaitForStart: func(h *handle, ctx context.Context, next call) error { h.Set("started"); return next(ctx) },
				LifetimeStop: func(h *handle, ctx context.Context, next call) error {
					if !h.Is("started") {
						return nil
					}
					return next(ctx)
				},
			},
		},
		Mutant{
			Name: "lifetime-stop-not-awaited", Bug: "the host does not wait for the end of the host lifetime's stop",
			Clause: "HOST-HLT-013", Source: []string{"G80", "WIN-3"},
			Fault: fault{LifetimeStop: func(h *handle, ctx context.Context, next call) error {
				h.RT.Call("hostLifetime stop", func() { _ = next(ctx) })
				return nil
			}},
		},
		Mutant{
			Name: "lifetime-own-still-console", Bug: "the host takes signals for stop requests although the application has brought a host lifetime of its own",
			Clause: "HOST-HLT-014", Source: []string{"G25", "CON-1"},
			Fault: fault{WaitForStart: func(h *handle, ctx context.Context, next call) error {
				h.World.Process.OnSignal([]os.Signal{syscall.SIGINT, syscall.SIGTERM}, func(os.Signal) bool {
					h.Host().StopApplication()
					return true
				})
				return next(ctx)
			}},
		},
		Mutant{
			Name: "ready-too-early", Bug: "READY=1 is reported before the services are started",
			Clause: "HOST-HLT-015", Source: []string{"SYS-3", "G54"},
			Fault: fault{
				WaitForStart: func(h *handle, ctx context.Context, next call) error {
					if h.Plan.HostLifetime.Kind == "systemd" {
						_ = h.World.Process.NotifyManager("READY=1")
					}
					return next(ctx)
				},
				Process: process(func(*handle) virtual.ProcessCalls {
					return virtual.ProcessCalls{Notify: func(state string, next func(string) error) error {
						if state == "READY=1" {
							return nil
						}
						return next(state)
					}}
				}).Process,
			},
		},
		Mutant{
			Name: "stopping-not-reported", Bug: "the service manager is not told that the host is stopping",
			Clause: "HOST-HLT-016", Source: []string{"SYS-3", "SYS-6"},
			Fault: process(func(*handle) virtual.ProcessCalls {
				return virtual.ProcessCalls{Notify: func(state string, next func(string) error) error {
					if state == "STOPPING=1" {
						return nil
					}
					return next(state)
				}}
			}),
		},
		Mutant{
			Name: "wait-for-start-ignores-stop-request", Bug: "a stop request does not reach the host lifetime's waitForStart",
			Clause: "HOST-HLT-017", Source: []string{"G46", "B38"},
			Fault: fault{WaitForStart: func(h *handle, ctx context.Context, next call) error {
				return next(guarded(h, ctx, func() bool { return !stopping(h) }))
			}},
		},
	)
}
