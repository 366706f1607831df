package adapter

import (
	"bytes"
	"strings"
	"testing"

	"github.com/hostsim/hostsim/conformance/protocol"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// TestNothingFollowsTheEnd: what a host has given up may go on in a process that plays other plans, and is not heard any more.
func TestNothingFollowsTheEnd(t *testing.T) {
	var out bytes.Buffer
	l := newProcessLane(protocol.NewWriter(&out), t.TempDir())
	late := func() {
		l.Emit(trace.Event{Who: "a", What: "stop", Phase: trace.End, Outcome: trace.OK})
		l.ready()
		l.listening("tcp:web", "127.0.0.1:1")
	}
	late()
	if n := strings.Count(out.String(), "\n"); n != 3 {
		t.Fatalf("%d messages, want 3:\n%s", n, out.String())
	}
	l.end(trace.Ending{Kind: trace.Exited, Code: 3})
	whole := out.String()
	if !strings.HasSuffix(whole, `"code":3}}`+"\n") {
		t.Errorf("the last message is not the end:\n%s", whole)
	}
	if late(); out.String() != whole {
		t.Errorf("after the end came\n%s", strings.TrimPrefix(out.String(), whole))
	}
}
