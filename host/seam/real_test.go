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
