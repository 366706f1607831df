// Package explain turns the log of a controlled run into words: which goroutine
// holds which lock and waits for what, and in what order things happened.
//
// It is compiled into programs under test, so it imports the standard library
// alone. Nothing it prints depends on addresses, goroutine ids or wall time.
package explain

import (
	"fmt"
	"strconv"
)

// Kinds of log entry, as the runtime writes them.
const (
	Decision = 1
	Go       = 2
	Make     = 3
	Send     = 4
	Recv     = 5
	Close    = 6
	SelSend  = 7
	SelRecv  = 8
	Lock     = 9
	Locked   = 10
	Unlock   = 11
	RLock    = 12
	RLocked  = 13
	RUnlock  = 14
	WgAdd    = 15
	WgWait   = 16
	CondWait = 17
	CondWake = 18
	Gosched  = 19
	Signal   = 20
	Exit     = 21
)

// An Event is one entry of the log.
type Event struct {
	Kind int
	G    uint32  // number of the goroutine in its run
	Obj  uintptr // identity of the channel, lock or group within its run
	Aux  uintptr
	Now  int64 // virtual time, nanoseconds since 1970
	PCs  []uintptr
}

// Decode reads a log. A log that was cut off gives the events before the cut.
func Decode(words []uintptr) []Event {
	var out []Event
	for len(words) >= 4 {
		head := words[0]
		n := int(head>>32) & 0xff
		if len(words) < 4+n {
			break
		}
		out = append(out, Event{
			Kind: int(head >> 40),
			G:    uint32(head),
			Obj:  words[1],
			Aux:  words[2],
			Now:  int64(words[3]),
			PCs:  words[4 : 4+n : 4+n],
		})
		words = words[4+n:]
	}
	return out
}

// A Frame is one call of a stack, the innermost first.
type Frame struct {
	Func string // with import path: "go.uber.org/fx.(*App).Stop"
	File string // base name
	Line int
}

// Symbols gives the frames of a stack, inlined calls included.
type Symbols func(pcs []uintptr) []Frame

// Blocked is a goroutine that was left when a run ended.
type Blocked struct {
	G      uint32
	Reason string // as the runtime says it: "chan receive (durable)"
	PCs    []uintptr
}

// A Run is all that is known of one run.
type Run struct {
	Events  []Event
	Blocked []Blocked
	Symbols Symbols

	gs      map[uint32]*goroutine
	objects map[uintptr]*object
	frames  map[string][]Frame // by stack
	first   int64
}

// goroutine is what a run shows of one goroutine.
type goroutine struct {
	index   uint32
	parent  uint32
	name    string // function that it runs
	started string // where it was started
	label   string // name and start: the same in every run
	ordinal int    // among those of the same label, from 1
	hidden  bool   // the test framework's own
	last    []int  // the last thing it entered: indices of events
}

// object is a channel, lock, group or condition.
type object struct {
	made  string // where it was made, or first used
	size  int
	kind  string
	class string // the same in every run
}

// NewRun prepares a run for questions. What goroutines that run one of the hidden functions do is not told.
func NewRun(events []Event, blocked []Blocked, sym Symbols, hidden ...string) *Run {
	r := &Run{Events: events, Blocked: blocked, Symbols: sym,
		gs: map[uint32]*goroutine{}, objects: map[uintptr]*object{}, frames: map[string][]Frame{}}
	if len(events) > 0 {
		r.first = events[0].Now
	}
	r.index(hidden)
	return r
}

func (r *Run) stack(pcs []uintptr) []Frame {
	if len(pcs) == 0 {
		return nil
	}
	key := fmt.Sprint(pcs)
	if f, ok := r.frames[key]; ok {
		return f
	}
	f := r.Symbols(pcs)
	r.frames[key] = f
	return f
}

func (r *Run) index(hidden []string) {
	ordinals := map[string]int{}
	outer := map[uint32]string{}
	for _, e := range r.Events {
		if e.Kind == Go || e.Kind == Decision {
			continue
		}
		if _, ok := outer[e.G]; !ok {
			outer[e.G] = outermost(r.stack(e.PCs))
		}
	}
	for _, b := range r.Blocked {
		if outer[b.G] == "" {
			outer[b.G] = outermost(r.stack(b.PCs))
		}
	}
	for i, e := range r.Events {
		switch e.Kind {
		case Go:
			g := &goroutine{index: e.G, parent: uint32(e.Aux)}
			g.name = outer[e.G]
			if g.name == "" {
				if f := r.stack([]uintptr{e.Obj + 1}); len(f) > 0 {
					g.name = trimWrapper(f[len(f)-1].Func)
				}
			}
			if f := r.stack(e.PCs); len(f) > 0 {
				u := user(f)
				if !isStandard(u.Func) {
					g.started = place(u)
				}
				g.hidden = e.G == 1
			}
			if e.G == 0 {
				g.name, g.started, g.hidden = "the clock", "", true
			}
			for _, h := range hidden {
				g.hidden = g.hidden || g.name == h
			}
			switch g.name {
			case "testing.tRunner":
				g.name, g.started = "the test", ""
			case adapterPackage + ".(*virtualLane).play":
				g.name, g.started = "main", ""
			case adapterPackage + ".(*virtualLane).stimulus":
				g.name, g.started = "a signal from outside", ""
			case "os/signal.(*hostsimProcess).hostsimDeliver":
				g.name, g.started = "the delivery of a signal", ""
			}
			g.label = g.name + "|" + g.started
			ordinals[g.label]++
			g.ordinal = ordinals[g.label]
			r.gs[e.G] = g
		case Decision:
		default:
			g := r.g(e.G)
			if n := len(g.last); n > 0 && (e.Kind == SelSend || e.Kind == SelRecv) && e.Aux>>1 != 0 && g.last[n-1] == i-1 {
				g.last = append(g.last, i) // another case of the same select
			} else {
				g.last = append(g.last[:0:0], i)
			}
			r.object(e)
		}
	}
}

func (r *Run) g(index uint32) *goroutine {
	g := r.gs[index]
	if g == nil {
		g = &goroutine{index: index, name: "goroutine " + strconv.Itoa(int(index)), ordinal: 1}
		g.label = g.name
		r.gs[index] = g
	}
	return g
}

// object remembers what e works on.
func (r *Run) object(e Event) {
	if e.Obj == 0 {
		return
	}
	o := r.objects[e.Obj]
	if o != nil && e.Kind != Make {
		return
	}
	o = &object{}
	frames := r.stack(e.PCs)
	o.made = place(user(frames))
	switch e.Kind {
	case Make:
		o.kind, o.size = "channel", int(e.Aux)
	case Send, Recv, Close, SelSend, SelRecv:
		o.kind, o.size = "channel", -1
	case WgAdd, WgWait:
		o.kind = "sync.WaitGroup"
	case CondWait, CondWake:
		o.kind = "sync.Cond"
	default:
		o.kind = lockType(frames)
	}
	o.class = o.kind + "|" + o.made
	r.objects[e.Obj] = o
}

// title is how a goroutine is called in a sentence.
func (g *goroutine) title() string {
	s := short(g.name)
	if g.ordinal > 1 {
		s += " #" + strconv.Itoa(g.ordinal)
	}
	return s
}
