package recorded

import (
	"strconv"
	"strings"
	"time"

	"github.com/hostsim/hostsim/scenarios/doc"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// Error is one thing that is wrong with a file of recordings.
type Error = doc.Error

var (
	fileKeys    = []string{"name", "plan", "runs", "variants"}
	variantKeys = []string{"seen", "end", "truncated", "events"}
	jsonKeys    = []string{"plan", "release", "recordings", "definition", "variants"}
)

// Parse reads a file of recordings: the readable YAML form, which holds all releases of one plan, or the recorder's JSON,
// which holds one. name is the file's name in messages. The error joins everything that is wrong, each part an [*Error].
func Parse(name string, data []byte) ([]*Recording, error) {
	root, err := doc.Parse(name, data)
	if err != nil {
		return nil, err
	}
	return ParseNode(name, root)
}

// Is tells whether a document is a file of recordings.
func Is(root *doc.Node) bool {
	return root.Get("variants") != nil && (root.Get("definition") != nil || root.Get("runs") != nil)
}

// ParseNode is [Parse] for a document that was read already.
func ParseNode(name string, root *doc.Node) ([]*Recording, error) {
	r := &reader{errs: doc.Errors{File: name}}
	var out []*Recording
	if root.Get("definition") != nil {
		out = []*Recording{r.json(root)}
	} else {
		out = r.file(root)
	}
	if len(out) == 0 && r.errs.Empty() {
		r.errs.At(root, Error{Rule: "no recording", Expected: "at least one release under \"runs\""})
	}
	if err := r.errs.Err(); err != nil {
		return nil, err
	}
	return out, nil
}

type reader struct{ errs doc.Errors }

func (r *reader) bad(n *doc.Node, where, expected string) {
	r.errs.At(n, Error{Rule: "wrong value", Where: where, Found: n.Found(), Expected: expected})
}

// keys reports unknown and missing keys of a mapping and tells whether it is one.
func (r *reader) keys(n *doc.Node, where string, known []string, required ...string) bool {
	if n == nil || n.Kind != doc.Map {
		if n != nil {
			r.bad(n, where, "a mapping with the keys "+doc.OneOf(known))
		}
		return false
	}
	for i := 0; i < n.Len(); i++ {
		k, _ := n.Pair(i)
		found := false
		for _, w := range known {
			found = found || w == k.Text
		}
		if !found {
			r.errs.At(k, Error{Rule: "unknown key", Where: where, Found: k.Found(), Expected: doc.OneOf(known), Nearest: doc.Nearest(k.Text, known)})
		}
	}
	for _, k := range required {
		if n.Get(k) == nil {
			r.errs.At(n, Error{Rule: "missing key", Where: where, Expected: strconv.Quote(k)})
		}
	}
	return true
}

func (r *reader) count(n *doc.Node, where string) int {
	v, err := strconv.Atoi(n.Text)
	if n.Kind != doc.Number || err != nil || v < 1 || v > 1_000_000 {
		r.bad(n, where, "a number of runs, 1 or more")
		return 1
	}
	return v
}

func (r *reader) text(n *doc.Node, where string) string {
	if n == nil {
		return ""
	}
	if n.Kind != doc.String || n.Text == "" {
		r.bad(n, where, "a text")
	}
	return n.Text
}

// file reads the readable form.
func (r *reader) file(root *doc.Node) []*Recording {
	if !r.keys(root, "recordings", fileKeys, fileKeys...) || !r.errs.Empty() {
		return nil
	}
	name := r.text(root.Get("name"), "name")
	p := plan.Read(root.Get("plan"), &r.errs)
	var out []*Recording
	byRelease := map[string]*Recording{}
	if runs := root.Get("runs"); r.keysAny(runs, "runs") {
		for i := 0; i < runs.Len(); i++ {
			k, v := runs.Pair(i)
			rec := &Recording{Name: name, Release: k.Text, Runs: r.count(v, "runs"), Plan: p}
			out = append(out, rec)
			byRelease[k.Text] = rec
		}
	}
	variants := root.Get("variants")
	if variants.Kind != doc.List {
		r.bad(variants, "variants", "a list")
		return out
	}
	for i := range variants.Items {
		r.variant(&variants.Items[i], byRelease)
	}
	for _, rec := range out {
		if len(rec.Variants) == 0 && r.errs.Empty() {
			r.errs.At(root.Get("runs"), Error{Rule: "release without a variant", Found: rec.Release, Expected: "it under \"seen\" of at least one variant"})
		}
	}
	return out
}

func (r *reader) keysAny(n *doc.Node, where string) bool {
	if n.Kind != doc.Map || len(n.Items) == 0 {
		r.bad(n, where, "a mapping of releases to numbers")
		return false
	}
	return true
}

// variant reads one order of events and hands it to every release that it was seen in.
func (r *reader) variant(n *doc.Node, byRelease map[string]*Recording) {
	if !r.keys(n, "a variant", variantKeys, "seen", "end", "events") {
		return
	}
	seen, end, events := n.Get("seen"), n.Get("end"), n.Get("events")
	if seen == nil || end == nil || events == nil || !r.keysAny(seen, "seen") {
		return
	}
	ending, err := trace.ParseEnd(end.Text)
	if err != nil {
		r.errs.Add(end.Line, end.Col, *err)
		return
	}
	if events.Kind != doc.String {
		r.bad(events, "events", "lines of text, written as a literal block (|)")
		return
	}
	truncated := false
	if t := n.Get("truncated"); t != nil {
		if truncated = t.Kind == doc.Bool && t.Text == "true"; !truncated {
			r.bad(t, "truncated", "true")
		}
	}
	columns := make([]Variant, seen.Len())
	r.table(events, columns)
	for i := range columns {
		k, v := seen.Pair(i)
		rec := byRelease[k.Text]
		if rec == nil {
			r.errs.At(k, Error{Rule: "unknown release", Where: "seen", Found: k.Found(), Expected: "a release that stands under \"runs\""})
			continue
		}
		columns[i].Seen, columns[i].Truncated, columns[i].Trace.End = r.count(v, "seen"), truncated, ending
		rec.Variants = append(rec.Variants, columns[i])
	}
}

// table reads lines of events; each begins with a time in milliseconds for every column.
func (r *reader) table(n *doc.Node, columns []Variant) {
	if n.Text == "" {
		return
	}
	lines := strings.Split(strings.TrimSuffix(n.Text, "\n"), "\n")
	for i := range columns {
		columns[i].Trace.Events = make([]trace.Event, 0, len(lines))
	}
	times := make([]time.Duration, len(columns))
	for at, line := range lines {
		rest := line
		fail := func(e Error) {
			// A literal block begins in the line after its key.
			e.Found = strconv.Quote(doc.Shorten(line))
			r.errs.Add(n.Line+1+at, 1, e)
		}
		ok := true
		for i := range times {
			var word string
			word, rest, _ = strings.Cut(strings.TrimLeft(rest, " "), " ")
			times[i], ok = parseMillis(word)
			if !ok {
				fail(Error{Rule: "no time", Expected: strconv.Itoa(len(columns)) + " numbers of milliseconds, one for each release under \"seen\""})
				break
			}
		}
		if !ok {
			continue
		}
		e, given, err := trace.ParseText(strings.TrimLeft(rest, " "))
		if err == nil && given&trace.GivenTime != 0 {
			err = &Error{Rule: "one time too many", Expected: "the event"}
		}
		if err != nil {
			fail(*err)
			continue
		}
		for i := range columns {
			e.At = times[i]
			columns[i].Trace.Events = append(columns[i].Trace.Events, e)
		}
	}
}

func parseMillis(s string) (time.Duration, bool) {
	ms, err := strconv.ParseInt(s, 10, 40)
	return time.Duration(ms) * time.Millisecond, err == nil
}

// json reads the recorder's own form.
func (r *reader) json(root *doc.Node) *Recording {
	if !r.keys(root, "a recording", jsonKeys, jsonKeys...) || !r.errs.Empty() {
		return nil
	}
	rec := &Recording{Name: r.text(root.Get("plan"), "plan"), Release: r.text(root.Get("release"), "release"), Runs: r.count(root.Get("recordings"), "recordings")}
	rec.Plan = plan.Read(root.Get("definition"), &r.errs)
	variants := root.Get("variants")
	if variants.Kind != doc.List || len(variants.Items) == 0 {
		r.bad(variants, "variants", "a list that is not empty")
		return rec
	}
	for i := range variants.Items {
		n := &variants.Items[i]
		if !r.keys(n, "a variant", variantKeys, "seen", "end", "events") || n.Get("seen") == nil || n.Get("end") == nil || n.Get("events") == nil {
			continue
		}
		v := Variant{Seen: r.count(n.Get("seen"), "seen"), Trace: trace.Trace{End: trace.ReadEnd(n.Get("end"), &r.errs)}}
		if t := n.Get("truncated"); t != nil {
			v.Truncated = t.Text == "true"
		}
		events := n.Get("events")
		if events.Kind != doc.List {
			r.bad(events, "events", "a list")
			continue
		}
		v.Trace.Events = make([]trace.Event, len(events.Items))
		for j := range events.Items {
			v.Trace.Events[j] = trace.ReadEvent(&events.Items[j], &r.errs)
		}
		rec.Variants = append(rec.Variants, v)
	}
	return rec
}
