// Package proctree is what the two supervisors of process trees share: the runner of the process lane, which supervises many
// runs at once from inside (package conformance/process), and the reaper process of the probe, which outlives its starter
// (package conformance/probe/supervise). It reads /proc on Linux: who descends from whom, what a process does about a
// signal (and, in package sockets, who listens where); and keeps what a program writes in bounded memory. It starts, kills and
// judges nothing.
//
// All functions may be called from any goroutine. What they read changes under them: a process that ends meanwhile is left
// out, and is no error.
package proctree

// Process is one process as /proc/PID/stat tells it.
type Process struct {
	PID     int    `json:"pid"`
	PPID    int    `json:"ppid"`
	Name    string `json:"name"`  // of its program, at most 15 characters; see [CommandLine]
	State   string `json:"state"` // one letter: R running, S sleeping, D waiting, T stopped, Z zombie, X dead
	Session int    `json:"-"`
}

// Ended tells whether the process has ended and is only still to be waited for.
func (p Process) Ended() bool { return p.State == "Z" || p.State == "X" }

// Stopped tells whether the process was stopped (SIGSTOP, SIGTSTP).
func (p Process) Stopped() bool { return p.State == "T" || p.State == "t" }

// SignalState is what the kernel says about one signal of one process.
type SignalState struct {
	Pending bool // sent and not yet taken
	Blocked bool // by the main thread
	Ignored bool
	Caught  bool // a handler is installed
}
