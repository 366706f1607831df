// Package runtime, the part that hostsim adds: what becomes of goroutines that a bubble left behind.

package runtime

import (
	"internal/abi"
	"internal/goarch"
	"internal/runtime/sys"
	"unsafe"
)

// hsBlocked is a goroutine that a bubble left behind. The layout is shared with internal/hostsim.
type hsBlockedG struct {
	index  uint32
	status uint32
	reason string
	pcs    [64]uintptr
	npcs   int
}

//go:linkname hsSnapshot internal/hostsim.snapshot
func hsSnapshot(out []hsBlockedG) int {
	if hs.bubble == nil {
		return 0
	}
	n := 0
	forEachG(func(gp *g) {
		if gp.bubble != hs.bubble || gp == hs.main {
			return
		}
		st := readgstatus(gp)
		if st != _Gwaiting && st != _Grunnable {
			return
		}
		if n < len(out) {
			o := &out[n]
			o.index = hsIndexOf(gp)
			o.status = st
			o.reason = gp.waitreason.String()
			systemstack(func() { o.npcs = gcallers(gp, 0, o.pcs[:]) })
		}
		n++
	})
	return n
}

// hsReap lets every goroutine that the bubble left behind end at once, without
// running its deferred functions. It returns how many had to stay.
//
//go:linkname hsReap internal/hostsim.reap
func hsReap() int {
	b := hs.bubble
	if b == nil || hs.on {
		return 0
	}
	left := 0
	mp := acquirem()
	forEachG(func(gp *g) {
		if gp.bubble != b || gp == hs.main {
			return
		}
		if !hsDetach(gp) {
			left++
		}
	})
	hs.head, hs.tail = 0, 0
	hs.resume, hs.chosen = 0, 0
	hs.bubble = nil
	// Locks that the dead held: nobody will ever release them.
	for i := range hs.held {
		h := &hs.held[i]
		if h.count > 0 && left == 0 {
			hsForceUnlock(h.addr)
		}
		*h = hsHeldLock{}
	}
	releasem(mp)
	return left
}

// hsForget drops the bubble of a run that left nobody behind.
//
//go:linkname hsForget internal/hostsim.forget
func hsForget() {
	if !hs.on {
		hs.bubble = nil
		hs.main = nil
	}
}

func hsForceUnlock(addr uintptr) {
	if addr&1 != 0 {
		return // a reader's hold: the lock word is the RWMutex's
	}
	if findObjectBase(addr) {
		return // lives in the heap: as dead as its bubble
	}
	*(*uint64)(unsafe.Pointer(addr)) = 0 // state and sema of a sync.Mutex
}

func findObjectBase(addr uintptr) bool {
	return spanOf(addr) != nil && spanOf(addr).state.get() == mSpanInUse
}

func hsDetach(gp *g) bool {
	st := readgstatus(gp)
	if gp.lockedm != 0 {
		return false
	}
	switch st {
	case _Grunnable:
	case _Gwaiting:
		switch gp.waitreason {
		case waitReasonChanReceiveNilChan, waitReasonChanSendNilChan, waitReasonSelectNoCases,
			waitReasonSleep, waitReasonHostsimEnded:
		case waitReasonChanReceive, waitReasonChanSend, waitReasonSelect,
			waitReasonSynctestChanReceive, waitReasonSynctestChanSend, waitReasonSynctestSelect:
		case waitReasonHostsimMutex, waitReasonHostsimRLock, waitReasonHostsimRWLock,
			waitReasonSyncMutexLock, waitReasonSyncRWMutexRLock, waitReasonSyncRWMutexLock,
			waitReasonSynctestWaitGroupWait, waitReasonSyncWaitGroupWait:
			if !hsUnqueue(gp) {
				return false
			}
		default:
			return false
		}
	default:
		return false
	}
	// A goroutine that a select woke still waits at the other channels.
	for s := gp.waiting; s != nil; s = s.waitlink {
		if c := hsSudogChan(s); c != nil {
			lock(&c.lock)
			c.sendq.dequeueSudoG(s)
			c.recvq.dequeueSudoG(s)
			unlock(&c.lock)
		}
	}
	gp.waiting = nil
	gp.bubble = nil
	gp._defer = nil
	gp._panic = nil
	gp.param = nil
	gp.timer = nil
	gp.activeStackChans = false
	gp.asyncSafePoint = false // it may have been taken off in the middle of a loop
	hsDropRegisters(gp)
	gp.parkingOnChan.Store(false)
	gp.selectDone.Store(0)
	totalSize := alignUp(uintptr(4*goarch.PtrSize+sys.MinFrameSize), sys.StackAlign)
	sp := gp.stack.hi - totalSize
	if usesLR {
		*(*uintptr)(unsafe.Pointer(sp)) = 0
		prepGoExitFrame(sp)
	}
	memclrNoHeapPointers(unsafe.Pointer(&gp.sched), unsafe.Sizeof(gp.sched))
	gp.sched.sp = sp
	gp.stktopsp = sp
	gp.sched.pc = abi.FuncPCABI0(goexit) + sys.PCQuantum
	gp.sched.g = guintptr(unsafe.Pointer(gp))
	f := hsDie
	gostartcallfn(&gp.sched, *(**funcval)(unsafe.Pointer(&f)))
	if st == _Gwaiting {
		casgstatus(gp, _Gwaiting, _Grunnable)
	}
	systemstack(func() { runqput(getg().m.p.ptr(), gp, false) })
	return true
}

func hsDie() { goexit1() }

// hsUnqueue takes gp out of the queue of the semaphore that it waits for.
func hsUnqueue(gp *g) bool {
	addr := (*uint32)(unsafe.Pointer(gp.hostsim.sema))
	if addr == nil {
		return false
	}
	root := semtable.rootFor(addr)
	found := false
	lockWithRank(&root.lock, lockRankRoot)
	var others [64]*sudog
	n := 0
	for n < len(others) {
		s, _, _ := root.dequeue(addr)
		if s == nil {
			break
		}
		if s.g == gp {
			found = true
			root.nwait.Add(-1)
			break
		}
		others[n] = s
		n++
	}
	for i := n - 1; i >= 0; i-- {
		root.queue(addr, others[i], true)
	}
	unlock(&root.lock)
	return found
}
