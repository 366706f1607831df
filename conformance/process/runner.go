package process

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"

	"github.com/hostsim/hostsim/conformance/protocol"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

// Reuse says when one process may play several plans, if its adapter can.
type Reuse uint8

// The policies.
const (
	ReuseSafe    Reuse = iota // where exit is not under test, see [ExitUnderTest]
	ReuseNever                // a process for each plan
	ReuseSignals              // also for plans that send signals or return a code: what the adapter says of its end is believed
)

// The default limits.
const (
	DefaultLimit    = 20 * time.Second
	DefaultQuiet    = 7 * time.Second
	DefaultIdentity = 10 * time.Second
	DefaultOutput   = 64 << 20
)

// Runner plays plans on the adapter that a command starts. The zero value of each field but Command is a default. A Runner
// may be used by any number of goroutines, each of which has a process of its own; it must not be copied or changed
// after its first use.
type Runner struct {
	Command []string // the program and its arguments
	Dir     string   // the working directory; empty: ours
	Env     []string // added to our environment
	Lane    string   // spec.Process (default) or spec.Virtual
	Reuse   Reuse
	Stream  Stream
	Temp    string // where the run's own directories are made; empty: the system's

	Limit    time.Duration // of a whole run, in real time
	Quiet    time.Duration // no event for so long, nothing left to send and no longer wait in the plan: a hang
	Identity time.Duration // until the identity
	Output   int64         // bytes on stdout or stderr of one run
	Bounds   protocol.Limits

	NoStacks bool // do not have a process in Go or Java that hangs write its stacks to its standard error

	mu       sync.Mutex
	idle     []*session
	identity *protocol.Identity // of the first process
	closed   bool
}

// Skipped is the error of a plan that an adapter does not play: a feature is declared absent.
type Skipped struct{ Why string }

// Error says why.
func (s *Skipped) Error() string { return "the adapter does not play this plan: " + s.Why }

// Run plays one plan and blocks until that has ended, at most for Limit and the few seconds that killing may take; the end of
// ctx kills the run. The trace and the aftermath are never nil: of a child that died or broke the protocol they hold what
// was seen until then. The error is a [*protocol.Fault] if the adapter is at fault, [*Skipped] if it does not play the
// plan, the context's if that ended, else one of ours. A host that hangs, crashes or leaves things behind is no error: that
// is what the trace says.
func (r *Runner) Run(ctx context.Context, p *plan.Plan) (*trace.Trace, *Aftermath, error) {
	return r.RunSchedule(ctx, p, "", false)
}

// RunSchedule is Run in the virtual lane under the schedule of this name, for an adapter that declares schedules; the aftermath
// tells what it was. With explain it also says what the run shows.
func (r *Runner) RunSchedule(ctx context.Context, p *plan.Plan, schedule string, explain bool) (*trace.Trace, *Aftermath, error) {
	begun := time.Now()
	pl := &play{r: r, plan: p, schedule: schedule, explain: explain, lane: r.lane(), after: &Aftermath{NotLookedAt: notLookedAt()}}
	err := pl.run(ctx)
	pl.after.Wall = time.Since(begun)
	return pl.finish(err), pl.after, err
}

// Close ends the processes that wait for further plans. Runs that are going on are not touched; their processes end with
// them.
func (r *Runner) Close() error {
	r.mu.Lock()
	idle := r.idle
	r.idle, r.closed = nil, true
	r.mu.Unlock()
	var errs []error
	for _, s := range idle {
		errs = append(errs, s.bye())
	}
	return errors.Join(errs...)
}

func (r *Runner) lane() string {
	if r.Lane == "" {
		return spec.Process
	}
	return r.Lane
}

func orDefault[T int64 | time.Duration](v, def T) T {
	if v <= 0 {
		return def
	}
	return v
}

// mayReuse tells whether a process that may serve many plans may serve this one.
func (r *Runner) mayReuse(p *plan.Plan, lane string) bool {
	if r.Reuse == ReuseNever {
		return false
	}
	if lane == spec.Virtual || !ExitUnderTest(p) {
		return true
	}
	if r.Reuse != ReuseSignals {
		return false
	}
	calm := *p // without what the policy allows
	calm.Signals = nil
	calm.Main = nil
	for _, s := range p.Main {
		if s.Kind != plan.Return {
			calm.Main = append(calm.Main, s)
		}
	}
	return !ExitUnderTest(&calm)
}

// session gives a process for a plan, and whether the plan is all that it will play.
func (r *Runner) session(ctx context.Context, p *plan.Plan, lane string) (s *session, fresh bool, err error) {
	reuse := r.mayReuse(p, lane)
	r.mu.Lock()
	known := r.identity
	if reuse && (known == nil || known.Reuse) {
		for n := len(r.idle); n > 0; n-- {
			s = r.idle[n-1]
			r.idle = r.idle[:n-1]
			select {
			case <-s.exited: // between two plans
				s.end()
				continue
			default:
			}
			r.mu.Unlock()
			return s, false, nil
		}
	}
	r.mu.Unlock()
	s, err = start(r)
	if err != nil || !reuse || known != nil {
		return s, err != nil || !reuse || !known.Reuse, err
	}
	// The first process tells whether it may be used again.
	id, err := s.awaitIdentity(ctx, orDefault(r.Identity, DefaultIdentity))
	if err != nil {
		return s, true, err
	}
	return s, !id.Reuse, nil
}

// keep takes back a process that may play another plan.
func (r *Runner) keep(s *session) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false
	}
	r.idle = append(r.idle, s)
	return true
}

func (r *Runner) identified(id *protocol.Identity) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.identity == nil {
		r.identity = id
	}
}

func environ(r *Runner, where, mark string) []string {
	return append(append(os.Environ(), r.Env...), protocol.EnvVersion+"=1", protocol.EnvEvents+"="+where, mark)
}
