package doc

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Error is one thing that is wrong with a document. Its message is
// "file:line:col: RULE in WHERE: found FOUND, expected EXPECTED; did you mean "NEAREST"?" without the parts that are empty.
type Error struct {
	File      string
	Line, Col int    // from 1; 0: the file as a whole
	Rule      string // what is wrong: "unknown key"
	Where     string // the part of the document: "service b, stop"
	Found     string // what stands there
	Expected  string // what is allowed there
	Nearest   string // the valid word that is nearest to what was found, if one is near
}

// Error words the error in one line.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		b.WriteByte(':')
		b.WriteString(strconv.Itoa(e.Line))
		b.WriteByte(':')
		b.WriteString(strconv.Itoa(e.Col))
	}
	b.WriteString(": ")
	b.WriteString(e.Rule)
	if e.Where != "" {
		b.WriteString(" in ")
		b.WriteString(e.Where)
	}
	sep := ": "
	if e.Found != "" {
		b.WriteString(": found ")
		b.WriteString(e.Found)
		sep = ", "
	}
	if e.Expected != "" {
		b.WriteString(sep)
		b.WriteString("expected ")
		b.WriteString(e.Expected)
	}
	if e.Nearest != "" {
		b.WriteString("; did you mean ")
		b.WriteString(strconv.Quote(e.Nearest))
		b.WriteByte('?')
	}
	return b.String()
}

// Errors collects what is wrong with one file. The zero value, with File set, is ready to use.
type Errors struct {
	File string
	list []*Error
	more int
}

// Add reports an error at a place; the file's name is filled in.
func (es *Errors) Add(line, col int, e Error) {
	if len(es.list) >= MaxReports {
		es.more++
		return
	}
	e.File, e.Line, e.Col = es.File, line, col
	es.list = append(es.list, &e)
}

// At reports an error at a node.
func (es *Errors) At(n *Node, e Error) { es.Add(n.Line, n.Col, e) }

// Empty tells whether nothing was reported.
func (es *Errors) Empty() bool { return len(es.list) == 0 }

// Len counts what was reported.
func (es *Errors) Len() int { return len(es.list) + es.more }

// Err joins what was reported, in order of place, nil if that is nothing. Every part is an [*Error].
func (es *Errors) Err() error {
	if len(es.list) == 0 {
		return nil
	}
	slices.SortStableFunc(es.list, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	out := make([]error, 0, len(es.list)+1)
	for _, e := range es.list {
		out = append(out, e)
	}
	if es.more > 0 {
		out = append(out, &Error{File: es.File, Rule: fmt.Sprintf("%d more errors, not shown", es.more)})
	}
	return errors.Join(out...)
}

// All lists every [*Error] within err, in order.
func All(err error) []*Error {
	var out []*Error
	var walk func(error)
	walk = func(err error) {
		switch x := err.(type) {
		case nil:
		case *Error:
			out = append(out, x)
		case interface{ Unwrap() []error }:
			for _, e := range x.Unwrap() {
				walk(e)
			}
		case interface{ Unwrap() error }:
			walk(x.Unwrap())
		}
	}
	walk(err)
	return out
}

// OneOf words a choice: `"a", "b" or "c"`.
func OneOf(words []string) string {
	var b strings.Builder
	for i, w := range words {
		switch {
		case i == 0:
		case i == len(words)-1:
			b.WriteString(" or ")
		default:
			b.WriteString(", ")
		}
		b.WriteString(w)
	}
	return b.String()
}

// Nearest gives the word that is nearest to s, "" if none is near: at most one edit for every three characters, and one
// at least. Case counts for nothing. Among equals the first wins.
func Nearest(s string, words []string) string {
	if len(s) > 64 {
		return ""
	}
	low := strings.ToLower(s)
	best, found := max(1, (len(s)+1)/3)+1, ""
	for _, w := range words {
		if w == s {
			continue
		}
		if d := distance(low, strings.ToLower(w)); d < best {
			best, found = d, w
		}
	}
	return found
}

// distance counts the insertions, deletions, replacements and swaps of neighbours between two texts.
func distance(a, b string) int {
	older, prev, cur := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], older[j-2]+1)
			}
		}
		older, prev, cur = prev, cur, older
	}
	return prev[len(b)]
}
