package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/hostsim/hostsim/conformance/explore"
	"github.com/hostsim/hostsim/conformance/judge"
	"github.com/hostsim/hostsim/conformance/legal"
	"github.com/hostsim/hostsim/conformance/mutants"
	"github.com/hostsim/hostsim/conformance/virtual"
	"github.com/hostsim/hostsim/scenarios"
	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

// replayer is what can play a plan under a profile in this process.
type replayer interface {
	explore.Player
}

type replayFlags struct {
	adapterFlags
	as, diff, impl, format, schedule string
	repeat                           int
}

func replayCommand(s streams) *cobra.Command {
	var f replayFlags
	cmd := &cobra.Command{
		Use:   "replay FILE… [-- COMMAND…]",
		Short: "Play a scenario on the reference host and show the timeline",
		Long: `replay plays a scenario, a bare plan or a recording on the reference host, in the simulated world and on virtual time,
and prints what happened as a timeline, one event a line. FILE is a file, "-", or the name of a scenario of the library
or of a recording.

If a run gets stuck the end says who waits for whom and where each entered the wait, and the exit code is 3.`,
		Example: `  hostsim replay exit-in-stop --as dotnet-3.1
  hostsim replay exit-in-stop --as dotnet-3.1 --diff dotnet-10
  hostsim replay my-hang.yaml --as dotnet-8 --format jsonl
  hostsim replay my-hang.yaml --repeat 100
  hostsim replay my-hang.yaml -- ./adapter`,
		Args: takes(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			n := cmd.ArgsLenAtDash()
			if err := f.check(cmd, n >= 0); err != nil {
				return err
			}
			if n >= 0 {
				return replayAdapter(cmd.Context(), s, &f, args[:n], args[n:])
			}
			return replay(s, &f, args)
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&f.as, "as", "strict", "the profile that the reference host behaves as")
	fl.StringVar(&f.diff, "diff", "", "show this profile beside --as and mark the first difference")
	fl.StringVar(&f.impl, "impl", "", "play it on this built-in host instead of the reference host: a mutant, or a small legal host (errgroup, actor)")
	fl.StringVar(&f.format, "format", "text", "text, jsonl (one event a line, then the end) or json")
	fl.StringVar(&f.schedule, "schedule", "", "follow the schedule in this file")
	fl.IntVar(&f.repeat, "repeat", 1, "play it so many times and compare; it fails with exit code 4 if two runs differ")
	f.register(cmd)
	completeProfiles(cmd, "as", "diff")
	return cmd
}

func replay(s streams, f *replayFlags, args []string) error {
	if err := oneOf("format", f.format, "text", "jsonl", "json"); err != nil {
		return err
	}
	if f.repeat < 1 {
		return usagef("--repeat %d: at least 1", f.repeat)
	}
	if f.diff != "" && f.format != "text" {
		return usagef("--diff is a text for people; --format %s cannot show it", f.format)
	}
	for _, p := range []string{f.as, f.diff} {
		if err := knownProfile(p); err != nil {
			return err
		}
	}
	small, isLegal := legal.Hosts()[f.impl]
	if isLegal && (f.diff != "" || f.schedule != "" || f.repeat != 1) {
		return usagef("--diff, --schedule and --repeat need a host whose schedule is chosen; that of %s is Go's own", f.impl)
	}
	list, err := loadAll(s, args)
	if err != nil {
		return err
	}
	if isLegal {
		return replayLegal(s, f, small, list)
	}
	lane, err := f.player()
	if err != nil {
		return err
	}
	defer lane.Close()
	return f.all(s, lane, list)
}

// all plays scenarios one after the other; the exit code is the worst of theirs.
func (f *replayFlags) all(s streams, lane replayer, list []*scenarios.Scenario) error {
	worst := 0
	for i, sc := range list {
		f.heading(s, i, len(list), sc)
		code, err := f.one(s, lane, sc)
		if err != nil {
			return unplayed(sc, err)
		}
		worst = max(worst, code)
	}
	if worst != 0 {
		return &exitError{code: worst}
	}
	return nil
}

// unplayed says of which scenario the host does not have what it needs; any other error stays as it is.
func unplayed(sc *scenarios.Scenario, err error) error {
	var skip *judge.Skip
	if errors.As(err, &skip) {
		return &exitError{exitNothing, fmt.Errorf("%s was not played: %s", sc.Name, skip.Why)}
	}
	return err
}

// heading names a scenario that is one of several.
func (f *replayFlags) heading(s streams, i, of int, sc *scenarios.Scenario) {
	if of == 1 || f.format != "text" {
		return
	}
	if i > 0 {
		fmt.Fprintln(s.out)
	}
	fmt.Fprintln(s.out, sc.Name)
}

// newLane makes the reference host's lane.
var newLane = func() replayer { return virtual.New(nil) }

func (f *replayFlags) player() (replayer, error) {
	if f.impl == "" || f.impl == "reference" {
		return newLane(), nil
	}
	m := mutants.Lookup(f.impl)
	if m == nil {
		return nil, noSuchHost(f.impl)
	}
	return m.Lane(), nil
}

func (f *replayFlags) one(s streams, lane replayer, sc *scenarios.Scenario) (code int, err error) {
	var follow *explore.Schedule
	if f.schedule != "" {
		data, err := readFile(f.schedule)
		if err != nil {
			return 0, err
		}
		if follow, err = explore.ParseSchedule(data); err != nil {
			return 0, usage(fmt.Errorf("%s: %w", f.schedule, err))
		}
	}
	t, err := play(lane, sc, f.as, follow, s)
	if err != nil {
		return 0, err
	}
	a := t.Keep()
	var want bytes.Buffer
	_ = trace.WriteJSONL(&want, a)
	for n := 1; n < f.repeat; n++ {
		again, err := play(lane, sc, f.as, follow, s)
		if err != nil {
			return 0, err
		}
		var got bytes.Buffer
		_ = trace.WriteJSONL(&got, again)
		if !bytes.Equal(got.Bytes(), want.Bytes()) {
			return 0, &exitError{4, fmt.Errorf("%s: run %d gave another trace than the first, on the same schedule: the run is not under control", sc.Name, n+1)}
		}
	}
	if f.diff != "" {
		t, err := play(lane, sc, f.diff, follow, s)
		if err != nil {
			return 0, err
		}
		return endCode(a), writeDiff(s.out, f, a, t)
	}
	if err := writeTrace(s, f.format, a); err != nil {
		return 0, err
	}
	if f.repeat > 1 && f.format == "text" {
		fmt.Fprintf(s.out, "%d runs, all the same\n", f.repeat)
	}
	return endCode(a), nil
}

// play plays once, under a schedule if there is one; a divergence from it is said on standard error.
func play(lane replayer, sc *scenarios.Scenario, profile string, follow *explore.Schedule, s streams) (*trace.Trace, error) {
	if follow == nil {
		follow = scheduleOf(sc.Schedule)
	}
	if follow == nil {
		lane.SetChooser(nil)
		return lane.Play(sc.Plan, profile)
	}
	r := explore.NewReplay(follow)
	lane.SetChooser(r)
	t, err := lane.Play(sc.Plan, profile)
	if d := r.Divergence(); err == nil && d != "" {
		fmt.Fprintf(s.err, "hostsim: the run parts from its schedule: %s\n", d)
	}
	return t, err
}

// scheduleOf makes a schedule of the decisions that a scenario carries, nil if there are none.
func scheduleOf(decisions []scenarios.Decision) *explore.Schedule {
	if len(decisions) == 0 {
		return nil
	}
	out := &explore.Schedule{Format: explore.Format}
	for _, d := range decisions {
		out.Decisions = append(out.Decisions, explore.Decision{At: d.At, Take: d.Take})
	}
	return out
}

// endCode is 3 for a run that got stuck, 1 for one that had to be killed, else 0: how the program under test ended is a
// result and not a failure of the replay.
func endCode(t *trace.Trace) int {
	switch k := t.End.Kind; {
	case k.Hangs():
		return 3
	case k.NeverEnded():
		return 1
	}
	return 0
}

func writeTrace(s streams, format string, t *trace.Trace) error {
	switch format {
	case "jsonl":
		return trace.WriteJSONL(s.out, t)
	case "json":
		var b bytes.Buffer
		if err := trace.WriteJSONL(&b, t); err != nil {
			return err
		}
		lines := bytes.Split(bytes.TrimSpace(b.Bytes()), []byte("\n"))
		last := len(lines) - 1
		out := append([]byte(`{"events":[`), bytes.Join(lines[:last], []byte(",\n"))...)
		out = append(out, "],\n"...)
		out = append(out, bytes.TrimPrefix(lines[last], []byte("{"))...)
		if !json.Valid(out) {
			return fmt.Errorf("the trace cannot be written as JSON")
		}
		_, err := s.out.Write(append(out, '\n'))
		return err
	}
	return trace.WriteText(s.out, t, trace.Options{Color: terminal(s.out)})
}

// replayAdapter plays scenarios on an adapter.
func replayAdapter(ctx context.Context, s streams, f *replayFlags, files, command []string) error {
	if err := oneOf("format", f.format, "text", "jsonl", "json"); err != nil {
		return err
	}
	if len(files) == 0 || len(command) == 0 {
		return usagef("replay needs a scenario before -- and the command of an adapter behind it")
	}
	if f.diff != "" || f.impl != "" || f.schedule != "" || f.repeat != 1 {
		return usagef("--diff, --impl, --schedule and --repeat are for hosts in this process, not for an adapter")
	}
	if err := knownProfile(f.as); err != nil {
		return err
	}
	list, err := loadAll(s, files)
	if err != nil {
		return err
	}
	a, err := f.open(ctx, command)
	if err != nil {
		return err
	}
	defer a.Close()
	worst := 0
	for i, sc := range list {
		f.heading(s, i, len(list), sc)
		t, err := a.Play(ctx, sc.Plan, f.as)
		if skip := unplayed(sc, err); skip != err {
			return skip
		}
		if err != nil {
			return &exitError{exitInternal, err}
		}
		if f.lane == spec.Process && f.format == "text" {
			t = t.Millis()
		}
		if err := writeTrace(s, f.format, t); err != nil {
			return err
		}
		worst = max(worst, endCode(t))
	}
	if worst != 0 {
		return &exitError{code: worst}
	}
	return nil
}
