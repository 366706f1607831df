package mutants

import (
	"context"
	"fmt"
	"io"
	"sort"
	"strings"

	"github.com/hostsim/hostsim/conformance/judge"
	"github.com/hostsim/hostsim/conformance/report"
	"github.com/hostsim/hostsim/spec"
)

// Kill is what became of one mutant.
type Kill struct {
	Mutant  *Mutant
	Verdict report.Verdict
	Killers []string // the clauses that it violates, in order of the contract
	ByName  bool     // the clause that its entry names is among them
}

// Matrix is the clause × mutant matrix.
type Matrix struct {
	Kills   []Kill
	Unkeyed []string // clauses with a check that kill no mutant
	Clauses []string // every clause of a profile that some mutant is judged by, in order
}

// Judge judges every mutant by its profile and makes the matrix. Mutants that only show under other schedules than the
// default (Race) are judged by exploring, which is not this function's business: they are listed with the verdict pass
// unless the default schedule shows them all the same.
func Judge(ctx context.Context, list []*Mutant, progress func(done, of int)) (*Matrix, error) {
	all, err := spec.Load()
	if err != nil {
		return nil, err
	}
	m := &Matrix{}
	killed := map[string]bool{}
	for i, mu := range list {
		if progress != nil {
			progress(i, len(list))
		}
		k, err := judgeOne(ctx, all, mu)
		if err != nil {
			return nil, fmt.Errorf("mutant %s: %w", mu.Name, err)
		}
		m.Kills = append(m.Kills, k)
		for _, id := range k.Killers {
			killed[id] = true
		}
	}
	if progress != nil {
		progress(len(list), len(list))
	}
	for _, c := range all.Clauses {
		if c.Retired != "" || !c.In(spec.Virtual) {
			continue
		}
		m.Clauses = append(m.Clauses, c.ID)
		if !killed[c.ID] {
			m.Unkeyed = append(m.Unkeyed, c.ID)
		}
	}
	return m, nil
}

func judgeOne(ctx context.Context, all *spec.Spec, mu *Mutant) (Kill, error) {
	impl := mu.Implementation()
	defer impl.Close()
	cases, err := judge.Library()
	if err != nil {
		return Kill{}, err
	}
	r, err := judge.Verify(ctx, impl, cases, judge.Options{Spec: all, Profile: mu.Profile, Partial: true})
	if err != nil {
		return Kill{}, err
	}
	k := Kill{Mutant: mu, Verdict: r.Verdict}
	for _, c := range r.Clauses {
		if len(c.Failures) > 0 {
			k.Killers = append(k.Killers, c.ID)
			k.ByName = k.ByName || c.ID == mu.Clause
		}
	}
	return k, nil
}

// Write prints one mutant a line, with the clauses that it violates, then what is missing.
func (m *Matrix) Write(w io.Writer) error {
	var b strings.Builder
	for _, k := range m.Kills {
		how := "killed by"
		if len(k.Killers) == 0 {
			how = "SURVIVES; it should be killed by"
			if k.Mutant.Race {
				how = "needs another schedule; explored for"
			}
		}
		ids := append([]string(nil), k.Killers...)
		sort.SliceStable(ids, func(i, j int) bool { return ids[i] == k.Mutant.Clause && ids[j] != k.Mutant.Clause })
		if len(ids) == 0 {
			ids = []string{k.Mutant.Clause}
		}
		fmt.Fprintf(&b, "%-38s %-10s %s %s\n", k.Mutant.Name, k.Mutant.Profile, how, strings.Join(ids, " "))
		if len(k.Killers) > 0 && !k.ByName {
			fmt.Fprintf(&b, "%-38s %-10s but NOT by %s, which its entry names\n", "", "", k.Mutant.Clause)
		}
	}
	fmt.Fprintf(&b, "\n%d mutants, %d clauses; %d clauses kill at least one mutant\n", len(m.Kills), len(m.Clauses), len(m.Clauses)-len(m.Unkeyed))
	for _, id := range m.Unkeyed {
		fmt.Fprintf(&b, "NO KILL: %s\n", id)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Holds tells whether every mutant that shows itself is killed by the clause that its entry names, and every clause
// kills at least one.
func (m *Matrix) Holds() bool {
	for _, k := range m.Kills {
		if !k.ByName && !k.Mutant.Race {
			return false
		}
	}
	return len(m.Unkeyed) == 0
}
