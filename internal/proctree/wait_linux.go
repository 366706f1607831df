package proctree

import (
	"errors"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Subreaper makes this process the one that orphans of its descendants fall to, once. It fails where the system forbids it.
var Subreaper = sync.OnceValue(func() error { return unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) })

// Reap takes the status of a child that has ended, if it has. It does not block.
func Reap(pid int) {
	var ws unix.WaitStatus
	for {
		if _, err := unix.Wait4(pid, &ws, unix.WNOHANG, nil); !errors.Is(err, unix.EINTR) {
			return
		}
	}
}

// AwaitExit waits until a process has ended (it may be a zombie then), at most so long; false if it lives on.
func AwaitExit(pid int, limit time.Duration) bool {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return errors.Is(err, unix.ESRCH) || errors.Is(err, unix.EINVAL)
	}
	defer unix.Close(fd)
	deadline := time.Now().Add(limit)
	for {
		ms := max(0, int(time.Until(deadline)/time.Millisecond)+1)
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, ms)
		if n > 0 {
			return true
		}
		if err != nil && !errors.Is(err, unix.EINTR) || time.Now().After(deadline) {
			return false
		}
	}
}
