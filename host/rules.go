package host

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/hostsim/hostsim/spec"
)

// Rules say how a host behaves where hosts differ. Every field is one row of the version matrix (spec/matrix.yaml), which
// has the sentence, the legal words and the sources; [RulesOf] reads a column of it.
type Rules struct {
	StartTokenLinked        bool
	LifecycleHooks          bool
	StartFailureEvent       string
	StartingFlag            string
	StartFailure            string
	StartAfterStopRequest   string
	StopDuringStart         string
	CompletedCancelledStart string
	StopUnstarted           string
	ExpiredStop             string
	LifetimeStop            string
	SingleStopFailure       string
	RepeatedStop            string
	RepeatedStart           string
	SecondStopRequest       string
	SecondSignal            string
	WorkerTokenLinked       bool
	WorkerBody              string
	WorkerMonitor           string
	ShutdownTimeout         time.Duration
	ConfiguredTimeout       string
	StatusMessages          bool
	ConsoleSignals          string
	Unsubscribe             bool
	CancelledDelay          string
	HookLimit               string
	DisposeFailure          string
	WorkerSkipped           bool
	ZeroTimeout             string
	TokenRelease            string
}

// ruleFields ties the rows of the matrix to the fields, one line each.
func ruleFields(r *Rules) map[string]any {
	return map[string]any{
		"startTokenLinked":        &r.StartTokenLinked,
		"lifecycleHooks":          &r.LifecycleHooks,
		"startFailureEvent":       &r.StartFailureEvent,
		"startingFlag":            &r.StartingFlag,
		"startFailure":            &r.StartFailure,
		"startAfterStopRequest":   &r.StartAfterStopRequest,
		"stopDuringStart":         &r.StopDuringStart,
		"completedCancelledStart": &r.CompletedCancelledStart,
		"stopUnstarted":           &r.StopUnstarted,
		"expiredStop":             &r.ExpiredStop,
		"lifetimeStop":            &r.LifetimeStop,
		"singleStopFailure":       &r.SingleStopFailure,
		"repeatedStop":            &r.RepeatedStop,
		"repeatedStart":           &r.RepeatedStart,
		"secondStopRequest":       &r.SecondStopRequest,
		"secondSignal":            &r.SecondSignal,
		"workerTokenLinked":       &r.WorkerTokenLinked,
		"workerBody":              &r.WorkerBody,
		"workerMonitor":           &r.WorkerMonitor,
		"shutdownTimeout":         &r.ShutdownTimeout,
		"configuredTimeout":       &r.ConfiguredTimeout,
		"statusMessages":          &r.StatusMessages,
		"consoleSignals":          &r.ConsoleSignals,
		"unsubscribe":             &r.Unsubscribe,
		"cancelledDelay":          &r.CancelledDelay,
		"hookLimit":               &r.HookLimit,
		"disposeFailure":          &r.DisposeFailure,
		"workerSkipped":           &r.WorkerSkipped,
		"zeroTimeout":             &r.ZeroTimeout,
		"tokenRelease":            &r.TokenRelease,
	}
}

var rulesCache sync.Map // profile name → *Rules

// RulesOf gives the rules of a profile: "strict", "dotnet-8" and so on. An unknown profile is an error that lists the known ones.
func RulesOf(profile string) (Rules, error) {
	if r, ok := rulesCache.Load(profile); ok {
		return *r.(*Rules), nil
	}
	all, err := spec.Load()
	if err != nil {
		return Rules{}, err
	}
	p := all.Profile(profile)
	if p == nil {
		return Rules{}, fmt.Errorf("host: there is no profile %q; the profiles are %s", profile, strings.Join(all.ProfileNames(), ", "))
	}
	var r Rules
	for name, field := range ruleFields(&r) {
		if _, ok := p.Rules[name]; !ok {
			return Rules{}, fmt.Errorf("host: profile %s has no value for rule %s of the version matrix", profile, name)
		}
		switch f := field.(type) {
		case *bool:
			*f = p.Bool(name)
		case *string:
			*f = p.Word(name)
		case *time.Duration:
			*f = p.Duration(name)
		}
	}
	rulesCache.Store(profile, &r)
	return r, nil
}
