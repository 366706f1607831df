package main

import (
	"errors"
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
	f, ok := file(w)
	return ok && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(f.Fd()))
}

// file gives the file that w writes to.
func file(w io.Writer) (*os.File, bool) {
	if o, ok := w.(*outlet); ok {
		w = o.w
	}
	f, ok := w.(*os.File)
	return f, ok
}

// width is the width of the terminal, 100 if w is none.
func width(w io.Writer) int {
	if f, ok := file(w); ok {
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
		Version:           version,
		SilenceUsage:      true,
		SilenceErrors:     true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: false},
	}
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	root.SetFlagErrorFunc(badFlag)
	root.SetVersionTemplate(versionLine())
	root.Flags().Bool("version", false, "print the version of hostsim and of the Go that built it")
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
	for _, c := range root.Commands() {
		refuseEmptyFlags(c)
		explainArgs(c)
	}
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
					var names []string
					for _, c := range root.Commands() {
						names = append(names, c.Name())
					}
					return usagef("there is no command %q%s", strings.Join(args, " "), didYouMean(args[0], names))
				}
				return nil
			}
		case "completion":
			c.RunE = func(c *cobra.Command, args []string) error {
				if len(args) > 0 {
					return usagef("there is no completion for %q; there is one for bash, fish, powershell and zsh%s", args[0],
						didYouMean(args[0], []string{"bash", "fish", "powershell", "zsh"}))
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
		Args:  takes(0, 0),
		RunE: func(*cobra.Command, []string) error {
			_, err := io.WriteString(s.out, versionLine())
			return err
		},
	}
}

func versionLine() string {
	goVersion := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		goVersion = info.GoVersion
	}
	return "hostsim " + version + " (" + goVersion + ")\n"
}

// explainArgs has a command say how it is used when its arguments are refused by a rule of cobra's.
func explainArgs(c *cobra.Command) {
	rule := c.Args
	if rule == nil {
		return
	}
	c.Args = func(c *cobra.Command, args []string) error {
		err := rule(c, args)
		var coded interface{ ExitCode() int }
		if n := c.ArgsLenAtDash(); err == nil && n >= 0 && n < len(args) && args[n] == "" {
			return usagef("the command behind -- is empty\n%s", helpOf(c))
		}
		if e := (*exitError)(nil); err == nil || errors.As(err, &e) || errors.As(err, &coded) {
			return err
		}
		return usagef("%w: it is hostsim %s\n%s", err, c.Use, helpOf(c))
	}
}

// refuseEmptyFlags makes a command refuse flags without a value before it runs.
func refuseEmptyFlags(c *cobra.Command) {
	inner := c.RunE
	if inner == nil {
		return
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		if err := noEmptyFlags(c); err != nil {
			return err
		}
		return inner(c, args)
	}
}
