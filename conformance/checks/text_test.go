package checks

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

// row is one hand-written trace and what the check of a clause has to say about it.
//
// A trace is one event a line: [TIME] WHO WHAT [begin|end|both] [live|dead] [OUTCOME] [=DETAIL]. A semicolon ends a line
// too. A line without a time happens at the time of the line before. both is a call that begins and ends at once. live and dead are the token's state; ok, cancelled, error:… and aggregate(…) are
// outcomes; =3 is a number, =text a text. The last line may be "end exited 3", "end signaled SIGTERM", "end hang",
// "end deadlock" or "end killed"; without it the process exited with 0.
type row struct {
	name    string
	id      string // clause
	profile string // "": core
	lane    string // "": virtual
	plan    string // YAML; "": three services a, b, c
	trace   string
	want    Kind
	at      string // Fail: the event that is blamed, as in the trace (only its beginning is compared); "-": none
}

const abc = "services: [{name: a}, {name: b}, {name: c}]"

func judge(t *testing.T, rows []row) {
	t.Helper()
	for _, w := range rows {
		t.Run(w.id+" "+w.name, func(t *testing.T) {
			if w.plan == "" {
				w.plan = abc
			}
			if w.profile == "" {
				w.profile = "core"
			}
			if w.lane == "" {
				w.lane = spec.Virtual
			}
			p, err := plan.Parse("plan.yaml", []byte(w.plan))
			if err != nil {
				t.Fatal(err)
			}
			s := spec.MustLoad()
			c, profile := s.Clause(w.id), s.Profile(w.profile)
			if c == nil || profile == nil {
				t.Fatalf("there is no clause %s or no profile %s", w.id, w.profile)
			}
			if !c.Has(w.profile) {
				t.Fatalf("%s does not hold in profile %s", w.id, w.profile)
			}
			tr, lines := parseTrace(t, w.trace)
			got := Lookup(w.id)(&Run{Plan: p, Trace: tr, Profile: profile, Lane: w.lane})
			said.note(t, w.id, w.name, got)
			if got.Kind != w.want {
				t.Fatalf("got %v (%s), want %v", word(got.Kind), got.Said, word(w.want))
			}
			if got.Kind != Fail {
				return
			}
			if got.Said == "" {
				t.Error("a failure must say what was allowed and what happened")
			}
			blamed := "-"
			if got.At >= 0 && got.At < len(lines) {
				blamed = lines[got.At]
			}
			if w.at != "" && !strings.HasPrefix(blamed, w.at) {
				t.Errorf("blames %q (%s), want %q", blamed, got.Said, w.at)
			}
		})
	}
}

func word(k Kind) string { return [...]string{"vacuous", "pass", "fail"}[k] }

// parseTrace reads the compact form; the lines are those of the events, without their times.
func parseTrace(t testing.TB, text string) (*trace.Trace, []string) {
	t.Helper()
	tr := &trace.Trace{End: trace.Ending{Kind: trace.Exited}}
	var lines []string
	var now time.Duration
	for n, line := range strings.Split(strings.ReplaceAll(text, ";", "\n"), "\n") {
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		if f[0] == "end" {
			end, err := parseEnd(f[1:])
			if err != nil {
				t.Fatalf("line %d: %v", n+1, err)
			}
			tr.End = end
			continue
		}
		if d, err := time.ParseDuration(f[0]); err == nil {
			now, f = d, f[1:]
		}
		if len(f) < 2 {
			t.Fatalf("line %d: %q is no event", n+1, line)
		}
		e, both := trace.Event{At: now, Who: f[0], What: f[1]}, false
		for _, w := range f[2:] {
			switch {
			case w == "begin":
				e.Phase = trace.Begin
			case w == "both":
				e.Phase, both = trace.End, true
			case w == "end":
				e.Phase = trace.End
			case w == "live":
				e.Token = trace.Live
			case w == "dead":
				e.Token = trace.Cancelled
			case w == "ok", w == "cancelled", strings.HasPrefix(w, "error:"), strings.HasPrefix(w, "aggregate("):
				e.Outcome = w
			case strings.HasPrefix(w, "="):
				if i, err := strconv.Atoi(w[1:]); err == nil {
					e.Detail = trace.Number(i)
				} else {
					e.Detail = trace.Text(w[1:])
				}
			default:
				t.Fatalf("line %d: what is %q?", n+1, w)
			}
		}
		line := strings.Join(f, " ")
		if both {
			begin := e
			begin.Phase, begin.Outcome, e.Token = trace.Begin, "", trace.NoToken
			tr.Events = append(tr.Events, begin)
			begins, ends, _ := strings.Cut(line, " both")
			lines = append(lines, begins+" begin"+ends)
			line = begins + " end" + strings.NewReplacer(" live", "", " dead", "").Replace(ends)
		}
		tr.Events = append(tr.Events, e)
		lines = append(lines, line)
	}
	return tr, lines
}

func parseEnd(f []string) (trace.Ending, error) {
	if len(f) == 0 {
		return trace.Ending{}, fmt.Errorf("end of what kind?")
	}
	e := trace.Ending{Kind: trace.EndKind(f[0])}
	if len(f) < 2 {
		return e, nil
	}
	if e.Kind == trace.Signaled {
		e.Signal = f[1]
		return e, nil
	}
	code, err := strconv.Atoi(f[1])
	e.Code = code
	return e, err
}

// plain is a whole healthy life of a, b and c, to be cut up by rows.
const (
	plainStart = `
0ms host build begin
 host build end ok
 host run begin
 a start begin live
 a start end ok
 b start begin live
 b start end ok
 c start begin live
 c start end ok
 lifetime applicationStarted
`
	plainStop = `
300ms signal SIGTERM
 lifetime applicationStopping
 c stop begin live
 c stop end ok
 b stop begin live
 b stop end ok
 a stop begin live
 a stop end ok
 lifetime applicationStopped
`
	plainEnd = `
 host run end ok
 main return =0
`
)

// The beginnings of many traces: services that have started one after the other, one of them a background service w at
// work, and a stop that main calls.
const (
	startedA   = "a start both live ok"
	startedAB  = startedA + "; b start both live ok"
	startedABC = startedAB + "; c start both live ok"
	worksAWC   = startedA + "; w start begin live; w execute begin live; w start end ok; c start both live ok"
	ranA       = "host run begin; " + startedA
	ranAB      = "host run begin; " + startedAB
	ranABC     = "host run begin; " + startedABC
	ranAWC     = "host run begin; " + worksAWC
	stopping   = "host start both ok; host stop begin"
)

// rows judges rows of one clause; what a row leaves out it takes from base.
func rows(t *testing.T, id string, base row, list ...row) {
	t.Helper()
	for i := range list {
		r := &list[i]
		r.id = id
		r.profile, r.lane = either(r.profile, base.profile), either(r.lane, base.lane)
		r.plan, r.trace = either(r.plan, base.plan), either(r.trace, base.trace)
	}
	judge(t, list)
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// life is a whole healthy life of a, b and c.
const life = plainStart + plainStop + plainEnd
