package process

import (
	"os"
	"os/exec"
)

// send can only kill on Windows.
func send(p *os.Process, name string) bool { return name == "SIGKILL" && p.Kill() == nil }

func statusOf(cmd *exec.Cmd) Status { return Status{Code: cmd.ProcessState.ExitCode()} }

func unignore() {}
