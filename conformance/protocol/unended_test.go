package protocol

import (
	"testing"

	"github.com/hostsim/hostsim/scenarios/trace"
)

func TestUnended(t *testing.T) {
	b := func(who, what string) trace.Event { return trace.Event{Who: who, What: what, Phase: trace.Begin} }
	e := func(who, what string) trace.Event { return trace.Event{Who: who, What: what, Phase: trace.End} }
	for _, c := range []struct {
		name   string
		events []trace.Event
		want   string
	}{
		{"nothing", nil, "why; nothing has begun and not ended"},
		{"all ended", []trace.Event{b("a", "start"), e("a", "start")}, "why; nothing has begun and not ended"},
		{"innermost first", []trace.Event{b("host", "run"), b("a", "start"), e("a", "start"), b("b", "start")}, "why; begun and not ended: b.start, host.run"},
		{"the second of two", []trace.Event{b("a", "stop"), e("a", "stop"), b("a", "stop")}, "why; begun and not ended: a.stop"},
		{"an end without a begin", []trace.Event{e("a", "stop")}, "why; nothing has begun and not ended"},
		{"many", []trace.Event{b("1", "x"), b("2", "x"), b("3", "x"), b("4", "x"), b("5", "x"), b("6", "x"), b("7", "x")}, "why; begun and not ended: 7.x, 6.x, 5.x, 4.x, 3.x and 2 more"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Hung("why", Unended(c.events)); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
