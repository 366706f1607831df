// Package node tests the adapter for Node.js.
package node

import (
	"testing"

	"github.com/hostsim/hostsim/conformance/adapter/adaptertest"
)

const started = `{"after":"lifetime.applicationStarted","wait":"20ms","send":"SIGTERM"}`

func TestNode(t *testing.T) {
	command := []string{adaptertest.Runtime(t, "node"), "adapter.js"}
	adaptertest.Smoke(t, command)
	for _, c := range []adaptertest.Case{
		{
			Name: "starts in order, stops in reverse",
			Plan: `{"services":[{"name":"a"},{"name":"b"},{"name":"c"}],"main":[{"build":1},{"run":1},{"return":3}],"signals":[` + started + `]}`,
			Want: []string{"a.start.end=ok", "b.start.end=ok", "c.start.end=ok", "signal.SIGTERM", "c.stop.end=ok", "b.stop.end=ok", "a.stop.end=ok", "host.run.end=ok"},
			End:  "exited 3",
		},
		{
			Name: "a stop request before run is not lost",
			Plan: `{"services":[{"name":"a"}],"main":[{"build":1},{"stopApplication":true},{"run":1},{"return":2}]}`,
			Want: []string{"main.stopApplication.end", "a.start.end=ok", "a.stop.end=ok", "host.run.end=ok"},
			End:  "exited 2",
		},
		{
			Name: "a failed start stops what had started",
			Plan: `{"services":[{"name":"a"},{"name":"b","start":[{"throw":"boom"}]},{"name":"c"}]}`,
			Want: []string{"b.start.end=error:boom", "a.stop.end=ok", "host.run.end=error:boom", "main.threw"},
			Not:  []string{"b.stop", "c.start"},
			End:  "exited 1",
		},
		{
			Name: "an address in use fails the start",
			Plan: `{"services":[{"name":"a","start":[{"listen":"tcp:web"}],"stop":[{"close":"tcp:web"}]},{"name":"b","start":[{"listen":"tcp:web"}]}]}`,
			Want: []string{"a.listen=ok", "b.listen=error:in use", "b.start.end=error:in use", "a.close=ok", "host.run.end=error:in use"},
			End:  "exited 1",
		},
		{
			Name: "an HTTP server waits for its connection",
			Plan: `{"services":[{"name":"a","start":[{"listen":"tcp:web"}],"stop":[{"close":"tcp:web"}]}],"connections":[{"name":"c","after":"lifetime.applicationStarted","dial":"tcp:web","hold":"200ms"}],"signals":[{"after":"net.connect","wait":"20ms","send":"SIGTERM"}]}`,
			Want: []string{"a.listen=ok", "net.connect=ok", "signal.SIGTERM", "a.stop.begin", "net.disconnect", "a.close=ok", "a.stop.end=ok"},
			End:  "exited 0",
		},
		{
			Name: "a stop that hangs ends with code 1 at the limit",
			Plan: `{"options":{"shutdownTimeout":"200ms"},"services":[{"name":"a"},{"name":"b","stop":[{"hang":true}]}],"signals":[` + started + `]}`,
			Want: []string{"b.stop.begin"},
			Not:  []string{"a.stop"},
			End:  "exited 1",
		},
		{
			Name: "a signal while starting waits for the start",
			Plan: `{"services":[{"name":"a","start":[{"delay":"300ms"}]}],"signals":[{"after":"a.start.begin","wait":"50ms","send":"SIGTERM"}]}`,
			Want: []string{"signal.SIGTERM", "a.start.end=ok", "a.stop.end=ok", "host.run.end=ok"},
			End:  "exited 0",
		},
	} {
		t.Run(c.Name, func(t *testing.T) { c.Play(t, command) })
	}
}

func BenchmarkRuns(b *testing.B) {
	adaptertest.Bench(b, []string{adaptertest.Runtime(b, "node"), "adapter.js"})
}
