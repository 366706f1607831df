package judge_test

import (
	"context"
	"testing"
	"time"

	"github.com/hostsim/hostsim/conformance/judge"
	"github.com/hostsim/hostsim/conformance/report"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

// mortal plays every plan with the trace of its name.
type mortal map[*plan.Plan]*trace.Trace

func (m mortal) Identity() report.Identity { return report.Identity{Name: "mortal"} }
func (m mortal) Lane() string              { return spec.Process }
func (m mortal) Play(_ context.Context, p *plan.Plan, _ string) (*trace.Trace, error) {
	return m[p], nil
}

const tokens = "HOST-TIME-003" // with the check of the suite

func TestUnshowable(t *testing.T) {
	died := trace.Ending{Kind: trace.Signaled, Signal: "SIGTERM"}
	lived := trace.Ending{Kind: trace.Exited}
	bad := []trace.Event{{Who: "first", What: "bad"}}
	good := []trace.Event{{Who: "first", What: "ok"}}
	stop := func(tok trace.Token) []trace.Event {
		return []trace.Event{{Who: "a", What: plan.HookStop, Phase: trace.Begin, Token: tok}}
	}
	tests := []struct {
		name    string
		clause  string
		traces  []trace.Trace
		verdict report.Verdict
		because string
	}{
		{"it dies, which another clause names", second, []trace.Trace{{Events: bad, End: died}}, report.Skipped,
			"the host does not live to show it: in c0 it dies of a signal, which breaks " + first},
		{"it dies in both", second, []trace.Trace{{Events: bad, End: died}, {Events: bad, End: died}}, report.Skipped,
			"the host does not live to show it: in c1 it dies of a signal, which breaks " + first},
		{"it lives, and another clause names what it does instead", second, []trace.Trace{{Events: bad, End: died}, {Events: bad, End: lived}}, report.Skipped,
			"the host does not come to show it: in c1 it breaks " + first},
		{"it keeps every other clause in one", second, []trace.Trace{{Events: bad, End: died}, {Events: good, End: lived}}, report.Fail,
			"never exercised: no run brought about what the clause is about, so nothing is known"},
		{"it dies and no clause is broken", second, []trace.Trace{{Events: good, End: died}}, report.Fail,
			"never exercised: no run brought about what the clause is about, so nothing is known"},
		{"no stop has a token", tokens, []trace.Trace{{Events: stop(trace.NoToken), End: lived}}, report.Skipped,
			"the implementation hands no token to what it stops"},
		{"a stop has one", tokens, []trace.Trace{{Events: stop(trace.Live), End: lived}}, report.Fail,
			"never exercised: no run brought about what the clause is about, so nothing is known"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := mortal{}
			var cases []*judge.Case
			for i := range tt.traces {
				p := &plan.Plan{Options: plan.Options{ShutdownTimeout: new(time.Duration)}}
				m[p] = &tt.traces[i]
				cases = append(cases, &judge.Case{Name: "c" + string(rune('0'+i)), Plan: p, Clauses: []string{tt.clause}, Profiles: []string{"p"}})
			}
			all := contract(first, tt.clause)
			r, err := judge.Verify(t.Context(), m, cases, judge.Options{Spec: all, Profile: "p"})
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range r.Clauses {
				if c.ID == tt.clause && (c.Verdict != tt.verdict || c.Because != tt.because) {
					t.Errorf("%s is %s because %q, want %s because %q", c.ID, c.Verdict, c.Because, tt.verdict, tt.because)
				}
			}
			if len(r.Clauses) != 2 {
				t.Errorf("%d clauses were judged, want 2", len(r.Clauses))
			}
		})
	}
}
