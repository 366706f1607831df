package process

import (
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// A run's processes are marked by the size that they may give to POSIX message queues (RLIMIT_MSGQUEUE): it is inherited by
// every process that descends from the run's own, through fork, exec and setsid, it cannot be raised again without
// privilege, hardly any program uses or reads it, and one system call reads it. Each run takes a few bytes less than we
// have ourselves.
const tags = 1 << 15

var lastTag atomic.Uint64

// tagProcess marks a process that has just been started and gives its mark; 0 if it cannot be marked.
func tagProcess(pid int) uint64 {
	var own unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_MSGQUEUE, &own); err != nil || own.Max < 2*tags {
		return 0
	}
	tag := own.Max - 1 - lastTag.Add(1)%tags
	if err := unix.Prlimit(pid, unix.RLIMIT_MSGQUEUE, &unix.Rlimit{Cur: tag, Max: tag}, nil); err != nil {
		return 0
	}
	return tag
}

// tagOf reads the mark of a process.
func tagOf(pid int) uint64 {
	var l unix.Rlimit
	if err := unix.Prlimit(pid, unix.RLIMIT_MSGQUEUE, nil, &l); err != nil {
		return 0
	}
	return l.Max
}
