package watchdog

import (
	"regexp"
	"strings"
)

// Goroutine is one goroutine of a dump, without addresses and numbers.
type Goroutine struct {
	State  string // running, sync.Mutex.Lock, chan receive …
	Frames []Frame
}

// Frame is one call, the innermost first.
type Frame struct{ Func, Place string }

// Doing says in words what the goroutine does.
func (g *Goroutine) Doing() string {
	if g.busy() {
		return "This goroutine runs"
	}
	return "This goroutine waits (" + g.State + ")"
}

func (g *Goroutine) busy() bool { return g.State == "running" || g.State == "runnable" }

var (
	header    = regexp.MustCompile(`^goroutine \d+(?: [^\[]*)?\[([^\]]*)\]:$`)
	arguments = regexp.MustCompile(`\((?:0x|\{|\.\.\.|\)|[0-9]|0x[0-9a-f]+[,?]).*$`)
)

// thread is the function that every thread of the simulation runs in.
const thread = "fakes/sim.(*Sim).runThread("

// Culprit finds in a dump of all goroutines the one that has the turn of a simulated run: all other threads of the
// simulation stand as coroutines. Where several runs are under way one that waits is taken before one that runs.
func Culprit(dump string) *Goroutine {
	var best *Goroutine
	for _, text := range strings.Split(dump, "\n\n") {
		lines := strings.Split(strings.TrimSpace(text), "\n")
		m := header.FindStringSubmatch(lines[0])
		if m == nil || !strings.Contains(text, thread) {
			continue
		}
		state, _, _ := strings.Cut(m[1], ",")
		if state == "coroutine" {
			continue
		}
		g := &Goroutine{State: state, Frames: frames(lines[1:])}
		if best == nil || best.busy() && !g.busy() {
			best = g
		}
	}
	return best
}

// frames reads the calls above the simulation, without those of the runtime that only carry out the wait.
func frames(lines []string) (out []Frame) {
	for i := 0; i+1 < len(lines); i += 2 {
		if strings.Contains(lines[i], thread) {
			break
		}
		f := Frame{arguments.ReplaceAllString(strings.TrimSpace(lines[i]), ""), place(lines[i+1])}
		if len(out) == 0 && inside(f.Func) {
			continue
		}
		out = append(out, f)
	}
	return out
}

func inside(f string) bool {
	for _, p := range []string{"runtime.", "internal/", "sync.runtime_"} {
		if strings.HasPrefix(f, p) {
			return true
		}
	}
	return false
}

// place gives file:line with the last two folders, which are the same on every machine.
func place(line string) string {
	line, _, _ = strings.Cut(strings.TrimSpace(line), " ")
	parts := strings.Split(line, "/")
	return strings.Join(parts[max(0, len(parts)-3):], "/")
}
