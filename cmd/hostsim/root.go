package main

import (
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"

	"github.com/fatih/color"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// version is what this build calls itself; releases set it with -ldflags.
var version = "0.1.0-dev"

// streams are the command's standard streams.
type streams struct {
	in  io.Reader
	out io.Writer
	err io.Writer
}

// terminal tells whether w is a terminal that wants colour.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && os.Getenv("NO_COLOR") == "" && term.IsTerminal(int(f.Fd()))
}

// width is the width of the terminal, 100 if w is none.
func width(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
			return n
		}
	}
	return 100
}

func newRoot(s streams) *cobra.Command {
	color.NoColor = !terminal(s.out)
	root := &cobra.Command{
		Use:   "hostsim",
		Short: "Judge how an application host starts, stops and exits",
		Long: `hostsim judges application hosts — what starts a program's services, hears SIGTERM, stops them in order within a
time limit and ends the process — by a contract of numbered clauses, and replays, explains and explores what they do.

Start with:
  hostsim verify                          the reference host against the strict profile
  hostsim verify --impl stop-forward      a host with one known bug, caught
  hostsim replay SCENARIO                 one scenario as a timeline
  hostsim explain HOST-STOP-001           what a clause says, why, and what violates it`,
		SilenceUsage:      true,
		SilenceErrors:     true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: false},
	}
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	root.AddGroup(
		&cobra.Group{ID: "judge", Title: "Judge a host:"},
		&cobra.Group{ID: "see", Title: "See what a host does:"},
		&cobra.Group{ID: "read", Title: "Read the contract:"},
		&cobra.Group{ID: "write", Title: "Write scenarios and adapters:"},
	)
	for _, c := range []struct {
		group string
		cmd   *cobra.Command
	}{
		{"judge", verifyCommand(s)},
		{"judge", mutantsCommand(s)},
		{"judge", probeCommand(s)},
		{"judge", fuzzCommand(s)},
		{"judge", reportCommand(s)},
		{"see", replayCommand(s)},
		{"see", exploreCommand(s)},
		{"see", mergeCommand(s)},
		{"see", testCommand(s)},
		{"see", buildCommand(s)},
		{"see", scenariosCommand(s)},
		{"read", clausesCommand(s)},
		{"read", explainCommand(s)},
		{"write", validateCommand(s)},
		{"write", smokeCommand(s)},
		{"write", initCommand(s)},
		{"", versionCommand(s)},
	} {
		c.cmd.GroupID = c.group
		root.AddCommand(c.cmd)
	}
	strict(root)
	return root
}

// strict makes cobra's own commands refuse what they do not know, instead of printing something else and succeeding.
func strict(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		switch c.Name() {
		case "help":
			c.Args = func(_ *cobra.Command, args []string) error {
				if found, rest, err := root.Find(args); err != nil || found == nil || len(rest) > 0 {
					return fmt.Errorf("there is no command %q", strings.Join(args, " "))
				}
				return nil
			}
		case "completion":
			c.RunE = func(c *cobra.Command, args []string) error {
				if len(args) > 0 {
					return fmt.Errorf("there is no completion for %q", args[0])
				}
				return c.Help()
			}
			c.Args = cobra.ArbitraryArgs
		}
	}
}

func versionCommand(s streams) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of hostsim and of the Go that built it",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			info, ok := debug.ReadBuildInfo()
			goVersion := "unknown"
			if ok {
				goVersion = info.GoVersion
			}
			_, err := io.WriteString(s.out, "hostsim "+version+" ("+goVersion+")\n")
			return err
		},
	}
}

// oneOf checks a flag that takes one of a few words.
func oneOf(flag, value string, words ...string) error {
	for _, w := range words {
		if value == w {
			return nil
		}
	}
	return usagef("--%s %q: it must be one of %v", flag, value, words)
}
