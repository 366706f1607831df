package spec

import (
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Error is a fault in the contract's own data, with the place where it stands. Line and Col count from 1; zero means that
// the fault belongs to the whole file.
type Error struct {
	File      string
	Line, Col int
	Msg       string
}

// Error gives FILE:LINE:COLUMN: message.
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Msg
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Col, e.Msg)
}

// file reads one YAML file node by node and collects everything that is wrong with it.
type file struct {
	name string
	errs *[]error
}

func (f *file) fail(n *yaml.Node, format string, args ...any) {
	e := &Error{File: f.name, Msg: fmt.Sprintf(format, args...)}
	if n != nil {
		e.Line, e.Col = n.Line, n.Column
	}
	*f.errs = append(*f.errs, e)
}

// parse gives the root node of the file, nil after a syntax error.
func (f *file) parse(data []byte) *yaml.Node {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		msg := strings.TrimPrefix(err.Error(), "yaml: ")
		var line int
		if n, _ := fmt.Sscanf(msg, "line %d:", &line); n == 1 {
			_, rest, _ := strings.Cut(msg, ": ")
			*f.errs = append(*f.errs, &Error{File: f.name, Line: line, Col: 1, Msg: "not YAML: " + rest})
		} else {
			f.fail(nil, "not YAML: %s", msg)
		}
		return nil
	}
	if len(doc.Content) != 1 {
		f.fail(nil, "the file is empty")
		return nil
	}
	return doc.Content[0]
}

// object is a mapping whose keys have been checked: the known ones by name, and the node itself.
type object struct {
	node   *yaml.Node
	fields map[string]*yaml.Node
	keys   map[string]*yaml.Node
}

// object reads a mapping that may have only these keys.
func (f *file) object(n *yaml.Node, what string, known ...string) *object {
	o := &object{node: n, fields: map[string]*yaml.Node{}, keys: map[string]*yaml.Node{}}
	if n.Kind != yaml.MappingNode {
		f.fail(n, "%s must be a mapping with the keys %s", what, strings.Join(known, ", "))
		return o
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if _, dup := o.fields[k.Value]; dup {
			f.fail(k, "%s has the key %q twice", what, k.Value)
			continue
		}
		if !contains(known, k.Value) {
			f.fail(k, "%s has no key %q%s; its keys are %s", what, k.Value, nearest(k.Value, known), strings.Join(known, ", "))
			continue
		}
		o.fields[k.Value], o.keys[k.Value] = v, k
	}
	return o
}

// list gives the entries of the list under key; none if the key is absent.
func (f *file) list(o *object, key string) []*yaml.Node {
	v := o.fields[key]
	if v == nil {
		return nil
	}
	if v.Kind != yaml.SequenceNode {
		f.fail(v, "%s must be a list", key)
		return nil
	}
	return v.Content
}

// text gives the text under key; "" if the key is absent. Missing or empty text is an error when it is required.
func (f *file) text(o *object, what, key string, required bool) string {
	v := o.fields[key]
	switch {
	case v == nil:
		if required && o.node.Kind == yaml.MappingNode {
			f.fail(o.node, "%s has no %s", what, key)
		}
		return ""
	case v.Kind != yaml.ScalarNode:
		f.fail(v, "%s must be text", key)
		return ""
	}
	s := strings.TrimSpace(v.Value)
	if s == "" && required {
		f.fail(v, "%s has an empty %s", what, key)
	}
	return s
}

// words gives the texts of the list under key, with their nodes.
func (f *file) words(o *object, key string) (out []string, at []*yaml.Node) {
	for _, n := range f.list(o, key) {
		if n.Kind != yaml.ScalarNode || strings.TrimSpace(n.Value) == "" {
			f.fail(n, "%s must be a list of words", key)
			continue
		}
		if contains(out, n.Value) {
			f.fail(n, "%s has %q twice", key, n.Value)
			continue
		}
		out, at = append(out, n.Value), append(at, n)
	}
	return out, at
}

// oneOf gives the words of the list under key, each of which must be known.
func (f *file) oneOf(o *object, key, kind string, known []string) []string {
	words, at := f.words(o, key)
	out := words[:0]
	for i, w := range words {
		if !contains(known, w) {
			f.fail(at[i], "there is no %s %q%s", kind, w, nearest(w, known))
			continue
		}
		out = append(out, w)
	}
	return out
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// nearest gives `, did you mean "x"?` for the known word that is closest to s, or nothing if none is close.
func nearest(s string, known []string) string {
	best, dist := "", len(s)/3+2
	for _, k := range known {
		if d := distance(strings.ToLower(s), strings.ToLower(k)); d < dist {
			best, dist = k, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %q?)", best)
}

// distance is the edit distance of two words.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diag := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diag
			if a[i-1] != b[j-1] {
				cost++
			}
			diag = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}

// join makes one error of all that was collected, nil if there is none.
func join(errs []error) error { return errors.Join(errs...) }
