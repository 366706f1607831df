package main

import (
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/hostsim/hostsim/conformance/explore"
)

// check refuses, before anything is played, numbers that are out of range, flags that the strategy has no use for, and files that
// could not be written in the end.
func (f *exploreFlags) check(cmd *cobra.Command) error {
	given := cmd.Flags().Changed
	adapter := cmd.ArgsLenAtDash() >= 0 // which has words of its own for what it has no use for
	switch {
	case given("jobs") && f.jobs < 1:
		return usagef("-j %d: at least 1", f.jobs)
	case given("schedules") && f.schedules < 1:
		return usagef("--schedules %d: at least 1", f.schedules)
	case given("time") && f.limit <= 0:
		return usagef("--time %v: it must be more than nothing, such as 30s", f.limit)
	case f.bound < 0:
		return usagef("--bound %d: at least 0", f.bound)
	case f.depth < 1:
		return usagef("--depth %d: at least 1", f.depth)
	case given("bound") && !adapter && f.strategy != explore.Exhaustive && explore.CheckStrategy(f.strategy) == nil:
		return usagef("--bound is for --strategy exhaustive; --strategy %s has no use for it", f.strategy)
	case given("depth") && !adapter && f.strategy != explore.PCT && explore.CheckStrategy(f.strategy) == nil:
		return usagef("--depth is for --strategy pct; --strategy %s has no use for it", f.strategy)
	}
	for _, file := range []struct{ flag, name string }{{"save", f.save}, {"out", f.out}} {
		if err := canWrite(file.flag, file.name); err != nil {
			return err
		}
	}
	return nil
}

// canWrite refuses a name for a file that cannot be one: a folder, or in a folder that is not there. An empty name is none.
func canWrite(flag, name string) error {
	if name == "" {
		return nil
	}
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		return usagef("--%s %s: it must be a file, and this is a folder", flag, name)
	}
	if info, err := os.Stat(filepath.Dir(name)); err != nil || !info.IsDir() {
		return usagef("--%s %s: there is no folder %s", flag, name, filepath.Dir(name))
	}
	return nil
}
