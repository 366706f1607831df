// Package report holds the verdicts of one implementation at one version, as data, and writes them: as text for people,
// as JSON, JUnit and Markdown. Reports are byte-reproducible: what depends on the wall clock stands in a block apart.
package report

import "encoding/json"

// Verdict is the judgement on a clause, a scenario or a whole implementation.
type Verdict string

// The verdicts; the worst of several is the verdict on the whole.
const (
	Pass         Verdict = "pass"
	Skipped      Verdict = "skipped" // the implementation declares that it lacks a feature that the clause needs
	Provisional  Verdict = "provisional"
	Fail         Verdict = "fail"
	Hang         Verdict = "hang"         // the clause is violated by a run that never ended
	Uncontrolled Verdict = "uncontrolled" // the same schedule gave different traces
	Error        Verdict = "error"        // the harness's own fault
)

// Verdicts lists all of them, best first.
var Verdicts = []Verdict{Pass, Skipped, Provisional, Fail, Hang, Uncontrolled, Error}

var rank = func() map[Verdict]int {
	m := map[Verdict]int{}
	for i, v := range Verdicts {
		m[v] = i
	}
	return m
}()

// Worse gives the worse of two verdicts.
func Worse(a, b Verdict) Verdict {
	if rank[b] > rank[a] {
		return b
	}
	return a
}

// ExitCode is the exit code of a process that ends with this verdict (DESIGN: 0 all hold, 1 fail, 3 hang or deadlock,
// 4 uncontrolled, 70 internal error).
func (v Verdict) ExitCode() int {
	switch v {
	case Pass, Skipped, Provisional:
		return 0
	case Fail:
		return 1
	case Hang:
		return 3
	case Uncontrolled:
		return 4
	}
	return 70
}

// Format is the version of the report's data format.
const Format = 1

// Report is the verdicts of one implementation at one version.
type Report struct {
	Format         int             `json:"format"`
	Hostsim        string          `json:"hostsim"`
	Implementation Identity        `json:"implementation"`
	Profile        string          `json:"profile"`
	Lane           string          `json:"lane"`
	Verdict        Verdict         `json:"verdict"`
	Counts         map[Verdict]int `json:"counts"`
	Size           Size            `json:"size"`
	Clauses        []Clause        `json:"clauses"`
	Scenarios      []Scenario      `json:"scenarios"`
	Problems       []string        `json:"problems,omitempty"` // what is wrong with the run as a whole
	WallClock      *WallClock      `json:"wallClock,omitempty"`
}

// Identity says who was judged.
type Identity struct {
	Name     string   `json:"name"`
	Version  string   `json:"version,omitempty"`
	Language string   `json:"language,omitempty"`
	Runtime  string   `json:"runtime,omitempty"`
	Claims   string   `json:"claims,omitempty"` // the profile that it claims
	Features []string `json:"features"`
	Bug      string   `json:"bug,omitempty"` // of a mutant: its one known bug
}

// Size says how much a pass is worth.
type Size struct {
	Scenarios int    `json:"scenarios"` // played
	Skipped   int    `json:"skipped"`   // not played for want of a feature
	Runs      int    `json:"runs"`
	Events    int    `json:"events,omitempty"`
	Schedules string `json:"schedules"` // "default", or how they were chosen
	Repeated  int    `json:"repeated"`  // scenarios that were played twice and compared
}

// Clause is the verdict on one clause.
type Clause struct {
	ID        string    `json:"id"`
	Area      string    `json:"area"`
	Level     string    `json:"level"`
	Text      string    `json:"text"`
	Verdict   Verdict   `json:"verdict"`
	Exercised int       `json:"exercised,omitempty"` // runs that brought about what the clause is about
	Because   string    `json:"because,omitempty"`   // of a skip, or of a clause that was never exercised
	Failures  []Failure `json:"failures,omitempty"`
}

// Failure is one run that violated a clause.
type Failure struct {
	Scenario string   `json:"scenario"`
	At       int      `json:"at"` // index of the event, -1: the end of the run, or something that never happened
	Ms       *float64 `json:"ms,omitempty"`
	Event    string   `json:"event,omitempty"`
	Said     string   `json:"said"`
	Also     []int    `json:"also,omitempty"`
	Timeline []string `json:"timeline,omitempty"`
	Replay   string   `json:"replay"` // a command that shows it
}

// Scenario is what became of one scenario.
type Scenario struct {
	Name    string  `json:"name"`
	Verdict Verdict `json:"verdict"`
	End     string  `json:"end,omitempty"`
	Said    string  `json:"said,omitempty"`
}

// WallClock is what differs from run to run.
type WallClock struct {
	Began   string  `json:"began"`
	Seconds float64 `json:"seconds"`
	Host    string  `json:"host,omitempty"`

	Evidence *Evidence `json:"evidence,omitempty"` // of a host that is not controlled, see [Report.Apart]
}

// JSON gives the report as indented JSON. Without the wall clock the same verdicts give the same bytes.
func (r *Report) JSON() ([]byte, error) {
	b, err := json.MarshalIndent(r, "", "  ")
	return append(b, '\n'), err
}

// Count fills Counts and Verdict from the clauses, the scenarios and the problems.
func (r *Report) Count() {
	r.Counts, r.Verdict = map[Verdict]int{}, Pass
	for _, c := range r.Clauses {
		r.Counts[c.Verdict]++
		r.Verdict = Worse(r.Verdict, c.Verdict)
	}
	for _, s := range r.Scenarios {
		r.Verdict = Worse(r.Verdict, s.Verdict)
	}
	if len(r.Problems) > 0 {
		r.Verdict = Worse(r.Verdict, Fail)
	}
}
