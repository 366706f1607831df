package explore

import (
	"fmt"
	"strings"
)

// Strategies by name.
const (
	Sequential = "sequential" // the default schedule, once
	Random     = "random"     // every decision by a seeded dice
	PCT        = "pct"        // seeded random priorities with a few change points
	Exhaustive = "exhaustive" // every schedule with at most a bounded number of decisions that are not the default
)

// Strategies lists the names.
func Strategies() []string { return []string{Sequential, Random, PCT, Exhaustive} }

// dice is a small seeded generator (splitmix64): the same on every machine and in every version.
type dice uint64

func (d *dice) next() uint64 {
	*d += 0x9e3779b97f4a7c15
	z := uint64(*d)
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return z ^ (z >> 31)
}

func (d *dice) below(n int) int { return int(d.next() % uint64(n)) }

// random decides by dice; a thread is held up at one point in eight.
type random struct{ d dice }

func (r *random) choose(_ string, names []string) int { return r.d.below(len(names)) }
func (r *random) preempt(string) bool                 { return r.d.next()&7 == 0 }

// pct gives every thread a random priority, always runs the highest that is ready, and lowers the running one at depth-1
// random steps. A bug that needs depth ordering constraints is found by one schedule with a probability of at least
// 1/(n·k^(depth-1)) for n threads and k steps (Burckhardt et al., ASPLOS 2010).
type pct struct {
	d       dice
	depth   int
	steps   int // k: the decisions of the default run
	at      int
	prio    map[int]uint64 // of threads and timers, by their numbers
	changes []int
	lowest  uint64
	ids     []int // who is meant by the next choice
}

func (p *pct) begin(seed uint64) {
	p.d = dice(seed)
	p.at, p.lowest = 0, 1<<20
	if p.prio == nil {
		p.prio = map[int]uint64{}
	}
	clear(p.prio)
	p.changes = p.changes[:0]
	for range p.depth - 1 {
		p.changes = append(p.changes, p.d.below(max(p.steps, 1)))
	}
}

func (p *pct) priority(id int) uint64 {
	v, ok := p.prio[id]
	if !ok {
		v = 1<<32 | p.d.next()>>32
		p.prio[id] = v
	}
	return v
}

// step counts a decision and lowers the running thread if it is a change point.
func (p *pct) step(id int) {
	for _, c := range p.changes {
		if c == p.at {
			p.lowest--
			p.prio[id] = p.lowest
		}
	}
	p.at++
}

func (p *pct) choose(string, []string) int {
	best := 0
	for i, id := range p.ids {
		if p.priority(id) > p.priority(p.ids[best]) {
			best = i
		}
	}
	p.step(p.ids[best])
	return best
}

// preempt holds the running thread up if somebody of a higher priority is ready.
func (p *pct) preempt(string) bool {
	p.step(p.ids[0])
	mine := p.priority(p.ids[0])
	for _, id := range p.ids[1:] {
		if p.priority(id) > mine {
			return true
		}
	}
	return false
}

// pctScript is a script whose strategy tells threads of one name apart.
type pctScript struct {
	script
	p *pct
}

// Identify implements sim.Identified.
func (s *pctScript) Identify(ids []int) { s.p.ids = ids }

// CheckStrategy refuses an unknown name.
func CheckStrategy(name string) error {
	for _, s := range Strategies() {
		if s == name {
			return nil
		}
	}
	return fmt.Errorf("there is no strategy %q; the strategies are %s", name, strings.Join(Strategies(), ", "))
}
