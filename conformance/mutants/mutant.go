// Package mutants holds faulty hosts that the suite must catch: the reference host with exactly one known bug each. A
// check that kills none is not released, and a mutant that no check kills is a hole in the suite.
//
// To add one, add an entry to the table of the file of its area, and write the golden matrix anew:
//
//	go test ./conformance/mutants -update
//
// An entry is one bug that a real host has had, as small as it can be told, and says where it was seen: MU is the
// catalogue of mutants, G a bug of a Go host, B one of the .NET host, the other letters rules of the contract. The helpers
// of make.go say in a line where the bug stands: between the host and its services, its process, its log, or main.
//
// A race ([Mutant.Race]) behaves well in the default schedule. It is written on the seam, so that exploring the scenario
// that it names finds it.
package mutants

import (
	"fmt"
	"sort"

	"github.com/hostsim/hostsim/conformance/report"
	"github.com/hostsim/hostsim/conformance/virtual"
)

// Mutant is the reference host with one bug.
type Mutant struct {
	Name    string   // kebab-case, what it does wrong: stop-forward
	Bug     string   // one sentence
	Clause  string   // the clause that must kill it
	Profile string   // the profile that it is judged by; empty: strict
	Source  []string // where such a bug was seen: MU01, G86, B31
	Race    bool     // not visible in the default schedule; only exploring finds it
	Explore string   // Race: the scenario of the library on which exploring finds it
	Fault   virtual.Fault
}

var all []*Mutant

// add registers the mutants of one file; it panics on two of one name.
func add(table ...Mutant) {
	for i := range table {
		m := &table[i]
		if m.Profile == "" {
			m.Profile = "strict"
		}
		if Lookup(m.Name) != nil {
			panic(fmt.Sprintf("mutants: two mutants are named %q", m.Name))
		}
		all = append(all, m)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Name < all[j].Name })
}

// All lists the mutants by name.
func All() []*Mutant { return append([]*Mutant(nil), all...) }

// Lookup finds a mutant by name, nil if there is none.
func Lookup(name string) *Mutant {
	for _, m := range all {
		if m.Name == name {
			return m
		}
	}
	return nil
}

// Implementation makes the mutant into an implementation to be judged; close it after use.
func (m *Mutant) Implementation() *virtual.Reference {
	return virtual.NewFaulty(report.Identity{Name: m.Name, Language: "Go", Features: virtual.AllFeatures(), Bug: m.Bug}, &m.Fault)
}

// Lane makes a lane that plays plans on the mutant; close it after use.
func (m *Mutant) Lane() *virtual.Lane { return virtual.NewFaultyLane(&m.Fault) }
