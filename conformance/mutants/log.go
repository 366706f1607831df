package mutants

import (
	"context"
	"log/slog"
	"strings"

	"github.com/hostsim/hostsim/host"
)

// status is a host that never logs status messages that begin so.
func status(prefix string) fault {
	return logs(func(_ *handle, e host.Event, next func(host.Event)) {
		if e.Category != host.CategoryStatus || !strings.HasPrefix(e.Message, prefix) {
			next(e)
		}
	})
}

func own(e host.Event, id int) bool { return e.Category == host.CategoryHost && e.ID == id }

func init() {
	add(
		Mutant{
			Name: "log-silent-failure", Bug: "a background service that fails stops the host without a word",
			Clause: "HOST-LOG-001", Profile: "dotnet-10", Source: []string{"MU48", "G59"},
			Fault: unlogged(host.EventServiceFaulted, host.EventStoppingHost),
		},
		Mutant{
			Name: "log-error-on-clean-stop", Bug: "the end of a clean stop is logged as an error",
			Clause: "HOST-LOG-002", Source: []string{"G107", "B40"},
			Fault: logs(func(_ *handle, e host.Event, next func(host.Event)) {
				if own(e, host.EventStopped) {
					e.Level = slog.LevelError
				}
				next(e)
			}),
		},
		Mutant{
			Name: "log-no-starting", Bug: "the begin of a start is not logged",
			Clause: "HOST-LOG-003", Source: []string{"STA-1"},
			Fault: unlogged(host.EventStarting),
		},
		Mutant{
			Name: "log-started-early", Bug: "the host logs that it has started when it begins to",
			Clause: "HOST-LOG-004", Source: []string{"STA-12"},
			Fault: logs(func(_ *handle, e host.Event, next func(host.Event)) {
				if own(e, host.EventStarted) {
					return
				}
				next(e)
				if own(e, host.EventStarting) {
					next(host.Event{Level: slog.LevelDebug, Category: host.CategoryHost, ID: host.EventStarted, Message: "Hosting started"})
				}
			}),
		},
		Mutant{
			Name: "log-no-stopping", Bug: "the begin of a stop is not logged",
			Clause: "HOST-LOG-005", Source: []string{"STP-1"},
			Fault: unlogged(host.EventStopping),
		},
		Mutant{
			Name: "log-stopped-on-failure", Bug: "a stop that failed is logged as a clean one",
			Clause: "HOST-LOG-006", Source: []string{"G116", "STP-11"},
			Fault: logs(func(_ *handle, e host.Event, next func(host.Event)) {
				if own(e, host.EventStoppedWithError) {
					e = host.Event{Level: slog.LevelDebug, Category: host.CategoryHost, ID: host.EventStopped, Message: "Hosting stopped"}
				}
				next(e)
			}),
		},
		Mutant{
			Name: "log-stopped-early", Bug: "the host logs that it has stopped before it tells the application so",
			Clause: "HOST-LOG-006", Profile: "dotnet-10", Source: []string{"MU40", "STP-11"},
			Fault: fault{
				Observer: func(_ *handle, e host.Event, next func(host.Event)) {
					if !own(e, host.EventStopped) {
						next(e)
					}
				},
				Notify: notify(appStopped, func(h *handle, _ int, next func() error) error {
					if h.Set("logged") {
						h.Log(host.Event{Level: slog.LevelDebug, Category: host.CategoryHost, ID: host.EventStopped, Message: "Hosting stopped"})
					}
					return next()
				}).Notify,
			},
		},
		Mutant{
			Name: "log-no-stop-failure", Bug: "the failure of a stop is not logged",
			Clause: "HOST-LOG-007", Source: []string{"G116", "G59"},
			Fault: unlogged(host.EventStoppedWithError),
		},
		Mutant{
			Name: "log-no-callback-failure", Bug: "the failure of a callback is not logged",
			Clause: "HOST-LOG-008", Source: []string{"APL-3", "G103"},
			Fault: logs(func(_ *handle, e host.Event, next func(host.Event)) {
				if e.Category != host.CategoryCallback {
					next(e)
				}
			}),
		},
		Mutant{
			Name: "log-information-for-debug", Bug: "the ordinary events of the host have the level Information",
			Clause: "HOST-LOG-009", Source: []string{"CON-14"},
			Fault: logs(func(_ *handle, e host.Event, next func(host.Event)) {
				if e.Level == slog.LevelDebug {
					e.Level = slog.LevelInfo
				}
				next(e)
			}),
		},
		Mutant{
			Name: "log-no-abandoned", Bug: "a call that is abandoned is told to the application and not logged",
			Clause: "HOST-LOG-010", Source: []string{"B32", "MU11"},
			Fault: logs(func(h *handle, e host.Event, next func(host.Event)) {
				if own(e, host.EventAbandoned) {
					h.Abandoned(e.Service)
					return
				}
				next(e)
			}),
		},
		Mutant{
			Name: "log-no-worker-failure", Bug: "the failure of a background service is not logged as what it is",
			Clause: "HOST-LOG-011", Source: []string{"B24", "B27"},
			Fault: unlogged(host.EventServiceFaulted),
		},
		Mutant{
			Name: "log-no-reason-for-stop", Bug: "that the host stops because of a failed background service is not logged",
			Clause: "HOST-LOG-012", Source: []string{"BGS-7", "G59"},
			Fault: unlogged(host.EventStoppingHost),
		},
		Mutant{
			Name: "log-worker-cancellation", Bug: "work that ends with the cancellation of its stop is logged as a failure",
			Clause: "HOST-LOG-013", Source: []string{"B40", "B41"},
			Fault: bodies(func(h *handle, name string, ctx context.Context, next call) error {
				err := next(ctx)
				if host.IsCancellation(err) && ctx.Err() != nil {
					h.Log(host.Event{Level: slog.LevelError, Category: host.CategoryHost, ID: host.EventServiceFaulted,
						Message: "A background service failed", Service: name, Err: err})
				}
				return err
			}),
		},
		Mutant{
			Name: "log-no-start-failure", Bug: "the failure of a start is not logged",
			Clause: "HOST-LOG-014", Source: []string{"G59", "MU48"},
			Fault: rules(func(r *host.Rules) { r.StartFailureEvent = "none" }),
		},
		Mutant{
			Name: "log-start-failure", Bug: "the failure of constructing a service is logged, which it is from 10 on only",
			Clause: "HOST-LOG-014", Profile: "dotnet-9", Source: []string{"STA-5"},
			Fault: rules(func(r *host.Rules) { r.StartFailureEvent = "all" }),
		},
		Mutant{
			Name: "log-wait-failure", Bug: "the failure of the host lifetime's wait is logged as that of a start",
			Clause: "HOST-LOG-015", Source: []string{"STA-3"},
			Fault: fault{WaitForStart: func(h *handle, ctx context.Context, next call) error {
				err := next(ctx)
				if err != nil {
					h.Log(host.Event{Level: slog.LevelError, Category: host.CategoryHost, ID: host.EventStartFailed, Message: "Hosting failed to start", Err: err})
				}
				return err
			}},
		},
		Mutant{
			Name: "log-no-environment", Bug: "the console does not say which environment the application has started in",
			Clause: "HOST-LOG-016", Source: []string{"CON-14"},
			Fault: status("Hosting environment"),
		},
		Mutant{
			Name: "log-status-on-2.2", Bug: "the console logs status messages, which it does from 3.1 on only",
			Clause: "HOST-LOG-016", Profile: "dotnet-2.2", Source: []string{"CON-14"},
			Fault: rules(func(r *host.Rules) { r.StatusMessages = true }),
		},
		Mutant{
			Name: "log-no-shutting-down", Bug: "the console does not say that the application is shutting down",
			Clause: "HOST-LOG-017", Source: []string{"CON-14"},
			Fault: status("Application is shutting down"),
		},
		Mutant{
			Name: "log-no-hint", Bug: "an exit that waits for the disposal of the host gives no hint of it",
			Clause: "HOST-LOG-018", Profile: "dotnet-3.1", Source: []string{"CON-7", "B4"},
			Fault: status("Waiting for the host"),
		},
	)
}
