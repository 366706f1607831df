package rand

import _ "unsafe" // for linkname

//go:linkname hostsimControlled
func hostsimControlled() bool

// Time stands still in a bubble, so generators that are seeded with it are all
// seeded alike; seeding one costs as much as many scheduling decisions.
var (
	hostsimSeed   int64
	hostsimSeeded *rngSource
)

// Seed uses the provided seed value to initialize the generator to a deterministic state.
//
//go:norace
func (rng *rngSource) Seed(seed int64) {
	if !hostsimControlled() {
		rng.hostsimSeed(seed)
		return
	}
	if hostsimSeeded == nil || hostsimSeed != seed {
		s := new(rngSource)
		s.hostsimSeed(seed)
		hostsimSeed, hostsimSeeded = seed, s
	}
	*rng = *hostsimSeeded
}
