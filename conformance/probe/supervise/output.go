package supervise

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/hostsim/hostsim/internal/proctree"
)

const (
	defaultOutput = 64 << 10
	lineLimit     = 8 << 10
)

// capture keeps the first and the last half of what one stream gave, whatever its length.
type capture struct{ kept proctree.Kept }

func newCapture(limit int) *capture {
	if limit <= 0 {
		limit = defaultOutput
	}
	return &capture{proctree.Kept{Head: limit / 2, Tail: limit - limit/2}}
}

// Write never fails.
func (c *capture) Write(p []byte) (int, error) {
	c.kept.Add(p)
	return len(p), nil
}

// String gives what was kept, with a line that says how much is missing in between.
func (c *capture) String() string {
	head, tail, total := c.kept.Parts()
	if gone := total - int64(len(head)+len(tail)); gone > 0 {
		return fmt.Sprintf("%s\n[... %d bytes left out ...]\n%s", head, gone, tail)
	}
	return string(head) + string(tail)
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
