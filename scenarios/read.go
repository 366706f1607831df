package scenarios

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/hostsim/hostsim/scenarios/doc"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/recorded"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// Error is one thing that is wrong with a scenario file.
type Error = doc.Error

// The limits of a scenario file, besides those of packages doc and plan.
const (
	MaxLines     = 10_000 // of all timelines together
	MaxUnordered = 64     // lines in one unordered group
)

var (
	scenarioKeys = []string{"name", "title", "why", "clauses", "profiles", "lanes", "plan", "schedule", "expect"}
	expectKeys   = []string{"timeline", "variants", "inOrder", "never", "end", "cycle", "reason"}

	nameForm   = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	clauseForm = regexp.MustCompile(`^HOST-[A-Z]+-[0-9]{3}$`)
)

// Parse reads a scenario file, YAML or JSON. name is the file's name in messages. The error joins everything that is
// wrong, each part an [*Error] with its place. Parse never panics and may be called concurrently.
func Parse(name string, data []byte) (*Scenario, error) {
	root, err := doc.Parse(name, data)
	if err != nil {
		return nil, err
	}
	return parse(name, root)
}

// ParseAny reads whatever holds a plan: a scenario, a bare plan, or a file of recordings in either form. A bare plan and
// a recording become scenarios that expect nothing; of a recording, Recordings has what real hosts did.
func ParseAny(name string, data []byte) (*Scenario, error) {
	root, err := doc.Parse(name, data)
	if err != nil {
		return nil, err
	}
	switch {
	case recorded.Is(root):
		recs, err := recorded.ParseNode(name, root)
		if err != nil {
			return nil, err
		}
		s := &Scenario{File: name, Name: recs[0].Name, Title: "What real hosts did in the plan " + recs[0].Name + ".", Plan: recs[0].Plan, Recordings: recs}
		for _, r := range recs {
			s.Profiles = append(s.Profiles, r.Release)
		}
		return s, nil
	case root.Get("plan") != nil:
		return parse(name, root)
	case root.Get("definition") != nil:
		root = root.Get("definition")
	}
	errs := &doc.Errors{File: name}
	p := plan.Read(root, errs)
	if err := errs.Err(); err != nil {
		return nil, err
	}
	return &Scenario{File: name, Name: baseName(name), Title: "A plan without expectations.", Plan: p}, nil
}

// baseName is a file's name without folders and extension.
func baseName(file string) string {
	file = file[strings.LastIndexAny(file, `/\`)+1:]
	if at := strings.LastIndexByte(file, '.'); at > 0 {
		file = file[:at]
	}
	return file
}

type reader struct {
	errs  doc.Errors
	lines int
}

func parse(name string, root *doc.Node) (*Scenario, error) {
	r := &reader{errs: doc.Errors{File: name}}
	s := &Scenario{File: name}
	r.scenario(s, root)
	if err := r.errs.Err(); err != nil {
		return nil, err
	}
	return s, nil
}

func (r *reader) bad(n *doc.Node, rule, where, expected string) {
	r.errs.At(n, Error{Rule: rule, Where: where, Found: n.Found(), Expected: expected})
}

// unknown reports keys that are none of known.
func (r *reader) unknown(n *doc.Node, where string, known []string) {
	for i := 0; i < n.Len(); i++ {
		if k, _ := n.Pair(i); !slices.Contains(known, k.Text) {
			r.errs.At(k, Error{Rule: "unknown key", Where: where, Found: k.Found(), Expected: doc.OneOf(known), Nearest: doc.Nearest(k.Text, known)})
		}
	}
}

func (r *reader) scenario(s *Scenario, n *doc.Node) {
	if n.Kind != doc.Map {
		r.bad(n, "wrong value", "scenario", "a mapping with the keys "+doc.OneOf(scenarioKeys))
		return
	}
	r.unknown(n, "scenario", scenarioKeys)
	for _, key := range []string{"name", "title", "plan"} {
		if n.Get(key) == nil {
			r.errs.At(n, Error{Rule: "missing key", Where: "scenario", Expected: strconv.Quote(key)})
		}
	}
	if v := n.Get("name"); v != nil {
		if s.Name = r.text(v, "name"); !nameForm.MatchString(s.Name) {
			r.bad(v, "invalid name", "scenario", `small letters, digits and hyphens, such as "second-sigterm"`)
		}
	}
	s.Title = r.text(n.Get("title"), "title")
	s.Why = r.text(n.Get("why"), "why")
	s.Clauses = r.words(n.Get("clauses"), "clauses", func(v *doc.Node) {
		if !clauseForm.MatchString(v.Text) {
			r.bad(v, "invalid clause id", "clauses", "an id such as HOST-STOP-004")
		}
	})
	s.Profiles = r.words(n.Get("profiles"), "profiles", r.profile)
	s.Lanes = r.words(n.Get("lanes"), "lanes", func(v *doc.Node) {
		if !slices.Contains(lanes, v.Text) {
			r.errs.At(v, Error{Rule: "unknown lane", Found: v.Found(), Expected: doc.OneOf(lanes), Nearest: doc.Nearest(v.Text, lanes)})
		}
	})
	if v := n.Get("plan"); v != nil {
		before := r.errs.Len()
		s.Plan = plan.Read(v, &r.errs)
		if r.errs.Len() == before {
			r.unreachable(s.Plan)
		}
	}
	if v := n.Get("schedule"); v != nil {
		r.schedule(s, v)
	}
	if v := n.Get("expect"); v != nil {
		r.expect(s, v)
	}
}

// unreachable reports stimuli that the plan never triggers: a scenario has none.
func (r *reader) unreachable(p *plan.Plan) {
	for _, u := range plan.Unreachable(p) {
		r.errs.Add(u.Pos.Line, u.Pos.Col, Error{Rule: "event that never happens in this plan", Where: "a stimulus", Found: strconv.Quote(u.After), Expected: "an event that main or a script causes"})
	}
}

func (r *reader) text(n *doc.Node, where string) string {
	if n == nil {
		return ""
	}
	if n.Kind != doc.String || strings.TrimSpace(n.Text) == "" {
		r.bad(n, "wrong value", where, "a text")
	}
	return n.Text
}

func (r *reader) words(n *doc.Node, where string, check func(*doc.Node)) []string {
	if n == nil {
		return nil
	}
	if n.Kind != doc.List || len(n.Items) == 0 {
		r.bad(n, "wrong value", where, "a list of words that is not empty")
		return nil
	}
	out := make([]string, 0, len(n.Items))
	for i := range n.Items {
		v := &n.Items[i]
		if v.Kind != doc.String {
			r.bad(v, "wrong value", where, "a word")
			continue
		}
		if slices.Contains(out, v.Text) {
			r.bad(v, "the same word twice", where, "each once")
		}
		check(v)
		out = append(out, v.Text)
	}
	return out
}

func (r *reader) profile(v *doc.Node) { r.profileWord(v, v.Text) }

func (r *reader) profileWord(v *doc.Node, word string) {
	if _, err := ParseRange(word); err != nil {
		r.errs.At(v, Error{Rule: err.Error()})
	}
}

func (r *reader) expect(s *Scenario, n *doc.Node) {
	if n.Kind != doc.Map || len(n.Items) == 0 {
		r.bad(n, "wrong value", "expect", `a mapping of profiles to what is expected, such as "strict, dotnet-6..:"`)
		return
	}
	s.Expect = make([]Expectation, n.Len())
	for i := range s.Expect {
		k, v := n.Pair(i)
		e := &s.Expect[i]
		e.Pos = plan.Pos{Line: k.Line, Col: k.Col}
		speaks := false
		for _, word := range strings.Split(k.Text, ",") {
			word = strings.TrimSpace(word)
			r.profileWord(k, word)
			e.Profiles = append(e.Profiles, word)
		}
		for _, p := range Expand(e.Profiles) {
			speaks = speaks || s.SpeaksOf(p)
		}
		if !speaks && r.errs.Empty() {
			r.bad(k, "expectation for a profile that the scenario does not speak about", "expect", "one of "+strings.Join(Expand(s.Profiles), ", "))
		}
		r.expectation(e, v, "expect, "+k.Text)
	}
}

func (r *reader) expectation(e *Expectation, n *doc.Node, where string) {
	if n.Kind != doc.Map || len(n.Items) == 0 {
		r.bad(n, "wrong value", where, "a mapping with the keys "+doc.OneOf(expectKeys))
		return
	}
	r.unknown(n, where, expectKeys)
	if v := n.Get("timeline"); v != nil {
		e.Timeline = r.timeline(v, where+", timeline")
	}
	if v := n.Get("variants"); v != nil {
		if v.Kind != doc.List || len(v.Items) < 2 {
			r.bad(v, "wrong value", where+", variants", "a list of two timelines or more")
		} else {
			for i := range v.Items {
				e.Variants = append(e.Variants, r.timeline(&v.Items[i], where+", variants"))
			}
		}
	}
	e.InOrder = r.patterns(n.Get("inOrder"), where+", inOrder")
	e.Never = r.patterns(n.Get("never"), where+", never")
	if v := n.Get("end"); v != nil {
		r.ends(e, v)
	}
	if v := n.Get("cycle"); v != nil {
		r.cycle(e, v, where+", cycle")
	}
	e.Reason = r.text(n.Get("reason"), where+", reason")
	if n.Get("timeline") != nil && n.Get("variants") != nil {
		k := n.Get("variants")
		r.errs.At(k, Error{Rule: "two ways to say one thing", Where: where, Found: "timeline and variants", Expected: "one of them"})
	}
}

func (r *reader) timeline(n *doc.Node, where string) Timeline {
	if n.Kind != doc.List || len(n.Items) == 0 {
		r.bad(n, "wrong value", where, `a list of lines such as "0.300  c stop begin"`)
		return nil
	}
	out := make(Timeline, 0, len(n.Items))
	for i := range n.Items {
		v := &n.Items[i]
		switch {
		case v.Kind == doc.String && v.Text == "...":
			if len(out) > 0 && len(out[len(out)-1]) == 0 {
				r.bad(v, "the same word twice", where, `one "..." is enough`)
			}
			out = append(out, nil)
		case v.Kind == doc.Map && v.Len() == 1 && v.Get("unordered") != nil:
			if g := Group(r.linesOf(v.Get("unordered"), where+", unordered", 2, MaxUnordered)); g != nil {
				out = append(out, g)
			}
		case v.Kind == doc.String:
			out = append(out, Group{r.line(v, where)})
		default:
			r.bad(v, "wrong value", where, `a line such as "0.300  c stop begin", "...", or "unordered:" with a list of lines`)
		}
	}
	return out
}

func (r *reader) patterns(n *doc.Node, where string) []Line {
	if n == nil {
		return nil
	}
	return r.linesOf(n, where, 1, MaxLines)
}

func (r *reader) linesOf(n *doc.Node, where string, least, most int) []Line {
	expected := "a list of " + strconv.Itoa(least) + " to " + strconv.Itoa(most) + " lines"
	if n.Kind != doc.List {
		r.bad(n, "wrong value", where, expected)
		return nil
	}
	if len(n.Items) < least || len(n.Items) > most {
		r.errs.At(n, Error{Rule: "wrong number of lines", Where: where, Found: strconv.Itoa(len(n.Items)), Expected: expected})
		return nil
	}
	out := make([]Line, len(n.Items))
	for i := range n.Items {
		if v := &n.Items[i]; v.Kind != doc.String {
			r.bad(v, "wrong value", where, `a line such as "0.300  c stop begin"`)
		} else {
			out[i] = r.line(v, where)
		}
	}
	return out
}

func (r *reader) line(n *doc.Node, where string) Line {
	l := Line{Pos: plan.Pos{Line: n.Line, Col: n.Col}}
	if r.lines++; r.lines > MaxLines {
		if r.lines == MaxLines+1 {
			r.bad(n, "too many lines", where, "at most "+strconv.Itoa(MaxLines)+" in a scenario")
		}
		return l
	}
	var err *Error
	if l.Event, l.Given, err = trace.ParseText(n.Text); err != nil {
		err.Where = where
		r.errs.Add(n.Line, n.Col+err.Col-1, *err)
	}
	return l
}

// ends reads one end, or a list of ends of which any will do.
func (r *reader) ends(e *Expectation, n *doc.Node) {
	items := []doc.Node{*n}
	if n.Kind == doc.List && len(n.Items) > 1 {
		items = n.Items
	}
	for i := range items {
		v := &items[i]
		end, err := trace.ParseEnd(v.Text)
		if v.Kind != doc.String || err != nil {
			if err == nil {
				err = &Error{Rule: "wrong value", Where: "end", Found: v.Found(), Expected: `an end such as "exited 0"`}
			}
			r.errs.At(v, *err)
			continue
		}
		e.Ends = append(e.Ends, Ending{end, plan.Pos{Line: v.Line, Col: v.Col}})
	}
}

func (r *reader) cycle(e *Expectation, n *doc.Node, where string) {
	if n.Kind != doc.List || len(n.Items) == 0 {
		r.bad(n, "wrong value", where, `a list of lines "WHO waits for RESOURCE"`)
		return
	}
	for i := range n.Items {
		v := &n.Items[i]
		w, err := trace.ParseWait(v.Text)
		if err != nil {
			err.Where = where
			r.errs.At(v, *err)
			continue
		}
		e.Cycle = append(e.Cycle, WaitLine{w, strings.Contains(v.Text, ", since "), plan.Pos{Line: v.Line, Col: v.Col}})
	}
	for _, end := range e.Ends {
		if end.End.Kind != trace.Deadlock {
			r.bad(n, "key that does not fit", where, `it only with "end: deadlock"`)
		}
	}
}
