package plan

import (
	"strconv"

	"github.com/hostsim/hostsim/scenarios/doc"
)

func (r *reader) signals(n *doc.Node) {
	for i, items := 0, r.list(n, "signals", "signals", MaxStimuli); i < len(items); i++ {
		where := "signals, " + strconv.Itoa(i+1)
		s := Stimulus{Pos: pos(&items[i])}
		r.fields(&items[i], where, "a signal from outside", []string{"after", "wait", "send"}, func(key string, _, v *doc.Node) {
			switch key {
			case "after":
				s.After = r.event(v, where)
			case "wait":
				s.Wait = r.finite(v, where+", wait")
			case "send":
				s.Send = r.word(v, "unknown signal", where, allSignals)
			}
		})
		r.required(&items[i], where, "after", "send")
		r.plan.Signals = append(r.plan.Signals, s)
	}
}

func (r *reader) connections(n *doc.Node) {
	seen := map[string]bool{}
	for i, items := 0, r.list(n, "connections", "connections", MaxStimuli); i < len(items); i++ {
		where := "connections, " + strconv.Itoa(i+1)
		c := Connection{Pos: pos(&items[i])}
		r.fields(&items[i], where, "a connection from outside", []string{"name", "after", "wait", "dial", "hold"}, func(key string, _, v *doc.Node) {
			switch key {
			case "name":
				c.Name = v.Text
				if v.Kind != doc.String || !ValidName(v.Text) {
					r.fail(v, "invalid name", where, "letters, digits, - and _, a letter first")
				} else if seen[c.Name] {
					r.fail(v, "two connections of one name", where, "each name once")
				}
				seen[c.Name] = true
			case "after":
				c.After = r.event(v, where)
			case "wait":
				c.Wait = r.finite(v, where+", wait")
			case "dial":
				c.Dial = r.address(v, where+", dial")
			case "hold":
				c.Hold = r.duration(v, where+", hold")
			}
		})
		r.required(&items[i], where, "name", "after", "dial")
		r.plan.Connections = append(r.plan.Connections, c)
	}
}

func (r *reader) files(n *doc.Node) {
	seen := map[string]bool{}
	for i, items := 0, r.list(n, "files", "files", MaxStimuli); i < len(items); i++ {
		where := "files, " + strconv.Itoa(i+1)
		f := File{Pos: pos(&items[i])}
		r.fields(&items[i], where, "a file", []string{"path", "state"}, func(key string, _, v *doc.Node) {
			switch key {
			case "path":
				f.Path = v.Text
				if v.Kind != doc.String || !isName(v.Text, "._-") {
					r.fail(v, "invalid path", where, "the name that an address has after \"unix:\"")
				} else if seen[f.Path] {
					r.fail(v, "two files of one path", where, "each path once")
				}
				seen[f.Path] = true
			case "state":
				f.State = r.word(v, "unknown state", where, fileStates)
			}
		})
		r.required(&items[i], where, "path", "state")
		r.plan.Files = append(r.plan.Files, f)
	}
}

// event reads the event that a stimulus waits for; whether it can happen is checked when the whole plan is known.
func (r *reader) event(n *doc.Node, where string) string {
	if n.Kind != doc.String {
		r.fail(n, "wrong value", where+", after", eventForm)
		return ""
	}
	r.after = append(r.after, afterRef{n, where})
	return n.Text
}

// validate checks what only the whole plan shows: that every stimulus waits for an event of an actor that the plan has.
func (r *reader) validate() {
	if len(r.after) == 0 || !r.errs.Empty() {
		return // what is broken might have been what the event belongs to
	}
	for _, a := range r.after {
		if event := a.node.Text; !r.plan.Belongs(event) {
			r.errs.At(a.node, Error{Rule: "event that can never happen", Where: a.where + ", after", Found: a.node.Found(), Expected: eventForm, Nearest: nearestEvent(r.plan, event)})
		}
	}
}
