package trace

import (
	"io"
	"strconv"
	"time"
	"unicode/utf8"
)

// WriteJSONL writes the trace in the machine interface: one event a line, with the keys ms, who, what, phase, outcome,
// tokenCancelled and detail (each only if the event has it), then one line with the end. ms is a number of milliseconds,
// whole if it is whole, else with up to six decimals. The same trace always gives the same bytes.
func WriteJSONL(w io.Writer, t *Trace) error {
	const chunk = 32 << 10
	buf := make([]byte, 0, min(128*(len(t.Events)+2), chunk+1024))
	for i := range t.Events {
		buf = AppendEvent(buf, &t.Events[i])
		buf = append(buf, '\n')
		if len(buf) >= chunk {
			if _, err := w.Write(buf); err != nil {
				return err
			}
			buf = buf[:0]
		}
	}
	buf = AppendEnd(buf, &t.End)
	buf = append(buf, '\n')
	_, err := w.Write(buf)
	return err
}

// AppendEvent appends one event as a JSON object, without a newline.
func AppendEvent(b []byte, e *Event) []byte {
	b = append(b, `{"ms":`...)
	b = AppendMillis(b, e.At)
	b = appendText(b, `,"who":`, e.Who)
	b = appendText(b, `,"what":`, e.What)
	if e.Phase != Point {
		b = appendText(b, `,"phase":`, e.Phase.String())
	}
	if e.Outcome != "" {
		b = appendText(b, `,"outcome":`, e.Outcome)
	}
	if e.Token != NoToken {
		b = append(b, `,"tokenCancelled":`...)
		b = strconv.AppendBool(b, e.Token == Cancelled)
	}
	switch e.Detail.Kind {
	case TextDetail:
		b = appendText(b, `,"detail":`, e.Detail.Text)
	case NumberDetail:
		b = append(b, `,"detail":`...)
		b = strconv.AppendInt(b, int64(e.Detail.N), 10)
	}
	return append(b, '}')
}

// AppendEnd appends the end of a run as a JSON object with the one key "end", without a newline.
func AppendEnd(b []byte, e *Ending) []byte {
	b = appendText(append(b, `{"end":{`...), `"kind":`, string(e.Kind))
	switch e.Kind {
	case Exited:
		b = append(b, `,"code":`...)
		b = strconv.AppendInt(b, int64(e.Code), 10)
	case Signaled:
		b = appendText(b, `,"signal":`, e.Signal)
	}
	if e.Kind == Deadlock {
		b = appendWaits(b, `,"cycle":[`, e.Cycle)
	}
	if len(e.Stuck) > 0 {
		b = appendWaits(b, `,"stuck":[`, e.Stuck)
	}
	if e.Reason != "" {
		b = appendText(b, `,"reason":`, e.Reason)
	}
	return append(b, "}}"...)
}

func appendWaits(b []byte, key string, ws []Wait) []byte {
	b = append(b, key...)
	for i := range ws {
		w := &ws[i]
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, `{"who":`, w.Who)
		b = appendText(b, `,"where":`, w.Where)
		b = appendText(b, `,"resource":`, w.Resource)
		if w.Holder != "" {
			b = appendText(b, `,"holder":`, w.Holder)
		}
		b = append(b, `,"since":`...)
		b = append(AppendMillis(b, w.Since), '}')
	}
	return append(b, ']')
}

// AppendMillis appends a duration as a number of milliseconds: whole if it is whole, else with up to six decimals.
func AppendMillis(b []byte, d time.Duration) []byte {
	ns := uint64(d)
	if d < 0 {
		b = append(b, '-')
		ns = -ns
	}
	b = strconv.AppendUint(b, ns/1e6, 10)
	if rest := ns % 1e6; rest != 0 {
		b = append(b, '.')
		for unit := uint64(1e5); rest != 0; unit /= 10 {
			b = append(b, byte('0'+rest/unit))
			rest %= unit
		}
	}
	return b
}

// appendText appends key, as it is, and s as a JSON string. Bytes that are no UTF-8 become U+FFFD.
func appendText(b []byte, key, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, key...)
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < 0x7f {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if n > 1 && r != '\u2028' && r != '\u2029' {
				i += n
				continue
			}
			b = append(b, s[start:i]...)
			b = append(b, `\u`...)
			b = append(b, hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
			i += n
			start = i
			continue
		}
		b = append(b, s[start:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\t':
			b = append(b, '\\', 't')
		case '\r':
			b = append(b, '\\', 'r')
		default:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i++
		start = i
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}
