package process

import (
	"bytes"
	"errors"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

var subreaper = sync.OnceValue(func() error {
	return unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
})

// proc is what /proc/PID/stat tells.
type proc struct {
	pid     int
	comm    string
	state   byte
	session int
}

func readProc(pid int) (proc, bool) {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return proc{}, false
	}
	open, end := bytes.IndexByte(data, '('), bytes.LastIndexByte(data, ')')
	if open < 0 || end < open {
		return proc{}, false
	}
	f := strings.Fields(string(data[end+1:])) // state ppid pgrp session …
	if len(f) < 4 {
		return proc{}, false
	}
	session, _ := strconv.Atoi(f[3])
	return proc{pid: pid, comm: string(data[open+1 : end]), state: f[0][0], session: session}, true
}

// adopted lists our children that we did not necessarily start: what becomes ours is handed to the thread group's leader,
// so only its list is read.
func adopted() []int {
	self := strconv.Itoa(os.Getpid())
	data, err := os.ReadFile("/proc/self/task/" + self + "/children")
	if err != nil {
		return scan(os.Getpid())
	}
	return numbers(data)
}

// children lists the children of a process, whichever of its threads started them.
func children(pid int) []int {
	dir := "/proc/" + strconv.Itoa(pid) + "/task"
	threads, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var out []int
	for _, t := range threads {
		data, err := os.ReadFile(dir + "/" + t.Name() + "/children")
		if err != nil {
			continue
		}
		out = append(out, numbers(data)...)
	}
	return out
}

func numbers(data []byte) []int {
	var out []int
	for _, w := range strings.Fields(string(data)) {
		if n, err := strconv.Atoi(w); err == nil {
			out = append(out, n)
		}
	}
	return out
}

// scan finds the children of a process by looking at all there are, for kernels without lists of children.
func scan(parent int) []int {
	names, _ := os.ReadDir("/proc")
	var out []int
	for _, n := range names {
		pid, err := strconv.Atoi(n.Name())
		if err != nil {
			continue
		}
		data, err := os.ReadFile("/proc/" + n.Name() + "/stat")
		if err != nil {
			continue
		}
		f := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
		if len(f) > 1 && f[1] == strconv.Itoa(parent) {
			out = append(out, pid)
		}
	}
	return out
}

// belongs tells whether a process is of this run, and how that is known.
func (t *tree) belongs(p proc) (string, bool) {
	if p.session == t.pid {
		return "session", true
	}
	if t.tag != 0 && tagOf(p.pid) == t.tag {
		return "limit", true
	}
	if p.state != 'Z' {
		env, err := os.ReadFile("/proc/" + strconv.Itoa(p.pid) + "/environ")
		if err == nil && bytes.Contains(append([]byte{0}, env...), []byte("\x00"+t.env+"\x00")) {
			return "environment", true
		}
	}
	return "", false
}

// orphan is a process of the run that has become our child.
type orphan struct {
	proc
	known string
}

func (t *tree) orphans() []orphan {
	var out []orphan
	for _, pid := range adopted() {
		if pid == t.pid {
			continue
		}
		p, ok := readProc(pid)
		if !ok {
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
		if !awaitExit(living[0].pid, time.Until(deadline)) {
			break
		}
		living = t.living()
	}
	var out []Leftover
	seen := map[int]bool{}
	var add func(o orphan, depth int)
	add = func(o orphan, depth int) {
		if seen[o.pid] || len(out) >= 100 {
			return
		}
		seen[o.pid] = true
		out = append(out, Leftover{Command: o.comm, Left: o.session != t.pid, Known: o.known})
		if depth > 50 {
			return
		}
		for _, c := range children(o.pid) {
			if p, ok := readProc(c); ok && p.state != 'Z' {
				add(orphan{p, o.known}, depth+1)
			}
		}
	}
	for _, o := range living {
		add(o, 0)
	}
	return out
}

// living lists the orphans that are not zombies, and reaps those that are.
func (t *tree) living() []orphan {
	var out []orphan
	for _, o := range t.orphans() {
		if o.state == 'Z' {
			reap(o.pid)
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
			_ = unix.Kill(o.pid, unix.SIGKILL)
		}
		for _, o := range all {
			if awaitExit(o.pid, time.Until(deadline)) {
				reap(o.pid)
			}
		}
	}
}

func reap(pid int) {
	var ws unix.WaitStatus
	for {
		if _, err := unix.Wait4(pid, &ws, unix.WNOHANG, nil); !errors.Is(err, unix.EINTR) {
			return
		}
	}
}

// awaitExit waits until a process has ended (it may be a zombie then), at most so long.
func awaitExit(pid int, limit time.Duration) bool {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return errors.Is(err, unix.ESRCH) || errors.Is(err, unix.EINVAL)
	}
	defer unix.Close(fd)
	deadline := time.Now().Add(limit)
	for {
		ms := max(0, int(time.Until(deadline)/time.Millisecond)+1)
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, ms)
		if n > 0 {
			return true
		}
		if err != nil && !errors.Is(err, unix.EINTR) || time.Now().After(deadline) {
			return false
		}
	}
}

// stopped tells whether a process has been stopped (SIGSTOP, SIGTSTP).
func stopped(pid int) bool {
	p, ok := readProc(pid)
	return ok && (p.state == 'T' || p.state == 't')
}

func sysProcAttr() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

func supervise() error { return subreaper() }

func notLookedAt() []string { return nil }
