package protocol

import (
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/spec"
)

// EncodePlan writes a plan as JSON in the keys of the plan language; [plan.Parse] reads it back. For the process lane the
// stimuli (signals, connections, files) are left out: they are hostsim's to give, not the adapter's.
func EncodePlan(p *plan.Plan, lane string) []byte {
	bare := *p
	if lane == spec.Process {
		bare.Signals, bare.Connections, bare.Files = nil, nil, nil
	}
	return plan.AppendJSON(nil, &bare)
}
