package virtual_test

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hostsim/hostsim/conformance/virtual"
	"github.com/hostsim/hostsim/host/seam"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// repeated is a plan whose service a starts with the same step, as often as a plan may have steps.
func repeated(s plan.Step) *plan.Plan {
	n := plan.MaxSteps / (1 + len(s.Steps))
	script := make(plan.Script, 0, n)
	for range n {
		script = append(script, s)
	}
	return &plan.Plan{Services: []plan.Service{{Name: "a", Kind: plan.Hosted, Hooks: map[string]plan.Script{plan.HookStart: script}}}}
}

// crowd is a plan with as many services as a plan may have.
func crowd(p plan.Plan, kind string, start, stop time.Duration) *plan.Plan {
	for i := range plan.MaxServices {
		s := plan.Service{Name: "s" + strconv.Itoa(i), Kind: kind, Hooks: map[string]plan.Script{}}
		if start > 0 {
			s.Hooks[plan.HookStart] = plan.Script{{Kind: plan.Delay, Dur: start}}
		}
		if stop > 0 {
			s.Hooks[plan.HookStop] = plan.Script{{Kind: plan.Delay, Dur: stop}}
		}
		if kind == plan.Background {
			s.Hooks[plan.HookExecute] = plan.Script{{Kind: plan.UntilCancelled}}
		}
		p.Services = append(p.Services, s)
	}
	p.Signals = []plan.Stimulus{{After: "lifetime.applicationStarted", Wait: time.Second, Send: "SIGINT"}}
	return &p
}

// TestCrowds: a plan with as many services as may be is played to its end, however they are started: no limit on a run may
// stand in the way of a plan that the language allows.
func TestCrowds(t *testing.T) {
	if testing.Short() {
		t.Skip("plays 220,000 services")
	}
	yes := true
	l := virtual.New(nil)
	defer l.Close()
	for _, c := range []struct {
		name string
		plan *plan.Plan
	}{
		{"hosted", crowd(plan.Plan{}, plan.Hosted, 0, 0)},
		{"lifecycle", crowd(plan.Plan{}, plan.Lifecycle, 0, 0)},
		{"background", crowd(plan.Plan{}, plan.Background, 0, 0)},
		{"concurrent", crowd(plan.Plan{Options: plan.Options{ConcurrentStart: &yes, ConcurrentStop: &yes}}, plan.Hosted, time.Second, time.Second)},
	} {
		for _, profile := range []string{"strict", "dotnet-10", "dotnet-3.1"} {
			if c.name == "concurrent" && profile == "dotnet-3.1" {
				continue // it knows no concurrency: a second each is longer than any timeout
			}
			t.Run(c.name+" "+profile, func(t *testing.T) {
				tr, err := l.Play(c.plan, profile)
				if err != nil {
					t.Fatal(err)
				}
				stops := 0
				for i := range tr.Events {
					if e := &tr.Events[i]; e.What == plan.HookStop && e.Phase == trace.End && e.Outcome == trace.OK {
						stops++
					}
				}
				if tr.End.Kind != trace.Exited || stops != plan.MaxServices {
					t.Errorf("%d of %d services stopped; the end: %s, %s", stops, plan.MaxServices, trace.FormatEnd(&tr.End), tr.End.Reason)
				}
			})
		}
	}
}

// TestHostilePlans: whatever a plan does, its run ends within the stated limits, and says which it was.
func TestHostilePlans(t *testing.T) {
	for _, c := range []struct {
		name, profile string
		plan          *plan.Plan
		kind          trace.EndKind
		reason        string
	}{
		{"threads without end", "strict", repeated(plan.Step{Kind: plan.Spawn}), trace.Killed, "the limit on threads was reached"},
		{"threads that stay", "strict", repeated(plan.Step{Kind: plan.Spawn, Steps: plan.Script{{Kind: plan.Hang}}}), trace.HangEnd, "waits for"},
		{"a script that only yields", "strict", repeated(plan.Step{Kind: plan.Yield}), trace.HangEnd, "waits for a stop request"},
		{"a script that only talks", "strict", repeated(plan.Step{Kind: plan.Mark, Text: "m"}), trace.HangEnd, "waits for a stop request"},
		{"a stop in a stop in a stop", "dotnet-10", parse(t, "services: [{name: a, stop: [stopHostWait: true]}]\nmain: [build: true, start: true, stop: true]"), trace.Signaled, "SIGABRT"},
		{"one that joins the first", "strict", parse(t, "services: [{name: a, stop: [stopHostWait: true]}]\noptions: {shutdownTimeout: inf}\nmain: [build: true, start: true, stop: true]"), trace.Deadlock, "every one waits for the next"},
		{"a sleep of a day", "strict", repeated(plan.Step{Kind: plan.Sleep, Dur: 24 * time.Hour}), trace.Killed, "the limit on virtual time was reached"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := virtual.New(nil)
			defer l.Close()
			for range 2 { // the lane is none the worse for it
				tr, err := l.Play(c.plan, c.profile)
				if err != nil {
					t.Fatal(err)
				}
				if tr.End.Kind != c.kind || !strings.Contains(tr.End.Reason+tr.End.Signal, c.reason) {
					t.Errorf("the end: %s, %q, want %s, %q", trace.FormatEnd(&tr.End), tr.End.Reason, c.kind, c.reason)
				}
			}
			if tr, _ := l.Play(parse(t, threeServices), "strict"); tr.End.Kind != trace.Exited || tr.End.Code != 3 {
				t.Errorf("the next plan ends %s", trace.FormatEnd(&tr.End))
			}
		})
	}
}

// TestHostileHosts: a faulty host that never comes to rest is given up, by the limit that it runs into.
func TestHostileHosts(t *testing.T) {
	p := parse(t, "services: [{name: a}]\nmain: [build: true, start: true, stop: true]")
	for _, c := range []struct {
		name, reason string
		stop         func(h *virtual.Handle)
	}{
		{"yields for ever", "the limit on turns", func(h *virtual.Handle) {
			for {
				h.RT.Yield()
			}
		}},
		{"polls for ever", "the limit on turns", func(h *virtual.Handle) {
			for {
				h.RT.Wait(seam.Wait{Limit: time.Millisecond, Why: "a poll"})
			}
		}},
		{"polls once a day for ever", "the limit on virtual time", func(h *virtual.Handle) {
			for {
				h.RT.Wait(seam.Wait{Limit: 24 * time.Hour, Why: "a poll"})
			}
		}},
		{"starts threads for ever", "the limit on threads", func(h *virtual.Handle) {
			for {
				h.RT.Go("t", func() { h.RT.Wait(seam.Wait{Limit: seam.Forever}) })
			}
		}},
		{"calls itself for ever", "the limit on threads", func(h *virtual.Handle) {
			var deeper func()
			deeper = func() { h.RT.Call("f", deeper) }
			deeper()
		}},
		{"talks for ever", "it reported too many events", func(h *virtual.Handle) {
			for {
				h.World.Emit(trace.Event{Who: "a", What: "mark"})
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := virtual.NewFaultyLane(&virtual.Fault{Stop: func(h *virtual.Handle, _ context.Context, _ func(context.Context) error) error {
				c.stop(h)
				return nil
			}})
			defer l.Close()
			for range 2 {
				tr, err := l.Play(p, "strict")
				if err != nil {
					t.Fatal(err)
				}
				if tr.End.Kind != trace.Killed || !strings.Contains(tr.End.Reason, c.reason) {
					t.Errorf("the end: %s, %q, want killed, %q", trace.FormatEnd(&tr.End), tr.End.Reason, c.reason)
				}
			}
		})
	}
}

// TestWaitsOnTheClockOfTheTrace: who waits since when is told on the clock that the events have, which starts with the build.
func TestWaitsOnTheClockOfTheTrace(t *testing.T) {
	l := virtual.New(nil)
	defer l.Close()
	tr, err := l.Play(parse(t, "services: [{name: a, start: [sleep: 2s, hang: true]}]\nmain: [sleep: 5s, build: true, start: true]"), "dotnet-10")
	if err != nil || tr.End.Kind != trace.HangEnd {
		t.Fatalf("%v, the end: %s", err, trace.FormatEnd(&tr.End))
	}
	for _, w := range tr.End.Stuck {
		want := time.Duration(0)
		if strings.Contains(w.Where, "a · start") {
			want = 2 * time.Second
		}
		if w.Since != want {
			t.Errorf("%s waits since %v, want %v", w.Where, w.Since, want)
		}
	}
}
