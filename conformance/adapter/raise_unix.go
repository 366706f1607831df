//go:build unix

package adapter

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// raise sends a signal to the own process.
func raise(name string) { _ = syscall.Kill(os.Getpid(), unix.SignalNum(name)) }

// signalNames are the signals of the plan language.
var signalNames = map[string]os.Signal{
	"SIGINT": unix.SIGINT, "SIGTERM": unix.SIGTERM, "SIGQUIT": unix.SIGQUIT, "SIGHUP": unix.SIGHUP, "SIGKILL": unix.SIGKILL,
}
