// Package agree compares runs with recordings of real hosts. A run agrees with a recording if it has the same events and
// the same end, in an order that the real host was seen to take or leaves open, at about the same times. What the real
// host leaves open:
//
//	U1  the host's message that it is stopping against the notification on the thread that requested the stop
//	U2  a signal that was sent, but for what triggered it
//	U3  the body of a background service against the start of the others, where it runs on a pool (10)
//	U4  the message that a background service failed, against starting and stopping threads (from 6)
//	U5  main against the exiting thread, after the last dispose (before 6)
//	U6  the state of a token at the next begin, where a timeout is zero
//	U7  a start that ends cancelled against the callbacks of the stop request (from 6)
//	U8  timers that are due at about the same time
//
// Two events stand in the wrong order only if every recorded variant with these events has them the other way round.
// Times may differ by 150 ms and a tenth after the cost of starting is taken off. A recorded hang agrees with a deadlock
// and with a hang. Where the tail of a recording was cut, only what is left is compared.
package agree

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/hostsim/hostsim/scenarios/recorded"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// Disagreement says in what a run differs from a recording.
type Disagreement struct {
	Release, Plan string
	Kind          Kind
	Said          string // one sentence
	At            int    // the event of the run that stands wrong, -1 if it is none of its events
}

// Kind is what two runs differ in.
type Kind string

// The kinds of disagreement, in the order in which they are looked for.
const (
	End    Kind = "end"
	Events Kind = "events"
	Order  Kind = "order"
	Time   Kind = "time"
)

// Error words the disagreement in one line.
func (d *Disagreement) Error() string {
	return fmt.Sprintf("%s of %s: %s", d.Plan, d.Release, d.Said)
}

// key is an event without its time, and which one of its equals it is; equal events are told apart by occurrence.
type key struct {
	event trace.Event // At is 0
	nth   int
}

func number(events []trace.Event) []key {
	seen := make(map[trace.Event]int, len(events))
	out := make([]key, len(events))
	for i, e := range events {
		e.At = 0
		seen[e]++
		out[i] = key{e, seen[e]}
	}
	return out
}

func (k *key) String() string {
	s := string(trace.AppendText(nil, &k.event))
	if k.nth > 1 {
		s += fmt.Sprintf(" (number %d)", k.nth)
	}
	return s
}

// Compare tells in what a run of the recorded plan differs from the recording, nil if it agrees. It changes neither.
func Compare(rec *recorded.Recording, run *trace.Trace) *Disagreement {
	r := newRules(rec)
	var where []int
	bad := func(kind Kind, at int, format string, args ...any) *Disagreement {
		if at >= 0 {
			at = where[at]
		}
		return &Disagreement{Release: rec.Release, Plan: rec.Name, Kind: kind, At: at, Said: fmt.Sprintf(format, args...)}
	}
	if run.End.Kind == "" {
		return bad(End, -1, "the run has no end")
	}
	variants := r.ending(rec, &run.End)
	if len(variants) == 0 {
		return bad(End, -1, "the run ends %s, recorded was %s", trace.FormatEnd(&run.End), trace.FormatEnd(&rec.Variants[0].Trace.End))
	}
	var mine []trace.Event
	mine, where = r.clean(run.Events)
	theirs := make([][]trace.Event, len(variants))
	least, truncated := math.MaxInt, false
	for i, v := range variants {
		theirs[i], _ = r.clean(v.Trace.Events)
		least, truncated = min(least, len(theirs[i])), truncated || v.Truncated
	}
	if truncated {
		mine = mine[:min(least, len(mine))]
		for i := range theirs {
			theirs[i] = theirs[i][:least]
		}
	}
	keys := number(mine)
	if kind, at, said := r.order(keys, theirs); said != "" {
		return bad(kind, at, "%s", said)
	}
	if at, said := r.times(keys, mine, theirs[0]); said != "" {
		return bad(Time, at, "%s", said)
	}
	return nil
}

// same tells whether two ends are the same process status; a hang and a deadlock are.
func same(a, b *trace.Ending) bool {
	ka, kb := a.Kind, b.Kind
	if ka == trace.Deadlock {
		ka = trace.HangEnd
	}
	if kb == trace.Deadlock {
		kb = trace.HangEnd
	}
	return ka == kb && (ka != trace.Exited || a.Code == b.Code) && (ka != trace.Signaled || a.Signal == b.Signal)
}

// ending gives the variants that ended like the run. Before 6 an exit races main's return: then any of main's codes is as
// good as any other (U5), and every variant counts.
func (r *rules) ending(rec *recorded.Recording, end *trace.Ending) (variants []*recorded.Variant) {
	raced := false
	if r.legacy && end.Kind == trace.Exited && r.codes[end.Code] {
		anyCode, anyExit := false, false
		for i := range rec.Variants {
			t := &rec.Variants[i].Trace
			anyCode = anyCode || t.End.Kind == trace.Exited && r.codes[t.End.Code]
			for j := range t.Events {
				anyExit = anyExit || t.Events[j].What == "exit"
			}
		}
		raced = anyCode && anyExit
	}
	for i := range rec.Variants {
		if v := &rec.Variants[i]; raced || same(&v.Trace.End, end) {
			variants = append(variants, v)
		}
	}
	return variants
}

// order compares events and their order with the variants.
func (r *rules) order(mine []key, variants [][]trace.Event) (Kind, int, string) {
	have := make(map[key]bool, len(mine))
	for _, k := range mine {
		have[k] = true
	}
	var pools []map[key]int // where each event stands, in the variants with just these events
	var best []key
	fewest := math.MaxInt
	for _, v := range variants {
		theirs := number(v)
		at := make(map[key]int, len(theirs))
		common := 0
		for i, k := range theirs {
			at[k] = i
			if have[k] {
				common++
			}
		}
		if off := len(theirs) + len(mine) - 2*common; off == 0 {
			pools = append(pools, at)
		} else if off < fewest {
			fewest, best = off, theirs
		}
	}
	if len(pools) == 0 {
		return missing(mine, best)
	}
	for i := range mine {
		for j := i + 1; j < len(mine); j++ {
			wrong := true
			for _, at := range pools {
				if at[mine[j]] > at[mine[i]] {
					wrong = false
					break
				}
			}
			if wrong && !r.free(&mine[i], &mine[j]) {
				return Order, j, fmt.Sprintf("%q comes before %q, always recorded the other way round", mine[i].String(), mine[j].String())
			}
		}
	}
	return "", 0, ""
}

// missing words which events one side has alone.
func missing(mine, theirs []key) (Kind, int, string) {
	only := func(a, b []key) (out []string, first int) {
		in := make(map[key]bool, len(b))
		for _, k := range b {
			in[k] = true
		}
		first = -1
		for i := range a {
			if !in[a[i]] {
				if first < 0 {
					first = i
				}
				if len(out) < 6 {
					out = append(out, a[i].String())
				}
			}
		}
		return out, first
	}
	lacks, _ := only(theirs, mine)
	extra, at := only(mine, theirs)
	var parts []string
	if len(lacks) > 0 {
		parts = append(parts, "does not have: "+strings.Join(lacks, ", "))
	}
	if len(extra) > 0 {
		parts = append(parts, "has besides: "+strings.Join(extra, ", "))
	}
	return Events, at, "compared with the nearest recorded variant the run " + strings.Join(parts, "; it ")
}

// times compares the times with those of the first variant, counted from the first event of the start.
func (r *rules) times(keys []key, mine, theirs []trace.Event) (int, string) {
	when := make(map[key]float64, len(theirs))
	for i, k := range number(theirs) {
		when[k] = millis(theirs[i].At)
	}
	shift, known := 0.0, false
	for i := range keys {
		k := &keys[i]
		t, ok := when[*k]
		if !ok {
			continue
		}
		m := millis(mine[i].At)
		if e := &k.event; !known && (e.What == "start" || e.What == "starting" || e.What == "new" || e.What == "waitForStart" || e.Who == trace.Lifetime) {
			shift, known = t-m, true
		}
		if known && r.class(k) != worker && math.Abs(t-shift-m) > 150+0.1*max(m, 0) {
			return i, fmt.Sprintf("%q is at %g ms, recorded at %g ms", k.String(), m, t-shift)
		}
	}
	return 0, ""
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
