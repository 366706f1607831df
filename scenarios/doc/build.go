package doc

import "strconv"

// The functions of this file make nodes without places, for [AppendYAML] and [AppendJSON].

// NewText makes a text.
func NewText(s string) Node { return Node{Kind: String, Text: s} }

// NewInt makes a number.
func NewInt(n int) Node { return Node{Kind: Number, Text: strconv.Itoa(n)} }

// NewBool makes a boolean.
func NewBool(b bool) Node { return Node{Kind: Bool, Text: strconv.FormatBool(b)} }

// NewList makes a list.
func NewList(items ...Node) Node { return Node{Kind: List, Items: items} }

// NewTexts makes a list of texts.
func NewTexts(texts []string) Node {
	out := Node{Kind: List, Items: make([]Node, len(texts))}
	for i, s := range texts {
		out.Items[i] = NewText(s)
	}
	return out
}

// NewMap makes an empty mapping; Set fills it.
func NewMap() Node { return Node{Kind: Map} }

// Set adds a key, which the mapping must not have yet, and gives the mapping back.
func (n *Node) Set(key string, value Node) *Node {
	n.Items = append(n.Items, NewText(key), value)
	return n
}

// Equal tells whether two nodes hold the same values, wherever they stand. The order of keys counts.
func Equal(a, b *Node) bool {
	if a.Kind != b.Kind || a.Text != b.Text && a.Kind != Null || len(a.Items) != len(b.Items) {
		return false
	}
	for i := range a.Items {
		if !Equal(&a.Items[i], &b.Items[i]) {
			return false
		}
	}
	return true
}
