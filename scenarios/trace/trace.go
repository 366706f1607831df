// Package trace holds what a run produced: the ordered list of typed events and the end of the process.
//
// Events are values that are compared with ==. Verdicts are made from them and from nothing else; no check ever parses
// the text forms of this package.
package trace

import (
	"slices"
	"strings"
	"time"
)

// Phase says whether an event begins or ends something that takes time.
type Phase uint8

// The phases.
const (
	Point Phase = iota // the event takes no time
	Begin
	End
)

// String gives the word of the machine interface: "", "begin" or "end".
func (p Phase) String() string { return [...]string{"", "begin", "end"}[p] }

// Token is the state of the token that a method was handed, at its begin.
type Token uint8

// The states of a token.
const (
	NoToken Token = iota // the event says nothing of a token
	Live
	Cancelled
)

// Detail is nothing, a text or a number.
type Detail struct {
	Kind DetailKind
	Text string
	N    int
}

// DetailKind says which field of a Detail counts.
type DetailKind uint8

// The kinds of detail.
const (
	NoDetail DetailKind = iota
	TextDetail
	NumberDetail
)

// Text makes a textual detail.
func Text(s string) Detail { return Detail{Kind: TextDetail, Text: s} }

// Number makes a numeric detail.
func Number(n int) Detail { return Detail{Kind: NumberDetail, N: n} }

// The actors that are not services (a service's actor is its name; a thread that it spawned is NAME/thread).
const (
	Host          = "host"
	Lifetime      = "lifetime"     // the application lifetime: its notifications and their callbacks
	HostLifetime  = "hostLifetime" // the pluggable lifetime, when a plan scripts it
	Process       = "process"
	Main          = "main"
	ProcessExit   = "processExit"   // steps of the application's exit handler
	Signal        = "signal"        // a signal that was sent from outside
	SignalHandler = "signalHandler" // the application's own handler ran
	Log           = "log"           // the host's own messages: What is the level, Detail the category's end and the event id
	Net           = "net"           // a client from outside, or the world's own view of a socket
	Manager       = "systemd"       // what a service manager is told
	World         = "world"         // what the harness found, such as a leak
)

// Outcome is how something ended: "", "ok", "cancelled", "error:MESSAGE" or "aggregate(OUTCOME,…)".
type Outcome = string

// The outcomes without a text.
const (
	OK           Outcome = "ok"
	WasCancelled Outcome = "cancelled"
)

// Errored makes the outcome of an error with this message.
func Errored(msg string) Outcome { return "error:" + msg }

// Failed tells whether the outcome is an error, a cancellation or an aggregate.
func Failed(o Outcome) bool { return o != "" && o != OK }

// IsAggregate tells whether the outcome is an aggregate.
func IsAggregate(o Outcome) bool { return strings.HasPrefix(o, "aggregate(") }

// Event is one thing that happened.
type Event struct {
	At      time.Duration // since the begin of host.build; virtual or real
	Who     string
	What    string
	Phase   Phase
	Outcome Outcome
	Token   Token
	Detail  Detail
}

// EndKind is how a run ended.
type EndKind string

// The kinds of end.
const (
	Exited   EndKind = "exited"   // Code
	Signaled EndKind = "signaled" // Signal
	Deadlock EndKind = "deadlock" // Cycle, Reason
	HangEnd  EndKind = "hang"     // Reason: nothing waits in a cycle, but nothing can go on either
	Killed   EndKind = "killed"   // Reason: the harness ended it (a limit was reached)
)

// Hangs tells whether nothing could go on any more.
func (k EndKind) Hangs() bool { return k == Deadlock || k == HangEnd }

// NeverEnded tells whether the program did not come to an end of its own: it hung, or the harness had to end it.
func (k EndKind) NeverEnded() bool { return k.Hangs() || k == Killed }

// Outcome of the whole process. Only the fields that its Kind names are set.
type Ending struct {
	Kind   EndKind
	Code   int
	Signal string
	Cycle  []Wait // deadlock: who waits for whom, each waiting for the next, the last for the first
	Stuck  []Wait // deadlock and hang: everybody else who waits, in a stable order
	Reason string // one sentence
}

// Wait is one edge of the wait-for graph.
type Wait struct {
	Who      string // the thread, and what it is doing: "main, in host.run"
	Where    string // where it entered the wait: "service b · stop · exit 7"
	Resource string // what it waits for: "the process exit handlers"
	Holder   string // who must act for the wait to end: "thread exit"; empty if nobody is left who could
	Since    time.Duration
}

// Trace is what a run produced.
type Trace struct {
	Events []Event
	End    Ending
}

// Keep copies the events, for a trace that is valid only until the next run.
func (t *Trace) Keep() *Trace {
	return &Trace{Events: slices.Clone(t.Events), End: t.End}
}

// Millis copies the trace with its times rounded to a millisecond, for people: what a real run has beyond that is the noise of the
// machine. The order of the events stays.
func (t *Trace) Millis() *Trace {
	out := t.Keep()
	for i := range out.Events {
		out.Events[i].At = out.Events[i].At.Round(time.Millisecond)
	}
	return out
}
