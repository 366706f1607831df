package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/hostsim/hostsim/conformance/mutants"
)

func noSuchMutant(name string) error {
	var names []string
	for _, m := range mutants.All() {
		names = append(names, m.Name)
	}
	return usagef("there is no mutant %q%s; `hostsim mutants --list` lists them", name, didYouMean(name, names))
}

func mutantsCommand(s streams) *cobra.Command {
	var list bool
	cmd := &cobra.Command{
		Use:   "mutants [NAME…]",
		Short: "Judge the faulty hosts that the suite must catch, and print which clause kills which",
		Long: `A mutant is the reference host with exactly one known bug. mutants judges each by its profile and prints the clause ×
mutant matrix: it fails if a mutant survives, if a mutant is not killed by the clause that its entry names, or if a clause
kills none.`,
		Example: `  hostsim mutants
  hostsim mutants --list
  hostsim mutants stop-twice
  hostsim verify --impl stop-twice`,
		RunE: func(cmd *cobra.Command, args []string) error {
			chosen := mutants.All()
			if len(args) > 0 {
				chosen = nil
				for _, a := range args {
					m := mutants.Lookup(a)
					if m == nil {
						return noSuchMutant(a)
					}
					chosen = append(chosen, m)
				}
			}
			if list {
				for _, m := range chosen {
					fmt.Fprintf(s.out, "%-38s %-10s %-16s %s\n", m.Name, m.Profile, m.Clause, m.Bug)
				}
				return nil
			}
			bar := progress(s, "judging mutants")
			m, err := mutants.Judge(cmd.Context(), chosen, bar)
			if err != nil {
				return err
			}
			if len(args) > 0 {
				m.Clauses, m.Unkeyed = nil, nil // of a few mutants nobody expects that they are killed by every clause
			}
			if err := m.Write(s.out); err != nil {
				return err
			}
			if !m.Holds() {
				return &exitError{code: 1}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&list, "list", false, "list the mutants and their bugs without judging them")
	return cmd
}
