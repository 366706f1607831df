package report

// Evidence is what one run of a host showed that another run may show differently: real times, the order of what races, and
// what is counted by them. Verdicts are no part of it.
type Evidence struct {
	Events  int                       `json:"events"`
	Clauses map[string]ClauseEvidence `json:"clauses"`        // by clause
	Ends    map[string]string         `json:"ends,omitempty"` // by scenario
}

// ClauseEvidence is the evidence for the verdict on one clause.
type ClauseEvidence struct {
	Exercised int       `json:"exercised"`
	Failures  []Failure `json:"failures,omitempty"`
}

// timelines is how many failures of one clause keep their timeline in a report whose evidence stands apart: the rest can be
// had by the command that replays them.
const timelines = 3

// Apart moves the evidence into the block of the wall clock, for hosts that do not run under hostsim's control: real
// processes, and hosts on stock Go, whose goroutines race in virtual time too. What is left is the same for every run of
// a host that keeps or breaks the same clauses, and can be compared byte by byte.
//
// A clause counts as hanging only if the hang itself is what breaks it; whether a run that broke it earlier hung later
// depends on races. r.WallClock must be set.
func (r *Report) Apart() {
	e := &Evidence{Events: r.Size.Events, Clauses: map[string]ClauseEvidence{}, Ends: map[string]string{}}
	r.Size.Events = 0
	for i := range r.Clauses {
		c := &r.Clauses[i]
		for k := range c.Failures {
			if k >= timelines {
				c.Failures[k].Timeline = nil
			}
		}
		if c.Verdict == Hang && !hangs(c.Failures) {
			c.Verdict = Fail
		}
		if c.Exercised > 0 || len(c.Failures) > 0 {
			e.Clauses[c.ID] = ClauseEvidence{c.Exercised, c.Failures}
		}
		c.Exercised, c.Failures = 0, nil
	}
	for i := range r.Scenarios {
		if s := &r.Scenarios[i]; s.End != "" {
			e.Ends[s.Name] = s.End
			s.End = ""
		}
	}
	r.Count()
	r.WallClock.Evidence = e
}

func hangs(failures []Failure) bool {
	for _, f := range failures {
		if f.At < 0 {
			return true
		}
	}
	return false
}

// together undoes Apart, but for the verdicts.
func (r *Report) together() {
	if r.WallClock == nil || r.WallClock.Evidence == nil {
		return
	}
	e := r.WallClock.Evidence
	r.Size.Events = e.Events
	for i := range r.Clauses {
		c := &r.Clauses[i]
		found := e.Clauses[c.ID]
		c.Exercised, c.Failures = found.Exercised, found.Failures
	}
	for i := range r.Scenarios {
		s := &r.Scenarios[i]
		s.End = e.Ends[s.Name]
	}
	r.WallClock.Evidence = nil
}
