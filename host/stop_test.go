package host_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hostsim/hostsim/host"
)

// TestExpiredStop: three services share one second, and the second one takes longer: what each profile does then.
func TestExpiredStop(t *testing.T) {
	for _, c := range []struct {
		name       string
		profile    string
		concurrent bool
		stop       func(context.Context) error // of b
		want       string
		err        string
		took       time.Duration
	}{
		{name: "strict abandons and names", profile: "strict", stop: takes(time.Hour), want: "-c -b event12:b -a",
			err: "service b: stop did not end by the shutdown deadline and was abandoned; make it honour its context", took: 1100 * time.Millisecond},
		{name: "strict, a service that gives up", profile: "strict", stop: untilDone, want: "-c -b -a", err: "service b: stop: context deadline exceeded", took: time.Second},
		{name: "strict, a service that swallows the cancellation", profile: "strict", stop: func(ctx context.Context) error { <-ctx.Done(); return nil }, want: "-c -b -a", took: time.Second},
		{name: "10 waits and goes on", profile: "dotnet-10", stop: takes(time.Hour), want: "-c -b -a", took: time.Hour},
		{name: "3.1 skips the rest", profile: "dotnet-3.1", stop: takes(time.Hour), want: "-c -b", err: "context deadline exceeded", took: time.Hour},
		{name: "3.1 does not say who was late", profile: "dotnet-3.1", stop: untilDone, want: "-c -b", err: "context deadline exceeded", took: time.Second},
		{name: "strict, concurrently", profile: "strict", concurrent: true, stop: takes(time.Hour), want: "", // in any order
			err: "service b: stop did not end by the shutdown deadline and was abandoned; make it honour its context", took: 1100 * time.Millisecond},
	} {
		inBubble(t, c.name, func(t *testing.T) {
			d := &diary{}
			quiet := &diary{}
			h := makeHost(t, host.WithProfile(c.profile), host.WithShutdownTimeout(time.Second), host.WithConcurrentStop(c.concurrent), host.WithObserver(d),
				host.WithService("a", &scripted{d: quiet, name: "a", stop: func(context.Context) error { d.write("-a"); return nil }}),
				host.WithService("b", &scripted{d: quiet, name: "b", stop: func(ctx context.Context) error { d.write("-b"); return c.stop(ctx) }}),
				host.WithService("c", &scripted{d: quiet, name: "c", stop: func(context.Context) error { d.write("-c"); return nil }}))
			if err := h.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			begun := time.Now()
			err := h.Stop(t.Context())
			if took := time.Since(begun); text(err) != c.err || took != c.took {
				t.Errorf("stop gave %q after %v, want %q after %v", text(err), took, c.err, c.took)
			}
			if c.want != "" && d.String() != c.want {
				t.Errorf("happened %s, want %s", d, c.want)
			}
			pass(2 * time.Hour)
		})
	}
}

// TestPatience: each call that does not end costs it once, no more.
func TestPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := makeHost(t, host.WithShutdownTimeout(time.Second), host.WithPatience(10*time.Second),
			host.WithService("a", &scripted{d: &diary{}, name: "a", stop: takes(time.Hour)}),
			host.WithService("b", &scripted{d: &diary{}, name: "b", stop: takes(5 * time.Second)}), // late, and yet it counts
			host.WithService("c", &scripted{d: &diary{}, name: "c", stop: takes(time.Hour)}))
		if err := h.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		err := h.Stop(t.Context())
		if took, want := time.Since(begun), 1*time.Second+10*time.Second+5*time.Second+10*time.Second; took != want {
			t.Errorf("it took %v, want %v", took, want)
		}
		if all, ok := err.(interface{ Unwrap() []error }); !ok || len(all.Unwrap()) != 2 {
			t.Errorf("%v, want that a and c were abandoned", err)
		}
		pass(2 * time.Hour)
	})
}

// TestCallersContextEndsTheStop before the shutdown timeout does.
func TestCallersContextEndsTheStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := makeHost(t, host.WithShutdownTimeout(time.Hour), host.WithService("a", &scripted{d: &diary{}, name: "a", stop: untilDone}))
		if err := h.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begun := time.Now()
		err := h.Stop(ctx)
		if took := time.Since(begun); took != time.Second || !host.IsCancellation(err) {
			t.Errorf("stop gave %v after %v", err, took)
		}
	})
}

// TestSecondStop: strict joins it to the first, the releases repeat.
func TestSecondStop(t *testing.T) {
	for _, c := range []struct{ profile, want, second string }{
		{"strict", "+a -a", "service a: stop: boom"},
		{"dotnet-10", "+a -a -a", "service a: stop: boom"},
	} {
		inBubble(t, c.profile, func(t *testing.T) {
			d := &diary{}
			h := makeHost(t, host.WithProfile(c.profile), host.WithService("a", &scripted{d: d, name: "a", stop: fails}))
			if err := h.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			first, second := h.Stop(t.Context()), h.Stop(t.Context())
			if text(first) != "service a: stop: boom" || text(second) != c.second {
				t.Errorf("%v, then %v", first, second)
			}
			if d.String() != c.want {
				t.Errorf("happened %s, want %s", d, c.want)
			}
		})
	}
	inBubble(t, "who joins may give up", func(t *testing.T) {
		h := makeHost(t, host.WithService("a", &scripted{d: &diary{}, name: "a", stop: takes(10 * time.Second)}))
		if err := h.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := h.Stop(t.Context()); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begun := time.Now()
		if err := h.Stop(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) != time.Second {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
		wg.Wait()
	})
}

// TestSecondStart: strict refuses, the releases start everything again.
func TestSecondStart(t *testing.T) {
	for _, c := range []struct {
		profile, want string
		err           error
	}{
		{"strict", "+a", host.ErrStartedTwice},
		{"dotnet-10", "+a +a", nil},
	} {
		inBubble(t, c.profile, func(t *testing.T) {
			d := &diary{}
			h := makeHost(t, host.WithProfile(c.profile), host.WithService("a", &scripted{d: d, name: "a"}))
			if err := h.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := h.Start(t.Context()); !errors.Is(err, c.err) {
				t.Errorf("%v, want %v", err, c.err)
			}
			if d.String() != c.want {
				t.Errorf("happened %s, want %s", d, c.want)
			}
		})
	}
}

// TestDisposalFailure: strict disposes the rest all the same, a release ends there.
func TestDisposalFailure(t *testing.T) {
	for _, c := range []struct {
		name    string
		profile string
		dispose func() error // of b
		want    string
		err     string
	}{
		{"strict goes on", "strict", func() error { return errors.New("stuck") }, "~c ~b ~a", "service b: dispose: stuck"},
		{"strict goes on after a panic", "strict", func() error { panic("nil map") }, "~c ~b ~a", "service b: dispose: panic: nil map"},
		{"a release ends there", "dotnet-10", func() error { return errors.New("stuck") }, "~c ~b", "service b: dispose: stuck"},
	} {
		inBubble(t, c.name, func(t *testing.T) {
			d, quiet := &diary{}, &diary{}
			note := func(name string, f func() error) host.Option {
				return host.WithService(name, &scripted{d: quiet, name: name, dispose: func() error {
					d.write("~%s", name)
					if f != nil {
						return f()
					}
					return nil
				}})
			}
			h := makeHost(t, host.WithProfile(c.profile), note("a", nil), note("b", c.dispose), note("c", nil))
			if err := h.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := h.Dispose(); text(err) != c.err {
				t.Errorf("%q, want %q", text(err), c.err)
			}
			if d.String() != c.want {
				t.Errorf("happened %s, want %s", d, c.want)
			}
			if err := h.Dispose(); err != nil {
				t.Errorf("a second disposal: %v", err)
			}
		})
	}
}

// TestPanicOfMain: a panic that passes through Run disposes the host and goes on as it was.
func TestPanicOfMain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &diary{}
		h := makeHost(t, host.WithService("a", &scripted{d: d, name: "a"}), host.WithHostLifetime(func(*host.Host) host.HostLifetime {
			return &own{d: d, wait: func(context.Context) error { panic("console is gone") }}
		}))
		defer func() {
			if r := recover(); r != "console is gone" {
				t.Errorf("recovered %v", r)
			}
		}()
		_ = h.Run(t.Context())
		t.Error("run came back")
	})
}
