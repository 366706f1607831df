// Command hostsim judges application hosts by a contract of numbered clauses, and replays, explains and explores how they
// start and stop.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/hostsim/hostsim/cmd/hostsim/internal/watchdog"
	"github.com/hostsim/hostsim/fakes/sim"
)

// stallLimit is how long a simulated run may stand still in real time.
var stallLimit = watchdog.Limit

func main() { os.Exit(run(os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr})) }

// The exit codes of the process (DESIGN section 2).
const (
	exitUsage    = 2
	exitNothing  = 5
	exitInternal = 70
)

// exitError ends the command with a code. A nil error means that everything has been said.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// usage marks an error as the user's: bad flags, bad input.
func usage(err error) error {
	if err == nil {
		return nil
	}
	return &exitError{exitUsage, err}
}

func usagef(format string, args ...any) error { return usage(fmt.Errorf(format, args...)) }

// run runs the command line and gives the exit code.
func run(args []string, s streams) (code int) {
	s.out = &outlet{w: s.out}
	defer func() {
		if r := recover(); r != nil {
			fmt.Fprintf(s.err, "hostsim: internal error: %v\nThis is a fault of hostsim and not of the host under test; please report it with the command line.\n", r)
			code = exitInternal
		}
	}()
	// A run of the simulation that stands still in real time cannot be ended from outside: the process goes with it.
	defer watchdog.Watch(stallLimit, sim.Pulses, func(st watchdog.Stall) {
		complain(s, errors.New(st.String()))
		os.Exit(exitInternal)
	})()
	root := newRoot(s)
	root.SetArgs(args)
	// A signal ends the command in an orderly way: no child of a host under test may outlive it. A second one kills.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	cmd, err := root.ExecuteContextC(ctx)
	return finish(s, refused(cmd, err))
}

// refused gives what cobra itself refuses, an unknown command, a word on where help is.
func refused(cmd *cobra.Command, err error) error {
	if err == nil || !strings.HasPrefix(err.Error(), "unknown command ") {
		return err
	}
	text, near, found := strings.Cut(err.Error(), "\n\nDid you mean this?\n")
	if found {
		text += " (did you mean " + strings.Join(strings.Fields(near), " or ") + "?)"
	}
	return usagef("%s\n%s", text, helpOf(cmd))
}

// finish says what went wrong and gives the exit code.
func finish(s streams, err error) int {
	if o, ok := s.out.(*outlet); ok && o.err != nil {
		complain(s, fmt.Errorf("standard output cannot be written: %w", o.err))
		return exitUsage
	}
	if err == nil {
		return 0
	}
	if errors.Is(err, context.Canceled) {
		complain(s, errors.New("interrupted"))
		return 130
	}
	var e *exitError
	if errors.As(err, &e) {
		if e.err != nil {
			complain(s, e.err)
		}
		return e.code
	}
	var coded interface{ ExitCode() int }
	if errors.As(err, &coded) {
		if err.Error() != "" {
			complain(s, err)
		}
		return coded.ExitCode()
	}
	complain(s, err)
	return exitUsage
}

func complain(s streams, err error) {
	fmt.Fprintf(s.err, "hostsim: %s\n", strings.TrimSuffix(err.Error(), "\n"))
}
