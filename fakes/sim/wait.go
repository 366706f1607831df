package sim

import (
	"time"

	"github.com/hostsim/hostsim/host/seam"
)

var _ seam.Runtime = (*Sim)(nil)

// Now implements [seam.Runtime].
func (s *Sim) Now() time.Time { return Epoch.Add(s.now) }

// Go implements [seam.Runtime].
func (s *Sim) Go(name string, f func()) {
	if !s.dead {
		s.room()
		s.start(name, f)
		s.Preempt()
	}
}

// Call implements [seam.Runtime].
func (s *Sim) Call(name string, f func()) {
	if s.dead {
		return
	}
	s.room()
	caller := s.cur
	t := s.makeThread(name, f)
	t.phys = caller.phys
	s.lend(caller, t)
	if t.state == readied && s.onCall != nil {
		s.onCall(name)
	}
}

// Start implements [seam.Runtime].
func (s *Sim) Start(name string, f func()) {
	if s.dead {
		return
	}
	s.room()
	caller := s.cur
	t := s.makeThread(name, f)
	s.phys++
	t.phys, t.own = s.phys, true
	s.lend(caller, t)
}

// lend lets t run on the caller's physical thread until it waits or ends.
func (s *Sim) lend(caller, t *thread) {
	t.lender = caller
	s.next = t
	s.park(caller)
}

// Yield implements [seam.Runtime].
func (s *Sim) Yield() {
	if s.dead {
		panic(unwound{})
	}
	t := s.cur
	t.holds = false
	s.phys++
	phys := s.phys
	s.pushReady(t)
	s.park(t)
	if t.lender == nil {
		t.phys = phys
	}
}

// Wait implements [seam.Runtime].
func (s *Sim) Wait(w seam.Wait) seam.Woken {
	if s.dead {
		panic(unwound{})
	}
	on, _ := w.For.(*event)
	or, _ := w.Or.(*event)
	switch {
	case on != nil && on.set:
		return seam.ByFor
	case or != nil && or.set:
		return seam.ByOr
	case w.Limit == 0:
		return seam.TimedOut
	}
	t := s.cur
	t.gen++
	t.holds, t.elsewhere, t.why, t.since = w.Holds, w.Elsewhere, w.Why, s.now
	t.on, t.or = on, or
	if on != nil {
		on.waiters = append(on.waiters, waiter{t, t.gen, seam.ByFor})
	}
	if or != nil {
		or.waiters = append(or.waiters, waiter{t, t.gen, seam.ByOr})
	}
	if w.Limit > 0 {
		t.limit = s.addTimer(w.Limit, t.name, nil, t)
	}
	t.state = waiting
	s.park(t)
	t.on, t.or = nil, nil
	return t.woken
}

// Settle holds the calling thread until everybody who is ready by now has had a turn: what a thread does that has other
// business for a while.
func (s *Sim) Settle() {
	if s.dead {
		panic(unwound{})
	}
	if len(s.ready) == s.head {
		return
	}
	t := s.cur
	t.holds = true
	s.pushReady(t)
	s.park(t)
}

// Busy keeps the calling thread busy for d, which other threads have to get on in. Under a chooser it is [Sim.Settle]: who
// gets on is then the chooser's business.
func (s *Sim) Busy(d time.Duration) {
	if s.chooser != nil {
		s.Settle()
		return
	}
	s.Wait(seam.Wait{Limit: d, Holds: true, Why: "its own business"})
}

// wake ends t's wait. On a thread of the run, and unless the wait wants otherwise, t goes on inside the call that wakes it.
func (s *Sim) wake(t *thread, by seam.Woken) {
	t.gen++
	t.woken = by
	if t.limit != nil {
		s.timers.remove(t.limit)
		t.limit = nil
	}
	switch {
	case t.holds:
		s.pushReady(t)
	case s.cur == nil || t.elsewhere:
		s.phys++
		t.phys = s.phys
		s.pushReady(t)
	default:
		t.phys = s.cur.phys
		s.lend(s.cur, t)
	}
}

// Enter implements [seam.Runtime].
func (s *Sim) Enter(who, what string) {
	if t := s.cur; t != nil {
		t.frames = append(t.frames, frame{who, what})
	}
}

// Leave implements [seam.Runtime].
func (s *Sim) Leave() {
	if t := s.cur; t != nil && len(t.frames) > 0 {
		t.frames = t.frames[:len(t.frames)-1]
	}
}

// Repanic implements [seam.Runtime].
func (s *Sim) Repanic(recovered any) {
	if _, ok := recovered.(unwound); ok {
		panic(recovered)
	}
}

// event implements seam.Event.
type event struct {
	s       *Sim
	name    string
	set     bool
	waiters []waiter
	done    chan struct{}
	by      *thread // who promised to set it
	byID    int
	how     string
}

type waiter struct {
	t     *thread
	gen   uint64
	which seam.Woken
}

// NewEvent implements [seam.Runtime].
func (s *Sim) NewEvent(name string) seam.Event {
	e := s.slabs.event()
	e.s, e.name = s, name
	return e
}

// Promise implements [seam.Runtime].
func (s *Sim) Promise(ev seam.Event, by string) {
	if e, ok := ev.(*event); ok && s.cur != nil {
		e.by, e.byID, e.how = s.cur, s.cur.id, by
	}
}

func (e *event) IsSet() bool { return e.set }

func (e *event) Set() {
	if e.set || e.s.dead {
		e.set = true
		return
	}
	e.set = true
	if e.done != nil {
		close(e.done)
	}
	for i := 0; i < len(e.waiters); i++ {
		if w := e.waiters[i]; w.t.gen == w.gen && w.t.state == waiting {
			e.s.wake(w.t, w.which)
		}
	}
	e.waiters = e.waiters[:0]
}

func (e *event) Done() <-chan struct{} {
	if e.done == nil {
		e.done = make(chan struct{})
		if e.set {
			close(e.done)
		}
	}
	return e.done
}

// mutex implements seam.Mutex. It belongs to a physical thread: code that runs inside its holder's calls may lock it again.
type mutex struct {
	s      *Sim
	name   string
	phys   int
	depth  int
	holder *thread
	queue  []*thread
}

// NewMutex implements [seam.Runtime].
func (s *Sim) NewMutex(name string) seam.Mutex { return &mutex{s: s, name: name} }

func (m *mutex) Lock() {
	s := m.s
	if s.dead {
		return
	}
	s.Preempt()
	t := s.cur
	if m.depth > 0 && m.phys == t.phys {
		m.depth++
		return
	}
	if m.depth == 0 {
		m.take(t)
		return
	}
	t.gen++
	t.holds, t.lock, t.why, t.since = true, m, "", s.now
	t.state = waiting
	m.queue = append(m.queue, t)
	s.park(t)
	t.lock = nil
}

func (m *mutex) take(t *thread) { m.phys, m.depth, m.holder = t.phys, 1, t }

func (m *mutex) Unlock() {
	s := m.s
	if s.dead {
		return
	}
	if m.depth--; m.depth > 0 {
		return
	}
	m.holder = nil
	if len(m.queue) == 0 {
		return
	}
	k := 0
	if len(m.queue) > 1 && s.chooser != nil {
		k = s.choose("lock", m.queue, nil)
	}
	t := m.queue[k]
	m.queue = append(m.queue[:k], m.queue[k+1:]...)
	m.take(t)
	t.gen++
	s.pushReady(t)
}

// Preempt is a point at which the calling thread may be held up so that somebody who is ready goes on first. The default
// is not to. The controller offers it wherever a thread does something that others can see.
func (s *Sim) Preempt() {
	if s.preempter == nil || s.cur == nil || s.dead {
		return
	}
	t, due := s.cur, s.due(s.now)
	if len(s.ready) == s.head && len(due) == 0 {
		return
	}
	if s.identified != nil {
		s.ids = append(s.ids[:0], t.id)
		s.identify(s.ready[s.head:], due)
	}
	if !s.preempter.Preempt(t.name) {
		return
	}
	holds := t.holds
	t.holds = true
	s.pushReady(t)
	s.park(t)
	t.holds = holds
}

// Preempter is what a chooser has that wants to be asked at the seams whether the running thread is held up there.
type Preempter interface{ Preempt(thread string) bool }

// Identified is what a chooser has that wants to tell things of one name apart. Before each Choose it is given a number for
// each candidate, and before each Preempt one for the running thread and then one for each of those that could go on
// instead. A thread, or a timer, has the same number for as long as it lives. They are valid during the call.
type Identified interface{ Identify(ids []int) }

// identify hands over the numbers that are there already, of threads and of timers.
func (s *Sim) identify(threads []*thread, timers []*timer) {
	for _, t := range threads {
		s.ids = append(s.ids, t.id)
	}
	for _, tm := range timers {
		s.ids = append(s.ids, -int(tm.seq))
	}
	s.identified.Identify(s.ids)
}

// choose asks the chooser for one of threads and timers, in this order.
func (s *Sim) choose(point string, threads []*thread, timers []*timer) int {
	if s.identified != nil {
		s.ids = s.ids[:0]
		s.identify(threads, timers)
	}
	s.names = s.names[:0]
	for _, t := range threads {
		s.names = append(s.names, t.name)
	}
	for _, tm := range timers {
		s.names = append(s.names, tm.name)
	}
	return s.chooser.Choose(point, s.names)
}
