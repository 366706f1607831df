package checks

import (
	"strconv"

	"github.com/hostsim/hostsim/scenarios/plan"
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
	code     int     // the argument of the last of them
	sent     []Sent  // see Sent
	running  int     // see Running; plus 2
	began    int     // see Began; plus 2
}

func (r *Run) facts() *facts {
	if r.more == nil {
		f := &facts{patient: true}
		if r.Plan != nil {
			f.gather(r.Plan)
		}
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
		case plan.ExitCode:
			f.exitCode++
			f.code = s.N
		}
		if s.Kind != nil && s.Kind.Arg == plan.ArgDuration && s.Dur < 0 && s.Kind != plan.StopTimeout {
			f.patient = f.patient && s.Kind == plan.Delay && cancelled
		}
		f.script(s.Steps, false)
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

// clause registers the check of a clause; a run without plan, profile or trace never exercised anything.
func clause(id string, c Check) {
	Register(id, func(r *Run) Result {
		if r == nil || r.Plan == nil || r.Profile == nil || r.Trace == nil {
			return Unseen()
		}
		return c(r)
	})
}
