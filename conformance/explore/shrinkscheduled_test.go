package explore

import (
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostsim/hostsim/conformance/fuzz"
	"github.com/hostsim/hostsim/conformance/shrink"
	"github.com/hostsim/hostsim/scenarios"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// TestShrinkScheduled: what is left of a plan, and under which schedule it shows the violation.
func TestShrinkScheduled(t *testing.T) {
	some := func(p *plan.Plan) int { return len(p.Services) + len(p.Signals) } // the plan decides what a seed gives
	const asked = "services:\n- {name: b, start: [spawn: [stopApplication]]}\nmain: [build]\n"
	for _, c := range []struct {
		name     string
		strategy string
		does     func(p *plan.Plan, seed int) outcome
		cycle    func(p *plan.Plan) []trace.Wait
		clause   string
		left     string // of the plan; empty: all
		under    string
		says     string
	}{
		{name: "a clause that one service breaks", does: func(p *plan.Plan, seed int) outcome {
			if hasService(p, "b") && (seed+some(p))%5 == 0 {
				return forgets
			}
			return well
		}, clause: "HOST-STOP-003", left: "services: [{name: b}]\nmain: [build]\n", under: "random:4"},
		{name: "the schedule of the find comes first", does: func(_ *plan.Plan, seed int) outcome {
			if seed >= 33 {
				return forgets
			}
			return well
		}, clause: "HOST-STOP-003", left: "services: [{name: c}]\nmain: [build]\n", under: "random:33"},
		{name: "then those of the exploration in their order", does: func(p *plan.Plan, seed int) outcome {
			if len(p.Signals) == 1 && seed == 40 || len(p.Signals) == 0 && seed%6 == 3 {
				return forgets
			}
			return well
		}, clause: "HOST-STOP-003", left: "services: [{name: c}]\nmain: [build]\n", under: "random:3"},
		{name: "what every schedule shows is still shown by every one", does: func(p *plan.Plan, seed int) outcome {
			if len(p.Signals) > 0 || seed == 1 {
				return forgets
			}
			return well
		}, clause: "HOST-STOP-003", left: "services: [{name: b}]\nmain: [build]\nsignals: [{after: b.stop.end, wait: 0s, send: SIGTERM}]\n", under: "random:1"},
		{name: "pct keeps its depth", strategy: PCT, does: func(p *plan.Plan, seed int) outcome {
			if hasService(p, "c") && seed%9 == 8 {
				return forgets
			}
			return well
		}, clause: "HOST-STOP-003", left: "services: [{name: c}]\nmain: [build]\n", under: "pct3:8"},
		{name: "the sequential schedule is the only one", strategy: Sequential, does: func(p *plan.Plan, _ int) outcome {
			if hasService(p, "c") {
				return forgets
			}
			return well
		}, clause: "HOST-STOP-003", left: "services: [{name: c}]\nmain: [build]\n", under: "sequential"},
		{name: "the cycle stays the same", does: func(p *plan.Plan, seed int) outcome {
			if seed%4 == 1 {
				return locks
			}
			return well
		}, cycle: func(p *plan.Plan) []trace.Wait {
			if hasService(p, "b") {
				return waits(len(p.Signals), "relay", "stop") // whoever stands first
			}
			return waits(0, "relay", "start")
		}, clause: "hang", left: "services: [{name: b}]\nmain: [build]\n", under: "random:1"},
		{name: "goroutines of one function are alike", does: func(p *plan.Plan, seed int) outcome {
			if hasService(p, "b") && seed%4 == 1 {
				return locks
			}
			return well
		}, cycle: func(p *plan.Plan) []trace.Wait {
			return waits(0, fmt.Sprintf("call.func1 #%d", len(p.Services)), "relay")
		}, clause: "hang", left: "services: [{name: b}]\nmain: [build]\n", under: "random:1"},
		{name: "a hang that not every schedule shows stays one", does: func(p *plan.Plan, seed int) outcome {
			if !p.Has(plan.StopApp) || seed%3 == 0 {
				return hangs // nobody asks for the stop
			}
			return well
		}, clause: "hang", left: asked, under: "random:3"},
		{name: "a hang that every schedule shows is left as it is", does: func(*plan.Plan, int) outcome { return hangs },
			clause: "hang", under: "random:1", says: "it was not shrunk: it hangs under each of 16 schedules"},
		{name: "a run that is given up is left as it is", does: func(*plan.Plan, int) outcome { return givenUp },
			clause: "killed", under: "random:1", says: "it was not shrunk: the run had to be given up"},
		{name: "plans that are given up end it", does: func(p *plan.Plan, seed int) outcome {
			switch {
			case len(p.Services) < 2:
				return givenUp
			case seed%4 == 1:
				return forgets
			}
			return well
		}, clause: "HOST-STOP-003", left: "", under: "random:1", says: "it may not be the smallest: "},
		{name: "what the adapter does not play is not kept", does: func(p *plan.Plan, seed int) outcome {
			switch {
			case !p.Has(plan.Run):
				return skips
			case seed%4 == 1:
				return forgets
			}
			return well
		}, clause: "HOST-STOP-003", left: "services: [{name: c}]\nmain: [build, run]\n", under: "random:1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &seededPlayer{does: c.does, cycle: c.cycle}
			o := seededOptions(t, busy, s)
			if c.strategy != "" {
				o.Strategy, o.Depth = c.strategy, 3
			}
			r, err := Explore(t.Context(), o)
			if err != nil || len(r.Violations) == 0 || r.Violations[0].Clause != c.clause {
				t.Fatalf("%v, violations %+v, want %s", err, r.Violations, c.clause)
			}
			v := &r.Violations[0]
			s.calls, s.explained = 0, 0
			small, err := Shrink(&o, v)
			if err != nil {
				t.Fatal(err)
			}
			if c.left == "" && c.says == "" {
				t.Fatal("the row says nothing about what is left")
			}
			if want := string(plan.AppendYAML(nil, small.Plan)); c.left != "" && want != yamlOf(t, c.left) {
				t.Errorf("left are\n%s\nwant\n%s", want, c.left)
			}
			if small.Named != c.under || small.Schedule != nil || small.Said != "said of "+c.under+"\n" {
				t.Errorf("under %q, which says %q; decisions %v; want %q", small.Named, small.Said, small.Schedule, c.under)
			}
			if !strings.HasPrefix(small.Left, c.says) || c.says == "" && small.Left != "" {
				t.Errorf("it says %q, want %q", small.Left, c.says)
			}
			if notLast := small.Tries == s.calls || small.Tries == s.calls-1; !notLast {
				t.Errorf("%d tries, %d runs were played", small.Tries, s.calls)
			}
			if again, err := Shrink(&o, v); err != nil || cmp.Diff(again, small) != "" {
				t.Errorf("%v: the second time it gives something else: %s", err, cmp.Diff(again, small))
			}
			o.Jobs = 7
			if again, err := Shrink(&o, v); err != nil || cmp.Diff(again, small) != "" {
				t.Errorf("%v: with other workers it gives something else: %s", err, cmp.Diff(again, small))
			}
		})
	}
}

func yamlOf(t *testing.T, text string) string {
	t.Helper()
	p, err := plan.Parse("plan", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return string(plan.AppendYAML(nil, p))
}

// TestShrinkScheduledIsMinimal: of random plans in which chance decides what a seed gives, nothing more can be taken away under any
// of the schedules that are tried.
func TestShrinkScheduledIsMinimal(t *testing.T) {
	kinds := plan.Steps()
	tried := 0
	for n := range 200 {
		p := fuzz.Generate(5, n, fuzz.Style{Lifecycle: true, Faults: true, Handlers: true, Wild: 0.5})
		kind := kinds[n%len(kinds)]
		if !p.Has(kind) || len(p.Services) == 0 {
			continue
		}
		s := &seededPlayer{does: func(q *plan.Plan, seed int) outcome {
			h := fnv.New32()
			fmt.Fprintf(h, "%s %d", plan.AppendJSON(nil, q), seed)
			if q.Has(kind) && h.Sum32()%3 == 0 {
				return forgets
			}
			return well
		}}
		o := seededOptions(t, busy, s)
		o.Plan = p
		r, err := Explore(t.Context(), o)
		if err != nil || len(r.Violations) == 0 {
			t.Fatalf("plan %d: %v, %d violations", n, err, len(r.Violations))
		}
		v := &r.Violations[0]
		small, err := Shrink(&o, v)
		if err != nil {
			t.Fatalf("plan %d: %v", n, err)
		}
		tried++
		if small.Left != "" || small.Tries >= mostRuns {
			t.Errorf("plan %d: %d tries, %s", n, small.Tries, small.Left)
		}
		if !Breaks(small.Plan, &small.Trace, o.Profile, v) {
			t.Errorf("plan %d: %s is not broken any more", n, v.Clause)
		}
		for q := range shrink.Smaller(small.Plan) {
			for i := range seeds(&o, v) {
				run, err := s.PlaySchedule(q, o.ScheduleName(uint64(i)), false)
				if err == nil && Breaks(q, run.Trace, o.Profile, v) {
					t.Errorf("plan %d could be smaller under %s:\n%s\nthan\n%s", n, o.ScheduleName(uint64(i)), plan.AppendYAML(nil, q), plan.AppendYAML(nil, small.Plan))
				}
			}
		}
	}
	if tried < 30 {
		t.Errorf("only %d plans were shrunk", tried)
	}
}

// TestShrinkScheduledEnds: a violation that is rare, and that no smaller plan shows, ends at the limit.
func TestShrinkScheduledEnds(t *testing.T) {
	whole := ""
	s := &seededPlayer{does: func(p *plan.Plan, seed int) outcome {
		if seed == 9000 && string(plan.AppendJSON(nil, p)) == whole {
			return forgets
		}
		return well
	}}
	o := seededOptions(t, busy+"applicationStarted: ["+strings.Repeat("[mark: x, mark: y, mark: z],", 20)+"[]]\n", s)
	o.Schedules = 10000
	whole = string(plan.AppendJSON(nil, o.Plan))
	v := &Violation{Clause: "HOST-STOP-003", Count: 1, First: 8999, Named: "random:9000"}
	last, told := 0, 0
	o.Progress = func(done, of int) {
		if told++; done < last || done > of || of != mostRuns {
			t.Errorf("%d of %d runs after %d", done, of, last)
		}
		last = done
	}
	small, err := Shrink(&o, v)
	if err != nil {
		t.Fatal(err)
	}
	if last != mostRuns || told < small.Tries {
		t.Errorf("%d times it was told how far it is, in the end %d", told, last)
	}
	if small.Tries != mostRuns-explainedRuns+1 || s.calls != small.Tries+1 {
		t.Errorf("%d tries, %d runs: the limit is %d, the first of which counts for %d", small.Tries, s.calls, mostRuns, explainedRuns)
	}
	if small.Plan != o.Plan || small.Named != "random:9000" || !strings.HasPrefix(small.Left, "it may not be the smallest: shrinking ends after 8192 runs") {
		t.Errorf("under %s, %q left:\n%s", small.Named, small.Left, plan.AppendYAML(nil, small.Plan))
	}
}

// TestExplainedRunsAreFew: of one plan only a few hangs are asked for their cycle, and each counts for what it takes.
func TestExplainedRunsAreFew(t *testing.T) {
	s := &seededPlayer{does: func(_ *plan.Plan, seed int) outcome {
		if seed%4 == 0 {
			return well
		}
		return locks
	}, cycle: func(p *plan.Plan) []trace.Wait { return waits(0, "relay", written(p)) }} // another one in every plan
	o := seededOptions(t, busy, s)
	small, err := Shrink(&o, &Violation{Clause: "hang", Count: 30, Named: "random:1"})
	if err != nil {
		t.Fatal(err)
	}
	plans := (s.explained - 2) / mostExplained
	if small.Plan != o.Plan || plans < 20 || s.explained != 2+plans*mostExplained {
		t.Errorf("%d explained runs for some %d plans; left are\n%s", s.explained, plans, written(small.Plan))
	}
}

func written(p *plan.Plan) string { return string(plan.AppendJSON(nil, p)) }

func TestSeedsToTry(t *testing.T) {
	for _, c := range []struct {
		strategy             string
		schedules, of, count int
		want                 int
	}{
		{Random, 1000, 1, 1000, 16},
		{Random, 1000, 1, 250, 16},
		{Random, 1000, 1, 100, 40},
		{PCT, 1000, 0, 100, 40},
		{Random, 1000, 4, 100, 16}, // found by one part of four
		{Random, 1000, 1, 1, 256},
		{Random, 1000, 1, 0, 256},
		{Sequential, 1, 1, 1, 1},
	} {
		o := &Options{Strategy: c.strategy, Schedules: c.schedules, Of: c.of}
		if got := seeds(o, &Violation{Count: c.count}); got != c.want {
			t.Errorf("%s, %d of %d schedules in %d parts: %d seeds, want %d", c.strategy, c.count, c.schedules, c.of, got, c.want)
		}
	}
}

// TestShrinkScheduledRefusals: an adapter that dies, and a run that does not repeat, end it with an error.
func TestShrinkScheduledRefusals(t *testing.T) {
	hasB := func(then outcome) func(p *plan.Plan, seed int) outcome {
		return func(p *plan.Plan, _ int) outcome {
			if hasService(p, "a") && hasService(p, "b") {
				return forgets
			}
			return then
		}
	}
	v := &Violation{Clause: "HOST-STOP-003", Count: 40, Named: "random:1"}
	t.Run("it dies of a smaller plan", func(t *testing.T) {
		o := seededOptions(t, busy, &seededPlayer{does: hasB(dies)})
		if _, err := Shrink(&o, v); err == nil || !strings.Contains(err.Error(), "the adapter died") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("it dies of this one", func(t *testing.T) {
		o := seededOptions(t, busy, &seededPlayer{does: func(*plan.Plan, int) outcome { return dies }})
		for _, f := range []func(*Options, *Violation) (*Small, error){Shrink, AsFound} {
			if _, err := f(&o, v); err == nil || !strings.Contains(err.Error(), "the adapter died") {
				t.Errorf("error %v", err)
			}
		}
	})
	t.Run("it does not repeat", func(t *testing.T) {
		for _, clause := range []string{"HOST-STOP-003", "hang"} {
			o := seededOptions(t, busy, &seededPlayer{does: func(*plan.Plan, int) outcome { return well }})
			for _, f := range []func(*Options, *Violation) (*Small, error){Shrink, AsFound} {
				_, err := f(&o, &Violation{Clause: clause, Count: 1, Named: "random:1"})
				var u *Uncontrolled
				if !errors.As(err, &u) || u.Schedule != "random:1" || u.Clause != clause || !strings.Contains(err.Error(), "random:1 showed "+clause) {
					t.Errorf("error %v", err)
				}
			}
		}
	})
}

func TestAsFound(t *testing.T) {
	s := &seededPlayer{does: func(*plan.Plan, int) outcome { return forgets }}
	o := seededOptions(t, busy, s)
	small, err := AsFound(&o, &Violation{Clause: "HOST-STOP-003", Count: 1, Named: "random:17"})
	if err != nil {
		t.Fatal(err)
	}
	if small.Plan != o.Plan || small.Named != "random:17" || small.Said != "said of random:17\n" || small.Tries != 1 || len(small.Trace.Events) == 0 {
		t.Errorf("%+v", small)
	}
}

// TestScenarioOfAnAdapter: it carries the plan and what was found, no decisions of the virtual lane, and reads back.
func TestScenarioOfAnAdapter(t *testing.T) {
	s := &seededPlayer{does: func(*plan.Plan, int) outcome { return forgets }}
	o := seededOptions(t, "services: [{name: a}]\nmain: [build, run]\n", s)
	small := &Small{Plan: o.Plan, Named: "random:4", Trace: trace.Trace{End: trace.Ending{Kind: trace.Deadlock, Cycle: waits(0, "a", "b")}}}
	from := &scenarios.Scenario{Name: "shop", Clauses: []string{"HOST-START-001"}, Expect: []scenarios.Expectation{{Profiles: []string{"core"}}}}
	for _, c := range []struct {
		clause, title, why string
		clauses            []string
	}{
		{"HOST-STOP-003", "Found by exploring shop: HOST-STOP-003 does not hold.", "it said so", []string{"HOST-STOP-003"}},
		{"hang", "Found by exploring shop: deadlock.", "a waits for what b holds; b waits for what a holds", nil},
	} {
		sc := Scenario(from, &o, &Violation{Clause: c.clause, Said: "it said so"}, small)
		if sc.Name != "shop-shrunk" || sc.Title != c.title || sc.Why != c.why || len(sc.Schedule)+len(sc.Expect) > 0 || !slices.Equal(sc.Clauses, c.clauses) {
			t.Errorf("%s: %+v", c.clause, sc)
		}
		back, err := scenarios.Parse("shop-shrunk.yaml", scenarios.Format(sc))
		if err != nil {
			t.Fatal(err)
		}
		if back.Title != c.title || written(back.Plan) != written(o.Plan) || back.MayHang("core") {
			t.Errorf("%s reads back as %+v", c.clause, back)
		}
	}
}

func TestWhatIsLeftInWords(t *testing.T) {
	parse := func(text string) *plan.Plan {
		p, err := plan.Parse("plan", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	all := parse(busy)
	for _, c := range []struct {
		before, after *plan.Plan
		want          string
	}{
		{all, parse("services: [{name: b, stop: [mark: two]}]\nmain: [build]\n"), "1 of 3 services, 2 of 12 steps, 0 of 1 stimuli"},
		{all, all, "3 of 3 services, 12 of 12 steps, 1 of 1 stimuli"},
		{parse("main: [build]"), parse("main: [build]"), "1 of 1 steps"},
	} {
		if got := Sizes(c.before, c.after); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	named := &Small{Plan: parse("main: [build, run]"), Named: "pct3:7"}
	if got := named.String(); got != "main: [build, run]\nunder pct3:7\n" {
		t.Errorf("of an adapter %q", got)
	}
	decided := &Small{Plan: all, Schedule: &Schedule{Decisions: []Decision{{"ready a|b #1", "b"}}}}
	if got := decided.String(); got != "at ready a|b #1 take b\n" {
		t.Errorf("of the virtual lane %q", got)
	}
}
