package adaptertest

import (
	"context"
	"testing"

	"github.com/hostsim/hostsim/conformance/process"
	"github.com/hostsim/hostsim/spec"
)

// Bench measures whole runs of an adapter with three services, from the plan to the trace, in runs a second: a process for each
// (SIGTERM, real exit), one process for many (a stop request), and the virtual lane; one after the other, and as many at a
// time as there are cores. What the adapter does not offer is skipped.
// The processor time of a run, ours and the child's, is measured too: it says what a machine can do that is not busy with other things.
func Bench(b *testing.B, command []string) {
	const sigterm = `{"services":[{"name":"a"},{"name":"b"},{"name":"c"}],"signals":[{"after":"lifetime.applicationStarted","send":"SIGTERM"}]}`
	const request = `{"services":[{"name":"a"},{"name":"b"},{"name":"c","start":[{"stopApplication":true}]}]}`
	id, _, err := (&process.Runner{Command: command}).Identify(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct{ name, lane, plan string }{{"fresh", spec.Process, sigterm}, {"served", spec.Process, request}, {"virtual", spec.Virtual, sigterm}} {
		if !id.Offers(c.lane) || c.name == "served" && !id.Reuse {
			continue
		}
		p := Parse(b, c.plan)
		bench := func(name string, loop func(*testing.B, func())) {
			b.Run(name, func(b *testing.B) {
				r := &process.Runner{Command: command, Lane: c.lane}
				used := cpu()
				loop(b, func() {
					if _, after, err := r.Run(context.Background(), p); err != nil {
						b.Errorf("%v: %s", err, after.Stderr)
					}
				})
				wall := b.Elapsed()
				_ = r.Close() // a process that served is counted now
				b.ReportMetric(float64(b.N)/wall.Seconds(), "runs/s")
				b.ReportMetric((cpu()-used).Seconds()*1e3/float64(b.N), "cpu-ms/run")
			})
		}
		bench(c.name, func(b *testing.B, run func()) {
			for b.Loop() {
				run()
			}
		})
		bench(c.name+"/parallel", func(b *testing.B, run func()) {
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					run()
				}
			})
		})
	}
}
