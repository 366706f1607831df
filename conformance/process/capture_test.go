package process

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestCapture(t *testing.T) {
	letters := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = 'a' + byte(i%26)
		}
		return b
	}
	for _, size := range []int{0, 1, keepHead - 1, keepHead, keepHead + 1, keepHead + keepTail, keepHead + keepTail + 1, keepHead + 3*keepTail + 17, 1 << 20} {
		for _, pieces := range []string{"whole", "halves", "bytes"} {
			data := letters(size)
			c := newCapture(1<<30, func() { t.Error("flood") })
			var in io.Reader = bytes.NewReader(data)
			switch pieces {
			case "halves":
				in = iotest.HalfReader(in)
			case "bytes":
				if size > 100_000 {
					continue
				}
				in = iotest.OneByteReader(in)
			}
			c.run(in)
			<-c.done
			got := c.take()
			head, tail := data[:min(size, keepHead)], data[min(size, keepHead):]
			tail = tail[max(0, len(tail)-keepTail):]
			if got.Total != int64(size) || !bytes.Equal(got.Head, head) || !bytes.Equal(got.Tail, tail) {
				t.Errorf("%d bytes, %s: total %d, head %d, tail %d, or other bytes", size, pieces, got.Total, len(got.Head), len(got.Tail))
			}
			if missing := strings.Contains(got.String(), "bytes …"); missing != (size > keepHead+keepTail) {
				t.Errorf("%d bytes: the text says that some are missing: %v", size, missing)
			}
			if again := c.take(); again.Total != 0 || again.String() != "" {
				t.Errorf("after take: %+v", again)
			}
		}
	}
}

func TestCaptureFloodsOnce(t *testing.T) {
	floods := 0
	c := newCapture(10, func() { floods++ })
	c.run(io.MultiReader(strings.NewReader("12345"), strings.NewReader("67890"), strings.NewReader("1"), strings.NewReader("2"), iotest.ErrReader(errors.New("gone"))))
	if floods != 1 {
		t.Errorf("%d floods", floods)
	}
}

func TestLastLine(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "", ""},
		{"one line", "boom", `"boom"`},
		{"the last of several", "a\nb\n\n", `"b"`},
		{"safe for a terminal", "\x1b[31mred", `"\x1b[31mred"`},
		{"long", strings.Repeat("x", 500), `"` + strings.Repeat("x", 120) + `…"`},
		{"from the end of much", strings.Repeat("x\n", keepHead) + "end\n", `"end"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			cap := newCapture(1<<30, nil)
			cap.add([]byte(c.text))
			if got := lastLine(cap); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}
