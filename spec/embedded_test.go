package spec

import "testing"

// TestEmbedded loads the contract that is shipped, and proves what callers rely on.
func TestEmbedded(t *testing.T) {
	s, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range s.Matrix.Rules {
		for _, p := range s.Profiles {
			if _, ok := p.Rules[r.Name]; !ok {
				t.Errorf("rule %s has no value for profile %s", r.Name, p.Name)
			}
		}
	}
	strict := s.MustProfile("strict")
	for _, c := range s.MustProfile("core").Clauses {
		if !c.Has("strict") {
			t.Errorf("%s holds in core and not in strict", c.ID)
		}
	}
	if got := strict.Duration("shutdownTimeout").Seconds(); got != 30 {
		t.Errorf("strict's shutdown timeout is %v s, want 30", got)
	}
	if again := MustLoad(); again != s {
		t.Error("the contract is loaded twice")
	}
}
