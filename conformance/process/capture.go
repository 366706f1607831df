package process

import (
	"bytes"
	"fmt"
	"io"

	"github.com/hostsim/hostsim/internal/proctree"
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
	kept  proctree.Kept
	limit int64
	flood func() // called once, when more than limit has come
	done  chan struct{}
}

func newCapture(limit int64, flood func()) *capture {
	return &capture{kept: proctree.Kept{Head: keepHead, Tail: keepTail}, limit: limit, flood: flood, done: make(chan struct{})}
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
	if before, now := c.kept.Add(p); before <= c.limit && now > c.limit {
		c.flood()
	}
}

// take gives what was captured so far and begins anew.
func (c *capture) take() Captured {
	head, tail, total := c.kept.Take()
	return Captured{Head: head, Tail: tail, Total: total}
}
