package explore

import (
	"fmt"
	"sort"
)

// Merge joins the results of all parts of one exploration into the result of the whole: the same bytes as one long run.
// It fails if the parts are not of one exploration, if one is missing or there twice, or if one is not finished; partial
// says that the latter is no fault.
func Merge(parts []*Result, partial bool) (*Result, error) {
	if len(parts) == 0 {
		return nil, fmt.Errorf("there are no results to merge")
	}
	a := parts[0]
	have := map[int]bool{}
	for _, p := range parts {
		if why := a.differs(p); why != "" {
			return nil, fmt.Errorf("the results are not parts of one exploration: %s", why)
		}
		for _, k := range p.Parts {
			if have[k] {
				return nil, fmt.Errorf("part %d of %d is there twice", k, p.Of)
			}
			have[k] = true
			if !p.Finished && !partial {
				return nil, fmt.Errorf("part %d of %d is not finished: it stands at %d schedules; the same command with the same --out goes on from there", k, p.Of, p.Schedules)
			}
		}
	}
	for k := range max(a.Of, 1) {
		if !have[k] {
			return nil, fmt.Errorf("part %d of %d is missing", k, a.Of)
		}
	}
	r := join(parts)
	r.Parts, r.Of = []int{0}, 1
	return r, nil
}

// join adds up results of one exploration.
func join(parts []*Result) *Result {
	r := *parts[0]
	r.Schedules, r.Decisions, r.Branches, r.Exhausted, r.Finished = 0, 0, 0, true, true
	r.judged = append(append([]string(nil), r.Unseen...), r.Exercised...)
	sort.Strings(r.judged)
	t := newTotals()
	for _, p := range parts {
		r.Schedules += p.Schedules
		r.Decisions += p.Decisions
		r.Branches += p.Branches
		r.Exhausted = r.Exhausted && p.Exhausted
		r.Finished = r.Finished && p.Finished
		for _, c := range p.Ends {
			t.ends[c.What] += c.Count
		}
		for _, c := range p.Life {
			t.life[c.What] += c.Count
		}
		for _, id := range p.Exercised {
			t.met[id] = true
		}
		for _, s := range p.Traces {
			mine := t.traces[s.Hash]
			if mine == nil {
				t.traces[s.Hash] = &s
				continue
			}
			mine.First = min(mine.First, s.First)
			mine.Count += s.Count
		}
		for _, v := range p.Violations {
			addViolation(t.violations, &v)
		}
	}
	r.fill(t)
	return &r
}

// differs says in what two results are not of one exploration, "" if they are. The parts that they are do not count.
func (r *Result) differs(p *Result) string {
	for _, x := range []struct {
		what string
		a, b any
	}{
		{"version", r.Hostsim, p.Hostsim}, {"scenario", r.Scenario, p.Scenario}, {"plan or clauses", r.Plan, p.Plan}, {"profile", r.Profile, p.Profile},
		{"strategy", r.Strategy, p.Strategy}, {"seed", r.Seed, p.Seed}, {"number of schedules", r.Wanted, p.Wanted}, {"bound", r.Bound, p.Bound},
		{"depth", r.Depth, p.Depth}, {"number of parts", r.Of, p.Of},
	} {
		if x.a != x.b {
			return fmt.Sprintf("the %s of one is %v, of another %v", x.what, x.a, x.b)
		}
	}
	return ""
}
