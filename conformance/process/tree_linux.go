package process

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hostsim/hostsim/internal/proctree"
)

// belongs tells whether a process is of this run, and how that is known.
func (t *tree) belongs(p proctree.Process) (string, bool) {
	if p.Session == t.pid {
		return "session", true
	}
	if t.tag != 0 && tagOf(p.PID) == t.tag {
		return "limit", true
	}
	if !p.Ended() {
		env, err := os.ReadFile("/proc/" + strconv.Itoa(p.PID) + "/environ")
		if err == nil && bytes.Contains(append([]byte{0}, env...), []byte("\x00"+t.env+"\x00")) {
			return "environment", true
		}
	}
	return "", false
}

// orphan is a process of the run that has become our child.
type orphan struct {
	proctree.Process
	known string
}

func (t *tree) orphans() []orphan {
	var out []orphan
	for _, pid := range proctree.Adopted() {
		if pid == t.pid {
			continue
		}
		p, err := proctree.Read(pid)
		if err != nil {
			continue
		}
		if known, ok := t.belongs(p); ok {
			out = append(out, orphan{p, known})
		}
	}
	return out
}

// leftovers finds what the run left behind when its own process had ended, waits a moment for those that are just ending,
// and reports the rest with what descends from it. Zombies are reaped on the way. It is called after the run's process has
// been waited for.
func (t *tree) leftovers() []Leftover {
	living := t.living()
	if len(living) == 0 {
		return nil
	}
	deadline := time.Now().Add(grace)
	for len(living) > 0 {
		if !proctree.AwaitExit(living[0].PID, time.Until(deadline)) {
			break
		}
		living = t.living()
	}
	var out []Leftover
	known := map[int]string{}
	for _, p := range proctree.Agreed(func() []proctree.Process { return t.below(known) }) {
		if len(out) < 100 {
			out = append(out, Leftover{Command: p.Name, Left: p.Session != t.pid, Known: known[p.PID]})
		}
	}
	return out
}

// below lists the orphans that are no zombies, each with what descends from it, and writes down how each is known: what
// descends from an orphan, as that is.
func (t *tree) below(known map[int]string) []proctree.Process {
	var out []proctree.Process
	for _, o := range t.living() {
		for _, p := range append([]proctree.Process{o.Process}, proctree.Descendants(o.PID)...) {
			if !p.Ended() {
				out = append(out, p)
				known[p.PID] = o.known
			}
		}
	}
	return out
}

// living lists the orphans that are not zombies, and reaps those that are.
func (t *tree) living() []orphan {
	var out []orphan
	for _, o := range t.orphans() {
		if o.Ended() {
			proctree.Reap(o.PID)
			continue
		}
		out = append(out, o)
	}
	return out
}

// kill ends everything of the run and reaps it. The run's own process is waited for by its starter: waited says whether
// that has been done. It gives the number of processes that would not go within killLimit.
func (t *tree) kill(waited bool) int {
	_ = unix.Kill(-t.pid, unix.SIGKILL) // the group, in one step that no fork escapes; an error means that it is empty
	if !waited {
		return 0
	}
	deadline := time.Now().Add(killLimit)
	for {
		all := t.orphans()
		if len(all) == 0 {
			return 0
		}
		if time.Now().After(deadline) {
			return len(all)
		}
		for _, o := range all { // ours, and not yet reaped: their numbers cannot have been given to others
			_ = unix.Kill(o.PID, unix.SIGKILL)
		}
		for _, o := range all {
			if proctree.AwaitExit(o.PID, time.Until(deadline)) {
				proctree.Reap(o.PID)
			}
		}
	}
}

// stopped tells whether a process has been stopped (SIGSTOP, SIGTSTP).
func stopped(pid int) bool {
	p, err := proctree.Read(pid)
	return err == nil && p.Stopped()
}

func sysProcAttr() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

func supervise() error { return proctree.Subreaper() }

func notLookedAt() []string { return nil }
