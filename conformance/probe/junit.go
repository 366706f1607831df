package probe

import (
	"fmt"
	"io"
	"strings"

	"github.com/jstemmer/go-junit-report/v2/junit"

	"github.com/hostsim/hostsim/spec"
)

// WriteJUnit writes the report as JUnit XML, one test case for each clause, in one suite. A SHOULD clause that does not
// hold is a failure only with Strict; otherwise it is a skipped case that says what was found.
func (r *Report) WriteJUnit(w io.Writer) error {
	suite := junit.Testsuite{Name: "hostsim probe", Time: fmt.Sprintf("%.3f", r.Took.Seconds())}
	suite.AddProperty("program", strings.Join(r.Program, " "))
	suite.AddProperty("grace", r.Grace.String())
	suite.AddProperty("verdict", string(r.Verdict))
	for _, f := range r.Findings {
		c := junit.Testcase{Name: f.Clause.ID + " " + f.Title, Classname: "probe." + f.Check, Status: string(f.Verdict)}
		res := &junit.Result{Message: cleanXML(f.Said), Type: string(f.Verdict), Data: cleanXML(f.explain())}
		switch {
		case f.Verdict == Pass:
		case f.Verdict == Failed:
			c.Error = res
		case f.Verdict == Skipped, f.Clause.Level != spec.Must && !r.Strict:
			c.Skipped = res
		default:
			c.Failure = res
		}
		suite.AddTestcase(c)
	}
	all := junit.Testsuites{Name: "hostsim probe"}
	all.AddSuite(suite)
	return all.WriteXML(w)
}

// explain gives the details of a finding as plain text.
func (f *Finding) explain() string {
	var b strings.Builder
	fmt.Fprintf(&b, "rule: %s\nhappened: %s\n", f.Clause.Text, f.Said)
	for _, x := range f.Facts {
		fmt.Fprintf(&b, "%s: %s\n", x.Name, formatValue(x.Value))
	}
	fmt.Fprintf(&b, "why: %s\n", f.Clause.Why)
	if f.Mend != "" {
		fmt.Fprintf(&b, "mend: %s\n", f.Mend)
	}
	if f.Output != "" {
		fmt.Fprintf(&b, "output:\n%s\n", f.Output)
	}
	return b.String()
}

// cleanXML drops what XML 1.0 cannot carry.
func cleanXML(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 && r != '\n' && r != '\t' || r == 0xfffe || r == 0xffff {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}
