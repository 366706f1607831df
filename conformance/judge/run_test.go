package judge_test

import (
	"context"
	"strings"
	"testing"

	"github.com/hostsim/hostsim/conformance/judge"
	"github.com/hostsim/hostsim/spec"
)

// TestTimeline: a failure shows the run, cut around the place, with the clause pointed at there.
func TestTimeline(t *testing.T) {
	filler := func(n int) string { return strings.Repeat("x.y ", n) }
	for _, c := range []struct {
		name, play         string
		at                 int // the line of the pointer
		lines              int
		firstLine, lastOne string
	}{
		{"short", "x.y first.bad x.y", 2, 5, "0.000    x     y", "  end    exited 0"},
		{"at the end", "x.y first.never", 3, 4, "0.000    x     y", "      ^^^ "},
		{"long, in the middle", filler(100) + "first.bad " + filler(100), 32, 63, "      … 70 earlier events", "      … "},
		{"long, at the begin", "first.bad " + filler(100), 1, 32, "0.000    first bad", "      … "},
		{"long, never", filler(100) + "first.never", 61, 62, "      … ", "      ^^^ "},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, cases := setup(c.play)
			r, err := judge.Verify(context.Background(), f, cases, judge.Options{Spec: contract(first), Profile: "p", Replay: func(c *judge.Case) string { return "replay " + c.Name }})
			if err != nil {
				t.Fatal(err)
			}
			got := r.Clauses[0].Failures[0]
			lines := got.Timeline
			if got.Replay != "replay c1" || got.Scenario != "c1" {
				t.Errorf("failure %+v", got)
			}
			pointer := -1
			for i, l := range lines {
				if strings.HasPrefix(l, "      ^^^ "+first+": first ") {
					pointer = i
				}
			}
			if pointer != c.at || len(lines) != c.lines || !strings.HasPrefix(lines[0], c.firstLine) || !strings.HasPrefix(lines[len(lines)-1], c.lastOne) {
				t.Errorf("pointer in line %d of %d, want %d of %d:\n%s", pointer, len(lines), c.at, c.lines, strings.Join(lines, "\n"))
			}
		})
	}
}

// TestTimelineOfRealTime: what a real clock has beyond milliseconds is noise to a reader; simulated time is shown as it is.
func TestTimelineOfRealTime(t *testing.T) {
	for lane, want := range map[string]string{spec.Process: "0.001    first bad", spec.Virtual: "0.001100018    first bad"} {
		f, cases := setup("x.y first.bad")
		f.lane = lane
		r, err := judge.Verify(context.Background(), noisy{f}, cases, judge.Options{Spec: contract(first), Profile: "p"})
		if err != nil {
			t.Fatal(err)
		}
		got := r.Clauses[0].Failures[0]
		if got.Timeline[1] != want {
			t.Errorf("%s: line %q, want %q", lane, got.Timeline[1], want)
		}
		if *got.Ms != 1.1 {
			t.Errorf("%s: the violation is at %v ms, want 1.1", lane, *got.Ms)
		}
	}
}
