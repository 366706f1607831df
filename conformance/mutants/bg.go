package mutants

import (
	"context"

	"github.com/hostsim/hostsim/host"
	"github.com/hostsim/hostsim/host/seam"
)

// around says what becomes of the calls of a background service, by name: start, execute (its body), stop, dispose.
type around map[string]func(ctx context.Context, next call) error

// workers stands around what the host does in the calls of every background service.
func workers(f func(h *handle, name string) around) fault {
	return fault{Worker: func(h *handle, name, what string, ctx context.Context, next call) error {
		if what == "execute" {
			defer bodyEnd(h, name).Set()
		}
		if c := f(h, name)[what]; c != nil {
			return c(ctx, next)
		}
		return next(ctx)
	}}
}

// bodies stands around the body of every background service.
func bodies(f func(h *handle, name string, ctx context.Context, next call) error) fault {
	return workers(func(h *handle, name string) around {
		return around{"execute": func(ctx context.Context, next call) error { return f(h, name, ctx, next) }}
	})
}

func bodyEnd(h *handle, name string) seam.Event { return h.Event("the end of the body of " + name) }

func init() {
	add(
		Mutant{
			Name: "worker-start-waits", Bug: "the start of a background service waits for its work to end",
			Clause: "HOST-BG-001", Source: []string{"B8", "BGS-2"},
			Fault: workers(func(h *handle, name string) around {
				return around{"start": func(ctx context.Context, next call) error {
					if err := next(ctx); err != nil {
						return err
					}
					seam.WaitOr(h.RT, ctx, bodyEnd(h, name), seam.Wait{Limit: seam.Forever, Why: "the body of " + name})
					return nil
				}}
			}),
		},
		Mutant{
			Name: "worker-body-twice", Bug: "the body of a background service is called again when it has ended",
			Clause: "HOST-BG-002", Source: []string{"BGS-12", "G38"},
			Fault: bodies(func(_ *handle, _ string, ctx context.Context, next call) error {
				if err := next(ctx); err != nil {
					return err
				}
				return next(ctx)
			}),
		},
		Mutant{
			Name: "worker-body-never", Bug: "the body of a background service is never called",
			Clause: "HOST-BG-002", Profile: "dotnet-9", Source: []string{"B42", "G17"},
			Fault: bodies(func(*handle, string, context.Context, call) error { return nil }),
		},
		Mutant{
			Name: "worker-body-early", Bug: "the body of a background service is called when the service is constructed",
			Clause: "HOST-BG-003", Source: []string{"MU08", "G57"},
			Fault: fault{
				New: func(h *handle, name string, next func() (host.Service, error)) (host.Service, error) {
					s, err := next()
					if b, ok := s.(interface{ Execute(context.Context) error }); ok {
						h.RT.Call(name+" execute", func() { _ = b.Execute(h.Detached()) })
					}
					return s, err
				},
			},
		},
		Mutant{
			Name: "worker-stop-does-not-cancel", Bug: "the stop of a background service does not cancel the token of its body",
			Clause: "HOST-BG-004", Source: []string{"G20", "BGS-6"},
			Fault: bodies(func(h *handle, _ string, _ context.Context, next call) error { return next(h.Detached()) }),
		},
		Mutant{
			Name: "worker-stop-does-not-wait", Bug: "the stop of a background service cancels its body and does not wait for it",
			Clause: "HOST-BG-005", Source: []string{"MU14", "MU15", "G77", "G80"},
			Fault: workers(func(h *handle, name string) around {
				return around{"stop": func(ctx context.Context, next call) error {
					h.RT.Call(name+" stop", func() { _ = next(ctx) })
					return nil
				}}
			}),
		},
		Mutant{
			Name: "worker-stop-waits-for-ever", Bug: "the stop of a background service waits for its body without a limit",
			Clause: "HOST-BG-006", Profile: "dotnet-10", Source: []string{"MU10", "G06", "G61"},
			Fault: workers(func(h *handle, name string) around {
				return around{"stop": func(ctx context.Context, next call) error { return next(h.Detached()) }}
			}),
		},
		Mutant{
			Name: "worker-left-behind-fails", Bug: "the stop of a background service whose body outlasts the timeout fails",
			Clause: "HOST-BG-007", Profile: "dotnet-10", Source: []string{"STP-13"},
			Fault: workers(func(*handle, string) around {
				return around{"stop": func(ctx context.Context, next call) error {
					if err := next(ctx); err != nil {
						return err
					}
					return ctx.Err()
				}}
			}),
		},
		Mutant{
			Name: "worker-body-inline", Bug: "the body of a background service begins on the thread of the starter",
			Clause: "HOST-BG-008", Source: []string{"B8", "G111"},
			Fault: rules(func(r *host.Rules) { r.WorkerBody = "inline" }),
		},
		Mutant{
			Name: "worker-body-pooled", Bug: "the body of a background service begins on a thread of its own, which it does from 10 on only",
			Clause: "HOST-BG-009", Profile: "dotnet-9", Source: []string{"B22", "G111"},
			Fault: rules(func(r *host.Rules) { r.WorkerBody = "pool" }),
		},
		Mutant{
			Name: "worker-token-unlinked", Bug: "a stop request during the start does not reach the bodies that are running already",
			Clause: "HOST-BG-010", Source: []string{"B39", "BGS-1"},
			Fault: rules(func(r *host.Rules) { r.WorkerTokenLinked = false }),
		},
		Mutant{
			Name: "worker-cancelled-at-request", Bug: "a stop request cancels the body of a background service, before its own stop comes",
			Clause: "HOST-BG-011", Source: []string{"MU18", "G122"},
			Fault: bodies(func(h *handle, _ string, ctx context.Context, next call) error {
				src := seam.NewSource(h.RT, context.Background()).Link(ctx).Link(h.Host().Lifetime().Stopping())
				return next(src)
			}),
		},
		Mutant{
			Name: "worker-cancel-failure-dropped", Bug: "the failure of a callback on the token of a body is dropped",
			Clause: "HOST-BG-012", Source: []string{"G116", "BGS-6"},
			Fault: workers(func(*handle, string) around {
				return around{"stop": func(ctx context.Context, next call) error { _ = next(ctx); return nil }}
			}),
		},
		Mutant{
			Name: "worker-completion-stops", Bug: "the host stops when the work of a background service is done",
			Clause: "HOST-BG-013", Source: []string{"B77", "RUN-8", "G21"},
			Fault: bodies(func(h *handle, _ string, ctx context.Context, next call) error {
				err := next(ctx)
				if err == nil && ctx.Err() == nil {
					h.Host().StopApplication()
				}
				return err
			}),
		},
		Mutant{
			Name: "worker-failure-lost", Bug: "the failure of a background service is lost",
			Clause: "HOST-BG-014", Source: []string{"B27", "G110", "MU38"},
			Fault: rules(func(r *host.Rules) { r.WorkerMonitor = "none" }),
		},
		Mutant{
			Name: "worker-failure-noticed", Bug: "the failure of a background service stops the host, which it does from 6 on only",
			Clause: "HOST-BG-015", Profile: "dotnet-3.1", Source: []string{"B27"},
			Fault: rules(func(r *host.Rules) { r.WorkerMonitor = "stopping" }),
		},
		Mutant{
			Name: "worker-cancellation-benign", Bug: "work that ends with a cancellation is taken for an orderly end, although nobody asked for one",
			Clause: "HOST-BG-016", Source: []string{"BGS-7", "G108"},
			Fault: bodies(func(_ *handle, _ string, ctx context.Context, next call) error {
				err := next(ctx)
				if host.IsCancellation(err) {
					return nil
				}
				return err
			}),
		},
		Mutant{
			Name: "worker-failure-not-ignored", Bug: "the option that failures of background services be ignored is not read",
			Clause: "HOST-BG-017", Source: []string{"G70", "BGS-9"},
			Fault: options(func(*handle) []host.Option { return []host.Option{host.WithIgnoredFaults(false)} }),
		},
		Mutant{
			Name: "worker-failure-succeeds", Bug: "run succeeds although a failed background service has stopped the host",
			Clause: "HOST-BG-018", Source: []string{"MU38", "G110", "G111", "B22"},
			Fault: rules(func(r *host.Rules) { r.WorkerMonitor = "stopping" }),
		},
		Mutant{
			Name: "worker-cancellation-fails-stop", Bug: "work that ends with the cancellation of its stop makes the stop fail",
			Clause: "HOST-BG-019", Source: []string{"B40", "G108"},
			Fault: workers(func(h *handle, name string) around {
				return around{
					"execute": func(ctx context.Context, next call) error {
						err := next(ctx)
						h.State["end of "+name] = err
						return err
					},
					"stop": func(ctx context.Context, next call) error {
						if err := next(ctx); err != nil {
							return err
						}
						if err, _ := h.State["end of "+name].(error); host.IsCancellation(err) {
							return err
						}
						return nil
					},
				}
			}),
		},
		Mutant{
			Name: "worker-failure-skips-stops", Bug: "when a background service has failed the host ends without stopping the other services",
			Clause: "HOST-BG-020", Source: []string{"G85", "G104", "MU26"},
			Fault: fault{
				Worker: workNoted.Worker,
				Service: stops(func(h *handle, _ string, ctx context.Context, next call) error {
					if h.Is("failed") {
						return nil
					}
					return next(ctx)
				}).Service,
			},
		},
	)
}
