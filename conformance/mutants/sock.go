package mutants

import (
	"context"
	"os"
	"slices"
	"time"

	"github.com/hostsim/hostsim/fakes/world"
	"github.com/hostsim/hostsim/host"
	"github.com/hostsim/hostsim/host/seam"
	"github.com/hostsim/hostsim/scenarios/plan"
)

// listens lists the addresses at which a service listens in its start.
func listens(h *handle, name string) []string {
	var out []string
	for _, st := range h.Plan.Services[h.Index(name)].Hooks[plan.HookStart] {
		if st.Kind == plan.Listen {
			out = append(out, st.Text)
		}
	}
	return out
}

func init() {
	add(
		Mutant{
			Name: "listener-left-by-last-stop", Bug: "the stop of the service that is stopped last is started and not awaited, and the process ends before it",
			Clause: "HOST-SOCK-001", Source: []string{"MU41", "G124", "MU15"},
			Fault: stops(func(h *handle, name string, ctx context.Context, next call) error {
				if h.Index(name) > 0 {
					return next(ctx)
				}
				h.RT.AfterFunc(time.Millisecond, name+" stop", func() { _ = next(h.Detached()) })
				return nil
			}),
		},
		Mutant{
			Name: "socket-cleanup-after-exit", Bug: "the process is ended when the services are to be stopped; the clean-up stands after the call that ends it",
			Clause: "HOST-SOCK-002", Source: []string{"MU41", "G125", "G124"},
			Fault: stops(func(h *handle, name string, ctx context.Context, next call) error {
				if h.Index(name) == 0 {
					h.World.Process.Leave(0)
				}
				return next(ctx)
			}),
		},
		Mutant{
			Name: "listener-closed-on-request", Bug: "the host closes every listener as soon as a stop is requested",
			Clause: "HOST-SOCK-003", Source: []string{"G79", "G88"},
			Fault: services(func(h *handle, name string) calls {
				return calls{Start: func(ctx context.Context, next call) error {
					err := next(ctx)
					h.Host().Lifetime().OnStopping(func() error {
						for _, addr := range listens(h, name) {
							_ = h.World.Net.Close("host", addr)
						}
						return nil
					})
					return err
				}}
			}),
		},
		Mutant{
			Name: "drain-cut", Bug: "a stop that drains connections gets 50 ms, whatever the shutdown timeout is",
			Clause: "HOST-SOCK-004", Source: []string{"G79", "G122", "G69"},
			Fault: stops(func(h *handle, _ string, ctx context.Context, next call) error {
				src := seam.NewSource(h.RT, context.Background()).Link(ctx).CancelAfter(50*time.Millisecond, "the drain's own limit")
				defer src.Dispose()
				return next(src)
			}),
		},
		Mutant{
			Name: "listener-kept-by-host", Bug: "the host holds a second handle of every listener, which stays open when the service closes its own",
			Clause: "HOST-SOCK-005", Source: []string{"G126", "G71"},
			Fault: fault{Runtime: func(r *world.Rules) { r.HoldListeners = true }},
		},
		Mutant{
			Name: "drain-without-limit", Bug: "the stop of a service that has a listener is handed a context without a deadline, and nothing is given up",
			Clause: "HOST-SOCK-006", Source: []string{"MU17", "G07", "G76"},
			Fault: fault{
				Rules: func(r *host.Rules) { r.ExpiredStop = "passOn" },
				Service: stops(func(h *handle, name string, ctx context.Context, next call) error {
					if len(listens(h, name)) > 0 {
						ctx = h.Detached()
					}
					return next(ctx)
				}).Service,
			},
		},
		Mutant{
			Name: "listen-failure-tolerated", Bug: "a service that cannot open its listener is taken for started",
			Clause: "HOST-SOCK-007", Source: []string{"G58", "B29"},
			Fault: starts(func(h *handle, name string, ctx context.Context, next call) error {
				if err := next(ctx); len(listens(h, name)) == 0 {
					return err
				}
				return nil
			}),
		},
		Mutant{
			Name: "socket-stale-in-the-way", Bug: "a socket file that a dead process has left keeps a service from listening there",
			Clause: "HOST-SOCK-008", Source: []string{"MU42", "G128", "G132"},
			Fault: fault{Runtime: func(r *world.Rules) { r.KeepStale = true }},
		},
		Mutant{
			Name: "socket-taken-over", Bug: "whatever stands in the way of a socket file is deleted, also the socket of a live process",
			Clause: "HOST-SOCK-009", Source: []string{"G128", "X-002"},
			Fault: fault{Runtime: func(r *world.Rules) { r.TakeFiles = true }},
		},
		Mutant{
			Name: "worker-failure-exits", Bug: "a failed background service ends the process at once, whatever is still open",
			Clause: "HOST-BG-020", Source: []string{"MU41", "G85", "G98"},
			Fault: bodies(func(h *handle, _ string, ctx context.Context, next call) error {
				err := next(ctx)
				if err != nil && !stopping(h) {
					h.World.Process.Leave(1)
				}
				return err
			}),
		},
		Mutant{
			Name: "listeners-left-after-slow-stop", Bug: "a stop that outlasts the deadline ends the process, and the listeners of the others stay open",
			Clause: "HOST-SOCK-012", Profile: "dotnet-10", Source: []string{"MU03", "MU41", "G60", "G127"},
			Fault: stops(func(h *handle, _ string, ctx context.Context, next call) error {
				err := next(ctx)
				if ctx.Err() != nil {
					h.World.Process.Leave(1)
				}
				return err
			}),
		},
		Mutant{
			Name: "signal-in-start-kills", Bug: "a stop signal during the start ends the process at once, whatever is open by then",
			Clause: "HOST-SOCK-013", Source: []string{"MU31", "G26"},
			Fault: signals(func(h *handle, s os.Signal, next func(os.Signal) bool) bool {
				if h.Host().Lifetime().Started().Err() == nil {
					h.World.Process.Leave(1)
				}
				return next(s)
			}),
		},
		Mutant{
			Name: "listeners-left-after-worker-failure", Bug: "when a background service has failed only the other background services are stopped",
			Clause: "HOST-SOCK-010", Source: []string{"MU41", "G85"},
			Fault: fault{
				Worker: workNoted.Worker,
				Service: stops(func(h *handle, name string, ctx context.Context, next call) error {
					if h.Is("failed") && !worker(h, name) {
						return nil
					}
					return next(ctx)
				}).Service,
			},
		},
		Mutant{
			Name: "listeners-closed-forward", Bug: "services that listen are stopped in the order of their registration, the others in reverse",
			Clause: "HOST-SOCK-014", Source: []string{"MU01", "G86", "G88"},
			Fault: stops(func(h *handle, name string, ctx context.Context, next call) error {
				var open []string
				for _, s := range h.Plan.Services {
					if len(listens(h, s.Name)) > 0 {
						open = append(open, s.Name)
					}
				}
				if i := slices.Index(open, name); i >= 0 {
					return h.Made(open[len(open)-1-i]).Stop(ctx)
				}
				return next(ctx)
			}),
		},
	)
}
