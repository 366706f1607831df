package explore

import (
	"testing"

	"github.com/hostsim/hostsim/scenarios/trace"
)

// TestSignature: a cycle is the same wherever it is entered, and another one in the other direction.
func TestSignature(t *testing.T) {
	wait := func(who, what string) trace.Wait { return trace.Wait{Who: who, Resource: what} }
	for _, c := range []struct {
		name  string
		cycle []trace.Wait
		want  string
	}{
		{"in order", []trace.Wait{wait("a", "x"), wait("b", "y"), wait("c", "z")}, "a waits for x; b waits for y; c waits for z"},
		{"entered at the second", []trace.Wait{wait("b", "y"), wait("c", "z"), wait("a", "x")}, "a waits for x; b waits for y; c waits for z"},
		{"entered at the last", []trace.Wait{wait("c", "z"), wait("a", "x"), wait("b", "y")}, "a waits for x; b waits for y; c waits for z"},
		{"the other way round", []trace.Wait{wait("c", "z"), wait("b", "y"), wait("a", "x")}, "a waits for x; c waits for z; b waits for y"},
		{"of two of one name", []trace.Wait{wait("a", "y"), wait("a", "x")}, "a waits for x; a waits for y"},
		{"of one", []trace.Wait{wait("a", "itself")}, "a waits for itself"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := signature(&trace.Ending{Kind: trace.Deadlock, Cycle: c.cycle}); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
	if got := signature(&trace.Ending{Kind: trace.HangEnd, Reason: "a never ends"}); got != "a never ends" {
		t.Errorf("a hang without a cycle is %q", got)
	}
}
