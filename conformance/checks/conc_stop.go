package checks

import (
	"time"

	"github.com/hostsim/hostsim/scenarios/trace"
)

func concStopAll(r *Run) Result {
	if !r.ConcurrentStop() || r.Overlapping() || !r.OneStart() {
		return Unseen()
	}
	for _, act := range r.Stoppers() {
		calls := r.window(act, Stop)
		failed := -1
		for _, c := range calls {
			if r.Failed(c) && failed < 0 {
				failed = c.End
			}
		}
		if failed < 0 || act.End < 0 || !r.stopping(act) {
			continue
		}
		if missing, _ := r.unstopped(act, act.End); len(missing) > 0 {
			return Broken(act.End, "a failing stop keeps no other service from being stopped, but %s was not", r.Name(missing[0])).With(failed)
		}
		for _, c := range calls {
			if c.Open(act.End) && !r.mayLeave(c, act.End) {
				return Broken(act.End, "host.%s must not return before every stop has ended, but that of %s had not", r.called(act), r.Name(c.Service)).With(failed, c.Begin)
			}
		}
		return Held()
	}
	return Unseen()
}

func concStopFailures(r *Run) Result {
	if !r.ConcurrentStop() {
		return Unseen()
	}
	act, failed, ok := r.stopOutcome()
	faults := r.faults(failed)
	if !ok || len(faults) < 2 {
		return Unseen()
	}
	if got := r.Outcome(act); !r.sameParts(got, faults) && !r.sameParts(got, failed) {
		return Broken(act.End, "every failure of the stop must be handed on, %s, but host.%s ended with %q", r.outcomes(faults), r.called(act), got)
	}
	return Held()
}

func concStopToken(r *Run) Result {
	_, calls, hook, from, d, ok := r.limitedStop()
	if !ok || !r.ConcurrentStop() || r.callerLimitsStop() || r.secondForces() {
		return Unseen()
	}
	due := r.At(from) + d
	n, first := 0, time.Duration(-1)
	for k, c := range calls {
		if hook[k] != Stop || !r.cooperative(c.Service, Stop) || r.tokenOf(c) != trace.Live || r.callbackHolds(c) {
			continue
		}
		if c.End < 0 && r.Stuck() || c.End >= 0 && r.At(c.End) > due+r.Late(d) {
			return Broken(c.End, "the shutdown timeout of %v had passed for every stop, so that of %s, which honours its token, must have ended, but had not", d, r.Name(c.Service)).With(from)
		}
		i := r.FiredIn(c, Stop)
		if i < 0 {
			continue
		}
		if n++; n == 1 {
			first = r.At(i)
		} else if gap := r.At(i) - first; gap > r.Late(d) || gap < -r.Late(d) {
			return Broken(i, "the tokens of all stops are cancelled at one moment, but that of %s was cancelled %v apart from another", r.Name(c.Service), gap).With(from)
		}
	}
	if n == 0 && !r.outlived(calls, due, d) || len(calls) < 2 {
		return Unseen()
	}
	return Held()
}

// outlived tells whether a call ended at the moment when the time was over.
func (r *Run) outlived(calls []Call, due, d time.Duration) bool {
	for _, c := range calls {
		if c.End >= 0 && r.At(c.End) >= due-r.Early(d) {
			return true
		}
	}
	return false
}

func concHooks(r *Run) Result {
	res := Unseen()
	for _, h := range []Hook{Starting, Started, Stopping, Stopped} {
		if got := concBeside(r, h); got.Kind == Fail {
			return got
		} else if got.Kind == Pass {
			res = Held()
		}
	}
	return res
}

func concConfigured(r *Run) Result {
	if r.Plan == nil || !r.OneStart() || r.Overlapping() {
		return Unseen()
	}
	res := Unseen()
	for _, stage := range []struct {
		h    Hook
		key  string
		code *bool
		acts []Call
	}{
		{Start, "servicesStartConcurrently", r.Plan.Options.ConcurrentStart, r.Starters()},
		{Stop, "servicesStopConcurrently", r.Plan.Options.ConcurrentStop, r.Stoppers()},
	} {
		v, ok := r.setting(stage.key)
		if !ok || !isFlag(v) || stage.code != nil && r.Profile.Bool("lifecycleHooks") && *stage.code == r.configuredFlag(stage.key) {
			continue
		}
		want := r.concurrently(stage.h)
		for _, act := range stage.acts {
			calls := r.window(act, stage.h)
			for k := 1; k < len(calls); k++ {
				a, b := calls[k-1], calls[k]
				if !yields(r.Script(a.Service, stage.h)) || !r.waits(a) || r.mayLeave(a, b.Begin) {
					continue
				}
				if res = Held(); a.Open(b.Begin) != want {
					return Broken(b.Begin, "%s in the host configuration is %q, so %s must %s for %s, but it was otherwise", stage.key, v, stage.h, map[bool]string{true: "not wait", false: "wait"}[want], r.Name(a.Service)).With(a.Begin)
				}
			}
		}
	}
	return res
}

// isFlag tells whether the text is a truth value of the host configuration.
func isFlag(v string) bool {
	return len(v) == 4 && (v[0]|0x20) == 't' || len(v) == 5 && (v[0]|0x20) == 'f'
}
