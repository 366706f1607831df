package seamtest

import (
	"time"

	"github.com/hostsim/hostsim/host/seam"
)

const second = time.Second

var waits = []behaviour{
	{"an event happens once", func(r *Run) {
		ev := r.RT.NewEvent("e")
		early := ev.Done()
		r.Sayf("%v", ev.IsSet())
		ev.Set()
		ev.Set()
		r.Sayf("%v", ev.IsSet())
		for _, c := range []<-chan struct{}{early, ev.Done()} {
			select {
			case <-c:
			default:
				r.Say("Done is open")
			}
		}
	}, []string{"0 false", "0 true"}},

	{"what has happened ends a wait at once, For before Or", func(r *Run) {
		yes, no := r.RT.NewEvent("yes"), r.RT.NewEvent("no")
		yes.Set()
		r.Say(woken(r.RT.Wait(seam.Wait{For: yes, Or: no, Limit: seam.Forever})))
		r.Say(woken(r.RT.Wait(seam.Wait{For: no, Or: yes, Limit: seam.Forever})))
		r.Say(woken(r.RT.Wait(seam.Wait{For: yes, Or: yes, Limit: seam.Forever})))
		r.Say(woken(r.RT.Wait(seam.Wait{For: yes})))
	}, []string{"0 by For", "0 by Or", "0 by For", "0 by For"}},

	{"the zero limit is no time at all", func(r *Run) {
		r.Say(woken(r.RT.Wait(seam.Wait{For: r.RT.NewEvent("e")})))
		r.Say(woken(r.RT.Wait(seam.Wait{})))
	}, []string{"0 timed out", "0 timed out"}},

	{"a limit ends a wait", func(r *Run) {
		r.Say(woken(r.RT.Wait(seam.Wait{For: r.RT.NewEvent("e"), Or: r.RT.NewEvent("o"), Limit: second})))
		r.Say(woken(r.RT.Wait(seam.Wait{Limit: second})))
	}, []string{"1000 timed out", "2000 timed out"}},

	{"either event ends a wait, and the other one does nothing later", func(r *Run) {
		for _, first := range []string{"for", "or"} {
			on, or := r.RT.NewEvent("for"), r.RT.NewEvent("or")
			a, b := on, or
			if first == "or" {
				a, b = or, on
			}
			r.in(10, a.Set)
			r.in(20, b.Set)
			r.Say(woken(r.RT.Wait(seam.Wait{For: on, Or: or, Limit: second})))
			r.Say(woken(r.RT.Wait(seam.Wait{Limit: 90 * time.Millisecond})))
		}
	}, []string{"10 by For", "100 timed out", "110 by Or", "200 timed out"}},

	{"a limit that was not needed does nothing later", func(r *Run) {
		ev := r.RT.NewEvent("e")
		r.in(10, ev.Set)
		r.RT.Wait(seam.Wait{For: ev, Limit: 20 * time.Millisecond})
		never := r.RT.NewEvent("never")
		r.Say(woken(r.RT.Wait(seam.Wait{For: never, Limit: second})))
	}, []string{"1010 timed out"}},

	{"one event wakes everybody who waits for it", func(r *Run) {
		ev := r.RT.NewEvent("e")
		n := r.RT.NewEvent("all")
		left := 3
		m := r.RT.NewMutex("m")
		for range 3 {
			r.RT.Go("waiter", func() {
				r.RT.Wait(seam.Wait{For: ev, Limit: seam.Forever})
				m.Lock()
				defer m.Unlock()
				if left--; left == 0 {
					n.Set()
				}
			})
		}
		r.sleep(10)
		ev.Set()
		r.Say(woken(r.RT.Wait(seam.Wait{For: n, Limit: second})))
	}, []string{"10 by For"}},

	{"a waiter that goes on elsewhere goes on, too", func(r *Run) {
		ev, done := r.RT.NewEvent("e"), r.RT.NewEvent("done")
		r.RT.Go("waiter", func() {
			r.Say(woken(r.RT.Wait(seam.Wait{For: ev, Limit: seam.Forever, Elsewhere: true})))
			done.Set()
		})
		r.sleep(10)
		ev.Set()
		r.RT.Wait(seam.Wait{For: done, Limit: second})
		r.Say("main")
	}, []string{"10 by For", "10 main"}},

	{"Set returns although the waiter waits again", func(r *Run) {
		ev := r.RT.NewEvent("e")
		r.RT.Go("waiter", func() {
			r.RT.Wait(seam.Wait{For: ev, Limit: seam.Forever})
			r.sleep(10)
			r.Say("waiter")
		})
		r.sleep(5)
		ev.Set()
		r.Say("main")
	}, []string{"5 main", "15 waiter"}},
}

var timers = []behaviour{
	{"a function runs after its time, on a thread of its own", func(r *Run) {
		r.in(20, func() { r.Say("b") })
		r.in(10, func() { r.hold(15); r.Say("a") })
		r.Say("main")
	}, []string{"0 main", "20 b", "25 a"}},

	{"no time and less are at once, but not inside the call", func(r *Run) {
		for _, d := range []time.Duration{0, -second} {
			ev := r.RT.NewEvent("e")
			r.RT.Call("f", func() { r.RT.AfterFunc(d, "t", ev.Set) })
			r.Say(woken(r.RT.Wait(seam.Wait{For: ev, Limit: second})))
		}
	}, []string{"0 by For", "0 by For"}},

	{"Stop keeps a function from running, once", func(r *Run) {
		t := r.RT.AfterFunc(10*time.Millisecond, "t", func() { r.Say("t") })
		r.Sayf("%v", t.Stop())
		r.Sayf("%v", t.Stop())
	}, []string{"0 true", "0 false"}},

	{"Stop comes too late for one that has run", func(r *Run) {
		t := r.RT.AfterFunc(10*time.Millisecond, "t", func() { r.Say("t") })
		r.sleep(20)
		r.Sayf("%v", t.Stop())
	}, []string{"10 t", "20 false"}},

	{"a time beyond all times never comes", func(r *Run) {
		r.sleep(5)
		t := r.RT.AfterFunc(1<<63-1, "t", func() { r.Say("t") })
		r.sleep(10)
		r.Sayf("%v", t.Stop())
	}, []string{"15 true"}},
}

var mutexes = []behaviour{
	{"one thread at a time", func(r *Run) {
		m := r.RT.NewMutex("m")
		r.in(5, func() { m.Lock(); r.Say("other"); m.Unlock() })
		m.Lock()
		r.hold(10)
		r.Say("main")
		m.Unlock()
	}, []string{"10 main", "10 other"}},

	{"the holder may lock again and must unlock as often", func(r *Run) {
		m := r.RT.NewMutex("m")
		r.in(5, func() { m.Lock(); r.Say("other"); m.Unlock() })
		m.Lock()
		m.Lock()
		m.Unlock()
		r.hold(10)
		r.Say("main")
		m.Unlock()
	}, []string{"10 main", "10 other"}},

	{"a called function is on the holder's thread", func(r *Run) {
		m := r.RT.NewMutex("m")
		m.Lock()
		r.RT.Call("outer", func() {
			m.Lock()
			r.RT.Call("inner", func() { m.Lock(); r.Say("inner"); m.Unlock() })
			m.Unlock()
		})
		m.Unlock()
		r.Say("main")
	}, []string{"0 inner", "0 main"}},

	{"a started function is not, and waits for the lock", func(r *Run) {
		m := r.RT.NewMutex("m")
		m.Lock()
		r.RT.Start("f", func() { m.Lock(); r.Say("f"); m.Unlock() })
		r.hold(10)
		r.Say("main")
		m.Unlock()
	}, []string{"10 main", "10 f"}},

	{"one that has given the thread back is not", func(r *Run) {
		m := r.RT.NewMutex("m")
		m.Lock()
		r.RT.Call("f", func() { r.sleep(5); m.Lock(); r.Say("f"); m.Unlock() })
		r.hold(10)
		r.Say("main")
		m.Unlock()
	}, []string{"10 main", "10 f"}},

	{"a wait for a lock holds the caller", func(r *Run) {
		m := r.RT.NewMutex("m")
		r.RT.Go("holder", func() { m.Lock(); r.hold(10); m.Unlock() })
		r.sleep(5)
		r.RT.Call("f", func() { m.Lock(); r.Say("f"); m.Unlock() })
		r.Say("main")
	}, []string{"10 f", "10 main"}},

	{"locks are handed on in the order of asking", func(r *Run) {
		m := r.RT.NewMutex("m")
		for i := range 3 {
			r.in(1+i, func() { m.Lock(); r.hold(10); r.Sayf("%d", i); m.Unlock() })
		}
		m.Lock()
		r.hold(10)
		m.Unlock()
	}, []string{"20 0", "30 1", "40 2"}},
}
