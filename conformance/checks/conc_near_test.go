package checks

import "testing"

// Area CONC: runs that come within one event, one word of the plan or one moment of another verdict about concurrent starts and stops.
func TestConcNearMisses(t *testing.T) {
	rows(t, "HOST-CONC-001", row{profile: "strict"},
		row{name: "the first was started by nobody", want: Vacuous,
			plan:  `--- {options: {concurrentStart: true}, services: [{name: a, start: [{delay: 1s}]}, {name: b, start: [{delay: 1s}]}]}`,
			trace: `a start begin live; host start begin; b start begin live; a start end ok; b start end ok; host start end ok`},
	)
	rows(t, "HOST-CONC-002", row{profile: "strict"},
		row{name: "somebody stops the host", want: Vacuous,
			plan:  `--- {options: {concurrentStart: true}, services: [{name: a, start: [{delay: 1s}]}, {name: b, start: [{delay: 1s}]}]}`,
			trace: `host start begin; host stop begin; a start begin live; host stop end ok; end hang`},
		row{name: "a script without a wait", want: Vacuous,
			plan:  `--- {options: {concurrentStart: true}, services: [{name: a, start: [{onCancelThrow: cb}]}, {name: b, start: [{delay: 1s}]}]}`,
			trace: `host start begin; a start begin live; 1s a start end ok; host start end ok`},
	)
	rows(t, "HOST-CONC-003", row{profile: "dotnet-8"},
		row{name: "late, and at once", want: Fail, at: "b start begin live",
			plan:  `--- {options: {concurrentStart: true}, services: [{name: a, start: [{block: 1s}, {delay: 1s}]}, {name: b}]}`,
			trace: `host start begin; 1.099999999s a start begin live; b start both live ok; a start end ok`},
	)
	rows(t, "HOST-CONC-004", row{profile: "strict", plan: `--- {options: {concurrentStart: true}, services: [{name: a, start: [{throw: x}]}, {name: b, start: [{delay: 1s}, {throw: y}]}, {name: c}]}`},
		row{name: "it may have asked itself, by a signal", want: Vacuous,
			plan: `--- {options: {concurrentStart: true}, services: [{name: a, start: [{throw: x}]}, {name: b, start: [{delay: 1s}, {throw: y}]},
  {name: c}], applicationStopped: [[{raise: SIGTERM}]]}`,
			trace: `host start begin; a start both live error:x; host start end aggregate(error:x,error:y)`},
		row{name: "returns too soon, and a signal comes that is none of stopping", want: Fail, at: "host start end aggregate(error:x,error:y)",
			trace: `host start begin; a start both live error:x; b start begin live; c start begin live; signal SIGHUP; c start end ok;
				host start end aggregate(error:x,error:y); b start end error:y`},
		row{name: "a signal came before the failure", want: Vacuous,
			trace: `host start begin; a start begin live; signal SIGINT; a start end error:x; b start begin live; c start both live ok;
				host start end aggregate(error:x,error:y); b start end error:y`},
	)
	rows(t, "HOST-CONC-006", row{profile: "dotnet-9", plan: `--- {options: {concurrentStart: true}, services: [{name: a, start: [{throw: x}]}, {name: b, start: [{delay: 1s}, {throw: y}]}, {name: c}]}`},
		row{name: "in order of registration, when both failed at once", want: Pass,
			trace: `host start begin; a start begin live; b start both live error:y; a start end error:x; host start end aggregate(error:x,error:y)`},
		row{name: "in another, with a dead token", want: Fail, at: "host start end aggregate(error:y,error:x)",
			trace: `host start begin; a start both live error:x; b start both dead error:y; host start end aggregate(error:y,error:x)`},
		row{name: "in the order of their ends", profile: "dotnet-10", want: Pass,
			plan:  `--- {options: {concurrentStart: true}, services: [{name: a}, {name: b}], main: [build, run]}`,
			trace: `host run begin; a start begin live; b start both live error:b; a start end error:a; host run end aggregate(error:b,error:a)`},
	)
	rows(t, "HOST-CONC-007", row{profile: "dotnet-10", plan: `--- {options: {concurrentStop: true}, services: [{name: a, stop: [{delay: 1s}, {throw: x}]}, {name: b, stop: [{delay: 2s}, throwCancelled]}]}`},
		row{name: "a dead token", want: Vacuous,
			plan: `--- {options: {concurrentStart: true}, services: [{name: a, start: [{delay: 1s}, {throw: x}]},
  {name: b, start: [{delay: 2s}, throwCancelled]}]}`,
			trace: `host start begin; a start begin live; b start begin dead; a start end error:x; b start end cancelled;
				host start end aggregate(error:x,cancelled)`},
		row{name: "the startup timeout may have cut one", want: Vacuous,
			plan: `--- {options: {startupTimeout: 0s, concurrentStart: true}, services: [{name: a, start: [{delay: 1s}, {throw: x}]},
  {name: b, start: [{delay: 2s}, throwCancelled]}]}`,
			trace: `host start begin; a start begin live; b start begin live; a start end error:x; b start end cancelled; host start end error:x`},
		row{name: "both may have failed at once", want: Vacuous,
			plan:  `--- {options: {concurrentStart: true}, services: [{name: a, start: [throwCancelled]}, {name: b, start: [{delay: 2s}, throwCancelled]}]}`,
			trace: `host start begin; a start begin live; b start begin live; a start end error:x; b start end cancelled; host start end error:x`},
		row{name: "in a stop, on 9", profile: "dotnet-9", want: Fail, at: "host stop end aggregate(error:x,cancelled)",
			trace: stopping + `; b stop begin live; a stop both live error:x; 1s b stop end cancelled; host stop end aggregate(error:x,cancelled)`},
		row{name: "the start was still going on", want: Vacuous,
			trace: `host start begin; host stop begin; host start end ok; b stop begin live; a stop both live error:x; b stop end cancelled;
				host stop end aggregate(error:x,cancelled)`},
		row{name: "something was given up", want: Vacuous,
			plan: `--- {options: {concurrentStart: true}, services: [{name: a, start: [{delay: 1s}, {throw: x}]},
  {name: b, start: [{delay: 2s}, throwCancelled]}]}`,
			trace: `host start begin; a start begin live; b start begin live; lifetime abandoned; a start end error:x; b start end cancelled;
				host start end error:x`},
		row{name: "the stop never returns", want: Vacuous, trace: stopping + `; b stop begin live; a stop both live error:x; b stop end cancelled`},
		row{name: "one ended when the stop had returned", want: Vacuous,
			trace: stopping + `; b stop begin live; a stop both live error:x; host stop end aggregate(error:x,cancelled); b stop end cancelled`},
		row{name: "in a stop, on a busy machine", profile: "dotnet-9", lane: "process", want: Pass,
			trace: stopping + `; b stop begin live; a stop both live error:x; 1s b stop end cancelled; host stop end error:x`},
		row{name: "a disposal failed", lane: "process", want: Vacuous,
			plan: `--- {options: {concurrentStop: true}, services: [{name: a, stop: [{delay: 1s}, {throw: x}]},
  {name: b, stop: [{delay: 2s}, throwCancelled]}], main: [{sleep: 1s}, build, run]}`,
			trace: stopping + `; b stop begin live; a stop both live error:x; b stop end cancelled; a dispose both cancelled;
				host stop end aggregate(error:x,cancelled)`},
	)
	rows(t, "HOST-CONC-008", row{profile: "strict"},
		row{name: "asked to stop before", want: Vacuous,
			plan:  `--- {options: {concurrentStart: true}, services: [{name: a}, {name: b, start: [throwCancelled]}]}`,
			trace: `host start begin; lifetime applicationStopping; b start both live cancelled; host start end cancelled`},
	)
	rows(t, "HOST-CONC-010", row{profile: "strict", plan: `--- {options: {shutdownTimeout: 5s, concurrentStop: true}, services: [{name: a, stop: [{delay: 1s}]}, {name: b, stop: [{delay: 1s}]}]}`},
		row{name: "a busy machine", lane: "process", want: Vacuous,
			trace: `host start begin; a start both live ok; host start end ok; host stop begin; b stop begin live; 1s b stop end ok; host stop end ok`},
		row{name: "the harness ended it", want: Vacuous,
			trace: `host start begin; a start both live ok; host start end ok; host stop begin; b stop begin live; 1s b stop end ok; host stop end ok;
				end killed`},
	)
	rows(t, "HOST-CONC-012", row{profile: "strict"},
		row{name: "the first only, called in another order", want: Fail, at: "host stop end error:x",
			plan:  `--- {options: {shutdownTimeout: 5s, concurrentStop: true}, services: [{name: a, stop: [{delay: 1s}]}, {name: b, stop: [{delay: 1s}]}]}`,
			trace: stopping + `; a stop begin live; b stop both live error:x; a stop end error:y; host stop end error:x`},
	)
	rows(t, "HOST-CONC-013", row{profile: "strict", plan: `--- {options: {shutdownTimeout: 500ms, concurrentStop: true}, services: [{name: a, stop: [{delay: 1s}]}, {name: b, stop: [{delay: 1s}]}]}`},
		row{name: "in time, to the nanosecond", want: Pass,
			plan:  `--- {options: {shutdownTimeout: 1s, concurrentStop: true}, services: [{name: a, stop: [{delay: 1s}]}, {name: b, stop: [{delay: 1s}]}]}`,
			trace: stopping + `; b stop begin live; a stop begin live; 1s b stop end ok; a stop end ok; host stop end ok`},
		row{name: "one fired at once and one at the end", want: Fail, at: "a tokenFired",
			plan: `--- {options: {shutdownTimeout: 500ms, concurrentStop: true}, services: [{name: a}, {name: b}], main: [build, run]}`,
			trace: `host run begin; b stop begin live; a stop begin live; b tokenFired; b stop end ok; 500ms a tokenFired; a stop end ok;
				host run end ok; end exited 3`},
		row{name: "long after the stop had returned", want: Fail, at: "a stop end cancelled",
			trace: stopping + `; b stop begin live; a stop begin live; 500ms host stop end cancelled; 900ms a stop end cancelled`},
		row{name: "a signal after the stop had begun", want: Vacuous,
			trace: stopping + `; lifetime applicationStopping; signal SIGTERM; a stop begin live; end hang`},
		row{name: "earlier, of a script that heeds nothing", want: Pass,
			plan: `--- {options: {shutdownTimeout: 500ms, concurrentStop: true}, services: [{name: a, stop: [{delay: 1s}]},
  {name: b, stop: [hang, {delay: 1s}]}]}`,
			trace: stopping + `; b stop begin live; a stop begin live; b stop end cancelled; 400ms a stop end cancelled; host stop end cancelled`},
		row{name: "two signals of its own", want: Vacuous,
			plan: `--- {options: {shutdownTimeout: 500ms, concurrentStop: true}, services: [{name: a, stop: [{delay: 1s}]},
  {name: b, stop: [{delay: 1s}]}], applicationStopped: [[{raise: SIGTERM}]], main: [build, {raise: SIGTERM}, run]}`,
			trace: stopping + `; b stop begin live; a stop begin live; b stop end cancelled; a stop end cancelled; host stop end cancelled`},
	)
	rows(t, "HOST-CONC-014", row{profile: "strict"},
		row{name: "one by one, at the limit of a busy machine", lane: "process", want: Vacuous,
			plan: `--- {options: {concurrentStart: true, concurrentStop: true},
  services: [{name: a, kind: lifecycle, starting: [{delay: 1s}], stopped: [{delay: 1s}]},
  {name: b, kind: lifecycle, starting: [{delay: 1s}], stopped: [{delay: 1s}]}]}`,
			trace: `host start begin; a starting begin live; 1s a starting end ok; b starting begin live; host start end ok`},
	)
	rows(t, "HOST-CONC-015", row{profile: "strict"},
		row{name: "false, without any wait", lane: "process", want: Pass,
			plan: `--- {options: {backgroundException: ignore}, config: {servicesStartConcurrently: 'false'},
  services: [{name: a, start: [{sleep: 1s}]}, {name: b}]}`,
			trace: `host start begin; a start both live ok; b start both live ok; host start end ok`},
	)
	rows(t, "HOST-CONC-016", row{profile: "dotnet-7"},
		row{name: "another start meanwhile", want: Vacuous,
			plan:  `--- {config: {servicesStartConcurrently: 'True'}, services: [{name: a, start: [{delay: 1s}]}, {name: b}]}`,
			trace: `host start begin; a start begin live; host run both ok; b start both live ok; a start end ok; host start end ok`},
	)
}
