package legal

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"

	"github.com/hostsim/hostsim/conformance/adapter"
)

// Actor is a host in the style of actors: one goroutine owns all state and reacts to messages, every service is driven by
// a goroutine of its own that gets one order at a time and reports when it is done.
func Actor() adapter.Implementation {
	return adapter.Implementation{
		Name: "actor", Version: "1", Profile: "core", Features: features, Virtual: true, Reuse: true,
		New: func(app *adapter.App) (adapter.Host, error) {
			h := &actorHost{app: app, mail: make(chan message, 64)}
			app.OnStopRequest(func() { h.tell(message{kind: stopRequest}) })
			app.OnExecuteFailed(func(_ *adapter.Service, err error) { h.tell(message{kind: workFailed, err: err}) })
			return h, nil
		},
	}
}

type kind int

const (
	stopRequest kind = iota
	started
	workFailed
	stopped
)

type message struct {
	kind kind
	err  error
}

type actorHost struct {
	app  *adapter.App
	mail chan message

	// Owned by the goroutine that is in Run.
	actors   []chan func()
	up       int  // services that have started
	busy     bool // an order is being carried out
	stopping bool // a stop was requested, or something failed
	errs     []error
	startCtx context.Context
	endStart context.CancelFunc
	stopCtx  context.Context
	endStop  context.CancelFunc
}

// tell never blocks for long: the host reads its mail until the last service has stopped, and later mail is of no interest.
func (h *actorHost) tell(m message) {
	select {
	case h.mail <- m:
	default:
	}
}

// Run implements adapter.Host.
func (h *actorHost) Run(ctx context.Context) error {
	signals, release := h.app.Signals(os.Interrupt, syscall.SIGTERM)
	defer release()
	for range h.app.Services() {
		orders := make(chan func())
		h.actors = append(h.actors, orders)
		go func() {
			for do := range orders {
				do()
			}
		}()
		defer close(orders)
	}
	h.startCtx, h.endStart = context.WithCancel(context.Background())
	defer h.endStart()
	if len(h.actors) == 0 && len(h.mail) == 0 { // nothing has to start, and nobody wants it to stop
		_ = h.app.Started()
	}
	cancelled := ctx.Done()
	for h.advance() {
		select {
		case m := <-h.mail:
			h.react(m)
		case <-signals:
			h.react(message{kind: stopRequest})
		case <-cancelled:
			cancelled = nil
			h.react(message{kind: stopRequest})
		}
	}
	_ = h.app.Stopped()
	h.endStop()
	return errors.Join(h.errs...)
}

// advance gives the next order, if it is time for one; false when nothing is left to do.
func (h *actorHost) advance() bool {
	services := h.app.Services()
	switch {
	case h.busy:
	case !h.stopping && h.stopCtx == nil && h.up < len(services):
		s := services[h.up]
		h.order(h.up, started, func() error { return s.Start(h.startCtx) })
	case h.stopping && h.stopCtx == nil:
		_ = h.app.Stopping()
		h.stopCtx, h.endStop = context.WithTimeout(context.Background(), h.app.ShutdownTimeout(30*time.Second))
		return h.advance()
	case h.stopping && h.up == 0:
		return false
	case h.stopping:
		s := services[h.up-1]
		h.order(h.up-1, stopped, func() error { return s.Stop(h.stopCtx) })
	}
	return true
}

func (h *actorHost) order(actor int, report kind, call func() error) {
	h.busy = true
	h.actors[actor] <- func() { h.mail <- message{report, call()} }
}

func (h *actorHost) react(m message) {
	switch m.kind {
	case stopRequest:
		h.stopping = true
		if h.up < len(h.app.Services()) && h.stopCtx == nil {
			h.endStart() // a start that is under way learns of it
		}
	case workFailed:
		h.errs = append(h.errs, m.err)
		h.stopping = true
	case started:
		h.busy = false
		switch {
		case m.err == nil:
			if h.up++; h.up == len(h.app.Services()) && !h.stopping {
				_ = h.app.Started()
			}
		case h.stopping: // it noticed the stop request
		default:
			h.errs = append(h.errs, m.err)
			h.stopping = true
		}
	case stopped:
		h.busy = false
		h.up--
		if m.err != nil {
			h.errs = append(h.errs, m.err)
		}
	}
}
