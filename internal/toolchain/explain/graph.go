package explain

import (
	"fmt"
	"sort"
	"strings"
)

// Learned is what other schedules of the same test showed: who wakes whom.
// Without it nothing says who would have closed a channel that was never closed.
type Learned struct {
	wakers map[string]map[string]string // class of object and direction → label of goroutine → where
}

// Learn takes in a run that ended well.
func (l *Learned) Learn(r *Run) {
	if l.wakers == nil {
		l.wakers = map[string]map[string]string{}
	}
	for _, e := range r.Events {
		o := r.objects[e.Obj]
		if o == nil {
			continue
		}
		var dir, verb string
		switch e.Kind {
		case Send, SelSend:
			dir, verb = "recv", "sends to it"
		case Close:
			dir, verb = "recv", "closes it"
		case Recv, SelRecv:
			dir, verb = "send", "receives from it"
		case WgAdd:
			if int(e.Aux) >= 0 {
				continue
			}
			dir, verb = "wait", "counts it down"
		case CondWake:
			dir, verb = "wait", "signals it"
		default:
			continue
		}
		key := o.class + "|" + dir
		if l.wakers[key] == nil {
			l.wakers[key] = map[string]string{}
		}
		g := r.g(e.G)
		if _, ok := l.wakers[key][g.label]; !ok {
			l.wakers[key][g.label] = verb + " in " + at(user(r.stack(e.PCs)))
		}
	}
}

// hold is a lock that a goroutine has.
type hold struct {
	obj    uintptr
	g      uint32
	reader bool
	where  string
}

// holds replays the locks of the log.
func (r *Run) holds() []hold {
	var held []hold
	drop := func(obj uintptr, g uint32, reader bool) {
		best := -1
		for i, h := range held {
			if h.obj == obj && h.reader == reader && (best < 0 || h.g == g) {
				best = i
			}
		}
		if best >= 0 {
			held = append(held[:best], held[best+1:]...)
		}
	}
	for _, e := range r.Events {
		switch e.Kind {
		case Locked, RLocked:
			held = append(held, hold{e.Obj, e.G, e.Kind == RLocked, at(user(r.stack(e.PCs)))})
		case Unlock:
			drop(e.Obj, e.G, false)
		case RUnlock:
			drop(e.Obj, e.G, true)
		}
	}
	return held
}

// A Wait is one goroutine that cannot go on.
type Wait struct {
	Goroutine string   `json:"goroutine"`
	Started   string   `json:"started,omitempty"`
	Holds     []string `json:"holds,omitempty"`
	For       string   `json:"waitsFor"`
	Where     string   `json:"where"`
	By        string   `json:"by,omitempty"` // who would end the wait, and how that is known

	g    uint32
	on   []uint32
	firm bool // who would end the wait is known from the run: it holds a lock
}

func (w Wait) String() string {
	var b strings.Builder
	b.WriteString(w.Goroutine)
	if w.Started != "" {
		b.WriteString(", started at " + w.Started + ",")
	}
	for i, h := range w.Holds {
		if i == 0 {
			b.WriteString(" holds ")
		} else {
			b.WriteString(" and ")
		}
		b.WriteString(h)
	}
	if len(w.Holds) > 0 {
		b.WriteString(", and")
	}
	b.WriteString(" waits " + w.For + " in " + w.Where)
	if w.By != "" {
		b.WriteString("; " + w.By)
	}
	return b.String()
}

// block is w over several lines.
func (w Wait) block(bullet string) string {
	pad := strings.Repeat(" ", len(bullet)+2)
	var b strings.Builder
	b.WriteString(bullet + w.Goroutine)
	if w.Started != "" {
		b.WriteString(", started at " + w.Started)
	}
	for _, h := range w.Holds {
		b.WriteString("\n" + pad + "holds " + h)
	}
	b.WriteString("\n" + pad + "waits " + w.For + "\n" + pad + "in    " + w.Where)
	if w.By != "" {
		b.WriteString("\n" + pad + "until " + w.By)
	}
	return b.String() + "\n"
}

// Waits tells of every goroutine that was left, in the order of their start, and
// of the cycle among them, if there is one, as indices in the order of waiting.
func (r *Run) Waits(l *Learned) (waits []Wait, cycle []int) {
	held := r.holds()
	blocked := append([]Blocked(nil), r.Blocked...)
	sort.Slice(blocked, func(i, j int) bool { return blocked[i].G < blocked[j].G })
	here := map[uint32]bool{}
	for _, b := range blocked {
		here[b.G] = true
	}
	at0 := map[uint32]int{}
	for _, b := range blocked {
		g := r.g(b.G)
		if g.hidden {
			continue
		}
		w := r.wait(b, held, here, l)
		at0[b.G] = len(waits)
		waits = append(waits, w)
	}
	return waits, findCycle(waits, at0)
}

// wait says what one goroutine waits for.
func (r *Run) wait(b Blocked, held []hold, here map[uint32]bool, l *Learned) Wait {
	g := r.g(b.G)
	w := Wait{Goroutine: g.title(), Started: g.started, g: b.G, For: "(" + b.Reason + ")", Where: at(user(r.stack(b.PCs)))}
	for _, h := range held {
		if h.g == b.G {
			w.Holds = append(w.Holds, r.lockName(h.obj, h.reader)+", locked in "+h.where)
		}
	}
	if len(g.last) == 0 || b.Reason == "sleep" {
		if b.Reason == "sleep" {
			w.For = "for time to pass"
		}
		return w
	}
	var wants []string
	for _, i := range g.last {
		e := r.Events[i]
		o := r.objects[e.Obj]
		if o == nil && len(g.last) > 1 {
			continue // a nil channel in a select
		}
		if o == nil && (e.Kind == WgWait || e.Kind == CondWait) {
			continue // a record that does not say which
		}
		switch e.Kind {
		case Lock, RLock:
			name := r.lockName(e.Obj, e.Kind == RLock)
			found := false
			for _, h := range held {
				if h.obj == e.Obj && h.g != b.G {
					w.on = append(w.on, h.g)
					w.By = "it is released by " + r.g(h.g).title() + ", who holds it"
					found, w.firm = true, true
				} else if h.obj == e.Obj {
					w.on = append(w.on, h.g)
					w.By = "it is released by itself, who holds it"
					found, w.firm = true, true
				}
			}
			wants = append(wants, "for "+name)
			if !found {
				w.By = "nobody in the bubble holds it"
			}
		case Recv, SelRecv:
			wants = append(wants, "to receive from "+channelName(o))
			r.wakers(&w, e, o, "recv", here, l)
		case Send, SelSend:
			wants = append(wants, "to send to "+channelName(o))
			r.wakers(&w, e, o, "send", here, l)
		case WgWait:
			wants = append(wants, "for "+o.kind+" first used at "+o.made)
			r.wakers(&w, e, o, "wait", here, l)
		case CondWait:
			wants = append(wants, "for "+o.kind+" first used at "+o.made)
			r.wakers(&w, e, o, "wait", here, l)
		}
	}
	if len(wants) > 0 {
		w.For = strings.Join(wants, ", or ")
		w.Where = at(user(r.stack(r.Events[g.last[0]].PCs)))
	}
	return w
}

// wakers adds to w who could end a wait for o.
func (r *Run) wakers(w *Wait, e Event, o *object, dir string, here map[uint32]bool, l *Learned) {
	if o == nil {
		return
	}
	var known map[string]string
	if l != nil {
		known = l.wakers[o.class+"|"+dir]
	}
	found := false
	for _, index := range sortedKeys(here) {
		g := r.g(index)
		if index == e.G || g.hidden {
			continue
		}
		if how, ok := known[g.label]; ok {
			w.on = append(w.on, index)
			w.By = join(w.By, g.title()+" "+how+" in other schedules")
			found = true
		}
	}
	if found {
		return
	}
	if len(known) > 0 {
		var labels []string
		for label := range known {
			labels = append(labels, label)
		}
		sort.Strings(labels)
		name, _, _ := strings.Cut(labels[0], "|")
		w.By = join(w.By, "in other schedules "+short(name)+" "+known[labels[0]]+", but it has ended")
		return
	}
	if index, why := r.guess(e, o, here); why != "" {
		w.on = append(w.on, index)
		w.By = join(w.By, why)
		return
	}
	w.By = join(w.By, "nobody that is left is known to end this wait")
}

// guess says who may be meant to end a wait when no schedule that ended well
// shows it: for a group the goroutine that was started right after the group
// counted up, for a channel the goroutine that used its other end or made it.
func (r *Run) guess(e Event, o *object, here map[uint32]bool) (uint32, string) {
	counted := map[uint32]bool{}
	var maker, user uint32
	made, used := false, false
	for _, x := range r.Events {
		switch {
		case x.Kind == Go && counted[uint32(x.Aux)]:
			counted[uint32(x.Aux)] = false
			if here[x.G] && x.G != e.G {
				return x.G, r.g(x.G).title() + " ends, which was started right after the group counted up"
			}
		case x.Obj != e.Obj:
		case x.Kind == WgAdd && int(x.Aux) > 0:
			counted[x.G] = true
		case x.Kind == Make:
			maker, made = x.G, here[x.G] && x.G != e.G
		case x.G != e.G && here[x.G]:
			sends := x.Kind == Send || x.Kind == SelSend || x.Kind == Close
			waits := e.Kind == Send || e.Kind == SelSend
			if o.kind == "channel" && sends != waits {
				user, used = x.G, true
			}
		}
	}
	switch {
	case used:
		return user, r.g(user).title() + " uses the other end of it again, as it did before"
	case made && (e.Kind == Send || e.Kind == SelSend):
		return maker, r.g(maker).title() + " receives from it (a guess: it made the channel)"
	case made:
		return maker, r.g(maker).title() + " sends to it or closes it (a guess: it made the channel)"
	}
	return 0, ""
}

func join(a, b string) string {
	switch {
	case a == "" || a == b:
		return b
	case strings.Contains(a, b):
		return a
	}
	return a + "; " + b
}

func sortedKeys(m map[uint32]bool) []uint32 {
	out := make([]uint32, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Slice(out, func(i, j int) bool { return out[i] < out[j] })
	return out
}

func (r *Run) lockName(obj uintptr, reader bool) string {
	name, where := "sync.Mutex", ""
	if o := r.objects[obj]; o != nil {
		name, where = o.kind, " first locked at "+o.made
	}
	if reader {
		name += " (as a reader)"
	}
	return "the " + name + where
}

func channelName(o *object) string {
	switch {
	case o == nil:
		return "a nil channel"
	case o.size < 0:
		return "a channel first used at " + o.made
	case o.size == 0:
		return "the channel made at " + o.made
	}
	return fmt.Sprintf("the channel of capacity %d made at %s", o.size, o.made)
}

// findCycle gives the shortest cycle of the wait-for graph; of several the one with the most locks, of those the first.
func findCycle(waits []Wait, at map[uint32]int) []int {
	var best []int
	locks := func(c []int) (n int) {
		for _, i := range c {
			if waits[i].firm {
				n++
			}
		}
		return n
	}
	for start := range waits {
		prev := map[int]int{start: -1}
		queue := []int{start}
		for len(queue) > 0 {
			i := queue[0]
			queue = queue[1:]
			for _, on := range waits[i].on {
				j, ok := at[on]
				if !ok {
					continue
				}
				if j == start {
					var c []int
					for k := i; k >= 0; k = prev[k] {
						c = append([]int{k}, c...)
					}
					if best == nil || len(c) < len(best) || len(c) == len(best) && locks(c) > locks(best) {
						best = c
					}
					queue = nil
					break
				}
				if _, seen := prev[j]; !seen {
					prev[j] = i
					queue = append(queue, j)
				}
			}
		}
	}
	return best
}

// Deadlock tells in words who waits for whom.
func (r *Run) Deadlock(l *Learned) string {
	waits, cycle := r.Waits(l)
	var b strings.Builder
	in := map[int]bool{}
	switch len(cycle) {
	case 0:
		if len(waits) > 0 {
			b.WriteString("nobody can go on, and there is no cycle of locks:\n")
		}
	case 1:
		b.WriteString("a goroutine waits for itself:\n")
	default:
		fmt.Fprintf(&b, "%d goroutines wait for each other:\n", len(cycle))
	}
	for n, i := range cycle {
		in[i] = true
		b.WriteString(waits[i].block(fmt.Sprintf("  %d. ", n+1)))
	}
	others := 0
	for i, w := range waits {
		if in[i] {
			continue
		}
		if others == 0 && len(cycle) > 0 {
			b.WriteString("behind them:\n")
		}
		others++
		if others > 20 {
			continue
		}
		b.WriteString(w.block("  - "))
	}
	if others > 20 {
		fmt.Fprintf(&b, "  - and %d more\n", others-20)
	}
	return b.String()
}
