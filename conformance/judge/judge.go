// Package judge plays scenarios on an implementation and makes verdicts of the traces: scenario → plan → lane → trace →
// checks → verdicts → report. It knows neither Ginkgo nor the command line.
package judge

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sort"
	"strings"
	"sync"

	"github.com/hostsim/hostsim/conformance/checks"
	"github.com/hostsim/hostsim/conformance/report"
	"github.com/hostsim/hostsim/scenarios"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

// Implementation is a host under test in one lane.
type Implementation interface {
	// Identity says who it is and which features it has.
	Identity() report.Identity
	// Lane is spec.Virtual or spec.Process.
	Lane() string
	// Play runs a plan under a profile. The trace belongs to the caller until the next Play. An error means that the
	// harness or the adapter is at fault; whatever the host does is in the trace.
	Play(ctx context.Context, p *plan.Plan, profile string) (*trace.Trace, error)
}

// Case is one scenario as the judge needs it.
type Case struct {
	Name     string
	Plan     *plan.Plan
	Clauses  []string // the clauses that it says it exercises
	Profiles []string // the profiles that it speaks about
	Lanes    []string
	Features []string // the features that a host must have to play it at all

	// Schedule is where the run is not to take the default. Only a host whose schedule is chosen can play it ([Follower]).
	Schedule []scenarios.Decision
	// Own says that the case is no part of a library that is held to what it says elsewhere: of the clauses that it names, those
	// that its runs do not exercise fail, unless it names Several profiles: it may mean another one than that of the run.
	Own, Several bool
	// MayHang tells whether the scenario says itself that the program does not come to an end under a profile; nil: it does not.
	MayHang func(profile string) bool

	// Expect compares a trace with what the scenario expects under a profile: "" if it agrees or nothing is expected,
	// else what differs, and the event at which it does (-1: the end).
	Expect func(profile string, t *trace.Trace) (said string, at int)
}

// Exercising gives the cases that say they exercise one of the clauses; all of them if none does, or no clause is named.
func Exercising(cases []*Case, clauses []string) []*Case {
	var out []*Case
	for _, c := range cases {
		for _, id := range clauses {
			if has(c.Clauses, id) {
				out = append(out, c)
				break
			}
		}
	}
	if len(out) == 0 {
		return cases
	}
	return out
}

// Options choose what is judged.
type Options struct {
	Spec    *spec.Spec
	Profile string
	Clauses []string // only these; empty: all of the profile
	Repeat  int      // every n-th scenario is played twice and compared; 0: none
	// Plays is how often each scenario is played in the virtual lane of a host that is not under our control: the scheduler of
	// Go picks anew each time, and every play is judged. Less than 2: once.
	Plays    int
	Progress func(done, of int)
	Replay   func(c *Case) string // the command that shows a case
	// Partial says that only a part of the library is played: clauses that it does not exercise are left out instead of
	// failing for want of exercise, or skipped if they are among Clauses; and features that no run shows are no problem.
	Partial bool
	// ClausesAlone says that the verdict is on clauses and nothing else: what the cases expect is not compared with their runs.
	ClausesAlone bool
	// Given says that somebody gave the cases one by one: what is not played is named with the reason, and a run that never
	// ends fails where its scenario does not say so.
	Given bool
}

// Follower is an [Implementation] whose schedule is chosen.
type Follower interface {
	// Follow plays a plan under a schedule. parts says where the run parted from it, "" if it was followed to its end.
	Follow(ctx context.Context, p *plan.Plan, profile string, schedule []scenarios.Decision) (t *trace.Trace, parts string, err error)
}

// Verify judges an implementation by the clauses of a profile on the cases that speak about it.
func Verify(ctx context.Context, impl Implementation, cases []*Case, o Options) (*report.Report, error) {
	p := o.Spec.Profile(o.Profile)
	if p == nil {
		return nil, fmt.Errorf("there is no profile %q; the profiles are %v", o.Profile, o.Spec.ProfileNames())
	}
	id := impl.Identity()
	if f, ok := impl.(interface{ FeaturesFor(profile string) []string }); ok {
		id.Features = f.FeaturesFor(p.Name)
	}
	v := &verifier{impl: impl, profile: p, o: o, cases: cases, has: map[string]bool{}, seen: map[string]bool{}, shows: map[string]bool{}}
	w, _ := impl.(Withholder)
	for _, f := range id.Features {
		v.has[f] = w == nil || w.Withholds(f) == ""
	}
	if err := v.selectClauses(); err != nil {
		return nil, err
	}
	r := &report.Report{Format: report.Format, Implementation: id, Profile: p.Name, Lane: impl.Lane(), Size: report.Size{Schedules: "default"}}
	if v.follows() {
		r.Size.Schedules = "default, or the one that a scenario carries"
	}
	if v.plays() > 1 {
		r.Size.Schedules = fmt.Sprintf("as Go's scheduler picks, %d of each scenario", v.plays())
	}
	plays, wait := v.start(ctx, cases)
	defer wait() // no child may be left running when the verdict, or an interruption, is handed on
	for i, c := range cases {
		if o.Progress != nil {
			o.Progress(i, len(cases))
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		v.judgeCase(ctx, r, i, c, plays(i))
	}
	if o.Progress != nil {
		o.Progress(len(cases), len(cases))
	}
	v.conclude(r)
	r.Count()
	return r, nil
}

type verifier struct {
	impl    Implementation
	profile *spec.Profile
	o       Options
	has     map[string]bool // features declared
	seen    map[string]bool // features observed
	shows   map[string]bool // features that cases need, and whether any of those was played
	cases   []*Case
	stops   bool            // a stop was called
	tokens  bool            // and was handed a token
	died    map[string]bool // cases in which the process died of a signal
	clauses []*judged
	byID    map[string]*judged
}

// judged is a clause and what was found about it.
type judged struct {
	clause    *spec.Clause
	check     checks.Check
	lacks     string // a feature that is not declared
	exercised int
	by        map[string]bool // the cases whose runs exercised it
	failures  []report.Failure
	verdict   report.Verdict
	panicked  string // what the check panicked with, and where
}

func (v *verifier) selectClauses() error {
	v.byID = map[string]*judged{}
	want, missing := map[string]bool{}, map[string]bool{}
	for _, id := range v.o.Clauses {
		want[id], missing[id] = true, true
	}
	for _, c := range v.profile.Clauses {
		if c.Retired != "" || !c.In(v.impl.Lane()) || len(want) > 0 && !want[c.ID] {
			continue
		}
		delete(missing, c.ID)
		j := &judged{clause: c, check: checks.Lookup(c.ID), verdict: report.Pass}
		for _, f := range c.Features {
			if !v.has[f] {
				j.lacks = f
				break
			}
		}
		v.clauses = append(v.clauses, j)
		v.byID[c.ID] = j
	}
	if len(missing) > 0 {
		ids := make([]string, 0, len(missing))
		for id := range missing {
			ids = append(ids, id)
		}
		sort.Strings(ids)
		return fmt.Errorf("profile %s has no clause %s in the %s lane; `hostsim clauses --profile %s` lists what it has", v.profile.Name, strings.Join(ids, ", "), v.impl.Lane(), v.profile.Name)
	}
	return nil
}

// SpeaksAbout tells whether the case is to be played under a profile in a lane. What speaks about strict speaks about core
// too: strict holds every clause of core, and a plan is a plan.
func (c *Case) SpeaksAbout(profile, lane string) bool {
	return c.about(profile) && (len(c.Lanes) == 0 || has(c.Lanes, lane))
}

func (c *Case) about(profile string) bool {
	return has(c.Profiles, profile) || profile == "core" && has(c.Profiles, "strict")
}

func has(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// Skip is the error of a Play that did not happen because the implementation cannot play the plan.
type Skip struct{ Why string }

// Error implements error.
func (s *Skip) Error() string { return s.Why }

// Withholder is an implementation that has features which cannot be seen where it is judged.
type Withholder interface {
	// Withholds says why a feature cannot be seen, "" if it can.
	Withholds(feature string) string
}

// without says that there is no such feature, and whose doing that is.
func (v *verifier) without(feature, verb string) string {
	if w, ok := v.impl.(Withholder); ok {
		if why := w.Withholds(feature); why != "" {
			return why
		}
	}
	return "the implementation " + verb + " no " + feature
}

// lacks says why a case is not played, "" if it is.
func (v *verifier) lacks(c *Case) string {
	for _, f := range c.Features {
		if !v.has[f] {
			return v.without(f, "has")
		}
	}
	if u, ok := v.impl.(interface{ Unsupported(*plan.Plan) string }); ok {
		if why := u.Unsupported(c.Plan); why != "" {
			return why
		}
	}
	if _, ok := v.impl.(Follower); len(c.Schedule) > 0 && !ok {
		return unfollowed
	}
	return ""
}

// played is the outcome of one play.
type played struct {
	t     *trace.Trace
	err   error
	parts string // where the run parted from the schedule that the case carries
}

// play plays a case. A panic on the way is the harness's fault, or the adapter's, and does not take the other cases along.
func (v *verifier) play(ctx context.Context, c *Case) (p played) {
	defer func() {
		if r := recover(); r != nil {
			p = played{err: fmt.Errorf("panic: %v", r)}
		}
	}()
	if f, ok := v.impl.(Follower); ok && len(c.Schedule) > 0 {
		p.t, p.parts, p.err = f.Follow(ctx, c.Plan, v.profile.Name, c.Schedule)
		return p
	}
	p.t, p.err = v.impl.Play(ctx, c.Plan, v.profile.Name)
	return p
}

// start gives a function that gives the play of case i, which must be called for each case in order, and one that waits for
// plays that nobody asked for any more. An implementation that can play several plans at once (Jobs) does so ahead.
func (v *verifier) start(ctx context.Context, cases []*Case) (plays func(i int) func() played, wait func()) {
	one := func(c *Case) func() played {
		return func() played { return v.play(ctx, c) }
	}
	par, ok := v.impl.(interface{ Jobs() int })
	if !ok || par.Jobs() < 2 {
		return func(i int) func() played { return one(cases[i]) }, func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	done := make([]chan played, len(cases))
	for i := range done {
		done[i] = make(chan played, 1)
	}
	next := make(chan int)
	go func() {
		defer close(next)
		for i, c := range cases {
			if !c.SpeaksAbout(v.profile.Name, v.impl.Lane()) || v.lacks(c) != "" {
				continue
			}
			select {
			case next <- i:
			case <-ctx.Done():
				return
			}
		}
	}()
	for range par.Jobs() {
		wg.Go(func() {
			for i := range next {
				done[i] <- one(cases[i])()
			}
		})
	}
	plays = func(i int) func() played {
		return func() played {
			select {
			case p := <-done[i]:
				return p
			case <-ctx.Done():
				return played{err: ctx.Err()}
			}
		}
	}
	return plays, func() { cancel(); wg.Wait() }
}

func (v *verifier) judgeCase(ctx context.Context, r *report.Report, n int, c *Case, play func() played) {
	out := report.Scenario{Name: c.Name, Verdict: report.Pass}
	if !c.SpeaksAbout(v.profile.Name, v.impl.Lane()) {
		if v.o.Given {
			out.Verdict, out.Said = report.Skipped, c.Silent(v.profile.Name, v.impl.Lane())
			r.Scenarios = append(r.Scenarios, out)
		}
		return
	}
	defer func() { r.Scenarios = append(r.Scenarios, out) }()
	var t *trace.Trace
	parts := ""
	why := v.lacks(c)
	if why == "" {
		p := play()
		var skip *Skip
		switch {
		case errors.As(p.err, &skip):
			why = skip.Why
		case p.err != nil:
			out.Verdict, out.Said = report.Error, p.err.Error()
			return
		}
		t, parts = p.t, p.parts
	}
	if why != "" {
		if why != unfollowed {
			r.Size.Skipped++
		}
		out.Verdict, out.Said = report.Skipped, why
		v.shown(c, false)
		return
	}
	v.shown(c, true)
	r.Size.Scenarios++
	out.End = trace.FormatEnd(&t.End)
	v.judgeRun(r, c, t)
	v.unexpected(c, t, &out)
	if parts != "" {
		// Code that was mended may have lost the very decision that broke it: what the run shows counts, but not for that order.
		fails(&out, report.Provisional, "the run parts from its schedule, so it shows nothing of the order that was saved: "+parts+"; explore the scenario anew, or take the schedule out of it")
	}
	if v.o.Repeat > 0 && n%v.o.Repeat == 0 {
		v.repeat(ctx, r, c, t, &out)
	}
	for range v.plays() - 1 {
		p := v.play(ctx, c)
		if p.err != nil {
			out.Verdict, out.Said = report.Error, p.err.Error()
			return
		}
		v.judgeRun(r, c, p.t)
		if out.Verdict == report.Pass && v.endless(c, p.t, &out) {
			out.End = trace.FormatEnd(&p.t.End)
		}
	}
}

// expects tells whether the implementation is bound by what the scenarios expect, line by line. The reference host is;
// another host is judged by clauses alone.
func (v *verifier) expects() bool {
	e, ok := v.impl.(interface{ Expected() bool })
	return ok && e.Expected()
}

// repeat plays a case again and compares the bytes: the same schedule must give the same trace.
func (v *verifier) repeat(ctx context.Context, r *report.Report, c *Case, t *trace.Trace, out *report.Scenario) {
	if v.impl.Lane() != spec.Virtual {
		return
	}
	if u, ok := v.impl.(interface{ Controlled() bool }); ok && !u.Controlled() {
		return // runs on stock Go: only its partial order is judged
	}
	var a, b bytes.Buffer
	_ = trace.WriteJSONL(&a, t)
	p := v.play(ctx, c)
	if p.err != nil {
		out.Verdict, out.Said = report.Error, p.err.Error()
		return
	}
	again := p.t
	_ = trace.WriteJSONL(&b, again)
	r.Size.Runs++
	r.Size.Repeated++
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		out.Verdict, out.Said = report.Uncontrolled, "the same schedule gave different traces"
	}
}

// unplayable says why no scenario that exercises a clause could be played, "" if one could, or if there is none.
func (v *verifier) unplayable(r *report.Report, clause string) string {
	why := ""
	for _, c := range v.cases {
		if !has(c.Clauses, clause) || !c.SpeaksAbout(v.profile.Name, v.impl.Lane()) {
			continue
		}
		s := outcomeOf(r, c.Name)
		switch {
		case s == nil:
		case s.Verdict != report.Skipped:
			return ""
		default:
			why = "no scenario that exercises it could be played; " + c.Name + ": " + s.Said
		}
	}
	return why
}

func (v *verifier) conclude(r *report.Report) {
	for _, j := range v.clauses {
		c := report.Clause{ID: j.clause.ID, Area: j.clause.Area, Level: string(j.clause.Level), Text: j.clause.Text,
			Verdict: j.verdict, Exercised: j.exercised, Failures: j.failures}
		switch {
		case j.lacks != "" && v.o.Given && len(v.o.Clauses) == 0 && !v.claimed(j.clause.ID):
			continue
		case j.lacks != "":
			c.Verdict, c.Because = report.Skipped, v.without(j.lacks, "declares")
		case j.check == nil:
			c.Verdict, c.Because = report.Error, "the suite has no check for this clause"
		case j.panicked != "":
			c.Because = j.panicked
		case j.exercised == 0 && v.o.Partial && len(v.o.Clauses) == 0 && !v.claimed(j.clause.ID):
			continue
		default:
			why := ""
			if len(j.failures) == 0 { // a scenario about something else may have shown it all the same, in one run and not in the next
				why = v.unplayable(r, j.clause.ID)
			}
			if why == "" && j.exercised == 0 {
				why = v.unshowable(r, j.clause.ID)
			}
			switch unmet := v.unmet(r, j); {
			case why != "":
				c.Verdict, c.Because = report.Skipped, why
			case unmet != "":
				c.Verdict, c.Because = report.Worse(j.verdict, report.Fail), unmet
			case j.exercised == 0 && v.o.Partial:
				c.Verdict, c.Because = report.Skipped, "no run of the scenarios that were chosen brought about what the clause is about; a run of the whole library may"
			case j.exercised == 0:
				c.Verdict, c.Because = report.Fail, "never exercised: no run brought about what the clause is about, so nothing is known"
			}
		}
		r.Clauses = append(r.Clauses, c)
	}
	if len(v.clauses) == 0 {
		r.Problems = append(r.Problems, "no clause was selected")
	}
	if r.Size.Runs == 0 {
		r.Problems = append(r.Problems, "no scenario was played")
	}
	if !v.o.Partial {
		r.Problems = append(r.Problems, v.featureProblems()...)
	}
}
