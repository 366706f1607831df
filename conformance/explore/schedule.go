// Package explore runs one plan under many schedules and finds the one in a thousand that breaks a clause, replays it,
// and makes it small.
//
// A schedule is the list of decisions that a run took wherever more than one thing could happen next: which of several
// ready threads goes on, which of several timers that are due at one instant goes off first, who gets a lock, and whether
// a thread is held up at a point that others can see. The default takes the first of every choice and holds nobody up.
package explore

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Format is the version of the format of schedules. A schedule of a newer format is refused.
const Format = 1

// Schedule is a run's decisions in a form that survives unrelated change: only what differs from the default is listed,
// each decision by name. A point that a later version adds is taken by its default; a decision whose point never comes
// up, or whose choice is not offered there, is reported as a divergence.
type Schedule struct {
	Format    int        `json:"format"`
	Hostsim   string     `json:"hostsim,omitempty"` // the version that wrote it
	Decisions []Decision `json:"decisions"`
}

// Decision is one choice that is not the default.
type Decision struct {
	At   string `json:"at"`   // the point: kind, candidates, and how often it had come up before: "ready run|signal SIGTERM #2"
	Take string `json:"take"` // the candidate that was taken
}

// preempted is the kind of the points at which a thread may be held up.
const preempted = "preempt"

// hold is what a decision at such a point takes.
const hold = "hold"

// ParseSchedule reads a schedule; an unknown format is an error that names the version that wrote it.
func ParseSchedule(data []byte) (*Schedule, error) {
	var s Schedule
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, fmt.Errorf("not a schedule: %w", err)
	}
	if s.Format != Format {
		return nil, fmt.Errorf("the schedule has format %d, written by hostsim %s; this version reads format %d", s.Format, version(s.Hostsim), Format)
	}
	at := map[string]bool{}
	for i, d := range s.Decisions {
		if d.At == "" || d.Take == "" {
			return nil, fmt.Errorf("decision %d of the schedule names no point or no choice", i+1)
		}
		if at[d.At] {
			return nil, fmt.Errorf("decision %d of the schedule decides at %q again", i+1, d.At)
		}
		at[d.At] = true
	}
	return &s, nil
}

// version names the version that wrote a file.
func version(v string) string {
	if v == "" {
		return "an unknown version"
	}
	return v
}

// JSON gives the schedule as a file that [ParseSchedule] reads.
func (s *Schedule) JSON() ([]byte, error) {
	b, err := json.MarshalIndent(s, "", " ")
	return append(b, '\n'), err
}

// String gives one decision a line.
func (s *Schedule) String() string {
	if len(s.Decisions) == 0 {
		return "the default at every decision\n"
	}
	var b strings.Builder
	for _, d := range s.Decisions {
		fmt.Fprintf(&b, "at %s take %s\n", d.At, d.Take)
	}
	return b.String()
}

// namer gives every decision of a run its name: kind, candidates, and how often just this came up before.
type namer struct {
	count map[string]*int
	buf   []byte
}

// name is valid until the next call.
func (n *namer) name(point string, names ...string) []byte {
	b := append(append(n.buf[:0], point...), ' ')
	for i, s := range names {
		if i > 0 {
			b = append(b, '|')
		}
		b = append(b, s...)
	}
	c := n.count[string(b)]
	if c == nil {
		if n.count == nil {
			n.count = map[string]*int{}
		}
		c = new(int)
		n.count[string(b)] = c
	}
	*c++
	n.buf = strconv.AppendInt(append(b, " #"...), int64(*c), 10)
	return n.buf
}

// choiceName tells candidate k from others of its name: the second one is "NAME (2)".
func choiceName(names []string, k int) string {
	n := 1
	for _, s := range names[:k] {
		if s == names[k] {
			n++
		}
	}
	if n == 1 {
		return names[k]
	}
	return names[k] + " (" + strconv.Itoa(n) + ")"
}

// Replay is a chooser that follows a schedule.
type Replay struct {
	want    map[string]string
	order   []Decision
	used    map[string]bool
	namer   namer
	offered []string // the points that the run came to, in order
	met     int      // how many of them there were when the schedule was last followed
	quiet   bool     // nobody will ask for the divergence
	Wrong   []string // decisions that could not be followed, with what was offered instead
}

// NewReplay makes a chooser that follows s for one run.
func NewReplay(s *Schedule) *Replay {
	r := &Replay{want: make(map[string]string, len(s.Decisions)), order: s.Decisions, used: make(map[string]bool, len(s.Decisions))}
	for _, d := range s.Decisions {
		r.want[d.At] = d.Take
	}
	return r
}

// Choose implements sim.Chooser.
func (r *Replay) Choose(point string, names []string) int {
	take, at := r.decided(r.namer.name(point, names...))
	if take == "" {
		return 0
	}
	for i := range names {
		if strings.HasPrefix(take, names[i]) && choiceName(names, i) == take {
			return i
		}
	}
	r.Wrong = append(r.Wrong, fmt.Sprintf("at %q the schedule takes %q, which is not among %s", at, take, strings.Join(names, ", ")))
	return 0
}

// Preempt implements sim.Preempter.
func (r *Replay) Preempt(thread string) bool {
	take, at := r.decided(r.namer.name(preempted, thread))
	if take != "" && take != hold {
		r.Wrong = append(r.Wrong, fmt.Sprintf("at %q the schedule takes %q, which is not among %s", at, take, hold))
	}
	return take == hold
}

// decided gives what the schedule takes at a point that the run has come to, "" if it says nothing about it.
func (r *Replay) decided(point []byte) (take, at string) {
	take, ok := r.want[string(point)]
	if r.quiet {
		return take, ""
	}
	at = string(point)
	r.offered = append(r.offered, at)
	if ok {
		r.follow(at)
	}
	return take, at
}

func (r *Replay) follow(at string) { r.used[at], r.met = true, len(r.offered) }

// Divergence says, after the run, where the schedule could first not be followed; "" if it was followed to its end. It
// names the point of the schedule and the point that the run had instead.
func (r *Replay) Divergence() string {
	if len(r.Wrong) > 0 {
		return r.Wrong[0]
	}
	for _, d := range r.order {
		if !r.used[d.At] {
			return fmt.Sprintf("the schedule decides at %q (take %q), but the run never came there; %s", d.At, d.Take, r.instead(d))
		}
	}
	return ""
}

// instead names the point at which the run is most likely to have been where the schedule decides: the first after the
// last that was followed which is of the same kind and offers the same choice, else the first of the same kind, else the
// first.
func (r *Replay) instead(d Decision) string {
	rest := r.offered[r.met:]
	kind, _, _ := strings.Cut(d.At, " ")
	best, score := "", 0
	for _, at := range rest {
		k, names, _ := strings.Cut(at, " ")
		if i := strings.LastIndex(names, " #"); i >= 0 {
			names = names[:i]
		}
		n := 1
		if k == kind {
			n = 2
			for _, name := range strings.Split(names, "|") {
				if name == d.Take {
					n = 3
				}
			}
		}
		if n > score {
			best, score = at, n
		}
	}
	switch {
	case best != "":
		return fmt.Sprintf("it came to %q instead", best)
	case len(r.offered) > 0:
		return fmt.Sprintf("its last point was %q", r.offered[len(r.offered)-1])
	}
	return "it came to no point at all"
}

// script is a chooser that follows a list of numbers and takes the default when it is used up; it records what it took,
// out of how many, and, if asked, the names.
type script struct {
	list  []choice
	next  int
	pick  strategy // decides where the list is used up; nil: the default
	named bool
	namer namer
	out   []Decision
	depth int // decisions taken
}

// choice is one decision as a number.
type choice struct{ of, took uint16 }

// strategy decides among n candidates, in order of the default.
type strategy interface {
	choose(point string, names []string) int
	preempt(thread string) bool
}

func (s *script) reset(list []choice, pick strategy, named bool) {
	s.list, s.next, s.pick, s.named, s.depth = list, 0, pick, named, 0
	s.namer, s.out = namer{}, nil
}

// Choose implements sim.Chooser.
func (s *script) Choose(point string, names []string) int {
	k := 0
	if s.next < len(s.list) {
		if k = int(s.list[s.next].took); k >= len(names) {
			k = 0
		}
	} else {
		if s.pick != nil {
			k = s.pick.choose(point, names)
		}
		s.list = append(s.list, choice{uint16(len(names)), uint16(k)})
	}
	s.next++
	if s.named {
		if at := s.namer.name(point, names...); k != 0 {
			s.out = append(s.out, Decision{string(at), choiceName(names, k)})
		}
	}
	return k
}

// Preempt implements sim.Preempter.
func (s *script) Preempt(thread string) bool {
	k := uint16(0)
	if s.next < len(s.list) {
		k = s.list[s.next].took
	} else {
		if s.pick != nil && s.pick.preempt(thread) {
			k = 1
		}
		s.list = append(s.list, choice{2, k})
	}
	s.next++
	if s.named {
		if at := s.namer.name(preempted, thread); k != 0 {
			s.out = append(s.out, Decision{string(at), hold})
		}
	}
	return k != 0
}
