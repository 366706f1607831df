package scenarios

import (
	"strings"

	"github.com/hostsim/hostsim/scenarios/doc"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// SchemaURL is where editors find the schema of a scenario file that lies outside this repository.
const SchemaURL = "https://raw.githubusercontent.com/hostsim/hostsim/main/scenarios/schema.json"

// Format writes a scenario as YAML in one fixed style, with the line that tells editors its schema. [Parse] reads back an
// equal scenario; the same scenario gives the same bytes. What real hosts did in a file of recordings is not written.
func Format(s *Scenario) []byte {
	schema := SchemaURL
	if s.Area != "" {
		schema = "../../schema.json"
	}
	n := doc.NewMap()
	n.Set("name", doc.NewText(s.Name)).Set("title", doc.NewText(s.Title))
	if s.Why != "" {
		n.Set("why", doc.NewText(s.Why))
	}
	for _, list := range []struct {
		key   string
		words []string
	}{{"clauses", s.Clauses}, {"profiles", s.Profiles}, {"lanes", s.Lanes}} {
		if len(list.words) > 0 {
			n.Set(list.key, doc.NewTexts(list.words))
		}
	}
	n.Set("plan", plan.Node(s.Plan))
	if len(s.Schedule) > 0 {
		list := doc.NewList()
		for _, d := range s.Schedule {
			list.Items = append(list.Items, doc.NewText(d.String()))
		}
		n.Set("schedule", list)
	}
	if len(s.Expect) > 0 {
		expect := doc.NewMap()
		for i := range s.Expect {
			expect.Set(strings.Join(s.Expect[i].Profiles, ", "), s.Expect[i].node())
		}
		n.Set("expect", expect)
	}
	return doc.AppendYAML([]byte("# yaml-language-server: $schema="+schema+"\n"), &n)
}

func (e *Expectation) node() doc.Node {
	n := doc.NewMap()
	if e.Timeline != nil {
		n.Set("timeline", e.Timeline.node())
	}
	if len(e.Variants) > 0 {
		list := doc.NewList()
		for _, v := range e.Variants {
			list.Items = append(list.Items, v.node())
		}
		n.Set("variants", list)
	}
	if len(e.InOrder) > 0 {
		n.Set("inOrder", lineNodes(e.InOrder))
	}
	if len(e.Never) > 0 {
		n.Set("never", lineNodes(e.Never))
	}
	ends := doc.NewList()
	for i := range e.Ends {
		ends.Items = append(ends.Items, doc.NewText(trace.FormatEnd(&e.Ends[i].End)))
	}
	switch len(ends.Items) {
	case 0:
	case 1:
		n.Set("end", ends.Items[0])
	default:
		n.Set("end", ends)
	}
	if len(e.Cycle) > 0 {
		list := doc.NewList()
		for i := range e.Cycle {
			list.Items = append(list.Items, doc.NewText(e.Cycle[i].String()))
		}
		n.Set("cycle", list)
	}
	if e.Reason != "" {
		n.Set("reason", doc.NewText(e.Reason))
	}
	return n
}

// String gives the wait as it is written.
func (l *WaitLine) String() string {
	s := trace.FormatWait(&l.Wait)
	if !l.GivenTime {
		s = s[:strings.LastIndex(s, ", since ")]
	}
	return s
}

func (tl Timeline) node() doc.Node {
	list := doc.NewList()
	for _, g := range tl {
		switch len(g) {
		case 0:
			list.Items = append(list.Items, doc.NewText("..."))
		case 1:
			list.Items = append(list.Items, doc.NewText(g[0].String()))
		default:
			m := doc.NewMap()
			list.Items = append(list.Items, *m.Set("unordered", lineNodes(g)))
		}
	}
	return list
}

func lineNodes(lines []Line) doc.Node {
	list := doc.NewList()
	for i := range lines {
		list.Items = append(list.Items, doc.NewText(lines[i].String()))
	}
	return list
}

// ExpectationOf makes the expectation that a run was the whole timeline and the end of, for these words of profiles: a
// start for a new scenario. The host's log is left out unless log is set.
func ExpectationOf(t *trace.Trace, log bool, profiles ...string) Expectation {
	e := Expectation{Profiles: profiles, Ends: []Ending{{End: trace.Ending{Kind: t.End.Kind, Code: t.End.Code, Signal: t.End.Signal}}}, Reason: t.End.Reason}
	for i := range t.Events {
		if t.Events[i].Who != trace.Log || log {
			e.Timeline = append(e.Timeline, Group{{Event: t.Events[i], Given: trace.GivenTime}})
		}
	}
	for _, w := range t.End.Cycle {
		w.Since = 0
		e.Cycle = append(e.Cycle, WaitLine{Wait: w})
	}
	return e
}
