package os

import (
	"syscall"
	_ "unsafe" // for linkname
)

const (
	hostsimNoteFile    = 1
	hostsimNoteProcess = 2
)

//go:linkname hostsimNote
func hostsimNote(bit uint32)

// hostsimExit ends the simulated process if the caller is in a controlled bubble, and then does not return.
//
//go:linkname hostsimExit
func hostsimExit(code int)

//go:linkname hostsimControlled
func hostsimControlled() bool

// hostsimSelf takes a signal that a controlled bubble sends to its own process.
func hostsimSelf(p *Process, sig Signal) (bool, error) {
	if p == nil || p.Pid != syscall.Getpid() || !hostsimControlled() {
		return false, nil
	}
	s, ok := sig.(syscall.Signal)
	if !ok {
		return false, nil
	}
	return true, syscall.Kill(p.Pid, s)
}
