package main

import (
	"github.com/spf13/cobra"

	"github.com/hostsim/hostsim/internal/toolchain"
)

// testCommand runs Go tests under chosen schedules. Its flags are those of go test besides our own, so it parses them itself.
func testCommand(s streams) *cobra.Command {
	return &cobra.Command{
		Use:   "test [-schedules N] [-schedule SEED] [go test flags] PACKAGES",
		Short: "Run Go tests that use testing/synctest under thousands of chosen schedules",
		Long: `test runs existing, unmodified Go tests with a patched copy of your own Go, kept in your cache: inside every bubble of
testing/synctest all scheduling choices come from a chooser, so that a failure has a seed, and the seed repeats it exactly.
A deadlock is reported as who holds what and waits for whom. Nothing in your code, and nothing in your Go, is changed.

Flags of its own; every other one is go test's:
  -schedules N    how many schedules for each synctest.Test, besides the sequential one (default 100)
  -schedule S     this one alone: a seed such as 17, sequential, random:17, pct3:17, or @FILE, which -save has written
  -strategy S     random, or pctD: priorities with D-1 changes (default random)
  -seed N         the seed of the first schedule (default 1)
  -all            go on after the first failure
  -save DIR       write the schedules that fail into this folder
  -replays N      play the failures again, N times in all, and count those that differ
  -stall D        give up a run that makes no step for so long (default 10s)

Exit codes: 0 all hold, 1 a test fails, 2 bad usage, 3 deadlock, leak, stall or limit, 4 the same schedule gave another run,
5 no test called synctest.Test.`,
		Example: `  hostsim test -schedules 1000 ./...
  hostsim test -schedule 2817 -run TestStop ./host
  hostsim test -schedules 10000 -race ./...`,
		DisableFlagParsing: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if helpWanted(args) {
				return cmd.Help()
			}
			return coded(toolchain.RunTest(cmd.Context(), args, s.out, s.err))
		},
	}
}

// buildCommand compiles a program whose bubbles are under control.
func buildCommand(s streams) *cobra.Command {
	return &cobra.Command{
		Use:   "build [-o FILE] [go build flags] PACKAGE",
		Short: "Compile a Go program so that the schedules of its bubbles can be chosen",
		Long: `build compiles with a patched copy of your own Go, kept in your cache. The program is like any other until somebody chooses
its schedules: hostsim explore does, for an adapter; for a test binary of hostsim test -c the environment does (HOSTSIM_SCHEDULES
and others). It is for tests and not for production: its random numbers at start-up can be foretold.

All flags are those of go build.`,
		Example:            `  hostsim build -o myhost ./adapter`,
		DisableFlagParsing: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if helpWanted(args) {
				return cmd.Help()
			}
			return coded(toolchain.RunBuild(cmd.Context(), args, s.out, s.err))
		},
	}
}

func helpWanted(args []string) bool {
	return len(args) > 0 && (args[0] == "-h" || args[0] == "--help" || args[0] == "-help")
}

// coded makes an error of an exit code; everything has been said.
func coded(code int) error {
	if code == 0 {
		return nil
	}
	return &exitError{code: code}
}
