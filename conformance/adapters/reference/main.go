// Command reference is the adapter for our own host. Its argument is the profile that the host is to behave as; strict
// without one.
package main

import (
	"os"

	"github.com/hostsim/hostsim/conformance/adapter"
)

func main() {
	profile := "strict"
	if len(os.Args) > 1 {
		profile = os.Args[1]
	}
	adapter.Main(adapter.Reference(profile))
}
