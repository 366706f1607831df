package protocol

import (
	"bytes"
	"io"
	"strconv"
	"sync/atomic"
)

// Reader reads what an adapter writes, and lets nothing through that the protocol does not allow. It holds at most one
// line. It is for one goroutine, but for BeginRun.
type Reader struct {
	in     io.Reader
	lim    Limits
	buf    []byte // what has been read and not used yet: buf[pos:]
	pos    int
	err    error // of in, when everything before it has been used
	fault  *Fault
	line   int
	total  int // bytes of this run
	events int // events of this run
	state  state
	asked  atomic.Bool // BeginRun was called and no message of that run has come yet
}

type state uint8

const (
	wantIdentity state = iota
	idle               // identified, no run asked for
	running            // a run was asked for, nothing has come of it
	begun              // at least one event came
	ended              // the run's end or skip came
)

// NewReader makes a reader. Until [Reader.BeginRun] it expects the identity and nothing else.
func NewReader(in io.Reader, lim Limits) *Reader {
	return &Reader{in: in, lim: lim.orDefault()}
}

// BeginRun says that a run is asked for: the messages that come from here on may belong to it, and its limits count from
// the first of them. It is called before the command is written, by any goroutine, also before the identity has come.
func (r *Reader) BeginRun() { r.asked.Store(true) }

// Next reads the next message; it blocks as the stream does. The error is io.EOF at the end of the stream, a [*Fault] for
// anything that is against the protocol, else the stream's own. After an error every call gives the same one.
func (r *Reader) Next() (Message, error) {
	if r.fault != nil {
		return Message{}, r.fault
	}
	line, err := r.readLine()
	if err != nil {
		if f, ok := err.(*Fault); ok {
			f.Line = r.line
			r.fault = f
		}
		return Message{}, err
	}
	v, fault := parseLine(line)
	var m Message
	if fault == nil {
		d := &decoder{}
		if m = d.message(&v); d.fault != nil {
			fault = d.fault
		} else {
			fault = r.advance(&m)
		}
	}
	if fault != nil {
		fault.Line = r.line
		r.fault = fault
		return Message{}, fault
	}
	m.Line = r.line
	return m, nil
}

// advance checks that a message may come now.
func (r *Reader) advance(m *Message) *Fault {
	if m.Kind == IdentityMessage {
		if r.state != wantIdentity {
			return &Fault{Kind: TwoIdentities, Found: "a second identity", Expected: "one identity, as the first message of the process", Mend: "write it once when the process starts, not for each plan"}
		}
		r.state = idle
		return nil
	}
	if r.state != wantIdentity && r.asked.Swap(false) {
		r.state, r.total, r.events = running, 0, 0
	}
	switch {
	case r.state == wantIdentity:
		return &Fault{Kind: NoIdentity, Found: "a message of kind " + m.Kind.String(), Expected: `{"identity":{…}} first`, Mend: "write the identity before the plan is even read"}
	case r.state == idle || r.state == ended:
		return &Fault{Kind: AfterEnd, Found: describe(m), Expected: "nothing until the next run is asked for", Mend: "write end when everything of the plan has ended, also its threads"}
	}
	switch m.Kind {
	case EventMessage:
		r.state = begun
		if r.events++; r.events > r.lim.Events {
			return &Fault{Kind: TooManyEvents, Found: "more than " + strconv.Itoa(r.lim.Events) + " events in one run", Expected: "at most that many", Mend: "a script that repeats itself without end?"}
		}
	case SkipMessage:
		if r.state == begun {
			return &Fault{Kind: AfterEnd, Found: "skip after events", Expected: "skip instead of the events", Mend: "decide before the plan is played whether it can be"}
		}
		r.state = ended
	case EndMessage:
		if r.state == running {
			return &Fault{Kind: EndBeforeEvents, Found: "the end of a run that had no event", Expected: `at least one event, or {"skip":"why"}`, Mend: "write the events as they happen, and the end when all have been written"}
		}
		r.state = ended
	}
	return nil
}

func describe(m *Message) string {
	if m.Kind == EventMessage {
		return "the event " + quote(m.Event.Who+"."+m.Event.What)
	}
	return "a message of kind " + m.Kind.String()
}

// readLine gives the next line without its end; the slice is good until the next call.
func (r *Reader) readLine() ([]byte, error) {
	scanned := 0
	for {
		if i := bytes.IndexByte(r.buf[r.pos+scanned:], '\n'); i >= 0 {
			line := r.buf[r.pos : r.pos+scanned+i]
			r.pos += len(line) + 1
			r.line++
			if len(line) > r.lim.Line {
				return nil, r.tooLong()
			}
			if r.total += len(line) + 1; r.total > r.lim.Total {
				return nil, r.endless()
			}
			return bytes.TrimSuffix(line, []byte("\r")), nil
		}
		scanned = len(r.buf) - r.pos
		if scanned > r.lim.Line {
			r.line++
			return nil, r.tooLong()
		}
		if r.err != nil {
			if scanned > 0 && r.err == io.EOF {
				r.line++
				return nil, &Fault{Kind: CutShort, Found: quote(string(r.buf[r.pos:])) + " and then the end of the stream", Expected: "a newline at the end of each message", Mend: "write each message whole, newline included, in one write, and flush it"}
			}
			return nil, r.err
		}
		if r.pos > 0 {
			r.buf = append(r.buf[:0], r.buf[r.pos:]...)
			r.pos = 0
		}
		if len(r.buf) == cap(r.buf) {
			r.buf = append(make([]byte, 0, max(4096, min(2*cap(r.buf), r.lim.Line+4096))), r.buf...)
		}
		n, err := r.in.Read(r.buf[len(r.buf):cap(r.buf)])
		r.buf = r.buf[:len(r.buf)+n]
		if err != nil {
			r.err = err
		}
	}
}

func (r *Reader) tooLong() *Fault {
	return &Fault{Kind: LineTooLong, Found: "more than " + strconv.Itoa(r.lim.Line) + " bytes without a newline", Expected: "lines of at most that many bytes", Mend: "one message is one short line; do not echo the plan, and keep large texts for stderr"}
}

func (r *Reader) endless() *Fault {
	return &Fault{Kind: StreamTooLong, Found: "more than " + strconv.Itoa(r.lim.Total) + " bytes in one run", Expected: "at most that many", Mend: "does a loop write events without end?"}
}
