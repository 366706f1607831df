package sim_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/hostsim/hostsim/fakes/sim"
	"github.com/hostsim/hostsim/host/seam"
)

var errBoom = errors.New("boom")

func timeOf(n int) time.Duration { return time.Duration(n) }

// TestEnd: after End no thread runs any further, the calling one excepted; what was deferred runs, and nothing that it
// does has an effect on the world.
func TestEnd(t *testing.T) {
	for _, c := range []struct {
		name string
		main func(*stage)
		want []string
	}{
		{"the calling thread goes on to its next wait", func(s *stage) {
			s.End()
			s.say("main")
			s.sleep(ms)
			s.say("never")
		}, []string{"main"}},

		{"deferred functions run, always in the same order", func(s *stage) {
			for _, n := range []string{"a", "b"} {
				s.Go(n, func() { defer s.say(n + " deferred"); s.sleep(ms); s.say("never") })
			}
			defer s.say("main deferred")
			s.Settle()
			s.End()
			s.sleep(ms)
		}, []string{"main deferred", "a deferred", "b deferred"}},

		{"a thread that never started does not start", func(s *stage) {
			s.Go("a", func() { s.say("never") })
			s.End()
		}, nil},

		{"nor do one started after the end, a called one, or a timer", func(s *stage) {
			defer func() {
				s.Go("a", func() { s.say("never") })
				s.Call("f", func() { s.say("never") })
				if s.AfterFunc(0, "t", func() { s.say("never") }).Stop() {
					s.say("never")
				}
				s.say("main")
			}()
			s.End()
			s.sleep(ms)
		}, []string{"main"}},

		{"a recover that hands on what is not its own lets the thread go", func(s *stage) {
			s.Go("a", func() {
				defer s.say("out")
				func() {
					defer func() {
						if r := recover(); r != nil {
							s.Repanic(r)
							s.say("never")
						}
					}()
					s.sleep(ms)
				}()
				s.say("never")
			})
			s.Settle()
			s.End()
		}, []string{"out"}},

		{"one that does not is stopped at its next wait", func(s *stage) {
			s.Go("a", func() {
				func() {
					defer func() { _ = recover() }()
					s.sleep(ms)
				}()
				s.say("a goes on")
				s.sleep(ms)
				s.say("never")
			})
			s.Settle()
			s.End()
		}, []string{"a goes on"}},

		{"waits, locks, yields and settling in deferred functions end there", func(s *stage) {
			m := s.NewMutex("m")
			e := s.NewEvent("e")
			for _, f := range []func(){func() { s.sleep(ms) }, func() { s.wait(e) }, s.Yield, s.Settle} {
				s.Go("a", func() {
					defer func() {
						m.Lock()
						m.Unlock()
						e.Set()
						f()
						s.say("never")
					}()
					s.hold(ms)
				})
			}
			s.Settle()
			m.Lock()
			s.End()
		}, nil},

		{"those who lend their turn are unwound, too", func(s *stage) {
			defer s.say("main")
			s.Call("f", func() {
				defer s.say("f")
				s.Call("g", func() { defer s.say("g"); s.End(); s.hold(ms) })
				s.say("never")
			})
			s.say("never")
		}, []string{"g", "f", "main"}},

		{"a thread that waits for a lock", func(s *stage) {
			m := s.NewMutex("m")
			m.Lock()
			s.Go("a", func() { defer s.say("a"); m.Lock(); s.say("never") })
			s.Settle()
			s.End()
			m.Unlock() // hands nothing on
		}, []string{"a"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &stage{Sim: sim.New(nil, sim.Limits{})}
			defer s.Close()
			examined := false
			err := s.Run("main", func() { c.main(s) }, func(err error) {
				examined = true
				if err != nil || !s.Over() {
					t.Errorf("examined with %v, over %v", err, s.Over())
				}
			})
			if err != nil || !examined {
				t.Errorf("Run gave %v, examined %v", err, examined)
			}
			same(t, s.said, c.want...)
		})
	}
}

// TestAPanicOfUserCode ends the run: it is handed on to whoever runs, with every thread unwound, and the controller can be
// used again.
func TestAPanicOfUserCode(t *testing.T) {
	s := &stage{Sim: sim.New(nil, sim.Limits{})}
	defer s.Close()
	for _, c := range []struct {
		name string
		main func()
	}{
		{"main", func() { panic(errBoom) }},
		{"a thread", func() {
			s.Go("a", func() { panic(errBoom) })
			defer s.say("main deferred")
			s.sleep(ms)
			s.say("never")
		}},
		{"a called function", func() {
			defer s.say("main deferred")
			s.Call("f", func() { panic(errBoom) })
			s.say("never")
		}},
		{"a timer", func() { s.AfterFunc(ms, "t", func() { panic(errBoom) }) }},
		{"while it is unwound", func() {
			s.Go("a", func() { defer func() { panic(errBoom) }(); s.sleep(ms) })
			s.Settle()
			s.End()
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.said = nil
			func() {
				defer func() {
					if r := fmt.Sprint(recover()); !strings.Contains(r, "boom") {
						t.Errorf("recovered %q, which does not say what was thrown", r)
					}
				}()
				_ = s.Run("main", c.main, func(err error) {
					if !s.Over() {
						t.Errorf("examined a run that panicked: %v", err)
					}
				})
				t.Error("the panic was lost")
			}()
			if strings.Contains(strings.Join(s.said, " "), "never") {
				t.Errorf("a thread ran on: %v", s.said)
			}
			if err := s.Run("main", s.End, nil); err != nil {
				t.Errorf("the run after it: %v", err)
			}
		})
	}
}

// TestLimits: a run that never ends on its own is ended, and says by which limit.
func TestLimits(t *testing.T) {
	for _, c := range []struct {
		name   string
		limits sim.Limits
		main   func(*stage)
		want   error
	}{
		{"turns", sim.Limits{Steps: 100}, func(s *stage) {
			for {
				s.Yield()
			}
		}, sim.ErrSteps},
		{"turns, two that wake each other", sim.Limits{Steps: 100}, func(s *stage) {
			a, b := s.NewEvent("a"), s.NewEvent("b")
			s.Go("t", func() {
				for {
					s.wait(a)
					a = s.NewEvent("a")
					b.Set()
				}
			})
			for {
				s.Settle()
				a.Set()
				s.wait(b)
				b = s.NewEvent("b")
			}
		}, sim.ErrSteps},
		{"threads", sim.Limits{Threads: 10}, func(s *stage) {
			for {
				s.Go("t", func() { s.sleep(ms) })
				s.Yield()
			}
		}, sim.ErrThreads},
		{"threads that start threads", sim.Limits{Threads: 10}, func(s *stage) {
			var more func()
			more = func() { s.Go("t", more); s.Go("t", more) }
			more()
		}, sim.ErrThreads},
		{"threads, all started in one turn", sim.Limits{Threads: 10}, func(s *stage) {
			for {
				s.Go("t", func() {})
			}
		}, sim.ErrThreads},
		{"calls in calls", sim.Limits{Threads: 10}, func(s *stage) {
			var deeper func()
			deeper = func() { s.Call("f", deeper) }
			deeper()
		}, sim.ErrThreads},
		{"virtual time", sim.Limits{Horizon: time.Hour}, func(s *stage) {
			for {
				s.sleep(time.Minute)
			}
		}, sim.ErrHorizon},
		{"virtual time, far away", sim.Limits{}, func(s *stage) { s.sleep(1<<63 - 1) }, sim.ErrHorizon},
		{"nothing left to do", sim.Limits{}, func(s *stage) {}, sim.ErrStuck},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &stage{Sim: sim.New(nil, c.limits)}
			defer s.Close()
			for range 3 { // what a limit cut off does not weigh on the next run
				if err := s.Run("main", func() { c.main(s) }, nil); err != c.want {
					t.Fatalf("ended with %v, want %v", err, c.want)
				}
			}
		})
	}
}

// TestReuse: run after run on one controller leaves no goroutine and allocates nothing that stays.
func TestReuse(t *testing.T) {
	s := &stage{Sim: sim.New(nil, sim.Limits{})}
	run := func(n int) {
		for i := range n {
			err := s.Run("main", func() {
				m := s.NewMutex("m")
				e := s.NewEvent("e")
				for range 10 {
					s.Go("t", func() { s.Wait(seam.Wait{For: e, Limit: time.Second}); m.Lock(); m.Unlock() })
				}
				s.AfterFunc(time.Hour, "never", func() {})
				s.Call("f", func() { s.sleep(ms) })
				s.hold(ms)
				if i%2 == 0 {
					s.End() // with everybody in their waits
				}
				e.Set()
			}, nil)
			if i%2 == 0 && err != nil || i%2 == 1 && err != sim.ErrStuck {
				t.Fatalf("run %d: %v", i, err)
			}
		}
	}
	run(100)
	goroutines, heap := runtime.NumGoroutine(), live()
	run(20_000)
	if n := runtime.NumGoroutine(); n > goroutines {
		t.Errorf("%d goroutines after 100 runs, %d after 20,100", goroutines, n)
	}
	if now := live(); now > heap+64<<10 {
		t.Errorf("the live heap grew from %d to %d bytes", heap, now)
	}
	s.Close() // and TestMain sees that nobody is left
}

// TestALargeRunIsForgotten: what one large run needed is not kept for ever.
func TestALargeRunIsForgotten(t *testing.T) {
	s := &stage{Sim: sim.New(nil, sim.Limits{})}
	defer s.Close()
	_ = s.Run("main", s.End, nil)
	before := live()
	_ = s.Run("main", func() {
		for range 200_000 {
			s.NewEvent("e")
			s.AfterFunc(ms, "t", func() {}).Stop()
		}
	}, nil)
	if now := live(); now > before+4<<20 {
		t.Errorf("%d bytes more are live after a large run", now-before)
	}
	goroutines := runtime.NumGoroutine()
	_ = s.Run("main", func() {
		for range 15_000 {
			s.Go("t", func() { s.sleep(ms) })
		}
	}, nil)
	if n := runtime.NumGoroutine() - goroutines; n > 1100 {
		t.Errorf("%d coroutines are kept after a large run", n)
	}
}

func live() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestVirtualTimeIsItsOwn: a run begins at the epoch, whenever it is run, and a sleep of weeks takes no time.
func TestVirtualTimeIsItsOwn(t *testing.T) {
	s := &stage{Sim: sim.New(nil, sim.Limits{})}
	defer s.Close()
	for range 2 {
		_ = s.Run("main", func() {
			if !s.Now().Equal(sim.Epoch) {
				t.Errorf("it begins at %v", s.Now())
			}
			s.sleep(14 * 24 * time.Hour)
			if d := s.Now().Sub(sim.Epoch); d != 14*24*time.Hour || s.Elapsed() != d {
				t.Errorf("two weeks took %v", d)
			}
		}, nil)
	}
}
