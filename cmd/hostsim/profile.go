package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hostsim/hostsim/spec"
)

// knownProfile refuses a profile that is not there, or that hosts are not judged by. An empty name stands for the default.
func knownProfile(name string) error {
	all, err := spec.Load()
	if err != nil {
		return err
	}
	if name == "" {
		return nil
	}
	var names []string
	for _, n := range all.ProfileNames() {
		if ofHosts(all.Profile(n)) {
			names = append(names, n)
		}
	}
	if slices.Contains(names, name) {
		return nil
	}
	if all.Profile(name) != nil {
		return usagef("profile %s is not about hosts; `hostsim %s` judges by it", name, name)
	}
	return noSuchProfile(name, names)
}

func noSuchProfile(name string, names []string) error {
	return usagef("there is no profile %q%s; the profiles are %s", name, didYouMean(name, names), strings.Join(names, ", "))
}

// ofHosts tells whether a profile is about hosts, and not about programs seen from outside.
func ofHosts(p *spec.Profile) bool {
	return slices.ContainsFunc(p.Clauses, func(c *spec.Clause) bool { return c.Area != "PROBE" })
}

// completeProfiles completes flags that take a profile.
func completeProfiles(cmd *cobra.Command, flags ...string) {
	for _, f := range flags {
		_ = cmd.RegisterFlagCompletionFunc(f, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			all, err := spec.Load()
			if err != nil {
				return nil, cobra.ShellCompDirectiveError
			}
			return all.ProfileNames(), cobra.ShellCompDirectiveNoFileComp
		})
	}
}
