package sim

import (
	"math"
	"time"

	"github.com/hostsim/hostsim/host/seam"
)

// timer implements seam.Timer. It either starts a thread or ends a wait.
type timer struct {
	s     *Sim
	at    time.Duration
	seq   uint64
	index int // in the heap, -1 when it is not there
	name  string
	f     func()
	t     *thread
}

// AfterFunc implements [seam.Runtime].
func (s *Sim) AfterFunc(d time.Duration, name string, f func()) seam.Timer {
	if s.dead {
		return &timer{s: s, index: -1}
	}
	return s.addTimer(d, name, f, nil)
}

func (s *Sim) addTimer(d time.Duration, name string, f func(), t *thread) *timer {
	tm := s.slabs.timer()
	s.seq++
	at := s.now + max(d, 0)
	if at < s.now { // beyond what a Duration holds: beyond any horizon
		at = math.MaxInt64
	}
	*tm = timer{s: s, at: at, seq: s.seq, name: name, f: f, t: t}
	s.timers.push(tm)
	return tm
}

// Stop implements [seam.Timer].
func (t *timer) Stop() bool { return t.s.timers.remove(t) }

// fire moves the time to the next timer and lets it go off; false if there is none.
func (s *Sim) fire() bool {
	h := &s.timers
	if len(h.a) == 0 {
		return false
	}
	tm := h.a[0]
	if s.chooser != nil {
		tm = s.chooseTimer(tm)
	}
	s.now = tm.at
	s.goOff(tm)
	return true
}

// goOff lets a timer that is due go off.
func (s *Sim) goOff(tm *timer) {
	s.timers.remove(tm)
	if tm.t != nil {
		tm.t.limit = nil
		s.wake(tm.t, seam.TimedOut)
	} else {
		s.start(tm.name, tm.f)
	}
}

// chooseTimer lets the chooser say which of the timers that are due at one instant goes off first.
func (s *Sim) chooseTimer(first *timer) *timer {
	due := s.due(first.at)
	if len(due) < 2 {
		return first
	}
	return due[s.choose("timer", nil, due)]
}

// due lists the timers that are due by an instant that none is due before, the oldest first. It is valid until the next call.
func (s *Sim) due(at time.Duration) []*timer {
	h := &s.timers
	if len(h.a) == 0 || h.a[0].at > at {
		return nil
	}
	due := s.tied[:0]
	for _, t := range h.a {
		if t.at <= at {
			due = append(due, t)
		}
	}
	for i := 1; i < len(due); i++ { // few: by age
		for j := i; j > 0 && due[j].seq < due[j-1].seq; j-- {
			due[j], due[j-1] = due[j-1], due[j]
		}
	}
	s.tied = due
	return due
}

// timerHeap is a binary heap by time, then by age.
type timerHeap struct{ a []*timer }

func (h *timerHeap) less(i, j int) bool {
	x, y := h.a[i], h.a[j]
	return x.at < y.at || x.at == y.at && x.seq < y.seq
}

func (h *timerHeap) swap(i, j int) {
	h.a[i], h.a[j] = h.a[j], h.a[i]
	h.a[i].index, h.a[j].index = i, j
}

func (h *timerHeap) push(t *timer) {
	t.index = len(h.a)
	h.a = append(h.a, t)
	h.up(t.index)
}

func (h *timerHeap) up(i int) {
	for i > 0 {
		p := (i - 1) / 2
		if !h.less(i, p) {
			return
		}
		h.swap(i, p)
		i = p
	}
}

func (h *timerHeap) down(i int) {
	for {
		c := 2*i + 1
		if c >= len(h.a) {
			return
		}
		if c+1 < len(h.a) && h.less(c+1, c) {
			c++
		}
		if !h.less(c, i) {
			return
		}
		h.swap(i, c)
		i = c
	}
}

func (h *timerHeap) remove(t *timer) bool {
	i := t.index
	if i < 0 || i >= len(h.a) || h.a[i] != t {
		return false
	}
	last := len(h.a) - 1
	h.swap(i, last)
	h.a[last] = nil
	h.a = h.a[:last]
	t.index = -1
	if i < last {
		h.up(i)
		h.down(i)
	}
	return true
}

func (h *timerHeap) clear() {
	for i, t := range h.a {
		t.index = -1
		h.a[i] = nil
	}
	h.a = h.a[:0]
}

// slabs hand out events and timers that live for one run and are used again in the next.
type slabs struct {
	events []*event
	timers []*timer
	ne, nt int
}

func (b *slabs) event() *event {
	if b.ne == len(b.events) {
		b.events = append(b.events, &event{})
	}
	e := b.events[b.ne]
	b.ne++
	*e = event{waiters: e.waiters[:0]}
	return e
}

func (b *slabs) timer() *timer {
	if b.nt == len(b.timers) {
		b.timers = append(b.timers, &timer{})
	}
	t := b.timers[b.nt]
	b.nt++
	return t
}

// keep is how many events and timers are kept from run to run, and keepThreads how many threads with their coroutines.
const (
	keep        = 4096
	keepThreads = 1024
)

func (b *slabs) reset() {
	b.ne, b.nt = 0, 0
	b.events, b.timers = shorten(b.events, keep), shorten(b.timers, keep)
}

// shorten gives the first n of list; what is beyond is let go of.
func shorten[T any](list []T, n int) []T {
	if len(list) <= n {
		return list
	}
	return append(make([]T, 0, n), list[:n]...)
}
