package main

import (
	"testing"

	"github.com/hostsim/hostsim/conformance/adapter/adaptertest"
)

const started = `{"after":"lifetime.applicationStarted","wait":"50ms","send":"SIGTERM"}`

func TestFx(t *testing.T) {
	adaptertest.Run(t, implementation, []adaptertest.Case{
		{
			Name: "starts in order, stops in reverse",
			Plan: `{"services":[{"name":"a"},{"name":"b"},{"name":"c"}],"main":[{"build":1},{"run":1},{"return":3}],"signals":[` + started + `]}`,
			Want: []string{"a.start.end=ok", "b.start.begin", "b.start.end=ok", "c.start.end=ok", "signal.SIGTERM", "c.stop.begin", "c.stop.end=ok", "b.stop.end=ok", "a.stop.end=ok", "host.run.end=ok", "main.return"},
			End:  "exited 3",
		},
		{
			Name: "a failed start rolls back",
			Plan: `{"services":[{"name":"a"},{"name":"b","start":[{"throw":"boom"}]},{"name":"c"}]}`,
			Want: []string{"a.start.end=ok", "b.start.end=error:boom", "a.stop.end=ok", "host.run.end=error:boom", "main.threw"},
			Not:  []string{"b.stop", "c.start", "c.stop", "lifetime.applicationStarted"},
			End:  "exited 1",
		},
		{
			Name: "a stop error does not keep the others from stopping",
			Plan: `{"services":[{"name":"a"},{"name":"b","stop":[{"throw":"boom"}]},{"name":"c"}],"signals":[` + started + `]}`,
			Want: []string{"c.stop.end=ok", "b.stop.end=error:boom", "a.stop.end=ok", "host.run.end=error:boom"},
			End:  "exited 1",
		},
		{
			Name: "a stop that hangs is abandoned, and those before it are never stopped",
			Plan: `{"options":{"shutdownTimeout":"200ms"},"services":[{"name":"a"},{"name":"b"},{"name":"c","stop":[{"hang":true}]}],"signals":[` + started + `]}`,
			Want: []string{"c.stop.begin", "host.run.end=cancelled", "main.threw"},
			Not:  []string{"a.stop", "b.stop"},
			End:  "exited 1",
		},
		{
			Name: "a signal while starting kills: nothing is stopped",
			Plan: `{"services":[{"name":"a"},{"name":"b","start":[{"delay":"500ms"}]}],"signals":[{"after":"b.start.begin","wait":"50ms","send":"SIGTERM"}]}`,
			Want: []string{"a.start.end=ok", "b.start.begin", "signal.SIGTERM"},
			Not:  []string{"a.stop", "b.start.end"},
			End:  "signaled SIGTERM",
		},
		{
			Name: "a second signal is swallowed",
			Plan: `{"services":[{"name":"a","stop":[{"sleep":"400ms"}]}],"signals":[` + started + `,{"after":"a.stop.begin","wait":"50ms","send":"SIGTERM"}]}`,
			Want: []string{"signal.SIGTERM", "a.stop.begin", "signal.SIGTERM", "a.stop.end=ok", "host.run.end=ok"},
			End:  "exited 0",
		},
		{
			Name: "a background service that fails ends the application with its code",
			Plan: `{"services":[{"name":"a"},{"name":"w","kind":"background","execute":[{"delay":"50ms"},{"throw":"boom"}]}]}`,
			Want: []string{"w.execute.end=error:boom", "w.stop.end=ok", "a.stop.end=ok", "process.exit.begin"},
			End:  "exited 1",
		},
		{
			Name: "a stop request while starting is remembered",
			Plan: `{"services":[{"name":"a","start":[{"stopApplication":true}]},{"name":"b"}]}`,
			Want: []string{"a.stopApplication.end", "b.start.end=ok", "lifetime.applicationStarted", "b.stop.end=ok", "a.stop.end=ok", "host.run.end=ok"},
			End:  "exited 0",
		},
		{
			Name: "start and stop by themselves",
			Plan: `{"services":[{"name":"a"}],"main":[{"build":1},{"start":1},{"stop":1},{"return":4}]}`,
			Want: []string{"host.start.begin", "a.start.end=ok", "host.start.end=ok", "host.stop.begin", "a.stop.end=ok", "host.stop.end=ok"},
			End:  "exited 4",
		},
	})
}
