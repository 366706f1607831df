package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

func validateCommand(s streams) *cobra.Command {
	return &cobra.Command{
		Use:   "validate FILE…",
		Short: "Check scenario files, plans and recordings without running them",
		Example: `  hostsim validate scenarios/*.yaml
  hostsim scenarios --show second-sigterm | hostsim validate -`,
		Args: takes(1, -1),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := stdinOnce(args); err != nil {
				return err
			}
			var errs []error
			for _, a := range args {
				sc, err := load(s, a)
				if err == nil {
					err = knownClauses(sc)
				}
				if err != nil {
					errs = append(errs, err)
				}
			}
			if len(errs) > 0 {
				return usage(errors.Join(errs...))
			}
			fmt.Fprintf(s.out, "%d valid\n", len(args))
			return nil
		},
	}
}
