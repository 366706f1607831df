package process

import (
	"strconv"
	"time"

	"github.com/hostsim/hostsim/conformance/protocol"
)

// Status is how a process ended, as wait reported it: a code or a signal, never one made from the other.
type Status struct {
	Code   int    // if Signal is empty
	Signal string // SIGTERM …
}

// String gives "exit code 3" or "signal SIGTERM".
func (s Status) String() string {
	if s.Signal != "" {
		return "signal " + s.Signal
	}
	return "exit code " + strconv.Itoa(s.Code)
}

// Leftover is a process that was still there when the host's own process had ended. It has been killed.
type Leftover struct {
	Command string // the name of its program, at most 15 characters where the system cuts it
	Left    bool   // it had left the session, as a daemon does
	Known   string // how it was known to belong to the run: "session", "limit" or "environment"
}

// Sent is a stimulus that was given.
type Sent struct {
	Signal string
	Event  int // its index in the trace
	After  int // the index of the event that it waited for
}

// Aftermath is what a run tells besides its trace: what the process was, what it wrote, and what it left.
type Aftermath struct {
	Identity  protocol.Identity
	Status    *Status // nil: the process lives on, or never started
	Reused    bool    // the process had played other plans before
	Ready     bool    // the adapter said that the program was ready
	Listening []protocol.Listening
	Sent      []Sent
	Unsent    []string           // stimuli whose event never came or whose time had not come, in the order of the plan
	Schedule  *protocol.Schedule // of a virtual run for which one was named
	Skipped   string             // the adapter does not play this plan, and why

	Processes []Leftover // left behind
	Open      []string   // logical addresses that still accepted connections after the end
	Files     []string   // files left in the run's directory, by name

	Stdout, Stderr Captured
	NotLookedAt    []string // what this system does not let us see, in words

	// Wall-clock data, never part of a verdict.
	Wall time.Duration // of the run
}
