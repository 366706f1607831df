package main

import (
	"testing"

	"github.com/hostsim/hostsim/conformance/adapter/adaptertest"
)

const started = `{"after":"lifetime.applicationStarted","wait":"50ms","send":"SIGTERM"}`

func TestOklogRun(t *testing.T) {
	adaptertest.Run(t, implementation, []adaptertest.Case{
		{
			Name: "stops in the order of registration, one at a time",
			Plan: `{"services":[{"name":"a","stop":[{"delay":"30ms"}]},{"name":"b","stop":[{"delay":"30ms"}]},{"name":"c"}],"main":[{"build":1},{"run":1},{"return":3}],"signals":[` + started + `]}`,
			Want: []string{"signal.SIGTERM", "a.stop.begin", "a.stop.end=ok", "b.stop.begin", "b.stop.end=ok", "c.stop.begin", "host.run.end=ok"},
			End:  "exited 3",
		},
		{
			Name: "a failed start interrupts all, also the one that failed",
			Plan: `{"services":[{"name":"a"},{"name":"b","start":[{"delay":"50ms"},{"throw":"boom"}]}]}`,
			Want: []string{"b.start.end=error:boom", "a.stop.end=ok", "b.stop.begin", "host.run.end=error:boom"},
			End:  "exited 1",
		},
		{
			Name: "the error of a stop is lost",
			Plan: `{"services":[{"name":"a","stop":[{"throw":"boom"}]}],"signals":[` + started + `]}`,
			Want: []string{"a.stop.end=error:boom", "host.run.end=ok"},
			End:  "exited 0",
		},
		{
			Name: "a stop that hangs keeps the later ones from being called",
			Plan: `{"services":[{"name":"a","stop":[{"hang":true}]},{"name":"b"}],"signals":[` + started + `]}`,
			Want: []string{"a.stop.begin"},
			Not:  []string{"b.stop", "host.run.end"},
			End:  "hang",
		},
		{
			Name: "a second signal kills, as the handler is gone", ProcessOnly: "the adapter's simulated signals stay registered",
			Plan: `{"services":[{"name":"a","stop":[{"sleep":"2s"}]}],"signals":[` + started + `,{"after":"a.stop.begin","wait":"50ms","send":"SIGTERM"}]}`,
			Want: []string{"a.stop.begin", "signal.SIGTERM"},
			Not:  []string{"a.stop.end"},
			End:  "signaled SIGTERM",
		},
	})
}
