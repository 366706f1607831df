package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hostsim/hostsim/conformance/explore"
	"github.com/hostsim/hostsim/conformance/judge"
	"github.com/hostsim/hostsim/conformance/report"
	"github.com/hostsim/hostsim/conformance/virtual"
	"github.com/hostsim/hostsim/scenarios"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

// cases reads the files that verify was given; none if there are none. Whatever is wrong with one is found before anything runs.
func (f *verifyFlags) cases(s streams) ([]*judge.Case, error) {
	list, err := loadAll(s, f.files)
	if err != nil {
		return nil, f.meantAsCommand(err)
	}
	f.expecting = make([]bool, len(list))
	var out []*judge.Case
	for i, sc := range list {
		if slices.Contains(f.files[:i], f.files[i]) {
			return nil, usagef("%s is given twice", f.files[i])
		}
		if err := knownClauses(sc); err != nil {
			return nil, err
		}
		c := judge.CaseOf(sc)
		if c.Own = sc.File == fileName(f.files[i]); c.Own {
			c.Name = sc.File // a name that no other has
		}
		f.expecting[i] = len(sc.Expect) > 0
		out = append(out, c)
	}
	return out, nil
}

// fileName is how messages name a file that was given.
func fileName(given string) string {
	if given == "-" {
		return "standard input"
	}
	return given
}

// meantAsCommand adds to the error of a file that cannot be read how the command of an adapter is given, if the first is a command.
func (f *verifyFlags) meantAsCommand(err error) error {
	if len(f.command) > 0 || slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(f.files[0])) {
		return err
	}
	if _, none := exec.LookPath(f.files[0]); none != nil && !errors.Is(none, exec.ErrDot) {
		return err
	}
	return usagef("%w\n%s is a command; that of an adapter stands behind --, as in: hostsim verify -- %s", err, f.files[0], words(f.files...))
}

// knownClauses refuses a scenario that names a clause by which no run of it is ever judged.
func knownClauses(sc *scenarios.Scenario) error {
	all := spec.MustLoad()
	for _, id := range sc.Clauses {
		c, err := clauseNamed(all, id)
		switch {
		case err != nil:
			return usagef("%s: clauses: %w", sc.File, err)
		case c.Retired != "":
			return usagef("%s: clauses: %s is retired: %s", sc.File, id, c.Retired)
		case !slices.ContainsFunc(scenarios.Expand(sc.Profiles), c.Has):
			return usagef("%s: clauses: %s is in none of the profiles that the scenario speaks about, which are %s", sc.File, id, strings.Join(scenarios.Expand(sc.Profiles), ", "))
		}
	}
	return nil
}

// playable refuses files of which none speaks about the profile in a lane, and says which profiles they do speak about.
func (f *verifyFlags) playable(lane string) error {
	if len(f.given) == 0 {
		return nil
	}
	var said, profiles []string
	for _, c := range f.given {
		if c.SpeaksAbout(f.profile, lane) {
			return nil
		}
		said = append(said, c.Name+": "+c.Silent(f.profile, lane))
		for _, p := range c.Profiles {
			if !slices.Contains(profiles, p) && c.SpeaksAbout(p, lane) {
				profiles = append(profiles, p)
			}
		}
	}
	if len(profiles) > 0 {
		said = append(said, "--profile "+strings.Join(profiles, ", or --profile ")+" chooses what there is to play")
	}
	return &exitError{exitNothing, fmt.Errorf("nothing is left to play by profile %s in the %s lane\n%s", f.profile, lane, strings.Join(said, "\n"))}
}

// tell says on standard error which of the files were not played and why, and of which the host is not held to what they expect.
func (f *verifyFlags) tell(s streams, impl judge.Implementation, r *report.Report) {
	if len(f.given) == 0 {
		return
	}
	for i := range r.Scenarios {
		if sc := &r.Scenarios[i]; sc.Verdict == report.Skipped {
			fmt.Fprintf(s.err, "hostsim: %s was not played: %s\n", sc.Name, sc.Said)
		}
	}
	if _, bound := impl.(follower); bound || len(f.clauses) > 0 {
		return
	}
	var names []string
	for i := range r.Scenarios {
		if sc := &r.Scenarios[i]; sc.Verdict != report.Skipped && f.expecting[i] {
			names = append(names, sc.Name)
		}
	}
	if len(names) > 0 {
		fmt.Fprintf(s.err, "hostsim: what %s expects was not compared: that is for the reference host and the mutants; other hosts are judged by clauses alone\n", strings.Join(names, ", "))
	}
}

// follower is the reference host, or a mutant, under the schedules that scenarios carry.
type follower struct{ *virtual.Reference }

// Follow implements judge.Follower.
func (f follower) Follow(ctx context.Context, p *plan.Plan, profile string, schedule []scenarios.Decision) (*trace.Trace, string, error) {
	r := explore.NewReplay(scheduleOf(schedule))
	f.SetChooser(r)
	defer f.SetChooser(nil)
	t, err := f.Play(ctx, p, profile)
	return t, r.Divergence(), err
}
