package fuzz

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/hostsim/hostsim/conformance/virtual"
	"github.com/hostsim/hostsim/scenarios/agree"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/recorded"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// judge plays a plan on both hosts and compares. What the adapter did in the plays of the last plan stays in it.
type judge struct {
	f      *fuzzer
	l      *virtual.Lane
	ctx    context.Context
	theirs []*trace.Trace
	mine   *trace.Trace
}

// differs plays a plan so many times, and gives in what the reference host differs from all plays.
func (j *judge) differs(p *plan.Plan, times int) (*agree.Disagreement, error) {
	j.theirs = nil
	t, err := j.l.Play(p, j.f.o.Profile)
	if err != nil {
		return nil, err
	}
	j.mine = t.Keep()
	return j.more(p, times)
}

// more plays the plan of the last differs so many times more.
func (j *judge) more(p *plan.Plan, times int) (*agree.Disagreement, error) {
	for range times {
		t, err := j.f.a(j.ctx, p)
		if err != nil {
			return nil, err
		}
		j.theirs = append(j.theirs, t)
	}
	said := agree.Compare(Recording(j.f.o.Profile, p, j.theirs), &trace.Trace{Events: j.mine.Events, End: endAs(j.f.o.Profile, j.mine, j.theirs[0])})
	if said != nil && said.Kind == agree.Time && !j.f.o.Times {
		return nil, nil
	}
	return said, nil
}

// endAs gives the end of the reference host, in the words of the other one's runtime: an error that nobody handles is death by
// SIGABRT on .NET and an exit code in Go, and no profile but that of a release says which.
func endAs(profile string, mine, theirs *trace.Trace) trace.Ending {
	failed := func(t *trace.Trace) bool {
		threw := false
		for i := range t.Events {
			threw = threw || t.Events[i].What == "threw"
		}
		return threw && (t.End.Kind == trace.Signaled && t.End.Signal == "SIGABRT" || t.End.Kind == trace.Exited && t.End.Code != 0)
	}
	if !strings.HasPrefix(profile, "dotnet-") && failed(mine) && failed(theirs) {
		return theirs.End
	}
	return mine.End
}

// Recording makes a recording of what a host did in several plays of a plan. A profile that is no release of .NET is
// compared by the rules of dotnet-10, which leaves most open.
func Recording(profile string, p *plan.Plan, plays []*trace.Trace) *recorded.Recording {
	rec := &recorded.Recording{Name: "fuzz", Release: profile, Runs: len(plays), Plan: p}
	if !strings.HasPrefix(profile, "dotnet-") {
		rec.Release = "dotnet-10"
	}
	for _, t := range plays {
		v := recorded.Variant{Seen: 1, Trace: trace.Trace{End: t.End}}
		for _, e := range t.Events {
			if e.Who != trace.World { // what the harness found afterwards
				v.Trace.Events = append(v.Trace.Events, e)
			}
		}
		known := false
		for i := range rec.Variants {
			if sameOrder(&rec.Variants[i].Trace, &v.Trace) {
				rec.Variants[i].Seen++
				known = true
				break
			}
		}
		if !known {
			rec.Variants = append(rec.Variants, v)
		}
	}
	slices.SortStableFunc(rec.Variants, func(a, b recorded.Variant) int { return cmp.Compare(b.Seen, a.Seen) })
	return rec
}
