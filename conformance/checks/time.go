package checks

import (
	"time"

	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

func init() {
	Register("HOST-TIME-001", timeTokenLive)
	Register("HOST-TIME-002", timeTokenFires)
	Register("HOST-TIME-003", timeTokenNotEarly)
	Register("HOST-TIME-004", timeReturns)
	Register("HOST-TIME-005", timeNotSuccess)
	Register("HOST-TIME-006", timeDefault)
	Register("HOST-TIME-007", timeConfigured)
	Register("HOST-TIME-008", timeInfinite)
	Register("HOST-TIME-009", timeZero)
	Register("HOST-TIME-010", timeAbandoned)
	Register("HOST-TIME-011", timeHungService)
	Register("HOST-TIME-012", timeWaitedFor)
	Register("HOST-TIME-017", timeCaller)
}

// grace is how long the best host may still wait, after it has cancelled a token, for those that notice it.
const grace = time.Second

// tokenOf gives the state of the token that the call was handed.
func (r *Run) tokenOf(c Call) trace.Token { return r.Event(c.Begin).Token }

func timeTokenLive(r *Run) Result {
	if r.Overlapping() {
		return Unseen()
	}
	res := Unseen()
	for _, h := range []Hook{Stopping, Stop, Stopped, LifetimeStop} {
		for _, c := range r.Calls(h) {
			if r.tokenOf(c) == trace.NoToken || r.MayHaveExpired(c.Begin) {
				continue
			}
			if res = Held(); r.tokenOf(c) == trace.Cancelled {
				return Broken(c.Begin, "the time is not up, so %s of %s must be handed a live token, but it was cancelled", h, r.Name(c.Service))
			}
		}
	}
	return res
}

// limitedStop gives the act whose stop has a known, finite limit, the calls of its services' hooks and the event at which
// its budget had begun at the latest, the first of those calls.
func (r *Run) limitedStop() (act Call, calls []Call, hook []Hook, from int, d time.Duration, ok bool) {
	d, known := r.ShutdownTimeout()
	if !known || d == plan.Infinite || r.Overlapping() || !r.OneStart() {
		return act, nil, nil, -1, 0, false
	}
	for _, a := range r.Stoppers() {
		from = -1
		for _, h := range []Hook{Stopping, Stop, Stopped} {
			for _, c := range r.window(a, h) {
				calls, hook = append(calls, c), append(hook, h)
				if from < 0 || c.Begin < from {
					from = c.Begin
				}
			}
		}
		if from >= 0 {
			return a, calls, hook, from, d, true
		}
	}
	return act, nil, nil, -1, 0, false
}

func timeTokenFires(r *Run) Result {
	_, calls, hook, from, d, ok := r.limitedStop()
	if !ok {
		return Unseen()
	}
	due := r.At(from) + d
	res := Unseen()
	for k, c := range calls {
		if !r.cooperative(c.Service, hook[k]) || r.tokenOf(c) == trace.Cancelled || r.tokenOf(c) == trace.NoToken || r.callbackHolds(c) {
			continue
		}
		switch {
		case c.End < 0 && r.Stuck() || c.End >= 0 && r.At(c.End) > max(due, r.At(c.Begin))+r.Late(d):
			return Broken(c.End, "the shutdown timeout of %v had passed, so %s of %s, which honours its token, must have ended, but had not", d, hook[k], r.Name(c.Service)).With(from, c.Begin)
		case c.End >= 0 && r.At(c.End) >= due-r.Early(d) && r.At(c.End) > r.At(c.Begin):
			res = Held()
		}
	}
	return res
}

func timeTokenNotEarly(r *Run) Result {
	_, calls, hook, _, d, ok := r.limitedStop()
	if !ok || r.callerLimitsStop() || r.secondForces() {
		return Unseen()
	}
	began := r.stopBegins()
	res := Unseen()
	for k, c := range calls {
		if r.tokenOf(c) != trace.Live {
			continue
		}
		if i := r.FiredIn(c, hook[k]); i >= 0 {
			if res = Held(); r.At(i)-r.At(began) < d-r.Early(d) {
				return Broken(i, "the token of %s of %s must not be cancelled before %v have passed, but was after %v", hook[k], r.Name(c.Service), d, r.At(i)-r.At(began)).With(began)
			}
		}
	}
	return res
}

// secondForces tells whether a further signal may have cancelled the tokens of the stop: one that came when the host was
// stopping, whatever had asked it to.
func (r *Run) secondForces() bool {
	s := r.Signals()
	if r.Profile.Word("secondSignal") != "forces" {
		return false
	}
	if len(s) == 0 {
		n := r.facts().raise
		return n > 1 || n == 1 && len(r.Requests()) > 0
	}
	began := r.stopBegins()
	return len(s) > 1 || r.PlanHas(plan.Raise) || began >= 0 && s[0] > began
}

func timeReturns(r *Run) Result {
	act, calls, hook, from, d, ok := r.limitedStop()
	if !ok || r.slowAround() || r.called(act) == "stopHost" {
		return Unseen()
	}
	due, near := r.At(from)+d, false
	for k, c := range calls {
		if !r.cooperative(c.Service, hook[k]) {
			return Unseen()
		}
		near = near || c.End >= 0 && r.At(c.End) >= due-r.Early(d) && r.At(c.End) > r.At(c.Begin)
	}
	switch {
	case act.End >= 0 && r.At(act.End) > due+r.Late(d):
		return Broken(act.End, "every service honours its token, so host.%s must return %v after the stop began, but took %v", r.called(act), d, r.At(act.End)-r.At(from)).With(from)
	case act.End < 0 && r.Stuck() && len(r.exits()) == 0:
		return Broken(-1, "every service honours its token, so host.%s must return %v after the stop began, but never did", r.called(act), d).With(from)
	case act.End >= 0 && near:
		return Held()
	}
	return Unseen()
}

// slowAround tells whether anything but the services' stops may hold up the end of a stop: callbacks, disposal, which cancels
// work that goes on, the lifetime.
func (r *Run) slowAround() bool {
	if r.Plan == nil || r.Plan.HostLifetime != nil && !Cooperative(r.Plan.HostLifetime.Stop) {
		return true
	}
	for s := range r.Services() {
		if len(r.Script(s, Dispose)) > 0 || r.Kind(s) == plan.Background && !Cooperative(r.Script(s, Execute)) {
			return true
		}
	}
	return len(r.Plan.ApplicationStopped)+len(r.Plan.ApplicationStopping) > 0 || r.PlanHas(plan.OnCancelBlock) || len(r.exits())+len(r.exitHandlers()) > 0 && r.gated()
}

func timeNotSuccess(r *Run) Result {
	if r.Overlapping() {
		return Unseen()
	}
	for _, act := range r.Stoppers() {
		if act.End < 0 && r.forced(act) {
			return Held() // the host ended the process under the stop, and with a failure
		}
		if act.End < 0 || r.called(act) == "stopHost" {
			continue
		}
		for _, h := range []Hook{Stopping, Stop, Stopped} {
			for _, c := range r.window(act, h) {
				if !c.Open(act.End) || !r.mayLeave(c, act.End) {
					continue
				}
				if !r.Failed(act) {
					return Broken(act.End, "%s of %s was given up when the time was over, so host.%s must not succeed, but did", h, r.Name(c.Service), r.called(act)).With(c.Begin)
				}
				return Held()
			}
		}
		if r.waitedBeyond(act) {
			return Held() // it gave nothing up
		}
	}
	return Unseen()
}

// forced tells whether the host ended the process with a failure, when the time was over, while the call act was stopping it.
func (r *Run) forced(act Call) bool {
	e := r.Trace.End
	if e.Kind != trace.Exited || e.Code == 0 || r.PlanHas(plan.Exit) || r.crashed() || !r.MayHaveExpired(r.Last()) {
		return false
	}
	for _, c := range r.window(act, Stop) {
		if c.End < 0 {
			return true
		}
	}
	return false
}

// waitedBeyond tells whether a call that stops the host waited for a stop that ended after the plan's shutdown timeout.
func (r *Run) waitedBeyond(act Call) bool {
	if r.Plan == nil {
		return false
	}
	limit := r.Plan.Options.ShutdownTimeout
	calls := r.window(act, Stop)
	if limit == nil || *limit < 0 || len(calls) == 0 {
		return false
	}
	begin := r.Event(calls[0].Begin).At
	for _, c := range calls {
		if c.End >= 0 && c.End < act.End && r.Event(c.End).At-begin > *limit {
			return true
		}
	}
	return false
}

// firedAfter gives how long after the begin of the stop the first token of a stop was cancelled, and where.
func (r *Run) firedAfter() (d time.Duration, at int, ok bool) {
	_, calls, hook, from, _, ok := r.limitedStop()
	if !ok {
		return 0, -1, false
	}
	at = -1
	for k, c := range calls {
		if i := r.FiredIn(c, hook[k]); i >= 0 && r.tokenOf(c) == trace.Live && r.cooperative(c.Service, hook[k]) && (at < 0 || i < at) {
			at = i
		}
	}
	if at < 0 {
		return 0, -1, false
	}
	return r.At(at) - r.At(from), at, true
}

// expiredAfter proves that the first token of a stop was cancelled after d.
func (r *Run) expiredAfter(d time.Duration, what string) Result {
	if r.callerLimitsStop() || r.secondForces() {
		return Unseen()
	}
	if len(r.callbacks(AppStopping)) > 0 || r.slowTokens() {
		return Unseen() // they may use up some of it before the first stop is called
	}
	got, at, ok := r.firedAfter()
	if !ok {
		return r.neverFired(d, what)
	}
	if got < d-r.Early(d) || got > d+r.Late(d) {
		return Broken(at, "%s is %v, but the token of the stop was cancelled after %v", what, d, got)
	}
	return Held()
}

// neverFired finds a stop that honours its token and went on longer than d.
func (r *Run) neverFired(d time.Duration, what string) Result {
	_, calls, hook, from, _, ok := r.limitedStop()
	if !ok {
		return Unseen()
	}
	for k, c := range calls {
		if r.cooperative(c.Service, hook[k]) && r.tokenOf(c) == trace.Live && c.End >= 0 && r.At(c.End)-r.At(from) > d+r.Late(d) && r.At(c.End)-r.At(c.Begin) > r.Late(0) {
			return Broken(c.End, "%s is %v, but %s of %s, which honours its token, went on for %v", what, d, hook[k], r.Name(c.Service), r.At(c.End)-r.At(from)).With(from)
		}
	}
	return Unseen()
}

func timeDefault(r *Run) Result {
	if r.Plan == nil || r.Plan.Options.ShutdownTimeout != nil || len(r.Plan.Config) > 0 {
		return Unseen()
	}
	return r.expiredAfter(r.Profile.Duration("shutdownTimeout"), "the default of the shutdown timeout")
}

func timeConfigured(r *Run) Result {
	if r.Plan == nil || r.Plan.Options.ShutdownTimeout != nil {
		return Unseen()
	}
	d, ok := r.ConfiguredSeconds("shutdownTimeoutSeconds")
	if !ok {
		return Unseen()
	}
	if r.Profile.Word("configuredTimeout") == "ignored" {
		if r.outlives(d) {
			return Held()
		}
		return r.expiredAfter(r.Profile.Duration("shutdownTimeout"), "the configured shutdown timeout is ignored, and the default")
	}
	return r.expiredAfter(d, "the configured shutdown timeout")
}

// outlives tells whether a stop that honours its token certainly went on for longer than d with a live token.
func (r *Run) outlives(d time.Duration) bool {
	_, calls, hook, from, _, ok := r.limitedStop()
	for k, c := range calls {
		if ok && r.cooperative(c.Service, hook[k]) && c.End >= 0 && r.FiredIn(c, hook[k]) < 0 && r.tokenOf(c) == trace.Live && r.At(c.End)-r.At(from) > d+r.Late(d) {
			return true
		}
	}
	return false
}

func timeInfinite(r *Run) Result {
	if d, known := r.ShutdownTimeout(); !known || d != plan.Infinite || r.callerLimitsStop() || r.secondForces() || r.Overlapping() {
		return Unseen()
	}
	res := Unseen()
	for _, h := range []Hook{Stopping, Stop, Stopped} {
		for _, c := range r.Calls(h) {
			if i := r.FiredIn(c, h); i >= 0 {
				return Broken(i, "the shutdown timeout is infinite, so the token of %s of %s must never be cancelled, but was", h, r.Name(c.Service)).With(c.Begin)
			}
			if i := r.abandonedAt(c.Service, len(r.Trace.Events)); i > c.Begin {
				return Broken(i, "the shutdown timeout is infinite, so %s must not be abandoned, but was", r.Name(c.Service)).With(c.Begin)
			}
			if c.End >= 0 && r.At(c.End) > r.At(c.Begin) {
				res = Held()
			}
		}
	}
	return res
}

func timeZero(r *Run) Result {
	_, calls, hook, from, d, ok := r.limitedStop()
	if !ok || d != 0 {
		if ok || r.Profile.Word("expiredStop") != "skip" || !r.skipsAll() || r.startedAt() < 0 {
			return Unseen()
		}
		for _, act := range r.Stoppers() { // nothing was called, and that is what skipping means
			if act.End >= 0 && r.stopping(act) {
				return Held()
			}
		}
		return Unseen()
	}
	atOnce := r.Profile.Word("zeroTimeout") == "atOnce" && r.Early(0) == 0
	gone := -1
	for k, c := range calls {
		switch r.tokenOf(c) {
		case trace.Cancelled:
			if gone < 0 {
				gone = c.Begin
			}
		case trace.Live:
			if atOnce || gone >= 0 && gone < c.Begin {
				return Broken(c.Begin, "the shutdown timeout is zero, so %s of %s must be handed a cancelled token, but its token was live", hook[k], r.Name(c.Service)).With(from)
			}
		case trace.NoToken:
			continue
		}
		if c.End >= 0 && r.cooperative(c.Service, hook[k]) && !has(r.Script(c.Service, hook[k]), plan.StopApp) && r.At(c.End) > r.At(c.Begin)+r.Late(0) {
			return Broken(c.End, "the shutdown timeout is zero, so %s of %s, which honours its token, must end at once, but did not", hook[k], r.Name(c.Service)).With(c.Begin)
		}
	}
	return Held()
}

// holdsThread tells whether the script holds its thread, which nobody can take back from it.
func holdsThread(s plan.Script) bool {
	return has(s, plan.Block, plan.BlockForever, plan.StopHostWait, plan.WaitRun, plan.OnCancelBlock, plan.Exit)
}

// overdue lists the stops that were still running when the time was up and the grace as well, in order; due is when.
func (r *Run) overdue() (late []Call, due time.Duration, ok bool) {
	_, calls, hook, from, d, ok := r.limitedStop()
	if !ok || r.Profile.Word("expiredStop") != "abandon" || r.callerLimitsStop() || r.secondForces() {
		return nil, 0, false
	}
	due = r.At(from) + d
	for k, c := range calls {
		if holdsThread(r.Script(c.Service, hook[k])) || r.Kind(c.Service) == plan.Background {
			continue
		}
		end := r.At(r.Last())
		if c.End >= 0 {
			end = r.At(c.End)
		}
		if c.End < 0 || end > max(due, r.At(c.Begin))+grace+r.Late(d) {
			late = append(late, c)
		}
	}
	return late, due + grace + r.Late(d), true
}

func timeAbandoned(r *Run) Result {
	late, due, ok := r.overdue()
	if !ok || len(late) == 0 {
		return Unseen()
	}
	act, _, _, _, _, _ := r.limitedStop()
	res := Unseen()
	for _, c := range late {
		switch i := r.abandonedAt(c.Service, len(r.Trace.Events)); {
		case i >= 0 && r.At(i) > max(due, r.At(c.Begin)+grace+r.Late(0)):
			return Broken(i, "%s had not ended its stop when the time was over, and must be abandoned then, but was only at %v", r.Name(c.Service), r.At(i)).With(c.Begin)
		case i >= 0:
			res = Held()
		case act.End >= 0 && c.Open(act.End) && r.MayHaveExpired(act.End):
			return Broken(act.End, "%s had not ended its stop when host.%s returned, so it must have been named, but was not", r.Name(c.Service), r.called(act)).With(c.Begin)
		case r.Stuck() || r.At(r.Last()) >= due && r.Cut() == len(r.Trace.Events):
			return Broken(-1, "%s had not ended its stop when the time was over, so it must be abandoned and named, but was not", r.Name(c.Service)).With(c.Begin)
		}
	}
	return res
}

func timeHungService(r *Run) Result {
	late, due, ok := r.overdue()
	if !ok || len(late) == 0 || r.slowAround() {
		return Unseen()
	}
	act := r.Stoppers()[0]
	for _, a := range r.Stoppers() {
		if len(r.window(a, Stop)) > 0 {
			act = a
			break
		}
	}
	switch {
	case act.End < 0 && r.Stuck() && len(r.exits()) == 0:
		return Broken(-1, "%s never ended its stop, and host.%s must return all the same, but never did", r.Name(late[0].Service), r.called(act)).With(late[0].Begin)
	case act.End < 0:
		return Unseen()
	case r.At(act.End) > due+grace:
		return Broken(act.End, "%s did not end its stop, and host.%s must return when the time is over, but did so only after %v", r.Name(late[0].Service), r.called(act), r.At(act.End)-r.At(late[0].Begin)).With(late[0].Begin)
	}
	if missing, _ := r.unstopped(act, act.End); len(missing) > 0 {
		return Broken(act.End, "%s did not end its stop, and %s must be stopped all the same, but was not", r.Name(late[0].Service), r.Name(missing[0])).With(late[0].Begin)
	}
	return Held()
}

func timeWaitedFor(r *Run) Result {
	act, calls, hook, from, d, ok := r.limitedStop()
	if !ok || act.End < 0 || r.called(act) == "stopHost" || d == 0 || r.disposalFailed() || len(r.stopFailures(act)) > 0 || r.callerLimitsStop() || !r.stopping(act) && r.startedAt() < 0 {
		return Unseen()
	}
	if len(r.exits()) > 0 || r.anyFailed(Start) || r.anyFailed(Stopping) || r.anyFailed(Stop) || r.anyFailed(Stopped) {
		return Unseen()
	}
	for k, c := range calls {
		if c.End < 0 || r.At(c.End) <= r.At(from)+d+r.Early(d) || r.cooperative(c.Service, hook[k]) {
			continue
		}
		skips := r.Profile.Word("expiredStop") == "skip"
		switch {
		case skips && r.Outcome(act) != trace.WasCancelled:
			return Broken(act.End, "%s of %s ended only after the time was over, so host.%s must end cancelled, but ended with %q", hook[k], r.Name(c.Service), r.called(act), r.Outcome(act)).With(c.End)
		case !skips && r.Failed(act):
			return Broken(act.End, "%s of %s ended late and well, which is no failure, but host.%s ended with %q", hook[k], r.Name(c.Service), r.called(act), r.Outcome(act)).With(c.End)
		}
		return Held()
	}
	return Unseen()
}

func timeCaller(r *Run) Result {
	limit, ok := r.MainStep(plan.StopTimeout)
	if !ok {
		limit, ok = r.MainStep(plan.StopCancelAfter)
	}
	if !ok || len(r.Acts("stop")) != 1 || r.mains(stopSteps[:]...) != 1 || !r.OneStop() || !r.OneStart() || limit < 0 {
		return Unseen()
	}
	if d, known := r.ShutdownTimeout(); known && d != plan.Infinite && d <= limit {
		return Unseen()
	}
	act := r.Acts("stop")[0]
	due := r.At(act.Begin) + limit
	res := Unseen()
	for _, c := range r.window(act, Stop) {
		if !r.cooperative(c.Service, Stop) || r.tokenOf(c) != trace.Live {
			continue
		}
		switch i := r.FiredIn(c, Stop); {
		case c.End < 0 && r.Stuck() || c.End >= 0 && r.At(c.End) > max(due, r.At(c.Begin))+r.Late(limit):
			return Broken(c.End, "the caller gave the stop %v, so that of %s, which honours its token, must end then, but did not", limit, r.Name(c.Service)).With(act.Begin)
		case i >= 0 && r.At(i) < due-r.Early(limit) && r.secondForces():
		case i >= 0 && r.At(i) < due-r.Early(limit):
			return Broken(i, "the caller gave the stop %v, but the token of %s was cancelled sooner", limit, r.Name(c.Service)).With(act.Begin)
		case i >= 0:
			res = Held()
		}
	}
	return res
}
