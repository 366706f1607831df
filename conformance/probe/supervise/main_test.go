//go:build linux

package supervise

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/hostsim/hostsim/internal/proctree"
)

// TestMain makes the test binary the program under supervision when HELPER names one of the helpers.
func TestMain(m *testing.M) {
	if h, ok := helpers[os.Getenv("HELPER")]; ok {
		h()
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

func hang() { select {} }

// again starts this binary as another helper.
func again(helper string, attr *syscall.SysProcAttr) *exec.Cmd {
	c := exec.Command("/proc/self/exe")
	c.Env = append(os.Environ(), "HELPER="+helper)
	c.Stdout, c.Stderr, c.SysProcAttr = os.Stdout, os.Stderr, attr
	if err := c.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(99)
	}
	return c
}

var helpers = map[string]func(){
	"exit3": func() { os.Exit(3) },
	"hello": func() { fmt.Println("out"); fmt.Fprintln(os.Stderr, "err") },
	"wait":  func() { fmt.Println("ready"); hang() },
	"quiet": hang,
	"deaf": func() {
		signal.Ignore(syscall.SIGTERM, syscall.SIGINT)
		fmt.Println("ready")
		hang()
	},
	"stopped": func() { _ = syscall.Kill(os.Getpid(), syscall.SIGSTOP); hang() },
	"orphan": func() {
		again("wait", nil)
		os.Exit(0)
	},
	"daemon": func() { // leaves the session, and its parent dies
		again("daemon2", &syscall.SysProcAttr{Setsid: true})
		os.Exit(0)
	},
	"daemon2": func() {
		again("wait", &syscall.SysProcAttr{Setsid: true})
		os.Exit(0)
	},
	"storm": func() { // every process starts the next before it ends, up to a limit
		n, _ := strconv.Atoi(os.Getenv("STORM"))
		if n < 60 {
			os.Setenv("STORM", strconv.Itoa(n+1))
			again("storm", &syscall.SysProcAttr{Setsid: true})
		}
		hang()
	},
	"endless": func() {
		line := []byte(strings.Repeat("x", 99) + "\n")
		for {
			if _, err := os.Stdout.Write(line); err != nil {
				os.Exit(1)
			}
		}
	},
	"oneline": func() {
		os.Stdout.WriteString(strings.Repeat("a", 300<<10) + "\nnext\n")
	},
	"listen": func() {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			os.Exit(9)
		}
		if _, err := net.Listen("unix", os.Getenv("SOCK")); err != nil {
			os.Exit(8)
		}
		fmt.Println("ready", l.Addr())
		hang()
	},
	"mask": func() {
		c := make(chan os.Signal, 1)
		signal.Notify(c, syscall.SIGTERM)
		signal.Ignore(syscall.SIGHUP)
		fmt.Println("ready")
		hang()
	},
	"pid": func() { fmt.Println("pid", os.Getpid()); hang() },
	"env": func() { fmt.Println("var=" + os.Getenv(reaperVariable)) },
	"parricide": func() { // kills its reaper
		_ = syscall.Kill(os.Getppid(), syscall.SIGKILL)
		hang()
	},
	"supervisor": func() { // is killed by the test; its tree must go with it
		tr, err := Start(Command{Args: []string{"/proc/self/exe"}, Env: append(os.Environ(), "HELPER=quiet")})
		if err != nil {
			os.Exit(7)
		}
		fmt.Println("child", tr.PID())
		hang()
	},
}

// run starts a helper; lines of both streams arrive on the channel.
func run(t *testing.T, helper string, edit func(*Command)) (*Tree, chan string) {
	t.Helper()
	lines := make(chan string, 1000)
	c := Command{Args: []string{"/proc/self/exe"}, Env: append(os.Environ(), "HELPER="+helper)}
	c.Line = func(s Stream, l string) {
		select {
		case lines <- string(s) + ": " + l:
		default:
		}
	}
	if edit != nil {
		edit(&c)
	}
	tr, err := Start(c)
	if err != nil {
		t.Fatalf("Start: %v", err)
	}
	t.Cleanup(func() { tr.Close() })
	return tr, lines
}

const limit = 20 * time.Second

func await[T any](t *testing.T, c <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(limit):
		t.Fatalf("%s did not happen within %s", what, limit)
		panic("unreachable")
	}
}

func awaitLine(t *testing.T, lines <-chan string, prefix string) string {
	t.Helper()
	after := time.After(limit)
	for {
		select {
		case l := <-lines:
			if strings.HasPrefix(l, prefix) {
				return l
			}
		case <-after:
			t.Fatalf("no line %q within %s", prefix, limit)
		}
	}
}

// alive reports whether a process exists and is no zombie.
func alive(pid int) bool {
	p, err := proctree.Read(pid)
	return err == nil && !p.Ended()
}
