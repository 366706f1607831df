package checks

import "testing"

func TestExitCodes(t *testing.T) {
	silent := replaced(wholePlan, ", {return: 3}", "")
	stopFails := replaced(wholePlan, "{name: b}", "{name: b, stop: [{throw: s}]}")
	stopFailed := edit(whole, "set b stop end => b stop end error:s", "drop log Debug =Host#4", "set host run end => host run end error:s", "set main return => main threw error:s", "end signaled SIGABRT")
	coded := replaced(silent, "{name: b}", "{name: b, stop: [{exitCode: 6}]}")
	crash := replaced(wholePlan, "{name: b}", "{name: b, start: [{spawn: [{delay: 100ms}, {throw: boom}]}]}")
	crashed := edit(whole, "cut 311ms", "add 110ms b/thread threw error:boom", "end signaled SIGABRT")
	starting := `--- {services: [{name: a}, {name: b, start: [{delay: 2s}]}], main: [build, run, {return: 3}], signals: [{after: b.start.begin, wait: 300ms, send: SIGINT}]}`
	cut := edit(whole, "cut 11ms", "drop b start end", "add 310ms signal SIGINT", "add 311ms lifetime applicationStopping", "add 311ms b start end cancelled", "add 312ms host run end ok", "add 313ms main return =3")
	left := edit(whole, "set b stop end => b abandoned", "set host run end => host run end error:abandoned", "set main return => main threw error:abandoned", "end exited 1")
	byHand := `--- {services: [{name: a}], main: [build, start, {return: 3}]}`
	undisposed := "0ms host build begin\n host build end ok\n host start begin\n a new\n a start begin live\n a start end ok\n host start end ok\n main return =3\n"
	judge(t, []row{
		{"main's code", "HOST-EXIT-001", "", "", wholePlan, whole, Pass, ""},
		{"a code of its own", "HOST-EXIT-001", "", "", wholePlan, edit(whole, "end exited 143"), Fail, "main return"},
		{"death by the signal", "HOST-EXIT-001", "", "", wholePlan, edit(whole, "end signaled SIGTERM"), Fail, "main return"},
		{"main says nothing and returns 1", "HOST-EXIT-001", "", "", silent, edit(whole, "set main return => main return =1", "end exited 1"), Fail, "main return"},
		{"a signal after run", "HOST-EXIT-001", "dotnet-8", "", wholePlan, edit(whole, "put signal SIGTERM after main return", "end exited 143"), Vacuous, ""},
		{"main never returned", "HOST-EXIT-001", "", "", failingPlan, failed, Vacuous, ""},
		{"SIGTERM is an exit there", "HOST-EXIT-001", "dotnet-3.1", "", wholePlan, edit(whole, "end exited 0"), Vacuous, ""},
		{"the application's exit handler sets another", "HOST-EXIT-001", "", "", replaced(wholePlan, "--- {", "--- {processExit: [{exitCode: 9}], "), edit(whole, "end exited 9"), Vacuous, ""},

		{"a success", "HOST-EXIT-002", "", "", wholePlan, whole, Pass, ""},
		{"a failure", "HOST-EXIT-002", "", "", wholePlan, edit(whole, "set host run end => host run end cancelled"), Fail, "host run end"},
		{"a service failed", "HOST-EXIT-002", "", "", stopFails, stopFailed, Vacuous, ""},
		{"nobody asked", "HOST-EXIT-002", "", "", silent, edit(whole, "drop signal"), Vacuous, ""},
		{"it took too long", "HOST-EXIT-002", "", "", replaced(wholePlan, "--- {", "--- {options: {shutdownTimeout: 20ms}, "), edit(whole, "set host run end => host run end cancelled"), Vacuous, ""},

		{"an abort", "HOST-EXIT-003", "", "", failingPlan, failed, Pass, ""},
		{"a code", "HOST-EXIT-003", "", "", failingPlan, edit(failed, "end exited 1"), Pass, ""},
		{"a success", "HOST-EXIT-003", "", "", failingPlan, edit(failed, "end exited 0"), Fail, "main threw"},
		{"main catches it", "HOST-EXIT-003", "", "", replaced(failingPlan, "--- {", "--- {mainCatches: true, "), edit(failed, "end exited 0"), Vacuous, ""},
		{"no error", "HOST-EXIT-003", "", "", wholePlan, whole, Vacuous, ""},

		{"a failure", "HOST-EXIT-004", "", "", failingPlan, failed, Pass, ""},
		{"a success", "HOST-EXIT-004", "", "", failingPlan, edit(failed, "set host run end => host run end ok", "set main threw => main return =0", "end exited 0"), Fail, "b start end"},
		{"no failure", "HOST-EXIT-004", "", "", wholePlan, whole, Vacuous, ""},
		{"main catches it", "HOST-EXIT-004", "", "", replaced(failingPlan, "--- {", "--- {mainCatches: true, "), edit(failed, "end exited 0"), Vacuous, ""},
		{"it hangs", "HOST-EXIT-004", "", "", failingPlan, edit(failed, "end deadlock"), Vacuous, ""},

		{"run fails", "HOST-EXIT-005", "", "", stopFails, stopFailed, Pass, ""},
		{"run succeeds", "HOST-EXIT-005", "", "", stopFails, edit(stopFailed, "set host run end => host run end ok"), Fail, "host run end"},
		{"no failure", "HOST-EXIT-005", "", "", wholePlan, whole, Vacuous, ""},
		{"a cancellation", "HOST-EXIT-005", "", "", stopFails, edit(stopFailed, "set b stop end => b stop end cancelled"), Vacuous, ""},

		{"it is kept", "HOST-EXIT-006", "", "", coded, edit(whole, "set main return => main return =6", "end exited 6"), Pass, ""},
		{"it is lost", "HOST-EXIT-006", "", "", coded, edit(whole, "set main return => main return =0", "end exited 0"), Fail, "-"},
		{"it is lost to a failure", "HOST-EXIT-006", "", "", replaced(replaced(coded, "[{exitCode: 6}]", "[{exitCode: 6}, {delay: 10ms}]"), "--- {", "--- {mainCatches: true, "), edit(whole, "set host run end => host run end error:a", "put main threw error:a before main return", "end exited 1"), Fail, "-"},
		{"main says another", "HOST-EXIT-006", "", "", replaced(coded, "run]", "run, {return: 3}]"), whole, Vacuous, ""},
		{"none set", "HOST-EXIT-006", "", "", silent, edit(whole, "end exited 0"), Vacuous, ""},
		{"3.1 loses it to SIGTERM", "HOST-EXIT-006", "dotnet-3.1", "", coded, edit(whole, "cut 380ms", "end exited 0"), Vacuous, ""},

		{"main goes on", "HOST-EXIT-007", "", "", wholePlan, whole, Pass, ""},
		{"it is cut off", "HOST-EXIT-007", "", "", wholePlan, edit(whole, "drop main return", "end exited 0"), Fail, "-"},
		{"it is killed", "HOST-EXIT-007", "", "", wholePlan, edit(whole, "drop main return", "end signaled SIGTERM"), Fail, "-"},
		{"run failed", "HOST-EXIT-007", "", "", failingPlan, failed, Vacuous, ""},
		{"it hangs", "HOST-EXIT-007", "", "", wholePlan, edit(whole, "drop main return", "end hang"), Vacuous, ""},

		{"it ends", "HOST-EXIT-008", "", "", byHand, undisposed + "end exited 3", Pass, ""},
		{"it does not", "HOST-EXIT-008", "", "", byHand, undisposed + "end deadlock", Fail, "main return"},
		{"3.1 holds it up", "HOST-EXIT-008", "dotnet-3.1", "", byHand, undisposed + "end deadlock", Pass, ""},
		{"3.1 lets it go", "HOST-EXIT-008", "dotnet-3.1", "", byHand, undisposed + "end exited 3", Fail, "main return"},
		{"the exit handler hangs", "HOST-EXIT-008", "", "", replaced(byHand, "--- {", "--- {processExit: [blockForever], "), undisposed + "end hang", Vacuous, ""},
		{"main never returned", "HOST-EXIT-008", "", "", failingPlan, failed, Vacuous, ""},

		{"a failure", "HOST-EXIT-009", "", "", crash, crashed, Pass, ""},
		{"a success", "HOST-EXIT-009", "", "", crash, edit(crashed, "end exited 0"), Fail, "-"},
		{"no crash", "HOST-EXIT-009", "", "", wholePlan, whole, Vacuous, ""},

		{"an abort", "HOST-EXIT-010", "dotnet-8", "", failingPlan, failed, Pass, ""},
		{"a code", "HOST-EXIT-010", "dotnet-8", "", failingPlan, edit(failed, "end exited 1"), Fail, "main threw"},
		{"an exit handler", "HOST-EXIT-010", "dotnet-8", "", replaced(failingPlan, "--- {", "--- {processExit: [], "), edit(failed, "add 382ms process processExit begin =1"), Fail, "process processExit"},
		{"no error", "HOST-EXIT-010", "dotnet-8", "", wholePlan, whole, Vacuous, ""},

		{"main's", "HOST-EXIT-011", "strict", "", wholePlan, whole, Pass, ""},
		{"0 on 3.1", "HOST-EXIT-011", "dotnet-3.1", "", wholePlan, edit(whole, "cut 380ms", "end exited 0"), Pass, ""},
		{"main's on 3.1, which won", "HOST-EXIT-011", "dotnet-3.1", "", wholePlan, whole, Pass, ""},
		{"what was set on 2.2", "HOST-EXIT-011", "dotnet-2.2", "", coded, edit(whole, "cut 380ms", "end exited 6"), Pass, ""},
		{"143", "HOST-EXIT-011", "dotnet-3.1", "", wholePlan, edit(whole, "cut 380ms", "end exited 143"), Fail, "signal"},
		{"0 on 8", "HOST-EXIT-011", "dotnet-8", "", wholePlan, edit(whole, "end exited 0"), Fail, "signal"},
		{"another signal", "HOST-EXIT-011", "strict", "", replaced(wholePlan, "SIGTERM", "SIGINT"), replaced(whole, "SIGTERM", "SIGINT"), Vacuous, ""},

		{"graceful", "HOST-EXIT-012", "strict", "", starting, cut, Pass, ""},
		{"a failure", "HOST-EXIT-012", "strict", "", starting, edit(cut, "set host run end => host run end cancelled"), Fail, "host run end"},
		{"cancelled", "HOST-EXIT-012", "dotnet-8", "", starting, edit(cut, "set host run end => host run end cancelled"), Pass, ""},
		{"a success", "HOST-EXIT-012", "dotnet-8", "", starting, cut, Fail, "host run end"},
		{"it hangs", "HOST-EXIT-012", "strict", "", starting, edit(cut, "cut 312ms", "end deadlock"), Fail, "-"},
		{"the start went on", "HOST-EXIT-012", "strict", "", starting, edit(cut, "set b start end => b start end ok"), Vacuous, ""},
		{"the host was running", "HOST-EXIT-012", "strict", "", wholePlan, whole, Vacuous, ""},

		{"run fails", "HOST-EXIT-013", "strict", "", wholePlan, left, Pass, ""},
		{"run succeeds", "HOST-EXIT-013", "strict", "", wholePlan, edit(left, "set host run end => host run end ok"), Fail, "host run end"},
		{"the process ends with 0", "HOST-EXIT-013", "strict", "", wholePlan, edit(left, "cut 380ms", "end exited 0"), Fail, "-"},
		{"nothing left", "HOST-EXIT-013", "strict", "", wholePlan, whole, Vacuous, ""},
	})
}

func TestExitCalls(t *testing.T) {
	// a thread of service a calls exit 7 while the host runs
	thread := `--- {processExit: [], services: [{name: a, start: [{spawn: [{delay: 100ms}, {exit: 7}]}]}, {name: b}], main: [build, run, {return: 3}]}`
	called := edit(whole, "cut 311ms", "add 110ms process exit begin =7")
	atOnce := edit(called, "add 111ms process processExit begin =7", "add 112ms process processExit end", "end exited 7")
	stopped := edit(whole, "drop signal", "add 110ms process exit begin =7", "add 111ms process processExit begin =7", "add 112ms process processExit end", "cut 380ms", "end exited 0")
	main := `--- {services: [{name: a}, {name: b}], main: [build, run, {exit: 7}], signals: [{after: lifetime.applicationStarted, wait: 300ms, send: SIGINT}]}`
	after := edit(replaced(whole, "SIGTERM", "SIGINT"), "set main return => process exit begin =7", "end exited 7")
	inStop := replaced(wholePlan, "{name: b}", "{name: b, stop: [{exit: 7}]}")
	inStop = replaced(inStop, "SIGTERM", "SIGINT")
	stuck := edit(replaced(whole, "SIGTERM", "SIGINT"), "cut 330ms", "add 325ms process exit begin =7", "end deadlock")
	handler := replaced(wholePlan, "--- {", "--- {processExit: [], ")
	handled := edit(whole, "add 382ms process processExit begin =3", "add 382ms process processExit end")
	sigterm := edit(whole, "add 311ms process processExit begin =143", "add 311ms process processExit end")
	nested := replaced(wholePlan, "--- {", "--- {processExit: [{exit: 9}], ")
	hangs := edit(whole, "add 382ms process processExit begin =3", "add 382ms process exit begin =9", "end deadlock")
	hup := replaced(handler, "SIGTERM", "SIGHUP")
	died := edit(replaced(whole, "SIGTERM", "SIGHUP"), "cut 312ms", "end signaled SIGHUP")
	crash := replaced(wholePlan, "{name: b}", "{name: b, start: [{spawn: [{delay: 100ms}, {throw: boom}]}]}")
	crashed := edit(whole, "cut 311ms", "add 110ms b/thread threw error:boom", "end signaled SIGABRT")
	late := replaced(handler, "run,", "run, {spawn: [{sleep: 300ms}, {exit: 63}]},")
	overtaken := edit(handled, "drop process processExit end", "add 682ms process exit begin =63", "add 982ms process processExit end", "end exited 63")
	early := `--- {services: [{name: a}], processExit: [{block: 200ms}], main: [build, {spawn: [{exit: 63}]}, {spawn: [{sleep: 150ms}, {exit: 64}]}, {sleep: 100ms}, {return: 5}]}`
	overtaking := "0ms host build begin\n host build end ok\n process exit begin =63\n process processExit begin =63\n100ms main return =5\n200ms process processExit end\nend exited 5"
	judge(t, []row{
		{"the host has no hand in it", "HOST-EXIT-014", "strict", "", thread, atOnce, Pass, ""},
		{"another code", "HOST-EXIT-014", "strict", "", thread, edit(atOnce, "end exited 0"), Fail, "process exit"},
		{"it hangs", "HOST-EXIT-014", "dotnet-10", "", thread, edit(atOnce, "end deadlock"), Fail, "process exit"},
		{"3.1 stops and loses it", "HOST-EXIT-014", "dotnet-3.1", "", thread, stopped, Pass, ""},
		{"2.2 stops and keeps it", "HOST-EXIT-014", "dotnet-2.2", "", thread, edit(stopped, "end exited 7"), Pass, ""},
		{"main was first", "HOST-EXIT-014", "dotnet-2.2", "", thread, edit(stopped, "end exited 3"), Pass, ""},
		{"3.1 keeps it", "HOST-EXIT-014", "dotnet-3.1", "", thread, edit(stopped, "end exited 7"), Fail, "process exit"},
		{"3.1 does not stop", "HOST-EXIT-014", "dotnet-3.1", "", thread, edit(atOnce, "end exited 0"), Fail, "process exit"},
		{"no exit", "HOST-EXIT-014", "strict", "", wholePlan, whole, Vacuous, ""},
		{"an exit outside", "HOST-EXIT-014", "strict", "", main, after, Vacuous, ""},

		{"its code", "HOST-EXIT-015", "strict", "", main, after, Pass, ""},
		{"another code", "HOST-EXIT-015", "dotnet-3.1", "", main, edit(after, "end exited 0"), Fail, "process exit"},
		{"before the start", "HOST-EXIT-015", "dotnet-3.1", "", `--- {services: [{name: a}], main: [build, {exit: 7}]}`, "0ms host build begin\n host build end ok\n process exit begin =7\nend exited 7", Pass, ""},
		{"while the host lives", "HOST-EXIT-015", "strict", "", thread, atOnce, Vacuous, ""},

		{"it never ends", "HOST-EXIT-016", "dotnet-3.1", "", inStop, stuck, Pass, ""},
		{"it ends", "HOST-EXIT-016", "dotnet-3.1", "", inStop, edit(stuck, "end exited 7"), Fail, "process exit"},
		{"nobody waits for the thread", "HOST-EXIT-016", "dotnet-3.1", "", thread, stopped, Vacuous, ""},

		{"once and last", "HOST-EXIT-017", "strict", "", handler, handled, Pass, ""},
		{"never", "HOST-EXIT-017", "strict", "", handler, whole, Fail, "-"},
		{"twice", "HOST-EXIT-017", "strict", "", handler, edit(handled, "add 383ms process processExit begin =3"), Fail, "process processExit"},
		{"too early", "HOST-EXIT-017", "strict", "", handler, edit(whole, "add 312ms process processExit begin =3", "add 312ms process processExit end"), Fail, "process processExit"},
		{"another code", "HOST-EXIT-017", "strict", "", handler, edit(handled, "set process processExit begin => process processExit begin =0"), Fail, "process processExit"},
		{"no handler", "HOST-EXIT-017", "strict", "", wholePlan, whole, Vacuous, ""},
		{"SIGTERM is an exit there", "HOST-EXIT-017", "dotnet-3.1", "", handler, whole, Vacuous, ""},

		{"before the stop", "HOST-EXIT-018", "dotnet-3.1", "", handler, sigterm, Pass, ""},
		{"with 0", "HOST-EXIT-018", "dotnet-2.2", "", handler, replaced(sigterm, "=143", "=0"), Pass, ""},
		{"after the stop", "HOST-EXIT-018", "dotnet-3.1", "", handler, replaced(handled, "processExit begin =3", "processExit begin =143"), Fail, "process processExit"},
		{"with another code", "HOST-EXIT-018", "dotnet-3.1", "", handler, replaced(sigterm, "=143", "=0"), Fail, "process processExit"},
		{"never", "HOST-EXIT-018", "dotnet-3.1", "", handler, whole, Fail, "signal"},
		{"no handler", "HOST-EXIT-018", "dotnet-3.1", "", wholePlan, whole, Vacuous, ""},

		{"it sees the code", "HOST-EXIT-019", "strict", "", thread, atOnce, Pass, ""},
		{"it never runs", "HOST-EXIT-019", "strict", "", thread, edit(called, "end exited 7"), Fail, "process exit"},
		{"it sees another", "HOST-EXIT-019", "strict", "", thread, edit(atOnce, "set process processExit begin => process processExit begin =0"), Fail, "process processExit"},
		{"it is cut off", "HOST-EXIT-019", "strict", "", thread, edit(atOnce, "drop process processExit end"), Fail, "process processExit"},
		{"no exit", "HOST-EXIT-019", "strict", "", handler, handled, Vacuous, ""},

		{"it never returns", "HOST-EXIT-020", "dotnet-10", "", nested, hangs, Pass, ""},
		{"it returns", "HOST-EXIT-020", "dotnet-10", "", nested, edit(hangs, "end exited 9"), Fail, "process exit"},
		{"no such handler", "HOST-EXIT-020", "dotnet-10", "", handler, handled, Vacuous, ""},

		{"none runs", "HOST-EXIT-021", "strict", "", hup, died, Pass, ""},
		{"one runs", "HOST-EXIT-021", "strict", "", hup, edit(died, "add 312ms process processExit begin =129"), Fail, "process processExit"},
		{"an abort", "HOST-EXIT-021", "dotnet-8", "", replaced(failingPlan, "--- {", "--- {processExit: [], "), failed, Pass, ""},
		{"an exit", "HOST-EXIT-021", "strict", "", handler, handled, Vacuous, ""},

		{"an exit after main's return", "HOST-EXIT-023", "dotnet-10", "", late, overtaken, Pass, ""},
		{"main's code stays", "HOST-EXIT-023", "dotnet-10", "", late, edit(overtaken, "end exited 3"), Fail, "process exit"},
		{"main returns after an exit", "HOST-EXIT-023", "dotnet-3.1", "", early, overtaking, Pass, ""},
		{"the exit's code stays", "HOST-EXIT-023", "dotnet-3.1", "", early, edit(overtaking, "end exited 63"), Fail, "main return"},
		{"two exits, and main after them", "HOST-EXIT-023", "dotnet-10", "", early, edit(overtaking, "add 50ms process exit begin =64"), Pass, ""},
		{"two exits, the second last", "HOST-EXIT-023", "dotnet-10", "", early, edit(overtaking, "add 150ms process exit begin =64"), Fail, "process exit"},
		{"only the low byte of a code is seen", "HOST-EXIT-023", "dotnet-10", "", late, edit(overtaken, "set process exit begin => process exit begin =319"), Pass, ""},
		{"it comes as the handlers end", "HOST-EXIT-023", "dotnet-10", "", late, edit(overtaken, "cut 682ms", "add 682ms process exit begin =63", "add 682ms process processExit end", "end exited 3"), Vacuous, ""},
		{"the handlers never end", "HOST-EXIT-023", "dotnet-10", "", late, edit(overtaken, "drop process processExit end", "end hang"), Vacuous, ""},
		{"no second exit", "HOST-EXIT-023", "dotnet-10", "", handler, handled, Vacuous, ""},
		{"somebody sets a code", "HOST-EXIT-023", "dotnet-10", "", replaced(late, "{exit: 63}", "{exit: 63}, {exitCode: 1}"), edit(overtaken, "end exited 3"), Vacuous, ""},
		{"the host holds the exit up", "HOST-EXIT-023", "dotnet-3.1", "", handler, edit(sigterm, "drop signal", "add 300ms process exit begin =5", "add 313ms process exit begin =6"), Vacuous, ""},

		{"an abort", "HOST-EXIT-022", "dotnet-8", "", crash, crashed, Pass, ""},
		{"a code", "HOST-EXIT-022", "dotnet-8", "", crash, edit(crashed, "end exited 1"), Fail, "b/thread threw"},
		{"no crash", "HOST-EXIT-022", "dotnet-8", "", wholePlan, whole, Vacuous, ""},
	})
}
