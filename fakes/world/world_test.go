package world_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/hostsim/hostsim/fakes/puppet"
	"github.com/hostsim/hostsim/fakes/sim"
	"github.com/hostsim/hostsim/fakes/world"
	"github.com/hostsim/hostsim/host/seam"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const ms = time.Millisecond

// stage is one run of a test in a world.
type stage struct {
	*world.World
	t *testing.T
}

func (s *stage) say(what string)         { s.Emit(trace.Event{Who: "test", What: what}) }
func (s *stage) hold(d time.Duration)    { s.Sim.Wait(seam.Wait{Limit: d, Holds: true}) }
func (s *stage) sleep(d time.Duration)   { s.Sim.Wait(seam.Wait{Limit: d}) }
func (s *stage) in(f func())             { s.Sim.Go("thread", f) }
func (s *stage) forEver()                { s.Sim.Wait(seam.Wait{Limit: seam.Forever, Holds: true, Why: "nothing"}) }
func (s *stage) event(who, what string)  { s.Emit(trace.Event{Who: who, What: what}) }
func (s *stage) failed(err error) string { return fmt.Sprint(err) }

// perform runs main as the program of a process with the stimuli and files of a plan, and gives the lines of its trace: first
// the events, then the end.
func perform(t *testing.T, rules world.Rules, text string, main func(*stage) int) []string {
	t.Helper()
	if text == "" {
		text = "{}"
	}
	p, err := plan.Parse("test", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if rules.DefaultSigterm == "" {
		rules.DefaultSigterm = "kills"
	}
	sm := sim.New(nil, sim.Limits{})
	defer sm.Close()
	s := &stage{world.New(sm), t}
	s.Reset(p, &rules)
	var end trace.Ending
	err = sm.Run("main", func() { s.Process.Main(func() int { return main(s) }) }, func(err error) {
		switch ended, ok := s.Process.Ended(); {
		case ok != (err == nil):
			t.Errorf("the run ended with %v, the process has ended: %v", err, ok)
		case ok:
			end = ended
		default:
			cycle, rest := sm.WaitFor()
			end = trace.Ending{Kind: trace.HangEnd, Stuck: rest}
			if len(cycle) > 0 {
				end = trace.Ending{Kind: trace.Deadlock, Cycle: cycle, Stuck: rest}
			}
		}
	})
	_ = err
	s.Aftermath(end)
	var out []string
	for _, e := range s.Events() {
		out = append(out, line(e))
	}
	return append(out, ending(&end))
}

func line(e trace.Event) string {
	l := fmt.Sprintf("%d %s.%s", e.At.Milliseconds(), e.Who, e.What)
	if e.Phase != trace.Point {
		l += "." + e.Phase.String()
	}
	if e.Outcome != "" {
		l += " " + e.Outcome
	}
	switch e.Detail.Kind {
	case trace.TextDetail:
		l += " (" + e.Detail.Text + ")"
	case trace.NumberDetail:
		l += fmt.Sprintf(" (%d)", e.Detail.N)
	}
	return l
}

func ending(e *trace.Ending) string {
	switch e.Kind {
	case trace.Exited:
		return fmt.Sprintf("exited %d", e.Code)
	case trace.Signaled:
		return "signaled " + e.Signal
	}
	out := string(e.Kind)
	for _, w := range append(e.Cycle, e.Stuck...) {
		out += fmt.Sprintf("; %s waits for %s", w.Who, w.Resource)
	}
	return out
}

func same(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// TestStimuli: what a plan sends from outside goes off once, some time after the first event that it names.
func TestStimuli(t *testing.T) {
	for _, c := range []struct {
		name, plan string
		main       func(*stage)
		want       []string
	}{
		{"after an event without a phase", `services: [{name: a}]
signals: [{after: a.start, wait: 5ms, send: SIGINT}]`,
			func(s *stage) { s.event("a", "start"); s.hold(10 * ms) },
			[]string{"0 a.start", "5 signal.SIGINT", "signaled SIGINT"}},
		{"an event without a phase is any phase, the first of them", `services: [{name: a}]
signals: [{after: a.start, wait: 5ms, send: SIGINT}]`,
			func(s *stage) {
				s.Emit(trace.Event{Who: "a", What: "start", Phase: trace.Begin})
				s.hold(10 * ms)
			},
			[]string{"0 a.start.begin", "5 signal.SIGINT", "signaled SIGINT"}},
		{"a phase is that phase", `services: [{name: a}]
signals: [{after: a.start.end, wait: 5ms, send: SIGINT}]`,
			func(s *stage) {
				s.Emit(trace.Event{Who: "a", What: "start", Phase: trace.Begin})
				s.hold(10 * ms)
				s.Emit(trace.Event{Who: "a", What: "start", Phase: trace.End})
				s.hold(10 * ms)
			},
			[]string{"0 a.start.begin", "10 a.start.end", "15 signal.SIGINT", "signaled SIGINT"}},
		{"the begin", `services: [{name: a}]
signals: [{after: a.stop.begin, wait: 0ms, send: SIGINT}]`,
			func(s *stage) {
				s.Emit(trace.Event{Who: "a", What: "stop", Phase: trace.End})
				s.hold(ms)
				s.Emit(trace.Event{Who: "a", What: "stop", Phase: trace.Begin})
				s.hold(ms)
			},
			[]string{"0 a.stop.end", "1 a.stop.begin", "1 signal.SIGINT", "signaled SIGINT"}},
		{"not after another one's event, nor another event of its", `services: [{name: a}, {name: b}]
signals: [{after: a.start, wait: 1ms, send: SIGINT}]`,
			func(s *stage) { s.event("b", "start"); s.event("a", "stop"); s.hold(10 * ms) },
			[]string{"0 b.start", "0 a.stop", "exited 0"}},
		{"once only", `services: [{name: a}]
signals: [{after: a.mark, wait: 1ms, send: SIGHUP}]`,
			func(s *stage) {
				s.Process.OnSignal(signals("SIGHUP"), func(signal) bool { return true })
				s.event("a", "mark")
				s.event("a", "mark")
				s.hold(5 * ms)
				s.event("a", "mark")
				s.hold(5 * ms)
			},
			[]string{"0 a.mark", "0 a.mark", "1 signal.SIGHUP", "5 a.mark", "exited 0"}},
		{"several after one event, in the order of the plan", `services: [{name: a}]
signals: [{after: a.mark, wait: 1ms, send: SIGHUP}, {after: a.mark, wait: 1ms, send: SIGQUIT}, {after: a.mark, wait: 0ms, send: SIGHUP}]`,
			func(s *stage) {
				s.Process.OnSignal(signals("SIGHUP", "SIGQUIT"), func(signal) bool { return true })
				s.event("a", "mark")
				s.hold(5 * ms)
			},
			[]string{"0 a.mark", "0 signal.SIGHUP", "1 signal.SIGHUP", "1 signal.SIGQUIT", "exited 0"}},
		{"a stimulus may be what another waits for", `services: [{name: a}]
signals: [{after: a.mark, wait: 1ms, send: SIGHUP}, {after: signal.SIGHUP, wait: 1ms, send: SIGINT}]`,
			func(s *stage) {
				s.Process.OnSignal(signals("SIGHUP"), func(signal) bool { return true })
				s.event("a", "mark")
				s.hold(5 * ms)
			},
			[]string{"0 a.mark", "1 signal.SIGHUP", "2 signal.SIGINT", "signaled SIGINT"}},
		{"after the end nothing comes any more", `services: [{name: a}]
signals: [{after: a.mark, wait: 1ms, send: SIGINT}]`,
			func(s *stage) { s.event("a", "mark") }, []string{"0 a.mark", "exited 0"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			same(t, perform(t, world.Rules{}, c.plan, func(s *stage) int { c.main(s); return 0 }), c.want...)
		})
	}
}

// TestTheClockOfATrace starts when the host is built, and only the first time.
func TestTheClockOfATrace(t *testing.T) {
	sm := sim.New(nil, sim.Limits{})
	defer sm.Close()
	w := world.New(sm)
	p, _ := plan.Parse("test", []byte("{}"))
	for range 2 {
		w.Reset(p, &world.Rules{})
		if w.Zero() != 0 || len(w.Events()) != 0 {
			t.Fatalf("a world that was reset begins at %v with %d events", w.Zero(), len(w.Events()))
		}
		_ = sm.Run("main", func() {
			for range 2 {
				sm.Wait(seam.Wait{Limit: 3 * ms})
				w.Emit(trace.Event{Who: trace.Host, What: "build", Phase: trace.Begin})
			}
			sm.End()
			w.Emit(trace.Event{Who: "late", What: "mark"}) // after the end: nothing
		}, nil)
		if w.Zero() != 3*ms || len(w.Events()) != 2 {
			t.Errorf("zero at %v, %d events", w.Zero(), len(w.Events()))
		}
	}
}

// TestTooManyEvents ends a run that never stops reporting.
func TestTooManyEvents(t *testing.T) {
	sm := sim.New(nil, sim.Limits{})
	defer sm.Close()
	w := world.New(sm)
	p, _ := plan.Parse("test", []byte("{}"))
	w.Reset(p, &world.Rules{})
	_ = sm.Run("main", func() {
		for {
			w.Emit(trace.Event{Who: "a", What: "mark"})
		}
	}, nil)
	if !w.Overflow() || len(w.Events()) != world.MaxEvents {
		t.Errorf("overflow %v with %d events", w.Overflow(), len(w.Events()))
	}
	w.Reset(p, &world.Rules{})
	if w.Overflow() {
		t.Error("the next run begins with an overflow")
	}
}

// TestFirstUse: under the rules of a runtime that compiles as it goes the first use of a thing lets others get on, every
// later one and any other runtime does not.
func TestFirstUse(t *testing.T) {
	for _, slow := range []bool{true, false} {
		for u := range puppet.Uses {
			got := perform(t, world.Rules{SlowFirstUse: slow}, "", func(s *stage) int {
				for range 2 {
					s.in(func() { s.say("other") })
					s.FirstUse(u)
					s.say("main")
				}
				s.hold(ms)
				return 0
			})
			want := []string{"0 test.main", "0 test.main", "0 test.other", "0 test.other", "exited 0"}
			if slow {
				want = []string{"0 test.other", "0 test.main", "0 test.main", "0 test.other", "exited 0"}
			}
			same(t, got, want...)
		}
	}
}

// TestSuspendedCalls: a call that comes back before it has ended is such a use, the start of a background service's body
// is not.
func TestSuspendedCalls(t *testing.T) {
	for name, want := range map[string]string{"a start": "0 test.other", "a execute": "0 test.main"} {
		got := perform(t, world.Rules{SlowFirstUse: true}, "", func(s *stage) int {
			s.in(func() { s.say("other") })
			s.Sim.Call(name, func() { s.Sim.Yield() })
			s.say("main")
			s.hold(ms)
			return 0
		})
		if got[0] != want {
			t.Errorf("%s: first %s, want %s", name, got[0], want)
		}
	}
}

// TestTimerFailure: what nobody handles aborts the process where the rules say so.
func TestTimerFailure(t *testing.T) {
	for aborts, want := range map[bool]string{true: "signaled SIGABRT", false: "exited 0"} {
		got := perform(t, world.Rules{TimerFailureAborts: aborts}, "", func(s *stage) int {
			s.Sim.Unhandled(fmt.Errorf("a callback failed"))
			s.hold(ms)
			return 0
		})
		same(t, got, want)
	}
}

func TestRulesOf(t *testing.T) {
	for _, c := range []struct{ profile, sigterm, order string }{
		{"strict", "kills", "newestFirst"}, {"dotnet-2.2", "exit0", "oldestFirst"}, {"dotnet-9", "exit143", "oldestFirst"}, {"dotnet-10", "kills", "newestFirst"},
	} {
		for range 2 { // the second time from what is kept
			r, err := world.RulesOf(c.profile)
			if err != nil || r.DefaultSigterm != c.sigterm || r.SignalHandlerOrder != c.order {
				t.Errorf("%s: %+v, %v", c.profile, r, err)
			}
		}
	}
	if _, err := world.RulesOf("dotnet-1"); err == nil || !strings.Contains(err.Error(), `no profile "dotnet-1"; the profiles are core, strict`) {
		t.Errorf("an unknown profile: %v", err)
	}
}
