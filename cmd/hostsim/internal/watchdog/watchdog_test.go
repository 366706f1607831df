package watchdog

import (
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/hostsim/hostsim/fakes/sim"
	"github.com/hostsim/hostsim/host/seam"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for an event in real time.
const patience = 30 * time.Second

// TestStalls injects what the simulation cannot see into a run, and frees it when the dog has barked.
func TestStalls(t *testing.T) {
	var mu sync.Mutex
	free := make(chan struct{})
	for _, c := range []struct {
		name  string
		stall func(free func() bool)
		want  []string
	}{
		{"a lock that somebody holds", func(func() bool) { mu.Lock(); mu.Unlock() }, []string{"This goroutine waits (sync.Mutex.Lock):", "  sync.(*Mutex).Lock", "watchdog.TestStalls", "watchdog/watchdog_test.go:"}},
		{"a channel", func(func() bool) { <-free }, []string{"This goroutine waits (chan receive):", "watchdog.TestStalls"}},
		{"a busy loop", func(free func() bool) {
			for !free() {
			}
		}, []string{"This goroutine runs:", "watchdog.TestStalls"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			mu.Lock()
			free = make(chan struct{})
			barked := make(chan Stall, 1)
			over := make(chan struct{})
			stop := Watch(200*time.Millisecond, sim.Pulses, func(s Stall) { barked <- s })
			open := make(chan struct{})
			go func() {
				defer close(over)
				s := sim.New(nil, sim.Limits{})
				defer s.Close()
				_ = s.Run("main", func() {
					s.Go("bystander", func() { s.Wait(seam.Wait{Limit: time.Hour}) })
					s.Wait(seam.Wait{Limit: time.Minute})
					c.stall(func() bool {
						select {
						case <-open:
							return true
						default:
							return false
						}
					})
				}, nil)
			}()
			select {
			case s := <-barked:
				text := s.String()
				for _, want := range append(c.want, "the run stands still: for 200ms of real time nothing has gone on in it") {
					if !strings.Contains(text, want) {
						t.Errorf("it does not say %q:\n%s", want, text)
					}
				}
				if strings.Contains(text, "0x") || strings.Contains(text, "goroutine 1") || strings.Contains(text, "runThread") {
					t.Errorf("it says too much:\n%s", text)
				}
			case <-time.After(patience):
				t.Error("the dog did not bark")
			}
			mu.Unlock()
			close(free)
			close(open)
			<-over
			stop()
			stop()
		})
	}
}

// TestQuiet: runs that get on, one after the other or in one long run, do not make the dog bark, and neither does a process
// in which nothing runs.
func TestQuiet(t *testing.T) {
	stop := Watch(time.Second, sim.Pulses, func(s Stall) { t.Errorf("it barked: %v", s) })
	s := sim.New(nil, sim.Limits{Steps: 300_000})
	for range 3 {
		if err := s.Run("main", func() {
			for {
				s.Yield()
			}
		}, nil); err != sim.ErrSteps {
			t.Error(err)
		}
	}
	s.Close()
	stop()
}

// TestStalled is the rule on which the dog barks, without a clock.
func TestStalled(t *testing.T) {
	at := func(s float64) time.Time { return time.Unix(0, 0).Add(time.Duration(s * float64(time.Second))) }
	type look struct {
		s      float64
		pulses map[any]uint64
		want   bool
	}
	p := func(n uint64) map[any]uint64 { return map[any]uint64{"run": n} }
	for _, c := range []struct {
		name  string
		looks []look
	}{
		{"the same for long enough", []look{{0, p(1), false}, {1, p(1), false}, {2, p(1), false}, {3, p(1), false}, {5, p(1), true}}},
		{"it grows", []look{{0, p(1), false}, {4, p(3), false}, {8, p(5), false}, {12, p(7), false}, {16, p(9), false}}},
		{"another run", []look{{0, p(1), false}, {4, p(3), false}, {5, nil, false}, {6, p(3), false}, {7, p(3), false}, {8, p(3), false}, {9, p(3), false}, {10, p(3), false}, {11, p(3), true}}},
		{"the process was asleep", []look{{0, p(1), false}, {3600, p(1), false}, {3601, p(1), false}, {3602, p(1), false}, {3603, p(1), true}}},
		{"nothing runs", []look{{0, nil, false}, {100, nil, false}}},
		{"one of two", []look{{0, map[any]uint64{"a": 1, "b": 1}, false}, {2, map[any]uint64{"a": 3, "b": 1}, false}, {3, map[any]uint64{"a": 5, "b": 1}, false}, {4, map[any]uint64{"a": 7, "b": 1}, false}, {5, map[any]uint64{"a": 9, "b": 1}, true}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			seen := map[any]beat{}
			for _, l := range c.looks {
				if got := stalled(seen, l.pulses, at(l.s), 5*time.Second); got != l.want {
					t.Errorf("at %v s: %v, want %v", l.s, got, l.want)
				}
			}
		})
	}
}

// TestCulprit reads dumps.
func TestCulprit(t *testing.T) {
	const created = "\ngithub.com/hostsim/hostsim/fakes/sim.(*Sim).runThread(0xc000100000, 0xc000200000)\n\t/src/fakes/sim/thread.go:81 +0x56\ncreated by iter.Pull[...] in goroutine 7\n\t/go/src/iter/iter.go:271 +0x90"
	const (
		other   = "goroutine 1 [sync.Mutex.Lock]:\nmain.main()\n\t/src/main.go:3 +0x1"
		asleep  = "goroutine 8 [coroutine]:\nexample.org/x.wait(0xc0)\n\t/src/x.go:1 +0x1" + created
		busy    = "goroutine 9 [runnable]:\nexample.org/x.(*T).spin(...)\n\t/home/me/src/x/spin.go:12\nexample.org/x.(*T).Stop(0xc0000b4000, {0x1, 0x2})\n\t/home/me/src/x/x.go:77 +0x40" + created
		blocked = "goroutine 10 [sync.Mutex.Lock, 2 minutes]:\ninternal/sync.runtime_SemacquireMutex(0xc0?, 0x0, 0x1)\n\t/go/sema.go:95 +0x25\ninternal/sync.(*Mutex).lockSlow(0xc0)\n\t/go/mutex.go:149\nsync.(*Mutex).Lock(...)\n\t/go/src/sync/mutex.go:46\nexample.org/x.Stop.func1()\n\t/home/me/src/x/x.go:77 +0x40" + created
	)
	for _, c := range []struct {
		name, dump, want string
	}{
		{"nothing", "", ""},
		{"nobody of the simulation", other, ""},
		{"only coroutines", other + "\n\n" + asleep, ""},
		{"one that runs", other + "\n\n" + asleep + "\n\n" + busy, "This goroutine runs: example.org/x.(*T).spin src/x/spin.go:12, example.org/x.(*T).Stop src/x/x.go:77"},
		{"one that waits", asleep + "\n\n" + blocked, "This goroutine waits (sync.Mutex.Lock): sync.(*Mutex).Lock src/sync/mutex.go:46, example.org/x.Stop.func1 src/x/x.go:77"},
		{"one that waits before one that runs", busy + "\n\n" + blocked + "\n\n" + busy, "This goroutine waits (sync.Mutex.Lock): sync.(*Mutex).Lock src/sync/mutex.go:46, example.org/x.Stop.func1 src/x/x.go:77"},
		{"a dump that is cut off", blocked[:60], ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := ""
			if g := Culprit(c.dump); g != nil {
				var list []string
				for _, f := range g.Frames {
					list = append(list, f.Func+" "+f.Place)
				}
				got = g.Doing() + ": " + strings.Join(list, ", ")
			}
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
	if s := (Stall{For: time.Second}).String(); !strings.Contains(s, "no goroutine could be told to be the one") {
		t.Errorf("without a culprit: %s", s)
	}
}
