package synctest

import (
	"encoding/json"
	"fmt"
	"internal/hostsim"
	"internal/hostsim/explain"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strings"
)

// hostsimFailure is the first failing run of a test, explained.
type hostsimFailure struct {
	schedule hostsimSchedule
	outcome  string
	text     string
	cycle    []explain.Wait
	file     string // where its schedule was saved
}

// explain runs a failing schedule again, this time with a log, and tells what it shows.
func (s *hostsimSession) explain(sch hostsimSchedule, o hostsimOutcome) *hostsimFailure {
	fail := &hostsimFailure{schedule: sch, outcome: o.kind}
	rec := hostsimRecord()
	again := s.one(sch, true, rec)
	events := explain.Decode(append([]uintptr(nil), hostsimEvents()[:again.res.Events]...))
	run := explain.NewRun(events, hostsimLeft(again.left), hostsimSymbols, s.hidden()...)
	end := append([]uintptr(nil), again.res.EndPCs...)
	recorded := append([]uint64(nil), rec[:again.res.Recorded]...)

	var b strings.Builder
	if !s.program {
		fmt.Fprintf(&b, "hostsim: %s: ", sch)
	}
	if !s.program || o.kind != "ended" && o.kind != "stuck" {
		b.WriteString(o.kind)
		if o.detail != "" {
			fmt.Fprintf(&b, ": %s", o.detail)
		}
		b.WriteByte('\n')
	}
	if !again.same(&o) {
		fmt.Fprintf(&b, "uncontrolled: the same schedule ended as %q after %d decisions, and as %q after %d decisions when repeated\n",
			o.kind, o.res.Decisions, again.kind, again.res.Decisions)
	}
	if o.res.Diverged != 0 {
		fmt.Fprintf(&b, "the program left the recorded schedule at decision %d of %d%s\n", o.res.Diverged, len(sch.replay), hostsimStep(sch.replay, o.res.Diverged))
	}
	switch o.kind {
	case "deadlock", "leak", "stuck":
		learned := s.learn()
		b.WriteString(run.Deadlock(learned))
		fail.cycle = hostsimCycle(run, learned)
	case "panic", "limit", "stall":
		if len(end) > 0 {
			fmt.Fprintf(&b, "in %s:\n%s", run.Title(again.res.EndIndex), run.Stack(end, 12))
		}
		if o.kind == "stall" && len(end) > 0 {
			b.WriteString("a loop that waits for a variable of sync/atomic to change turns for ever here: such an operation lets nobody else go on (runtime.Gosched does)\n")
		}
		if o.kind == "stall" && len(end) == 0 {
			b.WriteString("nobody of the bubble is running; what they wait for is outside of it:\n")
			for _, l := range again.left {
				fmt.Fprintf(&b, "  %s: %s in %s\n", run.Title(l.Index), l.Reason, run.Place(l.PCs[:l.NPCs]))
			}
		}
	default:
		if strings.HasPrefix(o.kind, "exited") || strings.HasPrefix(o.kind, "signaled") {
			fmt.Fprintf(&b, "by %s:\n%s", run.Title(again.res.EndIndex), run.Stack(end, 12))
		}
	}
	if o.output != "" {
		fmt.Fprintf(&b, "the test wrote:\n%s", hostsimIndent(o.output))
	}
	if s.cfg.timeline > 0 {
		fmt.Fprintf(&b, "the last steps (virtual time, goroutine, what, where):\n%s", run.Timeline(s.cfg.timeline))
	}
	for _, note := range hostsimNotes(run, &again.res) {
		fmt.Fprintf(&b, "not controlled: %s\n", note)
	}
	if s.program {
		fail.text = b.String()
		return fail
	}
	fmt.Fprintf(&b, "repeat it: hostsim test -schedule %s -run '^%s$'\n", sch, strings.ReplaceAll(s.t.Name(), "/", "$/^"))
	fail.text = b.String()
	if s.cfg.save != "" {
		fail.file = s.save(sch, o, run, recorded)
	}
	return fail
}

func hostsimStep(replay []uint64, at uint64) string {
	if at == 0 || at > uint64(len(replay)) {
		return ""
	}
	d := replay[at-1]
	return fmt.Sprintf(", which was %q among %d", hostsimKinds[d>>60], d>>44&0xffff)
}

func hostsimNotePCs(r *hostsim.Result, bit int) []uintptr {
	var pcs []uintptr
	for _, pc := range r.Notes[bit] {
		if pc != 0 {
			pcs = append(pcs, pc)
		}
	}
	return pcs
}

// learn looks at runs that end well, to know who usually wakes whom. Where the program is what is played, a run that ends with a
// code or of a signal is one, too.
func (s *hostsimSession) learn() *explain.Learned {
	var l explain.Learned
	for i := range 24 {
		sch := hostsimSchedule{strategy: hostsim.Random, seed: uint64(i)}
		if i == 0 {
			sch.strategy = hostsim.Sequential
		}
		o := s.one(sch, true, nil)
		if end := o.res.End; o.ok || s.program && (end == hostsim.EndExit || end == hostsim.EndSignal) {
			l.Learn(explain.NewRun(explain.Decode(hostsimEvents()[:o.res.Events]), nil, hostsimSymbols, s.hidden()...))
		}
	}
	return &l
}

// hidden names goroutines that are none of the program's: in a program that chooses schedules the test is a means.
func (s *hostsimSession) hidden() []string {
	if s.program {
		return []string{"testing.tRunner"}
	}
	return nil
}

func hostsimLeft(left []hostsim.Blocked) []explain.Blocked {
	out := make([]explain.Blocked, len(left))
	for i := range left {
		out[i] = explain.Blocked{G: left[i].Index, Reason: left[i].Reason, PCs: left[i].PCs[:left[i].NPCs]}
	}
	return out
}

func hostsimSymbols(pcs []uintptr) []explain.Frame {
	var out []explain.Frame
	frames := runtime.CallersFrames(pcs)
	for {
		f, more := frames.Next()
		out = append(out, explain.Frame{Func: f.Function, File: filepath.Base(f.File), Line: f.Line})
		if !more {
			return out
		}
	}
}

func hostsimIndent(s string) string {
	return "  " + strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "\n  ") + "\n"
}

func (s *hostsimSession) save(sch hostsimSchedule, o hostsimOutcome, run *explain.Run, recorded []uint64) string {
	f := hostsimFile{Format: hostsimFormat, Version: hostsimVersion, Go: runtime.Version(), Test: s.t.Name(),
		Schedule: sch.String(), Seed: sch.seed, Outcome: o.kind, Decisions: []hostsimDecision{}}
	for _, d := range recorded {
		x := hostsimDecision{Kind: hostsimKinds[d>>60], N: uint32(d>>44) & 0xffff, Chosen: uint32(d>>28) & 0xffff}
		if x.Kind == "run" || x.Kind == "yield" {
			x.Label = run.Label(uint32(d & (1<<28 - 1)))
		}
		f.Decisions = append(f.Decisions, x)
	}
	data, err := json.MarshalIndent(f, "", " ")
	if err == nil {
		name := strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-' {
				return r
			}
			return '_'
		}, s.t.Name()+"-"+strings.ReplaceAll(sch.String(), ":", "-")) + ".schedule.json"
		file := filepath.Join(s.cfg.save, name)
		if err = os.WriteFile(file, append(data, '\n'), 0o666); err == nil {
			return file
		}
	}
	fmt.Fprintf(os.Stderr, "hostsim: the schedule was not saved: %v\n", err)
	return ""
}

// hostsimResult is one line of the results file.
type hostsimResult struct {
	Test         string         `json:"test"`
	Schedules    int            `json:"schedules"`
	Failures     int            `json:"failures"`
	Distinct     int            `json:"distinct"`
	Decisions    uint64         `json:"decisions"`
	Outcomes     map[string]int `json:"outcomes"`
	Schedule     string         `json:"schedule,omitempty"` // of the first failure
	Outcome      string         `json:"outcome,omitempty"`
	Text         string         `json:"text,omitempty"`
	File         string         `json:"file,omitempty"`
	Unrepeatable string         `json:"unrepeatable,omitempty"`
	Replays      int            `json:"replays,omitempty"`
	Differ       int            `json:"differ"`
	Left         int            `json:"left,omitempty"`
	Uncontrolled []string       `json:"uncontrolled,omitempty"`
	Nanoseconds  int64          `json:"wallNanoseconds"`
}

// report tells the outer test what was found.
func (s *hostsimSession) report() {
	s.t.Helper()
	var kinds []string
	for k, n := range s.outcomes {
		kinds = append(kinds, fmt.Sprintf("%s %d", k, n))
	}
	sort.Strings(kinds)
	if s.cfg.results != "" {
		s.append()
	}
	if s.skipped {
		s.t.SkipNow()
	}
	if s.unrepeatable != "" {
		s.t.Logf("hostsim: no schedules were chosen: the same schedule ends as \"pass\" at first and as %q when repeated, so the test keeps state outside of its bubble", s.unrepeatable)
		return
	}
	if s.first == nil {
		s.t.Logf("hostsim: %d schedules, %d distinct: %s", s.runs, len(s.distinct), strings.Join(kinds, ", "))
		return
	}
	if s.cfg.everything {
		s.t.Logf("hostsim: %d schedules, %d distinct: %s", s.runs, len(s.distinct), strings.Join(kinds, ", "))
	}
	if s.replays > 0 {
		s.t.Logf("hostsim: %d replays of %d recorded failing schedules: %d differ", s.replays, len(s.failed), s.differ)
	}
	s.t.Errorf("%s", s.first.text)
	if s.first.outcome == "failed" || s.first.outcome == "panic" {
		s.t.FailNow()
	}
	s.t.FailNow()
}

func (s *hostsimSession) append() {
	r := hostsimResult{Test: s.t.Name(), Schedules: s.runs, Failures: s.failures, Distinct: len(s.distinct), Decisions: s.decisions,
		Outcomes: s.outcomes, Replays: s.replays, Differ: s.differ, Left: s.left, Nanoseconds: s.took.Nanoseconds()}
	r.Uncontrolled = s.places
	r.Unrepeatable = s.unrepeatable
	if s.first != nil {
		r.Schedule, r.Outcome, r.Text, r.File = s.first.schedule.String(), s.first.outcome, s.first.text, s.first.file
	}
	data, err := json.Marshal(r)
	if err == nil {
		var f *os.File
		if f, err = os.OpenFile(s.cfg.results, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666); err == nil {
			_, err = f.Write(append(data, '\n'))
			if e := f.Close(); err == nil {
				err = e
			}
		}
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "hostsim: the result was not written: %v\n", err)
	}
}
