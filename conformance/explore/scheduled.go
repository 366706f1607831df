package explore

import (
	"fmt"
	"strconv"

	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// Scheduled plays plans under schedules that it makes itself from their names, such as an adapter that hostsim build has
// compiled. It may be used by several goroutines.
type Scheduled interface {
	// PlaySchedule plays a plan under the schedule of this name. With explain it also says what the run shows. It blocks
	// until the run has ended.
	PlaySchedule(p *plan.Plan, schedule string, explain bool) (*ScheduledRun, error)
}

// ScheduledRun is one run under a named schedule.
type ScheduledRun struct {
	Trace     *trace.Trace
	Decisions int
	Hash      string // of the decisions: equal for equal ones
	Said      string // what the run shows, in words, if that was asked for
}

// ScheduleName names schedule number i of the strategy, counted from 0, as [Scheduled] and hostsim test know it.
func (o *Options) ScheduleName(i uint64) string {
	seed := strconv.FormatUint(o.Seed+i, 10)
	switch o.Strategy {
	case Sequential:
		return Sequential
	case PCT:
		return fmt.Sprintf("pct%d:%s", o.Depth, seed)
	}
	return Random + ":" + seed
}

// scheduled plays schedule number i of what makes its schedules itself, and enters what it showed.
func (w *worker) scheduled(i uint64) error {
	run, err := w.o.Scheduled.PlaySchedule(w.o.Plan, w.o.ScheduleName(i), false)
	if err != nil {
		return err
	}
	w.see(run.Trace, i, nil)
	w.result.Decisions += run.Decisions
	return nil
}

// Judge gives what a run violates, the clauses in the order of the profile.
func (o *Options) Judge(t *trace.Trace) []Violation {
	if o.Scheduled == nil {
		return nil
	}
	var out []Violation
	for _, b := range newWorker(o).judge(t, 0).broken {
		out = append(out, Violation{Clause: b.clause, Said: b.said, Count: 1})
	}
	return out
}
