package checks

import "testing"

// working is the life of a background service w, with its neighbours a and c, that SIGTERM ends.
const (
	workingPlan = `--- {options: {shutdownTimeout: 5s}, services: [{name: a}, {name: w, kind: background, execute: [untilCancelled]}, {name: c}], main: [build, run, {return: 3}], signals: [{after: lifetime.applicationStarted, wait: 300ms, send: SIGTERM}]}`
	working     = `
0ms host build begin
 host build end ok
 host run begin
1ms log Debug =Host#1
2ms a new
 w new
 c new
10ms a start begin live
 a start end ok
 w start begin live
 w execute begin live
 w start end ok
 c start begin live
 c start end ok
11ms lifetime applicationStarted
12ms log Debug =Host#2
311ms signal SIGTERM
312ms lifetime applicationStopping
313ms log Debug =Host#3
314ms c stop begin live
 c stop end ok
320ms w stop begin live
 w tokenFired
 w execute end ok
 w stop end ok
340ms a stop begin live
 a stop end ok
360ms lifetime applicationStopped
361ms log Debug =Host#4
370ms c dispose begin
 c dispose end
 w dispose begin
 w dispose end
 a dispose begin
 a dispose end
380ms host run end ok
381ms main return =3
end exited 3`
)

// broken is the life of a host whose background service w fails at 110 ms, under a profile in which run fails with it.
const (
	brokenPlan = `--- {options: {shutdownTimeout: 5s}, services: [{name: a}, {name: w, kind: background, execute: [{delay: 100ms}, {throw: boom}]}, {name: c}], main: [build, run, {return: 3}]}`
	broken     = `
0ms host build begin
 host build end ok
 host run begin
1ms log Debug =Host#1
10ms a start begin live
 a start end ok
 w start begin live
 w execute begin live
 w start end ok
 c start begin live
 c start end ok
11ms lifetime applicationStarted
12ms log Debug =Host#2
110ms w execute end error:boom
111ms log Error error:boom =Host#9
 log Critical error:boom =Host#10
112ms lifetime applicationStopping
113ms log Debug =Host#3
114ms c stop begin live
 c stop end ok
 w stop begin live
 w stop end ok
 a stop begin live
 a stop end ok
360ms lifetime applicationStopped
361ms log Error error:boom =Host#5
380ms host run end error:boom
381ms main threw error:boom
end exited 1`
)

func TestBackgroundServices(t *testing.T) {
	ignoring := replaced(workingPlan, "[untilCancelled]", "[{sleep: 60s}]")
	short := replaced(ignoring, "shutdownTimeout: 5s", "shutdownTimeout: 500ms")
	late := edit(working, "drop w tokenFired", "drop w execute end", "drop w stop end", "drop a stop", "cut 360ms", "add 820ms w stop end ok", "add 821ms a stop begin dead", "add 821ms a stop end ok", "add 840ms host run end ok", "add 841ms main return =3")
	blocking := replaced(workingPlan, "[untilCancelled]", "[{block: 400ms}, {sleep: 1s}]")
	onPool := edit(working, "add 410ms w mark")
	inside := edit(working, "cut 300ms", "drop w start end", "drop c start", "drop lifetime", "add 410ms w start end ok", "add 410ms c start begin live", "add 410ms c start end ok", "end hang")
	failing := replaced(workingPlan, "[untilCancelled]", "[{throw: boom}]")
	failsInside := edit(working, "cut 300ms", "drop c start", "set w start end => w execute end error:boom", "put w start end error:boom after w execute end", "end exited 1")
	failsOutside := edit(working, "put w execute end error:boom after w start end", "drop w tokenFired", "drop w execute end ok")
	starting := `--- {services: [{name: w, kind: background, execute: [untilCancelled]}, {name: b, start: [{sleep: 900ms}]}], main: [build, run, {return: 3}], signals: [{after: b.start.begin, wait: 300ms, send: SIGINT}]}`
	linked := `
0ms host build begin
 host build end ok
 host run begin
10ms w start begin live
 w execute begin live
 w start end ok
 b start begin live
310ms signal SIGINT
 lifetime applicationStopping
 w tokenFired
 w execute end ok
910ms b start end ok
920ms b stop begin live
 b stop end ok
 w stop begin live
 w stop end ok
930ms host run end ok
 main return =3
end exited 3`
	unlinked := edit(linked, "drop w tokenFired", "put w tokenFired after w stop begin")
	callback := replaced(workingPlan, "[untilCancelled]", "[{onCancelThrow: cb}, untilCancelled]")
	called := edit(working, "put w cancelCallback begin before w tokenFired", "set w stop end => w stop end error:cb")
	judge(t, []row{
		{"it does not wait", "HOST-BG-001", "", "", workingPlan, working, Pass, ""},
		{"the start waits for the work", "HOST-BG-001", "", "", brokenPlan, edit(broken, "drop w start end", "put w start end ok after w execute end"), Fail, "w start end"},
		{"the start never ends", "HOST-BG-001", "", "", ignoring, edit(working, "drop w start end", "cut 11ms", "drop c start", "end hang"), Fail, "-"},
		{"the next start waits for the work", "HOST-BG-001", "", "", brokenPlan, edit(broken, "drop c start", "add 111ms c start begin live", "add 111ms c start end ok"), Fail, "c start begin"},
		{"the work does not wait itself", "HOST-BG-001", "", "", blocking, inside, Vacuous, ""},
		{"no background service", "HOST-BG-001", "", "", wholePlan, whole, Vacuous, ""},

		{"once", "HOST-BG-002", "", "", workingPlan, working, Pass, ""},
		{"twice", "HOST-BG-002", "", "", workingPlan, edit(working, "add 20ms w execute begin live"), Fail, "w execute begin"},
		{"never", "HOST-BG-002", "", "", workingPlan, edit(working, "drop w execute", "drop w tokenFired"), Fail, "w start end"},
		{"skipped because the stop came at once", "HOST-BG-002", "dotnet-10", "", workingPlan, edit(working, "drop w execute", "drop w tokenFired", "drop lifetime applicationStopping", "add 12ms lifetime applicationStopping"), Vacuous, ""},
		{"no background service", "HOST-BG-002", "", "", wholePlan, whole, Vacuous, ""},

		{"after the start", "HOST-BG-003", "", "", workingPlan, working, Pass, ""},
		{"before the start", "HOST-BG-003", "", "", workingPlan, edit(working, "drop w execute begin", "add 5ms w execute begin live"), Fail, "w execute begin"},
		{"without a start", "HOST-BG-003", "", "", workingPlan, edit(working, "drop w start"), Fail, "w execute begin"},
		{"no body", "HOST-BG-003", "", "", wholePlan, whole, Vacuous, ""},

		{"the token fires", "HOST-BG-004", "", "", workingPlan, working, Pass, ""},
		{"it does not", "HOST-BG-004", "", "", workingPlan, edit(working, "drop w tokenFired", "drop w execute end"), Fail, "w stop end"},
		{"it does not and the stop hangs", "HOST-BG-004", "", "", workingPlan, edit(working, "drop w tokenFired", "drop w execute end", "drop w stop end", "cut 340ms", "end deadlock"), Fail, "-"},
		{"no stop", "HOST-BG-004", "", "", workingPlan, edit(working, "cut 300ms", "end hang"), Vacuous, ""},
		{"the work does not wait for it", "HOST-BG-004", "", "", ignoring, late, Vacuous, ""},

		{"it waits", "HOST-BG-005", "", "", workingPlan, working, Pass, ""},
		{"it does not", "HOST-BG-005", "", "", workingPlan, edit(working, "drop w execute end", "add 350ms w execute end ok"), Fail, "w stop end"},
		{"the timeout was over", "HOST-BG-005", "", "", short, late, Vacuous, ""},
		{"the body had ended", "HOST-BG-005", "", "", brokenPlan, broken, Vacuous, ""},

		{"it gives up", "HOST-BG-006", "", "", short, late, Pass, ""},
		{"it was abandoned", "HOST-BG-006", "", "", short, edit(late, "set w stop end => w abandoned"), Pass, ""},
		{"it was given up and not named", "HOST-BG-006", "", "", short, edit(late, "drop w stop end"), Pass, ""},
		{"it gives up too late", "HOST-BG-006", "", "", short, edit(late, "cut 800ms", "add 60s w execute end ok", "add 60s w stop end ok"), Fail, "w stop end"},
		{"it hangs", "HOST-BG-006", "", "", short, edit(late, "cut 800ms", "end hang"), Fail, "-"},
		{"the body ends in time", "HOST-BG-006", "", "", workingPlan, working, Vacuous, ""},

		{"quietly", "HOST-BG-007", "dotnet-8", "", short, late, Pass, ""},
		{"with a cancellation", "HOST-BG-007", "dotnet-8", "", short, edit(late, "set w stop end => w stop end cancelled"), Fail, "w stop end"},
		{"the body ends in time", "HOST-BG-007", "dotnet-8", "", workingPlan, working, Vacuous, ""},

		{"on a thread of its own", "HOST-BG-008", "strict", "", blocking, onPool, Pass, ""},
		{"inside the start", "HOST-BG-008", "dotnet-8", "", blocking, inside, Pass, ""},
		{"inside the start, where it must not", "HOST-BG-008", "strict", "", blocking, inside, Fail, "w start end"},
		{"on a thread of its own, where it must not", "HOST-BG-008", "dotnet-8", "", blocking, onPool, Fail, "w start end"},
		{"it does not block", "HOST-BG-008", "strict", "", workingPlan, working, Vacuous, ""},

		{"the start succeeds", "HOST-BG-009", "dotnet-10", "", failing, failsOutside, Pass, ""},
		{"the start fails", "HOST-BG-009", "dotnet-9", "", failing, failsInside, Pass, ""},
		{"the start fails, where it must not", "HOST-BG-009", "strict", "", failing, failsInside, Fail, "w start end"},
		{"the start succeeds, where it must not", "HOST-BG-009", "dotnet-3.1", "", failing, failsOutside, Fail, "w start end"},
		{"it fails later", "HOST-BG-009", "strict", "", brokenPlan, broken, Vacuous, ""},

		{"cancelled at once", "HOST-BG-010", "strict", "", starting, linked, Pass, ""},
		{"cancelled by its own stop", "HOST-BG-010", "dotnet-3.1", "", starting, unlinked, Pass, ""},
		{"cancelled by its own stop only", "HOST-BG-010", "dotnet-8", "", starting, unlinked, Fail, "w stop begin"},
		{"cancelled too early", "HOST-BG-010", "dotnet-2.2", "", starting, linked, Fail, "w tokenFired"},
		{"the host had started", "HOST-BG-010", "strict", "", workingPlan, working, Vacuous, ""},

		{"by its own stop", "HOST-BG-011", "strict", "", workingPlan, working, Pass, ""},
		{"by the stop request", "HOST-BG-011", "strict", "", workingPlan, edit(working, "drop w tokenFired", "add 312ms w tokenFired"), Fail, "w tokenFired"},
		{"the host was starting", "HOST-BG-011", "strict", "", starting, linked, Vacuous, ""},
		{"it never fired", "HOST-BG-011", "strict", "", ignoring, late, Vacuous, ""},

		{"the stop fails", "HOST-BG-012", "strict", "", callback, called, Pass, ""},
		{"the stop succeeds", "HOST-BG-012", "strict", "", callback, edit(called, "set w stop end => w stop end ok"), Fail, "w stop end"},
		{"the stop does not wait", "HOST-BG-012", "dotnet-10", "", callback, edit(called, "drop w execute end", "add 350ms w execute end ok"), Fail, "w stop end"},
		{"no callback", "HOST-BG-012", "strict", "", workingPlan, working, Vacuous, ""},
	})
}

func TestEndsOfBackgroundServices(t *testing.T) {
	done := replaced(brokenPlan, "{throw: boom}", "{mark: done}")
	ended := edit(working, "drop w tokenFired", "drop w execute end", "add 110ms w execute end ok")
	donePlan := replaced(done, "{return: 3}]}", "{return: 3}], signals: [{after: lifetime.applicationStarted, wait: 300ms, send: SIGTERM}]}")
	stopsItself := edit(ended, "drop signal")
	askedLater := replaced(brokenPlan, "{return: 3}]}", "{return: 3}], signals: [{after: lifetime.applicationStarted, wait: 1200ms, send: SIGINT}]}")
	goesOn := edit(broken, "drop log Error", "drop log Critical", "cut 112ms", "add 1211ms signal SIGINT", "add 1212ms lifetime applicationStopping", "add 1213ms c stop begin live", "add 1213ms c stop end ok", "add 1214ms w stop begin live", "add 1214ms w stop end ok", "add 1215ms a stop begin live", "add 1215ms a stop end ok", "add 1220ms host run end ok", "add 1221ms main return =3", "end exited 3")
	ignored := replaced(askedLater, "shutdownTimeout: 5s", "shutdownTimeout: 5s, backgroundException: ignore")
	cancelled := replaced(brokenPlan, "{throw: boom}", "throwCancelled")
	cancellation := replaced(broken, "error:boom", "cancelled")
	succeeds := edit(broken, "set log Error error:boom =Host#5 => log Debug =Host#4", "set host run end => host run end ok", "set main threw => main return =3", "end exited 3")
	throwing := replaced(workingPlan, "[untilCancelled]", "[{untilCancelled: throw}]")
	stopped := edit(working, "set w execute end => w execute end cancelled")
	judge(t, []row{
		{"the host runs on", "HOST-BG-013", "strict", "", donePlan, ended, Pass, ""},
		{"the host stops", "HOST-BG-013", "strict", "", done, stopsItself, Fail, "lifetime applicationStopping"},
		{"run returns", "HOST-BG-013", "dotnet-8", "", done, edit(stopsItself, "cut 312ms", "add 120ms host run end ok", "add 121ms main return =3"), Fail, "host run end"},
		{"it ends because it is stopped", "HOST-BG-013", "strict", "", workingPlan, working, Vacuous, ""},
		{"it fails", "HOST-BG-013", "strict", "", brokenPlan, broken, Vacuous, ""},

		{"the host stops", "HOST-BG-014", "", "", brokenPlan, broken, Pass, ""},
		{"the host goes on until asked", "HOST-BG-014", "", "", askedLater, goesOn, Fail, "w execute end"},
		{"the host goes on for ever", "HOST-BG-014", "dotnet-6", "", brokenPlan, edit(broken, "cut 112ms", "end hang"), Fail, "w execute end"},
		{"failures are to be ignored", "HOST-BG-014", "", "", ignored, goesOn, Vacuous, ""},
		{"no failure", "HOST-BG-014", "", "", workingPlan, working, Vacuous, ""},

		{"the host runs on", "HOST-BG-015", "dotnet-3.1", "", askedLater, goesOn, Pass, ""},
		{"the host stops", "HOST-BG-015", "dotnet-3.1", "", brokenPlan, broken, Fail, "lifetime applicationStopping"},
		{"no failure", "HOST-BG-015", "dotnet-2.2", "", workingPlan, working, Vacuous, ""},

		{"the host stops", "HOST-BG-016", "strict", "", cancelled, cancellation, Pass, ""},
		{"the host goes on", "HOST-BG-016", "dotnet-8", "", replaced(askedLater, "{throw: boom}", "throwCancelled"), replaced(goesOn, "error:boom", "cancelled"), Fail, "w execute end"},
		{"a failure", "HOST-BG-016", "strict", "", brokenPlan, broken, Vacuous, ""},

		{"the host runs on", "HOST-BG-017", "strict", "", ignored, goesOn, Pass, ""},
		{"the host stops", "HOST-BG-017", "dotnet-8", "", replaced(brokenPlan, "shutdownTimeout: 5s", "shutdownTimeout: 5s, backgroundException: ignore"), broken, Fail, "lifetime applicationStopping"},
		{"not to be ignored", "HOST-BG-017", "strict", "", brokenPlan, broken, Vacuous, ""},

		{"run fails", "HOST-BG-018", "", "", brokenPlan, broken, Pass, ""},
		{"run succeeds", "HOST-BG-018", "", "", brokenPlan, succeeds, Fail, "host run end"},
		{"run succeeds on 8", "HOST-BG-018", "dotnet-8", "", brokenPlan, succeeds, Pass, ""},
		{"run fails on 8", "HOST-BG-018", "dotnet-8", "", brokenPlan, broken, Fail, "host run end"},
		{"the host ends the process", "HOST-BG-018", "", "", brokenPlan, edit(broken, "drop host run end", "drop main threw", "put process exit begin =1 after a stop end"), Pass, ""},
		{"the host ends the process with 0", "HOST-BG-018", "", "", brokenPlan, edit(broken, "drop host run end", "drop main threw", "put process exit begin =0 after a stop end", "end exited 0"), Vacuous, ""},
		{"no failure", "HOST-BG-018", "", "", workingPlan, working, Vacuous, ""},
		{"something else failed too", "HOST-BG-018", "dotnet-8", "", brokenPlan, edit(broken, "set a stop end => a stop end error:a"), Vacuous, ""},

		{"no failure", "HOST-BG-019", "", "", throwing, stopped, Pass, ""},
		{"run fails", "HOST-BG-019", "", "", throwing, edit(stopped, "set host run end => host run end cancelled"), Fail, "host run end"},
		{"it did not end cancelled", "HOST-BG-019", "", "", workingPlan, working, Vacuous, ""},
		{"it was cancelled before its stop", "HOST-BG-019", "", "", throwing, edit(stopped, "drop w execute end", "add 100ms w execute end cancelled"), Vacuous, ""},

		{"all others", "HOST-BG-020", "", "", brokenPlan, broken, Pass, ""},
		{"one is left out", "HOST-BG-020", "", "", brokenPlan, edit(broken, "drop a stop"), Fail, "-"},
		{"there is no other", "HOST-BG-020", "", "", `--- {services: [{name: w, kind: background, execute: [{delay: 100ms}, {throw: boom}]}]}`, edit(broken, "drop a ", "drop c "), Vacuous, ""},
		{"no failure", "HOST-BG-020", "", "", workingPlan, working, Vacuous, ""},
	})
}
