//go:build unix && !linux

package process

import "syscall"

func sysProcAttr() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

func killGroup(pid int) { _ = syscall.Kill(-pid, syscall.SIGKILL) }

func notLookedAt() []string {
	return []string{"processes that left the session: this system has no child subreaper"}
}
