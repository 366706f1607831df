//go:build linux

package probe_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hostsim/hostsim/conformance/probe"
	"github.com/hostsim/hostsim/internal/golden"
)

// steady prints measured values by their kind, so that a report of a real run is the same every time.
func steady(v any) string {
	switch v := v.(type) {
	case time.Duration:
		return "‹time›"
	case probe.PID:
		return "‹pid›"
	case probe.Addr:
		return "‹addr›"
	case probe.Tally:
		return "‹tally›"
	case int, int64:
		return "‹n›"
	default:
		return fmt.Sprint(v)
	}
}

var anyPort = regexp.MustCompile(`127\.0\.0\.1:\d+`)

// steadied drops what differs from run to run but is no measured value: ports in output, the test's own directory.
func steadied(t *testing.T, r *probe.Report, dir string, o probe.TextOptions) []byte {
	t.Helper()
	r.Program = []string{"./server"}
	var b bytes.Buffer
	if err := r.WriteText(&b, o); err != nil {
		t.Fatal(err)
	}
	s := strings.ReplaceAll(b.String(), dir, "DIR")
	s = anyPort.ReplaceAllString(s, "127.0.0.1:PORT")
	s = regexp.MustCompile(`\n\d+ starts? of`).ReplaceAllString(s, "\n‹n› starts of")
	return []byte(s)
}

// unmet leaves out the second signal, for a program that ends at once: on a busy machine the signal may meet it all the same.
func unmet(o *probe.Options) { o.Skip = []string{"second"} }

func TestTextReports(t *testing.T) {
	t.Parallel()
	tests := []struct {
		golden, fault string
		edit          func(*probe.Options)
	}{
		{"good.txt", "", func(o *probe.Options) {
			o.Only = []string{"term", "int", "startup", "http", "tcp", "restart", "budget"}
		}},
		{"cuts-requests.txt", "cuts requests", unmet},
		{"deaf.txt", "deaf", func(o *probe.Options) { o.Grace = time.Second; o.Only = []string{"term", "http"} }},
		{"leaves-a-child.txt", "leaves a child", func(o *probe.Options) { o.Only = []string{"term"}; o.Strict = true }},
		{"never-ready.txt", "never ready", func(o *probe.Options) { o.StartLimit = 300 * time.Millisecond }},
		{"budget.txt", "slow to end", func(o *probe.Options) {
			o.DrainDelay = 3500 * time.Millisecond
			o.Only = []string{"budget"}
			o.Skip = []string{"HOST-PROBE-016"}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.golden, func(t *testing.T) {
			t.Parallel()
			o := options(t, tt.fault)
			if tt.edit != nil {
				tt.edit(&o)
			}
			r := run(t, o)
			if f := r.Finding("HOST-PROBE-025"); f != nil && f.Verdict == probe.Skipped {
				t.Skip(f.Said)
			}
			golden.Check(t, filepath.Join("testdata", tt.golden), steadied(t, r, o.Dir, probe.TextOptions{Value: steady}))
		})
	}
}

func TestColourOnlyWhenAsked(t *testing.T) {
	t.Parallel()
	o := options(t, "exit 1")
	o.Only = []string{"term"}
	r := run(t, o)
	plain := steadied(t, r, o.Dir, probe.TextOptions{Value: steady})
	if bytes.Contains(plain, []byte("\x1b[")) {
		t.Error("there are colours in a report that was not asked for them")
	}
	colour := steadied(t, r, o.Dir, probe.TextOptions{Value: steady, Color: true})
	if !bytes.Contains(colour, []byte("\x1b[31mfail")) {
		t.Error("the verdict fail is not red in a report that was asked for colours")
	}
	if got := regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAll(colour, nil); !bytes.Equal(got, plain) {
		t.Error("without its colours the report is not the plain one")
	}
}

// TestJSONIsReproducible runs one program twice: but for the block of measured values, the reports are the same bytes.
func TestJSONIsReproducible(t *testing.T) {
	t.Parallel()
	o := options(t, "cuts requests")
	unmet(&o)
	var parts [2]map[string]json.RawMessage
	var verdictPart [2][]byte
	for i := range parts {
		r := run(t, o)
		r.Program = []string{"./server"}
		var b bytes.Buffer
		if err := r.WriteJSON(&b); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b.Bytes(), &parts[i]); err != nil {
			t.Fatal(err)
		}
		if len(parts[i]["measured"]) < 100 {
			t.Errorf("the measured block is %s", parts[i]["measured"])
		}
		at := bytes.Index(b.Bytes(), []byte(`  "measured": {`))
		if at < 0 {
			t.Fatal("there is no measured block at the end")
		}
		verdictPart[i] = b.Bytes()[:at]
	}
	if d := cmp.Diff(string(verdictPart[0]), string(verdictPart[1])); d != "" {
		t.Errorf("two runs of one program differ:\n%s", d)
	}
	golden.Check(t, filepath.Join("testdata", "cuts-requests.json"), verdictPart[0])
}

func TestJUnit(t *testing.T) {
	t.Parallel()
	o := options(t, "leaves a socket")
	o.Only = []string{"term", "systemd"}
	r := run(t, o)
	type suites struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Skipped  int `xml:"skipped,attr"`
		Cases    []struct {
			Name    string `xml:"name,attr"`
			Class   string `xml:"classname,attr"`
			Failure *struct {
				Message string `xml:"message,attr"`
				Text    string `xml:",chardata"`
			} `xml:"failure"`
		} `xml:"testsuite>testcase"`
	}
	for _, tt := range []struct {
		strict            bool
		failures, skipped int
	}{{false, 0, 2}, {true, 1, 1}} {
		r.Strict = tt.strict
		var b bytes.Buffer
		if err := r.WriteJUnit(&b); err != nil {
			t.Fatal(err)
		}
		var s suites
		if err := xml.Unmarshal(b.Bytes(), &s); err != nil {
			t.Fatal(err)
		}
		if s.Tests != len(r.Findings) || s.Failures != tt.failures || s.Skipped != tt.skipped || len(s.Cases) != s.Tests {
			t.Errorf("strict %v: %d tests, %d failures, %d skipped; want %d, %d, %d", tt.strict, s.Tests, s.Failures, s.Skipped, len(r.Findings), tt.failures, tt.skipped)
		}
		for _, c := range s.Cases {
			if c.Failure == nil {
				continue
			}
			if !strings.HasPrefix(c.Name, "HOST-PROBE-007 ") || c.Class != "probe.term" || !strings.Contains(c.Failure.Text, "mend: ") {
				t.Errorf("the failure is %s in %s: %s", c.Name, c.Class, c.Failure.Text)
			}
		}
	}
}
