package mutants

import (
	"context"
	"errors"
	"time"

	"github.com/hostsim/hostsim/conformance/virtual"
	"github.com/hostsim/hostsim/fakes/world"
	"github.com/hostsim/hostsim/host"
	"github.com/hostsim/hostsim/host/seam"
)

func init() {
	add(
		Mutant{
			Name: "exit-code-one", Bug: "every graceful stop ends the process with code 1",
			Clause: "HOST-EXIT-001", Source: []string{"MU37", "G105", "G113"},
			Fault: fault{ExitCode: func(h *handle, code int) int {
				if stopping(h) {
					return 1
				}
				return code
			}},
		},
		Mutant{
			Name: "exit-code-143", Bug: "a graceful stop that SIGTERM asked for ends the process with code 143",
			Clause: "HOST-EXIT-011", Source: []string{"MU37", "G106", "G114"},
			Fault: fault{
				Process: sigtermNoted.Process,
				ExitCode: func(h *handle, code int) int {
					if h.Is("SIGTERM") {
						return 143
					}
					return code
				},
			},
		},
		Mutant{
			Name: "run-requested-stop-fails", Bug: "a stop that the application asked for comes back from run as an error",
			Clause: "HOST-EXIT-002", Source: []string{"G107", "G108", "MU37"},
			Fault: fault{
				StopApplication: func(h *handle, next func()) { h.Set("requested"); next() },
				Run: func(h *handle, ctx context.Context, next call) error {
					if err := next(ctx); err != nil || !h.Is("requested") {
						return err
					}
					return errors.New("a stop was requested")
				},
			},
		},
		Mutant{
			Name: "exit-zero-on-error", Bug: "an error that leaves main is logged, and the process exits with 0",
			Clause: "HOST-EXIT-003", Source: []string{"MU38", "G110"},
			Fault: fault{Abort: func(h *handle, main bool, next func()) {
				if !main {
					next()
					return
				}
				h.World.Process.Exit(0)
			}},
		},
		Mutant{
			Name: "exit-zero-on-failed-start", Bug: "when a start has failed the host logs that and ends the process with 0",
			Clause: "HOST-EXIT-004", Source: []string{"MU38", "G58"},
			Fault: fault{Run: func(h *handle, ctx context.Context, next call) error {
				err := next(ctx)
				if err != nil && h.Host().Lifetime().Started().Err() == nil {
					h.World.Process.Leave(0)
				}
				return err
			}},
		},
		Mutant{
			Name: "exit-zero-on-failed-stop", Bug: "run only logs the failure of a stop, and the process exits with 0",
			Clause: "HOST-EXIT-005", Source: []string{"MU38", "G116"},
			Fault: fault{Run: func(h *handle, ctx context.Context, next call) error {
				if err := next(ctx); h.Host().Lifetime().Started().Err() == nil {
					return err
				}
				return nil
			}},
		},
		Mutant{
			Name: "exit-code-clobbered", Bug: "the result of the stop, 0 or 1, replaces the exit code that the application has set",
			Clause: "HOST-EXIT-006", Source: []string{"MU39", "G112", "G115"},
			Fault: ends(func(h *handle, err error) error {
				code := 0
				if err != nil {
					code = 1
				}
				h.World.Process.SetExitCode(code)
				return err
			}),
		},
		Mutant{
			Name: "exit-under-main", Bug: "when run has returned a helper of the host ends the process under main",
			Clause: "HOST-EXIT-007", Source: []string{"MU40", "G117", "G118"},
			Fault: fault{Run: func(h *handle, ctx context.Context, next call) error {
				err := next(ctx)
				if stopping(h) {
					h.RT.AfterFunc(10*time.Millisecond, "exit", func() { h.World.Process.Exit(0) })
				}
				return err
			}},
		},
		Mutant{
			Name: "exit-held-until-disposed", Bug: "the process cannot end before the host is disposed",
			Clause: "HOST-EXIT-008", Source: []string{"B4", "DL-5"},
			Fault: fault{
				Build: func(h *handle, next func() error) error {
					if h.Plan.HostLifetime == nil {
						h.World.Process.OnExit(func() {
							h.RT.Wait(seam.Wait{For: h.Event("the disposal of the host"), Limit: seam.Forever, Holds: true, Why: "the host to be disposed"})
						})
					}
					return next()
				},
				Process: process(func(h *handle) virtual.ProcessCalls {
					return virtual.ProcessCalls{Removed: func() { h.Event("the disposal of the host").Set() }}
				}).Process,
			},
		},
		Mutant{
			Name: "exit-zero-on-crash", Bug: "an error on a thread that nobody handles is recovered, and the process exits with 0",
			Clause: "HOST-EXIT-009", Source: []string{"G104", "MU38", "G111"},
			Fault: fault{Abort: func(h *handle, main bool, next func()) {
				if main {
					next()
					return
				}
				h.World.Process.Exit(0)
			}},
		},
		Mutant{
			Name: "exit-one-on-error", Bug: "an error that leaves main ends the process with code 1 instead of SIGABRT",
			Clause: "HOST-EXIT-010", Profile: "dotnet-10", Source: []string{"E15"},
			Fault: fault{Abort: func(h *handle, _ bool, _ func()) { h.World.Process.Exit(1) }},
		},
		Mutant{
			Name: "exit-expired-stop-clean", Bug: "a stop that had to be forced is reported as clean",
			Clause: "HOST-EXIT-013", Source: []string{"MU11", "G63"},
			Fault: ends(func(h *handle, err error) error {
				if abandoned(err) {
					return nil
				}
				return err
			}),
		},
		Mutant{
			Name: "exit-waits-for-host", Bug: "an exit that the application calls waits until the host is disposed, as it did up to 3.1",
			Clause: "HOST-EXIT-014", Profile: "dotnet-10", Source: []string{"E8", "CON-5", "G15"},
			Fault: rules(func(r *host.Rules) { r.ConsoleSignals = "exitGate" }),
		},
		Mutant{
			Name: "exit-code-reset", Bug: "an exit handler that the host installs when it is built sets the exit code to 0",
			Clause: "HOST-EXIT-015", Source: []string{"B19", "CON-7"},
			Fault: fault{Build: func(h *handle, next func() error) error {
				h.World.Process.OnExit(func() { h.World.Process.SetExitCode(0) })
				return next()
			}},
		},
		Mutant{
			Name: "exit-not-held", Bug: "an exit that the application calls does not wait for the host, which it does up to 3.1",
			Clause: "HOST-EXIT-016", Profile: "dotnet-3.1", Source: []string{"DL-1", "E8"},
			Fault: rules(func(r *host.Rules) { r.ConsoleSignals = "signals" }),
		},
		Mutant{
			Name: "exit-handlers-by-host", Bug: "the host runs the exit handlers of the process itself when it has stopped",
			Clause: "HOST-EXIT-017", Source: []string{"G90", "E16"},
			Fault: fault{Run: func(h *handle, ctx context.Context, next call) error {
				err := next(ctx)
				h.World.Process.RunExitHandlers()
				return err
			}},
		},
		Mutant{
			Name: "exit-sigterm-code-zero", Bug: "the exit that SIGTERM begins has code 0, as on 2.2",
			Clause: "HOST-EXIT-018", Profile: "dotnet-3.1", Source: []string{"CON-15"},
			Fault: fault{Runtime: func(r *world.Rules) { r.DefaultSigterm = "exit0" }},
		},
		Mutant{
			Name: "exit-code-lost", Bug: "an exit that the application calls reaches the exit handlers with code 0",
			Clause: "HOST-EXIT-019", Source: []string{"B19", "E7"},
			Fault: fault{Exit: func(_ *handle, _ int, next func(int)) { next(0) }},
		},
		Mutant{
			Name: "exit-reentrant", Bug: "an exit inside an exit handler returns",
			Clause: "HOST-EXIT-020", Profile: "dotnet-10", Source: []string{"G16", "E13"},
			Fault: fault{Exit: func(h *handle, code int, next func(int)) {
				if h.World.Process.Exiting() {
					return
				}
				next(code)
			}},
		},
		Mutant{
			Name: "exit-first-code-kept", Bug: "an exit that is called while the process is exiting leaves the code as it is",
			Clause: "HOST-EXIT-023", Profile: "dotnet-10", Source: []string{"E7", "E13"},
			Fault: fault{Exit: func(h *handle, code int, next func(int)) {
				if h.World.Process.Exiting() {
					code = h.World.Process.ExitCode()
				}
				next(code)
			}},
		},
		Mutant{
			Name: "exit-handlers-on-abort", Bug: "an error that nobody handles runs the exit handlers before the process aborts",
			Clause: "HOST-EXIT-021", Source: []string{"E14"},
			Fault: fault{Abort: func(h *handle, _ bool, next func()) {
				h.World.Process.RunExitHandlers()
				next()
			}},
		},
		Mutant{
			Name: "exit-one-on-crash", Bug: "an error on a thread that nobody handles ends the process with code 1 instead of SIGABRT",
			Clause: "HOST-EXIT-022", Profile: "dotnet-9", Source: []string{"E14"},
			Fault: fault{Abort: func(h *handle, main bool, next func()) {
				if main {
					next()
					return
				}
				h.World.Process.Exit(1)
			}},
		},
		Mutant{
			Name: "start-failure-exits", Bug: "a failed start ends the process at once, before anything is rolled back or disposed",
			Clause: "HOST-SOCK-011", Source: []string{"G98", "G53", "G125"},
			Fault: starts(func(h *handle, _ string, ctx context.Context, next call) error {
				err := next(ctx)
				if err != nil && !host.IsCancellation(err) {
					h.World.Process.Exit(1)
				}
				return err
			}),
		},
	)
}
