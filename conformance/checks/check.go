// Package checks judges traces. A check is a plain function from a trace, and the profile's parameters, to a verdict
// with evidence; there is one for every clause, registered under its id, in the file of its area. Nothing here imports
// Ginkgo, runs a host or reads a clock.
package checks

import (
	"fmt"
	"sort"

	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

// Run is what a check looks at: one plan, played once under one profile in one lane.
type Run struct {
	Plan    *plan.Plan
	Trace   *trace.Trace
	Profile *spec.Profile
	Lane    string // spec.Virtual or spec.Process

	index *index // made on first use, see index.go
	more  *facts // made on first use, see planfacts.go
}

// Kind is what a check has to say about one run.
type Kind uint8

// The kinds of result. Vacuous means that the run never exercised what the clause is about: it neither passes nor fails.
const (
	Vacuous Kind = iota
	Pass
	Fail
)

// Result is what a check found in one run.
type Result struct {
	Kind Kind
	At   int    // Fail: index of the event that broke the rule, -1: the end of the run or something that never happened
	Also []int  // further events that belong to the evidence
	Said string // Fail: what was allowed and what happened, one sentence
}

// Unseen is the result of a run that never exercised the clause.
func Unseen() Result { return Result{Kind: Vacuous, At: -1} }

// Held is the result of a run that exercised the clause and kept it.
func Held() Result { return Result{Kind: Pass, At: -1} }

// Broken is the result of a run that violates the clause at event at.
func Broken(at int, format string, args ...any) Result {
	return Result{Kind: Fail, At: at, Said: fmt.Sprintf(format, args...)}
}

// With adds events to the evidence.
func (r Result) With(events ...int) Result { r.Also = append(r.Also, events...); return r }

// Check judges one clause on one run. It must not keep or change the run, must not panic on any trace whatever, and
// must give the same result for the same run.
type Check func(*Run) Result

var registry = map[string]Check{}

// Register ties a check to the id of its clause; it panics on a second one for the same id.
func Register(id string, c Check) {
	if _, dup := registry[id]; dup {
		panic("checks: two checks for " + id)
	}
	registry[id] = c
}

// Lookup finds the check of a clause, nil if there is none.
func Lookup(id string) Check { return registry[id] }

// IDs lists the clauses that have a check, sorted.
func IDs() []string {
	out := make([]string, 0, len(registry))
	for id := range registry {
		out = append(out, id)
	}
	sort.Strings(out)
	return out
}
