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
A deadlock is reported as who holds what and waits for whom.`,
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
		Use:                "build [-o FILE] [go build flags] PACKAGE",
		Short:              "Compile a Go program so that the schedules of its bubbles can be chosen",
		Example:            `  hostsim build -o adapter ./adapter`,
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
