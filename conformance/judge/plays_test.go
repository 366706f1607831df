package judge_test

import (
	"context"
	"testing"

	"github.com/hostsim/hostsim/conformance/judge"
	"github.com/hostsim/hostsim/spec"
)

// TestPlays: what Go's scheduler decides anew each time is played more than once, and each play is judged.
func TestPlays(t *testing.T) {
	again := func(n int) func(*fake, *judge.Options) judge.Implementation {
		return func(f *fake, o *judge.Options) judge.Implementation { o.Plays = n; return uncontrolled{f} }
	}
	for _, c := range []struct {
		name      string
		plays     string
		set       func(*fake, *judge.Options) judge.Implementation
		runs      int
		schedules string
		want      []string
	}{
		{"once", "first.ok | first.bad", again(1), 1, "default", []string{"pass", first + " pass 1"}},
		{"none is as one", "first.ok | first.bad", again(0), 1, "default", []string{"pass", first + " pass 1"}},
		{"the second play is broken", "first.ok | first.bad | first.ok", again(3), 3, "as Go's scheduler picks, 3 of each scenario",
			[]string{"fail", first + " fail 3; c1 at 0 (first bad): first is bad"}},
		{"one failure of a scenario is told of", "first.bad | x.y first.bad", again(4), 4, "as Go's scheduler picks, 4 of each scenario",
			[]string{"fail", first + " fail 4; c1 at 0 (first bad): first is bad"}},
		{"of two, what never happened says more", "first.bad | first.never | first.bad", again(3), 3, "as Go's scheduler picks, 3 of each scenario",
			[]string{"fail", first + " fail 3; c1 at -1 (exited 0): first never comes"}},
		{"it hangs in one", "first.ok | first.bad hang", again(2), 2, "as Go's scheduler picks, 2 of each scenario",
			[]string{"hang", first + " hang 2; c1 at 0 (first bad): first is bad"}},
		{"the harness fails in one", "first.ok | panic", again(2), 1, "as Go's scheduler picks, 2 of each scenario",
			[]string{"error", first + " pass 1", "c1 error: panic: kaputt"}},
		{"a controlled host is played once", "first.ok | first.bad", func(f *fake, o *judge.Options) judge.Implementation { o.Plays = 3; return f }, 1, "default",
			[]string{"pass", first + " pass 1"}},
		{"a process is played once", "first.ok | first.bad", func(f *fake, o *judge.Options) judge.Implementation {
			o.Plays, f.lane = 3, spec.Process
			return uncontrolled{f}
		}, 1, "default", []string{"pass", first + " pass 1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, cases := setup(c.plays)
			o := judge.Options{Spec: contract(first), Profile: "p"}
			impl := c.set(f, &o)
			r, err := judge.Verify(context.Background(), impl, cases, o)
			if err != nil {
				t.Fatal(err)
			}
			same(t, words(r), c.want...)
			if r.Size.Runs != c.runs || r.Size.Schedules != c.schedules || r.Size.Scenarios != 1 {
				t.Errorf("%+v, want %d runs, %q", r.Size, c.runs, c.schedules)
			}
		})
	}
}
