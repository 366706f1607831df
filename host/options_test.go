package host_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/hostsim/hostsim/host"
	"github.com/hostsim/hostsim/host/seam"
)

// probe is a service that tells what the host's options are, from what they do.
type probe struct {
	name        string
	startLimit  time.Duration // until the token of the start is cancelled; negative: never within a day
	stopLimit   time.Duration
	startBeside bool // another service's start was called while this one was under way
	stopBeside  bool
	with        *probe
	busy        atomic.Bool
}

func (p *probe) call(ctx context.Context, limit *time.Duration, beside *bool) error {
	p.busy.Store(true)
	defer p.busy.Store(false)
	*limit = host.Infinite
	if p.with != nil {
		pass(time.Millisecond)
		*beside = p.with.busy.Load()
	} else { // it takes long
		begun := time.Now()
		select {
		case <-ctx.Done():
			*limit = time.Since(begun).Round(10 * time.Millisecond) // the others took one each
		case <-time.After(24 * time.Hour):
		}
	}
	return nil
}

func (p *probe) Start(ctx context.Context) error { return p.call(ctx, &p.startLimit, &p.startBeside) }
func (p *probe) Stop(ctx context.Context) error  { return p.call(ctx, &p.stopLimit, &p.stopBeside) }

// TestOptionsAndSettings: what configuration, options and profile together make of a host. Options win over
// configuration, configuration over the profile's default, and what cannot be read is as if it were not there.
func TestOptionsAndSettings(t *testing.T) {
	set := func(kv ...string) host.Option {
		var out [][2]string
		for i := 0; i < len(kv); i += 2 {
			out = append(out, [2]string{kv[i], kv[i+1]})
		}
		return host.WithSettings(out...)
	}
	const never = host.Infinite
	for _, c := range []struct {
		name        string
		profile     string
		options     []host.Option
		start, stop time.Duration
		startBeside bool
		stopBeside  bool
	}{
		{name: "the defaults of strict", profile: "strict", start: never, stop: 30 * time.Second},
		{name: "the defaults of 2.2", profile: "dotnet-2.2", start: never, stop: 5 * time.Second},
		{name: "options", profile: "dotnet-10", start: time.Minute, stop: time.Second, startBeside: true, stopBeside: true,
			options: []host.Option{host.WithStartupTimeout(time.Minute), host.WithShutdownTimeout(time.Second), host.WithConcurrentStart(true), host.WithConcurrentStop(true)}},
		{name: "an infinite shutdown timeout", profile: "dotnet-10", start: never, stop: never, options: []host.Option{host.WithShutdownTimeout(host.Infinite)}},
		{name: "a release before 8 has no startup timeout and nothing concurrent", profile: "dotnet-7", start: never, stop: time.Second,
			options: []host.Option{host.WithStartupTimeout(time.Minute), host.WithShutdownTimeout(time.Second), host.WithConcurrentStart(true), host.WithConcurrentStop(true)}},
		{name: "configuration", profile: "dotnet-8", start: 7 * time.Second, stop: 2 * time.Second, startBeside: true, stopBeside: true,
			options: []host.Option{set("StartupTimeoutSeconds", "7", "shutdowntimeoutseconds", "2", "SERVICESSTARTCONCURRENTLY", "True", "servicesStopConcurrently", "TRUE")}},
		{name: "a release before 8 reads one key", profile: "dotnet-6", start: never, stop: 2 * time.Second,
			options: []host.Option{set("startupTimeoutSeconds", "7", "shutdownTimeoutSeconds", "2", "servicesStartConcurrently", "true")}},
		{name: "a release before 6 reads none", profile: "dotnet-3.1", start: never, stop: 5 * time.Second,
			options: []host.Option{set("startupTimeoutSeconds", "7", "shutdownTimeoutSeconds", "2")}},
		{name: "options win", profile: "strict", start: time.Minute, stop: time.Second,
			options: []host.Option{set("startupTimeoutSeconds", "7", "shutdownTimeoutSeconds", "2", "servicesStartConcurrently", "true", "servicesStopConcurrently", "true"),
				host.WithStartupTimeout(time.Minute), host.WithShutdownTimeout(time.Second), host.WithConcurrentStart(false), host.WithConcurrentStop(false)}},
		{name: "the last of two keys wins", profile: "strict", start: never, stop: 3 * time.Second,
			options: []host.Option{set("shutdownTimeoutSeconds", "2", "shutdownTimeoutSeconds", "3", "servicesStartConcurrently", "true", "servicesStartConcurrently", "false")}},
		{name: "what is no number is ignored", profile: "strict", start: never, stop: 30 * time.Second,
			options: []host.Option{set("shutdownTimeoutSeconds", "2s", "shutdownTimeoutSeconds", "", "shutdownTimeoutSeconds", " 2", "shutdownTimeoutSeconds", "+2", "shutdownTimeoutSeconds", "-2", "shutdownTimeoutSeconds", "2.5", "shutdownTimeoutSeconds", "2147483648")}},
		{name: "what is no truth is ignored", profile: "strict", start: never, stop: 30 * time.Second,
			options: []host.Option{set("servicesStartConcurrently", "1", "servicesStopConcurrently", "yes", "servicesStopConcurrently", "")}},
		{name: "other keys are ignored", profile: "strict", start: never, stop: 30 * time.Second, options: []host.Option{set("timeout", "2", "", "3")}},
	} {
		inBubble(t, c.name, func(t *testing.T) {
			first := &probe{name: "first"}
			second := &probe{name: "second", with: first}
			zeroth := &probe{name: "zeroth", with: first}
			h := makeHost(t, append(c.options, host.WithProfile(c.profile), host.WithPatience(48*time.Hour),
				host.WithService("zeroth", zeroth), host.WithService("first", first), host.WithService("second", second))...)
			err := h.Start(t.Context())
			if first.startLimit != c.start || second.startBeside != c.startBeside {
				t.Errorf("the start had %v, beside others: %t; want %v, %t", first.startLimit, second.startBeside, c.start, c.startBeside)
			}
			if err != nil { // the token was cancelled
				return
			}
			_ = h.Stop(t.Context())
			if first.stopLimit != c.stop || zeroth.stopBeside != c.stopBeside {
				t.Errorf("the stop had %v, beside others: %t; want %v, %t", first.stopLimit, zeroth.stopBeside, c.stop, c.stopBeside)
			}
		})
	}
}

// TestManyServicesHaveManyNames: two services of one name are refused, however many there are (names are kept in a set
// when there are more than a few).
func TestManyServicesHaveManyNames(t *testing.T) {
	for n := 1; n <= 40; n++ {
		var opts []host.Option
		for i := range n {
			opts = append(opts, host.WithService(fmt.Sprint("s", i), &scripted{d: &diary{}}))
		}
		if _, err := host.New(opts...); err != nil {
			t.Fatalf("%d services: %v", n, err)
		}
		for _, again := range []int{0, n / 2, n - 1} {
			name := fmt.Sprint("s", again)
			_, err := host.New(append(opts[:n:n], host.WithService(name, &scripted{d: &diary{}}))...)
			if want := fmt.Sprintf("host: two services are named %q; a name must tell one service from all others", name); text(err) != want {
				t.Errorf("%d services and %s again: %q, want %q", n, name, text(err), want)
			}
		}
	}
}

// TestRules: rules of one's own are followed.
func TestRules(t *testing.T) {
	rules, err := host.RulesOf("dotnet-8")
	if err != nil {
		t.Fatal(err)
	}
	rules.StartFailure = "rollBack"
	rules.ShutdownTimeout = time.Hour
	inBubble(t, "a release that rolls back", func(t *testing.T) {
		d := &diary{}
		h := makeHost(t, host.WithRules(&rules), host.WithService("a", &scripted{d: d, name: "a"}), host.WithService("b", &scripted{d: d, name: "b", start: fails}))
		if err := h.Start(t.Context()); err == nil {
			t.Error("the start succeeded")
		}
		if got, want := d.String(), "+a +b -b -a"; got != want { // a release stops what never started, too
			t.Errorf("happened %s, want %s", got, want)
		}
	})
	again, err := host.RulesOf("dotnet-8")
	if err != nil || again.StartFailure != "leave" || again.ShutdownTimeout != 30*time.Second {
		t.Errorf("a change of a copy shows in the profile: %+v, %v", again, err)
	}
	_, err = host.RulesOf("dotnet-1")
	for _, part := range []string{`host: there is no profile "dotnet-1"`, "strict", "dotnet-2.2", "dotnet-10"} {
		if !strings.Contains(text(err), part) {
			t.Errorf("%v lacks %q", err, part)
		}
	}
}

// TestClock: a host runs on the clock that it is given.
func TestClock(t *testing.T) {
	c := clock.NewMock()
	h, err := host.New(host.WithObserver(&logbook{}), host.WithHostLifetime(host.None), host.WithClock(c), host.WithShutdownTimeout(time.Minute),
		host.WithProfile("dotnet-10"), host.WithService("a", &scripted{d: &diary{}, name: "a", stop: func(ctx context.Context) error {
			end, ok := ctx.Deadline()
			if !ok || end.Sub(c.Now()) != time.Minute {
				t.Errorf("the deadline is %v, %t; the clock says %v", end, ok, c.Now())
			}
			go c.Add(time.Minute)
			<-ctx.Done()
			return nil
		}}))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(h.Start(t.Context()), h.Stop(t.Context())); err != nil {
		t.Error(err)
	}
}

// counting is a runtime that counts the threads that the host starts.
type counting struct {
	seam.Runtime
	threads int
}

func (c *counting) Go(name string, f func()) { c.threads++; c.Runtime.Go(name, f) }

// TestRuntime: the host starts its threads through the seam it is given.
func TestRuntime(t *testing.T) {
	inBubble(t, "seam", func(t *testing.T) {
		rt := &counting{Runtime: seam.NewReal(nil)}
		h := makeHost(t, host.WithRuntime(rt), host.WithService("w", host.Background(untilDone)))
		h.Lifetime().OnStarted(func() error { go h.StopApplication(); return nil })
		if err := h.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if rt.threads == 0 {
			t.Error("no thread was started through it")
		}
	})
}

// TestLogger: events are records of slog with stable attributes.
func TestLogger(t *testing.T) {
	inBubble(t, "slog", func(t *testing.T) {
		var out bytes.Buffer
		log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		}}))
		h := makeHost(t, host.WithLogger(log), host.WithService("w", host.Background(func(context.Context) error { return errors.New("lost the lease") })))
		_ = h.Run(t.Context())
		want := `level=DEBUG msg="Hosting starting" event=1 category=Host
level=DEBUG msg="Hosting started" event=2 category=Host
level=ERROR msg="A background service failed" event=9 category=Host service=w error="service w: execute: lost the lease"
level=ERROR+4 msg="The host is stopped because a background service failed" event=10 category=Host service=w error="service w: execute: lost the lease"
level=DEBUG msg="Hosting stopping" event=3 category=Host
level=ERROR msg="Hosting shutdown exception" event=5 category=Host error="service w: execute: lost the lease"
`
		got := sorted(out.String()) // the failure and the rest of the start are two threads
		if got != sorted(want) {
			t.Errorf("logged\n%s\nwant\n%s", got, sorted(want))
		}
	})
}

func sorted(lines string) string {
	all := strings.SplitAfter(lines, "\n")
	for i := range all {
		for k := i; k > 0 && all[k] < all[k-1]; k-- {
			all[k], all[k-1] = all[k-1], all[k]
		}
	}
	return strings.Join(all, "")
}
