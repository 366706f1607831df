package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/jstemmer/go-junit-report/v2/junit"
)

// JUnit writes the report as JUnit XML: a test suite for each area, a test case for each clause.
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
		switch c.Verdict {
		case Pass, Provisional:
		case Skipped:
			tc.Skipped = &junit.Result{Message: c.Because}
		case Error:
			tc.Error = &junit.Result{Message: c.Because, Type: string(c.Verdict)}
		default:
			tc.Failure = &junit.Result{Message: c.why(), Type: string(c.Verdict), Data: c.evidence()}
		}
		s.AddTestcase(tc)
	}
	for _, a := range order {
		suites.AddSuite(*byArea[a])
	}
	b, err := xml.MarshalIndent(&suites, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s%s\n", xml.Header, b)
	return err
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
		fmt.Fprintf(&b, "in %s: %s\n%s\nreplay: %s\n", f.Scenario, f.Said, strings.Join(f.Timeline, "\n"), f.Replay)
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
			fmt.Fprintf(&b, "\nIn `%s`: %s\n\n```\n%s\n```\n\n    %s\n", f.Scenario, f.Said, strings.Join(f.Timeline, "\n"), f.Replay)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func cell(s string) string { return strings.NewReplacer("|", "\\|", "\n", " ").Replace(s) }
