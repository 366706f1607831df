package checks

import "testing"

// serving is the life of two services that listen, and of clients that connect.
const (
	servingPlan = `--- {options: {shutdownTimeout: 5s}, services: [{name: a, start: [{listen: "tcp:web"}, {spawn: [{accept: "tcp:web"}]}], stop: [{close: "tcp:web"}, {drain: "tcp:web"}]}, {name: b, start: [{listen: "unix:app.sock"}], stop: [{close: "unix:app.sock"}]}], main: [build, run, {return: 3}], connections: [{name: c, after: lifetime.applicationStarted, wait: 100ms, dial: "tcp:web", hold: 1s}], signals: [{after: lifetime.applicationStarted, wait: 300ms, send: SIGTERM}]}`
	serving     = `
0ms host build begin
 host build end ok
 host run begin
10ms a start begin live
 a listen ok =tcp:web
 a start end ok
 b start begin live
 b listen ok =unix:app.sock
 b start end ok
11ms lifetime applicationStarted
111ms net connect ok =tcp:web
112ms a/thread accepted ok =tcp:web
311ms signal SIGTERM
312ms lifetime applicationStopping
320ms b stop begin live
321ms b close ok =unix:app.sock
330ms b stop end ok
340ms a stop begin live
341ms a close ok =tcp:web
1111ms net disconnect ok =tcp:web
1112ms a stop end ok
1360ms lifetime applicationStopped
1380ms host run end ok
1381ms main return =3
end exited 3`
)

func TestSockets(t *testing.T) {
	late := replaced(servingPlan, "{return: 3}]", "{block: 1s}, {return: 3}]")
	short := replaced(servingPlan, "shutdownTimeout: 5s", "shutdownTimeout: 500ms")
	gaveUp := edit(serving, "drop net disconnect", "drop a stop end", "add 840ms a stop end cancelled", "add 1390ms net disconnect error:reset =tcp:web")
	inUse := `--- {services: [{name: a, start: [{listen: "unix:a.sock"}], stop: [{close: "unix:a.sock"}]}, {name: b, start: [{listen: "unix:b.sock"}], stop: [{close: "unix:b.sock"}]}], files: [{path: b.sock, state: live}]}`
	refused := `
0ms host build begin
 host build end ok
 host run begin
10ms a start begin live
 a listen ok =unix:a.sock
 a start end ok
 b start begin live
 b listen error:in_use =unix:b.sock
 b start end error:in_use
11ms host run end error:in_use
 main threw error:in_use
end signaled SIGABRT`
	left := edit(refused, "add 12ms world left =unix:a.sock")
	closed := edit(refused, "put a stop begin live before host run end", "put a close ok =unix:a.sock before host run end", "put a stop end ok before host run end")
	stale := replaced(inUse, "live", "stale")
	replacedFile := edit(whole, "put b listen ok =unix:b.sock after b start begin")
	fault := `--- {options: {shutdownTimeout: 5s}, services: [{name: a, start: [{listen: "tcp:web"}], stop: [{close: "tcp:web"}]}, {name: w, kind: background, execute: [{delay: 100ms}, {throw: boom}]}, {name: c}], main: [build, run, {return: 3}], mainCatches: true}`
	faulty := edit(broken, "put a listen ok =tcp:web after a start begin", "put a close ok =tcp:web after a stop begin", "add 382ms main return =0", "end exited 0")
	hung := edit(serving, "drop b close", "set b stop end => b abandoned", "drop net disconnect", "drop a stop end", "drop a stop begin", "drop a close", "add 5400ms a stop begin dead", "add 5401ms a close ok =tcp:web", "add 5402ms a stop end cancelled", "drop host run end", "drop main return", "add 5500ms host run end error:abandoned", "add 5501ms main return =3")
	early := `--- {services: [{name: a, start: [{listen: "unix:a.sock"}], stop: [{close: "unix:a.sock"}]}, {name: b, start: [{delay: 2s}]}], main: [build, run, {return: 3}], signals: [{after: b.start.begin, wait: 300ms, send: SIGTERM}]}`
	cut := `
0ms host build begin
 host build end ok
 host run begin
10ms a start begin live
 a listen ok =unix:a.sock
 a start end ok
 b start begin live
310ms signal SIGTERM
 lifetime applicationStopping
 b start end cancelled
311ms a stop begin live
 a close ok =unix:a.sock
 a stop end ok
312ms host run end ok
 main return =3
end exited 3`
	judge(t, []row{
		{"all closed", "HOST-SOCK-001", "", "", servingPlan, serving, Pass, ""},
		{"a service is not stopped", "HOST-SOCK-001", "", "", servingPlan, edit(serving, "drop a stop", "drop a close", "add 1400ms world leak =listener"), Fail, "world leak"},
		{"the process ends under a stop", "HOST-SOCK-001", "", "", servingPlan, edit(serving, "drop a close", "drop a stop end"), Fail, "-"},
		{"the service's own stop failed", "HOST-SOCK-001", "", "", servingPlan, edit(serving, "drop a close", "drop b close", "set a stop end => a stop end error:x", "set b stop end => b stop end error:x"), Vacuous, ""},
		{"no listener", "HOST-SOCK-001", "", "", wholePlan, whole, Vacuous, ""},

		{"none left", "HOST-SOCK-002", "", "", servingPlan, serving, Pass, ""},
		{"one left", "HOST-SOCK-002", "", "", servingPlan, edit(serving, "drop b close", "drop b stop", "add 1400ms world left =unix:app.sock"), Fail, "world left"},
		{"no socket file", "HOST-SOCK-002", "", "", wholePlan, whole, Vacuous, ""},
		{"killed", "HOST-SOCK-002", "", "", servingPlan, edit(serving, "cut 320ms", "end signaled SIGKILL"), Vacuous, ""},

		{"taken", "HOST-SOCK-003", "", "", servingPlan, serving, Pass, ""},
		{"refused", "HOST-SOCK-003", "", "", servingPlan, edit(serving, "set net connect => net connect error:refused =tcp:web"), Fail, "net connect"},
		{"refused though the stop of another is under way", "HOST-SOCK-003", "", "", replaced(servingPlan, "wait: 100ms", "wait: 314ms"), edit(serving, "drop net", "drop a/thread", "add 325ms net connect error:refused =tcp:web"), Fail, "net connect"},
		{"refused when it was told to stop", "HOST-SOCK-003", "", "", servingPlan, edit(serving, "drop net", "drop a/thread", "add 345ms net connect error:refused =tcp:web"), Vacuous, ""},
		{"no client", "HOST-SOCK-003", "", "", wholePlan, whole, Vacuous, ""},
		{"too close to call with a real process", "HOST-SOCK-003", "", "process", servingPlan, edit(serving, "drop net", "drop a/thread", "add 339ms net connect error:refused =tcp:web"), Vacuous, ""},

		{"finished", "HOST-SOCK-004", "", "", servingPlan, serving, Pass, ""},
		{"cut", "HOST-SOCK-004", "", "", servingPlan, edit(serving, "set net disconnect => net disconnect error:reset =tcp:web"), Fail, "net disconnect"},
		{"cut by the end of the process", "HOST-SOCK-004", "", "", servingPlan, edit(serving, "cut 400ms", "add 400ms host run end ok", "add 401ms main return =3", "add 401ms net disconnect error:reset =tcp:web"), Fail, "net disconnect"},
		{"cut at the deadline", "HOST-SOCK-004", "", "", short, gaveUp, Vacuous, ""},
		{"nobody had accepted it", "HOST-SOCK-004", "", "", servingPlan, edit(serving, "drop a/thread", "set net disconnect => net disconnect error:reset =tcp:web"), Vacuous, ""},
		{"no drain", "HOST-SOCK-004", "", "", wholePlan, whole, Vacuous, ""},

		{"refused", "HOST-SOCK-005", "", "", late, edit(serving, "add 1382ms net connect error:refused =tcp:web"), Pass, ""},
		{"taken", "HOST-SOCK-005", "", "", late, edit(serving, "add 1382ms net connect ok =tcp:web"), Fail, "net connect"},
		{"asked from within", "HOST-SOCK-005", "", "", late, edit(serving, "add 1382ms main dial ok =tcp:web"), Fail, "main dial"},
		{"opened again", "HOST-SOCK-005", "", "", late, edit(serving, "add 1381ms b listen ok =tcp:web", "add 1382ms net connect ok =tcp:web"), Vacuous, ""},
		{"no client came later", "HOST-SOCK-005", "", "", servingPlan, serving, Vacuous, ""},

		{"at the deadline", "HOST-SOCK-006", "", "", short, gaveUp, Pass, ""},
		{"never", "HOST-SOCK-006", "", "", short, edit(gaveUp, "cut 840ms", "end hang"), Fail, "-"},
		{"much later", "HOST-SOCK-006", "", "", short, edit(gaveUp, "cut 840ms", "add 9s a stop end ok"), Fail, "a stop end"},
		{"the client was quicker", "HOST-SOCK-006", "", "", servingPlan, serving, Vacuous, ""},

		{"the start fails", "HOST-SOCK-007", "", "", inUse, refused, Pass, ""},
		{"the start succeeds", "HOST-SOCK-007", "", "", inUse, edit(refused, "set host run end => host run end ok"), Fail, "host run end"},
		{"the application has started", "HOST-SOCK-007", "", "", inUse, edit(refused, "put lifetime applicationStarted before host run end"), Fail, "lifetime applicationStarted"},
		{"no failure", "HOST-SOCK-007", "", "", servingPlan, serving, Vacuous, ""},

		{"replaced", "HOST-SOCK-008", "", "", stale, replacedFile, Pass, ""},
		{"in the way", "HOST-SOCK-008", "", "", stale, refused, Fail, "b listen"},
		{"somebody listens", "HOST-SOCK-008", "", "", inUse, refused, Vacuous, ""},
		{"no file", "HOST-SOCK-008", "", "", servingPlan, serving, Vacuous, ""},

		{"left alone", "HOST-SOCK-009", "", "", inUse, refused, Pass, ""},
		{"taken away", "HOST-SOCK-009", "", "", inUse, replacedFile, Fail, "b listen"},
		{"another kind of file", "HOST-SOCK-009", "", "", replaced(inUse, "live", "foreign"), replacedFile, Fail, "b listen"},
		{"nobody listens", "HOST-SOCK-009", "", "", stale, replacedFile, Vacuous, ""},

		{"closed", "HOST-SOCK-010", "", "", fault, faulty, Pass, ""},
		{"left", "HOST-SOCK-010", "", "", fault, edit(faulty, "drop a close", "drop a stop"), Fail, "-"},
		{"nothing failed", "HOST-SOCK-010", "", "", servingPlan, serving, Vacuous, ""},

		{"closed", "HOST-SOCK-011", "strict", "", inUse, closed, Pass, ""},
		{"left", "HOST-SOCK-011", "strict", "", inUse, left, Fail, "world left"},
		{"left with its service", "HOST-SOCK-011", "dotnet-8", "", inUse, left, Pass, ""},
		{"closed where it must not", "HOST-SOCK-011", "dotnet-8", "", inUse, closed, Fail, "a stop begin"},
		{"no failure", "HOST-SOCK-011", "strict", "", servingPlan, serving, Vacuous, ""},

		{"closed all the same", "HOST-SOCK-012", "strict", "", servingPlan, hung, Pass, ""},
		{"left", "HOST-SOCK-012", "strict", "", servingPlan, edit(hung, "drop a stop", "drop a close"), Fail, "-"},
		{"nobody was late", "HOST-SOCK-012", "strict", "", servingPlan, serving, Vacuous, ""},

		{"closed", "HOST-SOCK-013", "strict", "", early, cut, Pass, ""},
		{"left", "HOST-SOCK-013", "strict", "", early, edit(cut, "drop a stop", "drop a close"), Fail, "-"},
		{"the host was running", "HOST-SOCK-013", "strict", "", servingPlan, serving, Vacuous, ""},

		{"the younger first", "HOST-SOCK-014", "strict", "", servingPlan, serving, Pass, ""},
		{"the older first", "HOST-SOCK-014", "strict", "", servingPlan, edit(serving, "drop a close", "add 315ms a close ok =tcp:web"), Fail, "a close"},
		{"at once", "HOST-SOCK-014", "strict", "", replaced(servingPlan, "shutdownTimeout: 5s", "concurrentStop: true"), serving, Vacuous, ""},
		{"no listener", "HOST-SOCK-014", "strict", "", wholePlan, whole, Vacuous, ""},
	})
}
