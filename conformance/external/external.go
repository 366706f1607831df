// Package external makes the adapter that a command starts an implementation to be judged, in the process lane or, if the
// adapter offers it, in the virtual one.
package external

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/hostsim/hostsim/conformance/explore"
	"github.com/hostsim/hostsim/conformance/judge"
	"github.com/hostsim/hostsim/conformance/process"
	"github.com/hostsim/hostsim/conformance/protocol"
	"github.com/hostsim/hostsim/conformance/report"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

// Adapter is an implementation behind a command. It may be used by several goroutines.
type Adapter struct {
	runner *process.Runner
	id     protocol.Identity
	jobs   int
}

// New starts the command once to learn who it is. The lane must be one that it offers. jobs is how many children run at once.
func New(ctx context.Context, command []string, lane string, jobs int) (*Adapter, error) {
	r := &process.Runner{Command: command, Lane: lane}
	id, after, err := r.Identify(ctx)
	if err != nil {
		return nil, errors.Join(withStderr(err, after), r.Close())
	}
	if !id.Offers(lane) {
		return nil, errors.Join(fmt.Errorf("the adapter offers the lanes %v, not %s", id.Lanes, lane), r.Close())
	}
	return &Adapter{r, *id, max(jobs, 1)}, nil
}

// Close ends the adapter's processes.
func (a *Adapter) Close() error { return a.runner.Close() }

// Identity implements judge.Implementation.
func (a *Adapter) Identity() report.Identity {
	return report.Identity{Name: a.id.Implementation, Version: a.id.Version, Language: a.id.Language, Runtime: a.id.Runtime, Claims: a.id.Profile, Features: a.id.Features}
}

// Withholds implements judge.Withholder: what the system does not let the process lane do.
func (a *Adapter) Withholds(feature string) string {
	if a.Lane() != spec.Process {
		return ""
	}
	return process.Impossible(feature)
}

// Lane implements judge.Implementation.
func (a *Adapter) Lane() string {
	if a.runner.Lane == "" {
		return spec.Process
	}
	return a.runner.Lane
}

// Controlled tells that the order of what is ready at one instant is the system's, so runs are not compared.
func (a *Adapter) Controlled() bool { return false }

// Jobs says how many plans may be played at once.
func (a *Adapter) Jobs() int { return a.jobs }

// Play implements judge.Implementation.
func (a *Adapter) Play(ctx context.Context, p *plan.Plan, _ string) (*trace.Trace, error) {
	t, after, err := a.runner.Run(ctx, p)
	var skipped *process.Skipped
	if errors.As(err, &skipped) {
		return nil, &judge.Skip{Why: skipped.Why}
	}
	return t, withStderr(err, after)
}

// NotScheduled is the error of an adapter whose schedules cannot be chosen.
type NotScheduled struct{ Language string }

// Error says why.
func (e *NotScheduled) Error() string {
	if e.Language != "go" {
		return "schedules can be chosen only for hosts in Go; this adapter's language is " + e.Language
	}
	return "its schedules cannot be chosen: it was not built with hostsim build, or its host has no virtual lane"
}

// Scheduled is an adapter that plays plans under schedules that are named. It implements explore.Scheduled, and may be used
// by several goroutines: each has a process of its own.
type Scheduled struct {
	*Adapter
	ctx context.Context
}

// envStall names how long a run may go on without a scheduling point.
const envStall = "HOSTSIM_STALL"

// NewScheduled starts the command once to learn who it is. The error is a [*NotScheduled] if its schedules cannot be chosen. The
// end of ctx ends every run.
func NewScheduled(ctx context.Context, command []string) (*Scheduled, error) {
	r := &process.Runner{Command: command, Lane: spec.Virtual, Limit: 10 * time.Minute, Quiet: 5 * time.Minute}
	if os.Getenv(envStall) == "" {
		r.Env = []string{envStall + "=3s"}
	}
	id, after, err := r.Identify(ctx)
	if err == nil && !id.Schedules {
		err = &NotScheduled{id.Language}
		after = nil
	}
	if err != nil {
		return nil, errors.Join(withStderr(err, after), r.Close())
	}
	return &Scheduled{&Adapter{r, *id, 1}, ctx}, nil
}

// PlaySchedule implements explore.Scheduled.
func (s *Scheduled) PlaySchedule(p *plan.Plan, schedule string, explain bool) (*explore.ScheduledRun, error) {
	t, after, err := s.runner.RunSchedule(s.ctx, p, schedule, explain)
	var skipped *process.Skipped
	switch {
	case errors.As(err, &skipped):
		return nil, &judge.Skip{Why: skipped.Why}
	case err != nil:
		return nil, withStderr(err, after)
	case after.Schedule == nil:
		return nil, errors.New("the adapter did not say under which schedule it played")
	}
	return &explore.ScheduledRun{Trace: t, Decisions: after.Schedule.Decisions, Hash: after.Schedule.Hash, Said: after.Schedule.Said}, nil
}

// withStderr adds what the adapter wrote to its standard error to an error that it is to blame for.
func withStderr(err error, after *process.Aftermath) error {
	if err == nil || after == nil || after.Stderr.String() == "" {
		return err
	}
	return fmt.Errorf("%w\nits standard error ends with:\n%s", err, after.Stderr.String())
}
