package doc

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

// parseJSON lets encoding/json judge the syntax, then walks the text, now known to be valid, for the places.
func parseJSON(name string, data []byte) (*Node, error) {
	if !json.Valid(data) {
		var raw json.RawMessage
		err := json.Unmarshal(data, &raw)
		var syn *json.SyntaxError
		at, msg := len(data), "unexpected end"
		if errors.As(err, &syn) {
			at, msg = int(syn.Offset)-1, strings.TrimSuffix(syn.Error(), " literal") // Go 1.26 and 1.27 differ in this word
			if strings.Contains(msg, "unexpected end") {
				at = len(data)
			}
		}
		line, col := position(data, max(at, 0))
		return nil, &Error{File: name, Line: line, Col: col, Rule: "invalid JSON: " + msg}
	}
	s := &jsonReader{data: data, line: 1, errs: Errors{File: name}}
	out := &Node{}
	s.value(out, 1)
	if err := s.errs.Err(); err != nil {
		return nil, err
	}
	return out, nil
}

// jsonReader walks valid JSON.
type jsonReader struct {
	data  []byte
	pos   int
	line  int
	start int // offset of the first byte of the line
	wide  int // bytes of the line so far that continue a character
	nodes int
	full  bool
	errs  Errors
	stack []Node // items of the containers that are still open
}

func (s *jsonReader) space() {
	for s.pos < len(s.data) {
		switch s.data[s.pos] {
		case '\n':
			s.line++
			s.start, s.wide = s.pos+1, 0
		case ' ', '\t', '\r':
		default:
			return
		}
		s.pos++
	}
}

func (s *jsonReader) value(out *Node, depth int) {
	s.space()
	out.Line, out.Col = s.line, 1+s.pos-s.start-s.wide
	if s.nodes++; s.nodes > MaxNodes && !s.full {
		s.full = true
		s.errs.At(out, Error{Rule: "document too large", Expected: "at most " + strconv.Itoa(MaxNodes) + " values"})
	}
	switch c := s.data[s.pos]; c {
	case '{', '[':
		s.container(out, c, depth)
	case '"':
		out.Kind = String
		out.Text = s.text(out)
	case 't', 'f', 'n':
		end := s.pos
		for end < len(s.data) && s.data[end] >= 'a' && s.data[end] <= 'z' {
			end++
		}
		out.Text = string(s.data[s.pos:end])
		s.pos = end
		out.Kind = Bool
		if c == 'n' {
			out.Kind = Null
		}
	default:
		end := s.pos
		for end < len(s.data) && strings.IndexByte("+-.eE0123456789", s.data[end]) >= 0 {
			end++
		}
		out.Kind, out.Text = Number, string(s.data[s.pos:end])
		s.pos = end
	}
}

func (s *jsonReader) container(out *Node, open byte, depth int) {
	out.Kind = List
	closer := byte(']')
	if open == '{' {
		out.Kind, closer = Map, '}'
	}
	if depth == MaxDepth+1 {
		s.errs.At(out, Error{Rule: "nesting too deep", Expected: "at most " + strconv.Itoa(MaxDepth) + " levels"})
	}
	s.pos++
	base := len(s.stack)
	for {
		s.space()
		switch s.data[s.pos] {
		case closer:
			s.pos++
			if depth <= MaxDepth {
				out.Items = append([]Node(nil), s.stack[base:]...)
			}
			s.stack = s.stack[:base]
			if out.Kind == Map {
				duplicates(&s.errs, out)
			}
			return
		case ',', ':':
			s.pos++
			continue
		}
		var item Node
		s.value(&item, depth+1)
		if !s.full && depth <= MaxDepth {
			s.stack = append(s.stack, item)
		}
	}
}

// text reads the string at pos. One without escapes is taken as it is, else encoding/json resolves it.
func (s *jsonReader) text(n *Node) string {
	i := s.pos + 1
	escaped := false
	for s.data[i] != '"' {
		if s.data[i] == '\\' {
			escaped = true
			i++
		} else if s.data[i] >= utf8.RuneSelf && !utf8.RuneStart(s.data[i]) {
			s.wide++
		}
		i++
	}
	raw := s.data[s.pos : i+1]
	s.pos = i + 1
	if !escaped {
		return string(raw[1 : len(raw)-1])
	}
	if at := loneSurrogate(raw); at >= 0 {
		s.errs.At(n, Error{Rule: "invalid JSON", Found: "half of a surrogate pair, " + string(raw[at:at+6]), Expected: "both halves"})
	}
	var out string
	if json.Unmarshal(raw, &out) != nil {
		return string(raw)
	}
	return out
}

// loneSurrogate gives the offset of an escape that is half of a surrogate pair without the other half, -1 if there is
// none. raw is a valid JSON string.
func loneSurrogate(raw []byte) int {
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			continue
		}
		if raw[i+1] != 'u' {
			i++
			continue
		}
		switch u := unit(raw[i:]); {
		case u >= 0xDC00 && u < 0xE000:
			return i
		case u >= 0xD800 && u < 0xDC00:
			rest := raw[i+6:]
			if next := unit(rest); !bytes.HasPrefix(rest, []byte(`\u`)) || next < 0xDC00 || next >= 0xE000 {
				return i
			}
			i += 6
		}
		i += 5
	}
	return -1
}

// unit gives the number of the escape \uXXXX at the begin of raw, 0 if there is none.
func unit(raw []byte) uint64 {
	if len(raw) < 6 {
		return 0
	}
	u, _ := strconv.ParseUint(string(raw[2:6]), 16, 32)
	return u
}
