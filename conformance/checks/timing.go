package checks

import (
	"strconv"
	"strings"
	"time"

	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

// Late is the tolerance of a check that something happened no later than a moment d after another. In the virtual lane
// there is none; in the process lane it is one second and a tenth of d, for a busy machine.
func (r *Run) Late(d time.Duration) time.Duration {
	if r.Lane == spec.Virtual {
		return 0
	}
	return time.Second + d/10
}

// Early is the tolerance of a check that something did not happen earlier than d after another: in the process lane the
// first event may have been printed late.
func (r *Run) Early(d time.Duration) time.Duration {
	if r.Lane == spec.Virtual {
		return 0
	}
	return 250*time.Millisecond + d/10
}

// At gives the time of event i; that of the last event for an index that is out of range.
func (r *Run) At(i int) time.Duration {
	n := len(r.Trace.Events)
	if n == 0 {
		return 0
	}
	if i < 0 || i >= n {
		i = n - 1
	}
	return r.Trace.Events[i].At
}

// setting gives the value of a key of the host configuration, whatever the case of its letters.
func (r *Run) setting(key string) (string, bool) {
	if r.Plan == nil {
		return "", false
	}
	for i := len(r.Plan.Config) - 1; i >= 0; i-- {
		if strings.EqualFold(r.Plan.Config[i].Key, key) {
			return r.Plan.Config[i].Value, true
		}
	}
	return "", false
}

// ConfiguredSeconds reads a number of seconds from the host configuration: plain digits only, everything else is ignored.
func (r *Run) ConfiguredSeconds(key string) (time.Duration, bool) {
	v, ok := r.setting(key)
	if !ok || v == "" || strings.Trim(v, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(v, 10, 32)
	if err != nil {
		return 0, false
	}
	return time.Duration(n) * time.Second, true
}

// release tells whether the profile is that of one release of one host. Only such a profile knows what a host does when the
// application says nothing: core and strict leave the defaults to the host.
func (r *Run) release() bool { return r.Profile.Name != "core" && r.Profile.Name != "strict" }

// ShutdownTimeout gives the shutdown timeout of the run, [plan.Infinite] if there is none. known is false if the plan
// leaves it to the host and the profile does not say what the host's default is.
func (r *Run) ShutdownTimeout() (d time.Duration, known bool) {
	if r.Plan != nil && r.Plan.Options.ShutdownTimeout != nil {
		return *r.Plan.Options.ShutdownTimeout, true
	}
	if r.Profile.Name == "core" {
		return 0, false
	}
	if d, ok := r.ConfiguredSeconds("shutdownTimeoutSeconds"); ok && r.Profile.Word("configuredTimeout") != "ignored" {
		return d, true
	}
	if !r.release() {
		return 0, false
	}
	return r.Profile.Duration("shutdownTimeout"), true
}

// StartupTimeout gives the limit of a start; ok is false if there is none.
func (r *Run) StartupTimeout() (d time.Duration, ok bool) {
	if !r.Profile.Bool("lifecycleHooks") {
		return 0, false
	}
	if r.Plan != nil && r.Plan.Options.StartupTimeout != nil {
		return *r.Plan.Options.StartupTimeout, *r.Plan.Options.StartupTimeout != plan.Infinite
	}
	if r.Profile.Name != "core" && r.Profile.Word("configuredTimeout") == "all" {
		return r.ConfiguredSeconds("startupTimeoutSeconds")
	}
	return 0, false
}

// ConcurrentStart tells whether the run's host starts its services concurrently.
func (r *Run) ConcurrentStart() bool {
	if !r.Profile.Bool("lifecycleHooks") {
		return false
	}
	if r.Plan != nil && r.Plan.Options.ConcurrentStart != nil {
		return *r.Plan.Options.ConcurrentStart
	}
	return r.configuredFlag("servicesStartConcurrently")
}

// ConcurrentStop tells whether the run's host stops its services concurrently.
func (r *Run) ConcurrentStop() bool {
	if !r.Profile.Bool("lifecycleHooks") {
		return false
	}
	if r.Plan != nil && r.Plan.Options.ConcurrentStop != nil {
		return *r.Plan.Options.ConcurrentStop
	}
	return r.configuredFlag("servicesStopConcurrently")
}

func (r *Run) configuredFlag(key string) bool {
	if r.Profile.Word("configuredTimeout") != "all" { // in core a host may read the key or not, and is not judged then
		return false
	}
	v, _ := r.setting(key)
	return strings.EqualFold(v, "true")
}

// MainHas tells whether main has a step of this kind.
func (r *Run) MainHas(kinds ...*plan.StepKind) bool {
	if r.Plan == nil {
		return false
	}
	for _, s := range r.Plan.Main {
		for _, k := range kinds {
			if s.Kind == k {
				return true
			}
		}
	}
	return false
}

// MainStep gives the duration of main's first step of this kind.
func (r *Run) MainStep(kind *plan.StepKind) (time.Duration, bool) {
	if r.Plan == nil {
		return 0, false
	}
	for _, s := range r.Plan.Main {
		if s.Kind == kind {
			return s.Dur, true
		}
	}
	return 0, false
}

// callerLimitsStop tells whether a caller's own token or time limit can cancel a stop before the shutdown timeout does.
func (r *Run) callerLimitsStop() bool {
	return r.MainHas(plan.StopCancelled, plan.StopCancelAfter, plan.StopTimeout)
}

// stopBegins gives the index of the event at which the budget of the first stop can have begun at the earliest.
func (r *Run) stopBegins() int {
	first := -1
	take := func(i int) {
		if i >= 0 && (first < 0 || i < first) {
			first = i
		}
	}
	for _, h := range []Hook{Stopping, Stop, Stopped, LifetimeStop} {
		if c := r.Calls(h); len(c) > 0 {
			take(c[0].Begin)
		}
	}
	if n := r.Notes(AppStopping); len(n) > 0 {
		take(n[0].Begin)
	}
	take(r.Logged("Host#3"))
	return first
}

// MayHaveExpired tells whether the token of a stop can be cancelled at event i: the budget may be used up by then, or
// somebody else may have cancelled it. Where the timeout is the host's own affair, a second is enough.
func (r *Run) MayHaveExpired(i int) bool {
	if r.callerLimitsStop() || r.secondForces() {
		return true
	}
	b := r.stopBegins()
	if b < 0 {
		return false
	}
	d, known := r.ShutdownTimeout()
	switch {
	case !known:
		d = time.Second
	case d == plan.Infinite:
		return false
	}
	return r.At(i)-r.At(b) >= d-r.Early(d)
}

// FiredIn tells whether the call has seen its token cancelled before it ended, and where: at its begin, by a tokenFired,
// or by ending cancelled although its script throws nothing of the kind. -1 if it has not.
func (r *Run) FiredIn(c Call, h Hook) int {
	e := r.Event(c.Begin)
	if e.Token == trace.Cancelled {
		return c.Begin
	}
	if r.Kind(c.Service) == plan.Background && h != Execute {
		return -1 // its tokenFired belongs to the body
	}
	if i := r.fired(e.Who, c.Begin, c.End); i >= 0 && c.End >= 0 {
		return i
	}
	if c.End >= 0 && r.Event(c.End).Outcome == trace.WasCancelled && !has(r.Script(c.Service, h), plan.ThrowCancelled) && c.Service >= 0 {
		return c.End
	}
	return -1
}

// callbackHolds tells whether a callback may have held up the call, or its token: one of ApplicationStopping that a stop request
// of its own waits for, or one on a token of a stop that takes its time, and with it the timer's.
func (r *Run) callbackHolds(c Call) bool {
	if len(r.callbacks(AppStopping)) > 0 && has(r.Script(c.Service, hookOf(r.Event(c.Begin).What)), plan.StopApp) {
		return true // its own stop request may wait for callbacks
	}
	if !r.PlanHas(plan.OnCancelBlock) {
		return false
	}
	for _, i := range r.named("cancelCallback") {
		if r.Event(i).Phase == trace.Begin && i > c.Begin && (c.End < 0 || i < c.End) {
			return true
		}
	}
	return false
}

// Cooperative tells whether every wait of the script honours the token that its hook was handed, so that it ends at once
// when the token fires.
func Cooperative(s plan.Script) bool {
	for _, st := range s {
		switch st.Kind {
		case plan.Delay, plan.UntilCancelled, plan.Mark, plan.Yield, plan.Throw, plan.ThrowCancelled, plan.ExitCode, plan.Drain,
			plan.CloseListen, plan.Listen, plan.RemoveFile, plan.Spawn, plan.DialStep, plan.StopApp:
		default:
			return false
		}
	}
	return true
}

// cooperative is [Cooperative] for a service's hook; for the stop of a background service, whose script is its body.
func (r *Run) cooperative(service int, h Hook) bool {
	if r.Kind(service) == plan.Background {
		return h != Execute && Cooperative(r.Script(service, Execute))
	}
	return Cooperative(r.Script(service, h))
}
