package checks

import (
	"math/rand/v2"
	"testing"

	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// TestBrokenLives takes lives that are whole apart, with plans that have signals, exits, sockets and failures, and proves
// that every check bears what is left.
func TestBrokenLives(t *testing.T) {
	lives := []struct{ plan, life string }{
		{wholePlan, whole}, {failingPlan, failed}, {workingPlan, working}, {brokenPlan, broken}, {servingPlan, serving},
		{`--- {services: [{name: a, stop: [{exit: 7}]}, {name: b, new: [{throw: x}]}], processExit: [{exit: 9}], signalHandlers: [{signal: SIGTERM}], main: [build, {exitCode: 4}, run, {block: 1s}], signals: [{after: lifetime.applicationStarted, send: SIGHUP}, {after: a.stop.begin, wait: 1h, send: SIGTERM}]}`, whole},
		{`--- {services: [{name: a, start: [{listen: "unix:a.sock"}], dispose: [{throw: y}]}, {name: b, kind: background, execute: [{onCancelThrow: cb}, throwCancelled]}], files: [{path: a.sock, state: stale}, {path: b.sock, state: foreign}], options: {startupTimeout: 0s, backgroundException: ignore}}`, whole},
	}
	rnd := rand.New(rand.NewPCG(3, 4))
	for _, l := range lives {
		p, err := plan.Parse("plan.yaml", []byte(l.plan))
		if err != nil {
			t.Fatal(err)
		}
		tr, _ := parseTrace(t, l.life)
		for i := range 40 {
			b := make([]byte, 1+3*rnd.IntN(8))
			for k := range b {
				b[k] = byte(rnd.Uint32())
			}
			judgeOne(t, mutate(tr, b), []*plan.Plan{p}, 0, i)
			judgeOne(t, &trace.Trace{Events: tr.Events[:i%len(tr.Events)], End: trace.Ending{Kind: fuzzEnds[i%len(fuzzEnds)]}}, []*plan.Plan{p}, 0, i)
		}
	}
}
