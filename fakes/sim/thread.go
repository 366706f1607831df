package sim

import (
	"iter"
	"time"

	"github.com/hostsim/hostsim/host/seam"
)

type state uint8

const (
	fresh   state = iota // has not run yet
	running              // has the turn, or lent it
	readied              // waits for its turn
	waiting              // waits for something
	ended
)

// thread is a logical thread.
type thread struct {
	name   string
	f      func()
	w      *worker
	state  state
	phys   int     // the physical thread it runs on, for locks that their holder may take again
	lender *thread // runs again when this one waits or ends: this one runs on its physical thread
	own    bool    // begun by Start: its lender does not lend it a physical thread
	index  int     // in Sim.alive
	id     int     // how many threads of the run are as old or older
	gen    uint64  // counts the waits, so that what belonged to an old one is told apart

	// While waiting.
	holds, elsewhere bool
	on, or           *event
	lock             *mutex
	limit            *timer
	woken            seam.Woken
	why              string
	since            time.Duration
	frames           []frame
}

type frame struct{ who, what string }

// worker is a coroutine that runs one thread after the other.
type worker struct {
	t     *thread
	next  func() (struct{}, bool)
	stop  func()
	yield func(struct{}) bool
}

// unwound is what a thread panics with when its process has ended.
type unwound struct{}

func (s *Sim) newWorker() *worker {
	w := &worker{}
	w.next, w.stop = iter.Pull(func(yield func(struct{}) bool) {
		w.yield = yield
		for {
			s.runThread(w.t)
			if !yield(struct{}{}) {
				return
			}
		}
	})
	return w
}

func (s *Sim) runThread(t *thread) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(unwound); !ok && s.crash == nil {
				s.crash = r
			}
		}
		t.state = ended
	}()
	if t.f != nil && !s.dead {
		t.f()
	}
}

// room ends the run if the calling thread is about to start one thread too many; it does not return then.
func (s *Sim) room() {
	if len(s.alive) < s.limits.Threads || s.cur == nil {
		return
	}
	s.failed = ErrThreads
	s.cur.state = waiting
	s.park(s.cur)
}

// start makes a thread that is ready to run.
func (s *Sim) start(name string, f func()) *thread {
	t := s.makeThread(name, f)
	s.phys++
	t.phys = s.phys
	s.ready = append(s.ready, t)
	return t
}

func (s *Sim) makeThread(name string, f func()) *thread {
	var t *thread
	if n := len(s.free); n > 0 {
		t = s.free[n-1]
		s.free = s.free[:n-1]
		gen, frames := t.gen+1, t.frames[:0]
		*t = thread{gen: gen, frames: frames}
	} else {
		t = &thread{}
	}
	t.name, t.f = name, f
	if n := len(s.workers); n > 0 {
		t.w = s.workers[n-1]
		s.workers = s.workers[:n-1]
	} else {
		t.w = s.newWorker()
	}
	t.w.t = t
	t.index = len(s.alive)
	s.alive = append(s.alive, t)
	s.count++
	t.id = s.count
	return t
}

// bury takes an ended thread out of the books and keeps what can be used again.
func (s *Sim) bury(t *thread) {
	last := len(s.alive) - 1
	moved := s.alive[last]
	s.alive[t.index] = moved
	moved.index = t.index
	s.alive[last] = nil
	s.alive = s.alive[:last]
	t.w.t = nil
	s.workers = append(s.workers, t.w)
	t.w, t.f = nil, nil
	s.free = append(s.free, t)
}

// park gives the turn away and returns when the thread has it again.
func (s *Sim) park(t *thread) {
	t.w.yield(struct{}{})
	if s.dead {
		panic(unwound{})
	}
	t.state = running
}
