package process

import (
	"bytes"
	"fmt"
	"io"
	"sync"
)

// The bytes that are kept of a captured stream: its begin and its end.
const (
	keepHead = 8 << 10
	keepTail = 24 << 10
)

// Captured is what a child wrote to its standard output or error: the whole if it is short, else its begin and its end.
// It is shown when something fails and never judged.
type Captured struct {
	Head  []byte
	Tail  []byte // what follows Head, or the last bytes if Total says that some are missing
	Total int64
}

// String gives what was kept, with a line that says how much is missing.
func (c Captured) String() string {
	var b bytes.Buffer
	b.Write(c.Head)
	if missing := c.Total - int64(len(c.Head)+len(c.Tail)); missing > 0 {
		fmt.Fprintf(&b, "\n… %d bytes …\n", missing)
	}
	b.Write(c.Tail)
	return b.String()
}

// capture reads a stream to its end into bounded memory.
type capture struct {
	mu    sync.Mutex
	head  []byte
	ring  []byte
	next  int // where the next byte goes in a full ring
	total int64
	limit int64
	flood func() // called once, when more than limit has come
	done  chan struct{}
}

func newCapture(limit int64, flood func()) *capture {
	return &capture{limit: limit, flood: flood, done: make(chan struct{})}
}

// run reads until the stream ends or its deadline passes.
func (c *capture) run(in io.Reader) {
	defer close(c.done)
	buf := make([]byte, 4096)
	for {
		n, err := in.Read(buf)
		c.add(buf[:n])
		if err != nil {
			return
		}
	}
}

func (c *capture) add(p []byte) {
	c.mu.Lock()
	before := c.total
	c.total += int64(len(p))
	over := before <= c.limit && c.total > c.limit
	if room := keepHead - len(c.head); room > 0 {
		n := min(room, len(p))
		c.head = append(c.head, p[:n]...)
		p = p[n:]
	}
	for len(p) > 0 {
		if len(c.ring) < keepTail {
			n := min(keepTail-len(c.ring), len(p))
			c.ring = append(c.ring, p[:n]...)
			p = p[n:]
			continue
		}
		n := copy(c.ring[c.next:], p)
		c.next = (c.next + n) % keepTail
		p = p[n:]
	}
	c.mu.Unlock()
	if over {
		c.flood()
	}
}

// take gives what was captured so far and begins anew.
func (c *capture) take() Captured {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := Captured{Head: c.head, Total: c.total}
	out.Tail = append(append(out.Tail, c.ring[min(c.next, len(c.ring)):]...), c.ring[:min(c.next, len(c.ring))]...)
	c.head, c.ring, c.next, c.total = nil, nil, 0, 0
	return out
}
