package fuzz_test

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/hostsim/hostsim/conformance/fuzz"
	"github.com/hostsim/hostsim/conformance/virtual"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

func parsed(t *testing.T, text string) *plan.Plan {
	t.Helper()
	p, err := plan.Parse("plan.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// contrary takes the last choice there is.
type contrary struct{ r *rand.Rand }

func (c contrary) Choose(_ string, names []string) int { return len(names) - 1 }
func (c contrary) Preempt(string) bool                 { return c.r.IntN(2) == 0 }

// twoAtOnce is a plan in which two threads set out together.
const twoAtOnce = "services: [{name: w, kind: background, execute: [throw: boom]}, {name: a, start: [stopApplication: true]}, {name: b, stop: [delay: 100ms]}]"

// TestExplainFindsTheSchedule: what the reference host does under a schedule is found to be one.
func TestExplainFindsTheSchedule(t *testing.T) {
	p := parsed(t, twoAtOnce)
	l := virtual.New(contrary{rand.New(rand.NewPCG(1, 1))})
	defer l.Close()
	theirs, err := l.Play(p, "dotnet-10")
	if err != nil {
		t.Fatal(err)
	}
	race, err := fuzz.Explain("dotnet-10", p, []*trace.Trace{theirs}, 3000)
	if err != nil || race == nil {
		t.Fatalf("%v, not explained", err)
	}
	if race.Seed == 0 || !strings.Contains(race.String(), "another schedule") {
		t.Errorf("%+v: %s; want another schedule", race, race)
	}
	again, err := fuzz.Explain("dotnet-10", p, []*trace.Trace{theirs}, 3000)
	if err != nil || *again != *race {
		t.Errorf("%v, %+v the second time, %+v the first", err, again, race)
	}
}

// TestExplainFindsTheDelay: two waits that end close together may end the other way round on a busy machine.
func TestExplainFindsTheDelay(t *testing.T) {
	p := parsed(t, "options: {concurrentStop: true}\nservices: [{name: a, stop: [delay: 300ms]}, {name: b, stop: [delay: 320ms]}]\nmain: [build, start, stop, return: 0]")
	slower := parsed(t, "options: {concurrentStop: true}\nservices: [{name: a, stop: [delay: 360ms]}, {name: b, stop: [delay: 320ms]}]\nmain: [build, start, stop, return: 0]")
	theirs, err := reference("dotnet-10")(context.Background(), slower)
	if err != nil {
		t.Fatal(err)
	}
	race, err := fuzz.Explain("dotnet-10", p, []*trace.Trace{theirs}, 100)
	if err != nil || race == nil || !race.Late {
		t.Errorf("%v, %v; want that a wait took longer", err, race)
	}
	if race, err := fuzz.Explain("dotnet-10", p, []*trace.Trace{theirs}, 0); err != nil || race != nil {
		t.Errorf("%v, %v without a single run", err, race)
	}
}

// TestExplainAcceptsNothingElse: what another release does is nothing that this one does under some schedule. Few plans in which two
// releases differ may be explained: those in which the difference is one of order among threads.
func TestExplainAcceptsNothingElse(t *testing.T) {
	for _, c := range []struct {
		theirs, mine string
		most         int // in how many of a hundred differing plans a schedule may explain it
	}{
		{"dotnet-7", "dotnet-10", 15},
		{"dotnet-3.1", "dotnet-6", 15},
		{"strict", "dotnet-10", 15},
	} {
		rep, err := fuzz.Run(context.Background(), reference(c.theirs), fuzz.Options{Profile: c.mine, Seed: 5, Plans: 60, Jobs: 2, Shrink: -1, Explain: 200})
		if err != nil {
			t.Fatal(err)
		}
		explained, differ := len(rep.Explained), len(rep.Differences)
		t.Logf("%s taken for %s: %d agree, %d explained, %d differ", c.theirs, c.mine, rep.Agreed, explained, differ)
		if all := explained + differ; differ == 0 || explained*100 > c.most*all {
			t.Errorf("%s taken for %s: %d of %d differences are explained away", c.theirs, c.mine, explained, all)
		}
		for _, d := range rep.Explained {
			if d.Small != d.Plan {
				t.Errorf("%s was made small although it is explained", d.Name())
			}
		}
	}
}

// TestExplainFindsTheDying: a process that takes its time to die of an unhandled error lets its other threads get on.
func TestExplainFindsTheDying(t *testing.T) {
	p := parsed(t, "main: [build, start, spawn: [sleep: 150ms, mark: x, hang: true], sleep: 100ms, throw: boom]")
	l := virtual.New(nil)
	defer l.Close()
	mine, err := l.Play(p, "dotnet-10")
	if err != nil || len(marks(mine)) != 0 {
		t.Fatalf("%v, %v: the process dies at once unless told otherwise", err, marks(mine))
	}
	l.SetDying(100 * time.Millisecond)
	theirs, err := l.Play(p, "dotnet-10")
	if err != nil || len(marks(theirs)) != 1 || theirs.End.Signal != "SIGABRT" {
		t.Fatalf("%v, %v, %+v: want the thread's mark, and then death by SIGABRT", err, marks(theirs), theirs.End)
	}
	race, err := fuzz.Explain("dotnet-10", p, []*trace.Trace{theirs}, 3000)
	if err != nil || race == nil || !race.Late {
		t.Errorf("%v, %+v; want a process that takes longer to die", err, race)
	}
}

func marks(tr *trace.Trace) (out []string) {
	for i := range tr.Events {
		if tr.Events[i].What == "mark" {
			out = append(out, tr.Events[i].Detail.Text)
		}
	}
	return out
}
