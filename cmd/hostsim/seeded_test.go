package main

import (
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/hostsim/hostsim/conformance/protocol"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

// seeded is an adapter whose schedules can be chosen without the toolchain: in every fifth it does not stop the service b, in every
// seventh two wait for each other if there is a signal. With the argument "fickle" it does so only in runs that are not explained.
func seeded() {
	stream := os.NewFile(3, "events")
	if where := os.Getenv(protocol.EnvEvents); where != "/dev/fd/3" {
		var err error
		if stream, err = os.OpenFile(where, os.O_WRONLY, 0); err != nil {
			os.Exit(2)
		}
	}
	out, in := protocol.NewWriter(stream), protocol.NewCommandReader(os.Stdin)
	_ = out.Identity(protocol.Identity{Protocol: protocol.Version, Implementation: "seeded", Version: "1.2", Language: "go", Runtime: "go",
		Lanes: []string{spec.Process, spec.Virtual}, Reuse: true, Schedules: true, Features: []string{"processLane", "virtualLane"}})
	for {
		run, err := in.Next()
		if err != nil {
			os.Exit(0)
		}
		p, err := plan.Parse("the plan", run.Plan)
		if err != nil {
			os.Exit(2)
		}
		if !p.Has(plan.Run) {
			_ = out.Skip("main does not run the host")
			continue
		}
		_, seed, _ := strings.Cut(run.Schedule, ":")
		n, _ := strconv.Atoi(seed)
		if slices.Contains(os.Args[1:], "fickle") && run.Explain {
			n = 1
		}
		s := protocol.Schedule{Name: run.Schedule, Decisions: 3, Hash: "1"}
		if run.Explain {
			s.Said = "said of " + run.Schedule + "\n"
		}
		end := seededRun(out, p, n, run.Explain)
		_ = out.Schedule(s)
		_ = out.End(end)
	}
}

// seededRun writes the events of a run.
func seededRun(out *protocol.Writer, p *plan.Plan, seed int, explain bool) trace.Ending {
	both := func(who, what string) {
		_ = out.Event(trace.Event{Who: who, What: what, Phase: trace.Begin})
		_ = out.Event(trace.Event{Who: who, What: what, Phase: trace.End, Outcome: trace.OK})
	}
	_ = out.Event(trace.Event{Who: trace.Host, What: "run", Phase: trace.Begin})
	for _, s := range p.Services {
		both(s.Name, "start")
	}
	if len(p.Signals) > 0 && seed%7 == 0 {
		end := trace.Ending{Kind: trace.HangEnd, Reason: "nothing happens any more"}
		if explain {
			end.Kind, end.Cycle = trace.Deadlock, []trace.Wait{{Who: "a", Resource: "the lock of b"}, {Who: "b", Resource: "the lock of a"}}
		}
		return end
	}
	for _, s := range p.Services {
		if s.Name != "b" || seed%5 != 0 {
			both(s.Name, "stop")
		}
	}
	_ = out.Event(trace.Event{Who: trace.Host, What: "run", Phase: trace.End, Outcome: trace.OK})
	_ = out.Event(trace.Event{Who: trace.Main, What: "return", Detail: trace.Number(0)})
	return trace.Ending{Kind: trace.Exited}
}
