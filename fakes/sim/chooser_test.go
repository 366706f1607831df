package sim_test

import (
	"testing"

	"github.com/hostsim/hostsim/fakes/sim"
)

// TestChooser: wherever more than one thing could happen next the chooser is asked, by point and names in the order of the
// default, and what it takes happens.
func TestChooser(t *testing.T) {
	threads := func(s *stage) {
		for _, n := range []string{"a", "b", "c"} {
			s.Go(n, func() { s.say(n) })
		}
	}
	timers := func(s *stage) {
		for _, n := range []string{"a", "b", "c"} {
			s.AfterFunc(ms, n, func() { s.say(n) })
		}
		s.AfterFunc(2*ms, "alone", func() { s.say("alone") })
	}
	locks := func(s *stage) {
		m := s.NewMutex("m")
		m.Lock()
		for i, n := range []string{"a", "b", "c"} {
			s.AfterFunc(ms*timeOf(i+1), n, func() { m.Lock(); s.say(n); m.Unlock() })
		}
		s.hold(10 * ms)
		m.Unlock()
	}
	for _, c := range []struct {
		name        string
		main        func(*stage)
		take        []string
		said, asked []string
	}{
		{"threads, by default", threads, nil, []string{"a", "b", "c"}, []string{"ready a|b|c", "ready b|c"}},
		{"threads, the last first", threads, []string{"c", "b"}, []string{"c", "b", "a"}, []string{"ready a|b|c", "ready a|b"}},
		{"threads, the middle one first", threads, []string{"b", "a"}, []string{"b", "a", "c"}, []string{"ready a|b|c", "ready a|c"}},
		{"timers, by default", timers, nil, []string{"1 a", "1 b", "1 c", "2 alone"}, []string{"timer a|b|c", "ready a|b|c", "timer b|c", "ready b|c"}},
		{"timers, the last first", timers, []string{"c", "c", "b", "b"}, []string{"1 c", "1 b", "1 a", "2 alone"}, []string{"timer a|b|c", "ready c|a|b", "timer a|b", "ready b|a"}},
		{"a timer goes off before what an earlier one of its instant has made ready", timers, []string{"a", "b", "b", "c", "c"}, []string{"1 b", "1 c", "1 a", "2 alone"}, []string{"timer a|b|c", "ready a|b|c", "ready a|b|c", "ready a|c", "ready a|c"}},
		{"locks, by default", locks, nil, []string{"10 a", "10 b", "10 c"}, []string{"lock a|b|c", "lock b|c"}},
		{"locks, the last first", locks, []string{"c", "b"}, []string{"10 c", "10 b", "10 a"}, []string{"lock a|b|c", "lock a|b"}},
		{"nobody is asked where there is no choice", func(s *stage) {
			s.Go("a", func() { s.sleep(ms); s.say("a") })
			s.sleep(2 * ms)
			s.say("main")
		}, nil, []string{"1 a", "2 main"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			ch := &script{take: c.take, t: t}
			same(t, perform(t, ch, c.main), c.said...)
			same(t, ch.asked, c.asked...)
		})
	}
}

// TestBusyUnderAChooser: who gets on while a thread is busy is then the chooser's business, and costs no time.
func TestBusyUnderAChooser(t *testing.T) {
	for _, c := range []struct{ take, first, second string }{{"main", "main", "a"}, {"a", "a", "main"}} {
		ch := &script{take: []string{c.take}, t: t}
		said := perform(t, ch, func(s *stage) {
			s.Go("a", func() { s.say("a") })
			s.Busy(5 * ms)
			s.say("main")
		})
		same(t, said, c.first, c.second)
	}
}

// TestPreempt: a chooser that wants to may hold a thread up where it does something that others can see: a start, a lock,
// an event.
func TestPreempt(t *testing.T) {
	main := func(s *stage) {
		m := s.NewMutex("m")
		s.Go("a", func() { s.say("a") }) // nobody else is ready before: no chance
		s.Go("b", func() { s.say("b") })
		m.Lock()
		s.say("main locks")
		m.Unlock()
		s.Preempt()
		s.say("main")
	}
	for _, c := range []struct {
		name string
		at   int
		want []string
	}{
		{"not at all", 0, []string{"main locks", "main", "a", "b"}},
		{"at the first start, before anybody else is ready but a", 1, []string{"a", "main locks", "main", "b"}},
		{"at the second start", 2, []string{"a", "b", "main locks", "main"}},
		{"at the lock", 3, []string{"a", "b", "main locks", "main"}},
		{"at an event", 4, []string{"main locks", "a", "b", "main"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := &holder{script: script{t: t, hold: map[string]int{"main": c.at}}}
			same(t, perform(t, h, main), c.want...)
		})
	}
}

// TestPreemptKeepsTheThread: a called function that is held up does not give the thread back by that.
func TestPreemptKeepsTheThread(t *testing.T) {
	h := &holder{script: script{t: t, hold: map[string]int{"f": 1}}}
	said := perform(t, h, func(s *stage) {
		s.Go("a", func() { s.say("a") })
		s.Call("f", func() { s.Preempt(); s.say("f"); s.sleep(ms); s.say("f again") })
		s.say("main")
	})
	same(t, said, "a", "f", "main", "1 f again")
}

// TestSetChooser: a controller takes another chooser, or none, for the runs that follow.
func TestSetChooser(t *testing.T) {
	s := &stage{Sim: sim.New(nil, sim.Limits{})}
	defer s.Close()
	for _, c := range []struct {
		chooser sim.Chooser
		want    []string
	}{
		{nil, []string{"a", "b"}},
		{&script{take: []string{"b"}, t: t}, []string{"b", "a"}},
		{nil, []string{"a", "b"}},
		{&holder{script: script{t: t, hold: map[string]int{"main": 1}}}, []string{"a", "b"}},
	} {
		s.SetChooser(c.chooser)
		s.said = nil
		_ = s.Run("main", func() {
			s.Go("a", func() { s.say("a") })
			s.Go("b", func() { s.say("b") })
		}, nil)
		same(t, s.said, c.want...)
	}
}
