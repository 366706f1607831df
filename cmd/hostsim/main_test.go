package main

import (
	"context"
	"errors"
	"flag"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/hostsim/hostsim/conformance/adapter"
	"github.com/hostsim/hostsim/conformance/virtual"
)

var update = flag.Bool("update", false, "write the golden files of the scripts anew")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"hostsim": func() { os.Exit(run(os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr})) },
		"stalled": stalled,
		"adapter": func() { adapter.Main(adapter.Reference("strict")) }, // not built with hostsim build
		"seeded":  seeded,
	})
}

// stalled is the command with a host whose stop takes a lock of package sync that it holds already.
func stalled() {
	stallLimit = 500 * time.Millisecond
	newLane = func() replayer {
		var mu sync.Mutex
		return virtual.NewFaultyLane(&virtual.Fault{Stop: func(_ *virtual.Handle, ctx context.Context, next func(context.Context) error) error {
			mu.Lock()
			defer mu.Unlock()
			mu.Lock()
			return next(ctx)
		}})
	}
	os.Exit(run(os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
}

// TestScripts runs testdata/script: the command as its users run it, each in a directory of its own.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("NO_COLOR", "1")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
	})
}

// exits CODE COMMAND… runs a command and checks its exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	code := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if code != want {
		ts.Fatalf("%v ended with code %d, want %d", args[1:], code, want)
	}
}
