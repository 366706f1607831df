//go:build hostsim

package adapter

import (
	"testing"
	_ "testing/synctest" // has what is declared here
	_ "unsafe"           // for linkname
)

// controlBuilt tells whether the adapter was built with hostsim build.
const controlBuilt = true

// controlGiveUp ends the controlled run that the caller is part of; stuck says that nothing happens any more.
//
//go:linkname controlGiveUp testing/synctest.hostsimGiveUp
func controlGiveUp(stuck bool)

// controlQuiet makes what the caller does no scheduling point, for 1, and ends that, for -1.
//
//go:linkname controlQuiet testing/synctest.hostsimQuiet
func controlQuiet(d int32)

// controlPlay runs f under a schedule.
//
//go:linkname controlPlay testing/synctest.hostsimPlay
func controlPlay(t *testing.T, f func(*testing.T), schedule string, length uint64, explain bool) (kind, detail, text string, cycle [][4]string, decisions, hash uint64, err error)
