package explore_test

import (
	"bytes"
	"context"
	"runtime/debug"
	"testing"

	"github.com/hostsim/hostsim/conformance/explore"
	"github.com/hostsim/hostsim/conformance/virtual"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/spec"
)

func options(t testing.TB, text, profile, strategy string, schedules int) explore.Options {
	t.Helper()
	p, err := plan.Parse("test.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return explore.Options{
		Scenario: "test", Plan: p, Profile: spec.MustLoad().MustProfile(profile), Strategy: strategy, Schedules: schedules, Seed: 1,
		NewPlayer: func() explore.Player { return virtual.New(nil) },
	}
}

const twoServices = `
services: [{name: a}, {name: b}]
main: [build: true, run: true, return: 3]
signals: [{after: lifetime.applicationStarted, wait: 300ms, send: SIGTERM}]
`

// A thread that stops the application races the signal for the lock; on 3.1 the one that exits keeps it for ever.
const exitRace = `
services: [{name: a}, {name: b}, {name: c, stop: [delay: 40ms]}]
main: [build: true, run: true, return: 3]
applicationStarted: [[spawn: [{delay: 300ms}, {exit: 7}]]]
applicationStopping: [[mark: x]]
signals: [{after: lifetime.applicationStarted, wait: 300ms, send: SIGINT}]
`

func TestPartsJoinToTheWhole(t *testing.T) {
	for _, strategy := range []string{explore.Random, explore.PCT, explore.Exhaustive} {
		t.Run(strategy, func(t *testing.T) {
			o := options(t, exitRace, "dotnet-3.1", strategy, 3000)
			whole := run(t, o)
			var parts []*explore.Result
			for k := range 3 {
				o.Shard, o.Of = k, 3
				b := run(t, o)
				r, err := explore.ParseResult(b)
				if err != nil {
					t.Fatal(err)
				}
				parts = append([]*explore.Result{r}, parts...)
			}
			merged, err := explore.Merge(parts, false)
			if err != nil {
				t.Fatal(err)
			}
			got, _ := merged.JSON()
			if !bytes.Equal(got, whole) {
				t.Errorf("three parts merged give\n%s\none long run gave\n%s", got, whole)
			}
		})
	}
}

func run(t *testing.T, o explore.Options) []byte {
	t.Helper()
	r, err := explore.Explore(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	b, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// BenchmarkSchedules is the two-service SIGTERM scenario under all clauses of strict, with the collector as the command sets
// it: with what is known of earlier schedules, as the command explores, and with every schedule played anew.
func BenchmarkSchedules(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(1600))
	for _, strategy := range []string{explore.Random, explore.PCT} {
		for name, anew := range map[string]bool{"known": false, "anew": true} {
			b.Run(strategy+"/"+name, func(b *testing.B) {
				o := options(b, twoServices, "strict", strategy, b.N)
				o.Jobs, o.Anew = 1, anew
				b.ReportAllocs()
				if _, err := explore.Explore(context.Background(), o); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "schedules/s")
			})
		}
	}
}
