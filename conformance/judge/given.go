package judge

import (
	"strings"

	"github.com/hostsim/hostsim/conformance/report"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// unfollowed is why a case that carries a schedule is not played on a host that cannot follow one.
const unfollowed = "it carries a schedule, which only a host whose schedule is chosen can follow"

// Silent says, of a case that does not speak about a profile in a lane, what it speaks about.
func (c *Case) Silent(profile, lane string) string {
	if !c.about(profile) {
		return "it speaks about " + strings.Join(c.Profiles, ", ") + " and not about " + profile
	}
	return "it is for the " + strings.Join(c.Lanes, " and ") + " lane and not for the " + lane + " lane"
}

// mayHang tells whether the scenario says itself that its run may never end. What it says of strict it says of core, too.
func (c *Case) mayHang(profile string) bool {
	return c.MayHang != nil && (c.MayHang(profile) || profile == "core" && c.MayHang("strict"))
}

// unexpected enters what a case did not expect of its run.
func (v *verifier) unexpected(c *Case, t *trace.Trace, out *report.Scenario) {
	if v.o.ClausesAlone {
		return
	}
	if v.expects() && c.Expect != nil {
		if said, at := c.Expect(v.profile.Name, t); said != "" {
			if at >= 0 && at < len(t.Events) {
				said += " (at " + string(trace.AppendTimed(nil, &t.Events[at])) + ")"
			}
			verdict := report.Fail
			if t.End.Kind.NeverEnded() {
				verdict = report.Hang
			}
			fails(out, verdict, said)
			return
		}
	}
	v.endless(c, t, out)
}

// endless enters that the run of a case that somebody gave never ended, and tells whether it did. Of a hang that breaks a clause
// nobody is to be told twice.
func (v *verifier) endless(c *Case, t *trace.Trace, out *report.Scenario) bool {
	if !v.o.Given || v.o.ClausesAlone || !t.End.Kind.NeverEnded() || c.mayHang(v.profile.Name) || v.brokenIn(c.Name) != "" {
		return false
	}
	said := "the run never comes to an end (" + trace.FormatEnd(&t.End)
	if t.End.Reason != "" {
		said += ": " + t.End.Reason
	}
	fails(out, report.Hang, said+"), and the scenario does not expect \"end: "+string(t.End.Kind)+"\"")
	return true
}

// fails enters one more thing that is wrong with the run of a scenario.
func fails(out *report.Scenario, verdict report.Verdict, said string) {
	if out.Said != "" {
		said = out.Said + "; " + said
	}
	out.Verdict, out.Said = report.Worse(out.Verdict, verdict), said
}

// follows tells whether a case carries a schedule and can be played under it.
func (v *verifier) follows() bool {
	for _, c := range v.cases {
		if len(c.Schedule) > 0 && c.SpeaksAbout(v.profile.Name, v.impl.Lane()) && v.lacks(c) == "" {
			return true
		}
	}
	return false
}

// exercisedBy notes that a run of a case brought about what the clause is about.
func (j *judged) exercisedBy(c *Case) {
	if j.by == nil {
		j.by = map[string]bool{}
	}
	j.exercised++
	j.by[c.Name] = true
}

// claims tells whether somebody's own case says that every run of it exercises a clause. One that names several profiles says
// so of one of them, and not of which.
func (c *Case) claims(clause string) bool {
	return c.Own && !c.Several && has(c.Clauses, clause)
}

// claimed tells whether one of the cases claims a clause.
func (v *verifier) claimed(clause string) bool {
	for _, c := range v.cases {
		if c.claims(clause) && c.SpeaksAbout(v.profile.Name, v.impl.Lane()) {
			return true
		}
	}
	return false
}

// unmet names the own cases that were played, say that they exercise a clause and do not; "" if there is none. One that breaks
// another clause, or parted from its schedule, may never have come to it.
func (v *verifier) unmet(r *report.Report, j *judged) string {
	var said []string
	for _, c := range v.cases {
		if c.claims(j.clause.ID) && playedIn(r, c.Name) && outcomeOf(r, c.Name).Verdict != report.Provisional && !j.by[c.Name] && v.brokenIn(c.Name) == "" {
			said = append(said, c.Name+" says that it exercises "+j.clause.ID+"; no run of it did")
		}
	}
	return strings.Join(said, "; ")
}
