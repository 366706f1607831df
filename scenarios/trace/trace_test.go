package trace_test

import (
	"testing"

	"github.com/hostsim/hostsim/scenarios/trace"
)

func TestKindsOfEnd(t *testing.T) {
	for _, c := range []struct {
		kind              trace.EndKind
		hangs, neverEnded bool
	}{
		{trace.Exited, false, false},
		{trace.Signaled, false, false},
		{trace.Deadlock, true, true},
		{trace.HangEnd, true, true},
		{trace.Killed, false, true},
		{"HOST-STOP-001", false, false},
	} {
		if h, n := c.kind.Hangs(), c.kind.NeverEnded(); h != c.hangs || n != c.neverEnded {
			t.Errorf("%s: hangs %t, never ended %t; want %t, %t", c.kind, h, n, c.hangs, c.neverEnded)
		}
	}
}

func TestKeepSharesNoEvents(t *testing.T) {
	was := &trace.Trace{Events: []trace.Event{{Who: "a"}}, End: trace.Ending{Kind: trace.Exited, Code: 3}}
	kept := was.Keep()
	was.Events[0].Who, was.End.Code = "b", 4
	if kept.Events[0].Who != "a" || kept.End.Code != 3 {
		t.Errorf("kept %+v, which the next run has changed", kept)
	}
}
