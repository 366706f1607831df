package seam_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/hostsim/hostsim/host/seam"
	"github.com/hostsim/hostsim/host/seam/seamtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestContract holds production to the contract, in bubbles: every wait of it must be durable there, or this test hangs.
func TestContract(t *testing.T) {
	seamtest.Test(t, func(t *testing.T, body func(seam.Runtime)) {
		synctest.Test(t, func(*testing.T) { body(seam.NewReal(nil)) })
	})
}

func TestCallReturnsWhenTheFunctionEndsItsGoroutine(t *testing.T) {
	rt := seam.NewReal(nil)
	var order []string
	rt.Call("f", func() {
		defer func() { order = append(order, "deferred") }()
		runtime.Goexit()
	})
	order = append(order, "main")
	if got := fmt.Sprint(order); got != "[deferred main]" {
		t.Errorf("order: %s", got)
	}
}

// TestForeignContexts: contexts that the seam did not make, and contexts derived from its own with a cancellation of their
// own, end a wait and reach a linked source.
func TestForeignContexts(t *testing.T) {
	type made struct {
		ctx    context.Context
		cancel func()
		err    error
	}
	kinds := []struct {
		name string
		make func(rt seam.Runtime) made
	}{
		{"WithCancel", func(seam.Runtime) made {
			ctx, cancel := context.WithCancel(context.Background())
			return made{ctx, cancel, context.Canceled}
		}},
		{"WithTimeout", func(seam.Runtime) made {
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
			_ = cancel
			return made{ctx, func() {}, context.DeadlineExceeded}
		}},
		{"WithCancel of a source", func(rt seam.Runtime) made {
			ctx, cancel := context.WithCancel(seam.NewSource(rt, context.Background()))
			return made{ctx, cancel, context.Canceled}
		}},
		{"WithCancel of a source that is cancelled", func(rt seam.Runtime) made {
			src := seam.NewSource(rt, context.Background())
			ctx, cancel := context.WithCancel(src)
			_ = cancel
			return made{ctx, func() { _ = src.Cancel() }, context.Canceled}
		}},
		{"WithTimeout of a source", func(rt seam.Runtime) made {
			src := seam.NewSource(rt, context.Background())
			ctx, cancel := context.WithTimeout(src, 10*time.Millisecond)
			_ = cancel
			return made{ctx, func() {}, context.DeadlineExceeded}
		}},
	}
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			t.Run("WaitOr", func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					rt, began := seam.NewReal(nil), time.Now()
					m := k.make(rt)
					time.AfterFunc(10*time.Millisecond, m.cancel)
					if w := seam.WaitOr(rt, m.ctx, rt.NewEvent("e"), seam.Wait{Limit: seam.Forever}); w != seam.ByOr {
						t.Errorf("woken %v, want ByOr", w)
					}
					if d := time.Since(began); d != 10*time.Millisecond {
						t.Errorf("woken after %v", d)
					}
				})
			})
			t.Run("WaitOr, the event first", func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					rt := seam.NewReal(nil)
					m := k.make(rt)
					ev := rt.NewEvent("e")
					time.AfterFunc(5*time.Millisecond, ev.Set)
					if w := seam.WaitOr(rt, m.ctx, ev, seam.Wait{Limit: seam.Forever}); w != seam.ByFor {
						t.Errorf("woken %v, want ByFor", w)
					}
					m.cancel()
					<-time.After(time.Second) // whatever was registered on the context is gone, or it would run now
				})
			})
			t.Run("Link", func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					rt := seam.NewReal(nil)
					m := k.make(rt)
					src := seam.NewSource(rt, context.Background()).Link(m.ctx)
					time.AfterFunc(10*time.Millisecond, m.cancel)
					<-src.Done()
					if !errors.Is(src.Err(), m.err) {
						t.Errorf("cancelled with %v, want %v", src.Err(), m.err)
					}
				})
			})
			t.Run("Link, disposed first", func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					rt := seam.NewReal(nil)
					m := k.make(rt)
					src := seam.NewSource(rt, context.Background()).Link(m.ctx)
					src.Dispose()
					m.cancel()
					<-time.After(time.Second)
					if src.Err() != nil {
						t.Errorf("cancelled with %v after Dispose", src.Err())
					}
				})
			})
		})
	}
}

// TestBystander: a thread that runs no call of its own waits, holding or not, while the calls of others are under way.
func TestBystander(t *testing.T) {
	for _, holds := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			rt := seam.NewReal(nil)
			free, called := rt.NewEvent("free"), rt.NewEvent("called")
			rt.Go("caller", func() {
				rt.Call("f", func() {
					called.Set()
					rt.Wait(seam.Wait{For: free, Limit: seam.Forever, Holds: true})
				})
			})
			rt.Wait(seam.Wait{For: called, Limit: seam.Forever})
			if w := rt.Wait(seam.Wait{For: rt.NewEvent("never"), Limit: time.Second, Holds: holds}); w != seam.TimedOut {
				t.Errorf("holds %v: woken %v, want TimedOut", holds, w)
			}
			free.Set()
		})
	}
}

// TestAwaitedLink: Dispose waits for a cancellation that passes through the link, and keeps nothing that comes later.
func TestAwaitedLink(t *testing.T) {
	for _, c := range []struct {
		name string
		link func(child, parent *seam.Source)
		want time.Duration
	}{
		{"it waits for what is under way", func(child, parent *seam.Source) { child.LinkAwaited(parent) }, time.Second},
		{"a link that is not awaited does not wait", func(child, parent *seam.Source) { child.Link(parent) }, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rt := seam.NewReal(nil)
				began := time.Now()
				parent, child := seam.NewSource(rt, context.Background()), seam.NewSource(rt, context.Background())
				c.link(child, parent)
				running := rt.NewEvent("running")
				child.OnCancel(func() error {
					running.Set()
					<-time.After(time.Second)
					return nil
				})
				rt.Go("canceller", func() { _ = parent.Cancel() })
				rt.Wait(seam.Wait{For: running, Limit: seam.Forever})
				child.Dispose()
				if d := time.Since(began); d != c.want {
					t.Errorf("Dispose returned after %v, want %v", d, c.want)
				}
				synctest.Wait()
				<-time.After(2 * time.Second)
			})
		})
	}
	t.Run("what comes after it passes", func(t *testing.T) {
		for range 50 { // the goroutine of the context sets out before or after Dispose
			synctest.Test(t, func(t *testing.T) {
				rt := seam.NewReal(nil)
				parent, cancel := context.WithCancel(context.Background())
				child := seam.NewSource(rt, context.Background()).LinkAwaited(parent)
				cancel()
				child.Dispose()
				synctest.Wait() // a goroutine that is kept for ever would end the bubble in a deadlock
			})
		}
	})
}

// TestDeadlines: the earliest of the links' deadlines is the source's, and a limit of its own takes their place.
func TestDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rt, now := seam.NewReal(nil), time.Now()
		soon, cancelSoon := context.WithTimeout(context.Background(), time.Second)
		defer cancelSoon()
		late, cancelLate := context.WithTimeout(context.Background(), time.Minute)
		defer cancelLate()
		for _, c := range []struct {
			name string
			src  *seam.Source
			want time.Duration // 0: none
		}{
			{"none", seam.NewSource(rt, context.Background()), 0},
			{"a parent's does not count", seam.NewSource(rt, soon), 0},
			{"of a link", seam.NewSource(rt, context.Background()).Link(late), time.Minute},
			{"the earlier of two", seam.NewSource(rt, context.Background()).Link(late).Link(soon), time.Second},
			{"in any order", seam.NewSource(rt, context.Background()).Link(soon).Link(late), time.Second},
			{"of its own", seam.NewSource(rt, context.Background()).CancelAfter(3*time.Second, "limit"), 3 * time.Second},
			{"a link to nothing", seam.NewSource(rt, context.Background()).Link(nil).Link(context.Background()), 0},
		} {
			at, ok := c.src.Deadline()
			if ok != (c.want > 0) || ok && at.Sub(now) != c.want {
				t.Errorf("%s: %v, %v; want %v", c.name, at.Sub(now), ok, c.want)
			}
			c.src.Dispose()
		}
	})
}

// TestManyThreads uses one seam from many goroutines at once: the books of calls and the mutex keep up (for the race detector).
func TestManyThreads(t *testing.T) {
	rt := seam.NewReal(nil)
	m := rt.NewMutex("m")
	src := seam.NewSource(rt, context.Background())
	n, fired := 0, 0
	var all sync.WaitGroup
	for range 20 {
		all.Add(1)
		rt.Go("t", func() {
			defer all.Done()
			for range 50 {
				src.OnCancel(func() error { m.Lock(); fired++; m.Unlock(); return nil })
				rt.Call("f", func() {
					m.Lock()
					n++
					rt.Call("g", func() { m.Lock(); n++; m.Unlock() })
					m.Unlock()
					rt.Yield()
				})
			}
		})
	}
	all.Wait()
	if err := src.Cancel(); err != nil {
		t.Error(err)
	}
	m.Lock()
	defer m.Unlock()
	if n != 2000 || fired != 1000 {
		t.Errorf("counted %d and %d, want 2000 and 1000", n, fired)
	}
}

// TestUnhandled: what the callbacks of a limit return goes to a runtime that wants it, and to nobody else.
func TestUnhandled(t *testing.T) {
	failed := errors.New("failed")
	var got []error
	synctest.Test(t, func(*testing.T) {
		for _, rt := range []seam.Runtime{seam.NewReal(nil), &told{seam.NewReal(nil), &got}} {
			src := seam.NewSource(rt, context.Background()).CancelAfter(time.Millisecond, "the limit")
			src.OnCancel(func() error { return failed })
			<-src.Done()
			synctest.Wait()
		}
	})
	if len(got) != 1 || !errors.Is(got[0], failed) {
		t.Errorf("told %v, want %v once", got, failed)
	}
}

type told struct {
	*seam.Real
	errs *[]error
}

func (u *told) Unhandled(err error) { *u.errs = append(*u.errs, err) }

func TestNameJoinsAndStopsKeeping(t *testing.T) {
	for range 2 {
		if got := seam.Name("the end of ", "b", " stop"); got != "the end of b stop" {
			t.Fatalf("got %q", got)
		}
	}
	for i := range 1<<14 + 100 { // more than are kept
		if want := fmt.Sprintf("a%db", i); seam.Name("a", fmt.Sprint(i), "b") != want {
			t.Fatalf("not %q", want)
		}
	}
}
