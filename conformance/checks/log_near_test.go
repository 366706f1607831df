package checks

import "testing"

// Area LOG: runs that come within one event, one word of the plan or one moment of another verdict about messages.
func TestLogNearMisses(t *testing.T) {
	rows(t, "HOST-LOG-001", row{},
		row{name: "of a body, whose host may have had a signal", want: Fail, at: "w execute end error:boom",
			plan:  `--- {services: [{name: a, stop: [{raise: SIGTERM}]}, {name: w, kind: background}, {name: c}], main: [build]}`,
			trace: worksAWC + `; w execute end error:boom; lifetime applicationStopping; end exited 3`},
		row{name: "a stop had begun before it", want: Vacuous,
			plan: `--- {services: [{name: a}, {name: w, kind: background}, {name: c}], main: [build]}`,
			trace: `log Debug =Host#3; a start both live ok; w start begin live; w execute begin live; w start end ok; c start both live ok;
				w execute end error:boom; lifetime applicationStopping; end exited 3`},
		row{name: "it leaves main", want: Pass,
			plan:  `--- {services: [{name: b}], main: [build]}`,
			trace: `b start both live error:start; main threw error:start`},
		row{name: "a thread crashed", want: Vacuous,
			plan:  `--- {services: [{name: b}], main: [build, run]}`,
			trace: `host run begin; b start both live error:start; b/thread threw error:t; host run end ok; end exited 1`},
		row{name: "a cancellation", profile: "strict", want: Vacuous,
			plan:  `--- {services: [{name: a}, {name: w, kind: background}], main: [build]}`,
			trace: `a start both live ok; w start both live ok; w execute both live cancelled; lifetime applicationStopping`},
	)
	rows(t, "HOST-LOG-004", row{profile: "strict"},
		row{name: "the start never ends", want: Vacuous,
			plan:  `--- {services: [{name: a}, {name: b}], applicationStarted: [[blockForever]]}`,
			trace: `host run begin; log Debug =Host#1; a start begin live`},
		row{name: "nobody started the host", want: Vacuous,
			plan:  `--- {services: [{name: a}], main: [build]}`,
			trace: `log Debug =Host#1; a start both live ok; end exited 3`},
	)
	rows(t, "HOST-LOG-005", row{profile: "strict"},
		row{name: "stopped before it had started", want: Vacuous,
			plan:  `--- {services: [{name: a}, {name: b}], main: [build]}`,
			trace: `log Debug =Host#1; a start both live ok; b start both live ok; b stop both live ok; lifetime applicationStarted; end exited 3`},
	)
	rows(t, "HOST-LOG-006", row{profile: "strict"},
		row{name: "there was no service", want: Vacuous,
			plan:  `--- {main: [build, run]}`,
			trace: `host run begin; log Debug =Host#3; host run end ok; end exited 3`},
	)
	rows(t, "HOST-LOG-007", row{profile: "dotnet-8", plan: `--- {services: [{name: a}, {name: b}], main: [build, run]}`},
		row{name: "one service never started", want: Vacuous,
			trace: `host run begin; b start both live ok; log Debug =Host#3; b stop both live error:s; host run end error:s`},
		row{name: "a caller limits the stop", profile: "dotnet-3.1", want: Vacuous,
			plan:  `--- {services: [{name: a}, {name: b}], main: [build, run, {stopCancelAfter: 0s}]}`,
			trace: ranAB + `; log Debug =Host#3; b stop both live error:s; host run end error:s`},
		row{name: "run never returns", want: Vacuous, trace: ranAB + `; log Debug =Host#3; b stop both live error:s`},
		row{name: "3.1 ends with the error of the lifetime", profile: "dotnet-3.1", want: Vacuous,
			plan:  `--- {services: [{name: a}], main: [build, stop]}`,
			trace: `a start both live ok; host stop begin; log Debug =Host#3; hostLifetime stop both live error:ls; host stop end error:ls`},
		row{name: "never, in a concurrent stop", want: Fail, at: "host run end error:s",
			plan:  `--- {options: {concurrentStop: true}, services: [{name: a}, {name: b}], main: [build, run]}`,
			trace: ranAB + `; log Debug =Host#3; b stop both live error:s; host run end error:s`},
		row{name: "2.2, in time", profile: "dotnet-2.2", want: Pass,
			trace: ranAB + `; log Debug =Host#3; b stop both live error:s; log Debug error:s =Host#5; host run end error:s`},
	)
	rows(t, "HOST-LOG-008", row{profile: "strict"},
		row{name: "not logged, and the harness ended it", want: Vacuous,
			trace: `lifetime applicationStopping both error:p =1; log Debug =Host#3; end killed`},
		row{name: "a callback never ended", want: Vacuous,
			trace: `lifetime applicationStopping begin =1; log Critical aggregate(error:p) =ApplicationLifetime#7; end exited 3`},
		row{name: "not logged, by itself", want: Fail, at: "lifetime applicationStopping end error:p =1",
			trace: `lifetime applicationStopping both error:p =1; log Debug =Host#3`},
	)
	rows(t, "HOST-LOG-010", row{profile: "strict"},
		row{name: "the process ends at once", want: Vacuous,
			plan:  `--- {services: [{name: a}, {name: b}], main: [build]}`,
			trace: `log Debug =Host#1; b abandoned; a stop begin live; end exited 7`},
	)
	rows(t, "HOST-LOG-011", row{profile: "strict"},
		row{name: "the process ends at once", want: Vacuous,
			plan:  `--- {services: [{name: w, kind: background}], main: [build, run]}`,
			trace: `host run begin; log Debug =Host#1; w start begin live; w execute begin live; w start end ok; w execute end error:boom`},
	)
	rows(t, "HOST-LOG-013", row{profile: "dotnet-8", plan: `--- {services: [{name: w, kind: background}, {name: b}], main: [build]}`},
		row{name: "the start was over at once", want: Vacuous,
			plan: `--- {services: [{name: w, kind: background}, {name: b}], main: [build, run]}`,
			trace: `host run begin; log Debug =Host#1; w start begin live; w execute begin live; w start end ok; b start begin live;
				w execute end cancelled; lifetime applicationStopping; host run end ok; end exited 3`},
		row{name: "a caller limits the start", want: Vacuous,
			plan: `--- {services: [{name: w, kind: background}, {name: b}], main: [{startCancelAfter: 0s}]}`,
			trace: `log Debug =Host#1; w start begin live; w execute begin live; w start end ok; b start begin live; w execute end cancelled;
				lifetime applicationStopping; 600ms b start end ok; end exited 3`},
		row{name: "logged before it", profile: "strict", want: Pass,
			trace: `w start begin live; w execute begin live; w start end ok; b start begin live; log Error cancelled =Host#9; w execute end cancelled;
				log Critical cancelled =Host#10; lifetime applicationStopping; 600ms b start end ok; end exited 3`},
		row{name: "a configured startup timeout", want: Vacuous,
			plan: `--- {config: {startupTimeoutSeconds: '1'}, services: [{name: w, kind: background}], main: [build, run]}`,
			trace: `host run begin; log Debug =Host#1; w start begin live; w execute begin live; w start end ok; w stop begin live;
				w execute end cancelled; w stop end ok; host run end ok; end exited 3`},
		row{name: "its start never ended well", profile: "dotnet-9", want: Vacuous,
			trace: `log Debug =Host#1; w start begin live; w start begin live; w execute begin live; w start end ok; b start begin live;
				w execute end cancelled; lifetime applicationStopping; 600ms b start end ok; end exited 3`},
	)
	rows(t, "HOST-LOG-014", row{profile: "strict", plan: `--- {services: [{name: b}], main: [build, run]}`},
		row{name: "the process ends at once", profile: "dotnet-10", want: Vacuous,
			plan:  `--- {services: [{name: b, new: [{throw: ctor}]}], main: [build, run]}`,
			trace: `host run begin; log Debug =Host#1; b new; end exited 7`},
		row{name: "not logged, long after", profile: "dotnet-8", want: Fail, at: "b start end error:start",
			trace: `host run begin; log Debug =Host#1; b start both live error:start; 360ms b dispose begin`},
		row{name: "two starts", want: Vacuous,
			trace: `host run begin; log Debug =Host#1; b start both live error:start; host run both error:start`},
		row{name: "though it succeeded in time", want: Fail, at: "log Error error:x =Host#11",
			plan:  `--- {options: {startupTimeout: 10ms}, services: [{name: a}, {name: b}], main: [build, run]}`,
			trace: ranAB + `; log Error error:x =Host#11; host run end ok; end exited 3`},
		row{name: "something was given up", want: Vacuous,
			plan:  `--- {services: [{name: a}, {name: b}], main: [build, run]}`,
			trace: ranAB + `; lifetime abandoned; log Error error:x =Host#11; host run end ok; end exited 3`},
	)
	rows(t, "HOST-LOG-015", row{profile: "strict"},
		row{name: "it never failed", want: Vacuous, trace: `log Debug =Host#1; hostLifetime waitForStart begin live`},
	)
	rows(t, "HOST-LOG-016", row{profile: "strict"},
		row{name: "after the callbacks, with a message too many", want: Fail, at: "lifetime applicationStarted",
			plan: `--- {main: [build]}`,
			trace: `log Information =Lifetime#0:Application; lifetime applicationStarted; log Information =Lifetime#0:Application;
				log Information =Lifetime#0:Hosting; end exited 3`},
		row{name: "2.2 under a service manager", profile: "dotnet-2.2", want: Vacuous,
			plan:  `--- {hostLifetime: {kind: systemd}, main: [build]}`,
			trace: `log Debug =Host#1; lifetime applicationStarted; end exited 3`},
	)
	rows(t, "HOST-LOG-017", row{profile: "dotnet-2.2"},
		row{name: "2.2 under a service manager", want: Vacuous,
			plan: `--- {services: [{name: a}, {name: b}], hostLifetime: {kind: systemd}, main: [build]}`,
			trace: `log Debug =Host#1; a start both live ok; b start both live ok; lifetime applicationStarted; lifetime applicationStopping;
				b stop both live ok; end exited 3`},
		row{name: "stopped when run had ended", want: Vacuous,
			plan: `--- {services: [{name: a}, {name: b}], main: [build, run]}`,
			trace: `host run begin; log Debug =Host#1; host run end ok; a start both live ok; b start both live ok; lifetime applicationStarted;
				lifetime applicationStopping; b stop both live ok; end exited 3`},
		row{name: "one service never started", want: Vacuous,
			plan: `--- {services: [{name: a}, {name: b}], main: [build]}`,
			trace: `log Debug =Host#1; a start both live ok; b start begin live; lifetime applicationStarted; lifetime applicationStopping;
				b stop both live ok; end exited 3`},
		row{name: "one, with a host lifetime of the application's own", profile: "dotnet-8", want: Fail, at: "log Information =Lifetime#0:Application",
			plan: `--- {services: [{name: a}, {name: b}], hostLifetime: {}, main: [build]}`,
			trace: startedAB + `; lifetime applicationStarted; log Information =Lifetime#0:Application; lifetime applicationStopping; b stop both live ok;
				end exited 3`},
	)
	rows(t, "HOST-LOG-018", row{profile: "dotnet-3.1"},
		row{name: "with a host lifetime of the application's own", want: Fail, at: "log Information =Lifetime#0:Waiting",
			plan:  `--- {hostLifetime: {}, main: [build]}`,
			trace: `log Information =Lifetime#0:Waiting`},
		row{name: "nothing had asked the process to end", want: Fail, at: "log Information =Lifetime#0:Waiting",
			plan:  `--- {main: [build]}`,
			trace: `host build both ok; 5.006s log Information =Lifetime#0:Waiting`},
		row{name: "never, and an exit handler asks for a stop", want: Fail, at: "main return =3",
			plan:  `--- {processExit: [stopApplication], main: [build, start]}`,
			trace: `host start both ok; main return =3; end deadlock`},
		row{name: "there is no timeout", want: Vacuous,
			plan:  `--- {options: {shutdownTimeout: inf}, main: [build, start]}`,
			trace: `host start both ok; main return =3; end deadlock`},
		row{name: "it may have signalled itself", want: Pass,
			plan:  `--- {applicationStopped: [[{raise: SIGTERM}]], main: [build]}`,
			trace: `log Information =Lifetime#0:Waiting`},
		row{name: "main never returned", want: Vacuous, plan: `--- {main: [build, start]}`, trace: `host start begin; end hang`},
	)
}
