package sim

import (
	"sort"
	"strings"

	"github.com/hostsim/hostsim/scenarios/trace"
)

// WaitFor tells who waits for whom when nothing can go on any more: a cycle, if there is one, and everybody else who
// waits, oldest thread first. It must be called while the threads are still in place (see [Sim.Run]).
func (s *Sim) WaitFor() (cycle, rest []trace.Wait) {
	threads := make([]*thread, 0, len(s.alive))
	for _, t := range s.alive {
		if t.state == waiting || t.state == running {
			threads = append(threads, t)
		}
	}
	sort.Slice(threads, func(i, j int) bool { return threads[i].id < threads[j].id })
	borrower := map[*thread]*thread{}
	for _, t := range threads {
		if t.lender != nil {
			borrower[t.lender] = t
		}
	}
	next := map[*thread]*thread{}
	edge := map[*thread]trace.Wait{}
	for _, t := range threads {
		next[t], edge[t] = s.edge(t, borrower[t])
	}
	inCycle := map[*thread]bool{}
	for _, t := range threads {
		seen := map[*thread]int{}
		at := t
		for n := 0; at != nil; n++ {
			if _, again := seen[at]; again {
				break
			}
			seen[at] = n
			at = next[at]
		}
		if at == nil {
			continue
		}
		for c := at; !inCycle[c]; c = next[c] {
			inCycle[c] = true
			cycle = append(cycle, edge[c])
		}
		break
	}
	for _, t := range threads {
		if !inCycle[t] && t.state == waiting {
			rest = append(rest, edge[t])
		}
	}
	return cycle, rest
}

// edge says what t waits for and who would have to act; nil if nobody is left.
func (s *Sim) edge(t, borrower *thread) (*thread, trace.Wait) {
	w := trace.Wait{Who: t.name, Where: t.where(), Since: t.since}
	if t.state == running {
		if borrower == nil {
			return nil, w
		}
		w.Resource = "the code that runs on its thread"
		w.Holder = borrower.name
		return borrower, w
	}
	switch {
	case t.lock != nil:
		w.Resource = t.lock.name
		if h := t.lock.holder; h != nil && h.state != ended {
			w.Holder = h.name
			return h, w
		}
	case t.on != nil || t.or != nil:
		w.Resource = t.why
		for _, e := range []*event{t.on, t.or} {
			if e == nil {
				continue
			}
			if w.Resource == "" {
				w.Resource = e.name
			}
			if h := e.by; h != nil && h.id == e.byID && h.state != ended && h.state != fresh {
				w.Holder = h.name + ": " + e.how
				return h, w
			}
		}
	default:
		w.Resource = t.why
	}
	return nil, w
}

// where is what the thread was doing, outermost first.
func (t *thread) where() string {
	var parts []string
	for _, f := range t.frames {
		parts = append(parts, f.who+" · "+f.what)
	}
	if len(parts) == 0 {
		return t.name
	}
	return strings.Join(parts, " → ")
}
