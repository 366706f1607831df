//go:build !unix

package supervise

import (
	"os"
	"os/exec"
)

func ownGroup(*exec.Cmd) {}

func killGroup(c *exec.Cmd) { _ = c.Process.Kill() }

func exitOf(ps *os.ProcessState) Exit { return exitCode(ps.ExitCode(), 0) }
