package report_test

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"github.com/hostsim/hostsim/conformance/report"
)

// racing is a report of a host that is not controlled, as one of its runs may give it.
func racing(scenario string, at int, time float64, verdict report.Verdict) *report.Report {
	var failures []report.Failure
	for range 5 {
		failures = append(failures, report.Failure{Scenario: scenario, At: at, Ms: ms(time), Said: "too early", Timeline: []string{"0.1 a stop"}, Replay: "hostsim replay " + scenario})
	}
	r := &report.Report{
		Format: report.Format, Lane: "process", Profile: "core", Size: report.Size{Scenarios: 2, Events: int(time)},
		Clauses: []report.Clause{
			{ID: "HOST-STOP-001", Verdict: verdict, Exercised: int(time), Failures: failures},
			{ID: "HOST-STOP-002", Verdict: report.Pass, Exercised: int(time)},
			{ID: "HOST-STOP-003", Verdict: report.Skipped, Because: "no sockets"},
		},
		Scenarios: []report.Scenario{{Name: "one", Verdict: report.Pass, End: "exited " + scenario}, {Name: "two", Verdict: report.Skipped}},
		WallClock: &report.WallClock{Seconds: time},
	}
	r.Count()
	return r
}

func TestApart(t *testing.T) {
	tests := []struct {
		name    string
		a, b    *report.Report
		same    bool
		verdict report.Verdict
	}{
		{"other times", racing("x", 3, 100.2, report.Fail), racing("x", 3, 250.9, report.Fail), true, report.Fail},
		{"another scenario shows it", racing("x", 3, 100.2, report.Fail), racing("y", 7, 100.2, report.Fail), true, report.Fail},
		{"broken before a hang", racing("x", 3, 100, report.Hang), racing("x", 3, 100, report.Fail), true, report.Fail},
		{"broken by the hang", racing("x", -1, 100, report.Hang), racing("x", -1, 90, report.Hang), true, report.Hang},
		{"another verdict", racing("x", -1, 100, report.Hang), racing("x", 3, 100, report.Fail), false, report.Hang},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got [][]byte
			for _, r := range []*report.Report{tt.a, tt.b} {
				r.Apart()
				r.WallClock = nil
				b, err := r.JSON()
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, b)
			}
			if same := bytes.Equal(got[0], got[1]); same != tt.same {
				t.Errorf("same bytes: %v, want %v\n%s\n%s", same, tt.same, got[0], got[1])
			}
			if tt.a.Verdict != tt.verdict || tt.a.Clauses[0].Verdict != tt.verdict || tt.a.Counts[tt.verdict] != 1 {
				t.Errorf("verdict %s, clause %s, counts %v; want %s", tt.a.Verdict, tt.a.Clauses[0].Verdict, tt.a.Counts, tt.verdict)
			}
		})
	}
}

func TestParsedTogether(t *testing.T) {
	want := racing("x", 3, 100, report.Fail)
	r := racing("x", 3, 100, report.Fail)
	r.Apart()
	b, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	if head, _, _ := strings.Cut(string(b), `"wallClock"`); strings.Contains(head, "too early") || strings.Contains(head, "exercised") || strings.Contains(head, "exited") {
		t.Errorf("evidence stands before the block of the wall clock:\n%s", head)
	}
	got, err := report.ParseReport(b)
	if err != nil {
		t.Fatal(err)
	}
	for i := range want.Clauses[0].Failures[3:] {
		want.Clauses[0].Failures[3+i].Timeline = nil // only the first three are kept
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}
