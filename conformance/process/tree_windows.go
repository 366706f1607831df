package process

import (
	"os"
	"syscall"
)

func sysProcAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

func killGroup(pid int) {
	if p, err := os.FindProcess(pid); err == nil {
		_ = p.Kill()
	}
}

func notLookedAt() []string {
	return []string{
		"signals other than SIGKILL: Windows has none",
		"processes that the command left behind: no job object is used yet",
	}
}
