package legal_test

import (
	"testing"

	"github.com/hostsim/hostsim/conformance/adapter/adaptertest"
	"github.com/hostsim/hostsim/conformance/legal"
)

// TestLives: what both hosts do, in virtual time, though they are built differently. That they keep every clause of core is
// shown by the suite's own test; these are the lives in which hand-written hosts go wrong.
func TestLives(t *testing.T) {
	const sigterm = `signals: [{after: lifetime.applicationStarted, wait: 50ms, send: SIGTERM}]`
	cases := []adaptertest.Case{
		{
			Name: "a signal stops all in reverse order",
			Plan: "services: [{name: a}, {name: b, stop: [{delay: 30ms}]}]\nmain: [build, run, {return: 3}]\n" + sigterm,
			Want: []string{"a.start.end=ok", "b.start.end=ok", "lifetime.applicationStarted", "signal.SIGTERM", "lifetime.applicationStopping", "b.stop.end=ok", "a.stop.end=ok", "lifetime.applicationStopped", "host.run.end=ok", "main.return"},
			End:  "exited 3",
		},
		{
			Name: "a failed start is rolled back and reported",
			Plan: "services: [{name: a}, {name: b, start: [{throw: boom}]}, {name: c}]\nmain: [build, run]\nmainCatches: true",
			Want: []string{"a.start.end=ok", "b.start.end=error:boom", "a.stop.end=ok", "host.run.end=aggregate(error:boom)", "main.threw"},
			Not:  []string{"c.start.begin", "c.stop.begin", "b.stop.begin", "lifetime.applicationStarted"},
			End:  "exited 0",
		},
		{
			Name: "a request during the start cuts it short, and is no failure",
			Plan: "services: [{name: a}, {name: b, start: [{spawn: [stopApplication]}, {delay: 1s}]}, {name: c}]\nmain: [build, run]",
			Want: []string{"b.start.begin", "b.start.end=cancelled", "a.stop.end=ok", "host.run.end=ok"},
			Not:  []string{"c.start.begin", "lifetime.applicationStarted"},
			End:  "exited 0",
		},
		{
			Name: "a failed stop keeps no other from being stopped",
			Plan: "services: [{name: a}, {name: b, stop: [{throw: boom}]}]\nmain: [build, run]\nmainCatches: true\n" + sigterm,
			Want: []string{"b.stop.end=error:boom", "a.stop.end=ok", "host.run.end=aggregate(error:boom)"},
			End:  "exited 0",
		},
		{
			Name: "work that fails stops the host, and run fails",
			Plan: "services: [{name: a}, {name: w, kind: background, execute: [{delay: 20ms}, {throw: boom}]}]\nmain: [build, run]\nmainCatches: true",
			Want: []string{"lifetime.applicationStarted", "w.execute.end=error:boom", "lifetime.applicationStopping", "a.stop.end=ok", "host.run.end=aggregate(error:boom)"},
			End:  "exited 0",
		},
		{
			Name: "work that fails, and a stop that fails after it: both are told, in order",
			Plan: "services: [{name: a, stop: [{throw: late}]}, {name: w, kind: background, execute: [{delay: 20ms}, {throw: boom}]}]\nmain: [build, run]\nmainCatches: true",
			Want: []string{"w.execute.end=error:boom", "a.stop.end=error:late", "host.run.end=aggregate(error:boom,error:late)"},
			End:  "exited 0",
		},
		{
			Name: "two stops that fail are both told, the last service's first",
			Plan: "services: [{name: a, stop: [{throw: second}]}, {name: b, stop: [{throw: first}]}]\nmain: [build, run]\nmainCatches: true\n" + sigterm,
			Want: []string{"host.run.end=aggregate(error:first,error:second)"},
			End:  "exited 0",
		},
		{
			Name: "the stop is announced once all has stopped, and run ends after that",
			Plan: "services: [{name: a, stop: [{delay: 30ms}]}]\nmain: [build, run]\n" + sigterm,
			Want: []string{"a.stop.end=ok", "lifetime.applicationStopped", "host.run.end=ok"},
			End:  "exited 0",
		},
		{
			Name: "so it is when nothing had started",
			Plan: "services: [{name: a, start: [{throw: boom}]}]\nmain: [build, run]\nmainCatches: true",
			Want: []string{"a.start.end=error:boom", "lifetime.applicationStopping", "lifetime.applicationStopped", "host.run.end=aggregate(error:boom)"},
			Not:  []string{"a.stop.begin"},
			End:  "exited 0",
		},
		{
			Name: "a second request changes nothing",
			Plan: "services: [{name: a, stop: [{stopApplication: true}, {delay: 30ms}]}]\nmain: [build, run]\n" + sigterm + "\n",
			Want: []string{"a.stop.begin", "a.stopApplication.end", "a.stop.end=ok", "host.run.end=ok"},
			End:  "exited 0",
		},
		{
			Name: "a stop has thirty seconds unless the plan says otherwise",
			Plan: "services: [{name: a, stop: [{delay: 31s}]}, {name: b, stop: [{delay: 29s}]}]\nmain: [build, run]\nmainCatches: true\n" + sigterm,
			Want: []string{"b.stop.end=ok", "a.stop.begin", "a.stop.end=cancelled"},
			End:  "exited 0",
		},
		{
			Name: "the end of run's context is a request",
			Plan: "services: [{name: a}]\nmain: [build, {runCancelAfter: 50ms}]",
			Want: []string{"lifetime.applicationStarted", "lifetime.applicationStopping", "a.stop.end=ok", "host.run.end=ok"},
			End:  "exited 0",
		},
		{
			Name: "no services",
			Plan: "main: [build, run]\n" + sigterm,
			Want: []string{"lifetime.applicationStarted", "lifetime.applicationStopping", "lifetime.applicationStopped", "host.run.end=ok"},
			End:  "exited 0",
		},
		{
			Name: "no services, and a request before run",
			Plan: "main: [build, stopApplication, run]",
			Want: []string{"lifetime.applicationStopping", "host.run.end=ok"},
			Not:  []string{"lifetime.applicationStarted"},
			End:  "exited 0",
		},
		{
			Name: "all stops share one budget",
			Plan: "options: {shutdownTimeout: 100ms}\nservices: [{name: a}, {name: b, stop: [{delay: 1s}]}]\nmain: [build, run]\nmainCatches: true\n" + sigterm,
			Want: []string{"b.stop.begin", "b.stop.end=cancelled", "a.stop.begin"},
			End:  "exited 0",
		},
		{
			Name: "a request before run is not lost",
			Plan: "services: [{name: a}]\nmain: [build, stopApplication, run]",
			Want: []string{"main.stopApplication.end", "host.run.begin", "host.run.end=ok"},
			Not:  []string{"lifetime.applicationStarted"},
			End:  "exited 0",
		},
	}
	for name, impl := range legal.Hosts() {
		t.Run(name, func(t *testing.T) {
			for _, c := range cases {
				t.Run(c.Name, func(t *testing.T) { c.Check(t, impl.Play(t, adaptertest.Parse(t, "# \n"+c.Plan))) })
			}
		})
	}
}

// TestTheyClaimWhatTheyAre: core, in virtual time, and no feature that core does not know.
func TestTheyClaimWhatTheyAre(t *testing.T) {
	hosts := legal.Hosts()
	if len(hosts) < 2 {
		t.Errorf("there are %d legal hosts; one alone shows nothing about the suite", len(hosts))
	}
	for name, h := range hosts {
		if h.Name != name || h.Profile != "core" || !h.Virtual || len(h.Features) == 0 {
			t.Errorf("%s says of itself: %+v", name, h)
		}
	}
}
