//go:build unix

package process

import (
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// Impossible says why this system does not let the process lane see a feature of a host, "" if it does.
func Impossible(string) string { return "" }

// send sends a signal to a process that we started; false if it is gone, also when its number has been given to another.
func send(p *os.Process, name string) bool {
	n := unix.SignalNum(name)
	return n != 0 && p.Signal(n) == nil
}

func statusOf(cmd *exec.Cmd) Status {
	ws, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if ok && ws.Signaled() {
		name := unix.SignalName(ws.Signal())
		if name == "" {
			name = ws.Signal().String()
		}
		return Status{Signal: name}
	}
	return Status{Code: cmd.ProcessState.ExitCode()}
}

// unignore makes the dispositions that a child inherits the default ones. A handled signal is reset by exec, an ignored one
// is not; so what we ignore is handled and dropped instead.
var unignore = sync.OnceFunc(func() {
	drop := make(chan os.Signal, 1)
	for _, s := range []os.Signal{unix.SIGINT, unix.SIGQUIT, unix.SIGHUP, unix.SIGTERM, unix.SIGUSR1, unix.SIGUSR2, unix.SIGCHLD} {
		if signal.Ignored(s) {
			signal.Notify(drop, s) // a full channel drops, which is what ignoring did
		}
	}
})
