package probe

import (
	"encoding/json"
	"io"
	"time"

	"github.com/hostsim/hostsim/spec"
)

// Format is the name and version of the JSON report.
const Format = "hostsim-probe/1"

type jsonReport struct {
	Format     string          `json:"format"`
	Program    []string        `json:"program"`
	ReadyBy    string          `json:"readyBy"`
	StopSignal string          `json:"stopSignal"`
	GraceMS    int64           `json:"graceMs"`
	DrainMS    int64           `json:"drainDelayMs"`
	Strict     bool            `json:"strict"`
	Verdict    Verdict         `json:"verdict"`
	ExitCode   int             `json:"exitCode"`
	Counts     map[string]int  `json:"counts"`
	Findings   []jsonFinding   `json:"findings"`
	Measured   jsonMeasurement `json:"measured"`
}

type jsonFinding struct {
	ID      string     `json:"id"`
	Level   spec.Level `json:"level"`
	Check   string     `json:"check"`
	Title   string     `json:"title"`
	Verdict Verdict    `json:"verdict"`
	Text    string     `json:"text"`
	Said    string     `json:"said"`
	Why     string     `json:"why"`
	Mend    string     `json:"mend,omitempty"`
}

// jsonMeasurement is all that differs from run to run: times, process ids, ports, output.
type jsonMeasurement struct {
	Starts   int           `json:"starts"`
	TookMS   float64       `json:"tookMs"`
	Findings []jsonMeasure `json:"findings"`
}

type jsonMeasure struct {
	ID     string     `json:"id"`
	Facts  []jsonFact `json:"facts,omitempty"`
	Output string     `json:"output,omitempty"`
}

type jsonFact struct {
	Name  string `json:"name"`
	Value any    `json:"value"`
	Unit  string `json:"unit,omitempty"`
}

// WriteJSON writes the report as one JSON object. All that differs between two runs that came to the same result stands
// under the key "measured"; the rest is the same, byte for byte.
func (r *Report) WriteJSON(w io.Writer) error {
	out := jsonReport{
		Format: Format, Program: r.Program, ReadyBy: r.ReadyBy, StopSignal: r.StopSignal,
		GraceMS: r.Grace.Milliseconds(), DrainMS: r.DrainDelay.Milliseconds(), Strict: r.Strict,
		Verdict: r.Verdict, ExitCode: r.ExitCode(), Counts: map[string]int{},
		Measured: jsonMeasurement{Starts: r.Starts, TookMS: ms(r.Took)},
	}
	for _, v := range order {
		if n := r.Count("", v); n > 0 {
			out.Counts[string(v)] = n
		}
	}
	for _, f := range r.Findings {
		out.Findings = append(out.Findings, jsonFinding{
			ID: f.Clause.ID, Level: f.Clause.Level, Check: f.Check, Title: f.Title, Verdict: f.Verdict, Text: f.Clause.Text,
			Said: f.Said, Why: f.Clause.Why, Mend: f.Mend,
		})
		m := jsonMeasure{ID: f.Clause.ID, Output: f.Output}
		for _, x := range f.Facts {
			jf := jsonFact{Name: x.Name, Value: x.Value}
			if d, ok := x.Value.(time.Duration); ok {
				jf.Value, jf.Unit = ms(d), "ms"
			}
			m.Facts = append(m.Facts, jf)
		}
		if len(m.Facts) > 0 || m.Output != "" {
			out.Measured.Findings = append(out.Measured.Findings, m)
		}
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(out)
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
