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

// pct gives every thread a random priority, runs the highest, and lowers the running one at a few random steps. A bug
// that needs d ordering constraints is found with a probability of at least 1/(n·k^(d-1)) for n threads and k steps.
type pct struct {
	d       dice
	depth   int
	steps   int // estimate of the number of decisions of a run, kept from run to run
	at      int
	prio    map[string]uint64
	changes []int
	lowest  uint64
	longest int
}

func (p *pct) begin(seed uint64) {
	p.d = dice(seed)
	if p.at > p.longest {
		p.longest = p.at
	}
	p.steps = max(p.longest, 16)
	p.at, p.lowest = 0, 1<<20
	if p.prio == nil {
		p.prio = map[string]uint64{}
	}
	clear(p.prio)
	p.changes = p.changes[:0]
	for range p.depth - 1 {
		p.changes = append(p.changes, p.d.below(p.steps))
	}
}

func (p *pct) priority(thread string) uint64 {
	v, ok := p.prio[thread]
	if !ok {
		v = 1<<32 | p.d.next()>>32
		p.prio[thread] = v
	}
	return v
}

// step counts a decision and lowers the running thread if it is a change point.
func (p *pct) step(thread string) (changed bool) {
	for _, c := range p.changes {
		if c == p.at {
			p.lowest--
			p.prio[thread] = p.lowest
			changed = true
		}
	}
	p.at++
	return changed
}

func (p *pct) choose(_ string, names []string) int {
	best := 0
	for i := range names {
		if p.priority(names[i]) > p.priority(names[best]) {
			best = i
		}
	}
	p.step(names[best])
	return best
}

func (p *pct) preempt(thread string) bool { return p.step(thread) }

// exhaustive walks all schedules with at most bound decisions that are not the default, depth first.
type exhaustive struct {
	bound int
	done  bool
}

// advance turns the list of a run into the prefix of the next run; false if there is none left.
func (e *exhaustive) advance(list []choice) ([]choice, bool) {
	for i := len(list) - 1; i >= 0; i-- {
		c := list[i]
		spent := 0
		for _, b := range list[:i] {
			if b.took != 0 {
				spent++
			}
		}
		if c.took+1 < c.of && spent < e.bound {
			next := append([]choice(nil), list[:i]...)
			return append(next, choice{c.of, c.took + 1}), true
		}
	}
	e.done = true
	return nil, false
}

// CheckStrategy refuses an unknown name.
func CheckStrategy(name string) error {
	for _, s := range Strategies() {
		if s == name {
			return nil
		}
	}
	return fmt.Errorf("there is no strategy %q; the strategies are %s", name, strings.Join(Strategies(), ", "))
}
