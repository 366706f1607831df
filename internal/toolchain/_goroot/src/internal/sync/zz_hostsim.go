package sync

import "unsafe"

// Kinds of log entry. Keep in step with the runtime.
const (
	hostsimKindLock   = 9
	hostsimKindLocked = 10
	hostsimKindUnlock = 11
)

//go:linkname hostsimLock
func hostsimLock(kind int, addr unsafe.Pointer) bool

//go:linkname hostsimLocked
func hostsimLocked(kind int, addr unsafe.Pointer)

//go:linkname hostsimUnlock
func hostsimUnlock(kind int, addr unsafe.Pointer)

// Lock locks m. See package [sync.Mutex].
func (m *Mutex) Lock() {
	tracked := hostsimLock(hostsimKindLock, unsafe.Pointer(m))
	m.hostsimLock()
	if tracked {
		hostsimLocked(hostsimKindLocked, unsafe.Pointer(m))
	}
}

// TryLock tries to lock m and reports whether it succeeded. See package [sync.Mutex].
func (m *Mutex) TryLock() bool {
	tracked := hostsimLock(hostsimKindLock, unsafe.Pointer(m))
	ok := m.hostsimTryLock()
	if tracked && ok {
		hostsimLocked(hostsimKindLocked, unsafe.Pointer(m))
	}
	return ok
}

// Unlock unlocks m. See package [sync.Mutex].
func (m *Mutex) Unlock() {
	hostsimUnlock(hostsimKindUnlock, unsafe.Pointer(m))
	m.hostsimUnlock()
}

// hostsimSeed seeds hash tables: constant, so that an order that hangs on it is the same in every process.
func hostsimSeed() uint64 { return 0x9e3779b97f4a7c15 }
