package fuzz

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/hostsim/hostsim/conformance/virtual"
	"github.com/hostsim/hostsim/fakes/sim"
	"github.com/hostsim/hostsim/scenarios/agree"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/recorded"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// dying is for how long a process may live on that has nothing left to do but to die: the .NET runtime was seen to take up to
// 180 ms to write about an unhandled error, and some 20 to leave.
const dying = 200 * time.Millisecond

// loaded and started are what slack and starting come to on a machine that has ten processes ready for each of its cores, as was seen.
const (
	loaded  = 150 * time.Millisecond
	started = 400 * time.Millisecond
)

// Race says how the reference host comes to do what another host did, although it does not do so by default: then the two do not
// differ in what they do, and the plan leaves open what happens first.
type Race struct {
	Late  bool   // durations take up to 150 ms longer than planned, starting up to 400 ms and dying up to 200 ms
	Seed  uint64 // of the schedule; 0: the default one
	Tries int    // how many runs were tried until then
}

// String says it in words.
func (r *Race) String() string {
	switch {
	case r.Seed == 0:
		return fmt.Sprintf("the reference host does the same when waits take up to %v longer (run %d)", loaded, r.Tries)
	case r.Late:
		return fmt.Sprintf("the reference host does the same under another schedule and when waits take up to %v longer (run %d)", loaded, r.Tries)
	}
	return fmt.Sprintf("the reference host does the same under another schedule (run %d)", r.Tries)
}

// Explain looks for a run of the reference host that agrees with what another host did in its plays of a plan: under other
// schedules, and with waits that take longer (up to 150 ms, before the first service is called 400 ms, until a process has died
// 200 ms: what was seen on a busy machine), in at most so many runs. Times are not compared. nil says that there was none among
// those: the hosts differ in what they do. The same arguments give the same answer.
func Explain(profile string, p *plan.Plan, plays []*trace.Trace, runs int) (*Race, error) {
	l := virtual.New(nil)
	defer l.Close()
	rec := Recording(profile, p, plays)
	r := rand.New(rand.NewPCG(3, 4))
	for i := range runs {
		race := &Race{Tries: i + 1}
		var c sim.Chooser
		if i%4 != 0 {
			race.Seed = uint64(i)
			l := &loose{r: rand.New(rand.NewPCG(race.Seed, 0)), odd: []float64{0.04, 0.15, 0.4}[i%3]}
			if i%5 < 2 {
				l.ranks = map[string]float64{}
			}
			c = l
		}
		q := p
		if i%4 < 2 {
			race.Late = true
			q = late(p, r, loaded, started)
			if i%8 < 2 {
				q = late(p, r, slack, starting)
			}
			l.SetDying(time.Duration(r.Int64N(int64(dying))))
		} else {
			l.SetDying(0)
		}
		l.SetChooser(c)
		t, err := l.Play(q, profile)
		if err != nil {
			return nil, err
		}
		if matches(profile, rec, t, plays[0]) {
			return race, nil
		}
	}
	return nil, nil
}

// matches tells whether a run agrees with a recording, times apart.
func matches(profile string, rec *recorded.Recording, mine, theirs *trace.Trace) bool {
	said := agree.Compare(rec, &trace.Trace{Events: mine.Events, End: endAs(profile, mine, theirs)})
	return said == nil || said.Kind == agree.Time
}

// loose takes another choice than the default now and then; with ranks it goes by them otherwise: a thread that has a low one comes
// last wherever it stands against others, all through a run.
type loose struct {
	r     *rand.Rand
	odd   float64
	ranks map[string]float64 // by the thread's name, made on first use; nil: the default is taken
}

// Choose implements sim.Chooser.
func (c *loose) Choose(_ string, names []string) int {
	if c.r.Float64() < c.odd {
		return c.r.IntN(len(names))
	}
	best := 0
	for i, n := range names {
		if c.ranks != nil && c.rank(n) > c.rank(names[best]) {
			best = i
		}
	}
	return best
}

func (c *loose) rank(name string) float64 {
	if _, ok := c.ranks[name]; !ok {
		c.ranks[name] = c.r.Float64()
	}
	return c.ranks[name]
}

// Preempt implements sim.Preempter.
func (c *loose) Preempt(string) bool { return c.r.Float64() < c.odd/2 }
