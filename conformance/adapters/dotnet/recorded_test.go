package dotnet

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/hostsim/hostsim/conformance/checks"
	"github.com/hostsim/hostsim/conformance/fuzz"
	"github.com/hostsim/hostsim/conformance/process"
	"github.com/hostsim/hostsim/conformance/virtual"
	"github.com/hostsim/hostsim/scenarios/agree"
	"github.com/hostsim/hostsim/scenarios/recorded"
	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

// TestRecordedPlans plays recorded plans live. What the host does now is what it was recorded to do, and every clause of its
// profile has the same verdict on what it does as on what the reference host does. HOSTSIM_SAMPLE says how many plans of each
// release are played, spread over all of them: 12 without it, 0 for all.
func TestRecordedPlans(t *testing.T) {
	sample := 12
	if s := os.Getenv("HOSTSIM_SAMPLE"); s != "" {
		var err error
		if sample, err = strconv.Atoi(s); err != nil || sample < 0 {
			t.Fatalf("HOSTSIM_SAMPLE=%s: want a number of plans, 0 for all", s)
		}
	}
	all, err := recorded.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, root := range roots(t) {
		t.Run(filepath.Base(root), func(t *testing.T) {
			r := &process.Runner{Command: build(t, root)}
			defer r.Close()
			release := profile(t, r)
			var recs []*recorded.Recording
			for _, rec := range all {
				if rec.Release == release {
					recs = append(recs, rec)
				}
			}
			if len(recs) == 0 {
				t.Skipf("THERE ARE NO RECORDINGS OF %s: nothing to compare it with", release)
			}
			step := 1
			if sample > 0 && len(recs) > sample {
				step = len(recs) / sample
			}
			var chosen []*recorded.Recording
			for i := 0; i < len(recs); i += step {
				chosen = append(chosen, recs[i])
			}
			tally := playAll(t, r, release, chosen)
			t.Logf("%s: %d recorded plans played; %d agree with their recording, %d race, and the reference host does the same under another schedule; in %d the verdicts by clause are those of the reference host",
				release, tally.played, tally.agreed, tally.raced, tally.judged)
			if tally.played == 0 {
				t.Error("no plan was played")
			}
		})
	}
}

// tally counts plans.
type tally struct{ played, agreed, raced, judged int }

// playAll plays the plans, three at a time: most of their time is waiting. What differs is told in order of the plans.
func playAll(t *testing.T, r *process.Runner, release string, recs []*recorded.Recording) tally {
	t.Helper()
	all, err := spec.Load()
	if err != nil {
		t.Fatal(err)
	}
	prof := all.Profile(release)
	found := make([]*outcome, len(recs))
	next := make(chan int)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for i := range next {
				found[i] = live(r, prof, recs[i])
			}
		})
	}
	for i := range recs {
		next <- i
	}
	close(next)
	wg.Wait()
	var sum tally
	for _, o := range found {
		if o.skipped {
			continue
		}
		sum.played++
		switch {
		case o.err != nil:
			t.Error(o.err)
			continue
		case o.said == nil:
			sum.agreed++
		case o.raced != nil:
			sum.raced++
			t.Logf("%v\n%v", o.said, o.raced)
		default:
			t.Error(o.said)
		}
		if o.verdicts == "" {
			sum.judged++
		} else {
			t.Error(o.verdicts)
		}
	}
	return sum
}

// outcome is what was found about one recorded plan.
type outcome struct {
	skipped  bool                // the host does not play it
	said     *agree.Disagreement // in what it differs from its recording, in every play
	raced    *fuzz.Race          // how the reference host comes to do the same
	verdicts string              // in which clauses it is judged unlike the reference host
	err      error
}

// patience is how many plays of a plan must differ before a difference counts: a busy machine makes races.
const patience = 3

// live plays a recorded plan until it agrees with its recording in what the recording does not leave open, times apart.
func live(r *process.Runner, prof *spec.Profile, rec *recorded.Recording) (o *outcome) {
	o = &outcome{}
	var plays []*trace.Trace
	for len(plays) < patience && (len(plays) == 0 || o.said != nil) {
		tr, _, err := r.Run(context.Background(), rec.Plan)
		var skipped *process.Skipped
		if errors.As(err, &skipped) {
			o.skipped = true
			return o
		}
		if err != nil {
			o.err = fmt.Errorf("%s: %w", rec.Name, err)
			return o
		}
		plays = append(plays, tr)
		now := &fuzz.Recording(rec.Release, rec.Plan, []*trace.Trace{tr}).Variants[0].Trace
		o.said = agree.Compare(rec, now)
		if o.said != nil && o.said.Kind == agree.Time {
			o.said = nil
		}
	}
	if o.said != nil {
		o.raced, o.err = fuzz.Explain(rec.Release, rec.Plan, plays, 10_000)
	}
	o.verdicts = verdicts(prof, rec, plays[len(plays)-1])
	return o
}

// verdicts tells which clauses the host breaks in a play that the reference host keeps in this plan, or the other way round.
func verdicts(prof *spec.Profile, rec *recorded.Recording, tr *trace.Trace) string {
	l := virtual.New(nil)
	defer l.Close()
	mine, err := l.Play(rec.Plan, prof.Name)
	if err != nil {
		return fmt.Sprintf("%s: the reference host: %v", rec.Name, err)
	}
	for _, c := range prof.Clauses {
		check := checks.Lookup(c.ID)
		if c.Retired != "" || check == nil || !c.In(spec.Process) || !c.In(spec.Virtual) {
			continue
		}
		theirs := check(&checks.Run{Plan: rec.Plan, Trace: tr, Profile: prof, Lane: spec.Process})
		ours := check(&checks.Run{Plan: rec.Plan, Trace: mine, Profile: prof, Lane: spec.Virtual})
		if broken := theirs.Kind == checks.Fail; broken != (ours.Kind == checks.Fail) {
			return fmt.Sprintf("%s: the host breaks %s: %t (%s), the reference host: %t (%s)", rec.Name, c.ID, broken, theirs.Said, !broken, ours.Said)
		}
	}
	return ""
}
