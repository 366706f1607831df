package trace

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hostsim/hostsim/scenarios/doc"
)

// FormatEnd writes how a run ended, without waits and reason: "exited 0", "signaled SIGTERM", "deadlock", "hang" or
// "killed".
func FormatEnd(e *Ending) string {
	switch e.Kind {
	case Exited:
		return "exited " + strconv.Itoa(e.Code)
	case Signaled:
		return "signaled " + e.Signal
	}
	return string(e.Kind)
}

const endForm = `"exited CODE", "signaled SIGNAL", "deadlock", "hang" or "killed"`

// ParseEnd reads what [FormatEnd] writes.
func ParseEnd(s string) (Ending, *Error) {
	kind, rest, has := strings.Cut(s, " ")
	rest = strings.TrimLeft(rest, " ")
	bad := func(at int) (Ending, *Error) {
		return Ending{}, &Error{Col: 1 + at, Rule: "invalid end", Found: strconv.Quote(doc.Shorten(s)), Expected: endForm, Nearest: doc.Nearest(kind, endKinds)}
	}
	switch e := (Ending{Kind: EndKind(kind)}); {
	case !slices.Contains(endKinds, kind):
		return bad(0)
	case e.Kind == Exited:
		code, err := strconv.Atoi(rest)
		if err != nil || code < 0 || code > 255 || strconv.Itoa(code) != rest {
			return Ending{}, &Error{Col: 1, Rule: "invalid end", Found: strconv.Quote(doc.Shorten(s)), Expected: "exited and a whole number from 0 to 255"}
		}
		e.Code = code
		return e, nil
	case e.Kind == Signaled:
		if !strings.HasPrefix(rest, "SIG") || strings.ContainsAny(rest, " \t\"\\") {
			return Ending{}, &Error{Col: 1, Rule: "invalid end", Found: strconv.Quote(doc.Shorten(s)), Expected: "signaled and the name of a signal, such as SIGTERM"}
		}
		e.Signal = rest
		return e, nil
	case has && rest != "":
		return bad(len(kind) + 1)
	default:
		return e, nil
	}
}

// The words between the parts of a wait.
const (
	waitsFor = " waits for "
	heldBy   = ", held by "
	waitAt   = ", at "
	since    = ", since "
)

// FormatWait writes a wait in words, in one line:
//
//	WHO waits for RESOURCE, held by HOLDER, at WHERE, since TIME
//
// Holder and where are left out when they are empty. A part that has one of these joints in it stands in quotes.
func FormatWait(w *Wait) string {
	b := appendPart(nil, w.Who)
	b = appendPart(append(b, waitsFor...), w.Resource)
	if w.Holder != "" {
		b = appendPart(append(b, heldBy...), w.Holder)
	}
	if w.Where != "" {
		b = appendPart(append(b, waitAt...), w.Where)
	}
	return string(AppendSeconds(append(b, since...), w.Since, 3))
}

func appendPart(b []byte, s string) []byte {
	if s == "" || strings.Contains(s, waitsFor) || strings.Contains(s, heldBy) || strings.Contains(s, waitAt) || strings.Contains(s, since) || strings.HasPrefix(s, " ") || strings.HasSuffix(s, " ") || strings.HasSuffix(s, ",") {
		return strconv.AppendQuote(b, s)
	}
	return appendLine(b, s)
}

// appendLine appends a text that has a line for itself: as it is, or in quotes where that would not be read back.
func appendLine(b []byte, s string) []byte {
	if q := strconv.Quote(s); s == "" || s[0] == '"' || s[0] == ' ' || s[len(s)-1] == ' ' || strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`) != s {
		return append(b, q...)
	}
	return append(b, s...)
}

func parseLine(s string) string {
	if strings.HasPrefix(s, `"`) {
		if out, err := strconv.Unquote(s); err == nil {
			return out
		}
	}
	return s
}

// ParseWait reads what [FormatWait] writes. Holder, place and time may be left out.
func ParseWait(s string) (Wait, *Error) {
	var w Wait
	bad := func(rule string) (Wait, *Error) {
		return Wait{}, &Error{Col: 1, Rule: "invalid wait: " + rule, Found: strconv.Quote(doc.Shorten(s)), Expected: "WHO waits for RESOURCE[, held by HOLDER][, at WHERE][, since TIME]"}
	}
	var ok bool
	rest := s
	if w.Who, rest, ok = takePart(rest); !ok || !strings.HasPrefix(rest, waitsFor) {
		return bad(`no "waits for"`)
	}
	if w.Resource, rest, ok = takePart(rest[len(waitsFor):]); !ok {
		return bad("a quote that is not closed")
	}
	for _, part := range []struct {
		joint string
		to    *string
	}{{heldBy, &w.Holder}, {waitAt, &w.Where}} {
		if strings.HasPrefix(rest, part.joint) {
			if *part.to, rest, ok = takePart(rest[len(part.joint):]); !ok {
				return bad("a quote that is not closed")
			}
		}
	}
	if strings.HasPrefix(rest, since) {
		if w.Since, ok = parseSeconds(rest[len(since):]); !ok {
			return bad("no time after \"since\"")
		}
		rest = ""
	}
	if rest != "" {
		return bad(fmt.Sprintf("what is %q", doc.Shorten(rest)))
	}
	return w, nil
}

// takePart takes a part of a wait off the front: a quoted text, or all up to the next joint.
func takePart(s string) (part, rest string, ok bool) {
	if strings.HasPrefix(s, `"`) {
		q, err := strconv.QuotedPrefix(s)
		if err != nil {
			return "", s, false
		}
		out, err := strconv.Unquote(q)
		return out, s[len(q):], err == nil
	}
	at := len(s)
	for _, j := range []string{waitsFor, heldBy, waitAt, since} {
		if i := strings.Index(s, j); i >= 0 {
			at = min(at, i)
		}
	}
	return s[:at], s[at:], at > 0
}
