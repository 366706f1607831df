package protocol

import (
	"encoding/json"
	"io"
	"strconv"
	"sync"

	"github.com/hostsim/hostsim/scenarios/trace"
)

// Writer writes messages, each as one line in one write. It may be used by several goroutines; the lines come in the
// order of the calls. The first error of the stream stays and is given by every later call.
type Writer struct {
	mu  sync.Mutex
	out io.Writer
	buf []byte
	err error
}

// NewWriter makes a writer.
func NewWriter(out io.Writer) *Writer { return &Writer{out: out} }

func (w *Writer) write(f func([]byte) []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return w.err
	}
	w.buf = append(f(w.buf[:0]), '\n')
	_, w.err = w.out.Write(w.buf)
	return w.err
}

// Identity writes the first message.
func (w *Writer) Identity(id Identity) error {
	return w.write(func(b []byte) []byte {
		b = append(b, `{"identity":{"protocol":`...)
		b = strconv.AppendInt(b, int64(id.Protocol), 10)
		b = appendField(b, "implementation", id.Implementation)
		b = appendField(b, "version", id.Version)
		b = appendField(b, "language", id.Language)
		b = appendField(b, "runtime", id.Runtime)
		b = appendField(b, "profile", id.Profile)
		b = appendTexts(b, "features", id.Features)
		b = appendTexts(b, "lanes", id.Lanes)
		b = append(b, `,"reuse":`...)
		b = strconv.AppendBool(b, id.Reuse)
		if id.Schedules {
			b = append(b, `,"schedules":true`...)
		}
		return append(b, "}}"...)
	})
}

// Event writes an event.
func (w *Writer) Event(e trace.Event) error {
	return w.write(func(b []byte) []byte { return trace.AppendEvent(b, &e) })
}

// Ready writes that the program is ready to serve.
func (w *Writer) Ready() error {
	return w.write(func(b []byte) []byte { return append(b, `{"ready":true}`...) })
}

// Listening writes which real address stands behind a logical one.
func (w *Writer) Listening(address, real string) error {
	return w.write(func(b []byte) []byte {
		b = append(b, `{"listening":{`...)
		b = appendText(b, address)
		b = append(b, ':')
		b = appendText(b, real)
		return append(b, "}}"...)
	})
}

// Skip writes that the plan is not played, and why.
func (w *Writer) Skip(why string) error {
	return w.write(func(b []byte) []byte {
		b = append(b, `{"skip":`...)
		b = appendText(b, why)
		return append(b, '}')
	})
}

// Schedule writes under which schedule a virtual run was played; it comes before the end.
func (w *Writer) Schedule(s Schedule) error {
	return w.write(func(b []byte) []byte {
		b = append(b, `{"schedule":{"name":`...)
		b = appendText(b, s.Name)
		b = append(b, `,"decisions":`...)
		b = strconv.AppendInt(b, int64(s.Decisions), 10)
		b = appendField(b, "hash", s.Hash)
		b = appendField(b, "said", s.Said)
		return append(b, "}}"...)
	})
}

// End writes the end of a run. Of those that are stuck only the first are told if all of them would make the line longer than
// [DefaultLine].
func (w *Writer) End(e trace.Ending) error {
	return w.write(func(b []byte) []byte {
		line := trace.AppendEnd(b, &e)
		for len(line) > DefaultLine && len(e.Stuck) > 0 {
			e.Stuck = e.Stuck[:len(e.Stuck)/2]
			line = trace.AppendEnd(b, &e)
		}
		return line
	})
}

// appendField writes a text, if there is one, after a comma.
func appendField(b []byte, key, val string) []byte {
	if val == "" {
		return b
	}
	b = append(b, ',', '"')
	b = append(b, key...)
	b = append(b, '"', ':')
	return appendText(b, val)
}

func appendTexts(b []byte, key string, vals []string) []byte {
	b = append(b, ',', '"')
	b = append(b, key...)
	b = append(b, '"', ':', '[')
	for i, v := range vals {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, v)
	}
	return append(b, ']')
}

// appendText writes a JSON string; what is not UTF-8 becomes U+FFFD.
func appendText(b []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' || c >= 0x7f {
			q, _ := json.Marshal(s) // a string always marshals
			return append(b, q...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}
