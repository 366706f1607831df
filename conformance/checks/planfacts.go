package checks

import (
	"strconv"

	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

func itoa(n int) string { return strconv.Itoa(n) }

// kindSet is a set of step kinds, by their dense ids.
type kindSet [2]uint64

func (s *kindSet) add(k *plan.StepKind) {
	if k != nil && k.ID < 128 {
		s[k.ID/64] |= 1 << (k.ID % 64)
	}
}

func (s kindSet) has(k *plan.StepKind) bool {
	return k != nil && k.ID < 128 && s[k.ID/64]&(1<<(k.ID%64)) != 0
}

// facts are what checks ask of a plan's scripts, and of stimuli; they are gathered on first use.
type facts struct {
	any      kindSet // every step of the plan
	patient  bool    // see Patient
	exitCode int     // how many exitCode steps there are
	setAside bool    // one of them is on a thread of the plan's own, which goes on when main has returned
	raise    int     // how many raise steps there are
	code     int     // the argument of the last of them
	sent     []Sent  // see Sent
	running  int     // see Running; plus 2
	began    int     // see Began; plus 2

	bodies *bodies // see bodies
	names  *names  // see ownerOf
	calm   int     // see calm; 0: not known yet, 1: yes, 2: no

	threw, returned int   // the events of main
	crashed         bool  // a thread of the application's own died of an error
	exits, handlers []int // the begins of the calls of exit, and of the exit handler
}

func (r *Run) facts() *facts {
	if r.more == nil {
		f := &facts{patient: true}
		if r.Plan != nil {
			f.gather(r.Plan)
		}
		f.note(r.Trace)
		r.more = f
	}
	return r.more
}

func (f *facts) gather(p *plan.Plan) {
	endless := p.Options.ShutdownTimeout != nil && *p.Options.ShutdownTimeout < 0
	for i := range p.Services {
		for hook, s := range p.Services[i].Hooks {
			f.script(s, hook == plan.HookExecute || !endless && (hook == plan.HookStop || hook == plan.HookStopping || hook == plan.HookStopped))
		}
	}
	if p.HostLifetime != nil {
		f.script(p.HostLifetime.WaitForStart, false)
		f.script(p.HostLifetime.Stop, !endless)
	}
	for _, list := range [...][]plan.Script{p.ApplicationStarted, p.ApplicationStopping, p.ApplicationStopped} {
		for _, s := range list {
			f.script(s, false)
		}
	}
	if p.ProcessExit != nil {
		f.script(*p.ProcessExit, false)
	}
	f.script(p.Main, false)
}

// note takes the events of main, of the process and of threads.
func (f *facts) note(t *trace.Trace) {
	f.threw, f.returned = -1, -1
	for i := range t.Events {
		e := &t.Events[i]
		switch e.Who {
		case trace.Main:
			if e.What == "threw" && e.Phase == trace.Point && f.threw < 0 {
				f.threw = i
			} else if e.What == "return" && e.Phase == trace.Point && f.returned < 0 {
				f.returned = i
			}
		case trace.Process:
			if e.What == "exit" && e.Phase == trace.Begin {
				f.exits = append(f.exits, i)
			} else if e.What == "processExit" && e.Phase == trace.Begin {
				f.handlers = append(f.handlers, i)
			}
		default:
			f.crashed = f.crashed || e.What == "threw"
		}
	}
}

// script takes the steps of a script; cancelled tells whether its token fires in the end.
func (f *facts) script(steps plan.Script, cancelled bool) {
	for i := range steps {
		s := &steps[i]
		f.any.add(s.Kind)
		switch s.Kind {
		case plan.Hang, plan.BlockForever, plan.WaitRun, plan.StopHostWait, plan.Exit, plan.Accept:
			f.patient = false
		case plan.UntilCancelled, plan.Drain:
			f.patient = f.patient && cancelled
		case plan.Raise:
			f.raise++
		case plan.ExitCode:
			f.exitCode++
			f.code = s.N
		}
		if s.Kind != nil && s.Kind.Arg == plan.ArgDuration && s.Dur < 0 && s.Kind != plan.StopTimeout {
			f.patient = f.patient && s.Kind == plan.Delay && cancelled
		}
		before := f.exitCode
		f.script(s.Steps, false)
		f.setAside = f.setAside || s.Kind == plan.Spawn && f.exitCode > before
	}
}

// PlanHas tells whether the plan has a step of one of these kinds anywhere.
func (r *Run) PlanHas(kinds ...*plan.StepKind) bool {
	any := r.facts().any
	for _, k := range kinds {
		if any.has(k) {
			return true
		}
	}
	return false
}

// Patient tells whether everything that the plan's scripts do comes to an end: no step waits for ever, for something
// that need not happen, or for the host itself. When such a run does not end, it is not the application's doing.
func (r *Run) Patient() bool { return r.facts().patient }

// has tells whether a script has a step of one of these kinds, at any depth.
func has(steps plan.Script, kinds ...*plan.StepKind) bool {
	for i := range steps {
		for _, k := range kinds {
			if steps[i].Kind == k {
				return true
			}
		}
		if has(steps[i].Steps, kinds...) {
			return true
		}
	}
	return false
}

// mains counts the steps of main that are of one of these kinds.
func (r *Run) mains(kinds ...*plan.StepKind) int {
	n := 0
	if r.Plan != nil {
		for i := range r.Plan.Main {
			for _, k := range kinds {
				if r.Plan.Main[i].Kind == k {
					n++
				}
			}
		}
	}
	return n
}

// bodies are what the bodies of all background services have in common.
type bodies struct {
	failed    int  // the event with which the first of them failed or was cancelled, -1: none
	cancelled int  // how many were cancelled
	calm      bool // all ended, none with an error, none cancelled before its stop was called

	// By service: how often it was started and its body called, and the first event tokenFired after its body had begun,
	// 0 if there is none.
	starts, calls, fired []int
}

func (r *Run) bodies() bodies {
	f := r.facts()
	if f.bodies != nil {
		return *f.bodies
	}
	n := len(r.Services())
	b := &bodies{failed: -1, calm: true, starts: make([]int, n), calls: make([]int, n), fired: make([]int, n)}
	for _, c := range r.Calls(Start) {
		b.starts[c.Service]++
	}
	for _, i := range r.idx().tokens {
		if k := r.ownerOf(r.Event(i).Who); k >= 0 && b.fired[k] == 0 {
			if body, ok := r.CallOf(k, Execute); ok && i > body.Begin {
				b.fired[k] = i
			}
		}
	}
	for _, c := range r.Calls(Execute) {
		b.calls[c.Service]++
		switch {
		case c.End < 0:
			b.calm = false
		case r.Failed(c):
			if b.failed < 0 || c.End < b.failed {
				b.failed = c.End
			}
			if r.Outcome(c) == trace.WasCancelled {
				b.cancelled++
			} else {
				b.calm = false
			}
			if s, ok := r.CallOf(c.Service, Stop); !ok || c.End < s.Begin {
				b.calm = false
			}
		}
	}
	f.bodies = b
	return *b
}

// firedIn gives the first event that tells that the token of the body fired, -1 if there is none.
func (r *Run) firedIn(w worker) int {
	if i := r.bodies().fired[w.k]; i > 0 {
		return i
	}
	return -1
}

// clause registers the check of a clause; a run without plan, profile or trace never exercised anything.
func clause(id string, c Check) {
	Register(id, func(r *Run) Result {
		if r == nil || r.Plan == nil || r.Profile == nil || r.Trace == nil {
			return Unseen()
		}
		return c(r)
	})
}
