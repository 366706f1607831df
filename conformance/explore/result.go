package explore

import (
	"encoding/json"
	"fmt"
	"sort"
	"strconv"

	"github.com/hostsim/hostsim/scenarios/trace"
)

// Result is what an exploration covered and found. Results of parts join to the same bytes as one long run ([Merge]).
type Result struct {
	Format    int      `json:"format"`
	Hostsim   string   `json:"hostsim"`
	Scenario  string   `json:"scenario"`
	Profile   string   `json:"profile"`
	Strategy  string   `json:"strategy"`
	Seed      uint64   `json:"seed"`
	Wanted    int      `json:"wanted"` // schedules asked for, in all parts together
	Bound     int      `json:"bound,omitempty"`
	Depth     int      `json:"depth,omitempty"`
	Of        int      `json:"of"`    // into how many parts the exploration is split
	Parts     []int    `json:"parts"` // which of them this is
	Schedules int      `json:"schedules"`
	Decisions int      `json:"decisions"`
	Exhausted bool     `json:"exhausted"` // every schedule within the bound was played
	Distinct  int      `json:"distinct"`  // different traces
	LastNew   uint64   `json:"lastNew"`   // the schedule in which a new trace last appeared
	Ends      []Count  `json:"ends"`
	Unseen    []string `json:"unseen"`      // clauses whose precondition no run brought about
	Exercised []string `json:"exercised"`   // the others
	Steps     []Count  `json:"transitions"` // what followed what in the life, and in how many different traces

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
	list     []choice
}

// Seen is one distinct trace.
type Seen struct {
	Hash  string   `json:"hash"`
	First uint64   `json:"first"`
	Count int      `json:"count"`
	End   string   `json:"end"`
	Met   []string `json:"met,omitempty"`
	Steps []string `json:"steps,omitempty"`
}

type seen struct {
	first       uint64
	count       int
	end         string
	broken      []broken
	exercised   []string
	transitions []string
	list        []choice
}

type broken struct{ clause, said string }

func newResult(o *Options) *Result {
	r := &Result{Format: Format, Hostsim: o.Version, Scenario: o.Scenario, Profile: o.Profile.Name, Strategy: o.Strategy,
		Seed: o.Seed, Wanted: o.Schedules, Of: o.Of, Parts: []int{o.Shard}, traces: map[uint64]*seen{}}
	switch o.Strategy {
	case Exhaustive:
		r.Bound = o.Bound
	case PCT:
		r.Depth = o.Depth
	}
	r.judged = o.judged()
	return r
}

func (o *Options) judged() []string {
	if len(o.Clauses) > 0 {
		out := append([]string(nil), o.Clauses...)
		sort.Strings(out)
		return out
	}
	var out []string
	for _, c := range o.Profile.Clauses {
		if c.Retired == "" {
			out = append(out, c.ID)
		}
	}
	sort.Strings(out)
	return out
}

// add takes over what another worker saw.
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
	type key struct{ clause, said string }
	byKey := map[key]*Violation{}
	for _, s := range r.traces {
		for _, b := range s.broken {
			k := key{b.clause, ""}
			if b.clause == string(trace.Deadlock) || b.clause == string(trace.HangEnd) {
				k.said = b.said
			}
			v := byKey[k]
			if v == nil {
				v = &Violation{Clause: b.clause, First: s.first, Said: b.said, list: s.list}
				byKey[k] = v
			} else if s.first < v.First {
				v.First, v.Said, v.list = s.first, b.said, s.list
			}
			v.Count += s.count
		}
	}
	r.Violations = r.Violations[:0]
	for _, v := range byKey {
		r.Violations = append(r.Violations, *v)
	}
	sort.Slice(r.Violations, func(i, j int) bool {
		a, b := &r.Violations[i], &r.Violations[j]
		if a.First != b.First {
			return a.First < b.First
		}
		return a.Clause+a.Said < b.Clause+b.Said
	})
}

// name plays the first schedule of every violation again to learn the names of its decisions.
func name(o *Options, r *Result) error {
	p := o.NewPlayer()
	defer p.Close()
	s := &script{}
	p.SetChooser(s)
	for i := range r.Violations {
		v := &r.Violations[i]
		s.reset(append([]choice(nil), v.list...), nil, true)
		if _, err := p.Play(o.Plan, o.Profile.Name); err != nil {
			return err
		}
		v.Schedule = &Schedule{Format: Format, Hostsim: o.Version, Decisions: s.out}
	}
	return nil
}

// conclude fills what is derived from the traces.
func (r *Result) conclude() {
	if r.Violations == nil {
		r.Violations = []Violation{}
	}
	r.Distinct, r.LastNew = len(r.traces), 0
	ends, steps, met := map[string]int{}, map[string]int{}, map[string]bool{}
	r.Traces = r.Traces[:0]
	for h, s := range r.traces {
		r.LastNew = max(r.LastNew, s.first)
		ends[s.end] += s.count
		for _, t := range s.transitions {
			steps[t]++
		}
		for _, c := range s.exercised {
			met[c] = true
		}
		r.Traces = append(r.Traces, Seen{Hash: strconv.FormatUint(h, 16), First: s.first, Count: s.count, End: s.end, Met: s.exercised, Steps: s.transitions})
	}
	sort.Slice(r.Traces, func(i, j int) bool { return r.Traces[i].First < r.Traces[j].First })
	r.Ends, r.Steps = counts(ends), counts(steps)
	r.Unseen, r.Exercised = []string{}, []string{}
	for _, id := range r.judged {
		if met[id] {
			r.Exercised = append(r.Exercised, id)
		} else {
			r.Unseen = append(r.Unseen, id)
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
		return nil, fmt.Errorf("the result has format %d, written by hostsim %s; this version reads format %d", r.Format, r.Hostsim, Format)
	}
	return &r, nil
}

// Merge joins the results of all parts of one exploration into the result of the whole: the same bytes as one long run.
// It fails if the parts are not of one exploration, or if one is missing or there twice.
func Merge(parts []*Result) (*Result, error) {
	if len(parts) == 0 {
		return nil, fmt.Errorf("there are no results to merge")
	}
	a := *parts[0]
	total := a
	total.Parts, total.Schedules, total.Decisions, total.Exhausted = []int{0}, 0, 0, true
	total.traces = map[uint64]*seen{}
	total.judged = append(append([]string(nil), a.Unseen...), a.Exercised...)
	sort.Strings(total.judged)
	have := map[int]bool{}
	vs := map[string]*Violation{}
	for _, p := range parts {
		if p.Scenario != a.Scenario || p.Profile != a.Profile || p.Strategy != a.Strategy || p.Seed != a.Seed || p.Wanted != a.Wanted || p.Bound != a.Bound || p.Depth != a.Depth || p.Of != a.Of || p.Hostsim != a.Hostsim {
			return nil, fmt.Errorf("the results are not parts of one exploration: %s and %s differ", describe(&a), describe(p))
		}
		for _, k := range p.Parts {
			if have[k] {
				return nil, fmt.Errorf("part %d of %d is there twice", k, p.Of)
			}
			have[k] = true
		}
		total.Schedules += p.Schedules
		total.Decisions += p.Decisions
		total.Exhausted = total.Exhausted && p.Exhausted
		for _, s := range p.Traces {
			h, err := strconv.ParseUint(s.Hash, 16, 64)
			if err != nil {
				return nil, fmt.Errorf("part %v: %q is no hash of a trace", p.Parts, s.Hash)
			}
			mine := total.traces[h]
			if mine == nil {
				mine = &seen{first: s.First, end: s.End, exercised: s.Met, transitions: s.Steps}
				total.traces[h] = mine
			}
			mine.first = min(mine.first, s.First)
			mine.count += s.Count
		}
		for i := range p.Violations {
			v := p.Violations[i]
			k := v.Clause
			if v.Clause == string(trace.Deadlock) || v.Clause == string(trace.HangEnd) {
				k += " " + v.Said
			}
			mine := vs[k]
			if mine == nil {
				vs[k] = &v
				continue
			}
			n := mine.Count + v.Count
			if v.First < mine.First {
				*mine = v
			}
			mine.Count = n
		}
	}
	for k := range a.Of {
		if !have[k] {
			return nil, fmt.Errorf("part %d of %d is missing", k, a.Of)
		}
	}
	total.Of = 1
	total.Violations = []Violation{}
	for _, v := range vs {
		total.Violations = append(total.Violations, *v)
	}
	sort.Slice(total.Violations, func(i, j int) bool {
		x, y := &total.Violations[i], &total.Violations[j]
		if x.First != y.First {
			return x.First < y.First
		}
		return x.Clause+x.Said < y.Clause+y.Said
	})
	total.conclude()
	return &total, nil
}

func describe(r *Result) string {
	return fmt.Sprintf("%s as %s, %s, seed %d, %d schedules in %d parts, hostsim %s", r.Scenario, r.Profile, r.Strategy, r.Seed, r.Wanted, r.Of, r.Hostsim)
}
