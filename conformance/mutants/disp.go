package mutants

import (
	"context"
	"errors"

	"github.com/hostsim/hostsim/conformance/virtual"
	"github.com/hostsim/hostsim/host"
	"github.com/hostsim/hostsim/scenarios/plan"
)

func init() {
	add(
		Mutant{
			Name: "dispose-twice", Bug: "every service is disposed twice",
			Clause: "HOST-DISP-001", Source: []string{"B69", "G91"},
			Fault: disposes(func(_ *handle, _ string, next func() error) error {
				if err := next(); err != nil {
					return err
				}
				return next()
			}),
		},
		Mutant{
			Name: "dispose-forgets-first", Bug: "the service that was registered first is never disposed",
			Clause: "HOST-DISP-001", Profile: "dotnet-6", Source: []string{"B69", "G126"},
			Fault: disposes(func(h *handle, name string, next func() error) error {
				if h.Index(name) == 0 {
					return nil
				}
				return next()
			}),
		},
		Mutant{
			Name: "dispose-forward", Bug: "services are disposed in the order of their construction",
			Clause: "HOST-DISP-002", Source: []string{"G86", "DSP-2"},
			Fault: disposes(func(h *handle, name string, next func() error) error {
				d, ok := mirrored(h, name).(host.Disposer)
				if !ok {
					return next()
				}
				return d.Dispose()
			}),
		},
		Mutant{
			Name: "dispose-with-stop", Bug: "every service is disposed right after its own stop",
			Clause: "HOST-DISP-003", Source: []string{"B72", "RUN-2"},
			Fault: services(func(h *handle, name string) calls {
				return calls{
					Stop: func(ctx context.Context, next call) error {
						err := next(ctx)
						if d, ok := h.Made(name).(host.Disposer); ok && h.Set("disposed "+name) {
							_ = d.Dispose()
						}
						return err
					},
					Dispose: func(next func() error) error {
						if h.Is("disposed " + name) {
							return nil
						}
						return next()
					},
				}
			}),
		},
		Mutant{
			Name: "run-failed-start-undisposed", Bug: "run returns early when the start has failed, and disposes nothing",
			Clause: "HOST-DISP-004", Profile: "dotnet-10", Source: []string{"G54", "RUN-2"},
			Fault: runs(func(h *handle, ctx context.Context) error {
				if err := h.Host().Start(ctx); err != nil {
					return err
				}
				err := h.Host().WaitForShutdown(ctx)
				if derr := h.Host().Dispose(); derr != nil {
					err = derr
				}
				return err
			}),
		},
		Mutant{
			Name: "run-disposes-detached", Bug: "run disposes the host on a thread of its own that nobody waits for",
			Clause: "HOST-DISP-005", Profile: "dotnet-10", Source: []string{"RUN-2", "G80", "G124"},
			Fault: runs(func(h *handle, ctx context.Context) error {
				err := startAndWait(h, ctx)
				h.RT.Go("dispose", func() { _ = h.Host().Dispose() })
				return err
			}),
		},
		Mutant{
			Name: "dispose-again", Bug: "a second disposal of the host disposes every service again",
			Clause: "HOST-DISP-006", Source: []string{"B71", "G93"},
			Fault: fault{Dispose: func(h *handle, next func() error) error {
				if h.Set("disposed") {
					return next()
				}
				for i := len(h.Plan.Services) - 1; i >= 0; i-- {
					if d, ok := h.Made(h.Plan.Services[i].Name).(host.Disposer); ok {
						_ = d.Dispose()
					}
				}
				return nil
			}},
		},
		Mutant{
			Name: "dispose-second-fails", Bug: "a second disposal of the host fails",
			Clause: "HOST-DISP-006", Profile: "dotnet-8", Source: []string{"B71"},
			Fault: fault{Dispose: func(h *handle, next func() error) error {
				if h.Set("disposed") {
					return next()
				}
				return host.ErrDisposed
			}},
		},
		Mutant{
			Name: "dispose-failure-swallowed", Bug: "the failure of a service's disposal is dropped",
			Clause: "HOST-DISP-007", Source: []string{"G116", "B5"},
			Fault: disposes(func(_ *handle, _ string, next func() error) error { _ = next(); return nil }),
		},
		Mutant{
			Name: "dispose-failure-ends", Bug: "the failure of one service's disposal leaves the older services undisposed",
			Clause: "HOST-DISP-008", Source: []string{"B5", "DSP-5", "G104"},
			Fault: rules(func(r *host.Rules) { r.DisposeFailure = "stops" }),
		},
		Mutant{
			Name: "dispose-failure-collected", Bug: "the failure of one service's disposal does not end the disposal, as it does in every release of .NET",
			Clause: "HOST-DISP-008", Profile: "dotnet-10", Source: []string{"B5"},
			Fault: rules(func(r *host.Rules) { r.DisposeFailure = "collected" }),
		},
		Mutant{
			Name: "run-keeps-first-failure", Bug: "run ends with the failure of the start, although the disposal has failed after it",
			Clause: "HOST-DISP-009", Profile: "dotnet-10", Source: []string{"RUN-2"},
			Fault: runs(func(h *handle, ctx context.Context) error {
				err := startAndWait(h, ctx)
				if derr := h.Host().Dispose(); err == nil {
					err = derr
				}
				return err
			}),
		},
		Mutant{
			Name: "dispose-stops", Bug: "disposing a host that was not stopped stops it first",
			Clause: "HOST-DISP-010", Source: []string{"DSP-1"},
			Fault: fault{Dispose: func(h *handle, next func() error) error {
				if !stopping(h) {
					_ = h.Host().Stop(context.Background())
				}
				return next()
			}},
		},
		Mutant{
			Name: "dispose-notifies-stopping", Bug: "disposing a host that was not stopped fires ApplicationStopping",
			Clause: "HOST-DISP-011", Source: []string{"DSP-1", "CON-4"},
			Fault: fault{Dispose: func(h *handle, next func() error) error {
				err := next()
				if !stopping(h) {
					h.Notify(appStopping)
				}
				return err
			}},
		},
		Mutant{
			Name: "wait-disposes", Bug: "waitForShutdown disposes the host when it has stopped",
			Clause: "HOST-DISP-012", Source: []string{"RUN-6"},
			Fault: fault{Wait: func(h *handle, ctx context.Context, next call) error {
				err := next(ctx)
				_ = h.Host().Dispose()
				return err
			}},
		},
		Mutant{
			Name: "dispose-does-not-cancel", Bug: "disposing a host does not cancel the bodies of background services that are still running",
			Clause: "HOST-DISP-013", Source: []string{"BGS-11", "G102"},
			Fault: workers(func(*handle, string) around {
				return around{"dispose": func(context.Context, call) error { return nil }}
			}),
		},
		Mutant{
			Name: "dispose-waits-for-body", Bug: "disposing a host waits for the bodies of background services that are still running",
			Clause: "HOST-DISP-014", Source: []string{"BGS-11", "G20"},
			Fault: workers(func(h *handle, name string) around {
				return around{
					"execute": func(ctx context.Context, next call) error { h.Set("called " + name); return next(ctx) },
					"dispose": func(ctx context.Context, next call) error {
						err := next(ctx)
						if h.Is("called " + name) {
							await(h, bodyEnd(h, name), "the body of "+name)
						}
						return err
					},
				}
			}),
		},
		Mutant{
			Name: "construct-twice", Bug: "every service is constructed twice, and the first instance forgotten",
			Clause: "HOST-DISP-015", Source: []string{"B18", "STA-5"},
			Fault: fault{New: func(_ *handle, _ string, next func() (host.Service, error)) (host.Service, error) {
				if s, err := next(); err != nil {
					return s, err
				}
				return next()
			}},
		},
		Mutant{
			Name: "construct-after-use", Bug: "a service is started on its zero value, and constructed afterwards",
			Clause: "HOST-DISP-016", Source: []string{"G49", "G48"},
			Fault: fault{New: func(h *handle, name string, next func() (host.Service, error)) (host.Service, error) {
				if kind(h, name) != plan.Hosted {
					return next()
				}
				return virtual.Wrap(h.Unmade(name), calls{Start: func(ctx context.Context, start call) error {
					err := start(ctx)
					_, _ = next()
					return err
				}}), nil
			}},
		},
		Mutant{
			Name: "construct-late", Bug: "a service is constructed right before its own start",
			Clause: "HOST-DISP-017", Source: []string{"STA-5"},
			Fault: fault{New: func(h *handle, name string, next func() (host.Service, error)) (host.Service, error) {
				if kind(h, name) != plan.Hosted {
					return next()
				}
				return virtual.Wrap(h.Unmade(name), calls{Start: func(ctx context.Context, start call) error {
					if _, err := next(); err != nil {
						return err
					}
					return start(ctx)
				}}), nil
			}},
		},
		Mutant{
			Name: "construct-at-build", Bug: "services are constructed when the host is built",
			Clause: "HOST-DISP-018", Source: []string{"STA-5", "STP-3"},
			Fault: fault{
				Build: func(h *handle, next func() error) error {
					for _, s := range h.Plan.Services {
						if _, err := h.Construct(s.Name); err != nil {
							return err
						}
					}
					return next()
				},
				New: func(h *handle, name string, _ func() (host.Service, error)) (host.Service, error) {
					return h.Made(name), nil
				},
			},
		},
		Mutant{
			Name: "construct-failure-skips", Bug: "a service that cannot be constructed is left out, and the host starts without it",
			Clause: "HOST-DISP-019", Source: []string{"G58", "STA-5"},
			Fault: fault{New: func(_ *handle, _ string, next func() (host.Service, error)) (host.Service, error) {
				s, err := next()
				if err != nil {
					return absent{}, nil
				}
				return s, nil
			}},
		},
		Mutant{
			Name: "construct-goes-on-after-failure", Bug: "when a service cannot be constructed those after it are constructed all the same",
			Clause: "HOST-DISP-020", Source: []string{"STA-5", "DSP-2"},
			Fault: fault{New: func(h *handle, name string, next func() (host.Service, error)) (host.Service, error) {
				s, err := next()
				for i := h.Index(name) + 1; err != nil && i < len(h.Plan.Services); i++ {
					_, _ = h.Construct(h.Plan.Services[i].Name)
				}
				return s, err
			}},
		},
		Mutant{
			Name: "build-twice", Bug: "a second build from one builder succeeds",
			Clause: "HOST-DISP-021", Profile: "dotnet-10", Source: []string{"BLD-1"},
			Fault: fault{Build: func(_ *handle, next func() error) error {
				if err := next(); !errors.Is(err, host.ErrBuiltTwice) {
					return err
				}
				return nil
			}},
		},
	)
}

// absent is a service that is not there.
type absent struct{}

func (absent) Start(context.Context) error { return nil }
func (absent) Stop(context.Context) error  { return nil }
