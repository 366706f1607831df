package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hostsim/hostsim/conformance/explore"
	"github.com/hostsim/hostsim/conformance/mutants"
	"github.com/hostsim/hostsim/conformance/virtual"
	"github.com/hostsim/hostsim/scenarios"
	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

type exploreFlags struct {
	as, impl, strategy, shard, save, out, format string
	schedule                                     string // to be played alone, on an adapter
	schedules, jobs, bound, depth                int
	seed                                         uint64
	limit                                        time.Duration
	clauses                                      []string
	keep                                         bool
}

func exploreCommand(s streams) *cobra.Command {
	var f exploreFlags
	cmd := &cobra.Command{
		Use:   "explore FILE [-- COMMAND…]",
		Short: "Run a scenario under many schedules, and make the first violation small",
		Long: `explore plays a scenario on the reference host, or on a mutant, under many schedules: who goes on first, which timer goes
off first, who gets a lock, who is held up. It judges every run, says what it covered, and shows the first violation
shrunk to its core. --save writes that as a scenario that fails the same way.

The result depends on the seed and the number of schedules alone, not on the machine or the number of workers. An
exploration can be split: --shard 0/4 to 3/4 each with --out FILE, then hostsim merge. FILE is written from time to time;
the same command goes on from what is there, so that a part that was killed loses next to nothing.

COMMAND is an adapter in Go that hostsim build has compiled: its host, which knows nothing of hostsim, is played in the virtual
lane, and who goes on first is chosen at every lock, channel and select of it. The first violation is shrunk and explained:
what happened, who holds what and who waits for whom. A schedule has a name, such as random:17, that repeats it with the
same plan and the same binary: --schedule random:17. --save writes the plan, and says which name goes with it.`,
		Example: `  hostsim explore exit-in-stop --as dotnet-3.1
  hostsim explore my.yaml --strategy exhaustive --bound 3
  hostsim explore my.yaml --strategy pct --schedules 100000 --save found.yaml
  hostsim explore my.yaml --schedules 1000000 --shard 2/8 --out part2.json
  hostsim build -o myhost ./adapter && hostsim explore my.yaml -- ./myhost
  hostsim explore my.yaml --save found.yaml -- ./myhost
  hostsim explore found.yaml --schedule random:17 -- ./myhost`,
		Args: func(cmd *cobra.Command, args []string) error {
			if n := cmd.ArgsLenAtDash(); n >= 0 {
				args = args[:n]
			}
			return cobra.ExactArgs(1)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(cmd); err != nil {
				return err
			}
			if cmd.ArgsLenAtDash() >= 0 {
				return exploreAdapter(cmd, s, &f, args[0], args[1:])
			}
			if f.schedule != "" {
				return usagef("--schedule is for an adapter; hostsim replay --schedule FILE plays a schedule on the reference host")
			}
			return exploreFile(cmd.Context(), s, &f, args[0])
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&f.as, "as", "", "the profile (default strict; of a mutant the one that it breaks)")
	fl.StringVar(&f.impl, "impl", "", "explore this mutant instead of the reference host")
	fl.StringVar(&f.strategy, "strategy", explore.Random, strings.Join(explore.Strategies(), ", "))
	fl.IntVar(&f.schedules, "schedules", 0, "at most so many schedules (default 10000, exhaustive: all within the bound)")
	fl.DurationVar(&f.limit, "time", 0, "at most so long; what is covered then depends on the machine")
	fl.Uint64Var(&f.seed, "seed", 1, "the seed of the first schedule")
	fl.IntVar(&f.bound, "bound", 2, "exhaustive: at most so many decisions that are not the default")
	fl.IntVar(&f.depth, "depth", 3, "pct: the number of ordering constraints looked for")
	fl.IntVarP(&f.jobs, "jobs", "j", 0, "workers (default: one for each processor)")
	fl.StringVar(&f.shard, "shard", "", "only part i of n, as i/n, counted from 0")
	fl.StringVar(&f.save, "save", "", "write the first violation, shrunk, as a scenario")
	fl.StringVar(&f.out, "out", "", "write the whole result as JSON, and go on from what is there")
	fl.StringVar(&f.format, "format", "text", "text or json")
	fl.StringSliceVar(&f.clauses, "clause", nil, "judge only these clauses (default: all of the profile)")
	fl.StringVar(&f.schedule, "schedule", "", "for an adapter: play and explain this schedule alone, such as random:17")
	fl.BoolVar(&f.keep, "no-shrink", false, "show the first violation as it was found")
	completeProfiles(cmd, "as")
	_ = cmd.RegisterFlagCompletionFunc("strategy", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return explore.Strategies(), cobra.ShellCompDirectiveNoFileComp
	})
	return cmd
}

func (f *exploreFlags) options(s streams, sc *scenarios.Scenario) (explore.Options, error) {
	o := explore.Options{Scenario: sc.Name, Plan: sc.Plan, Clauses: f.clauses, Strategy: f.strategy, Schedules: f.schedules, Time: f.limit,
		Seed: f.seed, Bound: f.bound, Depth: f.depth, Jobs: f.jobs, Version: version, Progress: progress(s, "exploring")}
	o.NewPlayer = func() explore.Player { return virtual.New(nil) }
	if f.impl != "" {
		m := mutants.Lookup(f.impl)
		if m == nil {
			return o, noSuchMutant(f.impl)
		}
		o.NewPlayer = func() explore.Player { return m.Lane() }
		if f.as == "" {
			f.as = m.Profile
		}
	}
	if f.as == "" {
		f.as = "strict"
	}
	if err := knownProfile(f.as); err != nil {
		return o, err
	}
	o.Profile = spec.MustLoad().MustProfile(f.as)
	o.Allowed = sc.MayHang(f.as)
	if o.Schedules == 0 && f.strategy != explore.Exhaustive {
		o.Schedules = 10000
	}
	for i, id := range f.clauses {
		c, err := clauseNamed(spec.MustLoad(), strings.ToUpper(id))
		if err != nil {
			return o, err
		}
		if f.clauses[i] = c.ID; !c.Has(f.as) {
			return o, usagef("profile %s has no clause %q", f.as, c.ID)
		}
	}
	if f.shard != "" {
		i, n, ok := strings.Cut(f.shard, "/")
		var err, err2 error
		o.Shard, err = strconv.Atoi(i)
		o.Of, err2 = strconv.Atoi(n)
		if !ok || err != nil || err2 != nil || o.Shard < 0 || o.Of < 1 || o.Shard >= o.Of {
			return o, usagef("--shard %q: it must be i/n with 0 <= i < n", f.shard)
		}
	}
	return o, usage(explore.CheckStrategy(f.strategy))
}

func exploreFile(ctx context.Context, s streams, f *exploreFlags, file string) error {
	if err := oneOf("format", f.format, "text", "json"); err != nil {
		return err
	}
	sc, err := load(s, file)
	if err != nil {
		return err
	}
	o, err := f.options(s, sc)
	if err != nil {
		return err
	}
	if err := f.resume(&o); err != nil {
		return err
	}
	debug.SetGCPercent(1600) // little lives from run to run; collecting less often is a sixth to a quarter faster
	r, err := explore.Explore(ctx, o)
	if err != nil {
		return usage(err)
	}
	if err := f.write(s, r); err != nil || len(r.Violations) == 0 {
		return err
	}
	if err := f.show(s, &o, sc, &r.Violations[0]); err != nil {
		return err
	}
	return violated(&r.Violations[0])
}

// resume goes on from the file that --out names, and saves to it.
func (f *exploreFlags) resume(o *explore.Options) (err error) {
	if f.out == "" {
		return nil
	}
	if o.Base, err = readResult(f.out); err != nil {
		return usage(err)
	}
	o.Save = func(r *explore.Result) error { return writeResult(f.out, r) }
	return nil
}

// write prints a result, and puts it into the file that --out names.
func (f *exploreFlags) write(s streams, r *explore.Result) error {
	if f.out != "" {
		if err := writeResult(f.out, r); err != nil {
			return usage(err)
		}
	}
	if f.format == "json" {
		data, err := r.JSON()
		if err == nil {
			_, err = s.out.Write(data)
		}
		if err != nil {
			return err
		}
	} else {
		fmt.Fprint(s.out, r.Text())
	}
	if r.Schedules == 0 {
		return &exitError{exitNothing, fmt.Errorf("no schedule was played")}
	}
	return nil
}

// violated is the exit code of a violation.
func violated(v *explore.Violation) *exitError {
	if trace.EndKind(v.Clause).Hangs() {
		return &exitError{code: 3}
	}
	return &exitError{code: 1}
}

// readResult reads a result file; nil if there is none.
func readResult(file string) (*explore.Result, error) {
	data, err := readFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r, err := explore.ParseResult(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return r, nil
}

// writeResult puts a result in the place of what the file holds, at one stroke: whoever is killed here leaves the old one.
func writeResult(file string, r *explore.Result) error {
	data, err := r.JSON()
	if err != nil {
		return err
	}
	if err := os.WriteFile(file+".new", data, 0o644); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

// show prints the first violation, shrunk, and saves it.
func (f *exploreFlags) show(s streams, o *explore.Options, sc *scenarios.Scenario, v *explore.Violation) error {
	small := &explore.Small{Plan: o.Plan, Schedule: v.Schedule}
	var err error
	if f.keep {
		p := o.NewPlayer()
		defer p.Close()
		t, err := play(p, &scenarios.Scenario{Plan: o.Plan}, o.Profile.Name, v.Schedule, s)
		if err != nil {
			return err
		}
		small.Trace = *t.Keep()
	} else if small, err = explore.Shrink(o, v); err != nil {
		return err
	}
	if f.format == "text" {
		if err := f.tell(s, o, v, small, small.String()); err != nil {
			return err
		}
	}
	if f.save == "" {
		return nil
	}
	again := " --as " + o.Profile.Name
	if f.impl != "" {
		again += " --impl " + f.impl
	}
	return f.keepAs(s, explore.Scenario(sc, o, v, small), "hostsim replay "+f.save+again)
}

// tell prints a violation, what shows it, and the timeline.
func (f *exploreFlags) tell(s streams, o *explore.Options, v *explore.Violation, small *explore.Small, how string) error {
	fmt.Fprintf(s.out, "\nThe first violation, at schedule %d", v.First)
	if !f.keep {
		fmt.Fprintf(s.out, ", shrunk in %d runs", small.Tries)
	}
	clause, said := v.In(small)
	fmt.Fprintf(s.out, ":\n%s: %s\n\n%s\n", clause, said, indent(how))
	return trace.WriteText(s.out, &small.Trace, trace.Options{Color: terminal(s.out), Marks: v.Marks(small, o)})
}

// keepAs writes the scenario that --save asks for, and says what shows it again.
func (f *exploreFlags) keepAs(s streams, sc *scenarios.Scenario, again string) error {
	if err := os.WriteFile(f.save, scenarios.Format(sc), 0o644); err != nil {
		return usage(err)
	}
	fmt.Fprintf(s.err, "saved as %s; %s shows it again\n", f.save, again)
	return nil
}

func indent(s string) string {
	return "  " + strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "\n  ") + "\n"
}

func mergeCommand(s streams) *cobra.Command {
	var out string
	var partial bool
	cmd := &cobra.Command{
		Use:     "merge FILE…",
		Short:   "Join the results of the parts of one exploration into that of one long run, byte for byte",
		Example: `  hostsim merge part*.json --out whole.json`,
		Args:    cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			var parts []*explore.Result
			for _, a := range args {
				r, err := readResult(a)
				if err == nil && r == nil {
					err = fmt.Errorf("%s: there is no such file", a)
				}
				if err != nil {
					return usage(err)
				}
				parts = append(parts, r)
			}
			r, err := explore.Merge(parts, partial)
			if err != nil {
				return usage(err)
			}
			data, err := r.JSON()
			if err != nil {
				return err
			}
			if out == "" {
				_, err = s.out.Write(data)
			} else {
				err = usage(os.WriteFile(out, data, 0o644))
			}
			if err == nil && len(r.Violations) > 0 {
				return &exitError{code: 1}
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&partial, "unfinished", false, "take parts that have not played all they were asked for, such as those with --time")
	cmd.Flags().StringVar(&out, "out", "", "write to this file instead of standard output")
	return cmd
}
