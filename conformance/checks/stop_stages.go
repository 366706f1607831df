package checks

import (
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

func init() {
	Register("HOST-STOP-021", stopExpired)
	Register("HOST-STOP-022", stopCallersToken)
	Register("HOST-STOP-023", stopStages)
	Register("HOST-STOP-024", stopHookOrder)
	Register("HOST-STOP-025", stopStagesAfterFailure)
}

func stopExpired(r *Run) Result {
	if r.ConcurrentStop() || !r.OneStart() || r.Overlapping() || r.MainHas(plan.StopCancelled) {
		return Unseen()
	}
	for _, act := range r.Stoppers() {
		calls := r.window(act, Stop)
		fired, by := -1, Call{}
		for _, c := range calls {
			if fired = r.FiredIn(c, Stop); fired >= 0 {
				by = c
				break
			}
		}
		if fired < 0 || by.End < 0 {
			continue
		}
		var remain []int
		for s := range r.Services() {
			if c, ok := r.CallOf(s, Stop); s < by.Service && r.hadStarted(s, by.Begin) && (!ok || c.Begin > by.End) {
				remain = append(remain, s)
			}
		}
		if len(remain) == 0 || act.End < 0 && (!r.Whole() || r.cutByDefault()) {
			continue
		}
		return r.remaining(act, remain, fired)
	}
	return Unseen()
}

// remaining judges what became of the services whose stop was still to come when the token fired.
func (r *Run) remaining(act Call, remain []int, fired int) Result {
	for _, s := range remain {
		c, ok := r.CallOf(s, Stop)
		if r.Profile.Word("expiredStop") == "skip" {
			switch {
			case ok:
				return Broken(c.Begin, "the token of the stop had fired, so the services that remain are skipped, but %s was stopped", r.Name(s)).With(fired)
			case act.End >= 0 && r.called(act) != "stopHost" && !r.Failed(act):
				return Broken(act.End, "services were skipped, so host.%s must fail, but it succeeded", r.called(act)).With(fired)
			}
			continue
		}
		switch {
		case !ok:
			return Broken(min(max(act.End, -1), r.Last()), "the token of the stop had fired, and %s must be stopped all the same, but was not", r.Name(s)).With(fired)
		case r.Event(c.Begin).Token == trace.Live:
			return Broken(c.Begin, "the token of the stop had fired, so %s must be handed a cancelled one, but its token was live", r.Name(s)).With(fired)
		}
	}
	return Held()
}

// stopSteps are the steps of main that stop the host.
var stopSteps = [...]*plan.StepKind{plan.Stop, plan.StopCancelled, plan.StopCancelAfter, plan.StopTimeout}

func stopCallersToken(r *Run) Result {
	if !r.MainHas(plan.StopCancelled) || !r.OneStart() || r.Overlapping() || r.startedAt() < 0 {
		return Unseen()
	}
	acts := r.Acts("stop")
	if len(acts) != 1 || r.mains(stopSteps[:]...) != 1 || len(r.Stoppers()) != 1 || acts[0].End < 0 || acts[0].Begin < r.startedAt() {
		return Unseen()
	}
	act := acts[0]
	skips := r.Profile.Word("expiredStop") == "skip"
	for _, c := range r.window(act, Stop) {
		switch {
		case skips:
			return Broken(c.Begin, "the caller's token was cancelled, so no service is stopped, but %s was", r.Name(c.Service))
		case r.Event(c.Begin).Token == trace.Live:
			return Broken(c.Begin, "the caller's token was cancelled, so %s must be handed a cancelled one, but its token was live", r.Name(c.Service))
		}
	}
	missing, n := r.unstopped(act, act.End)
	switch {
	case n == 0:
		return Unseen()
	case !skips && len(missing) > 0:
		return Broken(act.End, "a stop without any time left still stops every service, but %s was not", r.Name(missing[0]))
	case skips && !r.Failed(act):
		return Broken(act.End, "the services were skipped, so host.stop must fail, but it succeeded")
	}
	return Held()
}

// stopStages: stopping before stop before stopped.
func stopStages(r *Run) Result {
	if r.Overlapping() {
		return Unseen()
	}
	res := Unseen()
	for _, act := range r.Stoppers() {
		for _, pair := range [2][2]Hook{{Stopping, Stop}, {Stop, Stopped}} {
			before, after := r.window(act, pair[0]), r.window(act, pair[1])
			if len(before) == 0 || len(after) == 0 {
				continue
			}
			res = Held()
			for _, b := range before {
				if a := after[0]; (b.End < 0 || b.End > a.Begin) && !r.mayLeave(b, a.Begin) {
					return Broken(a.Begin, "every %s must end before the first %s is called, but that of %s had not", pair[0], pair[1], r.Name(b.Service)).With(b.Begin)
				}
			}
		}
	}
	return res
}

// lifecycles lists the lifecycle services of the plan.
func (r *Run) lifecycles() []int {
	var out []int
	for s := range r.Services() {
		if r.Kind(s) == plan.Lifecycle {
			out = append(out, s)
		}
	}
	return out
}

func stopHookOrder(r *Run) Result {
	if r.Overlapping() || !r.OneStart() {
		return Unseen()
	}
	joins := r.Profile.Word("repeatedStop") == "joins"
	res := Unseen()
	for _, act := range r.Stoppers() {
		for _, h := range [2]Hook{Stopping, Stopped} {
			calls := r.window(act, h)
			seen := map[int]bool{}
			for k, c := range calls {
				if seen[c.Service] {
					return Broken(c.Begin, "%s is called once for a service, but was called again for %s", h, r.Name(c.Service))
				}
				if seen[c.Service] = true; k == 0 || r.ConcurrentStop() {
					continue
				}
				res = Held()
				p := calls[k-1]
				if p.Service < c.Service {
					return Broken(c.Begin, "%s must be called in reverse order, but that of %s came after that of %s", h, r.Name(c.Service), r.Name(p.Service)).With(p.Begin)
				}
				if p.Open(c.Begin) && !r.mayLeave(p, c.Begin) {
					return Broken(c.Begin, "%s of %s must not be called before that of %s has ended, but was", h, r.Name(c.Service), r.Name(p.Service)).With(p.Begin)
				}
			}
			if act.End < 0 || !r.stopping(act) || r.rolledBack(act) || r.disposedBefore(act.Begin) || joins && r.stoppedBefore(act.Begin) {
				continue
			}
			for _, s := range r.lifecycles() {
				if !r.hadStarted(s, act.End) {
					continue
				}
				if res = Held(); !seen[s] {
					return Broken(act.End, "%s must be called for every lifecycle service, but was not for %s", h, r.Name(s))
				}
			}
			if len(calls) > 0 {
				res = Held()
			}
		}
	}
	return res
}

// stoppedBefore tells whether a stop of the host had ended before event i.
func (r *Run) stoppedBefore(i int) bool {
	for _, s := range r.Stoppers() {
		if s.End >= 0 && s.End < i {
			return true
		}
	}
	return false
}

// rolledBack tells whether the act stopped a host that never came to run.
func (r *Run) rolledBack(act Call) bool {
	return r.startedAt() < 0 || act.End >= 0 && r.startedAt() > act.End
}

func stopStagesAfterFailure(r *Run) Result {
	if r.Overlapping() || !r.OneStart() {
		return Unseen()
	}
	for _, act := range r.Stoppers() {
		if act.End < 0 || !r.stopping(act) || r.rolledBack(act) {
			continue
		}
		failed := Call{-1, -1, -1}
		for _, h := range [3]Hook{Stopping, Stop, Stopped} {
			for _, c := range r.window(act, h) {
				if r.Failed(c) && (failed.End < 0 || c.End < failed.End) {
					failed = c
				}
			}
		}
		if failed.End < 0 {
			continue
		}
		res := Unseen()
		for _, s := range r.lifecycles() {
			if !r.hadStarted(s, act.Begin) && !r.hadStarted(s, act.End) {
				continue
			}
			for _, h := range [3]Hook{Stopping, Stop, Stopped} {
				c, ok := r.CallOf(s, h)
				if ok && c.Begin < failed.End {
					continue
				}
				if res = Held(); !ok || c.Begin > act.End {
					return Broken(act.End, "%s of %s must be called although an earlier call failed, but was not", h, r.Name(s)).With(failed.End)
				}
			}
		}
		return res
	}
	return Unseen()
}
