// Package runtime, the part that hostsim adds: the queue of ready goroutines of the bubble under control.

package runtime

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
		if old := hs.resume.ptr(); old != nil && old != gp {
			// The network woke gp before the goroutine preempted last had its turn.
			hs.resume = 0
			hsPut(old)
		}
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
