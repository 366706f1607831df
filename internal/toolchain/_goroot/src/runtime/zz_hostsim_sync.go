// Package runtime, the part that hostsim adds: what package sync and its kind tell the runtime.

package runtime

import (
	"unsafe"
)

// hsLock is called when a goroutine enters a lock. It reports whether the lock is to be tracked.
func hsLock(kind int, addr uintptr) bool {
	if !hsHere() {
		return false
	}
	if hs.log {
		hsEvent(kind, addr, 0)
	}
	hsYield(false)
	getg().hostsim.want = addr
	return true
}

func hsLocked(kind int, addr uintptr) {
	if !hsHere() {
		return
	}
	if kind == hsLogRLocked {
		hsHold(addr+1, 1)
	} else {
		hsHold(addr, 1)
	}
	if hs.log {
		hsEvent(kind, addr, 0)
	}
}

func hsUnlock(kind int, addr uintptr) {
	if !hsHere() {
		return
	}
	if kind == hsLogRUnlock {
		hsHold(addr+1, -1)
	} else {
		hsHold(addr, -1)
	}
	if hs.log {
		hsEvent(kind, addr, 0)
	}
}

func hsHold(addr uintptr, d int32) {
	i := uint32(hsMix(uint64(addr))) % hsHeldSize
	var free *hsHeldLock
	var at uint32
	for range 16 {
		h := &hs.held[i]
		if h.addr == addr {
			h.count = max(h.count+d, 0)
			return
		}
		if free == nil && h.count == 0 {
			free, at = h, i
		}
		if h.addr == 0 {
			break
		}
		i = (i + 1) % hsHeldSize
	}
	if d > 0 && free != nil {
		if free.addr == 0 {
			if hs.ntake < hsHeldTaken {
				hs.taken[hs.ntake] = uint16(at)
			}
			hs.ntake++
		}
		free.addr, free.count = addr, d
	}
}

// hsForgetHeld forgets the locks of an earlier run.
func hsForgetHeld() {
	if hs.ntake > hsHeldTaken {
		clear(hs.held[:])
	} else {
		for _, i := range hs.taken[:hs.ntake] {
			hs.held[i] = hsHeldLock{}
		}
	}
	hs.ntake = 0
}

func hsHolds(addr uintptr) bool {
	i := uint32(hsMix(uint64(addr))) % hsHeldSize
	for range 16 {
		h := &hs.held[i]
		if h.addr == addr {
			return h.count > 0
		}
		if h.addr == 0 {
			return false
		}
		i = (i + 1) % hsHeldSize
	}
	return true
}

//go:linkname hsSyncLock internal/sync.hostsimLock
func hsSyncLock(kind int, addr unsafe.Pointer) bool { return hs.on && hsLock(kind, uintptr(addr)) }

//go:linkname hsSyncLocked internal/sync.hostsimLocked
func hsSyncLocked(kind int, addr unsafe.Pointer) {
	if hs.on {
		hsLocked(kind, uintptr(addr))
	}
}

//go:linkname hsSyncUnlock internal/sync.hostsimUnlock
func hsSyncUnlock(kind int, addr unsafe.Pointer) {
	if hs.on {
		hsUnlock(kind, uintptr(addr))
	}
}

//go:linkname hsSync2Lock sync.hostsimLock
func hsSync2Lock(kind int, addr unsafe.Pointer) bool { return hs.on && hsLock(kind, uintptr(addr)) }

//go:linkname hsSync2Locked sync.hostsimLocked
func hsSync2Locked(kind int, addr unsafe.Pointer) {
	if hs.on {
		hsLocked(kind, uintptr(addr))
	}
}

//go:linkname hsSync2Unlock sync.hostsimUnlock
func hsSync2Unlock(kind int, addr unsafe.Pointer) {
	if hs.on {
		hsUnlock(kind, uintptr(addr))
	}
}

//go:linkname hsSyncPoint sync.hostsimPoint
func hsSyncPoint(kind int, addr unsafe.Pointer, aux int) {
	if !hs.on || !hsHere() {
		return
	}
	if hs.log {
		hsEvent(kind, uintptr(addr), uintptr(aux))
	}
	hsYield(false)
}

//go:linkname hsRandControlled math/rand.hostsimControlled
func hsRandControlled() bool { return hs.on && hsHere() }

//go:linkname hsSyncQuiet sync.hostsimQuiet
func hsSyncQuiet(d int32) {
	if hs.on && hsHere() {
		gp := getg()
		hsIndexOf(gp)
		gp.hostsim.quiet += d
	}
}

//go:linkname hsProgramQuiet testing/synctest.hostsimQuiet
func hsProgramQuiet(d int32) { hsSyncQuiet(d) }

//go:linkname hsUniqueQuiet unique.hostsimQuiet
func hsUniqueQuiet(d int32) { hsSyncQuiet(d) }

// hsSyncStd reports whether the function that uses a sync.Pool belongs to the standard library.
//
//go:linkname hsSyncStd sync.hostsimStd
func hsSyncStd() bool {
	var pcs [8]uintptr
	n := callers(1, pcs[:])
	for _, pc := range pcs[:n] {
		f := findfunc(pc - 1)
		if !f.valid() {
			continue
		}
		name := funcname(f)
		if hsPrefix(name, "sync.") || hsPrefix(name, "runtime.") {
			continue
		}
		for _, p := range hsBufferPackages {
			if hsPrefix(name, p) {
				return true
			}
		}
		return false
	}
	return false
}

func hsPrefix(s, prefix string) bool { return len(s) >= len(prefix) && s[:len(prefix)] == prefix }

// hsBufferPackages keep nothing but buffers in their pools.
var hsBufferPackages = [...]string{"fmt.", "regexp.", "encoding/json.", "encoding/base64.", "log.", "log/slog.", "log/slog/internal",
	"reflect.", "strconv.", "os.", "math/big.", "crypto/", "bytes.", "strings.", "go/", "compress/", "internal/", "encoding/xml.", "unicode/"}

//go:linkname hsSyncControlled sync.hostsimControlled
func hsSyncControlled() bool { return hs.on && hsHere() }

// hsWaitReason is asked by semacquire1: a goroutine that waits for a lock which
// the bubble itself holds counts as blocked.
func hsWaitReason(addr *uint32, reason waitReason) waitReason {
	gp := getg()
	if !hsHere() {
		return reason
	}
	gp.hostsim.sema = uintptr(unsafe.Pointer(addr))
	switch reason {
	case waitReasonSyncMutexLock:
		if hsHolds(gp.hostsim.want) {
			return waitReasonHostsimMutex
		}
	case waitReasonSyncRWMutexRLock:
		if hsHolds(gp.hostsim.want) {
			return waitReasonHostsimRLock
		}
	case waitReasonSyncRWMutexLock:
		if hsHolds(gp.hostsim.want + 1) {
			return waitReasonHostsimRWLock
		}
	}
	return reason
}
