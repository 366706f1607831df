package host_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hostsim/hostsim/host"
)

// TestHowWorkEnds: what becomes of a background service's end, by profile.
func TestHowWorkEnds(t *testing.T) {
	lost := errors.New("lost the lease")
	panics := func(context.Context) error { panic("nil map") }
	after := func(err error) func(context.Context) error {
		return func(context.Context) error { pass(time.Second); return err }
	}
	for _, c := range []struct {
		name    string
		profile string
		ignore  bool
		work    func(context.Context) error
		stays   bool // the host goes on until it is asked
		err     string
		faults  []int // events 9 and 10
	}{
		{name: "it returns", profile: "strict", work: after(nil), stays: true},
		{name: "it fails", profile: "strict", work: after(lost), err: "service w: execute: lost the lease", faults: []int{9, 10}},
		{name: "it panics", profile: "strict", work: panics, err: "service w: execute: panic: nil map", faults: []int{9, 10}},
		{name: "it fails and is ignored", profile: "strict", ignore: true, work: after(lost), stays: true, faults: []int{9}},
		{name: "it gives up though nobody stops", profile: "strict", work: after(context.Canceled), err: "service w: execute: context canceled", faults: []int{9, 10}},
		{name: "a stop cancels it", profile: "strict", work: untilDone, stays: true},
		{name: "it fails when it is stopped", profile: "strict", work: func(ctx context.Context) error { <-ctx.Done(); return lost }, stays: true,
			err: "service w: execute: lost the lease", faults: []int{9, 10}},
		{name: "10 stops and does not fail", profile: "dotnet-10", work: after(lost), faults: []int{9, 10}},
		{name: "8 ignores if told to", profile: "dotnet-8", ignore: true, work: after(lost), stays: true, faults: []int{9}},
		{name: "3.1 loses it", profile: "dotnet-3.1", work: after(lost), stays: true},
	} {
		inBubble(t, c.name, func(t *testing.T) {
			log := &logbook{}
			h := makeHost(t, host.WithProfile(c.profile), host.WithIgnoredFaults(c.ignore), host.WithObserver(log), host.WithService("w", host.Background(c.work)))
			ended := make(chan error, 1)
			go func() { ended <- h.Run(t.Context()) }()
			pass(time.Minute)
			synctest.Wait()
			if stays := h.Lifetime().Stopping().Err() == nil; stays != c.stays {
				t.Errorf("the host stays: %t, want %t", stays, c.stays)
			}
			h.StopApplication()
			if err := <-ended; text(err) != c.err {
				t.Errorf("run gave %q, want %q", text(err), c.err)
			}
			synctest.Wait()
			faults := slices.DeleteFunc(log.ids(), func(id int) bool { return id != host.EventServiceFaulted && id != host.EventStoppingHost })
			if !slices.Equal(faults, c.faults) {
				t.Errorf("events %v, want %v", faults, c.faults)
			}
		})
	}
}

// embedded is a service of one's own around a background service; the host watches its work all the same.
type embedded struct {
	*host.BackgroundService
	d *diary
}

func (e *embedded) Start(ctx context.Context) error {
	e.d.write("before")
	return e.BackgroundService.Start(ctx)
}

func TestEmbeddedBackgroundServiceIsWatched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &diary{}
		h := makeHost(t, host.WithService("w", &embedded{host.Background(func(context.Context) error { return errors.New("boom") }), d}))
		if err := h.Run(t.Context()); text(err) != "service w: execute: boom" {
			t.Errorf("run gave %v", err)
		}
		if d.String() != "before" {
			t.Errorf("happened %s", d)
		}
	})
}

// TestWorkThatDoesNotStop: the stop waits for it until its token is cancelled, and never longer.
func TestWorkThatDoesNotStop(t *testing.T) {
	for _, profile := range []string{"strict", "dotnet-10"} {
		inBubble(t, profile, func(t *testing.T) {
			d := &diary{}
			h := makeHost(t, host.WithProfile(profile), host.WithShutdownTimeout(3*time.Second), host.WithService("a", &scripted{d: d, name: "a"}),
				host.WithService("w", host.Background(takes(time.Hour))))
			if err := h.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			synctest.Wait() // 10 does not begin work that is stopped before it
			begun := time.Now()
			err := h.Stop(t.Context())
			if took := time.Since(begun); took != 3*time.Second || err != nil {
				t.Errorf("stop gave %v after %v", err, took)
			}
			if d.String() != "+a -a" {
				t.Errorf("happened %s", d)
			}
			pass(2 * time.Hour)
		})
	}
}

// TestDisposalCancelsWork and does not wait for it.
func TestDisposalCancelsWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cancelled := false
		h := makeHost(t, host.WithService("w", host.Background(func(ctx context.Context) error {
			<-ctx.Done()
			cancelled = true
			pass(time.Hour)
			return nil
		})))
		if err := h.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		begun := time.Now()
		if err := h.Dispose(); err != nil || time.Since(begun) != 0 {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
		synctest.Wait()
		if !cancelled {
			t.Error("the work was not cancelled")
		}
		pass(2 * time.Hour)
	})
}

// TestWorkOutsideAHost: a background service that no host has started has nothing to stop.
func TestWorkOutsideAHost(t *testing.T) {
	w := host.Background(untilDone)
	if err := errors.Join(w.Stop(t.Context()), w.Dispose()); err != nil {
		t.Error(err)
	}
	synctest.Test(t, func(t *testing.T) {
		w := host.Background(untilDone)
		h := makeHost(t, host.WithProfile("dotnet-10"), host.WithService("a", &scripted{d: &diary{}, name: "a", start: fails}), host.WithService("w", w))
		if err := h.Start(t.Context()); err == nil {
			t.Fatal("the start succeeded")
		}
		if err := errors.Join(h.Stop(t.Context()), h.Dispose()); err != nil { // 10 stops what never started
			t.Error(err)
		}
	})
}

// TestWorkOfACancelledStart is never begun, and counts as cancelled.
func TestWorkOfACancelledStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := false
		h := makeHost(t, host.WithProfile("dotnet-8"), host.WithService("a", &scripted{d: &diary{}, name: "a"}),
			host.WithService("w", host.Background(func(context.Context) error { begun = true; return nil })))
		h.StopApplication() // the token of the start is cancelled before it begins
		_ = h.Start(t.Context())
		synctest.Wait()
		if begun {
			t.Error("the work was begun")
		}
		if err := errors.Join(h.Stop(t.Context()), h.Dispose()); err != nil {
			t.Error(err)
		}
	})
}

// TestWorkStartedTwice: until 3.1 one token serves for the whole life of a background service, so a stop cancels the work of
// every start; from 6 on each start makes its own, and the work of an earlier one goes on until the process ends.
func TestWorkStartedTwice(t *testing.T) {
	for profile, want := range map[string]int{"dotnet-2.2": 2, "dotnet-3.1": 2, "dotnet-6": 1, "dotnet-10": 1} {
		inBubble(t, profile, func(t *testing.T) {
			release, cancelled := make(chan struct{}), 0
			var mu sync.Mutex
			h := makeHost(t, host.WithProfile(profile), host.WithService("w", host.Background(func(ctx context.Context) error {
				select {
				case <-ctx.Done():
					mu.Lock()
					defer mu.Unlock()
					cancelled++
				case <-release:
				}
				return nil
			})))
			for range 2 {
				if err := h.Start(t.Context()); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
			}
			if err := h.Stop(t.Context()); err != nil {
				t.Error(err)
			}
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			if cancelled != want {
				t.Errorf("the stop cancelled the work of %d starts, want %d", cancelled, want)
			}
			close(release)
		})
	}
}

// TestWorkOfAStartThatIsGivenUp: from 6 on the work's token is linked to that of its start (rule workerTokenLinked).
func TestWorkOfAStartThatIsGivenUp(t *testing.T) {
	for profile, linked := range map[string]bool{"dotnet-8": true, "dotnet-3.1": false} {
		inBubble(t, profile, func(t *testing.T) {
			var token context.Context
			h := makeHost(t, host.WithProfile(profile), host.WithService("w", host.Background(func(ctx context.Context) error { token = ctx; return untilDone(ctx) })),
				host.WithService("b", &scripted{d: &diary{}, name: "b", start: untilDone}))
			ctx, cancel := context.WithCancel(t.Context())
			started := make(chan error, 1)
			go func() { started <- h.Start(ctx) }()
			synctest.Wait()
			cancel()
			if err := <-started; !host.IsCancellation(err) {
				t.Errorf("start gave %v", err)
			}
			synctest.Wait()
			if got := token.Err() != nil; got != linked {
				t.Errorf("the work is cancelled: %t, want %t", got, linked)
			}
			_ = h.Stop(context.Background())
		})
	}
}

// TestFailureOfStoppedWorkIsToldOf: when Run has returned, the failure of work that was being stopped has been told of, whichever of
// the stopping thread and the one that watches the work is faster.
func TestFailureOfStoppedWorkIsToldOf(t *testing.T) {
	for range 300 {
		inBubble(t, "strict", func(t *testing.T) {
			log := &logbook{}
			h := makeHost(t, host.WithProfile("strict"), host.WithObserver(log), host.WithService("w", host.Background(func(ctx context.Context) error {
				<-ctx.Done()
				return errors.New("late")
			})))
			if err := h.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if err := h.Stop(t.Context()); err == nil {
				t.Error("the failure is not in the result of the stop")
			}
			n := map[int]int{}
			for _, id := range log.ids() {
				n[id]++
			}
			if n[host.EventServiceFaulted] != 1 || n[host.EventStoppingHost] != 1 {
				t.Errorf("events %v, want 9 and 10 once each", log.ids())
			}
		})
		if t.Failed() {
			return
		}
	}
}
