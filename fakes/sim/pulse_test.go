package sim_test

import (
	"testing"

	"github.com/hostsim/hostsim/fakes/sim"
)

// TestPulses: a run has a pulse while it is under way, which grows with its turns, and none before and after.
func TestPulses(t *testing.T) {
	s := &stage{Sim: sim.New(nil, sim.Limits{})}
	one := func() (n uint64) {
		all := sim.Pulses()
		if len(all) > 1 {
			t.Fatalf("%d runs are under way", len(all))
		}
		for _, v := range all {
			n = v
		}
		return n
	}
	if n := one(); n != 0 {
		t.Errorf("a pulse of %d before the first run", n)
	}
	for range 2 {
		_ = s.Run("main", func() {
			first := one()
			if first%2 != 1 {
				t.Errorf("a pulse of %d in a run", first)
			}
			for range 10_000 {
				s.Yield()
			}
			if n := one(); n <= first {
				t.Errorf("a pulse of %d after 10,000 turns, %d before", n, first)
			}
		}, nil)
		if n := one(); n != 0 {
			t.Errorf("a pulse of %d after the run", n)
		}
	}
	func() {
		defer func() { _ = recover() }()
		_ = s.Run("main", func() { panic(errBoom) }, nil)
	}()
	if n := one(); n != 0 {
		t.Errorf("a pulse of %d after a run that panicked", n)
	}
	s.Close()
	if n := len(sim.Pulses()); n != 0 {
		t.Errorf("%d pulses after Close", n)
	}
}
