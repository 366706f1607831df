package seam_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/hostsim/hostsim/host/seam"
)

// Call returns when the function does, or at its first wait that gives the thread back.
func ExampleReal_Call() {
	rt := seam.NewReal(nil)
	go1, done := rt.NewEvent("go on"), rt.NewEvent("done")
	rt.Call("start of the service", func() {
		fmt.Println("on the caller's thread")
		rt.Wait(seam.Wait{For: go1, Limit: seam.Forever})
		fmt.Println("on a thread of its own")
		done.Set()
	})
	fmt.Println("the caller goes on")
	go1.Set()
	rt.Wait(seam.Wait{For: done, Limit: seam.Forever})
	// Output:
	// on the caller's thread
	// the caller goes on
	// on a thread of its own
}

// The time of a Real is that of its clock: a fake one needs no waiting.
func ExampleNewReal() {
	fake := clock.NewMock()
	rt := seam.NewReal(fake)
	fired := rt.NewEvent("fired")
	rt.AfterFunc(30*time.Second, "the shutdown timeout", fired.Set)
	fake.Add(29 * time.Second)
	fmt.Println(fired.IsSet())
	fake.Add(time.Second)
	fmt.Println(rt.Wait(seam.Wait{For: fired, Limit: seam.Forever}) == seam.ByFor)
	// Output:
	// false
	// true
}

// A wait tells what ended it.
func ExampleWaitOr() {
	rt := seam.NewReal(nil)
	stopped := rt.NewEvent("stopped")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	fmt.Println(seam.WaitOr(rt, ctx, stopped, seam.Wait{Limit: seam.Forever}) == seam.ByOr)
	stopped.Set()
	fmt.Println(seam.WaitOr(rt, ctx, stopped, seam.Wait{Limit: seam.Forever}) == seam.ByFor)
	// Output:
	// true
	// true
}

// A Source is a context whose callbacks run on the thread that cancels it, newest first, and whose errors come back.
func ExampleSource() {
	rt := seam.NewReal(nil)
	src := seam.NewSource(rt, context.Background())
	src.OnCancel(func() error { fmt.Println("first"); return nil })
	remove := src.OnCancel(func() error { fmt.Println("taken back"); return nil })
	src.OnCancel(func() error { fmt.Println("last"); return errors.New("a callback failed") })
	remove()
	fmt.Println(src.Cancel(), src.Err())
	// Output:
	// last
	// first
	// a callback failed context canceled
}
