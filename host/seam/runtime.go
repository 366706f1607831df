// Package seam is the small set of things that the host does with threads, waits and time, as an interface.
//
// In production the seam is plain Go ([Real]): goroutines, channels, timers of the clock. In a simulation it is a
// controller that lets one thread run at a time, hands the turn from one to the next and knows for every thread what it
// waits for, so that a run can be repeated exactly and a deadlock can be explained (package fakes/sim).
//
// The seam distinguishes two things that Go does not, because hosts in other languages do and their users see it:
//
//   - A wait may hold its thread, or give it back. Code that was called through [Runtime.Call] and comes to a wait that
//     gives the thread back lets its caller go on (the synchronous part of the call is over); while it holds the thread
//     its caller is stuck.
//   - When something happens that somebody waits for, the waiting code may go on inside the call that made it happen
//     (inline), or on a thread of its own (elsewhere).
package seam

import (
	"context"
	"time"
)

// Runtime spawns, waits and tells the time. All methods may be called from any thread of the runtime.
type Runtime interface {
	// Now is the present, virtual or real.
	Now() time.Time

	// Go starts f on a thread of its own and returns at once. The name is for people.
	Go(name string, f func())

	// Call starts f and returns when f has returned, or has come to its first wait that gives the thread back. Until
	// then f runs on the caller's thread.
	Call(name string, f func())

	// Start starts f on a thread of its own and returns when f has returned, or has come to its first wait of any kind:
	// f is on its way, and the caller is free even if f holds its thread.
	Start(name string, f func())

	// NewEvent makes a one-shot event that has not happened.
	NewEvent(name string) Event

	// NewMutex makes an unlocked mutex.
	NewMutex(name string) Mutex

	// Wait blocks until one of the wait's events has happened or its limit is over.
	Wait(w Wait) Woken

	// AfterFunc runs f on a thread of its own after d. A d of zero or less means at once.
	AfterFunc(d time.Duration, name string, f func()) Timer

	// Yield gives the thread back once and goes on elsewhere.
	Yield()

	// Settle marks a point by which the calling thread has been busy for a while, so that others have got on meanwhile.
	// Production does nothing; a simulation lets everybody who is ready have a turn.
	Settle()

	// Promise says that the calling thread will make ev happen, and by what. It has no effect but in explanations of
	// a deadlock.
	Promise(ev Event, by string)

	// Enter and Leave bracket what the calling thread is doing, for explanations: Enter("service b", "stop").
	Enter(who, what string)
	Leave()

	// Repanic must be called with every value that was recovered from a panic, before anything else is done with it:
	// the runtime takes back what it used to unwind a thread of a process that has ended.
	Repanic(recovered any)
}

// Unhandling is what a Runtime has that wants to know of errors that nobody handles. [Real] has not: they are lost.
type Unhandling interface{ Unhandled(error) }

// Event is something that happens at most once.
type Event interface {
	Set()                  // makes it happen; no effect if it has
	IsSet() bool           // whether it has happened
	Done() <-chan struct{} // closed when it has happened
}

// Mutex is a lock. The thread that holds it may lock it again and must unlock it as often.
type Mutex interface {
	Lock()
	Unlock()
}

// Timer is a pending AfterFunc.
type Timer interface {
	Stop() bool // whether the function was kept from running
}

// Forever is the limit of a wait without a limit.
const Forever time.Duration = -1

// Wait says what to wait for and how. The zero Limit is a limit of no time at all: use Forever.
type Wait struct {
	For, Or   Event // either may be nil
	Limit     time.Duration
	Holds     bool   // keep the thread
	Elsewhere bool   // go on on a thread of its own, not inside the call that set the event
	Why       string // what is waited for, in words: "the process exit handlers"
}

// Woken says what ended a wait.
type Woken uint8

// What ends a wait. Where both events have happened already, For wins.
const (
	TimedOut Woken = iota
	ByFor
	ByOr
)

// Canceller is what a context offers whose cancellation callbacks run on the cancelling thread, newest first. The
// contexts that the host hands out have it.
type Canceller interface {
	context.Context
	// OnCancel registers f; it runs at once, on the calling thread, if the context is cancelled already. An error of f
	// is handed to the code that cancels. The returned function takes the registration back.
	OnCancel(f func() error) (remove func())
}

type cancellerKey struct{}

// CancellerOf finds the Canceller that is cancelled when ctx is: ctx itself, or the one that it was derived from if it adds
// nothing but values. It is nil if there is none, as for a context with a cancellation or a deadline of its own.
func CancellerOf(ctx context.Context) Canceller {
	if c, ok := ctx.(Canceller); ok {
		return c
	}
	c, _ := ctx.Value(cancellerKey{}).(Canceller)
	if c == nil || c.Done() != ctx.Done() {
		return nil
	}
	return c
}

// WaitOr waits for ev or for the cancellation of ctx, whichever comes first: ByFor or ByOr, TimedOut after w.Limit. The
// For and Or of w are replaced. If both have happened, ev wins.
func WaitOr(rt Runtime, ctx context.Context, ev Event, w Wait) Woken {
	w.For, w.Or = ev, nil
	if ev != nil && ev.IsSet() {
		return ByFor
	}
	if ctx == nil {
		return rt.Wait(w)
	}
	if ctx.Err() != nil {
		return ByOr
	}
	if c := CancellerOf(ctx); c != nil {
		fired := rt.NewEvent("the token")
		defer c.OnCancel(func() error { fired.Set(); return nil })()
		w.Or = fired
	} else if ctx.Done() != nil {
		fired := rt.NewEvent("the token")
		defer context.AfterFunc(ctx, fired.Set)()
		w.Or = fired
	}
	return rt.Wait(w)
}
