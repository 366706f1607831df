package explore_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/hostsim/hostsim/conformance/explore"
	"github.com/hostsim/hostsim/conformance/virtual"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// mortal is a lane that dies after so many plays, as a process that is killed does.
type mortal struct {
	*virtual.Lane
	left *int
}

var errKilled = errors.New("killed")

func (m *mortal) Play(p *plan.Plan, profile string) (*trace.Trace, error) {
	if *m.left--; *m.left < 0 {
		return nil, errKilled
	}
	return m.Lane.Play(p, profile)
}

// interrupted explores and is killed again and again; each time another process goes on with what the last one saved.
func interrupted(t *testing.T, o explore.Options, lives int) ([]byte, int) {
	t.Helper()
	var saved []byte
	o.Save = func(r *explore.Result) (err error) {
		saved, err = r.JSON()
		return err
	}
	o.Jobs = 1
	deaths := 0
	for {
		left := lives
		o.NewPlayer = func() explore.Player { return &mortal{virtual.New(nil), &left} }
		if saved != nil {
			var err error
			if o.Base, err = explore.ParseResult(saved); err != nil {
				t.Fatal(err)
			}
		}
		r, err := explore.Explore(context.Background(), o)
		if errors.Is(err, errKilled) {
			if deaths++; deaths > 50 {
				t.Fatal("it never gets any further")
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := r.JSON()
		if err != nil {
			t.Fatal(err)
		}
		return b, deaths
	}
}

// TestKilledPartGoesOn: a part that is killed in the middle loses nothing, and the whole is still the same bytes as one long
// run.
func TestKilledPartGoesOn(t *testing.T) {
	for _, c := range []struct {
		strategy         string
		schedules, lives int
	}{{explore.Random, 5000, 1700}, {explore.PCT, 5000, 1700}, {explore.Exhaustive, 0, 700}} {
		t.Run(c.strategy, func(t *testing.T) {
			o := options(t, exitRace, "dotnet-3.1", c.strategy, c.schedules)
			o.Clauses = []string{"HOST-STOP-001"}
			o.Bound, o.SaveEvery = 3, 1000
			whole := run(t, o)
			once, deaths := interrupted(t, o, c.lives)
			if deaths == 0 {
				t.Fatal("it was never killed")
			}
			if !bytes.Equal(once, whole) {
				t.Errorf("after %d deaths\n%s\nwithout\n%s", deaths, once, whole)
			}
			var parts []*explore.Result
			for k := range 2 {
				o.Shard, o.Of = k, 2
				b := run(t, o)
				if k == 1 {
					b, _ = interrupted(t, o, c.lives)
				}
				r, err := explore.ParseResult(b)
				if err != nil {
					t.Fatal(err)
				}
				parts = append(parts, r)
			}
			merged, err := explore.Merge(parts, false)
			if err != nil {
				t.Fatal(err)
			}
			if got, _ := merged.JSON(); !bytes.Equal(got, whole) {
				t.Errorf("merged\n%s\nwhole\n%s", got, whole)
			}
		})
	}
}

// TestTimeLimit: what a limit of time leaves is unfinished and says so, is refused by a merge, and can be gone on with.
func TestTimeLimit(t *testing.T) {
	o := options(t, twoServices, "strict", explore.Random, 5000)
	whole := run(t, o)
	ctx, cancel := context.WithCancel(context.Background())
	o.Jobs = 1
	o.Progress = func(done, _ int) {
		if done >= 1000 {
			cancel()
		}
	}
	r, err := explore.Explore(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Finished || r.Schedules < 1000 || r.Schedules >= 5000 || !strings.Contains(r.Text(), "unfinished, 5000 were asked for") {
		t.Fatalf("finished %t after %d schedules:\n%s", r.Finished, r.Schedules, r.Text())
	}
	if _, err := explore.Merge([]*explore.Result{r}, false); err == nil || !strings.Contains(err.Error(), "part 0 of 1 is not finished") {
		t.Errorf("merged without a word: %v", err)
	}
	if m, err := explore.Merge([]*explore.Result{r}, true); err != nil || m.Schedules != r.Schedules || m.Finished {
		t.Errorf("%v, %+v", err, m)
	}
	o.Base, o.Progress = r, nil
	if got := run(t, o); !bytes.Equal(got, whole) {
		t.Errorf("gone on with\n%s\nin one go\n%s", got, whole)
	}
}

// TestMergeRefuses what are not the parts of one exploration.
func TestMergeRefuses(t *testing.T) {
	part := func(k int, change func(*explore.Options)) *explore.Result {
		o := options(t, twoServices, "strict", explore.Random, 100)
		o.Shard, o.Of, o.Version = k, 2, "1"
		if change != nil {
			change(&o)
		}
		r, err := explore.Explore(context.Background(), o)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	a, b := part(0, nil), part(1, nil)
	for _, c := range []struct {
		name  string
		parts []*explore.Result
		want  string
	}{
		{"nothing", nil, "there are no results to merge"},
		{"one missing", []*explore.Result{a}, "part 1 of 2 is missing"},
		{"one twice", []*explore.Result{a, b, a}, "part 0 of 2 is there twice"},
		{"another seed", []*explore.Result{a, part(1, func(o *explore.Options) { o.Seed = 2 })}, "the seed of one is 1, of another 2"},
		{"another version", []*explore.Result{a, part(1, func(o *explore.Options) { o.Version = "2" })}, "the version of one is 1, of another 2"},
		{"another profile", []*explore.Result{a, part(1, func(o *explore.Options) { o.Profile = options(t, twoServices, "dotnet-8", "random", 1).Profile })}, "not parts of one exploration"},
		{"another plan", []*explore.Result{a, part(1, func(o *explore.Options) { o.Plan = options(t, exitRace, "strict", "random", 1).Plan })}, "the plan or clauses of one is"},
		{"other clauses", []*explore.Result{a, part(1, func(o *explore.Options) { o.Clauses = []string{"HOST-STOP-001"} })}, "the plan or clauses of one is"},
		{"another number", []*explore.Result{a, part(1, func(o *explore.Options) { o.Schedules = 99 })}, "the number of schedules of one is 100, of another 99"},
		{"another strategy", []*explore.Result{a, part(1, func(o *explore.Options) { o.Strategy = explore.PCT })}, "the strategy of one is random, of another pct"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := explore.Merge(c.parts, false); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	if _, err := explore.Merge([]*explore.Result{b, a}, false); err != nil {
		t.Errorf("the two parts: %v", err)
	}
	o := options(t, twoServices, "strict", explore.Random, 100)
	o.Of, o.Version, o.Base = 2, "1", b
	if _, err := explore.Explore(context.Background(), o); err == nil || !strings.Contains(err.Error(), "that of part [1], not 0") {
		t.Errorf("part 0 goes on with part 1: %v", err)
	}
}
