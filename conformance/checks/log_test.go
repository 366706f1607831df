package checks

import "testing"

func TestLogEvents(t *testing.T) {
	silent := edit(failed, "drop log Error", "set host run end => host run end ok", "set main threw => main return =1", "end exited 1")
	stopFails := replaced(wholePlan, "{name: b}", "{name: b, stop: [{throw: s}]}")
	stopFailed := edit(whole, "set b stop end => b stop end error:s", "set log Debug =Host#4 => log Debug error:s =Host#5", "set host run end => host run end error:s", "set main return => main threw error:s", "end signaled SIGABRT")
	calling := `--- {services: [{name: a}, {name: b}], applicationStopping: [[{throw: p}]], signals: [{after: lifetime.applicationStarted, wait: 300ms, send: SIGTERM}]}`
	called := edit(whole, "set lifetime applicationStopping => lifetime applicationStopping begin =1", "put lifetime applicationStopping end error:p =1 after lifetime applicationStopping", "put log Critical aggregate(error:p) =ApplicationLifetime#7 after lifetime applicationStopping end")
	left := edit(whole, "put b abandoned after b stop end", "put log Error error:abandoned =Host#12 after b abandoned")
	blocked := `--- {services: [{name: a}, {name: b}], applicationStarted: [[blockForever]]}`
	stuck := edit(whole, "cut 12ms", "set lifetime applicationStarted => lifetime applicationStarted begin =1", "end hang")
	again := edit(whole, "add 362ms host stop begin", "add 363ms log Debug =Host#3", "add 364ms b stop begin live", "add 365ms b stop end ok")
	judge(t, []row{
		{"by run", "HOST-LOG-001", "", "", failingPlan, edit(failed, "drop log Error"), Pass, ""},
		{"in the log", "HOST-LOG-001", "", "", failingPlan, edit(silent, "put log Error error:start =Host#11 before host run end"), Pass, ""},
		{"nowhere", "HOST-LOG-001", "", "", failingPlan, silent, Fail, "b start end"},
		{"nowhere that a background service failed", "HOST-LOG-001", "", "", brokenPlan, edit(broken, "drop log Error", "drop log Critical", "set host run end => host run end ok", "set main threw => main return =3", "end exited 3"), Fail, "w execute end"},
		{"no failure", "HOST-LOG-001", "", "", wholePlan, whole, Vacuous, ""},

		{"no error", "HOST-LOG-002", "", "", wholePlan, whole, Pass, ""},
		{"an error", "HOST-LOG-002", "", "", wholePlan, edit(whole, "add 345ms log Error cancelled =Host#9"), Fail, "log Error"},
		{"work that ends cancelled", "HOST-LOG-002", "", "", workingPlan, edit(working, "set w execute end => w execute end cancelled"), Pass, ""},
		{"something failed", "HOST-LOG-002", "", "", stopFails, stopFailed, Vacuous, ""},
		{"no log", "HOST-LOG-002", "", "", wholePlan, edit(whole, "drop log"), Vacuous, ""},

		{"first", "HOST-LOG-003", "strict", "", wholePlan, whole, Pass, ""},
		{"never", "HOST-LOG-003", "strict", "", wholePlan, edit(whole, "drop log Debug =Host#1"), Fail, "a new"},
		{"too late", "HOST-LOG-003", "strict", "", wholePlan, edit(whole, "drop log Debug =Host#1", "add 10ms log Debug =Host#1"), Fail, "log Debug =Host#1"},
		{"twice", "HOST-LOG-003", "strict", "", wholePlan, edit(whole, "add 10ms log Debug =Host#1"), Fail, "log Debug =Host#1"},
		{"no log", "HOST-LOG-003", "strict", "", wholePlan, edit(whole, "drop log"), Vacuous, ""},

		{"when started", "HOST-LOG-004", "strict", "", wholePlan, whole, Pass, ""},
		{"not when the start failed", "HOST-LOG-004", "strict", "", failingPlan, failed, Pass, ""},
		{"when the start failed", "HOST-LOG-004", "strict", "", failingPlan, edit(failed, "add 12ms log Debug =Host#2"), Fail, "log Debug =Host#2"},
		{"before the last start", "HOST-LOG-004", "strict", "", wholePlan, edit(whole, "drop log Debug =Host#2", "put log Debug =Host#2 before b start end"), Fail, "log Debug =Host#2"},
		{"before the callbacks", "HOST-LOG-004", "strict", "", wholePlan, edit(whole, "drop log Debug =Host#2", "put log Debug =Host#2 before lifetime applicationStarted"), Fail, "log Debug =Host#2"},
		{"never", "HOST-LOG-004", "strict", "", wholePlan, edit(whole, "drop log Debug =Host#2"), Fail, "host run end"},
		{"a callback hangs", "HOST-LOG-004", "strict", "", blocked, stuck, Vacuous, ""},

		{"before the stops", "HOST-LOG-005", "strict", "", wholePlan, whole, Pass, ""},
		{"never", "HOST-LOG-005", "strict", "", wholePlan, edit(whole, "drop log Debug =Host#3"), Fail, "b stop begin"},
		{"after a stop", "HOST-LOG-005", "strict", "", wholePlan, edit(whole, "drop log Debug =Host#3", "add 335ms log Debug =Host#3"), Fail, "log Debug =Host#3"},
		{"no stop", "HOST-LOG-005", "strict", "", failingPlan, failed, Vacuous, ""},

		{"last", "HOST-LOG-006", "strict", "", wholePlan, whole, Pass, ""},
		{"never", "HOST-LOG-006", "strict", "", wholePlan, edit(whole, "drop log Debug =Host#4"), Fail, "host run end"},
		{"before the last stop", "HOST-LOG-006", "strict", "", wholePlan, edit(whole, "drop log Debug =Host#4", "add 345ms log Debug =Host#4"), Fail, "log Debug =Host#4"},
		{"before ApplicationStopped", "HOST-LOG-006", "strict", "", wholePlan, edit(whole, "drop log Debug =Host#4", "add 355ms log Debug =Host#4"), Fail, "log Debug =Host#4"},
		{"though a stop failed", "HOST-LOG-006", "strict", "", stopFails, edit(stopFailed, "set log Debug error:s =Host#5 => log Debug =Host#4"), Fail, "log Debug =Host#4"},
		{"not when a stop failed", "HOST-LOG-006", "strict", "", stopFails, stopFailed, Pass, ""},
		{"two stops at once", "HOST-LOG-006", "strict", "", wholePlan, again, Vacuous, ""},
		{"no stop", "HOST-LOG-006", "strict", "", failingPlan, failed, Vacuous, ""},

		{"with the error", "HOST-LOG-007", "dotnet-8", "", stopFails, stopFailed, Pass, ""},
		{"never", "HOST-LOG-007", "dotnet-8", "", stopFails, edit(stopFailed, "drop log Debug error:s"), Fail, "host run end"},
		{"with another error", "HOST-LOG-007", "dotnet-8", "", stopFails, edit(stopFailed, "set log Debug error:s => log Debug error:x =Host#5"), Fail, "log Debug error:x"},
		{"though nothing failed", "HOST-LOG-007", "strict", "", wholePlan, edit(whole, "add 362ms log Error =Host#5"), Fail, "log Error"},
		{"nothing failed", "HOST-LOG-007", "strict", "", wholePlan, whole, Vacuous, ""},
		{"3.1 throws the rest of an expired stop away", "HOST-LOG-007", "dotnet-3.1", "", replaced(stopFails, "--- {", "--- {options: {shutdownTimeout: 5ms}, "), edit(stopFailed, "drop log Debug error:s"), Vacuous, ""},

		{"logged", "HOST-LOG-008", "strict", "", calling, called, Pass, ""},
		{"not logged", "HOST-LOG-008", "strict", "", calling, edit(called, "drop log Critical"), Fail, "lifetime applicationStopping end"},
		{"without the error", "HOST-LOG-008", "strict", "", calling, edit(called, "set log Critical => log Critical =ApplicationLifetime#7"), Fail, "lifetime applicationStopping end"},
		{"though none failed", "HOST-LOG-008", "strict", "", wholePlan, edit(whole, "add 365ms log Critical error:x =ApplicationLifetime#8"), Fail, "log Critical"},
		{"none failed", "HOST-LOG-008", "strict", "", wholePlan, whole, Vacuous, ""},

		{"as they should be", "HOST-LOG-009", "strict", "", brokenPlan, broken, Pass, ""},
		{"5 is Debug on 8", "HOST-LOG-009", "dotnet-8", "", stopFails, stopFailed, Pass, ""},
		{"5 is no Error on 8", "HOST-LOG-009", "dotnet-8", "", brokenPlan, broken, Fail, "log Error error:boom =Host#5"},
		{"2 as Information", "HOST-LOG-009", "strict", "", wholePlan, edit(whole, "set log Debug =Host#2 => log Information =Host#2"), Fail, "log Information =Host#2"},
		{"no log", "HOST-LOG-009", "strict", "", wholePlan, edit(whole, "drop log"), Vacuous, ""},

		{"logged", "HOST-LOG-010", "strict", "", wholePlan, left, Pass, ""},
		{"not logged", "HOST-LOG-010", "strict", "", wholePlan, edit(left, "drop log Error"), Fail, "b abandoned"},
		{"none abandoned", "HOST-LOG-010", "strict", "", wholePlan, whole, Vacuous, ""},
	})
}

func TestLogOfFailuresAndStatus(t *testing.T) {
	ignoring := replaced(brokenPlan, "shutdownTimeout: 5s", "backgroundException: ignore")
	throwing := replaced(workingPlan, "[untilCancelled]", "[{untilCancelled: throw}]")
	stopped := edit(working, "set w execute end => w execute end cancelled")
	starting := `--- {services: [{name: w, kind: background, execute: [{untilCancelled: throw}]}, {name: b, start: [{sleep: 900ms}]}], main: [build, run, {return: 3}], signals: [{after: b.start.begin, wait: 300ms, send: SIGINT}]}`
	early := `
0ms host build begin
 host build end ok
 host run begin
1ms log Debug =Host#1
10ms w start begin live
 w execute begin live
 w start end ok
 b start begin live
310ms signal SIGINT
 w tokenFired
 w execute end cancelled
 lifetime applicationStopping
910ms b start end ok
911ms log Debug =Host#3
920ms b stop begin live
 b stop end ok
 w stop begin live
 w stop end ok
930ms host run end ok
 main return =3
end exited 3`
	reported := edit(early, "put log Error cancelled =Host#9 after w execute end", "put log Critical cancelled =Host#10 after log Error cancelled")
	ctor := `--- {services: [{name: a}, {name: b, new: [{throw: ctor}]}], main: [build, run]}`
	made := edit(failed, "drop a start", "drop b start", "drop a dispose", "drop b dispose", "set log Error error:start => log Error error:ctor =Host#11", "set host run end => host run end error:ctor")
	waiting := `--- {services: [{name: a}], hostLifetime: {waitForStart: [{throw: w}]}}`
	waited := "0ms host build begin\n host build end ok\n host run begin\n log Debug =Host#1\n hostLifetime waitForStart begin live\n hostLifetime waitForStart end error:w\n host run end error:w\n main threw error:w\nend signaled SIGABRT"
	own := replaced(wholePlan, "--- {", "--- {hostLifetime: {stop: []}, ")
	plain := edit(whole, "drop log Information")
	gone := `--- {services: [{name: a}], main: [build, start, {return: 3}]}`
	hint := "0ms host build begin\n host build end ok\n host start begin\n log Debug =Host#1\n a start begin live\n a start end ok\n host start end ok\n5ms main return =3\n5006ms log Information =Lifetime#0:Waiting\nend deadlock"
	judge(t, []row{
		{"with its error", "HOST-LOG-011", "strict", "", brokenPlan, broken, Pass, ""},
		{"never", "HOST-LOG-011", "strict", "", brokenPlan, edit(broken, "drop log Error error:boom =Host#9"), Fail, "w execute end"},
		{"with another error", "HOST-LOG-011", "dotnet-8", "", brokenPlan, edit(broken, "set log Error error:boom =Host#9 => log Error error:x =Host#9"), Fail, "w execute end"},
		{"lost on 3.1", "HOST-LOG-011", "dotnet-3.1", "", brokenPlan, edit(broken, "drop log Error", "drop log Critical"), Pass, ""},
		{"not lost on 3.1", "HOST-LOG-011", "dotnet-3.1", "", brokenPlan, broken, Fail, "log Error"},
		{"no failure", "HOST-LOG-011", "strict", "", workingPlan, working, Vacuous, ""},

		{"it follows", "HOST-LOG-012", "strict", "", brokenPlan, broken, Pass, ""},
		{"it does not", "HOST-LOG-012", "dotnet-8", "", brokenPlan, edit(broken, "drop log Critical"), Fail, "log Error"},
		{"failures are ignored", "HOST-LOG-012", "strict", "", ignoring, edit(broken, "drop log Critical"), Pass, ""},
		{"it follows though failures are ignored", "HOST-LOG-012", "strict", "", ignoring, broken, Fail, "log Critical"},
		{"no failure", "HOST-LOG-012", "strict", "", workingPlan, working, Vacuous, ""},

		{"not logged", "HOST-LOG-013", "strict", "", throwing, stopped, Pass, ""},
		{"logged", "HOST-LOG-013", "dotnet-8", "", throwing, edit(stopped, "put log Error cancelled =Host#9 after w execute end"), Fail, "log Error"},
		{"not logged during the start", "HOST-LOG-013", "dotnet-9", "", starting, early, Pass, ""},
		{"logged during the start", "HOST-LOG-013", "dotnet-8", "", starting, reported, Pass, ""},
		{"logged during the start, where it must not", "HOST-LOG-013", "strict", "", starting, reported, Fail, "log Error"},
		{"not logged during the start, where it must", "HOST-LOG-013", "dotnet-6", "", starting, early, Fail, "w execute end"},
		{"it did not end cancelled", "HOST-LOG-013", "strict", "", workingPlan, working, Vacuous, ""},

		{"logged", "HOST-LOG-014", "strict", "", failingPlan, failed, Pass, ""},
		{"not logged", "HOST-LOG-014", "dotnet-8", "", failingPlan, edit(failed, "drop log Error"), Fail, "b start end"},
		{"not logged on 6", "HOST-LOG-014", "dotnet-6", "", failingPlan, edit(failed, "drop log Error"), Pass, ""},
		{"logged on 6", "HOST-LOG-014", "dotnet-6", "", failingPlan, failed, Fail, "log Error"},
		{"construction, logged on 10", "HOST-LOG-014", "dotnet-10", "", ctor, made, Pass, ""},
		{"construction, logged on 8", "HOST-LOG-014", "dotnet-8", "", ctor, made, Fail, "log Error"},
		{"construction, not logged on 10", "HOST-LOG-014", "dotnet-10", "", ctor, edit(made, "drop log Error"), Fail, "b new"},
		{"though the start succeeded", "HOST-LOG-014", "strict", "", wholePlan, edit(whole, "add 12ms log Error error:x =Host#11"), Fail, "log Error"},
		{"no failure", "HOST-LOG-014", "strict", "", wholePlan, whole, Vacuous, ""},

		{"not logged", "HOST-LOG-015", "strict", "", waiting, waited, Pass, ""},
		{"logged", "HOST-LOG-015", "strict", "", waiting, edit(waited, "put log Error error:w =Host#11 before host run end"), Fail, "log Error"},
		{"no failure", "HOST-LOG-015", "strict", "", wholePlan, whole, Vacuous, ""},

		{"three lines", "HOST-LOG-016", "strict", "", wholePlan, whole, Pass, ""},
		{"the stop was asked for first", "HOST-LOG-016", "dotnet-8", "", wholePlan, edit(whole, "add 5ms log Information =Lifetime#0:Application"), Pass, ""},
		{"one is missing", "HOST-LOG-016", "dotnet-8", "", wholePlan, edit(whole, "drop log Information =Lifetime#0:Content"), Fail, "lifetime applicationStarted"},
		{"after the callbacks", "HOST-LOG-016", "strict", "", wholePlan, edit(whole, "drop log Information =Lifetime#0:Content", "add 12ms log Information =Lifetime#0:Content"), Fail, "lifetime applicationStarted"},
		{"none on 2.2", "HOST-LOG-016", "dotnet-2.2", "", wholePlan, plain, Pass, ""},
		{"some on 2.2", "HOST-LOG-016", "dotnet-2.2", "", wholePlan, whole, Fail, "log Information"},
		{"none under another lifetime", "HOST-LOG-016", "strict", "", own, whole, Fail, "log Information"},
		{"the host never started", "HOST-LOG-016", "strict", "", failingPlan, failed, Vacuous, ""},

		{"before the stops", "HOST-LOG-017", "strict", "", wholePlan, whole, Pass, ""},
		{"never", "HOST-LOG-017", "dotnet-8", "", wholePlan, edit(whole, "put lifetime x before log Information =Lifetime#0:Hosting", "drop log Information =Lifetime#0:Application", "add 11ms log Information =Lifetime#0:Application", "drop lifetime x"), Fail, "b stop begin"},
		{"none on 2.2", "HOST-LOG-017", "dotnet-2.2", "", wholePlan, plain, Pass, ""},
		{"one on 2.2", "HOST-LOG-017", "dotnet-2.2", "", wholePlan, whole, Fail, "log Information"},
		{"no stop", "HOST-LOG-017", "strict", "", failingPlan, failed, Vacuous, ""},

		{"after the timeout", "HOST-LOG-018", "dotnet-3.1", "", gone, hint, Pass, ""},
		{"too early", "HOST-LOG-018", "dotnet-3.1", "", gone, edit(hint, "drop log Information", "add 1s log Information =Lifetime#0:Waiting"), Fail, "log Information"},
		{"never", "HOST-LOG-018", "dotnet-3.1", "", gone, edit(hint, "drop log Information"), Fail, "main return"},
		{"the host was disposed", "HOST-LOG-018", "dotnet-3.1", "", wholePlan, whole, Vacuous, ""},
	})
}
