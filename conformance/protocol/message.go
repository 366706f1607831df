package protocol

import (
	"time"

	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// Identity is the first message: what the implementation is, and what it can do.
type Identity struct {
	Protocol       int      // the version of the protocol that the adapter speaks
	Implementation string   // "go.uber.org/fx"
	Version        string   // of the implementation: "1.24.0"
	Language       string   // "go"
	Runtime        string   // "go1.26.8"; may be empty
	Profile        string   // the profile that the implementation claims to keep; empty: core
	Features       []string // features of package spec that it has
	Lanes          []string // lanes that it offers, of spec.Process and spec.Virtual; at least one
	Reuse          bool     // one process may serve many plans, where exit is not under test
	Schedules      bool     // a virtual run can be played under a schedule that hostsim names
}

// Offers tells whether the adapter offers a lane.
func (id *Identity) Offers(lane string) bool {
	for _, l := range id.Lanes {
		if l == lane {
			return true
		}
	}
	return false
}

// Kind says which message a [Message] is.
type Kind uint8

// The kinds of message.
const (
	IdentityMessage  Kind = iota + 1 // Identity
	EventMessage                     // Event, Timed
	ReadyMessage                     // the program is ready to serve
	ListeningMessage                 // Listening
	SkipMessage                      // Skip: the plan is not played, and why
	ScheduleMessage                  // Schedule: under which the virtual run was played
	EndMessage                       // End: the plan has been played, the process stays
)

// String gives the key by which the message is known on the wire ("event" for an event, which has none).
func (k Kind) String() string {
	return [...]string{"none", "identity", "event", "ready", "listening", "skip", "schedule", "end"}[k]
}

// Message is one line that an adapter wrote. Which fields count follows from Kind.
type Message struct {
	Kind      Kind
	Line      int // number of the line on the stream, from 1
	Identity  *Identity
	Event     trace.Event // At is the adapter's own time, whatever it counts from
	Timed     bool        // the event carried "ms"; without it the time is that of its arrival
	Listening []Listening
	Skip      string
	Schedule  *Schedule
	End       trace.Ending
}

// Schedule tells under which schedule a virtual run was played.
type Schedule struct {
	Name      string // as it was asked for: sequential, random:5, pct3:5
	Decisions int    // that the run made
	Hash      string // of the decisions: equal for equal ones
	Said      string // what the run shows, in words, if that was asked for
}

// Listening ties a logical address of the plan to the one that was really opened.
type Listening struct {
	Address string // as in the plan: tcp:web, unix:app.sock
	Real    string // 127.0.0.1:41873, /tmp/x/app.sock
}

// Run is the command to play one plan.
type Run struct {
	ID    int    // counts the runs of one process, from 1
	Lane  string // spec.Process or spec.Virtual
	Fresh bool   // the process belongs to this plan: it ends as the plan says, and nothing follows
	Dir   string // a directory of the run's own, for unix sockets; empty if the plan needs none
	Plan  []byte // JSON, in the keys of the plan language

	Schedule string // of a virtual run, for an adapter that declares Schedules; empty: the adapter's choice
	Explain  bool   // say what the run shows
}

// Limits bound what is read from an adapter in one run. A zero field means the default.
type Limits struct {
	Line   int // bytes of one line, the newline not counted
	Total  int // bytes of one run
	Events int // events of one run
}

// The default limits. They let a plan with 20,000 services through and keep memory below Total whatever an adapter does.
const (
	DefaultLine   = 64 << 10
	DefaultTotal  = 64 << 20
	DefaultEvents = 500_000
)

func (l Limits) orDefault() Limits {
	if l.Line <= 0 {
		l.Line = DefaultLine
	}
	if l.Total <= 0 {
		l.Total = DefaultTotal
	}
	if l.Events <= 0 {
		l.Events = DefaultEvents
	}
	return l
}

// The ranges of the numbers on the wire.
const (
	MaxTime   = 366 * 24 * time.Hour // of "ms"; virtual time may be long
	MaxNumber = 1<<31 - 1            // of a numeric detail, either sign
	MaxCode   = plan.MaxExitCode     // of an exit code; the least is 0
	MaxName   = 256                  // bytes of who, what and the fields of the identity
	MaxDepth  = 8                    // values inside each other
	MaxSaid   = 32 << 10             // bytes of what a schedule shows, in words
)
