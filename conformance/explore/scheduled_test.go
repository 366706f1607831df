package explore

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

// dicePlayer plays a host whose stop is forgotten in every fifth schedule and that hangs in every seventh.
type dicePlayer struct {
	mu    sync.Mutex
	names []string
	fails string // the name of a schedule that cannot be played
}

func (d *dicePlayer) PlaySchedule(_ *plan.Plan, name string, explain bool) (*ScheduledRun, error) {
	d.mu.Lock()
	d.names = append(d.names, name)
	d.mu.Unlock()
	if name == d.fails {
		return nil, errors.New("the adapter died")
	}
	_, seed, _ := strings.Cut(name, ":")
	n, _ := strconv.Atoi(seed)
	ev := func(who, what string, p trace.Phase) trace.Event {
		e := trace.Event{Who: who, What: what, Phase: p}
		if p == trace.End {
			e.Outcome = trace.OK
		}
		return e
	}
	t := &trace.Trace{Events: []trace.Event{ev("host", "run", trace.Begin), ev("a", "start", trace.Begin), ev("a", "start", trace.End)}, End: trace.Ending{Kind: trace.Exited}}
	switch {
	case n%7 == 0:
		t.End = trace.Ending{Kind: trace.HangEnd, Reason: "nothing happens any more"}
		return &ScheduledRun{Trace: t, Decisions: 3, Hash: seed}, nil
	case n%5 != 0:
		t.Events = append(t.Events, ev("a", "stop", trace.Begin), ev("a", "stop", trace.End))
	}
	t.Events = append(t.Events, ev("host", "run", trace.End), trace.Event{Who: "main", What: "return", Detail: trace.Number(0)})
	run := &ScheduledRun{Trace: t, Decisions: 2, Hash: seed}
	if explain {
		run.Said = "said"
	}
	return run, nil
}

func scheduledOptions(t *testing.T, d *dicePlayer) Options {
	t.Helper()
	p, err := plan.Parse("plan", []byte(`{"services":[{"name":"a"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	return Options{Scenario: "dice", Plan: p, Profile: spec.MustLoad().MustProfile("core"), Scheduled: d, Clauses: []string{"HOST-STOP-003"}, Strategy: Random, Schedules: 40, Seed: 1, Jobs: 2}
}

func TestScheduledExploration(t *testing.T) {
	d := &dicePlayer{}
	r, err := Explore(t.Context(), scheduledOptions(t, d))
	if err != nil {
		t.Fatal(err)
	}
	if r.Schedules != 40 || r.Distinct != 3 || !r.Finished || len(d.names) != 40 {
		t.Errorf("%d schedules, %d distinct, finished %v, %d played", r.Schedules, r.Distinct, r.Finished, len(d.names))
	}
	if r.Decisions != 2*35+3*5 {
		t.Errorf("%d decisions", r.Decisions)
	}
	first := map[string]string{}
	for _, v := range r.Violations {
		first[v.Clause] = v.Named
		if v.Schedule != nil {
			t.Errorf("%s has a schedule of decisions", v.Clause)
		}
	}
	if first["hang"] != "random:7" {
		t.Errorf("violations %v, want a hang first in random:7", first)
	}
	named := false
	for _, n := range first {
		named = named || n == "random:5"
	}
	if !named {
		t.Errorf("violations %v, want one first in random:5, in which no service is stopped", first)
	}
	data, err := r.JSON()
	if err != nil || !bytes.Contains(data, []byte(`"named": "random:7"`)) {
		t.Errorf("%v: the name of the schedule is not in the result:\n%s", err, data)
	}
}

func TestScheduledPartsAreOneRun(t *testing.T) {
	whole, err := Explore(t.Context(), scheduledOptions(t, &dicePlayer{}))
	if err != nil {
		t.Fatal(err)
	}
	var parts []*Result
	for i := range 3 {
		o := scheduledOptions(t, &dicePlayer{})
		o.Shard, o.Of = i, 3
		o.Jobs = 1 + i
		r, err := Explore(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, r)
	}
	o := scheduledOptions(t, &dicePlayer{})
	o.Of = 1
	merged, err := Merge(parts, false)
	if err != nil {
		t.Fatal(err)
	}
	a, _ := whole.JSON()
	b, _ := merged.JSON()
	if !bytes.Equal(a, b) {
		t.Errorf("three parts give\n%s\none run gives\n%s", b, a)
	}
}

func TestScheduledNames(t *testing.T) {
	for _, c := range []struct {
		strategy string
		want     string
	}{
		{Random, "random:12"}, {PCT, "pct4:12"}, {Sequential, "sequential"},
	} {
		o := &Options{Strategy: c.strategy, Seed: 10, Depth: 4}
		if got := o.ScheduleName(2); got != c.want {
			t.Errorf("%s: %q, want %q", c.strategy, got, c.want)
		}
	}
}

func TestScheduledRefusals(t *testing.T) {
	o := scheduledOptions(t, &dicePlayer{})
	o.Strategy = Exhaustive
	if _, err := Explore(t.Context(), o); err == nil || !strings.Contains(err.Error(), "exhaustive is for hosts in this process") {
		t.Errorf("exhaustive: %v", err)
	}
	o = scheduledOptions(t, &dicePlayer{fails: "random:9"})
	if _, err := Explore(t.Context(), o); err == nil || !strings.Contains(err.Error(), "the adapter died") {
		t.Errorf("an adapter that dies: %v", err)
	}
}

func TestScheduledJudge(t *testing.T) {
	d := &dicePlayer{}
	o := scheduledOptions(t, d)
	for _, c := range []struct {
		name string
		bad  bool
	}{{"random:1", false}, {"random:5", true}, {"random:7", true}} {
		run, err := d.PlaySchedule(o.Plan, c.name, true)
		if err != nil {
			t.Fatal(err)
		}
		if got := o.Judge(run.Trace); (len(got) > 0) != c.bad {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
	if got := (&Options{}).Judge(&trace.Trace{}); got != nil {
		t.Errorf("without an adapter: %v", got)
	}
}
