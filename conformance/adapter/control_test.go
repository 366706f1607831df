package adapter

import (
	"testing"

	"github.com/hostsim/hostsim/scenarios/trace"
)

// TestEndingOfAControlledRun: what the toolchain tells of a run counts before what the lane has seen, since the run may have ended
// without the lane.
func TestEndingOfAControlledRun(t *testing.T) {
	seen := &trace.Ending{Kind: trace.Exited, Code: 5}
	for _, c := range []struct {
		name, kind, detail string
		seen               *trace.Ending
		want               trace.Ending
	}{
		{"the lane saw the end", "ended", "", seen, *seen},
		{"the lane gave up", "stuck", "", &trace.Ending{Kind: trace.HangEnd, Reason: "quiet"}, trace.Ending{Kind: trace.HangEnd, Reason: "quiet"}},
		{"nobody saw an end", "deadlock", "", nil, trace.Ending{Kind: trace.HangEnd, Reason: "nothing happens any more"}},
		{"os.Exit of the host", "exited 3", "", nil, trace.Ending{Kind: trace.Exited, Code: 3}},
		{"os.Exit with a large number", "exited 259", "", nil, trace.Ending{Kind: trace.Exited, Code: 3}},
		{"os.Exit with a negative number", "exited -1", "", nil, trace.Ending{Kind: trace.Exited, Code: 255}},
		{"a signal by default", "signaled 15", "", nil, trace.Ending{Kind: trace.Signaled, Signal: "SIGTERM"}},
		{"a signal that plans do not have", "signaled 6", "", nil, trace.Ending{Kind: trace.Signaled, Signal: "signal 6"}},
		{"a panic", "panic", "boo", nil, trace.Ending{Kind: trace.Exited, Code: 2, Reason: "panic: boo"}},
		{"no end in sight", "limit", "too many goroutines", nil, trace.Ending{Kind: trace.Killed, Reason: "too many goroutines"}},
		{"a busy loop", "stall", "no scheduling point", nil, trace.Ending{Kind: trace.Killed, Reason: "no scheduling point"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &recorder{end: c.seen}
			if got := r.ending(c.kind, c.detail); got.Kind != c.want.Kind || got.Code != c.want.Code || got.Signal != c.want.Signal || got.Reason != c.want.Reason {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

// TestStockProgramsHaveNoControl: without hostsim build nothing is declared and nothing is played.
func TestStockProgramsHaveNoControl(t *testing.T) {
	if controlBuilt {
		t.Skip("built with hostsim build")
	}
	i := seq()
	if i.identity().Schedules {
		t.Error("schedules are declared")
	}
	s := &scheduled{i: &i, t: t}
	if _, _, _, err := s.run(parse(t, `{"services":[{"name":"a"}]}`), "x", "random:1", false); err == nil {
		t.Error("a schedule was played")
	}
}
