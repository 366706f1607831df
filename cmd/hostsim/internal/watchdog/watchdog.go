// Package watchdog notices, in real time, when a simulated run stands still. The simulation itself sees every wait that goes
// through its seam and reports a deadlock of those; what it cannot see is code on one of its threads that waits for
// something else, such as a lock of package sync, or that runs without end.
package watchdog

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"
)

// Limit is how long, in real time, a run may stand still.
const Limit = 5 * time.Second

// Stall says what was found.
type Stall struct {
	For     time.Duration // how long nothing went on, at least
	Culprit *Goroutine    // nil if none could be told from the others
}

// Watch asks for the pulses of the runs that are under way until the returned function is called, and calls bark once, on a
// goroutine of its own, when one of them has been the same for limit. The returned function waits for the watching
// goroutine, but not for bark.
func Watch(limit time.Duration, pulses func() map[any]uint64, bark func(Stall)) (stop func()) {
	done, over := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		tick := time.NewTicker(max(limit/8, time.Millisecond))
		defer tick.Stop()
		seen := map[any]beat{}
		for {
			select {
			case <-done:
				return
			case now := <-tick.C:
				if stalled(seen, pulses(), now, limit) {
					go bark(Stall{limit, Culprit(stacks())})
					return
				}
			}
		}
	}()
	var once sync.Once
	return func() {
		once.Do(func() { close(done) })
		<-over
	}
}

// beat is a pulse and since when it has been the same; looks is how often it was looked at, so that a process that was
// itself held up for a while (a laptop asleep) does not count that against a run.
type beat struct {
	n     uint64
	since time.Time
	looks int
}

func stalled(seen map[any]beat, pulses map[any]uint64, now time.Time, limit time.Duration) bool {
	for run := range seen {
		if _, under := pulses[run]; !under {
			delete(seen, run)
		}
	}
	for run, n := range pulses {
		b, ok := seen[run]
		if !ok || b.n != n {
			seen[run] = beat{n: n, since: now}
			continue
		}
		b.looks++
		seen[run] = b
		if b.looks >= 4 && now.Sub(b.since) >= limit {
			return true
		}
	}
	return false
}

// stacks is a dump of all goroutines.
func stacks() string {
	for size := 1 << 20; ; size *= 4 {
		buf := make([]byte, size)
		if n := runtime.Stack(buf, true); n < size || size >= 64<<20 {
			return string(buf[:n])
		}
	}
}

// String says what happened, for people.
func (s Stall) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "the run stands still: for %v of real time nothing has gone on in it.\n", s.For)
	b.WriteString("Code on one of its threads waits for something that is not part of the simulation, or runs without end")
	if s.Culprit == nil {
		b.WriteString("; no goroutine could be told to be the one.\n")
		return b.String()
	}
	fmt.Fprintf(&b, ".\n%s:\n", s.Culprit.Doing())
	for _, f := range s.Culprit.Frames {
		fmt.Fprintf(&b, "  %s\n      %s\n", f.Func, f.Place)
	}
	return b.String()
}
