package supervise

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"sync"
)

const (
	defaultOutput = 64 << 10
	lineLimit     = 8 << 10
)

// capture keeps the first and the last half of what one stream gave, whatever its length, and hands on its lines.
type capture struct {
	mu    sync.Mutex
	limit int
	head  []byte
	tail  []byte // a ring once it is full
	at    int    // where the ring goes on
	total int64
}

func newCapture(limit int) *capture {
	if limit <= 0 {
		limit = defaultOutput
	}
	return &capture{limit: limit}
}

// Write never fails.
func (c *capture) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := len(p)
	c.total += int64(n)
	half := c.limit / 2
	if room := half - len(c.head); room > 0 {
		k := min(room, len(p))
		c.head = append(c.head, p[:k]...)
		p = p[k:]
	}
	rest := c.limit - half
	if len(p) > rest {
		p = p[len(p)-rest:]
	}
	if room := rest - len(c.tail); room > 0 {
		k := min(room, len(p))
		c.tail = append(c.tail, p[:k]...)
		p = p[k:]
	}
	for len(p) > 0 {
		k := copy(c.tail[c.at:], p)
		c.at = (c.at + k) % len(c.tail)
		p = p[k:]
	}
	return n, nil
}

// String gives what was kept, with a line that says how much is missing in between.
func (c *capture) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	tail := string(c.tail[c.at:]) + string(c.tail[:c.at])
	if gone := c.total - int64(len(c.head)+len(c.tail)); gone > 0 {
		return fmt.Sprintf("%s\n[... %d bytes left out ...]\n%s", c.head, gone, tail)
	}
	return string(c.head) + tail
}

// pump reads one stream to its end, into the capture and line by line to the callback. A line longer than the limit is
// handed on cut and its rest is dropped, so that a line without end costs no memory.
func pump(r io.Reader, s Stream, c *capture, line func(Stream, string)) {
	br := bufio.NewReaderSize(io.TeeReader(r, c), lineLimit)
	cont := false
	for {
		frag, err := br.ReadSlice('\n')
		full := errors.Is(err, bufio.ErrBufferFull)
		if len(frag) > 0 && !cont && line != nil {
			line(s, trimEOL(frag))
		}
		cont = full
		if err != nil && !full {
			return
		}
	}
}

func trimEOL(b []byte) string {
	for len(b) > 0 && (b[len(b)-1] == '\n' || b[len(b)-1] == '\r') {
		b = b[:len(b)-1]
	}
	return string(b)
}
