package main

import (
	"testing"

	"github.com/hostsim/hostsim/conformance/adapter/adaptertest"
)

const started = `{"after":"lifetime.applicationStarted","wait":"50ms","send":"SIGTERM"}`

func TestSuture(t *testing.T) {
	adaptertest.Run(t, implementation, []adaptertest.Case{
		{
			Name: "all are started and stopped",
			Plan: `{"services":[{"name":"a"},{"name":"b","stop":[{"delay":"30ms"}]}],"main":[{"build":1},{"run":1},{"return":3}],"signals":[` + started + `]}`,
			Want: []string{"lifetime.applicationStarted", "signal.SIGTERM", "b.stop.end=ok", "host.run.end=ok", "main.return"},
			End:  "exited 3",
		},
		{
			Name: "a failed start ends the tree",
			Plan: `{"services":[{"name":"a"},{"name":"b","start":[{"delay":"50ms"},{"throw":"boom"}]}]}`,
			Want: []string{"b.start.end=error:boom", "a.stop.end=ok", "host.run.end=error:boom", "main.threw"},
			End:  "exited 1",
		},
		{
			Name: "the error of a stop is lost",
			Plan: `{"services":[{"name":"a","stop":[{"throw":"boom"}]}],"signals":[` + started + `]}`,
			Want: []string{"a.stop.end=error:boom", "host.run.end=ok"},
			End:  "exited 0",
		},
		{
			Name: "a stop that hangs is abandoned, and success is reported",
			Plan: `{"options":{"shutdownTimeout":"100ms"},"services":[{"name":"a","stop":[{"hang":true}]},{"name":"b"}],"signals":[` + started + `]}`,
			Want: []string{"a.stop.begin", "host.run.end=ok"},
			Not:  []string{"a.stop.end"},
			End:  "exited 0",
		},
	})
}
