package protocol

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"
)

type valueKind uint8

const (
	nullValue valueKind = iota
	boolValue
	numberValue
	textValue
	listValue
	objectValue
)

func (k valueKind) String() string {
	return [...]string{"null", "true or false", "a number", "a text", "a list", "an object"}[k]
}

// value is one JSON value, its keys in the order of the line. encoding/json's maps would lose order and duplicates.
type value struct {
	kind   valueKind
	text   string // textValue; numberValue as it was written; boolValue "true" or "false"
	items  []value
	fields []field
}

type field struct {
	key string
	val value
}

func (v *value) get(key string) *value {
	for i := range v.fields {
		if v.fields[i].key == key {
			return &v.fields[i].val
		}
	}
	return nil
}

// parseLine reads one line as one JSON object. The fault has no line number yet.
func parseLine(line []byte) (value, *Fault) {
	if !utf8.Valid(line) {
		at := 0
		for at < len(line) {
			r, n := utf8.DecodeRune(line[at:])
			if r == utf8.RuneError && n == 1 {
				break
			}
			at += n
		}
		return value{}, &Fault{Kind: InvalidUTF8, Found: "byte 0x" + strconv.FormatUint(uint64(line[at]), 16) + " at " + strconv.Itoa(at+1), Expected: "UTF-8", Mend: "open the stream with UTF-8, whatever the locale says"}
	}
	if len(bytes.TrimSpace(line)) == 0 {
		return value{}, &Fault{Kind: InvalidJSON, Found: "an empty line", Expected: "one JSON object on each line", Mend: "end each message with exactly one newline"}
	}
	if !json.Valid(line) {
		return value{}, &Fault{Kind: InvalidJSON, Found: quote(string(line)) + " (" + syntax(line) + ")", Expected: "one JSON object on each line", Mend: "write messages with a JSON encoder, one message a line, and the program's own output to stdout or stderr"}
	}
	w := &walker{data: line}
	v, fault := w.value(0)
	if fault != nil {
		return value{}, fault
	}
	if v.kind != objectValue {
		return value{}, &Fault{Kind: NotAnObject, Found: quote(string(line)), Expected: "a JSON object", Mend: `write {"who":…,"what":…} or one of the messages of docs/protocol.md`}
	}
	return v, nil
}

// syntax says what is wrong with a line that is not valid JSON.
func syntax(line []byte) string {
	var raw json.RawMessage
	err := json.Unmarshal(line, &raw)
	switch text := err.Error(); { // an invalid line always gives an error
	case strings.Contains(text, "unexpected end"):
		return "it ends too early"
	case strings.Contains(text, "after top-level value"):
		return "more than one value"
	default:
		return text
	}
}

// walker makes values of a line that is known to be valid JSON. encoding/json would lose order and duplicates of keys.
type walker struct {
	data []byte
	pos  int
}

// next skips white space and gives the byte there.
func (w *walker) next() byte {
	for {
		switch c := w.data[w.pos]; c {
		case ' ', '\t', '\r', '\n':
			w.pos++
		default:
			return c
		}
	}
}

func (w *walker) value(depth int) (value, *Fault) {
	switch c := w.next(); c {
	case '{', '[':
		if depth >= MaxDepth {
			return value{}, &Fault{Kind: TooDeep, Found: "more than " + strconv.Itoa(MaxDepth) + " values inside each other", Expected: "the messages of docs/protocol.md, none of which is so deep", Mend: "do not echo the plan"}
		}
		w.pos++
		if c == '[' {
			return w.list(depth)
		}
		return w.object(depth)
	case '"':
		return value{kind: textValue, text: w.text()}, nil
	case 't', 'f', 'n':
		word := w.word()
		if word == "null" {
			return value{kind: nullValue}, nil
		}
		return value{kind: boolValue, text: word}, nil
	}
	return value{kind: numberValue, text: w.word()}, nil
}

// word takes what ends at white space or punctuation: a number, true, false or null.
func (w *walker) word() string {
	start := w.pos
	for w.pos < len(w.data) && strings.IndexByte(" \t\r\n,]}", w.data[w.pos]) < 0 {
		w.pos++
	}
	return string(w.data[start:w.pos])
}

func (w *walker) text() string {
	start, plain := w.pos, true
	for w.pos++; w.data[w.pos] != '"'; w.pos++ {
		if w.data[w.pos] == '\\' {
			plain = false
			w.pos++
		}
	}
	w.pos++
	if plain {
		return string(w.data[start+1 : w.pos-1])
	}
	var s string
	_ = json.Unmarshal(w.data[start:w.pos], &s) // it is valid
	return s
}

func (w *walker) list(depth int) (value, *Fault) {
	v := value{kind: listValue}
	for w.next() != ']' {
		item, fault := w.value(depth + 1)
		if fault != nil {
			return value{}, fault
		}
		v.items = append(v.items, item)
		if w.next() == ',' {
			w.pos++
		}
	}
	w.pos++
	return v, nil
}

func (w *walker) object(depth int) (value, *Fault) {
	v := value{kind: objectValue, fields: make([]field, 0, 8)}
	for w.next() != '}' {
		key := w.text()
		if len(v.fields) >= _fields {
			return value{}, &Fault{Kind: UnknownKey, Found: "more than " + strconv.Itoa(_fields) + " keys in one object", Expected: "the keys of docs/protocol.md"}
		}
		if v.get(key) != nil {
			return value{}, &Fault{Kind: DuplicateKey, Found: quote(key) + " twice", Expected: "each key once"}
		}
		w.next()
		w.pos++ // the colon
		item, fault := w.value(depth + 1)
		if fault != nil {
			return value{}, fault
		}
		v.fields = append(v.fields, field{key, item})
		if w.next() == ',' {
			w.pos++
		}
	}
	w.pos++
	return v, nil
}

// _fields is the number of keys that one object may have: as many listeners as a plan is likely to have.
const _fields = 1000
