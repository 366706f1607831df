package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/jstemmer/go-junit-report/v2/junit"
)

// JUnit writes the report as JUnit XML: a test suite for each area, a test case for each clause; one suite for the scenarios
// and one for the run as a whole, so that a report that is no pass is none in JUnit either.
func (r *Report) JUnit(w io.Writer) error {
	suites := junit.Testsuites{Name: r.title()}
	byArea := map[string]*junit.Testsuite{}
	var order []string
	for i := range r.Clauses {
		c := &r.Clauses[i]
		s := byArea[c.Area]
		if s == nil {
			s = &junit.Testsuite{Name: c.Area, Time: "0.000"}
			byArea[c.Area] = s
			order = append(order, c.Area)
		}
		tc := junit.Testcase{Classname: r.Profile + "." + c.Area, Name: c.ID + " " + c.Text, Time: "0.000"}
		conclude(&tc, c.Verdict, c.Because, junit.Result{Message: c.why(), Data: c.evidence()})
		s.AddTestcase(tc)
	}
	for _, a := range order {
		suites.AddSuite(*byArea[a])
	}
	for _, s := range r.rest() {
		suites.AddSuite(s)
	}
	b, err := xml.MarshalIndent(&suites, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s%s\n", xml.Header, b)
	return err
}

// conclude enters a verdict into a test case: why it was skipped or could not be had, or what failed.
func conclude(tc *junit.Testcase, v Verdict, why string, failure junit.Result) {
	switch v {
	case Pass, Provisional:
	case Skipped:
		tc.Skipped = &junit.Result{Message: why}
	case Error:
		tc.Error = &junit.Result{Message: why, Type: string(v)}
	default:
		failure.Type = string(v)
		tc.Failure = &failure
	}
}

// rest gives the suites of what is not about a clause.
func (r *Report) rest() []junit.Testsuite {
	scenarios := junit.Testsuite{Name: "scenarios", Time: "0.000"}
	for _, s := range r.Scenarios {
		tc := junit.Testcase{Classname: r.Profile + ".scenarios", Name: s.Name, Time: "0.000"}
		conclude(&tc, s.Verdict, s.Said, junit.Result{Message: s.Said})
		scenarios.AddTestcase(tc)
	}
	run := junit.Testsuite{Name: "run", Time: "0.000"}
	tc := junit.Testcase{Classname: r.Profile + ".run", Name: "is judged by runs that show what they are about", Time: "0.000"}
	if len(r.Problems) > 0 {
		tc.Failure = &junit.Result{Message: strings.Join(r.Problems, "; "), Type: string(Fail)}
	}
	run.AddTestcase(tc)
	return []junit.Testsuite{scenarios, run}
}

// why is what is wrong with the clause in one sentence.
func (c *Clause) why() string {
	if len(c.Failures) > 0 {
		return "in " + c.Failures[0].Scenario + ": " + c.Failures[0].Said
	}
	return c.Because
}

func (c *Clause) evidence() string {
	var b strings.Builder
	for _, f := range c.Failures {
		fmt.Fprintf(&b, "in %s: %s\n%s\n", f.Scenario, f.Said, strings.Join(f.Timeline, "\n"))
		if f.Replay != "" {
			fmt.Fprintf(&b, "replay: %s\n", f.Replay)
		}
	}
	return b.String()
}

// Markdown writes the report as a table, with what does not hold below it.
func (r *Report) Markdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s\n\n", r.title(), strings.ReplaceAll(r.Summary(), "\n", "  \n"))
	b.WriteString("| clause | level | verdict | runs | sentence |\n|---|---|---|---|---|\n")
	for _, c := range r.Clauses {
		fmt.Fprintf(&b, "| %s | %s | %s | %d | %s |\n", c.ID, c.Level, c.Verdict, c.Exercised, cell(c.Text))
	}
	for _, c := range r.Clauses {
		if c.Verdict == Pass || c.Verdict == Skipped {
			continue
		}
		fmt.Fprintf(&b, "\n## %s: %s\n\n%s\n", c.ID, c.Verdict, c.Text)
		if c.Because != "" {
			fmt.Fprintf(&b, "\n%s\n", c.Because)
		}
		for _, f := range c.Failures {
			timeline := strings.Join(f.Timeline, "\n")
			fence := fence(timeline)
			fmt.Fprintf(&b, "\nIn `%s`: %s\n\n%s\n%s\n%s\n", f.Scenario, f.Said, fence, timeline, fence)
			if f.Replay != "" {
				fmt.Fprintf(&b, "\n    %s\n", f.Replay)
			}
		}
	}
	wrong := 0
	for _, s := range r.Scenarios {
		if s.Verdict == Pass || s.Verdict == Skipped {
			continue
		}
		if wrong++; wrong == 1 {
			b.WriteString("\n## Scenarios that did not go as they expect\n\n| scenario | verdict | |\n|---|---|---|\n")
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", s.Name, s.Verdict, cell(s.Said))
	}
	for i, p := range r.Problems {
		if i == 0 {
			b.WriteString("\n## Wrong with the run as a whole\n\n")
		}
		fmt.Fprintf(&b, "* %s\n", p)
	}
	fmt.Fprintf(&b, "\nVerdict: **%s**%s\n", r.Verdict, r.plainly())
	_, err := io.WriteString(w, b.String())
	return err
}

// fence is a code fence that does not occur in text.
func fence(text string) string {
	f := "```"
	for strings.Contains(text, f) {
		f += "`"
	}
	return f
}

func cell(s string) string { return strings.NewReplacer("|", "\\|", "\n", " ").Replace(s) }
