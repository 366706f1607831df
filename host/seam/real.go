package seam

import (
	"bytes"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/benbjohnson/clock"
)

// Real is the seam in production: goroutines, channels and the timers of a clock. It may be used inside a bubble of
// testing/synctest: every wait of it is durable there.
//
// Go does not tell a function which goroutine runs it. The places that must know it — a Call, the first wait inside it, and
// the lock of a mutex, which its holder may lock again — read the goroutine's number from its stack header, some
// microseconds each.
type Real struct {
	clock clock.Clock

	mu    sync.Mutex
	calls map[int64]*call // calls whose synchronous part is not over, by goroutine
}

type call struct {
	once   sync.Once
	back   chan struct{} // closed when the caller may go on
	thread int64         // the caller's, on which the synchronous part runs; 0: its own
	any    bool          // begun by Start: a wait that holds the thread ends the synchronous part too
}

// NewReal makes the production seam on a clock; nil means the system's.
func NewReal(c clock.Clock) *Real {
	if c == nil {
		c = clock.New()
	}
	return &Real{clock: c, calls: map[int64]*call{}}
}

// Now implements [Runtime].
func (r *Real) Now() time.Time { return r.clock.Now() }

// Go implements [Runtime].
func (r *Real) Go(_ string, f func()) { go f() }

// Call implements [Runtime].
func (r *Real) Call(_ string, f func()) {
	r.run(&call{back: make(chan struct{}), thread: r.thread()}, f)
}

// Start implements [Runtime].
func (r *Real) Start(_ string, f func()) { r.run(&call{back: make(chan struct{}), any: true}, f) }

func (r *Real) run(c *call, f func()) {
	go func() {
		id := goroutine()
		r.mu.Lock()
		r.calls[id] = c
		r.mu.Unlock()
		defer r.giveBack(id)
		f()
	}()
	<-c.back
}

// thread identifies the thread that the calling goroutine runs on: its own or, in the synchronous part of a Call, its caller's.
func (r *Real) thread() int64 {
	id := goroutine()
	r.mu.Lock()
	defer r.mu.Unlock()
	if c := r.calls[id]; c != nil && c.thread != 0 {
		return c.thread
	}
	return id
}

func (r *Real) giveBack(id int64) {
	r.mu.Lock()
	c := r.calls[id]
	delete(r.calls, id)
	r.mu.Unlock()
	if c != nil {
		c.once.Do(func() { close(c.back) })
	}
}

// Suspend ends the synchronous part of the Call or Start that the calling goroutine runs, if it runs one. A wait that holds
// the thread ends that of a Start only. It is for seams that wrap a Real and wait in their own way: they call it before a wait
// that blocks, as [Real.Wait] does; holds is [Wait].Holds.
func (r *Real) Suspend(holds bool) {
	r.mu.Lock()
	none := len(r.calls) == 0
	r.mu.Unlock()
	if none {
		return
	}
	id := goroutine()
	r.mu.Lock()
	c := r.calls[id]
	r.mu.Unlock()
	if c != nil && (!holds || c.any) {
		r.giveBack(id)
	}
}

// Yield implements [Runtime].
func (r *Real) Yield() {
	r.Suspend(false)
	runtime.Gosched()
}

// Settle implements [Runtime].
func (r *Real) Settle() {}

// Wait implements [Runtime]. Elsewhere has no meaning here: a goroutine always goes on on its own.
func (r *Real) Wait(w Wait) Woken {
	switch {
	case w.For != nil && w.For.IsSet():
		return ByFor
	case w.Or != nil && w.Or.IsSet():
		return ByOr
	case w.Limit == 0:
		return TimedOut
	}
	r.Suspend(w.Holds)
	var a, b <-chan struct{}
	if w.For != nil {
		a = w.For.Done()
	}
	if w.Or != nil {
		b = w.Or.Done()
	}
	var limit <-chan time.Time
	if w.Limit > 0 {
		t := r.clock.Timer(w.Limit)
		defer t.Stop()
		limit = t.C
	}
	select {
	case <-a:
		return ByFor
	case <-b:
		return ByOr
	case <-limit:
		return TimedOut
	}
}

// AfterFunc implements [Runtime].
func (r *Real) AfterFunc(d time.Duration, _ string, f func()) Timer {
	return r.clock.AfterFunc(max(d, 0), f)
}

// Promise, Enter and Leave implement [Runtime]; production keeps no wait-for graph.
func (r *Real) Promise(Event, string) {}
func (r *Real) Enter(_, _ string)     {} //nolint:revive // see Promise
func (r *Real) Leave()                {} //nolint:revive // see Promise
func (r *Real) Repanic(recovered any) { _ = recovered }
func (r *Real) NewMutex(string) Mutex { return &realMutex{r: r, free: make(chan struct{}, 1)} }
func (r *Real) NewEvent(string) Event { return &realEvent{done: make(chan struct{})} }

type realEvent struct {
	once sync.Once
	done chan struct{}
}

func (e *realEvent) Set()                  { e.once.Do(func() { close(e.done) }) }
func (e *realEvent) Done() <-chan struct{} { return e.done }

func (e *realEvent) IsSet() bool {
	select {
	case <-e.done:
		return true
	default:
		return false
	}
}

// realMutex waits on a channel, not on a sync.Mutex, so that a wait for it inside a bubble is durable.
type realMutex struct {
	r     *Real
	free  chan struct{} // holds one token while the mutex is locked
	mu    sync.Mutex
	owner int64
	depth int
}

func (m *realMutex) Lock() {
	id := m.r.thread()
	m.mu.Lock()
	if m.depth > 0 && m.owner == id {
		m.depth++
		m.mu.Unlock()
		return
	}
	m.mu.Unlock()
	select {
	case m.free <- struct{}{}:
	default:
		m.r.Suspend(true) // a wait that holds the thread
		m.free <- struct{}{}
	}
	m.mu.Lock()
	m.owner, m.depth = id, 1
	m.mu.Unlock()
}

func (m *realMutex) Unlock() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.depth--; m.depth == 0 {
		m.owner = 0
		<-m.free
	}
}

// goroutine is the number of the calling goroutine, as its stack header states it.
func goroutine() int64 {
	var buf [40]byte
	head := buf[:runtime.Stack(buf[:], false)]
	head = bytes.TrimPrefix(head, []byte("goroutine "))
	if i := bytes.IndexByte(head, ' '); i > 0 {
		head = head[:i]
	}
	n, err := strconv.ParseInt(string(head), 10, 64)
	if err != nil {
		return -1
	}
	return n
}
