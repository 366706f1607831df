package process

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// Stream is the way in which an adapter's messages reach us. The adapter learns of it from HOSTSIM_EVENTS and need not know
// which it is: either a path to be opened for writing, or tcp:HOST:PORT.
type Stream string

// The ways.
const (
	FD   Stream = "fd"   // an inherited descriptor, /dev/fd/3: the default, but on Windows
	FIFO Stream = "fifo" // a named pipe: for commands that close descriptors which they do not know (sudo, some launchers)
	TCP  Stream = "tcp"  // the adapter connects to a port on the loopback interface: Windows, containers
)

// events is our end of an adapter's stream of messages.
type events interface {
	io.ReadCloser
	SetReadDeadline(time.Time) error
	childStarted() // our copies of the child's end may go
	childExited()  // the stream now ends when all of the child's copies are closed
}

// pipeEvents is a pipe whose other end the child has; held is our copy of that end.
type pipeEvents struct {
	*os.File
	held      *os.File
	untilExit bool // held is kept until the child has ended, as readers of a named pipe see an end before the first writer
}

func (p *pipeEvents) childStarted() {
	if !p.untilExit {
		_ = p.held.Close()
	}
}

func (p *pipeEvents) childExited() {
	if p.untilExit {
		_ = p.held.Close()
	}
}

func (p *pipeEvents) Close() error {
	_ = p.held.Close()
	return p.File.Close()
}

// tcpEvents takes one connection and reads from it.
type tcpEvents struct {
	l    net.Listener
	once sync.Once
	mu   sync.Mutex
	conn net.Conn
	end  time.Time
	err  error
}

func listenEvents() (*tcpEvents, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	return &tcpEvents{l: l}, nil
}

func (t *tcpEvents) Read(p []byte) (int, error) {
	t.once.Do(func() {
		c, err := t.l.Accept()
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.conn, t.err = c, err; err == nil && !t.end.IsZero() {
			_ = c.SetReadDeadline(t.end)
		}
		_ = t.l.Close()
	})
	if t.err != nil {
		return 0, io.EOF // closed before anybody connected
	}
	n, err := t.conn.Read(p)
	if err != nil && err != io.EOF && !os.IsTimeout(err) {
		err = io.EOF // a reset: the child died with unread data
	}
	return n, err
}

func (t *tcpEvents) SetReadDeadline(d time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.end = d
	if t.conn != nil {
		return t.conn.SetReadDeadline(d)
	}
	return nil
}

func (t *tcpEvents) childStarted() {}

// childExited ends the wait for a connection. One of the child's may still stand in the queue of the listener, and would be
// lost if that were closed; so we connect behind it, and what is accepted first is the child's, or ends at once.
func (t *tcpEvents) childExited() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.conn != nil || t.err != nil {
		return
	}
	if c, err := net.DialTimeout("tcp", t.l.Addr().String(), time.Second); err == nil {
		_ = c.Close()
	} else {
		_ = t.l.Close()
	}
}

func (t *tcpEvents) Close() error {
	_ = t.l.Close()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.conn != nil {
		return t.conn.Close()
	}
	return nil
}
