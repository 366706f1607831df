//go:build !hostsim

package adapter

import (
	"errors"
	"testing"
)

// controlBuilt tells whether the adapter was built with hostsim build.
const controlBuilt = false

func controlGiveUp(bool) {}
func controlQuiet(int32) {}

func controlPlay(*testing.T, func(*testing.T), string, uint64, bool) (kind, detail, text string, cycle [][4]string, decisions, hash uint64, err error) {
	return "", "", "", nil, 0, 0, errors.New("schedules can be chosen only in a program that hostsim build has compiled")
}
