package host

import (
	"context"
	"errors"
	"fmt"
)

// The errors of the host itself.
var (
	// ErrStartedTwice: the host was started before, and its rules refuse a second start.
	ErrStartedTwice = errors.New("host: Start was called twice; make a new host instead, a stopped host cannot be started again")
	// ErrNoServices: Stop was called after the construction of a service had failed (dotnet-10).
	ErrNoServices = errors.New("host: there are no services to stop, because constructing one of them failed")
	// ErrDisposed: Start, Run or WaitForShutdown was called after the host had been disposed.
	ErrDisposed = errors.New("host: the host has been disposed; make a new host instead")
	// ErrBuiltTwice: a Builder was used twice.
	ErrBuiltTwice = errors.New("host: Build can be called once only")
)

// ServiceError is what went wrong in a call of a service.
type ServiceError struct {
	Service string // the name it was registered under
	Call    string // start, stop, starting, …, new, execute, dispose
	Err     error
}

// Error implements error.
func (e *ServiceError) Error() string {
	return fmt.Sprintf("service %s: %s: %v", e.Service, e.Call, e.Err)
}

// Unwrap gives the cause.
func (e *ServiceError) Unwrap() error { return e.Err }

// AbandonedError is a call that was still running when the shutdown timeout, or a second signal, ended the host's patience.
type AbandonedError struct{ Service, Call string }

// Error implements error.
func (e *AbandonedError) Error() string {
	return fmt.Sprintf("service %s: %s did not end by the shutdown deadline and was abandoned; make it honour its context", e.Service, e.Call)
}

// PanicError is a panic of a service, made into an error.
type PanicError struct{ Value any }

// Error implements error.
func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// IsCancellation tells whether err says that a call gave up because its context was cancelled.
func IsCancellation(err error) bool {
	for {
		se, ok := err.(*ServiceError)
		if !ok {
			break
		}
		err = se.Err
	}
	if err == nil {
		return false
	}
	if _, many := err.(interface{ Unwrap() []error }); many {
		return false
	}
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// onlyCancellations is IsCancellation of every part of what may be several errors.
func onlyCancellations(err error) bool {
	many, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return IsCancellation(err)
	}
	for _, e := range many.Unwrap() {
		if !onlyCancellations(e) {
			return false
		}
	}
	return true
}

// oneOrAll hands a single error on as it is and joins several.
func oneOrAll(errs []error) error {
	if len(errs) == 1 {
		return errs[0]
	}
	return errors.Join(errs...)
}

// joined is errors.Join for one error too.
func joined(errs []error) error { return errors.Join(errs...) }
