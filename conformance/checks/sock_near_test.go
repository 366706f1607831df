package checks

import "testing"

// Area SOCK: runs that come within one event, one word of the plan or one moment of another verdict about listeners.
func TestSockNearMisses(t *testing.T) {
	rows(t, "HOST-SOCK-001", row{},
		row{name: "stopped while it started", want: Vacuous,
			plan: `--- {services: [{name: a, stop: [{close: 'tcp:web'}]}, {name: b, start: [{listen: 'unix:app.sock'}]}], main: [build]}`,
			trace: `a start begin live; a listen ok =tcp:web; a start end ok; b start both live ok; lifetime applicationStopping;
				lifetime applicationStarted; end exited 3`},
		row{name: "left, and there is no timeout", want: Fail, at: "world leak =listener",
			plan: `--- {options: {shutdownTimeout: inf}, services: [{name: a, stop: [{close: 'tcp:web'}]},
  {name: b, start: [{listen: 'unix:app.sock'}]}], main: [build, run]}`,
			trace: `host run begin; a start begin live; a listen ok =tcp:web; a start end ok; b start both live ok; lifetime applicationStopping;
				1.068s host run end ok; world leak =listener; end exited 3`},
		row{name: "closed, and the world tells more", profile: "strict", want: Pass,
			plan: `--- {services: [{name: web, start: [{listen: 'tcp:web'}], stop: [{close: 'tcp:web'}]}], main: [build]}`,
			trace: `web start begin live; web listen ok =tcp:web; web start end ok; lifetime applicationStopping; web close ok =tcp:web;
				1s net disconnect error:reset =tcp:web`},
	)
	rows(t, "HOST-SOCK-002", row{},
		row{name: "one left, and a second signal may have come", want: Vacuous,
			plan: `--- {services: [{name: a, start: [{raise: SIGTERM}]},
  {name: b, start: [{listen: 'unix:app.sock'}], stop: [{close: 'unix:app.sock'}]}], main: [build]}`,
			trace: `a start both live ok; b start begin live; b listen ok =unix:app.sock; b start end ok; signal SIGTERM; lifetime applicationStopping;
				end exited 3`},
		row{name: "the stop was asked for, and a signal comes that is none", want: Pass,
			plan: `--- {services: [{name: a}, {name: b, start: [{listen: 'unix:app.sock'}], stop: [{close: 'unix:app.sock'}]}], main: [build]}`,
			trace: `a start both live ok; b start begin live; b listen ok =unix:app.sock; b start end ok; signal SIGTERM; lifetime applicationStopping;
				signal SIGHUP; end exited 3`},
	)
	rows(t, "HOST-SOCK-003", row{plan: `--- {services: [{name: a, start: [{listen: 'tcp:web'}], stop: [{close: 'tcp:web'}]}], main: [build],
  connections: [{name: c, after: lifetime.applicationStarted, wait: 0s, dial: 'tcp:web'}]}`},
		row{name: "refused, of the only listener", want: Fail, at: "net connect error:refused =tcp:web",
			trace: `a listen ok =tcp:web; net connect error:refused =tcp:web; end exited 7`},
		row{name: "it listens at another address", want: Vacuous,
			plan: `--- {services: [{name: a, stop: [{close: 'tcp:web'}]},
  {name: b, start: [{listen: 'unix:app.sock'}], stop: [{close: 'unix:app.sock'}]}], main: [build],
  connections: [{name: c, after: lifetime.applicationStarted, wait: 0s, dial: 'tcp:web'}]}`,
			trace: `a listen ok =tcp:web; b listen ok =unix:app.sock; a close ok =tcp:web; net connect ok =tcp:web; end exited 3`},
		row{name: "refused well before the stop of its service, on a busy machine", lane: "process", want: Vacuous,
			trace: `a listen ok =tcp:web; 315ms net connect error:refused =tcp:web; a stop begin live`},
		row{name: "main had returned", want: Vacuous,
			trace: `a listen ok =tcp:web; main return =0; net connect error:refused =tcp:web; end exited 7`},
	)
	rows(t, "HOST-SOCK-004", row{},
		row{name: "it had ended before", want: Vacuous,
			plan:  `--- {services: [{name: a, start: [{listen: 'tcp:web'}], stop: [{close: 'tcp:web'}, {drain: 'tcp:web'}]}], main: [build]}`,
			trace: `a listen ok =tcp:web; net disconnect ok =tcp:web; lifetime applicationStopping; end exited 3`},
	)
	rows(t, "HOST-SOCK-006", row{plan: `--- {options: {shutdownTimeout: 0s},
  services: [{name: a, start: [{listen: 'tcp:web'}], stop: [{close: 'tcp:web'}, {drain: 'tcp:web'}]}], main: [build]}`},
		row{name: "something hangs on the token", want: Vacuous,
			plan: `--- {options: {shutdownTimeout: 0s},
  services: [{name: a, start: [{listen: 'tcp:web'}], stop: [{close: 'tcp:web'}, {drain: 'tcp:web'}, {onCancelThrow: cb}]}],
  main: [build]}`,
			trace: `a listen ok =tcp:web; a/thread accepted ok =tcp:web; a stop begin live; end hang`},
		row{name: "the process ends first", want: Vacuous, trace: `a listen ok =tcp:web; a/thread accepted ok =tcp:web; a stop begin live`},
		row{name: "there is no timeout", want: Vacuous,
			plan: `--- {options: {shutdownTimeout: inf},
  services: [{name: a, start: [{listen: 'tcp:web'}], stop: [{close: 'tcp:web'}, {drain: 'tcp:web'}]}], main: [build]}`,
			trace: `a listen ok =tcp:web; a/thread accepted ok =tcp:web; a stop begin live; end hang`},
		row{name: "run returns at once", want: Pass,
			plan: `--- {options: {shutdownTimeout: 0s},
  services: [{name: a, start: [{listen: 'tcp:web'}], stop: [{close: 'tcp:web'}, {drain: 'tcp:web'}]}], main: [build, run]}`,
			trace: `host run begin; a listen ok =tcp:web; a/thread accepted ok =tcp:web; a stop begin live; host run end ok; end exited 3`},
		row{name: "nobody stopped it", want: Vacuous, trace: `a listen ok =tcp:web; end exited 7`},
	)
	rows(t, "HOST-SOCK-007", row{plan: `--- {services: [{name: a, start: [{listen: 'unix:a.sock'}], stop: [{close: 'unix:a.sock'}]},
  {name: b, start: [{listen: 'unix:b.sock'}], stop: [{close: 'unix:b.sock'}]}], files: [{path: b.sock, state: live}]}`},
		row{name: "another listener was opened before", want: Fail, at: "host run end ok",
			trace: `host run begin; a start begin live; a listen ok =unix:a.sock; a start end cancelled; b start begin live;
				b listen error:in_use =unix:b.sock; b start end error:in_use; host run end ok`},
		row{name: "no start failed", want: Vacuous, trace: `host run begin; b listen error:in_use =unix:b.sock; host run end error:in_use`},
		row{name: "the listener was opened before its start", want: Vacuous,
			trace: `host run begin; b listen error:in_use =unix:b.sock; b start both live error:in_use; host run end ok`},
		row{name: "the listener was opened after its start", want: Vacuous,
			trace: `host run begin; b start both live error:in_use; b listen error:in_use =unix:b.sock; host run end ok`},
		row{name: "the application has started, and its builder was slow", want: Fail, at: "lifetime applicationStarted",
			trace: `host build begin; host run begin; host build end ok; b start begin live; b listen error:in_use =unix:b.sock;
				b start end error:in_use; lifetime applicationStarted; host run end error:in_use`},
	)
	rows(t, "HOST-SOCK-010", row{},
		row{name: "the process hangs", want: Vacuous,
			plan: `--- {services: [{name: a, start: [{listen: 'tcp:web'}], stop: [{close: 'tcp:web'}]}, {name: w, kind: background}, {name: c}], main: [build]}`,
			trace: `a start begin live; a listen ok =tcp:web; a start end ok; w start begin live; w execute begin live; w start end ok;
				c start both live ok; w execute end error:boom; lifetime applicationStopping; end deadlock`},
		row{name: "failures are to be ignored", want: Vacuous,
			plan: `--- {options: {backgroundException: ignore}, services: [{name: a, start: [{listen: 'tcp:web'}], stop: [{close: 'tcp:web'}]},
  {name: w, kind: background}, {name: c}], main: [build]}`,
			trace: `a start begin live; a listen ok =tcp:web; a start end ok; w start begin live; w execute begin live; w start end ok;
				c start both live ok; w execute end error:boom; lifetime applicationStopping`},
	)
	rows(t, "HOST-SOCK-011", row{profile: "strict", plan: `--- {services: [{name: a, start: [{listen: 'unix:a.sock'}], stop: [{close: 'unix:a.sock'}]},
  {name: b, start: [{listen: 'unix:b.sock'}], stop: [{close: 'unix:b.sock'}]}], files: [{path: b.sock, state: live}]}`},
		row{name: "a service stopped the host", want: Vacuous,
			trace: `host run begin; a start begin live; a listen ok =unix:a.sock; a start end ok; b start both live error:in_use;
				host run end error:in_use; a stopHost both error:x`},
		row{name: "no start failed", want: Vacuous, trace: `host run begin; a start begin live; a listen ok =unix:a.sock; a start end ok`},
		row{name: "nobody started the host", profile: "dotnet-7", want: Vacuous,
			plan:  `--- {services: [{name: a, stop: [{close: 'unix:a.sock'}]}, {name: b, start: [{listen: 'unix:b.sock'}]}]}`,
			trace: `a start begin live; a listen ok =unix:a.sock; a start end ok; b start both live error:in_use`},
		row{name: "a listener of nobody that had started", want: Vacuous,
			trace: `host run begin; a listen ok =unix:a.sock; b start both live error:in_use; host run end error:in_use`},
		row{name: "the harness ended it", profile: "dotnet-8", want: Vacuous,
			trace: `host run begin; a start begin live; a listen ok =unix:a.sock; a start end ok; b start both live error:in_use;
				host run end error:in_use; end killed`},
		row{name: "a caller limits a stop", profile: "dotnet-8", want: Vacuous,
			plan: `--- {services: [{name: a, stop: [{close: 'unix:a.sock'}]}, {name: b, start: [{listen: 'unix:b.sock'}]}], main: [{stopTimeout: 0s}, run]}`,
			trace: `host run begin; a start begin live; a listen ok =unix:a.sock; a start end ok; b start both live error:in_use;
				host run end error:in_use`},
	)
	rows(t, "HOST-SOCK-012", row{profile: "strict", plan: `--- {services: [{name: a, stop: [{close: 'tcp:web'}]}, {name: b, start: [{listen: 'unix:app.sock'}]}], main: [build]}`},
		row{name: "closed after a second signal", want: Pass,
			trace: `a start begin live; a listen ok =tcp:web; a start end ok; b start both live ok; signal SIGTERM; b stop both live ok;
				a close ok =tcp:web; signal SIGTERM; end exited 3`},
		row{name: "one failed to start", want: Vacuous,
			trace: `a start begin live; a listen ok =tcp:web; a start end ok; b start both live cancelled; b stop begin live; end exited 3`},
	)
	rows(t, "HOST-SOCK-013", row{profile: "strict", plan: `--- {services: [{name: a, start: [{listen: 'unix:a.sock'}], stop: [{close: 'unix:a.sock'}]}, {name: b}], main: [build, run],
  signals: [{after: b.start.begin, wait: 0s, send: SIGTERM}]}`},
		row{name: "disposed before the signal", want: Vacuous,
			plan: `--- {services: [{name: a, start: [{listen: 'unix:a.sock'}], stop: [{close: 'unix:a.sock'}]}, {name: b, start: [{delay: 2s}]}],
  main: [build, run, {return: 3}], signals: [{after: b.start.begin, wait: 300ms, send: SIGTERM}]}`,
			trace: `host dispose begin; host run begin; a start begin live; a listen ok =unix:a.sock; a start end ok; b start begin live; signal SIGTERM;
				b start end cancelled; host run end ok; end exited 3`},
		row{name: "something had failed before", want: Vacuous,
			trace: `host run begin; b start end cancelled; a start begin live; a listen ok =unix:a.sock; a start end ok; b start begin live;
				signal SIGTERM; host run end ok; end exited 3`},
		row{name: "there was no signal", want: Vacuous,
			plan:  `--- {services: [{name: a, start: [{listen: 'unix:a.sock'}], stop: [{close: 'unix:a.sock'}]}], main: [build]}`,
			trace: `a listen ok =unix:a.sock`},
		row{name: "left, and run never returned", want: Fail, at: "-",
			trace: `host run begin; a start begin live; a listen ok =unix:a.sock; a start end ok; b start begin live; signal SIGTERM;
				b start end cancelled`},
		row{name: "the signal belongs to no start", want: Vacuous,
			plan: `--- {services: [{name: a, start: [{listen: 'unix:a.sock'}], stop: [{close: 'unix:a.sock'}]}, {name: b}], main: [build],
  signals: [{after: b.start.begin, wait: 0s, send: SIGTERM}]}`,
			trace: `a listen ok =unix:a.sock; signal SIGTERM; end exited 3`},
		row{name: "a listener of nobody that had started", want: Vacuous,
			trace: `host run begin; a listen ok =unix:a.sock; b start begin live; signal SIGTERM; b start end cancelled; host run end ok; end exited 3`},
		row{name: "a caller limits run", want: Vacuous,
			plan: `--- {services: [{name: a, start: [{listen: 'unix:a.sock'}], stop: [{close: 'unix:a.sock'}]}, {name: b}], main: [build,
  {runCancelAfter: 0s}], signals: [{after: b.start.begin, wait: 0s, send: SIGTERM}]}`,
			trace: `host run begin; a start begin live; a listen ok =unix:a.sock; a start end ok; b start begin live; signal SIGTERM;
				b start end cancelled; host run end ok; end exited 3`},
	)
	rows(t, "HOST-SOCK-014", row{profile: "strict"},
		row{name: "closed, and opened once more", want: Vacuous,
			plan: `--- {services: [{name: a, stop: [{close: 'tcp:web'}]},
  {name: b, start: [{listen: 'unix:app.sock'}], stop: [{close: 'unix:app.sock'}]}], main: [build, run]}`,
			trace: ranA + `; b start begin live; b listen ok =unix:app.sock; b start end ok; b close ok =unix:app.sock; a close ok =tcp:web; a listen ok =tcp:web;
				host run end ok; end exited 3`},
	)
}
