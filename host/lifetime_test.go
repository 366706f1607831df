package host_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hostsim/hostsim/host"
)

// TestNotifications: callbacks run newest first, each whatever the others did, and their failures are logged.
func TestNotifications(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, log := &diary{}, &logbook{}
		h := makeHost(t, host.WithObserver(log), host.WithService("a", &scripted{d: d, name: "a"}))
		l := h.Lifetime()
		for _, on := range []struct {
			what     string
			register func(func() error) func()
		}{{"started", l.OnStarted}, {"stopping", l.OnStopping}, {"stopped", l.OnStopped}} {
			on.register(func() error { d.write("%s1", on.what); return nil })
			on.register(func() error { d.write("%s2", on.what); return errors.New(on.what + " fails") })
			taken := on.register(func() error { d.write("%s3", on.what); return nil })
			taken()
			taken() // twice is nothing
		}
		l.OnStarted(func() error { go h.StopApplication(); return nil })
		if err := h.Run(t.Context()); err != nil {
			t.Errorf("a callback that fails changes nothing: %v", err)
		}
		if got, want := d.String(), "+a started2 started1 stopping2 stopping1 -a stopped2 stopped1 ~a"; got != want {
			t.Errorf("happened\n%s\nwant\n%s", got, want)
		}
		want := []string{"a callback of Started failed: started fails", "a callback of Stopping failed: stopping fails", "a callback of Stopped failed: stopped fails"}
		if d := cmp.Diff(want, log.of(host.CategoryCallback)); d != "" {
			t.Errorf("logged: %s", d)
		}
		if d := cmp.Diff([]int{1, 6, 2, 7, 3, 8, 4}, log.ids()); d != "" {
			if d := cmp.Diff([]int{1, 6, 2, 3, 7, 8, 4}, log.ids()); d != "" { // the request and the stop are two threads
				t.Errorf("ids: %s", d)
			}
		}
		for name, ctx := range map[string]context.Context{"Started": l.Started(), "Stopping": l.Stopping(), "Stopped": l.Stopped()} {
			if ctx.Err() == nil {
				t.Errorf("%s is not cancelled", name)
			}
		}
	})
}

// TestALateCallbackRunsAtOnce: one that is registered after its notification.
func TestALateCallbackRunsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := makeHost(t)
		if err := h.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		ran := 0
		h.Lifetime().OnStarted(func() error { ran++; return nil })()
		if ran != 1 {
			t.Errorf("it ran %d times", ran)
		}
		h.Lifetime().OnStopping(func() error { ran++; return nil })
		if ran != 1 {
			t.Error("a callback of what is still to come ran")
		}
		if err := h.Stop(t.Context()); err != nil || ran != 2 {
			t.Errorf("%v, ran %d", err, ran)
		}
	})
}

// TestStopRequests: they return when the callbacks of Stopping have run; inside one of them, at once.
func TestStopRequests(t *testing.T) {
	for _, c := range []struct {
		profile string
		second  time.Duration // how long a second caller waits for the callbacks of the first, which take 2 s
	}{
		{"strict", 0},
		{"dotnet-10", time.Second},
	} {
		inBubble(t, c.profile, func(t *testing.T) {
			h := makeHost(t, host.WithProfile(c.profile))
			var inside, first, second time.Duration
			h.Lifetime().OnStopping(func() error {
				begun := time.Now()
				h.StopApplication()
				inside = time.Since(begun)
				pass(2 * time.Second)
				return nil
			})
			h.Lifetime().OnStarted(func() error {
				go func() { begun := time.Now(); h.StopApplication(); first = time.Since(begun) }()
				go func() { pass(time.Second); begun := time.Now(); h.StopApplication(); second = time.Since(begun) }()
				return nil
			})
			if err := h.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			pass(time.Minute)
			synctest.Wait() // what the callers wrote can be read now
			if inside != 0 || first != 2*time.Second || second != c.second {
				t.Errorf("inside %v, first %v, second %v; want 0s, 2s, %v", inside, first, second, c.second)
			}
		})
	}
}

// TestStoppingCallbackThatHangs: strict goes on at the deadline and names it; a release waits.
func TestStoppingCallbackThatHangs(t *testing.T) {
	for _, c := range []struct {
		profile string
		took    time.Duration
		err     string
	}{
		{"strict", time.Second + 100*time.Millisecond, "service lifetime: applicationStopping did not end by the shutdown deadline and was abandoned; make it honour its context"},
		{"dotnet-10", time.Hour, ""},
	} {
		inBubble(t, c.profile, func(t *testing.T) {
			d := &diary{}
			h := makeHost(t, host.WithProfile(c.profile), host.WithShutdownTimeout(time.Second), host.WithService("a", &scripted{d: d, name: "a"}))
			if err := h.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			h.Lifetime().OnStopping(func() error { pass(time.Hour); return nil })
			begun := time.Now()
			err := h.Stop(t.Context())
			if took := time.Since(begun); took != c.took || text(err) != c.err {
				t.Errorf("the stop took %v and gave %v, want %v and %q", took, err, c.took, c.err)
			}
			if d.String() != "+a -a" {
				t.Errorf("happened %s", d)
			}
			pass(2 * time.Hour)
		})
	}
}

// TestWaitForShutdown: it stops, and does not dispose.
func TestWaitForShutdown(t *testing.T) {
	for _, c := range []struct {
		name string
		stop func(h *host.Host, cancel context.CancelFunc)
	}{
		{"a request", func(h *host.Host, _ context.CancelFunc) { h.StopApplication() }},
		{"a context that is cancelled", func(_ *host.Host, cancel context.CancelFunc) { cancel() }},
	} {
		inBubble(t, c.name, func(t *testing.T) {
			d := &diary{}
			h := makeHost(t, host.WithService("a", &scripted{d: d, name: "a"}))
			if err := h.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			go func() { pass(time.Minute); c.stop(h, cancel) }()
			begun := time.Now()
			if err := h.WaitForShutdown(ctx); err != nil {
				t.Error(err)
			}
			if took := time.Since(begun); took != time.Minute {
				t.Errorf("it took %v", took)
			}
			if d.String() != "+a -a" {
				t.Errorf("happened %s", d)
			}
			if h.Lifetime().Stopped().Err() == nil {
				t.Error("Stopped was not notified")
			}
		})
	}
}

// TestForceWithoutAStop: there is nothing to force.
func TestForceWithoutAStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &diary{}
		h := makeHost(t, host.WithService("a", &scripted{d: d, name: "a"}))
		h.ForceStop()
		if err := h.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		h.ForceStop()
		synctest.Wait()
		if h.Lifetime().Stopping().Err() != nil || d.String() != "+a" {
			t.Errorf("it stopped: %s", d)
		}
		if err := h.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
