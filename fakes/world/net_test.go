package world_test

import (
	"context"
	"errors"
	"testing"

	"github.com/hostsim/hostsim/fakes/world"
	"github.com/hostsim/hostsim/host/seam"
)

// with is a plan in which a file is in the way.
func with(state string) string { return "files: [{path: app.sock, state: " + state + "}]" }

// TestListen: who may listen where, and what is left.
func TestListen(t *testing.T) {
	listen := func(addr string) func(*stage) error {
		return func(s *stage) error { return s.Net.Listen("a", "start", addr) }
	}
	for _, c := range []struct {
		name, plan string
		rules      world.Rules
		act        func(*stage) error
		fails      error
		want       []string
	}{
		{"a port", "", kills, listen("tcp:web"), nil,
			[]string{"0 a.listen ok (tcp:web)", "0 world.leak (service a leaked listener 1 (tcp:web), opened in start)"}},
		{"a socket, whose file is left behind", "", kills, listen("unix:app.sock"), nil,
			[]string{"0 a.listen ok (unix:app.sock)", "0 world.leak (service a leaked listener 1 (unix:app.sock), opened in start)", "0 world.left (unix:app.sock)"}},
		{"a socket nobody listens on any more is replaced", with("stale"), kills, listen("unix:app.sock"), nil,
			[]string{"0 a.listen ok (unix:app.sock)", "0 world.leak (service a leaked listener 1 (unix:app.sock), opened in start)", "0 world.left (unix:app.sock)"}},
		{"unless it is kept", with("stale"), world.Rules{KeepStale: true}, listen("unix:app.sock"), world.ErrInUse, []string{"0 a.listen error:in use (unix:app.sock)"}},
		{"one that somebody listens on", with("live"), kills, listen("unix:app.sock"), world.ErrInUse, []string{"0 a.listen error:in use (unix:app.sock)"}},
		{"a file that is no socket", with("foreign"), kills, listen("unix:app.sock"), world.ErrForeign, []string{"0 a.listen error:a file that is not a socket is in the way (unix:app.sock)"}},
		{"a folder that may not be written", with("readonly"), kills, listen("unix:app.sock"), world.ErrPermission, []string{"0 a.listen error:permission denied (unix:app.sock)"}},
		{"a fault that takes whatever is in the way", with("foreign"), world.Rules{TakeFiles: true}, func(s *stage) error {
			err := s.Net.Listen("a", "start", "unix:app.sock")
			return errors.Join(err, s.Net.Close("a", "unix:app.sock"))
		}, nil, []string{"0 a.listen ok (unix:app.sock)", "0 a.close ok (unix:app.sock)"}},
		{"another socket is not in the way", with("live"), kills, listen("unix:other.sock"), nil,
			[]string{"0 a.listen ok (unix:other.sock)", "0 world.leak (service a leaked listener 1 (unix:other.sock), opened in start)", "0 world.left (unix:other.sock)"}},
		{"twice", "", kills, func(s *stage) error {
			_ = s.Net.Listen("a", "start", "tcp:web")
			err := s.Net.Listen("b", "execute", "tcp:web")
			_ = s.Net.Close("a", "tcp:web")
			return err
		}, world.ErrInUse, []string{"0 a.listen ok (tcp:web)", "0 b.listen error:in use (tcp:web)", "0 a.close ok (tcp:web)"}},
		{"again after it was closed, with the next number", "", kills, func(s *stage) error {
			_ = s.Net.Listen("a", "start", "tcp:web")
			_ = s.Net.Close("a", "tcp:web")
			return s.Net.Listen("b", "stop", "tcp:web")
		}, nil, []string{"0 a.listen ok (tcp:web)", "0 a.close ok (tcp:web)", "0 b.listen ok (tcp:web)", "0 world.leak (service b leaked listener 2 (tcp:web), opened in stop)"}},
		{"leaks are listed by address, each with its number", "", kills, func(s *stage) error {
			return errors.Join(s.Net.Listen("b", "start", "tcp:web"), s.Net.Listen("a", "new", "tcp:admin"))
		}, nil, []string{"0 b.listen ok (tcp:web)", "0 a.listen ok (tcp:admin)",
			"0 world.leak (service a leaked listener 2 (tcp:admin), opened in new)", "0 world.leak (service b leaked listener 1 (tcp:web), opened in start)"}},
		{"closing removes the file", "", kills, func(s *stage) error {
			return errors.Join(s.Net.Listen("a", "start", "unix:app.sock"), s.Net.Close("a", "unix:app.sock"))
		}, nil, []string{"0 a.listen ok (unix:app.sock)", "0 a.close ok (unix:app.sock)"}},
		{"closing what is not open", with("live"), kills, func(s *stage) error { return s.Net.Close("a", "unix:app.sock") }, world.ErrNotOpen, []string{"0 a.close error:not open (unix:app.sock)"}},
		{"closing twice", "", kills, func(s *stage) error {
			_ = s.Net.Listen("a", "start", "tcp:web")
			_ = s.Net.Close("a", "tcp:web")
			return s.Net.Close("a", "tcp:web")
		}, world.ErrNotOpen, []string{"0 a.listen ok (tcp:web)", "0 a.close ok (tcp:web)", "0 a.close error:not open (tcp:web)"}},
		{"the file is removed, the listener stays", "", kills, func(s *stage) error {
			return errors.Join(s.Net.Listen("a", "start", "unix:app.sock"), s.Net.Remove("b", "unix:app.sock"), s.Net.Dial("b", "unix:app.sock"))
		}, nil, []string{"0 a.listen ok (unix:app.sock)", "0 b.removeFile ok (unix:app.sock)", "0 b.dial error:refused (unix:app.sock)",
			"0 world.leak (service a leaked listener 1 (unix:app.sock), opened in start)"}},
		{"a file that another process needs", with("live"), kills, func(s *stage) error {
			return errors.Join(s.Net.Dial("a", "unix:app.sock"), s.Net.Remove("a", "unix:app.sock"), s.Net.Dial("a", "unix:app.sock"))
		}, nil, []string{"0 a.dial ok (unix:app.sock)", "0 a.removeFile ok (unix:app.sock)", "0 a.dial error:refused (unix:app.sock)"}},
		{"a file that is not there", "", kills, func(s *stage) error { return s.Net.Remove("a", "unix:app.sock") }, world.ErrNotOpen, []string{"0 a.removeFile error:not open (unix:app.sock)"}},
		{"a port has no file", "", kills, func(s *stage) error {
			_ = s.Net.Listen("a", "start", "tcp:web")
			err := s.Net.Remove("a", "tcp:web")
			_ = s.Net.Close("a", "tcp:web")
			return err
		}, world.ErrNotOpen, []string{"0 a.listen ok (tcp:web)", "0 a.removeFile error:not open (tcp:web)", "0 a.close ok (tcp:web)"}},
		{"dialling a stale socket", with("stale"), kills, func(s *stage) error { return s.Net.Dial("a", "unix:app.sock") }, nil, []string{"0 a.dial error:refused (unix:app.sock)"}},
		{"dialling what listens", "", kills, func(s *stage) error {
			return errors.Join(s.Net.Listen("a", "start", "tcp:web"), s.Net.Dial("b", "tcp:web"), s.Net.Close("a", "tcp:web"), s.Net.Dial("b", "tcp:web"))
		}, nil, []string{"0 a.listen ok (tcp:web)", "0 b.dial ok (tcp:web)", "0 a.close ok (tcp:web)", "0 b.dial error:refused (tcp:web)"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := perform(t, c.rules, c.plan, func(s *stage) int {
				if err := c.act(s); !errors.Is(err, c.fails) {
					t.Errorf("it gave %v, want %v", err, c.fails)
				}
				return 0
			})
			same(t, got, append(c.want, "exited 0")...)
		})
	}
}

// TestLeaksOfTheKilled: a process that a signal ends could close nothing; only the file that it leaves is told.
func TestLeaksOfTheKilled(t *testing.T) {
	got := perform(t, kills, "", func(s *stage) int {
		_ = s.Net.Listen("a", "start", "unix:app.sock")
		_ = s.Net.Listen("a", "start", "tcp:web")
		s.Process.Deliver("SIGINT")
		return 0
	})
	same(t, got, "0 a.listen ok (unix:app.sock)", "0 a.listen ok (tcp:web)", "0 world.left (unix:app.sock)", "signaled SIGINT")
}

// TestConnections: clients from outside against listeners that accept, do not, close and drain.
func TestConnections(t *testing.T) {
	const one = `services: [{name: a}]
connections: [{name: c, after: a.mark, wait: 1ms, dial: "tcp:web", hold: 10ms}]`
	const two = `services: [{name: a}]
connections: [{name: c, after: a.mark, wait: 1ms, dial: "tcp:web", hold: 10ms}, {name: d, after: a.mark, wait: 2ms, dial: "tcp:web", hold: 3ms}]`
	const unix = `services: [{name: a}]
files: [{path: app.sock, state: live}]
connections: [{name: c, after: a.mark, wait: 1ms, dial: "unix:app.sock", hold: 10ms}]`
	never := context.Background()
	accept := func(s *stage, ctx context.Context) {
		s.in(func() { s.say("accept: " + s.failed(s.Net.Accept(ctx, "a", "tcp:web"))) })
	}
	for _, c := range []struct {
		name, plan string
		main       func(*stage)
		want       []string
	}{
		{"nobody listens", one, func(s *stage) { s.event("a", "mark"); s.hold(20 * ms) },
			[]string{"0 a.mark", "1 net.connect error:refused (tcp:web)", "exited 0"}},
		{"another process listens: not this one's business", unix, func(s *stage) { s.event("a", "mark"); s.hold(20 * ms) },
			[]string{"0 a.mark", "1 net.connect error:refused (unix:app.sock)", "exited 0"}},
		{"accepted, served and closed by the client", one, func(s *stage) {
			_ = s.Net.Listen("a", "start", "tcp:web")
			accept(s, never)
			s.event("a", "mark")
			s.hold(20 * ms)
			_ = s.Net.Close("a", "tcp:web")
			s.hold(ms)
		}, []string{"0 a.listen ok (tcp:web)", "0 a.mark", "1 net.connect ok (tcp:web)", "1 a.accepted ok (tcp:web)", "11 net.disconnect ok (tcp:web)",
			"20 a.close ok (tcp:web)", "20 test.accept: <nil>", "exited 0"}},
		{"never accepted: reset when the listener is closed", one, func(s *stage) {
			_ = s.Net.Listen("a", "start", "tcp:web")
			s.event("a", "mark")
			s.hold(5 * ms)
			_ = s.Net.Close("a", "tcp:web")
			s.hold(20 * ms)
		}, []string{"0 a.listen ok (tcp:web)", "0 a.mark", "1 net.connect ok (tcp:web)", "5 a.close ok (tcp:web)", "5 net.disconnect error:reset (tcp:web)", "exited 0"}},
		{"never accepted: the client loses patience", one, func(s *stage) {
			_ = s.Net.Listen("a", "start", "tcp:web")
			s.event("a", "mark")
			s.hold(20 * ms)
			_ = s.Net.Close("a", "tcp:web")
		}, []string{"0 a.listen ok (tcp:web)", "0 a.mark", "1 net.connect ok (tcp:web)", "11 net.disconnect ok (tcp:web)", "20 a.close ok (tcp:web)", "exited 0"}},
		{"what the backlog lost is not accepted", one, func(s *stage) {
			_ = s.Net.Listen("a", "start", "tcp:web")
			s.event("a", "mark")
			s.hold(20 * ms)
			accept(s, never)
			s.hold(ms)
			_ = s.Net.Close("a", "tcp:web")
		}, []string{"0 a.listen ok (tcp:web)", "0 a.mark", "1 net.connect ok (tcp:web)", "11 net.disconnect ok (tcp:web)", "21 a.close ok (tcp:web)", "21 test.accept: <nil>", "exited 0"}},
		{"accepted ones outlive the listener, and are cut by the end", one, func(s *stage) {
			_ = s.Net.Listen("a", "start", "tcp:web")
			accept(s, never)
			s.event("a", "mark")
			s.hold(5 * ms)
			_ = s.Net.Close("a", "tcp:web")
			s.hold(ms)
		}, []string{"0 a.listen ok (tcp:web)", "0 a.mark", "1 net.connect ok (tcp:web)", "1 a.accepted ok (tcp:web)", "5 a.close ok (tcp:web)", "5 test.accept: <nil>",
			"6 net.disconnect error:reset (tcp:web)", "exited 0"}},
		{"draining waits for them", one, func(s *stage) {
			_ = s.Net.Listen("a", "start", "tcp:web")
			accept(s, never)
			s.event("a", "mark")
			s.hold(5 * ms)
			_ = s.Net.Close("a", "tcp:web")
			s.say("drain: " + s.failed(s.Net.Drain(never, "a", "tcp:web")))
		}, []string{"0 a.listen ok (tcp:web)", "0 a.mark", "1 net.connect ok (tcp:web)", "1 a.accepted ok (tcp:web)", "5 a.close ok (tcp:web)", "5 test.accept: <nil>",
			"11 net.disconnect ok (tcp:web)", "11 test.drain: <nil>", "exited 0"}},
		{"for all of them", two, func(s *stage) {
			_ = s.Net.Listen("a", "start", "tcp:web")
			accept(s, never)
			s.event("a", "mark")
			s.hold(3 * ms)
			s.say("drain: " + s.failed(s.Net.Drain(never, "a", "tcp:web")))
			_ = s.Net.Close("a", "tcp:web")
		}, []string{"0 a.listen ok (tcp:web)", "0 a.mark", "1 net.connect ok (tcp:web)", "1 a.accepted ok (tcp:web)", "2 net.connect ok (tcp:web)", "2 a.accepted ok (tcp:web)",
			"5 net.disconnect ok (tcp:web)", "11 net.disconnect ok (tcp:web)", "11 test.drain: <nil>", "11 a.close ok (tcp:web)", "11 test.accept: <nil>", "exited 0"}},
		{"draining gives up with its token", one, func(s *stage) {
			src := seam.NewSource(s.Sim, never).CancelAfter(4*ms, "the limit")
			_ = s.Net.Listen("a", "start", "tcp:web")
			accept(s, never)
			s.event("a", "mark")
			s.hold(2 * ms)
			s.say("drain: " + s.failed(s.Net.Drain(src, "a", "tcp:web")))
			s.hold(20 * ms)
			_ = s.Net.Close("a", "tcp:web")
		}, []string{"0 a.listen ok (tcp:web)", "0 a.mark", "1 net.connect ok (tcp:web)", "1 a.accepted ok (tcp:web)", "4 test.drain: context deadline exceeded",
			"11 net.disconnect ok (tcp:web)", "24 a.close ok (tcp:web)", "24 test.accept: <nil>", "exited 0"}},
		{"draining where nothing is open", "", func(s *stage) { s.say("drain: " + s.failed(s.Net.Drain(never, "a", "tcp:web"))) },
			[]string{"0 test.drain: <nil>", "exited 0"}},
		{"accepting gives up with its token, and leaves the rest in the backlog", two, func(s *stage) {
			src := seam.NewSource(s.Sim, never)
			_ = s.Net.Listen("a", "start", "tcp:web")
			accept(s, src)
			s.event("a", "mark")
			s.sleep(ms + ms/2)
			_ = src.Cancel()
			s.sleep(ms)
			_ = s.Net.Close("a", "tcp:web")
			s.hold(20 * ms)
		}, []string{"0 a.listen ok (tcp:web)", "0 a.mark", "1 net.connect ok (tcp:web)", "1 a.accepted ok (tcp:web)", "1 test.accept: context canceled",
			"2 net.connect ok (tcp:web)", "2 a.close ok (tcp:web)", "2 net.disconnect error:reset (tcp:web)", "11 net.disconnect ok (tcp:web)", "exited 0"}},
		{"accepting where nobody listens", "", func(s *stage) { accept(s, never); s.hold(ms) },
			[]string{"0 test.accept: not open", "exited 0"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			same(t, perform(t, kills, c.plan, func(s *stage) int { c.main(s); return 0 }), c.want...)
		})
	}
}

// TestTheNextRunKnowsNothing of the sockets of the one before.
func TestTheNextRunKnowsNothing(t *testing.T) {
	for range 2 {
		got := perform(t, kills, "", func(s *stage) int { _ = s.Net.Listen("a", "start", "tcp:web"); return 0 })
		same(t, got, "0 a.listen ok (tcp:web)", "0 world.leak (service a leaked listener 1 (tcp:web), opened in start)", "exited 0")
	}
}
