package checks

import "testing"

// Area STOP: runs that come within one event, one word of the plan or one moment of another verdict about stops.
func TestStopNearMisses(t *testing.T) {
	rows(t, "HOST-STOP-003", row{profile: "dotnet-6"},
		row{name: "a signal before run, and its default action", want: Vacuous,
			trace: ranA + `; lifetime applicationStarted; signal SIGTERM; lifetime applicationStopping; end exited 143`},
		row{name: "run had returned before it started", profile: "core", want: Vacuous, trace: `host run both ok; a start both live ok`},
	)
	rows(t, "HOST-STOP-008", row{profile: "dotnet-2.2"},
		row{name: "a start that failed constructed nobody", want: Vacuous,
			trace: `host start begin; a start both live ok; host start end error:x; host stop both ok`},
	)
	rows(t, "HOST-STOP-010", row{profile: "dotnet-2.2"},
		row{name: "the process ends in the middle", want: Fail, at: "b stop end error:x", trace: ranA + `; b stop both live error:x; end exited 1`},
		row{name: "a signal that nobody hears", profile: "core", want: Vacuous,
			plan:  `--- {services: [{name: a}, {name: b}, {name: c}], hostLifetime: {waitForStart: [{delay: 1s}]}}`,
			trace: ranA + `; signal SIGTERM; b stop both live error:x`},
		row{name: "killed from outside", profile: "strict", want: Vacuous,
			plan: `--- {services: [{name: a, stop: [hang]}], processExit: [],
  signals: [{after: lifetime.applicationStarted, wait: 200ms, send: SIGTERM}, {after: a.stop.begin, wait: 100ms, send: SIGKILL}]}`,
			trace: `host run begin; lifetime applicationStarted; a stop begin live; signal SIGKILL; end signaled SIGKILL`},
	)
	rows(t, "HOST-STOP-012", row{profile: "dotnet-3.1"},
		row{name: "no time at all, and the rest is skipped", want: Vacuous,
			plan:  `--- {options: {shutdownTimeout: 0s}, services: [{name: a}, {name: b}, {name: c}]}`,
			trace: `host run begin; lifetime applicationStarted; b stop both live error:x; host run end error:x; end exited 1`},
	)
	rows(t, "HOST-STOP-014", row{},
		row{name: "run returned before it had started", want: Vacuous,
			trace: ranABC + `; a/thread stopApplication both; host run end ok; lifetime applicationStarted`},
		row{name: "some have not started", want: Vacuous, trace: ranA + `; a/thread stopApplication both`},
		row{name: "main had returned", want: Vacuous, trace: ranABC + `; main return =0; a/thread stopApplication begin`},
		row{name: "an exit was under way", lane: "process", want: Vacuous,
			trace: `host run begin; a start begin live; process exit begin =3; a start end ok; b start begin live; process exit end error:x;
				b start end ok; c start both live ok; a/thread stopApplication begin`},
		row{name: "the time may have been over", profile: "dotnet-2.2", lane: "process", want: Vacuous,
			plan:  `--- {services: [{name: a}, {name: b}, {name: c}], main: [build, {stopCancelAfter: 0s}, run]}`,
			trace: ranABC + `; a/thread stopApplication both; host run end ok`},
	)
	rows(t, "HOST-STOP-015", row{},
		row{name: "the start failed", want: Vacuous,
			trace: `main stopApplication both; host run begin; a start both live error:x; host run end ok`},
	)
	rows(t, "HOST-STOP-016", row{},
		row{name: "a step that need not end", want: Vacuous,
			plan:  `--- {services: [{name: a, start: [untilCancelled]}, {name: b}, {name: c}], main: [build, {startCancelAfter: 1s}]}`,
			trace: ranA + `; a/thread stopApplication both; end signaled SIGABRT`},
		row{name: "a step that its token ends", want: Fail, at: "-",
			plan:  `--- {options: {shutdownTimeout: 0s}, services: [{name: a}, {name: b}, {name: c, stop: [{delay: inf}]}]}`,
			trace: ranA + `; a/thread stopApplication both; end signaled SIGABRT`},
		row{name: "a thread died", want: Vacuous,
			trace: `host run begin; a start begin live; c/thread threw error:t; a start end ok; a/thread stopApplication both`},
		row{name: "nobody had started", want: Vacuous, trace: `host run begin; a start begin live; a/thread stopApplication both`},
		row{name: "somebody else stops the host", want: Vacuous,
			trace: ranA + `; a/thread stopApplication begin; host stop begin; a/thread stopApplication end`},
	)
	rows(t, "HOST-STOP-018", row{profile: "dotnet-10"},
		row{name: "the first stop belongs to no call", want: Vacuous,
			trace: `host start both ok; c stop both live ok; host stop both ok; host stop both ok`},
		row{name: "the second one never returns", want: Vacuous,
			trace: stopping + `; c stop both live ok; host stop end ok; host stop begin; end exited 7`},
		row{name: "disposed in between", profile: "strict", want: Vacuous,
			trace: stopping + `; c stop both live ok; host stop end ok; host dispose both cancelled; host stop both ok`},
	)
	rows(t, "HOST-STOP-019", row{profile: "strict"},
		row{name: "something was abandoned", want: Vacuous, trace: `host stop begin; lifetime abandoned; host stop end ok`},
		row{name: "a stop that never ends", want: Vacuous, trace: `host stop begin; a stop begin live; end deadlock`},
	)
	rows(t, "HOST-STOP-020", row{profile: "strict", plan: `--- {services: [{name: a}, {name: b, new: [{throw: ctor}]}, {name: c}]}`},
		row{name: "the stop never returns", want: Vacuous, trace: `host start begin; a new; host start end error:ctor; host stop begin`},
		row{name: "the start never returned", want: Vacuous, trace: `host start begin; a new; host stop both ok`},
	)
	rows(t, "HOST-STOP-021", row{profile: "dotnet-3.1", plan: `--- {options: {shutdownTimeout: 300ms}, services: [{name: a}, {name: b, stop: [{delay: 5s}]}, {name: c}]}`},
		row{name: "main is told, and ends", want: Vacuous, trace: ranA + `; b stop both live cancelled; main threw cancelled`},
		row{name: "main catches, and the rest is stopped all the same", want: Fail, at: "a stop begin dead",
			plan:  `--- {options: {shutdownTimeout: 300ms}, services: [{name: a}, {name: b, stop: [{delay: 5s}]}, {name: c}], mainCatches: true}`,
			trace: ranA + `; signal SIGTERM; b stop both live cancelled; a stop both dead ok; main threw cancelled`},
		row{name: "the stop began dead and never ended", profile: "strict", want: Vacuous,
			trace: ranA + `; c stop begin dead; b stop both live cancelled; host run end cancelled; end exited 7`},
		row{name: "the token fires during the stop", profile: "strict", want: Pass,
			plan:  `--- {services: [{name: a}, {name: b}], main: [build, run]}`,
			trace: ranA + `; b stop begin live; b tokenFired; b stop end ok; a stop both dead ok; host run end ok; end exited 3`},
	)
	rows(t, "HOST-STOP-025", row{profile: "strict"},
		row{name: "the start was still going on", want: Vacuous,
			plan:  `--- {services: [{name: a, kind: lifecycle}, {name: b, kind: lifecycle}]}`,
			trace: `host start begin; a start both live ok; host stop begin; host start end ok; b stopping both live error:x; host stop end error:x`},
	)
	rows(t, "HOST-STOP-027", row{},
		row{name: "main returned meanwhile", want: Pass, trace: ranAB + `; main return =0; c start both live ok; 15s host run end ok`},
		row{name: "a worker fails at the same instant", want: Pass,
			plan: `--- {services: [{name: a}, {name: b}, {name: c, kind: background}]}`,
			trace: `host run end ok; host run begin; a start both live ok; b start both live ok; c start both live ok; c execute begin live;
				1s lifetime applicationStopping; c execute end error:x`},
		row{name: "nobody waits for the start", want: Vacuous,
			trace: ranABC + `; signal SIGTERM; 300ms lifetime applicationStarted; host run end ok`},
		row{name: "a host lifetime was stopped first", want: Fail, at: "hostLifetime stop begin live",
			trace: ranA + `; b start begin live; hostLifetime stop begin live; b start end ok; hostLifetime stop end cancelled; c start both live ok;
				300ms signal SIGTERM; lifetime applicationStopping; host run end ok`},
	)
	rows(t, "HOST-STOP-028", row{},
		row{name: "the application has a host lifetime", want: Vacuous,
			plan:  `--- {services: [{name: a}, {name: b}, {name: c}], hostLifetime: {}}`,
			trace: ranA + `; a stop both live ok; end hang`},
		row{name: "a stop request never returns", want: Fail, at: "-",
			trace: ranA + `; lifetime applicationStarted; a stopApplication begin; a stop both live ok; end hang`},
	)
	rows(t, "HOST-STOP-030", row{},
		row{name: "the startup timeout may have cut it", want: Vacuous,
			plan:  `--- {options: {startupTimeout: 0s}, services: [{name: a}, {name: b}, {name: c}]}`,
			trace: ranA + `; a stop both live ok; host run end cancelled`},
	)
	rows(t, "HOST-STOP-031", row{profile: "strict"},
		row{name: "a signal comes at the same instant", want: Vacuous,
			plan:  `--- {options: {concurrentStart: true}, services: [{name: a}, {name: b}, {name: c}]}`,
			trace: `host run begin; c start begin live; 5ms c start end error:port; signal SIGHUP; host run end error:port; end exited 1`},
	)
}
