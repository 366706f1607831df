package seamtest

import (
	"context"
	"errors"
	"time"

	"github.com/hostsim/hostsim/host/seam"
)

type key struct{}

// valued is a context that adds nothing but a value.
func valued(ctx context.Context) context.Context { return context.WithValue(ctx, key{}, "v") }

// forEver waits without a limit.
var forEver = seam.Wait{Limit: seam.Forever, Why: "for ever"}

// tokens are behaviours of [seam.WaitOr] and [seam.CancellerOf].
var tokens = []behaviour{
	{"the event, with a token or without", func(r *Run) {
		src := seam.NewSource(r.RT, context.Background())
		for _, ctx := range []context.Context{nil, context.Background(), src, valued(src)} {
			ev := r.RT.NewEvent("e")
			r.in(10, ev.Set)
			r.Say(woken(seam.WaitOr(r.RT, ctx, ev, forEver)))
		}
	}, []string{"10 by For", "20 by For", "30 by For", "40 by For"}},

	{"the limit, with a token or without", func(r *Run) {
		src := seam.NewSource(r.RT, context.Background())
		for _, ctx := range []context.Context{nil, context.Background(), src, valued(src)} {
			r.Say(woken(seam.WaitOr(r.RT, ctx, nil, seam.Wait{Limit: second})))
		}
	}, []string{"1000 timed out", "2000 timed out", "3000 timed out", "4000 timed out"}},

	{"a cancellation ends the wait", func(r *Run) {
		for _, with := range []func(context.Context) context.Context{func(c context.Context) context.Context { return c }, valued} {
			src := seam.NewSource(r.RT, context.Background())
			r.in(10, func() { _ = src.Cancel() })
			ctx := with(src)
			r.Sayf("%s, %v", woken(seam.WaitOr(r.RT, ctx, r.RT.NewEvent("e"), forEver)), ctx.Err())
		}
	}, []string{"10 by Or, context canceled", "20 by Or, context canceled"}},

	{"a token that is cancelled already, whoever cancelled it", func(r *Run) {
		foreign, cancel := context.WithCancel(context.Background())
		cancel()
		yes := r.RT.NewEvent("yes")
		yes.Set()
		for _, ctx := range []context.Context{seam.CancelledContext(r.RT), valued(seam.CancelledContext(r.RT)), foreign} {
			r.Say(woken(seam.WaitOr(r.RT, ctx, r.RT.NewEvent("e"), forEver)))
			r.Say(woken(seam.WaitOr(r.RT, ctx, yes, forEver))) // the event wins
		}
	}, []string{"0 by Or", "0 by For", "0 by Or", "0 by For", "0 by Or", "0 by For"}},

	{"a wait takes its registration back", func(r *Run) {
		src := seam.NewSource(r.RT, context.Background())
		src.OnCancel(func() error { r.Say("mine"); return nil })
		for range 3 {
			seam.WaitOr(r.RT, src, nil, seam.Wait{Limit: time.Millisecond})
		}
		r.Sayf("%v", src.Cancel())
	}, []string{"3 mine", "3 <nil>"}},

	{"the canceller of a context is one that is cancelled when it is", func(r *Run) {
		src := seam.NewSource(r.RT, context.Background())
		own, cancel := context.WithCancel(valued(src))
		defer cancel()
		r.Sayf("%v %v %v %v %v", seam.CancellerOf(src) == src, seam.CancellerOf(valued(valued(src))) == src,
			seam.CancellerOf(context.WithoutCancel(src)) == nil, seam.CancellerOf(own) == nil, seam.CancellerOf(context.Background()) == nil)
	}, []string{"0 true true true true true"}},
}

// sources are behaviours of [seam.Source].
var sources = []behaviour{
	{"callbacks run on the cancelling thread, newest first", func(r *Run) {
		src := seam.NewSource(r.RT, context.Background())
		for _, n := range []string{"first", "second", "third"} {
			src.OnCancel(func() error { r.hold(1); r.Say(n); return nil })
		}
		r.Sayf("%v", src.Cancelled())
		_ = src.Cancel()
		r.Sayf("%v %v", src.Cancelled(), src.Err())
	}, []string{"0 false", "1 third", "2 second", "3 first", "3 true context canceled"}},

	{"every callback runs, whatever the others return, and the errors are joined", func(r *Run) {
		src := seam.NewSource(r.RT, context.Background())
		a, b := errors.New("a"), errors.New("b")
		src.OnCancel(func() error { r.Say("a"); return a })
		src.OnCancel(func() error { r.Say("ok"); return nil })
		src.OnCancel(func() error { r.Say("b"); return b })
		err := src.Cancel()
		r.Sayf("%v %v %v", errors.Is(err, a), errors.Is(err, b), err.Error() == "b\na")
		r.Sayf("%v", src.Cancel())
	}, []string{"0 b", "0 ok", "0 a", "0 true true true", "0 <nil>"}},

	{"every callback runs before a panic of one goes on", func(r *Run) {
		src := seam.NewSource(r.RT, context.Background())
		src.OnCancel(func() error { r.Say("a"); return nil })
		src.OnCancel(func() error { panic("boom") })
		src.OnCancel(func() error { r.Say("b"); return nil })
		func() {
			defer func() {
				v := recover()
				r.RT.Repanic(v)
				r.Sayf("%v", v)
			}()
			_ = src.Cancel()
		}()
		r.Sayf("%v", src.Cancelled())
	}, []string{"0 b", "0 a", "0 boom", "0 true"}},

	{"a registration after the cancellation runs at once", func(r *Run) {
		src := seam.NewSource(r.RT, context.Background())
		_ = src.Cancel()
		src.OnCancel(func() error { r.Say("late"); return errors.New("nobody hears this") })()
		r.Say("main")
	}, []string{"0 late", "0 main"}},

	{"a registration while callbacks run does, too", func(r *Run) {
		src := seam.NewSource(r.RT, context.Background())
		src.OnCancel(func() error { r.Say("first"); return nil })
		src.OnCancel(func() error {
			src.OnCancel(func() error { r.Say("late"); return nil })
			r.Say("second")
			return nil
		})
		_ = src.Cancel()
	}, []string{"0 late", "0 second", "0 first"}},

	{"a registration can be taken back, twice, and by another callback", func(r *Run) {
		src := seam.NewSource(r.RT, context.Background())
		say := func(n string) func() error { return func() error { r.Say(n); return nil } }
		first := src.OnCancel(say("first"))
		second := src.OnCancel(say("second"))
		src.OnCancel(func() error { first(); r.Say("third"); return nil })
		second()
		second()
		_ = src.Cancel()
		first()
	}, []string{"0 third"}},

	{"a second cancellation changes nothing", func(r *Run) {
		src := seam.NewSource(r.RT, context.Background())
		_ = src.CancelCause(context.DeadlineExceeded)
		_ = src.Cancel()
		r.Sayf("%v", src.Err())
	}, []string{"0 context deadline exceeded"}},

	{"Done is open until the cancellation", func(r *Run) {
		src, later := seam.NewSource(r.RT, context.Background()), seam.NewSource(r.RT, context.Background())
		open := func(s *seam.Source) bool {
			select {
			case <-s.Done():
				return false
			default:
				return true
			}
		}
		r.Sayf("%v", open(src))
		_, _ = src.Cancel(), later.Cancel()
		r.Sayf("%v %v", open(src), open(later))
	}, []string{"0 true", "0 false false"}},

	{"a limit of time cancels as a deadline", func(r *Run) {
		src := seam.NewSource(r.RT, context.Background()).CancelAfter(10*time.Millisecond, "the limit")
		src.OnCancel(func() error { r.Say("callback"); return nil })
		at, ok := src.Deadline()
		r.Sayf("%v %v", at.Sub(r.RT.Now()), ok)
		r.sleep(20)
		r.Sayf("%v", src.Err())
	}, []string{"0 10ms true", "10 callback", "20 context deadline exceeded"}},

	{"no limit, no deadline", func(r *Run) {
		src := seam.NewSource(r.RT, context.Background()).CancelAfter(seam.Forever, "none")
		_, ok := src.Deadline()
		r.sleep(10)
		r.Sayf("%v %v", ok, src.Err())
	}, []string{"10 false <nil>"}},

	{"a later limit takes the place of an earlier one", func(r *Run) {
		src := seam.NewSource(r.RT, context.Background()).CancelAfter(10*time.Millisecond, "a").CancelAfter(30*time.Millisecond, "b")
		r.Say(woken(seam.WaitOr(r.RT, src, nil, forEver)))
	}, []string{"30 by Or"}},

	{"a cancellation ends the limit, and a limit cannot come after it", func(r *Run) {
		src := seam.NewSource(r.RT, context.Background()).CancelAfter(10*time.Millisecond, "a")
		_ = src.Cancel()
		src.CancelAfter(5*time.Millisecond, "b")
		r.sleep(20)
		r.Sayf("%v", src.Err())
	}, []string{"20 context canceled"}},

	{"a disposed source is never cancelled", func(r *Run) {
		parent := seam.NewSource(r.RT, context.Background())
		src := seam.NewSource(r.RT, parent).Link(parent).CancelAfter(10*time.Millisecond, "the limit")
		src.OnCancel(func() error { r.Say("never"); return nil })
		src.Dispose()
		src.Dispose()
		src.Link(parent).CancelAfter(time.Millisecond, "too late")
		_ = parent.Cancel()
		r.sleep(20)
		r.Sayf("%v %v", src.Cancel(), src.Err())
	}, []string{"20 <nil> <nil>"}},

	{"one that was cancelled before stays so", func(r *Run) {
		src := seam.NewSource(r.RT, context.Background())
		_ = src.Cancel()
		src.Dispose()
		r.Sayf("%v", src.Err())
	}, []string{"0 context canceled"}},

	{"a link cancels on the cancelling thread, with the same reason", func(r *Run) {
		parent := seam.NewSource(r.RT, context.Background())
		child := seam.NewSource(r.RT, context.Background()).Link(valued(parent)).Link(nil).Link(context.Background())
		failed := errors.New("failed")
		child.OnCancel(func() error { r.Say("child"); return failed })
		parent.OnCancel(func() error { r.Say("parent"); return nil })
		err := parent.CancelCause(context.DeadlineExceeded)
		r.Sayf("%v, %v", errors.Is(err, failed), child.Err())
	}, []string{"0 parent", "0 child", "0 true, context deadline exceeded"}},

	{"a link to what is cancelled already", func(r *Run) {
		foreign, cancel := context.WithCancel(context.Background())
		cancel()
		for _, ctx := range []context.Context{seam.CancelledContext(r.RT), foreign} {
			src := seam.NewSource(r.RT, context.Background()).Link(ctx)
			r.Sayf("%v", src.Err())
		}
	}, []string{"0 context canceled", "0 context canceled"}},

	{"without a link only the values come from the parent", func(r *Run) {
		parent := seam.NewSource(r.RT, valued(context.Background()))
		src := seam.NewSource(r.RT, parent)
		_ = parent.Cancel()
		r.Sayf("%v %v", src.Err(), src.Context().Value(key{}))
	}, []string{"0 <nil> v"}},
}
