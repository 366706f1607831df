package plan

import (
	"fmt"
	"sort"
)

// Arg says what a step's value is.
type Arg int

// The kinds of argument.
const (
	ArgNone     Arg = iota // true, or nothing
	ArgDuration            // "300ms", "1.5s", "inf"
	ArgText                // any text
	ArgInt                 // a whole number
	ArgSignal              // SIGTERM …
	ArgScript              // a list of steps
	ArgMode                // true, or one of the words of StepKind.Words
	ArgAddress             // tcp:NAME or unix:NAME
)

// Place is a set of places where a step may stand.
type Place int

// The places. An asynchronous hook is one whose waits do not hold the thread (start, stop, execute …); a synchronous one
// (new, dispose, the application callbacks, processExit) knows only steps that hold it.
const (
	InAsync Place = 1 << iota
	InSync
	InMain
	InThread // the script of spawn

	InScript = InAsync | InSync | InMain | InThread
)

// StepKind is one kind of step of the plan language.
type StepKind struct {
	ID    int // dense, assigned by RegisterStep; an index for interpreters' tables
	Name  string
	Arg   Arg
	Words []string // for ArgMode
	In    Place
	Doc   string // one sentence
}

var (
	stepKinds  []*StepKind
	stepByName = map[string]*StepKind{}
)

// RegisterStep adds a kind of step to the language and returns it with its ID. It panics on a second registration of one
// name: that is a programming error. It must be called during package initialisation.
func RegisterStep(k StepKind) *StepKind {
	if _, dup := stepByName[k.Name]; dup {
		panic(fmt.Sprintf("plan: step %q is registered twice", k.Name))
	}
	k.ID = len(stepKinds)
	p := &k
	stepKinds = append(stepKinds, p)
	stepByName[k.Name] = p
	return p
}

// LookupStep finds a kind of step by name, nil if there is none.
func LookupStep(name string) *StepKind { return stepByName[name] }

// Steps lists the kinds of step in order of name.
func Steps() []*StepKind {
	out := append([]*StepKind(nil), stepKinds...)
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}

// The steps of scripts. Their exact meaning is that of the program that recorded the real hosts.
var (
	Delay          = RegisterStep(StepKind{Name: "delay", Arg: ArgDuration, In: InAsync | InMain | InThread, Doc: "waits without holding the thread and ends early, with a cancellation, when the hook's token fires"})
	Sleep          = RegisterStep(StepKind{Name: "sleep", Arg: ArgDuration, In: InAsync | InMain | InThread, Doc: "waits without holding the thread and ignores the token"})
	Hang           = RegisterStep(StepKind{Name: "hang", Arg: ArgNone, In: InAsync | InMain | InThread, Doc: "waits for ever without holding the thread"})
	UntilCancelled = RegisterStep(StepKind{Name: "untilCancelled", Arg: ArgMode, Words: []string{"throw"}, In: InAsync | InMain | InThread, Doc: "waits for the hook's token, prints tokenFired and goes on; with \"throw\" it then throws the cancellation"})
	Yield          = RegisterStep(StepKind{Name: "yield", Arg: ArgNone, In: InAsync | InMain | InThread, Doc: "gives the thread back once"})
	OnCancelThrow  = RegisterStep(StepKind{Name: "onCancelThrow", Arg: ArgText, In: InAsync | InMain | InThread, Doc: "registers a callback on the hook's token that throws"})
	OnCancelBlock  = RegisterStep(StepKind{Name: "onCancelBlock", Arg: ArgDuration, In: InAsync | InMain | InThread, Doc: "registers a callback on the hook's token that holds the cancelling thread"})
	Throw          = RegisterStep(StepKind{Name: "throw", Arg: ArgText, In: InScript, Doc: "throws an application error with this text"})
	ThrowCancelled = RegisterStep(StepKind{Name: "throwCancelled", Arg: ArgNone, In: InAsync | InMain | InThread, Doc: "throws a cancellation that nobody asked for"})
	Block          = RegisterStep(StepKind{Name: "block", Arg: ArgDuration, In: InScript, Doc: "holds the thread"})
	BlockForever   = RegisterStep(StepKind{Name: "blockForever", Arg: ArgNone, In: InScript, Doc: "holds the thread for ever"})
	Mark           = RegisterStep(StepKind{Name: "mark", Arg: ArgText, In: InScript, Doc: "prints an event"})
	Exit           = RegisterStep(StepKind{Name: "exit", Arg: ArgInt, In: InScript, Doc: "ends the process with this code, from this thread (Environment.Exit)"})
	ExitCode       = RegisterStep(StepKind{Name: "exitCode", Arg: ArgInt, In: InScript, Doc: "sets the code that the process will end with if nobody says otherwise"})
	StopApp        = RegisterStep(StepKind{Name: "stopApplication", Arg: ArgNone, In: InScript, Doc: "requests the stop of the application; prints its begin and its end"})
	StopHostWait   = RegisterStep(StepKind{Name: "stopHostWait", Arg: ArgNone, In: InScript, Doc: "stops the host and holds the thread until that is done"})
	WaitRun        = RegisterStep(StepKind{Name: "waitRun", Arg: ArgNone, In: InScript, Doc: "holds the thread until run is done"})
	Raise          = RegisterStep(StepKind{Name: "raise", Arg: ArgSignal, In: InScript, Doc: "sends a signal to its own process"})
	Spawn          = RegisterStep(StepKind{Name: "spawn", Arg: ArgScript, In: InScript, Doc: "runs the steps on a new background thread"})
)

// The steps that only main has.
var (
	Build            = RegisterStep(StepKind{Name: "build", Arg: ArgNone, In: InMain, Doc: "builds the host"})
	BuildAgain       = RegisterStep(StepKind{Name: "buildAgain", Arg: ArgNone, In: InMain, Doc: "builds a second time from the same builder, which is an error"})
	Run              = RegisterStep(StepKind{Name: "run", Arg: ArgNone, In: InMain, Doc: "starts the host, waits for its shutdown, stops and disposes it"})
	RunSync          = RegisterStep(StepKind{Name: "runSync", Arg: ArgNone, In: InMain, Doc: "as run, through the host's blocking call"})
	RunCancelAfter   = RegisterStep(StepKind{Name: "runCancelAfter", Arg: ArgDuration, In: InMain, Doc: "as run, with a token that is cancelled after this time"})
	RunBackground    = RegisterStep(StepKind{Name: "runBackground", Arg: ArgNone, In: InMain, Doc: "run on another thread; waitRun waits for it"})
	Start            = RegisterStep(StepKind{Name: "start", Arg: ArgNone, In: InMain, Doc: "starts the host"})
	TryStart         = RegisterStep(StepKind{Name: "tryStart", Arg: ArgNone, In: InMain, Doc: "starts the host and swallows an error"})
	StartCancelAfter = RegisterStep(StepKind{Name: "startCancelAfter", Arg: ArgDuration, In: InMain, Doc: "starts the host with a token that is cancelled after this time"})
	StartCancelled   = RegisterStep(StepKind{Name: "startCancelled", Arg: ArgNone, In: InMain, Doc: "starts the host with a token that is cancelled already"})
	WaitForShutdown  = RegisterStep(StepKind{Name: "waitForShutdown", Arg: ArgNone, In: InMain, Doc: "waits for a stop request and stops the host"})
	Stop             = RegisterStep(StepKind{Name: "stop", Arg: ArgNone, In: InMain, Doc: "stops the host"})
	StopCancelAfter  = RegisterStep(StepKind{Name: "stopCancelAfter", Arg: ArgDuration, In: InMain, Doc: "stops the host with a token that is cancelled after this time"})
	StopCancelled    = RegisterStep(StepKind{Name: "stopCancelled", Arg: ArgNone, In: InMain, Doc: "stops the host with a token that is cancelled already"})
	StopTimeout      = RegisterStep(StepKind{Name: "stopTimeout", Arg: ArgDuration, In: InMain, Doc: "stops the host with a time limit of the caller's"})
	Dispose          = RegisterStep(StepKind{Name: "dispose", Arg: ArgNone, In: InMain, Doc: "disposes the host"})
	Return           = RegisterStep(StepKind{Name: "return", Arg: ArgInt, In: InMain, Doc: "main's return value; the steps after it still run"})
)

// The steps for sockets and connections. An address names a listener by its role, never by a number: tcp:web, unix:app.sock.
var (
	Listen      = RegisterStep(StepKind{Name: "listen", Arg: ArgAddress, In: InScript, Doc: "opens a listener; fails if the address is in use or a file that is no dead socket is in the way"})
	CloseListen = RegisterStep(StepKind{Name: "close", Arg: ArgAddress, In: InScript, Doc: "closes the service's listener at the address; a unix socket's file is removed with it"})
	Accept      = RegisterStep(StepKind{Name: "accept", Arg: ArgAddress, In: InAsync | InThread, Doc: "takes connections on the listener and serves each until its client closes it, until the listener is closed"})
	Drain       = RegisterStep(StepKind{Name: "drain", Arg: ArgAddress, In: InAsync | InThread, Doc: "waits until no connection is open on the listener, or the token fires"})
	DialStep    = RegisterStep(StepKind{Name: "dial", Arg: ArgAddress, In: InScript, Doc: "connects once and closes at once; the outcome tells whether anybody listened"})
	RemoveFile  = RegisterStep(StepKind{Name: "removeFile", Arg: ArgAddress, In: InScript, Doc: "removes a socket's file without closing its listener"})
)
