package puppet

import (
	"errors"
	"strings"

	"github.com/hostsim/hostsim/host"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// AppError is what the step throw throws: an error of the application, with a text.
type AppError struct{ Text string }

// Error implements error.
func (e *AppError) Error() string { return e.Text }

// Outcome describes an error as a trace does: "ok", "cancelled", "error:MESSAGE" or "aggregate(…)", nested aggregates made flat.
func Outcome(err error) trace.Outcome {
	for {
		se, ok := err.(*host.ServiceError)
		if !ok {
			break
		}
		err = se.Err
	}
	if err == nil {
		return trace.OK
	}
	if _, many := err.(interface{ Unwrap() []error }); many {
		var parts []string
		flatten(err, &parts)
		return "aggregate(" + strings.Join(parts, ",") + ")"
	}
	var app *AppError
	var gone *host.AbandonedError
	switch {
	case errors.As(err, &gone):
		return "error:abandoned"
	case errors.As(err, &app):
		return trace.Errored(app.Text)
	case host.IsCancellation(err):
		return trace.WasCancelled
	case errors.Is(err, host.ErrNoServices):
		return "error:ArgumentNullException"
	case errors.Is(err, host.ErrDisposed):
		return "error:ObjectDisposedException"
	case errors.Is(err, host.ErrBuiltTwice):
		return "error:InvalidOperationException"
	}
	return trace.Errored(err.Error())
}

// flatten lists the errors of an aggregate: its own before those of the aggregates in it, level by level.
func flatten(err error, parts *[]string) {
	for level := []error{err}; len(level) > 0; {
		var next []error
		for _, err := range level {
			for {
				se, ok := err.(*host.ServiceError)
				if !ok {
					break
				}
				err = se.Err
			}
			if many, ok := err.(interface{ Unwrap() []error }); ok {
				next = append(next, many.Unwrap()...)
				continue
			}
			*parts = append(*parts, Outcome(err))
		}
		level = next
	}
}
