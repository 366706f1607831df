package sim

import (
	"sync"
	"sync/atomic"
)

// pulse tells from outside, in real time, whether a controller gets on. It is odd while a run is under way and grows with
// the turns that are handed out.
type pulse struct{ n atomic.Uint64 }

// pulseTurns is how many turns lie between two beats.
const pulseTurns = 4096

// beating holds the pulses of all controllers that have run and are not closed.
var beating = struct {
	sync.Mutex
	m map[*pulse]bool
}{m: map[*pulse]bool{}}

func (p *pulse) begin() {
	if p.n.Add(1) == 1 {
		beating.Lock()
		beating.m[p] = true
		beating.Unlock()
	}
}

func (p *pulse) end() { p.n.Add(1) }

func (p *pulse) close() {
	beating.Lock()
	delete(beating.m, p)
	beating.Unlock()
	p.n.Store(0)
}

// Pulses gives a number for every run that is under way in this process. A run whose number stays the same has not come
// back to its controller meanwhile: code on one of its threads waits for something that the controller does not know, such
// as a lock of package sync, or runs without end. It may be called from any goroutine.
func Pulses() map[any]uint64 {
	beating.Lock()
	defer beating.Unlock()
	out := map[any]uint64{}
	for p := range beating.m {
		if n := p.n.Load(); n%2 == 1 {
			out[p] = n
		}
	}
	return out
}
