package shrink_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hostsim/hostsim/conformance/fuzz"
	"github.com/hostsim/hostsim/conformance/shrink"
	"github.com/hostsim/hostsim/scenarios/plan"
)

func parse(t *testing.T, text string) *plan.Plan {
	t.Helper()
	p, err := plan.Parse("plan.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func written(p *plan.Plan) string { return string(plan.AppendYAML(nil, p)) }

const large = `options: {shutdownTimeout: 900ms, startupTimeout: 3s, concurrentStart: true, concurrentStop: true, backgroundException: ignore}
config: {shutdownTimeoutSeconds: "2", other: x}
services:
- {name: a, start: [delay: 1s, mark: one], stop: [sleep: 500ms]}
- {name: b, kind: lifecycle, watchTokens: true, starting: [yield], stopped: [throw: late]}
- {name: w, kind: background, execute: [untilCancelled: throw, mark: two]}
hostLifetime: {waitForStart: [delay: 1500ms], stop: [yield]}
applicationStarted: [[mark: three], [spawn: [sleep: 20ms, stopApplication]]]
applicationStopping: [[block: 10ms]]
applicationStopped: [[]]
processExit: [block: 10ms]
signalHandlers: [{signal: SIGTERM, cancel: true}]
main: [build, run, mark: end]
mainCatches: true
signals: [{after: lifetime.applicationStarted, wait: 300ms, send: SIGINT}]
connections: [{name: c, after: w.execute.begin, dial: tcp:web, hold: 1s}]
files: [{path: app.sock, state: stale}]
`

// TestPlanKeepsWhatItIsWantedFor: everything goes but what keep asks for.
func TestPlanKeepsWhatItIsWantedFor(t *testing.T) {
	marked := func(text string) func(*plan.Plan) bool {
		return func(p *plan.Plan) bool {
			for s := range p.AllSteps() {
				if s.Kind == plan.Mark && s.Text == text {
					return true
				}
			}
			return false
		}
	}
	for _, c := range []struct {
		name string
		keep func(*plan.Plan) bool
		want string
	}{
		{"nothing", func(*plan.Plan) bool { return true }, "main: [build]\n"},
		{"a step of a hook", marked("one"), "services:\n- {name: a, start: [mark: one]}\nmain: [build]\n"},
		{"a step of a background service", marked("two"), "services:\n- {name: w, kind: background, execute: [mark: two]}\nmain: [build]\n"},
		{"a callback", marked("three"), "applicationStarted: [[mark: three]]\nmain: [build]\n"},
		{"a step of main", marked("end"), "main: [build, mark: end]\n"},
		{"a step of a thread", func(p *plan.Plan) bool { return p.Has(plan.StopApp) },
			"applicationStarted: [[spawn: [stopApplication]]]\nmain: [build]\n"},
		{"a signal", func(p *plan.Plan) bool { return len(p.Signals) == 1 },
			"main: [build]\nsignals:\n- {after: lifetime.applicationStarted, wait: 0s, send: SIGINT}\n"},
		{"a setting", func(p *plan.Plan) bool { return len(p.Config) > 0 && p.Config[0].Key == "other" },
			"config: {other: x}\nmain: [build]\n"},
		{"a long duration", func(p *plan.Plan) bool {
			for s := range p.AllSteps() {
				if s.Kind == plan.Delay && s.Dur >= 100*time.Millisecond {
					return true
				}
			}
			return false
		}, "hostLifetime: {waitForStart: [delay: 100ms]}\nmain: [build]\n"},
		{"an option", func(p *plan.Plan) bool { return p.Options.ConcurrentStop != nil }, "options: {concurrentStop: true}\nmain: [build]\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := parse(t, large)
			got := shrink.Plan(p, c.keep)
			if d := cmp.Diff(flat(t, c.want), flat(t, written(got))); d != "" {
				t.Errorf("left is\n%s", d)
			}
			if d := cmp.Diff(written(parse(t, large)), written(p)); d != "" {
				t.Errorf("the plan itself was changed: %s", d)
			}
		})
	}
}

// flat writes a plan in one form, however it was laid out.
func flat(t *testing.T, text string) string { return written(parse(t, text)) }

// TestPiecesLeavesDurations: only Plan makes them shorter.
func TestPiecesLeavesDurations(t *testing.T) {
	const text = "services: [{name: a, start: [delay: 800ms]}]\nmain: [build, run]\n"
	keep := func(p *plan.Plan) bool { return p.Has(plan.Delay) && p.Has(plan.Run) }
	if got := written(shrink.Pieces(parse(t, text), keep)); !strings.Contains(got, "800ms") {
		t.Errorf("Pieces left\n%s", got)
	}
	if got := written(shrink.Plan(parse(t, text), keep)); !strings.Contains(got, "delay: 0s") {
		t.Errorf("Plan left\n%s", got)
	}
}

// TestNothingMoreCanBeTakenAway: of random plans and random things to keep, what is left is minimal, valid, no longer than
// before, and the same each time.
func TestNothingMoreCanBeTakenAway(t *testing.T) {
	style := fuzz.Style{Lifecycle: true, Faults: true, Handlers: true, Wild: 0.5}
	kinds := plan.Steps()
	for n := range 150 {
		p := fuzz.Generate(11, n, style)
		kind := kinds[n%len(kinds)]
		if !p.Has(kind) {
			continue
		}
		calls := 0
		keep := func(q *plan.Plan) bool { calls++; return q.Has(kind) }
		small := shrink.Plan(p, keep)
		text := written(small)
		if !small.Has(kind) {
			t.Fatalf("plan %d: %s is gone\n%s", n, kind.Name, text)
		}
		if _, err := plan.Parse("small.yaml", []byte(text)); err != nil {
			t.Errorf("plan %d: what is left is no plan: %v\n%s", n, err, text)
		}
		if len(text) > len(written(p)) {
			t.Errorf("plan %d grew:\n%s", n, text)
		}
		for q := range shrink.Smaller(small) {
			if keep(q) {
				t.Errorf("plan %d could be smaller:\n%s\nthan\n%s", n, written(q), text)
			}
		}
		again := calls
		if calls = 0; written(shrink.Plan(p, keep)) != text || calls > again {
			t.Errorf("plan %d shrinks to something else the second time", n)
		}
	}
}

// TestSmallerIsSmaller: each candidate is another, no longer plan that can be read back.
func TestSmallerIsSmaller(t *testing.T) {
	p := parse(t, large)
	before := written(p)
	n := 0
	for q := range shrink.Smaller(p) {
		n++
		text := written(q)
		if text == before || len(text) > len(before) {
			t.Errorf("no smaller:\n%s", text)
		}
		if _, err := plan.Parse("q.yaml", []byte(text)); err != nil {
			t.Errorf("no plan: %v\n%s", err, text)
		}
		q.Services = append(q.Services, plan.Service{Name: "z", Kind: plan.Hosted}) // it is ours
	}
	if want := 44; n != want {
		t.Errorf("%d candidates, want %d", n, want)
	}
	if written(p) != before {
		t.Errorf("the plan was changed")
	}
	for range shrink.Smaller(p) {
		break // breaking off is allowed
	}
}
