package syscall

import _ "unsafe" // for linkname

//go:linkname hostsimBubble
func hostsimBubble() uint64

//go:linkname hostsimEnd
func hostsimEnd(exit bool, arg int)

// HostsimRaise delivers a signal to the simulated process of a bubble. Package os/signal sets it.
var HostsimRaise func(sig Signal)

// hostsimPid is the own process, also to a child that fork has made in its memory.
var hostsimPid = Getpid()

// hostsimKill takes a signal that a bubble sends to its own process.
func hostsimKill(pid int, sig Signal) bool {
	if hostsimBubble() == 0 || pid != hostsimPid && pid != 0 { // 0 is the whole process group, but others do not belong to the simulated process
		return false
	}
	if sig == 0 {
		return true
	}
	if HostsimRaise != nil {
		HostsimRaise(sig)
		return true
	}
	// Nobody in this program can have asked for the signal.
	switch sig {
	case SIGHUP, SIGINT, SIGTERM, SIGKILL:
		hostsimEnd(false, int(sig))
	case SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGSYS:
		hostsimEnd(true, 2)
	}
	return true
}
