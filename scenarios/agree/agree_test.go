package agree

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hostsim/hostsim/scenarios/recorded"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// recording makes a recording of one or more variants; each is lines of events with milliseconds, and an end.
func recording(t *testing.T, release, plan string, variants ...string) *recorded.Recording {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "name: p\nplan: %s\nruns: {%s: %d}\nvariants:\n", plan, release, len(variants))
	for _, v := range variants {
		end, lines, _ := strings.Cut(v, "\n")
		fmt.Fprintf(&b, "- seen: {%s: 1}\n  end: %s\n", release, strings.TrimSpace(strings.TrimSuffix(end, "…")))
		if strings.HasSuffix(end, "…") {
			b.WriteString("  truncated: true\n")
		}
		b.WriteString("  events: |\n")
		for _, line := range strings.Split(strings.TrimSpace(lines), "\n") {
			fmt.Fprintf(&b, "    %s\n", strings.TrimSpace(line))
		}
	}
	recs, err := recorded.Parse("p.yaml", []byte(b.String()))
	if err != nil {
		t.Fatalf("%v\n%s", err, b.String())
	}
	return recs[0]
}

// run makes a trace of the same form.
func run(t *testing.T, text string) *trace.Trace {
	t.Helper()
	return &recording(t, "x-1", "{}", text).Variants[0].Trace
}

const (
	one     = "{services: [{name: a}]}"
	worker1 = "{services: [{name: a}, {name: w, kind: background}]}"
	zero    = "{options: {shutdownTimeout: 0s}, services: [{name: a}]}"
	main3   = "{services: [{name: a, stop: [exit: 7]}], main: [build, run, return: 3]}"
)

func TestCompare(t *testing.T) {
	for _, c := range []struct {
		name          string
		release, plan string
		variants      []string
		run           string
		want          string // "" or the begin of KIND: SAID
	}{
		{"equal", "dotnet-10", one, []string{"exited 0\n0 a new\n5 a start begin"}, "exited 0\n0 a new\n5 a start begin", ""},
		{"another end", "dotnet-10", one, []string{"exited 0\n0 a new"}, "exited 3\n0 a new", "end: the run ends exited 3, recorded was exited 0"},
		{"another signal", "dotnet-10", one, []string{"signaled SIGINT\n0 a new"}, "signaled SIGTERM\n0 a new", "end: "},
		{"a deadlock is a recorded hang", "dotnet-3.1", one, []string{"hang\n0 a new"}, "deadlock\n0 a new", ""},
		{"a killed run is no hang", "dotnet-3.1", one, []string{"hang\n0 a new"}, "killed\n0 a new", "end: "},
		{"an event too few", "dotnet-10", one, []string{"exited 0\n0 a new\n5 a start begin"}, "exited 0\n0 a new", "events: compared with the nearest recorded variant the run does not have: a start begin"},
		{"an event too many", "dotnet-10", one, []string{"exited 0\n0 a new"}, "exited 0\n0 a new\n0 a new", "events: compared with the nearest recorded variant the run has besides: a new (number 2)"},
		{"another outcome", "dotnet-10", one, []string{"exited 0\n0 a start end ok"}, "exited 0\n0 a start end cancelled", "events: "},
		{"a number is no text", "dotnet-10", one, []string{"exited 0\n0 a mark 7"}, "exited 0\n0 a mark \"7\"", "events: "},
		{"another order", "dotnet-10", one, []string{"exited 0\n0 a new\n0 a dispose begin"}, "exited 0\n0 a dispose begin\n0 a new", `order: "a dispose begin" comes before "a new", always recorded the other way round`},
		{"an order of another variant", "dotnet-10", one, []string{"exited 0\n0 a new\n0 a dispose begin", "exited 0\n0 a dispose begin\n0 a new"}, "exited 0\n0 a dispose begin\n0 a new", ""},
		{"variants of another end do not count", "dotnet-10", one, []string{"exited 0\n0 a new\n0 a dispose begin", "exited 3\n0 a dispose begin\n0 a new"}, "exited 0\n0 a dispose begin\n0 a new", "order: "},
		{"U1: stopping against its notification", "dotnet-10", one, []string{"exited 0\n0 lifetime applicationStopping\n0 log Debug Host#3"}, "exited 0\n0 log Debug Host#3\n0 lifetime applicationStopping", ""},
		{"U1: not against the first stop", "dotnet-10", one, []string{"exited 0\n0 log Debug Host#3\n0 a stop begin"}, "exited 0\n0 a stop begin\n0 log Debug Host#3", "order: "},
		{"U2: a signal", "dotnet-10", one, []string{"exited 0\n0 signal SIGINT\n0 a stop begin"}, "exited 0\n0 a stop begin\n0 signal SIGINT", ""},
		{"U3: a worker's body against a start on 10", "dotnet-10", worker1, []string{"exited 0\n0 w execute begin\n0 a start begin"}, "exited 0\n0 a start begin\n0 w execute begin", ""},
		{"U3: not before its own start", "dotnet-10", worker1, []string{"exited 0\n0 w start begin\n0 w execute begin"}, "exited 0\n0 w execute begin\n0 w start begin", "order: "},
		{"U3: not on 9", "dotnet-9", worker1, []string{"exited 0\n0 w execute begin\n0 a start begin"}, "exited 0\n0 a start begin\n0 w execute begin", "order: "},
		{"U4: a failed worker's message", "dotnet-6", worker1, []string{"exited 0\n0 log Error Host#9\n0 a stop begin"}, "exited 0\n0 a stop begin\n0 log Error Host#9", ""},
		{"U4: not on 3.1", "dotnet-3.1", worker1, []string{"exited 0\n0 log Error Host#9\n0 a stop begin"}, "exited 0\n0 a stop begin\n0 log Error Host#9", "order: "},
		{"U5: main races an exit on 3.1", "dotnet-3.1", main3, []string{"exited 7\n0 process exit begin 7\n0 main return 3"}, "exited 7\n0 process exit begin 7", ""},
		{"U5: and so does its code", "dotnet-3.1", main3, []string{"exited 3\n0 process exit begin 7\n0 main return 3"}, "exited 0\n0 process exit begin 7", ""},
		{"U5: not on 6", "dotnet-6", main3, []string{"exited 7\n0 process exit begin 7\n0 main return 3"}, "exited 7\n0 process exit begin 7", "events: "},
		{"the hint of 3.1", "dotnet-3.1", one, []string{"hang\n0 a new\n5000 log Information Lifetime#0:Waiting"}, "hang\n0 a new", ""},
		{"U6: a zero timeout", "dotnet-10", zero, []string{"exited 0\n0 a stop begin (token cancelled)"}, "exited 0\n0 a stop begin", ""},
		{"U6: not otherwise", "dotnet-10", one, []string{"exited 0\n0 a stop begin (token cancelled)"}, "exited 0\n0 a stop begin", "events: "},
		{"U7: a cancelled start", "dotnet-6", one, []string{"exited 0\n0 a start end cancelled\n0 lifetime applicationStopping"}, "exited 0\n0 lifetime applicationStopping\n0 a start end cancelled", ""},
		{"U7: not on 3.1", "dotnet-3.1", one, []string{"exited 0\n0 a start end cancelled\n0 lifetime applicationStopping"}, "exited 0\n0 lifetime applicationStopping\n0 a start end cancelled", "order: "},
		{"U1: two messages that it stops", "dotnet-10", one, []string{"exited 0\n0 log Debug Host#3\n0 process exit begin 7"}, "exited 0\n0 process exit begin 7\n0 log Debug Host#3", ""},
		{"U1: not against the notification of the start", "dotnet-9", one, []string{"exited 0\n0 lifetime applicationStarted\n0 log Debug Host#3"}, "exited 0\n0 log Debug Host#3\n0 lifetime applicationStarted", "order: "},
		{"U1: a second hint of the lifetime belongs to the stop", "dotnet-9", one, []string{"exited 0\n0 log Information Lifetime#0:Application\n0 log Information Lifetime#0:Application\n0 log Debug Host#3"}, "exited 0\n0 log Information Lifetime#0:Application\n0 log Debug Host#3\n0 log Information Lifetime#0:Application", ""},
		{"U1: the first one to the start", "dotnet-9", one, []string{"exited 0\n0 log Information Lifetime#0:Application\n0 log Debug Host#3"}, "exited 0\n0 log Debug Host#3\n0 log Information Lifetime#0:Application", "order: "},
		{"U3: a worker's body against the end of its start", "dotnet-10", worker1, []string{"exited 0\n0 w execute begin\n0 w start end ok"}, "exited 0\n0 w start end ok\n0 w execute begin", ""},
		{"U3: against a start that is cancelled", "dotnet-10", worker1, []string{"exited 0\n0 w execute begin\n0 w start end cancelled"}, "exited 0\n0 w start end cancelled\n0 w execute begin", ""},
		{"U3: not against its own stop", "dotnet-10", worker1, []string{"exited 0\n0 w execute end ok\n0 w stop end ok"}, "exited 0\n0 w stop end ok\n0 w execute end ok", "order: "},
		{"U3: not within itself", "dotnet-10", worker1, []string{"exited 0\n0 w execute begin\n0 w tokenFired"}, "exited 0\n0 w tokenFired\n0 w execute begin", "order: "},
		{"U4: an immediate failure", "dotnet-10", worker1, []string{"exited 0\n0 lifetime applicationStarted\n0 lifetime applicationStopping"}, "exited 0\n0 lifetime applicationStopping\n0 lifetime applicationStarted", ""},
		{"U4: not without workers", "dotnet-10", one, []string{"exited 0\n0 lifetime applicationStarted\n0 lifetime applicationStopping"}, "exited 0\n0 lifetime applicationStopping\n0 lifetime applicationStarted", "order: "},
		{"U4: not on 9", "dotnet-9", worker1, []string{"exited 0\n0 lifetime applicationStarted\n0 lifetime applicationStopping"}, "exited 0\n0 lifetime applicationStopping\n0 lifetime applicationStarted", "order: "},
		{"U5: the run's end, too", "dotnet-3.1", main3, []string{"exited 7\n0 process exit begin 7\n0 host run end ok"}, "exited 7\n0 process exit begin 7", ""},
		{"U5: the exit handlers are an exit", "dotnet-3.1", main3, []string{"exited 0\n0 process processExit begin\n0 main return 3"}, "exited 0\n0 process processExit begin", ""},
		{"U5: so is SIGTERM", "dotnet-3.1", main3, []string{"exited 0\n0 signal SIGTERM\n0 main return 3"}, "exited 0\n0 signal SIGTERM", ""},
		{"U5: SIGINT is none", "dotnet-3.1", main3, []string{"exited 0\n0 signal SIGINT\n0 main return 3"}, "exited 0\n0 signal SIGINT", "events: "},
		{"U5: nothing else of the process", "dotnet-3.1", main3, []string{"exited 0\n0 process started\n0 main return 3"}, "exited 0\n0 process started", "events: "},
		{"U5: the begin of the run counts", "dotnet-3.1", main3, []string{"exited 7\n0 host run begin\n0 process exit begin 7"}, "exited 7\n0 process exit begin 7", "events: "},
		{"U5: another call of the host counts", "dotnet-3.1", main3, []string{"exited 7\n0 process exit begin 7\n0 host dispose end ok"}, "exited 7\n0 process exit begin 7", "events: "},
		{"U5: the stop of a service counts", "dotnet-3.1", main3, []string{"exited 7\n0 process exit begin 7\n0 a stop end ok"}, "exited 7\n0 process exit begin 7", "events: "},
		{"U5: a code that main never returns", "dotnet-3.1", main3, []string{"exited 3\n0 process exit begin 7\n0 main return 3"}, "exited 5\n0 process exit begin 7", "end: "},
		{"U5: no exit, no race for the code", "dotnet-3.1", main3, []string{"exited 3\n0 main return 3"}, "exited 0\n0 main return 3", "end: "},
		{"U5: no race for the code on 6", "dotnet-6", main3, []string{"exited 3\n0 process exit begin 7\n0 main return 3"}, "exited 0\n0 process exit begin 7\n0 main return 3", "end: "},
		{"U6: a zero timeout of the start", "dotnet-10", "{options: {startupTimeout: 0s}, services: [{name: a}]}", []string{"exited 0\n0 a start begin (token cancelled)"}, "exited 0\n0 a start begin", ""},
		{"U7: not on a start that ends well", "dotnet-6", one, []string{"exited 0\n0 a start end ok\n0 lifetime applicationStopping"}, "exited 0\n0 lifetime applicationStopping\n0 a start end ok", "order: "},
		{"U8: two workers", "dotnet-6", "{services: [{name: v, kind: background}, {name: w, kind: background}]}", []string{"exited 0\n0 v tokenFired\n0 w tokenFired"}, "exited 0\n0 w tokenFired\n0 v tokenFired", ""},
		{"a thread's own order", "dotnet-6", one, []string{"exited 0\n0 a/thread mark x\n0 a/thread threw error:x"}, "exited 0\n0 a/thread threw error:x\n0 a/thread mark x", "order: "},
		{"a cut tail is compared up to the cut", "dotnet-6", one, []string{"signaled SIGABRT …\n0 a new\n0 a stop begin"}, "signaled SIGABRT\n0 a new\n0 a start begin", "events: "},
		{"a cut tail of a run that is shorter", "dotnet-6", one, []string{"signaled SIGABRT …\n0 a new\n0 a stop begin"}, "signaled SIGABRT\n0 a new", "events: "},
		{"the nearest variant is told of", "dotnet-6", one, []string{"exited 0\n0 a new\n0 a start begin\n0 a start end ok", "exited 0\n0 a new\n0 a stop begin"}, "exited 0\n0 a new", "events: compared with the nearest recorded variant the run does not have: a stop begin"},
		{"both sides have more", "dotnet-6", one, []string{"exited 0\n0 a new\n0 a stop begin"}, "exited 0\n0 a new\n0 a start begin", "events: compared with the nearest recorded variant the run does not have: a stop begin; it has besides: a start begin"},
		{"at most six are named", "dotnet-6", one, []string{"exited 0\n0 a new"}, "exited 0\n0 a new\n0 a mark 1\n0 a mark 2\n0 a mark 3\n0 a mark 4\n0 a mark 5\n0 a mark 6\n0 a mark 7", "events: compared with the nearest recorded variant the run has besides: a mark 1, a mark 2, a mark 3, a mark 4, a mark 5, a mark 6"},
		{"what starting costs does not count", "dotnet-6", one, []string{"exited 0\n0 host build begin\n280 a new\n1280 a stop begin"}, "exited 0\n0 host build begin\n0 a new\n1000 a stop begin", ""},
		{"but once", "dotnet-6", one, []string{"exited 0\n280 a new\n680 a start begin"}, "exited 0\n0 a new\n0 a start begin", "time: \"a start begin\" is at 0 ms, recorded at 400 ms"},
		{"a thread of the plan's own", "dotnet-6", one, []string{"exited 0\n0 a/thread mark x\n0 a stop begin"}, "exited 0\n0 a stop begin\n0 a/thread mark x", ""},
		{"a cut tail is not compared", "dotnet-6", one, []string{"signaled SIGABRT …\n0 a new\n0 a stop begin"}, "signaled SIGABRT\n0 a new\n0 a stop begin\n0 a stop begin", ""},
		{"late within the tolerance", "dotnet-6", one, []string{"exited 0\n80 a new\n1080 a stop begin"}, "exited 0\n0 a new\n1250 a stop begin", ""},
		{"too late", "dotnet-6", one, []string{"exited 0\n80 a new\n1080 a stop begin"}, "exited 0\n0 a new\n1300 a stop begin", `time: "a stop begin" is at 1300 ms, recorded at 1000 ms`},
		{"a worker's body has no time", "dotnet-6", worker1, []string{"exited 0\n80 w new\n1080 w execute begin"}, "exited 0\n0 w new\n2000 w execute begin", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := ""
			if d := Compare(recording(t, c.release, c.plan, c.variants...), run(t, c.run)); d != nil {
				got = string(d.Kind) + ": " + d.Said
				if !strings.Contains(d.Error(), c.release) {
					t.Errorf("%s does not name the release", d)
				}
			}
			if c.want == "" && got != "" || !strings.HasPrefix(got, c.want) || strings.HasSuffix(c.want, "mark 6") && got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestDisagreementPointsAtTheEvent(t *testing.T) {
	rec := recording(t, "dotnet-3.1", one, "hang\n0 signal SIGTERM\n0 main mark x\n0 a new\n0 a dispose begin")
	d := Compare(rec, run(t, "hang\n0 signal SIGTERM\n0 main mark x\n0 a dispose begin\n0 a new"))
	if d == nil || d.At != 3 { // main is left out of the comparison, not of the count
		t.Errorf("%+v", d)
	}
	if d := Compare(rec, &trace.Trace{}); d == nil || d.Said != "the run has no end" || d.At != -1 {
		t.Errorf("%+v", d)
	}
}

// TestRecordingsAgreeWithThemselves: every variant of every recording is a run that agrees.
func TestRecordingsAgreeWithThemselves(t *testing.T) {
	all, err := recorded.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, rec := range all {
		for i := range rec.Variants {
			if d := Compare(rec, &rec.Variants[i].Trace); d != nil && d.Kind != Time {
				t.Errorf("variant %d: %v", i+1, d)
			} else if d != nil && i == 0 {
				t.Errorf("the first variant differs from itself: %v", d)
			}
		}
	}
}

func TestPlay(t *testing.T) {
	ok := recording(t, "dotnet-10", one, "exited 0\n0 a new")
	var recs []*recorded.Recording
	for _, name := range []string{"agrees", "disagrees", "excused", "needless", "broken"} {
		r := *ok
		r.Name = name
		recs = append(recs, &r)
	}
	exceptions := []recorded.Exception{
		{Release: "dotnet-10", Plan: "excused", Reason: "So it is."}, {Release: "dotnet-10", Plan: "needless", Reason: "It was."}, {Release: "dotnet-10", Plan: "elsewhere", Reason: "Not played."},
	}
	report := Play(recs, exceptions, 3, func(rec *recorded.Recording) (*trace.Trace, error) {
		switch rec.Name {
		case "disagrees", "excused":
			return run(t, "exited 1\n0 a new"), nil
		case "broken":
			return nil, errors.New("no host")
		}
		return &rec.Variants[0].Trace, nil
	})
	var b strings.Builder
	if err := report.Write(&b); err != nil {
		t.Fatal(err)
	}
	if want := "dotnet-10    2 of 5 agree, 1 excused\nall          2 of 5 agree, 1 excused\nexception: excused of dotnet-10: So it is.\n"; b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
	want := "disagrees of dotnet-10: the run ends exited 1, recorded was exited 0\nbroken of dotnet-10 could not be played: no host\nneedless of dotnet-10 agrees: its entry in exceptions.yaml is no longer needed, take it away"
	if err := report.Err(); err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	if len(report.Unplayed) != 1 || report.Unplayed[0].Plan != "elsewhere" {
		t.Errorf("unplayed: %v", report.Unplayed)
	}
	if len(report.Disagreed) != 2 || report.Disagreed["dotnet-10/excused"] == nil {
		t.Errorf("disagreed: %v", report.Disagreed)
	}
	if err := Play(recs[:1], nil, 0, func(rec *recorded.Recording) (*trace.Trace, error) { return &rec.Variants[0].Trace, nil }).Err(); err != nil {
		t.Errorf("all agree, but %v", err)
	}
}

// TestTallyOfReleases: releases are counted apart, in the order in which they are first named, however many play at once.
func TestTallyOfReleases(t *testing.T) {
	var recs []*recorded.Recording
	for i, release := range []string{"dotnet-9", "dotnet-10", "dotnet-9", "dotnet-10", "dotnet-9"} {
		r := *recording(t, release, one, "exited 0\n0 a new", "exited 0\n0 a new\n0 a dispose begin")
		r.Name = fmt.Sprintf("p%d", i)
		recs = append(recs, &r)
	}
	exceptions := []recorded.Exception{{Release: "dotnet-9", Plan: "p2", Reason: "So it is."}, {Release: "dotnet-10", Plan: "p2", Reason: "Another release."}}
	for _, jobs := range []int{-1, 1, 2, 50} {
		report := Play(recs, exceptions, jobs, func(rec *recorded.Recording) (*trace.Trace, error) {
			if rec.Name == "p2" || rec.Name == "p3" {
				return run(t, "exited 3\n0 a new"), nil
			}
			return &rec.Variants[0].Trace, nil
		})
		want := []Tally{{"dotnet-9", 2, 1, 3, 6}, {"dotnet-10", 1, 0, 2, 4}}
		if len(report.Releases) != 2 || report.Releases[0] != want[0] || report.Releases[1] != want[1] {
			t.Errorf("%d jobs: %+v, want %+v", jobs, report.Releases, want)
		}
		if len(report.Wrong) != 1 || !strings.HasPrefix(report.Wrong[0].Error(), "p3 of dotnet-10: ") || len(report.Unplayed) != 1 || report.Unplayed[0].Reason != "Another release." || len(report.Needless) != 0 {
			t.Errorf("%d jobs: wrong %v, unplayed %v, needless %v", jobs, report.Wrong, report.Unplayed, report.Needless)
		}
		var b strings.Builder
		if err := report.Write(&b); err != nil || b.String() != "dotnet-9     2 of 3 agree, 1 excused\ndotnet-10    1 of 2 agree\nall          3 of 5 agree, 1 excused\nexception: p2 of dotnet-9: So it is.\n" {
			t.Errorf("%d jobs: %v\n%s", jobs, err, b.String())
		}
		for lines := range 4 {
			if err := report.Write(&broken{lines}); !errors.Is(err, errBroken) {
				t.Errorf("an error of the writer after %d lines is lost: %v", lines, err)
			}
		}
	}
}

var errBroken = errors.New("broken")

type broken struct{ after int }

func (b *broken) Write(p []byte) (int, error) {
	if b.after--; b.after < 0 {
		return 0, errBroken
	}
	return len(p), nil
}

// ExampleCompare: what a run of a recorded plan does otherwise than the real host did.
func ExampleCompare() {
	recs, err := recorded.Parse("stop.yaml", []byte(`
name: stop
plan: {services: [{name: a}]}
runs: {dotnet-10: 1}
variants:
- seen: {dotnet-10: 1}
  end: exited 0
  events: |
    0 a new
    5 a start begin
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	run := trace.Trace{Events: []trace.Event{{Who: "a", What: "new"}}, End: trace.Ending{Kind: trace.Exited}}
	fmt.Println(Compare(recs[0], &run))
	// Output: stop of dotnet-10: compared with the nearest recorded variant the run does not have: a start begin
}

func TestTimesAreExact(t *testing.T) {
	rec := recording(t, "dotnet-6", one, "exited 0\n0 a new\n1000 a stop begin")
	r := run(t, "exited 0\n0 a new\n1000 a stop begin")
	r.Events[1].At = 850*time.Millisecond + 1 // 150 ms and a tenth of 850 ms early is the limit
	if d := Compare(rec, r); d != nil {
		t.Error(d)
	}
	r.Events[1].At = 772 * time.Millisecond
	if d := Compare(rec, r); d != nil && d.Kind != Time {
		t.Error(d)
	}
	r.Events[1].At = 770 * time.Millisecond
	if d := Compare(rec, r); d == nil || d.Kind != Time {
		t.Errorf("230 ms early: %v", d)
	}
}

func BenchmarkCompare(b *testing.B) {
	all, err := recorded.All()
	if err != nil {
		b.Fatal(err)
	}
	for i := 0; b.Loop(); i++ {
		rec := all[i%len(all)]
		Compare(rec, &rec.Variants[0].Trace)
	}
}
