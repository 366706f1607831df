package fuzz

import (
	"math/rand/v2"
	"time"

	"github.com/hostsim/hostsim/scenarios/plan"
)

// Style says what kind of plans are wanted.
type Style struct {
	// Lifecycle allows lifecycle services, concurrent stages and startup timeouts (dotnet-8 and later, strict).
	Lifecycle bool
	// Faults allows the option backgroundException (dotnet-6 and later).
	Faults bool
	// Handlers allows the application's own signal handlers (dotnet-6 and later).
	Handlers bool
	// Wild, 0 to 1, is the share of plans that leave the beaten track: odd orders in main, exits, crashes and signals
	// at any moment.
	Wild float64
}

// Generate makes plan number n of a seed. The same arguments give the same plan.
func Generate(seed uint64, n int, s Style) *plan.Plan {
	g := &generator{r: rand.New(rand.NewPCG(seed, uint64(n))), style: s}
	g.wild = g.chance(s.Wild)
	return g.plan()
}

type generator struct {
	r     *rand.Rand
	style Style
	wild  bool
	p     *plan.Plan
	used  map[time.Duration]bool
	ends  bool // something requests a stop or ends the process
}

func (g *generator) chance(p float64) bool { return g.r.Float64() < p }

// odd is chance for a plan off the beaten track, and a quarter of it for the others.
func (g *generator) odd(p float64) bool {
	if !g.wild {
		p /= 4
	}
	return g.chance(p)
}

// duration picks a multiple of 10 ms between the bounds that the plan has not used yet.
func (g *generator) duration(from, to time.Duration) time.Duration {
	var d time.Duration
	for range 8 {
		d = from + time.Duration(g.r.Int64N(int64((to-from)/(10*time.Millisecond))+1))*10*time.Millisecond
		if !g.used[d] {
			break
		}
	}
	g.used[d] = true
	return d
}

func (g *generator) some() time.Duration {
	return g.duration(100*time.Millisecond, 900*time.Millisecond)
}
func (g *generator) short() time.Duration {
	return g.duration(80*time.Millisecond, 450*time.Millisecond)
}

// choice is one of several things, with its weight.
type choice[T any] struct {
	weight int
	value  T
}

func pick[T any](g *generator, cs []choice[T]) T {
	sum := 0
	for _, c := range cs {
		sum += c.weight
	}
	n := g.r.IntN(sum)
	for _, c := range cs {
		if n -= c.weight; n < 0 {
			return c.value
		}
	}
	panic("fuzz: weights changed")
}

func of[T any](g *generator, vs ...T) T { return vs[g.r.IntN(len(vs))] }

func (g *generator) plan() *plan.Plan {
	g.used = map[time.Duration]bool{}
	g.p = &plan.Plan{}
	g.options()
	names := []string{"a", "b", "c", "d", "e"}
	for i := range pick(g, []choice[int]{{3, 0}, {25, 1}, {30, 2}, {25, 3}, {12, 4}, {5, 5}}) {
		g.p.Services = append(g.p.Services, g.service(names[i]))
	}
	if g.odd(0.2) {
		g.p.HostLifetime = g.hostLifetime()
	}
	g.p.ApplicationStarted = g.callbacks(0.12)
	g.p.ApplicationStopping = g.callbacks(0.2)
	g.p.ApplicationStopped = g.callbacks(0.12)
	if g.chance(0.35) {
		s := g.exitHandler()
		g.p.ProcessExit = &s
	}
	if g.style.Handlers && g.odd(0.12) {
		for range 1 + g.r.IntN(2) {
			g.p.SignalHandlers = append(g.p.SignalHandlers, plan.SignalHandler{Signal: of(g, plan.Signals...), Cancel: g.chance(0.5)})
		}
	}
	if g.odd(0.1) {
		g.config()
	}
	g.main()
	g.p.MainCatches = g.chance(0.35)
	g.ending()
	if g.odd(0.2) {
		g.laterSignal()
	}
	return g.p
}

func (g *generator) options() {
	o := &g.p.Options
	switch {
	case g.chance(0.08):
	case g.odd(0.03):
		d := plan.Infinite
		o.ShutdownTimeout = &d
	case g.odd(0.03):
		d := time.Duration(0)
		o.ShutdownTimeout = &d
	case g.chance(0.35):
		d := 2 * time.Second
		o.ShutdownTimeout = &d
	default:
		d := g.duration(200*time.Millisecond, 1200*time.Millisecond)
		o.ShutdownTimeout = &d
	}
	if g.style.Lifecycle {
		if g.chance(0.15) {
			d := g.duration(300*time.Millisecond, 1200*time.Millisecond)
			o.StartupTimeout = &d
		}
		if g.chance(0.25) {
			o.ConcurrentStart = g.flag()
		}
		if g.chance(0.25) {
			o.ConcurrentStop = g.flag()
		}
	}
	if g.style.Faults {
		o.BackgroundException = pick(g, []choice[string]{{40, ""}, {30, "stopHost"}, {30, "ignore"}})
	}
}

func (g *generator) flag() *bool {
	b := g.chance(0.85)
	return &b
}

func (g *generator) config() {
	if g.chance(0.7) {
		g.p.Config = append(g.p.Config, plan.Setting{Key: "shutdownTimeoutSeconds", Value: of(g, "1", "2", "x", "0")})
		if g.chance(0.6) {
			g.p.Options.ShutdownTimeout = nil
		}
	}
	if g.style.Lifecycle {
		for _, k := range []string{"startupTimeoutSeconds", "servicesStartConcurrently", "servicesStopConcurrently"} {
			if g.chance(0.3) {
				v := of(g, "true", "false", "True")
				if k == "startupTimeoutSeconds" {
					v = of(g, "1", "2")
				}
				g.p.Config = append(g.p.Config, plan.Setting{Key: k, Value: v})
			}
		}
	}
}

func (g *generator) callbacks(p float64) []plan.Script {
	if !g.chance(p) {
		return nil
	}
	var out []plan.Script
	for range 1 + g.r.IntN(2) {
		out = append(out, g.callback())
	}
	return out
}
