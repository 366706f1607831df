package checks

import "testing"

// requested is the life of a, b and c that a thread of a's ends by a stop request.
const requested = plainStart + `
300ms a/thread stopApplication begin
 lifetime applicationStopping
 a/thread stopApplication end
 c stop begin live
 c stop end ok
 b stop begin live
 b stop end ok
 a stop begin live
 a stop end ok
 lifetime applicationStopped
 host run end ok
 main return =0`

func TestLifeStarted(t *testing.T) {
	rows(t, "HOST-LIFE-001", row{trace: life},
		row{name: "after all", want: Pass},
		row{name: "too soon", trace: edit(life, "drop lifetime applicationStarted", "put lifetime applicationStarted before c start end"), want: Fail, at: "lifetime applicationStarted"},
		row{name: "never", trace: fails, want: Vacuous},
	)
	rows(t, "HOST-LIFE-002", row{trace: fails},
		row{name: "silent", want: Pass},
		row{name: "fires", trace: edit(fails, "put lifetime applicationStarted after b start end"), want: Fail, at: "lifetime applicationStarted"},
		row{name: "no failure", trace: life, want: Vacuous},
	)
	rows(t, "HOST-LIFE-003", row{trace: byCall},
		row{name: "fires", want: Pass},
		row{name: "in run", trace: life, want: Pass},
		row{name: "does not", trace: edit(byCall, "drop lifetime applicationStarted"), want: Fail, at: "host start end"},
		row{name: "does not, in run", trace: edit(life, "drop lifetime applicationStarted"), want: Fail, at: "signal SIGTERM"},
		row{name: "too late", trace: edit(byCall, "drop lifetime applicationStarted", "put lifetime applicationStarted after host start end"), want: Fail, at: "host start end"},
		row{name: "the start fails", trace: fails, want: Vacuous},
		row{name: "a stop was requested", trace: interrupted, want: Vacuous},
	)
	slow := edit(byCall, "set lifetime applicationStarted => lifetime applicationStarted begin =1", "put lifetime applicationStarted end ok =1 before host start end")
	callback := abc + "\napplicationStarted: [[{block: 1s}]]"
	rows(t, "HOST-LIFE-008", row{profile: "strict", plan: callback, trace: slow},
		row{name: "waits", want: Pass},
		row{name: "does not", trace: edit(slow, "drop lifetime applicationStarted end", "put lifetime applicationStarted end ok =1 after host start end"), want: Fail, at: "host start end"},
		row{name: "a silent observer", plan: abc, trace: byCall, want: Vacuous},
	)
	late := interrupted + "b start begin dead\n b start end ok\n lifetime applicationStarted\n b stop begin live\n b stop end ok\n a stop begin live\n a stop end ok\n host run end ok\n"
	ceased := interrupted + "a stop begin live\n a stop end ok\n host run end ok\n"
	ab := "services: [{name: a}, {name: b}]"
	rows(t, "HOST-LIFE-020", row{profile: "strict", plan: ab, trace: ceased},
		row{name: "not any more", want: Pass},
		row{name: "all the same", trace: ceased[:len(interrupted)] + "lifetime applicationStarted\n" + ceased[len(interrupted):], want: Fail, at: "lifetime applicationStarted"},
		row{name: ".NET fires it late", profile: "dotnet-6", trace: late, want: Pass},
		row{name: ".NET does not drop it", profile: "dotnet-6", trace: edit(late, "drop lifetime applicationStarted"), want: Fail, at: "host run end"},
		row{name: "requested later", plan: abc, trace: requested, want: Vacuous},
	)
}

func TestLifeStopping(t *testing.T) {
	rows(t, "HOST-LIFE-004", row{trace: life},
		row{name: "first", want: Pass},
		row{name: "late", trace: edit(life, "drop lifetime applicationStopping", "put lifetime applicationStopping after c stop end"), want: Fail, at: "c stop begin"},
		row{name: "never", trace: edit(life, "drop lifetime applicationStopping"), want: Fail, at: "c stop begin"},
		row{name: "a rollback", trace: rolledBack, want: Vacuous},
	)
	rows(t, "HOST-LIFE-005", row{trace: slowStop},
		row{name: "last", want: Pass},
		row{name: "among the stops", trace: edit(life, "drop lifetime applicationStopped", "put lifetime applicationStopped before a stop begin"), want: Fail, at: "a stop begin"},
		row{name: "before the last has ended", trace: edit(life, "drop a stop end", "put a stop end ok after lifetime applicationStopped"), want: Fail, at: "lifetime applicationStopped"},
		row{name: "the time is up", plan: "options: {shutdownTimeout: 500ms}\n" + abc, trace: edit(slowStop, "drop a stop end", "put a stop end ok after lifetime applicationStopped"), want: Pass},
		row{name: "a later stop", trace: edit(byCall, "add 15ms host stop begin", "add 15ms c stop begin live"), want: Pass},
		row{name: "never", trace: edit(life, "drop lifetime applicationStopped"), want: Vacuous},
	)
	rows(t, "HOST-LIFE-006", row{trace: life},
		row{name: "has fired", want: Pass},
		row{name: "has not", trace: edit(life, "drop lifetime applicationStopped"), want: Fail, at: "host run end"},
		row{name: "fires later", trace: edit(byCall, "drop lifetime applicationStopped", "put lifetime applicationStopped after host stop end"), want: Fail, at: "host stop end"},
		row{name: "the stop failed", trace: stopFails, want: Vacuous},
	)
	rows(t, "HOST-LIFE-007", row{trace: life},
		row{name: "nothing is notified", trace: "0ms host build begin\n host build end ok\n main return =0", want: Vacuous},
		row{name: "once", want: Pass},
		row{name: "twice", trace: edit(life, "put lifetime applicationStopping after c stop end"), want: Fail, at: "lifetime applicationStopping"},
		row{name: "two callbacks", trace: "0ms lifetime applicationStarted begin =2\n lifetime applicationStarted end ok =2\n lifetime applicationStarted begin =1\n lifetime applicationStarted end ok =1", want: Pass},
		row{name: "one of them twice", trace: "0ms lifetime applicationStarted begin =2\n lifetime applicationStarted end ok =2\n lifetime applicationStarted begin =2", want: Fail, at: "lifetime applicationStarted begin"},
	)
	slow := edit(life, "set lifetime applicationStopping => lifetime applicationStopping begin =1", "put lifetime applicationStopping end ok =1 before c stop begin")
	overlap := edit(slow, "drop lifetime applicationStopping end", "put lifetime applicationStopping end ok =1 after c stop begin")
	long := edit(overlap, "drop c stop", "drop b stop", "drop a stop", "drop lifetime applicationStopped", "drop host run end", "drop main return", "add 2s c stop begin dead", "add 3s c stop end ok")
	limited := "options: {shutdownTimeout: 1s}\n" + abc + "\napplicationStopping: [[{block: 5s}]]"
	rows(t, "HOST-LIFE-013", row{profile: "strict", plan: limited, trace: slow},
		row{name: "waits", want: Pass},
		row{name: "does not", trace: overlap, want: Fail, at: "c stop begin"},
		row{name: "the time is up", trace: edit(long, "drop lifetime applicationStopping end"), want: Pass},
		row{name: ".NET waits for ever", profile: "dotnet-10", trace: edit(long, "drop lifetime applicationStopping end"), want: Fail, at: "c stop begin"},
		row{name: "a silent observer", plan: abc, trace: life, want: Vacuous},
	)
	rows(t, "HOST-LIFE-028", row{trace: life},
		row{name: "in order", want: Pass},
		row{name: "the other way round", trace: edit(life, "drop lifetime applicationStopping", "put lifetime applicationStopping after lifetime applicationStopped"), want: Fail, at: "lifetime applicationStopped"},
		row{name: "only the second", trace: edit(life, "drop lifetime applicationStopping"), want: Fail, at: "lifetime applicationStopped"},
		row{name: "a callback still runs", plan: limited, trace: edit(slow, "drop lifetime applicationStopping end"), want: Fail, at: "lifetime applicationStopped"},
		row{name: "never stopped", trace: plainStart, want: Vacuous},
	)
	rows(t, "HOST-LIFE-024", row{profile: "strict", trace: stopFails},
		row{name: "fires", want: Pass},
		row{name: "does not", trace: edit(stopFails, "drop lifetime applicationStopped"), want: Fail, at: "host run end"},
		row{name: "no failure", trace: life, want: Vacuous},
		row{name: "3.1, out of time", profile: "dotnet-3.1", plan: "options: {shutdownTimeout: 0s}\n" + abc, want: Vacuous},
	)
	disposed := edit(byCall, "cut 10ms", "add 10ms host dispose begin", "add 10ms a dispose begin", "add 10ms a dispose end", "add 10ms host dispose end ok")
	rows(t, "HOST-LIFE-025", row{profile: "strict", trace: disposed},
		row{name: "silent", want: Pass},
		row{name: "fires", trace: edit(disposed, "put lifetime applicationStopping before a dispose begin"), want: Fail, at: "lifetime applicationStopping"},
		row{name: "a worker that was cancelled before it began asks for the stop", profile: "dotnet-10", trace: edit(disposed, "put log Critical cancelled =Host#10 before a dispose begin", "put lifetime applicationStopping before a dispose begin"), want: Vacuous},
		row{name: "after the process is told to exit", profile: "dotnet-2.2", trace: disposed + "\n20ms main return =0\n lifetime applicationStopping", want: Pass},
		row{name: "stopped before", trace: edit(byCall, "add 15ms host dispose begin", "add 15ms host dispose end ok"), want: Vacuous},
	)
	never := "0ms host stop begin\n lifetime applicationStopping\n lifetime applicationStopped\n host stop end ok"
	rows(t, "HOST-LIFE-026", row{profile: "strict", trace: never},
		row{name: "both", want: Pass},
		row{name: "the first only", trace: edit(never, "drop lifetime applicationStopped"), want: Fail, at: "host stop end"},
		row{name: "the second only", trace: edit(never, "drop lifetime applicationStopping"), want: Fail, at: "host stop end"},
		row{name: "the other way round", trace: "0ms host stop begin\n lifetime applicationStopped\n lifetime applicationStopping\n host stop end ok", want: Fail, at: "lifetime applicationStopped"},
		row{name: "started", trace: byCall, want: Vacuous},
	)
	rows(t, "HOST-LIFE-027", row{profile: "dotnet-10", trace: fails},
		row{name: "silent", want: Pass},
		row{name: "stopping", trace: edit(fails, "put lifetime applicationStopping after b start end"), want: Fail, at: "lifetime applicationStopping"},
		row{name: "stopped", trace: edit(fails, "put lifetime applicationStopped after b start end"), want: Fail, at: "lifetime applicationStopped"},
		row{name: "asked for", trace: edit(fails, "put a/thread stopApplication begin after a start end"), want: Vacuous},
	)
}

func TestLifeCallbacks(t *testing.T) {
	two := abc + "\napplicationStopping: [[], [{throw: x}]]"
	both := edit(life, "set lifetime applicationStopping => lifetime applicationStopping begin =2", "put lifetime applicationStopping end error:x =2 before c stop begin", "put lifetime applicationStopping begin =1 before c stop begin", "put lifetime applicationStopping end ok =1 before c stop begin")
	rows(t, "HOST-LIFE-009", row{profile: "strict", plan: two, trace: both},
		row{name: "one by one", want: Pass},
		row{name: "at once", trace: edit(both, "drop lifetime applicationStopping end error", "put lifetime applicationStopping end error:x =2 before c stop begin"), want: Fail, at: "lifetime applicationStopping begin =1"},
		row{name: "one", plan: abc, trace: life, want: Vacuous},
	)
	rows(t, "HOST-LIFE-010", row{profile: "dotnet-10", plan: two, trace: both},
		row{name: "newest first", want: Pass},
		row{name: "oldest first", trace: replaced(replaced(replaced(both, "=1", "=9"), "=2", "=1"), "=9", "=2"), want: Fail, at: "lifetime applicationStopping begin =2"},
		row{name: "one", plan: abc, trace: life, want: Vacuous},
	)
	first := edit(both, "drop lifetime applicationStopping begin =1", "drop lifetime applicationStopping end ok =1")
	rows(t, "HOST-LIFE-011", row{profile: "strict", plan: two, trace: both},
		row{name: "all", want: Pass},
		row{name: "none after the failure", trace: first, want: Fail, at: "lifetime applicationStopping end error"},
		row{name: "cut off", trace: edit(first, "drop host run end", "drop main return", "end signaled SIGKILL"), want: Vacuous},
		row{name: "no failure", plan: abc, trace: life, want: Vacuous},
	)
	rows(t, "HOST-LIFE-012", row{profile: "strict", plan: two, trace: both},
		row{name: "ignored", want: Pass},
		row{name: "a result", trace: edit(both, "set host run end => host run end error:x"), want: Fail, at: "host run end"},
		row{name: "a service fails too", trace: edit(both, "set a stop end => a stop end error:y"), want: Vacuous},
	)
	ab := "services: [{name: a}, {name: b}]\napplicationStarted: [[{block: 1s}]]"
	beside := "0ms host run begin\n a start begin live\n a start end ok\n b start begin live\n b start end ok\n lifetime applicationStarted begin =1\n500ms a/thread stopApplication begin\n lifetime applicationStopping\n a/thread stopApplication end\n1s lifetime applicationStarted end ok =1\n host run end ok"
	after := edit(beside, "drop lifetime applicationStopping", "add 1s lifetime applicationStopping")
	rows(t, "HOST-LIFE-023", row{profile: "strict", plan: ab, trace: beside},
		row{name: "at once", want: Pass},
		row{name: "afterwards", trace: after, want: Fail, at: "lifetime applicationStopping"},
		row{name: "never", trace: "0ms lifetime applicationStarted begin =1\n lifetime stopApplication begin\nend hang", want: Fail, at: "-"},
		row{name: "a signal", plan: ab + "\nsignals: [{after: lifetime.applicationStarted.begin, wait: 500ms, send: SIGINT}]", trace: replaced(replaced(after, "a/thread stopApplication begin", "signal SIGINT"), "a/thread stopApplication end", "z z"), want: Fail, at: "lifetime applicationStarted end"},
		row{name: "no request", trace: life, plan: abc, want: Vacuous},
	)
}

func TestLifeRequest(t *testing.T) {
	stuck := plainStart + "300ms b stopApplication begin\n lifetime applicationStopping\n c stop begin live\n c stop end ok\n b stop begin live\nend hang"
	rows(t, "HOST-LIFE-014", row{trace: requested},
		row{name: "returns", want: Pass},
		row{name: "waits for itself", trace: stuck, want: Fail, at: "-"},
		row{name: "waits for the services", trace: edit(slowStop, "set signal SIGTERM => a/thread stopApplication begin", "put a/thread stopApplication end before host run end"), want: Fail, at: "a/thread stopApplication end"},
		row{name: "a callback holds it", plan: abc + "\napplicationStopping: [[blockForever]]", trace: stuck, want: Vacuous},
		row{name: "main asks", trace: replaced(requested, "a/thread", "main"), want: Vacuous},
	)
	twice := edit(requested, "put b/thread stopApplication begin after a/thread stopApplication end", "put b/thread stopApplication end after b/thread stopApplication begin")
	rows(t, "HOST-LIFE-015", row{trace: twice},
		row{name: "nothing", want: Pass},
		row{name: "stops again", trace: edit(twice, "put b stop begin live before lifetime applicationStopped"), want: Fail, at: "b stop begin"},
		row{name: "fires again", trace: edit(twice, "put lifetime applicationStopping after b/thread stopApplication begin"), want: Fail, at: "lifetime applicationStopping"},
		row{name: "fires the end again", trace: edit(twice, "put lifetime applicationStopped before host run end"), want: Fail, at: "lifetime applicationStopped"},
		row{name: "one", trace: requested, want: Vacuous},
	)
	callback := abc + "\napplicationStopping: [[{block: 1s}]]"
	slow := plainStart + "300ms a/thread stopApplication begin\n lifetime applicationStopping begin =1\n500ms b/thread stopApplication begin\n b/thread stopApplication end\n1300ms lifetime applicationStopping end ok =1\n a/thread stopApplication end\n host run end ok"
	held := edit(slow, "drop b/thread stopApplication end", "add 1300ms b/thread stopApplication end")
	rows(t, "HOST-LIFE-016", row{profile: "strict", plan: callback, trace: slow},
		row{name: "returns", want: Pass},
		row{name: "waits", trace: held, want: Fail, at: "b/thread stopApplication end"},
		row{name: ".NET waits", profile: "dotnet-10", trace: held, want: Pass},
		row{name: ".NET does not return", profile: "dotnet-10", want: Fail, at: "b/thread stopApplication end"},
		row{name: "no callback", plan: abc, trace: twice, want: Vacuous},
	)
	inside := edit(slow, "drop b/thread", "add 400ms lifetime stopApplication begin", "add 400ms lifetime stopApplication end")
	rows(t, "HOST-LIFE-017", row{profile: "strict", plan: callback, trace: inside},
		row{name: "returns", want: Pass},
		row{name: "late", trace: edit(inside, "drop lifetime stopApplication end", "add 900ms lifetime stopApplication end"), want: Fail, at: "lifetime stopApplication end"},
		row{name: "never", trace: edit(inside, "cut 400ms", "add 400ms lifetime stopApplication begin", "end deadlock"), want: Fail, at: "-"},
		row{name: "from outside", trace: slow, want: Vacuous},
	)
	rows(t, "HOST-LIFE-018", row{profile: "dotnet-10", plan: callback, trace: slow},
		row{name: "waits", want: Pass},
		row{name: "does not", trace: edit(slow, "drop a/thread stopApplication end", "put a/thread stopApplication end after lifetime applicationStopping begin"), want: Fail, at: "a/thread stopApplication end"},
		row{name: "a silent observer", plan: abc, trace: requested, want: Vacuous},
	)
	alone := edit(byCall, "cut 10ms", "add 5ms main stopApplication begin", "add 5ms lifetime applicationStopping", "add 5ms main stopApplication end")
	byHand := abc + "\nmain: [build, start, stopApplication]"
	rows(t, "HOST-LIFE-019", row{profile: "strict", plan: byHand, trace: alone},
		row{name: "stops nothing", want: Pass},
		row{name: "stops", trace: edit(alone, "put c stop begin live after main stopApplication end"), want: Fail, at: "c stop begin"},
		row{name: "stopped by a later call", plan: abc + "\nmain: [build, start, stopApplication, stop]", trace: edit(alone, "add 9ms host stop begin", "add 9ms c stop begin live"), want: Pass},
		row{name: "run", plan: abc, trace: requested, want: Vacuous},
	)
}

func TestLifeHooks(t *testing.T) {
	plan := "services: [{name: a, kind: lifecycle}]"
	staged := "0ms host start begin\n a start begin live\n a start end ok\n a started begin live\n a started end ok\n lifetime applicationStarted\n host start end ok\n5ms host stop begin\n a stopping begin live\n a stopping end ok\n lifetime applicationStopping\n a stop begin live\n a stop end ok\n a stopped begin live\n a stopped end ok\n lifetime applicationStopped\n host stop end ok"
	rows(t, "HOST-LIFE-021", row{profile: "strict", plan: plan, trace: staged},
		row{name: "hooks first", want: Pass},
		row{name: "started fires too soon", trace: edit(staged, "drop lifetime applicationStarted", "put lifetime applicationStarted before a started end"), want: Fail, at: "lifetime applicationStarted"},
		row{name: "stopped fires too soon", trace: edit(staged, "drop lifetime applicationStopped", "put lifetime applicationStopped before a stopped begin"), want: Fail, at: "lifetime applicationStopped"},
		row{name: "no hooks", plan: abc, trace: byCall, want: Vacuous},
	)
	rows(t, "HOST-LIFE-022", row{profile: "dotnet-8", plan: plan, trace: staged},
		row{name: "hooks first", want: Pass},
		row{name: "fires too soon", trace: edit(staged, "drop lifetime applicationStopping", "put lifetime applicationStopping before a stopping begin"), want: Fail, at: "lifetime applicationStopping"},
		row{name: "asked by a signal", trace: edit(staged, "add 5ms signal SIGINT"), want: Vacuous},
		row{name: "no hooks", plan: abc, trace: byCall, want: Vacuous},
	)
}
