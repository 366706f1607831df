package checks

import "testing"

// Area LIFE: runs that come within one event, one word of the plan or one moment of another verdict about notifications and stop requests.
func TestLifeNearMisses(t *testing.T) {
	rows(t, "HOST-LIFE-001", row{},
		row{name: "a later start", want: Vacuous, plan: `--- {services: [{name: a}]}`, trace: `lifetime applicationStarted; a start both live ok`},
	)
	rows(t, "HOST-LIFE-002", row{},
		row{name: "nobody started the host", want: Vacuous,
			plan:  `--- {services: [{name: b}]}`,
			trace: `b start both live error:port; end exited 1`},
	)
	rows(t, "HOST-LIFE-003", row{},
		row{name: "the startup timeout may have cut it", want: Vacuous,
			plan:  `--- {options: {startupTimeout: 0s}, services: [{name: a, stop: [throwCancelled]}, {name: b}, {name: c}]}`,
			trace: ranABC + `; 300ms signal SIGTERM; host run end ok`},
		row{name: "asked to stop meanwhile", want: Vacuous,
			trace: `host start begin; lifetime applicationStopping; host start end ok; host stop both ok`},
		row{name: "the start never returned", want: Fail, at: "host stop begin",
			trace: `host start begin; a start both live ok; b start both live ok; c start both live ok; 10ms host stop both ok`},
		row{name: "a caller limits the start", want: Vacuous,
			plan:  `--- {services: [{name: a}, {name: b}, {name: c}], main: [build, {startCancelAfter: 1s}]}`,
			trace: ranABC + `; 300ms signal SIGTERM; host run end ok`},
	)
	rows(t, "HOST-LIFE-004", row{plan: `--- {services: [{name: c}]}`},
		row{name: "given up", want: Vacuous, trace: `lifetime applicationStarted; lifetime abandoned; c stop both live ok`},
		row{name: "a worker failed while the host started", profile: "dotnet-10", want: Vacuous,
			plan:  `--- {services: [{name: b, kind: background}, {name: c, kind: background, execute: [untilCancelled]}], main: [build]}`,
			trace: `b execute both live error:work; lifetime applicationStarted both ok =2; c stop both live ok`},
		row{name: "stopped before it had started", want: Vacuous, trace: `c stop both live ok; lifetime applicationStarted`},
	)
	rows(t, "HOST-LIFE-008", row{profile: "strict"},
		row{name: "the start never returned", want: Vacuous,
			plan:  `--- {services: [{name: a}, {name: b}, {name: c}], applicationStarted: [[{block: 1s}]]}`,
			trace: `host start begin; lifetime applicationStarted both ok =1`},
	)
	rows(t, "HOST-LIFE-009", row{profile: "strict"},
		row{name: "two at once, when the time may be up", want: Pass,
			plan:  `--- {options: {shutdownTimeout: 0s}}`,
			trace: `lifetime applicationStopping begin =2; lifetime applicationStopping both ok =1; lifetime applicationStopping end error:x =2`},
	)
	rows(t, "HOST-LIFE-011", row{profile: "strict", plan: `--- {applicationStopping: [[], []]}`},
		row{name: "killed when run had returned", want: Fail, at: "lifetime applicationStopping end error:x =2",
			plan:  `--- {services: [{name: a}, {name: b}, {name: c}], applicationStopping: [[], [{throw: x}]]}`,
			trace: `host run begin; lifetime applicationStopping both error:x =2; host run end ok; end signaled SIGTERM`},
		row{name: "the next never ended", want: Vacuous,
			trace: `lifetime applicationStopping both error:x =2; lifetime applicationStopping begin =1`},
		row{name: "none failed", want: Vacuous, trace: `lifetime applicationStopping both ok =1`},
	)
	rows(t, "HOST-LIFE-012", row{profile: "strict", plan: `--- {services: [{name: a}, {name: b}, {name: c}], applicationStopping: [[], [{throw: x}]]}`},
		row{name: "the time may have been over", want: Vacuous,
			plan:  `--- {main: [{raise: SIGTERM}, run]}`,
			trace: `host run begin; signal SIGTERM; lifetime applicationStopping both error:x =2; host run end error:x`},
		row{name: "none failed", want: Vacuous, trace: `host run begin; lifetime applicationStarted; host run end ok`},
		row{name: "the host had been disposed", want: Vacuous,
			trace: `host dispose begin; host run begin; lifetime applicationStopping both error:x =2; host run end error:x`},
	)
	rows(t, "HOST-LIFE-013", row{profile: "dotnet-2.2"},
		row{name: "the stop runs inside the request", want: Vacuous,
			plan:  `--- {services: [{name: c}]}`,
			trace: `signal SIGTERM; lifetime applicationStarted; lifetime applicationStopping begin =1; c stop both dead ok`},
	)
	rows(t, "HOST-LIFE-014", row{},
		row{name: "at the limit of a busy machine", lane: "process", want: Pass,
			plan:  `--- {services: [{name: a}, {name: c}]}`,
			trace: `a/thread stopApplication begin; c stop begin live; 300ms c stop end ok; 900ms a/thread stopApplication end`},
		row{name: "after a stop that took its time", profile: "strict", want: Fail, at: "lifetime/thread stopApplication end",
			plan: `--- {services: [{name: a}, {name: b}], main: [build]}`,
			trace: `lifetime/thread stopApplication begin; b stop both live ok; a stop begin live; 30.1s a stop end cancelled;
				lifetime/thread stopApplication end`},
	)
	rows(t, "HOST-LIFE-016", row{profile: "dotnet-10", plan: `--- {services: [{name: b}]}`},
		row{name: "never returns, and the host hangs", profile: "strict", want: Fail, at: "-",
			trace: `lifetime applicationStopping begin =1; b/thread stopApplication begin; end hang`},
		row{name: "never returns, and the process ends", profile: "strict", want: Vacuous,
			trace: `lifetime applicationStopping begin =1; b/thread stopApplication begin`},
		row{name: "neither ends", want: Vacuous, trace: `lifetime applicationStopping begin =1; b/thread stopApplication begin`},
		row{name: "the callback ends, the request never", want: Pass,
			trace: `lifetime applicationStopping begin =1; b/thread stopApplication begin; lifetime applicationStopping end ok =1`},
		row{name: "the callback never ends", want: Fail, at: "b/thread stopApplication end",
			trace: `lifetime applicationStopping begin =1; b/thread stopApplication both`},
	)
	rows(t, "HOST-LIFE-018", row{profile: "dotnet-10"},
		row{name: "the request never ends", want: Vacuous,
			plan:  `--- {services: [{name: a}]}`,
			trace: `a/thread stopApplication begin; lifetime applicationStopping begin =1`},
	)
	rows(t, "HOST-LIFE-020", row{profile: "dotnet-6", plan: `--- {services: [{name: a}, {name: b}]}`},
		row{name: "the service was started after the request", want: Vacuous,
			trace: `host run begin; lifetime applicationStopping; b start both dead ok; host run end ok`},
		row{name: "run never returns", want: Vacuous, trace: ranA + `; lifetime applicationStopping`},
	)
	rows(t, "HOST-LIFE-021", row{profile: "strict", plan: `--- {services: [{name: a, kind: lifecycle}]}`},
		row{name: "two stops at once", want: Vacuous,
			trace: `a started both live ok; lifetime applicationStarted; host stop begin; host stop both ok`},
		row{name: "it never ends", want: Vacuous, trace: `host start begin; a started begin live`},
	)
	rows(t, "HOST-LIFE-023", row{profile: "strict"},
		row{name: "something on a token may hold it", want: Vacuous,
			plan:  `--- {services: [{name: b, stop: [{onCancelBlock: 0s}]}]}`,
			trace: `lifetime applicationStarted begin =1; lifetime stopApplication begin; end hang`},
		row{name: "a signal, and the callback never ends", want: Pass,
			plan:  `--- {signals: [{after: lifetime.applicationStarted.begin, wait: 0s, send: SIGINT}]}`,
			trace: `lifetime applicationStarted begin =1; signal SIGINT; lifetime applicationStopping`},
		row{name: "a busy machine, a request", lane: "process", want: Vacuous,
			plan: `--- {services: [{name: a}]}`,
			trace: `lifetime applicationStarted begin =1; a/thread stopApplication both; lifetime applicationStarted end ok =1;
				lifetime applicationStopping`},
		row{name: "a busy machine, a signal", lane: "process", want: Vacuous,
			plan:  `--- {signals: [{after: lifetime.applicationStarted.begin, wait: 0s, send: SIGINT}]}`,
			trace: `lifetime applicationStarted begin =1; signal SIGINT; lifetime applicationStarted end ok =1`},
		row{name: "the request came before", want: Vacuous,
			trace: `lifetime stopApplication begin; lifetime applicationStarted begin =1; end hang`},
		row{name: "the process ends", want: Vacuous, trace: `lifetime applicationStarted begin =1; lifetime stopApplication begin`},
		row{name: "told of before the request", want: Vacuous,
			trace: `lifetime applicationStarted begin =1; lifetime applicationStopping; lifetime stopApplication begin`},
		row{name: "the callback never ends", want: Pass,
			plan: `--- {services: [{name: a}, {name: b}]}`,
			trace: `lifetime applicationStarted begin =1; a/thread stopApplication begin; lifetime applicationStopping; a/thread stopApplication end;
				500ms b abandoned`},
		row{name: "the signal belongs to no stimulus", want: Vacuous,
			plan: `--- {services: [{name: a}], signals: [{after: lifetime.applicationStarted, wait: 0s, send: SIGTERM},
  {after: a.stop.begin, wait: 0s, send: SIGTERM}]}`,
			trace: `lifetime applicationStarted begin =1; signal SIGINT; 500ms lifetime applicationStarted end ok =1`},
	)
	rows(t, "HOST-LIFE-025", row{profile: "strict"},
		row{name: "it may have asked itself, by a signal", want: Vacuous,
			plan:  `--- {services: [{name: a}, {name: b}, {name: c}], applicationStopped: [[{raise: SIGTERM}]]}`,
			trace: `host start both ok; host dispose both ok`},
	)
	rows(t, "HOST-LIFE-026", row{profile: "strict"},
		row{name: "the caller limits the stop", want: Vacuous, plan: `--- {main: [build, {stopTimeout: 0s}]}`, trace: `host stop both ok`},
	)
	rows(t, "HOST-LIFE-027", row{profile: "dotnet-10"},
		row{name: "cancelled long before it", want: Fail, at: "lifetime applicationStopping",
			plan:  `--- {services: [{name: a}, {name: b}, {name: c, stop: [stopHostWait]}]}`,
			trace: `host run begin; a start both live cancelled; 5ms lifetime applicationStopping; host run end error:port; end exited 1`},
	)
	rows(t, "HOST-LIFE-028", row{},
		row{name: "the stop was under way", want: Vacuous,
			plan:  `--- {services: [{name: b}]}`,
			trace: `b stop begin live; signal SIGTERM; b stop end ok; lifetime applicationStopped; lifetime applicationStopping`},
	)
}
