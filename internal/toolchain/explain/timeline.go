package explain

import (
	"fmt"
	"strings"
	"time"
)

// verbs says what an event is in the timeline.
var verbs = map[int]string{
	Send: "send", Recv: "receive", Close: "close", SelSend: "select", SelRecv: "select",
	Lock: "lock", Unlock: "unlock", RLock: "read lock", RUnlock: "read unlock",
	WgWait: "wait for group", CondWait: "wait for condition", CondWake: "signal condition",
	Gosched: "yield", Signal: "signal", Exit: "exit",
}

// Timeline tells the last steps of a run, at most max of them, one a line:
// virtual time, goroutine, what it entered, where.
func (r *Run) Timeline(max int) string {
	type row struct{ when, who, what, where string }
	var rows []row
	for _, e := range r.Events {
		g := r.g(e.G)
		what := verbs[e.Kind]
		switch e.Kind {
		case Go:
			if p := r.g(g.parent); g.hidden || e.G == 0 || p.hidden && p.name == "the test" {
				continue
			}
			rows = append(rows, row{r.when(e.Now), r.g(g.parent).title(), "go " + g.title(), g.started})
			continue
		case WgAdd:
			what = "group done"
			if int(e.Aux) >= 0 {
				what = "group add"
			}
		case SelSend, SelRecv:
			if n := len(rows); n > 0 && e.Aux>>1 != 0 && rows[n-1].what == "select" && rows[n-1].who == g.title() {
				continue
			}
		case Signal:
			what = fmt.Sprintf("signal %d to itself", e.Aux)
			if n := int(e.Aux); n < 0 {
				rows = append(rows, row{r.when(e.Now), g.title(), fmt.Sprintf("signal %d arrives", -n), ""})
				continue
			}
		case Exit:
			what = fmt.Sprintf("exit %d", int(e.Aux))
		}
		u := user(r.stack(e.PCs))
		if what == "" || g.hidden || isStandard(u.Func) && e.Kind != Signal {
			continue
		}
		rows = append(rows, row{r.when(e.Now), g.title(), what, place(u)})
	}
	var b strings.Builder
	if cut := len(rows) - max; cut > 0 {
		fmt.Fprintf(&b, "  … %d earlier steps\n", cut)
		rows = rows[cut:]
	}
	var w0, w1, w2 int
	for _, x := range rows {
		w0, w1, w2 = maxInt(w0, len(x.when)), maxInt(w1, len(x.who)), maxInt(w2, len(x.what))
	}
	for _, x := range rows {
		fmt.Fprintf(&b, "  %*s  %-*s  %-*s  %s\n", w0, x.when, w1, x.who, w2, x.what, x.where)
	}
	return b.String()
}

func (r *Run) when(now int64) string { return "+" + time.Duration(now-r.first).String() }

func maxInt(a, b int) int {
	if a > b {
		return a
	}
	return b
}

// Stack tells a stack in words, the standard library's innermost frames left out, at most max frames.
func (r *Run) Stack(pcs []uintptr, max int) string {
	var b strings.Builder
	n := 0
	for _, f := range r.stack(pcs) {
		if n == 0 && isStandard(f.Func) && strings.HasPrefix(pkgOf(f.Func), "runtime") {
			continue
		}
		if f.Func == "runtime.goexit" {
			break
		}
		if n++; n > max {
			b.WriteString("    …\n")
			break
		}
		fmt.Fprintf(&b, "    %s\n", at(f))
	}
	return b.String()
}

// Title names a goroutine of the run.
func (r *Run) Title(g uint32) string { return r.g(g).title() }

// Label names a goroutine so that it is found again in another run: function, place of its start, ordinal.
func (r *Run) Label(g uint32) string {
	x := r.g(g)
	s := x.name
	if x.started != "" {
		s += " @ " + x.started
	}
	return fmt.Sprintf("%s #%d", s, x.ordinal)
}

// Place names the innermost frame outside of the standard library.
func (r *Run) Place(pcs []uintptr) string { return at(user(r.stack(pcs))) }
