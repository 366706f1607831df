package host_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/hostsim/hostsim/host"
)

// prefixed is a scripted service that promises to wait through the host's runtime.
type prefixed struct{ scripted }

func (*prefixed) HasSynchronousPart() bool { return true }

// TestStopWithoutTimeWhileStarting: a caller of Stop who has no time left hurries the start that is under way; nothing is
// stopped before the start has ended, and nothing stays started.
func TestStopWithoutTimeWhileStarting(t *testing.T) {
	for _, c := range []struct {
		name  string
		start func(context.Context) error // of b
		over  time.Duration               // the stop, since the start began
		want  string
		err   string
	}{
		{name: "a start that ends soon is waited for", start: takes(10 * time.Millisecond), over: 10 * time.Millisecond, want: "+a +b -b -a ~b ~a"},
		{name: "one that heeds its context ends at once", start: untilDone, over: time.Millisecond, want: "+a +b -a ~b ~a"},
		{name: "one that does not end is abandoned", start: takes(time.Second), over: 101 * time.Millisecond, want: "+a +b -a ~b ~a",
			err: "service b: start did not end by the shutdown deadline and was abandoned; make it honour its context"},
	} {
		inBubble(t, c.name, func(t *testing.T) {
			d := &diary{}
			h := makeHost(t, host.WithService("a", &scripted{d: d, name: "a", stop: func(ctx context.Context) error {
				if ctx.Err() == nil {
					t.Error("a was stopped with a live context")
				}
				return nil
			}}), host.WithService("b", &scripted{d: d, name: "b", start: c.start}))
			ran, began := make(chan error, 1), time.Now()
			go func() { ran <- h.Run(t.Context()) }()
			pass(time.Millisecond)
			gone, cancel := context.WithCancel(t.Context())
			cancel()
			if err := h.Stop(gone); err != nil {
				t.Errorf("stop gave %v", err)
			}
			if took := time.Since(began); took != c.over {
				t.Errorf("the stop was over after %v, want %v", took, c.over)
			}
			if err := <-ran; text(err) != c.err {
				t.Errorf("run gave %q, want %q", text(err), c.err)
			}
			if d.String() != c.want {
				t.Errorf("happened\n%s\nwant\n%s", d, c.want)
			}
			pass(time.Second) // for what was abandoned
		})
	}
}

// TestRequestCutsStartShort: a start that a stop request cuts short is an orderly end, also where several services gave up,
// and where there is no time at all; a service that gave up unasked has failed.
func TestRequestCutsStartShort(t *testing.T) {
	givesUp := func(context.Context) error { return context.Canceled }
	for _, c := range []struct {
		name       string
		a, b       func(context.Context) error // starts
		concurrent bool
		timeout    time.Duration
		err        string
	}{
		{name: "one gives up", a: takes(0), b: untilDone, timeout: time.Second},
		{name: "both give up, at once", a: untilDone, b: untilDone, concurrent: true, timeout: time.Second},
		{name: "with no time at all there is still a little to notice", a: takes(0), b: untilDone},
		{name: "one had given up before", a: givesUp, b: untilDone, concurrent: true, timeout: time.Second,
			err: "service a: start: context canceled"},
	} {
		inBubble(t, c.name, func(t *testing.T) {
			d := &diary{}
			h := makeHost(t, host.WithShutdownTimeout(c.timeout), host.WithConcurrentStart(c.concurrent),
				host.WithService("a", &scripted{d: d, name: "a", start: c.a}), host.WithService("b", &scripted{d: d, name: "b", start: c.b}))
			go func() { pass(10 * time.Millisecond); h.StopApplication() }()
			if err := h.Run(t.Context()); text(err) != c.err {
				t.Errorf("run gave %q, want %q", text(err), c.err)
			}
		})
	}
}

// TestRefusedRunAfterCutStart: a run that is refused because the host was started before fails, whatever that start came to.
func TestRefusedRunAfterCutStart(t *testing.T) {
	inBubble(t, "run", func(t *testing.T) {
		h := makeHost(t, host.WithService("a", &scripted{d: &diary{}, name: "a", start: untilDone}))
		go func() { pass(10 * time.Millisecond); h.StopApplication() }()
		if err := h.Start(t.Context()); !host.IsCancellation(err) {
			t.Errorf("the start gave %v", err)
		}
		if err := h.Run(t.Context()); !errors.Is(err, host.ErrStartedTwice) {
			t.Errorf("the run gave %v", err)
		}
	})
}

// TestConstructionGoesOn: a further start constructs what the one before did not come to, and nothing twice.
func TestConstructionGoesOn(t *testing.T) {
	inBubble(t, "start", func(t *testing.T) {
		d := &diary{}
		var made []string
		broken := true
		service := func(name string) func() (host.Service, error) {
			return func() (host.Service, error) {
				if made = append(made, name); name == "b" && broken {
					broken = false
					return nil, errors.New("boom")
				}
				return &scripted{d: d, name: name}, nil
			}
		}
		h := makeHost(t, host.WithProfile("dotnet-8"), host.WithFactory("a", service("a")), host.WithFactory("b", service("b")))
		if err := h.Start(t.Context()); text(err) != "service b: new: boom" {
			t.Errorf("the first start gave %v", err)
		}
		if err := errors.Join(h.Start(t.Context()), h.Dispose()); err != nil {
			t.Error(err)
		}
		if got := len(made); got != 3 || made[0] != "a" || made[1] != "b" || made[2] != "b" {
			t.Errorf("constructed %v", made)
		}
		if want := "+a +b ~b ~a"; d.String() != want {
			t.Errorf("happened\n%s\nwant\n%s", d, want)
		}
	})
}

// TestStoppingCallbackBlocks: a Stopping callback that blocks in plain Go does not hold the stop beyond its deadline, even if
// some service promises to wait through the host's runtime.
func TestStoppingCallbackBlocks(t *testing.T) {
	inBubble(t, "stop", func(t *testing.T) {
		d := &diary{}
		h := makeHost(t, host.WithShutdownTimeout(time.Second), host.WithService("a", &prefixed{scripted{d: d, name: "a"}}))
		release := make(chan struct{})
		defer close(release)
		h.Lifetime().OnStopping(func() error { <-release; return nil })
		if err := h.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		var left *host.AbandonedError
		if err := h.Stop(t.Context()); !errors.As(err, &left) || left.Service != "lifetime" {
			t.Errorf("stop gave %v", err)
		}
		if took := time.Since(began); took != 1100*time.Millisecond {
			t.Errorf("stop took %v", took)
		}
		if want := "+a -a"; d.String() != want {
			t.Errorf("happened\n%s\nwant\n%s", d, want)
		}
	})
}
