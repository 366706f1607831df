// Package runtime, the part that hostsim adds: the log of a run that is explained, and what cannot be controlled.

package runtime

import (
	_ "unsafe" // for linkname
)

// hsNote remembers the first use of something that cannot be controlled.
func hsNote(bit uint32) {
	if !hsHere() || hs.noteSeen&(1<<bit) != 0 {
		return
	}
	hs.noteSeen |= 1 << bit
	callers(2, hs.notes[bit][:])
}

//go:linkname hsOSNote os.hostsimNote
func hsOSNote(bit uint32) {
	if hs.on {
		hsNote(bit)
	}
}

//go:linkname hsNetNote net.hostsimNote
func hsNetNote(bit uint32) {
	if hs.on {
		hsNote(bit)
	}
}

// hsAppend writes a log entry without a stack.
func hsAppend(kind int, index uint32, obj, aux, pc uintptr) {
	if hs.nevents+5 > len(hs.events) {
		hs.lost = true
		return
	}
	e := hs.events[hs.nevents:]
	e[0] = uintptr(kind)<<40 | 1<<32 | uintptr(index)
	e[1], e[2], e[3], e[4] = obj, aux, uintptr(hs.bubble.now), pc
	hs.nevents += 5
}

// hsEvent writes a log entry with the caller's stack.
func hsEvent(kind int, obj, aux uintptr) {
	if hs.nevents+4+hsMaxPCs > len(hs.events) {
		hs.lost = true
		return
	}
	gp := getg()
	index := hsIndexOf(gp)
	e := hs.events[hs.nevents:]
	n := callers(2, e[4:4+hsMaxPCs])
	e[0] = uintptr(kind)<<40 | uintptr(n)<<32 | uintptr(index)
	e[1], e[2], e[3] = obj, aux, uintptr(hs.bubble.now)
	hs.nevents += 4 + n
}
