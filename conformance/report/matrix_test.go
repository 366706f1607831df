package report_test

import (
	"bytes"
	"encoding/json"
	"io"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/hostsim/hostsim/conformance/report"
	"github.com/hostsim/hostsim/internal/golden"
	"github.com/hostsim/hostsim/spec"
)

// contract is a small one, in an order that is not that of the alphabet.
func contract() *spec.Spec {
	clause := func(id, area, level, text string) *spec.Clause {
		return &spec.Clause{ID: id, Area: area, Level: spec.Level(level), Text: text, Why: "because", Profiles: []string{"core"}}
	}
	return &spec.Spec{Clauses: []*spec.Clause{
		clause("HOST-STOP-009", "STOP", "MUST", "A stop ends."),
		clause("HOST-STOP-001", "STOP", "MUST", "Services are stopped | in order."),
		clause("HOST-START-001", "START", "MUST", "Services are started in order."),
		clause("HOST-SOCK-001", "SOCK", "SHOULD", "Sockets are <closed> & gone."),
		clause("HOST-LOG-777", "LOG", "MAY", "Nobody judges this."),
	}}
}

func threeReports() []*report.Report {
	s := samples()
	return []*report.Report{s["pass"], s["hang"], s["fail"]}
}

func TestMatrixGolden(t *testing.T) {
	m := report.NewMatrix(threeReports(), contract())
	for name, write := range map[string]func(io.Writer) error{"matrix.md": m.Markdown, "matrix.page.json": m.HTML} {
		t.Run(name, func(t *testing.T) {
			var a, b bytes.Buffer
			if err := write(&a); err != nil {
				t.Fatal(err)
			}
			if err := write(&b); err != nil || !bytes.Equal(a.Bytes(), b.Bytes()) {
				t.Errorf("the same reports gave other bytes, or %v", err)
			}
			got := a.Bytes()
			if name == "matrix.page.json" { // what the page is made of is read in a browser; what it is fed, here
				got = pageData(t, a.String())
			}
			golden.Check(t, filepath.Join("testdata", name), got)
		})
	}
}

var fed = regexp.MustCompile(`(?m)\{"columns":.*\}`)

// pageData is the data that a page was fed, indented.
func pageData(t *testing.T, page string) []byte {
	t.Helper()
	data := fed.FindString(page)
	var out bytes.Buffer
	if err := json.Indent(&out, []byte(strings.TrimSuffix(data, ";")), "", " "); err != nil {
		t.Fatalf("the page is fed no JSON: %v\n%.200s", err, data)
	}
	return append(out.Bytes(), '\n')
}

// TestPageKeepsWhatItIsFedApart: a sentence of a report cannot end the script that holds it.
func TestPageKeepsWhatItIsFedApart(t *testing.T) {
	r := samples()["fail"]
	r.Clauses[1].Failures[0].Said = `</script><script>alert("x")</script><!--`
	r.Implementation.Name = `</title><script>alert("y")`
	var b bytes.Buffer
	if err := report.NewMatrix([]*report.Report{r}, contract()).HTML(&b); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), `alert("`) {
		t.Error("what a report says is run as a script")
	}
}

// TestMatrixOrder: columns by name, version, lane and profile, however the reports come; rows as the contract has them, without
// those that nobody judges.
func TestMatrixOrder(t *testing.T) {
	column := func(name, version, lane, profile string) *report.Report {
		r := samples()["pass"]
		r.Implementation.Name, r.Implementation.Version, r.Lane, r.Profile = name, version, lane, profile
		return r
	}
	want := []*report.Report{column("a", "1", "process", "core"), column("a", "1", "process", "strict"), column("a", "1", "virtual", "core"), column("a", "2", "process", "core"), column("ab", "1", "process", "core")}
	for _, order := range [][]int{{0, 1, 2, 3, 4}, {4, 3, 2, 1, 0}, {2, 0, 4, 1, 3}} {
		var in []*report.Report
		for _, i := range order {
			in = append(in, want[i])
		}
		m := report.NewMatrix(in, contract())
		for i := range want {
			if m.Columns[i] != want[i] {
				t.Errorf("order %v: column %d is %s %s %s %s", order, i, m.Columns[i].Implementation.Name, m.Columns[i].Implementation.Version, m.Columns[i].Lane, m.Columns[i].Profile)
			}
		}
		if in[0] != want[order[0]] {
			t.Error("the caller's list was sorted")
		}
		var rows []string
		for _, r := range m.Rows {
			rows = append(rows, r.ID)
		}
		if got := strings.Join(rows, " "); got != "HOST-STOP-001 HOST-START-001 HOST-SOCK-001" {
			t.Errorf("rows %s", got)
		}
	}
}

// TestCells: a cell is the verdict of its implementation on its clause, or empty where there is none.
func TestCells(t *testing.T) {
	m := report.NewMatrix(threeReports(), contract()) // bad host, good host, hung
	for _, c := range []struct {
		id   string
		want [3]report.Verdict
	}{
		{"HOST-STOP-009", [3]report.Verdict{"", "", report.Hang}},
		{"HOST-STOP-001", [3]report.Verdict{report.Fail, report.Pass, ""}},
		{"HOST-START-001", [3]report.Verdict{report.Pass, report.Pass, ""}},
		{"HOST-SOCK-001", [3]report.Verdict{"", report.Skipped, ""}},
	} {
		found := false
		for _, row := range m.Rows {
			if row.ID != c.id {
				continue
			}
			found = true
			for i, cell := range row.Cells {
				switch {
				case cell == nil && c.want[i] != "":
					t.Errorf("%s of %s is not judged, want %s", c.id, m.Columns[i].Implementation.Name, c.want[i])
				case cell != nil && cell.Verdict != c.want[i]:
					t.Errorf("%s of %s is %s, want %q", c.id, m.Columns[i].Implementation.Name, cell.Verdict, c.want[i])
				}
			}
		}
		if !found {
			t.Errorf("there is no row for %s", c.id)
		}
	}
}

func TestEmptyMatrix(t *testing.T) {
	m := report.NewMatrix(nil, contract())
	if len(m.Rows) != 0 || len(m.Columns) != 0 {
		t.Errorf("%d rows, %d columns of nothing", len(m.Rows), len(m.Columns))
	}
	for name, write := range map[string]func(io.Writer) error{"Markdown": m.Markdown, "HTML": m.HTML} {
		if err := write(&bytes.Buffer{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := write(broken{}); err == nil {
			t.Errorf("%s: the error of the writer is lost", name)
		}
	}
}

// TestParseReport: what is no report of this format is refused, with what is wrong.
func TestParseReport(t *testing.T) {
	written := func(change func(*report.Report)) string {
		r := samples()["fail"]
		change(r)
		b, err := r.JSON()
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for _, c := range []struct{ name, in, want string }{
		{"nothing", "", "not a report: unexpected end of JSON input"},
		{"another thing", "[1, 2]", "not a report: it is a JSON array"},
		{"half of one", written(func(*report.Report) {})[:200], "not a report: unexpected end of JSON input"},
		{"a word where a number is", `{"format": "1"}`, "not a report: format is a string"},
		{"an empty one", `{"format": 1}`, "not a report: it has no verdict; hostsim verify --format json writes one"},
		{"an old format", `{"format": 0, "hostsim": "0.1"}`, "the report has format 0, written by hostsim 0.1; this version reads format 1"},
		{"a format to come", written(func(r *report.Report) { r.Format = 2; r.Hostsim = "9.0" }), "the report has format 2, written by hostsim 9.0; this version reads format 1"},
		{"a verdict that is none", written(func(r *report.Report) { r.Clauses[0].Verdict = "passed" }),
			`clause HOST-START-001 has the verdict "passed"; the verdicts are pass skipped provisional fail hang uncontrolled error`},
		{"a scenario's verdict that is none", written(func(r *report.Report) { r.Scenarios[0].Verdict = "" }),
			`scenario STOP/three has the verdict ""; the verdicts are pass skipped provisional fail hang uncontrolled error`},
		{"a verdict that was made better", written(func(r *report.Report) { r.Verdict = report.Pass }),
			"the report says pass (1 pass, 1 provisional, 2 fail, 1 error), but its clauses, scenarios and problems make it error (1 pass, 1 provisional, 2 fail, 1 error): it was changed after it was written"},
		{"a clause that was made better", written(func(r *report.Report) { r.Clauses[1].Verdict = report.Pass }),
			"the report says error (1 pass, 1 provisional, 2 fail, 1 error), but its clauses, scenarios and problems make it error (2 pass, 1 provisional, 1 fail, 1 error): it was changed after it was written"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := report.ParseReport([]byte(c.in))
			if err == nil || err.Error() != c.want {
				t.Errorf("%v, want %s (%v)", err, c.want, r)
			}
		})
	}
	for name, r := range samples() {
		b, err := r.JSON()
		if err != nil {
			t.Fatal(err)
		}
		back, err := report.ParseReport(b)
		if err != nil || !reflect.DeepEqual(back, r) {
			t.Errorf("%s came back as %+v, %v", name, back, err)
		}
	}
}

// TestSkippedIsExplained: beside the word stands that nothing failed; beside every other word, nothing.
func TestSkippedIsExplained(t *testing.T) {
	only := samples()["pass"]
	only.Clauses = only.Clauses[:2]
	both := samples()["pass"]
	clause := samples()["pass"]
	clause.Scenarios = clause.Scenarios[:1]
	for _, c := range []struct {
		name string
		r    *report.Report
		want string
	}{
		{"a scenario", only, "verdict: skipped (nothing failed: 2 pass; skipped by name: 1 scenario)\n"},
		{"a clause", clause, "verdict: skipped (nothing failed: 2 pass; skipped by name: 1 clause)\n"},
		{"both", both, "verdict: skipped (nothing failed: 2 pass; skipped by name: 1 clause, 1 scenario)\n"},
		{"failed", samples()["fail"], "verdict: error\n"},
		{"hung", samples()["hang"], "verdict: hang\n"},
	} {
		c.r.Count()
		var b bytes.Buffer
		if err := c.r.Text(&b, report.TextOptions{}); err != nil || !strings.HasSuffix(b.String(), c.want) {
			t.Errorf("%s: %v\n%s\nwant at its end %s", c.name, err, b.String(), c.want)
		}
	}
}

// FuzzParseReport: any bytes give a report or an error. A report can be written in every form, the same each time, and reads
// back as it is.
func FuzzParseReport(f *testing.F) {
	for _, r := range samples() {
		b, err := r.JSON()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		r.WallClock = &report.WallClock{Seconds: 1}
		r.Apart()
		if b, err = r.JSON(); err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	for _, s := range []string{"", "{}", `{"format":1,"verdict":"pass","counts":{}}`, `{"format":1,"clauses":[{}]}`, `{"format":1,"wallClock":{"evidence":{}},"verdict":"pass","scenarios":[{"verdict":"pass"}]}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := report.ParseReport(data)
		if err != nil {
			return
		}
		m := report.NewMatrix([]*report.Report{r}, contract())
		for name, write := range map[string]func(io.Writer) error{
			"text":     func(w io.Writer) error { return r.Text(w, report.TextOptions{Width: 50, Areas: areas}) },
			"markdown": r.Markdown, "junit": r.JUnit, "matrix": m.Markdown, "page": m.HTML,
		} {
			var a, b bytes.Buffer
			if err := write(&a); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if err := write(&b); err != nil || !bytes.Equal(a.Bytes(), b.Bytes()) {
				t.Errorf("%s: other bytes the second time, %v", name, err)
			}
		}
		b, err := r.JSON()
		if err != nil {
			t.Fatal(err)
		}
		back, err := report.ParseReport(b)
		if err != nil {
			t.Fatalf("what was written does not read back: %v\n%s", err, b)
		}
		if again, err := back.JSON(); err != nil || !bytes.Equal(again, b) {
			t.Errorf("it reads back as another:\n%s\n%s", b, again)
		}
	})
}
