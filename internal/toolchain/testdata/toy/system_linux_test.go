package toy

import (
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// golang.org/x/sys/unix.Kill and the like make the system call themselves.
func TestRawKill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		go syscall.RawSyscall(syscall.SYS_KILL, uintptr(syscall.Getpid()), uintptr(syscall.SIGTERM), 0)
		time.Sleep(1)
	})
}

// 0 is the whole process group, of which the simulated process is the only member.
func TestKillGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		go syscall.Kill(0, syscall.SIGTERM)
		time.Sleep(1)
	})
}

func TestThreadKill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		go syscall.Tgkill(syscall.Getpid(), syscall.Gettid(), syscall.SIGHUP)
		time.Sleep(1)
	})
}

func TestSyscallExit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		go syscall.Exit(4)
		time.Sleep(1)
	})
}

func TestRawExit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		go syscall.Syscall(syscall.SYS_EXIT_GROUP, 5, 0, 0)
		time.Sleep(1)
	})
}

// The system call never returns.
func TestBlockedInSystemCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p [2]int
		if err := syscall.Pipe(p[:]); err != nil {
			t.Fatal(err)
		}
		var b [1]byte
		_, _ = syscall.Read(p[0], b[:])
	})
}
