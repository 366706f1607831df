package sim_test

import (
	"fmt"
	"testing"

	"github.com/hostsim/hostsim/fakes/sim"
	"github.com/hostsim/hostsim/host/seam"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// stuck runs main until nothing can go on any more and gives the wait-for graph, in words.
func stuck(t *testing.T, main func(*stage)) (cycle, rest []string) {
	t.Helper()
	s := &stage{Sim: sim.New(nil, sim.Limits{})}
	defer s.Close()
	err := s.Run("main", func() { main(s) }, func(error) {
		words := func(list []trace.Wait) (out []string) {
			for _, w := range list {
				line := fmt.Sprintf("%s (%s) waits for %s", w.Who, w.Where, w.Resource)
				if w.Holder != "" {
					line += ", which needs " + w.Holder
				}
				if w.Since != 0 {
					line += fmt.Sprintf(", since %d", w.Since.Milliseconds())
				}
				out = append(out, line)
			}
			return out
		}
		c, r := s.WaitFor()
		cycle, rest = words(c), words(r)
	})
	if err != sim.ErrStuck {
		t.Fatalf("ended with %v; it was to get stuck", err)
	}
	return cycle, rest
}

// TestWaitFor: who waits for whom, from what the run did.
func TestWaitFor(t *testing.T) {
	for _, c := range []struct {
		name        string
		main        func(*stage)
		cycle, rest []string
	}{
		{"two locks, taken in two orders", func(s *stage) {
			a, b := s.NewMutex("lock a"), s.NewMutex("lock b")
			s.Go("t", func() { b.Lock(); s.hold(ms); a.Lock() })
			a.Lock()
			s.hold(ms)
			b.Lock()
		}, []string{
			"main (main) waits for lock b, which needs t, since 1",
			"t (t) waits for lock a, which needs main, since 1",
		}, nil},

		{"three promises", func(s *stage) {
			events := []seam.Event{s.NewEvent("e0"), s.NewEvent("e1"), s.NewEvent("e2")}
			for i := range events {
				s.Go(fmt.Sprintf("t%d", i), func() {
					s.Enter(fmt.Sprintf("service %d", i), "stop")
					s.Promise(events[i], "its stop returns")
					s.Wait(seam.Wait{For: events[(i+1)%3], Limit: seam.Forever, Why: fmt.Sprintf("the stop of %d", (i+1)%3)})
				})
			}
		}, []string{
			"t0 (service 0 · stop) waits for the stop of 1, which needs t1: its stop returns",
			"t1 (service 1 · stop) waits for the stop of 2, which needs t2: its stop returns",
			"t2 (service 2 · stop) waits for the stop of 0, which needs t0: its stop returns",
		}, nil},

		{"one that waits for itself", func(s *stage) {
			done := s.NewEvent("the end of the stop")
			s.Promise(done, "host.Stop returns")
			s.Enter("host", "stop")
			s.Enter("service b", "stop")
			s.Wait(seam.Wait{For: done, Limit: seam.Forever, Holds: true})
		}, []string{"main (host · stop → service b · stop) waits for the end of the stop, which needs main: host.Stop returns"}, nil},

		{"a lock and a promise, with somebody who waits for the cycle", func(s *stage) {
			m, done := s.NewMutex("the lock"), s.NewEvent("done")
			s.Go("t", func() { s.Promise(done, "it returns"); s.hold(ms); m.Lock() })
			s.Go("by", func() { s.hold(2 * ms); m.Lock() })
			m.Lock()
			s.hold(ms)
			s.Wait(seam.Wait{For: done, Limit: seam.Forever, Why: "the end of t"})
		}, []string{
			"main (main) waits for the end of t, which needs t: it returns, since 1",
			"t (t) waits for the lock, which needs main, since 1",
		}, []string{"by (by) waits for the lock, which needs main, since 2"}},

		{"through the caller whose thread is held", func(s *stage) {
			done := s.NewEvent("done")
			s.Promise(done, "main returns")
			s.Call("f", func() {
				s.Enter("service a", "start")
				s.Wait(seam.Wait{For: done, Limit: seam.Forever, Holds: true, Why: "main"})
			})
		}, []string{
			"main (main) waits for the code that runs on its thread, which needs f",
			"f (service a · start) waits for main, which needs main: main returns",
		}, nil},

		{"nobody who could act is left", func(s *stage) {
			e := s.NewEvent("e")
			s.Go("t", func() { s.Promise(e, "it sets e") }) // and ends without
			s.Settle()
			s.Wait(seam.Wait{For: e, Limit: seam.Forever})
		}, nil, []string{"main (main) waits for e"}},

		{"nobody has promised anything", func(s *stage) {
			s.Wait(seam.Wait{For: s.NewEvent("e"), Limit: seam.Forever, Why: "a connection"})
		}, nil, []string{"main (main) waits for a connection"}},

		{"nothing at all", func(s *stage) { s.Wait(seam.Wait{Limit: seam.Forever, Why: "nothing: it never ends"}) },
			nil, []string{"main (main) waits for nothing: it never ends"}},

		{"either of two: the one that was promised tells who must act", func(s *stage) {
			on, or := s.NewEvent("done"), s.NewEvent("the token")
			s.Go("t", func() {
				s.Promise(or, "it cancels")
				s.Wait(seam.Wait{For: s.NewEvent("e"), Limit: seam.Forever, Why: "a word"})
			})
			s.Settle()
			s.Wait(seam.Wait{For: on, Or: or, Limit: seam.Forever, Why: "done, or the token"})
		}, nil, []string{
			"main (main) waits for done, or the token, which needs t: it cancels",
			"t (t) waits for a word",
		}},

		{"only an Or", func(s *stage) {
			s.Wait(seam.Wait{Or: s.NewEvent("the token"), Limit: seam.Forever})
		}, nil, []string{"main (main) waits for the token"}},

		{"two cycles: the one of the oldest thread is told, the other is among the rest", func(s *stage) {
			pair := func(a, b string) {
				x, y := s.NewMutex(a), s.NewMutex(b)
				s.Go("t"+a, func() { x.Lock(); s.hold(ms); y.Lock() })
				s.Go("t"+b, func() { y.Lock(); s.hold(ms); x.Lock() })
			}
			pair("1", "2")
			pair("3", "4")
		}, []string{
			"t1 (t1) waits for 2, which needs t2, since 1",
			"t2 (t2) waits for 1, which needs t1, since 1",
		}, []string{
			"t3 (t3) waits for 4, which needs t4, since 1",
			"t4 (t4) waits for 3, which needs t3, since 1",
		}},

		{"everybody has gone", func(*stage) {}, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			cycle, rest := stuck(t, c.main)
			same(t, cycle, c.cycle...)
			same(t, rest, c.rest...)
		})
	}
}

// TestPromisesOfEarlierThreads: a thread that reuses what an earlier one left behind has promised nothing of what that did.
func TestPromisesOfEarlierThreads(t *testing.T) {
	cycle, rest := stuck(t, func(s *stage) {
		e := s.NewEvent("e")
		s.Call("gone", func() { s.Promise(e, "it sets e") })
		s.Go("new", func() { s.Wait(seam.Wait{For: e, Limit: seam.Forever}) })
	})
	same(t, cycle)
	same(t, rest, "new (new) waits for e")
}
