package mutants

import (
	"context"
	"errors"
	"os"

	"github.com/hostsim/hostsim/host"
	"github.com/hostsim/hostsim/host/seam"
)

// The mutants of this file are races: in the default schedule nobody is held up between two steps, and they behave well.

// gap is a moment between two steps at which others may go on: the host writes a line to its log, under the log's lock.
func gap(h *handle) {
	log := h.Mutex("the lock of the log")
	log.Lock()
	log.Unlock() //nolint:staticcheck // the lock is all there is to see of the line
}

func init() {
	add(
		Mutant{
			Name: "race-relay-lock", Bug: "when the stop is over run holds the lock of the signal relay and waits for the relay to finish, which needs that lock",
			Clause: "HOST-STOP-028", Source: []string{"MU22", "G02"}, Profile: "dotnet-10", Race: true, Explore: "two-signals-at-once",
			Fault: fault{
				Process: signals(func(h *handle, s os.Signal, next func(os.Signal) bool) bool {
					idle := h.RT.NewEvent("the signal relay is idle")
					h.State["relay"] = idle
					h.RT.Promise(idle, "the signal relay goes on")
					receivers := h.Mutex("the lock of the receivers")
					receivers.Lock()
					cancel := next(s)
					receivers.Unlock()
					idle.Set()
					return cancel
				}).Process,
				Run: func(h *handle, ctx context.Context, next call) error {
					err := next(ctx)
					receivers := h.Mutex("the lock of the receivers")
					receivers.Lock()
					defer receivers.Unlock()
					if idle, ok := h.State["relay"].(seam.Event); ok {
						h.RT.Wait(seam.Wait{For: idle, Limit: seam.Forever, Holds: true, Why: "the signal relay to finish"})
					}
					return err
				},
			},
		},
		Mutant{
			Name: "race-lock-order", Bug: "a signal takes the lock of the signals and then that of the state, a stop request takes them the other way round",
			Clause: "HOST-LIFE-014", Source: []string{"MU22", "G13"}, Race: true, Explore: "signal-meets-request",
			Fault: fault{
				Process: signals(func(h *handle, s os.Signal, next func(os.Signal) bool) bool {
					inside(h, "the lock of the signals", "the lock of the state")
					return next(s)
				}).Process,
				StopApplication: func(h *handle, next func()) {
					inside(h, "the lock of the state", "the lock of the signals")
					next()
				},
			},
		},
		Mutant{
			Name: "race-request-checked-then-set", Bug: "whether a stop was requested is checked and set in two steps, so that two requests both notify the application",
			Clause: "HOST-LIFE-007", Source: []string{"MU23", "G92"}, Race: true, Explore: "two-requests-at-once",
			Fault: fault{StopApplication: func(h *handle, next func()) {
				if h.Is("requested") || stopping(h) {
					next()
					return
				}
				gap(h)
				if !h.Set("requested") {
					h.Notify(appStopping)
				}
				next()
			}},
		},
		Mutant{
			Name: "race-double-close", Bug: "two stop requests both close the channel of the stop when they find it open; the second close panics, and run fails with that",
			Clause: "HOST-EXIT-002", Source: []string{"MU23", "G91", "G93"}, Race: true, Explore: "two-requests-at-once",
			Fault: fault{
				Run: func(h *handle, ctx context.Context, next call) error {
					err := next(ctx)
					if h.Is("panic") {
						return errors.New("panic: close of closed channel")
					}
					return err
				},
				StopApplication: func(h *handle, next func()) { closeStop(h); next() },
			},
		},
		Mutant{
			Name: "race-request-before-wait", Bug: "run looks whether a stop was requested and then registers its wait, and a request between the two is lost",
			Clause: "HOST-STOP-014", Source: []string{"MU19", "G05", "G23", "G35"}, Race: true, Explore: "request-as-the-start-ends",
			Fault: fault{
				Observer: func(h *handle, e host.Event, next func(host.Event)) {
					next(e)
					if own(e, host.EventStarted) {
						h.Set("looked")
						gap(h)
						h.Set("waits")
					}
				},
				StopApplication: func(h *handle, next func()) {
					if h.Is("looked") && !h.Is("waits") {
						return // nobody is registered who could be told
					}
					next()
				},
			},
		},
		Mutant{
			Name: "race-result-before-written", Bug: "the helper that runs the host says that it is done before it has written the result",
			Clause: "HOST-STOP-011", Source: []string{"MU38", "G05", "G67"}, Race: true, Explore: "one-stop-fails",
			Fault: fault{Run: func(h *handle, ctx context.Context, next call) error {
				var result error
				done := h.RT.NewEvent("the end of the helper")
				h.RT.Call("helper", func() {
					err := next(ctx)
					done.Set()
					gap(h)
					result = err
				})
				h.RT.Wait(seam.Wait{For: done, Limit: seam.Forever, Elsewhere: true, Why: "the end of the helper"})
				return result
			}},
		},
		Mutant{
			Name: "race-counted-inside", Bug: "each stop runs on a thread of its own that counts itself only when it has begun, so that the wait for all of them may find none",
			Clause: "HOST-STOP-009", Source: []string{"MU15", "G80", "G71"}, Race: true, Explore: "request-as-the-start-ends",
			Fault: stops(func(h *handle, name string, ctx context.Context, next call) error {
				running := false
				var err error
				done := h.RT.NewEvent("the stop of " + name)
				h.RT.Go(name+" stop", func() {
					running = true
					err = next(ctx)
					done.Set()
				})
				h.RT.Yield()
				if running {
					await(h, done, "the stop of "+name)
				}
				return err
			}),
		},
		Mutant{
			Name: "race-last-log-line", Bug: "the host's events are written by a helper that the end of the process may overtake, and the last one is lost",
			Clause: "HOST-LOG-006", Source: []string{"MU40", "G117", "G118"}, Race: true, Explore: "sigterm",
			Fault: logs(func(h *handle, e host.Event, next func(host.Event)) {
				if own(e, host.EventStopped) {
					h.RT.Go("log helper", func() { next(e) })
					return
				}
				next(e)
			}),
		},
		Mutant{
			Name: "race-worker-cancel-unset", Bug: "the means to cancel a body is published by a helper, and a stop before that cancels nothing",
			Clause: "HOST-BG-004", Source: []string{"G57", "MU08", "G48"}, Race: true, Explore: "stopped-as-it-starts",
			Fault: workers(func(h *handle, name string) around {
				published, missed := "published "+name, "missed "+name
				return around{
					"execute": func(ctx context.Context, next call) error {
						h.Set("called " + name)
						h.RT.Go(name+" helper", func() { gap(h); h.Set(published) })
						return next(guarded(h, ctx, func() bool { return !h.Is(missed) }))
					},
					"stop": func(ctx context.Context, next call) error {
						if h.Is("called "+name) && !h.Is(published) {
							h.Set(missed)
						}
						return next(ctx)
					},
				}
			}),
		},
	)
}

// inside takes two locks, one inside the other, and lets go of them.
func inside(h *handle, outer, inner string) {
	a, b := h.Mutex(outer), h.Mutex(inner)
	a.Lock()
	defer a.Unlock()
	b.Lock()
	defer b.Unlock()
}

// closeStop closes the channel of the stop, if it finds it open.
func closeStop(h *handle) {
	if h.Is("closed") {
		return
	}
	gap(h)
	if !h.Set("closed") {
		h.Set("panic")
	}
}
