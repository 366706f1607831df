// Package plan holds the plan language: a scripted application plus the stimuli that act on it.
//
// A Plan is data. It is read from YAML or JSON by [Parse], it is never changed afterwards, and any number of runs may
// share one. What the steps do is the business of whoever plays the plan (the puppets of package fakes, or an adapter in
// another language); this package only knows which steps exist, what argument each takes and where it may stand.
//
// Two registries let the language grow by adding a file: step kinds ([RegisterStep]) and the top-level keys.
package plan

import "time"

// Infinite is the duration that the plan language writes as "inf".
const Infinite time.Duration = -1

// Plan is a scripted application plus stimuli.
type Plan struct {
	Options      Options
	Config       []Setting
	Services     []Service
	HostLifetime *HostLifetime // nil: the host's own default lifetime (console)

	// One entry per scripted callback; empty means that one silent observer is registered.
	ApplicationStarted  []Script
	ApplicationStopping []Script
	ApplicationStopped  []Script

	// ProcessExit is the application's own exit handler; nil: none is installed. An empty script is a handler.
	ProcessExit    *Script
	SignalHandlers []SignalHandler

	Main        []Step // empty: build, run
	MainCatches bool   // an error that leaves main's steps is printed and swallowed; otherwise it is unhandled

	Signals     []Stimulus
	Connections []Connection
	Files       []File // what is there before the program starts
}

// Options are the host options of a plan. A nil pointer means "the host's default".
type Options struct {
	ShutdownTimeout     *time.Duration
	StartupTimeout      *time.Duration
	ConcurrentStart     *bool
	ConcurrentStop      *bool
	BackgroundException string // "", "stopHost" or "ignore"
}

// Setting is one key of in-memory host configuration, in the order of the file.
type Setting struct{ Key, Value string }

// The kinds of service.
const (
	Hosted     = "hosted"
	Lifecycle  = "lifecycle"
	Background = "background"
)

// The hooks of a service, in the order of a whole life.
const (
	HookNew      = "new"
	HookStarting = "starting"
	HookStart    = "start"
	HookStarted  = "started"
	HookExecute  = "execute"
	HookStopping = "stopping"
	HookStop     = "stop"
	HookStopped  = "stopped"
	HookDispose  = "dispose"
)

// Service is one scripted service. A hook without a script does nothing and succeeds.
type Service struct {
	Name        string
	Kind        string // Hosted, Lifecycle or Background
	WatchTokens bool   // print HOOK.token when the token of a hook fires
	Hooks       map[string]Script
	Pos         Pos
}

// HostLifetime replaces the host's own lifetime (console) by another.
type HostLifetime struct {
	Kind               string // ScriptedLifetime, Systemd or NoLifetime; empty: scripted
	WaitForStart, Stop Script // of a scripted one
}

// The kinds of host lifetime.
const (
	ScriptedLifetime = "scripted"
	Systemd          = "systemd" // notifies a service manager; hears SIGTERM only
	NoLifetime       = "none"    // does nothing
)

// SignalHandler is an application's own handler, installed before the host is built.
type SignalHandler struct {
	Signal string // SIGINT, SIGTERM, SIGQUIT or SIGHUP
	Cancel bool   // whether it cancels the default action
}

// Stimulus is one signal: after the event After (WHO.WHAT or WHO.WHAT.PHASE) wait Wait, then send Send.
type Stimulus struct {
	After string
	Wait  time.Duration
	Send  string
	Pos   Pos
}

// Connection is a client from outside: after the event After wait Wait, connect to Dial, hold the connection for Hold
// and close it.
type Connection struct {
	Name  string
	After string
	Wait  time.Duration
	Dial  string // ADDRESS, see [Address]
	Hold  time.Duration
	Pos   Pos
}

// File is something that exists before the program starts.
type File struct {
	Path  string // the path of a unix socket or a plain file, as in unix:PATH
	State string // stale (a socket nobody listens on), live (another process listens), foreign (not a socket), readonly
	Pos   Pos
}

// Script is a list of steps that run in order.
type Script []Step

// Step is one step of a script. Which of Dur, Text, N and Steps is meaningful follows from Kind.Arg.
type Step struct {
	Kind  *StepKind
	Dur   time.Duration // Infinite for "inf"
	Text  string
	N     int
	Steps Script
	Pos   Pos
}

// Pos is a place in the file that a plan was read from; both count from 1, zero means unknown.
type Pos struct{ Line, Col int }
