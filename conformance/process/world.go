package process

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"time"

	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

// world is what a run has of the machine: a directory of its own, with what the plan says lies there.
type world struct {
	dir  string // empty: the plan needs none
	made []string
	live []net.Listener
}

// newWorld makes the world of a plan; in the virtual lane there is none.
func newWorld(temp string, p *plan.Plan, lane string) (*world, error) {
	w := &world{}
	if lane != spec.Process || len(p.Files) == 0 && !usesAddresses(p) {
		return w, nil
	}
	dir, err := os.MkdirTemp(temp, "hostsim-")
	if err != nil {
		return nil, fmt.Errorf("process: %w", err)
	}
	w.dir = dir
	for _, f := range p.Files {
		if err := w.make(f); err != nil {
			w.close()
			return nil, fmt.Errorf("process: cannot prepare the file %s (%s): %w", f.Path, f.State, err)
		}
		w.made = append(w.made, f.Path)
	}
	return w, nil
}

func (w *world) path(name string) string { return filepath.Join(w.dir, name) }

func (w *world) make(f plan.File) error {
	path := w.path(f.Path)
	switch f.State {
	case "stale", "live":
		l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
		if err != nil {
			return err
		}
		l.SetUnlinkOnClose(false)
		if f.State == "stale" {
			return l.Close()
		}
		w.live = append(w.live, l)
		return nil
	case "readonly": // a directory: nobody can put a socket in its place, whoever asks
		return os.Mkdir(path, 0o500)
	}
	return os.WriteFile(path, []byte("this file belongs to somebody else\n"), 0o600)
}

// left lists the files that were not there before, by name.
func (w *world) left() []string {
	if w.dir == "" {
		return nil
	}
	entries, _ := os.ReadDir(w.dir)
	var out []string
	for _, e := range entries {
		if !slices.Contains(w.made, e.Name()) {
			out = append(out, e.Name())
		}
	}
	sort.Strings(out)
	return out
}

func (w *world) close() {
	for _, l := range w.live {
		_ = l.Close()
	}
	if w.dir != "" {
		_ = os.RemoveAll(w.dir)
	}
}

// usesAddresses tells whether a plan has listeners.
func usesAddresses(p *plan.Plan) bool {
	for s := range p.AllSteps() {
		if s.Kind.Arg == plan.ArgAddress {
			return true
		}
	}
	return len(p.Connections) > 0
}

// look looks at what the host left: ports that still answer, files. It is done before what was left behind is killed.
func (pl *play) look() {
	if pl.looked {
		return
	}
	pl.looked = true
	seen := map[string]bool{}
	for _, l := range pl.after.Listening {
		if seen[l.Address] {
			continue
		}
		seen[l.Address] = true
		network, addr := pl.real(l.Address)
		if c, err := net.DialTimeout(network, addr, time.Second); err == nil {
			_ = c.Close()
			pl.after.Open = append(pl.after.Open, l.Address)
		}
	}
	if pl.world != nil {
		pl.after.Files = pl.world.left()
	}
}

// events gives the trace so far: times from the begin of host.build, or of the first event, on the adapter's clock, to which
// ours is tied by the least delay that any event had on its way.
func (pl *play) events() []trace.Event {
	var skew time.Duration
	timed := false
	for _, r := range pl.rows {
		if d := r.at.Sub(pl.begun) - r.event.At; r.timed && (!timed || d < skew) {
			skew, timed = d, true
		}
	}
	at := func(r *row) time.Duration {
		if r.timed {
			return r.event.At
		}
		return r.at.Sub(pl.begun) - skew
	}
	var zero time.Duration
	if len(pl.rows) > 0 {
		zero = at(&pl.rows[0])
	}
	for i := range pl.rows {
		if r := &pl.rows[i]; r.event.Who == trace.Host && r.event.What == "build" && r.event.Phase == trace.Begin {
			zero = at(r)
			break
		}
	}
	out := make([]trace.Event, len(pl.rows))
	var before time.Duration
	for i := range pl.rows {
		r := &pl.rows[i]
		e := r.event
		e.At = max(at(r)-zero, 0)
		if !r.timed { // ours stand where they stand: no earlier than what was read before
			e.At = max(e.At, before)
		}
		before = max(before, e.At)
		out[i] = e
	}
	return out
}

// finish makes the trace: what was recorded, then what was found afterwards.
func (pl *play) finish(err error) *trace.Trace {
	t := &trace.Trace{Events: pl.events(), End: pl.end}
	for _, s := range pl.waiting {
		pl.after.Unsent = append(pl.after.Unsent, s.name)
	}
	for _, d := range pl.due {
		pl.after.Unsent = append(pl.after.Unsent, d.name)
	}
	if t.End.Kind == "" {
		t.End.Kind = trace.Killed
		if err != nil {
			t.End.Reason = err.Error()
		}
	}
	var at time.Duration
	if n := len(t.Events); n > 0 {
		at = t.Events[n-1].At
	}
	found := func(what, text string) {
		t.Events = append(t.Events, trace.Event{At: at, Who: trace.World, What: what, Detail: trace.Text(text)})
	}
	for _, a := range pl.after.Open {
		found("leak", a+" still accepts connections")
	}
	for _, p := range pl.after.Processes {
		text := "process " + p.Command + " was left behind"
		if p.Left {
			text += ", out of the session"
		}
		found("leak", text)
	}
	for _, f := range pl.after.Files {
		found("left", "unix:"+f)
	}
	return t
}
