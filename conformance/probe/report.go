package probe

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hostsim/hostsim/conformance/probe/supervise"
	"github.com/hostsim/hostsim/spec"
)

// Verdict is the result of one clause, or of all; the words are those of the whole product.
type Verdict string

// The verdicts that a probe gives, worst last. Provisional means that the clause was never exercised, because its
// precondition was not met: it is neither pass nor fail, and it is no pass in the end.
const (
	Pass        Verdict = "pass"
	Skipped     Verdict = "skipped"
	Provisional Verdict = "provisional"
	Fail        Verdict = "fail"
	Hang        Verdict = "hang"
	Failed      Verdict = "error" // the probe's own fault
)

var order = []Verdict{Pass, Skipped, Provisional, Fail, Hang, Failed}

// Worse gives the worse of two verdicts.
func (v Verdict) Worse(w Verdict) Verdict {
	if slices.Index(order, w) > slices.Index(order, v) {
		return w
	}
	return v
}

// Fact is one thing that was measured. Its value is a time.Duration, a [PID], an [Addr], a number or a string. Facts are
// never part of the reproducible part of a report.
type Fact struct {
	Name  string
	Value any
}

// PID is a process id among the facts.
type PID int

// Addr is an address among the facts, whose port may differ from run to run.
type Addr string

// Tally counts outcomes among the facts.
type Tally map[string]int

// String gives "2 × death by SIGTERM, 18 × exit code 0".
func (t Tally) String() string {
	var out []string
	for _, k := range sortedKeys(t) {
		out = append(out, fmt.Sprintf("%d × %s", t[k], k))
	}
	return strings.Join(out, ", ")
}

// Finding is what was found about one clause.
type Finding struct {
	Clause  *spec.Clause
	Check   string // the check that judged it
	Title   string // the clause in a few words
	Verdict Verdict
	Said    string // what happened, without any time, process id or port
	Mend    string // how it is usually mended; empty when it holds
	Facts   []Fact
	Output  string // the end of what the program wrote, when it helps; at most 2 KiB
}

// Report is the outcome of a probe.
type Report struct {
	Program    []string
	StopSignal string
	ReadyBy    string
	Grace      time.Duration
	DrainDelay time.Duration
	Strict     bool
	Findings   []*Finding // in the order of the clauses
	Verdict    Verdict    // of all MUST clauses, with Strict of the SHOULD clauses too
	Judged     int        // how many clauses that were selected were judged, whatever came out
	Starts     int        // how often the program was started
	Took       time.Duration
}

// Count tells how many findings of a level have a verdict; an empty level means all.
func (r *Report) Count(l spec.Level, v Verdict) int {
	n := 0
	for _, f := range r.Findings {
		if f.Verdict == v && (l == "" || f.Clause.Level == l) {
			n++
		}
	}
	return n
}

// Finding gives what was found about a clause; nil if it was not selected.
func (r *Report) Finding(id string) *Finding {
	for _, f := range r.Findings {
		if f.Clause.ID == id {
			return f
		}
	}
	return nil
}

// ExitCode gives the exit code of the command: 0 all hold, 1 fail or never exercised, 3 hang, 5 nothing ran, 70 the
// probe's own fault.
func (r *Report) ExitCode() int {
	if r.Verdict == Pass && r.Judged == 0 {
		return 5
	}
	switch r.Verdict {
	case Pass, Skipped:
		return 0
	case Hang:
		return 3
	case Failed:
		return 70
	default:
		return 1
	}
}

// report puts the findings in order and gives the verdict.
func (p *prober) report(took time.Duration) *Report {
	r := &Report{
		Program: p.o.Args, StopSignal: supervise.SignalName(p.o.StopSignal), ReadyBy: p.readyBy, Grace: p.o.Grace,
		DrainDelay: p.o.DrainDelay, Strict: p.o.Strict, Verdict: Pass, Starts: p.starts, Took: took,
	}
	for _, c := range p.all {
		f := p.found[c.ID]
		switch {
		case !p.o.selects(c) && c.Check != checkReady:
			continue
		case p.o.skips(c) && c.Check != checkReady:
			f = &Finding{Verdict: Skipped, Said: "Declared not to matter with --skip."}
		case f == nil:
			f = &Finding{Verdict: Failed, Said: "The probe came to no result; this is a defect of the probe."}
		}
		f.Clause, f.Check, f.Title = c.Clause, c.Check, c.title
		if f.Verdict != Pass && f.Verdict != Skipped {
			f.Mend = c.mend
		}
		r.Findings = append(r.Findings, f)
		if f.Verdict != Skipped && p.o.selects(c) {
			r.Judged++
		}
		if f.Verdict != Skipped && (c.Level == spec.Must || p.o.Strict) {
			r.Verdict = r.Verdict.Worse(f.Verdict)
		}
	}
	return r
}

func (p *prober) find(id string, v Verdict, said string, facts []Fact) *Finding {
	f := &Finding{Verdict: v, Said: said, Facts: facts}
	p.found[id] = f
	return f
}

func (p *prober) pass(id, said string, facts ...Fact) { p.find(id, Pass, said, facts) }

func (p *prober) fail(id, said string, facts ...Fact) *Finding { return p.find(id, Fail, said, facts) }

// hang is a program that did not end within the grace.
func (p *prober) hang(id, said string, facts ...Fact) *Finding {
	p.hung = append(p.hung, id)
	return p.find(id, Hang, said, append(facts, Fact{"waited", p.o.Grace}))
}

// skip is a clause that is about something this program, or this system, does not have.
func (p *prober) skip(id, format string, args ...any) {
	p.find(id, Skipped, fmt.Sprintf(format, args...), nil)
}

// unseen is a clause whose precondition was not met, although it should have been.
func (p *prober) unseen(id, format string, args ...any) {
	p.find(id, Provisional, "Never exercised. "+fmt.Sprintf(format, args...), nil)
}
