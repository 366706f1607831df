package main

import (
	"testing"

	"github.com/hostsim/hostsim/conformance/adapter/adaptertest"
)

const started = `{"after":"lifetime.applicationStarted","wait":"50ms","send":"SIGTERM"}`

func TestErrgroup(t *testing.T) {
	adaptertest.Run(t, implementation, []adaptertest.Case{
		{
			Name: "all are started and stopped",
			Plan: `{"services":[{"name":"a"},{"name":"b","stop":[{"delay":"30ms"}]}],"main":[{"build":1},{"run":1},{"return":3}],"signals":[` + started + `]}`,
			Want: []string{"lifetime.applicationStarted", "signal.SIGTERM", "b.stop.end=ok", "host.run.end=ok", "main.return"},
			End:  "exited 3",
		},
		{
			Name: "a failed start stops the others",
			Plan: `{"services":[{"name":"a"},{"name":"b","start":[{"delay":"50ms"},{"throw":"boom"}]}]}`,
			Want: []string{"b.start.end=error:boom", "a.stop.end=ok", "host.run.end=error:boom"},
			Not:  []string{"b.stop"},
			End:  "exited 1",
		},
		{
			Name: "only the first error is kept",
			Plan: `{"services":[{"name":"a","stop":[{"throw":"one"}]},{"name":"b","stop":[{"delay":"50ms"},{"throw":"two"}]}],"signals":[` + started + `]}`,
			Want: []string{"a.stop.end=error:one", "b.stop.end=error:two", "host.run.end=error:one"},
			End:  "exited 1",
		},
		{
			Name: "a stop that ignores its context hangs the whole",
			Plan: `{"options":{"shutdownTimeout":"100ms"},"services":[{"name":"a","stop":[{"hang":true}]},{"name":"b"}],"signals":[` + started + `]}`,
			Want: []string{"a.stop.begin"},
			Not:  []string{"host.run.end"},
			End:  "hang",
		},
		{
			Name: "a second signal is swallowed",
			Plan: `{"services":[{"name":"a","stop":[{"sleep":"300ms"}]}],"signals":[` + started + `,{"after":"a.stop.begin","wait":"50ms","send":"SIGTERM"}]}`,
			Want: []string{"a.stop.begin", "signal.SIGTERM", "a.stop.end=ok", "host.run.end=ok"},
			End:  "exited 0",
		},
		{
			Name: "a signal while starting lets the start end, then stops",
			Plan: `{"services":[{"name":"a","start":[{"sleep":"300ms"}]}],"signals":[{"after":"a.start.begin","wait":"50ms","send":"SIGTERM"}]}`,
			Want: []string{"signal.SIGTERM", "a.start.end=ok", "a.stop.end=ok", "host.run.end=ok"},
			End:  "exited 0",
		},
		{
			Name: "a listener that nobody closes", ProcessOnly: "sockets are real",
			Plan: `{"services":[{"name":"a","start":[{"listen":"unix:app.sock"}]}],"signals":[` + started + `]}`,
			Want: []string{"a.listen=ok", "a.stop.end=ok", "world.left"},
			End:  "exited 0",
		},
	})
}
