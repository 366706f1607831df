package mutants

import (
	"context"
	"errors"
	"time"

	"github.com/hostsim/hostsim/host"
	"github.com/hostsim/hostsim/host/seam"
)

func init() {
	add(
		Mutant{
			Name: "concurrent-start-backward", Bug: "a concurrent start begins with the service that was registered last",
			Clause: "HOST-CONC-001", Source: []string{"STG-2"},
			Fault: starts(func(h *handle, name string, ctx context.Context, next call) error {
				if concurrent(h.Plan.Options.ConcurrentStart) {
					return mirrored(h, name).Start(ctx)
				}
				return next(ctx)
			}),
		},
		Mutant{
			Name: "concurrent-start-serial", Bug: "the option that services be started concurrently is not read",
			Clause: "HOST-CONC-002", Source: []string{"G70", "STG-2"},
			Fault: options(func(*handle) []host.Option { return []host.Option{host.WithConcurrentStart(false)} }),
		},
		Mutant{
			Name: "concurrent-start-spawned", Bug: "in a concurrent start every service is called on a thread of its own from the first step on",
			Clause: "HOST-CONC-003", Profile: "dotnet-10", Source: []string{"STG-2"},
			Fault: services(func(*handle, string) calls { return calls{Whole: true} }),
		},
		Mutant{
			Name: "concurrent-start-failure-skips", Bug: "in a concurrent start a service that fails at once keeps those after it from being called",
			Clause: "HOST-CONC-004", Source: []string{"STG-2", "G104"},
			Fault: starts(endAtFailure),
		},
		Mutant{
			Name: "concurrent-start-first-failure-only", Bug: "of several failures of a concurrent start only the first is handed on",
			Clause: "HOST-CONC-005", Source: []string{"G103", "STG-2"},
			Fault: starts(func(h *handle, _ string, ctx context.Context, next call) error { return firstFailure(h, next(ctx)) }),
		},
		Mutant{
			Name: "concurrent-start-failures-reordered", Bug: "the failures of a concurrent start are handed on in the reverse order",
			Clause: "HOST-CONC-006", Profile: "dotnet-10", Source: []string{"STG-2"},
			Fault: fault{
				Run:   func(_ *handle, ctx context.Context, next call) error { return backward(next(ctx)) },
				Start: func(_ *handle, ctx context.Context, next call) error { return backward(next(ctx)) },
			},
		},
		Mutant{
			Name: "concurrent-cancellations-collected", Bug: "a service that ends cancelled counts as a failure beside the failures",
			Clause: "HOST-CONC-007", Profile: "dotnet-10", Source: []string{"STG-3"},
			Fault: services(func(*handle, string) calls {
				collect := func(ctx context.Context, next call) error {
					err := next(ctx)
					if host.IsCancellation(err) {
						return errors.Join(err)
					}
					return err
				}
				return calls{Start: collect, Stop: collect}
			}),
		},
		Mutant{
			Name: "concurrent-start-overlooks-cancelled", Bug: "a service that ends cancelled before its first wait is overlooked by a concurrent start",
			Clause: "HOST-CONC-008", Source: []string{"B36", "STG-3"},
			Fault: rules(func(r *host.Rules) { r.CompletedCancelledStart = "ignored" }),
		},
		Mutant{
			Name: "concurrent-stop-forward", Bug: "a concurrent stop begins with the service that was registered first",
			Clause: "HOST-CONC-009", Source: []string{"MU01", "STG-2"},
			Fault: stops(func(h *handle, name string, ctx context.Context, next call) error {
				if concurrent(h.Plan.Options.ConcurrentStop) {
					return mirrored(h, name).Stop(ctx)
				}
				return next(ctx)
			}),
		},
		Mutant{
			Name: "concurrent-stop-serial", Bug: "the option that services be stopped concurrently is not read",
			Clause: "HOST-CONC-010", Source: []string{"G70", "G11"},
			Fault: options(func(*handle) []host.Option { return []host.Option{host.WithConcurrentStop(false)} }),
		},
		Mutant{
			Name: "concurrent-stop-first-failure-ends-wait", Bug: "the first failure ends the wait for a concurrent stop, and the others go on unseen",
			Clause: "HOST-CONC-011", Source: []string{"G78", "STG-2"},
			Fault: stops(func(h *handle, name string, ctx context.Context, next call) error {
				if !concurrent(h.Plan.Options.ConcurrentStop) {
					return next(ctx)
				}
				var err error
				done, failed := h.RT.NewEvent("stop of "+name), h.Event("a failure")
				h.RT.Call(name+" stop", func() {
					if err = next(ctx); err != nil {
						failed.Set()
					}
					done.Set()
				})
				h.RT.Wait(seam.Wait{For: done, Or: failed, Limit: seam.Forever, Why: "stop of " + name})
				return err
			}),
		},
		Mutant{
			Name: "concurrent-stop-first-failure-only", Bug: "of several failures of a concurrent stop only the first is handed on",
			Clause: "HOST-CONC-012", Source: []string{"G103", "STP-11"},
			Fault: stops(func(h *handle, _ string, ctx context.Context, next call) error {
				if !concurrent(h.Plan.Options.ConcurrentStop) {
					return next(ctx)
				}
				return firstFailure(h, next(ctx))
			}),
		},
		Mutant{
			Name: "concurrent-stop-shares-deadline", Bug: "in a concurrent stop the timeout is divided among the services, one after the other",
			Clause: "HOST-CONC-013", Source: []string{"G69", "STP-2"},
			Fault: stops(func(h *handle, name string, ctx context.Context, next call) error {
				if !concurrent(h.Plan.Options.ConcurrentStop) || timeout(h) < 0 {
					return next(ctx)
				}
				n := len(h.Plan.Services)
				share := timeout(h) * time.Duration(n-h.Index(name)) / time.Duration(n)
				src := seam.NewSource(h.RT, context.Background()).Link(ctx).CancelAfter(share, "the service's share of the timeout")
				defer src.Dispose()
				return next(src)
			}),
		},
		Mutant{
			Name: "concurrent-hooks-serial", Bug: "the extra hooks are called one after the other, even where the start and the stop are concurrent",
			Clause: "HOST-CONC-014", Source: []string{"STG-2"},
			Fault: services(func(h *handle, _ string) calls {
				serial := func(ctx context.Context, next call) error {
					lock := h.Mutex("the lock of the hooks")
					h.RT.Yield() // a lock belongs to a thread, and a caller's thread may hold it already
					lock.Lock()
					defer lock.Unlock()
					return next(ctx)
				}
				return calls{Starting: serial, Started: serial, Stopping: serial, Stopped: serial}
			}),
		},
		Mutant{
			Name: "concurrent-keys-not-read", Bug: "the keys of the configuration that make the start and the stop concurrent are not read",
			Clause: "HOST-CONC-015", Source: []string{"G70", "B76"},
			Fault: rules(func(r *host.Rules) { r.ConfiguredTimeout = "shutdown" }),
		},
		Mutant{
			Name: "concurrent-keys-read-early", Profile: "dotnet-7", Bug: "the keys of the configuration that make the start and the stop concurrent are read by a release that does not know them",
			Clause: "HOST-CONC-016", Source: []string{"OPT-1", "B76"},
			Fault: rules(func(r *host.Rules) { r.ConfiguredTimeout, r.LifecycleHooks = "all", true }), // the hooks came in the same release
		},
	)
}

// backward hands several errors on in the reverse order.
func backward(err error) error {
	all := parts(err)
	if len(all) < 2 {
		return err
	}
	var back []error
	for _, e := range all {
		back = append([]error{e}, back...)
	}
	return errors.Join(back...)
}
