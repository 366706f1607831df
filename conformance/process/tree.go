package process

import "time"

// tree is everything that descends from the command of one run. Its methods are in tree_linux.go, and in tree_other.go
// for systems where only the process group is seen.
type tree struct {
	pid int
	tag uint64 // a resource limit that marks the run's processes; 0: none
	env string // HOSTSIM_RUN=… as it stands in the environment of the run's processes
}

// The limits of killing a tree.
const (
	killLimit    = 3 * time.Second        // for all of a tree to be gone after SIGKILL
	catchUpLimit = 250 * time.Millisecond // for messages on their way when a run is found to be broken
	dumpLimit    = 300 * time.Millisecond // for the stacks of a process that hangs
	grace        = 250 * time.Millisecond // for a leftover that is just ending by itself
)
