package explore

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/hostsim/hostsim/conformance/checks"
	"github.com/hostsim/hostsim/scenarios"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

// Text says what was covered and found.
func (r *Result) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s as %s: %s\n", r.Scenario, r.Profile, r.covered())
	if r.Schedules > 0 {
		fmt.Fprintf(&b, "%d different traces; %s; %.1f decisions a run\n", r.Distinct, r.lastNew(), float64(r.Decisions)/float64(r.Schedules))
	}
	for _, e := range r.Ends {
		fmt.Fprintf(&b, "  ended %-24s %d times\n", e.What, e.Count)
	}
	writeList(&b, fmt.Sprintf("life: %d transitions taken, %d never", len(r.Life), len(r.Untaken)), r.Untaken)
	fmt.Fprintf(&b, "clauses: %d exercised, %d whose precondition no run brought about%s\n", len(r.Exercised), len(r.Unseen), areas(r.Unseen))
	if len(r.Violations) == 0 {
		b.WriteString("no violation\n")
	}
	for _, v := range r.Violations {
		schedules := "schedules"
		if v.Count == 1 {
			schedules = "schedule"
		}
		fmt.Fprintf(&b, "VIOLATED %s in %d %s, first %s: %s\n", v.Clause, v.Count, schedules, r.number(v.First), v.Said)
	}
	return b.String()
}

// covered says how much of what there is was played.
func (r *Result) covered() string {
	how := fmt.Sprintf("sampled by %s from seed %d", r.Strategy, r.Seed)
	switch {
	case r.Strategy == Exhaustive && r.Exhausted:
		how = fmt.Sprintf("all with at most %d decisions that are not the default", r.Bound)
	case r.Strategy == Exhaustive:
		how = fmt.Sprintf("a part of those with at most %d decisions that are not the default; more --schedules or --time would go on", r.Bound)
	case r.Strategy == Sequential:
		how = "the default"
	}
	if r.Of > 1 && len(r.Parts) == 1 {
		how += fmt.Sprintf("; part %d of %d", r.Parts[0], r.Of)
	}
	if !r.Finished && r.Strategy != Exhaustive {
		how += fmt.Sprintf("; unfinished, %d were asked for", r.Wanted)
	}
	return fmt.Sprintf("%d schedules (%s)", r.Schedules, how)
}

func (r *Result) lastNew() string {
	return "the last new one appeared in schedule " + r.number(r.LastNew)
}

// number names a schedule: by its number, or in an exhaustive search by where it first left the default.
func (r *Result) number(i uint64) string {
	if r.Strategy != Exhaustive || i == 0 {
		return strconv.FormatUint(i, 10)
	}
	at, took, run := i>>40, i>>28&0xfff, i&(1<<28-1)
	return fmt.Sprintf("%d-%d-%d", at, took, run)
}

// writeList writes a heading and what it is about, broken into lines.
func writeList(b *strings.Builder, heading string, list []string) {
	const width = 118
	if len(list) == 0 {
		fmt.Fprintf(b, "%s\n", heading)
		return
	}
	line := heading + ":"
	for i, s := range list {
		if i < len(list)-1 {
			s += ","
		}
		if utf8.RuneCountInString(line)+1+utf8.RuneCountInString(s) > width {
			b.WriteString(line + "\n")
			line = "   "
		}
		line += " " + s
	}
	b.WriteString(line + "\n")
}

// areas counts clauses by their area.
func areas(ids []string) string {
	n := map[string]int{}
	var names []string
	for _, id := range ids {
		_, rest, _ := strings.Cut(id, "-")
		area, _, _ := strings.Cut(rest, "-")
		if n[area]++; n[area] == 1 {
			names = append(names, area)
		}
	}
	sort.Strings(names)
	for i, a := range names {
		names[i] = fmt.Sprintf("%s %d", a, n[a])
	}
	if len(names) == 0 {
		return ""
	}
	return " (" + strings.Join(names, ", ") + ")"
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

// In tells a violation as a run shows it: the clause, or how the run got stuck, and what is said of it. Of a hang of an
// adapter only a run that is explained tells who waits for whom.
func (v *Violation) In(s *Small) (clause, said string) {
	if trace.EndKind(v.Clause).Hangs() && s.Trace.End.Kind.Hangs() {
		return string(s.Trace.End.Kind), signature(&s.Trace.End)
	}
	return v.Clause, v.Said
}

// String tells what shows the violation: the decisions of the schedule; for an adapter what is left of the plan, and the
// name of the schedule.
func (s *Small) String() string {
	if s.Schedule != nil {
		return s.Schedule.String()
	}
	return string(plan.AppendYAML(nil, s.Plan)) + "under " + s.Named + "\n"
}

// Sizes tells how much of a plan a smaller one has: "2 of 5 services, 3 of 19 steps, 1 of 1 stimuli". What neither has is
// left out.
func Sizes(before, after *plan.Plan) string {
	var out []string
	for i, what := range []string{"services", "steps", "stimuli"} {
		if n := sizes(before)[i]; n > 0 {
			out = append(out, fmt.Sprintf("%d of %d %s", sizes(after)[i], n, what))
		}
	}
	return strings.Join(out, ", ")
}

func sizes(p *plan.Plan) [3]int {
	steps := 0
	for range p.AllSteps() {
		steps++
	}
	return [3]int{len(p.Services), steps, len(p.Signals) + len(p.Connections)}
}

// Scenario makes a scenario of a violation made small: it carries the schedule. It expects nothing: what is wrong with the run is
// what the clauses say, and a host that is mended is to pass. That of an adapter carries no decisions: its schedule has a name,
// which is told in words.
func Scenario(from *scenarios.Scenario, o *Options, v *Violation, s *Small) *scenarios.Scenario {
	clause, said := v.In(s)
	out := &scenarios.Scenario{
		Name:     from.Name + "-shrunk",
		Title:    "Found by exploring " + from.Name + ": " + v.Clause + " does not hold.",
		Why:      said,
		Profiles: []string{o.Profile.Name},
		Plan:     s.Plan,
	}
	if trace.EndKind(v.Clause).NeverEnded() {
		out.Title = "Found by exploring " + from.Name + ": " + clause + "."
	}
	if s.Schedule == nil {
		if !trace.EndKind(v.Clause).NeverEnded() {
			out.Clauses = []string{v.Clause}
		}
		return out
	}
	for _, d := range s.Schedule.Decisions {
		out.Schedule = append(out.Schedule, scenarios.Decision{At: d.At, Take: d.Take})
	}
	return out
}
