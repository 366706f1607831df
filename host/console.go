package host

import (
	"context"
	"log/slog"
	"os"
	"syscall"

	"github.com/hostsim/hostsim/host/seam"
)

// Console is the default host lifetime: it turns SIGINT, SIGQUIT and SIGTERM into stop requests from the start of the host
// until its disposal, and logs status messages (CON-1 to CON-14).
func Console(h *Host) HostLifetime { return &console{h: h} }

// None is a host lifetime that does nothing: whoever embeds the host decides when it stops.
func None(*Host) HostLifetime { return none{} }

type none struct{}

func (none) WaitForStart(context.Context) error { return nil }
func (none) Stop(context.Context) error         { return nil }

type console struct {
	h        *Host
	remove   []func()
	signaled bool // a stop signal has come; guarded by Host.mu
}

var stopSignals = []os.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM}

// WaitForStart implements [HostLifetime].
func (c *console) WaitForStart(context.Context) error {
	h := c.h
	c.remove = make([]func(), 0, 4) // what an earlier start installed is forgotten, not removed (STA-17)
	if h.rules.StatusMessages {
		started := h.app.OnStarted(func() error {
			c.status("Application started. Press Ctrl+C to shut down.")
			h.rt.Settle() // the first message of a program takes its time
			c.status("Hosting environment: Production")
			c.status("Content root path: .")
			return nil
		})
		stopping := h.app.OnStopping(func() error { c.status("Application is shutting down..."); return nil })
		c.remove = append(c.remove, started, stopping)
	}
	if h.rules.ConsoleSignals == "signals" {
		c.remove = append(c.remove, h.proc.OnSignal(stopSignals, c.signal))
		return nil
	}
	c.remove = append(c.remove, h.proc.OnExit(c.exit), h.proc.OnSignal(stopSignals[:2], c.signal))
	return nil
}

func (c *console) status(msg string) {
	c.h.observer.HostEvent(Event{Level: slog.LevelInfo, Category: CategoryStatus, Message: msg})
}

func (c *console) signal(os.Signal) (cancelDefault bool) {
	if c.h.forcedBySignal(&c.signaled) {
		return true
	}
	c.h.rt.Enter("console lifetime", "a signal")
	defer c.h.rt.Leave()
	c.h.app.StopApplication()
	return true
}

// exit is the handler of the process's exit in the releases before 6: it stops the host and holds the exit up until the
// host is disposed (CON-5, CON-7).
func (c *console) exit() {
	h := c.h
	h.rt.Enter("console lifetime", "the process exit")
	defer h.rt.Leave()
	h.app.StopApplication()
	wait := seam.Wait{For: h.gate, Limit: seam.Forever, Holds: true, Why: "the host to be disposed"}
	if h.rules.ConsoleSignals == "exitGate" {
		h.rt.Wait(wait)
		return
	}
	first := wait
	first.Limit = h.shutdownTimeout
	if h.rt.Wait(first) == seam.TimedOut {
		c.status("Waiting for the host to be disposed. Ensure all hosts are disposed of.")
		h.rt.Wait(wait)
	}
	h.proc.SetExitCode(0)
}

// Stop implements [HostLifetime].
func (c *console) Stop(context.Context) error { return nil }

// Dispose opens the gate and removes the handlers and the status messages.
func (c *console) Dispose() error {
	c.h.gate.Set()
	if c.h.rules.Unsubscribe {
		for _, remove := range c.remove {
			remove()
		}
		c.remove = nil
	}
	return nil
}
