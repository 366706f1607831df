// Package doc reads YAML and JSON into one small tree of nodes that know where they stand, and words what is wrong with
// a document: file, line, column, what was found, what was expected and the nearest valid word.
//
// It accepts the part of YAML that means the same to every reader: mappings with plain keys, sequences and scalars.
// Anchors, aliases, tags, merge keys, several documents in one file and duplicate keys are refused, so that a small file
// can never stand for a large one. JSON is read as JSON (every escape and surrogate pair as encoding/json has it).
package doc

import "strconv"

// The limits of a document. Whatever exceeds one is refused before or while it is read, never truncated.
const (
	MaxBytes   = 1 << 20 // of one file or of standard input
	MaxDepth   = 40      // mappings and sequences inside each other
	MaxNodes   = 400_000 // scalars, mappings and sequences, keys included
	MaxReports = 20      // errors reported together; the rest is counted
)

// Kind is the kind of a node.
type Kind uint8

// The kinds of node.
const (
	Null   Kind = iota
	Bool        // Text is "true" or "false"
	Number      // Text is the number as written
	String      // Text is the text, escapes resolved
	List        // Items are its items
	Map         // Items are key, value, key, value …; keys are of kind String
)

// String names the kind as messages do.
func (k Kind) String() string {
	return [...]string{"nothing", "a boolean", "a number", "a text", "a list", "a mapping"}[k]
}

// Node is one value of a document.
type Node struct {
	Kind      Kind
	Text      string
	Items     []Node
	Line, Col int // from 1; columns count characters
}

// Found describes the node for a message, shortened to one line.
func (n *Node) Found() string {
	switch n.Kind {
	case Bool, Number:
		return Shorten(n.Text)
	case String:
		return strconv.Quote(Shorten(n.Text))
	case List:
		if len(n.Items) == 0 {
			return "an empty list"
		}
	case Map:
		if len(n.Items) == 0 {
			return "an empty mapping"
		}
	}
	return n.Kind.String()
}

// Shorten cuts a text that is too long for a message and marks the cut.
func Shorten(s string) string {
	const most = 60
	n := 0
	for i := range s {
		if n == most {
			return s[:i] + "…"
		}
		n++
	}
	return s
}

// Len is the number of items of a list, or of keys of a mapping.
func (n *Node) Len() int {
	if n.Kind == Map {
		return len(n.Items) / 2
	}
	return len(n.Items)
}

// Pair gives key and value number i of a mapping.
func (n *Node) Pair(i int) (key, value *Node) { return &n.Items[2*i], &n.Items[2*i+1] }

// Get gives the value of a key of a mapping, nil if there is none or n is no mapping.
func (n *Node) Get(key string) *Node {
	if n == nil || n.Kind != Map {
		return nil
	}
	for i := 0; i < len(n.Items); i += 2 {
		if n.Items[i].Text == key {
			return &n.Items[i+1]
		}
	}
	return nil
}
