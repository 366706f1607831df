package adapter

import (
	"runtime"
	"time"

	"github.com/hostsim/hostsim/host/seam"
)

// When a simulated process ends, its threads are cut off: a real process would take them along. In a bubble they are goroutines
// that must go, or they would pile up over many runs. So each of them ends (runtime.Goexit, which runs what its callers
// deferred) as soon as it waits in a script, or comes back to one; and the context and the signals of the host are
// fired, so that a host that waits comes back. What a host keeps waiting for beyond that stays behind.

// mortal is the seam of a simulated process: plain Go, but for waits that end with the process.
type mortal struct {
	*seam.Real
	over <-chan struct{}
}

// Wait waits as [seam.Real] does, and does not return once the process has ended.
func (m *mortal) Wait(w seam.Wait) seam.Woken {
	switch {
	case w.For != nil && w.For.IsSet():
		return seam.ByFor
	case w.Or != nil && w.Or.IsSet():
		return seam.ByOr
	case w.Limit == 0:
		return seam.TimedOut
	}
	m.Suspend(w.Holds)
	var a, b <-chan struct{}
	if w.For != nil {
		a = w.For.Done()
	}
	if w.Or != nil {
		b = w.Or.Done()
	}
	var limit <-chan time.Time
	if w.Limit > 0 {
		t := time.NewTimer(w.Limit)
		defer t.Stop()
		limit = t.C
	}
	select {
	case <-a:
		return seam.ByFor
	case <-b:
		return seam.ByOr
	case <-limit:
		return seam.TimedOut
	case <-m.over:
		runtime.Goexit()
		return seam.TimedOut // not reached
	}
}
