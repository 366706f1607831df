// Package python tests the adapter for asyncio.
package python

import (
	"testing"

	"github.com/hostsim/hostsim/conformance/adapter/adaptertest"
)

const started = `{"after":"lifetime.applicationStarted","wait":"20ms","send":"SIGTERM"}`

func TestAsyncio(t *testing.T) {
	command := []string{adaptertest.Runtime(t, "python3"), "adapter.py"}
	adaptertest.Smoke(t, command)
	for _, c := range []adaptertest.Case{
		{
			Name: "starts in order, stops in reverse",
			Plan: `{"services":[{"name":"a"},{"name":"w","kind":"background","execute":[{"untilCancelled":true}]},{"name":"c"}],"main":[{"build":1},{"run":1},{"return":3}],"signals":[` + started + `]}`,
			Want: []string{"a.start.end=ok", "w.start.end=ok", "c.start.end=ok", "signal.SIGTERM", "c.stop.end=ok", "w.stop.begin", "w.tokenFired", "w.execute.end=ok", "w.stop.end=ok", "a.stop.end=ok", "host.run.end=ok"},
			End:  "exited 3",
		},
		{
			Name: "a stop request before run is not lost",
			Plan: `{"services":[{"name":"a"}],"main":[{"build":1},{"stopApplication":true},{"run":1},{"return":2}]}`,
			Want: []string{"main.stopApplication.end", "a.start.end=ok", "a.stop.end=ok", "host.run.end=ok"},
			End:  "exited 2",
		},
		{
			Name: "a failed start rolls back",
			Plan: `{"services":[{"name":"a"},{"name":"b","start":[{"throw":"boom"}]},{"name":"c"}]}`,
			Want: []string{"b.start.end=error:boom", "a.stop.end=ok", "host.run.end=error:boom", "main.threw"},
			Not:  []string{"b.stop", "c.start"},
			End:  "exited 1",
		},
		{
			Name: "a stop that hangs is cancelled at the limit",
			Plan: `{"options":{"shutdownTimeout":"200ms"},"services":[{"name":"a"},{"name":"b","stop":[{"hang":true}]}],"signals":[` + started + `]}`,
			Want: []string{"b.stop.begin", "b.stop.end=cancelled", "a.stop.begin"},
			End:  "exited 1",
		},
		{
			Name: "a second signal is swallowed",
			Plan: `{"services":[{"name":"a","stop":[{"sleep":"300ms"}]}],"signals":[` + started + `,{"after":"a.stop.begin","wait":"50ms","send":"SIGTERM"}]}`,
			Want: []string{"a.stop.begin", "signal.SIGTERM", "a.stop.end=ok", "host.run.end=ok"},
			End:  "exited 0",
		},
		{
			Name: "exit in a service",
			Plan: `{"services":[{"name":"a","start":[{"exit":7}]}]}`,
			Want: []string{"process.exit.begin"},
			End:  "exited 7",
		},
	} {
		t.Run(c.Name, func(t *testing.T) { c.Play(t, command) })
	}
}

func BenchmarkRuns(b *testing.B) {
	adaptertest.Bench(b, []string{adaptertest.Runtime(b, "python3"), "adapter.py"})
}
