package process

import (
	"os/exec"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// A run's processes are marked by the size that they may give to POSIX message queues (RLIMIT_MSGQUEUE): it is inherited by
// every process that descends from the run's own, through fork, exec and setsid, it cannot be raised again without
// privilege, hardly any program uses or reads it, and one system call reads it. Each run takes a few bytes less than we
// have ourselves.
const tags = 1 << 15

var lastTag atomic.Uint64

// tagging makes those that start children of ours wait for each other: while one is started, our own soft limit is its mark.
var tagging sync.Mutex

// startTagged starts a command and gives the mark of its process, 0 if it could not be marked. The process has it from its first
// instruction on, because the soft limit is inherited; then the hard limit is lowered too, so that the mark stays.
func startTagged(c *exec.Cmd) (tag uint64, err error) {
	tagging.Lock()
	defer tagging.Unlock()
	var own unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_MSGQUEUE, &own); err == nil && own.Cur >= 2*tags {
		tag = own.Cur - 1 - lastTag.Add(1)%tags
		if unix.Prlimit(0, unix.RLIMIT_MSGQUEUE, &unix.Rlimit{Cur: tag, Max: own.Max}, nil) != nil {
			tag = 0
		}
		defer func() { _ = unix.Prlimit(0, unix.RLIMIT_MSGQUEUE, &own, nil) }()
	}
	if err := c.Start(); err != nil {
		return 0, err
	}
	if tag != 0 { // an error says that it has ended
		_ = unix.Prlimit(c.Process.Pid, unix.RLIMIT_MSGQUEUE, &unix.Rlimit{Cur: tag, Max: tag}, nil)
	}
	return tag, nil
}

// tagOf reads the mark of a process.
func tagOf(pid int) uint64 {
	var l unix.Rlimit
	if err := unix.Prlimit(pid, unix.RLIMIT_MSGQUEUE, nil, &l); err != nil {
		return 0
	}
	return l.Cur
}
