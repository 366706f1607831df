package adapter

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/hostsim/hostsim/conformance/protocol"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// An adapter that was built with hostsim build plays a virtual run under the schedule that it is asked for: every choice of
// who goes on comes from there. Then the simulated process is the one of package os/signal in the bubble, so that the
// host's own signal.Notify hears of the plan's signals, and its end is the end of the run: no goroutine goes on after it.

// scheduleBytes bounds the explanation of a run, so that its message stays below the limit of a line.
const scheduleBytes = 24 << 10

// scheduled plays plans under schedules.
type scheduled struct {
	i      *Implementation
	t      *testing.T
	plan   string // that the next two are about
	length uint64 // decisions of its default run
}

// run plays a plan under a schedule. It blocks until the run has ended.
func (s *scheduled) run(p *plan.Plan, text, schedule string, explain bool) ([]trace.Event, trace.Ending, *protocol.Schedule, error) {
	if schedule == "" {
		schedule = or(os.Getenv("HOSTSIM_SCHEDULE"), "sequential")
	}
	var rec *recorder
	f := func(*testing.T) { // more than once, if the run is explained
		rec = &recorder{}
		l := newVirtualLane(p, rec)
		l.controlled = true
		go l.play(newApp(s.i, p, l))
		l.outlast(patience(p))
	}
	if s.plan != text { // what is initialised lazily is so in the first run; the second tells how long a run is
		for range 2 {
			_, _, _, _, n, _, err := controlPlay(s.t, f, "sequential", 0, false)
			if err != nil {
				return nil, trace.Ending{}, nil, err
			}
			s.length = n
		}
		s.plan = text
	}
	kind, detail, said, cycle, decisions, hash, err := controlPlay(s.t, f, schedule, s.length, explain)
	if err != nil {
		return nil, trace.Ending{}, nil, err
	}
	if explain { // the runs that explain came after it
		if _, _, _, _, _, again, err := controlPlay(s.t, f, schedule, s.length, false); err != nil || again != hash {
			return nil, trace.Ending{}, nil, fmt.Errorf("the schedule %s made other decisions when it was repeated", schedule)
		}
	}
	events := rec.take()
	end := rec.ending(kind, detail)
	if end.Kind == trace.HangEnd || end.Kind == trace.Killed {
		end.Stuck = protocol.Unended(events)
		end.Reason = protocol.Hung(end.Reason, end.Stuck)
	}
	if end.Kind == trace.HangEnd && len(cycle) > 0 {
		end.Kind = trace.Deadlock
		for _, w := range cycle {
			what := strings.NewReplacer("to receive from ", "", "to send to ", "").Replace(w[1])
			end.Cycle = append(end.Cycle, trace.Wait{Who: w[0], Resource: what, Where: w[2], Holder: w[3], Since: rec.last()})
		}
	}
	if len(said) > scheduleBytes {
		said = strings.ToValidUTF8(said[:scheduleBytes], "") + "…\n"
	}
	return events, end, &protocol.Schedule{Name: schedule, Decisions: int(decisions), Hash: strconv.FormatUint(hash, 16), Said: said}, nil
}

// ending says how a controlled run ended: as the lane saw it, or as whoever ended the simulated process without the lane.
func (r *recorder) ending(kind, detail string) trace.Ending {
	word, n, _ := strings.Cut(kind, " ")
	switch number, err := strconv.Atoi(n); {
	case word == "exited" && err == nil:
		return trace.Ending{Kind: trace.Exited, Code: number & 0xff}
	case word == "signaled" && err == nil:
		for name, sig := range signalNames {
			if sig == syscall.Signal(number) {
				return trace.Ending{Kind: trace.Signaled, Signal: name}
			}
		}
		return trace.Ending{Kind: trace.Signaled, Signal: "signal " + n}
	case kind == "panic": // as the runtime ends a program
		return trace.Ending{Kind: trace.Exited, Code: 2, Reason: "panic: " + detail}
	case kind == "limit" || kind == "stall":
		return trace.Ending{Kind: trace.Killed, Reason: detail}
	}
	if e := r.ended(); e != nil {
		return *e
	}
	return trace.Ending{Kind: trace.HangEnd, Reason: "nothing happens any more"}
}
