package seamtest

import (
	"errors"

	"github.com/hostsim/hostsim/host/seam"
)

var threads = []behaviour{
	{"a thread runs beside the one that started it", func(r *Run) {
		r.RT.Go("t", func() { r.sleep(5); r.Say("t") })
		r.Say("main")
		r.sleep(10)
		r.Say("main again")
	}, []string{"0 main", "5 t", "10 main again"}},

	{"Call returns when the function has returned", func(r *Run) {
		r.RT.Call("f", func() { r.Say("f") })
		r.Say("main")
	}, []string{"0 f", "0 main"}},

	{"Call returns at the first wait that gives the thread back", func(r *Run) {
		r.RT.Call("f", func() { r.Say("f"); r.sleep(10); r.Say("f again") })
		r.Say("main")
	}, []string{"0 f", "0 main", "10 f again"}},

	{"a wait that holds the thread holds the caller", func(r *Run) {
		r.RT.Call("f", func() { r.hold(10); r.Say("f") })
		r.Say("main")
	}, []string{"10 f", "10 main"}},

	{"a held wait, then one that gives the thread back", func(r *Run) {
		r.RT.Call("f", func() { r.hold(10); r.Say("f"); r.sleep(10); r.Say("f again") })
		r.Say("main")
	}, []string{"10 f", "10 main", "20 f again"}},

	{"a wait that is over at once does not give the thread back", func(r *Run) {
		ev := r.RT.NewEvent("e")
		ev.Set()
		r.RT.Call("f", func() {
			r.RT.Wait(seam.Wait{For: ev, Limit: seam.Forever})
			r.RT.Wait(seam.Wait{Or: ev, Limit: seam.Forever})
			r.RT.Wait(seam.Wait{})
			r.hold(1)
			r.Say("f")
		})
		r.Say("main")
	}, []string{"1 f", "1 main"}},

	{"a function that has given the thread back may hold its own", func(r *Run) {
		r.RT.Call("f", func() { r.sleep(5); r.hold(20); r.Say("f") })
		r.Say("main")
		r.sleep(10)
		r.Say("main again")
	}, []string{"0 main", "10 main again", "25 f"}},

	{"calls nest: the inner one gives back to the outer", func(r *Run) {
		r.RT.Call("outer", func() {
			r.RT.Call("inner", func() { r.sleep(10); r.Say("inner") })
			r.hold(5)
			r.Say("outer")
		})
		r.Say("main")
	}, []string{"5 outer", "5 main", "10 inner"}},

	{"calls nest: a held inner one holds everybody", func(r *Run) {
		r.RT.Call("outer", func() {
			r.RT.Call("inner", func() { r.hold(10); r.Say("inner") })
			r.sleep(5)
			r.Say("outer")
		})
		r.Say("main")
	}, []string{"10 inner", "10 main", "15 outer"}},

	{"Start returns when the function has returned", func(r *Run) {
		r.RT.Start("f", func() { r.Say("f") })
		r.Say("main")
	}, []string{"0 f", "0 main"}},

	{"Start returns at the first wait, even one that holds its thread", func(r *Run) {
		r.RT.Start("f", func() { r.hold(10); r.Say("f") })
		r.RT.Start("g", func() { r.sleep(5); r.Say("g") })
		r.Say("main")
	}, []string{"0 main", "5 g", "10 f"}},

	{"Start inside a call does not give the caller's thread back", func(r *Run) {
		r.RT.Call("f", func() { r.RT.Start("g", func() { r.hold(10); r.Say("g") }); r.hold(5); r.Say("f") })
		r.Say("main")
	}, []string{"5 f", "5 main", "10 g"}},

	{"Yield gives the thread back", func(r *Run) {
		r.RT.Call("f", func() { r.RT.Yield(); r.sleep(1); r.Say("f") })
		r.Say("main")
		r.sleep(10)
	}, []string{"0 main", "1 f"}},

	{"Yield on a thread that nobody called does no harm", func(r *Run) {
		r.RT.Yield()
		r.Say("main")
	}, []string{"0 main"}},

	{"what a called function defers runs before the caller goes on", func(r *Run) {
		r.RT.Call("f", func() { defer r.Say("deferred"); r.Say("f") })
		r.Say("main")
	}, []string{"0 f", "0 deferred", "0 main"}},

	{"a panic that is recovered is the function's own business", func(r *Run) {
		r.RT.Call("f", func() {
			defer func() {
				v := recover()
				r.RT.Repanic(v)
				r.Sayf("recovered %v", v)
			}()
			panic(errors.New("boom"))
		})
		r.Say("main")
	}, []string{"0 recovered boom", "0 main"}},

	{"Enter, Leave, Promise and Settle change nothing", func(r *Run) {
		ev := r.RT.NewEvent("e")
		r.RT.Enter("service a", "start")
		r.RT.Promise(ev, "the call returns")
		r.RT.Settle()
		r.RT.Leave()
		r.RT.Leave() // once too often
		r.Sayf("%v", ev.IsSet())
	}, []string{"0 false"}},
}
