package maps

import _ "unsafe" // for linkname

// hostsimRand is where an iteration over a map with used entries begins.
//
//go:linkname hostsimRand
func hostsimRand(used uint64, small bool) uint64

const hostsimSeed = 0x51ed270b
