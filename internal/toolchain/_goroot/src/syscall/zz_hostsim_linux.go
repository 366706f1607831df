package syscall

// hostsimTrap takes system calls, known by their numbers, by which a bubble signals or ends its own process.
func hostsimTrap(trap, a1, a2, a3 uintptr) bool {
	switch trap {
	case SYS_KILL:
		return hostsimKill(int(a1), Signal(a2))
	case SYS_TGKILL:
		return int(a1) == hostsimPid && hostsimKill(int(a1), Signal(a3))
	case SYS_EXIT_GROUP:
		if hostsimBubble() != 0 {
			hostsimEnd(true, int(a1)) // does not return if the bubble is under control
		}
	}
	return false
}
