package protocol

import (
	"bytes"
	"encoding/json"
	"io"
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
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.UseNumber()
	v, err := parseValue(dec, 0)
	if err != nil {
		if f, ok := err.(*Fault); ok {
			return value{}, f
		}
		return value{}, &Fault{Kind: InvalidJSON, Found: quote(string(line)) + " (" + syntax(err) + ")", Expected: "one JSON object on each line", Mend: "write messages with a JSON encoder, and the program's own output to stdout or stderr"}
	}
	if _, err := dec.Token(); err != io.EOF {
		return value{}, &Fault{Kind: InvalidJSON, Found: quote(string(line)) + " (more than one value)", Expected: "one JSON object on each line", Mend: "end each message with a newline, and let one thread write at a time"}
	}
	if v.kind != objectValue {
		return value{}, &Fault{Kind: NotAnObject, Found: quote(string(line)), Expected: "a JSON object", Mend: `write {"who":…,"what":…} or one of the messages of docs/protocol.md`}
	}
	return v, nil
}

func syntax(err error) string {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return "it ends too early"
	}
	return strings.TrimPrefix(err.Error(), "json: ")
}

func parseValue(dec *json.Decoder, depth int) (value, error) {
	tok, err := dec.Token()
	if err != nil {
		return value{}, err
	}
	switch t := tok.(type) {
	case bool:
		return value{kind: boolValue, text: strconv.FormatBool(t)}, nil
	case json.Number:
		return value{kind: numberValue, text: t.String()}, nil
	case string:
		return value{kind: textValue, text: t}, nil
	case json.Delim:
		if depth >= MaxDepth {
			return value{}, &Fault{Kind: TooDeep, Found: "more than " + strconv.Itoa(MaxDepth) + " values inside each other", Expected: "the messages of docs/protocol.md, none of which is so deep", Mend: "do not echo the plan"}
		}
		if t == '[' {
			v := value{kind: listValue}
			for dec.More() {
				item, err := parseValue(dec, depth+1)
				if err != nil {
					return value{}, err
				}
				v.items = append(v.items, item)
			}
			_, err := dec.Token()
			return v, err
		}
		v := value{kind: objectValue}
		for dec.More() {
			key, err := dec.Token()
			if err != nil {
				return value{}, err
			}
			k, _ := key.(string) // the decoder refuses other keys
			if len(v.fields) < 64 && v.get(k) != nil {
				return value{}, &Fault{Kind: DuplicateKey, Found: quote(k) + " twice", Expected: "each key once"}
			}
			item, err := parseValue(dec, depth+1)
			if err != nil {
				return value{}, err
			}
			v.fields = append(v.fields, field{k, item})
		}
		_, err := dec.Token()
		return v, err
	}
	return value{kind: nullValue}, nil
}
