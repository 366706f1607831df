package doc

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// yamlPlace is the line in a message of the YAML library: of the collection around a fault, or one off, or missing.
var yamlPlace = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

func parseYAML(name string, data []byte) (*Node, error) {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var root yaml.Node
	if err := decode(dec, &root); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, &Error{File: name, Line: 1, Col: 1, Rule: "empty document", Expected: "a mapping"}
		}
		return nil, syntaxError(name, data, err)
	}
	c := &yamlReader{errs: Errors{File: name}}
	out := &Node{}
	if root.Kind == yaml.DocumentNode && len(root.Content) == 1 {
		c.node(out, root.Content[0], 1)
	}
	var second yaml.Node
	if err := decode(dec, &second); err == nil {
		c.errs.Add(second.Line, second.Column, Error{Rule: "more than one document", Found: "a second document", Expected: "one document in a file"})
	} else if !errors.Is(err, io.EOF) {
		return nil, syntaxError(name, data, err)
	}
	if err := c.errs.Err(); err != nil {
		return nil, err
	}
	return out, nil
}

// decode reads one document into a node. The library reports broken syntax by an error; a defect of its own, which
// would be a panic, becomes one too.
func decode(dec *yaml.Decoder, n *yaml.Node) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.New("yaml: this document cannot be read")
		}
	}()
	return dec.Decode(n)
}

func syntaxError(name string, data []byte, err error) error {
	msg := err.Error()
	line, col := 1, 1
	if m := yamlPlace.FindStringSubmatch(msg); m != nil {
		msg = msg[len(m[0]):]
		if n, err := strconv.Atoi(m[1]); err == nil {
			line = n
		}
	}
	if len(data) <= soughtBytes {
		line, col = faultyLine(data)
	}
	msg, _, _ = strings.Cut(msg, "\n")
	return &Error{File: name, Line: line, Col: col, Rule: "invalid YAML: " + msg}
}

// soughtBytes is the size of the largest file in which the faulty line is sought; in a larger one it is what the
// library says, which may be off.
const soughtBytes = 64 << 10

// faultyLine gives the line that makes a document invalid: the one behind the longest run of lines that is valid for
// itself. It looks back from where the library gave up.
func faultyLine(data []byte) (line, col int) {
	r := &slowReader{data: data}
	_ = readThrough(r)
	end := min(r.at, len(data))
	if i := bytes.IndexByte(data[end:], '\n'); i >= 0 {
		end += i + 1
	} else {
		end = len(data)
	}
	for budget := 4 * soughtBytes; end > 0 && budget > 0; budget -= end {
		start := bytes.LastIndexByte(data[:end-1], '\n') + 1
		if readThrough(bytes.NewReader(data[:start])) == nil {
			indent := len(data[start:end]) - len(bytes.TrimLeft(data[start:end], " "))
			return position(data, start+indent)
		}
		end = start
	}
	return position(data, end)
}

// readThrough reads every document of a stream.
func readThrough(r io.Reader) error {
	dec := yaml.NewDecoder(r)
	for {
		var n yaml.Node
		if err := decode(dec, &n); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// slowReader hands out single bytes, so that at tells how far somebody has read.
type slowReader struct {
	data []byte
	at   int
}

func (r *slowReader) Read(p []byte) (int, error) {
	if r.at >= len(r.data) {
		return 0, io.EOF
	}
	p[0] = r.data[r.at]
	r.at++
	return 1, nil
}

type yamlReader struct {
	errs    Errors
	nodes   int
	refused int
	full    bool
}

// node converts y into out. Whatever is refused leaves a report and a null.
func (c *yamlReader) node(out *Node, y *yaml.Node, depth int) {
	out.Line, out.Col = y.Line, y.Column
	if c.nodes++; c.nodes > MaxNodes {
		if !c.full {
			c.full = true
			c.errs.Add(y.Line, y.Column, Error{Rule: "document too large", Expected: "at most " + strconv.Itoa(MaxNodes) + " values"})
		}
		return
	}
	if y.Kind == yaml.AliasNode {
		c.refuse(y, "alias", "*"+y.Value)
		return
	}
	if y.Anchor != "" {
		c.refuse(y, "anchor", "&"+y.Anchor)
	}
	if y.Style&yaml.TaggedStyle != 0 {
		c.refuse(y, "tag", y.Tag)
	}
	switch y.Kind {
	case yaml.ScalarNode:
		c.scalar(out, y)
	case yaml.SequenceNode, yaml.MappingNode:
		if depth > MaxDepth {
			c.errs.Add(y.Line, y.Column, Error{Rule: "nesting too deep", Expected: "at most " + strconv.Itoa(MaxDepth) + " levels"})
			return
		}
		out.Kind = List
		out.Items = make([]Node, len(y.Content))
		for i, x := range y.Content {
			c.node(&out.Items[i], x, depth+1)
		}
		if y.Kind == yaml.MappingNode {
			out.Kind = Map
			c.keys(out, y)
		}
	}
}

// mostRefused is how many anchors, aliases and tags are reported one by one.
const mostRefused = 5

func (c *yamlReader) refuse(y *yaml.Node, what, found string) {
	if c.refused++; c.refused > mostRefused {
		c.errs.more++
		return
	}
	c.errs.Add(y.Line, y.Column, Error{Rule: what + " not allowed", Found: Shorten(found), Expected: "the value itself, written out"})
}

func (c *yamlReader) scalar(out *Node, y *yaml.Node) {
	out.Text = y.Value
	out.Kind = String
	if y.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return
	}
	switch y.Tag {
	case "!!null":
		out.Kind = Null
	case "!!bool":
		out.Kind = Bool
	case "!!int", "!!float":
		out.Kind = Number
	}
}

func (c *yamlReader) keys(m *Node, y *yaml.Node) {
	for i := 0; i < len(m.Items); i += 2 {
		k := &m.Items[i]
		switch {
		case y.Content[i].Kind != yaml.ScalarNode:
			c.errs.At(k, Error{Rule: "key not allowed", Found: k.Found(), Expected: "a word"})
		case y.Content[i].Tag == "!!merge":
			c.errs.At(k, Error{Rule: "merge key not allowed", Found: `"<<"`, Expected: "the keys themselves, written out"})
		}
		k.Kind = String
	}
	duplicates(&c.errs, m)
}

// duplicates reports every key that a mapping has twice.
func duplicates(errs *Errors, m *Node) {
	if m.Len() > 16 {
		seen := make(map[string]*Node, m.Len())
		for i := 0; i < len(m.Items); i += 2 {
			k := &m.Items[i]
			if first := seen[k.Text]; first != nil {
				duplicate(errs, k, first)
			} else {
				seen[k.Text] = k
			}
		}
		return
	}
	for i := 2; i < len(m.Items); i += 2 {
		for j := 0; j < i; j += 2 {
			if m.Items[i].Text == m.Items[j].Text {
				duplicate(errs, &m.Items[i], &m.Items[j])
				break
			}
		}
	}
}

func duplicate(errs *Errors, k, first *Node) {
	errs.At(k, Error{Rule: "duplicate key", Found: k.Found(), Expected: "each key once (the first is in line " + strconv.Itoa(first.Line) + ")"})
}
