package explore_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/hostsim/hostsim/conformance/explore"
	"github.com/hostsim/hostsim/conformance/virtual"
	"github.com/hostsim/hostsim/fakes/sim"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// toy is a player of a program of a test's own on the controller: the run ends in a hang if the program says that its bug
// showed.
type toy struct {
	s   *sim.Sim
	run func(s *sim.Sim, bug func())
}

func newToy(run func(s *sim.Sim, bug func())) *toy { return &toy{sim.New(nil, sim.Limits{}), run} }

func (p *toy) SetChooser(c sim.Chooser) { p.s.SetChooser(c) }
func (p *toy) Close()                   { p.s.Close() }
func (p *toy) Play(*plan.Plan, string) (*trace.Trace, error) {
	t := &trace.Trace{End: trace.Ending{Kind: trace.Exited}}
	bug := func() { t.End = trace.Ending{Kind: trace.HangEnd, Reason: "the bug"} }
	err := p.s.Run("main", func() { p.run(p.s, bug) }, nil)
	if err != nil && err != sim.ErrStuck {
		return nil, err
	}
	return t, nil
}

// steps is a program of n threads of k steps each; before every step the thread may be held up. say is called with the
// thread and the number of the step.
func steps(n, k int, say func(thread, step int, bug func())) func(*sim.Sim, func()) {
	return func(s *sim.Sim, bug func()) {
		for i := range n {
			s.Go(fmt.Sprintf("t%d", i), func() {
				for j := range k {
					s.Preempt()
					say(i, j, bug)
				}
			})
		}
	}
}

// depth2 is a bug that needs two ordering constraints: thread 0 stops between its third and fourth step for the whole of
// thread n-1.
func depth2(n, k int) func(*sim.Sim, func()) {
	var at0, last int
	return func(s *sim.Sim, bug func()) {
		at0, last = 0, 0
		steps(n, k, func(thread, step int, bug func()) {
			switch thread {
			case 0:
				at0 = step + 1
			case n - 1:
				if last++; last == k && at0 == k/2 {
					bug()
				}
			}
		})(s, bug)
	}
}

// depth3: thread 0 stops in its middle, thread 1 runs to its own middle, then the last thread runs whole.
func depth3(n, k int) func(*sim.Sim, func()) {
	var at [16]int
	return func(s *sim.Sim, bug func()) {
		clear(at[:])
		steps(n, k, func(thread, step int, bug func()) {
			at[thread] = step + 1
			if thread == n-1 && step == k-1 && at[0] == k/2 && at[1] == k/2 {
				bug()
			}
		})(s, bug)
	}
}

// found explores a toy and gives in how many of the schedules the bug showed.
func found(t *testing.T, o explore.Options, run func(*sim.Sim, func())) (count, of int) {
	t.Helper()
	o.NewPlayer = func() explore.Player { return newToy(run) }
	o.Jobs = 1
	r, err := explore.Explore(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range r.Violations {
		count += v.Count
	}
	return count, r.Schedules
}

// TestPCTFindsDeepBugs: PCT finds a bug of depth d at least as often as its bound 1/(n·k^(d-1)) says, and far more often
// than dice do.
func TestPCTFindsDeepBugs(t *testing.T) {
	const n, schedules = 4, 20000
	for _, c := range []struct {
		depth, k int
		run      func(*sim.Sim, func())
	}{{2, 20, depth2(n, 20)}, {3, 10, depth3(n, 10)}} {
		t.Run(fmt.Sprintf("depth %d", c.depth), func(t *testing.T) {
			o := options(t, twoServices, "strict", explore.PCT, schedules)
			o.Depth = c.depth
			o.Clauses = []string{"HOST-STOP-001"}
			pct, of := found(t, o, c.run)
			bound := 1 / (float64(n) * math.Pow(float64(n*c.k), float64(c.depth-1)))
			if got := float64(pct) / float64(of); got < 2*bound {
				t.Errorf("in %d of %d schedules (%.5f); the bound is %.5f, and PCT should be well above it", pct, of, got, bound)
			}
			o.Strategy = explore.Random
			dice, _ := found(t, o, c.run)
			if c.depth > 2 && pct < 2*dice {
				t.Errorf("PCT in %d, dice in %d of %d schedules; a deep bug is what priorities are for", pct, dice, of)
			}
			t.Logf("PCT in %d, random in %d of %d; the bound promises %.1f", pct, dice, of, bound*schedules)
		})
	}
}

// brute enumerates every schedule of a program with at most bound decisions that are not the default, without any
// cleverness: as many-digit numbers, each digit a decision.
func brute(t *testing.T, play func(list []int) (of []int, said string), bound int) map[string]bool {
	t.Helper()
	seen := map[string]bool{}
	said := map[string]bool{}
	var visit func(prefix []int)
	visit = func(prefix []int) {
		of, s := play(prefix)
		took := append(append([]int(nil), prefix...), make([]int, len(of)-len(prefix))...)
		key := fmt.Sprint(took)
		if seen[key] {
			return
		}
		seen[key], said[key+s] = true, true
		for i := range took {
			for v := range of[i] {
				next := append(append([]int(nil), took[:i]...), v)
				n := 0
				for _, d := range next {
					if d != 0 {
						n++
					}
				}
				if n <= bound {
					visit(next)
				}
			}
		}
	}
	visit(nil)
	return said
}

// digits is a chooser that follows a list of numbers and notes how many choices there were.
type digits struct {
	list []int
	of   []int
}

func (d *digits) take(n int) int {
	k := 0
	if len(d.of) < len(d.list) {
		k = d.list[len(d.of)]
	}
	d.of = append(d.of, n)
	return k
}

func (d *digits) Choose(_ string, names []string) int { return d.take(len(names)) }
func (d *digits) Preempt(string) bool                 { return d.take(2) == 1 }

// TestExhaustiveIsExhaustive compares the exhaustive search with a brute-force enumeration, schedule by schedule in their
// number and trace by trace in their kinds, and each schedule is played once.
func TestExhaustiveIsExhaustive(t *testing.T) {
	for _, c := range []struct{ name, plan, profile string }{
		{"two services and a signal", twoServices, "strict"},
		{"an exit races a signal", exitRace, "dotnet-3.1"},
		{"concurrent stop", "options: {concurrentStop: true}" + twoServices, "dotnet-8"},
	} {
		for bound := 1; bound <= 3; bound++ {
			t.Run(fmt.Sprintf("%s, bound %d", c.name, bound), func(t *testing.T) {
				o := options(t, c.plan, c.profile, explore.Exhaustive, 0)
				o.Bound, o.Jobs = bound, 2
				o.Clauses = []string{"HOST-STOP-001"}
				r, err := explore.Explore(context.Background(), o)
				if err != nil {
					t.Fatal(err)
				}
				lane := virtual.New(nil)
				defer lane.Close()
				traces := map[string]bool{}
				all := brute(t, func(list []int) ([]int, string) {
					d := &digits{list: list}
					lane.SetChooser(d)
					tr, err := lane.Play(o.Plan, c.profile)
					if err != nil {
						t.Fatal(err)
					}
					s := strings.Join(trace.Lines(tr, false), "\n")
					traces[s] = true
					return d.of, s
				}, bound)
				if !r.Exhausted || r.Schedules != len(all) || r.Distinct != len(traces) {
					t.Errorf("exhausted %t, %d schedules, %d traces; there are %d schedules and %d traces", r.Exhausted, r.Schedules, r.Distinct, len(all), len(traces))
				}
			})
		}
	}
}

// TestResultDoesNotDependOnWorkers: the same bytes whatever -j is, also where a limit cuts an exhaustive search.
func TestResultDoesNotDependOnWorkers(t *testing.T) {
	for _, c := range []struct {
		strategy  string
		schedules int
	}{{explore.Sequential, 0}, {explore.Random, 2000}, {explore.PCT, 2000}, {explore.Exhaustive, 0}, {explore.Exhaustive, 200}, {explore.Exhaustive, 1}} {
		t.Run(fmt.Sprintf("%s %d", c.strategy, c.schedules), func(t *testing.T) {
			o := options(t, exitRace, "dotnet-3.1", c.strategy, c.schedules)
			o.Jobs = 1
			one := run(t, o)
			for _, j := range []int{2, 3, 8} {
				o.Jobs = j
				if got := run(t, o); !bytes.Equal(got, one) {
					t.Errorf("-j %d gives\n%s\n-j 1 gave\n%s", j, got, one)
				}
			}
			r, _ := explore.ParseResult(one)
			if c.schedules > 0 && r.Schedules != c.schedules {
				t.Errorf("%d schedules were played, %d asked for", r.Schedules, c.schedules)
			}
		})
	}
}

func TestBadOptions(t *testing.T) {
	for _, c := range []struct {
		name string
		set  func(*explore.Options)
		want string
	}{
		{"an unknown strategy", func(o *explore.Options) { o.Strategy = "luck" }, `there is no strategy "luck"; the strategies are sequential, random, pct, exhaustive`},
		{"a part too far", func(o *explore.Options) { o.Shard, o.Of = 2, 2 }, "shard 2 of 2: the first is 0, the last is one less than their number"},
		{"a negative part", func(o *explore.Options) { o.Shard, o.Of = -1, 2 }, "shard -1 of 2"},
		{"a negative number", func(o *explore.Options) { o.Schedules = -1 }, "none of them can be negative"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := options(t, twoServices, "strict", explore.Random, 10)
			c.set(&o)
			if _, err := explore.Explore(context.Background(), o); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
