package host

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/hostsim/hostsim/host/seam"
)

// Infinite as a timeout means that there is none.
const Infinite time.Duration = -1

// Host owns services and their life. Make one with [New]; all methods are safe for concurrent use.
type Host struct {
	rt       seam.Runtime
	rules    *Rules
	observer Observer
	proc     Process
	app      *Lifetime
	lifetime HostLifetime
	gate     seam.Event // opened when the host lifetime is disposed

	shutdownTimeout time.Duration
	startupTimeout  time.Duration
	patience        time.Duration
	concurrentStart bool
	concurrentStop  bool
	ignoreFaults    bool
	regs            []registration

	mu          sync.Mutex
	services    []*entry
	constructed []*entry // what was made, also by a construction that failed half-way
	startDone   seam.Event
	hurry       seam.Event // of the same start: somebody who stops the host meanwhile has no time left
	resolved    bool       // services holds every registered service
	starting    bool
	ran         bool // Start was called
	unasked     bool // a call of the start ended cancelled although nobody had cancelled its token
	cutShort    bool // the start ended early for no other reason than a stop request, and that counts as graceful
	stopCalls   int
	stopDone    seam.Event
	stopErr     error
	force       *seam.Source // cancels the stop that is under way
	faults      []error      // failures of background services that Run reports
	disposed    bool
}

// New makes a host. Services are constructed when it starts, not here. Without options it has no services, the rules of
// the strict profile, a console lifetime, and reports to slog's default logger.
func New(options ...Option) (*Host, error) {
	c := config{startupTimeout: Infinite, patience: 100 * time.Millisecond}
	for _, o := range options {
		if err := o(&c); err != nil {
			return nil, err
		}
	}
	if c.rules == nil {
		if err := WithProfile("strict")(&c); err != nil {
			return nil, err
		}
	}
	if c.rt == nil {
		c.rt = seam.NewReal(nil)
	}
	if c.observer == nil {
		c.observer = Slog{slog.Default()}
	}
	if c.proc == nil {
		c.proc = OSProcess()
	}
	h := &Host{
		rt: c.rt, rules: c.rules, observer: c.observer, proc: c.proc, regs: c.regs,
		startupTimeout: c.startupTimeout, patience: c.patience, ignoreFaults: c.ignoreFaults,
		concurrentStart: c.concurrentStart, concurrentStop: c.concurrentStop,
		shutdownTimeout: c.rules.ShutdownTimeout,
	}
	c.settings(h)
	h.gate = h.rt.NewEvent("the disposal of the host lifetime")
	h.rt.Promise(h.gate, "who built the host disposes it")
	h.app = newLifetime(h)
	if c.lifetime == nil {
		c.lifetime = Console
	}
	h.lifetime = c.lifetime(h)
	return h, nil
}

// Lifetime gives the notifications of the application's life, and the stop request.
func (h *Host) Lifetime() *Lifetime { return h.app }

// StopApplication requests that the application stop. See [Lifetime.StopApplication].
func (h *Host) StopApplication() { h.app.StopApplication() }

// Run starts the host, waits for a stop request, stops the host and disposes it (RUN-1). A cancellation of ctx while the
// host starts cancels the start; later it is a stop request like any other (RUN-3). The host is disposed on every path,
// and an error of that replaces any other (RUN-2).
func (h *Host) Run(ctx context.Context) (err error) {
	h.rt.Promise(h.gate, "host.Run disposes the host when it ends")
	defer func() {
		if h.unwinding(recover()) {
			return
		}
		if derr := h.Dispose(); derr != nil {
			err = derr
		}
	}()
	if err := h.Start(ctx); err != nil {
		if !h.cutShort || errors.Is(err, ErrStartedTwice) {
			return err
		}
	}
	return h.WaitForShutdown(ctx)
}

// unwinding hands a recovered panic on: as the runtime's own, or as it was. It reports false if there was none.
func (h *Host) unwinding(r any) bool {
	if r == nil {
		return false
	}
	h.rt.Repanic(r)
	panic(r)
}

// WaitForShutdown waits for a stop request, or for the cancellation of ctx, which it makes into one, and then stops the
// host under the shutdown timeout (RUN-4). It does not dispose the host (RUN-6).
func (h *Host) WaitForShutdown(ctx context.Context) error {
	h.mu.Lock()
	disposed := h.disposed
	h.mu.Unlock()
	if disposed {
		return ErrDisposed
	}
	requested := h.rt.NewEvent("a stop request")
	remove := onCancel(ctx, func() error { h.app.StopApplication(); return nil })
	defer remove()
	defer h.app.stopping.OnCancel(func() error { requested.Set(); return nil })()
	h.rt.Enter("host", "waitForShutdown")
	h.rt.Wait(seam.Wait{For: requested, Limit: seam.Forever, Elsewhere: true, Why: "a stop request"})
	h.rt.Leave()
	return h.Stop(context.Background())
}

// onCancel registers f on any context: synchronously on the host's own, through context.AfterFunc on others.
func onCancel(ctx context.Context, f func() error) (remove func()) {
	if c := seam.CancellerOf(ctx); c != nil {
		return c.OnCancel(f)
	}
	if ctx.Done() == nil {
		return func() {}
	}
	stop := context.AfterFunc(ctx, func() { _ = f() })
	return func() { stop() }
}
