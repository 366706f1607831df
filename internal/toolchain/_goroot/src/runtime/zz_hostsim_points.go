// Package runtime, the part that hostsim adds: scheduling points of channels, selects, maps and timers.

package runtime

import (
	"unsafe"
)

// hsYield is a scheduling point.
func hsYield(giveWay bool) {
	gp := getg()
	if gp.hostsim.quiet != 0 && gp.hostsim.goid == gp.goid && gp.hostsim.run == hs.run {
		return
	}
	if gp.m.locks != 0 || gp.m.mallocing != 0 || gp.m.dying != 0 {
		return
	}
	hs.steps++
	if hs.steps > hs.maxSteps && hs.maxSteps != 0 {
		hsStopHere(hsEndSteps, 0)
	}
	if hs.tail == hs.head {
		return
	}
	k := hsPickG(hsKindYield, gp, giveWay)
	if k == 0 {
		return
	}
	gp = hsTake(k - 1)
	if old := hs.chosen.ptr(); old != nil {
		// The network woke the caller before the goroutine chosen last had its turn.
		hs.chosen = 0
		hsPut(old)
	}
	hs.chosen.set(gp)
	mcall(goyield_m)
}

// Gosched yields the processor, allowing other goroutines to run. It does not
// suspend the current goroutine, so execution resumes automatically.
func Gosched() {
	if !hs.on || !hsHere() {
		hsOrigGosched()
		return
	}
	if hs.log {
		hsEvent(hsLogGosched, 0, 0)
	}
	hsYield(true)
}

// hsChan is called at the entry of a channel operation.
func hsChan(kind int, c *hchan) {
	if !hsHere() {
		return
	}
	if hs.log {
		hsEvent(kind, uintptr(unsafe.Pointer(c)), 0)
	}
	hsYield(false)
}

func hsSelect(scases []scase, nsends int, block bool) {
	if !hsHere() {
		return
	}
	if hs.log {
		var aux uintptr
		if block {
			aux = 1
		}
		for i := range scases {
			kind := hsLogSelSend
			if i >= nsends {
				kind = hsLogSelRecv
			}
			hsEvent(kind, uintptr(unsafe.Pointer(scases[i].c)), aux|uintptr(i)<<1)
		}
	}
	hsYield(false)
}

// hsSelectPlace is where the next case goes in the poll order: at its end, in the order of the source, if controlled.
func hsSelectPlace(n uint32) uint32 {
	if hsHere() {
		return n - 1
	}
	return cheaprandn(n)
}

// hsSelectTurn turns the poll order so that the chosen case comes first.
func hsSelectTurn(order []uint16) {
	n := uint32(len(order))
	if n < 2 || !hsHere() {
		return
	}
	k := hsDecide(hsKindSelect, n)
	for ; k > 0; k-- {
		first := order[0]
		copy(order, order[1:])
		order[n-1] = first
	}
}

func makechan(t *chantype, size int) *hchan {
	c := hsOrigMakechan(t, size)
	if hs.log && hsHere() {
		hsEvent(hsLogMake, uintptr(unsafe.Pointer(c)), uintptr(c.dataqsiz))
	}
	return c
}

//go:linkname hsMapRand internal/runtime/maps.hostsimRand
func hsMapRand(used uint64, small bool) uint64 {
	if !hsHere() {
		return rand()
	}
	if used < 2 {
		return 0
	}
	if small {
		return uint64(hsDecide(hsKindMap, uint32(used)))
	}
	if hs.strategy == hsSequential {
		return 0
	}
	return hsValue()
}

//go:linkname hsRandRead crypto/internal/sysrand.hostsimRead
func hsRandRead(b []byte) bool {
	if !hsHere() {
		return false
	}
	for i := 0; i < len(b); {
		v := hsValue()
		for j := 0; j < 8 && i < len(b); j++ {
			b[i] = byte(v >> (8 * j))
			i++
		}
	}
	return true
}

// hsTimerRand orders timers of one instant by when they were set.
func hsTimerRand() uint32 {
	if hs.on {
		if gp := getg().m.curg; gp != nil && hsOwns(gp) || getg().bubble == hs.bubble {
			hs.timerSeq++
			return hs.timerSeq
		}
	}
	return cheaprand()
}

// hsTimerTie chooses among the timers of a bubble that are due at the earliest instant. ts is locked.
func hsTimerTie(ts *timers, bubble *synctestBubble) {
	if bubble != hs.bubble || len(ts.heap) < 2 {
		return
	}
	when := ts.heap[0].when
	// Timers that tie are together at the top of the heap, since a parent never comes later than its children.
	var tie [64]int32
	var n int
	stack := [64]int32{0}
	depth := 1
	for depth > 0 && n < len(tie) {
		depth--
		i := int(stack[depth])
		if i >= len(ts.heap) || ts.heap[i].when != when {
			continue
		}
		if ts.heap[i].timer.astate.Load()&(timerModified|timerZombie) == 0 {
			tie[n] = int32(i)
			n++
		}
		for c := i*timerHeapN + 1; c <= i*timerHeapN+timerHeapN && depth < len(stack); c++ {
			stack[depth] = int32(c)
			depth++
		}
	}
	if n < 2 {
		return
	}
	// In the order in which they were set.
	for i := 1; i < n; i++ {
		for j := i; j > 0 && ts.heap[tie[j]].timer.rand < ts.heap[tie[j-1]].timer.rand; j-- {
			tie[j], tie[j-1] = tie[j-1], tie[j]
		}
	}
	k := hsDecide(hsKindTimer, uint32(n))
	if k > 0 || tie[0] != 0 {
		i := int(tie[k])
		ts.heap[i].timer.rand = 0
		ts.siftUp(i)
		ts.updateMinWhenHeap()
	}
}

// hsOneTimer makes timers.check stop after one timer of the bubble under control.
func hsOneTimer(bubble *synctestBubble) bool { return bubble == hs.bubble }

// hsTimersDue is asked by synctestRun after it fired a timer. If another is due at
// the same instant, who goes first, that timer or a ready goroutine, is a decision.
func hsTimersDue(bubble *synctestBubble) bool {
	if !hs.on || bubble != hs.bubble {
		return false
	}
	if hs.exited {
		return false
	}
	next := bubble.timers.wakeTime()
	if next == 0 || next > bubble.now {
		return false
	}
	hsYield(false)
	if hs.exited {
		return false
	}
	next = bubble.timers.wakeTime()
	return next != 0 && next <= bubble.now
}
