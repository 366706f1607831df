package scenarios

import (
	"strings"
	"testing"
	"time"

	"github.com/hostsim/hostsim/scenarios/trace"
)

// expectation reads what stands under a profile; lines are indented by two spaces here.
func expectation(t *testing.T, text string) *Expectation {
	t.Helper()
	s, err := Parse("f", []byte("name: n\ntitle: T.\nplan: {services: [{name: a}]}\nexpect:\n  strict:\n    "+strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n    ")+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	return &s.Expect[0]
}

func timeline(t *testing.T, text string) *trace.Trace {
	t.Helper()
	tr, err := trace.ReadText("t", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

const ran = `
0.000  a new
0.300  log Debug Host#3
0.300  a stop begin
0.600  a stop end ok
0.600  lifetime applicationStopped
  end  exited 3
`

const stuck = `
0.300  a stop begin
  end  deadlock
cycle  main waits for the exit handlers, held by exit, at a · stop, since 0.300
cycle  exit waits for the disposal of the host, held by main, since 0.310
  why  nobody can go on
`

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		name, expect, run string
		want              string // the begin of what is said
		at                int
	}{
		{"the whole run", "timeline:\n- a new\n- 0.300  a stop begin\n- 0.600  a stop end ok\n- lifetime applicationStopped", ran, "", 0},
		{"the log counts if a line is of the log", "timeline: [a new, a stop begin, log Debug Host#3, ...]", ran, `"a stop begin" was expected, "0.300  log Debug Host#3" came`, 1},
		{"another time", "timeline: [..., 0.301  a stop begin, ...]", ran, `"0.301  a stop begin" was expected`, 2},
		{"a time that is not named", "timeline: [..., a stop begin, ...]", ran, "", 0},
		{"a line too few", "timeline: [a new, a stop begin, a stop end ok]", ran, `"0.600  lifetime applicationStopped" came, where the timeline has nothing more`, 4},
		{"a line too many", "timeline: [..., lifetime applicationStopped, a dispose begin]", ran, `"lifetime applicationStopped" was expected, "0.600  a stop end ok" came`, 3},
		{"a line too many at the end", "timeline: [a new, a stop begin, a stop end ok, lifetime applicationStopped, a dispose begin]", ran, `"a dispose begin" was expected, but the run has no more events`, -1},
		{"the middle", "timeline: [..., a stop begin, a stop end ok, ...]", ran, "", 0},
		{"the begin", "timeline: [a new, ...]", ran, "", 0},
		{"not the begin", "timeline: [a stop begin, ...]", ran, `"a stop begin" was expected, "0.000  a new" came`, 0},
		{"the end", "timeline: [..., lifetime applicationStopped]", ran, "", 0},
		{"two parts", "timeline: [..., a new, ..., a stop end ok, ...]", ran, "", 0},
		{"two parts in the wrong order", "timeline: [..., a stop end ok, ..., a new, ...]", ran, `"a new" was expected`, 4},
		{"a timeline is compared in all parts", "timeline: [..., a stop begin (token cancelled), ...]", ran, `"a stop begin (token cancelled)" was expected`, 2},
		{"unordered", "timeline:\n- ...\n- unordered: [lifetime applicationStopped, a stop end ok, a stop begin]", ran, "", 0},
		{"unordered, one missing", "timeline:\n- ...\n- unordered: [lifetime applicationStopping, a stop end ok, a stop begin]", ran, `"lifetime applicationStopping" was expected`, 4},
		{"one of two variants", "variants:\n- [a new]\n- [a new, ...]", ran, "", 0},
		{"none of two variants", "variants:\n- [a stop begin]\n- [a new, b stop begin]", ran, `none of the 2 variants fits; the nearest: "b stop begin" was expected, "0.300  a stop begin" came`, 2},
		{"in order", "inOrder: [a new, a stop, a stop end, lifetime applicationStopped]", ran, "", 0},
		{"in the wrong order", "inOrder: [a stop end, a new]", ran, `"a new" was expected after "a stop end" and never came`, -1},
		{"never came", "inOrder: [b stop]", ran, `"b stop" was expected and never came`, -1},
		{"a pattern with an outcome", "inOrder: [a stop end error:x]", ran, `"a stop end error:x" was expected and never came`, -1},
		{"never", "never: [b stop, a stop end cancelled]", ran, "", 0},
		{"never, and came", "never: [a stop end]", ran, `"0.600  a stop end ok" came, which was expected never to come`, 3},
		{"the end of the process", "end: exited 3", ran, "", 0},
		{"another end", "end: exited 0", ran, "the run ends exited 3, expected was exited 0", -1},
		{"one of two ends", "end: [exited 0, exited 3]", ran, "", 0},
		{"none of two ends", "end: [exited 0, signaled SIGTERM]", ran, "the run ends exited 3, expected was exited 0 or signaled SIGTERM", -1},
		{"a cycle", "end: deadlock\ncycle:\n- main waits for the exit handlers\n- exit waits for the disposal of the host, held by main", stuck, "", 0},
		{"a cycle from another point", "end: deadlock\ncycle:\n- exit waits for the disposal of the host\n- main waits for the exit handlers, at a · stop, since 0.300", stuck, "", 0},
		{"another cycle", "end: deadlock\ncycle:\n- exit waits for the disposal of the host", stuck, "another cycle was expected; this one closed: main waits for the exit handlers, held by exit, at a · stop, since 0.300; exit waits", -1},
		{"another time of a wait", "end: deadlock\ncycle:\n- exit waits for the disposal of the host\n- main waits for the exit handlers, since 0.301", stuck, "another cycle was expected", -1},
		{"no cycle", "end: hang\nreason: \"n\"", ran, "the run ends exited 3, expected was hang", -1},
		{"a reason", "reason: can go", stuck, "", 0},
		{"another reason", "reason: b never ended", stuck, `the reason is "nobody can go on", expected was one with "b never ended" in it`, -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := expectation(t, c.expect).Check(timeline(t, c.run), Tolerance{})
			switch {
			case m == nil && c.want != "":
				t.Errorf("holds, want %s", c.want)
			case m != nil && (c.want == "" || !strings.HasPrefix(m.Said, c.want)):
				t.Errorf("got %s, want %s", m.Said, c.want)
			case m != nil && m.At != c.at:
				t.Errorf("points at event %d, want %d", m.At, c.at)
			case m != nil && m.Pos.Line < 5:
				t.Errorf("points at line %d of the scenario", m.Pos.Line)
			}
		})
	}
}

func TestTolerance(t *testing.T) {
	run := timeline(t, "7.000  a new\n7.310  a stop begin\n8.450  a stop end ok\n  end  exited 0\n")
	e := expectation(t, "timeline: [0.000  a new, 0.300  a stop begin, 1.400  a stop end ok]")
	for _, c := range []struct {
		name string
		tol  Tolerance
		want string
	}{
		{"real times are counted from the first line", Tolerance{Abs: 50 * time.Millisecond, Real: true}, ""},
		{"a part of the time", Tolerance{Abs: 20 * time.Millisecond, Rel: 0.05, Real: true}, ""},
		{"too late", Tolerance{Abs: 20 * time.Millisecond, Real: true}, `"1.400  a stop end ok" was expected`},
		{"virtual times are not moved", Tolerance{Abs: 50 * time.Millisecond}, `"0.000  a new" was expected`},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := e.Check(run, c.tol)
			if (m == nil) != (c.want == "") || m != nil && !strings.HasPrefix(m.Error(), c.want) {
				t.Errorf("got %v, want %q", m, c.want)
			}
		})
	}
}

func TestExpectationOf(t *testing.T) {
	for _, text := range []string{ran, stuck} {
		run := timeline(t, text)
		for _, log := range []bool{false, true} {
			e := ExpectationOf(run, log, "strict")
			if m := e.Check(run, Tolerance{}); m != nil {
				t.Errorf("a run is not what is expected of it: %v", m)
			}
			if e.Timeline.hasLog() != (log && text == ran) {
				t.Errorf("log %v: %v", log, e.Timeline)
			}
		}
	}
}

func TestRanges(t *testing.T) {
	for word, want := range map[string]string{
		"core": "core", "strict": "strict", "dotnet-6": "dotnet-6",
		"dotnet": "dotnet-2.2 dotnet-3.1 dotnet-6 dotnet-7 dotnet-8 dotnet-9 dotnet-10", "dotnet-8..": "dotnet-8 dotnet-9 dotnet-10",
		"..dotnet-3.1": "dotnet-2.2 dotnet-3.1", "dotnet-3.1..dotnet-7": "dotnet-3.1 dotnet-6 dotnet-7", "dotnet-10..": "dotnet-10",
		"..": "error", "dotnet-9..dotnet-6": "error", "strict..": "error", "dotnet..": "error", "": "error", "dotnet-6...": "error",
	} {
		r, err := ParseRange(word)
		if (err != nil) != (want == "error") {
			t.Errorf("%q: error %v", word, err)
		}
		if err != nil {
			continue
		}
		if got := strings.Join(Expand([]string{word}), " "); got != want {
			t.Errorf("%q: got %s, want %s", word, got, want)
		}
		for _, p := range Profiles {
			if r.Has(p) != strings.Contains(" "+want+" ", " "+p+" ") {
				t.Errorf("%q: has %s: %v", word, p, r.Has(p))
			}
		}
	}
	if got := len(Expand(nil)); got != len(Profiles) {
		t.Errorf("no words name %d profiles", got)
	}
}
