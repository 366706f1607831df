package checks

import (
	"sort"
	"strings"

	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

func init() {
	Register("HOST-CONC-001", func(r *Run) Result { return concOrder(r, r.ConcurrentStart(), r.startRounds(), 1) })
	Register("HOST-CONC-002", func(r *Run) Result { return concBeside(r, Start) })
	Register("HOST-CONC-003", concPrefix)
	Register("HOST-CONC-004", concStartAll)
	Register("HOST-CONC-005", concStartFailures)
	Register("HOST-CONC-006", concStartFailureOrder)
	Register("HOST-CONC-007", concCancelled)
	Register("HOST-CONC-008", concCompletedCancelled)
	Register("HOST-CONC-009", func(r *Run) Result { return concOrder(r, r.ConcurrentStop(), r.stopRounds(), -1) })
	Register("HOST-CONC-010", func(r *Run) Result { return concBeside(r, Stop) })
	Register("HOST-CONC-011", concStopAll)
	Register("HOST-CONC-012", concStopFailures)
	Register("HOST-CONC-013", concStopToken)
	Register("HOST-CONC-014", concHooks)
	Register("HOST-CONC-015", concConfigured)
	Register("HOST-CONC-016", concConfigured) // the rules of the profile say what the keys do
}

// concOrder proves that the calls of every round go up (1) or down (-1) in the order of registration.
func concOrder(r *Run, concurrent bool, rounds [][]Call, way int) Result {
	if !concurrent {
		return Unseen()
	}
	res := Unseen()
	for _, round := range rounds {
		for k := 1; k < len(round); k++ {
			a, b := round[k-1], round[k]
			if res = Held(); (b.Service-a.Service)*way < 0 {
				return Broken(b.Begin, "%s must be called before %s, but was called after it", r.Name(b.Service), r.Name(a.Service)).With(a.Begin)
			}
		}
	}
	return res
}

// concurrently tells whether the stage of the hook is a concurrent one.
func (r *Run) concurrently(h Hook) bool {
	if h <= Started {
		return r.ConcurrentStart()
	}
	return r.ConcurrentStop()
}

// yields tells whether the script waits before it does anything that takes time, so that its caller goes on.
func yields(s plan.Script) bool {
	for i := range s {
		switch s[i].Kind {
		case plan.Delay, plan.Sleep, plan.Hang, plan.UntilCancelled:
			return s[i].Dur != 0 || s[i].Kind == plan.Hang || s[i].Kind == plan.UntilCancelled
		case plan.Mark, plan.ExitCode, plan.Spawn, plan.Listen, plan.CloseListen:
		default:
			return false
		}
	}
	return false
}

// concBeside proves that a service whose call waits does not hold up the next.
func concBeside(r *Run, h Hook) Result {
	if !r.concurrently(h) || r.Overlapping() || !r.OneStart() {
		return Unseen()
	}
	acts := r.Starters()
	if h > Started {
		acts = r.Stoppers()
	}
	res := Unseen()
	for _, act := range acts {
		calls := r.window(act, h)
		for k, c := range calls {
			if !yields(r.Script(c.Service, h)) || r.Kind(c.Service) == plan.Background || r.tokenOf(c) == trace.Cancelled {
				continue
			}
			if k+1 == len(calls) {
				// it was the last one called: somebody may be waiting for it in vain
				if next := r.nextOf(calls, h); next >= 0 && (c.End < 0 && r.Stuck() || c.End >= 0 && r.At(c.End) > r.At(c.Begin)+r.Late(0)) && r.oughtToCome(act, h) {
					return Broken(c.End, "%s must be called without waiting for that of %s, but was not: %s was not called at all", h, r.Name(c.Service), r.Name(next)).With(c.Begin)
				}
				continue
			}
			next := calls[k+1]
			if c.End >= 0 && c.End < next.Begin && r.At(c.End) > r.At(c.Begin)+r.Late(0) {
				return Broken(next.Begin, "%s of %s must not wait until that of %s has ended, but did", h, r.Name(next.Service), r.Name(c.Service)).With(c.Begin, c.End)
			}
			if c.Open(next.Begin) {
				res = Held()
			}
		}
	}
	return res
}

// nextOf gives a service that the stage has not called, -1 if there is none.
func (r *Run) nextOf(calls []Call, h Hook) int {
	called := map[int]bool{}
	for _, c := range calls {
		called[c.Service] = true
	}
	for s := range r.Services() {
		if called[s] || h >= Stopping && !r.hadStarted(s, calls[0].Begin) && (h == Stop || r.Profile.Word("stopUnstarted") != "called") {
			continue
		}
		if h == Start || h == Stop || r.Kind(s) == plan.Lifecycle {
			return s
		}
	}
	return -1
}

// oughtToCome tells whether nothing keeps the stage from calling every service.
func (r *Run) oughtToCome(act Call, h Hook) bool {
	if len(r.exits()) > 0 || r.Trace.End.Kind == trace.Killed || r.Trace.End.Kind == trace.Signaled {
		return false
	}
	if h <= Started {
		a := r.asked()
		return a < 0 || act.End >= 0 && a > act.End
	}
	return true
}

func concPrefix(r *Run) Result {
	res := Unseen()
	for _, h := range startHooks {
		if !r.ConcurrentStart() {
			break
		}
		for _, act := range r.Starters() {
			calls := r.window(act, h)
			for k := 1; k < len(calls); k++ {
				a, b := calls[k-1], calls[k]
				script := r.Script(a.Service, h)
				if len(script) == 0 || script[0].Kind != plan.Block || script[0].Dur <= 0 || r.Kind(a.Service) == plan.Background {
					continue
				}
				d := script[0].Dur
				if res = Held(); r.At(b.Begin)-r.At(a.Begin) < d-r.Early(d) {
					return Broken(b.Begin, "%s of %s holds its thread for %v, so %s must be called only after that, but was called after %v", h, r.Name(a.Service), d, r.Name(b.Service), r.At(b.Begin)-r.At(a.Begin)).With(a.Begin)
				}
			}
		}
	}
	return res
}

func concStartAll(r *Run) Result {
	if !r.ConcurrentStart() || !r.OneStart() {
		return Unseen()
	}
	act := r.Starters()[0]
	calls := r.window(act, Start)
	failed := -1
	for _, c := range calls {
		if r.Failed(c) && failed < 0 {
			failed = c.End
		}
	}
	if failed < 0 || act.End < 0 || len(r.exits()) > 0 {
		return Unseen()
	}
	if a := r.asked(); a >= 0 && a < failed {
		return Unseen()
	}
	if next := r.nextOf(calls, Start); next >= 0 && r.Profile.Word("startAfterStopRequest") == "cease" && r.requestedBefore(act.End) {
		return Unseen()
	} else if next >= 0 {
		return Broken(act.End, "a failing start keeps no other service from being called, but %s was not", r.Name(next)).With(failed)
	}
	for _, c := range calls {
		if c.Open(act.End) && r.abandonedAt(c.Service, act.End) < 0 {
			return Broken(act.End, "host.%s must not return before every start has ended, but that of %s had not", r.called(act), r.Name(c.Service)).With(failed, c.Begin)
		}
	}
	return Held()
}

// concFailures gives the failures of a concurrent start that the caller must see, and what the caller saw.
func (r *Run) concFailures() (act Call, failed []Call, ok bool) {
	if !r.ConcurrentStart() || !r.OneStart() || r.disposalFailed() || len(r.idx().abandoned) > 0 || r.anyFailed(Stopping) || r.anyFailed(Stop) || r.anyFailed(Stopped) || r.anyFailed(LifetimeStop) || r.anyFailed(WaitForStart) {
		return act, nil, false
	}
	if r.anyFailed(Execute) && r.rule("workerMonitor") == "fails" {
		return act, nil, false // that failure is handed on with them
	}
	act = r.Starters()[0]
	for _, h := range startHooks {
		for _, c := range r.window(act, h) {
			if act.End < 0 || c.End < 0 || c.End > act.End {
				return act, nil, false
			}
			if r.Failed(c) {
				failed = append(failed, c)
			}
		}
		if len(failed) > 0 {
			break // later stages are not run
		}
	}
	return act, failed, len(failed) > 0
}

// parts splits an outcome into the failures that it is made of.
func parts(o trace.Outcome) []string {
	if !trace.IsAggregate(o) || !strings.HasSuffix(o, ")") {
		return []string{o}
	}
	o = o[len("aggregate(") : len(o)-1]
	var out []string
	depth, from := 0, 0
	for i := 0; i < len(o); i++ {
		switch {
		case o[i] == '(':
			depth++
		case o[i] == ')':
			depth--
		case o[i] == ',' && depth == 0:
			out, from = append(out, o[from:i]), i+1
		}
	}
	return append(out, o[from:])
}

// sameParts tells whether an outcome is made of exactly these calls' failures, in any order.
func (r *Run) sameParts(got trace.Outcome, failed []Call) bool {
	var want []string
	for _, c := range failed {
		want = append(want, parts(r.Outcome(c))...)
	}
	have := append([]string(nil), parts(got)...)
	sort.Strings(want)
	sort.Strings(have)
	return strings.Join(want, "\x00") == strings.Join(have, "\x00")
}

func (r *Run) faults(failed []Call) []Call {
	var out []Call
	for _, c := range failed {
		if r.Outcome(c) != trace.WasCancelled {
			out = append(out, c)
		}
	}
	return out
}

func concStartFailures(r *Run) Result {
	act, failed, ok := r.concFailures()
	faults := r.faults(failed)
	if !ok || len(faults) < 2 {
		return Unseen()
	}
	// cancellations may be there or not
	if got := r.Outcome(act); !r.sameParts(got, faults) && !r.sameParts(got, failed) {
		return Broken(act.End, "every failure of the start must be handed on, %s, but host.%s ended with %q", r.outcomes(faults), r.called(act), got)
	}
	return Held()
}

// outcomes lists the outcomes of the calls, for evidence.
func (r *Run) outcomes(list []Call) string {
	var out []string
	for _, c := range list {
		out = append(out, r.Outcome(c))
	}
	return strings.Join(out, " and ")
}

func concStartFailureOrder(r *Run) Result {
	act, failed, ok := r.concFailures()
	faults := r.faults(failed)
	if !ok || len(faults) < 2 {
		return Unseen()
	}
	for _, c := range faults {
		if r.Kind(c.Service) == plan.Background {
			return Unseen() // its start fails at once or later, as its body does
		}
	}
	ordered := append([]Call(nil), faults...)
	sort.SliceStable(ordered, func(i, k int) bool {
		a, b := ordered[i], ordered[k]
		sa, sb := r.atOnce(a), r.atOnce(b)
		if sa != sb {
			return sa
		}
		if sa {
			return a.Begin < b.Begin
		}
		return a.End < b.End
	})
	var want []string
	for _, c := range ordered {
		want = append(want, parts(r.Outcome(c))...)
	}
	var handed []string // cancellations may be there or not
	for _, o := range parts(r.Outcome(act)) {
		if o != trace.WasCancelled {
			handed = append(handed, o)
		}
	}
	if got := strings.Join(handed, ","); got != strings.Join(want, ",") {
		return Broken(act.End, "the failures of the start must be handed on as %s, but host.%s ended with %q", strings.Join(want, ","), r.called(act), r.Outcome(act))
	}
	return Held()
}

// atOnce tells whether the call ended before it first waited, that is, before anything else was called.
func (r *Run) atOnce(c Call) bool {
	for _, h := range startHooks {
		if r.Event(c.Begin).What == h.String() {
			s := r.Script(c.Service, h)
			return len(s) > 0 && !r.waits(c)
		}
	}
	return false
}

func concCancelled(r *Run) Result {
	if act, failed, ok := r.concFailures(); ok && !r.startTimedOut() {
		if faults := r.faults(failed); len(faults) > 0 && len(faults) < len(failed) && r.pendingCancels(failed) && r.pendingFault(faults) {
			if got := r.Outcome(act); !r.sameParts(got, faults) {
				return Broken(act.End, "only the failures are handed on, %s, but host.%s ended with %q", r.outcomes(faults), r.called(act), got)
			}
			return Held()
		}
	}
	if !r.ConcurrentStop() || len(r.lifecycles()) > 0 || r.ownLifetime() {
		return Unseen()
	}
	act, failed, ok := r.stopOutcome()
	if faults := r.faults(failed); ok && len(faults) > 0 && len(faults) < len(failed) && r.pendingCancels(failed) && r.pendingFault(faults) {
		if got := r.Outcome(act); !r.sameParts(got, faults) {
			return Broken(act.End, "only the failures are handed on, %s, but host.%s ended with %q", r.outcomes(faults), r.called(act), got)
		}
		return Held()
	}
	return Unseen()
}

// pendingCancels tells whether every cancelled call had waited before it ended.
func (r *Run) pendingCancels(failed []Call) bool {
	for _, c := range failed {
		if r.Outcome(c) == trace.WasCancelled && !r.waits(c) {
			return false
		}
	}
	return true
}

// pendingFault tells whether one of the failed calls had waited before it ended: only such a failure takes the place of the
// cancellations of others that had waited.
func (r *Run) pendingFault(faults []Call) bool {
	for _, c := range faults {
		if r.waits(c) {
			return true
		}
	}
	return false
}

func concCompletedCancelled(r *Run) Result {
	if !r.ConcurrentStart() || !r.OneStart() || r.disposalFailed() || r.anyFailed(Started) || r.anyFailed(WaitForStart) || r.anyFailed(Execute) {
		return Unseen()
	}
	act := r.Starters()[0]
	n, at := 0, -1
	for _, h := range startHooks[:2] {
		for _, c := range r.window(act, h) {
			if !r.Failed(c) {
				continue
			}
			if s := r.Script(c.Service, h); r.Outcome(c) != trace.WasCancelled || len(s) == 0 || s[0].Kind != plan.ThrowCancelled {
				return Unseen()
			}
			n, at = n+1, c.End
		}
	}
	if a := r.asked(); n == 0 || act.End < 0 || len(r.stopFailures(act)) > 0 || a >= 0 && a < at {
		return Unseen()
	}
	started := r.noted(AppStarted)
	if r.Profile.Word("completedCancelledStart") == "ignored" {
		if r.Failed(act) && started < 0 {
			return Broken(act.End, "a service that ends cancelled at once is overlooked, but host.%s failed", r.called(act)).With(at)
		}
		return Held()
	}
	if !r.Failed(act) {
		return Broken(act.End, "a service has ended cancelled, so host.%s must fail, but succeeded", r.called(act)).With(at)
	}
	return Held()
}
