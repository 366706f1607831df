package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hostsim/hostsim/scenarios/doc"
)

// reader turns nodes into the parts of one plan and collects what is wrong.
type reader struct {
	errs  *doc.Errors
	plan  *Plan
	steps int

	// what the checks of the whole plan need, see stimuli.go
	after []afterRef
}

type afterRef struct {
	node  *doc.Node
	where string
}

func (r *reader) fail(n *doc.Node, rule, where, expected string) {
	r.errs.At(n, Error{Rule: rule, Where: where, Found: n.Found(), Expected: expected})
}

// fields calls f for every key of a mapping that is one of names, and reports the others.
func (r *reader) fields(n *doc.Node, where, what string, names []string, f func(key string, k, v *doc.Node)) bool {
	if n.Kind != doc.Map {
		r.fail(n, "wrong value", where, what+", a mapping with the keys "+doc.OneOf(names))
		return false
	}
	for i := 0; i < n.Len(); i++ {
		k, v := n.Pair(i)
		if !slices.Contains(names, k.Text) {
			r.errs.At(k, Error{Rule: "unknown key", Where: where, Found: k.Found(), Expected: doc.OneOf(names), Nearest: doc.Nearest(k.Text, names)})
			continue
		}
		f(k.Text, k, v)
	}
	return true
}

// list gives the items of a list of at most most items; nil after a report.
func (r *reader) list(n *doc.Node, where, what string, most int) []doc.Node {
	if n.Kind != doc.List {
		r.fail(n, "wrong value", where, "a list of "+what)
		return nil
	}
	if len(n.Items) > most {
		r.errs.At(n, Error{Rule: "too many " + what, Where: where, Found: strconv.Itoa(len(n.Items)), Expected: "at most " + strconv.Itoa(most)})
		return nil
	}
	return n.Items
}

// required reports the keys of an item that are missing.
func (r *reader) required(n *doc.Node, where string, keys ...string) {
	for _, k := range keys {
		if n.Kind == doc.Map && n.Get(k) == nil {
			r.errs.At(n, Error{Rule: "missing key", Where: where, Expected: strconv.Quote(k)})
		}
	}
}

func (r *reader) duration(n *doc.Node, where string) time.Duration {
	if n.Kind != doc.String {
		r.fail(n, "invalid duration", where, durationForm)
		return 0
	}
	d, err := ParseDuration(n.Text)
	if err != nil {
		r.fail(n, "invalid duration", where, strings.TrimPrefix(err.Error(), "expected "))
	}
	return d
}

// finite reads a duration that may not be "inf".
func (r *reader) finite(n *doc.Node, where string) time.Duration {
	d := r.duration(n, where)
	if d == Infinite {
		r.fail(n, "invalid duration", where, `a finite duration such as "300ms"`)
		return 0
	}
	return d
}

// flag reads true or false; the recordings also write 1 for true.
func (r *reader) flag(n *doc.Node, where string) bool {
	switch {
	case n.Kind == doc.Bool:
		return n.Text == "true"
	case n.Kind == doc.Number && n.Text == "1":
		return true
	}
	r.fail(n, "wrong value", where, "true or false")
	return false
}

func (r *reader) text(n *doc.Node, where string) string {
	switch {
	case n.Kind != doc.String && n.Kind != doc.Number:
		r.fail(n, "wrong value", where, "a text")
	case len(n.Text) > MaxText:
		r.fail(n, "text too long", where, "at most "+strconv.Itoa(MaxText)+" bytes")
	case n.Text == "":
		r.fail(n, "wrong value", where, "a text that is not empty")
	}
	return n.Text
}

// code reads a whole number that may be the status of a process.
func (r *reader) code(n *doc.Node, where string) int {
	v, err := strconv.Atoi(n.Text)
	if n.Kind != doc.Number || err != nil || v < 0 || v > MaxExitCode || strconv.Itoa(v) != n.Text {
		r.fail(n, "invalid number", where, fmt.Sprintf("a whole number from 0 to %d", MaxExitCode))
		return 0
	}
	return v
}

// word reads one word of a choice.
func (r *reader) word(n *doc.Node, rule, where string, words []string) string {
	if n.Kind == doc.String && slices.Contains(words, n.Text) {
		return n.Text
	}
	r.errs.At(n, Error{Rule: rule, Where: where, Found: n.Found(), Expected: doc.OneOf(words), Nearest: doc.Nearest(n.Text, words)})
	return words[0]
}

func pos(n *doc.Node) Pos { return Pos{n.Line, n.Col} }
