// Package spec holds the contract: clauses by chapter, profiles, and the version matrix, all as data (YAML files beside
// this one), and loads and validates it.
package spec

import "time"

// Level is how binding a clause is.
type Level string

// The levels, strongest first.
const (
	Must   Level = "MUST"
	Should Level = "SHOULD"
	May    Level = "MAY"
)

// The lanes that a clause can be checked in.
const (
	Virtual = "virtual"
	Process = "process"
)

// Clause is one requirement.
type Clause struct {
	ID       string   // HOST-STOP-004: area, number; never reused
	Area     string   // STOP
	Level    Level    //
	Text     string   // one normative sentence
	Why      string   // why a user of a host wants it
	Source   []string // fact ids (STP-6), recordings (rec:PLAN), upstream tests (test:NAME), bugs (G60, B31)
	Profiles []string // names of the profiles it holds in, ranges expanded
	Rules    []string // rules of the version matrix that its check reads
	Features []string // features that an implementation must declare for the clause to apply
	Lanes    []string //
	Limit    string   // the tolerance that the check grants in the process lane, in words; empty: none needed
	Retired  string   // not empty: a tombstone, and why
}

// Profile is a named set of clauses with parameters.
type Profile struct {
	Name    string
	Title   string
	Clauses []*Clause
	Rules   map[string]string // the column of the version matrix
}

// Spec is the whole contract.
type Spec struct {
	Clauses  []*Clause  // in order of chapter and number, tombstones included
	Profiles []*Profile // core, strict, then the dotnet releases from old to new
	Matrix   *Matrix
	Areas    []*Area    // the chapters, in order
	Features []*Feature // what an implementation may declare, in the order of the file

	ranges *ranges
}

// Matrix is the version matrix: what differs between profiles, as data.
type Matrix struct{ Rules []*Rule }

// Rule is one row of the version matrix.
type Rule struct {
	Name   string
	What   string            // one sentence
	Part   string            // "host" or "runtime": who behaves so
	Kind   string            // "bool", "word" or "duration"
	Words  []string          // for "word": every legal value, with its meaning after a colon
	Values map[string]string // profile name → value, ranges expanded
	Source []string
}

// Word gives the value of a rule as text; it panics if the matrix has no such rule, which a test excludes.
func (p *Profile) Word(rule string) string {
	v, ok := p.Rules[rule]
	if !ok {
		panic("spec: profile " + p.Name + " has no rule " + rule)
	}
	return v
}

// Bool gives the value of a rule of kind bool.
func (p *Profile) Bool(rule string) bool { return p.Word(rule) == "true" }

// Duration gives the value of a rule of kind duration; -1 for "inf".
func (p *Profile) Duration(rule string) time.Duration {
	w := p.Word(rule)
	if w == "inf" {
		return -1
	}
	d, err := time.ParseDuration(w)
	if err != nil {
		panic("spec: rule " + rule + ": " + err.Error())
	}
	return d
}
