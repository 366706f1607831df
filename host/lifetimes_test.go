package host_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hostsim/hostsim/host"
)

// TestSignals sends signals to a running host, by host lifetime and profile.
func TestSignals(t *testing.T) {
	const budget = 5 * time.Second
	for _, c := range []struct {
		name     string
		profile  string
		lifetime func(*host.Host) host.HostLifetime
		send     []syscall.Signal // one a second
		heard    bool             // by the last signal; every one that is heard cancels the default action
		took     time.Duration    // of the stop, which hangs until its token is cancelled
		stays    bool             // the host goes on
	}{
		{name: "SIGTERM stops", profile: "strict", lifetime: host.Console, send: []syscall.Signal{syscall.SIGTERM}, heard: true, took: budget},
		{name: "SIGINT stops", profile: "strict", lifetime: host.Console, send: []syscall.Signal{syscall.SIGINT}, heard: true, took: budget},
		{name: "SIGQUIT stops", profile: "strict", lifetime: host.Console, send: []syscall.Signal{syscall.SIGQUIT}, heard: true, took: budget},
		{name: "SIGHUP is nobody's", profile: "strict", lifetime: host.Console, send: []syscall.Signal{syscall.SIGHUP}, stays: true},
		{name: "a second signal forces", profile: "strict", lifetime: host.Console, send: []syscall.Signal{syscall.SIGTERM, syscall.SIGINT}, heard: true, took: time.Second},
		{name: "a second signal is swallowed by a release", profile: "dotnet-10", lifetime: host.Console, send: []syscall.Signal{syscall.SIGTERM, syscall.SIGTERM}, heard: true, took: budget},
		{name: "a release before 6 hears SIGINT", profile: "dotnet-3.1", lifetime: host.Console, send: []syscall.Signal{syscall.SIGINT}, heard: true, took: budget},
		{name: "and not SIGTERM", profile: "dotnet-3.1", lifetime: host.Console, send: []syscall.Signal{syscall.SIGTERM}, stays: true},
		{name: "systemd hears SIGTERM", profile: "strict", lifetime: host.Systemd, send: []syscall.Signal{syscall.SIGTERM}, heard: true, took: budget},
		{name: "and not SIGINT", profile: "strict", lifetime: host.Systemd, send: []syscall.Signal{syscall.SIGINT}, stays: true},
		{name: "a second SIGTERM forces", profile: "strict", lifetime: host.Systemd, send: []syscall.Signal{syscall.SIGTERM, syscall.SIGTERM}, heard: true, took: time.Second},
		{name: "and is swallowed by a release", profile: "dotnet-8", lifetime: host.Systemd, send: []syscall.Signal{syscall.SIGTERM, syscall.SIGTERM}, heard: true, took: budget},
		{name: "systemd of a release before 6 hears none", profile: "dotnet-3.1", lifetime: host.Systemd, send: []syscall.Signal{syscall.SIGTERM}, stays: true},
		{name: "no lifetime, no signals", profile: "strict", lifetime: host.None, send: []syscall.Signal{syscall.SIGTERM}, stays: true},
	} {
		inBubble(t, c.name, func(t *testing.T) {
			p := &surroundings{}
			h := makeHost(t, host.WithProfile(c.profile), host.WithProcess(p), host.WithHostLifetime(c.lifetime),
				host.WithShutdownTimeout(budget), host.WithService("a", &scripted{d: &diary{}, name: "a", stop: untilDone}))
			ended := make(chan struct{})
			var took time.Duration
			go func() {
				defer close(ended)
				begun := time.Time{}
				h.Lifetime().OnStopping(func() error { begun = time.Now(); return nil })
				_ = h.Run(t.Context())
				took = time.Since(begun)
			}()
			synctest.Wait()
			for i, s := range c.send {
				if i > 0 {
					pass(time.Second)
				}
				heard, cancelled := p.send(s)
				if heard != cancelled {
					t.Errorf("%v: heard %t, default action cancelled %t", s, heard, cancelled)
				}
				if i == len(c.send)-1 && heard != c.heard {
					t.Errorf("%v: heard %t, want %t", s, heard, c.heard)
				}
				synctest.Wait()
			}
			if stopping := h.Lifetime().Stopping().Err() != nil; stopping == c.stays {
				t.Errorf("stopping: %t", stopping)
			}
			if c.stays {
				h.StopApplication()
			}
			<-ended
			if !c.stays && took != c.took {
				t.Errorf("the stop took %v, want %v", took, c.took)
			}
			if signals, exits := p.left(); signals != 0 || exits != 0 {
				t.Errorf("%d signal handlers and %d exit handlers are left", signals, exits)
			}
		})
	}
}

// TestHandlersOfRelease22Stay: only later releases take them back (rule unsubscribe).
func TestHandlersOfRelease22Stay(t *testing.T) {
	for profile, want := range map[string]int{"dotnet-2.2": 1, "dotnet-3.1": 0} {
		inBubble(t, profile, func(t *testing.T) {
			p := &surroundings{}
			h := makeHost(t, host.WithProfile(profile), host.WithProcess(p), host.WithHostLifetime(host.Console))
			h.Lifetime().OnStarted(func() error { go h.StopApplication(); return nil })
			if err := h.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			if signals, exits := p.left(); signals != want || exits != want {
				t.Errorf("%d signal handlers and %d exit handlers are left, want %d", signals, exits, want)
			}
		})
	}
}

// TestExitOfTheProcess: before 6, the exit of the process is a stop request, and is held up until the host is disposed.
func TestExitOfTheProcess(t *testing.T) {
	for _, c := range []struct {
		name     string
		profile  string
		lifetime func(*host.Host) host.HostLifetime
		slow     time.Duration // how long the stop takes
		codes    []int
		hint     bool
	}{
		{name: "2.2 waits and leaves the code alone", profile: "dotnet-2.2", lifetime: host.Console, slow: time.Second},
		{name: "2.2 gives no hint", profile: "dotnet-2.2", lifetime: host.Console, slow: 7 * time.Second},
		{name: "3.1 sets the code to 0", profile: "dotnet-3.1", lifetime: host.Console, slow: time.Second, codes: []int{0}},
		{name: "3.1 gives a hint after the timeout", profile: "dotnet-3.1", lifetime: host.Console, slow: 7 * time.Second, codes: []int{0}, hint: true},
		{name: "systemd gives none", profile: "dotnet-3.1", lifetime: host.Systemd, slow: 7 * time.Second, codes: []int{0}},
	} {
		inBubble(t, c.name, func(t *testing.T) {
			p, log := &surroundings{}, &logbook{}
			h := makeHost(t, host.WithProfile(c.profile), host.WithProcess(p), host.WithHostLifetime(c.lifetime), host.WithObserver(log),
				host.WithService("a", &scripted{d: &diary{}, name: "a", stop: takes(c.slow)}))
			var took time.Duration
			h.Lifetime().OnStarted(func() error {
				begun := time.Now()
				go func() { p.exit(); took = time.Since(begun) }()
				return nil
			})
			_ = h.Run(t.Context())
			synctest.Wait()
			if took != c.slow {
				t.Errorf("the exit took %v, want %v: until the host is disposed", took, c.slow)
			}
			if !slices.Equal(p.codes, c.codes) {
				t.Errorf("exit codes set: %v, want %v", p.codes, c.codes)
			}
			hint := slices.Contains(log.of(host.CategoryStatus), "Waiting for the host to be disposed. Ensure all hosts are disposed of.")
			if hint != c.hint {
				t.Errorf("hint: %t, want %t", hint, c.hint)
			}
		})
	}
}

// TestExitIsNotTheHostsBusiness: from 6 on no exit handler is installed.
func TestExitIsNotTheHostsBusiness(t *testing.T) {
	for _, lifetime := range []func(*host.Host) host.HostLifetime{host.Console, host.Systemd, host.None} {
		inBubble(t, "lifetime", func(t *testing.T) {
			p := &surroundings{}
			h := makeHost(t, host.WithProcess(p), host.WithHostLifetime(lifetime))
			if err := h.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, exits := p.left(); exits != 0 {
				t.Errorf("%d exit handlers", exits)
			}
			if err := errors.Join(h.Stop(t.Context()), h.Dispose()); err != nil {
				t.Error(err)
			}
			if len(p.codes) > 0 {
				t.Errorf("the host set the exit code: %v", p.codes)
			}
		})
	}
}

func TestStatusMessages(t *testing.T) {
	console := []string{"Application started. Press Ctrl+C to shut down.", "Hosting environment: Production", "Content root path: .", "Application is shutting down..."}
	systemd := []string{"Application started. Hosting environment: Production; Content root path: .", "Application is shutting down..."}
	for _, c := range []struct {
		name, profile string
		lifetime      func(*host.Host) host.HostLifetime
		want          []string
		notified      []string
	}{
		{"console", "strict", host.Console, console, nil},
		{"console of 3.1", "dotnet-3.1", host.Console, console, nil},
		{"console of 2.2 says nothing", "dotnet-2.2", host.Console, nil, nil},
		{"systemd", "strict", host.Systemd, systemd, []string{"READY=1", "STOPPING=1"}},
		{"none", "strict", host.None, nil, nil},
	} {
		inBubble(t, c.name, func(t *testing.T) {
			p, log := &surroundings{}, &logbook{}
			h := makeHost(t, host.WithProfile(c.profile), host.WithProcess(p), host.WithHostLifetime(c.lifetime), host.WithObserver(log))
			h.Lifetime().OnStarted(func() error { go h.StopApplication(); return nil })
			if err := h.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, log.of(host.CategoryStatus)); d != "" {
				t.Errorf("status: %s", d)
			}
			if d := cmp.Diff(c.notified, p.notified); d != "" {
				t.Errorf("the service manager was told: %s", d)
			}
		})
	}
}

// TestServiceManager: READY=1 is for a start that succeeded only, and a manager that cannot be told is logged and changes nothing.
func TestServiceManager(t *testing.T) {
	inBubble(t, "a failed start is not ready", func(t *testing.T) {
		p := &surroundings{}
		h := makeHost(t, host.WithProcess(p), host.WithHostLifetime(host.Systemd), host.WithService("a", &scripted{d: &diary{}, name: "a", start: fails}))
		if err := h.Run(t.Context()); err == nil {
			t.Error("the start succeeded")
		}
		if slices.Contains(p.notified, "READY=1") {
			t.Errorf("told %v", p.notified)
		}
	})
	inBubble(t, "a manager that refuses", func(t *testing.T) {
		p, log := &surroundings{refuse: errors.New("no such socket")}, &logbook{}
		h := makeHost(t, host.WithProcess(p), host.WithHostLifetime(host.Systemd), host.WithObserver(log))
		h.Lifetime().OnStarted(func() error { go h.StopApplication(); return nil })
		if err := h.Run(t.Context()); err != nil {
			t.Error(err)
		}
		want := []string{"a callback of Started failed: no such socket", "a callback of Stopping failed: no such socket"}
		if d := cmp.Diff(want, log.of(host.CategoryCallback)); d != "" {
			t.Error(d)
		}
	})
}

// own is a host lifetime of a test.
type own struct {
	d             *diary
	wait, stop    func(context.Context) error
	disposalFails error
}

func (l *own) WaitForStart(ctx context.Context) error {
	l.d.write("wait")
	if l.wait != nil {
		return l.wait(ctx)
	}
	return nil
}

func (l *own) Stop(ctx context.Context) error {
	l.d.write("end")
	if l.stop != nil {
		return l.stop(ctx)
	}
	return nil
}

func (l *own) Dispose() error { l.d.write("~lifetime"); return l.disposalFails }

// TestOwnHostLifetime: when the host asks it, and what its failures do.
func TestOwnHostLifetime(t *testing.T) {
	for _, c := range []struct {
		name    string
		profile string
		l       own
		service scripted
		want    string
		err     string
	}{
		{name: "it is asked first and told last", profile: "strict", want: "wait +a -a stopped end ~a ~lifetime"},
		{name: "3.1 tells it before Stopped", profile: "dotnet-3.1", want: "wait +a -a end stopped ~a ~lifetime"},
		{name: "a wait that fails starts nothing", profile: "strict", l: own{wait: fails}, want: "wait ~lifetime", err: "boom"},
		{name: "a stop that fails is handed on", profile: "strict", l: own{stop: fails}, want: "wait +a -a stopped end ~a ~lifetime", err: "boom"},
		{name: "and joined with that of a service", profile: "strict", l: own{stop: fails}, service: scripted{stop: fails},
			want: "wait +a -a stopped end ~a ~lifetime", err: "service a: stop: boom\nboom"},
		{name: "on 3.1 it replaces everything", profile: "dotnet-3.1", l: own{stop: fails}, service: scripted{stop: fails},
			want: "wait +a -a end ~a ~lifetime", err: "boom"},
		{name: "a disposal that fails replaces the result", profile: "strict", l: own{stop: fails, disposalFails: errors.New("stuck")},
			want: "wait +a -a stopped end ~a ~lifetime", err: "stuck"},
	} {
		inBubble(t, c.name, func(t *testing.T) {
			d := &diary{}
			l, s := c.l, c.service
			l.d, s.d, s.name = d, d, "a"
			h := makeHost(t, host.WithProfile(c.profile), host.WithService("a", &s),
				host.WithHostLifetime(func(*host.Host) host.HostLifetime { return &l }))
			h.Lifetime().OnStarted(func() error { go h.StopApplication(); return nil })
			h.Lifetime().OnStopped(func() error { d.write("stopped"); return nil })
			err := h.Run(t.Context())
			if got := text(err); got != c.err {
				t.Errorf("run gave %q, want %q", got, c.err)
			}
			if d.String() != c.want {
				t.Errorf("happened %s, want %s", d, c.want)
			}
		})
	}
}

// TestWaitForStartGivesUp: a host lifetime that waits hears of a stop request, and the start is over.
func TestWaitForStartGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &diary{}
		l := &own{d: d, wait: untilDone}
		h := makeHost(t, host.WithService("a", &scripted{d: d, name: "a"}), host.WithHostLifetime(func(*host.Host) host.HostLifetime { return l }))
		go func() { pass(time.Second); h.StopApplication() }()
		if err := h.Run(t.Context()); err != nil {
			t.Errorf("run gave %v: a start that is cut short by a request is no failure", err)
		}
		if got := d.String(); strings.Contains(got, "+a") {
			t.Errorf("happened %s: a service was started", got)
		}
	})
}

// text is an error as text; empty for none.
func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
