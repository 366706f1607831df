package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hostsim/hostsim/conformance/judge"
	"github.com/hostsim/hostsim/conformance/legal"
	"github.com/hostsim/hostsim/conformance/mutants"
	"github.com/hostsim/hostsim/conformance/report"
	"github.com/hostsim/hostsim/conformance/virtual"
	"github.com/hostsim/hostsim/spec"
)

type verifyFlags struct {
	adapterFlags
	files                 []string      // as they were given; none: the library
	given                 []*judge.Case // what they hold
	expecting             []bool        // whether they expect something
	command               []string      // of an adapter
	impl, profile, format string
	clauses               []string
	brief, reproducible   bool
	plays                 int
}

func verifyCommand(s streams) *cobra.Command {
	var f verifyFlags
	cmd := &cobra.Command{
		Use:   "verify [FILE…] [-- COMMAND…]",
		Short: "Judge a host, clause by clause",
		Long: `verify plays the scenario library on a host and judges every run by the clauses of a profile: each clause with its
verdict, what is wrong with its timeline, and a summary. Without a command it judges the reference host, or one of the
built-in hosts.

With FILEs it plays these instead, which is how a team keeps its own scenarios as regression tests. FILE is a scenario, a
bare plan or a recording, "-", or the name of a scenario of the library or of a recording. Every clause that their runs
exercise is judged. It fails, too, where a run is not what its file expects (of the reference host and the mutants; other
hosts are judged by clauses alone), where no run exercises a clause that the file names (unless it names several profiles,
too), and where a run never ends and the file does not say that it may. A run that parts from the schedule of its file is
provisional: it is said, and fails nothing. What cannot be played is named.

Exit codes: 0 all hold, 1 a clause is broken or a file not kept to, 2 bad usage or input, 3 the host hung or deadlocked,
4 the same schedule gave different runs, 5 nothing ran.`,
		Example: `  hostsim verify
  hostsim verify --profile dotnet-8
  hostsim verify --impl stop-twice
  hostsim verify --clause HOST-STOP-001 --format json
  hostsim verify --format junit > report.xml
  hostsim verify -- ./adapter
  hostsim verify --profile strict --lane virtual -- ./adapter
  hostsim verify found.yaml --impl race-double-close
  hostsim verify my/*.yaml --format junit > report.xml
  hostsim verify my/*.yaml -- ./adapter`,
		Args: func(cmd *cobra.Command, args []string) error { return f.checkArgs(cmd, args) },
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(cmd, len(f.command) > 0); err != nil {
				return err
			}
			return verify(cmd.Context(), s, &f)
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&f.impl, "impl", "reference", "a built-in host: reference, a small legal host (errgroup, actor), or a mutant")
	fl.StringVar(&f.profile, "profile", "", "the profile to judge by (default strict; for a mutant the one that it breaks)")
	fl.StringSliceVar(&f.clauses, "clause", nil, "only this clause; may be given several times")
	fl.StringVar(&f.format, "format", "text", "text, json, junit or markdown")
	fl.BoolVar(&f.brief, "brief", false, "print only what does not hold, and the summary")
	fl.BoolVar(&f.reproducible, "reproducible", false, "with --format json: leave out the wall clock and what it changes, so that two runs can be compared byte by byte")
	fl.IntVar(&f.plays, "plays", 1, "how often each scenario is played in an adapter's virtual lane, where Go's scheduler picks anew each time; all are judged")
	f.register(cmd)
	completeProfiles(cmd, "profile")
	return cmd
}

// checkArgs tells files and command apart, and refuses what would be judged as something else than was meant: "--" with an unset
// variable behind it would be the reference host, the name of a built-in host a file.
func (f *verifyFlags) checkArgs(cmd *cobra.Command, args []string) error {
	f.files, f.command = args, nil
	if n := cmd.ArgsLenAtDash(); n >= 0 {
		f.files, f.command = args[:n], args[n:]
		if err := needsCommand(cmd, f.command); err != nil {
			return err
		}
	}
	for _, name := range f.files {
		if slices.Contains(hostNames(), name) {
			return usagef("%s is a built-in host, which --impl %s names; the command of an adapter stands behind --", name, name)
		}
	}
	return nil
}

func verify(ctx context.Context, s streams, f *verifyFlags) (err error) {
	if err := oneOf("format", f.format, "text", "json", "junit", "markdown"); err != nil {
		return err
	}
	if f.plays < 1 {
		return usagef("--plays is %d: each scenario is played once at least", f.plays)
	}
	_, isLegal := legal.Hosts()[f.impl]
	if f.plays > 1 && len(f.command) == 0 && !isLegal {
		return usagef("--plays is for hosts whose order Go's scheduler picks; this one takes the same order every time")
	}
	if f.reproducible && f.format != "json" {
		return usagef("--reproducible is for --format json; the other formats show what a run really did")
	}
	if len(f.command) > 0 && f.impl != "reference" {
		return usagef("--impl names a built-in host; the command of an adapter cannot be given too")
	}
	if f.given, err = f.cases(s); err != nil {
		return err
	}
	if len(f.command) > 0 {
		if f.profile == "" {
			f.profile = "core"
		}
		if err := knownProfile(f.profile); err != nil {
			return err
		}
		if err := f.playable(f.lane); err != nil {
			return err
		}
		a, err := f.open(ctx, f.command)
		if err != nil {
			return err
		}
		defer a.Close()
		return judgeIt(ctx, s, f, a)
	}
	if isLegal {
		return verifyLegal(ctx, s, f, legal.Hosts()[f.impl])
	}
	impl, closeIt, err := f.implementation()
	if err != nil {
		return err
	}
	defer closeIt()
	return judgeIt(ctx, s, f, impl)
}

func judgeIt(ctx context.Context, s streams, f *verifyFlags, impl judge.Implementation) error {
	all, err := spec.Load()
	if err != nil {
		return err
	}
	if err := knownProfile(f.profile); err != nil {
		return err
	}
	if err := f.playable(impl.Lane()); err != nil {
		return err
	}
	for i, id := range f.clauses {
		c, err := clauseNamed(all, id)
		if err != nil {
			return err
		}
		f.clauses[i] = c.ID
	}
	cases, o := f.given, judge.Options{
		Spec: all, Profile: f.profile, Clauses: f.clauses, Plays: f.plays, ClausesAlone: len(f.clauses) > 0,
		Replay: func(c *judge.Case) string { return f.replay(c) }, Progress: progress(s, "judging"),
	}
	if len(cases) > 0 {
		o.Partial, o.Given, o.Repeat = true, true, 1
	} else {
		if cases, err = judge.ForProfile(f.profile); err != nil {
			return err
		}
		cases = judge.Exercising(cases, f.clauses)
		o.Partial, o.Repeat = len(f.clauses) > 0, 5
	}
	began := time.Now()
	r, err := judge.Verify(ctx, impl, cases, o)
	if err != nil {
		return usage(err)
	}
	r.Hostsim = version
	if f.format == "json" {
		r.WallClock = &report.WallClock{Began: began.UTC().Format(time.RFC3339), Seconds: time.Since(began).Seconds()}
		if len(f.command) > 0 {
			r.Apart() // real time, or stock Go: what races stands apart
		}
		if f.reproducible {
			r.WallClock = nil
		}
	}
	if err := writeReport(s, f, all, r); err != nil {
		return err
	}
	f.tell(s, impl, r)
	return ended(r)
}

// ended turns the verdict into the exit code.
func ended(r *report.Report) error {
	if r.Size.Runs == 0 || len(r.Clauses) == 0 {
		why := strings.Join(r.Problems, "; ")
		if why == "" {
			why = "the chosen clauses are about nothing that this host can show in the " + r.Lane + " lane"
		}
		return &exitError{code: exitNothing, err: fmt.Errorf("nothing ran: %s", why)}
	}
	if code := r.Verdict.ExitCode(); code != 0 {
		return &exitError{code: code}
	}
	return nil
}

func (f *verifyFlags) implementation() (judge.Implementation, func(), error) {
	if f.impl == "reference" {
		if f.profile == "" {
			f.profile = "strict"
		}
		r := virtual.NewReference()
		return follower{r}, r.Close, nil
	}
	if m := mutants.Lookup(f.impl); m != nil {
		if f.profile == "" {
			f.profile = m.Profile
		}
		r := m.Implementation()
		return follower{r}, r.Close, nil
	}
	return nil, nil, noSuchHost(f.impl)
}

func (f *verifyFlags) replay(c *judge.Case) string {
	name := strings.TrimPrefix(c.Name, "recorded/")
	if i := slices.Index(f.given, c); i >= 0 {
		name = words(f.files[i])
	}
	cmd := "hostsim replay " + name + " --as " + f.profile
	switch {
	case len(f.command) > 0:
		cmd += " -- " + words(f.command...)
	case f.impl != "reference":
		cmd += " --impl " + f.impl
	}
	return cmd
}

func writeReport(s streams, f *verifyFlags, all *spec.Spec, r *report.Report) error {
	switch f.format {
	case "json":
		b, err := r.JSON()
		if err != nil {
			return err
		}
		_, err = s.out.Write(b)
		return err
	case "junit":
		return r.JUnit(s.out)
	case "markdown":
		return r.Markdown(s.out)
	}
	var areas []string
	for _, a := range all.Areas {
		areas = append(areas, a.Name+" "+a.Title)
	}
	return r.Text(s.out, report.TextOptions{Color: terminal(s.out), Width: width(s.out), Areas: areas, Brief: f.brief})
}
