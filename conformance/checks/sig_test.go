package checks

import "testing"

func TestSignals(t *testing.T) {
	intPlan, intLife := replaced(wholePlan, "SIGTERM", "SIGINT"), replaced(whole, "SIGTERM", "SIGINT")
	quitPlan, quitLife := replaced(wholePlan, "SIGTERM", "SIGQUIT"), replaced(whole, "SIGTERM", "SIGQUIT")
	none := `--- {services: [{name: a}, {name: b}], main: [build, run, {return: 3}]}`
	asked := edit(whole, "set signal SIGTERM => main stopApplication begin")
	twice := `--- {services: [{name: a}, {name: b, stop: [{sleep: 5s}]}], main: [build, run, {return: 3}], signals: [{after: lifetime.applicationStarted, wait: 300ms, send: SIGTERM}, {after: b.stop.begin, wait: 100ms, send: SIGINT}]}`
	second := edit(whole, "cut 330ms", "add 420ms signal SIGINT")
	rest := []string{"add 5320ms b stop end ok", "add 5320ms a stop begin live", "add 5320ms a stop end ok", "add 5321ms host run end ok", "add 5322ms main return =3"}
	swallowed := edit(second, rest...)
	forced := edit(second, "add 420ms b abandoned", "add 420ms a stop begin dead", "add 420ms a stop end ok", "add 430ms host run end error:abandoned", "add 430ms main threw error:abandoned", "end exited 1")
	judge(t, []row{
		{"the stop begins", "HOST-SIG-001", "", "", wholePlan, whole, Pass, ""},
		{"the process dies of it", "HOST-SIG-001", "", "", wholePlan, edit(whole, "cut 312ms", "end signaled SIGTERM"), Fail, "signal SIGTERM"},
		{"nothing happens", "HOST-SIG-001", "", "", wholePlan, edit(whole, "cut 312ms", "end hang"), Fail, "signal SIGTERM"},
		{"no signal", "HOST-SIG-001", "", "", none, asked, Vacuous, ""},
		{"another signal", "HOST-SIG-001", "", "", intPlan, intLife, Vacuous, ""},
		{"somebody else asked first", "HOST-SIG-001", "", "", wholePlan, edit(whole, "put main stopApplication begin before signal"), Vacuous, ""},
		{"the application handles it", "HOST-SIG-001", "", "", `--- {services: [{name: a}, {name: b}], signalHandlers: [{signal: SIGTERM}], signals: [{after: lifetime.applicationStarted, send: SIGTERM}]}`, whole, Vacuous, ""},

		{"the stop begins", "HOST-SIG-002", "", "", intPlan, intLife, Pass, ""},
		{"the process dies of it", "HOST-SIG-002", "", "", intPlan, edit(intLife, "cut 312ms", "end signaled SIGINT"), Fail, "signal SIGINT"},
		{"no stop begins", "HOST-SIG-002", "", "", intPlan, edit(intLife, "cut 312ms", "end exited 0"), Fail, "signal SIGINT"},
		{"no stop begins, but there is no time for one", "HOST-SIG-002", "", "", `--- {options: {shutdownTimeout: 0s}, services: [{name: a}, {name: b}], signals: [{after: lifetime.applicationStarted, wait: 300ms, send: SIGINT}]}`, edit(intLife, "cut 312ms", "end exited 0"), Vacuous, ""},
		{"another signal", "HOST-SIG-002", "", "", wholePlan, whole, Vacuous, ""},

		{"the stop begins", "HOST-SIG-003", "dotnet-8", "", quitPlan, quitLife, Pass, ""},
		{"the process dies of it", "HOST-SIG-003", "strict", "", quitPlan, edit(quitLife, "cut 312ms", "end signaled SIGQUIT"), Fail, "signal SIGQUIT"},
		{"another signal", "HOST-SIG-003", "strict", "", wholePlan, whole, Vacuous, ""},

		{"run returns", "HOST-SIG-004", "", "", wholePlan, whole, Pass, ""},
		{"the process ends under it", "HOST-SIG-004", "", "", wholePlan, edit(whole, "cut 340ms", "end exited 0"), Fail, "-"},
		{"it hangs", "HOST-SIG-004", "", "", wholePlan, edit(whole, "cut 340ms", "end deadlock"), Fail, "-"},
		{"a service never ends", "HOST-SIG-004", "", "", `--- {services: [{name: a}, {name: b, stop: [hang]}], signals: [{after: lifetime.applicationStarted, wait: 300ms, send: SIGTERM}]}`, edit(whole, "cut 330ms", "end hang"), Vacuous, ""},
		{"the host forces the end under a stop", "HOST-SIG-004", "", "", wholePlan, edit(whole, "cut 330ms", "end exited 1"), Vacuous, ""},
		{"SIGTERM is an exit there", "HOST-SIG-004", "dotnet-3.1", "", wholePlan, edit(whole, "cut 380ms", "end exited 0"), Vacuous, ""},
		{"SIGINT is none", "HOST-SIG-004", "dotnet-3.1", "", intPlan, edit(intLife, "cut 380ms", "end exited 0"), Fail, "-"},

		{"once each", "HOST-SIG-005", "", "", wholePlan, whole, Pass, ""},
		{"twice", "HOST-SIG-005", "", "", twice, edit(swallowed, "add 5320ms b stop begin live"), Fail, "b stop begin"},
		{"no signal", "HOST-SIG-005", "", "", none, asked, Vacuous, ""},
		{"main stops as well", "HOST-SIG-005", "", "", wholePlan, edit(whole, "add 300ms host stop begin", "add 355ms b stop begin"), Vacuous, ""},

		{"at once", "HOST-SIG-006", "", "", wholePlan, whole, Pass, ""},
		{"after two seconds", "HOST-SIG-006", "", "", wholePlan, edit(whole, "cut 312ms", "add 2400ms b stop begin live"), Fail, "b stop begin"},
		{"never", "HOST-SIG-006", "", "", wholePlan, edit(whole, "cut 312ms", "end hang"), Fail, "signal"},
		{"no signal", "HOST-SIG-006", "", "", none, asked, Vacuous, ""},

		{"long after the startup timeout", "HOST-SIG-007", "", "", `--- {options: {startupTimeout: 200ms}, services: [{name: a}, {name: b}], signals: [{after: lifetime.applicationStarted, wait: 300ms, send: SIGTERM}]}`, whole, Pass, ""},
		{"nobody listens any more", "HOST-SIG-007", "", "", `--- {options: {startupTimeout: 200ms}, services: [{name: a}, {name: b}], signals: [{after: lifetime.applicationStarted, wait: 300ms, send: SIGTERM}]}`, edit(whole, "cut 312ms", "end hang"), Fail, "signal"},
		{"before the startup timeout", "HOST-SIG-007", "", "", `--- {options: {startupTimeout: 5s}, services: [{name: a}, {name: b}], signals: [{after: lifetime.applicationStarted, wait: 300ms, send: SIGTERM}]}`, whole, Vacuous, ""},
		{"no startup timeout", "HOST-SIG-007", "", "", wholePlan, whole, Vacuous, ""},

		{"the process dies of it", "HOST-SIG-008", "strict", "", replaced(wholePlan, "SIGTERM", "SIGHUP"), edit(replaced(whole, "SIGTERM", "SIGHUP"), "cut 312ms", "end signaled SIGHUP"), Pass, ""},
		{"it stops the host", "HOST-SIG-008", "strict", "", replaced(wholePlan, "SIGTERM", "SIGHUP"), replaced(whole, "SIGTERM", "SIGHUP"), Fail, "signal SIGHUP"},
		{"while stopping it is ignored", "HOST-SIG-008", "strict", "", replaced(twice, "SIGINT", "SIGHUP"), replaced(swallowed, "SIGINT", "SIGHUP"), Fail, "signal SIGHUP"},
		{"no such signal", "HOST-SIG-008", "strict", "", wholePlan, whole, Vacuous, ""},

		{"default action", "HOST-SIG-009", "strict", "", `--- {services: [{name: a}, {name: b}], hostLifetime: {stop: []}, signals: [{after: lifetime.applicationStarted, wait: 300ms, send: SIGTERM}]}`, edit(whole, "cut 312ms", "end signaled SIGTERM"), Pass, ""},
		{"default action of 8", "HOST-SIG-009", "dotnet-8", "", `--- {services: [{name: a}, {name: b}], hostLifetime: {stop: []}, signals: [{after: lifetime.applicationStarted, wait: 300ms, send: SIGTERM}]}`, edit(whole, "cut 312ms", "end exited 143"), Pass, ""},
		{"the host reacts", "HOST-SIG-009", "strict", "", `--- {services: [{name: a}, {name: b}], hostLifetime: {stop: []}, signals: [{after: lifetime.applicationStarted, wait: 300ms, send: SIGTERM}]}`, whole, Fail, "signal"},
		{"the host's own lifetime", "HOST-SIG-009", "strict", "", wholePlan, whole, Vacuous, ""},

		{"it runs", "HOST-SIG-010", "strict", "", `--- {services: [{name: a}, {name: b}], signalHandlers: [{signal: SIGTERM, cancel: true}], signals: [{after: lifetime.applicationStarted, wait: 300ms, send: SIGTERM}]}`, edit(whole, "put signalHandler SIGTERM after signal"), Pass, ""},
		{"it does not", "HOST-SIG-010", "strict", "", `--- {services: [{name: a}, {name: b}], signalHandlers: [{signal: SIGTERM, cancel: true}], signals: [{after: lifetime.applicationStarted, wait: 300ms, send: SIGTERM}]}`, whole, Fail, "signal"},
		{"another signal had asked before", "HOST-SIG-010", "strict", "", `--- {services: [{name: a}, {name: b}], signalHandlers: [{signal: SIGTERM, cancel: true}], signals: [{after: lifetime.applicationStarted, wait: 200ms, send: SIGINT}, {after: lifetime.applicationStarted, wait: 300ms, send: SIGTERM}]}`, edit(whole, "put signal SIGINT before signal SIGTERM"), Vacuous, ""},
		{"there is none", "HOST-SIG-010", "strict", "", wholePlan, whole, Vacuous, ""},

		{"the older handler lets it die", "HOST-SIG-011", "dotnet-10", "", `--- {services: [{name: a}, {name: b}], signalHandlers: [{signal: SIGTERM}], signals: [{after: lifetime.applicationStarted, wait: 300ms, send: SIGTERM}]}`, edit(whole, "cut 340ms", "end signaled SIGTERM"), Pass, ""},
		{"the host has the last word", "HOST-SIG-011", "dotnet-8", "", `--- {services: [{name: a}, {name: b}], signalHandlers: [{signal: SIGTERM}], signals: [{after: lifetime.applicationStarted, wait: 300ms, send: SIGTERM}]}`, whole, Pass, ""},
		{"the older handler is not asked", "HOST-SIG-011", "strict", "", `--- {services: [{name: a}, {name: b}], signalHandlers: [{signal: SIGTERM}], signals: [{after: lifetime.applicationStarted, wait: 300ms, send: SIGTERM}]}`, whole, Fail, "signal"},
		{"it dies though both cancel", "HOST-SIG-011", "dotnet-8", "", `--- {services: [{name: a}, {name: b}], signalHandlers: [{signal: SIGINT, cancel: true}], signals: [{after: lifetime.applicationStarted, wait: 300ms, send: SIGINT}]}`, edit(intLife, "cut 340ms", "end signaled SIGINT"), Fail, "signal"},
		{"there is none", "HOST-SIG-011", "strict", "", wholePlan, whole, Vacuous, ""},
		{"it ends by the second", "HOST-SIG-016", "", "", twice, forced, Pass, ""},
		{"it hangs", "HOST-SIG-016", "", "", twice, edit(second, "end deadlock"), Fail, "signal SIGINT"},
		{"one signal", "HOST-SIG-016", "", "", wholePlan, whole, Vacuous, ""},
		{"the plan hangs", "HOST-SIG-016", "", "", replaced(twice, "sleep: 5s", "sleep: inf"), edit(second, "end hang"), Vacuous, ""},

		{"it forces", "HOST-SIG-017", "strict", "", twice, forced, Pass, ""},
		{"it forces at that very instant", "HOST-SIG-017", "strict", "", twice, edit(second, "add 420ms b stop end cancelled", "add 420ms host run end cancelled", "add 420ms main threw cancelled", "end exited 1"), Pass, ""},
		{"it is swallowed", "HOST-SIG-017", "dotnet-8", "", twice, swallowed, Pass, ""},
		{"it does not force", "HOST-SIG-017", "strict", "", twice, swallowed, Fail, "b stop end"},
		{"it hangs", "HOST-SIG-017", "strict", "", twice, edit(second, "end hang"), Fail, "signal SIGINT"},
		{"it cancels the stop", "HOST-SIG-017", "dotnet-10", "", twice, edit(second, "add 421ms b stop end cancelled", "add 430ms host run end cancelled"), Fail, "b stop end cancelled"},
		{"it kills", "HOST-SIG-017", "dotnet-10", "", twice, edit(second, "end signaled SIGINT"), Fail, "signal SIGINT"},
		{"the deadline cancels the stop", "HOST-SIG-017", "dotnet-8", "", replaced(twice, "--- {", "--- {options: {shutdownTimeout: 50ms}, "), edit(second, "add 421ms b stop end cancelled", "add 430ms host run end cancelled"), Pass, ""},
		{"one signal", "HOST-SIG-017", "strict", "", wholePlan, whole, Vacuous, ""},
	})
}

func TestSignalsAtSpecialMoments(t *testing.T) {
	early := `--- {services: [{name: a}, {name: b}], main: [build, {block: 900ms}, run], signals: [{after: host.build.end, wait: 300ms, send: SIGTERM}]}`
	built := "0ms host build begin\n host build end ok\n301ms signal SIGTERM\n"
	starting := `--- {services: [{name: a}, {name: b, start: [{delay: 2s}]}], main: [build, run], signals: [{after: b.start.begin, wait: 300ms, send: SIGTERM}]}`
	begun := edit(whole, "cut 11ms", "drop b start end", "add 310ms signal SIGTERM", "end exited 0")
	cancelled := edit(begun, "add 311ms lifetime applicationStopping", "add 311ms b start end cancelled", "add 312ms host run end cancelled", "add 313ms main threw cancelled", "end signaled SIGABRT")
	after := `--- {services: [{name: a}, {name: b}], main: [build, run, {block: 900ms}, {return: 3}], signals: [{after: lifetime.applicationStarted, wait: 300ms, send: SIGINT}, {after: host.run.end, wait: 300ms, send: SIGTERM}]}`
	over := edit(replaced(whole, "signal SIGTERM", "signal SIGINT"), "drop main return", "add 681ms signal SIGTERM")
	held := `--- {services: [{name: a}, {name: b}], main: [build, start, waitForShutdown, {block: 900ms}, {return: 3}], signals: [{after: lifetime.applicationStarted, wait: 300ms, send: SIGINT}, {after: host.waitForShutdown.end, wait: 300ms, send: SIGINT}]}`
	waited := edit(replaced(whole, "SIGTERM", "SIGINT"), "drop b dispose", "drop a dispose", "set host run begin => host start begin", "put host start end ok after log Debug =Host#2", "put host waitForShutdown begin after host start end", "set host run end => host waitForShutdown end ok", "drop main return", "add 681ms signal SIGINT")
	judge(t, []row{
		{"it ends the process", "HOST-SIG-012", "", "", early, built + "end signaled SIGTERM", Pass, ""},
		{"the start that follows is cut short", "HOST-SIG-012", "", "", early, edit(whole, "drop signal", "cut 2ms", "add 0ms signal SIGTERM", "add 5ms host run end cancelled", "end exited 1"), Vacuous, ""},
		{"it is swallowed", "HOST-SIG-012", "", "", early, built + "900ms host run begin\n a start begin live\n a start end ok\n b start begin live\n b start end ok\nend hang", Fail, "signal"},
		{"no signal", "HOST-SIG-012", "", "", early, whole, Vacuous, ""},

		{"it kills", "HOST-SIG-013", "strict", "", early, built + "end signaled SIGTERM", Pass, ""},
		{"an exit with 143", "HOST-SIG-013", "dotnet-9", "", early, built + "end exited 143", Pass, ""},
		{"an exit with 0", "HOST-SIG-013", "dotnet-2.2", "", early, built + "end exited 0", Pass, ""},
		{"the host took it", "HOST-SIG-013", "dotnet-10", "", early, built + "end exited 0", Fail, "signal"},
		{"the host was running", "HOST-SIG-013", "strict", "", wholePlan, whole, Vacuous, ""},

		{"the start is cut short", "HOST-SIG-014", "", "", starting, cancelled, Pass, ""},
		{"the process dies of it", "HOST-SIG-014", "", "", starting, edit(begun, "end signaled SIGTERM"), Fail, "signal"},
		{"the host was running", "HOST-SIG-014", "", "", wholePlan, whole, Vacuous, ""},

		{"the start is cut short", "HOST-SIG-015", "", "", starting, cancelled, Pass, ""},
		{"it is forgotten", "HOST-SIG-015", "", "", starting, edit(begun, "add 2010ms b start end ok", "end hang"), Fail, "signal"},
		{"the start never ends", "HOST-SIG-015", "", "", starting, edit(begun, "end hang"), Vacuous, ""},
		{"the host was running", "HOST-SIG-015", "", "", wholePlan, whole, Vacuous, ""},

		{"the default is back", "HOST-SIG-018", "strict", "", after, edit(over, "end signaled SIGTERM"), Pass, ""},
		{"it is swallowed", "HOST-SIG-018", "strict", "", after, edit(over, "add 1280ms main return =3"), Fail, "signal SIGTERM"},
		{"SIGINT is swallowed for ever", "HOST-SIG-018", "dotnet-2.2", "", replaced(after, "SIGTERM", "SIGINT"), edit(replaced(over, "SIGTERM", "SIGINT"), "add 1280ms main return =3"), Pass, ""},
		{"SIGINT kills all the same", "HOST-SIG-018", "dotnet-2.2", "", replaced(after, "SIGTERM", "SIGINT"), edit(replaced(over, "SIGTERM", "SIGINT"), "end signaled SIGINT"), Fail, "signal SIGINT"},
		{"a disposal failed", "HOST-SIG-018", "strict", "", after, edit(over, "drop a dispose end", "add 1280ms main return =3"), Vacuous, ""},
		{"nothing comes after", "HOST-SIG-018", "strict", "", wholePlan, whole, Vacuous, ""},

		{"it is swallowed", "HOST-SIG-019", "dotnet-8", "", held, edit(waited, "add 1280ms main return =3"), Pass, ""},
		{"the process dies of it", "HOST-SIG-019", "dotnet-8", "", held, edit(waited, "end signaled SIGINT"), Fail, "signal SIGINT"},
		{"the host was disposed", "HOST-SIG-019", "dotnet-8", "", after, edit(over, "end signaled SIGTERM"), Vacuous, ""},
	})
}

// TestSentMatchesStimuli ties signals of one name to their stimuli in the order in which these were due.
func TestSentMatchesStimuli(t *testing.T) {
	r := runOf(t, `--- {services: [{name: a}, {name: b}], signals: [{after: b.stop.begin, wait: 100ms, send: SIGTERM}, {after: lifetime.applicationStarted, wait: 300ms, send: SIGTERM}]}`,
		edit(whole, "add 421ms signal SIGTERM"))
	sent := r.Sent()
	if len(sent) != 2 || r.Event(sent[0].From).What != "applicationStarted" || r.Event(sent[1].From).What != "stop" {
		t.Fatalf("got %+v", sent)
	}
	if sent[0].Due != duration("311ms") || sent[1].Due != duration("420ms") {
		t.Errorf("due at %v and %v, want 311ms and 420ms", sent[0].Due, sent[1].Due)
	}
	if started := r.First("lifetime", "applicationStarted", 0); !r.SurelyAfter(sent[0], started) || r.SurelyAfter(sent[0], sent[1].From) {
		t.Error("the first signal certainly came after ApplicationStarted, and not after the stop of b")
	}
}
