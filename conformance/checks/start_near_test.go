package checks

import "testing"

// Area START: runs that come within one event, one word of the plan or one moment of another verdict about starts.
func TestStartNearMisses(t *testing.T) {
	rows(t, "HOST-START-004", row{},
		row{name: "the startup timeout may have cut it", want: Vacuous,
			plan:  `--- {options: {startupTimeout: 0s}, services: [{name: a}, {name: b}, {name: c}], signalHandlers: [{signal: SIGTERM, cancel: false}]}`,
			trace: ranA + `; 300ms signal SIGTERM; host run end ok`},
	)
	rows(t, "HOST-START-005", row{},
		row{name: "a body was cancelled too", want: Vacuous,
			trace: `b start begin live; host run begin; b start end error:port; host run end error:port; end exited 1`},
	)
	rows(t, "HOST-START-006", row{},
		row{name: "it may have asked itself, by a signal", want: Vacuous,
			plan:  `--- {services: [{name: a}, {name: b}, {name: c}], applicationStopping: [[{raise: SIGTERM}]]}`,
			trace: `host run begin; b start both live cancelled; host run end ok; end exited 1`},
	)
	rows(t, "HOST-START-007", row{profile: "strict"},
		row{name: "cancelled long before the request", want: Fail, at: "host run end ok",
			trace: `host run begin; a start both live cancelled; 1.1s lifetime applicationStopping; host run end ok`},
		row{name: "something was abandoned", want: Vacuous,
			plan:  `--- {services: [{name: a, start: [throwCancelled]}]}`,
			trace: `host run begin; a start both live cancelled; lifetime abandoned; host run end ok`},
		row{name: "the rollback never ends", want: Vacuous,
			trace: `host run begin; c start both live error:port; a stop begin live; host run end error:port; end exited 1`},
	)
	rows(t, "HOST-START-011", row{profile: "strict"},
		row{name: "a signal comes at the same instant", want: Vacuous,
			trace: ranA + `; c start begin live; 5ms c start end error:port; host run end error:port; signal SIGHUP; end exited 1`},
		row{name: "another had been given up before", want: Fail, at: "host run end error:port",
			plan: `--- {services: [{name: a}, {name: b}, {name: c}], hostLifetime: {stop: [{delay: 1s}]}}`,
			trace: `b abandoned; host run begin; a start both live ok; b start both live ok; c start both live error:port; host run end error:port;
				end exited 1`},
	)
	rows(t, "HOST-START-012", row{profile: "strict"},
		row{name: "an infinite timeout is no excuse", want: Fail, at: "b stop begin dead",
			plan:  `--- {options: {shutdownTimeout: inf}, services: [{name: a}, {name: b}, {name: c}]}`,
			trace: `host run begin; c start both live error:port; b stop both dead ok; host run end error:port; end exited 1`},
	)
	rows(t, "HOST-START-013", row{profile: "dotnet-10", plan: `--- {services: [{name: a}, {name: b}]}`},
		row{name: "told of as started", want: Fail, at: "lifetime applicationStarted",
			trace: ranA + `; lifetime applicationStopping; lifetime applicationStarted; host run end ok`},
		row{name: "decided after the request", profile: "strict", want: Fail, at: "b start begin dead",
			trace: `host run begin; a start begin live; lifetime applicationStopping; a start end ok; b start both dead ok; host run end ok`},
	)
	rows(t, "HOST-START-014", row{profile: "strict", plan: `--- {services: [{name: a}, {name: b, start: [{delay: 5s}]}]}`},
		row{name: "a configured startup timeout", want: Vacuous,
			plan:  `--- {config: {startupTimeoutSeconds: '1'}, services: [{name: a}, {name: b, start: [{delay: 5s}]}]}`,
			trace: `host run begin; b start begin live; lifetime applicationStopping; b start end ok`},
		row{name: "2.2 links, on a busy machine", profile: "dotnet-2.2", lane: "process", want: Fail, at: "b start end cancelled",
			trace: `host run begin; b start begin live; lifetime applicationStopping; b start end cancelled; host run end ok`},
		row{name: "the host had started", profile: "dotnet-6", want: Vacuous,
			plan:  `--- {services: [{name: a}, {name: b}]}`,
			trace: ranA + `; 100ms lifetime applicationStarted; lifetime applicationStopping; b start both live ok; host run end ok`},
		row{name: "on a busy machine, and never", lane: "process", want: Fail, at: "-",
			trace: `host run begin; b start begin live; lifetime applicationStopping; end deadlock`},
		row{name: "2.2 waits", profile: "dotnet-2.2", want: Pass,
			plan:  `--- {services: [{name: a}, {name: b, start: [{delay: 5s}]}], hostLifetime: {stop: [{throw: l}]}}`,
			trace: `host run begin; b start begin live; lifetime applicationStopping; 4.95s b start end ok`},
	)
	rows(t, "HOST-START-015", row{profile: "strict", plan: `--- {services: [{name: a}, {name: b, start: [{delay: 5s}]}]}`},
		row{name: "asked for between two starts", want: Fail, at: "host run end cancelled",
			trace: ranA + `; lifetime applicationStopping; host run end cancelled`},
		row{name: "asked for before the start", lane: "process", want: Vacuous,
			trace: `lifetime applicationStopping; host run begin; b start both live cancelled; host run end cancelled`},
		row{name: "run never returns", profile: "dotnet-10", want: Vacuous,
			trace: `host run begin; b start begin live; lifetime applicationStopping; b start end cancelled`},
		row{name: "in time", want: Pass,
			plan:  `--- {options: {startupTimeout: 1s}, services: [{name: a}, {name: b, start: [{delay: 5s}]}]}`,
			trace: ranA + `; lifetime applicationStopping; host run end ok`},
		row{name: "somebody stops the host beside run", want: Vacuous,
			trace: `host stop begin; host run begin; a start both live ok; lifetime applicationStopping; host run end cancelled`},
	)
	rows(t, "HOST-START-016", row{profile: "strict"},
		row{name: "run never returns", want: Pass, trace: `main stopApplication both; host run begin`},
	)
	rows(t, "HOST-START-018", row{profile: "strict", plan: `--- {services: [{name: a}]}`},
		row{name: "a stop meanwhile", want: Vacuous,
			trace: `host start begin; host stop begin; host start end ok; host start begin; host stop end error:x; host start end error:x`},
		row{name: "the second caller had given up", profile: "dotnet-3.1", want: Vacuous,
			plan:  `--- {main: [build, startCancelled]}`,
			trace: `host start both ok; host start both error:x`},
		row{name: "disposed meanwhile", want: Vacuous, trace: `host start begin; host dispose begin; host start end ok; host start both error:x`},
	)
	rows(t, "HOST-START-020", row{profile: "strict", plan: `--- {services: [{name: a, start: [{delay: 0s}]}], main: [build, {startCancelAfter: 300ms}]}`},
		row{name: "the startup timeout comes too", want: Vacuous,
			plan:  `--- {options: {startupTimeout: 10ms}, services: [{name: a, start: [{delay: 0s}]}], main: [build, {startCancelAfter: 0s}]}`,
			trace: `host start begin; a start begin live; end hang`},
		row{name: "over at the same instant", want: Vacuous,
			trace: `host start begin; a start begin live; 300ms a start end ok; host start end cancelled`},
		row{name: "it ends before its time, and nobody knows how", want: Vacuous,
			plan:  `--- {services: [{name: a, start: [{delay: 0s}]}], main: [build, {startCancelAfter: 0s}]}`,
			trace: `host start begin; a start begin live`},
		row{name: "at once, on a busy machine", lane: "process", want: Pass,
			trace: `host start begin; a start begin live; 300ms a start end cancelled; host start end cancelled`},
		row{name: "cancelled before its time", want: Vacuous,
			plan:  `--- {services: [{name: a, start: [{delay: 0s}]}], main: [build, {startCancelAfter: 10ms}]}`,
			trace: `host start begin; a start both live cancelled; host start end ok`},
	)
	rows(t, "HOST-START-022", row{profile: "strict", plan: `--- {services: [{name: a, kind: lifecycle}, {name: b, kind: lifecycle}]}`},
		row{name: "it never ends", want: Pass, trace: `host start begin; a starting both live ok; b starting both live ok`},
		row{name: "a stop was asked for", want: Pass,
			trace: `host start begin; a starting both live ok; b starting both live ok; lifetime applicationStopping; host start end ok`},
	)
	rows(t, "HOST-START-025", row{},
		row{name: "the startup timeout may have fired", want: Vacuous,
			plan:  `--- {options: {startupTimeout: 0s}, services: [{name: a}]}`,
			trace: `a/thread stopApplication end; a start both live ok`},
	)
}
