package puppet_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/hostsim/hostsim/fakes/puppet"
	"github.com/hostsim/hostsim/host"
	"github.com/hostsim/hostsim/host/seam"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// service parses a plan with one service and gives it.
func service(t *testing.T, text string) *plan.Service {
	t.Helper()
	p, err := plan.Parse("test", []byte("services: [{name: a, "+text+"}]"))
	if err != nil {
		t.Fatal(err)
	}
	return &p.Services[0]
}

// TestServices calls a scripted service as a host does.
func TestServices(t *testing.T) {
	ctx := context.Background()
	for _, c := range []struct {
		name, text string
		call       func(*stage, host.Service) error
		want       []string
	}{
		{"constructed", "new: [{mark: here}]", func(*stage, host.Service) error { return nil }, []string{"a new", "a mark here", "ok"}},
		{"its construction fails", "new: [{throw: kaputt}]", nil, []string{"a new", "error:kaputt"}},
		{"of a background service the construction has no script of its own", "kind: background", func(*stage, host.Service) error { return nil }, []string{"a new", "ok"}},
		{"a hook without a script succeeds", "kind: hosted", func(_ *stage, s host.Service) error { return s.Start(ctx) },
			[]string{"a new", "a start begin", "a start end ok", "ok"}},
		{"start", "start: [{sleep: 2ms}]", func(_ *stage, s host.Service) error { return s.Start(ctx) },
			[]string{"a new", "a start begin", "2 a start end ok", "2 ok"}},
		{"a start that fails", "start: [{throw: kaputt}]", func(_ *stage, s host.Service) error { return s.Start(ctx) },
			[]string{"a new", "a start begin", "a start end error:kaputt", "error:kaputt"}},
		{"a stop whose token is cancelled", "stop: [{delay: 1s}]", func(r *stage, s host.Service) error { return s.Stop(seam.CancelledContext(r)) },
			[]string{"a new", "a stop begin (token cancelled)", "a stop end cancelled", "cancelled"}},
		{"dispose", "dispose: [{block: 1ms}]", func(_ *stage, s host.Service) error { return s.(host.Disposer).Dispose() },
			[]string{"a new", "a dispose begin", "1 a dispose end", "1 ok"}},
		{"a dispose that fails has no end", "dispose: [{throw: kaputt}]", func(_ *stage, s host.Service) error { return s.(host.Disposer).Dispose() },
			[]string{"a new", "a dispose begin", "error:kaputt"}},
		{"the hooks of a lifecycle service", "kind: lifecycle, starting: [{mark: m1}], started: [{mark: m2}], stopping: [{mark: m3}], stopped: [{mark: m4}]",
			func(_ *stage, s host.Service) error {
				l := s.(host.LifecycleService)
				return errors.Join(l.Starting(ctx), l.Start(ctx), l.Started(ctx), l.Stopping(ctx), l.Stop(ctx), l.Stopped(ctx))
			}, []string{"a new", "a starting begin", "a mark m1", "a starting end ok", "a start begin", "a start end ok", "a started begin", "a mark m2", "a started end ok",
				"a stopping begin", "a mark m3", "a stopping end ok", "a stop begin", "a stop end ok", "a stopped begin", "a mark m4", "a stopped end ok", "ok"}},
		{"a token that is watched", "watchTokens: true, start: [{sleep: 5ms}]", func(r *stage, s host.Service) error {
			return s.Start(seam.NewSource(r, ctx).CancelAfter(2*ms, "the token"))
		}, []string{"a new", "a start begin", "2 a start.token", "5 a start end ok", "5 ok"}},
		{"is watched no longer than the call", "watchTokens: true", func(r *stage, s host.Service) error {
			src := seam.NewSource(r, ctx)
			err := s.Start(src)
			return errors.Join(err, src.Cancel())
		}, []string{"a new", "a start begin", "a start end ok", "ok"}},
		{"and not if it has fired before", "watchTokens: true", func(r *stage, s host.Service) error { return s.Stop(seam.CancelledContext(r)) },
			[]string{"a new", "a stop begin (token cancelled)", "a stop end ok", "ok"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStage(t)
			s.delay = "pool"
			_ = s.Run("main", func() {
				svc, err := s.player.New(service(t, c.text))
				if err == nil {
					if p, ok := svc.(host.Prefixed); !ok || !p.HasSynchronousPart() {
						t.Error("the service has no synchronous part")
					}
					err = c.call(s, svc)
				}
				s.say("%s", puppet.Outcome(err))
				s.End()
			}, nil)
			same(t, s.said, c.want...)
		})
	}
}

func TestKinds(t *testing.T) {
	s := newStage(t)
	for kind, want := range map[string][3]bool{ // lifecycle, worker, disposer
		plan.Hosted: {false, false, true}, plan.Lifecycle: {true, false, true}, plan.Background: {false, true, true},
	} {
		svc := s.player.Unmade(service(t, "kind: "+kind))
		_, l := svc.(host.LifecycleService)
		_, w := svc.(host.Worker)
		_, d := svc.(host.Disposer)
		if got := [3]bool{l, w, d}; got != want {
			t.Errorf("%s: lifecycle, worker, disposer %v, want %v", kind, got, want)
		}
	}
	if len(s.said) != 0 {
		t.Errorf("what is not constructed yet said %v", s.said)
	}
}

func TestHostLifetime(t *testing.T) {
	p, err := plan.Parse("test", []byte("hostLifetime: {waitForStart: [{sleep: 2ms}], stop: [{throw: kaputt}]}"))
	if err != nil {
		t.Fatal(err)
	}
	s := newStage(t)
	_ = s.Run("main", func() {
		l := &puppet.HostLifetime{P: &s.player, L: p.HostLifetime}
		_ = l.WaitForStart(context.Background())
		s.say("%v", l.Stop(seam.CancelledContext(s)))
	}, nil)
	same(t, s.said, "hostLifetime waitForStart begin", "2 hostLifetime waitForStart end ok", "2 hostLifetime stop begin (token cancelled)", "2 hostLifetime stop end error:kaputt", "2 kaputt")
}

// TestOutcome: how errors look in a trace; nested aggregates are made flat, the outermost first, whoever wrapped them.
func TestOutcome(t *testing.T) {
	app := func(s string) error { return &puppet.AppError{Text: s} }
	named := func(err error) error { return &host.ServiceError{Service: "a", Call: "stop", Err: err} }
	for _, c := range []struct {
		err  error
		want trace.Outcome
	}{
		{nil, "ok"},
		{app("x"), "error:x"},
		{named(app("x")), "error:x"},
		{named(named(app("x"))), "error:x"},
		{named(nil), "ok"},
		{fmt.Errorf("while stopping: %w", app("x")), "error:x"},
		{errors.New("plain"), "error:plain"},
		{context.Canceled, "cancelled"},
		{context.DeadlineExceeded, "cancelled"},
		{named(fmt.Errorf("gave up: %w", context.Canceled)), "cancelled"},
		{app(""), "error:"},
		{host.ErrNoServices, "error:ArgumentNullException"},
		{host.ErrDisposed, "error:ObjectDisposedException"},
		{host.ErrBuiltTwice, "error:InvalidOperationException"},
		{&host.PanicError{Value: "boom"}, "error:panic: boom"},
		{errors.Join(app("x")), "aggregate(error:x)"},
		{errors.Join(app("x"), app("y")), "aggregate(error:x,error:y)"},
		{errors.Join(app("x"), context.Canceled), "aggregate(error:x,cancelled)"},
		{errors.Join(errors.Join(app("x"), app("y")), app("z")), "aggregate(error:z,error:x,error:y)"},
		{errors.Join(named(errors.Join(app("x"), named(errors.Join(app("y"))))), named(app("z"))), "aggregate(error:z,error:x,error:y)"},
		{named(errors.Join(app("x"))), "aggregate(error:x)"},
		{errors.Join(&host.AbandonedError{Service: "b", Call: "stop"}), "aggregate(error:abandoned)"},
	} {
		if got := puppet.Outcome(c.err); got != c.want {
			t.Errorf("%v: %s, want %s", c.err, got, c.want)
		}
	}
}

// TestObserver: the host's own events as events of the trace.
func TestObserver(t *testing.T) {
	for _, c := range []struct {
		e    host.Event
		want string
	}{
		{host.Event{Level: slog.LevelDebug, Category: "Host", ID: 3}, "log Debug Host#3"},
		{host.Event{Level: slog.LevelInfo, Category: "Lifetime", Message: "Application started. Press Ctrl+C"}, "log Information Lifetime#0:Application"},
		{host.Event{Level: slog.LevelInfo, Category: "Lifetime", Message: "Environment: production"}, "log Information Lifetime#0:Environment"},
		{host.Event{Level: slog.LevelWarn, Category: "Host", ID: 5}, "log Warning Host#5"},
		{host.Event{Level: slog.LevelError, Category: "Host", ID: 9, Err: errBoom}, "log Error error:boom Host#9"},
		{host.Event{Level: host.LevelCritical, Category: "Host", ID: 10, Err: errors.Join(errBoom)}, "log Critical aggregate(error:boom) Host#10"},
		{host.Event{Level: slog.LevelWarn, Category: host.CategoryHost, ID: host.EventAbandoned, Service: "b"}, "b abandoned; log Warning " + host.CategoryHost + "#" + fmt.Sprint(host.EventAbandoned)},
	} {
		for range 2 { // the second time from what is kept
			var got []string
			puppet.Observer{Emit: func(e trace.Event) { got = append(got, string(trace.AppendText(nil, &e))) }}.HostEvent(c.e)
			if s := strings.Join(got, "; "); s != c.want {
				t.Errorf("%+v:\ngot  %s\nwant %s", c.e, s, c.want)
			}
		}
	}
}
