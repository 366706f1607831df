package probe

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// notifySocket takes what a program reports to systemd (fact D-040).
type notifySocket struct {
	path  string
	conn  *net.UnixConn
	ready chan string
	done  chan struct{}

	mu   sync.Mutex
	seen map[string]bool // assignments since the last clear
	mark chan struct{}   // closed when our own marker arrives
}

const markLine = "X_HOSTSIM_MARK=1"

func listenNotify() (*notifySocket, error) {
	dir, err := os.MkdirTemp("", "hostsim-notify-")
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(dir, 0o755); err != nil { // the program may give up its user
		return nil, err
	}
	n := &notifySocket{path: filepath.Join(dir, "notify"), ready: make(chan string, 1), done: make(chan struct{}), seen: map[string]bool{}}
	n.conn, err = net.ListenUnixgram("unixgram", &net.UnixAddr{Name: n.path, Net: "unixgram"})
	if err != nil {
		_ = os.RemoveAll(dir)
		return nil, fmt.Errorf("the socket for NOTIFY_SOCKET: %w", err)
	}
	_ = os.Chmod(n.path, 0o777)
	go n.receive()
	return n, nil
}

func (n *notifySocket) receive() {
	defer close(n.done)
	buf := make([]byte, 8192)
	for {
		k, err := n.conn.Read(buf)
		if err != nil {
			return
		}
		for _, line := range strings.Split(string(buf[:k]), "\n") {
			n.take(line)
		}
	}
}

// take notes one assignment. Of those that are never asked for nothing is kept, so that a flood costs no memory.
func (n *notifySocket) take(line string) {
	if line == markLine {
		n.mu.Lock()
		if n.mark != nil {
			close(n.mark)
			n.mark = nil
		}
		n.mu.Unlock()
	}
	if line != "READY=1" && line != "STOPPING=1" {
		return
	}
	n.mu.Lock()
	n.seen[line] = true
	n.mu.Unlock()
	if line == "READY=1" {
		select {
		case n.ready <- line:
		default:
		}
	}
}

// has reports whether an assignment came since the last clear.
func (n *notifySocket) has(line string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.seen[line]
}

// clear forgets what came, before another run.
func (n *notifySocket) clear() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.seen = map[string]bool{}
	select {
	case <-n.ready:
	default:
	}
}

func (n *notifySocket) close() {
	_ = n.conn.Close()
	<-n.done
	_ = os.RemoveAll(filepath.Dir(n.path))
}

// settled reports whether an assignment came. A datagram that was sent before the program ended is in the socket's queue
// already, so a marker of our own, sent behind it, tells when the queue has been read.
func (n *notifySocket) settled(line string) bool {
	c, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: n.path, Net: "unixgram"})
	if err != nil {
		return n.has(line)
	}
	defer c.Close()
	n.mu.Lock()
	mark := make(chan struct{})
	n.mark = mark
	n.mu.Unlock()
	if _, err := c.Write([]byte(markLine)); err == nil {
		select {
		case <-mark:
		case <-n.done:
		}
	}
	return n.has(line)
}
