package mutants_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/hostsim/hostsim/conformance/checks"
	"github.com/hostsim/hostsim/conformance/mutants"
	"github.com/hostsim/hostsim/scenarios"
	"github.com/hostsim/hostsim/spec"
)

// tierV are the mutants of the catalogue that can be told in-process, on virtual time.
var tierV = strings.Fields("MU01 MU02 MU03 MU04 MU05 MU06 MU07 MU08 MU09 MU10 MU11 MU14 MU15 MU17 MU18 MU19 MU21 MU22 MU23 MU25 MU26 MU27 MU28 MU29 MU44")

func TestEveryCataloguedBugIsAMutant(t *testing.T) {
	from := map[string]string{}
	for _, m := range mutants.All() {
		for _, s := range m.Source {
			from[s] = m.Name
		}
	}
	for _, id := range tierV {
		if from[id] == "" {
			t.Errorf("no mutant has %s of the catalogue for a source", id)
		}
	}
}

var (
	nameForm   = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9.]+)+$`)
	sourceForm = regexp.MustCompile(`^[A-Z]+-?[0-9]+$`)
)

func TestEntries(t *testing.T) {
	all := spec.MustLoad()
	bugs := map[string]string{}
	for _, m := range mutants.All() {
		t.Run(m.Name, func(t *testing.T) {
			if !nameForm.MatchString(m.Name) {
				t.Errorf("Name %q is not kebab-case of two words or more", m.Name)
			}
			if m.Bug == "" || strings.HasSuffix(m.Bug, ".") || strings.Contains(m.Bug, ". ") {
				t.Errorf("Bug %q is not one sentence without a full stop", m.Bug)
			}
			if other := bugs[m.Bug]; other != "" {
				t.Errorf("%s has the same Bug", other)
			}
			bugs[m.Bug] = m.Name
			if mutants.Lookup(m.Name) != m {
				t.Error("Lookup does not find it")
			}
			if len(m.Source) == 0 {
				t.Error("Source is empty: where was such a bug seen?")
			}
			for _, s := range m.Source {
				if !sourceForm.MatchString(s) {
					t.Errorf("Source %q is no fact id", s)
				}
			}
			checkClause(t, all, m)
		})
	}
}

func checkClause(t *testing.T, all *spec.Spec, m *mutants.Mutant) {
	t.Helper()
	p := all.Profile(m.Profile)
	if p == nil {
		t.Fatalf("there is no profile %q", m.Profile)
	}
	found := false
	for _, c := range p.Clauses {
		found = found || c.ID == m.Clause && c.Retired == "" && c.In(spec.Virtual)
	}
	if !found {
		t.Errorf("profile %s has no clause %s in the virtual lane", m.Profile, m.Clause)
	}
	if checks.Lookup(m.Clause) == nil {
		t.Errorf("%s has no check", m.Clause)
	}
	if m.Race != (m.Explore != "") {
		t.Errorf("Race is %v and Explore %q: a race, and nothing else, names the scenario to explore", m.Race, m.Explore)
	}
	if m.Race && scenario(t, m.Explore) == nil {
		t.Errorf("the library has no scenario %s", m.Explore)
	}
}

func scenario(t *testing.T, name string) *scenarios.Scenario {
	t.Helper()
	all, err := scenarios.Library()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if s.Name == name {
			return s
		}
	}
	return nil
}

func TestAll(t *testing.T) {
	list := mutants.All()
	if len(list) < 150 {
		t.Errorf("%d mutants; there were more than 280", len(list))
	}
	for i := 1; i < len(list); i++ {
		if list[i-1].Name >= list[i].Name {
			t.Errorf("%s stands before %s", list[i-1].Name, list[i].Name)
		}
	}
	list[0] = nil
	if mutants.All()[0] == nil {
		t.Error("All gives the list itself, not a copy")
	}
	if mutants.Lookup("no-such-mutant") != nil {
		t.Error("Lookup finds a mutant that does not exist")
	}
}

func TestImplementation(t *testing.T) {
	m := mutants.Lookup("stop-forward")
	impl := m.Implementation()
	defer impl.Close()
	id := impl.Identity()
	if id.Name != m.Name || id.Bug != m.Bug || impl.Lane() != spec.Virtual {
		t.Errorf("identity %+v in lane %s", id, impl.Lane())
	}
	tr, err := impl.Play(t.Context(), scenario(t, "reverse-order").Plan, m.Profile)
	if err != nil {
		t.Fatal(err)
	}
	var stops []string
	for _, e := range tr.Events {
		if e.What == "stop" && e.Phase.String() == "begin" {
			stops = append(stops, e.Who)
		}
	}
	if got := strings.Join(stops, " "); got != "a b c" {
		t.Errorf("services were stopped in the order %s, want the order of registration", got)
	}
}
