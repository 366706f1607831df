// Package sim is the simulated side of the host's seam: a controller that lets one logical thread run at a time, on
// virtual time. It knows for every thread what it waits for, so a deadlock is "nobody is ready and no timer is due" and
// the wait-for graph is at hand. The same plan with the same choices gives the same run, whatever GOMAXPROCS is.
//
// A thread is a coroutine. Wherever more than one thing could happen next the controller asks its [Chooser]; without one
// it takes the first, which is what a naive sequential machine would do.
//
// A Sim is made for many runs: [Sim.Run] may be called again and again and reuses what earlier runs allocated. It is not
// safe for concurrent use; use one per goroutine.
package sim

import (
	"errors"
	"fmt"
	"time"
)

// Epoch is the instant at which every run begins.
var Epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// Chooser decides wherever more than one thing could happen next.
type Chooser interface {
	// Choose picks one of names (at least two), which stand in the order that the default would take them.
	// The point names the kind of decision: "ready", "timer" or "lock".
	Choose(point string, names []string) int
}

// Limits keep a run that never ends on its own from running for ever. Zero means the default.
type Limits struct {
	Steps   int           // turns handed out; default 2,000,000
	Threads int           // threads alive at once; default 80,000: four for each service that a plan may have
	Horizon time.Duration // virtual time; default 30 days
}

// The ways in which Run ends.
var (
	ErrStuck   = errors.New("every thread waits and no timer is due")
	ErrSteps   = errors.New("the limit on turns was reached: something in the plan never comes to rest")
	ErrThreads = errors.New("the limit on threads was reached: something in the plan starts threads without end")
	ErrHorizon = errors.New("the limit on virtual time was reached")
)

// Sim is the controller.
type Sim struct {
	chooser    Chooser
	preempter  Preempter
	identified Identified
	limits     Limits

	now     time.Duration
	steps   int
	cur     *thread
	next    *thread // resumes before anybody who is ready
	ready   []*thread
	head    int // first live entry of ready
	timers  timerHeap
	alive   []*thread // every thread that has not ended
	dead    bool
	phys    int // last number given to a physical thread
	seq     uint64
	names   []string // scratch for choices
	ids     []int
	tied    []*timer // scratch for due
	workers []*worker
	free    []*thread // thread structs to use again
	onError func(error)
	onCall  func(string)
	failed  error // a limit that was reached in the middle of a turn
	crash   any   // a panic of the code under test that nobody recovered: a fault of the harness
	count   int   // threads started in this run
	slabs   slabs
	pulse   pulse
}

// New makes a controller; a nil chooser takes the first of every choice.
func New(c Chooser, l Limits) *Sim {
	if l.Steps == 0 {
		l.Steps = 2_000_000
	}
	if l.Threads == 0 {
		l.Threads = 80_000
	}
	if l.Horizon == 0 {
		l.Horizon = 30 * 24 * time.Hour
	}
	s := &Sim{limits: l}
	s.SetChooser(c)
	return s
}

// SetChooser replaces the chooser for the runs that follow.
func (s *Sim) SetChooser(c Chooser) {
	s.chooser = c
	s.preempter, _ = c.(Preempter)
	s.identified, _ = c.(Identified)
}

// Elapsed is the virtual time since the run began.
func (s *Sim) Elapsed() time.Duration { return s.now }

// OnUnhandled says what is to be done about an error that nobody handles; nothing, by default.
func (s *Sim) OnUnhandled(f func(error)) { s.onError = f }

// Unhandled implements [seam.Unhandling].
func (s *Sim) Unhandled(err error) {
	if s.onError != nil && !s.dead {
		s.onError(err)
	}
}

// OnSuspended says what the caller of [Sim.Call] does when the called function goes on elsewhere.
func (s *Sim) OnSuspended(f func(name string)) { s.onCall = f }

// OnMain tells whether the calling thread runs on the physical thread on which the run began.
func (s *Sim) OnMain() bool { return s.cur != nil && s.cur.phys == 1 }

// Over tells whether the run has been ended by [Sim.End].
func (s *Sim) Over() bool { return s.dead }

// Run runs main on a thread of that name until [Sim.End] is called or nothing can go on any more. Afterwards every
// thread that was cut off has been unwound. It returns nil after End, else one of the errors above.
// While it is being judged, examine is called with the threads still in place; it may be nil.
func (s *Sim) Run(name string, main func(), examine func(error)) (err error) {
	s.now, s.steps, s.dead, s.phys, s.seq, s.crash, s.count, s.failed = 0, 0, false, 0, 0, nil, 0, nil
	s.pulse.begin()
	defer s.pulse.end()
	s.start(name, main)
	err = s.loop()
	if examine != nil && s.crash == nil {
		examine(err)
	}
	s.unwind()
	if s.crash != nil {
		panic(fmt.Sprintf("sim: a thread panicked outside of any handler: %v", s.crash))
	}
	return err
}

// End ends the run: no thread runs any further, the calling one excepted, which is unwound at its next wait.
func (s *Sim) End() { s.dead = true }

// Close lets go of the coroutines that the controller keeps for later runs.
func (s *Sim) Close() {
	for _, w := range s.workers {
		w.stop()
	}
	s.workers = nil
	s.pulse.close()
}

func (s *Sim) loop() error {
	for !s.dead {
		t := s.next
		s.next = nil
		if t == nil {
			if t = s.popReady(); t == nil {
				if !s.fire() {
					return ErrStuck
				}
				if s.now > s.limits.Horizon {
					return ErrHorizon
				}
				continue
			}
		}
		if s.steps++; s.steps > s.limits.Steps {
			return ErrSteps
		}
		if s.steps%pulseTurns == 0 {
			s.pulse.n.Add(2)
		}
		if len(s.alive) > s.limits.Threads {
			return ErrThreads
		}
		s.resume(t)
		if s.crash != nil {
			return nil
		}
		if s.failed != nil {
			return s.failed
		}
	}
	return nil
}

// resume lets t run until it waits or ends, and settles whose turn it is then.
func (s *Sim) resume(t *thread) {
	s.cur = t
	t.state = running
	t.w.next()
	s.cur = nil
	switch t.state {
	case ended:
		s.bury(t)
		s.backTo(t)
	case waiting, readied:
		if !t.holds || t.own && t.state == waiting { // who is merely held up has not waited
			s.backTo(t)
		}
	}
}

// backTo gives the turn to the thread whose turn t had borrowed.
func (s *Sim) backTo(t *thread) {
	if l := t.lender; l != nil && s.next == nil {
		t.lender = nil
		s.next = l
	}
}

// popReady takes the next thread that is ready, nil if there is none. A chooser may have a timer go off first that is due
// at this very instant: a signal, a deadline and a completion of one moment come in any order.
func (s *Sim) popReady() *thread {
	n := len(s.ready) - s.head
	if n == 0 {
		return nil
	}
	k := 0
	if s.chooser != nil {
		due := s.due(s.now)
		if n+len(due) > 1 {
			k = s.choose("ready", s.ready[s.head:], due)
		}
		if k >= n {
			s.goOff(due[k-n])
			return s.popReady()
		}
	}
	t := s.ready[s.head+k]
	copy(s.ready[s.head+1:s.head+k+1], s.ready[s.head:s.head+k])
	s.ready[s.head] = nil
	if s.head++; s.head == len(s.ready) {
		s.ready, s.head = s.ready[:0], 0
	}
	return t
}

func (s *Sim) pushReady(t *thread) {
	t.state = readied
	s.ready = append(s.ready, t)
}

// unwind ends every thread that is left, each at the wait in which it stands.
func (s *Sim) unwind() {
	s.dead = true
	s.next = nil
	for len(s.alive) > 0 {
		t := s.alive[len(s.alive)-1]
		if t.state == fresh {
			t.f = nil
		}
		s.cur = t
		t.w.next()
		s.cur = nil
		if t.state != ended {
			panic("sim: thread " + t.name + " waits again while it is unwound")
		}
		s.bury(t)
	}
	for i := range s.ready {
		s.ready[i] = nil
	}
	s.ready, s.head = s.ready[:0], 0
	s.timers.clear()
	s.slabs.reset()
	for _, w := range s.workers[min(keepThreads, len(s.workers)):] {
		w.stop()
	}
	s.workers, s.free = shorten(s.workers, keepThreads), shorten(s.free, keepThreads)
}
