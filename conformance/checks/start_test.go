package checks

import (
	"strings"
	"testing"
)

// byCall is a start, a stop and a dispose by main's own calls.
const byCall = `
0ms host build begin
 host build end ok
 host start begin
 a start begin live
 a start end ok
 b start begin live
 b start end ok
 c start begin live
 c start end ok
 lifetime applicationStarted
 host start end ok
10ms host stop begin
 lifetime applicationStopping
 c stop begin live
 c stop end ok
 b stop begin live
 b stop end ok
 a stop begin live
 a stop end ok
 lifetime applicationStopped
 host stop end ok
20ms main return =0`

// fails is a run whose second service fails to start.
const fails = `
0ms host build begin
 host build end ok
 host run begin
 a start begin live
 a start end ok
 b start begin live
5ms b start end error:port
 host run end error:port
 main threw error:port
end exited 1`

// rolledBack is the same of a host that takes back what it has started.
const rolledBack = `
0ms host build begin
 host run begin
 a start begin live
 a start end ok
 b start begin live
 b start end ok
 c start begin live
5ms c start end error:port
 b stop begin live
 b stop end ok
 a stop begin live
 a stop end ok
 host run end error:port
 main threw error:port
end exited 1`

// interrupted is a start of a and b that is cut short by a stop request of a's own thread.
const interrupted = `
0ms host build begin
 host run begin
 a start begin live
 a start end ok
100ms a/thread stopApplication begin
 lifetime applicationStopping
 a/thread stopApplication end
`

func TestStart(t *testing.T) {
	concurrent := "options: {concurrentStart: true}\n" + abc
	rows(t, "HOST-START-001", row{trace: life},
		row{name: "in order", want: Pass},
		row{name: "reversed", trace: edit(life, "set a start begin => b start begin live", "set a start end => b start end ok", "set c start begin => a start begin live", "set c start end => a start end ok"), want: Fail, at: "a start begin"},
		row{name: "one service", plan: "services: [{name: a}]", want: Vacuous},
		row{name: "concurrent", plan: concurrent, want: Vacuous},
		row{name: "two hosts' starts are two orders", trace: edit(life, "put host start begin before b start begin", "put host start begin before c start begin"), want: Vacuous},
	)
	rows(t, "HOST-START-002", row{trace: life},
		row{name: "one by one", want: Pass},
		row{name: "two at once", trace: edit(life, "drop a start end", "put a start end ok after b start begin"), want: Fail, at: "b start begin"},
		row{name: "the one before never ended", trace: edit(life, "drop a start end"), want: Fail, at: "b start begin"},
		row{name: "concurrent", plan: concurrent, want: Vacuous},
	)
	rows(t, "HOST-START-003", row{trace: life},
		row{name: "nothing is started", trace: "0ms host build begin\n host build end ok\n main return =0", want: Vacuous},
		row{name: "once", want: Pass},
		row{name: "twice", trace: edit(life, "put b start begin live after c start end"), want: Fail, at: "b start begin"},
		row{name: "two starts of the host", trace: edit(byCall, "put host start begin after host start end", "add 1ms a start begin live"), want: Pass},
	)
	rows(t, "HOST-START-004", row{trace: life},
		row{name: "all", want: Pass},
		row{name: "one forgotten", trace: edit(life, "drop b start"), want: Fail, at: "lifetime applicationStarted"},
		row{name: "one forgotten, by call", trace: edit(byCall, "drop c start", "drop lifetime applicationStarted"), want: Fail, at: "host start end"},
		row{name: "one forgotten, no notification", trace: edit(life, "drop b start", "drop lifetime"), want: Fail, at: "signal SIGTERM"},
		row{name: "one failed", trace: edit(fails, "add 6ms lifetime applicationStarted"), want: Vacuous},
		row{name: "stop while starting", trace: edit(interrupted, "add 0ms b start begin live"), want: Vacuous},
	)
	rows(t, "HOST-START-005", row{trace: fails},
		row{name: "ceases", want: Pass},
		row{name: "goes on", trace: edit(fails, "put c start begin live after b start end"), want: Fail, at: "c start begin"},
		row{name: "the last one fails", plan: "services: [{name: a}, {name: b}]", want: Vacuous},
		row{name: "concurrent", plan: concurrent, trace: edit(fails, "put c start begin live after b start end"), want: Vacuous},
		row{name: "none fails", trace: life, want: Vacuous},
	)
	rows(t, "HOST-START-006", row{trace: fails},
		row{name: "fails", want: Pass},
		row{name: "swallowed", trace: edit(fails, "set host run end => host run end ok"), want: Fail, at: "host run end"},
		row{name: "never returns", trace: edit(fails, "drop host run end", "end hang"), want: Vacuous},
		row{name: "given up after a stop request", trace: interrupted + "b start begin live\n b start end cancelled\n host run end ok", want: Vacuous},
		row{name: "a cancellation that nobody asked for", trace: edit(fails, "set b start end => b start end cancelled", "set host run end => host run end ok"), want: Fail, at: "host run end"},
		row{name: "8 overlooks one that comes at once", profile: "dotnet-8", plan: concurrent, trace: edit(fails, "set b start end => b start end cancelled", "set host run end => host run end ok"), want: Vacuous},
	)
	rows(t, "HOST-START-007", row{profile: "strict", trace: fails},
		row{name: "the error itself", want: Pass},
		row{name: "another error", trace: edit(fails, "set host run end => host run end error:failed"), want: Fail, at: "host run end"},
		row{name: "wrapped", trace: edit(fails, "set host run end => host run end aggregate(error:port)"), want: Fail, at: "host run end"},
		row{name: "cancelled before the request is told of", trace: "0ms host run begin\n a start begin live\n a start end cancelled\n lifetime applicationStopping\n host run end ok", want: Vacuous},
		row{name: "cancelled of its own accord", plan: "services: [{name: a, start: [throwCancelled]}]", trace: "0ms host run begin\n a start begin live\n a start end cancelled\n lifetime applicationStopping\n host run end ok", want: Fail, at: "host run end"},
		row{name: "two failures", trace: edit(fails, "set a start end => a start end error:x"), want: Vacuous},
		row{name: "the rollback fails too", trace: edit(rolledBack, "set a stop end => a stop end error:s"), want: Vacuous},
		row{name: "a disposal fails", plan: "services: [{name: a, dispose: [{throw: d}]}, {name: b}]", trace: edit(fails, "put a dispose begin before host run end"), want: Vacuous},
	)
	stuck := edit(fails, "drop host run end", "drop main threw", "end hang")
	rows(t, "HOST-START-008", row{trace: fails},
		row{name: "returns", want: Pass},
		row{name: "waits for a stop request", trace: stuck, want: Fail, at: "-"},
		row{name: "killed by the harness", trace: edit(stuck, "end killed"), want: Vacuous},
		row{name: "something else hangs", trace: edit(stuck, "put a stop begin live after b start end"), want: Vacuous},
		row{name: "no run", trace: edit(byCall, "set c start end => c start end error:x"), want: Vacuous},
	)
	rows(t, "HOST-START-009", row{trace: life},
		row{name: "nothing late", want: Pass},
		row{name: "after the notification", trace: edit(life, "drop c start", "put c start begin live after lifetime applicationStarted"), want: Fail, at: "c start begin"},
		row{name: "after the failure", trace: edit(fails, "put c start begin live after host run end"), want: Fail, at: "c start begin"},
		row{name: "the start never ended", trace: edit(life, "drop lifetime applicationStarted", "drop host run end"), want: Vacuous},
	)
	rows(t, "HOST-START-010", row{trace: byCall},
		row{name: "waits", want: Pass},
		row{name: "returns while one starts", trace: edit(byCall, "drop c start end"), want: Fail, at: "host start end"},
		row{name: "returns although one failed", trace: edit(byCall, "set b start end => b start end error:x"), want: Fail, at: "host start end"},
		row{name: "it fails", trace: edit(byCall, "set host start end => host start end error:x"), want: Vacuous},
		row{name: "run", trace: life, want: Pass},
		row{name: "run returns while one starts", trace: edit(life, "drop c start end"), want: Fail, at: "host run end"},
		row{name: "run cut the start short", trace: interrupted + "b start begin live\n b start end cancelled\n host run end ok", want: Pass},
	)
}

func TestStartFailure(t *testing.T) {
	rows(t, "HOST-START-011", row{profile: "strict", trace: rolledBack},
		row{name: "rolled back", want: Pass},
		row{name: "one left", trace: edit(rolledBack, "drop a stop"), want: Fail, at: "host run end"},
		row{name: "all left", trace: edit(rolledBack, "drop a stop", "drop b stop"), want: Fail, at: "host run end"},
		row{name: "in the wrong order", trace: edit(rolledBack, "drop a stop", "put a stop begin live before b stop begin"), want: Fail, at: "a stop begin"},
		row{name: "after run returned", trace: edit(rolledBack, "drop a stop", "put a stop begin live after host run end"), want: Fail, at: "host run end"},
		row{name: ".NET leaves them", profile: "dotnet-10", trace: edit(rolledBack, "drop a stop", "drop b stop"), want: Pass},
		row{name: ".NET stops nothing", profile: "dotnet-10", want: Fail, at: "b stop begin"},
		row{name: "the first one failed", trace: edit(fails, "drop a start"), want: Vacuous},
		row{name: "a stop was requested", trace: edit(rolledBack, "put a stopApplication begin after a start end"), want: Vacuous},
	)
	rows(t, "HOST-START-012", row{profile: "strict", trace: rolledBack},
		row{name: "live", want: Pass},
		row{name: "the expired one", trace: edit(rolledBack, "set b stop begin => b stop begin dead"), want: Fail, at: "b stop begin"},
		row{name: "no time at all", plan: "options: {shutdownTimeout: 0s}\n" + abc, trace: edit(rolledBack, "set b stop begin => b stop begin dead"), want: Vacuous},
		row{name: "nothing rolled back", trace: fails, want: Vacuous},
	)
	rows(t, "HOST-START-025", row{trace: life},
		row{name: "live", want: Pass},
		row{name: "dead", trace: edit(life, "set b start begin => b start begin dead"), want: Fail, at: "b start begin"},
		row{name: "no token", trace: "0ms host run begin\n a start begin\n a start end ok", want: Vacuous},
		row{name: "after a stop request", trace: interrupted + "b start begin dead", want: Pass},
		row{name: "after a failed start", trace: edit(life, "set a start end => a start end error:x", "set b start begin => b start begin dead"), want: Pass},
		row{name: "the caller cancels", plan: abc + "\nmain: [build, {startCancelAfter: 1s}]", want: Vacuous},
	)
}

func TestStartAndStopRequest(t *testing.T) {
	ab := "services: [{name: a}, {name: b}]"
	goesOn := interrupted + "b start begin dead\n b start end ok\n lifetime applicationStarted\n b stop begin live\n b stop end ok\n a stop begin live\n a stop end ok\n host run end ok\n"
	ceases := interrupted + "a stop begin live\n a stop end ok\n lifetime applicationStopped\n host run end ok\n"
	rows(t, "HOST-START-013", row{plan: ab, profile: "strict", trace: ceases},
		row{name: "ceases", want: Pass},
		row{name: "goes on", trace: goesOn, want: Fail, at: "b start begin"},
		row{name: ".NET goes on", profile: "dotnet-10", trace: goesOn, want: Pass},
		row{name: ".NET does not cease", profile: "dotnet-10", want: Fail, at: "host run end"},
		row{name: "requested when it was over", trace: life, plan: abc, want: Vacuous},
		row{name: "decided before", trace: strings.ReplaceAll(goesOn, "100ms", "0ms"), want: Vacuous},
		row{name: "decided long after", trace: strings.ReplaceAll(interrupted, "100ms", "0ms") + "10ms b start begin dead\n b start end ok\n host run end ok", want: Fail, at: "b start begin"},
	)
	waits := "services: [{name: a}, {name: b, start: [{delay: 5s}]}]"
	atOnce := edit(interrupted, "add 50ms b start begin live", "add 100ms b start end cancelled", "add 100ms host run end ok")
	rows(t, "HOST-START-014", row{plan: waits, profile: "strict", trace: atOnce},
		row{name: "cancelled at once", want: Pass},
		row{name: "runs to its end", trace: edit(interrupted, "add 50ms b start begin live", "add 5050ms b start end ok"), want: Fail, at: "b start end"},
		row{name: "handed on", plan: ab, profile: "dotnet-6", trace: goesOn, want: Pass},
		row{name: "decided before", plan: ab, trace: strings.ReplaceAll(edit(goesOn, "set b start begin => b start begin live"), "100ms", "0ms"), want: Vacuous},
		row{name: "not handed on", plan: ab, profile: "dotnet-6", trace: edit(goesOn, "set b start begin => b start begin live"), want: Fail, at: "b start begin"},
		row{name: "2.2 does not link", plan: ab, profile: "dotnet-2.2", trace: edit(goesOn, "set b start begin => b start begin live"), want: Pass},
		row{name: "2.2 links", plan: ab, profile: "dotnet-2.2", trace: goesOn, want: Fail, at: "b start begin"},
		row{name: "a start that ignores it", plan: "services: [{name: a}, {name: b, start: [{sleep: 5s}]}]", trace: edit(interrupted, "add 50ms b start begin live", "add 5050ms b start end ok"), want: Vacuous},
		row{name: "a busy machine", lane: "process", trace: edit(interrupted, "add 50ms b start begin live", "add 900ms b start end cancelled", "add 901ms host run end ok"), want: Pass},
	)
	cut := edit(atOnce, "set host run end => host run end cancelled")
	rows(t, "HOST-START-015", row{plan: waits, profile: "strict", trace: atOnce},
		row{name: "graceful", want: Pass},
		row{name: "a failure", trace: cut, want: Fail, at: "host run end"},
		row{name: ".NET fails", profile: "dotnet-10", trace: cut, want: Pass},
		row{name: ".NET succeeds", profile: "dotnet-10", want: Fail, at: "host run end"},
		row{name: "a stop failed", trace: edit(cut, "put a stop begin live after b start end", "put a stop end error:s after a stop begin"), want: Vacuous},
		row{name: "nobody asked", trace: edit(fails, "set b start end => b start end cancelled"), want: Vacuous},
	)
	early := "0ms host build begin\n main stopApplication begin\n lifetime applicationStopping\n main stopApplication end\n host run begin\n host run end ok\n"
	rows(t, "HOST-START-016", row{profile: "strict", trace: early},
		row{name: "none", want: Pass},
		row{name: "one", trace: edit(early, "put a start begin live after host run begin"), want: Fail, at: "a start begin"},
		row{name: "requested during the start", trace: interrupted, want: Vacuous},
		row{name: "killed", trace: edit(early, "drop host run end", "end killed"), want: Vacuous},
	)
	again := byCall + "\n30ms host start begin\n host start end cancelled\n"
	rows(t, "HOST-START-017", row{profile: "strict", trace: again},
		row{name: "fails", want: Pass},
		row{name: "succeeds", trace: edit(again, "set host start end cancelled => host start end ok"), want: Fail, at: "host start end"},
		row{name: "starts again", trace: edit(again, "put a start begin live before host start end cancelled"), want: Fail, at: "a start begin"},
		row{name: "once", trace: byCall, want: Vacuous},
	)
	twice := "0ms host start begin\n a start begin live\n a start end ok\n host start end ok\n host start begin\n host start end error:x\n"
	one := "services: [{name: a}]"
	anew := "0ms host start begin\n a start begin live\n a start end ok\n host start end ok\n host start begin\n a start begin live\n a start end ok\n host start end ok\n"
	rows(t, "HOST-START-018", row{plan: one, profile: "strict", trace: twice},
		row{name: "refused", want: Pass},
		row{name: "repeats", trace: anew, want: Fail, at: "a start begin"},
		row{name: "pretends", trace: edit(twice, "set host start end error => host start end ok"), want: Fail, at: "host start end"},
		row{name: ".NET repeats", profile: "dotnet-3.1", trace: anew, want: Pass},
		row{name: ".NET refuses", profile: "dotnet-3.1", want: Fail, at: "host start end error"},
		row{name: "the first one failed", trace: edit(twice, "set host start end ok => host start end error:y"), want: Vacuous},
	)
}

func TestStartGivenUp(t *testing.T) {
	none := "0ms host start begin\n host start end cancelled\n main return =0"
	rows(t, "HOST-START-019", row{plan: abc + "\nmain: [build, startCancelled]", profile: "strict", trace: none},
		row{name: "fails", want: Pass},
		row{name: "succeeds", trace: edit(none, "set host start end => host start end ok"), want: Fail, at: "host start end"},
		row{name: "starts", trace: edit(none, "put a start begin dead after host start begin"), want: Fail, at: "a start begin"},
		row{name: "no such caller", plan: abc, want: Vacuous},
	)
	waits := "services: [{name: a, start: [{delay: 5s}]}, {name: b}]\nmain: [build, {startCancelAfter: 300ms}]"
	gives := "0ms host start begin\n a start begin live\n300ms a start end cancelled\n host start end cancelled"
	rows(t, "HOST-START-020", row{plan: waits, profile: "strict", trace: gives},
		row{name: "cancelled", want: Pass},
		row{name: "not cancelled", trace: edit(gives, "drop a start end", "drop host start end", "add 5s a start end ok"), want: Fail, at: "a start end"},
		row{name: "never ends", trace: "0ms host start begin\n a start begin live\nend hang", want: Fail, at: "-"},
		row{name: "a success", trace: edit(gives, "set host start end => host start end ok"), want: Fail, at: "host start end"},
		row{name: "a service that ignores it", plan: replaced(waits, "delay", "sleep"), want: Vacuous},
		row{name: "over before", trace: "0ms host start begin\n a start begin live\n100ms a start end ok\n host start end ok", want: Vacuous},
	)
}

func TestStartStages(t *testing.T) {
	plan := "services: [{name: a, kind: lifecycle}, {name: b, kind: lifecycle}]"
	staged := `
0ms host start begin
 a starting begin live
 a starting end ok
 b starting begin live
 b starting end ok
 a start begin live
 a start end ok
 b start begin live
 b start end ok
 a started begin live
 a started end ok
 b started begin live
 b started end ok
 lifetime applicationStarted
 host start end ok`
	rows(t, "HOST-START-021", row{plan: plan, profile: "strict", trace: staged},
		row{name: "in stages", want: Pass},
		row{name: "start among starting", trace: edit(staged, "drop b starting end"), want: Fail, at: "a start begin"},
		row{name: "started among start", trace: edit(staged, "drop b start end"), want: Fail, at: "a started begin"},
		row{name: "no hooks", trace: byCall, plan: abc, want: Vacuous},
	)
	rows(t, "HOST-START-022", row{plan: plan, profile: "strict", trace: staged},
		row{name: "in order", want: Pass},
		row{name: "out of order", trace: edit(staged, "drop a starting", "put a starting begin live after b starting end"), want: Fail, at: "a starting begin"},
		row{name: "twice", trace: edit(staged, "put a started begin live after b started end"), want: Fail, at: "a started begin"},
		row{name: "at once", trace: edit(staged, "drop a started end"), want: Fail, at: "b started begin"},
		row{name: "one left out", trace: edit(staged, "drop b started"), want: Fail, at: "lifetime applicationStarted"},
		row{name: "no hooks", trace: byCall, plan: abc, want: Vacuous},
	)
	stopped := "0ms host start begin\n a starting begin live\n a starting end error:x\n host start end error:x"
	half := "0ms host start begin\n a starting begin live\n a starting end ok\n a start begin live\n a start end error:x\n host start end error:x"
	rows(t, "HOST-START-023", row{plan: plan, profile: "strict", trace: stopped},
		row{name: "no start", want: Pass},
		row{name: "a start", trace: edit(stopped, "put a start begin live after a starting end"), want: Fail, at: "a start begin"},
		row{name: "no started", trace: half, want: Pass},
		row{name: "a started", trace: edit(half, "put a started begin live after a start end"), want: Fail, at: "a started begin"},
		row{name: "all well", trace: staged, want: Vacuous},
	)
	rows(t, "HOST-START-024", row{plan: plan, profile: "strict", trace: stopped},
		row{name: "fails", want: Pass},
		row{name: "swallowed", trace: edit(stopped, "set host start end => host start end ok"), want: Fail, at: "host start end"},
		row{name: "another error", trace: edit(stopped, "set host start end => host start end error:y"), want: Fail, at: "host start end"},
		row{name: "a start failed", trace: half, want: Vacuous},
	)
}
