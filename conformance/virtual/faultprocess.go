package virtual

import (
	"os"

	"github.com/hostsim/hostsim/host"
)

// ProcessCalls are replacements for what the host asks of its process; nil keeps a call as it is.
type ProcessCalls struct {
	OnSignal func(sigs []os.Signal, handle func(os.Signal) bool, next func([]os.Signal, func(os.Signal) bool) func()) (remove func())
	Signal   func(s os.Signal, next func(os.Signal) bool) (cancelDefault bool) // around the host's handler
	Notify   func(state string, next func(string) error) error
	Removed  func() // when the host has taken a handler back
}

// WrapProcess puts calls around those of a process.
func WrapProcess(p host.Process, c ProcessCalls) host.Process { return &wrappedProcess{p, c} }

type wrappedProcess struct {
	host.Process
	c ProcessCalls
}

// OnSignal implements host.Process.
func (w *wrappedProcess) OnSignal(sigs []os.Signal, handle func(os.Signal) bool) (remove func()) {
	f := handle
	if w.c.Signal != nil {
		f = func(s os.Signal) bool { return w.c.Signal(s, handle) }
	}
	subscribe := w.Process.OnSignal
	if w.c.OnSignal != nil {
		subscribe = func(sigs []os.Signal, f func(os.Signal) bool) func() {
			return w.c.OnSignal(sigs, f, w.Process.OnSignal)
		}
	}
	undo := subscribe(sigs, f)
	return func() {
		undo()
		if w.c.Removed != nil {
			w.c.Removed()
		}
	}
}

// NotifyManager implements host.Process.
func (w *wrappedProcess) NotifyManager(state string) error {
	if w.c.Notify != nil {
		return w.c.Notify(state, w.Process.NotifyManager)
	}
	return w.Process.NotifyManager(state)
}
