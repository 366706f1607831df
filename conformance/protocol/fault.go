package protocol

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// FaultKind names what is wrong with what an adapter wrote or did.
type FaultKind string

// The faults of a stream.
const (
	LineTooLong     FaultKind = "line too long"
	StreamTooLong   FaultKind = "output without end"
	TooManyEvents   FaultKind = "too many events"
	CutShort        FaultKind = "line cut short"
	InvalidUTF8     FaultKind = "invalid UTF-8"
	InvalidJSON     FaultKind = "invalid JSON"
	NotAnObject     FaultKind = "not an object"
	TooDeep         FaultKind = "nesting too deep"
	DuplicateKey    FaultKind = "duplicate key"
	UnknownMessage  FaultKind = "unknown message"
	UnknownKey      FaultKind = "unknown key"
	MissingKey      FaultKind = "missing key"
	WrongType       FaultKind = "wrong type"
	OutOfRange      FaultKind = "number out of range"
	UnknownWord     FaultKind = "unknown word"
	TextTooLong     FaultKind = "text too long"
	NoIdentity      FaultKind = "no identity first"
	TwoIdentities   FaultKind = "two identities"
	OlderVersion    FaultKind = "older protocol version"
	NewerVersion    FaultKind = "newer protocol version"
	AfterEnd        FaultKind = "message after the end"
	EndBeforeEvents FaultKind = "end before the events"
)

// The faults of a process.
const (
	CannotStart     FaultKind = "cannot be started"
	Silence         FaultKind = "silence"
	DiedEarly       FaultKind = "process ended before its identity"
	StreamClosed    FaultKind = "stream closed before the identity"
	NoEnd           FaultKind = "no end"
	LaneNotOffered  FaultKind = "lane not offered"
	OutputWithout   FaultKind = "output without end on stdout or stderr"
	CommandNotTaken FaultKind = "command not read"
)

// Fault is one violation of the protocol. It names the rule, what was found where, what was expected, and how to mend it.
type Fault struct {
	Kind     FaultKind
	Line     int    // number of the line on the stream, from 1; 0: no line is at fault
	Found    string // what was found, already shortened and quoted
	Expected string
	Mend     string
}

// Error gives the fault as one line: what, where, found, expected, mend.
func (f *Fault) Error() string {
	var b strings.Builder
	b.WriteString("protocol: ")
	b.WriteString(string(f.Kind))
	if f.Line > 0 {
		fmt.Fprintf(&b, " in message %d", f.Line)
	}
	if f.Found != "" {
		b.WriteString(": found ")
		b.WriteString(f.Found)
	}
	if f.Expected != "" {
		b.WriteString(", expected ")
		b.WriteString(f.Expected)
	}
	if f.Mend != "" {
		b.WriteString("; ")
		b.WriteString(f.Mend)
	}
	return b.String()
}

const _shown = 60 // characters of a bad line that a message shows

// quote shows the begin of what an adapter wrote, safe for a terminal.
func quote(s string) string {
	cut := false
	if len(s) > _shown {
		n := _shown
		for n > 0 && !utf8.RuneStart(s[n]) {
			n--
		}
		s, cut = s[:n], true
	}
	q := strconv.QuoteToASCII(s)
	if cut {
		q += "…"
	}
	return q
}

// oneOf lists words for a message.
func oneOf(words []string) string { return "one of " + strings.Join(words, ", ") }

// FaultKinds lists all kinds of fault.
func FaultKinds() []FaultKind {
	return []FaultKind{
		LineTooLong, StreamTooLong, TooManyEvents, CutShort, InvalidUTF8, InvalidJSON, NotAnObject, TooDeep, DuplicateKey, UnknownMessage,
		UnknownKey, MissingKey, WrongType, OutOfRange, UnknownWord, TextTooLong, NoIdentity, TwoIdentities, OlderVersion, NewerVersion,
		AfterEnd, EndBeforeEvents, CannotStart, Silence, DiedEarly, StreamClosed, NoEnd, LaneNotOffered, OutputWithout, CommandNotTaken,
	}
}
