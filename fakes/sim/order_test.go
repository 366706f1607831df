package sim_test

import (
	"testing"

	"github.com/hostsim/hostsim/fakes/sim"
	"github.com/hostsim/hostsim/host/seam"
)

// TestOrder is the default order: what a naive machine with one processor and no preemption would do.
func TestOrder(t *testing.T) {
	for _, c := range []struct {
		name string
		main func(*stage)
		want []string
	}{
		{"threads run in the order in which they were started, after the one that starts them", func(s *stage) {
			for _, n := range []string{"a", "b", "c"} {
				s.Go(n, func() { s.say(n) })
			}
			s.say("main")
		}, []string{"main", "a", "b", "c"}},

		{"a called function runs at once, before those who are ready", func(s *stage) {
			s.Go("a", func() { s.say("a") })
			s.Call("f", func() { s.say("f") })
			s.say("main")
		}, []string{"f", "main", "a"}},

		{"the caller goes on before those who are ready", func(s *stage) {
			s.Go("a", func() { s.say("a") })
			s.Call("f", func() { s.say("f"); s.Yield(); s.say("f again") })
			s.say("main")
		}, []string{"f", "main", "a", "f again"}},

		{"a waiter goes on inside the call that wakes it", func(s *stage) {
			e := s.NewEvent("e")
			s.Go("w", func() { s.wait(e); s.say("w") })
			s.Settle()
			s.Go("a", func() { s.say("a") })
			e.Set()
			s.say("main")
		}, []string{"w", "main", "a"}},

		{"waiters go on one after the other, in the order in which they came", func(s *stage) {
			e := s.NewEvent("e")
			for _, n := range []string{"v", "w", "x"} {
				s.Go(n, func() { s.wait(e); s.say(n) })
			}
			s.Settle()
			e.Set()
			s.say("main")
		}, []string{"v", "w", "x", "main"}},

		{"one that goes on elsewhere takes its place among the ready", func(s *stage) {
			e := s.NewEvent("e")
			s.Go("w", func() {
				s.Wait(seam.Wait{For: e, Limit: seam.Forever, Elsewhere: true})
				s.say("w")
			})
			s.Settle()
			s.Go("a", func() { s.say("a") })
			e.Set()
			s.say("main")
		}, []string{"main", "a", "w"}},

		{"so does one that holds its thread", func(s *stage) {
			e := s.NewEvent("e")
			s.Go("w", func() { s.Wait(seam.Wait{For: e, Limit: seam.Forever, Holds: true}); s.say("w") })
			s.Settle()
			s.Go("a", func() { s.say("a") })
			e.Set()
			s.say("main")
		}, []string{"main", "a", "w"}},

		{"inline wake-ups nest: the innermost goes on first, then back out", func(s *stage) {
			e, f := s.NewEvent("e"), s.NewEvent("f")
			s.Go("v", func() { s.wait(e); s.say("v"); f.Set(); s.say("v again") })
			s.Go("w", func() { s.wait(f); s.say("w") })
			s.Settle()
			e.Set()
			s.say("main")
		}, []string{"v", "w", "v again", "main"}},

		{"a waiter that waits again gives the turn back", func(s *stage) {
			e := s.NewEvent("e")
			s.Go("w", func() { s.wait(e); s.say("w"); s.sleep(ms); s.say("w again") })
			s.Settle()
			e.Set()
			s.say("main")
		}, []string{"w", "main", "1 w again"}},

		{"a waiter that holds what it runs on keeps the one that woke it waiting", func(s *stage) {
			e := s.NewEvent("e")
			s.Go("w", func() { s.wait(e); s.hold(5 * ms); s.say("w") })
			s.Settle()
			e.Set()
			s.say("main")
		}, []string{"5 w", "5 main"}},

		{"a held call holds while others get on", func(s *stage) {
			s.Go("a", func() { s.say("a"); s.sleep(ms); s.say("a again") })
			s.Call("f", func() { s.hold(5 * ms); s.say("f") })
			s.say("main")
		}, []string{"a", "1 a again", "5 f", "5 main"}},

		{"Settle lets everybody who is ready by now have one turn", func(s *stage) {
			s.Go("a", func() { s.say("a"); s.Go("late", func() { s.say("late") }); s.Yield(); s.say("a again") })
			s.Go("b", func() { s.say("b") })
			s.Settle()
			s.say("main")
		}, []string{"a", "b", "main", "late", "a again"}},

		{"Settle with nobody ready does nothing", func(s *stage) { s.Settle(); s.say("main") }, []string{"main"}},

		{"Settle does not give the thread back", func(s *stage) {
			s.Go("a", func() { s.say("a") })
			s.Call("f", func() { s.Settle(); s.say("f") })
			s.say("main")
		}, []string{"a", "f", "main"}},

		{"Busy keeps the thread while others get on", func(s *stage) {
			s.Go("a", func() { s.sleep(ms); s.say("a") })
			s.Call("f", func() { s.Busy(2 * ms); s.say("f") })
			s.say("main")
		}, []string{"1 a", "2 f", "2 main"}},

		{"timers go off by time, those of one instant by age", func(s *stage) {
			for _, c := range []struct {
				d    int
				name string
			}{{2, "c"}, {1, "a"}, {2, "d"}, {1, "b"}, {3, "e"}} {
				s.AfterFunc(ms*1*timeOf(c.d), c.name, func() { s.say(c.name) })
			}
		}, []string{"1 a", "1 b", "2 c", "2 d", "3 e"}},

		{"everybody comes to rest before the next timer of the same instant", func(s *stage) {
			s.AfterFunc(ms, "a", func() { s.say("a"); s.Go("b", func() { s.say("b") }) })
			s.AfterFunc(ms, "c", func() { s.say("c") })
		}, []string{"1 a", "1 b", "1 c"}},

		{"a timer stopped in the middle of the others", func(s *stage) {
			var stop []seam.Timer
			for i := range 8 {
				stop = append(stop, s.AfterFunc(ms*timeOf(1+(i*5)%8), "t", func() { s.say(string(rune('a' + i))) }))
			}
			for _, i := range []int{3, 0, 6} {
				stop[i].Stop()
			}
		}, []string{"2 f", "3 c", "4 h", "5 e", "6 b"}},

		{"locks go to the longest waiting", func(s *stage) {
			m := s.NewMutex("m")
			m.Lock()
			for _, n := range []string{"a", "b"} {
				s.Go(n, func() { m.Lock(); s.say(n); m.Unlock() })
			}
			s.Settle()
			s.say("main")
			m.Unlock()
		}, []string{"main", "a", "b"}},

		{"a lock belongs to its holder's thread: what runs inside its calls may take it", func(s *stage) {
			m, e := s.NewMutex("m"), s.NewEvent("e")
			s.Go("w", func() { s.wait(e); m.Lock(); s.say("w"); m.Unlock() })
			s.Settle()
			m.Lock()
			e.Set()
			s.say("main")
			m.Unlock()
		}, []string{"w", "main"}},

		{"what goes on elsewhere may not", func(s *stage) {
			m, e := s.NewMutex("m"), s.NewEvent("e")
			s.Go("w", func() {
				s.Wait(seam.Wait{For: e, Limit: seam.Forever, Elsewhere: true})
				m.Lock()
				s.say("w")
				m.Unlock()
			})
			s.Settle()
			m.Lock()
			e.Set()
			s.hold(ms)
			s.say("main")
			m.Unlock()
		}, []string{"1 main", "1 w"}},

		{"nor what has yielded, though it was called", func(s *stage) {
			m := s.NewMutex("m")
			m.Lock()
			s.Call("f", func() { s.Yield(); m.Lock(); s.say("f"); m.Unlock() })
			s.hold(ms)
			s.say("main")
			m.Unlock()
		}, []string{"1 main", "1 f"}},

		{"the thread on which the run began is known", func(s *stage) {
			at := func(n string) {
				if s.OnMain() {
					n += " on main"
				}
				s.say(n)
			}
			at("main")
			s.Call("f", func() { at("f"); s.Yield(); at("f again") })
			s.Go("t", func() { at("t") })
			s.hold(ms)
			at("main again")
		}, []string{"main on main", "f on main", "f again", "t", "1 main again on main"}},
	} {
		t.Run(c.name, func(t *testing.T) { same(t, perform(t, nil, c.main), c.want...) })
	}
}

// TestSuspended: the caller is told when a called function goes on elsewhere, and only then.
func TestSuspended(t *testing.T) {
	said := perform(t, nil, func(s *stage) {
		s.OnSuspended(func(name string) { s.say(name + " goes on elsewhere") })
		s.Call("returns", func() {})
		s.Call("yields", func() { s.Yield() })
		s.say("main")
	})
	same(t, said, "yields goes on elsewhere", "main")
}

func TestUnhandledErrors(t *testing.T) {
	s := &stage{Sim: sim.New(nil, sim.Limits{})}
	defer s.Close()
	err := s.Run("main", func() {
		s.Unhandled(errBoom) // nobody has said what to do
		s.OnUnhandled(func(err error) { s.say(err.Error()) })
		s.Unhandled(errBoom)
		s.End()
		s.Unhandled(errBoom) // too late
		s.say("over")
	}, nil)
	if err != nil {
		t.Error(err)
	}
	same(t, s.said, "boom", "over")
}
