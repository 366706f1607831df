package report_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/hostsim/hostsim/conformance/report"
	"github.com/hostsim/hostsim/internal/golden"
)

func ms(v float64) *float64 { return &v }

// samples are a report that passes, one that fails in every way but a hang, and one that hangs.
func samples() map[string]*report.Report {
	id := func(name string) report.Identity {
		return report.Identity{Name: name, Version: "1.2.0", Language: "Go", Features: []string{"signals", "dispose"}}
	}
	stop := "Services are stopped in the reverse order of their start | each once."
	long := "A stop that takes longer than the shutdown timeout ends with an error that says so, and everything that is still running by then is abandoned and named."
	pass := &report.Report{Format: report.Format, Hostsim: "test", Implementation: id("good host"), Profile: "core", Lane: "virtual",
		Size: report.Size{Scenarios: 12, Skipped: 2, Runs: 15, Events: 345, Schedules: "default", Repeated: 3},
		Clauses: []report.Clause{
			{ID: "HOST-START-001", Area: "START", Level: "MUST", Text: "Services are started in order.", Verdict: report.Pass, Exercised: 12},
			{ID: "HOST-STOP-001", Area: "STOP", Level: "MUST", Text: stop, Verdict: report.Pass, Exercised: 1},
			{ID: "HOST-SOCK-001", Area: "SOCK", Level: "SHOULD", Text: long, Verdict: report.Skipped, Because: "the implementation declares no sockets"},
		},
		Scenarios: []report.Scenario{{Name: "STOP/three", Verdict: report.Pass, End: "exited 0"}, {Name: "SOCK/leak", Verdict: report.Skipped, Said: "the implementation has no sockets"}},
	}
	fail := &report.Report{Format: report.Format, Hostsim: "test", Implementation: id("bad host"), Profile: "strict", Lane: "virtual",
		Size: report.Size{Scenarios: 1, Runs: 1, Events: 3, Schedules: "default"},
		Clauses: []report.Clause{
			{ID: "HOST-START-001", Area: "START", Level: "MUST", Text: "Services are started in order.", Verdict: report.Pass, Exercised: 1},
			{ID: "HOST-STOP-001", Area: "STOP", Level: "MUST", Text: stop, Verdict: report.Fail, Exercised: 2, Failures: []report.Failure{
				{Scenario: "STOP/three", At: 1, Ms: ms(300.5), Event: "a stop begin", Said: `a was stopped before <b> & "c"`, Also: []int{0},
					Timeline: []string{"0.000 > signal SIGTERM", "0.300   a      stop begin", "      ^^^ HOST-STOP-001: a was stopped before <b> & \"c\"", "0.301   b      mark \"```\""}, Replay: "hostsim replay three --as strict"},
				{Scenario: "STOP/two", At: -1, Event: "exited 0", Said: "b was never stopped", Timeline: []string{"      ^^^ HOST-STOP-001: b was never stopped"}},
			}},
			{ID: "HOST-STOP-002", Area: "STOP", Level: "MAY", Text: long, Verdict: report.Fail, Because: "never exercised: nothing is known"},
			{ID: "HOST-TIME-001", Area: "TIME", Level: "MUST", Text: long, Verdict: report.Provisional, Exercised: 1, Because: "seen once"},
			{ID: "HOST-LOG-001", Area: "LOG", Level: "MUST", Text: "What fails is logged.", Verdict: report.Error, Because: "the suite has no check for this clause"},
		},
		Scenarios: []report.Scenario{{Name: "STOP/three", Verdict: report.Fail, Said: "three.yaml:12: expected a | b"}, {Name: "STOP/two", Verdict: report.Uncontrolled, Said: "the same schedule gave different traces"},
			{Name: "STOP/four", Verdict: report.Error, Said: "the child would not start"}},
		Problems: []string{"feature log is declared, but no run ever showed it", "feature sockets is not declared, but a run showed it"},
	}
	hang := &report.Report{Format: report.Format, Hostsim: "test", Implementation: report.Identity{Name: "hung", Bug: "it waits for itself", Features: []string{}}, Profile: "strict", Lane: "process",
		Size: report.Size{Scenarios: 1, Runs: 1, Events: 2, Schedules: "default"},
		Clauses: []report.Clause{
			{ID: "HOST-STOP-009", Area: "STOP", Level: "MUST", Text: "A stop ends.", Verdict: report.Hang, Exercised: 1, Failures: []report.Failure{
				{Scenario: "STOP/one", At: -1, Event: "deadlock", Said: "the stop never ended", Timeline: []string{"0.000   host   stop begin", "        deadlock: a waits for b", "                  b waits for a", "      ^^^ HOST-STOP-009: the stop never ended"}, Replay: "hostsim replay one --as strict --impl hung"}}},
		},
		Scenarios: []report.Scenario{{Name: "STOP/one", Verdict: report.Hang, End: "deadlock", Said: "expected exited 0"}},
	}
	all := map[string]*report.Report{"pass": pass, "fail": fail, "hang": hang}
	for _, r := range all {
		r.Count()
	}
	return all
}

var areas = []string{"START Starting", "STOP Stopping", "TIME Time limits", "UNUSED Nothing"}

// TestGolden holds what people and machines read against golden files: go test -update writes them anew.
func TestGolden(t *testing.T) {
	formats := map[string]func(*report.Report, io.Writer) error{
		"txt": func(r *report.Report, w io.Writer) error { return r.Text(w, report.TextOptions{Areas: areas}) },
		"brief.txt": func(r *report.Report, w io.Writer) error {
			return r.Text(w, report.TextOptions{Areas: areas, Brief: true})
		},
		"color.txt": func(r *report.Report, w io.Writer) error {
			return r.Text(w, report.TextOptions{Areas: areas, Color: true, Width: 60})
		},
		"json": func(r *report.Report, w io.Writer) error {
			b, err := r.JSON()
			_, _ = w.Write(b)
			return err
		},
		"xml": (*report.Report).JUnit,
		"md":  (*report.Report).Markdown,
	}
	for name := range samples() {
		for ext, write := range formats {
			t.Run(name+"."+ext, func(t *testing.T) {
				var a, b bytes.Buffer
				if err := write(samples()[name], &a); err != nil {
					t.Fatal(err)
				}
				if err := write(samples()[name], &b); err != nil || !bytes.Equal(a.Bytes(), b.Bytes()) {
					t.Errorf("the same verdicts gave other bytes, or %v", err)
				}
				golden.Check(t, filepath.Join("testdata", name+"."+ext), a.Bytes())
			})
		}
	}
}

// TestJSON is read back as it was written.
func TestJSON(t *testing.T) {
	for name, r := range samples() {
		b, err := r.JSON()
		if err != nil {
			t.Fatal(err)
		}
		var back report.Report
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(&back, r) {
			t.Errorf("%s came back as %+v", name, back)
		}
		if bytes.Contains(b, []byte("wallClock")) {
			t.Errorf("%s has wall-clock data that nobody gave", name)
		}
	}
}

// TestJUnitSaysWhatTheVerdictSays: a report that is no pass has a failure or an error in JUnit, wherever it lies; one that is
// has none.
func TestJUnitSaysWhatTheVerdictSays(t *testing.T) {
	pass := samples()["pass"]
	scenario := samples()["pass"]
	scenario.Scenarios[0].Verdict, scenario.Scenarios[0].Said = report.Fail, "it did not"
	problem := samples()["pass"]
	problem.Problems = []string{"no scenario was played"}
	clause := samples()["pass"]
	clause.Clauses[0].Verdict = report.Error
	for _, c := range []struct {
		name string
		r    *report.Report
		want int
	}{{"pass", pass, 0}, {"scenario", scenario, 1}, {"problem", problem, 1}, {"clause", clause, 1}, {"all", samples()["fail"], 3 + 3 + 1}, {"hang", samples()["hang"], 2}} {
		c.r.Count()
		var b bytes.Buffer
		if err := c.r.JUnit(&b); err != nil {
			t.Fatal(err)
		}
		var doc struct {
			Suites []struct {
				Tests    int `xml:"tests,attr"`
				Failures int `xml:"failures,attr"`
				Errors   int `xml:"errors,attr"`
			} `xml:"testsuite"`
		}
		if err := xml.Unmarshal(b.Bytes(), &doc); err != nil {
			t.Fatal(err)
		}
		bad := 0
		for _, s := range doc.Suites {
			bad += s.Failures + s.Errors
		}
		if bad != c.want || (bad == 0) != (c.r.Verdict.ExitCode() == 0) {
			t.Errorf("%s: %d failures and errors, want %d; the verdict is %s", c.name, bad, c.want, c.r.Verdict)
		}
	}
}

// TestVerdicts: the worse of two, and the exit code of each.
func TestVerdicts(t *testing.T) {
	codes := []int{0, 0, 0, 1, 3, 4, 70}
	for i, a := range report.Verdicts {
		if a.ExitCode() != codes[i] {
			t.Errorf("%s exits with %d", a, a.ExitCode())
		}
		for j, b := range report.Verdicts {
			if got := report.Worse(a, b); got != report.Verdicts[max(i, j)] {
				t.Errorf("the worse of %s and %s is %s", a, b, got)
			}
		}
	}
}

// TestCount: the verdict on the whole is the worst of anything.
func TestCount(t *testing.T) {
	for _, c := range []struct {
		name               string
		clauses, scenarios []report.Verdict
		problems           int
		want               report.Verdict
		counts             map[report.Verdict]int
	}{
		{"nothing", nil, nil, 0, report.Pass, map[report.Verdict]int{}},
		{"clauses", []report.Verdict{report.Pass, report.Fail, report.Pass}, nil, 0, report.Fail, map[report.Verdict]int{report.Pass: 2, report.Fail: 1}},
		{"a scenario", []report.Verdict{report.Pass}, []report.Verdict{report.Pass, report.Uncontrolled}, 0, report.Uncontrolled, map[report.Verdict]int{report.Pass: 1}},
		{"a problem", []report.Verdict{report.Skipped}, nil, 1, report.Fail, map[report.Verdict]int{report.Skipped: 1}},
		{"a problem is no worse than a hang", []report.Verdict{report.Hang}, nil, 1, report.Hang, map[report.Verdict]int{report.Hang: 1}},
	} {
		r := &report.Report{Counts: map[report.Verdict]int{"old": 1}, Problems: make([]string, c.problems)}
		for _, v := range c.clauses {
			r.Clauses = append(r.Clauses, report.Clause{Verdict: v})
		}
		for _, v := range c.scenarios {
			r.Scenarios = append(r.Scenarios, report.Scenario{Verdict: v})
		}
		r.Count()
		if r.Verdict != c.want || !reflect.DeepEqual(r.Counts, c.counts) {
			t.Errorf("%s: %s %v, want %s %v", c.name, r.Verdict, r.Counts, c.want, c.counts)
		}
	}
}

// TestWidth: on a terminal lines of what holds are cut to its width, by characters; evidence never is.
func TestWidth(t *testing.T) {
	r := samples()["pass"]
	r.Clauses[0].Text = strings.Repeat("ä", 300)
	for _, width := range []int{40, 80, 120} {
		var b bytes.Buffer
		if err := r.Text(&b, report.TextOptions{Width: width}); err != nil {
			t.Fatal(err)
		}
		for _, l := range strings.Split(b.String(), "\n") {
			if n := utf8.RuneCountInString(l); strings.Contains(l, "ä") && width > 60 && n != width {
				t.Errorf("width %d: a line of %d characters", width, n)
			}
		}
	}
}

// TestBrokenWriters: an error of the writer comes out.
func TestBrokenWriters(t *testing.T) {
	r := samples()["fail"]
	for name, write := range map[string]func(io.Writer) error{
		"text": func(w io.Writer) error { return r.Text(w, report.TextOptions{}) }, "junit": r.JUnit, "markdown": r.Markdown,
	} {
		if err := write(broken{}); err == nil {
			t.Errorf("%s: the error of the writer is lost", name)
		}
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
