package adapter

import (
	"os"
	"syscall"
)

// raise can only end the process on Windows.
func raise(name string) {
	if p, err := os.FindProcess(os.Getpid()); err == nil && name == "SIGKILL" {
		_ = p.Kill()
	}
}

var signalNames = map[string]os.Signal{
	"SIGINT": syscall.SIGINT, "SIGTERM": syscall.SIGTERM, "SIGQUIT": syscall.SIGQUIT, "SIGHUP": syscall.SIGHUP, "SIGKILL": syscall.SIGKILL,
}
