package sim_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/hostsim/hostsim/fakes/sim"
	"github.com/hostsim/hostsim/host/seam"
)

const ms = time.Millisecond

// stage is one run of a test: a controller, and what its threads said, in order.
type stage struct {
	*sim.Sim
	said []string
}

// say records that something happened, with the virtual time in milliseconds unless that is zero.
func (s *stage) say(what string) {
	if at := s.Elapsed(); at != 0 {
		what = fmt.Sprintf("%d %s", at.Milliseconds(), what)
	}
	s.said = append(s.said, what)
}

func (s *stage) sleep(d time.Duration) { s.Wait(seam.Wait{Limit: d, Why: "a sleep"}) }
func (s *stage) hold(d time.Duration) {
	s.Wait(seam.Wait{Limit: d, Holds: true, Why: "a blocked thread"})
}
func (s *stage) wait(e seam.Event) { s.Wait(seam.Wait{For: e, Limit: seam.Forever, Why: "an event"}) }

// perform runs main on a new controller until everybody has come to rest, and gives what was said.
func perform(t *testing.T, c sim.Chooser, main func(*stage)) []string {
	t.Helper()
	s := &stage{Sim: sim.New(c, sim.Limits{})}
	defer s.Close()
	if err := s.Run("main", func() { main(s) }, nil); err != sim.ErrStuck {
		t.Fatalf("the run ended with %v; it was to come to rest", err)
	}
	return s.said
}

func same(t *testing.T, got []string, want ...string) {
	t.Helper()
	if len(got)+len(want) > 0 && !reflect.DeepEqual(got, want) {
		t.Errorf("got  %s\nwant %s", strings.Join(got, ", "), strings.Join(want, ", "))
	}
}

// script is a chooser that takes what it is told, the first when it is told nothing more, and keeps what it was asked.
type script struct {
	take  []string // names
	hold  map[string]int
	asked []string
	t     *testing.T
}

func (c *script) Choose(point string, names []string) int {
	c.asked = append(c.asked, point+" "+strings.Join(names, "|"))
	if len(c.take) == 0 {
		return 0
	}
	want := c.take[0]
	c.take = c.take[1:]
	for i, n := range names {
		if n == want {
			return i
		}
	}
	c.t.Errorf("%s: the script takes %s, there are %v", point, want, names)
	return 0
}

// holder is a script that also holds threads up: each at its n-th chance, counted from one.
type holder struct {
	script
	chances map[string]int
}

func (h *holder) Preempt(thread string) bool {
	if h.chances == nil {
		h.chances = map[string]int{}
	}
	h.chances[thread]++
	return h.hold[thread] == h.chances[thread]
}
