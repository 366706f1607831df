package mutants

import (
	"context"
	"time"

	"github.com/hostsim/hostsim/host"
	"github.com/hostsim/hostsim/host/seam"
)

func init() {
	add(
		Mutant{
			Name: "started-early", Bug: "ApplicationStarted fires some time after the start began, whether or not the services have started",
			Clause: "HOST-LIFE-001", Source: []string{"G54", "STA-12"},
			Fault: fault{
				Service: starts(func(h *handle, _ string, ctx context.Context, next call) error {
					if h.Set("announced") {
						h.RT.AfterFunc(10*time.Millisecond, "ApplicationStarted", func() { h.Notify(appStarted) })
					}
					return next(ctx)
				}).Service,
				Notify: notify(appStarted, func(*handle, int, func() error) error { return nil }).Notify,
			},
		},
		Mutant{
			Name: "started-on-failure", Bug: "ApplicationStarted fires although a start has failed",
			Clause: "HOST-LIFE-002", Source: []string{"STA-13"},
			Fault: starts(func(h *handle, _ string, ctx context.Context, next call) error {
				err := next(ctx)
				if err != nil {
					h.Notify(appStarted)
				}
				return err
			}),
		},
		Mutant{
			Name: "started-never", Bug: "ApplicationStarted never fires",
			Clause: "HOST-LIFE-003", Source: []string{"STA-12"},
			Fault: notify(appStarted, func(*handle, int, func() error) error { return nil }),
		},
		Mutant{
			Name: "stopping-last", Bug: "ApplicationStopping fires when the services have stopped already",
			Clause: "HOST-LIFE-004", Source: []string{"MU44", "G88"},
			Fault: fault{Notify: func(h *handle, what string, number int, next func() error) error {
				switch {
				case what == appStopping:
					return nil
				case what == appStopped && h.Set("told"):
					h.Notify(appStopping)
				}
				return next()
			}},
		},
		Mutant{
			Name: "stopped-early", Bug: "ApplicationStopped fires as soon as a stop is requested",
			Clause: "HOST-LIFE-005", Source: []string{"G77", "STP-8"},
			Fault: fault{Notify: func(h *handle, what string, number int, next func() error) error {
				if what == appStopped {
					return nil
				}
				err := next()
				if what == appStopping && number == 0 {
					h.Notify(appStopped)
				}
				return err
			}},
		},
		Mutant{
			Name: "stopped-never", Bug: "ApplicationStopped never fires",
			Clause: "HOST-LIFE-006", Source: []string{"STP-8"},
			Fault: notify(appStopped, func(*handle, int, func() error) error { return nil }),
		},
		Mutant{
			Name: "notification-twice", Bug: "every callback of ApplicationStopping runs twice",
			Clause: "HOST-LIFE-007", Source: []string{"G90", "APL-1"},
			Fault: notify(appStopping, func(_ *handle, _ int, next func() error) error { _ = next(); return next() }),
		},
		Mutant{
			Name: "started-callbacks-detached", Bug: "the callbacks of ApplicationStarted run on a thread of their own that nobody waits for",
			Clause: "HOST-LIFE-008", Source: []string{"G80", "STA-12"},
			Fault: notify(appStarted, func(h *handle, _ int, next func() error) error {
				h.RT.Go("callback", func() { _ = next() })
				return nil
			}),
		},
		Mutant{
			Name: "callbacks-beside-each-other", Bug: "the callbacks of a notification run at once, each on a thread of its own, and the last to be called waits for all",
			Clause: "HOST-LIFE-009", Source: []string{"G87", "APL-1"},
			Fault: fault{Notify: func(h *handle, what string, number int, next func() error) error {
				done := h.RT.NewEvent("a callback")
				all, _ := h.State[what].([]seam.Event)
				h.State[what] = append(all, done)
				h.RT.Go("callback", func() { _ = next(); done.Set() })
				if number == 0 {
					for _, ev := range append(all, done) {
						await(h, ev, "a callback")
					}
				}
				return nil
			}},
		},
		Mutant{
			Name: "callbacks-forward", Bug: "the callbacks of a notification run in the order of registration",
			Clause: "HOST-LIFE-010", Profile: "dotnet-10", Source: []string{"APL-1"},
			Fault: fault{Notify: func(h *handle, what string, number int, _ func() error) error { return h.Callback(what, number)() }},
		},
		Mutant{
			Name: "callback-failure-skips", Bug: "a callback that fails keeps the remaining callbacks from running",
			Clause: "HOST-LIFE-011", Source: []string{"APL-3", "G104"},
			Fault: fault{Notify: func(h *handle, what string, _ int, next func() error) error {
				if h.Is("failed " + what) {
					return nil
				}
				err := next()
				if err != nil {
					h.Set("failed " + what)
				}
				return err
			}},
		},
		Mutant{
			Name: "callback-failure-fails-run", Bug: "the failure of a callback is taken for a failure of the host",
			Clause: "HOST-LIFE-012", Source: []string{"APL-3"},
			Fault: fault{
				Notify: func(h *handle, _ string, _ int, next func() error) error {
					err := next()
					if err != nil {
						h.State["failure"] = err
					}
					return err
				},
				Run: func(h *handle, ctx context.Context, next call) error {
					if err := next(ctx); err != nil {
						return err
					}
					err, _ := h.State["failure"].(error)
					return err
				},
			},
		},
		Mutant{
			Name: "stopping-callbacks-detached", Bug: "services are stopped without waiting for the callbacks of ApplicationStopping",
			Clause: "HOST-LIFE-013", Source: []string{"APL-5", "G80"},
			Fault: notify(appStopping, func(h *handle, _ int, next func() error) error {
				h.RT.Go("callback", func() { _ = next() })
				return nil
			}),
		},
		Mutant{
			Name: "stopping-callbacks-unbounded", Bug: "the callbacks of ApplicationStopping do not count against the shutdown timeout",
			Clause: "HOST-LIFE-013", Source: []string{"MU10", "G62"},
			Fault: rules(func(r *host.Rules) { r.HookLimit = "unbounded" }),
		},
		Mutant{
			Name: "stop-request-waits-for-stop", Bug: "a stop request returns only when the host has stopped",
			Clause: "HOST-LIFE-014", Source: []string{"G18", "G13", "DL-3"},
			Fault: fault{StopApplication: func(h *handle, next func()) {
				next()
				stopped := h.RT.NewEvent("the end of the host")
				defer h.Host().Lifetime().OnStopped(func() error { stopped.Set(); return nil })()
				h.RT.Wait(seam.Wait{For: stopped, Limit: seam.Forever, Holds: true, Why: "the end of the host"})
			}},
		},
		Mutant{
			Name: "stop-request-repeats", Bug: "a second stop request fires ApplicationStopping again",
			Clause: "HOST-LIFE-015", Source: []string{"APL-2", "G37"},
			Fault: fault{StopApplication: func(h *handle, next func()) {
				again := stopping(h)
				next()
				if again && h.Set("repeated") {
					h.Notify(appStopping)
				}
			}},
		},
		Mutant{
			Name: "stop-request-waits-for-other", Bug: "a second stop request waits for the callbacks that the first has set off",
			Clause: "HOST-LIFE-016", Source: []string{"APL-2"},
			Fault: rules(func(r *host.Rules) { r.SecondStopRequest = "waits" }),
		},
		Mutant{
			Name: "stop-request-returns-early", Bug: "a second stop request does not wait for the callbacks of the first, as every release of .NET does",
			Clause: "HOST-LIFE-016", Profile: "dotnet-6", Source: []string{"APL-2"},
			Fault: fault{StopApplication: func(h *handle, next func()) {
				if !stopping(h) {
					next()
				}
			}},
		},
		Mutant{
			Name: "stop-request-not-reentrant", Bug: "the lock of the stop request is not reentrant: a request inside a callback of ApplicationStopping waits for itself",
			Clause: "HOST-LIFE-017", Profile: "dotnet-10", Source: []string{"MU22", "G18", "G19"},
			Fault: fault{
				Notify: notify(appStopping, func(h *handle, _ int, next func() error) error {
					over := h.Event("the callbacks of ApplicationStopping")
					h.Set("requested")
					h.RT.Promise(over, "the stop request returns")
					defer over.Set()
					return next()
				}).Notify,
				StopApplication: func(h *handle, next func()) {
					if h.Is("requested") {
						h.RT.Wait(seam.Wait{For: h.Event("the callbacks of ApplicationStopping"), Limit: seam.Forever, Holds: true, Why: "the lock of the stop request"})
					}
					next()
				},
			},
		},
		Mutant{
			Name: "stop-request-detached", Bug: "the callbacks of ApplicationStopping run on a thread of their own, and the stop request does not wait for them",
			Clause: "HOST-LIFE-018", Profile: "dotnet-10", Source: []string{"APL-2"},
			Fault: fault{StopApplication: func(h *handle, next func()) { h.RT.Go("stop request", next) }},
		},
		Mutant{
			Name: "stop-request-stops", Bug: "a stop request stops the services itself, although nobody is in run or has called stop",
			Clause: "HOST-LIFE-019", Source: []string{"APL-4"},
			Fault: fault{StopApplication: func(h *handle, next func()) {
				next()
				h.RT.Go("stop", func() { _ = h.Host().Stop(context.Background()) })
			}},
		},
		Mutant{
			Name: "started-after-stopping", Bug: "ApplicationStarted fires late when a stop was requested during the start",
			Clause: "HOST-LIFE-020", Source: []string{"STA-16", "G88"},
			Fault: starts(func(h *handle, _ string, ctx context.Context, next call) error {
				err := next(ctx)
				if stopping(h) && h.Set("announced") {
					h.Notify(appStarted)
				}
				return err
			}),
		},
		Mutant{
			Name: "started-not-after-stopping", Bug: "ApplicationStarted does not fire any more when a stop was requested during the start, as it does in every release of .NET",
			Clause: "HOST-LIFE-020", Profile: "dotnet-10", Source: []string{"STA-16"},
			Fault: notify(appStarted, func(h *handle, _ int, next func() error) error {
				if stopping(h) {
					return nil
				}
				return next()
			}),
		},
		Mutant{
			Name: "started-before-hooks", Bug: "ApplicationStarted fires before the started hooks are called",
			Clause: "HOST-LIFE-021", Source: []string{"STA-11"},
			Fault: fault{
				Service: services(func(h *handle, _ string) calls {
					return calls{Started: func(ctx context.Context, next call) error {
						if h.Set("announced") {
							h.Notify(appStarted)
						}
						return next(ctx)
					}}
				}).Service,
				Notify: notify(appStarted, func(h *handle, _ int, next func() error) error {
					if h.Is("announced") {
						return nil
					}
					return next()
				}).Notify,
			},
		},
		Mutant{
			Name: "stopping-before-hooks", Bug: "ApplicationStopping fires before the stopping hooks when main stops the host",
			Clause: "HOST-LIFE-022", Profile: "dotnet-10", Source: []string{"STP-4", "STP-5"},
			Fault: fault{Stop: func(h *handle, ctx context.Context, next call) error {
				h.Host().StopApplication()
				return next(ctx)
			}},
		},
		Mutant{
			Name: "stopping-after-started", Bug: "ApplicationStopping waits until the callbacks of ApplicationStarted have ended",
			Clause: "HOST-LIFE-023", Source: []string{"G13", "APL-1"},
			Fault: fault{Notify: func(h *handle, what string, _ int, next func() error) error {
				over := h.Event("the callbacks of ApplicationStarted")
				switch what {
				case appStarted:
					h.Set("running")
					defer over.Set()
				case appStopping:
					if h.Is("running") {
						h.RT.Wait(seam.Wait{For: over, Limit: seam.Forever, Holds: true, Why: "the callbacks of ApplicationStarted"})
					}
				}
				return next()
			}},
		},
		Mutant{
			Name: "stopped-not-on-failure", Bug: "ApplicationStopped does not fire when a stop has failed",
			Clause: "HOST-LIFE-024", Source: []string{"STP-8"},
			Fault: fault{
				Service: stops(func(h *handle, _ string, ctx context.Context, next call) error { return noted(h, next(ctx)) }).Service,
				Notify: notify(appStopped, func(h *handle, _ int, next func() error) error {
					if h.Is("failed") {
						return nil
					}
					return next()
				}).Notify,
			},
		},
		Mutant{
			Name: "dispose-notifies-stopped", Bug: "disposing a host that was not stopped fires ApplicationStopped",
			Clause: "HOST-LIFE-025", Source: []string{"DSP-1"},
			Fault: fault{Dispose: func(h *handle, next func() error) error {
				if h.Host().Lifetime().Stopped().Err() == nil {
					h.Notify(appStopped)
				}
				return next()
			}},
		},
		Mutant{
			Name: "stop-unstarted-silent", Bug: "stopping a host that was never started notifies nobody",
			Clause: "HOST-LIFE-026", Source: []string{"STP-3"},
			Fault: fault{
				Service: starts(func(h *handle, _ string, ctx context.Context, next call) error {
					h.Set("started")
					return next(ctx)
				}).Service,
				Notify: func(h *handle, _ string, _ int, next func() error) error {
					if !h.Is("started") {
						return nil
					}
					return next()
				},
			},
		},
		Mutant{
			Name: "failed-start-notifies", Bug: "a start that fails fires ApplicationStopping",
			Clause: "HOST-LIFE-027", Profile: "dotnet-10", Source: []string{"STA-14"},
			Fault: starts(func(h *handle, _ string, ctx context.Context, next call) error {
				err := next(ctx)
				if err != nil {
					h.Host().StopApplication()
				}
				return err
			}),
		},
		Mutant{
			Name: "stopped-before-stopping", Bug: "the callbacks of ApplicationStopped do not wait for those of ApplicationStopping that take their time",
			Clause: "HOST-LIFE-028", Profile: "dotnet-10", Source: []string{"STP-5", "STP-8"},
			Fault: notify(appStopping, func(h *handle, _ int, next func() error) error {
				h.RT.AfterFunc(time.Millisecond, "callback", func() { _ = next() })
				return nil
			}),
		},
	)
}
