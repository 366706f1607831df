package host

import (
	"context"
	"log/slog"

	"github.com/hostsim/hostsim/host/seam"
)

// Lifetime is the application's life: three one-shot notifications and the stop request. Callbacks run synchronously on
// the thread that notifies, newest first, each whatever the others did; what they return is logged and changes nothing
// (APL-3). A callback that is registered after its notification runs at once.
type Lifetime struct {
	h        *Host
	started  *seam.Source
	stopping *seam.Source
	stopped  *seam.Source
	lock     seam.Mutex // held while Stopping callbacks run
}

func newLifetime(h *Host) *Lifetime {
	bg := context.Background()
	return &Lifetime{
		h:        h,
		started:  seam.NewSource(h.rt, bg),
		stopping: seam.NewSource(h.rt, bg),
		stopped:  seam.NewSource(h.rt, bg),
		lock:     h.rt.NewMutex("the lock of StopApplication"),
	}
}

// Started is cancelled when every service has started.
func (l *Lifetime) Started() context.Context { return l.started }

// Stopping is cancelled when a stop is requested.
func (l *Lifetime) Stopping() context.Context { return l.stopping }

// Stopped is cancelled when every service has stopped.
func (l *Lifetime) Stopped() context.Context { return l.stopped }

// OnStarted registers a callback of Started; the returned function takes it back.
func (l *Lifetime) OnStarted(f func() error) (remove func()) { return l.started.OnCancel(f) }

// OnStopping registers a callback of Stopping. The first Stop of a service comes after all of them have returned, or,
// where the rules bound them, at the shutdown deadline.
func (l *Lifetime) OnStopping(f func() error) (remove func()) { return l.stopping.OnCancel(f) }

// OnStopped registers a callback of Stopped.
func (l *Lifetime) OnStopped(f func() error) (remove func()) { return l.stopped.OnCancel(f) }

// StopApplication requests that the application stop. It is idempotent, and returns when the Stopping callbacks have
// run; inside one of them it returns at once. Whether a second caller waits for the first one's callbacks is a rule
// (secondStopRequest, APL-2). It stops no service itself: somebody must be in Run, or call Stop (APL-4).
func (l *Lifetime) StopApplication() {
	if l.h.rules.SecondStopRequest == "returns" && l.stopping.Cancelled() {
		return
	}
	l.lock.Lock()
	defer l.lock.Unlock()
	l.notify(l.stopping, EventStoppingCallback, "a callback of Stopping failed")
}

// await makes the request if nobody has, and returns when every Stopping callback has run.
func (l *Lifetime) await() {
	l.lock.Lock()
	defer l.lock.Unlock()
	l.notify(l.stopping, EventStoppingCallback, "a callback of Stopping failed")
}

func (l *Lifetime) notifyStarted() {
	l.notify(l.started, EventStartedCallback, "a callback of Started failed")
}

func (l *Lifetime) notifyStopped() {
	l.notify(l.stopped, EventStoppedCallback, "a callback of Stopped failed")
}

func (l *Lifetime) notify(s *seam.Source, id int, msg string) {
	if err := s.Cancel(); err != nil {
		l.h.observer.HostEvent(Event{Level: LevelCritical, Category: CategoryCallback, ID: id, Message: msg, Err: err})
	}
}

// level of ordinary host events.
const debug = slog.LevelDebug
