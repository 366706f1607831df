package explore

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"sort"
	"strconv"

	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

// Result is what an exploration covered and found. Results of parts join to the same bytes as one long run ([Merge]).
type Result struct {
	Format    int      `json:"format"`
	Hostsim   string   `json:"hostsim"`
	Scenario  string   `json:"scenario"`
	Plan      string   `json:"plan"` // a hash of the plan and of what is judged
	Profile   string   `json:"profile"`
	Strategy  string   `json:"strategy"`
	Seed      uint64   `json:"seed"`
	Wanted    int      `json:"wanted"` // schedules asked for, in all parts together
	Bound     int      `json:"bound,omitempty"`
	Depth     int      `json:"depth,omitempty"`
	Of        int      `json:"of"`       // into how many parts the exploration is split
	Parts     []int    `json:"parts"`    // which of them this is
	Finished  bool     `json:"finished"` // everything that was asked for has been played
	Schedules int      `json:"schedules"`
	Decisions int      `json:"decisions"`
	Exhausted bool     `json:"exhausted"`          // every schedule within the bound was played
	Branches  int      `json:"branches,omitempty"` // exhaustive: how many parts of the tree were walked to their end
	Distinct  int      `json:"distinct"`           // different traces
	LastNew   uint64   `json:"lastNew"`            // the schedule in which a new trace last appeared
	Ends      []Count  `json:"ends"`
	Unseen    []string `json:"unseen"`    // clauses whose precondition no run brought about
	Exercised []string `json:"exercised"` // the others
	Life      []Count  `json:"life"`      // the transitions of the host's life, and how many schedules took each
	Untaken   []string `json:"untaken"`   // those that none took

	Violations []Violation `json:"violations"`
	Traces     []Seen      `json:"traces"`

	traces map[uint64]*seen
	judged []string
}

// Count is how often something was seen.
type Count struct {
	What  string `json:"what"`
	Count int    `json:"count"`
}

// Violation is one clause that was broken, or one way of getting stuck.
type Violation struct {
	Clause   string    `json:"clause"` // or deadlock, hang, killed
	Said     string    `json:"said"`
	First    uint64    `json:"first"` // the first schedule that showed it
	Count    int       `json:"count"` // how many schedules did
	Schedule *Schedule `json:"schedule"`
	Named    string    `json:"named,omitempty"` // the name of the first schedule, for an adapter
	list     []choice
}

// key tells violations apart: by clause, and if the run got stuck by who waited for what.
func (v *Violation) key() string {
	if trace.EndKind(v.Clause).Hangs() {
		return v.Clause + " " + v.Said
	}
	return v.Clause
}

// Seen is one distinct trace.
type Seen struct {
	Hash  string `json:"hash"`
	First uint64 `json:"first"`
	Count int    `json:"count"`
}

type seen struct {
	first     uint64
	count     int
	end       string
	broken    []broken
	exercised []string
	life      []string
	list      []choice
}

type broken struct{ clause, said string }

func newResult(o *Options) *Result {
	r := &Result{Format: Format, Hostsim: o.Version, Scenario: o.Scenario, Plan: o.mark(), Profile: o.Profile.Name, Strategy: o.Strategy,
		Seed: o.Seed, Wanted: o.Schedules, Of: o.Of, Parts: []int{o.Shard}, traces: map[uint64]*seen{}, judged: o.judged()}
	switch o.Strategy {
	case Exhaustive:
		r.Bound = o.Bound
	case PCT:
		r.Depth = o.Depth
	}
	return r
}

// mark is a hash of everything that the options name only by reference.
func (o *Options) mark() string {
	if o.marked == "" {
		h := fnv.New64a()
		h.Write(plan.AppendJSON(nil, o.Plan))
		fmt.Fprintln(h, o.judged(), o.Allowed)
		o.marked = strconv.FormatUint(h.Sum64(), 16)
	}
	return o.marked
}

func (o *Options) judged() []string {
	out := append([]string(nil), o.Clauses...)
	if len(out) == 0 {
		for _, c := range o.Profile.Clauses {
			if c.Retired == "" && c.In(spec.Virtual) {
				out = append(out, c.ID)
			}
		}
	}
	sort.Strings(out)
	return out
}

// add takes over what a worker saw.
func (r *Result) add(other *Result) {
	r.Schedules += other.Schedules
	r.Decisions += other.Decisions
	for h, s := range other.traces {
		mine := r.traces[h]
		if mine == nil {
			r.traces[h] = s
			continue
		}
		mine.count += s.count
		if s.first < mine.first {
			mine.first, mine.list = s.first, s.list
		}
	}
}

// findViolations groups what was broken by clause, the earliest schedule first.
func (r *Result) findViolations() {
	byKey := map[string]*Violation{}
	for _, s := range r.traces {
		for _, b := range s.broken {
			n := &Violation{Clause: b.clause, First: s.first, Said: b.said, Count: s.count, list: s.list}
			addViolation(byKey, n)
		}
	}
	r.Violations = inOrder(byKey)
}

// addViolation enters a violation, or joins it with the one of its kind that is there; the earlier one tells of both.
func addViolation(all map[string]*Violation, v *Violation) {
	mine := all[v.key()]
	if mine == nil {
		all[v.key()] = v
		return
	}
	n := mine.Count + v.Count
	if v.First < mine.First {
		*mine = *v
	}
	mine.Count = n
}

func inOrder(all map[string]*Violation) []Violation {
	out := make([]Violation, 0, len(all))
	for _, v := range all {
		out = append(out, *v)
	}
	sort.Slice(out, func(i, j int) bool {
		if out[i].First != out[j].First {
			return out[i].First < out[j].First
		}
		return out[i].key() < out[j].key()
	})
	return out
}

// name plays the first schedule of every violation again to learn the names of its decisions.
func name(o *Options, w *worker, r *Result) error {
	if o.Scheduled != nil {
		for i := range r.Violations {
			r.Violations[i].Named = o.ScheduleName(r.Violations[i].First)
		}
		return nil
	}
	defer w.player.SetChooser(w.chooser())
	s := &script{}
	w.player.SetChooser(s)
	for i := range r.Violations {
		v := &r.Violations[i]
		s.reset(append([]choice(nil), v.list...), nil, true)
		if _, err := w.player.Play(o.Plan, o.Profile.Name); err != nil {
			return err
		}
		v.Schedule = &Schedule{Format: Format, Hostsim: o.Version, Decisions: s.out}
	}
	return nil
}

// totals is what several results, or all traces of one, come to together.
type totals struct {
	ends, life map[string]int
	met        map[string]bool
	traces     map[string]*Seen
	violations map[string]*Violation
}

func newTotals() *totals {
	return &totals{map[string]int{}, map[string]int{}, map[string]bool{}, map[string]*Seen{}, map[string]*Violation{}}
}

// conclude fills what is derived from the traces.
func (r *Result) conclude() {
	t := newTotals()
	for h, s := range r.traces {
		t.ends[s.end] += s.count
		for _, l := range s.life {
			t.life[l] += s.count
		}
		for _, c := range s.exercised {
			t.met[c] = true
		}
		hash := strconv.FormatUint(h, 16)
		t.traces[hash] = &Seen{Hash: hash, First: s.first, Count: s.count}
	}
	for i := range r.Violations {
		v := r.Violations[i]
		t.violations[v.key()] = &v
	}
	r.fill(t)
}

// fill enters totals in their order.
func (r *Result) fill(t *totals) {
	r.Violations = inOrder(t.violations)
	r.Ends, r.Life = counts(t.ends), counts(t.life)
	r.Distinct, r.LastNew = len(t.traces), 0
	r.Traces = make([]Seen, 0, len(t.traces))
	for _, s := range t.traces {
		r.LastNew = max(r.LastNew, s.First)
		r.Traces = append(r.Traces, *s)
	}
	sort.Slice(r.Traces, func(i, j int) bool { return r.Traces[i].First < r.Traces[j].First })
	r.Unseen, r.Exercised, r.Untaken = []string{}, []string{}, []string{}
	for _, id := range r.judged {
		if t.met[id] {
			r.Exercised = append(r.Exercised, id)
		} else {
			r.Unseen = append(r.Unseen, id)
		}
	}
	for _, l := range transitions {
		if t.life[l] == 0 {
			r.Untaken = append(r.Untaken, l)
		}
	}
	sort.Ints(r.Parts)
}

func counts(m map[string]int) []Count {
	out := make([]Count, 0, len(m))
	for k, n := range m {
		out = append(out, Count{k, n})
	}
	sort.Slice(out, func(i, j int) bool {
		if out[i].Count != out[j].Count {
			return out[i].Count > out[j].Count
		}
		return out[i].What < out[j].What
	})
	return out
}

// JSON gives the result as JSON; the same exploration gives the same bytes.
func (r *Result) JSON() ([]byte, error) {
	b, err := json.MarshalIndent(r, "", " ")
	return append(b, '\n'), err
}

// ParseResult reads a result file.
func ParseResult(data []byte) (*Result, error) {
	var r Result
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, fmt.Errorf("not a result of an exploration: %w", err)
	}
	if r.Format != Format {
		return nil, fmt.Errorf("the result has format %d, written by hostsim %s; this version reads format %d", r.Format, version(r.Hostsim), Format)
	}
	return &r, nil
}
