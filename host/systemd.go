package host

import (
	"context"
	"log/slog"
	"os"
	"syscall"

	"github.com/hostsim/hostsim/host/seam"
)

// Systemd is the host lifetime for a service of systemd: it reports READY=1 when every service has started and STOPPING=1
// when a stop is requested, and turns SIGTERM, and no other signal, into a stop request (SYS-3, SYS-4). If a start fails,
// READY=1 is never sent. A notification that cannot be sent is logged like any failure of a callback.
func Systemd(h *Host) HostLifetime { return &systemd{h: h} }

type systemd struct {
	h        *Host
	remove   []func()
	signaled bool // SIGTERM has come; guarded by Host.mu
}

// WaitForStart implements [HostLifetime].
func (s *systemd) WaitForStart(context.Context) error {
	h := s.h
	s.remove = []func(){
		h.app.OnStarted(func() error {
			s.status("Application started. Hosting environment: Production; Content root path: .")
			return h.proc.NotifyManager("READY=1")
		}),
		h.app.OnStopping(func() error {
			s.status("Application is shutting down...")
			return h.proc.NotifyManager("STOPPING=1")
		}),
	}
	if h.rules.ConsoleSignals == "signals" {
		s.remove = append(s.remove, h.proc.OnSignal([]os.Signal{syscall.SIGTERM}, s.signal))
	} else {
		s.remove = append(s.remove, h.proc.OnExit(s.exit))
	}
	return nil
}

func (s *systemd) signal(os.Signal) (cancelDefault bool) {
	if !s.h.forcedBySignal(&s.signaled) {
		s.h.app.StopApplication()
	}
	return true
}

// exit is the handler of the process's exit in the releases before 6: it waits for the disposal without limit and without
// a hint, and then the process ends with code 0 (SYS-4).
func (s *systemd) exit() {
	h := s.h
	h.rt.Enter("systemd lifetime", "the process exit")
	defer h.rt.Leave()
	h.app.StopApplication()
	h.rt.Wait(seam.Wait{For: h.gate, Limit: seam.Forever, Holds: true, Why: "the host to be disposed"})
	h.proc.SetExitCode(0)
}

func (s *systemd) status(msg string) {
	if s.h.rules.StatusMessages {
		s.h.observer.HostEvent(Event{Level: slog.LevelInfo, Category: CategoryStatus, Message: msg})
	}
}

// Stop implements [HostLifetime].
func (s *systemd) Stop(context.Context) error { return nil }

// Dispose lets a process exit go on and removes the handler and the callbacks.
func (s *systemd) Dispose() error {
	s.h.gate.Set()
	for _, remove := range s.remove {
		remove()
	}
	return nil
}
