package explore_test

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"

	"github.com/hostsim/hostsim/conformance/explore"
	"github.com/hostsim/hostsim/conformance/mutants"
	"github.com/hostsim/hostsim/conformance/virtual"
	"github.com/hostsim/hostsim/scenarios"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

// failure is a recorded failing schedule: a violation, and who shows it on what.
type failure struct {
	name string
	o    explore.Options
	sc   *scenarios.Scenario
	v    *explore.Violation
}

// failures explores the mutants that are races until each has failed.
func failures(t testing.TB) []failure {
	t.Helper()
	all, err := scenarios.Library()
	if err != nil {
		t.Fatal(err)
	}
	var out []failure
	for _, m := range mutants.All() {
		if !m.Race {
			continue
		}
		for _, sc := range all {
			if sc.Name != m.Explore {
				continue
			}
			o := explore.Options{Scenario: sc.Name, Plan: sc.Plan, Profile: spec.MustLoad().MustProfile(m.Profile), Strategy: explore.Random,
				Schedules: 3000, Seed: 1, NewPlayer: func() explore.Player { return m.Lane() }}
			r, err := explore.Explore(context.Background(), o)
			if err != nil {
				t.Fatal(err)
			}
			for i := range r.Violations {
				out = append(out, failure{m.Name, o, sc, &r.Violations[i]})
			}
		}
	}
	if len(out) == 0 {
		t.Fatal("no mutant failed")
	}
	return out
}

// TestReplaysDoNotDiffer replays recorded failing schedules, each as it was written and read again: every replay is the
// same trace, byte for byte, and follows its schedule to the end. HOSTSIM_REPLAYS says how many replays.
func TestReplaysDoNotDiffer(t *testing.T) {
	list := failures(t)
	replays := number(t, "HOSTSIM_REPLAYS", 2000)
	differ := 0
	for _, f := range list {
		s := reread(t, f.v.Schedule)
		p := f.o.NewPlayer()
		var want []byte
		for n := range max(replays/len(list), 2) {
			r := explore.NewReplay(s)
			p.SetChooser(r)
			tr, err := p.Play(f.o.Plan, f.o.Profile.Name)
			if err != nil {
				t.Fatal(err)
			}
			if d := r.Divergence(); d != "" {
				t.Fatalf("%s: replay %d parts from its schedule: %s", f.name, n, d)
			}
			var b bytes.Buffer
			if err := trace.WriteJSONL(&b, tr); err != nil {
				t.Fatal(err)
			}
			if n == 0 {
				want = bytes.Clone(b.Bytes())
				if !explore.Breaks(f.o.Plan, tr, f.o.Profile, f.v) {
					t.Errorf("%s: the replay does not violate %s", f.name, f.v.Clause)
				}
			} else if !bytes.Equal(b.Bytes(), want) {
				differ++
			}
		}
		p.Close()
	}
	if differ > 0 {
		t.Errorf("%d of %d replays differ", differ, replays)
	}
	t.Logf("%d failing schedules, %d replays, %d differ", len(list), replays, differ)
}

// reread writes a schedule and reads it.
func reread(t testing.TB, s *explore.Schedule) *explore.Schedule {
	t.Helper()
	b, err := s.JSON()
	if err != nil {
		t.Fatal(err)
	}
	out, err := explore.ParseSchedule(b)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestSavedScenarioFailsTheSameWay: a violation, shrunk and saved, is a scenario that can be read, that the reference host
// may keep, and that fails in the same way with the schedule that it carries.
func TestSavedScenarioFailsTheSameWay(t *testing.T) {
	for _, f := range failures(t) {
		t.Run(f.name+" "+f.v.Clause, func(t *testing.T) {
			small, err := explore.Shrink(&f.o, f.v)
			if err != nil {
				t.Fatal(err)
			}
			text := scenarios.Format(explore.Scenario(f.sc, &f.o, f.v, small))
			sc, err := scenarios.Parse("saved.yaml", text)
			if err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			s := &explore.Schedule{Format: explore.Format}
			for _, d := range sc.Schedule {
				s.Decisions = append(s.Decisions, explore.Decision{At: d.At, Take: d.Take})
			}
			p := f.o.NewPlayer()
			defer p.Close()
			r := explore.NewReplay(s)
			p.SetChooser(r)
			tr, err := p.Play(sc.Plan, f.o.Profile.Name)
			if err != nil {
				t.Fatal(err)
			}
			if d := r.Divergence(); d != "" {
				t.Error(d)
			}
			if !explore.Breaks(sc.Plan, tr, f.o.Profile, f.v) {
				t.Errorf("the saved scenario does not violate %s:\n%s", f.v.Clause, text)
			}
			if len(sc.Expect) > 0 || sc.MayHang(f.o.Profile.Name) {
				t.Errorf("the saved scenario expects what no host should do:\n%s", text)
			}
			again, err := explore.Shrink(&f.o, f.v)
			if err != nil {
				t.Fatal(err)
			}
			if b := scenarios.Format(explore.Scenario(f.sc, &f.o, f.v, again)); !bytes.Equal(b, text) {
				t.Errorf("shrunk again it is\n%s\nand was\n%s", b, text)
			}
		})
	}
}

// TestDivergence: what a schedule decides where the run never comes is told with both names; points that were added are
// taken by their default.
func TestDivergence(t *testing.T) {
	m := mutants.Lookup("race-request-before-wait")
	var f *failure
	for _, x := range failures(t) {
		if x.name == m.Name && x.v.Clause == m.Clause {
			f = &x
		}
	}
	if f == nil {
		t.Fatalf("%s did not violate %s", m.Name, m.Clause)
	}
	small, err := explore.Shrink(&f.o, f.v)
	if err != nil {
		t.Fatal(err)
	}
	follow := func(t *testing.T, p *plan.Plan, s *explore.Schedule) (said string, broken bool) {
		t.Helper()
		lane := m.Lane()
		defer lane.Close()
		rep := explore.NewReplay(s)
		lane.SetChooser(rep)
		tr, err := lane.Play(p, m.Profile)
		if err != nil {
			t.Fatal(err)
		}
		return rep.Divergence(), explore.Breaks(p, tr, f.o.Profile, f.v)
	}
	changed := func(change func(string) string) *explore.Schedule {
		s := &explore.Schedule{Format: explore.Format}
		for _, d := range small.Schedule.Decisions {
			s.Decisions = append(s.Decisions, explore.Decision{At: change(d.At), Take: change(d.Take)})
		}
		return s
	}
	t.Run("as it was", func(t *testing.T) {
		if said, broken := follow(t, small.Plan, small.Schedule); said != "" || !broken {
			t.Errorf("violated: %t; %s\n%s", broken, said, small.Schedule)
		}
	})
	t.Run("points added", func(t *testing.T) {
		// a service that starts threads of its own adds decisions, and changes none of those that count
		more := small.Plan.Clone()
		z := options(t, "services: [{name: z, start: [{spawn: [{mark: one}]}, {spawn: [{mark: two}]}, {delay: 10ms}]}]", "strict", explore.Random, 1).Plan
		more.Services = append(z.Services, more.Services...)
		if said, broken := follow(t, more, small.Schedule); said != "" || !broken {
			t.Errorf("violated: %t; %s\n%s", broken, said, small.Schedule)
		}
	})
	t.Run("another name", func(t *testing.T) {
		s := changed(func(s string) string { return strings.ReplaceAll(s, "run", "walk") })
		said, _ := follow(t, small.Plan, s)
		if !strings.Contains(said, "the schedule decides at ") || !strings.Contains(said, "walk") || !strings.Contains(said, "but the run never came there; it came to ") {
			t.Errorf("schedule\n%s\nsaid: %s", s, said)
		}
	})
	t.Run("a choice that is not offered", func(t *testing.T) {
		s := changed(func(s string) string { return s })
		for i := range s.Decisions {
			s.Decisions[i].Take = "nobody"
		}
		if said, _ := follow(t, small.Plan, s); !strings.Contains(said, `the schedule takes "nobody", which is not among`) {
			t.Errorf("said: %s", said)
		}
	})
}

func TestParseSchedule(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"a newer format", `{"format": 7, "hostsim": "4.2.0", "decisions": []}`, "the schedule has format 7, written by hostsim 4.2.0; this version reads format 1"},
		{"no format", `{"decisions": []}`, "the schedule has format 0, written by hostsim an unknown version"},
		{"no JSON", `at x take y`, "not a schedule: "},
		{"nothing", ``, "not a schedule: "},
		{"a decision without a point", `{"format": 1, "decisions": [{"take": "a"}]}`, "decision 1 of the schedule names no point or no choice"},
		{"a decision twice", `{"format": 1, "decisions": [{"at": "ready a|b #1", "take": "b"}, {"at": "ready a|b #1", "take": "a"}]}`, `decision 2 of the schedule decides at "ready a|b #1" again`},
		{"something behind it", `{"format": 1, "decisions": []} x`, "not a schedule: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := explore.ParseSchedule([]byte(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestParseResult(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"a newer format", `{"format": 9, "hostsim": "5.0.0"}`, "the result has format 9, written by hostsim 5.0.0; this version reads format 1"},
		{"cut off", `{"format": 1, "traces": [`, "not a result of an exploration: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := explore.ParseResult([]byte(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// FuzzParseSchedule: no schedule file whatever makes reading it, or following it, panic.
func FuzzParseSchedule(f *testing.F) {
	f.Add([]byte(`{"format": 1, "decisions": [{"at": "ready run|stimulus #1", "take": "stimulus"}]}`))
	f.Add([]byte(`{"format": 1, "decisions": [{"at": "preempt main #1", "take": "hold"}]}`))
	f.Add([]byte(`{"format": 2}`))
	o := options(f, twoServices, "strict", explore.Random, 1)
	lane := virtual.New(nil)
	f.Cleanup(lane.Close)
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := explore.ParseSchedule(data)
		if err != nil {
			return
		}
		r := explore.NewReplay(s)
		lane.SetChooser(r)
		if _, err := lane.Play(o.Plan, "strict"); err != nil {
			t.Fatal(err)
		}
		_ = r.Divergence()
		if again, err := explore.ParseSchedule(must(s.JSON())); err != nil || again.String() != s.String() {
			t.Errorf("%q comes back as %q, %v", s, again, err)
		}
	})
}

// FuzzParseResult: no result file whatever makes reading it, telling it or merging it panic.
func FuzzParseResult(f *testing.F) {
	o := options(f, twoServices, "strict", explore.Random, 20)
	r, err := explore.Explore(context.Background(), o)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(must(r.JSON()))
	f.Add([]byte(`{"format": 1, "of": 1000000000, "parts": [0]}`))
	f.Add([]byte(`{"format": 1, "strategy": "exhaustive", "of": 2, "parts": [], "violations": [{}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := explore.ParseResult(data)
		if err != nil {
			return
		}
		_ = r.Text()
		if m, err := explore.Merge([]*explore.Result{r}, true); err == nil {
			_ = m.Text()
		}
	})
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

// TestText is what a person reads of a result, as a golden file.
func TestText(t *testing.T) {
	for _, strategy := range explore.Strategies() {
		o := options(t, exitRace, "dotnet-3.1", strategy, 500)
		if strategy == explore.Exhaustive {
			o.Schedules, o.Bound = 0, 1
		}
		r, err := explore.Explore(context.Background(), o)
		if err != nil {
			t.Fatal(err)
		}
		golden := "testdata/text-" + strategy + ".golden"
		if os.Getenv("HOSTSIM_UPDATE") != "" {
			if err := os.WriteFile(golden, []byte(r.Text()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if r.Text() != string(want) {
			t.Errorf("%s:\n%s\nwant\n%s", golden, r.Text(), want)
		}
	}
}
