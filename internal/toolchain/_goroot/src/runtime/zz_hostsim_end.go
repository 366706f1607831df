// Package runtime, the part that hostsim adds: how a run is ended early: exit, signal, panic, limits.

package runtime

import (
	_ "unsafe" // for linkname
)

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

// hsFatal is called by fatal: what ends a real process at once ends the simulated one.
// fatal is also called where write barriers are forbidden, but not by a goroutine of the bubble on its own stack.
//
//go:yeswritebarrierrec
func hsFatal(s string) {
	gp := getg()
	if !hsHere() || gp == hs.main || gp.m.locks != 0 || gp.m.mallocing != 0 {
		return
	}
	hs.endVal = "fatal error: " + s
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
	if now-hs.sysmonSince < 500*1000*1000 {
		return true
	}
	hsInSyscall()
	return false
}

// hsInSyscall remembers where a goroutine of the bubble waits for the system, if that is what keeps the run from going on.
// It runs on sysmon's thread, so it first keeps the goroutine from coming back.
func hsInSyscall() {
	if hs.retaken {
		return
	}
	all, n := atomicAllG()
	for i := uintptr(0); i < n; i++ {
		gp := atomicAllGIndex(all, i)
		if !hsOwns(gp) || readgstatus(gp) != _Gsyscall || !castogscanstatus(gp, _Gsyscall, _Gscansyscall) {
			continue
		}
		hs.blockedN = gcallers(gp, 0, hs.blockedPCs[:])
		hs.retaken = true
		casfrom_Gscanstatus(gp, _Gscansyscall, _Gsyscall)
		return
	}
}

// hsGiveUp ends the run because the program says so. It does not return if the caller is in a controlled bubble.
//
//go:linkname hsGiveUp testing/synctest.hostsimGiveUp
func hsGiveUp(stuck bool) {
	if hs.on && hsHere() {
		arg := int64(0)
		if stuck {
			arg = 1
		}
		hsStopHere(hsEndGiven, arg)
	}
}

// hsCrash says which run was under way when the process dies.
func hsCrash() {
	if hs.on {
		hs.on = false
		print("hostsim: the process dies during a controlled run, seed ", hs.seed, ", strategy ", hs.strategy, "\n")
	}
}
