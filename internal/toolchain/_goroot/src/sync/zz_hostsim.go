package sync

import "unsafe"

// Kinds of log entry. Keep in step with the runtime.
const (
	hostsimKindLock    = 9
	hostsimKindLocked  = 10
	hostsimKindUnlock  = 11
	hostsimKindRLock   = 12
	hostsimKindRLocked = 13
	hostsimKindRUnlock = 14
	hostsimWgAdd       = 15
	hostsimWgWait      = 16
	hostsimCondWait    = 17
	hostsimCondWake    = 18
	hostsimMapOp       = 23
)

// The runtime knows the address of an RWMutex as that of its first field.
var _ [0]struct{} = [unsafe.Offsetof(RWMutex{}.w)]struct{}{}

//go:linkname hostsimLock
func hostsimLock(kind int, addr unsafe.Pointer) bool

//go:linkname hostsimLocked
func hostsimLocked(kind int, addr unsafe.Pointer)

//go:linkname hostsimUnlock
func hostsimUnlock(kind int, addr unsafe.Pointer)

//go:linkname hostsimPoint
func hostsimPoint(kind int, addr unsafe.Pointer, aux int)

// hostsimStd reports whether the caller's caller's caller belongs to the standard library.
//
//go:linkname hostsimStd
func hostsimStd() bool

//go:linkname hostsimControlled
func hostsimControlled() bool

// hostsimQuiet makes what follows no scheduling point, for 1, and ends that, for -1.
//
//go:linkname hostsimQuiet
func hostsimQuiet(d int32)

// hostsimBare reports whether p must look empty to the caller.
func hostsimBare(p *Pool) bool {
	if !hostsimControlled() {
		return false
	}
	if p.hostsimOwner == 0 {
		p.hostsimOwner = 1
		if hostsimStd() {
			p.hostsimOwner = 2
		}
	}
	return p.hostsimOwner == 1
}

func hostsimCondPoint(kind int, c *Cond) { hostsimPoint(kind, unsafe.Pointer(c), 0) }

// RLock locks rw for reading.
func (rw *RWMutex) RLock() {
	tracked := hostsimLock(hostsimKindRLock, unsafe.Pointer(rw))
	rw.hostsimRLock()
	if tracked {
		hostsimLocked(hostsimKindRLocked, unsafe.Pointer(rw))
	}
}

// TryRLock tries to lock rw for reading and reports whether it succeeded.
func (rw *RWMutex) TryRLock() bool {
	tracked := hostsimLock(hostsimKindRLock, unsafe.Pointer(rw))
	ok := rw.hostsimTryRLock()
	if tracked && ok {
		hostsimLocked(hostsimKindRLocked, unsafe.Pointer(rw))
	}
	return ok
}

// RUnlock undoes a single RLock call.
func (rw *RWMutex) RUnlock() {
	hostsimUnlock(hostsimKindRUnlock, unsafe.Pointer(rw))
	rw.hostsimRUnlock()
}

// Lock locks rw for writing. The lock inside does the tracking.
func (rw *RWMutex) Lock() { rw.hostsimLock() }

// TryLock tries to lock rw for writing and reports whether it succeeded.
func (rw *RWMutex) TryLock() bool { return rw.hostsimTryLock() }

// Unlock unlocks rw for writing.
func (rw *RWMutex) Unlock() { rw.hostsimUnlock() }

func hostsimMapPoint(m *Map) { hostsimPoint(hostsimMapOp, unsafe.Pointer(m), 0) }
