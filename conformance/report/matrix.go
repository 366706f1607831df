package report

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
	"sort"
	"strings"

	"github.com/hostsim/hostsim/spec"
)

// Matrix is implementation × clause: the reports of several implementations beside each other.
type Matrix struct {
	Columns []*Report
	Rows    []Row
}

// Row is one clause.
type Row struct {
	ID, Area, Level, Text, Why string
	Profiles                   []string
	Cells                      []*Clause // in order of the columns, nil where the report does not judge the clause
}

// ParseReport reads a report as JSON.
func ParseReport(data []byte) (*Report, error) {
	var r Report
	var mistyped *json.UnmarshalTypeError
	switch err := json.Unmarshal(data, &r); {
	case errors.As(err, &mistyped) && mistyped.Field == "":
		return nil, fmt.Errorf("not a report: it is a JSON %s", mistyped.Value)
	case errors.As(err, &mistyped):
		return nil, fmt.Errorf("not a report: %s is a %s", mistyped.Field, mistyped.Value)
	case err != nil:
		return nil, fmt.Errorf("not a report: %w", err)
	}
	if r.Format != Format {
		return nil, fmt.Errorf("the report has format %d, written by hostsim %s; this version reads format %d", r.Format, r.Hostsim, Format)
	}
	if err := r.check(); err != nil {
		return nil, err
	}
	r.together()
	return &r, nil
}

// check refuses what no version of hostsim writes: words that are no verdicts, and counts that are not those of the clauses.
func (r *Report) check() error {
	if r.Verdict == "" {
		return errors.New("not a report: it has no verdict; hostsim verify --format json writes one")
	}
	known := func(where string, v Verdict) error {
		if _, ok := rank[v]; !ok {
			return fmt.Errorf("%s has the verdict %q; the verdicts are %s", where, v, strings.Trim(fmt.Sprint(Verdicts), "[]"))
		}
		return nil
	}
	for i := range r.Clauses {
		if err := known("clause "+r.Clauses[i].ID, r.Clauses[i].Verdict); err != nil {
			return err
		}
	}
	for i := range r.Scenarios {
		if err := known("scenario "+r.Scenarios[i].Name, r.Scenarios[i].Verdict); err != nil {
			return err
		}
	}
	own := Report{Clauses: r.Clauses, Scenarios: r.Scenarios, Problems: r.Problems}
	own.Count()
	if own.Verdict != r.Verdict || !maps.Equal(own.Counts, r.Counts) {
		return fmt.Errorf("the report says %s (%s), but its clauses, scenarios and problems make it %s (%s): it was changed after it was written",
			r.Verdict, inWords(r.Counts), own.Verdict, inWords(own.Counts))
	}
	return nil
}

func inWords(counts map[Verdict]int) string {
	var out []string
	for _, v := range Verdicts {
		if n := counts[v]; n > 0 {
			out = append(out, fmt.Sprintf("%d %s", n, v))
		}
	}
	return strings.Join(out, ", ")
}

// NewMatrix puts reports beside each other, in order of name, version, lane and profile; clauses in the order of the contract.
// Clauses that no report judges are left out.
func NewMatrix(reports []*Report, all *spec.Spec) *Matrix {
	m := &Matrix{Columns: append([]*Report(nil), reports...)}
	key := func(r *Report) string {
		return r.Implementation.Name + "\x00" + r.Implementation.Version + "\x00" + r.Lane + "\x00" + r.Profile
	}
	sort.SliceStable(m.Columns, func(i, j int) bool { return key(m.Columns[i]) < key(m.Columns[j]) })
	for _, c := range all.Clauses {
		row := Row{ID: c.ID, Area: c.Area, Level: string(c.Level), Text: c.Text, Why: c.Why, Profiles: c.Profiles}
		found := false
		for _, r := range m.Columns {
			var cell *Clause
			for i := range r.Clauses {
				if r.Clauses[i].ID == c.ID {
					cell = &r.Clauses[i]
					found = true
					break
				}
			}
			row.Cells = append(row.Cells, cell)
		}
		if found {
			m.Rows = append(m.Rows, row)
		}
	}
	return m
}

var marks = map[Verdict]string{Pass: "✓", Skipped: "–", Provisional: "~", Fail: "✗", Hang: "∞", Uncontrolled: "≠", Error: "!"}

// Markdown writes the matrix as a table, with a legend and the counts of each implementation. A column is headed by its
// number in the list of implementations: names would make the table too wide to read.
func (m *Matrix) Markdown(w io.Writer) error {
	var b strings.Builder
	b.WriteString("# Implementations and clauses\n\n✓ holds · ✗ is broken · ∞ hangs · – is skipped (the implementation lacks a feature)" + m.rareMarks() + " · blank: not judged\n\n")
	b.WriteString("| # | implementation | lane | profile | holds | broken | hangs | skipped |\n|---|---|---|---|---|---|---|---|\n")
	for i, r := range m.Columns {
		fmt.Fprintf(&b, "| %d | %s | %s | %s | %d | %d | %d | %d |\n", i+1, name(r), r.Lane, r.Profile, r.Counts[Pass], r.Counts[Fail], r.Counts[Hang], r.Counts[Skipped])
	}
	b.WriteString("\n| clause | level |")
	for i := range m.Columns {
		fmt.Fprintf(&b, " %d |", i+1)
	}
	b.WriteString(" sentence |\n|---|---|" + strings.Repeat("---|", len(m.Columns)) + "---|\n")
	for _, row := range m.Rows {
		fmt.Fprintf(&b, "| %s | %s |", row.ID, row.Level)
		for _, c := range row.Cells {
			mark := " "
			if c != nil {
				mark = marks[c.Verdict]
			}
			b.WriteString(" " + mark + " |")
		}
		fmt.Fprintf(&b, " %s |\n", cell(row.Text))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// rareMarks explains the marks that few matrices have, if this one has them.
func (m *Matrix) rareMarks() string {
	var out string
	for _, rare := range []struct {
		v     Verdict
		means string
	}{{Provisional, "provisional"}, {Uncontrolled, "uncontrolled: one schedule, two traces"}, {Error, "the harness's own fault"}} {
		if slices.ContainsFunc(m.Columns, func(r *Report) bool { return r.Counts[rare.v] > 0 }) {
			out += " · " + marks[rare.v] + " " + rare.means
		}
	}
	return out
}

func name(r *Report) string {
	return strings.TrimSpace(r.Implementation.Name + " " + r.Implementation.Version)
}

//go:embed matrix.html
var matrixHTML embed.FS

// HTML writes the matrix as one page that needs nothing else: filters by area, level, profile and verdict, and for every
// cell the clause, the timeline and the command that shows it again. The same reports give the same bytes.
func (m *Matrix) HTML(w io.Writer) error {
	t, err := template.ParseFS(matrixHTML, "matrix.html")
	if err != nil {
		return err
	}
	type cellView struct {
		V string    `json:"v"`
		N int       `json:"n"`
		B string    `json:"b,omitempty"`
		F []Failure `json:"f,omitempty"`
	}
	type rowView struct {
		ID       string      `json:"id"`
		Area     string      `json:"area"`
		Level    string      `json:"level"`
		Text     string      `json:"text"`
		Why      string      `json:"why"`
		Profiles []string    `json:"profiles"`
		Cells    []*cellView `json:"cells"`
	}
	type columnView struct {
		Name    string          `json:"name"`
		Lane    string          `json:"lane"`
		Profile string          `json:"profile"`
		Lang    string          `json:"lang"`
		Verdict Verdict         `json:"verdict"`
		Counts  map[Verdict]int `json:"counts"`
		Size    Size            `json:"size"`
	}
	var data struct {
		Columns []columnView `json:"columns"`
		Rows    []rowView    `json:"rows"`
	}
	for _, r := range m.Columns {
		data.Columns = append(data.Columns, columnView{name(r), r.Lane, r.Profile, r.Implementation.Language, r.Verdict, r.Counts, r.Size})
	}
	for _, row := range m.Rows {
		v := rowView{row.ID, row.Area, row.Level, row.Text, row.Why, row.Profiles, nil}
		for _, c := range row.Cells {
			if c == nil {
				v.Cells = append(v.Cells, nil)
				continue
			}
			f := c.Failures
			if len(f) > 2 {
				f = f[:2]
			}
			v.Cells = append(v.Cells, &cellView{string(c.Verdict), c.Exercised, c.Because, f})
		}
		data.Rows = append(data.Rows, v)
	}
	return t.Execute(w, data)
}
