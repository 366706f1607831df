//go:build unix

package supervise

import "syscall"

func init() {
	signalNames[syscall.SIGUSR1] = "SIGUSR1"
	signalNames[syscall.SIGUSR2] = "SIGUSR2"
}
