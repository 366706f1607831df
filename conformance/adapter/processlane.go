package adapter

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"time"

	"github.com/hostsim/hostsim/conformance/protocol"
	"github.com/hostsim/hostsim/host/seam"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// processLane is the real process: its events go to the stream as they happen, its signals and its exit are real.
type processLane struct {
	sockets
	out   *protocol.Writer
	began time.Time

	mu    sync.Mutex
	code  int
	ended bool // the plan has ended; in a process that plays others after it
}

func newProcessLane(out *protocol.Writer, dir string) *processLane {
	l := &processLane{out: out, began: time.Now()}
	l.sockets = sockets{dir: dir, emit: l.Emit, listening: func(address, real string) {
		l.mu.Lock()
		defer l.mu.Unlock()
		if !l.ended {
			_ = out.Listening(address, real)
		}
	}}
	return l
}

// Emit writes an event. An error of the stream is of no use to the program under test: hostsim sees it.
func (l *processLane) Emit(e trace.Event) {
	l.mu.Lock() // times in the order of the lines
	defer l.mu.Unlock()
	if l.ended {
		return
	}
	e.At = time.Since(l.began).Truncate(time.Microsecond)
	_ = l.out.Event(e)
}

// end writes the end of the plan. Nothing follows it: a real process would be gone, and with it what a host gave up and left to
// itself.
func (l *processLane) end(e trace.Ending) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	_ = l.out.End(e)
}

func (l *processLane) virtual() bool { return false }

func (l *processLane) runtime() seam.Runtime { return seam.NewReal(nil) }

// over is nil: when a real process ends, nobody is left to see it.
func (l *processLane) over() <-chan struct{} { return nil }

func (l *processLane) ready() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.ended {
		_ = l.out.Ready()
	}
}

// Exit ends the process at once, as os.Exit does.
func (l *processLane) Exit(code int) {
	l.Emit(trace.Event{Who: trace.Process, What: "exit", Phase: trace.Begin, Detail: trace.Number(code)})
	os.Exit(code)
}

// Abort ends the process as a panic in a goroutine does.
func (l *processLane) Abort() { os.Exit(2) }

func (l *processLane) ExitCode() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.code
}

func (l *processLane) SetExitCode(code int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.code = code
}

// CancelledDelay says that in Go whoever waits goes on in a goroutine of its own.
func (l *processLane) CancelledDelay() string { return "pool" }

func (l *processLane) Raise(name string) { raise(name) }

func (l *processLane) signals(sigs []os.Signal) (<-chan os.Signal, func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, sigs...)
	return c, func() { signal.Stop(c) }
}

func (l *processLane) notifyContext(ctx context.Context, sigs []os.Signal) (context.Context, context.CancelFunc) {
	return signal.NotifyContext(ctx, sigs...)
}
