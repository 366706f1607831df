package explore

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hostsim/hostsim/conformance/judge"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

// outcome is what a run of the seeded player does.
type outcome int

const (
	well    outcome = iota
	forgets         // the stop of every service
	hangs
	locks   // two wait for each other; what for depends on the plan
	givenUp // after seconds
	skips   // the plan is not for this adapter
	dies
)

// seededPlayer plays a host that does what a function of plan and seed says.
type seededPlayer struct {
	does      func(p *plan.Plan, seed int) outcome
	cycle     func(p *plan.Plan) []trace.Wait
	calls     int
	explained int
	names     []string
}

func (s *seededPlayer) PlaySchedule(p *plan.Plan, name string, explain bool) (*ScheduledRun, error) {
	s.calls++
	s.names = append(s.names, name)
	_, text, _ := strings.Cut(name, ":")
	seed, _ := strconv.Atoi(text)
	t := &trace.Trace{End: trace.Ending{Kind: trace.Exited}}
	add := func(who, what string, both bool) {
		t.Events = append(t.Events, trace.Event{Who: who, What: what, Phase: trace.Begin})
		if both {
			t.Events = append(t.Events, trace.Event{Who: who, What: what, Phase: trace.End, Outcome: trace.OK})
		}
	}
	add(trace.Host, "run", false)
	for _, svc := range p.Services {
		add(svc.Name, "start", true)
	}
	do := s.does(p, seed)
	stuck := trace.Ending{Kind: trace.HangEnd, Reason: "nothing happens any more"}
	switch do {
	case skips:
		return nil, fmt.Errorf("not this one: %w", &judge.Skip{Why: "it has no feature"})
	case dies:
		return nil, errors.New("the adapter died")
	case hangs:
		t.End = stuck
	case locks:
		t.End = stuck
		t.End.Reason += " in " + strconv.Itoa(len(p.Services)) + " services" // not what it is known by
		if explain {
			t.End.Kind, t.End.Cycle = trace.Deadlock, s.cycle(p)
		}
	case givenUp:
		t.End = trace.Ending{Kind: trace.Killed, Reason: "it turns without end"}
	case well, forgets:
		for _, svc := range p.Services {
			if do == well {
				add(svc.Name, "stop", true)
			}
		}
		t.Events = append(t.Events, trace.Event{Who: trace.Host, What: "run", Phase: trace.End, Outcome: trace.OK},
			trace.Event{Who: trace.Main, What: "return", Detail: trace.Number(0)})
	}
	run := &ScheduledRun{Trace: t, Decisions: 2, Hash: text}
	if explain {
		s.explained++
		run.Said = "said of " + name + "\n"
	}
	return run, nil
}

const busy = `
options: {shutdownTimeout: 9s, startupTimeout: 3s}
services:
- {name: a, start: [delay: 1s, mark: one], stop: [sleep: 500ms]}
- {name: b, start: [delay: 200ms, spawn: [delay: 1s, stopApplication]], stop: [mark: two]}
- {name: c, stop: [delay: 30ms]}
main: [build, run, mark: end]
signals: [{after: b.stop.end, wait: 300ms, send: SIGTERM}]
`

func seededOptions(t *testing.T, text string, s *seededPlayer) Options {
	t.Helper()
	p, err := plan.Parse("plan", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return Options{Scenario: "seeded", Plan: p, Profile: spec.MustLoad().MustProfile("core"), Scheduled: s, Clauses: []string{"HOST-STOP-003"}, Strategy: Random, Schedules: 40, Seed: 1, Jobs: 1}
}

func hasService(p *plan.Plan, name string) bool {
	return slices.ContainsFunc(p.Services, func(s plan.Service) bool { return s.Name == name })
}

// waits is a cycle of two, told from the n-th of them on.
func waits(n int, who ...string) (out []trace.Wait) {
	for i := range who {
		out = append(out, trace.Wait{Who: who[(n+i)%len(who)], Resource: "what " + who[(n+i+1)%len(who)] + " holds"})
	}
	return out
}
