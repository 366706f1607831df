package adapter

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/hostsim/hostsim/host/seam"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

var errNoSockets = errors.New("no sockets in the virtual lane")

// virtualLane is a simulated process in a bubble: its events carry virtual time, its signals come from the plan, its exit ends
// the bubble. It is made inside the bubble.
type virtualLane struct {
	rec   *recorder
	began time.Time

	controlled bool // see scheduled

	mu      sync.Mutex
	most    int // events
	count   int
	waiting []plan.Stimulus
	subs    []*subscription
	code    int
	ended   bool
	done    chan struct{} // closed when the process has ended
}

type subscription struct {
	sigs []os.Signal // empty: all
	c    chan os.Signal
}

func newVirtualLane(p *plan.Plan, rec *recorder) *virtualLane {
	return &virtualLane{rec: rec, began: time.Now(), most: 20_000 + 100*len(p.Services), waiting: slices.Clone(p.Signals), done: make(chan struct{})}
}

func (l *virtualLane) runtime() seam.Runtime { return &mortal{seam.NewReal(nil), l.done} }

func (l *virtualLane) over() <-chan struct{} {
	if l.controlled { // nobody goes on after the end
		return nil
	}
	return l.done
}

// quietly makes what the lane does for itself no scheduling point, until the function that it gives is called.
func (l *virtualLane) quietly() func() {
	if !l.controlled {
		return func() {}
	}
	controlQuiet(1)
	return func() { controlQuiet(-1) }
}

func (l *virtualLane) virtual() bool { return true }

func (l *virtualLane) ready() {}

// Emit writes an event; what waits for it becomes due. After the end of the process it ends the goroutine that calls it.
func (l *virtualLane) Emit(e trace.Event) {
	l.mu.Lock()
	aloud := l.quietly()
	ended := l.ended
	l.emit(e)
	aloud()
	l.mu.Unlock()
	if ended {
		runtime.Goexit()
	}
}

func (l *virtualLane) emit(e trace.Event) {
	if l.ended {
		return
	}
	if l.count++; l.count > l.most {
		l.finish(trace.Ending{Kind: trace.Killed, Reason: fmt.Sprintf("it still goes on after %d events", l.most)})
		return
	}
	e.At = time.Since(l.began)
	l.rec.write(e)
	short := e.Who + "." + e.What
	long := short + "." + e.Phase.String()
	keep := l.waiting[:0]
	for _, s := range l.waiting {
		if s.After != short && s.After != long {
			keep = append(keep, s)
			continue
		}
		go l.stimulus(s)
	}
	l.waiting = keep
}

// stimulus is a signal from outside whose event has come.
func (l *virtualLane) stimulus(s plan.Stimulus) {
	t := time.NewTimer(s.Wait)
	defer t.Stop()
	select {
	case <-t.C:
		l.deliver(s.Send, true)
	case <-l.done:
	}
}

// deliver is a signal that reaches the process: those who registered for it get it, else it does what it does by default.
func (l *virtualLane) deliver(name string, outside bool) {
	if l.controlled {
		if outside {
			l.Emit(trace.Event{Who: trace.Signal, What: name})
		}
		raise(name)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if outside && !l.ended {
		l.emit(trace.Event{Who: trace.Signal, What: name})
	}
	sig, taken := signalNames[name], false
	for _, s := range l.subs {
		if name != "SIGKILL" && (len(s.sigs) == 0 || slices.Contains(s.sigs, sig)) {
			taken = true
			select {
			case s.c <- sig:
			default: // as package signal does
			}
		}
	}
	if !taken {
		l.finish(trace.Ending{Kind: trace.Signaled, Signal: name})
	}
}

// finish ends the process; the first end counts. The caller holds the lock.
func (l *virtualLane) finish(e trace.Ending) {
	if l.ended {
		return
	}
	l.ended = true
	if l.controlled {
		controlQuiet(1)
		l.rec.finish(e)
		controlGiveUp(e.Kind == trace.HangEnd) // does not return
	}
	l.rec.finish(e)
	close(l.done)
	for _, s := range l.subs { // so that who waits for a signal comes back, and is unwound
		select {
		case s.c <- os.Interrupt:
		default:
		}
	}
}

func (l *virtualLane) returned(code int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.finish(trace.Ending{Kind: trace.Exited, Code: code})
}

// Exit ends the simulated process, and the goroutine that calls it.
func (l *virtualLane) Exit(code int) {
	l.mu.Lock()
	l.emit(trace.Event{Who: trace.Process, What: "exit", Phase: trace.Begin, Detail: trace.Number(code)})
	l.finish(trace.Ending{Kind: trace.Exited, Code: code})
	l.mu.Unlock()
	runtime.Goexit()
}

// Abort ends the simulated process as a panic does.
func (l *virtualLane) Abort() {
	l.returned(2)
	runtime.Goexit()
}

func (l *virtualLane) ExitCode() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.code
}

func (l *virtualLane) SetExitCode(code int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.code = code
}

func (l *virtualLane) CancelledDelay() string { return "pool" }

func (l *virtualLane) Raise(name string) { l.deliver(name, false) }

func (l *virtualLane) signals(sigs []os.Signal) (<-chan os.Signal, func()) {
	s := &subscription{sigs, make(chan os.Signal, 1)}
	if l.controlled {
		signal.Notify(s.c, sigs...)
		return s.c, func() { signal.Stop(s.c) }
	}
	l.mu.Lock()
	l.subs = append(l.subs, s)
	l.mu.Unlock()
	return s.c, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.subs = slices.DeleteFunc(l.subs, func(o *subscription) bool { return o == s })
	}
}

func (l *virtualLane) notifyContext(parent context.Context, sigs []os.Signal) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(parent)
	c, release := l.signals(sigs)
	go func() {
		select {
		case <-c:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		cancel()
		release()
	}
}

// The steps for sockets are refused before a plan is played, see unsupported.

func (l *virtualLane) Listen(_, _, _ string) error                 { return errNoSockets }
func (l *virtualLane) CloseListener(_, _ string) error             { return errNoSockets }
func (l *virtualLane) Accept(_ context.Context, _, _ string) error { return errNoSockets }
func (l *virtualLane) Drain(_ context.Context, _, _ string) error  { return errNoSockets }
func (l *virtualLane) Dial(_, _ string) error                      { return errNoSockets }
func (l *virtualLane) RemoveFile(_, _ string) error                { return errNoSockets }
