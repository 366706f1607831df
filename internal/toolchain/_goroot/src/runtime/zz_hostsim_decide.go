// Package runtime, the part that hostsim adds: how a decision is made, recorded and replayed.

package runtime

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
