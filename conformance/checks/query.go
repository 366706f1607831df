package checks

import "github.com/hostsim/hostsim/scenarios/trace"

// index answers the questions that most checks ask, without walking the trace for each.
type index struct {
	byWhat map[string][]int // event indexes by What, in order
}

func (r *Run) idx() *index {
	if r.index == nil {
		ix := &index{byWhat: make(map[string][]int, 16)}
		for i, e := range r.Trace.Events {
			ix.byWhat[e.What] = append(ix.byWhat[e.What], i)
		}
		r.index = ix
	}
	return r.index
}

// First gives the index of the first event that is who.what in this phase, -1 if there is none.
func (r *Run) First(who, what string, phase trace.Phase) int { return r.Next(-1, who, what, phase) }

// Next gives the index of the first event after index from that is who.what in this phase, -1 if there is none.
func (r *Run) Next(from int, who, what string, phase trace.Phase) int {
	for _, i := range r.idx().byWhat[what] {
		if i > from && r.Trace.Events[i].Who == who && r.Trace.Events[i].Phase == phase {
			return i
		}
	}
	return -1
}

// All lists the indexes of the events that are what in this phase, whoever did them, in order.
func (r *Run) All(what string, phase trace.Phase) []int {
	var out []int
	for _, i := range r.idx().byWhat[what] {
		if r.Trace.Events[i].Phase == phase {
			out = append(out, i)
		}
	}
	return out
}

// Event gives event i.
func (r *Run) Event(i int) *trace.Event { return &r.Trace.Events[i] }
