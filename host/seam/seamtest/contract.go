// Package seamtest holds what every [seam.Runtime] owes the host, as a table of behaviours that runs on the production side
// of the seam and on the simulated side alike, so that the two are held to one contract.
package seamtest

import (
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/hostsim/hostsim/host/seam"
)

// Play runs body on the first thread of a new runtime whose time is virtual, and returns when body has returned. Body
// reports failures with t.Error only: it may run on a thread that a test cannot be ended from.
type Play func(t *testing.T, body func(seam.Runtime))

// behaviour is one thing that a runtime owes: what happens, and when, in the order in which it must happen.
type behaviour struct {
	name string
	run  func(*Run)
	want []string // "MILLISECONDS WHAT"
}

// Test runs every behaviour of the contract on the runtimes that play makes.
func Test(t *testing.T, play Play) {
	for _, group := range []struct {
		name string
		list []behaviour
	}{{"threads", threads}, {"waits", waits}, {"timers", timers}, {"mutexes", mutexes}, {"tokens", tokens}, {"sources", sources}} {
		t.Run(group.name, func(t *testing.T) {
			for _, b := range group.list {
				t.Run(b.name, func(t *testing.T) {
					r := &Run{T: t}
					play(t, func(rt seam.Runtime) {
						r.RT, r.began = rt, rt.Now()
						b.run(r)
						rt.Wait(seam.Wait{Limit: time.Hour, Why: "everything to come to rest"})
					})
					if got := r.said(); !reflect.DeepEqual(got, b.want) {
						t.Errorf("got\n%s\nwant\n%s", lines(got), lines(b.want))
					}
				})
			}
		})
	}
}

func lines(list []string) string {
	out := ""
	for _, l := range list {
		out += "  " + l + "\n"
	}
	return out
}

// Run is one run of a behaviour. Its methods may be called from any thread of the runtime.
type Run struct {
	T  *testing.T
	RT seam.Runtime

	began time.Time
	mu    sync.Mutex
	list  []string
}

// Say records that something happened now.
func (r *Run) Say(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, fmt.Sprintf("%d %s", r.RT.Now().Sub(r.began).Milliseconds(), what))
}

// Sayf is Say with a format.
func (r *Run) Sayf(format string, args ...any) { r.Say(fmt.Sprintf(format, args...)) }

func (r *Run) said() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.list
}

// sleep waits for d milliseconds and gives the thread back meanwhile; hold keeps it.
func (r *Run) sleep(d int) {
	r.RT.Wait(seam.Wait{Limit: time.Duration(d) * time.Millisecond, Why: "a sleep"})
}

func (r *Run) hold(d int) {
	r.RT.Wait(seam.Wait{Limit: time.Duration(d) * time.Millisecond, Holds: true, Why: "a blocked thread"})
}

// in runs f on a thread of its own after d milliseconds.
func (r *Run) in(d int, f func()) {
	r.RT.AfterFunc(time.Duration(d)*time.Millisecond, "later", f)
}

// woken is a Woken in words.
func woken(w seam.Woken) string {
	return map[seam.Woken]string{seam.TimedOut: "timed out", seam.ByFor: "by For", seam.ByOr: "by Or"}[w]
}
