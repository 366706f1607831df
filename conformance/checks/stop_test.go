package checks

import "testing"

// slowStop is the life of a, b and c in which each stop takes 300 ms.
const slowStop = plainStart + `
300ms signal SIGTERM
 lifetime applicationStopping
 c stop begin live
600ms c stop end ok
 b stop begin live
900ms b stop end ok
 a stop begin live
1200ms a stop end ok
 lifetime applicationStopped
 host run end ok
 main return =0`

// stopFails is the life of a, b and c in which the stop of b fails.
const stopFails = plainStart + `
300ms signal SIGTERM
 lifetime applicationStopping
 c stop begin live
 c stop end ok
 b stop begin live
 b stop end error:x
 a stop begin live
 a stop end ok
 lifetime applicationStopped
 host run end error:x
 main threw error:x
end exited 1`

func TestStop(t *testing.T) {
	limited := "options: {shutdownTimeout: 500ms}\n" + abc
	rows(t, "HOST-STOP-001", row{trace: life},
		row{name: "in reverse", want: Pass},
		row{name: "in order", trace: edit(life, "set c stop begin => b stop begin live", "set c stop end => b stop end ok", "set b stop begin live => b stop begin live ", "drop a stop", "add 300ms c stop begin live"), want: Fail, at: "c stop begin"},
		row{name: "one only", plan: "services: [{name: a}]", trace: life, want: Vacuous},
		row{name: "concurrent", profile: "strict", plan: "options: {concurrentStop: true}\n" + abc, want: Vacuous},
	)
	beside := edit(slowStop, "drop c stop end", "add 650ms c stop end ok")
	rows(t, "HOST-STOP-002", row{trace: slowStop},
		row{name: "one by one", want: Pass},
		row{name: "two at once", trace: beside, want: Fail, at: "b stop begin"},
		row{name: "the time is up", plan: "options: {shutdownTimeout: 200ms}\n" + abc, trace: beside, want: Pass},
		row{name: ".NET waits although the time is up", profile: "dotnet-10", plan: "options: {shutdownTimeout: 200ms}\n" + abc, trace: beside, want: Fail, at: "b stop begin"},
		row{name: "two stops at once", trace: edit(slowStop, "put host stop begin after signal"), want: Vacuous},
	)
	rows(t, "HOST-STOP-003", row{trace: life},
		row{name: "all", want: Pass},
		row{name: "one skipped", trace: edit(life, "drop a stop"), want: Fail, at: "host run end"},
		row{name: "one after the end", trace: edit(life, "drop a stop", "put a stop begin live after host run end"), want: Fail, at: "host run end"},
		row{name: "run ends by itself", trace: plainStart + plainEnd, want: Fail, at: "host run end"},
		row{name: "the start failed", trace: fails, want: Vacuous},
		row{name: "it hangs", trace: plainStart + "end hang", want: Vacuous},
		row{name: "the process ends with the stop", trace: edit(life, "drop host run end", "drop main return", "end exited 143"), want: Pass},
		row{name: "the process ends with the stop of some", trace: edit(life, "drop host run end", "drop main return", "drop a stop", "end exited 143"), want: Fail, at: "lifetime applicationStopped"},
		row{name: "no stop had begun", trace: edit(life, "drop host run end", "drop main return", "drop a stop", "drop b stop", "drop c stop", "drop signal SIGTERM", "drop lifetime applicationStopping", "drop lifetime applicationStopped", "end exited 1"), want: Vacuous},
		row{name: "main goes without it", trace: edit(life, "drop host run end", "drop a stop"), want: Vacuous},
	)
	rows(t, "HOST-STOP-004", row{profile: "dotnet-3.1", plan: limited, trace: life},
		row{name: "all", want: Pass},
		row{name: "one skipped", trace: edit(life, "drop a stop"), want: Fail, at: "host run end"},
		row{name: "the time is up", trace: edit(slowStop, "drop a stop"), want: Vacuous},
	)
	rows(t, "HOST-STOP-005", row{trace: life},
		row{name: "nothing is stopped", trace: plainStart + "end signaled SIGKILL", want: Vacuous},
		row{name: "once", want: Pass},
		row{name: "twice", trace: edit(life, "put b stop begin live after a stop end"), want: Fail, at: "b stop begin"},
		row{name: "two calls of stop are two stops", trace: edit(byCall, "add 15ms host stop begin", "add 15ms c stop begin live", "add 15ms host stop end ok"), want: Pass},
	)
	rows(t, "HOST-STOP-006", row{trace: life},
		row{name: "never", want: Pass},
		row{name: "started afterwards", trace: edit(life, "drop b start", "add 350ms b start begin live"), want: Fail, at: "b start begin"},
		row{name: "a second life", trace: edit(byCall, "add 15ms host start begin", "add 15ms a start begin live"), want: Vacuous},
	)
	rows(t, "HOST-STOP-007", row{trace: life},
		row{name: "after its start", want: Pass},
		row{name: "during its start", trace: edit(life, "drop b start end", "add 400ms b start end ok"), want: Fail, at: "b stop begin"},
		row{name: "its start was abandoned", profile: "strict", trace: edit(life, "set b start end => b abandoned"), want: Pass},
		row{name: "no stop", trace: plainStart, want: Vacuous},
	)
	afterFailure := edit(byCall, "set c start end => c start end error:x", "set host start end => host start end error:x", "drop lifetime applicationStarted")
	rows(t, "HOST-STOP-008", row{profile: "strict", trace: edit(afterFailure, "drop c stop")},
		row{name: "untouched", want: Pass},
		row{name: "stopped all the same", trace: afterFailure, want: Fail, at: "c stop begin"},
		row{name: ".NET stops them", profile: "dotnet-8", trace: "0ms a new\n b new\n c new\n" + afterFailure, want: Pass},
		row{name: ".NET does not leave them", profile: "dotnet-8", trace: "0ms a new\n b new\n c new\n" + edit(afterFailure, "drop c stop"), want: Fail, at: "host stop end"},
		row{name: "all started", trace: life, want: Vacuous},
	)
	early := edit(slowStop, "drop host run end", "put host run end ok after a stop begin")
	rows(t, "HOST-STOP-009", row{plan: limited, trace: slowStop},
		row{name: "waits", want: Pass},
		row{name: "returns too soon", plan: abc, trace: edit(slowStop, "drop host run end", "put host run end ok after c stop begin"), want: Fail, at: "host run end"},
		row{name: "gives up in time", trace: early, want: Pass},
		row{name: ".NET never gives up", profile: "dotnet-6", trace: early, want: Fail, at: "host run end"},
		row{name: "it hangs", trace: edit(slowStop, "cut 1200ms", "end hang"), want: Vacuous},
	)
	rows(t, "HOST-STOP-010", row{trace: stopFails},
		row{name: "goes on", want: Pass},
		row{name: "ends there", trace: edit(stopFails, "drop a stop"), want: Fail, at: "host run end"},
		row{name: "the process ends there", trace: edit(stopFails, "drop a stop", "drop lifetime applicationStopped", "drop host run end", "drop main threw"), want: Fail, at: "b stop end"},
		row{name: "nothing remains", trace: edit(stopFails, "set b stop end => b stop end ok", "set a stop end => a stop end error:x"), want: Vacuous},
		row{name: "it hangs", trace: edit(stopFails, "drop a stop", "drop host run end", "drop main threw", "end hang"), want: Fail, at: "lifetime applicationStopped"},
		row{name: "it crashes", trace: edit(stopFails, "drop a stop", "drop lifetime applicationStopped", "drop host run end", "drop main threw", "end signaled SIGABRT"), want: Fail, at: "b stop end"},
		row{name: "it is killed", trace: edit(stopFails, "drop a stop", "drop lifetime applicationStopped", "drop host run end", "drop main threw", "end signaled SIGKILL"), want: Vacuous},
		row{name: "the application hangs", plan: "services: [{name: a}, {name: b}, {name: c, dispose: [{blockForever: true}]}]", trace: edit(stopFails, "drop a stop", "drop host run end", "drop main threw", "end hang"), want: Vacuous},
	)
}

func TestStopResult(t *testing.T) {
	rows(t, "HOST-STOP-011", row{trace: stopFails},
		row{name: "fails", want: Pass},
		row{name: "succeeds", trace: edit(stopFails, "set host run end => host run end ok"), want: Fail, at: "host run end"},
		row{name: "no failure", trace: life, want: Vacuous},
		row{name: "it never returned", trace: edit(stopFails, "drop host run end", "end hang"), want: Vacuous},
	)
	wrapped := edit(stopFails, "set host run end => host run end aggregate(error:x)")
	rows(t, "HOST-STOP-012", row{profile: "strict", trace: stopFails},
		row{name: "raw", want: Pass},
		row{name: "wrapped", trace: wrapped, want: Fail, at: "host run end"},
		row{name: "7 wraps", profile: "dotnet-7", trace: wrapped, want: Pass},
		row{name: "7 does not hand it on raw", profile: "dotnet-7", want: Fail, at: "host run end"},
		row{name: "two", trace: edit(stopFails, "set a stop end => a stop end error:y"), want: Vacuous},
	)
	two := edit(stopFails, "set a stop end => a stop end error:y", "set host run end => host run end aggregate(error:x,error:y)")
	rows(t, "HOST-STOP-013", row{profile: "strict", trace: two},
		row{name: "both", want: Pass},
		row{name: "the first only", trace: edit(two, "set host run end => host run end error:x"), want: Fail, at: "host run end"},
		row{name: "in another order", trace: edit(two, "set host run end => host run end aggregate(error:y,error:x)"), want: Fail, at: "host run end"},
		row{name: "one", trace: stopFails, want: Vacuous},
		row{name: "concurrent", plan: "options: {concurrentStop: true}\n" + abc, want: Vacuous},
	)
	joined := edit(byCall, "add 15ms host stop begin", "add 15ms host stop end ok")
	repeated := edit(byCall, "add 15ms host stop begin", "add 15ms c stop begin live", "add 15ms c stop end ok", "add 15ms b stop begin live", "add 15ms b stop end ok", "add 15ms a stop begin live", "add 15ms a stop end ok", "add 15ms host stop end ok")
	rows(t, "HOST-STOP-018", row{profile: "strict", trace: joined},
		row{name: "joins", want: Pass},
		row{name: "repeats", trace: repeated, want: Fail, at: "c stop begin"},
		row{name: "another result", trace: edit(byCall, "add 15ms host stop begin", "add 15ms host stop end error:stopped"), want: Fail, at: "host stop end"},
		row{name: ".NET repeats", profile: "dotnet-10", trace: repeated, want: Pass},
		row{name: ".NET does not join", profile: "dotnet-10", want: Fail, at: "host stop end"},
		row{name: "at once", trace: edit(life, "put b/thread stopHost begin after lifetime applicationStopping", "put c stop begin live after c stop end"), want: Fail, at: "c stop begin"},
		row{name: "once", trace: byCall, want: Vacuous},
	)
	none := "0ms host stop begin\n lifetime applicationStopping\n lifetime applicationStopped\n host stop end ok\n main return =0"
	rows(t, "HOST-STOP-019", row{profile: "strict", trace: none},
		row{name: "succeeds", want: Pass},
		row{name: "fails", trace: edit(none, "set host stop end => host stop end error:x"), want: Fail, at: "host stop end"},
		row{name: "stops", trace: edit(none, "put a stop begin live after host stop begin"), want: Fail, at: "a stop begin"},
		row{name: "never returns", trace: "0ms host stop begin\nend deadlock", want: Fail, at: "-"},
		row{name: "started", trace: byCall, want: Vacuous},
	)
	unmade := "0ms host start begin\n a new\n b new\n host start end error:ctor\n host stop begin\n lifetime applicationStopping\n host stop end ok"
	refused := "0ms host start begin\n a new\n b new\n host start end error:ctor\n host stop begin\n host stop end error:ArgumentNullException"
	rows(t, "HOST-STOP-020", row{profile: "strict", plan: "services: [{name: a}, {name: b, new: [{throw: ctor}]}, {name: c}]", trace: unmade},
		row{name: "succeeds", want: Pass},
		row{name: "fails", trace: refused, want: Fail, at: "host stop end"},
		row{name: "stops", trace: edit(unmade, "put a stop begin live after lifetime"), want: Fail, at: "a stop begin"},
		row{name: "10 fails", profile: "dotnet-10", trace: refused, want: Pass},
		row{name: "10 does not succeed", profile: "dotnet-10", want: Fail, at: "host stop end"},
		row{name: "10 tells nobody", profile: "dotnet-10", trace: edit(refused, "put lifetime applicationStopping before host stop end"), want: Fail, at: "lifetime applicationStopping"},
		row{name: "all were made", plan: abc, want: Vacuous},
	)
	byToken := replaced(life, "300ms signal SIGTERM\n", "300ms main mark\n")
	rows(t, "HOST-STOP-029", row{profile: "strict", plan: abc + "\nmain: [build, {runCancelAfter: 300ms}]", trace: byToken},
		row{name: "succeeds", want: Pass},
		row{name: "fails", trace: edit(byToken, "set host run end => host run end cancelled"), want: Fail, at: "host run end"},
		row{name: "one left", trace: edit(byToken, "drop a stop"), want: Fail, at: "host run end"},
		row{name: "a signal came too", trace: life, want: Vacuous},
		row{name: "still starting", plan: abc + "\nmain: [build, {runCancelAfter: 0s}]", want: Vacuous},
	)
	rows(t, "HOST-STOP-030", row{trace: life},
		row{name: "succeeds", want: Pass},
		row{name: "fails", trace: edit(life, "set host run end => host run end cancelled"), want: Fail, at: "host run end"},
		row{name: "by call", trace: edit(byCall, "set host stop end => host stop end error:x"), want: Fail, at: "host stop end"},
		row{name: "a stop failed", trace: stopFails, want: Vacuous},
		row{name: "the time was up", plan: "options: {shutdownTimeout: 500ms}\n" + abc, trace: edit(slowStop, "set host run end => host run end cancelled"), want: Vacuous},
	)
}

func TestStopRequest(t *testing.T) {
	asked := replaced(life, "300ms signal SIGTERM\n", "300ms a/thread stopApplication begin\n a/thread stopApplication end\n")
	rows(t, "HOST-STOP-014", row{trace: asked},
		row{name: "stops", want: Pass},
		row{name: "nothing happens", trace: plainStart + "300ms a/thread stopApplication begin\n a/thread stopApplication end\nend hang", want: Fail, at: "-"},
		row{name: "run returns without", trace: plainStart + "300ms a/thread stopApplication begin\n a/thread stopApplication end\n" + plainEnd, want: Fail, at: "host run end"},
		row{name: "the process ends without", trace: plainStart + "300ms a/thread stopApplication begin\n", want: Fail, at: "a/thread stopApplication begin"},
		row{name: "a callback holds it up", trace: plainStart + "300ms a/thread stopApplication begin\n lifetime applicationStopping begin =1\nend hang", plan: abc + "\napplicationStopping: [[blockForever]]", want: Vacuous},
		row{name: "nobody waits", trace: edit(byCall, "cut 10ms", "add 5ms main stopApplication begin"), want: Vacuous},
	)
	before := "0ms main stopApplication begin\n main stopApplication end\n host run begin\n"
	through := before + "a start begin live\n a start end ok\n a stop begin live\n a stop end ok\n host run end ok"
	rows(t, "HOST-STOP-015", row{trace: through},
		row{name: "starts and stops", want: Pass},
		row{name: "starts nothing", trace: before + "host run end cancelled", want: Pass},
		row{name: "leaves one", trace: edit(through, "drop a stop"), want: Fail, at: "host run end"},
		row{name: "is lost", trace: before + "a start begin live\n a start end ok\nend hang", want: Fail, at: "-"},
		row{name: "a service hangs", trace: before + "a start begin live\nend hang", want: Vacuous},
		row{name: "requested later", trace: asked, want: Vacuous},
	)
	during := interrupted + "a stop begin live\n a stop end ok\n host run end ok\n"
	rows(t, "HOST-STOP-016", row{trace: during},
		row{name: "stops what had started", want: Pass},
		row{name: "leaves it", trace: edit(during, "drop a stop"), want: Fail, at: "host run end"},
		row{name: "is lost", trace: interrupted + "b start begin live\n b start end ok\n c start begin live\n c start end ok\n lifetime applicationStarted\nend hang", want: Fail, at: "-"},
		row{name: "the process just ends", trace: interrupted, want: Fail, at: "a/thread stopApplication end"},
		row{name: "a service hangs", trace: interrupted + "b start begin live\nend hang", want: Vacuous},
		row{name: "the host spins", trace: interrupted + "end killed", want: Fail, at: "-"},
		row{name: "the host crashes", trace: interrupted + "end signaled SIGABRT", want: Fail, at: "-"},
		row{name: "somebody kills it", trace: interrupted + "end signaled SIGKILL", want: Vacuous},
		row{name: "requested later", trace: asked, want: Vacuous},
	)
}

func TestStopBounds(t *testing.T) {
	rows(t, "HOST-STOP-017", row{profile: "strict", trace: life},
		row{name: "after all starts", want: Pass},
		row{name: "during another's", trace: edit(life, "drop c start end", "add 300ms z z", "put c start end ok after a stop end"), want: Fail, at: "c stop begin"},
		row{name: "no stop", trace: plainStart, want: Vacuous},
	)
	rows(t, "HOST-STOP-026", row{trace: life},
		row{name: "nothing more", want: Pass},
		row{name: "a stop", trace: edit(life, "drop a stop", "put a stop begin live after host run end"), want: Fail, at: "a stop begin"},
		row{name: "the host never returned", trace: edit(life, "drop host run end"), want: Vacuous},
	)
	alone := plainStart + "10s lifetime applicationStopping\n c stop begin live\n c stop end ok\n b stop begin live\n b stop end ok\n a stop begin live\n a stop end ok\n host run end ok"
	rows(t, "HOST-STOP-027", row{trace: life},
		row{name: "asked", want: Pass},
		row{name: "by itself", trace: alone, want: Fail, at: "lifetime applicationStopping"},
		row{name: "run returns by itself", trace: plainStart + "15s host run end ok", want: Fail, at: "host run end"},
		row{name: "the report of the signal comes late", lane: "process", trace: edit(life, "drop signal", "put signal SIGTERM after c stop begin"), want: Pass},
		row{name: "a worker failed", plan: "services: [{name: a}, {name: b}, {name: c, kind: background}]", trace: edit(alone, "add 9s c execute begin live", "add 10s z z", "put c execute end error:x before lifetime applicationStopping"), want: Pass},
		row{name: "it still runs", trace: plainStart + "end hang", want: Vacuous},
	)
	stuck := edit(life, "drop host run end", "drop main return", "end hang")
	rows(t, "HOST-STOP-028", row{trace: life},
		row{name: "returns", want: Pass},
		row{name: "never returns", trace: stuck, want: Fail, at: "-"},
		row{name: "in a deadlock", trace: edit(stuck, "end deadlock"), want: Fail, at: "-"},
		row{name: "a stop hangs", trace: edit(stuck, "drop a stop end"), want: Vacuous},
		row{name: "an exit hangs", plan: "services: [{name: a, stop: [{exit: 7}]}, {name: b}, {name: c}]", trace: edit(stuck, "put process exit begin =7 after a stop end"), want: Vacuous},
		row{name: "killed by the harness", trace: edit(stuck, "end killed"), want: Vacuous},
	)
	rows(t, "HOST-STOP-031", row{profile: "strict", trace: rolledBack},
		row{name: "untouched", want: Pass},
		row{name: "stopped", trace: edit(rolledBack, "put c stop begin live before b stop begin"), want: Fail, at: "c stop begin"},
		row{name: "all started", trace: life, want: Vacuous},
	)
}

func TestStopExpired(t *testing.T) {
	plan := "options: {shutdownTimeout: 300ms}\nservices: [{name: a}, {name: b, stop: [{delay: 5s}]}, {name: c}]"
	passed := plainStart + `
300ms signal SIGTERM
 lifetime applicationStopping
 c stop begin live
 c stop end ok
 b stop begin live
600ms b stop end cancelled
 a stop begin dead
 a stop end ok
 lifetime applicationStopped
 host run end cancelled
 main threw cancelled`
	skipped := edit(passed, "drop a stop", "drop lifetime applicationStopped")
	rows(t, "HOST-STOP-021", row{profile: "strict", plan: plan, trace: passed},
		row{name: "passed on", want: Pass},
		row{name: "skipped", trace: skipped, want: Fail, at: "host run end"},
		row{name: "a fresh token", trace: edit(passed, "set a stop begin => a stop begin live"), want: Fail, at: "a stop begin"},
		row{name: "3.1 skips", profile: "dotnet-3.1", trace: skipped, want: Pass},
		row{name: "3.1 does not pass on", profile: "dotnet-3.1", want: Fail, at: "a stop begin"},
		row{name: "3.1 does not succeed", profile: "dotnet-3.1", trace: edit(skipped, "set host run end => host run end ok"), want: Fail, at: "host run end"},
		row{name: "in time", trace: life, want: Vacuous},
	)
	caller := replaced(byCall, "stop begin live", "stop begin dead")
	cplan := abc + "\nmain: [build, start, stopCancelled]"
	none := edit(byCall, "drop c stop", "drop b stop", "drop a stop", "drop lifetime applicationStopped", "set host stop end => host stop end cancelled")
	rows(t, "HOST-STOP-022", row{profile: "strict", plan: cplan, trace: caller},
		row{name: "reaches every service", want: Pass},
		row{name: "a live token", trace: edit(caller, "set b stop begin => b stop begin live"), want: Fail, at: "b stop begin"},
		row{name: "one left out", trace: edit(caller, "drop a stop"), want: Fail, at: "host stop end"},
		row{name: "2.2 stops nothing", profile: "dotnet-2.2", trace: none, want: Pass},
		row{name: "2.2 stops", profile: "dotnet-2.2", want: Fail, at: "c stop begin"},
		row{name: "2.2 does not succeed", profile: "dotnet-2.2", trace: edit(none, "set host stop end => host stop end ok"), want: Fail, at: "host stop end"},
		row{name: "no such caller", plan: abc, want: Vacuous},
	)
}

func TestStopStages(t *testing.T) {
	plan := "services: [{name: a, kind: lifecycle}, {name: b, kind: lifecycle}]"
	staged := `
0ms host start begin
 a start begin live
 a start end ok
 b start begin live
 b start end ok
 lifetime applicationStarted
 host start end ok
10ms host stop begin
 b stopping begin live
 b stopping end ok
 a stopping begin live
 a stopping end ok
 lifetime applicationStopping
 b stop begin live
 b stop end ok
 a stop begin live
 a stop end ok
 b stopped begin live
 b stopped end ok
 a stopped begin live
 a stopped end ok
 lifetime applicationStopped
 host stop end ok`
	rows(t, "HOST-STOP-023", row{profile: "strict", plan: plan, trace: staged},
		row{name: "in stages", want: Pass},
		row{name: "stop among stopping", trace: edit(staged, "drop a stopping end"), want: Fail, at: "b stop begin"},
		row{name: "stopped among stop", trace: edit(staged, "drop a stop end"), want: Fail, at: "b stopped begin"},
		row{name: "abandoned", trace: edit(staged, "set a stop end => a abandoned"), want: Pass},
		row{name: ".NET abandons nothing", profile: "dotnet-8", trace: edit(staged, "set a stop end => a abandoned"), want: Fail, at: "b stopped begin"},
		row{name: "no hooks", plan: abc, trace: byCall, want: Vacuous},
	)
	rows(t, "HOST-STOP-024", row{profile: "strict", plan: plan, trace: staged},
		row{name: "in reverse", want: Pass},
		row{name: "in order", trace: edit(staged, "drop b stopping", "put b stopping begin live after a stopping end"), want: Fail, at: "b stopping begin"},
		row{name: "twice", trace: edit(staged, "put b stopped begin live after a stopped end"), want: Fail, at: "b stopped begin"},
		row{name: "at once", trace: edit(staged, "drop b stopped end"), want: Fail, at: "a stopped begin"},
		row{name: "one left out", trace: edit(staged, "drop a stopped"), want: Fail, at: "host stop end"},
		row{name: "no hooks", plan: abc, trace: byCall, want: Vacuous},
	)
	failing := edit(staged, "set b stopping end => b stopping end error:x", "set host stop end => host stop end error:x")
	rows(t, "HOST-STOP-025", row{profile: "strict", plan: plan, trace: failing},
		row{name: "all the same", want: Pass},
		row{name: "no more stopping", trace: edit(failing, "drop a stopping"), want: Fail, at: "host stop end"},
		row{name: "no stopped", trace: edit(failing, "drop a stopped", "drop b stopped"), want: Fail, at: "host stop end"},
		row{name: "none failed", trace: staged, want: Vacuous},
	)
}
