//go:build unix

package process

import (
	"context"
	"os"
	"os/exec"
	"testing"

	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/spec"
)

const (
	sigtermPlan = `{"services":[{"name":"a"},{"name":"b"},{"name":"c"}],"signals":[{"after":"lifetime.applicationStarted","send":"SIGTERM"}]}`
	requestPlan = `{"services":[{"name":"a"},{"name":"b"},{"name":"c","start":[{"stopApplication":true}]}]}`
)

func play1(b *testing.B, r *Runner, p *plan.Plan) {
	_, after, err := r.Run(context.Background(), p)
	if err != nil {
		b.Errorf("%v: %s", err, after.Stderr)
	}
}

// BenchmarkRuns measures whole runs of a Go child with three services: a process for each (SIGTERM, real exit), one process for
// all (a stop request), and the virtual lane; one after the other and two at a time.
func BenchmarkRuns(b *testing.B) {
	for _, c := range []struct{ name, lane, plan string }{
		{"fresh", spec.Process, sigtermPlan},
		{"served", spec.Process, requestPlan},
		{"virtual", spec.Virtual, sigtermPlan},
	} {
		p := parse(b, c.plan)
		b.Run(c.name, func(b *testing.B) {
			r := runner(b, "good")
			r.Lane = c.lane
			for b.Loop() {
				play1(b, r, p)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "runs/s")
		})
		b.Run(c.name+"/j=2", func(b *testing.B) {
			r := runner(b, "good")
			r.Lane = c.lane
			b.SetParallelism(1)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					play1(b, r, p)
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "runs/s")
		})
	}
}

func init() { testChildren["nothing"] = func() {} }

// BenchmarkOwnCost compares a run of a child that ends at once with the bare start and wait of the same program: the
// difference is what the runner costs.
func BenchmarkOwnCost(b *testing.B) {
	b.Run("bare", func(b *testing.B) {
		self, err := os.Executable()
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			c := exec.Command(self)
			c.Env = append(os.Environ(), childVar+"=nothing")
			if err := c.Run(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("run", func(b *testing.B) {
		r := runner(b, "nothing")
		p := parse(b, sigtermPlan)
		for b.Loop() {
			if _, _, err := r.Run(context.Background(), p); err == nil {
				b.Fatal("a child without an identity passed")
			}
		}
	})
}
