package scenarios

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// Expectation is what a scenario expects under some profiles. All that it names must hold; what it does not name is free.
type Expectation struct {
	Profiles []string // words that name profiles
	Timeline Timeline // the whole run
	Variants []Timeline
	InOrder  []Line     // lines that must come in this order; what stands between them is free
	Never    []Line     // lines that must not come at all
	Ends     []Ending   // one of them; none: any
	Cycle    []WaitLine // of a deadlock: who waits for whom; any of them may stand first
	Reason   string     // a part of the reason of the end
	Pos      plan.Pos
}

// Timeline is what a whole run looks like. A line is compared in all its parts, its time only if it has one. Where no
// line of the timeline is an event of the host's log, the log is not compared.
type Timeline []Group

// Group is a part of a timeline: one line; several lines that may come in any order; or none, which stands for any
// number of events and is written "...".
type Group []Line

// Line is the text form of an event. In a Timeline it stands for that event; elsewhere it is a pattern in which whatever
// it does not name is free.
type Line struct {
	Event trace.Event
	Given trace.Given
	Pos   plan.Pos
}

// String gives the line as it is written.
func (l *Line) String() string {
	b := []byte{}
	if l.Given&trace.GivenTime != 0 {
		b = append(trace.AppendSeconds(b, l.Event.At, 3), ' ', ' ')
	}
	return string(trace.AppendText(b, &l.Event))
}

// Ending is how a run may end: its kind, and its code or signal.
type Ending struct {
	End trace.Ending
	Pos plan.Pos
}

// WaitLine is the text form of a wait; holder, place and time are compared only if it names them.
type WaitLine struct {
	Wait      trace.Wait
	GivenTime bool
	Pos       plan.Pos
}

// Tolerance says how exactly times are compared. The zero value means exactly.
type Tolerance struct {
	Abs  time.Duration // a time may be off by this …
	Rel  float64       // … and this part of itself
	Real bool          // times are real: they are counted from the first line that has one
}

// Mismatch says where a run and an expectation part.
type Mismatch struct {
	At   int      // the event of the run, -1: its end, or something that never came
	Pos  plan.Pos // the line of the scenario
	Said string   // one sentence

	fit int // how well a part fitted: two for each event before this one, one if this one is of the same actor and name
}

func (m *Mismatch) Error() string { return m.Said }

// Check compares a run with the expectation; nil if it holds.
func (e *Expectation) Check(t *trace.Trace, tol Tolerance) *Mismatch {
	if e.Timeline != nil {
		if m := e.Timeline.check(t, tol); m != nil {
			return m
		}
	}
	if len(e.Variants) > 0 {
		var far *Mismatch
		for _, v := range e.Variants {
			m := v.check(t, tol)
			if m == nil {
				far = nil
				break
			}
			if far == nil || m.At < 0 || far.At >= 0 && m.At > far.At {
				far = m // the variant that the run followed longest
			}
		}
		if far != nil {
			far.Said = "none of the " + strconv.Itoa(len(e.Variants)) + " variants fits; the nearest: " + far.Said
			return far
		}
	}
	if m := e.checkInOrder(t, tol); m != nil {
		return m
	}
	for i := range e.Never {
		for j := range t.Events {
			if l := &e.Never[i]; l.matches(&t.Events[j], &clock{tol: tol}) {
				return &Mismatch{At: j, Pos: l.Pos, Said: fmt.Sprintf("%q came, which was expected never to come", text(&t.Events[j]))}
			}
		}
	}
	return e.checkEnd(t)
}

func text(e *trace.Event) string { return string(trace.AppendTimed(nil, e)) }

// clock compares times.
type clock struct {
	tol   Tolerance
	shift time.Duration
	known bool
}

func (c *clock) agree(want, got time.Duration) bool {
	if c.tol.Real && !c.known {
		c.shift, c.known = got-want, true
	}
	off := got - c.shift - want
	return math.Abs(float64(off)) <= float64(c.tol.Abs)+c.tol.Rel*math.Abs(float64(want))
}

// is tells whether an event is the line's, in all its parts.
func (l *Line) is(e *trace.Event, c *clock) bool {
	want, got := l.Event, *e
	want.At, got.At = 0, 0
	return want == got && (l.Given&trace.GivenTime == 0 || c.agree(l.Event.At, e.At))
}

// matches tells whether an event fits the line as a pattern.
func (l *Line) matches(e *trace.Event, c *clock) bool {
	w := &l.Event
	return w.Who == e.Who && w.What == e.What &&
		(l.Given&trace.GivenPhase == 0 || w.Phase == e.Phase) &&
		(l.Given&trace.GivenOutcome == 0 || w.Outcome == e.Outcome) &&
		(l.Given&trace.GivenDetail == 0 || w.Detail == e.Detail) &&
		(l.Given&trace.GivenToken == 0 || w.Token == e.Token) &&
		(l.Given&trace.GivenTime == 0 || c.agree(w.At, e.At))
}

func (tl Timeline) hasLog() bool {
	for _, g := range tl {
		for i := range g {
			if g[i].Event.Who == trace.Log {
				return true
			}
		}
	}
	return false
}

// check compares a whole run. Parts between "..." are sought from left to right; the last must end with the run.
func (tl Timeline) check(t *trace.Trace, tol Tolerance) *Mismatch {
	log := tl.hasLog()
	var events []int
	for i := range t.Events {
		if log || t.Events[i].Who != trace.Log {
			events = append(events, i)
		}
	}
	c := &clock{tol: tol}
	at, free := 0, false
	for start := 0; start < len(tl); {
		if len(tl[start]) == 0 {
			free = true
			start++
			continue
		}
		end := start
		for end < len(tl) && len(tl[end]) > 0 {
			end++
		}
		part := tl[start:end]
		find := part.match
		if free {
			find = func(t *trace.Trace, events []int, at int, c *clock) (int, *Mismatch) {
				return part.seek(t, events, at, end == len(tl), c)
			}
		}
		next, m := find(t, events, at, c)
		if m != nil {
			return m
		}
		at, free, start = next, false, end
	}
	if !free && at < len(events) {
		i := events[at]
		pos := plan.Pos{}
		if last := tl[len(tl)-1]; len(last) > 0 {
			pos = last[len(last)-1].Pos
		}
		return &Mismatch{At: i, Pos: pos, Said: fmt.Sprintf("%q came, where the timeline has nothing more", text(&t.Events[i]))}
	}
	return nil
}

// seek finds the first place from index at on where the groups match, or only the last place of the run.
func (tl Timeline) seek(t *trace.Trace, events []int, at int, last bool, c *clock) (int, *Mismatch) {
	size := 0
	for _, g := range tl {
		size += len(g)
	}
	if last {
		at = max(at, len(events)-size)
	}
	var best *Mismatch // of the try that fitted longest
	for try := at; try == at || try+size <= len(events); try++ {
		next, m := tl.match(t, events, try, c)
		if m == nil {
			return next, nil
		}
		if best == nil || m.fit > best.fit {
			best = m
		}
	}
	return 0, best
}

// match compares groups with the events from index at on and gives the index behind them.
func (tl Timeline) match(t *trace.Trace, events []int, at int, c *clock) (int, *Mismatch) {
	save := *c
	from := at
	for _, g := range tl {
		var used uint64
		for n := range g {
			if at+n >= len(events) {
				*c = save
				return 0, &Mismatch{At: -1, fit: 2 * (at + n - from), Pos: g[n].Pos, Said: fmt.Sprintf("%q was expected, but the run has no more events", g.missing(used).String())}
			}
			i, found := events[at+n], false
			for k := range g {
				if used&(1<<k) == 0 && g[k].is(&t.Events[i], c) {
					used, found = used|1<<k, true
					break
				}
			}
			if !found {
				*c = save
				l, fit := g.missing(used), 2*(at+n-from)
				if l.Event.Who == t.Events[i].Who && l.Event.What == t.Events[i].What {
					fit++
				}
				return 0, &Mismatch{At: i, fit: fit, Pos: l.Pos, Said: fmt.Sprintf("%q was expected, %q came", l.String(), text(&t.Events[i]))}
			}
		}
		at += len(g)
	}
	return at, nil
}

// missing gives the first line of the group that is not used.
func (g Group) missing(used uint64) *Line {
	for i := range g {
		if used&(1<<i) == 0 {
			return &g[i]
		}
	}
	return &g[0]
}

func (e *Expectation) checkInOrder(t *trace.Trace, tol Tolerance) *Mismatch {
	c := &clock{tol: tol}
	at := 0
	for i := range e.InOrder {
		l := &e.InOrder[i]
		for at < len(t.Events) && !l.matches(&t.Events[at], c) {
			at++
		}
		if at == len(t.Events) {
			said := fmt.Sprintf("%q was expected and never came", l.String())
			if i > 0 {
				said = fmt.Sprintf("%q was expected after %q and never came", l.String(), e.InOrder[i-1].String())
			}
			return &Mismatch{At: -1, Pos: l.Pos, Said: said}
		}
		at++
	}
	return nil
}

func (e *Expectation) checkEnd(t *trace.Trace) *Mismatch {
	if len(e.Ends) > 0 {
		ok := false
		want := ""
		for i := range e.Ends {
			w := trace.FormatEnd(&e.Ends[i].End)
			ok = ok || w == trace.FormatEnd(&t.End)
			if i > 0 {
				want += " or "
			}
			want += w
		}
		if !ok {
			return &Mismatch{At: -1, Pos: e.Ends[0].Pos, Said: fmt.Sprintf("the run ends %s, expected was %s", trace.FormatEnd(&t.End), want)}
		}
	}
	if m := e.checkCycle(t); m != nil {
		return m
	}
	if e.Reason != "" && !strings.Contains(t.End.Reason, e.Reason) {
		return &Mismatch{At: -1, Pos: e.Pos, Said: fmt.Sprintf("the reason is %q, expected was one with %q in it", t.End.Reason, e.Reason)}
	}
	return nil
}

// checkCycle compares the cycle, whoever of it stands first.
func (e *Expectation) checkCycle(t *trace.Trace) *Mismatch {
	n := len(e.Cycle)
	if n == 0 {
		return nil
	}
	for shift := range n {
		ok := n == len(t.End.Cycle)
		for i := 0; ok && i < n; i++ {
			ok = e.Cycle[i].matches(&t.End.Cycle[(i+shift)%n])
		}
		if ok {
			return nil
		}
	}
	got := "none"
	for i := range t.End.Cycle {
		if i == 0 {
			got = ""
		} else {
			got += "; "
		}
		got += trace.FormatWait(&t.End.Cycle[i])
	}
	return &Mismatch{At: -1, Pos: e.Cycle[0].Pos, Said: "another cycle was expected; this one closed: " + got}
}

func (l *WaitLine) matches(w *trace.Wait) bool {
	return l.Wait.Who == w.Who && l.Wait.Resource == w.Resource &&
		(l.Wait.Holder == "" || l.Wait.Holder == w.Holder) &&
		(l.Wait.Where == "" || l.Wait.Where == w.Where) &&
		(!l.GivenTime || l.Wait.Since == w.Since)
}
