package plan

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// everywhere has a mark in every place that may hold a script, named in the order in which they are visited.
const everywhere = `options: {shutdownTimeout: 1ms, startupTimeout: 2ms}
services:
- name: a
  kind: lifecycle
  stopped: [mark: "8"]
  stop: [mark: "7"]
  stopping: [mark: "6"]
  started: [mark: "5"]
  start: [mark: "3", spawn: [mark: "4", delay: 10ms]]
  starting: [mark: "2", sleep: 9ms]
  dispose: [mark: "9"]
  new: [mark: "1"]
- {name: w, kind: background, execute: [mark: "10"]}
applicationStarted: [[mark: "11"], [mark: "12"]]
applicationStopping: [[mark: "13"]]
applicationStopped: [[mark: "14"]]
hostLifetime: {stop: [mark: "16"], waitForStart: [mark: "15", delay: 11ms]}
processExit: [mark: "17"]
main: [build, mark: "18", runCancelAfter: 12ms]
signals: [{after: main.mark, wait: 3ms, send: SIGINT}]
connections: [{name: c, after: main.mark, wait: 4ms, dial: tcp:web, hold: 5ms}]
`

func marks(p *Plan) string {
	var out []string
	for s := range p.AllSteps() {
		if s.Kind == Mark {
			out = append(out, s.Text)
		}
	}
	return strings.Join(out, " ")
}

func TestStepsAreVisitedInTheOrderOfALife(t *testing.T) {
	const want = "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18"
	for range 20 { // hooks are in a map
		if got := marks(mustParse(everywhere)); got != want {
			t.Fatalf("visited %s, want %s", got, want)
		}
	}
}

// TestAVisitCanEndAnywhere: whoever breaks off is called no more.
func TestAVisitCanEndAnywhere(t *testing.T) {
	p := mustParse(everywhere)
	count := func(visit func(yield func() bool), most int) (n int) {
		visit(func() bool {
			if n == most {
				t.Fatal("called after it had broken off")
			}
			n++
			return n < most
		})
		return n
	}
	for _, c := range []struct {
		name  string
		all   int
		visit func(yield func() bool)
	}{
		{"Scripts", 18, func(y func() bool) { p.Scripts()(func(*Script) bool { return y() }) }},
		{"AllSteps", 24, func(y func() bool) { p.AllSteps()(func(*Step) bool { return y() }) }},
		{"Durations", 9, func(y func() bool) { p.Durations()(func(*time.Duration) bool { return y() }) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := count(c.visit, 1000); got != c.all {
				t.Errorf("there are %d, want %d", got, c.all)
			}
			for most := 1; most <= c.all; most++ {
				if got := count(c.visit, most); got != most {
					t.Errorf("broke off after %d, was called %d times", most, got)
				}
			}
		})
	}
}

func TestDurations(t *testing.T) {
	p := mustParse(everywhere)
	var got []string
	for d := range p.Durations() {
		got = append(got, FormatDuration(*d))
		*d *= 2
	}
	if want := "1ms 2ms 3ms 4ms 5ms 9ms 10ms 11ms 12ms"; strings.Join(got, " ") != want {
		t.Errorf("durations %s, want %s", got, want)
	}
	got = nil
	for d := range p.Durations() {
		got = append(got, FormatDuration(*d))
	}
	if want := "2ms 4ms 6ms 8ms 10ms 18ms 20ms 22ms 24ms"; strings.Join(got, " ") != want {
		t.Errorf("doubled they are %s, want %s", got, want)
	}
	for d := range new(Plan).Durations() {
		t.Errorf("an empty plan has a duration, %v", *d)
	}
}

// TestScriptsCanBeReplaced: a script that is visited can get longer, shorter or empty, wherever it stands.
func TestScriptsCanBeReplaced(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(Script) Script
	}{
		{"shorter", func(s Script) Script { return s[1:] }},
		{"longer", func(s Script) Script { return append(Script{{Kind: Yield}}, s...) }},
		{"empty", func(Script) Script { return nil }},
		{"other steps", func(s Script) Script {
			out := append(Script(nil), s...)
			out[0] = Step{Kind: Yield}
			return out
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := 0
			for range mustParse(everywhere).Scripts() {
				n++
			}
			for i := range n {
				p := mustParse(everywhere)
				at := 0
				var want Script
				for s := range p.Scripts() {
					if at == i {
						*s = c.change(*s)
						want = *s
						break
					}
					at++
				}
				at = 0
				for s := range p.Scripts() {
					if at == i {
						if d := cmp.Diff(want, *s, samePlan); d != "" {
							t.Errorf("script %d: %s", i, d)
						}
						break
					}
					at++
				}
			}
		})
	}
}

func TestHas(t *testing.T) {
	p := mustParse(everywhere)
	for _, c := range []struct {
		name  string
		kinds []*StepKind
		want  bool
	}{
		{"a step of a thread", []*StepKind{Delay}, true},
		{"a step of main", []*StepKind{Build}, true},
		{"one of several", []*StepKind{Hang, Sleep}, true},
		{"none of several", []*StepKind{Hang, Exit}, false},
		{"nothing", nil, false},
	} {
		if got := p.Has(c.kinds...); got != c.want {
			t.Errorf("%s: %t, want %t", c.name, got, c.want)
		}
	}
}

// TestCloneSharesNothing: what is done to a copy does not show in the plan, and the other way round.
func TestCloneSharesNothing(t *testing.T) {
	for _, text := range []string{full, everywhere, "{}", "services: [{name: a}]"} {
		p := mustParse(text)
		c := p.Clone()
		if d := cmp.Diff(p, c); d != "" {
			t.Fatalf("the copy is another plan: %s", d)
		}
		spoil(c)
		if d := cmp.Diff(mustParse(text), p); d != "" {
			t.Errorf("a change of the copy shows in the plan: %s", d)
		}
	}
}

// spoil changes whatever of a plan can be changed in place.
func spoil(p *Plan) {
	for d := range p.Durations() {
		*d += time.Hour
	}
	for _, b := range []*bool{p.Options.ConcurrentStart, p.Options.ConcurrentStop} {
		if b != nil {
			*b = !*b
		}
	}
	for s := range p.AllSteps() {
		s.Kind, s.Text, s.N = Hang, "spoilt", s.N+1
	}
	for i := range p.Services {
		s := &p.Services[i]
		s.Name += "x"
		if s.Hooks != nil {
			s.Hooks[HookNew] = Script{{Kind: Hang}}
		}
		delete(s.Hooks, HookStop)
	}
	for _, list := range [][]Script{p.ApplicationStarted, p.ApplicationStopping, p.ApplicationStopped} {
		for i := range list {
			list[i] = Script{{Kind: Hang}}
		}
	}
	if p.HostLifetime != nil {
		p.HostLifetime.Kind, p.HostLifetime.Stop = Systemd, nil
	}
	if p.ProcessExit != nil {
		*p.ProcessExit = Script{{Kind: Hang}}
	}
	for i := range p.Config {
		p.Config[i].Value = "spoilt"
	}
	for i := range p.SignalHandlers {
		p.SignalHandlers[i].Signal = "spoilt"
	}
	for i := range p.Signals {
		p.Signals[i].Send = "spoilt"
	}
	for i := range p.Connections {
		p.Connections[i].Name = "spoilt"
	}
	for i := range p.Files {
		p.Files[i].State = "spoilt"
	}
}
