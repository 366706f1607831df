//go:build unix

package host_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/hostsim/hostsim/host"
)

// children are small programs that this test binary is when it is asked to be; each shows one thing of a real process.
var children = map[string]func(p host.Process){
	"handlers run newest first": func(p host.Process) {
		p.OnExit(func() { fmt.Print("first ") })
		remove := p.OnExit(func() { fmt.Print("removed ") })
		p.OnExit(func() { fmt.Print("second ") })
		remove()
		remove() // twice is nothing
		host.Exit(3)
	},
	"a code that was set wins": func(p host.Process) {
		p.SetExitCode(7)
		p.OnExit(func() { p.SetExitCode(5) })
		host.Exit(3)
	},
	"a handler can install another": func(p host.Process) {
		p.OnExit(func() {
			fmt.Print("outer ")
			p.OnExit(func() { fmt.Print("inner ") })
		})
		host.Exit(0)
	},
	"a signal is handled": func(p host.Process) {
		got := make(chan os.Signal, 1)
		p.OnSignal([]os.Signal{syscall.SIGUSR1}, func(s os.Signal) bool { got <- s; return true })
		_ = syscall.Kill(os.Getpid(), syscall.SIGUSR1)
		fmt.Print(<-got)
		host.Exit(0)
	},
	"a handler that was removed lets the default happen": func(p host.Process) {
		remove := p.OnSignal([]os.Signal{syscall.SIGTERM}, func(os.Signal) bool { return true })
		remove()
		remove()
		_ = syscall.Kill(os.Getpid(), syscall.SIGTERM)
		select {} // the signal ends it
	},
}

func TestChild(t *testing.T) {
	if child := children[os.Getenv("HOST_TEST_CHILD")]; child != nil {
		child(host.OSProcess())
		t.Fatal("the child came back")
	}
}

// TestRealProcess looks at real processes from outside.
func TestRealProcess(t *testing.T) {
	for name, want := range map[string]struct {
		says   string
		code   int
		signal syscall.Signal
	}{
		"handlers run newest first":                          {says: "second first ", code: 3},
		"a code that was set wins":                           {code: 5},
		"a handler can install another":                      {says: "outer inner "},
		"a signal is handled":                                {says: "user defined signal 1"},
		"a handler that was removed lets the default happen": {code: -1, signal: syscall.SIGTERM},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChild$")
			cmd.Env = append(os.Environ(), "HOST_TEST_CHILD="+name)
			out, err := cmd.Output()
			var ended *exec.ExitError
			if err != nil && !errors.As(err, &ended) {
				t.Fatal(err)
			}
			if string(out) != want.says || cmd.ProcessState.ExitCode() != want.code {
				t.Errorf("said %q and ended with %d, want %q and %d", out, cmd.ProcessState.ExitCode(), want.says, want.code)
			}
			if status := cmd.ProcessState.Sys().(syscall.WaitStatus); want.signal != 0 && status.Signal() != want.signal {
				t.Errorf("ended by %v, want %v", status.Signal(), want.signal)
			}
		})
	}
}

// TestNotifyManager speaks to a socket as systemd's.
func TestNotifyManager(t *testing.T) {
	listen := func(t *testing.T, name string) *net.UnixConn {
		t.Helper()
		c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
		if err != nil {
			t.Skipf("no socket of that kind here: %v", err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	dir, err := os.MkdirTemp("", "n") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "s")
	for _, c := range []struct{ name, socket, bound string }{
		{"a path", path, path},
		{"an abstract socket", "@hostsim-test-" + filepath.Base(dir), "\x00hostsim-test-" + filepath.Base(dir)},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn := listen(t, c.bound)
			t.Setenv("NOTIFY_SOCKET", c.socket)
			if err := host.OSProcess().NotifyManager("READY=1"); err != nil {
				t.Fatal(err)
			}
			b := make([]byte, 100)
			n, err := conn.Read(b)
			if err != nil || string(b[:n]) != "READY=1" {
				t.Errorf("the manager read %q, %v", b[:n], err)
			}
		})
	}
	t.Run("nobody to tell", func(t *testing.T) {
		t.Setenv("NOTIFY_SOCKET", "")
		if err := host.OSProcess().NotifyManager("READY=1"); err != nil {
			t.Error(err)
		}
	})
	t.Run("a manager that is gone", func(t *testing.T) {
		t.Setenv("NOTIFY_SOCKET", filepath.Join(dir, "gone"))
		if err := host.OSProcess().NotifyManager("READY=1"); err == nil || !strings.Contains(err.Error(), "gone") {
			t.Errorf("%v, want an error that names the socket", err)
		}
	})
}
