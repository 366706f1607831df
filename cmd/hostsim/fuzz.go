package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"github.com/hostsim/hostsim/conformance/fuzz"
	"github.com/hostsim/hostsim/conformance/process"
	"github.com/hostsim/hostsim/conformance/protocol"
)

func fuzzCommand(s streams) *cobra.Command {
	o := fuzz.Options{}
	var save string
	cmd := &cobra.Command{
		Use:   "fuzz --as PROFILE -- COMMAND…",
		Short: "Hold a host against the reference host with random plans",
		Long: `fuzz plays random plans, seeded and weighted over the whole plan language, on an adapter and on the reference host
under a profile. A difference that the profile's unordered pairs do not explain is confirmed by repetition and looked for under other
schedules of the reference host. What it shows under none is shrunk while it stays, and saved as a scenario.`,
		Example: `  hostsim fuzz --as dotnet-10 --plans 1000 -- dotnet adapter.dll
  hostsim fuzz --as strict --seed 7 --save found -- ./adapter`,
		Args: takesCommand,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkFuzz(&o, save); err != nil {
				return err
			}
			return fuzzAdapter(cmd.Context(), s, o, save, args)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Profile, "as", "strict", "the profile that the host claims to keep")
	f.Uint64Var(&o.Seed, "seed", 1, "the seed of the plans")
	f.IntVar(&o.First, "first", 0, "the number of the first plan")
	f.IntVar(&o.Plans, "plans", 100, "how many plans")
	f.IntVarP(&o.Jobs, "jobs", "j", 2*runtime.GOMAXPROCS(0), "how many at once; a plan waits more than it works")
	f.IntVar(&o.Again, "again", 4, "how often a plan that differs is played again")
	f.DurationVar(&o.Limit, "limit", 10*time.Minute, "how long all of it may take; 0: as long as it takes")
	f.BoolVar(&o.Times, "times", false, "compare times too; on a busy machine they say little")
	f.StringVar(&save, "save", "", "write each difference as a scenario into this folder")
	completeProfiles(cmd, "as")
	return cmd
}

// checkFuzz refuses what would play nothing, or could not be kept.
func checkFuzz(o *fuzz.Options, save string) error {
	switch {
	case o.First < 0:
		return usagef("--first %d: the first plan is number 0", o.First)
	case o.Plans < 1:
		return usagef("--plans %d: at least 1", o.Plans)
	case o.Jobs < 1:
		return usagef("-j %d: at least 1", o.Jobs)
	case o.Again < 0:
		return usagef("--again %d: at least 0", o.Again)
	case o.Limit < 0:
		return usagef("--limit %v: it cannot be negative; 0 is no limit", o.Limit)
	}
	if info, err := os.Stat(save); save != "" && err == nil && !info.IsDir() {
		return usagef("--save %s: it must be a folder, and this is a file", save)
	}
	return nil
}

func fuzzAdapter(ctx context.Context, s streams, o fuzz.Options, save string, command []string) error {
	if err := knownProfile(o.Profile); err != nil {
		return err
	}
	r := &process.Runner{Command: command}
	defer r.Close()
	var failed error
	bar := progress(s, "fuzzing")
	if bar != nil {
		bar(0, o.Plans)
	}
	o.Found = func(d *fuzz.Difference) { fmt.Fprintf(s.out, "%s: %v\n", d.Name(), d.Said) }
	o.Played = func(done, of int, d *fuzz.Difference) {
		if bar != nil {
			bar(done, of)
		}
		if d == nil {
			return
		}
		if d.Race != nil {
			fmt.Fprintf(s.out, "%s: %v\n  no difference in what they do: %v\n", d.Name(), d.Said, d.Race)
			return
		}
		fmt.Fprintf(s.out, "  made small, %d services: %v\n", len(d.Small.Services), d.Said)
		if save != "" {
			file, err := d.Save(save, o.Profile)
			if err != nil {
				failed = errors.Join(failed, err)
				return
			}
			fmt.Fprintf(s.out, "  saved as %s\n", file)
		}
	}
	report, err := fuzz.Run(ctx, fuzz.Process(r), o)
	var fault *protocol.Fault
	if errors.As(err, &fault) && (report == nil || report.Played == 0) {
		return notWorking(command, err)
	}
	if err != nil {
		return err
	}
	if failed != nil {
		return failed
	}
	if report.Cut {
		fmt.Fprintf(s.out, "the limit of %v is over, %d plans of %d were played; give it more with --limit, or more at once with -j\n", o.Limit, report.Played, o.Plans)
	}
	fmt.Fprintf(s.out, "plans %d to %d of seed %d as %s: %d played, %d agreed, %d agreed in the end though they race, %d race in a way that the reference host shows too, %d skipped, %d left out, %d differ\n",
		report.First, report.Next-1, report.Seed, report.Profile, report.Played, report.Agreed, report.Raced, len(report.Explained), report.Skipped, report.Left, len(report.Differences))
	switch {
	case report.Played == 0:
		return &exitError{exitNothing, errors.New("no plan was played")}
	case len(report.Differences) > 0:
		return &exitError{code: 1}
	}
	return nil
}
