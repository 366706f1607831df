package trace

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hostsim/hostsim/internal/golden"
)

func write(t *testing.T, tr *Trace, o Options) string {
	t.Helper()
	var b strings.Builder
	if err := WriteText(&b, tr, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func deadlock() *Trace {
	ms := time.Millisecond
	return &Trace{
		Events: []Event{
			{Who: Host, What: "run", Phase: Begin},
			{Who: "a-service-of-a-long-name", What: "start", Phase: Begin, Token: Live},
			{Who: "a-service-of-a-long-name", What: "start", Phase: End, Outcome: OK},
			{Who: Log, What: "Debug", Detail: Text("Host#2")},
			{At: 300 * ms, Who: Signal, What: "SIGINT"},
			{At: 300 * ms, Who: "b", What: "stop", Phase: Begin, Token: Live},
			{At: 10300 * ms, Who: Process, What: "exit", Phase: Begin, Detail: Number(7)},
			{At: 10300 * ms, Who: "c", What: "stop", Phase: Begin, Token: Cancelled},
			{At: 10300 * ms, Who: "c", What: "stop", Phase: End, Outcome: WasCancelled},
			{At: 10300 * ms, Who: "d", What: "stop", Phase: End, Outcome: Errored("no such file")},
		},
		End: Ending{Kind: Deadlock, Reason: "every one waits for the next, and the last for the first",
			Cycle: []Wait{
				{Who: "main, in host.run", Where: "service b · stop · exit 7", Resource: "the process exit handlers", Holder: "thread exit", Since: 10300 * ms},
				{Who: "thread exit", Where: "the exit handlers", Resource: "the disposal of the host", Holder: "main", Since: 10300 * ms},
			},
			Stuck: []Wait{{Who: "c", Resource: "what waits for nobody, held by nobody", Since: 10300 * ms}}},
	}
}

func TestTimelineGolden(t *testing.T) {
	for name, c := range map[string]struct {
		trace   *Trace
		options Options
	}{
		"plain.txt":       {sample(), Options{}},
		"deadlock.txt":    {deadlock(), Options{}},
		"marks.txt":       {deadlock(), Options{Marks: map[int]string{5: "HOST-STOP-002: the stop of c must have ended\nfirst", -1: "HOST-EXIT-008: the process must end"}}},
		"coloured.txt":    {deadlock(), Options{Color: true, Marks: map[int]string{5: "HOST-STOP-002"}}},
		"hang.txt":        {&Trace{End: Ending{Kind: HangEnd, Reason: "service b never ended its stop", Stuck: []Wait{{Who: "b", Where: "stop", Resource: "nothing at all"}}}}, Options{}},
		"nothing.txt":     {&Trace{End: Ending{Kind: Killed}}, Options{}},
		"signaled.txt":    {&Trace{Events: []Event{{At: -time.Millisecond, Who: "a", What: "new"}}, End: Ending{Kind: Signaled, Signal: "SIGTERM"}}, Options{}},
		"microsecond.txt": {&Trace{Events: []Event{{At: 1500 * time.Microsecond, Who: "a", What: "new"}, {At: time.Second + time.Microsecond, Who: "b", What: "new"}}, End: Ending{Kind: Exited}}, Options{}},
		"failed.txt":      {&Trace{Events: []Event{{Who: "a", What: "new"}}, End: Ending{Kind: Exited, Code: 3}}, Options{Color: true}},
		"passed.txt":      {&Trace{Events: []Event{{Who: "a", What: "stop", Phase: End, Outcome: OK}}, End: Ending{Kind: Exited}}, Options{Color: true}},
		"edges.txt":       {&Trace{Events: []Event{{Who: "a", What: "new"}, {Who: "b", What: "new"}}, End: Ending{Kind: Exited}}, Options{Marks: map[int]string{0: "beneath the first", 1: "beneath the last", 2: "beneath the end", 7: "and beyond", -1: "before all"}}},
		"nanosecond.txt":  {&Trace{Events: []Event{{At: 1, Who: "a", What: "new"}, {At: time.Second, Who: "b", What: "new"}}, End: Ending{Kind: Exited}}, Options{}},
	} {
		t.Run(name, func(t *testing.T) {
			text := write(t, c.trace, c.options)
			golden.Check(t, filepath.Join("testdata", name), []byte(text))
			if again := write(t, c.trace, c.options); again != text {
				t.Error("written differently the second time")
			}
			plain := text
			if c.options.Color {
				plain = regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(text, "")
				if want := write(t, c.trace, Options{Marks: c.options.Marks}); plain != want {
					t.Errorf("without its colours\n%s\nwant\n%s", plain, want)
				}
			} else if strings.Contains(text, "\x1b") {
				t.Error("colours that nobody asked for")
			}
			same(t, c.trace, plain)
		})
	}
}

func TestLines(t *testing.T) {
	tr := deadlock()
	lines := Lines(tr, false)
	if got, want := strings.Join(lines, "\n")+"\n", write(t, tr, Options{}); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := Lines(&Trace{End: Ending{Kind: Killed}}, false); len(got) != 1 || got[0] != "  end    killed" {
		t.Errorf("no events: %q", got)
	}
	if len(lines) != len(tr.Events)+5 {
		t.Errorf("%d lines for %d events", len(lines), len(tr.Events))
	}
}

func TestReadTextErrors(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"no end":        {"0.000  a new\n", `t: the timeline has no end: expected a last line such as "end  exited 0"`},
		"no event":      {"  0.000    a\n  end  exited 0\n", "t:1:13: invalid event: no event of the actor"},
		"no time":       {"  a new\n  end  exited 0\n", "t:1:3: no time: found a new"},
		"end":           {"  end  exits 0\n", `t:1:8: invalid end: found "exits 0", expected "exited CODE", "signaled SIGNAL", "deadlock", "hang" or "killed"; did you mean "exited"?`},
		"code":          {"  end  exited 300\n", `t:1:8: invalid end: found "exited 300", expected exited and a whole number from 0 to 255`},
		"signal":        {"  end  signaled 15\n", `t:1:8: invalid end: found "signaled 15", expected signaled and the name of a signal, such as SIGTERM`},
		"too much":      {"  end  hang on\n", `t:1:13: invalid end: found "hang on"`},
		"after the end": {"  end  hang\n0.000  a new\n", "t:2:1: line after the end: found 0.000  a new, expected cycle, stuck or why"},
		"wait":          {"  end  deadlock\ncycle  a waits\n", `t:2:8: invalid wait: no "waits for": found "a waits"`},
		"wait, time":    {"  end  deadlock\ncycle  a waits for b, since now\n", `t:2:8: invalid wait: no time after "since"`},
		"wait, quote":   {"  end  deadlock\ncycle  a waits for b, held by \"c\n", `t:2:8: invalid wait: a quote that is not closed`},
		"wait, nobody":  {"  end  deadlock\ncycle   waits for b\n", `t:2:9: invalid wait: no "waits for"`},
		"wait, nothing": {"  end  deadlock\nstuck  a waits for , held by b\n", `t:2:8: invalid wait: a quote that is not closed`},
		"wait, who":     {"  end  deadlock\nstuck  \"a waits for b\n", `t:2:8: invalid wait: no "waits for"`},
		"wait, after":   {"  end  deadlock\nstuck  a waits for b, since 1.0 2\n", `t:2:8: invalid wait: no time after "since"`},
		"end, sign":     {"  end  exited +3\n", `t:1:8: invalid end: found "exited +3"`},
		"end, zero":     {"  end  exited 03\n", `t:1:8: invalid end: found "exited 03"`},
		"end, quote":    {"  end  signaled SIG\"\n", `t:1:8: invalid end`},
		"wait, order":   {"  end  deadlock\ncycle  a waits for b, at c, held by d\n", `t:2:8: invalid wait: what is ", held by d"`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ReadText("t", strings.NewReader(c.text))
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestWaits(t *testing.T) {
	for text, want := range map[string]Wait{
		"main waits for the exit, since 0.000":                                      {Who: "main", Resource: "the exit"},
		"main, in host.run waits for the exit, held by b, at b · stop, since 1.500": {Who: "main, in host.run", Resource: "the exit", Holder: "b", Where: "b · stop", Since: 1500 * time.Millisecond},
		`"a waits for b" waits for "c, held by d", held by "", since 0.000`:         {Who: "a waits for b", Resource: "c, held by d"},
		`"" waits for "x, at y", at "z ", since 0.000`:                              {Resource: "x, at y", Where: "z "},
		`a waits for "b\nc", held by "\"d\"", at "e, since f", since -0.000000001`:  {Who: "a", Resource: "b\nc", Holder: `"d"`, Where: "e, since f", Since: -1},
	} {
		got, err := ParseWait(text)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
		if back, err := ParseWait(FormatWait(&want)); err != nil || back != want {
			t.Errorf("%s is read back as %+v, %v", FormatWait(&want), back, err)
		}
	}
}

func TestNoWaits(t *testing.T) {
	for _, text := range []string{"", " waits for b", "a waits for ", "a", "a waits for b, since x", `"a" waits for "b`, `"a"b waits for c`, "a waits for b waits for c", ", at x waits for b"} {
		if w, err := ParseWait(text); err == nil {
			t.Errorf("%q is read as %+v", text, w)
		}
	}
}

// FuzzReadText: any text gives a trace or an error with a rule, and a trace is written and read back as the same.
func FuzzReadText(f *testing.F) {
	var b strings.Builder
	_ = WriteText(&b, deadlock(), Options{Marks: map[int]string{0: "x"}})
	f.Add(b.String())
	f.Add("0.000 a new\nend killed\nwhy \"x\\ny\"\n")
	f.Add("end deadlock\nstuck \"a\" waits for b, since 1.0\n")
	f.Fuzz(func(t *testing.T, text string) {
		tr, err := ReadText("t", strings.NewReader(text))
		if err != nil {
			if e, ok := err.(*Error); !ok || e.Rule == "" {
				t.Fatalf("an error without a rule: %v", err)
			}
			return
		}
		var b strings.Builder
		if err := WriteText(&b, tr, Options{}); err != nil {
			t.Fatal(err)
		}
		same(t, tr, b.String())
	})
}
