package explore

import (
	"fmt"
	"strings"

	"github.com/hostsim/hostsim/conformance/checks"
	"github.com/hostsim/hostsim/scenarios"
	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

// Text says what was covered and found.
func (r *Result) Text() string {
	var b strings.Builder
	how := fmt.Sprintf("sampled by %s from seed %d", r.Strategy, r.Seed)
	switch {
	case r.Strategy == Exhaustive && r.Exhausted:
		how = fmt.Sprintf("all with at most %d decisions that are not the default", r.Bound)
	case r.Strategy == Exhaustive:
		how = fmt.Sprintf("a part of those with at most %d decisions that are not the default; more --schedules would go on", r.Bound)
	case r.Strategy == Sequential:
		how = "the default"
	}
	fmt.Fprintf(&b, "%s as %s: %d schedules (%s)\n", r.Scenario, r.Profile, r.Schedules, how)
	if r.Schedules > 0 {
		fmt.Fprintf(&b, "%d different traces; the last new one appeared at schedule %d; %.1f decisions a run\n", r.Distinct, r.LastNew, float64(r.Decisions)/float64(r.Schedules))
	}
	for _, e := range r.Ends {
		fmt.Fprintf(&b, "  ended %-24s %d times\n", e.What, e.Count)
	}
	fmt.Fprintf(&b, "%d clauses exercised, %d never\n", len(r.Exercised), len(r.Unseen))
	if len(r.Violations) == 0 {
		b.WriteString("no violation\n")
	}
	for _, v := range r.Violations {
		fmt.Fprintf(&b, "VIOLATED %s in %d schedules, first %d: %s\n", v.Clause, v.Count, v.First, v.Said)
	}
	return b.String()
}

// Marks points at the violated clause in a timeline.
func (v *Violation) Marks(s *Small, o *Options) map[int]string {
	check := checks.Lookup(v.Clause)
	if check == nil {
		return nil
	}
	res := check(&checks.Run{Plan: s.Plan, Trace: &s.Trace, Profile: o.Profile, Lane: spec.Virtual})
	if res.Kind != checks.Fail {
		return nil
	}
	return map[int]string{res.At: v.Clause + ": " + res.Said}
}

// Scenario makes a scenario of a violation made small: it carries the schedule and expects what was seen.
func Scenario(from *scenarios.Scenario, o *Options, v *Violation, s *Small) *scenarios.Scenario {
	out := &scenarios.Scenario{
		Name:     from.Name + "-shrunk",
		Title:    "Found by exploring " + from.Name + ": " + v.Clause + " does not hold.",
		Why:      v.Said,
		Profiles: []string{o.Profile.Name},
		Plan:     s.Plan,
		Expect:   []scenarios.Expectation{scenarios.ExpectationOf(&trace.Trace{Events: s.Trace.Events, End: s.Trace.End}, true, o.Profile.Name)},
	}
	for _, d := range s.Schedule.Decisions {
		out.Schedule = append(out.Schedule, scenarios.Decision{At: d.At, Take: d.Take})
	}
	return out
}
