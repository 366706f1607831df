package host_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hostsim/hostsim/host"
)

// hooked is a scripted service with the four extra hooks.
type hooked struct {
	scripted
	fail map[string]error
}

func (s *hooked) hook(name string) error { s.d.write("%s:%s", s.name, name); return s.fail[name] }

func (s *hooked) Starting(context.Context) error { return s.hook("starting") }
func (s *hooked) Started(context.Context) error  { return s.hook("started") }
func (s *hooked) Stopping(context.Context) error { return s.hook("stopping") }
func (s *hooked) Stopped(context.Context) error  { return s.hook("stopped") }

// TestStages: the extra hooks stand around starts and stops in stages, and a failure of one is that of its service.
func TestStages(t *testing.T) {
	boom := errors.New("boom")
	for _, c := range []struct {
		name    string
		profile string
		fail    map[string]error // of b
		want    string
		err     string
	}{
		{name: "a whole life", profile: "strict",
			want: "a:starting b:starting +a +b a:started b:started b:stopping a:stopping -b -a b:stopped a:stopped ~b ~a"},
		{name: "a release before 8 does not know them", profile: "dotnet-7", want: "+a +b -b -a ~b ~a"},
		{name: "starting fails", profile: "strict", fail: map[string]error{"starting": boom},
			want: "a:starting b:starting ~b ~a", err: "service b: starting: boom"},
		{name: "starting fails on 10, which stops nothing", profile: "dotnet-10", fail: map[string]error{"starting": boom},
			want: "a:starting b:starting ~b ~a", err: "service b: starting: boom"},
		{name: "started fails", profile: "strict", fail: map[string]error{"started": boom},
			want: "a:starting b:starting +a +b a:started b:started b:stopping a:stopping -b -a b:stopped a:stopped ~b ~a", err: "service b: started: boom"},
		{name: "stopping fails, and all else is called", profile: "strict", fail: map[string]error{"stopping": boom, "stopped": boom},
			want: "a:starting b:starting +a +b a:started b:started b:stopping a:stopping -b -a b:stopped a:stopped ~b ~a", err: "service b: stopping: boom\nservice b: stopped: boom"},
	} {
		inBubble(t, c.name, func(t *testing.T) {
			d := &diary{}
			h := makeHost(t, host.WithProfile(c.profile),
				host.WithService("a", &hooked{scripted: scripted{d: d, name: "a"}}),
				host.WithService("b", &hooked{scripted: scripted{d: d, name: "b"}, fail: c.fail}))
			h.Lifetime().OnStarted(func() error { go h.StopApplication(); return nil })
			if err := h.Run(t.Context()); text(err) != c.err {
				t.Errorf("run gave %q, want %q", text(err), c.err)
			}
			if d.String() != c.want {
				t.Errorf("happened\n%s\nwant\n%s", d, c.want)
			}
		})
	}
}

// TestConstruction: services are made when the host starts, once, and a failure starts nothing.
func TestConstruction(t *testing.T) {
	for _, c := range []struct {
		name    string
		profile string
		make    func() (host.Service, error) // of b
		want    string
		err     string
		stop    string // what a stop afterwards gives
		events  []int
	}{
		{name: "it fails", profile: "strict", make: func() (host.Service, error) { return nil, errors.New("no config") },
			want: "new:a new:b ~a", err: "service b: new: no config", events: []int{1, 11}},
		{name: "it panics", profile: "strict", make: func() (host.Service, error) { panic("nil map") },
			want: "new:a new:b ~a", err: "service b: new: panic: nil map", events: []int{1, 11}},
		{name: "it fails on 9", profile: "dotnet-9", make: func() (host.Service, error) { return nil, errors.New("no config") },
			want: "new:a new:b ~a", err: "service b: new: no config", events: []int{1}},
		{name: "on 10 a stop afterwards fails", profile: "dotnet-10", make: func() (host.Service, error) { return nil, errors.New("no config") },
			want: "new:a new:b ~a", err: "service b: new: no config", stop: host.ErrNoServices.Error(), events: []int{1, 11}},
	} {
		inBubble(t, c.name, func(t *testing.T) {
			d, log := &diary{}, &logbook{}
			h := makeHost(t, host.WithProfile(c.profile), host.WithObserver(log),
				host.WithFactory("a", func() (host.Service, error) { d.write("new:a"); return &scripted{d: d, name: "a"}, nil }),
				host.WithFactory("b", func() (host.Service, error) { d.write("new:b"); return c.make() }))
			if d.String() != "" {
				t.Errorf("made before the start: %s", d)
			}
			if err := h.Start(t.Context()); text(err) != c.err {
				t.Errorf("start gave %q, want %q", text(err), c.err)
			}
			if got := firsts(log.ids(), c.events); !slices.Equal(got, c.events) {
				t.Errorf("events %v, want %v first", log.ids(), c.events)
			}
			if err := h.Stop(t.Context()); text(err) != c.stop {
				t.Errorf("stop gave %q, want %q", text(err), c.stop)
			}
			if err := h.Dispose(); err != nil {
				t.Error(err)
			}
			if d.String() != c.want {
				t.Errorf("happened %s, want %s", d, c.want)
			}
		})
	}
}

// firsts gives as many of got as there are wanted, leaving the stop of the roll-back out.
func firsts(got, want []int) []int { return got[:min(len(got), len(want))] }

// TestAStartCutShort: a stop request or a cancelled context while services start.
func TestAStartCutShort(t *testing.T) {
	for _, c := range []struct {
		name    string
		profile string
		cut     func(h *host.Host, cancel context.CancelFunc)
		want    string
		err     string
	}{
		{name: "a request is graceful", profile: "strict", cut: func(h *host.Host, _ context.CancelFunc) { h.StopApplication() },
			want: "+a +b -a ~c ~b ~a"},
		{name: "a context that is cancelled is not", profile: "strict", cut: func(_ *host.Host, cancel context.CancelFunc) { cancel() },
			want: "+a +b -a ~c ~b ~a", err: "service b: start: context canceled"},
		{name: "a request on 10 is a failure, and nothing is stopped", profile: "dotnet-10", cut: func(h *host.Host, _ context.CancelFunc) { h.StopApplication() },
			want: "+a +b ~c ~b ~a", err: "service b: start: context canceled"},
	} {
		inBubble(t, c.name, func(t *testing.T) {
			d := &diary{}
			h := makeHost(t, host.WithProfile(c.profile), host.WithService("a", &scripted{d: d, name: "a"}),
				host.WithService("b", &scripted{d: d, name: "b", start: untilDone}), host.WithService("c", &scripted{d: d, name: "c"}))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			go func() { pass(time.Second); c.cut(h, cancel) }()
			if err := h.Run(ctx); text(err) != c.err {
				t.Errorf("run gave %q, want %q", text(err), c.err)
			}
			if d.String() != c.want {
				t.Errorf("happened %s, want %s", d, c.want)
			}
		})
	}
}

// TestStartupTimeout: a start that takes too long is cancelled; a call that does not notice is abandoned by strict alone.
func TestStartupTimeout(t *testing.T) {
	for _, c := range []struct {
		name    string
		profile string
		timeout time.Duration
		start   func(context.Context) error
		want    string
		err     string
		took    time.Duration
	}{
		{name: "it notices", profile: "strict", timeout: time.Second, start: untilDone, want: "+a +b -a", err: "service b: start: context deadline exceeded", took: time.Second},
		{name: "it does not notice", profile: "strict", timeout: time.Second, start: takes(time.Hour), want: "+a +b event12:b -a",
			err: "service b: start did not end by the shutdown deadline and was abandoned; make it honour its context", took: time.Second + 100*time.Millisecond},
		{name: "10 waits for it, and goes on", profile: "dotnet-10", timeout: time.Second, start: takes(time.Hour), want: "+a +b +c", took: time.Hour},
		{name: "a timeout of zero starts nothing", profile: "strict", timeout: 0, start: nil, want: "", err: "context deadline exceeded"},
		{name: "in time", profile: "strict", timeout: time.Second, start: takes(999 * time.Millisecond), want: "+a +b +c", took: 999 * time.Millisecond},
	} {
		inBubble(t, c.name, func(t *testing.T) {
			d := &diary{}
			h := makeHost(t, host.WithProfile(c.profile), host.WithObserver(d), host.WithStartupTimeout(c.timeout), host.WithService("a", &scripted{d: d, name: "a"}),
				host.WithService("b", &scripted{d: d, name: "b", start: c.start}), host.WithService("c", &scripted{d: d, name: "c"}))
			begun := time.Now()
			err := h.Start(t.Context())
			if took := time.Since(begun); text(err) != c.err || took != c.took {
				t.Errorf("start gave %q after %v, want %q after %v", text(err), took, c.err, c.took)
			}
			if d.String() != c.want {
				t.Errorf("happened %s, want %s", d, c.want)
			}
			pass(2 * time.Hour)
		})
	}
}

// TestConcurrentStart: all are called, and the order of failures is that of their ends; a mere cancellation counts only
// where there is nothing else.
func TestConcurrentStart(t *testing.T) {
	after := func(d time.Duration, err error) func(context.Context) error {
		return func(context.Context) error { pass(d); return err }
	}
	one, two := errors.New("one"), errors.New("two")
	for _, c := range []struct {
		name string
		a, b func(context.Context) error
		err  string
		took time.Duration
	}{
		{name: "all succeed", a: after(2*time.Second, nil), b: after(time.Second, nil), took: 2 * time.Second},
		{name: "one fails, and all are waited for", a: after(time.Second, one), b: after(3*time.Second, nil), err: "service a: start: one", took: 3 * time.Second},
		{name: "two fail, in order of their ends", a: after(2*time.Second, one), b: after(time.Second, two), err: "service b: start: two\nservice a: start: one", took: 2 * time.Second},
		{name: "a cancellation beside a failure", a: after(time.Second, context.Canceled), b: after(2*time.Second, two), err: "service b: start: two", took: 2 * time.Second},
		{name: "cancellations alone count as one", a: after(time.Second, context.Canceled), b: after(2*time.Second, context.Canceled), err: "service a: start: context canceled", took: 2 * time.Second},
	} {
		for _, profile := range []string{"strict", "dotnet-10"} {
			inBubble(t, profile+" "+c.name, func(t *testing.T) {
				h := makeHost(t, host.WithProfile(profile), host.WithConcurrentStart(true),
					host.WithService("a", &scripted{d: &diary{}, name: "a", start: c.a}), host.WithService("b", &scripted{d: &diary{}, name: "b", start: c.b}))
				begun := time.Now()
				err := h.Start(t.Context())
				if took := time.Since(begun); text(err) != c.err || took != c.took {
					t.Errorf("start gave %q after %v, want %q after %v", text(err), took, c.err, c.took)
				}
			})
		}
	}
}

// TestADisposedHost does nothing more.
func TestADisposedHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &diary{}
		h := makeHost(t, host.WithService("a", &scripted{d: d, name: "a"}))
		if err := h.Dispose(); err != nil {
			t.Fatal(err)
		}
		for name, call := range map[string]func(context.Context) error{"Start": h.Start, "WaitForShutdown": h.WaitForShutdown} {
			if err := call(t.Context()); !errors.Is(err, host.ErrDisposed) {
				t.Errorf("%s gave %v", name, err)
			}
		}
		if d.String() != "" {
			t.Errorf("happened %s", d)
		}
	})
}

// TestStopOfAStartThatIsUnderWay: strict joins it to the start; the start is cut short and its services stopped once.
func TestStopOfAStartThatIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &diary{}
		h := makeHost(t, host.WithService("a", &scripted{d: d, name: "a"}), host.WithService("b", &scripted{d: d, name: "b", start: untilDone}))
		started := make(chan error, 1)
		go func() { started <- h.Start(t.Context()) }()
		synctest.Wait()
		if err := h.Stop(t.Context()); err != nil {
			t.Errorf("stop: %v", err)
		}
		if err := <-started; !host.IsCancellation(err) {
			t.Errorf("start: %v, want a cancellation", err)
		}
		if got := d.String(); got != "+a +b -a" {
			t.Errorf("happened %s", got)
		}
	})
}

// TestStopWaitsForTheStart: strict's stop joins a start that does not notice the request, up to the shutdown timeout.
func TestStopWaitsForTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &diary{}
		h := makeHost(t, host.WithShutdownTimeout(5*time.Second), host.WithService("a", &scripted{d: d, name: "a"}),
			host.WithService("b", &scripted{d: d, name: "b", start: takes(3 * time.Second)}))
		go func() { _ = h.Start(t.Context()) }()
		synctest.Wait()
		begun := time.Now()
		if err := h.Stop(t.Context()); err != nil {
			t.Error(err)
		}
		if took := time.Since(begun); took != 3*time.Second {
			t.Errorf("the stop took %v, want 3s: until the start was over", took)
		}
		if got := d.String(); got != "+a +b -b -a" {
			t.Errorf("happened %s", got)
		}
	})
}
