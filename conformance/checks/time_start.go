package checks

import (
	"time"

	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

func init() {
	Register("HOST-TIME-013", timeStartExpires)
	Register("HOST-TIME-014", timeStartNotEarly)
	Register("HOST-TIME-015", timeStartWaitedFor)
	Register("HOST-TIME-016", timeStartAbandoned)
	Register("HOST-TIME-018", timeStartFails)
}

// timedStart gives the only act that starts the host under a startup timeout which nobody else could anticipate.
func (r *Run) timedStart() (act Call, ok bool) {
	if _, limited := r.StartupTimeout(); !limited || !r.OneStart() || r.MainHas(plan.StartCancelAfter, plan.StartCancelled, plan.RunCancelAfter) {
		return act, false
	}
	act = r.Starters()[0]
	over := r.startedAt()
	if c, _, failed := r.startFailure(act.Begin); failed {
		over = c.End
	}
	if n := len(r.idx().abandoned); n > 0 {
		over = max(over, r.idx().abandoned[0])
	}
	if a := r.asked(); a >= 0 && a < over {
		return act, false
	}
	return act, !r.workerMayHaveFailed(len(r.Trace.Events))
}

// startHooks are the hooks that a start calls and waits for.
var startHooks = [...]Hook{Starting, Start, Started}

func timeStartExpires(r *Run) Result {
	act, ok := r.timedStart()
	if !ok {
		return Unseen()
	}
	if r.slowTokens() {
		return Unseen()
	}
	d, _ := r.StartupTimeout()
	due := r.At(act.Begin) + d
	res := Unseen()
	for _, h := range startHooks {
		for _, c := range r.window(act, h) {
			script := r.Script(c.Service, h)
			if r.Kind(c.Service) == plan.Background || !Cooperative(script) || len(script) == 0 || r.tokenOf(c) == trace.NoToken || has(script, plan.StopApp) { // its own request may hold it
				continue
			}
			switch {
			case c.End < 0 && r.Stuck() || c.End >= 0 && r.At(c.End) > max(due, r.At(c.Begin))+r.Late(d):
				return Broken(c.End, "the startup timeout of %v had passed, so %s of %s, which honours its token, must have ended, but had not", d, h, r.Name(c.Service)).With(act.Begin, c.Begin)
			case c.End >= 0 && r.Outcome(c) == trace.WasCancelled || r.fired(r.Name(c.Service), c.Begin, c.End) >= 0:
				res = Held()
			}
		}
	}
	return res
}

func timeStartNotEarly(r *Run) Result {
	if !r.OneStart() || r.MainHas(plan.StartCancelAfter, plan.StartCancelled, plan.RunCancelAfter) || len(r.exits()) > 0 {
		return Unseen()
	}
	act := r.Starters()[0]
	d, limited := r.StartupTimeout()
	open := !r.release() && (r.Plan == nil || r.Plan.Options.StartupTimeout == nil) // the default is the host's own
	res := Unseen()
	for _, h := range startHooks {
		for _, c := range r.window(act, h) {
			if r.Kind(c.Service) == plan.Background || r.tokenOf(c) != trace.Live || c.End < 0 || r.wasAsked(c.End) || r.workerMayHaveFailed(c.End) {
				continue
			}
			i := r.FiredIn(c, h)
			if f, _, failed := r.startFailure(act.Begin); failed && i > f.End {
				continue // the failure of another may have given the start up
			}
			if i >= 0 && open && r.At(i)-r.At(act.Begin) >= time.Second {
				continue // no default is shorter
			}
			switch {
			case i >= 0 && limited && r.At(i)-r.At(act.Begin) < d-r.Early(d):
				return Broken(i, "the startup timeout of %v had not passed, so the token of %s of %s must not be cancelled, but was", d, h, r.Name(c.Service)).With(act.Begin)
			case i >= 0 && !limited:
				return Broken(i, "there is no startup timeout, so the token of %s of %s must not be cancelled, but was", h, r.Name(c.Service)).With(act.Begin)
			case r.At(c.End) > r.At(c.Begin) && !r.Failed(c) || i >= 0:
				res = Held()
			}
		}
	}
	return res
}

func timeStartWaitedFor(r *Run) Result {
	act, ok := r.timedStart()
	if !ok || act.End < 0 || r.disposalFailed() || r.ConcurrentStart() || len(r.lifecycles()) > 0 {
		return Unseen()
	}
	d, _ := r.StartupTimeout()
	due := r.At(act.Begin) + d
	for s := range r.Services() {
		if script := r.Script(s, Start); len(script) > 0 && r.Kind(s) != plan.Background && (Cooperative(script) || has(script, plan.Delay, plan.UntilCancelled, plan.Throw, plan.ThrowCancelled, plan.OnCancelThrow)) {
			return Unseen() // somebody else may notice the token
		}
	}
	for _, c := range r.window(act, Start) {
		if c.End < 0 || r.At(c.End) < due+r.Early(d) || Cooperative(r.Script(c.Service, Start)) {
			continue
		}
		if r.startedAt() < 0 && r.Failed(act) {
			return Broken(act.End, "%s ended its start late and well, so the start must succeed, but host.%s ended with %q", r.Name(c.Service), r.called(act), r.Outcome(act)).With(c.End)
		}
		return Held()
	}
	return Unseen()
}

func timeStartAbandoned(r *Run) Result {
	act, ok := r.timedStart()
	if !ok {
		return Unseen()
	}
	d, _ := r.StartupTimeout()
	for _, h := range startHooks {
		for _, c := range r.window(act, h) {
			due := max(r.At(act.Begin)+d, r.At(c.Begin)) + grace + r.Late(d)
			if r.Kind(c.Service) == plan.Background || holdsThread(r.Script(c.Service, h)) || c.End >= 0 && r.At(c.End) <= due {
				continue
			}
			if c.End < 0 && !r.Stuck() && r.At(r.Last()) <= due && act.End < 0 {
				continue // the run ended before the time was up
			}
			i := r.abandonedAt(c.Service, len(r.Trace.Events))
			switch {
			case i < 0:
				return Broken(c.End, "%s of %s had not ended when the startup timeout was over, so it must be abandoned and named, but was not", h, r.Name(c.Service)).With(c.Begin)
			case r.At(i) > due:
				return Broken(i, "%s of %s must be abandoned when the startup timeout is over, but was only at %v", h, r.Name(c.Service), r.At(i)).With(c.Begin)
			case act.End >= 0 && !r.Failed(act):
				return Broken(act.End, "%s of %s was abandoned, so host.%s must fail, but succeeded", h, r.Name(c.Service), r.called(act)).With(i)
			}
			return Held()
		}
	}
	return Unseen()
}

func timeStartFails(r *Run) Result {
	act, ok := r.timedStart()
	if !ok || act.End < 0 || r.disposalFailed() || r.failedStarts() != 1 || len(r.stopFailures(act)) > 0 || len(r.idx().abandoned) > 0 {
		return Unseen()
	}
	c, h, _ := r.startFailure(act.Begin)
	d, _ := r.StartupTimeout()
	if r.ConcurrentStart() && r.Profile.Word("completedCancelledStart") == "ignored" && !r.waits(c) {
		return Unseen()
	}
	if r.FiredIn(c, h) < 0 || r.Outcome(c) != trace.WasCancelled || r.At(c.End)-r.At(act.Begin) < d-r.Early(d) {
		return Unseen()
	}
	if r.Outcome(act) != trace.WasCancelled {
		return Broken(act.End, "the startup timeout has ended the start, so host.%s must end cancelled, but ended with %q", r.called(act), r.Outcome(act)).With(c.End)
	}
	return Held()
}
