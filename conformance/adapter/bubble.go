package adapter

import (
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hostsim/hostsim/conformance/protocol"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// stallLimit is how long, in real time, nothing may happen in a bubble.
var stallLimit = 3 * time.Second

// warm starts the runtime's signal goroutine outside of any bubble: hosts that call signal.Notify inside one would start it
// there, which is fatal.
var warm = sync.OnceFunc(func() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	signal.Stop(c)
})

// Play plays a plan in the virtual lane, inside a bubble of its own, and gives its trace: for people who want their host
// judged inside go test. It blocks until the plan has ended; a bubble that stands still in real time fails t and ends as a
// hang whose reason names the goroutine. Goroutines that the host leaves behind stay.
func (i Implementation) Play(t *testing.T, p *plan.Plan) *trace.Trace {
	t.Helper()
	if why := i.unsupported(p, "virtual"); why != "" {
		t.Skip(why)
	}
	rec := &recorder{}
	end, left := i.play(t, p, rec)
	if !left {
		t.Error("the bubble cannot be left: " + or(end.Reason, stalled()))
	}
	return &trace.Trace{Events: rec.take(), End: end}
}

// recorder keeps the events of a run; the goroutines of a bubble that cannot be left may still write to it.
type recorder struct {
	also   func(trace.Event) // may be nil
	mu     sync.Mutex
	events []trace.Event
	end    *trace.Ending // of the simulated process; nil: it has not ended
}

func (r *recorder) finish(e trace.Ending) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.end = &e
}

// ended gives the end of the simulated process, nil if it has not ended.
func (r *recorder) ended() *trace.Ending {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.end
}

func (r *recorder) write(e trace.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
	if r.also != nil {
		r.also(e)
	}
}

func (r *recorder) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.events)
}

// last is the time of the last event.
func (r *recorder) last() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.events) == 0 {
		return 0
	}
	return r.events[len(r.events)-1].At
}

func (r *recorder) take() []trace.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.events)
}

// play plays a plan in a bubble and watches it from outside. left is false if the bubble still stands, and will for ever.
func (i *Implementation) play(t *testing.T, p *plan.Plan, rec *recorder) (end trace.Ending, left bool) {
	done := make(chan trace.Ending, 1)
	go func() { done <- i.bubble(t, p, rec) }()
	end, left = watch(done, rec)
	if end.Kind == trace.HangEnd || end.Kind == trace.Killed {
		end.Stuck = protocol.Unended(rec.take())
		end.Reason = protocol.Hung(end.Reason, end.Stuck)
	}
	return end, left
}

// bubble plays a plan and gives its end. It blocks until the bubble has ended.
func (i *Implementation) bubble(t *testing.T, p *plan.Plan, rec *recorder) (end trace.Ending) {
	warm()
	defer func() {
		r := recover()
		text := ""
		if err, ok := r.(error); ok {
			text = err.Error()
		}
		switch ended := rec.ended(); {
		case ended != nil: // what the host leaves behind when its process ends is no fault: a real process takes it along
			end = *ended
		case strings.Contains(text, "deadlock"):
			end = trace.Ending{Kind: trace.HangEnd, Reason: "nothing happens any more"}
		case r != nil:
			panic(r)
		}
	}()
	synctest.Test(t, func(*testing.T) {
		l := newVirtualLane(p, rec)
		go l.play(newApp(i, p, l))
		l.outlast(patience(p))
		synctest.Wait() // what can be unwound is gone then
	})
	return end
}

// play is the main thread of the simulated process.
func (l *virtualLane) play(app *App) { l.returned(app.main()) }

// outlast waits for the end of the simulated process, and ends it if nothing happens for the given virtual time, or if
// it goes on for many times that.
func (l *virtualLane) outlast(quiet time.Duration) {
	const most = 4
	seen := -1
	for range most {
		t := time.NewTimer(quiet)
		select {
		case <-l.done:
			t.Stop()
			return
		case <-t.C:
		}
		n := l.rec.count()
		if n == seen || seen < 0 && l.rec.last() <= time.Since(l.began)-quiet {
			l.giveUp(trace.HangEnd, "nothing happens any more")
			return
		}
		seen = n
	}
	l.giveUp(trace.Killed, "it still goes on after "+(most*quiet).String()+" of virtual time")
}

func (l *virtualLane) giveUp(kind trace.EndKind, why string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.finish(trace.Ending{Kind: kind, Reason: why})
}

// patience is longer than all waits of a plan together, with a day for those of the host.
func patience(p *plan.Plan) time.Duration {
	const day = 24 * time.Hour
	sum := day
	add := func(d time.Duration) { sum = min(sum+max(d, 0), 300*day) }
	for d := range p.Durations() {
		add(*d)
	}
	return sum
}

// watch waits for the end of a bubble, from outside.
func watch(done <-chan trace.Ending, rec *recorder) (end trace.Ending, left bool) {
	seen := rec.count()
	tick := time.NewTicker(stallLimit)
	defer tick.Stop()
	for {
		select {
		case end := <-done:
			return end, true
		case <-tick.C:
			if ended := rec.ended(); ended != nil { // and yet something of it runs on
				return *ended, false
			}
			n := rec.count()
			if n == seen {
				return trace.Ending{Kind: trace.HangEnd, Reason: stalled()}, false
			}
			seen = n
		}
	}
}
