package checks

import "testing"

// owned is the life of a and b under a host lifetime of the application's own, by main's own calls.
const (
	ownedPlan = "services: [{name: a}, {name: b}]\nhostLifetime: {waitForStart: [{delay: 1s}], stop: [{delay: 100ms}]}"
	owned     = `
0ms host build begin
 host build end ok
 host start begin
 hostLifetime waitForStart begin live
1s hostLifetime waitForStart end ok
 a start begin live
 a start end ok
 b start begin live
 b start end ok
 lifetime applicationStarted
 host start end ok
2s host stop begin
 lifetime applicationStopping
 b stop begin live
 b stop end ok
 a stop begin live
 a stop end ok
 lifetime applicationStopped
 hostLifetime stop begin live
2100ms hostLifetime stop end ok
 host stop end ok
 main return =0`
)

func TestHostLifetimeWait(t *testing.T) {
	rows(t, "HOST-HLT-001", row{profile: "strict", plan: ownedPlan, trace: owned},
		row{name: "after it", want: Pass},
		row{name: "beside it", trace: edit(owned, "drop a start", "add 500ms a start begin live"), want: Fail, at: "a start begin"},
		row{name: "without it", trace: edit(owned, "drop hostLifetime waitForStart"), want: Fail, at: "a start begin"},
		row{name: "the console", plan: abc, trace: life, want: Vacuous},
	)
	rows(t, "HOST-HLT-002", row{profile: "strict", plan: ownedPlan, trace: owned},
		row{name: "once", want: Pass},
		row{name: "twice", trace: edit(owned, "put hostLifetime waitForStart begin live before a start begin"), want: Fail, at: "hostLifetime waitForStart begin"},
		row{name: "not at all", trace: edit(owned, "drop hostLifetime waitForStart"), want: Fail, at: "host start end"},
		row{name: "a dead token", trace: edit(owned, "set hostLifetime waitForStart begin => hostLifetime waitForStart begin dead"), want: Fail, at: "hostLifetime waitForStart begin"},
		row{name: "the caller has given up", plan: ownedPlan + "\nmain: [build, {startCancelAfter: 1s}]", trace: edit(owned, "set hostLifetime waitForStart begin => hostLifetime waitForStart begin dead"), want: Pass},
		row{name: "the console", plan: abc, trace: life, want: Vacuous},
	)
	refused := "0ms host start begin\n hostLifetime waitForStart begin live\n hostLifetime waitForStart end error:no\n host start end error:no\n main threw error:no\nend exited 1"
	rows(t, "HOST-HLT-003", row{profile: "strict", plan: ownedPlan, trace: refused},
		row{name: "fails", want: Pass},
		row{name: "starts all the same", trace: edit(refused, "put a start begin live before host start end"), want: Fail, at: "a start begin"},
		row{name: "another error", trace: edit(refused, "set host start end => host start end error:other"), want: Fail, at: "host start end"},
		row{name: "swallowed", trace: edit(refused, "set host start end => host start end ok"), want: Fail, at: "host start end"},
		row{name: "it succeeds", trace: owned, want: Vacuous},
	)
	impatient := "services: [{name: a}]\nhostLifetime: {waitForStart: [{delay: 5s}]}\nmain: [build, {startCancelAfter: 300ms}]"
	gives := "0ms host start begin\n hostLifetime waitForStart begin live\n300ms hostLifetime waitForStart end cancelled\n host start end cancelled"
	rows(t, "HOST-HLT-004", row{profile: "strict", plan: impatient, trace: gives},
		row{name: "cancelled", want: Pass},
		row{name: "the startup timeout", plan: "options: {startupTimeout: 300ms}\nservices: [{name: a}]\nhostLifetime: {waitForStart: [{delay: 5s}]}", want: Pass},
		row{name: "not cancelled", trace: "0ms host start begin\n hostLifetime waitForStart begin live\n5s hostLifetime waitForStart end ok\n host start end ok", want: Fail, at: "hostLifetime waitForStart end"},
		row{name: "never ends", trace: "0ms host start begin\n hostLifetime waitForStart begin live\nend hang", want: Fail, at: "-"},
		row{name: "a success", trace: edit(gives, "set host start end => host start end ok"), want: Fail, at: "host start end"},
		row{name: "over before", trace: "0ms host start begin\n hostLifetime waitForStart begin live\n100ms hostLifetime waitForStart end ok\n host start end ok", want: Vacuous},
	)
	asked := "0ms host run begin\n hostLifetime waitForStart begin live\n100ms hostLifetime/thread stopApplication begin\n hostLifetime/thread stopApplication end\n hostLifetime waitForStart end cancelled\n host run end cancelled"
	rows(t, "HOST-HLT-017", row{profile: "strict", plan: "services: [{name: a}]\nhostLifetime: {waitForStart: [{delay: 5s}]}", trace: asked},
		row{name: "cancelled", want: Pass},
		row{name: "starts all the same", trace: edit(asked, "put a start begin dead before host run end"), want: Fail, at: "a start begin"},
		row{name: "not cancelled", trace: edit(asked, "drop hostLifetime waitForStart end", "add 5s hostLifetime waitForStart end ok"), want: Fail, at: "hostLifetime waitForStart end"},
		row{name: "never ends", trace: edit(asked, "drop hostLifetime waitForStart end", "drop host run end", "end hang"), want: Fail, at: "-"},
		row{name: "no request", plan: ownedPlan, trace: owned, want: Vacuous},
	)
}

func TestHostLifetimeStop(t *testing.T) {
	limited := "options: {shutdownTimeout: 500ms}\n" + ownedPlan
	slow := edit(owned, "drop a stop end", "drop lifetime applicationStopped", "drop hostLifetime stop", "drop host stop end", "drop main",
		"add 3s a stop end ok", "add 3s lifetime applicationStopped", "add 3s hostLifetime stop begin dead", "add 3s hostLifetime stop end cancelled", "add 3s host stop end cancelled")
	rows(t, "HOST-HLT-005", row{profile: "strict", plan: ownedPlan, trace: owned},
		row{name: "once", want: Pass},
		row{name: "not at all", trace: edit(owned, "drop hostLifetime stop"), want: Fail, at: "host stop end"},
		row{name: "twice", trace: edit(owned, "put hostLifetime stop begin live before host stop end"), want: Fail, at: "hostLifetime stop begin"},
		row{name: "3.1, out of time", profile: "dotnet-3.1", plan: limited, trace: edit(slow, "drop hostLifetime stop"), want: Vacuous},
		row{name: "the console", plan: abc, trace: life, want: Vacuous},
	)
	rows(t, "HOST-HLT-006", row{profile: "strict", plan: ownedPlan, trace: owned},
		row{name: "last", want: Pass},
		row{name: "before a stop", trace: edit(owned, "drop a stop", "put a stop begin live after hostLifetime stop end"), want: Fail, at: "a stop begin"},
		row{name: "beside a stop", trace: edit(owned, "drop a stop end", "put a stop end ok after hostLifetime stop end"), want: Fail, at: "hostLifetime stop begin"},
		row{name: "beside one that was abandoned", trace: edit(owned, "set a stop end => a abandoned"), want: Pass},
		row{name: "the console", plan: abc, trace: life, want: Vacuous},
	)
	before := edit(owned, "drop lifetime applicationStopped", "put lifetime applicationStopped before host stop end")
	rows(t, "HOST-HLT-007", row{profile: "strict", plan: ownedPlan, trace: owned},
		row{name: "after", want: Pass},
		row{name: "before", trace: before, want: Fail, at: "hostLifetime stop begin"},
		row{name: "3.1, before", profile: "dotnet-3.1", trace: before, want: Pass},
		row{name: "3.1, after", profile: "dotnet-3.1", want: Fail, at: "lifetime applicationStopped"},
		row{name: "the console", plan: abc, trace: life, want: Vacuous},
	)
	failing := edit(owned, "set a stop end => a stop end error:sa", "set hostLifetime stop end => hostLifetime stop end error:ls", "set host stop end => host stop end aggregate(error:sa,error:ls)")
	alone := edit(before, "set a stop end => a stop end error:sa", "set hostLifetime stop end => hostLifetime stop end error:ls", "set host stop end => host stop end error:ls", "drop lifetime applicationStopped")
	rows(t, "HOST-HLT-008", row{profile: "strict", plan: ownedPlan, trace: failing},
		row{name: "collected", want: Pass},
		row{name: "lost", trace: edit(failing, "set host stop end => host stop end error:sa"), want: Fail, at: "host stop end"},
		row{name: "takes the place", trace: edit(failing, "set host stop end => host stop end error:ls"), want: Fail, at: "host stop end"},
		row{name: "3.1 loses the others", profile: "dotnet-3.1", trace: alone, want: Pass},
		row{name: "3.1 does not collect", profile: "dotnet-3.1", trace: edit(alone, "set host stop end => host stop end aggregate(error:sa,error:ls)"), want: Fail, at: "host stop end"},
		row{name: "3.1 does not go on", profile: "dotnet-3.1", trace: edit(alone, "put lifetime applicationStopped before host stop end"), want: Fail, at: "lifetime applicationStopped"},
		row{name: "no failure", trace: owned, want: Vacuous},
	)
	rows(t, "HOST-HLT-009", row{profile: "strict", plan: ownedPlan, trace: failing},
		row{name: "stopped", want: Pass},
		row{name: "not stopped", trace: edit(failing, "drop hostLifetime stop"), want: Fail, at: "host stop end"},
		row{name: "no failure", trace: owned, want: Vacuous},
	)
	rows(t, "HOST-HLT-010", row{profile: "strict", plan: limited, trace: slow},
		row{name: "cancelled", want: Pass},
		row{name: "live, the time is up", trace: edit(slow, "set hostLifetime stop begin => hostLifetime stop begin live"), want: Fail, at: "hostLifetime stop begin"},
		row{name: "in time", trace: owned, want: Pass},
		row{name: "dead, the time is not up", trace: edit(owned, "set hostLifetime stop begin => hostLifetime stop begin dead"), want: Fail, at: "hostLifetime stop begin"},
		row{name: "3.1 skips it", profile: "dotnet-3.1", trace: edit(slow, "drop hostLifetime stop"), want: Pass},
		row{name: "3.1 does not call it", profile: "dotnet-3.1", want: Fail, at: "hostLifetime stop begin"},
		row{name: "the limit is the host's own", plan: replaced(limited, "options: {shutdownTimeout: 500ms}\n", ""), want: Vacuous},
		row{name: "no service was stopped", trace: "0ms host stop begin\n hostLifetime stop begin live\n hostLifetime stop end ok\n host stop end ok", want: Vacuous},
	)
	failed := edit(owned, "cut 2s", "set b start end => b start end error:x", "drop lifetime", "set host start end => host start end error:x")
	rows(t, "HOST-HLT-011", row{profile: "dotnet-10", plan: ownedPlan, trace: failed},
		row{name: "left alone", want: Pass},
		row{name: "stopped", trace: edit(failed, "put hostLifetime stop begin live before host start end"), want: Fail, at: "hostLifetime stop begin"},
		row{name: "no failure", trace: owned, want: Vacuous},
	)
	never := "0ms host stop begin\n lifetime applicationStopping\n lifetime applicationStopped\n hostLifetime stop begin live\n hostLifetime stop end ok\n host stop end ok"
	rows(t, "HOST-HLT-012", row{profile: "strict", plan: ownedPlan, trace: never},
		row{name: "stopped", want: Pass},
		row{name: "left out", trace: edit(never, "drop hostLifetime"), want: Fail, at: "host stop end"},
		row{name: "started", trace: owned, want: Vacuous},
	)
	rows(t, "HOST-HLT-013", row{profile: "strict", plan: ownedPlan, trace: owned},
		row{name: "waits", want: Pass},
		row{name: "does not", trace: edit(owned, "drop hostLifetime stop end", "put hostLifetime stop end ok after host stop end"), want: Fail, at: "host stop end"},
		row{name: "the console", plan: abc, trace: life, want: Vacuous},
	)
}

func TestHostLifetimeSurroundings(t *testing.T) {
	signalled := "services: [{name: a}]\nhostLifetime: {}\nsignals: [{after: lifetime.applicationStarted, wait: 300ms, send: SIGINT}]"
	killed := "0ms host run begin\n a start begin live\n a start end ok\n lifetime applicationStarted\n300ms signal SIGINT\nend signaled SIGINT"
	rows(t, "HOST-HLT-014", row{profile: "strict", plan: signalled, trace: killed},
		row{name: "left alone", want: Pass},
		row{name: "stops", trace: edit(killed, "add 300ms lifetime applicationStopping", "add 300ms a stop begin live", "end exited 0"), want: Fail, at: "lifetime applicationStopping"},
		row{name: "the console", plan: abc, trace: life, want: Vacuous},
	)
	ready := edit(life, "put systemd notify =READY=1 after lifetime applicationStarted", "put systemd notify =STOPPING=1 after lifetime applicationStopping")
	rows(t, "HOST-HLT-015", row{profile: "strict", trace: ready},
		row{name: "when all have started", want: Pass},
		row{name: "too soon", trace: edit(ready, "drop systemd notify =READY=1", "put systemd notify =READY=1 before c start begin"), want: Fail, at: "systemd notify"},
		row{name: "twice", trace: edit(ready, "put systemd notify =READY=1 after lifetime applicationStopping"), want: Fail, at: "systemd notify"},
		row{name: "after a failure", trace: edit(fails, "put systemd notify =READY=1 after b start end"), want: Fail, at: "systemd notify"},
		row{name: "not at all", trace: edit(ready, "drop systemd notify =READY=1"), want: Fail, at: "lifetime applicationStarted"},
		row{name: "no manager", trace: life, want: Vacuous},
	)
	rows(t, "HOST-HLT-016", row{profile: "strict", trace: ready},
		row{name: "first", want: Pass},
		row{name: "late", trace: edit(ready, "drop systemd notify =STOPPING=1", "put systemd notify =STOPPING=1 after c stop end"), want: Fail, at: "c stop begin"},
		row{name: "never", trace: edit(ready, "drop systemd notify =STOPPING=1"), want: Fail, at: "c stop begin"},
		row{name: "no manager", trace: life, want: Vacuous},
	)
}
