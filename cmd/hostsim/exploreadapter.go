package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hostsim/hostsim/conformance/explore"
	"github.com/hostsim/hostsim/conformance/external"
	"github.com/hostsim/hostsim/conformance/judge"
	"github.com/hostsim/hostsim/internal/toolchain"
	"github.com/hostsim/hostsim/scenarios"
	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

// exploreAdapter explores a scenario on an adapter that hostsim build has compiled, or plays one schedule of it.
func exploreAdapter(cmd *cobra.Command, s streams, f *exploreFlags, file string, command []string) error {
	if err := oneOf("format", f.format, "text", "json"); err != nil {
		return err
	}
	if len(command) == 0 {
		return usagef("explore needs the command of an adapter behind --")
	}
	for _, name := range []string{"impl", "bound"} {
		if cmd.Flags().Changed(name) {
			return usagef("--%s is for hosts in this process, not for an adapter", name)
		}
	}
	again := f.repeats(cmd, command)
	if f.schedule != "" {
		if f.save != "" {
			return usagef("--save keeps what exploring finds; --schedule plays one schedule and looks for nothing")
		}
		name, err := toolchain.ScheduleName(f.schedule)
		if err != nil {
			return usagef("--schedule %q: %w", f.schedule, err)
		}
		f.schedule = name
	}
	sc, err := load(s, file)
	if err != nil {
		return err
	}
	a, err := external.NewScheduled(cmd.Context(), command)
	var not *external.NotScheduled
	if errors.As(err, &not) {
		text := fmt.Sprintf("%s: %s", command[0], not)
		if not.Language == "go" {
			text += fmt.Sprintf("\nbuild it with: hostsim build -o %s PACKAGE", filepath.Base(command[0]))
		}
		return usagef("%s", text)
	}
	if err != nil {
		return usagef("%s is not a working adapter: %w\nhostsim smoke -- %s   says more", command[0], err, strings.Join(command, " "))
	}
	defer a.Close()
	id := a.Identity()
	if f.as == "" {
		if f.as = id.Claims; f.as == "" {
			f.as = "core"
		}
	}
	o, err := f.options(s, sc)
	if err != nil {
		return err
	}
	o.Scheduled = a
	o.NewPlayer = nil
	if o.Jobs == 0 {
		o.Jobs = runtime.NumCPU()
	}
	if len(o.Clauses) == 0 {
		o.Clauses = judgedFor(o.Profile, id.Features)
	}
	if f.schedule != "" {
		return f.single(s, &o, f.schedule)
	}
	if err := f.resume(&o); err != nil {
		return err
	}
	r, err := explore.Explore(cmd.Context(), o)
	if err != nil {
		return notPlayed(sc, err)
	}
	if err := f.write(s, r); err != nil || len(r.Violations) == 0 {
		return err
	}
	v := &r.Violations[0]
	if err := f.showScheduled(s, &o, sc, v, again, file, id.Name+" "+id.Version); err != nil {
		return err
	}
	for i := range r.Violations { // in that same schedule, or another
		if err := violated(&r.Violations[i]); r.Violations[i].First == v.First && err.code == 3 {
			return err
		}
	}
	return violated(v)
}

// notPlayed says why a scenario was not played.
func notPlayed(sc *scenarios.Scenario, err error) error {
	var skip *judge.Skip
	if errors.As(err, &skip) {
		return &exitError{exitNothing, fmt.Errorf("%s was not played: %s", sc.Name, skip.Why)}
	}
	return usage(err)
}

// judgedFor lists the clauses of a profile that are about hosts with these features, in the virtual lane.
func judgedFor(p *spec.Profile, features []string) []string {
	var out []string
	for _, c := range p.Clauses {
		lacks := func(f string) bool { return !slices.Contains(features, f) }
		if c.Retired == "" && c.In(spec.Virtual) && !slices.ContainsFunc(c.Features, lacks) {
			out = append(out, c.ID)
		}
	}
	return out
}

// single plays one schedule, explains it and judges it.
func (f *exploreFlags) single(s streams, o *explore.Options, name string) error {
	if f.format != "text" {
		return usagef("--schedule is explained to people; --format %s cannot show it", f.format)
	}
	run, err := o.Scheduled.PlaySchedule(o.Plan, name, true)
	if err != nil {
		return notPlayed(&scenarios.Scenario{Name: o.Scenario}, err)
	}
	if err := trace.WriteText(s.out, run.Trace, trace.Options{Color: terminal(s.out)}); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "\n%s", run.Said)
	vs := o.Judge(run.Trace)
	for i := range vs {
		fmt.Fprintf(s.out, "VIOLATED %s: %s\n", vs[i].Clause, vs[i].Said)
	}
	if endCode(run.Trace) != 0 {
		return &exitError{code: endCode(run.Trace)}
	}
	if len(vs) > 0 {
		return violated(&vs[0])
	}
	return nil
}

// showScheduled prints the first violation of an adapter, shrunk, with the commands that repeat it, and saves it. again gives
// the command that plays one schedule of a file; host is who showed the violation.
func (f *exploreFlags) showScheduled(s streams, o *explore.Options, sc *scenarios.Scenario, v *explore.Violation, again func(file, name string) string, file, host string) error {
	if f.format != "text" && f.save == "" {
		return nil
	}
	o.Progress = progress(s, "shrinking")
	made := explore.Shrink
	if f.keep {
		made = explore.AsFound
	}
	small, err := made(o, v)
	var uncontrolled *explore.Uncontrolled
	switch {
	case errors.As(err, &uncontrolled):
		return &exitError{4, err}
	case err != nil:
		return notPlayed(sc, err)
	}
	if f.format == "text" {
		how := "under " + small.Named
		if !f.keep {
			how = explore.Sizes(o.Plan, small.Plan) + " are left:\n" + small.String()
		}
		if small.Left != "" {
			how += small.Left
		}
		if err := f.tell(s, o, v, small, how); err != nil {
			return err
		}
		fmt.Fprintf(s.out, "\n%s\nwhat was found: %s\n", small.Said, again(file, v.Named))
		if f.save == "" && !f.keep {
			fmt.Fprintf(s.out, "what is left of it: --save FILE writes it as a scenario, to be played under %s\n", small.Named)
		}
	}
	if f.save == "" {
		return nil
	}
	out := explore.Scenario(sc, o, v, small)
	command := again(f.save, small.Named)
	out.Why = fmt.Sprintf("%s\nShown by %s under the schedule %s:\n%s\n", out.Why, host, small.Named, command)
	return f.keepAs(s, out, command)
}

// repeats gives how one plays a schedule of a file again: a command with the flags that decide what is judged.
func (f *exploreFlags) repeats(cmd *cobra.Command, command []string) func(file, name string) string {
	flags := ""
	for _, name := range []string{"as", "clause"} {
		if fl := cmd.Flags().Lookup(name); fl.Changed {
			flags += " --" + name + " " + words(strings.Trim(fl.Value.String(), "[]"))
		}
	}
	adapter := words(command...)
	return func(file, name string) string {
		return "hostsim explore " + words(file) + " --schedule " + name + flags + " -- " + adapter
	}
}

// plainWord is what a shell takes as it stands.
var plainWord = regexp.MustCompile(`^[\w@%+=:,./-]+$`)

// words writes words as one types them in a shell.
func words(list ...string) string {
	out := make([]string, len(list))
	for i, w := range list {
		if out[i] = w; !plainWord.MatchString(w) {
			out[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
	}
	return strings.Join(out, " ")
}
