package mutants

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"sort"
	"strings"
	"sync"

	"github.com/hostsim/hostsim/conformance/checks"
	"github.com/hostsim/hostsim/conformance/judge"
	"github.com/hostsim/hostsim/conformance/report"
	"github.com/hostsim/hostsim/conformance/virtual"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

// Kill is what became of one mutant.
type Kill struct {
	Mutant  *Mutant
	Verdict report.Verdict
	Killers []string // the clauses that it violates, in order of the contract
	Where   []string // for each killer, the first scenario that showed the violation
	ByName  bool     // the clause that its entry names is among them
}

// Matrix is the clause × mutant matrix.
type Matrix struct {
	Kills   []Kill
	Unkeyed []string // clauses with a check that kill no mutant
	Clauses []string // every clause of a profile that some mutant is judged by, in order
}

// Judge judges every mutant by its profile and makes the matrix, as many mutants at once as there are processors; the
// result does not depend on that. Mutants that only show under other schedules than the default (Race) are judged by
// exploring, which is not this function's business: they are listed with the verdict pass unless the default schedule
// shows them all the same.
//
// progress may be nil; it is called by one goroutine at a time. An error means that a mutant could not be played.
func Judge(ctx context.Context, list []*Mutant, progress func(done, of int)) (*Matrix, error) {
	all, err := spec.Load()
	if err != nil {
		return nil, err
	}
	m := &Matrix{Kills: make([]Kill, len(list))}
	errs := make([]error, len(list))
	var wg sync.WaitGroup
	var mu sync.Mutex
	next, done := 0, 0
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for {
				mu.Lock()
				i := next
				next++
				mu.Unlock()
				if i >= len(list) {
					return
				}
				m.Kills[i], errs[i] = judgeOne(ctx, all, list[i])
				mu.Lock()
				done++
				if progress != nil {
					progress(done, len(list))
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	killed := map[string]bool{}
	for i, k := range m.Kills {
		if errs[i] != nil {
			return nil, fmt.Errorf("mutant %s: %w", list[i].Name, errs[i])
		}
		for _, id := range k.Killers {
			killed[id] = true
		}
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

// judgeOne plays every scenario that speaks about the mutant's profile on it, and for a release of the real host the
// plans of its recordings, and applies every check. What scenarios and recordings expect line by line does not count: a
// mutant is killed by a clause or not at all.
func judgeOne(ctx context.Context, all *spec.Spec, mu *Mutant) (Kill, error) {
	k := Kill{Mutant: mu, Verdict: report.Pass}
	profile := all.Profile(mu.Profile)
	if profile == nil {
		return k, fmt.Errorf("there is no profile %q", mu.Profile)
	}
	cases, err := judge.ForProfile(mu.Profile)
	if err != nil {
		return k, err
	}
	lane := mu.Lane()
	defer lane.Close()
	shown := map[string]string{}
	for _, c := range cases {
		if err := ctx.Err(); err != nil {
			return k, err
		}
		if !c.SpeaksAbout(mu.Profile, spec.Virtual) {
			continue
		}
		t, err := play(lane, c.Plan, mu.Profile)
		if err != nil {
			return k, fmt.Errorf("scenario %s: %w", c.Name, err)
		}
		run := &checks.Run{Plan: c.Plan, Trace: t, Profile: profile, Lane: spec.Virtual}
		for _, clause := range profile.Clauses {
			if clause.Retired != "" || !clause.In(spec.Virtual) || shown[clause.ID] != "" {
				continue
			}
			if check := checks.Lookup(clause.ID); check != nil && check(run).Kind == checks.Fail {
				shown[clause.ID] = c.Name
				k.Verdict = report.Worse(k.Verdict, verdict(t))
			}
		}
	}
	for _, c := range profile.Clauses {
		if where := shown[c.ID]; where != "" {
			k.Killers, k.Where = append(k.Killers, c.ID), append(k.Where, where)
			k.ByName = k.ByName || c.ID == mu.Clause
		}
	}
	return k, nil
}

// play plays a plan; a mutant that panics outside of what a host recovers is a fault of its entry.
func play(lane *virtual.Lane, p *plan.Plan, profile string) (t *trace.Trace, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the mutant itself is broken: %v", r)
		}
	}()
	return lane.Play(p, profile)
}

func verdict(t *trace.Trace) report.Verdict {
	if t.End.Kind.NeverEnded() {
		return report.Hang
	}
	return report.Fail
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
	if len(m.Clauses) > 0 { // else only some of the mutants were judged
		fmt.Fprintf(&b, "\n%d mutants, %d clauses; %d clauses kill at least one mutant\n", len(m.Kills), len(m.Clauses), len(m.Clauses)-len(m.Unkeyed))
	}
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
