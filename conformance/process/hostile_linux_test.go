package process

import (
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hostsim/hostsim/internal/proctree"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// living lists our children, also those that became ours.
func living() []int {
	return proctree.Children(os.Getpid())
}

// again starts the test binary as another child, with these attributes, and does not wait for it.
func again(child string, attr *syscall.SysProcAttr, env ...string) *exec.Cmd {
	self, _ := os.Executable()
	c := exec.Command(self)
	c.Env = append(append(os.Environ(), childVar+"="+child), env...)
	c.SysProcAttr = attr
	if err := c.Start(); err != nil {
		panic(err)
	}
	return c
}

func init() {
	testChildren["sleeper"] = forever
	testChildren["stubborn sleeper"] = func() { signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP); forever() }
	testChildren["short sleeper"] = func() { time.Sleep(20 * time.Millisecond) }
	testChildren["forker"] = func() { again("sleeper", nil); forever() }
	hostiles = append(hostiles,
		hostile{
			name: "a grandchild keeps the pipes open", end: trace.Exited, seen: []string{"a.start.end", "world.leak"},
			child: func() {
				self, _ := os.Executable()
				c := exec.Command(self)
				c.Env = append(os.Environ(), childVar+"=sleeper")
				c.Stdout, c.Stderr, c.ExtraFiles = os.Stdout, os.Stderr, []*os.File{os.NewFile(3, "events")}
				_ = c.Start()
				say(identityLine, startBegin, startEnd)
			},
			then: left(1, false, "session"),
		},
		hostile{
			name: "a grandchild with a child of its own", end: trace.Exited, seen: []string{"world.leak"},
			child: func() { again("forker", nil); waitFor("forker's child"); say(identityLine, startBegin, startEnd) },
			then:  left(2, false, "session"),
		},
		hostile{
			name: "a grandchild that is just ending", end: trace.Exited, seen: []string{"a.start.end"},
			child: func() { again("short sleeper", nil); say(identityLine, startBegin, startEnd) },
			then:  left(0, false, ""),
		},
		hostile{
			name: "a daemon that leaves the session", end: trace.Exited, seen: []string{"world.leak"},
			child: func() {
				again("stubborn sleeper", &syscall.SysProcAttr{Setsid: true})
				say(identityLine, startBegin, startEnd)
			},
			then: left(1, true, "limit"),
		},
		hostile{
			name: "a daemon that leaves the session and clears its environment", end: trace.Exited, seen: []string{"world.leak"},
			child: func() {
				c := exec.Command("sleep", "1000")
				c.Env = []string{"PATH=/bin:/usr/bin"}
				c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
				if err := c.Start(); err != nil {
					panic(err)
				}
				say(identityLine, startBegin, startEnd)
			},
			then: left(1, true, "limit"),
		},
		hostile{
			name: "a hang with a daemon", end: trace.HangEnd, said: []string{"a.start"},
			child: func() {
				again("sleeper", &syscall.SysProcAttr{Setsid: true})
				say(identityLine, startBegin)
				forever()
			},
		},
		hostile{
			name: "a fork storm", end: trace.Exited, seen: []string{"world.leak"},
			child: func() {
				for i := range 120 {
					c := exec.Command("sleep", "1000")
					c.SysProcAttr = &syscall.SysProcAttr{Setsid: i%3 == 0, Setpgid: i%3 == 1}
					if err := c.Start(); err != nil {
						panic(err)
					}
				}
				say(identityLine, startBegin, startEnd)
			},
			then: func(t *testing.T, tr *trace.Trace, a *Aftermath) {
				if n := len(a.Processes); n != 100 { // no more are listed
					t.Errorf("%d processes are reported", n)
				}
			},
		},
	)
	for _, h := range hostiles {
		testChildren[h.name] = h.child
	}
}

// waitFor waits until this process's child has a child.
func waitFor(string) {
	for {
		for _, c := range proctree.Children(os.Getpid()) {
			if len(proctree.Children(c)) > 0 {
				return
			}
		}
		time.Sleep(time.Millisecond) // a child, not a test
	}
}

// left checks how many processes were reported as left behind, and what of them.
func left(n int, daemon bool, known string) func(*testing.T, *trace.Trace, *Aftermath) {
	return func(t *testing.T, tr *trace.Trace, a *Aftermath) {
		if len(a.Processes) != n {
			t.Fatalf("left behind: %+v, want %d", a.Processes, n)
		}
		for _, p := range a.Processes {
			if p.Left != daemon || p.Known != known || p.Command == "" {
				t.Errorf("left behind: %+v, want Left %v, Known %q", p, daemon, known)
			}
		}
		if n > 0 {
			text := tr.Events[len(tr.Events)-1].Detail.Text
			if !strings.HasPrefix(text, "process ") || strings.Contains(text, "out of the session") != daemon {
				t.Errorf("the trace says %q", text)
			}
		}
	}
}

func TestEachEvidenceThatAProcessBelongsToARun(t *testing.T) {
	start := func(env string, attr *syscall.SysProcAttr) *exec.Cmd {
		c := exec.Command("sleep", "1000")
		c.Env, c.SysProcAttr = []string{"PATH=/bin:/usr/bin", env}, attr
		tag, err := startTagged(c)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
		if got := tagOf(c.Process.Pid); got != tag {
			t.Errorf("the mark is %d, want %d", got, tag)
		}
		return c
	}
	own := tagOf(os.Getpid())
	const mark = "HOSTSIM_RUN=1-1"
	leader := start("A=1", &syscall.SysProcAttr{Setsid: true})
	for _, c := range []struct {
		name  string
		cmd   *exec.Cmd
		tree  tree
		known string
	}{
		{"its session", leader, tree{pid: leader.Process.Pid, env: mark}, "session"},
		{"its limit", leader, tree{pid: 1, tag: tagOf(leader.Process.Pid), env: mark}, "limit"},
		{"its environment", start(mark, nil), tree{pid: 1, env: mark}, "environment"},
		{"an environment that only begins so", start(mark+"0", nil), tree{pid: 1, env: mark}, ""},
		{"nothing", start("A=1", nil), tree{pid: 1, tag: 12345, env: mark}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := proctree.Read(c.cmd.Process.Pid)
			known, belongs := c.tree.belongs(p)
			if err != nil || known != c.known || belongs != (c.known != "") {
				t.Errorf("belongs = %q, %v, want %q", known, belongs, c.known)
			}
		})
	}
	if now := tagOf(os.Getpid()); now != own {
		t.Errorf("our own limit was %d and is %d", own, now)
	}
}
