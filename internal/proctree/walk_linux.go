package proctree

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
)

// Read gives one process. It fails when there is none of this number.
func Read(pid int) (Process, error) {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return Process{}, err
	}
	return parseStat(pid, data)
}

// parseStat reads a line of /proc/PID/stat. The name stands in brackets and may hold any character, brackets too.
func parseStat(pid int, data []byte) (Process, error) {
	open, end := bytes.IndexByte(data, '('), bytes.LastIndexByte(data, ')')
	if open < 0 || end < open {
		return Process{}, errors.New("no name in the line of /proc/PID/stat")
	}
	f := strings.Fields(string(data[end+1:])) // state ppid pgrp session …
	if len(f) < 4 {
		return Process{}, errors.New("too few words in the line of /proc/PID/stat")
	}
	ppid, err1 := strconv.Atoi(f[1])
	session, err2 := strconv.Atoi(f[3])
	if err := errors.Join(err1, err2); err != nil {
		return Process{}, err
	}
	return Process{PID: pid, PPID: ppid, Name: string(data[open+1 : end]), State: f[0], Session: session}, nil
}

// CommandLine gives the arguments of a process in one line, cut at so many bytes, or the name of its program where it has
// none, as in a zombie.
func CommandLine(p Process, most int) string {
	name := p.Name
	if data, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", p.PID)); err == nil {
		if s := strings.TrimSpace(strings.ReplaceAll(strings.TrimRight(string(data), "\x00"), "\x00", " ")); s != "" {
			name = s
		}
	}
	if len(name) > most {
		name = strings.ToValidUTF8(name[:most-3], "") + "..."
	}
	return name
}

// Children lists the children of a process, whichever of its threads started them.
func Children(pid int) []int {
	if !listed() {
		return scan(pid)
	}
	dir := "/proc/" + strconv.Itoa(pid) + "/task"
	threads, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var out []int
	for _, t := range threads {
		if data, err := os.ReadFile(dir + "/" + t.Name() + "/children"); err == nil {
			out = append(out, numbers(data)...)
		}
	}
	return out
}

// Adopted lists our own children, those that we did not start included: what becomes ours is handed to the thread group's
// leader, so only its list is read, and children that another thread of ours has started may be missing.
func Adopted() []int {
	data, err := os.ReadFile("/proc/self/task/" + strconv.Itoa(os.Getpid()) + "/children")
	if err != nil {
		return scan(os.Getpid())
	}
	return numbers(data)
}

// listed tells whether the kernel keeps lists of children (CONFIG_PROC_CHILDREN).
var listed = sync.OnceValue(func() bool {
	_, err := os.Stat("/proc/self/task/" + strconv.Itoa(os.Getpid()) + "/children")
	return err == nil
})

// scan finds the children of a process by looking at all there are.
func scan(parent int) []int {
	names, _ := os.ReadDir("/proc")
	var out []int
	for _, n := range names {
		pid, err := strconv.Atoi(n.Name())
		if err != nil {
			continue
		}
		if p, err := Read(pid); err == nil && p.PPID == parent {
			out = append(out, pid)
		}
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

// walks limits how often [Agreed] looks again while the tree changes.
const walks = 20

// Agreed walks until two walks in a row see the same processes at the same places, at most 20 times. A process whose parent
// ends during a walk moves to a place that may have been passed already, so that one walk alone may miss it.
func Agreed(walk func() []Process) []Process {
	before := walk()
	for range walks {
		again := walk()
		if slices.EqualFunc(before, again, func(a, b Process) bool { return a.PID == b.PID && a.PPID == b.PPID }) {
			return again
		}
		before = again
	}
	return before
}

// Descendants lists the processes below a process, zombies included, by process id. The list is one that [Agreed].
func Descendants(root int) []Process {
	return Agreed(func() []Process { return below(root) })
}

// below is one walk.
func below(root int) []Process {
	var out []Process
	seen := map[int]bool{root: true}
	for todo := []int{root}; len(todo) > 0; todo = todo[1:] {
		for _, pid := range Children(todo[0]) {
			if seen[pid] {
				continue
			}
			seen[pid] = true
			if p, err := Read(pid); err == nil {
				out = append(out, p)
				todo = append(todo, pid)
			}
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].PID < out[j].PID })
	return out
}
