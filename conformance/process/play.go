package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/hostsim/hostsim/conformance/protocol"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

// play is one plan on one process.
type play struct {
	r     *Runner
	plan  *plan.Plan
	lane  string
	after *Aftermath

	schedule string // under which a virtual run is played; empty: none is named
	explain  bool

	s     *session
	fresh bool
	world *world

	rows    []row
	begun   time.Time // of the run, on our clock
	last    time.Time // of the last thing that happened
	due     []due     // stimuli whose event has come, the earliest first
	waiting []stimulus
	acts    chan act        // what goroutines of the run did
	clients context.Context // of connections from outside
	hangUp  func()          // ends them
	acting  int             // goroutines that may still send an act
	end     trace.Ending
	ended   bool // the adapter's end came
	deaf    bool // the stream of messages has ended
	looked  bool // at what is left
	fault   *protocol.Fault
}

// row is an event as it was read or made: at is our time of arrival, own the adapter's time.
type row struct {
	event trace.Event
	at    time.Time
	timed bool
}

// act is something that a goroutine of the run wants to stand in the trace.
type act struct {
	event trace.Event
	at    time.Time
	final bool // the goroutine sends no more
}

func (pl *play) run(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w, err := newWorld(pl.r.Temp, pl.plan, pl.lane)
	if err != nil {
		return err
	}
	pl.world = w
	defer w.close()
	pl.acts = make(chan act, 16)
	pl.clients, pl.hangUp = context.WithCancel(context.Background())
	defer pl.hangUp()
	s, fresh, err := pl.r.session(ctx, pl.plan, pl.lane)
	if err != nil {
		if s != nil {
			pl.s = s
			pl.gone()
		}
		return err
	}
	pl.s, pl.fresh = s, fresh
	pl.after.Reused = s.runs > 0
	pl.begun = time.Now()
	pl.last = pl.begun
	if pl.lane == spec.Process {
		pl.arm()
	}
	s.ask(protocol.Run{Lane: pl.lane, Fresh: fresh, Dir: w.dir, Plan: protocol.EncodePlan(pl.plan, pl.lane), Schedule: pl.schedule, Explain: pl.explain}, fresh)
	if s.id != nil {
		err = pl.identified(s.id)
	}
	if err == nil {
		err = pl.loop(ctx)
	}
	if err == nil && pl.over() && !fresh && !pl.deaf {
		pl.look()
		pl.after.Stdout, pl.after.Stderr = s.out.take(), s.err.take()
		if pl.r.keep(s) {
			return pl.skipped()
		}
	}
	pl.gone()
	if err == nil {
		err = pl.skipped()
	}
	return err
}

func (pl *play) skipped() error {
	if pl.after.Skipped != "" {
		return &Skipped{pl.after.Skipped}
	}
	return nil
}

// loop takes what happens until the run has ended. Only it touches the run's state.
func (pl *play) loop(ctx context.Context) error {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	limit := pl.begun.Add(orDefault(pl.r.Limit, DefaultLimit))
	msgs := pl.s.msgs
	for {
		timer.Reset(time.Until(pl.next(limit)))
		select {
		case in := <-msgs:
			if in.err != nil {
				msgs, pl.deaf = nil, true
				if err := pl.closed(in.err); err != nil {
					return err
				}
				continue
			}
			if err := pl.message(in); err != nil || pl.over() {
				return err
			}
		case a := <-pl.acts:
			pl.act(a)
		case <-timer.C:
			if done, err := pl.tick(time.Now(), limit); done {
				return err
			}
		case <-pl.s.exited:
			pl.afterExit(msgs)
			return pl.died()
		case what := <-pl.s.flooded:
			pl.catchUp(msgs)
			return pl.broken(pl.s.flood(what))
		case <-ctx.Done():
			pl.end = trace.Ending{Kind: trace.Killed, Reason: "the run was called off: " + context.Cause(ctx).Error()}
			return ctx.Err()
		}
	}
}

// catchUp takes the messages that were on their way when the run was found to be broken. More may come without end.
func (pl *play) catchUp(msgs <-chan incoming) {
	timer := time.NewTimer(catchUpLimit)
	defer timer.Stop()
	for {
		select {
		case in := <-msgs:
			if in.err != nil || pl.message(in) != nil || pl.over() {
				return
			}
		case <-timer.C:
			return
		}
	}
}

// over tells whether the adapter's end is the end of the run.
func (pl *play) over() bool {
	return pl.ended && (!pl.fresh || pl.lane == spec.Virtual) || pl.after.Skipped != ""
}

// next is when something is due at the latest.
func (pl *play) next(limit time.Time) time.Time {
	at := limit
	if pl.s.id == nil {
		if t := pl.begun.Add(orDefault(pl.r.Identity, DefaultIdentity)); t.Before(at) {
			at = t
		}
	}
	if len(pl.due) > 0 {
		if pl.due[0].at.Before(at) {
			at = pl.due[0].at
		}
	} else if t := pl.last.Add(pl.quiet()); pl.s.id != nil && t.Before(at) && pl.acting == 0 {
		at = t
	}
	return at
}

// quiet is how long nothing may happen: longer than any single wait of the plan.
func (pl *play) quiet() time.Duration {
	q := orDefault(pl.r.Quiet, DefaultQuiet)
	if l := longest(pl.plan); l > 0 {
		q = max(q, l+2*time.Second)
	}
	return q
}

// tick does what has become due.
func (pl *play) tick(now, limit time.Time) (done bool, err error) {
	for len(pl.due) > 0 && !pl.due[0].at.After(now) {
		d := pl.due[0]
		pl.due = pl.due[1:]
		pl.give(d)
	}
	switch {
	case !now.Before(limit):
		if pl.s.id == nil {
			return true, pl.broken(silence(orDefault(pl.r.Limit, DefaultLimit)))
		}
		return true, pl.hang(trace.Killed, fmt.Sprintf("the limit of %v for a run was reached", orDefault(pl.r.Limit, DefaultLimit)))
	case pl.s.id == nil && !now.Before(pl.begun.Add(orDefault(pl.r.Identity, DefaultIdentity))):
		return true, pl.broken(silence(orDefault(pl.r.Identity, DefaultIdentity)))
	case pl.s.id != nil && len(pl.due) == 0 && pl.acting == 0 && !now.Before(pl.last.Add(pl.quiet())):
		return true, pl.hang(trace.HangEnd, fmt.Sprintf("no event for %v and nothing left to send", pl.quiet()))
	}
	return false, nil
}

// hang ends a run that does not end by itself.
func (pl *play) hang(kind trace.EndKind, why string) error {
	if stopped(pl.s.tree.pid) {
		why = "the process is stopped (SIGSTOP); " + why
	}
	events := pl.events()
	stuck := protocol.Unended(events)
	pl.end = trace.Ending{Kind: kind, Stuck: stuck, Reason: protocol.Hung(why, stuck)}
	pl.looked = true // what it leaves is ours to clean up: it did not end by itself
	pl.dump()
	return nil
}

// dump has a runtime that answers SIGQUIT with the stacks of its threads do so, on its standard error, before it is killed.
func (pl *play) dump() {
	if pl.r.NoStacks || pl.s.id == nil || pl.s.id.Language != "go" && pl.s.id.Language != "java" || !pl.s.signal("SIGQUIT") {
		return
	}
	timer := time.NewTimer(dumpLimit)
	defer timer.Stop()
	select {
	case <-pl.s.exited:
	case <-timer.C:
	}
}

func (pl *play) broken(f *protocol.Fault) error {
	pl.end = trace.Ending{Kind: trace.Killed, Reason: f.Error()}
	return f
}

// message takes one message.
func (pl *play) message(in incoming) error {
	pl.last = in.at
	m := &in.msg
	switch m.Kind {
	case protocol.IdentityMessage:
		pl.s.take(m.Identity)
		return pl.identified(m.Identity)
	case protocol.EventMessage:
		pl.rows = append(pl.rows, row{m.Event, in.at, m.Timed})
		pl.trigger(m.Event.Who, m.Event.What, m.Event.Phase.String(), in.at)
	case protocol.ReadyMessage:
		pl.after.Ready = true
		pl.trigger(trace.Process, "ready", "", in.at)
	case protocol.ListeningMessage:
		pl.after.Listening = append(pl.after.Listening, m.Listening...)
	case protocol.SkipMessage:
		pl.after.Skipped = m.Skip
	case protocol.ScheduleMessage:
		pl.after.Schedule = m.Schedule
	case protocol.EndMessage:
		pl.ended, pl.end = true, m.End
	}
	return nil
}

// identified takes what the adapter says it is.
func (pl *play) identified(id *protocol.Identity) error {
	pl.after.Identity = *id
	if id.Offers(pl.lane) {
		return nil
	}
	return pl.broken(&protocol.Fault{Kind: protocol.LaneNotOffered, Found: "an adapter of " + id.Implementation + " that offers " + strings.Join(id.Lanes, ", "), Expected: "the lane " + pl.lane, Mend: "ask for a lane that it offers"})
}

// closed takes the end of the stream: nil if the run goes on without it.
func (pl *play) closed(err error) error {
	var f *protocol.Fault
	if errors.As(err, &f) {
		if f.Kind == protocol.CutShort {
			pl.fault = f // said only if the process did not die, which explains it
			return nil
		}
		return pl.broken(f)
	}
	if pl.s.id == nil {
		if errors.As(pl.s.early(err), &f) {
			return pl.broken(f)
		}
		return err
	}
	if !errors.Is(err, io.EOF) && !errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("process: cannot read the messages: %w", err)
	}
	return nil
}

// afterExit takes what the process wrote before it died. A process that it left behind may hold the stream open: then
// what has come by the time that those are dead is all.
func (pl *play) afterExit(msgs <-chan incoming) {
	pl.after.Processes = pl.s.tree.leftovers()
	pl.look()
	if len(pl.after.Processes) > 0 {
		pl.s.tree.kill(true)
	}
	if pl.deaf {
		return
	}
	timer := time.NewTimer(time.Second)
	defer timer.Stop()
	for {
		select {
		case in := <-msgs:
			if in.err != nil {
				pl.deaf = true
				if err := pl.closed(in.err); err != nil {
					pl.fault, _ = err.(*protocol.Fault)
				}
				return
			}
			if err := pl.message(in); err != nil {
				pl.fault, _ = err.(*protocol.Fault)
				return
			}
		case a := <-pl.acts:
			pl.act(a)
		case <-timer.C:
			return
		}
	}
}

// died ends the run of a process that has ended.
func (pl *play) died() error {
	status := pl.s.status
	pl.after.Status = &status
	if f := pl.fault; f != nil {
		if f.Kind != protocol.CutShort {
			return pl.broken(f)
		}
		if status == (Status{}) { // it ended well, and yet not with a whole message
			return pl.broken(f)
		}
	}
	if pl.s.id == nil {
		err := pl.s.early(io.EOF)
		var f *protocol.Fault
		if errors.As(err, &f) {
			return pl.broken(f)
		}
		return err
	}
	if pl.lane == spec.Virtual && !pl.ended {
		return pl.broken(&protocol.Fault{Kind: protocol.NoEnd, Found: "the process ended with " + status.String() + " in a virtual run", Expected: `{"end":{…}}, as the simulated process's end is no real one`, Mend: "did the host call os.Exit or panic in the bubble? stderr tells"})
	}
	if pl.ended && pl.lane == spec.Virtual {
		return nil
	}
	pl.ended = false
	if status.Signal != "" {
		pl.end = trace.Ending{Kind: trace.Signaled, Signal: status.Signal}
	} else {
		pl.end = trace.Ending{Kind: trace.Exited, Code: status.Code}
	}
	if pl.fault != nil {
		pl.end.Reason = "its last message was cut short"
	}
	return nil
}

// gone looks at what the process left, ends what still lives of it, and takes what it wrote.
func (pl *play) gone() {
	select {
	case <-pl.s.exited:
		if !pl.looked {
			status := pl.s.status
			pl.after.Status = &status
			pl.after.Processes = pl.s.tree.leftovers()
			pl.look()
		}
	default:
	}
	if n := pl.s.end(); n > 0 {
		pl.after.NotLookedAt = append(pl.after.NotLookedAt, fmt.Sprintf("%d processes that SIGKILL did not end within %v", n, killLimit))
	}
	pl.drainActs()
	pl.after.Stdout, pl.after.Stderr = pl.s.out.take(), pl.s.err.take()
}
