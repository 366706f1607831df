package checks

import "testing"

func TestDisposal(t *testing.T) {
	throws := replaced(wholePlan, "{name: b}", "{name: b, dispose: [{throw: disp}]}")
	stopsThere := edit(whole, "drop b dispose end", "drop a dispose", "set host run end => host run end error:disp", "set main return => main threw error:disp", "end signaled SIGABRT")
	goesOn := edit(stopsThere, "add 371ms a dispose begin", "add 371ms a dispose end")
	both := replaced(failingPlan, "{name: a}", "{name: a, dispose: [{throw: disp}]}")
	bothFailed := edit(failed, "drop a dispose end", "set host run end => host run end error:disp")
	byHand := `--- {services: [{name: a}, {name: b}], main: [build, start, dispose, {return: 3}]}`
	disposed := `
0ms host build begin
 host build end ok
 host start begin
2ms a new
 b new
10ms a start begin live
 a start end ok
 b start begin live
 b start end ok
11ms lifetime applicationStarted
12ms host start end ok
13ms host dispose begin
14ms b dispose begin
 b dispose end
 a dispose begin
 a dispose end
15ms host dispose end ok
200ms main return =3
end exited 3`
	waited := edit(whole, "set host run begin => host start begin", "put host start end ok after log Debug =Host#2", "put host waitForShutdown begin after host start end", "set host run end => host waitForShutdown end ok")
	working := `--- {services: [{name: a}, {name: w, kind: background, execute: [untilCancelled]}], main: [build, start, dispose, {delay: 1s}]}`
	worked := edit(replaced(disposed, " b ", " w "), "put w execute begin live after w start begin")
	cancelled := edit(worked, "put w tokenFired after w dispose begin", "put w execute end ok after w tokenFired")
	sleeping := replaced(working, "untilCancelled", "{sleep: 100ms}")
	judge(t, []row{
		{"all, once", "HOST-DISP-001", "", "", wholePlan, whole, Pass, ""},
		{"one is left out", "HOST-DISP-001", "", "", wholePlan, edit(whole, "drop a dispose"), Fail, "host run end"},
		{"one is disposed twice", "HOST-DISP-001", "", "", wholePlan, edit(whole, "add 372ms a dispose begin", "add 372ms a dispose end"), Fail, "a dispose begin"},
		{"one that is not told to be constructed", "HOST-DISP-001", "", "", wholePlan, edit(whole, "drop a new", "drop b new"), Pass, ""},
		{"run never ended", "HOST-DISP-001", "", "", wholePlan, edit(whole, "cut 340ms", "end hang"), Vacuous, ""},
		{"a disposal failed", "HOST-DISP-001", "", "", throws, stopsThere, Vacuous, ""},

		{"newest first", "HOST-DISP-002", "", "", wholePlan, whole, Pass, ""},
		{"oldest first", "HOST-DISP-002", "", "", wholePlan, edit(whole, "drop b dispose", "add 372ms b dispose begin", "add 372ms b dispose end"), Fail, "b dispose begin"},
		{"at once", "HOST-DISP-002", "", "", wholePlan, edit(whole, "drop b dispose end", "add 372ms b dispose end"), Fail, "a dispose begin"},
		{"one only", "HOST-DISP-002", "", "", wholePlan, edit(whole, "drop a dispose"), Vacuous, ""},

		{"afterwards", "HOST-DISP-003", "", "", wholePlan, whole, Pass, ""},
		{"before a stop", "HOST-DISP-003", "", "", wholePlan, edit(whole, "drop b dispose", "add 335ms b dispose begin", "add 335ms b dispose end"), Fail, "a stop begin"},
		{"during a stop", "HOST-DISP-003", "", "", wholePlan, edit(whole, "drop b dispose", "add 345ms b dispose begin", "add 345ms b dispose end"), Fail, "b dispose begin"},
		{"when the stop was abandoned", "HOST-DISP-003", "", "", wholePlan, edit(whole, "set a stop end => a abandoned"), Pass, ""},
		{"no stop", "HOST-DISP-003", "", "", byHand, disposed, Vacuous, ""},

		{"all of them", "HOST-DISP-004", "", "", failingPlan, failed, Pass, ""},
		{"one is left out", "HOST-DISP-004", "", "", failingPlan, edit(failed, "drop a dispose"), Fail, "host run end"},
		{"the start succeeded", "HOST-DISP-004", "", "", wholePlan, whole, Vacuous, ""},

		{"within run", "HOST-DISP-005", "", "", wholePlan, whole, Pass, ""},
		{"after run", "HOST-DISP-005", "", "", wholePlan, edit(whole, "drop a dispose", "add 382ms a dispose begin", "add 383ms a dispose end"), Fail, "a dispose end"},
		{"without run", "HOST-DISP-005", "", "", byHand, disposed, Vacuous, ""},

		{"nothing happens", "HOST-DISP-006", "", "", byHand, edit(disposed, "add 20ms host dispose begin", "add 20ms host dispose end ok"), Pass, ""},
		{"it fails", "HOST-DISP-006", "", "", byHand, edit(disposed, "add 20ms host dispose begin", "add 20ms host dispose end error:disposed"), Fail, "host dispose end error"},
		{"everything is disposed again", "HOST-DISP-006", "", "", byHand, edit(disposed, "add 20ms host dispose begin", "add 21ms b dispose begin", "add 21ms b dispose end", "add 22ms host dispose end ok"), Fail, "b dispose begin"},
		{"once", "HOST-DISP-006", "", "", byHand, disposed, Vacuous, ""},

		{"run fails", "HOST-DISP-007", "", "", throws, stopsThere, Pass, ""},
		{"run succeeds", "HOST-DISP-007", "", "", throws, edit(stopsThere, "set host run end => host run end ok"), Fail, "host run end"},
		{"the disposal tells of its end", "HOST-DISP-007", "", "", throws, edit(goesOn, "put b dispose end error:disp after b dispose begin", "set host run end => host run end ok"), Fail, "host run end"},
		{"no failure", "HOST-DISP-007", "", "", wholePlan, whole, Vacuous, ""},

		{"the others all the same", "HOST-DISP-008", "strict", "", throws, goesOn, Pass, ""},
		{"the end of it", "HOST-DISP-008", "dotnet-8", "", throws, stopsThere, Pass, ""},
		{"the end of it, where it must not be", "HOST-DISP-008", "strict", "", throws, stopsThere, Fail, "b dispose begin"},
		{"the others, where they must not", "HOST-DISP-008", "dotnet-8", "", throws, goesOn, Fail, "a dispose begin"},
		{"no failure", "HOST-DISP-008", "strict", "", wholePlan, whole, Vacuous, ""},

		{"the last one wins", "HOST-DISP-009", "dotnet-8", "", both, bothFailed, Pass, ""},
		{"the first one wins", "HOST-DISP-009", "dotnet-8", "", both, edit(bothFailed, "set host run end => host run end error:start"), Fail, "host run end"},
		{"no earlier one", "HOST-DISP-009", "dotnet-8", "", throws, stopsThere, Vacuous, ""},

		{"nobody is stopped", "HOST-DISP-010", "strict", "", byHand, disposed, Pass, ""},
		{"somebody is stopped", "HOST-DISP-010", "strict", "", byHand, edit(disposed, "add 13ms b stop begin live", "add 13ms b stop end ok"), Fail, "b stop begin"},
		{"the host was stopped", "HOST-DISP-010", "strict", "", wholePlan, whole, Vacuous, ""},

		{"no notification", "HOST-DISP-011", "strict", "", byHand, disposed, Pass, ""},
		{"a notification", "HOST-DISP-011", "dotnet-8", "", byHand, edit(disposed, "add 201ms lifetime applicationStopping"), Fail, "lifetime applicationStopping"},
		{"2.2 notifies", "HOST-DISP-011", "dotnet-2.2", "", byHand, edit(disposed, "add 201ms lifetime applicationStopping"), Pass, ""},
		{"2.2 does not", "HOST-DISP-011", "dotnet-2.2", "", byHand, disposed, Fail, "host dispose end"},
		{"the host was stopped", "HOST-DISP-011", "strict", "", wholePlan, whole, Vacuous, ""},

		{"nothing is disposed", "HOST-DISP-012", "strict", "", wholePlan, edit(waited, "drop b dispose", "drop a dispose"), Pass, ""},
		{"a service is disposed", "HOST-DISP-012", "dotnet-8", "", wholePlan, waited, Fail, "b dispose begin"},
		{"run disposes", "HOST-DISP-012", "strict", "", wholePlan, whole, Vacuous, ""},

		{"cancelled", "HOST-DISP-013", "strict", "", working, cancelled, Pass, ""},
		{"not cancelled", "HOST-DISP-013", "strict", "", working, worked, Fail, "w dispose end"},
		{"the process ended at once", "HOST-DISP-013", "strict", "", working, edit(worked, "drop main return"), Vacuous, ""},
		{"no background service", "HOST-DISP-013", "strict", "", byHand, disposed, Vacuous, ""},

		{"not waited for", "HOST-DISP-014", "strict", "", sleeping, edit(worked, "add 110ms w execute end ok"), Pass, ""},
		{"waited for", "HOST-DISP-014", "strict", "", sleeping, edit(worked, "drop w dispose end", "drop a dispose", "drop host dispose end", "add 110ms w execute end ok", "add 110ms w dispose end", "add 110ms a dispose begin", "add 110ms a dispose end", "add 110ms host dispose end ok"), Fail, "host dispose end"},
		{"it ended at once", "HOST-DISP-014", "strict", "", working, edit(cancelled, "cut 200ms"), Vacuous, ""},
		{"no background service", "HOST-DISP-014", "strict", "", byHand, disposed, Vacuous, ""},
	})
}

func TestConstruction(t *testing.T) {
	plan := `--- {services: [{name: a}, {name: b, new: [{throw: ctor}]}, {name: c}], main: [build, run]}`
	ctor := `
0ms host build begin
 host build end ok
 host run begin
1ms log Debug =Host#1
2ms a new
 b new
3ms log Error error:ctor =Host#11
5ms a dispose begin
 a dispose end
6ms host run end error:ctor
 main threw error:ctor
end signaled SIGABRT`
	twice := `--- {services: [{name: a}], main: [build, buildAgain], mainCatches: true}`
	again := "0ms host build begin\n host build end ok\n host build begin\n host build end error:InvalidOperationException\n main threw error:InvalidOperationException\n main return =0\n"
	idle := `--- {services: [{name: a}], main: [build, stop]}`
	stopped := "0ms host build begin\n host build end ok\n host stop begin\n log Debug =Host#3\n host stop end ok\n main return =0\n"
	judge(t, []row{
		{"once", "HOST-DISP-015", "", "", wholePlan, whole, Pass, ""},
		{"twice", "HOST-DISP-015", "", "", wholePlan, edit(whole, "add 5ms a new"), Fail, "a new"},
		{"the host does not tell", "HOST-DISP-015", "", "", wholePlan, edit(whole, "drop a new", "drop b new"), Vacuous, ""},

		{"before", "HOST-DISP-016", "", "", wholePlan, whole, Pass, ""},
		{"after the start", "HOST-DISP-016", "", "", wholePlan, edit(whole, "drop b new", "add 11ms b new"), Fail, "b start begin"},
		{"never", "HOST-DISP-016", "", "", wholePlan, edit(whole, "drop b new"), Fail, "b start begin"},
		{"the host does not tell", "HOST-DISP-016", "", "", wholePlan, edit(whole, "drop a new", "drop b new"), Vacuous, ""},

		{"in order", "HOST-DISP-017", "strict", "", wholePlan, whole, Pass, ""},
		{"out of order", "HOST-DISP-017", "strict", "", wholePlan, edit(whole, "drop a new", "add 3ms a new"), Fail, "a new"},
		{"one by one", "HOST-DISP-017", "strict", "", wholePlan, edit(whole, "drop b new", "put b new before b start begin"), Fail, "a start begin"},
		{"the host does not tell", "HOST-DISP-017", "strict", "", wholePlan, edit(whole, "drop a new", "drop b new"), Vacuous, ""},

		{"by the start", "HOST-DISP-018", "strict", "", wholePlan, whole, Pass, ""},
		{"by the build", "HOST-DISP-018", "strict", "", wholePlan, edit(whole, "drop a new", "put a new before host build end"), Fail, "a new"},
		{"not by a stop", "HOST-DISP-018", "strict", "", idle, stopped, Pass, ""},
		{"by a stop", "HOST-DISP-018", "strict", "", idle, edit(stopped, "put a new after log Debug"), Fail, "a new"},
		{"nothing was done with it", "HOST-DISP-018", "strict", "", twice, again, Pass, ""},
		{"not even built", "HOST-DISP-018", "strict", "", idle, "0ms host build begin\nend hang", Vacuous, ""},

		{"nobody is started", "HOST-DISP-019", "", "", plan, ctor, Pass, ""},
		{"somebody is", "HOST-DISP-019", "", "", plan, edit(ctor, "add 4ms a start begin live"), Fail, "a start begin"},
		{"run succeeds", "HOST-DISP-019", "", "", plan, edit(ctor, "set host run end => host run end ok"), Fail, "host run end"},
		{"no failure", "HOST-DISP-019", "", "", wholePlan, whole, Vacuous, ""},

		{"nothing is left", "HOST-DISP-020", "strict", "", plan, ctor, Pass, ""},
		{"it goes on", "HOST-DISP-020", "strict", "", plan, edit(ctor, "add 2ms c new"), Fail, "c new"},
		{"it is disposed itself", "HOST-DISP-020", "strict", "", plan, edit(ctor, "add 4ms b dispose begin"), Fail, "b dispose begin"},
		{"its predecessor is not disposed", "HOST-DISP-020", "dotnet-10", "", plan, edit(ctor, "drop a dispose"), Fail, "host run end"},
		{"no failure", "HOST-DISP-020", "strict", "", wholePlan, whole, Vacuous, ""},

		{"it fails", "HOST-DISP-021", "dotnet-10", "", twice, again, Pass, ""},
		{"it succeeds", "HOST-DISP-021", "dotnet-10", "", twice, edit(again, "set host build end error => host build end ok"), Fail, "host build end"},
		{"built once", "HOST-DISP-021", "dotnet-10", "", wholePlan, whole, Vacuous, ""},
	})
}
