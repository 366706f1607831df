package sim_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/hostsim/hostsim/fakes/sim"
	"github.com/hostsim/hostsim/host/seam"
	"github.com/hostsim/hostsim/host/seam/seamtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestContract holds the simulated side of the seam to the contract that production keeps (package seam has the same test).
func TestContract(t *testing.T) {
	s := sim.New(nil, sim.Limits{})
	defer s.Close()
	seamtest.Test(t, func(t *testing.T, body func(seam.Runtime)) {
		if err := s.Run("main", func() { body(s); s.End() }, nil); err != nil {
			t.Error(err)
		}
	})
}
