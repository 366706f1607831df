package host_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/hostsim/hostsim/host"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// diary is what happened, in order; safe for concurrent use.
type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) write(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, fmt.Sprintf(format, args...))
}

func (d *diary) String() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.Join(d.lines, " ")
}

// HostEvent implements host.Observer: only what is an error is noted.
func (d *diary) HostEvent(e host.Event) {
	if e.ID == host.EventAbandoned || e.ID == host.EventServiceFaulted {
		d.write("event%d:%s", e.ID, e.Service)
	}
}

// scripted is a service made of functions; nil does nothing.
type scripted struct {
	d           *diary
	name        string
	start, stop func(context.Context) error
	dispose     func() error
}

func (s *scripted) Start(ctx context.Context) error {
	s.d.write("+%s", s.name)
	if s.start != nil {
		return s.start(ctx)
	}
	return nil
}

func (s *scripted) Stop(ctx context.Context) error {
	s.d.write("-%s", s.name)
	if s.stop != nil {
		return s.stop(ctx)
	}
	return nil
}

func (s *scripted) Dispose() error {
	s.d.write("~%s", s.name)
	if s.dispose != nil {
		return s.dispose()
	}
	return nil
}

func untilDone(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
func fails(context.Context) error         { return errors.New("boom") }
func panics(context.Context) error        { panic("oh no") }
func takes(d time.Duration) func(context.Context) error {
	return func(context.Context) error { pass(d); return nil }
}

// pass lets virtual time pass; it is only used inside a bubble.
func pass(d time.Duration) { <-time.After(d) }

// TestLifeInProduction runs the host as a program does, on goroutines and the real clock, inside a bubble: time is
// virtual, everything else is what production has.
func TestLifeInProduction(t *testing.T) {
	tests := []struct {
		name     string
		services func(d *diary) []*scripted
		options  []host.Option
		during   func(h *host.Host) // runs when the host has started, on a goroutine of its own
		want     string
		err      string // a part of Run's error; empty: it succeeds
		took     time.Duration
	}{
		{
			name:     "a stop request stops in reverse order",
			services: func(d *diary) []*scripted { return []*scripted{{d: d, name: "a"}, {d: d, name: "b"}} },
			want:     "+a +b -b -a ~b ~a",
		},
		{
			name: "a failed start is rolled back",
			services: func(d *diary) []*scripted {
				return []*scripted{{d: d, name: "a"}, {d: d, name: "b", start: fails}, {d: d, name: "c"}}
			},
			want: "+a +b -a ~c ~b ~a",
			err:  "service b: start: boom",
		},
		{
			name: "a service that hangs is abandoned at the deadline and named",
			services: func(d *diary) []*scripted {
				return []*scripted{{d: d, name: "a"}, {d: d, name: "b", stop: takes(time.Hour)}, {d: d, name: "c"}}
			},
			options: []host.Option{host.WithShutdownTimeout(5 * time.Second), host.WithPatience(100 * time.Millisecond)},
			want:    "+a +b +c -c -b event12:b -a ~c ~b ~a",
			err:     "service b: stop did not end by the shutdown deadline",
			took:    5*time.Second + 100*time.Millisecond,
		},
		{
			name: "a service that honours its context is not abandoned",
			services: func(d *diary) []*scripted {
				return []*scripted{{d: d, name: "a"}, {d: d, name: "b", stop: untilDone}}
			},
			options: []host.Option{host.WithShutdownTimeout(5 * time.Second)},
			want:    "+a +b -b -a ~b ~a",
			err:     "service b: stop: context deadline exceeded",
			took:    5 * time.Second,
		},
		{
			name: "a panic in a stop is an error that names the service, and the others are stopped",
			services: func(d *diary) []*scripted {
				return []*scripted{{d: d, name: "a"}, {d: d, name: "b", stop: panics}}
			},
			want: "+a +b -b -a ~b ~a",
			err:  "service b: stop: panic: oh no",
		},
		{
			name: "two failures are joined in the order in which they ended",
			services: func(d *diary) []*scripted {
				return []*scripted{{d: d, name: "a", stop: fails}, {d: d, name: "b", stop: fails}}
			},
			want: "+a +b -b -a ~b ~a",
			err:  "service b: stop: boom\nservice a: stop: boom",
		},
		{
			name: "a concurrent stop takes as long as the slowest",
			services: func(d *diary) []*scripted {
				return []*scripted{{d: d, name: "a", stop: takes(3 * time.Second)}, {d: d, name: "b", stop: takes(3 * time.Second)}}
			},
			options: []host.Option{host.WithConcurrentStop(true)},
			took:    3 * time.Second,
		},
		{
			name:     "a forced stop does not wait for the deadline",
			services: func(d *diary) []*scripted { return []*scripted{{d: d, name: "a", stop: takes(time.Hour)}} },
			during: func(h *host.Host) {
				go h.StopApplication()
				pass(time.Second)
				h.ForceStop()
			},
			want: "+a -a event12:a ~a",
			err:  "abandoned",
			took: time.Second + 100*time.Millisecond,
		},
		{
			name: "a failing disposal keeps no other from being disposed and replaces the result",
			services: func(d *diary) []*scripted {
				return []*scripted{{d: d, name: "a"}, {d: d, name: "b", dispose: func() error { return errors.New("disp") }}}
			},
			want: "+a +b -b -a ~b ~a",
			err:  "service b: dispose: disp",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := &diary{}
				opts := append([]host.Option{host.WithObserver(d), host.WithHostLifetime(host.None)}, test.options...)
				for _, s := range test.services(d) {
					opts = append(opts, host.WithService(s.name, s))
				}
				h, err := host.New(opts...)
				if err != nil {
					t.Fatal(err)
				}
				during := test.during
				if during == nil {
					during = (*host.Host).StopApplication
				}
				var begun time.Time
				h.Lifetime().OnStarted(func() error { begun = time.Now(); go during(h); return nil })
				err = h.Run(t.Context())
				if test.err == "" && err != nil {
					t.Errorf("run failed: %v", err)
				}
				if test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
					t.Errorf("run gave %v, want %q", err, test.err)
				}
				if test.want != "" && d.String() != test.want {
					t.Errorf("happened\n%s\nwant\n%s", d, test.want)
				}
				if took := time.Since(begun); !begun.IsZero() && took != test.took {
					t.Errorf("the stop took %v, want %v", took, test.took)
				}
				pass(2 * time.Hour) // lets the abandoned calls end: a bubble must not leave goroutines
			})
		})
	}
}

func TestRepeatedCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &diary{}
		h, err := host.New(host.WithObserver(d), host.WithHostLifetime(host.None), host.WithService("a", &scripted{d: d, name: "a"}))
		if err != nil {
			t.Fatal(err)
		}
		ctx := t.Context()
		if err := h.Start(ctx); err != nil {
			t.Fatal(err)
		}
		if err := h.Start(ctx); !errors.Is(err, host.ErrStartedTwice) {
			t.Errorf("a second start gave %v", err)
		}
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				if err := h.Stop(ctx); err != nil {
					t.Errorf("stop: %v", err)
				}
			})
		}
		wg.Wait()
		for range 2 {
			if err := h.Dispose(); err != nil {
				t.Errorf("dispose: %v", err)
			}
		}
		if got := d.String(); got != "+a -a ~a" {
			t.Errorf("happened %s", got)
		}
	})
}

func TestBackgroundFailureEndsRun(t *testing.T) {
	for _, test := range []struct {
		profile string
		ignore  bool
		fails   bool
	}{
		{profile: "strict", fails: true},
		{profile: "dotnet-8", fails: false},
		{profile: "dotnet-10", fails: false},
	} {
		t.Run(test.profile, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				work := host.Background(func(ctx context.Context) error {
					pass(time.Second)
					return errors.New("work")
				})
				h, err := host.New(host.WithProfile(test.profile), host.WithObserver(&diary{}), host.WithHostLifetime(host.None), host.WithService("w", work))
				if err != nil {
					t.Fatal(err)
				}
				err = h.Run(t.Context())
				if (err != nil) != test.fails {
					t.Errorf("run gave %v", err)
				}
			})
		})
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for _, test := range []struct {
		name   string
		option host.Option
		want   string
	}{
		{"unknown profile", host.WithProfile("dotnet-99"), `there is no profile "dotnet-99"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := host.New(test.option); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
	d := &diary{}
	_, err := host.New(host.WithService("a", &scripted{d: d}), host.WithService("a", &scripted{d: d}))
	if err == nil || !strings.Contains(err.Error(), `two services are named "a"`) {
		t.Errorf("two services of one name gave %v", err)
	}
}

func TestSettings(t *testing.T) {
	for _, test := range []struct {
		profile, key, value string
		option              []host.Option
		want                time.Duration
	}{
		{profile: "dotnet-8", key: "ShutdownTimeoutSeconds", value: "2", want: 2 * time.Second},
		{profile: "dotnet-8", key: "shutdowntimeoutseconds", value: "2s", want: 30 * time.Second},
		{profile: "dotnet-8", key: "shutdowntimeoutseconds", value: "+2", want: 30 * time.Second},
		{profile: "dotnet-3.1", key: "shutdownTimeoutSeconds", value: "2", want: 5 * time.Second},
		{profile: "dotnet-8", key: "shutdownTimeoutSeconds", value: "2", option: []host.Option{host.WithShutdownTimeout(time.Second)}, want: time.Second},
	} {
		t.Run(test.profile+" "+test.value, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := &diary{}
				var left time.Duration
				s := &scripted{d: d, name: "a", stop: func(ctx context.Context) error {
					end, _ := ctx.Deadline()
					left = time.Until(end)
					return nil
				}}
				opts := append([]host.Option{host.WithProfile(test.profile), host.WithObserver(d), host.WithHostLifetime(host.None),
					host.WithService("a", s), host.WithSettings([2]string{test.key, test.value})}, test.option...)
				h, err := host.New(opts...)
				if err != nil {
					t.Fatal(err)
				}
				if err := h.Start(t.Context()); err != nil {
					t.Fatal(err)
				}
				if err := h.Stop(t.Context()); err != nil {
					t.Fatal(err)
				}
				if left != test.want {
					t.Errorf("the stop had %v, want %v", left, test.want)
				}
			})
		})
	}
}
