package mutants

import (
	"context"
	"os"
	"syscall"
	"time"

	"github.com/hostsim/hostsim/conformance/virtual"
	"github.com/hostsim/hostsim/fakes/world"
	"github.com/hostsim/hostsim/host"
)

var stopSignals = []os.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM}

func init() {
	add(
		Mutant{
			Name: "signal-no-sigterm", Bug: "only SIGINT and SIGQUIT are handled; SIGTERM kills the process",
			Clause: "HOST-SIG-001", Source: []string{"MU32", "G33", "G34"},
			Fault: unhandled(syscall.SIGTERM),
		},
		Mutant{
			Name: "signal-no-sigint", Bug: "only SIGTERM and SIGQUIT are handled; Ctrl+C kills the process",
			Clause: "HOST-SIG-002", Source: []string{"MU32", "G33"},
			Fault: unhandled(syscall.SIGINT),
		},
		Mutant{
			Name: "signal-no-sigquit", Bug: "SIGQUIT is not handled and kills the process",
			Clause: "HOST-SIG-003", Source: []string{"MU32", "CON-9"},
			Fault: unhandled(syscall.SIGQUIT),
		},
		Mutant{
			Name: "signal-exits", Bug: "after the stop that a signal asked for the host ends the process itself, and run never returns to main",
			Clause: "HOST-SIG-004", Source: []string{"G79", "G117", "MU40"},
			Fault: fault{
				Process: signals(func(h *handle, s os.Signal, next func(os.Signal) bool) bool { h.Set("signal"); return next(s) }).Process,
				Run: func(h *handle, ctx context.Context, next call) error {
					err := next(ctx)
					if h.Is("signal") {
						h.World.Process.Exit(0)
					}
					return err
				},
			},
		},
		Mutant{
			Name: "signal-stops-again", Bug: "every further stop signal stops all services once more",
			Clause: "HOST-SIG-005", Source: []string{"MU23", "G37", "G92", "G29"},
			Fault: signals(func(h *handle, s os.Signal, next func(os.Signal) bool) bool {
				if !h.Set("signal") {
					for i := len(h.Plan.Services) - 1; i >= 0; i-- {
						_ = h.Made(h.Plan.Services[i].Name).Stop(h.Detached())
					}
				}
				return next(s)
			}),
		},
		Mutant{
			Name: "signal-polled", Bug: "signals are polled for, every five seconds",
			Clause: "HOST-SIG-006", Source: []string{"G30"},
			Fault: signals(func(h *handle, s os.Signal, next func(os.Signal) bool) bool {
				pause(h, 5*time.Second)
				return next(s)
			}),
		},
		Mutant{
			Name: "signal-relay-dies", Bug: "the relay of signals ends when the startup timeout has passed, and later signals are ignored",
			Clause: "HOST-SIG-007", Source: []string{"MU21", "G22"},
			Fault: process(func(h *handle) virtual.ProcessCalls {
				return virtual.ProcessCalls{
					OnSignal: func(sigs []os.Signal, handle func(os.Signal) bool, next func([]os.Signal, func(os.Signal) bool) func()) func() {
						if d, ok := startupTimeout(h); ok {
							h.RT.AfterFunc(d, "startup timeout", func() { h.Set("relay is gone") })
						}
						return next(sigs, handle)
					},
					Signal: func(s os.Signal, next func(os.Signal) bool) bool {
						if h.Is("relay is gone") {
							return true
						}
						return next(s)
					},
				}
			}),
		},
		Mutant{
			Name: "signal-sighup-stops", Bug: "SIGHUP is taken for a stop signal",
			Clause: "HOST-SIG-008", Source: []string{"MU33", "G27", "G28"},
			Fault: subscribes(func(sigs []os.Signal) []os.Signal { return append(sigs[:len(sigs):len(sigs)], syscall.SIGHUP) }),
		},
		Mutant{
			Name: "signal-swallowed-for-own-lifetime", Bug: "the host swallows signals although the application has brought a host lifetime of its own",
			Clause: "HOST-SIG-009", Source: []string{"G25", "B67"},
			Fault: fault{WaitForStart: func(h *handle, ctx context.Context, next call) error {
				h.World.Process.OnSignal(stopSignals, func(os.Signal) bool { return true })
				return next(ctx)
			}},
		},
		Mutant{
			Name: "signal-handler-displaced", Bug: "the host's subscription takes the application's own signal handler away",
			Clause: "HOST-SIG-010", Source: []string{"B60", "G90"},
			Fault: fault{SignalHandler: func(*handle, func() bool) bool { return true }},
		},
		Mutant{
			Name: "signal-handlers-oldest-first", Bug: "signal handlers run in the order of registration, so that the host has the last word",
			Clause: "HOST-SIG-011", Source: []string{"B56", "CON-12"},
			Fault: fault{Runtime: func(r *world.Rules) { r.SignalHandlerOrder = "oldestFirst" }},
		},
		Mutant{
			Name: "signal-handlers-newest-first", Bug: "signal handlers run newest first, which they do from 10 on only",
			Clause: "HOST-SIG-011", Profile: "dotnet-8", Source: []string{"B56"},
			Fault: fault{Runtime: func(r *world.Rules) { r.SignalHandlerOrder = "newestFirst" }},
		},
		Mutant{
			Name: "signal-before-start-swallowed", Bug: "signals are caught when the host is built and thrown away until it is started",
			Clause: "HOST-SIG-012", Source: []string{"MU19", "G47", "G41"},
			Fault: fault{
				Build: func(h *handle, next func() error) error {
					h.State["undo"] = h.World.Process.OnSignal(stopSignals, func(os.Signal) bool { return true })
					return next()
				},
				Process: process(func(h *handle) virtual.ProcessCalls {
					return virtual.ProcessCalls{OnSignal: func(sigs []os.Signal, handle func(os.Signal) bool, next func([]os.Signal, func(os.Signal) bool) func()) func() {
						if undo, ok := h.State["undo"].(func()); ok {
							undo()
						}
						return next(sigs, handle)
					}}
				}).Process,
			},
		},
		Mutant{
			Name: "signal-at-build", Bug: "building the host already changes what the process does with signals",
			Clause: "HOST-SIG-013", Source: []string{"G25", "CON-1"},
			Fault: fault{Build: func(h *handle, next func() error) error {
				h.World.Process.OnSignal(stopSignals, func(os.Signal) bool {
					if h.Host() != nil {
						h.Host().StopApplication()
					}
					return true
				})
				return next()
			}},
		},
		Mutant{
			Name: "signal-after-start", Bug: "signal handlers are installed when every service has started",
			Clause: "HOST-SIG-014", Source: []string{"MU31", "G26", "G46"},
			Fault: process(func(h *handle) virtual.ProcessCalls {
				return virtual.ProcessCalls{OnSignal: func(sigs []os.Signal, handle func(os.Signal) bool, next func([]os.Signal, func(os.Signal) bool) func()) func() {
					undo := func() {}
					h.Host().Lifetime().OnStarted(func() error { undo = next(sigs, handle); return nil })
					return func() { undo() }
				}}
			}),
		},
		Mutant{
			Name: "signal-in-start-forgotten", Bug: "a stop signal that arrives during the start sets a flag that nobody looks at",
			Clause: "HOST-SIG-015", Source: []string{"G30", "G50", "MU29"},
			Fault: signals(func(h *handle, s os.Signal, next func(os.Signal) bool) bool {
				if h.Host().Lifetime().Started().Err() == nil {
					return true
				}
				return next(s)
			}),
		},
		Mutant{
			Name: "signal-second-blocks", Bug: "the handler of a second signal sends to a channel that nobody reads, and the host waits for its handlers to return",
			Clause: "HOST-SIG-016", Source: []string{"MU23", "G12"},
			Fault: fault{
				Process: signals(func(h *handle, s os.Signal, next func(os.Signal) bool) bool {
					if !h.Set("signal") {
						h.Set("blocked")
						forever(h, "a channel without a reader")
					}
					return next(s)
				}).Process,
				Run: func(h *handle, ctx context.Context, next call) error {
					err := next(ctx)
					if h.Is("blocked") {
						forever(h, "the signal handlers")
					}
					return err
				},
			},
		},
		Mutant{
			Name: "signal-second-swallowed", Bug: "a second signal does not force the stop",
			Clause: "HOST-SIG-017", Source: []string{"MU33", "G31"},
			Fault: rules(func(r *host.Rules) { r.SecondSignal = "swallowed" }),
		},
		Mutant{
			Name: "signal-second-forces", Bug: "a second signal forces the stop, which no release of .NET does",
			Clause: "HOST-SIG-017", Profile: "dotnet-8", Source: []string{"MU33"},
			Fault: rules(func(r *host.Rules) { r.SecondSignal, r.ExpiredStop = "forces", "abandon" }),
		},
		Mutant{
			Name: "signal-third-forces", Bug: "the counter is compared before it is incremented, so that only a third signal forces the stop",
			Clause: "HOST-SIG-017", Source: []string{"MU33", "G32"},
			Fault: signals(func(h *handle, s os.Signal, next func(os.Signal) bool) bool {
				if stopping(h) && h.Set("second") {
					return true
				}
				return next(s)
			}),
		},
		Mutant{
			Name: "signal-any-forces", Bug: "while the host is stopping any signal counts as the second one, SIGHUP too",
			Clause: "HOST-SIG-008", Source: []string{"MU33", "G27", "G28"},
			Fault: process(func(h *handle) virtual.ProcessCalls {
				return virtual.ProcessCalls{Signal: func(s os.Signal, next func(os.Signal) bool) bool {
					h.World.Process.OnSignal([]os.Signal{syscall.SIGHUP}, func(os.Signal) bool { h.Host().ForceStop(); return true })
					return next(s)
				}}
			}),
		},
		Mutant{
			Name: "signal-loop-stops", Bug: "the goroutine that reads signals runs the whole stop itself, and sees no second signal meanwhile",
			Clause: "HOST-SIG-017", Source: []string{"MU34", "G31"},
			Fault: signals(func(h *handle, s os.Signal, next func(os.Signal) bool) bool {
				loop := h.Mutex("the signal loop")
				loop.Lock()
				defer loop.Unlock()
				if stopping(h) {
					return true
				}
				cancel := next(s)
				_ = h.Host().Stop(context.Background())
				return cancel
			}),
		},
		Mutant{
			Name: "signal-reraised", Bug: "after the stop the host sends the signal to its own process once more",
			Clause: "HOST-SIG-004", Source: []string{"MU35", "G37", "G39"},
			Fault: fault{
				Process: sigtermNoted.Process,
				Run: func(h *handle, ctx context.Context, next call) error {
					err := next(ctx)
					if h.Is("SIGTERM") {
						h.World.Process.Deliver("SIGTERM")
					}
					return err
				},
			},
		},
		Mutant{
			Name: "signal-handlers-kept", Bug: "the signal handlers stay installed when the host is disposed",
			Clause: "HOST-SIG-018", Source: []string{"G38", "CON-6"},
			Fault: rules(func(r *host.Rules) { r.Unsubscribe = false }),
		},
		Mutant{
			Name: "signal-handlers-removed-by-stop", Bug: "the signal handlers are removed when the host has stopped, before its disposal",
			Clause: "HOST-SIG-019", Profile: "dotnet-10", Source: []string{"CON-16"},
			Fault: process(func(h *handle) virtual.ProcessCalls {
				return virtual.ProcessCalls{OnSignal: func(sigs []os.Signal, handle func(os.Signal) bool, next func([]os.Signal, func(os.Signal) bool) func()) func() {
					undo := next(sigs, handle)
					h.Host().Lifetime().OnStopped(func() error { undo(); return nil })
					return undo
				}}
			}),
		},
	)
}
