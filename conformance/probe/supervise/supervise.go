// Package supervise runs one program as a supervised process tree: in a session of its own, under a reaper process that
// adopts whatever the program orphans (also daemons that leave the session), so that what it leaves behind is found and
// nothing outlives the supervisor, not even when the supervisor itself is killed.
//
// On Linux the reaper is the supervisor's own binary, started again (see reaper_linux.go): it is a child subreaper, it
// alone waits for the tree, and "no process is left" is what the kernel says to its wait. Importing this package makes
// a binary able to be its own reaper; nothing has to be called. On other systems there is no reaper: the tree is the
// process group, and what needs more answers [ErrUnsupported].
package supervise

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/hostsim/hostsim/internal/proctree"
	"github.com/hostsim/hostsim/internal/proctree/sockets"
)

// ErrUnsupported is the answer of whatever this system cannot do.
var ErrUnsupported = errors.New("not supported on this system")

// Command says what to run.
type Command struct {
	Args []string // program and arguments; the program is looked up in PATH
	Env  []string // KEY=VALUE; nil means the environment of the caller
	Dir  string   // working directory; empty means that of the caller

	PID1   bool                 // run as process 1 of a PID namespace of its own (Linux)
	Output int                  // how many bytes of stdout and of stderr are kept, first and last half; 0 means 64 KiB
	Line   func(Stream, string) // called for every line, cut at 8 KiB, from two goroutines; may be nil
}

// Stream names one of the two output streams of the program.
type Stream string

// The output streams.
const (
	Stdout Stream = "stdout"
	Stderr Stream = "stderr"
)

// Exit is how a process ended: with a code, or by a signal, never both.
type Exit struct {
	Code   int            // exit code; -1 when it was ended by a signal
	Signal syscall.Signal // 0 when it exited
	At     time.Time      // when the supervisor learned of it
}

// String gives "exit code 0" or "death by SIGTERM".
func (e Exit) String() string {
	if e.Signal != 0 {
		return "death by " + SignalName(e.Signal)
	}
	return fmt.Sprintf("exit code %d", e.Code)
}

// What a tree consists of and does.
type (
	Process     = proctree.Process // its Name is the command line, cut at 120 bytes
	Listener    = sockets.Listener
	SignalState = proctree.SignalState
)

// StartError is a program that could not be started.
type StartError struct {
	Name string
	Err  error
}

// Error names the program and the reason.
func (e *StartError) Error() string { return fmt.Sprintf("%s could not be started: %v", e.Name, e.Err) }

// Unwrap gives the reason.
func (e *StartError) Unwrap() error { return e.Err }

// environ gives the environment of the command without the variables of the reaper.
func (c *Command) environ() []string {
	env := c.Env
	if env == nil {
		env = os.Environ()
	}
	out := make([]string, 0, len(env))
	for _, kv := range env {
		if !strings.HasPrefix(kv, reaperVariable+"=") {
			out = append(out, kv)
		}
	}
	return out
}

// reaperVariable marks the process that the supervisor started as its reaper.
const reaperVariable = "HOSTSIM_SUPERVISE_REAPER"

var signalNames = map[syscall.Signal]string{
	syscall.SIGHUP: "SIGHUP", syscall.SIGINT: "SIGINT", syscall.SIGQUIT: "SIGQUIT", syscall.SIGILL: "SIGILL",
	syscall.SIGABRT: "SIGABRT", syscall.SIGFPE: "SIGFPE", syscall.SIGKILL: "SIGKILL", syscall.SIGSEGV: "SIGSEGV",
	syscall.SIGPIPE: "SIGPIPE", syscall.SIGALRM: "SIGALRM", syscall.SIGTERM: "SIGTERM", syscall.SIGTRAP: "SIGTRAP",
	syscall.SIGBUS: "SIGBUS",
}

// SignalName gives SIGTERM for 15, and "signal 64" for what has no common name.
func SignalName(s syscall.Signal) string {
	if n, ok := signalNames[s]; ok {
		return n
	}
	return fmt.Sprintf("signal %d", int(s))
}

// ParseSignal reads SIGTERM, TERM or 15. The error says what is allowed.
func ParseSignal(word string) (syscall.Signal, error) {
	up := strings.ToUpper(strings.TrimSpace(word))
	for s, n := range signalNames {
		if up == n || "SIG"+up == n || up == fmt.Sprint(int(s)) {
			return s, nil
		}
	}
	return 0, fmt.Errorf("%q is no signal; write a name such as SIGTERM, SIGINT, SIGQUIT or SIGHUP, or its number", word)
}
