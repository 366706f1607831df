package trace

import (
	"strings"
	"testing"
	"time"
)

func TestTextOfEvent(t *testing.T) {
	ms := time.Millisecond
	for _, c := range []struct {
		name  string
		event Event
		text  string
	}{
		{"a signal", Event{At: 300 * ms, Who: Signal, What: "SIGTERM"}, "0.300  signal SIGTERM"},
		{"a hook has a live token", Event{At: 300 * ms, Who: "c", What: "stop", Phase: Begin, Token: Live}, "0.300  c stop begin"},
		{"a cancelled token is marked", Event{At: 1234567, Who: "c", What: "stop", Phase: Begin, Token: Cancelled}, "0.001234567  c stop begin (token cancelled)"},
		{"a hook without a token is marked", Event{Who: "c", What: "stop", Phase: Begin}, "0.000  c stop begin (no token)"},
		{"the host's own methods have none", Event{Who: Host, What: "stop", Phase: Begin}, "0.000  host stop begin"},
		{"the scripted lifetime has one", Event{Who: HostLifetime, What: "waitForStart", Phase: Begin, Token: Live}, "0.000  hostLifetime waitForStart begin"},
		{"a live token elsewhere is marked", Event{Who: "w", What: "tokenFired", Token: Live}, "0.000  w tokenFired (token live)"},
		{"ok", Event{At: 61 * time.Second, Who: "c", What: "stop", Phase: End, Outcome: OK}, "61.000  c stop end ok"},
		{"an error", Event{Who: "c", What: "stop", Phase: End, Outcome: "error:boom"}, "0.000  c stop end error:boom"},
		{"an error with spaces", Event{Who: "c", What: "stop", Phase: End, Outcome: "error:no such file"}, `0.000  c stop end error:"no such file"`},
		{"an aggregate", Event{Who: Host, What: "run", Phase: End, Outcome: "aggregate(error:a,cancelled)"}, "0.000  host run end aggregate(error:a,cancelled)"},
		{"an aggregate with spaces", Event{Who: Host, What: "run", Phase: End, Outcome: "aggregate(error:a b)"}, `0.000  host run end outcome:"aggregate(error:a b)"`},
		{"a number", Event{Who: Process, What: "exit", Phase: Begin, Detail: Number(7)}, "0.000  process exit begin 7"},
		{"a text that looks like a number", Event{Who: "c", What: "mark", Detail: Text("2")}, `0.000  c mark "2"`},
		{"a text that looks like an outcome", Event{Who: "c", What: "mark", Detail: Text("ok")}, `0.000  c mark "ok"`},
		{"a text with a space", Event{Who: Main, What: "mark", Detail: Text("run returned")}, `0.000  main mark "run returned"`},
		{"outcome and detail", Event{Who: Lifetime, What: "applicationStarted", Phase: End, Outcome: OK, Detail: Number(1)}, "0.000  lifetime applicationStarted end ok 1"},
		{"a log event", Event{Who: Log, What: "Error", Outcome: "error:stop", Detail: Text("Host#5")}, "0.000  log Error error:stop Host#5"},
		{"an empty text", Event{Who: "c", What: "mark", Detail: Text("")}, `0.000  c mark ""`},
		{"an actor that looks like a time", Event{Who: "1.000", What: ">"}, `0.000  "1.000" ">"`},
		{"an actor that is too long for a time", Event{Who: "1234567890.000", What: "new"}, "0.000  1234567890.000 new"},
		{"the longest time", Event{At: 999999999*time.Second + 999999999, Who: "c", What: "new"}, "999999999.999999999  c new"},
		{"what begins and is no hook has no token", Event{Who: "c", What: "stopApplication", Phase: Begin}, "0.000  c stopApplication begin"},
		{"a thread has none either", Event{Who: "c/thread", What: "stop", Phase: Begin}, "0.000  c/thread stop begin"},
		{"a hook has one at its begin alone", Event{Who: "c", What: "stop"}, "0.000  c stop"},
		{"a text that looks like an aggregate", Event{Who: "c", What: "mark", Detail: Text("aggregate(x)")}, `0.000  c mark "aggregate(x)"`},
		{"a text that looks like an error", Event{Who: "c", What: "mark", Detail: Text("error:x")}, `0.000  c mark "error:x"`},
		{"before the begin", Event{At: -5 * ms, Who: "c", What: "new"}, "-0.005  c new"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := string(AppendTimed(nil, &c.event)); got != c.text {
				t.Errorf("written as %s, want %s", got, c.text)
			}
			back, given, err := ParseText(c.text)
			if err != nil || back != c.event || given&GivenTime == 0 {
				t.Errorf("read back as %+v (given %b, error %v), want %+v", back, given, err, c.event)
			}
		})
	}
}

func TestTextErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                               "1:1: invalid event: no actor",
		"0.300":                          "1:6: invalid event: no actor",
		"0.300 c":                        "1:8: invalid event: no event of the actor",
		"0.300 c stop begin ok 7 8":      "1:25: invalid event: something after the event",
		`0.300 c mark "half`:             "1:14: invalid event: a quote that is not closed",
		`0.300 c mark "a"b`:              "1:14: invalid event: a quote that is not closed",
		`0.300 c stop begin (cancelled)`: "1:20: invalid event: something after the event",
		`0.300 error:"x" stop`:           "1:7: invalid event: no actor",
		`0.300 c stop ok error:"x"`:      "1:17: invalid event: something after the event",
	} {
		_, _, err := ParseText(text)
		if err == nil || !strings.HasPrefix(err.Error(), ":"+want) {
			t.Errorf("%s: got error %v, want %s", text, err, want)
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add(int64(300e6), "c", "stop", uint8(1), "", uint8(1), uint8(0), "", 0)
	f.Add(int64(1), "main", "mark", uint8(0), "", uint8(0), uint8(1), "run \"returned\"\n", 0)
	f.Add(int64(-1), "0.5", "end", uint8(2), "error:a b", uint8(2), uint8(2), "", -7)
	f.Add(int64(0), "log", "Error", uint8(0), "aggregate(error:a,\x00)", uint8(0), uint8(1), "(token live)", 0)
	f.Fuzz(func(t *testing.T, at int64, who, what string, phase uint8, outcome string, token, detail uint8, text string, n int) {
		if who == "" || what == "" || at > 9e17 || at < -9e17 {
			return
		}
		e := Event{At: time.Duration(at), Who: who, What: what, Phase: Phase(phase % 3), Outcome: outcome, Token: Token(token % 3)}
		switch detail % 3 {
		case 1:
			e.Detail = Text(text)
		case 2:
			e.Detail = Number(n)
		}
		line := string(AppendTimed(nil, &e))
		if strings.ContainsAny(line, "\r\n") {
			t.Fatalf("more than one line: %q", line)
		}
		back, _, err := ParseText(line)
		if err != nil || back != e {
			t.Fatalf("%+v\nwritten as %s\nread back as %+v, error %v", e, line, back, err)
		}
		tr := &Trace{Events: []Event{e, {Who: "b", What: "new"}}, End: Ending{Kind: Deadlock, Reason: text,
			Cycle: []Wait{{Who: who, Where: text, Resource: what, Holder: outcome, Since: time.Duration(at)}}, Stuck: []Wait{{Who: what, Resource: who}}}}
		var b strings.Builder
		if err := WriteText(&b, tr, Options{Marks: map[int]string{0: text, -1: "late"}}); err != nil {
			t.Fatal(err)
		}
		if same(t, tr, b.String()); strings.ContainsAny(text, "\n") {
			return
		}
	})
}

func same(t *testing.T, want *Trace, text string) {
	t.Helper()
	got, err := ReadText("t", strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if len(got.Events) != len(want.Events) || got.End.Kind != want.End.Kind || got.End.Reason != want.End.Reason || len(got.End.Cycle) != len(want.End.Cycle) || len(got.End.Stuck) != len(want.End.Stuck) {
		t.Fatalf("read back as %+v, want %+v\n%s", got, want, text)
	}
	for i := range got.Events {
		if got.Events[i] != want.Events[i] {
			t.Fatalf("event %d read back as %+v, want %+v\n%s", i, got.Events[i], want.Events[i], text)
		}
	}
	for i := range got.End.Cycle {
		if got.End.Cycle[i] != want.End.Cycle[i] {
			t.Fatalf("wait %d read back as %+v, want %+v\n%s", i, got.End.Cycle[i], want.End.Cycle[i], text)
		}
	}
}

// FuzzParseText: any text gives an event or an error with a place, and what is read is written and read back as the same.
func FuzzParseText(f *testing.F) {
	for _, s := range []string{"0.300  c stop begin", "> signal SIGTERM", `c mark "a b" (no token)`, `c stop end error:"x y" 7`, `c "`, `c stop outcome:"zz"`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, _, err := ParseText(s)
		if err != nil {
			if err.Col < 1 || err.Rule == "" {
				t.Fatalf("error without a place or a rule: %+v", err)
			}
			return
		}
		back, _, err := ParseText(string(AppendTimed(nil, &e)))
		if err != nil || back != e {
			t.Fatalf("%q read as %+v, read back as %+v, error %v", s, e, back, err)
		}
	})
}
