package checks

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

// TestEveryClauseHasACheck and the other way round. The clauses about any program at all are judged from outside, by
// package probe.
func TestEveryClauseHasACheck(t *testing.T) {
	s := spec.MustLoad()
	for _, c := range s.Clauses {
		switch has := Lookup(c.ID) != nil; {
		case c.Area == "PROBE":
		case c.Retired == "" && !has:
			t.Errorf("%s has no check; write one in the files of area %s in this folder: Register(%q, …)", c.ID, c.Area, c.ID)
		case c.Retired != "" && has:
			t.Errorf("%s is retired and has a check", c.ID)
		}
	}
	for _, id := range IDs() {
		if s.Clause(id) == nil {
			t.Errorf("the check %s has no clause", id)
		}
	}
}

// TestNothingSeen proves that a run in which nothing happened passes no clause.
func TestNothingSeen(t *testing.T) {
	s := spec.MustLoad()
	for _, text := range []string{"", "0ms host build begin\n host build end ok"} {
		tr, _ := parseTrace(t, text)
		for _, c := range s.Clauses {
			check := Lookup(c.ID)
			if check == nil {
				continue
			}
			for _, name := range c.Profiles {
				for _, p := range fuzzPlans(t) {
					got := check(&Run{Plan: p, Trace: tr, Profile: s.MustProfile(name), Lane: spec.Virtual})
					if got.Kind == Pass {
						t.Errorf("%s in %s passes a run in which nothing happened", c.ID, name)
					}
				}
			}
		}
	}
}

// fuzzPlans are plans that together have every key and most steps.
func fuzzPlans(t testing.TB) []*plan.Plan {
	t.Helper()
	var out []*plan.Plan
	for _, text := range []string{
		abc,
		`{services: [{name: a, kind: lifecycle, stop: [{delay: 1s}]}, {name: b, kind: lifecycle, start: [{throw: x}]}, {name: w, kind: background, execute: [{untilCancelled: throw}]}], options: {shutdownTimeout: 1s, startupTimeout: 2s, concurrentStart: true, concurrentStop: true}, hostLifetime: {waitForStart: [{delay: 1s}], stop: [{throw: y}]}, applicationStopping: [[{block: 1s}], [{throw: z}]], applicationStarted: [[], []], mainCatches: true}`,
		`{services: [{name: a, stop: [{hang: true}]}, {name: b, dispose: [{throw: d}]}], config: {shutdownTimeoutSeconds: "1", servicesStartConcurrently: "true"}, main: [{build: true}, {startCancelAfter: 1s}, {stopTimeout: 1s}, {stop: true}, {dispose: true}, {return: 2}], processExit: [{exit: 3}], signals: [{after: a.start.end, wait: 1s, send: SIGTERM}, {after: lifetime.applicationStarted, wait: 1s, send: SIGINT}]}`,
		`{options: {shutdownTimeout: inf}, services: [{name: a, start: [{listen: "tcp:web"}, {accept: "tcp:web"}], stop: [{close: "tcp:web"}]}, {name: b, new: [{throw: n}]}], main: [{build: true}, {runCancelAfter: 1s}], connections: [{name: c, after: a.start.end, dial: "tcp:web", hold: 1s}], signalHandlers: [{signal: SIGTERM, cancel: true}]}`,
		`{options: {shutdownTimeout: 0s}, services: [], main: [{build: true}, {start: true}, {stopApplication: true}, {waitForShutdown: true}, {stopCancelled: true}]}`,
	} {
		p, err := plan.Parse("plan.yaml", []byte("# a comment keeps this from being JSON\n"+text))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, p)
	}
	return append(out, nil)
}

var (
	fuzzWho = []string{"a", "b", "c", "w", trace.Host, trace.Lifetime, trace.HostLifetime, trace.Process, trace.Main, trace.ProcessExit, trace.Signal,
		trace.SignalHandler, trace.Log, trace.Net, trace.World, "systemd", "a/thread", "", "nobody"}
	fuzzWhat = []string{"new", "starting", "start", "started", "execute", "stopping", "stop", "stopped", "dispose", "build", "run", "waitForShutdown",
		"waitForStart", "applicationStarted", "applicationStopping", "applicationStopped", "stopApplication", "stopHost", "tokenFired", "abandoned",
		"exit", "processExit", "return", "threw", "mark", "SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "Debug", "Error", "Critical", "Information", "listen",
		"close", "connect", "disconnect", "accepted", "leak", "left", "notify", "cancelCallback", "start.token", ""}
	fuzzOutcome = []string{"", trace.OK, trace.WasCancelled, "error:x", "error:", "aggregate(error:x,cancelled)", "aggregate(", "aggregate()", "error:refused", "error:reset"}
	fuzzDetail  = []trace.Detail{{}, trace.Number(0), trace.Number(1), trace.Number(3), trace.Number(-1), trace.Text("Host#1"), trace.Text("Host#3"), trace.Text("Host#4"),
		trace.Text("Host#9"), trace.Text("Host#11"), trace.Text("Lifetime#0:Application"), trace.Text("tcp:web"), trace.Text("unix:app.sock"), trace.Text("READY=1"), trace.Text("")}
	fuzzEnds = []trace.EndKind{trace.Exited, trace.Signaled, trace.Deadlock, trace.HangEnd, trace.Killed, ""}
)

// fuzzTrace makes a trace of bytes: five for an event, the last for the end.
func fuzzTrace(b []byte) *trace.Trace {
	tr := &trace.Trace{}
	pick := func(x byte, n int) int { return int(x) % n }
	for ; len(b) >= 5; b = b[5:] {
		tr.Events = append(tr.Events, trace.Event{
			At:      time.Duration(len(tr.Events)*int(b[4])) * 10 * time.Millisecond,
			Who:     fuzzWho[pick(b[0], len(fuzzWho))],
			What:    fuzzWhat[pick(b[1], len(fuzzWhat))],
			Phase:   trace.Phase(pick(b[2], 3)),
			Token:   trace.Token(pick(b[2]/3, 3)),
			Outcome: fuzzOutcome[pick(b[3], len(fuzzOutcome))],
			Detail:  fuzzDetail[pick(b[4], len(fuzzDetail))],
		})
	}
	if len(b) > 0 {
		tr.End.Kind = fuzzEnds[pick(b[0], len(fuzzEnds))]
		tr.End.Code = pick(b[0]/6, 8)
		tr.End.Signal = []string{"SIGTERM", "SIGINT", "SIGABRT"}[pick(b[0], 3)]
	}
	return tr
}

// mutate makes a trace of a real one: bytes say which events are dropped, doubled, moved or changed.
func mutate(tr *trace.Trace, b []byte) *trace.Trace {
	ev := append([]trace.Event(nil), tr.Events...)
	for ; len(b) >= 3 && len(ev) > 1; b = b[3:] {
		i, k := int(b[1])%len(ev), int(b[2])%len(ev)
		switch b[0] % 7 {
		case 0:
			ev = append(ev[:i], ev[i+1:]...)
		case 1:
			ev = append(ev, ev[i])
		case 2:
			ev[i], ev[k] = ev[k], ev[i]
		case 3:
			ev[i].Outcome = fuzzOutcome[int(b[2])%len(fuzzOutcome)]
		case 4:
			ev[i].Token = trace.Token(b[2] % 3)
		case 5:
			ev[i].At = time.Duration(b[2]) * 50 * time.Millisecond
		case 6:
			ev = ev[:i+1]
		}
	}
	end := tr.End
	if len(b) > 0 {
		end = trace.Ending{Kind: fuzzEnds[int(b[0])%len(fuzzEnds)]}
	}
	return &trace.Trace{Events: ev, End: end}
}

// judgeAll runs every check on a trace under every plan, profile and lane.
func judgeAll(t testing.TB, tr *trace.Trace, plans []*plan.Plan) {
	for n := range plans {
		for k := range 2 * len(spec.MustLoad().Profiles) {
			judgeOne(t, tr, plans, n, k)
		}
	}
}

// judgeOne runs every check on a trace under one plan, profile and lane, and proves what any check must keep whatever it
// is given: it does not panic, blames an event that exists, says why, and says the same again.
func judgeOne(t testing.TB, tr *trace.Trace, plans []*plan.Plan, n, k int) {
	profiles := spec.MustLoad().Profiles
	profile, lane := profiles[k/2%len(profiles)], []string{spec.Virtual, spec.Process}[k%2]
	n %= len(plans)
	run, again := &Run{Plan: plans[n], Trace: tr, Profile: profile, Lane: lane}, &Run{Plan: plans[n], Trace: tr, Profile: profile, Lane: lane}
	for id, check := range registry {
		got := check(run)
		switch {
		case got.At < -1 || got.At >= len(tr.Events):
			t.Fatalf("%s, plan %d, %s: blames event %d of %d", id, n, profile.Name, got.At, len(tr.Events))
		case got.Kind == Fail && got.Said == "":
			t.Fatalf("%s, plan %d, %s: fails without saying why", id, n, profile.Name)
		case got.Kind != Fail && got.Said != "":
			t.Fatalf("%s, plan %d, %s: says %q and does not fail", id, n, profile.Name, got.Said)
		}
		for _, i := range got.Also {
			if i < 0 || i >= len(tr.Events) {
				t.Fatalf("%s, plan %d, %s: points at event %d of %d", id, n, profile.Name, i, len(tr.Events))
			}
		}
		if second := check(again); !reflect.DeepEqual(got, second) {
			t.Fatalf("%s, plan %d, %s: says %+v first and %+v then", id, n, profile.Name, got, second)
		}
	}
}

// TestChecksBearAnything is a short fuzz with a fixed seed; FuzzChecks is the long one.
func TestChecksBearAnything(t *testing.T) {
	plans := fuzzPlans(t)
	rnd := rand.New(rand.NewPCG(1, 2))
	bytes := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(rnd.UintN(256))
		}
		return b
	}
	n := 8
	if testing.Short() {
		n = 3
	}
	for i := range n {
		judgeAll(t, fuzzTrace(bytes(rnd.IntN(300))), plans)
		base, _ := parseTrace(t, plainStart+plainStop+plainEnd)
		judgeAll(t, mutate(base, bytes(3+i%12)), plans)
	}
}

func FuzzChecks(f *testing.F) {
	plans := fuzzPlans(f)
	base, _ := parseTrace(f, plainStart+plainStop+plainEnd)
	f.Add([]byte{0, 0, 0, 1, 2, 3})
	f.Add([]byte("\x04\x0a\x01\x00\x00\x00\x02\x04\x00\x01\x00\x02\x05\x01\x02\x03"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) < 3 || len(b) > 2000 {
			return
		}
		tr := fuzzTrace(b[3:])
		if b[2]%2 == 0 {
			tr = mutate(base, b[3:])
		}
		judgeOne(t, tr, plans, int(b[0]), int(b[1]))
	})
}

func BenchmarkChecks(b *testing.B) {
	s := spec.MustLoad()
	for _, name := range []string{"core", "strict", "dotnet-10"} {
		profile := s.MustProfile(name)
		b.Run(name, func(b *testing.B) {
			p, err := plan.Parse("plan.yaml", []byte(abc))
			if err != nil {
				b.Fatal(err)
			}
			tr := &trace.Trace{End: trace.Ending{Kind: trace.Exited}}
			for i := range 3 {
				who := fuzzWho[i]
				for _, what := range []string{"start", "stop"} {
					tr.Events = append(tr.Events, trace.Event{Who: who, What: what, Phase: trace.Begin, Token: trace.Live}, trace.Event{Who: who, What: what, Phase: trace.End, Outcome: trace.OK})
				}
			}
			n := 0
			for b.Loop() {
				run := &Run{Plan: p, Trace: tr, Profile: profile, Lane: spec.Virtual}
				for _, c := range profile.Clauses {
					if check := Lookup(c.ID); check != nil {
						check(run)
						n++
					}
				}
			}
			b.ReportMetric(float64(n)/float64(b.N), "checks/op")
		})
	}
}
