package judge

import (
	"fmt"

	"github.com/hostsim/hostsim/conformance/checks"
	"github.com/hostsim/hostsim/conformance/report"
	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

// judgeRun applies every clause to one run of a case.
func (v *verifier) judgeRun(r *report.Report, c *Case, t *trace.Trace) {
	r.Size.Runs++
	r.Size.Events += len(t.Events)
	v.observe(c.Plan, t)
	if t.End.Kind == trace.Signaled {
		if v.died == nil {
			v.died = map[string]bool{}
		}
		v.died[c.Name] = true
	}
	run := &checks.Run{Plan: c.Plan, Trace: t, Profile: v.profile, Lane: v.impl.Lane()}
	for _, j := range v.clauses {
		v.judge(j, c, run)
	}
}

// plays tells how often each case is played.
func (v *verifier) plays() int {
	u, ok := v.impl.(interface{ Controlled() bool })
	if !ok || u.Controlled() || v.impl.Lane() != spec.Virtual {
		return 1
	}
	return max(v.o.Plays, 1)
}

// judge applies one clause to one run.
func (v *verifier) judge(j *judged, c *Case, run *checks.Run) {
	if j.check == nil || j.lacks != "" {
		return
	}
	res, panicked := examine(j.check, run)
	if panicked != "" {
		j.verdict, j.panicked = report.Error, "the check of this clause panicked in "+c.Name+": "+panicked
		return
	}
	switch res.Kind {
	case checks.Vacuous:
		return
	case checks.Pass:
		j.exercisedBy(c)
		return
	}
	j.exercisedBy(c)
	t := run.Trace
	f := report.Failure{Scenario: c.Name, At: res.At, Said: res.Said, Also: res.Also}
	if res.At >= 0 && res.At < len(t.Events) {
		e := &t.Events[res.At]
		ms := float64(e.At.Microseconds()) / 1000
		f.Ms = &ms
		f.Event = string(trace.AppendText(nil, e))
	} else {
		f.Event = trace.FormatEnd(&t.End)
	}
	if v.o.Replay != nil {
		f.Replay = v.o.Replay(c)
	}
	verdict := report.Fail
	if t.End.Kind.NeverEnded() {
		verdict = report.Hang
	}
	j.verdict = report.Worse(j.verdict, verdict)
	if n := len(j.failures); n > 0 && j.failures[n-1].Scenario == c.Name { // one play of a scenario is evidence enough
		if f.At >= 0 || j.failures[n-1].At < 0 {
			return
		}
		j.failures = j.failures[:n-1] // of two, what never happened says more
	}
	if v.impl.Lane() == spec.Process {
		t = t.Millis()
	}
	f.Timeline = timeline(t, &f, j.clause.ID)
	j.failures = append(j.failures, f)
}

// examine calls a check, which must not panic on any trace whatever; one that does is a fault of the suite.
func examine(check checks.Check, run *checks.Run) (res checks.Result, panicked string) {
	defer func() {
		if r := recover(); r != nil {
			panicked = fmt.Sprint(r)
		}
	}()
	return check(run), ""
}

// longest is how many events of a timeline a report shows around a violation.
const longest = 60

// timeline is the run with the violated clause pointed at in place.
func timeline(t *trace.Trace, f *report.Failure, clause string) []string {
	lines := trace.Lines(t, false)
	mark := "      ^^^ " + clause + ": " + f.Said
	var out []string
	from, to := 0, len(lines)
	if len(lines) > longest {
		if f.At >= 0 {
			from, to = max(0, f.At-longest/2), min(len(lines), f.At+longest/2)
		} else {
			from = len(lines) - longest
		}
	}
	if from > 0 {
		out = append(out, fmt.Sprintf("      … %d earlier events", from))
	}
	for i := from; i < to; i++ {
		out = append(out, lines[i])
		if i == f.At {
			out = append(out, mark)
		}
	}
	if to < len(lines) {
		out = append(out, fmt.Sprintf("      … %d more lines", len(lines)-to))
	}
	if f.At < 0 || f.At >= len(t.Events) {
		out = append(out, mark)
	}
	return out
}
