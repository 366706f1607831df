package process

import (
	"cmp"
	"context"
	"net"
	"slices"
	"time"

	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// stimulus waits for its event.
type stimulus struct {
	order  int // in the plan
	after  string
	wait   time.Duration
	signal string           // a signal, or
	conn   *plan.Connection // a connection
	name   string           // for people
}

// due is a stimulus whose event has come.
type due struct {
	stimulus
	at    time.Time
	event int // the index of the event
}

// arm prepares the plan's stimuli.
func (pl *play) arm() {
	for _, s := range pl.plan.Signals {
		pl.waiting = append(pl.waiting, stimulus{order: len(pl.waiting), after: s.After, wait: s.Wait, signal: s.Send, name: s.Send + " after " + s.After})
	}
	for i := range pl.plan.Connections {
		c := &pl.plan.Connections[i]
		pl.waiting = append(pl.waiting, stimulus{order: len(pl.waiting), after: c.After, wait: c.Wait, conn: c, name: "connection " + c.Name + " after " + c.After})
	}
}

// trigger makes due what waited for an event, which is the last of the trace.
func (pl *play) trigger(who, what, phase string, at time.Time) {
	if len(pl.waiting) == 0 {
		return
	}
	short := who + "." + what
	long := short + "." + phase
	keep := pl.waiting[:0]
	for _, s := range pl.waiting {
		if s.after != short && (phase == "" || s.after != long) {
			keep = append(keep, s)
			continue
		}
		d := due{s, at.Add(s.wait), len(pl.rows) - 1}
		i, _ := slices.BinarySearchFunc(pl.due, d, func(a, b due) int {
			return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.order, b.order))
		})
		pl.due = slices.Insert(pl.due, i, d)
	}
	pl.waiting = keep
}

// give gives a stimulus. A signal's event is put into the trace before it is sent, so that its effects stand after it.
func (pl *play) give(d due) {
	now := time.Now()
	pl.last = now
	if d.conn != nil {
		pl.acting++
		network, addr := pl.real(d.conn.Dial)
		go pl.connect(d.conn, network, addr)
		return
	}
	select {
	case <-pl.s.exited: // its number may belong to somebody else by now
		pl.after.Unsent = append(pl.after.Unsent, d.name)
		return
	default:
	}
	pl.rows = append(pl.rows, row{event: trace.Event{Who: trace.Signal, What: d.signal}, at: now})
	if !pl.s.signal(d.signal) {
		pl.rows = pl.rows[:len(pl.rows)-1]
		pl.after.Unsent = append(pl.after.Unsent, d.name)
		return
	}
	pl.after.Sent = append(pl.after.Sent, Sent{Signal: d.signal, Event: len(pl.rows) - 1, After: d.event})
	pl.trigger(trace.Signal, d.signal, "", now)
}

// signal sends a signal to the run's own process. That has not been waited for when exited is open, but may be at any
// moment: the handle of the process makes sure that no other process is met.
func (s *session) signal(name string) bool {
	return send(s.cmd.Process, name)
}

// real gives the network and the real address of a logical one.
func (pl *play) real(address string) (network, addr string) {
	a, _ := plan.ParseAddress(address)
	for i := len(pl.after.Listening) - 1; i >= 0; i-- {
		if l := pl.after.Listening[i]; l.Address == address {
			return a.Network, l.Real
		}
	}
	if a.Network == "unix" {
		return "unix", pl.world.path(a.Name)
	}
	return "tcp", "" // nobody has said where it is
}

// connect plays a client from outside.
func (pl *play) connect(c *plan.Connection, network, addr string) {
	say := func(what, outcome string, final bool) {
		pl.acts <- act{trace.Event{Who: trace.Net, What: what, Outcome: outcome, Detail: trace.Text(c.Dial)}, time.Now(), final}
	}
	d := net.Dialer{Timeout: 2 * time.Second}
	conn, err := d.Dial(network, addr)
	if err != nil {
		say("connect", trace.Errored("refused"), true)
		return
	}
	defer conn.Close()
	defer context.AfterFunc(pl.clients, func() { _ = conn.Close() })()
	say("connect", trace.OK, false)
	hold := c.Hold
	if hold < 0 {
		hold = orDefault(pl.r.Limit, DefaultLimit)
	}
	_ = conn.SetReadDeadline(time.Now().Add(hold))
	buf := make([]byte, 512)
	for {
		_, err := conn.Read(buf)
		if err == nil {
			continue
		}
		outcome := trace.Errored("reset") // the other side went first, or the run is over
		if t, ok := err.(net.Error); ok && t.Timeout() {
			outcome = trace.OK
		}
		say("disconnect", outcome, true)
		return
	}
}

func (pl *play) act(a act) {
	pl.last = a.at
	pl.rows = append(pl.rows, row{event: a.event, at: a.at})
	if a.final {
		pl.acting--
	}
	pl.trigger(a.event.Who, a.event.What, "", a.at)
}

// drainActs waits for the run's goroutines. Their peers are dead by now, but for those that never were of this run.
func (pl *play) drainActs() {
	timer := time.NewTimer(grace)
	defer timer.Stop()
	for pl.acting > 0 {
		select {
		case a := <-pl.acts:
			pl.act(a)
		case <-timer.C:
			pl.hangUp()
		}
	}
	pl.hangUp()
}
