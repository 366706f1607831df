package judge_test

import (
	"context"
	"strings"
	"testing"

	"github.com/hostsim/hostsim/conformance/judge"
	"github.com/hostsim/hostsim/scenarios"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

// chosen is a fake whose schedule is chosen; it parts from one that has more than one decision.
type chosen struct{ *fake }

func (c chosen) Follow(ctx context.Context, p *plan.Plan, profile string, s []scenarios.Decision) (*trace.Trace, string, error) {
	t, err := c.Play(ctx, p, profile)
	if err == nil {
		t.Events = append(t.Events, trace.Event{Who: s[0].At, What: s[0].Take})
	}
	if len(s) > 1 {
		return t, "it never came to " + s[1].At, err
	}
	return t, "", err
}

// TestGiven is what is asked of cases that somebody gave one by one, beyond what is asked of the library.
func TestGiven(t *testing.T) {
	type set func(*fake, []*judge.Case, *judge.Options) judge.Implementation
	given := func(then set) set {
		return func(f *fake, cs []*judge.Case, o *judge.Options) judge.Implementation {
			o.Partial, o.Given = true, true
			for _, c := range cs {
				c.Own = true
			}
			if then == nil {
				return f
			}
			return then(f, cs, o)
		}
	}
	const hangs = "the run never comes to an end (hang: because), and the scenario does not expect \"end: hang\""
	for _, c := range []struct {
		name    string
		clauses []string
		plays   []string
		set     set
		want    []string
	}{
		{"clauses that they do not exercise are left out", []string{first, second}, []string{"first.ok"}, given(nil),
			[]string{"pass", first + " pass 1"}},
		{"but not one that a case names", []string{first, second}, []string{"first.ok"},
			given(func(f *fake, cs []*judge.Case, _ *judge.Options) judge.Implementation {
				cs[0].Clauses = []string{first, second}
				return f
			}), []string{"fail", first + " pass 1", second + " fail 0: c1 says that it exercises " + second + "; no run of it did"}},
		{"although another exercises it", []string{first}, []string{"first.ok", "x.y", "x.y"},
			given(func(f *fake, cs []*judge.Case, _ *judge.Options) judge.Implementation {
				cs[0].Clauses, cs[1].Clauses, cs[2].Clauses = []string{first}, []string{first}, []string{first}
				return f
			}), []string{"fail", first + " fail 1: c2 says that it exercises " + first + "; no run of it did; c3 says that it exercises " + first + "; no run of it did"}},
		{"or hangs on it", []string{first}, []string{"first.bad hang", "x.y"},
			given(func(f *fake, cs []*judge.Case, _ *judge.Options) judge.Implementation {
				cs[1].Clauses = []string{first}
				return f
			}), []string{"hang", first + " hang 1; c1 at 0 (first bad): first is bad: c2 says that it exercises " + first + "; no run of it did"}},
		{"one about several profiles may exercise it under another", []string{first, second}, []string{"first.ok"},
			given(func(f *fake, cs []*judge.Case, _ *judge.Options) judge.Implementation {
				cs[0].Several, cs[0].Clauses = true, []string{second}
				return f
			}), []string{"pass", first + " pass 1"}},
		{"a case of the library is held to that elsewhere", []string{first, second}, []string{"first.ok"},
			given(func(f *fake, cs []*judge.Case, _ *judge.Options) judge.Implementation {
				cs[0].Own, cs[0].Clauses = false, []string{second}
				return f
			}), []string{"pass", first + " pass 1"}},
		{"a clause of another profile is not judged by this one", []string{first}, []string{"first.ok"},
			given(func(f *fake, cs []*judge.Case, _ *judge.Options) judge.Implementation {
				cs[0].Clauses = []string{second, distant}
				return f
			}), []string{"pass", first + " pass 1"}},
		{"nor is one that is not asked for", []string{first, second}, []string{"first.ok"},
			given(func(f *fake, cs []*judge.Case, o *judge.Options) judge.Implementation {
				cs[0].Clauses, o.Clauses = []string{second}, []string{first}
				return f
			}), []string{"pass", first + " pass 1"}},
		{"a host that has not what a clause needs is not accused", []string{first, gifted}, []string{"first.ok"},
			given(func(f *fake, cs []*judge.Case, _ *judge.Options) judge.Implementation {
				cs[0].Clauses = []string{gifted}
				return f
			}), []string{"skipped", first + " pass 1", gifted + " skipped 0: the implementation declares no sockets"}},
		{"and what it needs for others is not listed", []string{first, gifted}, []string{"first.ok second.bad"}, given(nil),
			[]string{"pass", first + " pass 1"}},
		{"unless they are asked for", []string{first, gifted}, []string{"first.ok second.bad"},
			given(func(f *fake, _ []*judge.Case, o *judge.Options) judge.Implementation {
				o.Clauses = []string{first, gifted}
				return f
			}), []string{"skipped", first + " pass 1", gifted + " skipped 0: the implementation declares no sockets"}},
		{"nor one that breaks another clause before it comes to this", []string{first, second}, []string{"first.bad"},
			given(func(f *fake, cs []*judge.Case, _ *judge.Options) judge.Implementation {
				cs[0].Clauses = []string{second}
				return f
			}), []string{"fail", first + " fail 1; c1 at 0 (first bad): first is bad", second + " skipped 0: the host does not come to show it: in c1 it breaks " + first}},
		{"what is not played is named, with the reason, and so is what it names", []string{first, second}, []string{"first.ok", "second.ok", "second.ok", "second.ok"},
			given(func(f *fake, cs []*judge.Case, _ *judge.Options) judge.Implementation {
				cs[1].Features, cs[1].Clauses = []string{"lifecycle"}, []string{second}
				cs[2].Profiles = []string{"q", "r"}
				cs[3].Lanes = []string{spec.Process}
				return f
			}), []string{"skipped", first + " pass 1", second + " skipped 0: no scenario that exercises it could be played; c2: the implementation has no lifecycle",
				"c2 skipped: the implementation has no lifecycle", "c3 skipped: it speaks about q, r and not about p",
				"c4 skipped: it is for the process lane and not for the virtual lane"}},
		{"a run that never ends and breaks no clause", []string{first}, []string{"first.ok hang"}, given(nil),
			[]string{"hang", first + " pass 1", "c1 hang: " + hangs}},
		{"one that breaks a clause is told of once", []string{first}, []string{"first.bad hang"}, given(nil),
			[]string{"hang", first + " hang 1; c1 at 0 (first bad): first is bad"}},
		{"one that the scenario expects never to end", []string{first}, []string{"first.ok hang"},
			given(func(f *fake, cs []*judge.Case, _ *judge.Options) judge.Implementation {
				cs[0].MayHang = func(profile string) bool { return profile == "p" }
				return f
			}), []string{"pass", first + " pass 1"}},
		{"under another profile", []string{first}, []string{"first.ok killed"},
			given(func(f *fake, cs []*judge.Case, _ *judge.Options) judge.Implementation {
				cs[0].MayHang = func(profile string) bool { return profile == "q" }
				return f
			}), []string{"hang", first + " pass 1", "c1 hang: the run never comes to an end (killed: because), and the scenario does not expect \"end: killed\""}},
		{"what it expects says it better", []string{first}, []string{"first.ok hang"},
			given(func(f *fake, cs []*judge.Case, _ *judge.Options) judge.Implementation {
				cs[0].Expect = func(string, *trace.Trace) (string, int) { return "expects an end", -1 }
				return bound{f}
			}), []string{"hang", first + " pass 1", "c1 hang: expects an end"}},
		{"of clauses alone it is no matter", []string{first}, []string{"first.ok hang"},
			given(func(f *fake, _ []*judge.Case, o *judge.Options) judge.Implementation { o.ClausesAlone = true; return f }),
			[]string{"pass", first + " pass 1"}},
		{"one of several plays never ends", []string{first}, []string{"first.ok | first.ok hang | first.ok"},
			given(func(f *fake, _ []*judge.Case, o *judge.Options) judge.Implementation {
				o.Plays = 3
				return uncontrolled{f}
			}),
			[]string{"hang", first + " pass 3", "c1 hang: " + hangs}},
		{"a schedule is followed", []string{first}, []string{"x.y"},
			given(func(f *fake, cs []*judge.Case, o *judge.Options) judge.Implementation {
				cs[0].Schedule, o.Repeat = []scenarios.Decision{{At: "first", Take: "bad"}}, 1
				return chosen{f}
			}), []string{"fail", first + " fail 1; c1 at 1 (first bad): first is bad"}},
		{"where the run parts from it that is said, beside what else is wrong", []string{first}, []string{"x.y hang"},
			given(func(f *fake, cs []*judge.Case, _ *judge.Options) judge.Implementation {
				cs[0].Schedule = []scenarios.Decision{{At: "first", Take: "ok"}, {At: "a point", Take: "hold"}}
				return chosen{f}
			}), []string{"hang", first + " pass 1", "c1 hang: " + hangs + "; the run parts from its schedule, so it shows nothing of the order that was saved: " +
				"it never came to a point; explore the scenario anew, or take the schedule out of it"}},
		{"alone that is no failure: the decision that broke a clause may be mended away", []string{first}, []string{"x.y"},
			given(func(f *fake, cs []*judge.Case, _ *judge.Options) judge.Implementation {
				cs[0].Schedule = []scenarios.Decision{{At: "first", Take: "ok"}, {At: "a point", Take: "hold"}}
				return chosen{f}
			}), []string{"provisional", first + " pass 1", "c1 provisional: the run parts from its schedule, so it shows nothing of the order that was saved: " +
				"it never came to a point; explore the scenario anew, or take the schedule out of it"}},
		{"and the clause that it names need not be exercised then", []string{first, second}, []string{"first.ok"},
			given(func(f *fake, cs []*judge.Case, _ *judge.Options) judge.Implementation {
				cs[0].Clauses = []string{second}
				cs[0].Schedule = []scenarios.Decision{{At: "first", Take: "ok"}, {At: "a point", Take: "hold"}}
				return chosen{f}
			}), []string{"provisional", first + " pass 1",
				second + " skipped 0: no run of the scenarios that were chosen brought about what the clause is about; a run of the whole library may",
				"c1 provisional: the run parts from its schedule, so it shows nothing of the order that was saved: " +
					"it never came to a point; explore the scenario anew, or take the schedule out of it"}},
		{"a host whose schedule is not chosen cannot follow one", []string{first}, []string{"first.ok", "first.ok"},
			given(func(f *fake, cs []*judge.Case, _ *judge.Options) judge.Implementation {
				cs[0].Schedule = []scenarios.Decision{{At: "first", Take: "bad"}}
				return f
			}), []string{"skipped", first + " pass 1", "c1 skipped: it carries a schedule, which only a host whose schedule is chosen can follow"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, cases := setup(c.plays...)
			o := judge.Options{Spec: contract(c.clauses...), Profile: "p"}
			r, err := judge.Verify(context.Background(), c.set(f, cases, &o), cases, o)
			if err != nil {
				t.Fatal(err)
			}
			same(t, words(r), c.want...)
		})
	}
}

// TestTokensOfAPlanThatStopsNothing: that a host hands no token to what it stops is not told by a run without a stop.
func TestTokensOfAPlanThatStopsNothing(t *testing.T) {
	const about = "HOST-TIME-001"
	for play, want := range map[string]string{
		"x.y":           "fail 0: c1 says that it exercises " + about + "; no run of it did",
		"a.stop":        "fail 0: c1 says that it exercises " + about + "; no run of it did", // an end alone
		"a.stop.begins": "skipped 0: the implementation hands no token to what it stops",
	} {
		f, cases := setup(strings.TrimSuffix(play, ".begins"))
		cases[0].Own, cases[0].Clauses = true, []string{about}
		var impl judge.Implementation = f
		if strings.HasSuffix(play, ".begins") {
			impl = begins{f}
		}
		r, err := judge.Verify(context.Background(), impl, cases, judge.Options{Spec: contract(about), Profile: "p", Partial: true, Given: true})
		if err != nil {
			t.Fatal(err)
		}
		if got := words(r); len(got) != 2 || got[1] != about+" "+want {
			t.Errorf("%s: %q, want %s", play, got, want)
		}
	}
}

// begins is a fake all of whose events are beginnings.
type begins struct{ *fake }

func (b begins) Play(ctx context.Context, p *plan.Plan, profile string) (*trace.Trace, error) {
	t, err := b.fake.Play(ctx, p, profile)
	for i := range t.Events {
		t.Events[i].Phase = trace.Begin
	}
	return t, err
}

// TestSchedulesAreNamed in the size of a report.
func TestSchedulesAreNamed(t *testing.T) {
	for _, follows := range []bool{false, true} {
		f, cases := setup("first.ok")
		cases[0].Schedule = []scenarios.Decision{{At: "first", Take: "ok"}}
		var impl judge.Implementation = f
		want := "default"
		if follows {
			impl, want = chosen{f}, "default, or the one that a scenario carries"
		}
		r, err := judge.Verify(context.Background(), impl, cases, judge.Options{Spec: contract(first), Profile: "p", Partial: true, Given: true})
		if err != nil {
			t.Fatal(err)
		}
		if r.Size.Schedules != want || r.Size.Skipped != 0 { // a schedule is no feature
			t.Errorf("follows %t: schedules %q, want %q; %d skipped for want of a feature", follows, r.Size.Schedules, want, r.Size.Skipped)
		}
	}
}
