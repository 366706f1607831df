package seam

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Source cancels a context of its own. Its callbacks run synchronously on the cancelling thread, newest first, each
// whatever the others did (SUB-1, SUB-2). All methods are safe for concurrent use.
type Source struct {
	rt     Runtime
	parent context.Context

	mu        sync.Mutex
	err       error // not nil: cancelled, and why
	callbacks []callback
	last      int           // number of the last callback
	done      chan struct{} // made on first use
	deadline  time.Time
	timer     Timer
	ties      []tie
	disposed  bool

	few    [3]callback // room for most of what there ever is
	fewTie [2]tie
}

// callback has a number by which it is taken back.
type callback struct {
	id int
	f  func() error
}

// tie is what Dispose undoes.
type tie struct {
	undo    func()
	passing Mutex // not nil: and then waits for
}

func (t tie) loosen() {
	t.undo()
	if t.passing != nil {
		t.passing.Lock()
		t.passing.Unlock() //nolint:staticcheck // whoever was passing is through
	}
}

// NewSource makes a source whose context is derived from parent's values only: a cancellation of the parent does not
// reach it unless [Source.Link] says so.
func NewSource(rt Runtime, parent context.Context) *Source {
	s := &Source{rt: rt, parent: parent}
	s.callbacks, s.ties = s.few[:0], s.fewTie[:0]
	return s
}

// CancelledContext is a context that is cancelled already.
func CancelledContext(rt Runtime) context.Context {
	s := NewSource(rt, context.Background())
	s.err = context.Canceled
	return s
}

// Link makes a cancellation of ctx cancel the source too. If ctx is cancelled already, so is the source when Link returns.
func (s *Source) Link(ctx context.Context) *Source { return s.link(ctx, nil) }

// LinkAwaited is Link, and Dispose waits while a cancellation is passing through the link on another thread.
func (s *Source) LinkAwaited(ctx context.Context) *Source {
	return s.link(ctx, s.rt.NewMutex("the callbacks of a linked token"))
}

func (s *Source) link(ctx context.Context, passing Mutex) *Source {
	if ctx == nil {
		return s
	}
	if err := ctx.Err(); err != nil {
		_ = s.CancelCause(err)
		return s
	}
	var remove func()
	if c := CancellerOf(ctx); c != nil {
		remove = c.OnCancel(func() error { return s.pass(c, passing) })
	} else if ctx.Done() != nil {
		stop := context.AfterFunc(ctx, func() { _ = s.pass(ctx, passing) })
		remove = func() { stop() }
	} else {
		return s
	}
	if at, ok := ctx.Deadline(); ok {
		s.mu.Lock()
		if s.deadline.IsZero() || at.Before(s.deadline) {
			s.deadline = at
		}
		s.mu.Unlock()
	}
	s.onDispose(tie{remove, passing})
	return s
}

// pass hands the cancellation of ctx on.
func (s *Source) pass(ctx context.Context, passing Mutex) error {
	if passing != nil {
		passing.Lock()
		defer passing.Unlock()
	}
	return s.CancelCause(ctx.Err())
}

// OnDispose adds something that Dispose does, after what was added before; at once on a source that is disposed.
func (s *Source) OnDispose(f func()) { s.onDispose(tie{undo: f}) }

func (s *Source) onDispose(t tie) {
	s.mu.Lock()
	late := s.disposed
	if !late {
		s.ties = append(s.ties, t)
	}
	s.mu.Unlock()
	if late {
		t.loosen()
	}
}

// CancelAfter cancels the source after d, in place of what an earlier CancelAfter said; a negative d never does. What
// callbacks return then has nobody to go to: a runtime that is [Unhandling] is told. On a source that is cancelled or
// disposed it does nothing.
func (s *Source) CancelAfter(d time.Duration, name string) *Source {
	if d < 0 {
		return s
	}
	s.mu.Lock()
	if s.err != nil || s.disposed {
		s.mu.Unlock()
		return s
	}
	s.deadline = s.rt.Now().Add(d)
	old := s.timer
	s.timer = nil
	s.mu.Unlock()
	if old != nil {
		old.Stop()
	}
	t := s.rt.AfterFunc(d, name, func() {
		if err := s.CancelCause(context.DeadlineExceeded); err != nil {
			if u, ok := s.rt.(Unhandling); ok {
				u.Unhandled(err)
			}
		}
	})
	s.mu.Lock()
	late := s.disposed
	if !late {
		s.timer = t
	}
	s.mu.Unlock()
	if late {
		t.Stop()
	}
	return s
}

// Cancel cancels the context and runs its callbacks. It returns what they returned, joined, nil if nothing.
func (s *Source) Cancel() error { return s.CancelCause(context.Canceled) }

// CancelCause is Cancel with the value that the context's Err will have: context.Canceled or context.DeadlineExceeded.
func (s *Source) CancelCause(cause error) error {
	s.mu.Lock()
	if s.err != nil || s.disposed {
		s.mu.Unlock()
		return nil
	}
	s.err = cause
	if s.done != nil {
		close(s.done)
	}
	t := s.timer
	s.timer = nil
	s.mu.Unlock()
	if t != nil {
		t.Stop()
	}
	var errs []error
	s.run(&errs)
	return errors.Join(errs...)
}

// run runs the callbacks. When one panics the others run before the panic goes on, unless it unwinds a thread of a process
// that has ended.
func (s *Source) run(errs *[]error) {
	defer func() {
		if r := recover(); r != nil {
			s.rt.Repanic(r)
			s.run(errs)
			panic(r)
		}
	}()
	for {
		s.mu.Lock()
		n := len(s.callbacks)
		if n == 0 {
			s.mu.Unlock()
			return
		}
		cb := s.callbacks[n-1]
		s.callbacks = s.callbacks[:n-1]
		s.mu.Unlock()
		if err := cb.f(); err != nil {
			*errs = append(*errs, err)
		}
	}
}

// Dispose takes back the links and the timer. A source that was not cancelled by then never will be (SUB-3).
func (s *Source) Dispose() {
	s.mu.Lock()
	s.disposed = true
	t, ties := s.timer, s.ties
	s.timer, s.ties = nil, nil
	s.mu.Unlock()
	if t != nil {
		t.Stop()
	}
	for _, t := range ties {
		t.loosen()
	}
}

// OnCancel implements [Canceller].
func (s *Source) OnCancel(f func() error) (remove func()) {
	s.mu.Lock()
	if s.err != nil {
		s.mu.Unlock()
		_ = f()
		return func() {}
	}
	s.last++
	id := s.last
	s.callbacks = append(s.callbacks, callback{id, f})
	s.mu.Unlock()
	return func() { s.takeBack(id) }
}

func (s *Source) takeBack(id int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(s.callbacks) - 1; i >= 0; i-- {
		if s.callbacks[i].id == id {
			s.callbacks = append(s.callbacks[:i], s.callbacks[i+1:]...)
			return
		}
	}
}

// Context gives the source as the context that it cancels.
func (s *Source) Context() context.Context { return s }

// Cancelled tells whether the context is cancelled.
func (s *Source) Cancelled() bool { return s.Err() != nil }

// Deadline implements context.Context.
func (s *Source) Deadline() (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.deadline, !s.deadline.IsZero()
}

// Done implements context.Context.
func (s *Source) Done() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.done == nil {
		s.done = make(chan struct{})
		if s.err != nil {
			close(s.done)
		}
	}
	return s.done
}

// Err implements context.Context.
func (s *Source) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Value implements context.Context.
func (s *Source) Value(key any) any {
	if _, ok := key.(cancellerKey); ok {
		return s
	}
	return s.parent.Value(key)
}
