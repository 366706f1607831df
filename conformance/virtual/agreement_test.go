package virtual_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/hostsim/hostsim/conformance/virtual"
	"github.com/hostsim/hostsim/scenarios/agree"
	"github.com/hostsim/hostsim/scenarios/recorded"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// TestAgreementWithTheRealHost replays every recording under the profile of its release: the same events, in an order
// that the real host shows, at the same times, with the same end. What disagrees must be excused in exceptions.yaml.
func TestAgreementWithTheRealHost(t *testing.T) {
	recs, err := recorded.All()
	if err != nil {
		t.Fatal(err)
	}
	exceptions, err := recorded.Exceptions()
	if err != nil {
		t.Fatal(err)
	}
	jobs := runtime.GOMAXPROCS(0)
	lanes := make(chan *virtual.Lane, jobs)
	for range jobs {
		l := virtual.New(nil)
		defer l.Close()
		lanes <- l
	}
	report := agree.Play(recs, exceptions, jobs, func(rec *recorded.Recording) (*trace.Trace, error) {
		l := <-lanes
		defer func() { lanes <- l }()
		tr, err := l.Play(rec.Plan, rec.Release)
		if err != nil {
			return nil, err
		}
		return tr.Keep(), nil
	})
	var b bytes.Buffer
	_ = report.Write(&b)
	t.Logf("agreement with the real host\n%s", b.String())
	if err := report.Err(); err != nil {
		t.Error(err)
	}
	documented(t, b.String())
}

var tally = regexp.MustCompile(`(?m)^\s*(\S+)\s+(\d+) of (\d+) agree`)

// documented holds the table of the figures, and what the first page says, to the tally.
func documented(t *testing.T, said string) {
	t.Helper()
	page := func(name string) string {
		text, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	figures, readme := page("docs/benchmarks.md"), page("README.md")
	for _, m := range tally.FindAllStringSubmatch(said, -1) {
		if row := fmt.Sprintf("| %s | %s | %s |", m[1], m[3], m[2]); !strings.Contains(figures, row) {
			t.Errorf("docs/benchmarks.md has another figure than the tally: the row must be %s", row)
		}
		if count := "held to " + m[3] + " recordings"; m[1] == "all" && !strings.Contains(readme, count) {
			t.Errorf("README must say %q", count)
		}
	}
}
