//go:build unix

package process

import (
	"context"
	"os"
	"os/exec"
	"testing"
)

const sigtermPlan = `{"services":[{"name":"a"},{"name":"b"},{"name":"c"}],"signals":[{"after":"lifetime.applicationStarted","send":"SIGTERM"}]}`

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
