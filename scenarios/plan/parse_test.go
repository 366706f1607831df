package plan

import (
	"testing"
	"time"
)

func TestParseReadsEveryKey(t *testing.T) {
	p, err := Parse("p.yaml", []byte(`
options: {shutdownTimeout: 900ms, startupTimeout: inf, concurrentStart: true, concurrentStop: false, backgroundException: Ignore}
config: {ShutdownTimeoutSeconds: "1"}
services:
- {name: a}
- {name: b, kind: lifecycle, starting: [yield], stopped: [{throw: late}]}
- {name: w, kind: background, watchTokens: true, execute: [{untilCancelled: throw}]}
hostLifetime: {waitForStart: [{delay: 1.5s}], stop: []}
applicationStarted: [[{mark: one}], [{spawn: [{sleep: 20ms}, stopApplication]}]]
applicationStopping: [[]]
processExit: []
signalHandlers: [{signal: SIGTERM, cancel: true}]
main: [build, run, {return: 3}]
mainCatches: 1
signals: [{after: lifetime.applicationStarted, wait: 300ms, send: SIGINT}]
connections: [{name: c1, after: w.execute.begin, dial: tcp:web, hold: inf}]
files: [{path: app.sock, state: stale}]
`))
	if err != nil {
		t.Fatal(err)
	}
	if *p.Options.ShutdownTimeout != 900*time.Millisecond || *p.Options.StartupTimeout != Infinite || !*p.Options.ConcurrentStart || *p.Options.ConcurrentStop || p.Options.BackgroundException != "ignore" {
		t.Errorf("options: %+v", p.Options)
	}
	if len(p.Services) != 3 || p.Services[0].Kind != Hosted || p.Services[1].Hooks[HookStopped][0].Text != "late" || !p.Services[2].WatchTokens || p.Services[2].Hooks[HookExecute][0].Text != "throw" {
		t.Errorf("services: %+v", p.Services)
	}
	if p.HostLifetime.WaitForStart[0].Dur != 1500*time.Millisecond || len(p.ApplicationStarted) != 2 || p.ApplicationStarted[1][0].Steps[1].Kind != StopApp || len(p.ApplicationStopping) != 1 || p.ApplicationStopped != nil {
		t.Errorf("lifetimes: %+v", p)
	}
	if p.ProcessExit == nil || !p.MainCatches || p.Main[2].N != 3 || p.Signals[0].Wait != 300*time.Millisecond || !p.SignalHandlers[0].Cancel {
		t.Errorf("process: %+v", p)
	}
	if p.Connections[0].Hold != Infinite || p.Files[0].State != "stale" || p.Config[0] != (Setting{"ShutdownTimeoutSeconds", "1"}) {
		t.Errorf("world: %+v", p)
	}
	if p.Services[1].Pos != (Pos{6, 3}) {
		t.Errorf("position of b: %v", p.Services[1].Pos)
	}
}
