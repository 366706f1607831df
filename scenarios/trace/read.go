package trace

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hostsim/hostsim/scenarios/doc"
)

// The limits of a trace that is read. Whatever exceeds one is an error.
const (
	MaxLine   = 256 << 10 // bytes of one line
	MaxEvents = 1_000_000
)

// Error is one thing that is wrong with a trace that is read.
type Error = doc.Error

// ReadJSONL reads what [WriteJSONL] writes. name is the file's name in messages. It stops at the first line that is wrong
// and gives an [*Error] with its place. A stream without an end gives the events so far together with an error that
// wraps io.ErrUnexpectedEOF, so that the trace of a process that died stays usable. It blocks while r does.
func ReadJSONL(name string, r io.Reader) (*Trace, error) {
	t := &Trace{}
	sc := bufio.NewScanner(r)
	sc.Buffer(make([]byte, 0, 4096), MaxLine)
	ended := false
	for n := 1; sc.Scan(); n++ {
		line := sc.Bytes()
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		if ended {
			return t, &Error{File: name, Line: n, Col: 1, Rule: "line after the end", Found: doc.Shorten(string(line)), Expected: "nothing"}
		}
		if len(t.Events) == MaxEvents {
			return t, &Error{File: name, Line: n, Col: 1, Rule: "trace too long", Expected: fmt.Sprintf("at most %d events", MaxEvents)}
		}
		event, end, err := ParseLine(name, n, line)
		switch {
		case err != nil:
			return t, err
		case end != nil:
			t.End, ended = *end, true
		default:
			t.Events = append(t.Events, event)
		}
	}
	switch err := sc.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return t, &Error{File: name, Rule: "line too long", Expected: fmt.Sprintf("at most %d bytes in a line", MaxLine)}
	case err != nil:
		return t, fmt.Errorf("%s: %w", name, err)
	case !ended:
		return t, fmt.Errorf("%s: the trace has no end: expected a last line {\"end\":{\"kind\":…}}: %w", name, io.ErrUnexpectedEOF)
	}
	return t, nil
}

// ParseLine reads line number n of the machine interface: an event, or an end, which is then not nil.
func ParseLine(name string, n int, line []byte) (Event, *Ending, error) {
	root, err := doc.Parse(name, line)
	errs := &doc.Errors{File: name}
	if err == nil {
		if end := root.Get("end"); end != nil && root.Get("who") == nil {
			e := ReadEnd(end, errs)
			if err = errs.Err(); err == nil {
				return Event{}, &e, nil
			}
		} else {
			e := ReadEvent(root, errs)
			if err = errs.Err(); err == nil {
				return e, nil, nil
			}
		}
	}
	for _, e := range doc.All(err) {
		e.Line = n
	}
	return Event{}, nil, err
}

var eventKeys = []string{"ms", "who", "what", "phase", "outcome", "tokenCancelled", "detail"}

// ReadEvent reads an event from a node with the keys of the machine interface and adds what is wrong to errs. A key
// "seq" is passed over.
func ReadEvent(n *doc.Node, errs *doc.Errors) Event {
	var e Event
	if n.Kind != doc.Map {
		errs.At(n, Error{Rule: "wrong value", Found: n.Found(), Expected: "an event, an object with the keys " + doc.OneOf(eventKeys)})
		return e
	}
	bad := func(v *doc.Node, key, expected string) {
		errs.At(v, Error{Rule: "wrong value", Where: key, Found: v.Found(), Expected: expected})
	}
	for i := 0; i < n.Len(); i++ {
		k, v := n.Pair(i)
		switch k.Text {
		case "ms":
			at, ok := parseMillis(v)
			if !ok {
				bad(v, "ms", "a number of milliseconds")
			}
			e.At = at
		case "who", "what":
			if v.Kind != doc.String || v.Text == "" {
				bad(v, k.Text, "a text that is not empty")
			}
			if k.Text == "who" {
				e.Who = v.Text
			} else {
				e.What = v.Text
			}
		case "phase":
			switch {
			case v.Kind == doc.String && v.Text == "begin":
				e.Phase = Begin
			case v.Kind == doc.String && v.Text == "end":
				e.Phase = End
			default:
				bad(v, "phase", `"begin" or "end"`)
			}
		case "outcome":
			if v.Kind != doc.String || !ValidOutcome(v.Text) {
				bad(v, "outcome", `"ok", "cancelled", "error:MESSAGE" or "aggregate(…)"`)
			}
			e.Outcome = v.Text
		case "tokenCancelled":
			switch {
			case v.Kind == doc.Bool && v.Text == "true":
				e.Token = Cancelled
			case v.Kind == doc.Bool:
				e.Token = Live
			default:
				bad(v, "tokenCancelled", "true or false")
			}
		case "detail":
			switch num, err := strconv.ParseInt(v.Text, 10, 64); {
			case v.Kind == doc.String:
				e.Detail = Text(v.Text)
			case v.Kind == doc.Number && err == nil:
				e.Detail = Number(int(num))
			default:
				bad(v, "detail", "a text or a whole number")
			}
		case "seq":
		default:
			errs.At(k, Error{Rule: "unknown key", Where: "an event", Found: k.Found(), Expected: doc.OneOf(eventKeys), Nearest: doc.Nearest(k.Text, eventKeys)})
		}
	}
	for _, key := range []string{"ms", "who", "what"} {
		if n.Get(key) == nil {
			errs.At(n, Error{Rule: "missing key", Where: "an event", Expected: strconv.Quote(key)})
		}
	}
	return e
}

// ValidOutcome tells whether a text is an outcome: "ok", "cancelled", "error:MESSAGE" or "aggregate(…)".
func ValidOutcome(o Outcome) bool {
	return o == OK || o == WasCancelled || strings.HasPrefix(o, "error:") || IsAggregate(o) && strings.HasSuffix(o, ")")
}

var endKinds = []string{string(Exited), string(Signaled), string(Deadlock), string(HangEnd), string(Killed)}

// ReadEnd reads the value of "end" and adds what is wrong to errs.
func ReadEnd(n *doc.Node, errs *doc.Errors) Ending {
	var e Ending
	bad := func(v *doc.Node, key, expected string) {
		errs.At(v, Error{Rule: "wrong value", Where: "end, " + key, Found: v.Found(), Expected: expected})
	}
	if n.Kind != doc.Map {
		bad(n, "end", "an object with the key kind")
		return e
	}
	keys := []string{"kind", "code", "signal", "cycle", "stuck", "reason"}
	for i := 0; i < n.Len(); i++ {
		k, v := n.Pair(i)
		switch k.Text {
		case "kind":
			if v.Kind != doc.String || !slices.Contains(endKinds, v.Text) {
				errs.At(v, Error{Rule: "unknown end", Found: v.Found(), Expected: doc.OneOf(endKinds), Nearest: doc.Nearest(v.Text, endKinds)})
			}
			e.Kind = EndKind(v.Text)
		case "code":
			code, err := strconv.Atoi(v.Text)
			if v.Kind != doc.Number || err != nil || code < 0 || code > 255 {
				bad(v, "code", "a whole number from 0 to 255")
			}
			e.Code = code
		case "signal":
			if v.Kind != doc.String || !strings.HasPrefix(v.Text, "SIG") {
				bad(v, "signal", "the name of a signal, such as SIGTERM")
			}
			e.Signal = v.Text
		case "cycle":
			e.Cycle = readWaits(v, errs)
		case "stuck":
			e.Stuck = readWaits(v, errs)
		case "reason":
			if v.Kind != doc.String {
				bad(v, "reason", "a text")
			}
			e.Reason = v.Text
		default:
			errs.At(k, Error{Rule: "unknown key", Where: "end", Found: k.Found(), Expected: doc.OneOf(keys), Nearest: doc.Nearest(k.Text, keys)})
		}
	}
	for key, kind := range map[string]EndKind{"code": Exited, "signal": Signaled, "cycle": Deadlock} {
		switch has := n.Get(key) != nil; {
		case has && e.Kind != kind:
			errs.At(n, Error{Rule: "key that does not fit", Where: "end", Found: strconv.Quote(key), Expected: "it only where kind is " + string(kind)})
		case !has && e.Kind == kind && key != "cycle":
			errs.At(n, Error{Rule: "missing key", Where: "end", Expected: strconv.Quote(key)})
		}
	}
	if n.Get("kind") == nil {
		errs.At(n, Error{Rule: "missing key", Where: "end", Expected: `"kind"`})
	}
	return e
}

func readWaits(n *doc.Node, errs *doc.Errors) []Wait {
	keys := []string{"who", "where", "resource", "holder", "since"}
	if n.Kind != doc.List {
		errs.At(n, Error{Rule: "wrong value", Where: "end", Found: n.Found(), Expected: "a list of waits"})
		return nil
	}
	var out []Wait
	for i := range n.Items {
		item, w := &n.Items[i], Wait{}
		if item.Kind != doc.Map {
			errs.At(item, Error{Rule: "wrong value", Where: "a wait", Found: item.Found(), Expected: "an object with the keys " + doc.OneOf(keys)})
			continue
		}
		for j := 0; j < item.Len(); j++ {
			k, v := item.Pair(j)
			field := map[string]*string{"who": &w.Who, "where": &w.Where, "resource": &w.Resource, "holder": &w.Holder}[k.Text]
			switch since, ok := parseMillis(v); {
			case k.Text == "since" && ok:
				w.Since = since
			case field != nil && v.Kind == doc.String:
				*field = v.Text
			default:
				errs.At(k, Error{Rule: "wrong key or value", Where: "a wait", Found: k.Found(), Expected: doc.OneOf(keys), Nearest: doc.Nearest(k.Text, keys)})
			}
		}
		out = append(out, w)
	}
	return out
}

// maxMillis keeps every time, and the difference of two, inside a time.Duration.
const maxMillis = math.MaxInt64 / 2 / 1_000_000

// parseMillis reads a number of milliseconds, exactly if it is written without an exponent.
func parseMillis(n *doc.Node) (time.Duration, bool) {
	if n.Kind != doc.Number {
		return 0, false
	}
	s := n.Text
	neg := strings.HasPrefix(s, "-")
	whole, frac, _ := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	ms, err := strconv.ParseUint(whole, 10, 63)
	if err != nil || len(frac) > 6 || strings.ContainsAny(frac, "eE") {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil || math.IsNaN(f) || math.Abs(f) > maxMillis {
			return 0, false
		}
		return time.Duration(math.Round(f * 1e6)), true
	}
	if ms > maxMillis {
		return 0, false
	}
	ns := ms * 1e6
	if frac != "" {
		part, err := strconv.ParseUint((frac + "000000")[:6], 10, 63)
		if err != nil {
			return 0, false
		}
		ns += part
	}
	if neg {
		return -time.Duration(ns), true
	}
	return time.Duration(ns), true
}
