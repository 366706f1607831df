package explore_test

import (
	"context"
	"fmt"
	"os"
	"sort"
	"strings"
	"testing"

	"github.com/hostsim/hostsim/conformance/explore"
	"github.com/hostsim/hostsim/conformance/mutants"
	"github.com/hostsim/hostsim/scenarios"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

// hunter is a player that ends an exploration at the first run that violates a clause.
type hunter struct {
	explore.Player
	o      *explore.Options
	v      *explore.Violation
	played int
	found  int // the play that showed it, from 1; 0: none did
	stop   func()
}

func (h *hunter) Play(p *plan.Plan, profile string) (*trace.Trace, error) {
	t, err := h.Player.Play(p, profile)
	h.played++
	if err == nil && h.found == 0 && explore.Breaks(p, t, h.o.Profile, h.v) {
		h.found = h.played
		h.stop()
	}
	return t, err
}

// hunt gives how many schedules of a strategy it takes to see a mutant's clause violated, 0 if none of limit does.
func hunt(t *testing.T, m *mutants.Mutant, sc *scenarios.Scenario, o explore.Options, limit int) int {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	o.Scenario, o.Plan, o.Profile, o.Jobs, o.Schedules = sc.Name, sc.Plan, spec.MustLoad().MustProfile(m.Profile), 1, limit
	o.Clauses, o.Anew = []string{m.Clause}, true // what is counted is plays
	h := &hunter{Player: m.Lane(), o: &o, v: &explore.Violation{Clause: m.Clause}, stop: cancel}
	o.NewPlayer = func() explore.Player { return h }
	if _, err := explore.Explore(ctx, o); err != nil {
		t.Fatal(err)
	}
	if h.found > 1 && o.Strategy != explore.Random {
		return h.found - 1 // the default run was played once more, to learn its decisions
	}
	return h.found
}

const (
	huntSeeds = 11
	huntLimit = 5000
)

// median of several hunts with seeds far apart; those that find nothing count as more than the limit.
func median(found []int) string {
	for i, n := range found {
		if n == 0 {
			found[i] = huntLimit + 1
		}
	}
	sort.Ints(found)
	if n := found[len(found)/2]; n <= huntLimit {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("> %d", huntLimit)
}

// TestRaces makes the table of docs/schedules.md: how many schedules it took to find each mutant that is a race.
func TestRaces(t *testing.T) {
	all, err := scenarios.Library()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("| race | scenario | clause | random | PCT | exhaustive |\n|---|---|---|---|---|---|\n")
	for _, m := range mutants.All() {
		if !m.Race {
			continue
		}
		for _, sc := range all {
			if sc.Name != m.Explore {
				continue
			}
			var random, pct []int
			for i := range huntSeeds {
				seed := uint64(i*1_000_000 + 1)
				random = append(random, hunt(t, m, sc, explore.Options{Strategy: explore.Random, Seed: seed}, huntLimit))
				pct = append(pct, hunt(t, m, sc, explore.Options{Strategy: explore.PCT, Seed: seed}, huntLimit))
			}
			ordered := "none"
			for bound := 1; bound <= 4 && ordered == "none"; bound++ {
				if n := hunt(t, m, sc, explore.Options{Strategy: explore.Exhaustive, Bound: bound}, 20*huntLimit); n > 0 {
					ordered = fmt.Sprintf("%d, bound %d", n, bound)
				}
			}
			if r := median(random); r[0] == '>' {
				t.Errorf("%s is not found by dice", m.Name)
			}
			if ordered == "none" {
				ordered = "none up to bound 4"
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", m.Name, sc.Name, m.Clause, median(random), median(pct), ordered)
		}
	}
	block(t, "races", b.String())
}

// block compares a table with what stands in docs/schedules.md between the marks of its name; HOSTSIM_UPDATE writes it.
func block(t *testing.T, name, text string) {
	t.Helper()
	const file = "../../docs/schedules.md"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	begin, end := "<!-- "+name+" -->\n", "<!-- /"+name+" -->\n"
	before, rest, ok := strings.Cut(string(data), begin)
	was, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no part between %q and %q; the table is\n%s", file, begin, end, text)
	}
	if was == text {
		return
	}
	if os.Getenv("HOSTSIM_UPDATE") == "" {
		t.Fatalf("%s has\n%s\nit is\n%s", file, was, text)
	}
	if err := os.WriteFile(file, []byte(before+begin+text+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}
