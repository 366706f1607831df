//go:build unix

package adaptertest

import (
	"syscall"
	"time"
)

// cpu is the processor time that we and the children that we have waited for have used, of all cores together.
func cpu() time.Duration {
	var d time.Duration
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		if err := syscall.Getrusage(who, &u); err == nil {
			d += time.Duration(u.Utime.Nano() + u.Stime.Nano())
		}
	}
	return d
}
