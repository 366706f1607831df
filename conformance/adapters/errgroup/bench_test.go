package main

import (
	"testing"

	"github.com/hostsim/hostsim/conformance/adapter/adaptertest"
)

// BenchmarkRuns measures whole runs of this adapter, see docs/process-lane.md.
func BenchmarkRuns(b *testing.B) { adaptertest.Bench(b, []string{adaptertest.Build(b)}) }
