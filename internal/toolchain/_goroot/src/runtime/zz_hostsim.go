// Package runtime, the part that hostsim adds: schedule control of one bubble.
//
// While a bubble is under control its ready goroutines wait in a queue of their
// own, and every choice among them comes from a strategy. Goroutines outside
// the bubble use the ordinary queues and never take part in a decision.
// All state below is written by the only P (the harness sets GOMAXPROCS to 1).

package runtime

import (
	"internal/abi"
	"internal/goarch"
	"internal/runtime/sys"
	"unsafe"
)

// Strategies. Keep in step with internal/hostsim.
const (
	hsSequential = iota
	hsRandom
	hsPCT
	hsReplay
)

// Kinds of decision. Keep in step with internal/hostsim.
const (
	hsKindRun    = 1 // the last goroutine blocked or ended: who runs next
	hsKindYield  = 2 // a scheduling point: 0 is "go on"
	hsKindSelect = 3 // which case of a select is looked at first
	hsKindMap    = 4 // where a map iteration begins
	hsKindTimer  = 5 // which of the timers due at one instant fires first
)

// Kinds of log entry. Keep in step with internal/hostsim.
const (
	hsLogDecision = 1
	hsLogGo       = 2
	hsLogMake     = 3
	hsLogSend     = 4
	hsLogRecv     = 5
	hsLogClose    = 6
	hsLogSelSend  = 7
	hsLogSelRecv  = 8
	hsLogLock     = 9
	hsLogLocked   = 10
	hsLogUnlock   = 11
	hsLogRLock    = 12
	hsLogRLocked  = 13
	hsLogRUnlock  = 14
	hsLogWgAdd    = 15
	hsLogWgWait   = 16
	hsLogCondWait = 17
	hsLogCondWake = 18
	hsLogGosched  = 19
	hsLogSignal   = 20
	hsLogExit     = 21
	hsLogSleep    = 22
)

// Reasons why a run was ended before its bubble was done.
const (
	hsEndNone = iota
	hsEndExit
	hsEndSignal
	hsEndPanic
	hsEndSteps
	hsEndGoroutines
	hsEndStall
)

const (
	hsNoteNet, hsNoteFile, hsNoteProcess, hsNoteCgo = 0, 1, 2, 3

	hsStack = 16 << 10

	hsQueueSize = 1 << 16
	hsHeldSize  = 1 << 10
	hsFair      = 10000 // scheduling points that one goroutine may pass in a row under a strategy without chance
	hsMaxPCs    = 24
	hsMaxDepth  = 64
)

// hsG is what the runtime keeps per goroutine for schedule control.
type hsG struct {
	goid  uint64
	run   uint64
	prio  uint64
	index uint32
	quiet int32   // operations under way that are no scheduling points
	want  uintptr // lock that it entered last
	sema  uintptr // semaphore that it waits for
}

type hsHeldLock struct {
	addr  uintptr
	count int32
}

var hs struct {
	on     bool // the bubble below is under control
	log    bool // events are logged
	exited bool // the run was ended early: only the root runs

	bubble *synctestBubble
	armed  *g // the next bubble that this goroutine starts is taken under control
	main   *g // the goroutine of the harness that called synctest.Run

	strategy  uint32
	seed      uint64
	state     uint64 // decisions
	values    uint64 // random numbers handed to the program
	hash      uint64
	run       uint64
	decisions uint64
	steps     uint64 // scheduling points and switches
	maxSteps  uint64
	maxGs     uint32
	nextIndex uint32
	lastSelf  uint32
	timerSeq  uint32

	depth   uint32
	changes [hsMaxDepth]uint64
	low     uint64

	replay   []uint64
	replayAt int
	diverged uint64 // 1 + the step at which a replay left its recording
	recorded []uint64
	nrec     int

	end     uint32
	endArg  int64
	endG    guintptr
	endVal  any
	endPCs  [64]uintptr
	endNPCs int

	events  []uintptr
	nevents int
	lost    bool // the log was full

	notes    [4][16]uintptr // by impurity, see hsNote: stack of the first use
	noteSeen uint32

	sysmonSteps uint64
	sysmonRun   uint64
	sysmonSince int64
	retaken     bool

	resume guintptr // was preempted: runs on without a decision
	chosen guintptr // was chosen at a scheduling point
	head   uint32
	tail   uint32
	spread uint32
	q      *[hsQueueSize]guintptr

	held [hsHeldSize]hsHeldLock
}

// hsConfig is what the harness sets before a run. The layout is shared with internal/hostsim.
type hsConfig struct {
	strategy uint32
	depth    uint32
	seed     uint64
	length   uint64 // length of a run, for PCT
	maxSteps uint64
	maxGs    uint32
	log      bool
	replay   []uint64
	recorded []uint64
	events   []uintptr
}

// hsResult is what a run left behind. The layout is shared with internal/hostsim.
type hsResult struct {
	hash      uint64
	decisions uint64
	steps     uint64
	diverged  uint64
	end       uint32
	endIndex  uint32
	endArg    int64
	endVal    any
	endPCs    []uintptr
	nrec      int
	nevents   int
	lost      bool
	retaken   bool
	noteSeen  uint32
	notes     [4][16]uintptr
	goroutine uint32
}

//go:linkname hsArm internal/hostsim.arm
func hsArm(c *hsConfig) {
	if hs.q == nil {
		hs.q = (*[hsQueueSize]guintptr)(persistentalloc(unsafe.Sizeof([hsQueueSize]guintptr{}), 0, &memstats.other_sys))
	}
	// Goroutines are started by the thousand and live for microseconds: growing a stack would be much of that time.
	startingStackSize = hsStack
	hs.run++
	hs.strategy = c.strategy
	hs.seed = c.seed
	hs.state = hsMix(c.seed ^ 0x9e3779b97f4a7c15)
	hs.values = hsMix(c.seed + 0x6a09e667f3bcc909)
	hs.hash = 14695981039346656037
	hs.decisions, hs.steps = 0, 0
	hs.maxSteps, hs.maxGs = c.maxSteps, c.maxGs
	hs.nextIndex, hs.lastSelf, hs.timerSeq = 0, 0, 0
	hs.replay, hs.replayAt, hs.diverged = c.replay, 0, 0
	hs.recorded, hs.nrec = c.recorded, 0
	hs.events, hs.nevents, hs.lost = c.events, 0, false
	hs.log = c.log
	hs.exited = false
	hs.end, hs.endArg, hs.endG, hs.endVal, hs.endNPCs = hsEndNone, 0, 0, nil, 0
	hs.notes = [4][16]uintptr{}
	hs.noteSeen = 0
	hs.retaken = false
	hs.resume, hs.chosen = 0, 0
	hs.head, hs.tail, hs.spread = 0, 0, 0
	clear(hs.held[:])
	hs.depth = 0
	if c.strategy == hsPCT {
		d := c.depth
		if d > hsMaxDepth {
			d = hsMaxDepth
		}
		n := c.length
		if n == 0 {
			n = 1
		}
		for i := uint32(0); i+1 < d; i++ {
			hs.changes[i] = 1 + hsDraw()%n
		}
		if d > 0 {
			hs.depth = d - 1
		}
		hs.low = 1 << 20
	}
	hs.armed = getg()
}

// hsBegin is called by synctestRun when its bubble is complete but empty.
func hsBegin(bubble *synctestBubble) bool {
	gp := getg()
	if hs.armed != gp || gp == nil {
		return false
	}
	if gomaxprocs != 1 {
		return false
	}
	hs.armed = nil
	hs.main = gp
	hs.bubble = bubble
	hs.on = true
	hsIndexOf(gp) // the root, which is the clock, is number 0
	return true
}

// hsFinish is deferred by synctestRun.
func hsFinish() {
	hs.on = false
	hs.log = false
}

//go:linkname hsCollect internal/hostsim.collect
func hsCollect(r *hsResult) {
	r.hash = hs.hash
	r.decisions = hs.decisions
	r.steps = hs.steps
	r.diverged = hs.diverged
	if hs.strategy == hsReplay && r.diverged == 0 && hs.replayAt < len(hs.replay) {
		r.diverged = uint64(hs.replayAt) + 1
	}
	r.end = hs.end
	r.endArg = hs.endArg
	r.endVal = hs.endVal
	r.endIndex = 0
	if gp := hs.endG.ptr(); gp != nil {
		r.endIndex = gp.hostsim.index
	}
	r.endPCs = append(r.endPCs[:0], hs.endPCs[:hs.endNPCs]...)
	r.nrec = hs.nrec
	r.nevents = hs.nevents
	r.lost = hs.lost
	r.retaken = hs.retaken
	r.noteSeen = hs.noteSeen
	r.notes = hs.notes
	r.goroutine = hs.nextIndex
	hs.endVal = nil
	hs.armed = nil
}

// hsOwns reports whether gp belongs to the bubble under control.
//
//go:nosplit
func hsOwns(gp *g) bool { return gp.bubble != nil && gp.bubble == hs.bubble }

// hsHere reports whether the caller is a goroutine of the bubble under control,
// on its own stack.
//
//go:nosplit
func hsHere() bool {
	gp := getg()
	return hs.on && gp.bubble != nil && gp.bubble == hs.bubble && gp.m.curg == gp
}

//go:linkname hsControlled internal/hostsim.Controlled
func hsControlled() bool { return hsHere() }

//go:nosplit
func hsMix(z uint64) uint64 {
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return z ^ (z >> 31)
}

func hsDraw() uint64 {
	hs.state += 0x9e3779b97f4a7c15
	return hsMix(hs.state)
}

// hsValue is the next random number for the program.
//
//go:nosplit
func hsValue() uint64 {
	if hs.strategy == hsSequential && hs.seed == 0 {
		hs.values++ // orders that hang on it stay put, yet numbers differ
	} else {
		hs.values += 0x9e3779b97f4a7c15
	}
	return hsMix(hs.values)
}

func hsIndexOf(gp *g) uint32 {
	h := &gp.hostsim
	if h.goid != gp.goid || h.run != hs.run {
		h.goid, h.run = gp.goid, hs.run
		h.index = hs.nextIndex
		h.want, h.sema, h.quiet = 0, 0, 0
		hs.nextIndex++
		if hs.strategy == hsPCT {
			h.prio = 1<<40 + hsDraw()>>32
		}
		if hs.log {
			var parent uint32
			if c := getg().m.curg; c != nil && hsOwns(c) && c != gp {
				parent = c.hostsim.index
			}
			hsLogNew(h.index, gp, uintptr(parent))
		}
	}
	return h.index
}

// hsLogNew logs a new goroutine with the stack that started it.
func hsLogNew(index uint32, gp *g, parent uintptr) {
	c := getg().m.curg
	if c == nil || c == getg() || c == gp || hs.nevents+4+hsMaxPCs > len(hs.events) {
		hsAppend(hsLogGo, index, gp.startpc, parent, gp.gopc)
		return
	}
	e := hs.events[hs.nevents:]
	n := gcallers(c, 0, e[4:4+hsMaxPCs])
	e[0] = uintptr(hsLogGo)<<40 | uintptr(n)<<32 | uintptr(index)
	e[1], e[2], e[3] = gp.startpc, parent, uintptr(hs.bubble.now)
	hs.nevents += 4 + n
}

// hsDecide makes a decision that is not about goroutines.
func hsDecide(kind, n uint32) uint32 {
	var k uint32
	switch hs.strategy {
	case hsReplay:
		k = hsReplayed(kind, n)
	case hsRandom, hsPCT:
		k = uint32(((hsDraw() >> 32) * uint64(n)) >> 32)
	}
	hsRecord(kind, n, k, 0)
	return k
}

func hsReplayed(kind, n uint32) uint32 {
	if hs.diverged != 0 {
		return 0
	}
	if hs.replayAt >= len(hs.replay) {
		hs.diverged = uint64(hs.replayAt) + 1
		return 0
	}
	d := hs.replay[hs.replayAt]
	if uint32(d>>60) != kind || uint32(d>>44)&0xffff != n {
		hs.diverged = uint64(hs.replayAt) + 1
		return 0
	}
	hs.replayAt++
	return uint32(d>>28) & 0xffff
}

func hsRecord(kind, n, k, index uint32) {
	hs.decisions++
	hs.hash = (hs.hash ^ uint64(k) ^ uint64(n)<<16 ^ uint64(kind)<<32 ^ uint64(index)<<36) * 1099511628211
	if hs.nrec < len(hs.recorded) {
		hs.recorded[hs.nrec] = uint64(kind)<<60 | uint64(n)<<44 | uint64(k)<<28 | uint64(index)
		hs.nrec++
	}
	if hs.log {
		hsAppend(hsLogDecision, index, uintptr(kind), uintptr(n)<<16|uintptr(k), 0)
	}
}

// hsCandidate is the i-th goroutine that may run: self (if any) comes first.
func hsCandidate(self *g, i uint32) *g {
	if self != nil {
		if i == 0 {
			return self
		}
		i--
	}
	return hs.q[(hs.head+i)%hsQueueSize].ptr()
}

// hsPickG chooses among self and the queue. It returns 0 for self.
func hsPickG(kind uint32, self *g, giveWay bool) uint32 {
	n := hs.tail - hs.head
	if self != nil {
		n++
	}
	if n < 2 {
		return 0
	}
	var k uint32
	switch hs.strategy {
	case hsReplay:
		k = hsReplayed(kind, n)
		if k >= n {
			k = 0
		}
	case hsRandom:
		k = uint32(((hsDraw() >> 32) * uint64(n)) >> 32)
	case hsPCT:
		if self != nil && (giveWay || hs.lastSelf >= hsFair) {
			hs.low--
			self.hostsim.prio = hs.low
			hs.lastSelf = 0
		}
		k = hsHighest(self, n)
		for i := uint32(0); i < hs.depth; i++ {
			if hs.changes[i] == hs.decisions+1 {
				hsCandidate(self, k).hostsim.prio = uint64(i) + 1
				k = hsHighest(self, n)
			}
		}
	default:
		if self != nil && (giveWay || hs.lastSelf >= hsFair) {
			k = 1
		}
	}
	if self != nil {
		if k == 0 {
			hs.lastSelf++
		} else {
			hs.lastSelf = 0
		}
	}
	hsRecord(kind, n, k, hsIndexOf(hsCandidate(self, k)))
	return k
}

func hsHighest(self *g, n uint32) uint32 {
	var best uint32
	var top uint64
	for i := uint32(0); i < n; i++ {
		gp := hsCandidate(self, i)
		hsIndexOf(gp)
		if p := gp.hostsim.prio; i == 0 || p > top {
			best, top = i, p
		}
	}
	return best
}

// hsTake removes the i-th goroutine of the queue; the others keep their order.
func hsTake(i uint32) *g {
	q := hs.q
	gp := q[(hs.head+i)%hsQueueSize]
	for ; i > 0; i-- {
		q[(hs.head+i)%hsQueueSize] = q[(hs.head+i-1)%hsQueueSize]
	}
	hs.head++
	return gp.ptr()
}

// hsPut takes a goroutine that became ready. It reports false if gp is none of the bubble's.
func hsPut(gp *g) bool {
	if !hsOwns(gp) {
		return false
	}
	hsIndexOf(gp)
	if hs.resume.ptr() == gp {
		return true
	}
	if hs.tail-hs.head == hsQueueSize {
		throw("hostsim: more ready goroutines in one bubble than can be controlled")
	}
	hs.q[hs.tail%hsQueueSize].set(gp)
	hs.tail++
	return true
}

// hsNext is asked by the scheduler for the goroutine that runs next.
func hsNext(pp *p) *g {
	if hs.exited {
		for i := uint32(0); i < hs.tail-hs.head; i++ {
			if hsCandidate(nil, i) == hs.main {
				return hsTake(i)
			}
		}
		if hs.resume.ptr() == hs.main && hs.main != nil {
			hs.resume = 0
			return hs.main
		}
		return nil
	}
	if gp := hs.resume.ptr(); gp != nil {
		hs.resume = 0
		return gp
	}
	if gp := hs.chosen.ptr(); gp != nil {
		hs.chosen = 0
		return gp
	}
	n := hs.tail - hs.head
	if n == 0 {
		return nil
	}
	hs.steps++
	if hs.steps > hs.maxSteps && hs.maxSteps != 0 || hs.nextIndex > hs.maxGs && hs.maxGs != 0 {
		why := uint32(hsEndSteps)
		if hs.nextIndex > hs.maxGs && hs.maxGs != 0 {
			why = hsEndGoroutines
		}
		hsStop(why, 0, hsCandidate(nil, n-1))
		return hsNext(pp)
	}
	if n == 1 {
		return hsTake(0)
	}
	return hsTake(hsPickG(hsKindRun, nil, false))
}

// hsFirst is asked at the beginning of findRunnable, before timers and queues of the world outside.
func hsFirst(pp *p) *g {
	hs.spread++
	if hs.spread%61 == 0 || hs.resume != 0 {
		return nil // let the world outside have a turn; hsRunqget comes back to the bubble
	}
	return hsNext(pp)
}

// hsRunqget stands in for runqget in findRunnable: outside goroutines first, because hsFirst put the bubble first.
func hsRunqget(pp *p) (*g, bool) {
	gp, inherit := runqget(pp)
	if gp == nil && hs.on {
		return hsNext(pp), false
	}
	return gp, inherit
}

func hsRunqempty() bool {
	if hs.exited {
		return true
	}
	return hs.tail == hs.head && hs.resume == 0 && hs.chosen == 0
}

// hsPreempt is called when gp loses its turn without having asked: it goes on as soon as it can.
func hsPreempt(gp *g) {
	if hsOwns(gp) {
		hsIndexOf(gp)
		hs.resume.set(gp)
	}
}

// hsGlobrunqput stands in for globrunqput in goschedImpl. The caller holds sched.lock.
func hsGlobrunqput(gp *g) {
	if hs.on && hsPut(gp) {
		return
	}
	globrunqput(gp)
}

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
	hs.chosen.set(hsTake(k - 1))
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
	for range 16 {
		h := &hs.held[i]
		if h.addr == addr {
			h.count += d
			if h.count <= 0 {
				h.count = 0
			}
			return
		}
		if h.addr == 0 || h.count == 0 && d > 0 {
			if d > 0 {
				h.addr, h.count = addr, d
			}
			return
		}
		i = (i + 1) % hsHeldSize
	}
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

// hsStop ends the run: nobody of the bubble but the root runs again.
func hsStop(why uint32, arg int64, gp *g) {
	if hs.exited {
		return
	}
	hs.exited = true
	hs.end, hs.endArg = why, arg
	hs.endG.set(gp)
	b := hs.bubble
	lock(&b.mu)
	b.active += 1 << 20 // never idle again
	unlock(&b.mu)
	root := b.root
	if readgstatus(root) == _Gwaiting {
		systemstack(func() { ready(root, 0, false) })
	}
}

// hsStopHere ends the run from a goroutine of the bubble and does not return,
// unless that goroutine is the root itself.
func hsStopHere(why uint32, arg int64) {
	gp := getg()
	hs.endNPCs = callers(2, hs.endPCs[:])
	hsStop(why, arg, gp)
	if gp == hs.main {
		return
	}
	for {
		gopark(nil, nil, waitReasonHostsimEnded, traceBlockForever, 1)
	}
}

type hsEnded struct{}

func (hsEnded) Error() string { return "hostsim: run ended" }

// hsCheckEnd is called by synctestRun whenever its goroutine goes on.
func hsCheckEnd(bubble *synctestBubble) {
	if hs.on && hs.exited && bubble == hs.bubble {
		panic(hsEnded{})
	}
}

//go:linkname hsOSExit os.hostsimExit
func hsOSExit(code int) {
	if hs.on && hsHere() {
		if hs.log {
			hsEvent(hsLogExit, 0, uintptr(code))
		}
		hsYield(false)
		hsStopHere(hsEndExit, int64(code))
	}
}

//go:linkname hsOSControlled os.hostsimControlled
func hsOSControlled() bool { return hs.on && hsHere() }

//go:linkname hsSignalEnd os/signal.hostsimEnd
func hsSignalEnd(exit bool, arg int) {
	if hs.on && hsHere() {
		if exit {
			hsStopHere(hsEndExit, int64(arg))
		}
		hsStopHere(hsEndSignal, int64(arg))
	}
}

//go:linkname hsSignalBubble os/signal.hostsimBubble
func hsSignalBubble() uint64 {
	if b := getg().bubble; b != nil {
		return b.id
	}
	return 0
}

//go:linkname hsSyscallBubble syscall.hostsimBubble
func hsSyscallBubble() uint64 { return hsSignalBubble() }

//go:linkname hsSignalEvent os/signal.hostsimEvent
func hsSignalEvent(sig int) {
	if hs.on && hsHere() && hs.log {
		hsEvent(hsLogSignal, 0, uintptr(sig))
	}
}

//go:linkname hsSyscallEnd syscall.hostsimEnd
func hsSyscallEnd(exit bool, arg int) { hsSignalEnd(exit, arg) }

// hsFatalPanic is called by fatalpanic: a panic that nobody recovered ends the simulated process.
func hsFatalPanic(msgs *_panic) {
	gp := getg()
	if !hs.on || !hsHere() || gp == hs.main || msgs == nil || gp.m.locks != 0 {
		return
	}
	p := msgs
	for p.link != nil && !p.link.goexit {
		p = p.link
	}
	hs.endVal = p.arg
	runningPanicDefers.Add(-1)
	hsStopHere(hsEndPanic, 0)
}

//go:linkname hsStall internal/hostsim.stall
func hsStall() {
	if !hs.on || hs.exited {
		return
	}
	gp := hs.resume.ptr()
	hs.endNPCs = 0
	if gp != nil && readgstatus(gp) == _Grunnable {
		hs.endNPCs = gcallers(gp, 0, hs.endPCs[:])
	}
	hsStop(hsEndStall, 0, gp)
}

//go:linkname hsProgress internal/hostsim.progress
func hsProgress() (on bool, run, steps uint64) { return hs.on, hs.run, hs.steps }

// hsKeepP is asked by sysmon. While the bubble makes progress it keeps its processor.
func hsKeepP(now int64) bool {
	if !hs.on {
		return false
	}
	if hs.steps != hs.sysmonSteps || hs.run != hs.sysmonRun || hs.sysmonSince == 0 {
		hs.sysmonSteps, hs.sysmonRun, hs.sysmonSince = hs.steps, hs.run, now
		return true
	}
	return now-hs.sysmonSince < 500*1000*1000
}

// hsCrash says which run was under way when the process dies.
func hsCrash() {
	if hs.on {
		hs.on = false
		print("hostsim: the process dies during a controlled run, seed ", hs.seed, ", strategy ", hs.strategy, "\n")
	}
}

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
