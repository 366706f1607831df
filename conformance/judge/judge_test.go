package judge_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/hostsim/hostsim/conformance/checks"
	"github.com/hostsim/hostsim/conformance/judge"
	"github.com/hostsim/hostsim/conformance/report"
	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The clauses of the tests: each is about a mark of its own and wants it not to be bad.
const (
	first   = "HOST-FIRST-001"  // about the mark "first"
	second  = "HOST-SECOND-001" // about the mark "second"
	gifted  = "HOST-SECOND-002" // needs the feature sockets
	odd     = "HOST-ODD-001"    // has a check that panics at the mark "odd"
	missing = "HOST-ODD-002"    // has no check
	distant = "HOST-ODD-003"    // in the process lane only
	retired = "HOST-ODD-004"
)

func init() {
	about := func(mark string) checks.Check {
		return func(r *checks.Run) checks.Result {
			res := checks.Unseen()
			for i, e := range r.Trace.Events {
				switch {
				case e.Who != mark:
				case e.What == "bad":
					return checks.Broken(i, "%s is bad", mark).With(0)
				case e.What == "never":
					res = checks.Broken(-1, "%s never comes", mark)
				case res.Kind == checks.Vacuous:
					res = checks.Held()
				}
			}
			return res
		}
	}
	checks.Register(first, about("first"))
	checks.Register(second, about("second"))
	checks.Register(gifted, about("second"))
	checks.Register(odd, func(r *checks.Run) checks.Result {
		for _, e := range r.Trace.Events {
			if e.Who == "odd" {
				panic("odd")
			}
		}
		return checks.Held()
	})
}

// contract is a contract of its own with the clauses that are named.
func contract(ids ...string) *spec.Spec {
	p := &spec.Profile{Name: "p", Rules: map[string]string{}}
	for _, id := range ids {
		c := &spec.Clause{ID: id, Area: strings.Split(id, "-")[1], Level: spec.Must, Text: "Text of " + id + ".", Lanes: []string{spec.Virtual, spec.Process}}
		switch id {
		case gifted:
			c.Features = []string{"sockets"}
		case distant:
			c.Lanes = []string{spec.Process}
		case retired:
			c.Retired = "replaced"
		}
		p.Clauses = append(p.Clauses, c)
	}
	return &spec.Spec{Clauses: p.Clauses, Profiles: []*spec.Profile{p}}
}

// words tells a report in words: the verdict, each clause, each scenario that is not a pass, the problems.
func words(r *report.Report) []string {
	out := []string{string(r.Verdict)}
	for _, c := range r.Clauses {
		l := fmt.Sprintf("%s %s %d", c.ID, c.Verdict, c.Exercised)
		for _, f := range c.Failures {
			l += fmt.Sprintf("; %s at %d (%s): %s", f.Scenario, f.At, f.Event, f.Said)
		}
		if c.Because != "" {
			l += ": " + c.Because
		}
		out = append(out, l)
	}
	for _, s := range r.Scenarios {
		if s.Verdict != report.Pass {
			out = append(out, fmt.Sprintf("%s %s: %s", s.Name, s.Verdict, s.Said))
		}
	}
	return append(out, r.Problems...)
}

func same(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

const unseen = ": never exercised: no run brought about what the clause is about, so nothing is known"

// TestVerdicts is every verdict that a clause, a scenario and a whole implementation can get.
func TestVerdicts(t *testing.T) {
	for _, c := range []struct {
		name    string
		clauses []string
		plays   []string
		set     func(*fake, []*judge.Case, *judge.Options) judge.Implementation
		want    []string
	}{
		{"all hold", []string{first, second}, []string{"first.ok second.ok", "first.ok"}, nil,
			[]string{"pass", first + " pass 2", second + " pass 1"}},
		{"one is broken, in one of two runs", []string{first, second}, []string{"first.ok second.ok", "x.y first.bad"}, nil,
			[]string{"fail", first + " fail 2; c2 at 1 (first bad): first is bad", second + " pass 1"}},
		{"broken by what never came", []string{first}, []string{"first.never"}, nil,
			[]string{"fail", first + ` fail 1; c1 at -1 (exited 0): first never comes`}},
		{"broken by a run that hangs", []string{first, second}, []string{"second.ok first.bad hang"}, nil,
			[]string{"hang", first + " hang 1; c1 at 1 (first bad): first is bad", second + " pass 1"}},
		{"by a deadlock, and by another that ends: the worse counts", []string{first}, []string{"first.bad deadlock", "first.bad"}, nil,
			[]string{"hang", first + " hang 2; c1 at 0 (first bad): first is bad; c2 at 0 (first bad): first is bad"}},
		{"by one that had to be killed", []string{first}, []string{"first.bad killed"}, nil,
			[]string{"hang", first + " hang 1; c1 at 0 (first bad): first is bad"}},
		{"a run that hangs and breaks nothing", []string{first}, []string{"first.ok hang"}, nil,
			[]string{"pass", first + " pass 1"}},
		{"a clause that was never exercised", []string{first, second}, []string{"first.ok"}, nil,
			[]string{"fail", first + " pass 1", second + " fail 0" + unseen}},
		{"is left out when only a part is played", []string{first, second}, []string{"first.ok"},
			func(f *fake, _ []*judge.Case, o *judge.Options) judge.Implementation { o.Partial = true; return f },
			[]string{"pass", first + " pass 1"}},
		{"is skipped when it was asked for by name", []string{first, second}, []string{"first.ok"},
			func(f *fake, _ []*judge.Case, o *judge.Options) judge.Implementation {
				o.Partial, o.Clauses = true, []string{second}
				return f
			},
			[]string{"skipped", second + " skipped 0: no run of the scenarios that were chosen brought about what the clause is about; a run of the whole library may"}},
		{"a feature that is not declared skips a clause, exercised or not", []string{first, gifted}, []string{"first.ok second.bad"}, nil,
			[]string{"skipped", first + " pass 1", gifted + " skipped 0: the implementation declares no sockets"}},
		{"nor is one judged that is declared and cannot be seen here", []string{first, gifted}, []string{"first.ok", "second.bad a.listen"},
			func(f *fake, cs []*judge.Case, _ *judge.Options) judge.Implementation {
				f.features, cs[1].Features = []string{"sockets"}, []string{"sockets"}
				return blind{f, "sockets"}
			},
			[]string{"skipped", first + " pass 1", gifted + " skipped 0: nobody looks at sockets here", "c2 skipped: nobody looks at sockets here"}},
		{"one that is declared and seen does not", []string{first, gifted}, []string{"first.ok second.bad a.listen"},
			func(f *fake, _ []*judge.Case, _ *judge.Options) judge.Implementation {
				f.features = []string{"sockets"}
				return f
			},
			[]string{"fail", first + " pass 1", gifted + " fail 1; c1 at 1 (second bad): second is bad"}},
		{"one that is declared and never seen is a problem", []string{first}, []string{"first.ok"},
			func(f *fake, _ []*judge.Case, _ *judge.Options) judge.Implementation {
				f.features = []string{"sockets", "unheard-of"}
				return f
			},
			[]string{"fail", first + " pass 1", "feature sockets is declared, but no run ever showed it"}},
		{"unless no case that needs it can be played in this lane", []string{first}, []string{"first.ok", "first.ok"},
			func(f *fake, cs []*judge.Case, _ *judge.Options) judge.Implementation {
				f.features = []string{"sockets"}
				cs[0].Features = []string{"sockets"}
				cs[0].Plan.MainCatches = true
				return picky{f}
			},
			[]string{"skipped", first + " pass 1", "c1 skipped: it has no main that catches"}},
		{"one of several is enough to be caught", []string{first}, []string{"first.ok", "first.ok"},
			func(f *fake, cs []*judge.Case, _ *judge.Options) judge.Implementation {
				f.features = []string{"sockets"}
				cs[0].Features, cs[1].Features = []string{"sockets"}, []string{"sockets"}
				cs[0].Plan.MainCatches = true
				return picky{f}
			},
			[]string{"fail", first + " pass 1", "c1 skipped: it has no main that catches", "feature sockets is declared, but no run ever showed it"}},
		{"so is one that is seen and not declared", []string{first}, []string{"first.ok a.listen"}, nil,
			[]string{"fail", first + " pass 1", "feature sockets is not declared, but a run showed it: the skip is no longer needed"}},
		{"but not what the adapter library lends", []string{first}, []string{"first.ok a.new lifetime.applicationStarted a.dispose"}, nil,
			[]string{"pass", first + " pass 1"}},
		{"and neither matters when only a part is played", []string{first}, []string{"first.ok a.listen"},
			func(f *fake, _ []*judge.Case, o *judge.Options) judge.Implementation {
				f.features = []string{"log"}
				o.Partial = true
				return f
			},
			[]string{"pass", first + " pass 1"}},
		{"a case that needs a feature is skipped without it", []string{first}, []string{"first.ok", "first.bad"},
			func(f *fake, cs []*judge.Case, _ *judge.Options) judge.Implementation {
				cs[1].Features = []string{"lifecycle"}
				return f
			}, []string{"skipped", first + " pass 1", "c2 skipped: the implementation has no lifecycle"}},
		{"one that the implementation cannot play", []string{first}, []string{"first.ok", "first.bad"},
			func(f *fake, cs []*judge.Case, _ *judge.Options) judge.Implementation {
				cs[1].Plan.MainCatches = true
				return picky{f}
			}, []string{"skipped", first + " pass 1", "c2 skipped: it has no main that catches"}},
		{"one that turns out to be unplayable", []string{first}, []string{"first.ok", "first.bad"},
			func(f *fake, cs []*judge.Case, _ *judge.Options) judge.Implementation {
				f.errs[cs[1].Plan] = fmt.Errorf("wrapped: %w", &judge.Skip{Why: "no such thing here"})
				return f
			}, []string{"skipped", first + " pass 1", "c2 skipped: no such thing here"}},
		{"and so it is although another case happened to show it", []string{first, second}, []string{"second.ok", "second.ok"},
			func(f *fake, cs []*judge.Case, _ *judge.Options) judge.Implementation {
				cs[0].Clauses = []string{first}
				cs[1].Clauses, cs[1].Features = []string{second}, []string{"lifecycle"}
				return f
			}, []string{"fail", first + " fail 0: never exercised: no run brought about what the clause is about, so nothing is known",
				second + " skipped 1: no scenario that exercises it could be played; c2: the implementation has no lifecycle",
				"c2 skipped: the implementation has no lifecycle"}},
		{"but one that another case shows broken is broken", []string{second}, []string{"second.bad", "second.ok"},
			func(f *fake, cs []*judge.Case, _ *judge.Options) judge.Implementation {
				cs[0].Clauses = nil
				cs[1].Clauses, cs[1].Features = []string{second}, []string{"lifecycle"}
				return f
			}, []string{"fail", second + " fail 1; c1 at 0 (second bad): second is bad", "c2 skipped: the implementation has no lifecycle"}},
		{"a clause whose only cases were skipped is skipped by name", []string{first, second}, []string{"first.ok", "second.ok"},
			func(f *fake, cs []*judge.Case, _ *judge.Options) judge.Implementation {
				cs[1].Clauses, cs[1].Features = []string{second}, []string{"lifecycle"}
				return f
			}, []string{"skipped", first + " pass 1", second + " skipped 0: no scenario that exercises it could be played; c2: the implementation has no lifecycle",
				"c2 skipped: the implementation has no lifecycle"}},
		{"but not if one of them was played", []string{first, second}, []string{"first.ok", "second.ok"},
			func(f *fake, cs []*judge.Case, _ *judge.Options) judge.Implementation {
				cs[0].Clauses = []string{second}
				cs[1].Clauses, cs[1].Features = []string{second}, []string{"lifecycle"}
				return f
			}, []string{"fail", first + " pass 1", second + " fail 0" + unseen, "c2 skipped: the implementation has no lifecycle"}},
		{"the harness fails in one case: the others are judged", []string{first}, []string{"first.ok", "first.ok"},
			func(f *fake, cs []*judge.Case, _ *judge.Options) judge.Implementation {
				f.errs[cs[0].Plan] = errors.New("the child would not start")
				return f
			}, []string{"error", first + " pass 1", "c1 error: the child would not start"}},
		{"it panics", []string{first}, []string{"panic", "first.ok"}, nil,
			[]string{"error", first + " pass 1", "c1 error: panic: kaputt"}},
		{"a check that panics is an error of the suite", []string{odd, first}, []string{"first.ok", "odd.x first.ok"}, nil,
			[]string{"error", odd + " error 1: the check of this clause panicked in c2: odd", first + " pass 2"}},
		{"a clause without a check, too", []string{missing}, []string{"x.y"}, nil,
			[]string{"error", missing + " error 0: the suite has no check for this clause"}},
		{"clauses of the other lane and retired ones are not judged", []string{first, distant, retired}, []string{"first.ok"}, nil,
			[]string{"pass", first + " pass 1"}},
		{"no clause at all is no pass", nil, []string{"first.ok"}, nil, []string{"fail", "no clause was selected"}},
		{"nor is no case at all", []string{first}, nil, nil, []string{"fail", first + " fail 0" + unseen, "no scenario was played"}},
		{"nor are cases that speak about something else", []string{first}, []string{"first.ok", "first.ok"},
			func(f *fake, cs []*judge.Case, _ *judge.Options) judge.Implementation {
				cs[0].Profiles = []string{"q"}
				cs[1].Lanes = []string{spec.Process}
				return f
			}, []string{"fail", first + " fail 0" + unseen, "no scenario was played"}},
		{"nor are cases that were all skipped", []string{first}, []string{"first.ok"},
			func(f *fake, cs []*judge.Case, _ *judge.Options) judge.Implementation {
				cs[0].Features = []string{"lifecycle"}
				return f
			}, []string{"fail", first + " fail 0" + unseen, "c1 skipped: the implementation has no lifecycle", "no scenario was played"}},
		{"the same schedule, another trace", []string{first}, []string{"first.ok | first.ok first.again"},
			func(f *fake, _ []*judge.Case, o *judge.Options) judge.Implementation { o.Repeat = 1; return f },
			[]string{"uncontrolled", first + " pass 1", "c1 uncontrolled: the same schedule gave different traces"}},
		{"another end", []string{first}, []string{"first.bad | first.bad hang"},
			func(f *fake, _ []*judge.Case, o *judge.Options) judge.Implementation { o.Repeat = 1; return f },
			[]string{"uncontrolled", first + " fail 1; c1 at 0 (first bad): first is bad", "c1 uncontrolled: the same schedule gave different traces"}},
		{"the same trace", []string{first}, []string{"first.ok | first.ok"},
			func(f *fake, _ []*judge.Case, o *judge.Options) judge.Implementation { o.Repeat = 1; return f },
			[]string{"pass", first + " pass 1"}},
		{"nobody asked to repeat", []string{first}, []string{"first.ok | first.bad"}, nil, []string{"pass", first + " pass 1"}},
		{"not every case is repeated", []string{first}, []string{"first.ok", "first.ok | first.bad"},
			func(f *fake, _ []*judge.Case, o *judge.Options) judge.Implementation { o.Repeat = 2; return f },
			[]string{"pass", first + " pass 2"}},
		{"the repetition fails", []string{first}, []string{"first.ok | panic"},
			func(f *fake, _ []*judge.Case, o *judge.Options) judge.Implementation { o.Repeat = 1; return f },
			[]string{"error", first + " pass 1", "c1 error: panic: kaputt"}},
		{"a host on stock Go need not repeat itself", []string{first}, []string{"first.ok | first.bad"},
			func(f *fake, _ []*judge.Case, o *judge.Options) judge.Implementation {
				o.Repeat = 1
				return uncontrolled{f}
			}, []string{"pass", first + " pass 1"}},
		{"nor a child process", []string{first}, []string{"first.ok | first.bad"},
			func(f *fake, _ []*judge.Case, o *judge.Options) judge.Implementation {
				o.Repeat, f.lane = 1, spec.Process
				return f
			}, []string{"pass", first + " pass 1"}},
		{"what a case expects binds the reference host", []string{first}, []string{"first.ok", "first.ok hang", "first.ok"},
			func(f *fake, cs []*judge.Case, _ *judge.Options) judge.Implementation {
				cs[0].Expect = func(profile string, tr *trace.Trace) (string, int) { return profile + " expects more", 0 }
				cs[1].Expect = func(string, *trace.Trace) (string, int) { return "expects an end", -1 }
				cs[2].Expect = func(string, *trace.Trace) (string, int) { return "", -1 }
				return bound{f}
			}, []string{"hang", first + " pass 3", "c1 fail: p expects more (at 0.000  first ok)", "c2 hang: expects an end"}},
		{"and nobody else", []string{first}, []string{"first.ok"},
			func(f *fake, cs []*judge.Case, _ *judge.Options) judge.Implementation {
				cs[0].Expect = func(string, *trace.Trace) (string, int) { return "no", 0 }
				return f
			}, []string{"pass", first + " pass 1"}},
		{"nor does it when a single clause is judged", []string{first}, []string{"first.ok"},
			func(f *fake, cs []*judge.Case, o *judge.Options) judge.Implementation {
				cs[0].Expect = func(string, *trace.Trace) (string, int) { return "no", 0 }
				o.ClausesAlone = true
				return bound{f}
			}, []string{"pass", first + " pass 1"}},
		{"it does when a part of the library is played", []string{first, second}, []string{"first.ok"},
			func(f *fake, cs []*judge.Case, o *judge.Options) judge.Implementation {
				cs[0].Expect = func(string, *trace.Trace) (string, int) { return "no", 0 }
				o.Partial = true
				return bound{f}
			}, []string{"fail", first + " pass 1", "c1 fail: no (at 0.000  first ok)"}},
		{"and of clauses alone all must be exercised", []string{first, second}, []string{"first.ok"},
			func(f *fake, _ []*judge.Case, o *judge.Options) judge.Implementation { o.ClausesAlone = true; return f },
			[]string{"fail", first + " pass 1", second + " fail 0" + unseen}},
		{"a single clause", []string{first, second}, []string{"first.bad second.ok"},
			func(f *fake, _ []*judge.Case, o *judge.Options) judge.Implementation {
				o.Clauses = []string{second}
				return f
			}, []string{"pass", second + " pass 1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, jobs := range []bool{false, true} {
				f, cases := setup(c.plays...)
				o := judge.Options{Spec: contract(c.clauses...), Profile: "p"}
				var impl judge.Implementation = f
				if c.set != nil {
					impl = c.set(f, cases, &o)
				}
				if jobs {
					if impl != judge.Implementation(f) || o.Repeat > 0 {
						continue // a fake plays its words in the order of the calls
					}
					impl = parallel{f}
				}
				r, err := judge.Verify(context.Background(), impl, cases, o)
				if err != nil {
					t.Fatal(err)
				}
				same(t, words(r), c.want...)
			}
		})
	}
}

// TestSize: a report says how much was played.
func TestSize(t *testing.T) {
	f, cases := setup("first.ok x.y", "first.ok", "first.ok", "first.ok")
	cases[2].Features = []string{"lifecycle"}
	cases[3].Profiles = []string{"q"}
	var steps []string
	r, err := judge.Verify(context.Background(), f, cases, judge.Options{Spec: contract(first), Profile: "p", Repeat: 1,
		Progress: func(done, of int) { steps = append(steps, fmt.Sprintf("%d/%d", done, of)) }})
	if err != nil {
		t.Fatal(err)
	}
	want := report.Size{Scenarios: 2, Skipped: 1, Runs: 4, Events: 3, Schedules: "default", Repeated: 2}
	if r.Size != want {
		t.Errorf("size %+v, want %+v", r.Size, want)
	}
	same(t, steps, "0/4", "1/4", "2/4", "3/4", "4/4")
	if n := f.played.Load(); n != 4 {
		t.Errorf("%d plays", n)
	}
}

// TestUncontrolledIsNotPlayedTwice: it would prove nothing, and the report must not claim it.
func TestUncontrolledIsNotPlayedTwice(t *testing.T) {
	f, cases := setup("first.ok")
	r, err := judge.Verify(context.Background(), uncontrolled{f}, cases, judge.Options{Spec: contract(first), Profile: "p", Repeat: 1})
	if err != nil || r.Size.Repeated != 0 || f.played.Load() != 1 {
		t.Errorf("repeated %d, played %d, %v", r.Size.Repeated, f.played.Load(), err)
	}
}

// TestBadOptions are told before anything is played.
func TestBadOptions(t *testing.T) {
	real := spec.MustLoad()
	for _, c := range []struct {
		name string
		o    judge.Options
		want string
	}{
		{"an unknown profile", judge.Options{Spec: real, Profile: "dotnet-1"}, `no profile "dotnet-1"; the profiles are [core strict dotnet-2.2`},
		{"an unknown clause", judge.Options{Spec: contract(first), Profile: "p", Clauses: []string{"HOST-B-001", first, "HOST-A-001"}}, "profile p has no clause HOST-A-001, HOST-B-001 in the virtual lane; `hostsim clauses --profile p` lists what it has"},
		{"a clause of the other lane", judge.Options{Spec: contract(first, distant), Profile: "p", Clauses: []string{distant}}, "has no clause " + distant + " in the virtual lane"},
		{"a retired clause", judge.Options{Spec: contract(first, retired), Profile: "p", Clauses: []string{retired}}, "has no clause " + retired},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, cases := setup("first.ok")
			r, err := judge.Verify(context.Background(), f, cases, c.o)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, %v, want %q", r, err, c.want)
			}
			if f.played.Load() != 0 {
				t.Error("something was played")
			}
		})
	}
}

// TestCancelled: a judge whose context is cancelled stops, also one that plays several cases at once.
func TestCancelled(t *testing.T) {
	for _, jobs := range []bool{false, true} {
		f, cases := setup(strings.Split(strings.Repeat("first.ok,", 20)+"first.ok", ",")...)
		var impl judge.Implementation = f
		if jobs {
			impl = parallel{f}
		}
		ctx, cancel := context.WithCancel(context.Background())
		_, err := judge.Verify(ctx, impl, cases, judge.Options{Spec: contract(first), Profile: "p", Progress: func(done, _ int) {
			if done == 3 {
				cancel()
			}
		}})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("parallel %v: %v", jobs, err)
		}
		cancel()
	}
}

func TestExercising(t *testing.T) {
	cases := []*judge.Case{{Name: "a", Clauses: []string{first}}, {Name: "b", Clauses: []string{second, first}}, {Name: "c"}}
	for _, c := range []struct {
		clauses []string
		want    string
	}{
		{nil, "abc"}, {[]string{first}, "ab"}, {[]string{second}, "b"}, {[]string{first, second}, "ab"}, {[]string{odd}, "abc"},
	} {
		got := ""
		for _, k := range judge.Exercising(cases, c.clauses) {
			got += k.Name
		}
		if got != c.want {
			t.Errorf("%v: %s, want %s", c.clauses, got, c.want)
		}
	}
}

// TestSpeaksAbout: what speaks about strict speaks about core, in the lanes that it names or in all.
func TestSpeaksAbout(t *testing.T) {
	for _, c := range []struct {
		profiles, lanes []string
		profile, lane   string
		want            bool
	}{
		{[]string{"strict"}, nil, "strict", spec.Virtual, true},
		{[]string{"strict"}, nil, "core", spec.Process, true},
		{[]string{"core"}, nil, "strict", spec.Virtual, false},
		{[]string{"dotnet-8", "dotnet-9"}, nil, "dotnet-9", spec.Virtual, true},
		{[]string{"dotnet-8"}, nil, "core", spec.Virtual, false},
		{[]string{"core"}, []string{spec.Process}, "core", spec.Virtual, false},
		{[]string{"core"}, []string{spec.Process}, "core", spec.Process, true},
		{nil, nil, "core", spec.Virtual, false},
	} {
		k := &judge.Case{Profiles: c.profiles, Lanes: c.lanes}
		if got := k.SpeaksAbout(c.profile, c.lane); got != c.want {
			t.Errorf("%v %v about %s in %s: %v", c.profiles, c.lanes, c.profile, c.lane, got)
		}
	}
}
