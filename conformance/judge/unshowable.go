package judge

import (
	"fmt"

	"github.com/hostsim/hostsim/conformance/report"
)

// aboutTokens are the clauses about the token that a start or a stop is handed. A host in a language whose idiom knows none (a process
// with a timer that forces the exit) can neither keep nor break them.
var aboutTokens = map[string]bool{"HOST-START-025": true, "HOST-STOP-021": true, "HOST-TIME-001": true, "HOST-TIME-002": true, "HOST-TIME-003": true, "HOST-TIME-004": true}

// unshowable says why no run of this host can exercise a clause although its scenarios were played, "" if that is a fault:
// the host hands no token to what it stops; or it broke some other clause in every scenario that the library has for this one,
// and so never came to what the clause is about. Of a fault that is named nobody is to be told twice.
func (v *verifier) unshowable(r *report.Report, clause string) string {
	if aboutTokens[clause] && !v.tokens && (v.stops || !v.o.Given) { // of a few plans it may be that none stops anything
		return "the implementation hands no token to what it stops"
	}
	why := ""
	for _, c := range v.cases {
		if !has(c.Clauses, clause) || !c.SpeaksAbout(v.profile.Name, v.impl.Lane()) || !playedIn(r, c.Name) {
			continue
		}
		other := v.brokenIn(c.Name)
		switch {
		case other == "":
			return ""
		case v.died[c.Name]:
			why = fmt.Sprintf("the host does not live to show it: in %s it dies of a signal, which breaks %s", c.Name, other)
		default:
			why = fmt.Sprintf("the host does not come to show it: in %s it breaks %s", c.Name, other)
		}
	}
	return why
}

func playedIn(r *report.Report, name string) bool {
	s := outcomeOf(r, name)
	return s != nil && s.Verdict != report.Skipped && s.Verdict != report.Error
}

// outcomeOf gives what became of a scenario, nil if its turn has not come.
func outcomeOf(r *report.Report, name string) *report.Scenario {
	for i := range r.Scenarios {
		if r.Scenarios[i].Name == name {
			return &r.Scenarios[i]
		}
	}
	return nil
}

// brokenIn gives the first clause that a scenario's run broke, "" if none.
func (v *verifier) brokenIn(name string) string {
	for _, j := range v.clauses {
		for _, f := range j.failures {
			if f.Scenario == name {
				return j.clause.ID
			}
		}
	}
	return ""
}
