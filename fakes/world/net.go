package world

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hostsim/hostsim/host/seam"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// The states of a file that a plan puts in the way, see plan.File.
const (
	Stale    = "stale"
	LiveFile = "live"
	Foreign  = "foreign"
	ReadOnly = "readonly"
)

// The failures of the simulated network. A trace shows them as "error:TEXT".
var (
	ErrInUse      = errors.New("in use")
	ErrForeign    = errors.New("a file that is not a socket is in the way")
	ErrPermission = errors.New("permission denied")
	ErrRefused    = errors.New("refused")
	ErrNotOpen    = errors.New("not open")
)

// Net is the simulated network: listeners on TCP and on Unix sockets, their files, and connections from outside.
// Every listener is numbered and belongs to a service, so that one that is left open can be named.
type Net struct {
	w         *World
	open      map[string]*listener
	files     map[string]string // path → state; "own" is the file of a listener of this process
	conns     []*conn
	listeners int
}

type listener struct {
	number  int
	addr    string
	owner   Owner
	backlog []*conn
	active  int
	closed  bool
	changed seam.Event // set at the next thing that happens to the listener
}

type conn struct {
	l        *listener
	name     string
	accepted bool
	over     bool
}

func newNet(w *World) *Net { return &Net{w: w} }

func (n *Net) reset(p *plan.Plan) {
	n.listeners, n.conns = 0, n.conns[:0]
	clear(n.open)
	clear(n.files)
	for _, f := range p.Files {
		n.init()
		n.files[f.Path] = f.State
	}
}

func (n *Net) init() {
	if n.open == nil {
		n.open, n.files = map[string]*listener{}, map[string]string{}
	}
}

func path(addr string) (string, bool) { return strings.CutPrefix(addr, "unix:") }

// Listen opens a listener at addr for owner. A socket file that nobody listens on is replaced.
func (n *Net) Listen(owner, where, addr string) error {
	n.init()
	err := n.bind(addr)
	n.report(owner, "listen", addr, err)
	if err != nil {
		return err
	}
	n.listeners++
	n.open[addr] = &listener{number: n.listeners, addr: addr, owner: Owner{owner, where}, changed: n.w.Sim.NewEvent("a change of " + addr)}
	return nil
}

func (n *Net) bind(addr string) error {
	if n.open[addr] != nil {
		return ErrInUse
	}
	p, unix := path(addr)
	if !unix {
		return nil
	}
	rules := n.w.Process.rules
	switch state := n.files[p]; {
	case state == "", state == Stale && !rules.KeepStale, rules.TakeFiles:
	case state == Foreign:
		return ErrForeign
	case state == ReadOnly:
		return ErrPermission
	default:
		return ErrInUse
	}
	n.files[p] = "own"
	return nil
}

func (n *Net) report(who, what, addr string, err error) {
	o := trace.OK
	if err != nil {
		o = trace.Errored(err.Error())
	}
	n.w.Emit(trace.Event{Who: who, What: what, Outcome: o, Detail: trace.Text(addr)})
}

// Close closes a listener and removes its file. Connections that nobody has accepted are reset, the others live on.
func (n *Net) Close(owner, addr string) error {
	l := n.open[addr]
	if l == nil {
		n.report(owner, "close", addr, ErrNotOpen)
		return ErrNotOpen
	}
	if !n.w.Process.rules.HoldListeners {
		delete(n.open, addr)
	}
	l.closed = true
	if p, unix := path(addr); unix && n.files[p] == "own" && n.open[addr] == nil {
		delete(n.files, p)
	}
	n.report(owner, "close", addr, nil)
	for _, c := range l.backlog {
		n.hangUp(c, trace.Errored("reset"))
	}
	l.backlog = nil
	n.change(l)
	return nil
}

// Remove removes a socket's file without closing its listener.
func (n *Net) Remove(owner, addr string) error {
	p, _ := path(addr)
	if n.files[p] == "" {
		n.report(owner, "removeFile", addr, ErrNotOpen)
		return ErrNotOpen
	}
	delete(n.files, p)
	n.report(owner, "removeFile", addr, nil)
	return nil
}

// Dial reports whether anybody listens at addr.
func (n *Net) Dial(owner, addr string) error {
	var err error
	if !n.reachable(addr) {
		err = ErrRefused
	}
	n.report(owner, "dial", addr, err)
	return nil
}

func (n *Net) reachable(addr string) bool {
	p, unix := path(addr)
	if n.open[addr] != nil {
		return !unix || n.files[p] == "own"
	}
	return unix && n.files[p] == LiveFile
}

// client plays a connection from outside.
func (n *Net) client(c *plan.Connection) {
	if !n.reachable(c.Dial) || n.open[c.Dial] == nil {
		n.report(trace.Net, "connect", c.Dial, ErrRefused)
		return
	}
	l := n.open[c.Dial]
	cn := &conn{l: l, name: c.Name}
	n.conns = append(n.conns, cn)
	l.backlog = append(l.backlog, cn)
	n.report(trace.Net, "connect", c.Dial, nil)
	n.change(l)
	n.w.Sim.Wait(seam.Wait{Limit: c.Hold, Why: "a client's patience"})
	if !cn.over {
		n.hangUp(cn, trace.OK)
	}
}

func (n *Net) hangUp(c *conn, o trace.Outcome) {
	if c.over {
		return
	}
	c.over = true
	if c.accepted {
		c.l.active--
	}
	n.w.Emit(trace.Event{Who: trace.Net, What: "disconnect", Outcome: o, Detail: trace.Text(c.l.addr)})
	n.change(c.l)
}

// change wakes whoever waits for something to happen to l.
func (n *Net) change(l *listener) {
	ev := l.changed
	l.changed = n.w.Sim.NewEvent("a change of " + l.addr)
	ev.Set()
}

// Accept takes connections until the listener is closed, or ctx is cancelled, which is its error. What it has accepted
// is served until the client closes it, whatever becomes of the listener.
func (n *Net) Accept(ctx context.Context, owner, addr string) error {
	l := n.open[addr]
	if l == nil {
		return ErrNotOpen
	}
	for {
		for len(l.backlog) > 0 {
			c := l.backlog[0]
			l.backlog = l.backlog[1:]
			if c.over {
				continue
			}
			c.accepted = true
			l.active++
			n.report(owner, "accepted", addr, nil)
		}
		if l.closed {
			return nil
		}
		if seam.WaitOr(n.w.Sim, ctx, l.changed, seam.Wait{Limit: seam.Forever, Why: "a connection on " + addr}) == seam.ByOr {
			return ctx.Err()
		}
	}
}

// Drain waits until no accepted connection is open on the listener that is, or was, at addr.
func (n *Net) Drain(ctx context.Context, _, addr string) error {
	for {
		var busy *listener
		for _, c := range n.conns {
			if c.l.addr == addr && c.accepted && !c.over {
				busy = c.l
			}
		}
		if busy == nil {
			return nil
		}
		if seam.WaitOr(n.w.Sim, ctx, busy.changed, seam.Wait{Limit: seam.Forever, Why: "the connections on " + addr}) == seam.ByOr {
			return ctx.Err()
		}
	}
}

// aftermath is what is found when the process has ended: connections that are cut, listeners that nobody closed, files
// that are left behind.
func (n *Net) aftermath(end trace.Ending) []trace.Event {
	var out []trace.Event
	for _, c := range n.conns {
		if !c.over {
			out = append(out, trace.Event{Who: trace.Net, What: "disconnect", Outcome: "error:reset", Detail: trace.Text(c.l.addr)})
		}
	}
	for _, addr := range sorted(n.open) {
		if l := n.open[addr]; end.Kind == trace.Exited {
			what := fmt.Sprintf("service %s leaked listener %d (%s), opened in %s", l.owner.Who, l.number, addr, l.owner.Where)
			out = append(out, trace.Event{Who: trace.World, What: "leak", Detail: trace.Text(what)})
		}
	}
	for _, p := range sorted(n.files) {
		if n.files[p] == "own" {
			out = append(out, trace.Event{Who: trace.World, What: "left", Detail: trace.Text("unix:" + p)})
		}
	}
	return out
}
