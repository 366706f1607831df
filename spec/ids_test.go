package spec

import (
	"flag"
	"os"
	"sort"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden list of ids from the clauses")

// TestIDs holds the list of all ids that were ever given out against the clauses. An id may be added with -update; it
// never goes away.
func TestIDs(t *testing.T) {
	l := &loader{fsys: data, s: &Spec{}, ranges: &ranges{families: map[string][]string{}}}
	l.s.ranges = l.ranges
	l.profiles()
	l.features()
	l.matrix()
	l.clauses()
	if err := join(l.errs); err != nil {
		t.Fatal(err)
	}
	var now []string
	for _, c := range l.s.Clauses {
		now = append(now, c.ID)
	}
	sort.Strings(now)
	b, err := os.ReadFile(idsFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range strings.Fields(string(b)) {
		if l.s.Clause(id) == nil {
			t.Errorf("%s was given out once and is gone: retire a clause, never remove it", id)
		}
	}
	got := strings.Join(now, "\n") + "\n"
	if *update && !t.Failed() {
		if err := os.WriteFile(idsFile, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != string(b) {
		t.Errorf("%s does not list the clauses that are there; after looking at the difference: go test ./spec -run TestIDs -update", idsFile)
	}
}
