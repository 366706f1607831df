// Command hostsim judges application hosts, and replays and explains how they stop.
package main

import (
	"fmt"
	"os"

	"github.com/hostsim/hostsim/conformance/virtual"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

func main() {
	// replay --as P --format jsonl FILE
	name := os.Args[6-0]
	data, err := os.ReadFile(name)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	p, err := plan.Parse(name, data)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	l := virtual.New(nil)
	tr, err := l.Play(p, os.Args[3])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	trace.WriteJSONL(os.Stdout, tr)
}
