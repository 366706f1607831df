package supervise

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/prometheus/procfs"
)

// walks limits how often descendants looks again while the tree changes.
const walks = 20

// descendants lists the processes below root, zombies included, by process id. A process whose parent ends while the
// tree is walked moves to a place that may have been passed already, so that two walks in a row must see the same.
func descendants(root int) ([]Process, error) {
	before, err := walk(root)
	for range walks {
		if err != nil {
			return nil, err
		}
		var again []Process
		again, err = walk(root)
		if err == nil && slices.EqualFunc(before, again, func(a, b Process) bool { return a.PID == b.PID && a.PPID == b.PPID }) {
			return again, nil
		}
		before = again
	}
	return before, err
}

func walk(root int) ([]Process, error) {
	if list, ok := childrenOf(root); ok {
		return list, nil
	}
	return scan(root)
}

// childrenOf walks /proc/PID/task/TID/children; false if the kernel does not keep these files.
func childrenOf(root int) ([]Process, bool) {
	if _, err := os.Stat(fmt.Sprintf("/proc/%d/task/%d/children", os.Getpid(), os.Getpid())); err != nil {
		return nil, false
	}
	var out []Process
	seen := map[int]bool{root: true}
	for todo := []int{root}; len(todo) > 0; todo = todo[1:] {
		tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", todo[0]))
		if err != nil {
			continue
		}
		for _, t := range tasks {
			b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", todo[0], t.Name()))
			for _, w := range strings.Fields(string(b)) {
				pid, err := strconv.Atoi(w)
				if err != nil || seen[pid] {
					continue
				}
				seen[pid] = true
				if p, err := read(pid); err == nil {
					out = append(out, p)
					todo = append(todo, pid)
				}
			}
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].PID < out[j].PID })
	return out, true
}

// scan reads all of /proc and follows the parents.
func scan(root int) ([]Process, error) {
	pfs, err := procfs.NewDefaultFS()
	if err != nil {
		return nil, err
	}
	all, err := pfs.AllProcs()
	if err != nil {
		return nil, err
	}
	below := map[int][]Process{}
	for _, p := range all {
		if one, err := read(p.PID); err == nil {
			below[one.PPID] = append(below[one.PPID], one)
		}
	}
	var out []Process
	for todo := []int{root}; len(todo) > 0; todo = todo[1:] {
		for _, p := range below[todo[0]] {
			out = append(out, p)
			todo = append(todo, p.PID)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].PID < out[j].PID })
	return out, nil
}

func read(pid int) (Process, error) {
	p, err := procfs.NewProc(pid)
	if err != nil {
		return Process{}, err
	}
	st, err := p.Stat()
	if err != nil {
		return Process{}, err
	}
	name := st.Comm
	if args, err := p.CmdLine(); err == nil && len(args) > 0 {
		name = strings.TrimSpace(strings.Join(args, " "))
	}
	if len(name) > 120 {
		name = strings.ToValidUTF8(name[:117], "") + "..."
	}
	return Process{PID: pid, PPID: st.PPID, Name: name, State: st.State}, nil
}

const (
	tcpListen     = 0x0a
	unixAccepting = 1 << 16
)

// listeners lists the sockets that the processes listen on, one entry per bound address, sorted.
func listeners(procs []Process) ([]Listener, error) {
	owner := map[uint64]int{}
	netns := map[string]int{} // network namespace → a process in it
	for _, p := range procs {
		pr, err := procfs.NewProc(p.PID)
		if err != nil {
			continue
		}
		fds, err := pr.FileDescriptorTargets()
		if err != nil {
			continue // it is gone or not ours to read
		}
		for _, f := range fds {
			if n, ok := strings.CutPrefix(f, "socket:["); ok {
				if ino, err := strconv.ParseUint(strings.TrimSuffix(n, "]"), 10, 64); err == nil {
					if _, dup := owner[ino]; !dup {
						owner[ino] = p.PID
					}
				}
			}
		}
		if ns, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/net", p.PID)); err == nil {
			if _, dup := netns[ns]; !dup {
				netns[ns] = p.PID
			}
		}
	}
	if len(owner) == 0 {
		return nil, nil
	}
	byAddr := map[string]Listener{}
	for _, pid := range netns {
		if err := tcpListeners(pid, owner, byAddr); err != nil {
			return nil, err
		}
		if err := unixListeners(pid, owner, byAddr); err != nil {
			return nil, err
		}
	}
	out := make([]Listener, 0, len(byAddr))
	for _, l := range byAddr {
		out = append(out, l)
	}
	sort.Slice(out, func(i, j int) bool {
		if out[i].Network != out[j].Network {
			return out[i].Network < out[j].Network
		}
		if out[i].Port != out[j].Port {
			return out[i].Port < out[j].Port
		}
		return out[i].Bound < out[j].Bound
	})
	return out, nil
}

func tcpListeners(pid int, owner map[uint64]int, into map[string]Listener) error {
	pfs, err := procfs.NewFS(fmt.Sprintf("/proc/%d", pid))
	if err != nil {
		return ignoreGone(err)
	}
	for _, table := range []func() (procfs.NetTCP, error){pfs.NetTCP, pfs.NetTCP6} {
		lines, err := table()
		if err != nil {
			if err := ignoreGone(err); err != nil {
				return err
			}
			continue
		}
		for _, s := range lines {
			by, ours := owner[s.Inode]
			if !ours || s.St != tcpListen {
				continue
			}
			port := int(s.LocalPort)
			bound := net.JoinHostPort(s.LocalAddr.String(), strconv.Itoa(port))
			into["tcp "+bound] = Listener{Network: "tcp", Addr: loopback(s.LocalAddr, port), Bound: bound, Port: port, PID: by}
		}
	}
	return nil
}

// loopback gives the loopback address under which a socket bound to ip is reached; empty if there is none.
func loopback(ip net.IP, port int) string {
	var host string
	switch {
	case ip.IsLoopback():
		host = ip.String()
	case ip.Equal(net.IPv4zero):
		host = "127.0.0.1"
	case ip.IsUnspecified():
		host = "::1"
	default:
		return ""
	}
	return net.JoinHostPort(host, strconv.Itoa(port))
}

func unixListeners(pid int, owner map[uint64]int, into map[string]Listener) error {
	pfs, err := procfs.NewFS(fmt.Sprintf("/proc/%d", pid))
	if err != nil {
		return ignoreGone(err)
	}
	table, err := pfs.NetUNIX()
	if err != nil {
		return ignoreGone(err)
	}
	for _, s := range table.Rows {
		by, ours := owner[s.Inode]
		if !ours || uint64(s.Flags)&unixAccepting == 0 || s.Path == "" {
			continue
		}
		path := s.Path
		if path[0] != '@' && path[0] != '/' {
			if cwd, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", by)); err == nil {
				path = cwd + "/" + path
			}
		}
		into["unix "+path] = Listener{Network: "unix", Addr: path, Bound: path, PID: by}
	}
	return nil
}

func ignoreGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), "no such process") {
		return nil
	}
	return err
}

// SignalState is what the kernel says about one signal of one process.
type SignalState struct {
	Pending bool // sent and not yet taken
	Blocked bool // by the main thread
	Ignored bool
	Caught  bool // a handler is installed
}

// signalState reads the signal masks in /proc/PID/status.
func signalState(pid int, sig int) (SignalState, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return SignalState{}, err
	}
	return parseSignalState(b, sig), nil
}

func parseSignalState(status []byte, sig int) SignalState {
	var st SignalState
	if sig < 1 || sig > 64 {
		return st
	}
	bit := uint64(1) << (sig - 1)
	for _, line := range bytes.Split(status, []byte("\n")) {
		key, val, ok := bytes.Cut(line, []byte(":"))
		if !ok {
			continue
		}
		mask, err := strconv.ParseUint(string(bytes.TrimSpace(val)), 16, 64)
		if err != nil {
			continue
		}
		on := mask&bit != 0
		switch string(key) {
		case "SigPnd", "ShdPnd":
			st.Pending = st.Pending || on
		case "SigBlk":
			st.Blocked = on
		case "SigIgn":
			st.Ignored = on
		case "SigCgt":
			st.Caught = on
		}
	}
	return st
}

// connection tells what the kernel knows of the server's end of a connection to one of our listeners: whether the
// program has accepted it, and how many bytes it has not yet read.
func connection(pid int, client, server *net.TCPAddr) (accepted bool, unread uint64, err error) {
	pfs, err := procfs.NewFS(fmt.Sprintf("/proc/%d", pid))
	if err != nil {
		return false, 0, err
	}
	for _, table := range []func() (procfs.NetTCP, error){pfs.NetTCP, pfs.NetTCP6} {
		lines, err := table()
		if err != nil {
			continue
		}
		for _, s := range lines {
			if int(s.LocalPort) == server.Port && int(s.RemPort) == client.Port && s.St != tcpListen && s.RemAddr.IsLoopback() {
				return s.Inode != 0, s.RxQueue, nil
			}
		}
	}
	return false, 0, os.ErrNotExist
}
