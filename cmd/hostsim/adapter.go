package main

import (
	"context"
	"fmt"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hostsim/hostsim/conformance/external"
	"github.com/hostsim/hostsim/conformance/smoke"
	"github.com/hostsim/hostsim/spec"
)

// adapterFlags are the flags of commands that may be given the command of an adapter behind --.
type adapterFlags struct {
	lane string
	jobs int
}

func (f *adapterFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.lane, "lane", spec.Process, "for an adapter: process (a real child process) or virtual (if it offers that)")
	cmd.Flags().IntVarP(&f.jobs, "jobs", "j", runtime.NumCPU(), "for an adapter: how many children run at once")
}

// check refuses values that are out of range, and what a host in this process cannot do.
func (f *adapterFlags) check(cmd *cobra.Command, adapter bool) error {
	if err := oneOf("lane", f.lane, spec.Process, spec.Virtual); err != nil {
		return err
	}
	if !adapter && cmd.Flags().Changed("lane") && f.lane == spec.Process {
		return usagef("--lane process is for the command of an adapter behind --; the built-in hosts live in the virtual lane")
	}
	if f.jobs < 1 {
		return usagef("-j %d: at least 1", f.jobs)
	}
	return nil
}

func (f *adapterFlags) open(ctx context.Context, command []string) (*external.Adapter, error) {
	a, err := external.New(ctx, command, f.lane, f.jobs)
	if err != nil {
		return nil, notWorking(command, err)
	}
	return a, nil
}

// notWorking is the error of an adapter that does not speak the protocol.
func notWorking(command []string, err error) error {
	line := strings.Join(command, " ")
	return usagef("%s is not a working adapter: %w\nhostsim smoke -- %s   says more", line, err, line)
}

func smokeCommand(s streams) *cobra.Command {
	return &cobra.Command{
		Use:   "smoke -- COMMAND…",
		Short: "Say within a second what is wrong with an adapter, and how to mend it",
		Long: `smoke starts an adapter, plays a few small plans on it and says, message by message, whether it speaks the protocol,
whether its events say what the checks need and whether what it declares is so. It does not judge the host.`,
		Example: `  hostsim smoke -- ./adapter
  hostsim smoke -- node adapter.js`,
		Args: takesCommand,
		RunE: func(cmd *cobra.Command, args []string) error {
			r := smoke.Check(cmd.Context(), args)
			fmt.Fprint(s.out, r.String())
			if !r.OK() {
				return &exitError{code: 1}
			}
			return nil
		},
	}
}
