package checks

import "testing"

// Area BG: runs that come within one event, one word of the plan or one moment of another verdict about background services.
func TestBgNearMisses(t *testing.T) {
	rows(t, "HOST-BG-001", row{},
		row{name: "the start never ends, and the process does", want: Vacuous,
			plan:  `--- {services: [{name: w, kind: background, execute: [{delay: 10ms}]}], main: [build]}`,
			trace: `w start begin live; w execute begin live`},
		row{name: "too short a wait for a busy machine", lane: "process", want: Vacuous,
			plan:  `--- {services: [{name: w, kind: background, execute: [{delay: 100ms}]}], main: [build]}`,
			trace: `w start begin live; w execute both live error:boom; w start end ok; end exited 1`},
		row{name: "the work goes on", want: Pass,
			plan:  `--- {services: [{name: w, kind: background, execute: [untilCancelled]}, {name: c}], main: [build]}`,
			trace: `w start begin live; w execute begin live; w start end ok; c start both live ok`},
		row{name: "a body without a wait", want: Vacuous,
			plan:  `--- {services: [{name: w, kind: background}], main: [build]}`,
			trace: `w start begin live; w execute begin live; w start end ok; w execute end ok; end exited 3`},
	)
	rows(t, "HOST-BG-002", row{profile: "strict", plan: `--- {services: [{name: w, kind: background}], main: [build]}`},
		row{name: "twice, the second time with a dead token", want: Fail, at: "w execute begin dead",
			trace: `w start both live ok; w execute both live ok; w execute both dead ok; end exited 3`},
		row{name: "it starts, and the process ends at once", profile: "dotnet-10", want: Vacuous, trace: `w start both live ok`},
	)
	rows(t, "HOST-BG-004", row{},
		row{name: "neither ends, and the process does", want: Vacuous,
			plan:  `--- {services: [{name: w, kind: background, execute: [untilCancelled]}], main: [build]}`,
			trace: `w execute begin live; w stop begin live`},
	)
	rows(t, "HOST-BG-005", row{},
		row{name: "a second signal may have come", want: Vacuous,
			plan:  `--- {services: [{name: a, dispose: [{raise: SIGTERM}]}, {name: w, kind: background}], main: [build]}`,
			trace: `w execute begin live; signal SIGTERM; w stop begin live; w execute end ok; w stop end ok; end exited 3`},
	)
	rows(t, "HOST-BG-006", row{plan: `--- {options: {shutdownTimeout: 0s}, services: [{name: w, kind: background}], main: [build]}`},
		row{name: "it is abandoned at once", want: Pass, trace: `w execute begin live; w stop begin live; w abandoned; end exited 3`},
		row{name: "the stop never ends, and the process does", want: Vacuous,
			trace: `w execute begin live; w stop begin live; 59.68s w execute end ok; end exited 7`},
		row{name: "there is no timeout", want: Vacuous,
			plan:  `--- {options: {shutdownTimeout: inf}, services: [{name: w, kind: background}], main: [build]}`,
			trace: `w execute begin live; w stop begin live; w execute end ok; w stop end ok; end exited 3`},
		row{name: "there is no body", want: Vacuous, trace: `w stop both live ok; end exited 3`},
	)
	rows(t, "HOST-BG-008", row{profile: "dotnet-8"},
		row{name: "beside another background service", want: Pass,
			plan:  `--- {services: [{name: w, kind: background, execute: [{block: 10ms}]}, {name: c, kind: background}], main: [build]}`,
			trace: `w start begin live; w execute begin live; 400ms w start end ok`},
	)
	rows(t, "HOST-BG-010", row{profile: "dotnet-8", plan: `--- {services: [{name: w, kind: background, execute: [untilCancelled]}, {name: b}], main: [build, run]}`},
		row{name: "the startup timeout may have cancelled it", want: Vacuous,
			plan: `--- {options: {startupTimeout: 0s}, services: [{name: w, kind: background, execute: [untilCancelled]}, {name: b}], main: [build, run]}`,
			trace: `host run begin; w start begin live; w execute begin live; w start end ok; b start begin live; lifetime applicationStopping;
				w execute end ok; 600ms b start end ok; w stop both live ok; host run end ok; end exited 3`},
		row{name: "cancelled at once, and disposed later", profile: "strict", want: Pass,
			plan: `--- {options: {startupTimeout: 1s}, services: [{name: w, kind: background, execute: [untilCancelled]}, {name: b}], main: [build, run]}`,
			trace: `host run begin; w start begin live; w execute begin live; w start end ok; b start begin live; lifetime applicationStopping;
				w tokenFired; w dispose begin; w execute end ok; 600ms b start end ok; w stop both live ok; host run end ok; end exited 3`},
		row{name: "it was never stopped", want: Vacuous,
			trace: `host run begin; w start begin live; w execute begin live; w start end ok; b start begin live; lifetime applicationStopping;
				w execute end ok; 600ms b start end ok; host run end ok; end exited 3`},
		row{name: "the start was over at once", profile: "dotnet-2.2", want: Vacuous,
			trace: `host run begin; w start begin live; w execute begin live; w start end ok; b start begin live; lifetime applicationStopping;
				w execute end ok; w stop both live ok; host run end ok; end exited 3`},
		row{name: "its token fired before its body began", profile: "dotnet-2.2", want: Pass,
			trace: `host run begin; w start begin live; w tokenFired; w execute begin live; w start end ok; b start begin live;
				lifetime applicationStopping; w execute end ok; 600ms b start end ok; w stop both live ok; host run end ok; end exited 3`},
		row{name: "a caller limits the start", want: Vacuous,
			plan: `--- {services: [{name: w, kind: background, execute: [untilCancelled]}, {name: b}], main: [{startCancelAfter: 0s}, build, run]}`,
			trace: `host run begin; w start begin live; w execute begin live; w start end ok; b start begin live; lifetime applicationStopping;
				w execute end ok; 600ms b start end ok; w stop both live ok; host run end ok; end exited 3`},
		row{name: "its disposal came before its token fired", profile: "strict", want: Vacuous,
			trace: `host run begin; w start begin live; w stop end ok; w execute begin live; w start end ok; b start begin live;
				lifetime applicationStopping; w dispose begin; w tokenFired; w execute end ok; 600ms b start end ok; w stop begin live;
				host run end ok; end exited 3`},
	)
	rows(t, "HOST-BG-011", row{profile: "strict", plan: `--- {services: [{name: a}, {name: w, kind: background}, {name: c}], main: [build]}`},
		row{name: "a stop was called before the host ran", want: Vacuous,
			plan: `--- {options: {shutdownTimeout: 5s}, services: [{name: a}, {name: w, kind: background, execute: [untilCancelled]}, {name: c}],
  main: [build, run, {return: 3}], mainCatches: true, signals: [{after: lifetime.applicationStarted, wait: 300ms, send: SIGTERM}]}`,
			trace: `host stop begin; a start both live ok; w start begin live; w execute begin live; w start end ok; c start both live ok;
				lifetime applicationStopping; w tokenFired; w execute end ok; end exited 3`},
		row{name: "another body failed first", want: Vacuous,
			trace: worksAWC + `; a execute begin live; lifetime applicationStopping; a execute end error:x; w tokenFired; w execute end ok; end exited 3`},
		row{name: "a signal before the host ran", want: Vacuous,
			trace: worksAWC + `; signal SIGTERM; lifetime applicationStopping; w tokenFired; w execute end ok; end exited 3`},
		row{name: "another body failed only then", want: Fail, at: "w tokenFired",
			plan:  `--- {options: {startupTimeout: 10ms}, services: [{name: a}, {name: w, kind: background}, {name: c}], main: [build]}`,
			trace: worksAWC + `; a execute begin live; lifetime applicationStopping; w tokenFired; a execute end error:x; w execute end ok; end exited 3`},
	)
	rows(t, "HOST-BG-012", row{profile: "strict", plan: `--- {services: [{name: w, kind: background, execute: [{onCancelThrow: cb}]}], main: [build]}`},
		row{name: "the body failed by itself", want: Vacuous,
			trace: `w start begin live; w execute begin; w start end ok; w stop begin live; w cancelCallback begin; w execute end error:x;
				w stop end error:cb; end exited 3`},
		row{name: "the callback never ran", want: Vacuous,
			trace: `w start begin live; w execute begin live; w start end ok; w stop begin live; w execute end ok; w stop end error:cb; end exited 3`},
	)
	rows(t, "HOST-BG-013", row{profile: "dotnet-8"},
		row{name: "run returns after another's stop of the host", want: Pass,
			plan: `--- {services: [{name: a}, {name: w, kind: background}, {name: c}], main: [build, run]}`,
			trace: `a stopHost begin; host run begin; a stopHost end ok; a start both live ok; w start begin live; w execute begin live; w start end ok;
				c start both live ok; w execute end ok; host run end ok; end exited 3`},
	)
	rows(t, "HOST-BG-014", row{profile: "dotnet-6", plan: `--- {services: [{name: a}, {name: w, kind: background}, {name: c}], main: [build]}`},
		row{name: "another body had been cancelled before", want: Vacuous,
			trace: worksAWC + `; a execute both live cancelled; w execute end error:boom`},
		row{name: "a cancellation", want: Vacuous, trace: worksAWC + `; w execute end cancelled`},
	)
	rows(t, "HOST-BG-015", row{profile: "dotnet-3.1"},
		row{name: "the failure comes while the host starts", want: Vacuous,
			plan:  `--- {services: [{name: a}, {name: w, kind: background}, {name: c}], main: [build]}`,
			trace: worksAWC + `; w execute end error:boom; lifetime applicationStarted; end exited 1`},
		row{name: "somebody disposes the host", want: Pass,
			plan: `--- {options: {shutdownTimeout: 5s}, services: [{name: a}, {name: w, kind: background, execute: [{delay: 100ms}, {throw: boom}]},
  {name: c}], processExit: [{exit: 3}], main: [build, run, {return: 3}]}`,
			trace: ranA + `; w start begin live; w execute begin live; host dispose begin; w start end ok; c start begin live; host dispose end ok;
				c start end ok; w execute end error:boom; host run end error:boom; end exited 1`},
	)
	rows(t, "HOST-BG-016", row{profile: "dotnet-8"},
		row{name: "a signal may have stopped it", want: Pass,
			plan: `--- {services: [{name: a}, {name: w, kind: background, execute: [throwCancelled]}, {name: c}], main: [build],
  signals: [{after: lifetime.applicationStarted, wait: 1200ms, send: SIGINT}]}`,
			trace: worksAWC + `; lifetime applicationStarted; w execute end cancelled; 890.000001ms signal SIGINT; lifetime applicationStopping; end exited 3`},
		row{name: "a stop was under way", profile: "strict", want: Vacuous,
			plan: `--- {services: [{name: a}, {name: w, kind: background, execute: [throwCancelled]}, {name: c}], main: [build]}`,
			trace: `a stop begin live; a start both live ok; w start begin live; w execute begin live; w start end ok; c start both live ok;
				w execute end cancelled; lifetime applicationStopping; log Debug =Host#3; a stop end ok; end exited 1`},
	)
	rows(t, "HOST-BG-017", row{profile: "dotnet-8"},
		row{name: "something else had failed before", want: Pass,
			plan: `--- {options: {backgroundException: ignore}, services: [{name: a}, {name: w, kind: background}, {name: c}], main: [build, run]}`,
			trace: `host run end error:boom; a start both live ok; w start begin live; w execute begin live; w start end ok; c start both live ok;
				w execute end error:boom; lifetime applicationStopping; end exited 1`},
		row{name: "one start never ended", profile: "strict", want: Vacuous,
			plan:  `--- {options: {backgroundException: ignore}, services: [{name: a}, {name: w, kind: background}, {name: c}], main: [build]}`,
			trace: `a start both live ok; w start begin live; w execute begin live; c start both live ok; w execute end error:boom; end exited 3`},
	)
	rows(t, "HOST-BG-018", row{plan: `--- {services: [{name: a}, {name: w, kind: background}], main: [build, run]}`},
		row{name: "run succeeds, and a signal may have come", want: Fail, at: "host run end ok",
			plan:  `--- {services: [{name: a}, {name: w, kind: background}, {name: c}], applicationStopping: [[{raise: SIGTERM}]], main: [build, run]}`,
			trace: ranAWC + `; w execute end error:boom; lifetime applicationStopping; host run end ok; end exited 3`},
		row{name: "one service never started", profile: "dotnet-8", want: Vacuous,
			trace: ranA + `; w execute both live error:boom; lifetime applicationStopping; host run end ok; end exited 3`},
		row{name: "something was given up", profile: "dotnet-8", want: Vacuous,
			plan:  `--- {services: [{name: a}, {name: w, kind: background}, {name: c}], main: [build, run]}`,
			trace: ranAWC + `; w execute end error:boom; lifetime abandoned; lifetime applicationStopping; host run end ok; end exited 3`},
		row{name: "run returns and nothing was stopped", profile: "strict", want: Vacuous,
			trace: ranA + `; w start both live ok; w execute both live error:boom; host run end ok`},
		row{name: "it came to its end", want: Vacuous,
			plan:  `--- {services: [{name: a}, {name: w, kind: background}, {name: c}], main: [build, run]}`,
			trace: ranAWC + `; w execute end ok; lifetime applicationStopping; host run end ok; end exited 3`},
	)
	rows(t, "HOST-BG-019", row{profile: "dotnet-9", plan: `--- {services: [{name: v, kind: background}, {name: w, kind: background}], main: [build, run]}`},
		row{name: "its own stop fails", profile: "strict", want: Fail, at: "w stop end cancelled",
			plan:  `--- {services: [{name: w, kind: background}], main: [build, run]}`,
			trace: `host run begin; w execute begin live; w stop begin live; w execute end cancelled; w stop end cancelled; host run end cancelled`},
		row{name: "no time at all", profile: "core", want: Vacuous,
			plan:  `--- {options: {shutdownTimeout: 0s}, services: [{name: a}, {name: w, kind: background}, {name: c}], main: [build, run]}`,
			trace: ranAWC + `; w stop begin live; w execute end cancelled; w stop end ok; host run end cancelled; end exited 3`},
		row{name: "a disposal never ended", profile: "dotnet-10", lane: "process", want: Vacuous,
			plan:  `--- {services: [{name: a}, {name: w, kind: background}, {name: c}], main: [build, run]}`,
			trace: ranAWC + `; w stop begin live; w execute end cancelled; w stop end ok; w dispose begin; host run end ok; end exited 3`},
		row{name: "another body failed", want: Vacuous,
			trace: `host run begin; v start begin live; v execute begin live; v start end ok; w start both live ok; w execute begin live;
				v execute end error:one; w stop begin live; w execute end cancelled; w stop end ok; host run end ok; end exited 3`},
		row{name: "another was started and never called", want: Vacuous,
			trace: `host run begin; v start both live ok; w start both live ok; w execute begin live; v execute end error:one; v execute begin live;
				w stop begin live; w execute end cancelled; w stop end ok; host run end ok; end exited 3`},
	)
	rows(t, "HOST-BG-020", row{},
		row{name: "a caller limits the stop", want: Vacuous,
			plan: `--- {options: {shutdownTimeout: 5s}, services: [{name: a}, {name: w, kind: background, execute: [{delay: 100ms}, {throw: boom}]},
  {name: c}], main: [build, {stopCancelAfter: 1s}, {return: 3}]}`,
			trace: ranAWC + `; w execute end error:boom; c stop both live ok; host run end error:boom; end exited 1`},
		row{name: "nobody waits for the host", want: Vacuous,
			plan:  `--- {services: [{name: a}, {name: w, kind: background}, {name: c}], main: [build]}`,
			trace: worksAWC + `; w execute end error:boom; end exited 1`},
		row{name: "a thread crashed", want: Vacuous,
			plan:  `--- {services: [{name: a}, {name: w, kind: background}, {name: c}], main: [build, run]}`,
			trace: ranAWC + `; w execute end error:boom; w/thread threw error:t; host run end error:boom; end exited 1`},
	)
}
