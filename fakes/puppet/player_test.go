package puppet_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/hostsim/hostsim/fakes/puppet"
	"github.com/hostsim/hostsim/fakes/sim"
	"github.com/hostsim/hostsim/host/seam"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const ms = time.Millisecond

// stage is a world that notes what scripts ask of it, and the host that they run in.
type stage struct {
	*sim.Sim
	player    puppet.Player
	said      []string
	delay     string // CancelledDelay
	sockets   error  // what every use of a socket gives
	stopFails error  // what StopHost gives
	runFails  error  // what WaitRun gives
	runEnds   seam.Event
	code      int
	uses      []puppet.Use
}

func (s *stage) say(format string, args ...any) {
	at := ""
	if n := s.Elapsed().Milliseconds(); n != 0 {
		at = fmt.Sprintf("%d ", n)
	}
	s.said = append(s.said, at+fmt.Sprintf(format, args...))
}

func (s *stage) Emit(e trace.Event)       { s.say("%s", trace.AppendText(nil, &e)) }
func (s *stage) Exit(code int)            { s.say("Exit(%d)", code); s.End(); s.Yield() }
func (s *stage) ExitCode() int            { return s.code }
func (s *stage) SetExitCode(code int)     { s.code = code; s.say("SetExitCode(%d)", code) }
func (s *stage) Abort()                   { s.say("Abort"); s.End() }
func (s *stage) Raise(signal string)      { s.say("Raise(%s)", signal) }
func (s *stage) CancelledDelay() string   { return s.delay }
func (s *stage) FirstUse(u puppet.Use)    { s.uses = append(s.uses, u) }
func (s *stage) StopApplication()         { s.say("StopApplication") }
func (s *stage) socket(what string) error { s.say("%s", what); return s.sockets }

func (s *stage) Listen(owner, where, address string) error {
	return s.socket("Listen(" + owner + ", " + where + ", " + address + ")")
}
func (s *stage) CloseListener(owner, address string) error {
	return s.socket("CloseListener(" + owner + ", " + address + ")")
}
func (s *stage) Accept(ctx context.Context, owner, address string) error {
	return s.socket("Accept(" + owner + ", " + address + ") " + fmt.Sprint(ctx.Err()))
}
func (s *stage) Drain(ctx context.Context, owner, address string) error {
	return s.socket("Drain(" + owner + ", " + address + ") " + fmt.Sprint(ctx.Err()))
}
func (s *stage) Dial(owner, address string) error {
	return s.socket("Dial(" + owner + ", " + address + ")")
}
func (s *stage) RemoveFile(owner, address string) error {
	return s.socket("RemoveFile(" + owner + ", " + address + ")")
}

// StopHost holds the thread for 3 ms.
func (s *stage) StopHost() error {
	s.Wait(seam.Wait{Limit: 3 * ms, Holds: true})
	return s.stopFails
}

func (s *stage) WaitRun() error {
	if s.runEnds != nil {
		s.Wait(seam.Wait{For: s.runEnds, Limit: seam.Forever, Holds: true})
	}
	return s.runFails
}

func newStage(t *testing.T) *stage {
	s := &stage{Sim: sim.New(nil, sim.Limits{})}
	s.player = puppet.Player{RT: s.Sim, World: s, Controls: s}
	t.Cleanup(s.Close)
	return s
}

// script parses a script that stands in a place.
func script(t *testing.T, sync bool, text string) plan.Script {
	t.Helper()
	hook := plan.HookStart
	if sync {
		hook = plan.HookDispose
	}
	p, err := plan.Parse("test", []byte("services: [{name: a, "+hook+": ["+text+"]}]"))
	if err != nil {
		t.Fatal(err)
	}
	return p.Services[0].Hooks[hook]
}

func same(t *testing.T, got []string, want ...string) {
	t.Helper()
	if len(got)+len(want) > 0 && !reflect.DeepEqual(got, want) {
		t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

var errBoom = errors.New("boom")

// played are the steps that a row of a table has played, by name.
var played = map[string]bool{}

func note(s plan.Script) {
	for i := range s {
		played[s[i].Kind.Name] = true
		note(s[i].Steps)
	}
}

// TestAsync plays every step in an asynchronous hook: called as a host calls it, so that "main" tells when the step gives
// the thread back; then the outcome.
func TestAsync(t *testing.T) {
	const never = -1
	for _, c := range []struct {
		steps  string
		cancel int // when the token is cancelled, in ms; 0: before; never
		set    func(*stage)
		want   []string
	}{
		{steps: "", cancel: never, want: []string{"ok", "main"}},
		{steps: "delay: 5ms", cancel: never, want: []string{"main", "5 ok"}},
		{steps: "delay: 5ms", cancel: 2, want: []string{"main", "2 cancelled"}},
		{steps: "delay: 5ms", cancel: 0, want: []string{"cancelled", "main"}},
		{steps: "delay: inf", cancel: 2, want: []string{"main", "2 cancelled"}},
		{steps: "delay: 0ms", cancel: never, want: []string{"ok", "main"}},
		{steps: "sleep: 5ms", cancel: 2, want: []string{"main", "5 ok"}},
		{steps: "sleep: 5ms", cancel: 0, want: []string{"main", "5 ok"}},
		{steps: "hang: true", cancel: 2, want: []string{"main"}},
		{steps: "block: 5ms", cancel: 2, want: []string{"5 ok", "5 main"}},
		{steps: "blockForever: true", cancel: 2, want: nil},
		{steps: "untilCancelled: true", cancel: 2, want: []string{"main", "2 a tokenFired", "2 ok"}},
		{steps: "untilCancelled: true", cancel: 0, want: []string{"a tokenFired", "ok", "main"}},
		{steps: "untilCancelled: throw", cancel: 2, want: []string{"main", "2 a tokenFired", "2 cancelled"}},
		{steps: "untilCancelled: true", cancel: never, want: []string{"main"}},
		{steps: "yield: true", cancel: never, want: []string{"main", "ok"}},
		{steps: "throw: kaputt", cancel: never, want: []string{"error:kaputt", "main"}},
		{steps: "throwCancelled: true", cancel: never, want: []string{"cancelled", "main"}},
		{steps: "mark: here", cancel: never, want: []string{"a mark here", "ok", "main"}},
		{steps: "exit: 7", cancel: never, want: []string{"Exit(7)"}},
		{steps: "exitCode: 7", cancel: never, want: []string{"SetExitCode(7)", "ok", "main"}},
		{steps: "stopApplication: true", cancel: never, want: []string{"a stopApplication begin", "StopApplication", "a stopApplication end", "ok", "main"}},
		{steps: "stopHostWait: true", cancel: never, want: []string{"a stopHost begin", "3 a stopHost end", "3 ok", "3 main"}},
		{steps: "stopHostWait: true", cancel: never, set: func(s *stage) { s.stopFails = errBoom }, want: []string{"a stopHost begin", "3 error:boom", "3 main"}},
		{steps: "waitRun: true", cancel: never, want: []string{"ok", "main"}},
		{steps: "waitRun: true", cancel: never, set: func(s *stage) { s.runFails = errBoom }, want: []string{"error:boom", "main"}},
		{steps: "waitRun: true", cancel: never, set: func(s *stage) {
			s.runEnds = s.NewEvent("the end of run")
			s.AfterFunc(4*ms, "run", s.runEnds.Set)
		}, want: []string{"4 ok", "4 main"}},
		{steps: "raise: SIGTERM", cancel: never, want: []string{"Raise(SIGTERM)", "ok", "main"}},
		{steps: "onCancelThrow: kaputt", cancel: 2, want: []string{"ok", "main", "2 a cancelCallback begin", "2 the cancellation failed: kaputt"}},
		{steps: "onCancelThrow: kaputt", cancel: 0, want: []string{"a cancelCallback begin", "error:kaputt", "main"}},
		{steps: "onCancelThrow: kaputt", cancel: never, want: []string{"ok", "main"}},
		{steps: "onCancelBlock: 5ms", cancel: 2, want: []string{"ok", "main", "2 a cancelCallback begin", "7 a cancelCallback end", "7 the cancellation is over"}},
		{steps: "onCancelBlock: 5ms", cancel: 0, want: []string{"a cancelCallback begin", "5 a cancelCallback end", "5 ok", "5 main"}},
		{steps: "spawn: [{mark: there}, {sleep: 2ms}, {mark: again}]", cancel: never, want: []string{"ok", "main", "a/thread mark there", "2 a/thread mark again"}},
		{steps: "spawn: [{throw: kaputt}]", cancel: never, want: []string{"ok", "main", "a/thread threw error:kaputt", "Abort"}},
		{steps: "spawn: [{spawn: [{mark: deep}]}]", cancel: never, want: []string{"ok", "main", "a/thread/thread mark deep"}},
		{steps: "spawn: [{untilCancelled: true}]", cancel: 2, want: []string{"ok", "main"}}, // a thread has no token
		{steps: "listen: 'tcp:web'", cancel: never, want: []string{"Listen(a, start, tcp:web)", "ok", "main"}},
		{steps: "listen: 'tcp:web'", cancel: never, set: func(s *stage) { s.sockets = errBoom }, want: []string{"Listen(a, start, tcp:web)", "error:boom", "main"}},
		{steps: "close: 'tcp:web'", cancel: never, want: []string{"CloseListener(a, tcp:web)", "ok", "main"}},
		{steps: "accept: 'tcp:web'", cancel: never, want: []string{"Accept(a, tcp:web) <nil>", "ok", "main"}},
		{steps: "accept: 'tcp:web'", cancel: 0, set: func(s *stage) { s.sockets = context.Canceled }, want: []string{"Accept(a, tcp:web) context canceled", "cancelled", "main"}},
		{steps: "drain: 'tcp:web'", cancel: 0, want: []string{"Drain(a, tcp:web) context canceled", "ok", "main"}},
		{steps: "dial: 'unix:app.sock'", cancel: never, want: []string{"Dial(a, unix:app.sock)", "ok", "main"}},
		{steps: "removeFile: 'unix:app.sock'", cancel: never, want: []string{"RemoveFile(a, unix:app.sock)", "ok", "main"}},
		{steps: "mark: one}, {throw: kaputt}, {mark: never", cancel: never, want: []string{"a mark one", "error:kaputt", "main"}},
		{steps: "yield: true}, {mark: m", cancel: never, want: []string{"main", "a mark m", "ok"}},
	} {
		name := fmt.Sprintf("%s, cancelled at %d", c.steps, c.cancel)
		t.Run(name, func(t *testing.T) {
			text := ""
			if c.steps != "" {
				text = "{" + c.steps + "}"
			}
			steps := script(t, false, text)
			note(steps)
			s := newStage(t)
			s.delay = "pool"
			_ = s.Run("main", func() {
				src := seam.NewSource(s, context.Background())
				if c.set != nil {
					c.set(s)
				}
				switch c.cancel {
				case never:
				case 0:
					_ = src.Cancel()
				default:
					s.AfterFunc(time.Duration(c.cancel)*ms, "the token", func() {
						if err := src.Cancel(); err != nil {
							s.say("the cancellation failed: %v", err)
						} else if strings.HasPrefix(c.steps, "onCancel") {
							s.say("the cancellation is over")
						}
					})
				}
				s.Call("a start", func() {
					err := s.player.Async("a", plan.HookStart, steps, src)
					s.say("%s", puppet.Outcome(err))
				})
				s.say("main")
			}, nil)
			same(t, s.said, c.want...)
		})
	}
}

// TestSync plays every step that may stand in a synchronous place there: each holds the thread until it is over.
func TestSync(t *testing.T) {
	for _, c := range []struct {
		steps string
		want  []string
	}{
		{"block: 5ms", []string{"5 ok", "5 main"}},
		{"blockForever: true", nil},
		{"throw: kaputt", []string{"error:kaputt", "main"}},
		{"mark: here", []string{"a mark here", "ok", "main"}},
		{"exit: 7", []string{"Exit(7)"}},
		{"exitCode: 7", []string{"SetExitCode(7)", "ok", "main"}},
		{"stopApplication: true", []string{"a stopApplication begin", "StopApplication", "a stopApplication end", "ok", "main"}},
		{"stopHostWait: true", []string{"a stopHost begin", "3 a stopHost end", "3 ok", "3 main"}},
		{"waitRun: true", []string{"ok", "main"}},
		{"raise: SIGINT", []string{"Raise(SIGINT)", "ok", "main"}},
		{"spawn: [{mark: there}]", []string{"ok", "main", "a/thread mark there"}},
		{"listen: 'tcp:web'", []string{"Listen(a, dispose, tcp:web)", "ok", "main"}},
		{"close: 'tcp:web'", []string{"CloseListener(a, tcp:web)", "ok", "main"}},
		{"dial: 'tcp:web'", []string{"Dial(a, tcp:web)", "ok", "main"}},
		{"removeFile: 'unix:app.sock'", []string{"RemoveFile(a, unix:app.sock)", "ok", "main"}},
	} {
		t.Run(c.steps, func(t *testing.T) {
			steps := script(t, true, "{"+c.steps+"}")
			s := newStage(t)
			_ = s.Run("main", func() {
				s.Call("a dispose", func() {
					s.say("%s", puppet.Outcome(s.player.Sync("a", plan.HookDispose, steps)))
				})
				s.say("main")
			}, nil)
			same(t, s.said, c.want...)
			delete(inSync, steps[0].Kind.Name)
		})
	}
	for name := range inSync {
		t.Errorf("the step %s may stand in a synchronous place, and no row plays it there", name)
	}
}

// inSync are the steps of synchronous places that no row has played.
var inSync = func() map[string]bool {
	m := map[string]bool{}
	for _, k := range plan.Steps() {
		if k.In&plan.InSync != 0 {
			m[k.Name] = true
		}
	}
	return m
}()

// TestEveryStepIsPlayed: a step that the language gets is played here, too, or is main's alone; those are refused in a script
// with a word on where it stood.
func TestEveryStepIsPlayed(t *testing.T) {
	if len(played) == 0 {
		t.Skip("TestAsync has not run")
	}
	s := newStage(t)
	for _, k := range plan.Steps() {
		if k.In&^plan.InMain == 0 {
			err := s.player.Sync("a", "stop", plan.Script{{Kind: k}})
			want := "the step " + k.Name + " cannot be played in a stop"
			if err == nil || err.Error() != want {
				t.Errorf("%s: %v, want %q", k.Name, err, want)
			}
			continue
		}
		if !played[k.Name] {
			t.Errorf("no row of TestAsync plays %s", k.Name)
		}
	}
}

// TestCancelledDelays go on where the runtime says: inside the cancellation, or on a thread of their own.
func TestCancelledDelays(t *testing.T) {
	for where, want := range map[string][]string{
		"inline": {"main", "2 cancelled", "2 the cancellation is over"},
		"pool":   {"main", "2 the cancellation is over", "2 cancelled"},
	} {
		s := newStage(t)
		s.delay = where
		_ = s.Run("main", func() {
			src := seam.NewSource(s, context.Background())
			s.AfterFunc(2*ms, "the token", func() { _ = src.Cancel(); s.say("the cancellation is over") })
			s.Call("a start", func() {
				s.say("%s", puppet.Outcome(s.player.Async("a", plan.HookStart, script(t, false, "{delay: 5ms}"), src)))
			})
			s.say("main")
		}, nil)
		same(t, s.said, want...)
	}
}

// TestForeignTokens: a script whose token is not the seam's own, as under a host in Go that derives its contexts.
func TestForeignTokens(t *testing.T) {
	foreign, cancel := context.WithCancel(context.Background())
	cancel()
	for steps, want := range map[string][]string{
		"{delay: 5ms}":               {"cancelled"},
		"{untilCancelled: true}":     {"a tokenFired", "ok"},
		"{untilCancelled: throw}":    {"a tokenFired", "cancelled"},
		"{onCancelThrow: kaputt}":    {"a cancelCallback begin", "error:kaputt"},
		"{onCancelBlock: 5ms}":       {"a cancelCallback begin", "5 a cancelCallback end", "5 ok"},
		"{sleep: 1ms}, {mark: here}": {"1 a mark here", "1 ok"},
	} {
		s := newStage(t)
		_ = s.Run("main", func() {
			s.say("%s", puppet.Outcome(s.player.Async("a", plan.HookStart, script(t, false, steps), foreign)))
		}, nil)
		same(t, s.said, want...)
	}
}

// TestUses: what a script uses for the first time is told to a world that wants to know.
func TestUses(t *testing.T) {
	for _, c := range []struct {
		name string
		play func(*stage)
		want []puppet.Use
	}{
		{"no script at all", func(s *stage) { _ = s.player.Async("a", "start", nil, context.Background()) }, nil},
		{"an asynchronous one", func(s *stage) { _ = s.player.Async("a", "start", plan.Script{}, context.Background()) }, []puppet.Use{puppet.UseAsync}},
		{"a synchronous one", func(s *stage) { _ = s.player.Sync("a", "new", plan.Script{}) }, []puppet.Use{puppet.UseScript}},
		{"an error", func(s *stage) {
			s.player.Failed(s.player.Sync("a", "new", script(t, true, "{throw: x}")))
		}, []puppet.Use{puppet.UseScript, puppet.UseError}},
		{"a thread", func(s *stage) { _ = s.player.Sync("a", "new", script(t, true, "{spawn: []}")) }, []puppet.Use{puppet.UseScript, puppet.UseThread}},
		{"a cancelled delay", func(s *stage) {
			_ = s.player.Async("a", "start", script(t, false, "{delay: 1s}"), seam.CancelledContext(s))
		}, []puppet.Use{puppet.UseAsync, puppet.UseCancelled}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStage(t)
			_ = s.Run("main", func() { c.play(s); s.End() }, nil)
			if !reflect.DeepEqual(s.uses, c.want) {
				t.Errorf("uses %v, want %v", s.uses, c.want)
			}
		})
	}
}
