package world_test

import (
	"os"
	"testing"
	"time"

	"github.com/hostsim/hostsim/fakes/world"
	"github.com/hostsim/hostsim/host"
)

var _ host.Process = (*world.Process)(nil)

type signal = os.Signal

func signals(names ...string) (out []os.Signal) {
	for _, n := range names {
		out = append(out, world.Signals[n])
	}
	return out
}

var (
	kills  = world.Rules{DefaultSigterm: "kills"}
	exits0 = world.Rules{DefaultSigterm: "exit0"}
	exits  = world.Rules{DefaultSigterm: "exit143"}
)

// TestSignals: who hears a signal, in which order, and what follows.
func TestSignals(t *testing.T) {
	// handle registers a handler that says its name and whether the default is cancelled.
	handle := func(s *stage, name string, cancel bool, sigs ...string) (remove func()) {
		return s.Process.OnSignal(signals(sigs...), func(sig signal) bool {
			s.say(name)
			return cancel
		})
	}
	oldest, newest := world.Rules{SignalHandlerOrder: "oldestFirst"}, world.Rules{SignalHandlerOrder: "newestFirst"}
	for _, c := range []struct {
		name  string
		rules world.Rules
		main  func(*stage)
		want  []string
	}{
		{"nobody hears SIGINT", exits, func(s *stage) { s.Process.Deliver("SIGINT") }, []string{"signaled SIGINT"}},
		{"nobody hears SIGQUIT", exits, func(s *stage) { s.Process.Deliver("SIGQUIT") }, []string{"signaled SIGQUIT"}},
		{"nobody hears SIGHUP", exits0, func(s *stage) { s.Process.Deliver("SIGHUP") }, []string{"signaled SIGHUP"}},
		{"nobody hears SIGTERM, which kills", kills, func(s *stage) { s.Process.Deliver("SIGTERM") }, []string{"signaled SIGTERM"}},
		{"or is an exit with 143", exits, func(s *stage) { s.Process.SetExitCode(4); s.Process.Deliver("SIGTERM") }, []string{"0 test.exit handler", "exited 143"}},
		{"or an exit with the code that is set", exits0, func(s *stage) { s.Process.SetExitCode(4); s.Process.Deliver("SIGTERM") }, []string{"0 test.exit handler", "exited 4"}},
		{"or with 0 if none is", exits0, func(s *stage) { s.Process.Deliver("SIGTERM") }, []string{"0 test.exit handler", "exited 0"}},
		{"a second SIGTERM during that exit does nothing", exits, func(s *stage) {
			s.Process.OnExit(func() { s.hold(5 * ms) })
			s.Process.Deliver("SIGTERM")
			s.hold(ms)
			s.Process.Deliver("SIGTERM")
		}, []string{"0 test.exit handler", "exited 143"}},
		{"a SIGINT during it does", exits, func(s *stage) {
			s.Process.OnExit(func() { s.hold(5 * ms) })
			s.Process.Deliver("SIGTERM")
			s.hold(ms)
			s.Process.Deliver("SIGINT")
		}, []string{"0 test.exit handler", "signaled SIGINT"}},
		{"where SIGTERM is an exit nobody else hears of it", world.Rules{DefaultSigterm: "exit143", SigtermIsExit: true}, func(s *stage) {
			handle(s, "never", true, "SIGTERM")
			s.Process.Deliver("SIGTERM")
		}, []string{"0 test.exit handler", "exited 143"}},
		{"of SIGINT they do even there", world.Rules{DefaultSigterm: "exit143", SigtermIsExit: true}, func(s *stage) {
			handle(s, "handler", true, "SIGINT")
			s.Process.Deliver("SIGINT")
		}, []string{"0 test.handler", "5 test.exit handler", "exited 0"}},
		{"one that cancels the default", kills, func(s *stage) { handle(s, "handler", true, "SIGTERM"); s.Process.Deliver("SIGTERM") },
			[]string{"0 test.handler", "5 test.exit handler", "exited 0"}},
		{"one that does not", kills, func(s *stage) { handle(s, "handler", false, "SIGTERM"); s.Process.Deliver("SIGTERM") },
			[]string{"0 test.handler", "signaled SIGTERM"}},
		{"one of another signal", kills, func(s *stage) { handle(s, "never", true, "SIGINT", "SIGQUIT"); s.Process.Deliver("SIGTERM") },
			[]string{"signaled SIGTERM"}},
		{"one of several signals hears each", kills, func(s *stage) {
			handle(s, "handler", true, "SIGINT", "SIGTERM")
			s.Process.Deliver("SIGTERM")
			s.hold(ms)
			s.Process.Deliver("SIGINT")
		}, []string{"0 test.handler", "1 test.handler", "6 test.exit handler", "exited 0"}},
		{"several, the oldest first; the last word cancels", oldest, func(s *stage) {
			handle(s, "a", false, "SIGTERM")
			handle(s, "b", true, "SIGTERM")
			s.Process.Deliver("SIGTERM")
		}, []string{"0 test.a", "0 test.b", "5 test.exit handler", "exited 0"}},
		{"the last word does not", oldest, func(s *stage) {
			handle(s, "a", true, "SIGTERM")
			handle(s, "b", false, "SIGTERM")
			s.Process.Deliver("SIGTERM")
		}, []string{"0 test.a", "0 test.b", "signaled SIGTERM"}},
		{"the newest first; the last word is the oldest's", newest, func(s *stage) {
			handle(s, "a", true, "SIGTERM")
			handle(s, "b", false, "SIGTERM")
			s.Process.Deliver("SIGTERM")
		}, []string{"0 test.b", "0 test.a", "5 test.exit handler", "exited 0"}},
		{"one that was taken back", kills, func(s *stage) {
			remove := handle(s, "never", true, "SIGTERM")
			handle(s, "b", true, "SIGTERM")
			remove()
			remove()
			s.Process.Deliver("SIGTERM")
		}, []string{"0 test.b", "5 test.exit handler", "exited 0"}},
		{"one that takes another back while it runs", oldest, func(s *stage) {
			var remove func()
			s.Process.OnSignal(signals("SIGTERM"), func(signal) bool { remove(); s.say("a"); return true })
			remove = handle(s, "b", true, "SIGTERM") // heard the signal, too
			s.Process.Deliver("SIGTERM")
			s.hold(ms)
			s.Process.Deliver("SIGTERM")
		}, []string{"0 test.a", "0 test.b", "1 test.a", "6 test.exit handler", "exited 0"}},
		{"each signal has a thread of its own", kills, func(s *stage) {
			s.Process.OnSignal(signals("SIGTERM"), func(signal) bool { s.say("begin"); s.hold(2 * ms); s.say("end"); return true })
			s.Process.Deliver("SIGTERM")
			s.Process.Deliver("SIGTERM")
		}, []string{"0 test.begin", "0 test.begin", "2 test.end", "2 test.end", "5 test.exit handler", "exited 0"}},
		{"a handler is told which signal", kills, func(s *stage) {
			s.Process.OnSignal(signals("SIGTERM", "SIGHUP"), func(sig signal) bool { s.say(sig.String()); return true })
			s.Process.Deliver("SIGHUP")
		}, []string{"0 test.hangup", "5 test.exit handler", "exited 0"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			same(t, perform(t, c.rules, "", func(s *stage) int {
				s.Process.OnExit(func() { s.say("exit handler") })
				c.main(s)
				s.hold(5 * ms)
				return s.Process.ExitCode()
			}), c.want...)
		})
	}
}

// TestExit: every way out of a process, and whose code counts.
func TestExit(t *testing.T) {
	for _, c := range []struct {
		name string
		main func(*stage) int
		want []string
	}{
		{"main returns", func(*stage) int { return 3 }, []string{"exited 3"}},
		{"main returns what was set", func(s *stage) int { s.Process.SetExitCode(4); return s.Process.ExitCode() }, []string{"exited 4"}},
		{"main returns something else than was set", func(s *stage) int { s.Process.SetExitCode(4); return 0 }, []string{"exited 0"}},
		{"other threads are cut off", func(s *stage) int {
			s.in(func() { s.say("thread"); s.sleep(ms); s.say("never") })
			s.hold(ms / 2)
			return 0
		}, []string{"0 test.thread", "exited 0"}},
		{"exit from main", func(s *stage) int { s.Process.Exit(7); s.say("never"); return 0 }, []string{"0 process.exit.begin (7)", "exited 7"}},
		{"exit from a thread", func(s *stage) int {
			s.in(func() { s.Process.Exit(7); s.say("never") })
			s.forEver()
			return 0
		}, []string{"0 process.exit.begin (7)", "exited 7"}},
		{"the code that is set before an exit does not count", func(s *stage) int { s.Process.SetExitCode(9); s.Process.Exit(7); return 0 },
			[]string{"0 process.exit.begin (7)", "exited 7"}},
		{"what an exit handler sets does", func(s *stage) int {
			s.Process.OnExit(func() { s.Process.SetExitCode(9) })
			s.Process.Exit(7)
			return 0
		}, []string{"0 process.exit.begin (7)", "exited 9"}},
		{"also when main returns", func(s *stage) int {
			s.Process.OnExit(func() { s.Process.SetExitCode(9) })
			return 3
		}, []string{"exited 9"}},
		{"exit handlers run in the order of registration, while the exiting thread waits", func(s *stage) int {
			for _, n := range []string{"a", "b"} {
				s.Process.OnExit(func() { s.say(n); s.hold(ms) })
			}
			s.Process.Exit(7)
			s.say("never")
			return 0
		}, []string{"0 process.exit.begin (7)", "0 test.a", "1 test.b", "exited 7"}},
		{"other threads get on meanwhile", func(s *stage) int {
			s.in(func() { s.sleep(ms); s.say("thread") })
			s.Process.OnExit(func() { s.hold(2 * ms) })
			return 0
		}, []string{"1 test.thread", "exited 0"}},
		{"one that was taken back does not run", func(s *stage) int {
			remove := s.Process.OnExit(func() { s.say("never") })
			s.Process.OnExit(func() { s.say("b") })
			remove()
			remove()
			return 0
		}, []string{"0 test.b", "exited 0"}},
		{"one that is registered by another does not run", func(s *stage) int {
			s.Process.OnExit(func() { s.Process.OnExit(func() { s.say("never") }); s.say("a") })
			return 0
		}, []string{"0 test.a", "exited 0"}},
		{"one that is taken back while another runs does", func(s *stage) int {
			var remove func()
			s.Process.OnExit(func() { remove(); s.say("a") })
			remove = s.Process.OnExit(func() { s.say("b") })
			return 0
		}, []string{"0 test.a", "0 test.b", "exited 0"}},
		{"of two exits the last counts, and neither returns", func(s *stage) int {
			s.Process.OnExit(func() { s.hold(2 * ms) })
			s.in(func() { s.sleep(ms); s.Process.Exit(8); s.say("never") })
			s.Process.Exit(7)
			return 0
		}, []string{"0 process.exit.begin (7)", "1 process.exit.begin (8)", "exited 8"}},
		{"main that returns during an exit has the last word", func(s *stage) int {
			s.Process.OnExit(func() { s.hold(2 * ms) })
			s.in(func() { s.Process.Exit(8) })
			s.sleep(ms)
			return 3
		}, []string{"0 process.exit.begin (8)", "exited 3"}},
		{"an exit while main's return runs the exit handlers has it, too", func(s *stage) int {
			s.Process.OnExit(func() { s.hold(2 * ms) })
			s.in(func() { s.sleep(ms); s.Process.Exit(8) })
			return 3
		}, []string{"1 process.exit.begin (8)", "exited 8"}},
		{"an exit inside an exit handler is a deadlock", func(s *stage) int {
			s.Process.OnExit(func() { s.Process.Exit(8); s.say("never") })
			s.Process.Exit(7)
			return 0
		}, []string{"0 process.exit.begin (7)", "0 process.exit.begin (8)",
			"deadlock; exit waits for the exit that is under way; main waits for the process exit handlers"}},
		{"an exit handler that waits for the exiting thread is one, too", func(s *stage) int {
			m := s.Sim.NewMutex("a lock of the program")
			s.Process.OnExit(func() { m.Lock() })
			m.Lock()
			s.Process.Exit(7)
			return 0
		}, []string{"0 process.exit.begin (7)",
			"deadlock; main waits for the process exit handlers; exit waits for a lock of the program"}},
		{"an exit handler that never returns is a hang", func(s *stage) int {
			s.Process.OnExit(s.forEver)
			return 0
		}, []string{"hang; main waits for the process exit handlers; exit waits for nothing"}},
		{"an abort runs no exit handler", func(s *stage) int {
			s.Process.OnExit(func() { s.say("never") })
			s.Process.Abort()
			return 0
		}, []string{"signaled SIGABRT"}},
		{"an abort during an exit ends it", func(s *stage) int {
			s.Process.OnExit(func() { s.Process.Abort() })
			s.Process.Exit(7)
			return 0
		}, []string{"0 process.exit.begin (7)", "signaled SIGABRT"}},
		{"the first end counts", func(s *stage) int {
			s.Process.Deliver("SIGINT")
			s.Process.Deliver("SIGQUIT")
			s.Process.Abort()
			return 0
		}, []string{"signaled SIGINT"}},
		{"what the service manager is told", func(s *stage) int {
			if err := s.Process.NotifyManager("READY=1"); err != nil {
				s.t.Error(err)
			}
			return 0
		}, []string{"0 systemd.notify (READY=1)", "exited 0"}},
	} {
		t.Run(c.name, func(t *testing.T) { same(t, perform(t, kills, "", c.main), c.want...) })
	}
}

// TestAbortTakesItsTime where first uses do: others get on while the process dies.
func TestAbortTakesItsTime(t *testing.T) {
	for slow, want := range map[bool][]string{true: {"0 test.other", "signaled SIGABRT"}, false: {"signaled SIGABRT"}} {
		got := perform(t, world.Rules{SlowFirstUse: slow}, "", func(s *stage) int {
			s.in(func() { s.say("other") })
			s.Process.Abort()
			return 0
		})
		same(t, got, want...)
	}
}

// TestSignalAfterItsHandler: a signal that somebody handled before and nobody handles any more ends the process by its default action,
// where the runtime has a handler of its own on a thread of its own; a process that takes its time to die lets others get on.
func TestSignalAfterItsHandler(t *testing.T) {
	for _, c := range []struct {
		name  string
		rules world.Rules
		dying time.Duration
		want  []string
	}{
		{"a runtime's own handler", world.Rules{SlowFirstUse: true}, 0, []string{"signaled SIGINT"}},
		{"the system's action", world.Rules{}, 0, []string{"signaled SIGINT"}},
		{"an exit that takes its time", world.Rules{SlowFirstUse: true, SigtermIsExit: true, DefaultSigterm: "exit143"}, time.Second, []string{"500 test.other", "exited 143"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := perform(t, c.rules, "", func(s *stage) int {
				s.SetDying(c.dying)
				s.Process.OnSignal([]os.Signal{world.Signals["SIGINT"]}, func(os.Signal) bool { s.say("never"); return true })()
				if c.dying == 0 {
					s.Process.Deliver("SIGINT")
					return 0
				}
				s.Sim.AfterFunc(c.dying/2, "other", func() { s.say("other") })
				s.Process.Deliver("SIGTERM")
				s.forEver()
				return 0
			})
			same(t, got, c.want...)
		})
	}
}
