package process

import (
	"os"
	"os/exec"
)

// Impossible says why this system does not let the process lane see a feature of a host, "" if it does.
func Impossible(feature string) string {
	if feature == "signals" {
		return "Windows has no stop signals that a process could be sent"
	}
	return ""
}

// send can only kill on Windows.
func send(p *os.Process, name string) bool { return name == "SIGKILL" && p.Kill() == nil }

func statusOf(cmd *exec.Cmd) Status { return Status{Code: cmd.ProcessState.ExitCode()} }

func unignore() {}
