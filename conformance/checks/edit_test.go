package checks

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/spec"
)

// line is one line of a trace in the compact form, with its time made explicit.
type line struct {
	at   time.Duration
	text string
}

// edit changes a trace in the compact form; each operation is one text:
//
//	drop EVENT           every event that begins so
//	cut TIME             every event from this time on
//	set EVENT => LINE    the first event that begins so, at the same time
//	add TIME LINE        an event behind those that are not later
//	put LINE before EVENT, put LINE after EVENT   the first event that begins so, at its time
//	end KIND …           the end
//
// An operation that finds nothing to change is a mistake and panics.
func edit(base string, ops ...string) string {
	var lines []line
	end := ""
	var now time.Duration
	for _, l := range strings.Split(base, "\n") {
		f := strings.Fields(l)
		switch {
		case len(f) == 0:
		case f[0] == "end":
			end = strings.Join(f, " ")
		default:
			if d, err := time.ParseDuration(f[0]); err == nil {
				now, f = d, f[1:]
			}
			lines = append(lines, line{now, strings.Join(f, " ")})
		}
	}
	for _, op := range ops {
		word, rest, _ := strings.Cut(op, " ")
		before := fmt.Sprint(lines, end)
		switch word {
		case "drop":
			lines = keep(lines, func(l line) bool { return !strings.HasPrefix(l.text, rest) })
		case "cut":
			lines = keep(lines, func(l line) bool { return l.at < duration(rest) })
		case "set":
			old, text, _ := strings.Cut(rest, " => ")
			if i := find(lines, old); i >= 0 {
				lines[i].text = text
			}
		case "add":
			at, text, _ := strings.Cut(rest, " ")
			i := 0
			for i < len(lines) && lines[i].at <= duration(at) {
				i++
			}
			lines = insert(lines, i, line{duration(at), text})
		case "put":
			text, old, after := strings.Cut(rest, " after ")
			if !after {
				text, old, _ = strings.Cut(rest, " before ")
			}
			if i := find(lines, old); i >= 0 {
				if at := lines[i].at; after {
					lines = insert(lines, i+1, line{at, text})
				} else {
					lines = insert(lines, i, line{at, text})
				}
			}
		case "end":
			end = op
		default:
			panic("edit: " + op)
		}
		if fmt.Sprint(lines, end) == before {
			panic("edit: nothing to change: " + op)
		}
	}
	var b strings.Builder
	for _, l := range lines {
		fmt.Fprintf(&b, "%v %s\n", l.at, l.text)
	}
	return b.String() + end
}

func keep(lines []line, ok func(line) bool) []line {
	var out []line
	for _, l := range lines {
		if ok(l) {
			out = append(out, l)
		}
	}
	return out
}

func insert(lines []line, i int, l line) []line {
	return append(lines[:i:i], append([]line{l}, lines[i:]...)...)
}

func find(lines []line, text string) int {
	for i := range lines {
		if strings.HasPrefix(lines[i].text, text) {
			return i
		}
	}
	return -1
}

func duration(s string) time.Duration {
	d, err := time.ParseDuration(s)
	if err != nil {
		panic(err)
	}
	return d
}

func TestEdit(t *testing.T) {
	base := "0ms a start begin\n a start end ok\n5ms b start begin\nend exited 3"
	for _, c := range []struct {
		name, want string
		ops        []string
	}{
		{"drop", "5ms b start begin\nend exited 3", []string{"drop a start"}},
		{"cut", "0s a start begin\n0s a start end ok\nend exited 3", []string{"cut 5ms"}},
		{"set", "0s a start begin\n0s a start end error:x\n5ms b start begin\nend exited 3", []string{"set a start end => a start end error:x"}},
		{"add", "0s a start begin\n0s a start end ok\n3ms c mark\n5ms b start begin\nend exited 3", []string{"add 3ms c mark"}},
		{"put before", "0s a start begin\n0s c mark\n0s a start end ok\n5ms b start begin\nend exited 3", []string{"put c mark before a start end"}},
		{"put after", "0s a start begin\n0s a start end ok\n5ms b start begin\n5ms c mark\nend exited 3", []string{"put c mark after b start"}},
		{"end", "0s a start begin\n0s a start end ok\n5ms b start begin\nend hang", []string{"end hang"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := edit(base, c.ops...); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
	defer func() {
		if recover() == nil {
			t.Error("an operation that changes nothing must panic")
		}
	}()
	edit(base, "drop z")
}

// whole is the life of two hosted services that SIGTERM ends, with everything that a host tells of it.
const (
	wholePlan = `--- {services: [{name: a}, {name: b}], main: [build, run, {return: 3}], signals: [{after: lifetime.applicationStarted, wait: 300ms, send: SIGTERM}]}`
	whole     = `
0ms host build begin
 host build end ok
 host run begin
1ms log Debug =Host#1
2ms a new
 b new
10ms a start begin live
 a start end ok
 b start begin live
 b start end ok
11ms log Information =Lifetime#0:Application
 log Information =Lifetime#0:Hosting
 log Information =Lifetime#0:Content
 lifetime applicationStarted
12ms log Debug =Host#2
311ms signal SIGTERM
312ms log Information =Lifetime#0:Application
 lifetime applicationStopping
313ms log Debug =Host#3
320ms b stop begin live
330ms b stop end ok
340ms a stop begin live
350ms a stop end ok
360ms lifetime applicationStopped
361ms log Debug =Host#4
370ms b dispose begin
 b dispose end
371ms a dispose begin
 a dispose end
380ms host run end ok
381ms main return =3
end exited 3`
)

// failing is the life of a host whose second service fails to start.
const (
	failingPlan = `--- {services: [{name: a}, {name: b, start: [{throw: start}]}], main: [build, run, {return: 3}]}`
	failed      = `
0ms host build begin
 host build end ok
 host run begin
1ms log Debug =Host#1
2ms a new
 b new
10ms a start begin live
 a start end ok
 b start begin live
 b start end error:start
11ms log Error error:start =Host#11
370ms b dispose begin
 b dispose end
371ms a dispose begin
 a dispose end
380ms host run end error:start
381ms main threw error:start
end signaled SIGABRT`
)

// replaced puts one text for another in a plan or a trace; that it is there is checked.
func replaced(s, old, text string) string {
	if !strings.Contains(s, old) {
		panic("replaced: there is no " + old)
	}
	return strings.ReplaceAll(s, old, text)
}

// runOf makes a run of a plan and a trace, judged by core in the virtual lane.
func runOf(t *testing.T, yaml, text string) *Run {
	t.Helper()
	p, err := plan.Parse("plan.yaml", []byte(yaml))
	if err != nil {
		t.Fatal(err)
	}
	tr, _ := parseTrace(t, text)
	return &Run{Plan: p, Trace: tr, Profile: spec.MustLoad().MustProfile("core"), Lane: spec.Virtual}
}

// TestBoth: a call in one line is a call in two, and a semicolon is the end of a line.
func TestBoth(t *testing.T) {
	short, said := parseTrace(t, "5ms a stop both dead error:x =2; b mark; end hang")
	long, lines := parseTrace(t, "5ms a stop begin dead =2\n a stop end error:x =2\n b mark\nend hang")
	if len(short.Events) != 3 || short.Events[0] != long.Events[0] || short.Events[1] != long.Events[1] || short.Events[2] != long.Events[2] || short.End.Kind != long.End.Kind {
		t.Errorf("in one line %+v\nin two      %+v", short, long)
	}
	for i := range lines {
		if !strings.HasPrefix(said[i], strings.TrimSuffix(lines[i], " =2")) {
			t.Errorf("event %d is told as %q, not as %q", i, said[i], lines[i])
		}
	}
}
