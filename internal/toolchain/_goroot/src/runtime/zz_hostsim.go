// Package runtime, the part that hostsim adds: schedule control of one bubble.
//
// While a bubble is under control its ready goroutines wait in a queue of their
// own, and every choice among them comes from a strategy. Goroutines outside
// the bubble use the ordinary queues and never take part in a decision.
// All state below is written by the only P (the harness sets GOMAXPROCS to 1).

package runtime

import (
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
	hsEndGiven // by the program itself
)

const (
	hsNoteNet, hsNoteFile, hsNoteProcess, hsNoteCgo = 0, 1, 2, 3

	hsStack = 16 << 10

	hsQueueSize = 1 << 16
	hsHeldSize  = 1 << 10
	hsHeldTaken = 1 << 7
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
	retaken     bool // a system call kept the bubble waiting
	blockedPCs  [64]uintptr
	blockedN    int

	resume guintptr // was preempted: runs on without a decision
	chosen guintptr // was chosen at a scheduling point
	head   uint32
	tail   uint32
	spread uint32
	q      *[hsQueueSize]guintptr

	held  [hsHeldSize]hsHeldLock
	taken [hsHeldTaken]uint16 // places of held that this run took
	ntake uint32              // how many it took, also more than have a place in taken
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
	blocked   []uintptr
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
	hs.retaken, hs.blockedN = false, 0
	hs.resume, hs.chosen = 0, 0
	hs.head, hs.tail, hs.spread = 0, 0, 0
	hsForgetHeld()
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
	r.blocked = append(r.blocked[:0], hs.blockedPCs[:hs.blockedN]...)
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
