package host_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/hostsim/hostsim/host"
)

func TestErrorTexts(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{&host.ServiceError{Service: "db", Call: "start", Err: io.EOF}, "service db: start: EOF"},
		{&host.ServiceError{Service: "db", Call: "stop", Err: &host.PanicError{Value: 7}}, "service db: stop: panic: 7"},
		{&host.AbandonedError{Service: "db", Call: "stop"}, "service db: stop did not end by the shutdown deadline and was abandoned; make it honour its context"},
		{&host.PanicError{Value: io.EOF}, "panic: EOF"},
		{host.ErrStartedTwice, "host: Start was called twice; make a new host instead, a stopped host cannot be started again"},
		{host.ErrDisposed, "host: the host has been disposed; make a new host instead"},
		{host.ErrNoServices, "host: there are no services to stop, because constructing one of them failed"},
	} {
		if c.err.Error() != c.want {
			t.Errorf("%q, want %q", c.err, c.want)
		}
	}
}

func TestIsCancellation(t *testing.T) {
	in := func(err error) error { return &host.ServiceError{Service: "a", Call: "stop", Err: err} }
	for _, c := range []struct {
		name string
		err  error
		want bool
	}{
		{"nothing", nil, false},
		{"cancelled", context.Canceled, true},
		{"a deadline", context.DeadlineExceeded, true},
		{"of a service", in(context.Canceled), true},
		{"of a service of a service", in(in(context.DeadlineExceeded)), true},
		{"wrapped", fmt.Errorf("dial: %w", context.Canceled), true},
		{"a service that failed", in(io.EOF), false},
		{"a service without a cause", in(nil), false},
		{"a service abandoned", &host.AbandonedError{Service: "a", Call: "stop"}, false},
		{"several, one of them cancelled", errors.Join(io.EOF, context.Canceled), false},
		{"joined alone", errors.Join(context.Canceled), false}, // an aggregate is a failure, even of one
		{"several of a service", in(errors.Join(context.Canceled, context.Canceled)), false},
		{"a panic", in(&host.PanicError{Value: context.Canceled}), false},
	} {
		if got := host.IsCancellation(c.err); got != c.want {
			t.Errorf("%s: %t, want %t", c.name, got, c.want)
		}
	}
}

// TestCausesAreFound: errors.Is and errors.As reach what a service returned, alone and among others.
func TestCausesAreFound(t *testing.T) {
	errA, errB := errors.New("a is stuck"), errors.New("b is stuck")
	for _, profile := range []string{"strict", "dotnet-7", "dotnet-10"} {
		inBubble(t, profile, func(t *testing.T) {
			h := makeHost(t, host.WithProfile(profile),
				host.WithService("a", &scripted{d: &diary{}, name: "a", stop: func(context.Context) error { return errA }}),
				host.WithService("b", &scripted{d: &diary{}, name: "b", stop: func(context.Context) error { return errB }}))
			if err := h.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			err := h.Stop(t.Context())
			if !errors.Is(err, errA) || !errors.Is(err, errB) {
				t.Errorf("%v lacks a cause", err)
			}
			var se *host.ServiceError
			if !errors.As(err, &se) || se.Service != "b" || se.Call != "stop" {
				t.Errorf("the first failure is %+v, want that of b", se)
			}
		})
	}
}

// TestOneFailure: a release before 8 wraps a single failure, the others hand it on as it is (rule singleStopFailure).
func TestOneFailure(t *testing.T) {
	for profile, aggregate := range map[string]bool{"strict": false, "dotnet-7": true, "dotnet-8": false} {
		inBubble(t, profile, func(t *testing.T) {
			h := makeHost(t, host.WithProfile(profile), host.WithService("a", &scripted{d: &diary{}, name: "a", stop: fails}))
			if err := h.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			err := h.Stop(t.Context())
			if text(err) != "service a: stop: boom" {
				t.Errorf("%v", err)
			}
			if _, many := err.(interface{ Unwrap() []error }); many != aggregate {
				t.Errorf("aggregate: %t, want %t", many, aggregate)
			}
		})
	}
}
