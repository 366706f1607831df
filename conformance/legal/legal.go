// Package legal holds two small hosts that were written from the text of the core profile alone, in different styles. They
// must pass core like the reference host does: a suite that fails one of them demands more than its text says.
package legal

import "github.com/hostsim/hostsim/conformance/adapter"

// Hosts are the legal hosts by name.
func Hosts() map[string]adapter.Implementation {
	return map[string]adapter.Implementation{"errgroup": Errgroup(), "actor": Actor()}
}

// features are what both hosts have.
var features = []string{"background", "shutdownTimeout", "stopRequest", "signals", "runReturns", "exitCode", "notifications"}
