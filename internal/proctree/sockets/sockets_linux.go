package sockets

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"sort"
	"strconv"
	"strings"

	"github.com/prometheus/procfs"

	"github.com/hostsim/hostsim/internal/proctree"
)

const (
	tcpListen     = 0x0a
	unixAccepting = 1 << 16
)

// Listeners lists the TCP and Unix sockets that the processes listen on, one entry for each bound address, sorted. It fails when
// the kernel's tables cannot be read.
func Listeners(procs []proctree.Process) ([]Listener, error) {
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
	own, _ := os.Readlink("/proc/self/ns/net")
	for ns, pid := range netns {
		fast := false
		if ns == own {
			if all, err := listening(); err == nil {
				fast = true
				for _, b := range all {
					if by, ours := owner[b.inode]; ours {
						addTCP(byAddr, b.ip, b.port, by)
					}
				}
			}
		}
		if !fast {
			if err := tcpListeners(pid, owner, byAddr); err != nil {
				return nil, err
			}
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
			addTCP(into, s.LocalAddr, int(s.LocalPort), by)
		}
	}
	return nil
}

func addTCP(into map[string]Listener, ip net.IP, port, pid int) {
	bound := net.JoinHostPort(ip.String(), strconv.Itoa(port))
	into["tcp "+bound] = Listener{Network: "tcp", Addr: loopback(ip, port), Bound: bound, Port: port, PID: pid}
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

// Connection tells what the kernel knows of the server's end of a connection to a listener in the network namespace of a
// process: whether the program has accepted it, and how many bytes it has not yet read. It fails when there is none.
func Connection(pid int, client, server *net.TCPAddr) (accepted bool, unread uint64, err error) {
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
