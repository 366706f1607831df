package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hostsim/hostsim/conformance/mutants"
	"github.com/hostsim/hostsim/scenarios"
	"github.com/hostsim/hostsim/spec"
)

func explainCommand(s streams) *cobra.Command {
	return &cobra.Command{
		Use:   "explain CLAUSE…",
		Short: "Say what a clause demands, why, who exercises it and what it catches",
		Long: `explain prints what is known of a clause: its sentence, why somebody should care, where it comes from, the profiles it is in, the
features a host needs for it, the rules in which profiles differ, the scenarios that exercise it and the mutants that it catches.

A source is a recording of the real .NET host (hostsim replay shows it), a test or an issue of .NET, or a fact about a real host
or bug by its number in the catalogue that the contract was written from.`,
		Example: `  hostsim explain HOST-STOP-001
  hostsim explain HOST-SIG-003 HOST-EXIT-001`,
		Args: takes(1, -1),
		RunE: func(_ *cobra.Command, args []string) error {
			all, err := spec.Load()
			if err != nil {
				return err
			}
			var list []*spec.Clause
			for _, id := range args {
				c, err := clauseNamed(all, id)
				if err != nil {
					return err
				}
				list = append(list, c)
			}
			for i, c := range list {
				if i > 0 {
					fmt.Fprintln(s.out)
				}
				if err := explainClause(s, all, c); err != nil {
					return err
				}
			}
			return nil
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			all, err := spec.Load()
			if err != nil {
				return nil, cobra.ShellCompDirectiveError
			}
			return clauseIDs(all), cobra.ShellCompDirectiveNoFileComp
		},
	}
}

// sources puts the sources of a clause into words, kind by kind.
func sources(list []string) (out []string) {
	kinds := []struct {
		prefix, one, many string
		names             []string
	}{
		{"rec:", "recording", "recordings", nil}, {"test:", "test of .NET", "tests of .NET", nil}, {"#", "issue", "issues", nil}, {"", "fact", "facts", nil},
	}
	for _, s := range list {
		for i := range kinds {
			if name, ok := strings.CutPrefix(s, kinds[i].prefix); ok {
				kinds[i].names = append(kinds[i].names, name)
				break
			}
		}
	}
	for _, k := range kinds {
		switch len(k.names) {
		case 0:
		case 1:
			out = append(out, k.one+" "+k.names[0])
		default:
			out = append(out, k.many+" "+strings.Join(k.names, ", "))
		}
	}
	return out
}

func clauseIDs(all *spec.Spec) (out []string) {
	for _, c := range all.Clauses {
		out = append(out, c.ID)
	}
	return out
}

// clauseNamed finds a clause by its id, in capitals or not.
func clauseNamed(all *spec.Spec, id string) (*spec.Clause, error) {
	if c := all.Clause(strings.ToUpper(id)); c != nil {
		return c, nil
	}
	if whole := "HOST-" + strings.ToUpper(id); all.Clause(whole) != nil {
		return nil, usagef("there is no clause %q (did you mean %s?)", id, whole)
	}
	return nil, usagef("there is no clause %q%s; `hostsim clauses` lists them", id, didYouMean(id, clauseIDs(all)))
}

func explainClause(s streams, all *spec.Spec, c *spec.Clause) error {
	fmt.Fprintf(s.out, "%s  %s  (%s: %s)\n\n  %s\n\n", c.ID, c.Level, c.Area, all.Area(c.Area).Title, c.Text)
	if c.Retired != "" {
		fmt.Fprintf(s.out, "  retired: %s\n", c.Retired)
		return nil
	}
	line := func(key, value string) {
		if value != "" {
			fmt.Fprintf(s.out, "  %-10s %s\n", key, value)
		}
	}
	line("why", c.Why)
	line("source", strings.Join(sources(c.Source), "; "))
	line("profiles", strings.Join(c.Profiles, ", "))
	line("features", strings.Join(c.Features, ", "))
	line("lanes", strings.Join(c.Lanes, ", "))
	line("tolerance", c.Limit)
	for _, name := range c.Rules {
		r := all.Matrix.Rule(name)
		fmt.Fprintf(s.out, "\n  rule %s: %s\n", name, r.What)
		for _, p := range c.Profiles {
			if v, ok := all.Profile(p).Rules[name]; ok {
				fmt.Fprintf(s.out, "    %-11s %s\n", p, v)
			}
		}
	}
	if c.Area == "PROBE" {
		fmt.Fprintf(s.out, "\n  judged by  hostsim probe -- PROGRAM, which says how it is usually mended\n")
		return nil
	}
	lib, err := scenarios.Library()
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "\n  exercised by\n")
	n := 0
	for _, sc := range lib {
		for _, id := range sc.Clauses {
			if id == c.ID {
				n++
				fmt.Fprintf(s.out, "    %-34s %s\n", sc.Area+"/"+sc.Name, sc.Title)
			}
		}
	}
	if n == 0 {
		fmt.Fprintf(s.out, "    no scenario names it\n")
	}
	fmt.Fprintf(s.out, "\n  catches\n")
	n = 0
	for _, m := range mutants.All() {
		if m.Clause == c.ID {
			n++
			fmt.Fprintf(s.out, "    %-34s %s\n", m.Name, m.Bug)
		}
	}
	if n == 0 {
		fmt.Fprintf(s.out, "    no mutant is there for it alone; `hostsim mutants` shows whom it kills\n")
	}
	return nil
}
