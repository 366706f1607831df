package trace_test

import (
	"testing"
	"time"

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

func TestMillis(t *testing.T) {
	was := &trace.Trace{Events: []trace.Event{{At: 400 * time.Microsecond}, {At: 499_999}, {At: 1_500_000}, {At: time.Second + 300_017}}, End: trace.Ending{Kind: trace.Exited}}
	got := was.Millis()
	for i, want := range []time.Duration{0, 0, 2 * time.Millisecond, time.Second} {
		if got.Events[i].At != want {
			t.Errorf("event %d at %v, want %v", i, got.Events[i].At, want)
		}
	}
	if was.Events[2].At != 1_500_000 || got.End.Kind != trace.Exited {
		t.Errorf("the trace itself is changed, or its end is lost: %+v, %+v", was, got)
	}
}
