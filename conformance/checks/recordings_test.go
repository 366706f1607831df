package checks

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

// TestRecordings holds the checks of every release against what that release was recorded to do. HOSTSIM_RECORDINGS names
// a directory of recordings, RELEASE/PLAN.json; without it the test is skipped. With -v it tells which clauses no
// recording exercises.
func TestRecordings(t *testing.T) {
	dir := os.Getenv("HOSTSIM_RECORDINGS")
	if dir == "" {
		t.Skip("HOSTSIM_RECORDINGS names no directory of recordings")
	}
	area := os.Getenv("HOSTSIM_AREA")
	s := spec.MustLoad()
	files, _ := filepath.Glob(filepath.Join(dir, "*", "*.json"))
	if len(files) == 0 {
		t.Fatalf("no recordings in %s", dir)
	}
	held, broken := map[string]int{}, map[string]int{}
	for _, f := range files {
		release := filepath.Base(filepath.Dir(f))
		p := s.Profile(release)
		if p == nil {
			t.Errorf("%s: no profile %s", f, release)
			continue
		}
		for n, v := range readRecording(t, f) {
			for _, c := range p.Clauses {
				check := Lookup(c.ID)
				if check == nil || area != "" && !strings.Contains(area, c.Area) {
					continue
				}
				switch got := check(&Run{Plan: v.plan, Trace: v.trace, Profile: p, Lane: spec.Process}); got.Kind {
				case Pass:
					held[c.ID+" "+release]++
				case Fail:
					if broken[c.ID]++; broken[c.ID] <= 4 {
						at := ""
						if got.At >= 0 && got.At < len(v.trace.Events) {
							at = fmt.Sprintf("%+v", v.trace.Events[got.At])
						}
						t.Errorf("%s variant %d: %s: %s\n  %s", strings.TrimPrefix(f, dir), n, c.ID, got.Said, at)
					}
				}
			}
		}
	}
	for id, n := range broken {
		t.Logf("%s fails %d times", id, n)
	}
	var never []string
	for _, c := range s.Clauses {
		if Lookup(c.ID) == nil || area != "" && !strings.Contains(area, c.Area) {
			continue
		}
		for _, name := range c.Profiles {
			if strings.HasPrefix(name, "dotnet") && held[c.ID+" "+name] == 0 {
				never = append(never, c.ID+" "+name)
			}
		}
	}
	sort.Strings(never)
	t.Logf("never exercised by a recording:\n%s", strings.Join(never, "\n"))
}

type recorded struct {
	plan  *plan.Plan
	trace *trace.Trace
}

// readRecording gives the variants of a recording.
func readRecording(t *testing.T, file string) []recorded {
	t.Helper()
	var rec struct {
		Definition json.RawMessage
		Variants   []struct {
			Events []json.RawMessage
			End    json.RawMessage
		}
	}
	b, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(b, &rec)
	}
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	p, err := plan.Parse(file, rec.Definition)
	if err != nil {
		t.Fatal(err)
	}
	var out []recorded
	for _, v := range rec.Variants {
		var lines bytes.Buffer
		for _, e := range v.Events {
			lines.Write(e)
			lines.WriteByte('\n')
		}
		fmt.Fprintf(&lines, "{\"end\":%s}\n", v.End)
		tr, err := trace.ReadJSONL(file, &lines)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, recorded{p, tr})
	}
	return out
}
