package protocol

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

const goodIdentity = `{"identity":{"protocol":1,"implementation":"x","version":"1","language":"go","lanes":["process"]}}`

// singles are lines by themselves. beyond marks a rule that JSON Schema cannot state.
var singles = []struct {
	name, line string
	want       FaultKind // empty: none
	says       string
	beyond     bool
}{
	{name: "identity, all keys", line: `{"identity":{"protocol":1,"implementation":"x","version":"1","language":"go","runtime":"r","profile":"strict","features":["signals","log"],"lanes":["process","virtual"],"reuse":true,"schedules":true}}`},
	{name: "identity, least", line: goodIdentity},
	{name: "identity without protocol", line: `{"identity":{"implementation":"x","version":"1","language":"go","lanes":["process"]}}`, want: MissingKey, says: "protocol"},
	{name: "identity without lanes", line: `{"identity":{"protocol":1,"implementation":"x","version":"1","language":"go"}}`, want: MissingKey, says: "lanes"},
	{name: "identity without version", line: `{"identity":{"protocol":1,"implementation":"x","language":"go","lanes":["process"]}}`, want: MissingKey, says: `"version"`},
	{name: "identity, empty name", line: `{"identity":{"protocol":1,"implementation":"","version":"1","language":"go","lanes":["process"]}}`, want: MissingKey, says: "empty"},
	{name: "identity, unknown lane", line: `{"identity":{"protocol":1,"implementation":"x","version":"1","language":"go","lanes":["thread"]}}`, want: UnknownWord, says: "thread"},
	{name: "identity, unknown key", line: `{"identity":{"protocol":1,"implementation":"x","version":"1","language":"go","lanes":["process"],"feature":[]}}`, want: UnknownKey, says: `did you mean "features"?`},
	{name: "identity, features not a list", line: `{"identity":{"protocol":1,"implementation":"x","version":"1","language":"go","lanes":["process"],"features":"all"}}`, want: WrongType, says: "a list of texts"},
	{name: "identity is a list", line: `{"identity":[]}`, want: WrongType},
	{name: "identity, empty texts that nobody needs", line: `{"identity":{"protocol":1,"implementation":"x","version":"1","language":"go","runtime":"","profile":"","lanes":["process"],"features":[]}}`},
	{name: "identity, white space", line: "\t{ \"identity\" : { \"protocol\" : 1 , \"implementation\":\"x\" , \"version\":\"1\",\"language\":\"go\",\"lanes\" : [ \"process\" , \"virtual\" ] } } "},
	{name: "identity, a feature that is a number", line: `{"identity":{"protocol":1,"implementation":"x","version":"1","language":"go","lanes":["process"],"features":["a",7]}}`, want: WrongType, says: "holds a number"},
	{name: "identity, a feature of a long name", line: `{"identity":{"protocol":1,"implementation":"x","version":"1","language":"go","lanes":["process"],"features":["` + strings.Repeat("f", 257) + `"]}}`, want: WrongType, says: "a list of texts"},
	{name: "identity, as many features as may be", line: `{"identity":{"protocol":1,"implementation":"x","version":"1","language":"go","lanes":["process"],"features":[` + strings.Repeat(`"f",`, 255) + `"f"]}}`},
	{name: "identity, too many features", line: `{"identity":{"protocol":1,"implementation":"x","version":"1","language":"go","lanes":["process"],"features":[` + strings.Repeat(`"f",`, 256) + `"f"]}}`, want: TextTooLong, says: "257 items"},
	{name: "identity, no lanes", line: `{"identity":{"protocol":1,"implementation":"x","version":"1","language":"go","lanes":[]}}`, want: MissingKey, says: `write "lanes":["process"]`},
	{name: "identity, reuse as a number", line: `{"identity":{"protocol":1,"implementation":"x","version":"1","language":"go","lanes":["process"],"reuse":1}}`, want: WrongType, says: "true or false"},
	{name: "event, white space", line: "{ \"who\" : \"a\" ,\t\"what\" :\"start\" , \"ms\" : 1 }"},
	{name: "event, escapes", line: `{"who":"a\u0041","what":"\"\\\u00e9"}`},
	{name: "event, empty who", line: `{"who":"","what":"start"}`, want: MissingKey, says: `"who" in an event is empty`},
	{name: "event, who as a number", line: `{"who":1,"what":"start"}`, want: WrongType, says: `"who" in an event is a number`},
	{name: "event, longest name", line: `{"who":"` + strings.Repeat("a", 256) + `","what":"start"}`},
	{name: "event, longest outcome", line: `{"who":"a","what":"start","outcome":"error:` + strings.Repeat("e", 4*plan.MaxText-6) + `"}`},
	{name: "event, outcome too long", line: `{"who":"a","what":"start","outcome":"error:` + strings.Repeat("e", 4*plan.MaxText-5) + `"}`, want: TextTooLong, says: "16385 bytes"},
	{name: "event, longest detail", line: `{"who":"a","what":"start","detail":"` + strings.Repeat("d", 4*plan.MaxText) + `"}`},
	{name: "event, detail too long", line: `{"who":"a","what":"start","detail":"` + strings.Repeat("d", 4*plan.MaxText+1) + `"}`, want: TextTooLong},
	{name: "event, empty outcome", line: `{"who":"a","what":"start","outcome":""}`, beyond: true},
	{name: "event, least detail", line: `{"who":"a","what":"start","detail":-2147483648}`},
	{name: "event, most detail", line: `{"who":"a","what":"start","detail":2147483647}`},
	{name: "event, detail below the least", line: `{"who":"a","what":"start","detail":-2147483649}`, want: OutOfRange, says: "from -2147483648 to 2147483647"},
	{name: "event, longest time", line: `{"ms":31622400000,"who":"a","what":"start"}`},
	{name: "event, time too long", line: `{"ms":31622400000.1,"who":"a","what":"start"}`, want: OutOfRange, says: "a number from 0 to 31622400000"},
	{name: "event, time as a text", line: `{"ms":"1","who":"a","what":"start"}`, want: WrongType},
	{name: "event, a phase that is empty", line: `{"who":"a","what":"start","phase":""}`, beyond: true},
	{name: "ready as a number", line: `{"ready":1}`, want: WrongType},
	{name: "listening without an address", line: `{"listening":{"tcp:web":""}}`, want: MissingKey},
	{name: "listening in a list", line: `{"listening":["tcp:web"]}`, want: WrongType},
	{name: "schedule that says most", line: `{"schedule":{"name":"s","decisions":0,"hash":"1f","said":"` + strings.Repeat("s", 32<<10) + `"}}`},
	{name: "schedule that says too much", line: `{"schedule":{"name":"s","decisions":0,"hash":"1f","said":"` + strings.Repeat("s", 32<<10+1) + `"}}`, want: TextTooLong},
	{name: "skip, the longest reason", line: `{"skip":"` + strings.Repeat("s", 1024) + `"}`},
	{name: "skip, a reason too long", line: `{"skip":"` + strings.Repeat("s", 1025) + `"}`, want: TextTooLong},
	{name: "end, code zero", line: `{"end":{"kind":"exited","code":0}}`},
	{name: "end, code below zero", line: `{"end":{"kind":"exited","code":-1}}`, want: OutOfRange, says: "from 0 to 255"},
	{name: "end, a list", line: `{"end":[]}`, want: WrongType, says: "the end is a list"},
	{name: "end, killed", line: `{"end":{"kind":"killed","reason":"a limit"}}`},
	{name: "end, a deadlock of nobody", line: `{"end":{"kind":"deadlock","cycle":[]}}`, want: MissingKey, says: "kind hang if there is no cycle"},
	{name: "end, a wait of long ago", line: `{"end":{"kind":"hang","stuck":[{"who":"a","since":-1}]}}`, want: OutOfRange},
	{name: "end, another key of a wait", line: `{"end":{"kind":"hang","stuck":[{"who":"a","whom":"b"}]}}`, want: UnknownKey, says: "whom"},
	{name: "end, a wait that is none", line: `{"end":{"kind":"hang","stuck":["a"]}}`, want: WrongType, says: "a wait is a text"},
	{name: "as deep as may be, and wrong", line: `{"a":[[[[[[[7]]]]]]]}`, want: UnknownMessage},
	{name: "one deeper", line: `{"a":[[[[[[[[]]]]]]]]}`, want: TooDeep, beyond: false},
	{name: "older", line: `{"identity":{"protocol":0}}`, want: OlderVersion, says: "up to date"},
	{name: "newer", line: `{"identity":{"protocol":7,"anything":1}}`, want: NewerVersion, says: "update hostsim"},
	{name: "version with a fraction", line: `{"identity":{"protocol":1.5}}`, want: OutOfRange, says: "whole number"},
	{name: "version as a text", line: `{"identity":{"protocol":"1"}}`, want: WrongType, says: "a number"},
	{name: "event, least", line: `{"who":"a","what":"start"}`},
	{name: "event, all keys", line: `{"seq":4,"ms":1.25,"who":"a","what":"start","phase":"end","outcome":"aggregate(error:x,cancelled)","tokenCancelled":true,"detail":"d"}`},
	{name: "event, number as detail", line: `{"who":"a","what":"start","detail":-7}`},
	{name: "event without what", line: `{"who":"a"}`, want: MissingKey, says: `"what"`},
	{name: "event without who", line: `{"what":"start"}`, want: MissingKey, says: `"who"`},
	{name: "event, unknown key", line: `{"who":"a","what":"start","tokenCanceled":false}`, want: UnknownKey, says: `did you mean "tokenCancelled"?`},
	{name: "event, key twice", line: `{"who":"a","what":"start","who":"b"}`, want: DuplicateKey, says: `"who"`, beyond: true},
	{name: "event, unknown phase", line: `{"who":"a","what":"start","phase":"Begin"}`, want: UnknownWord, says: `did you mean "begin"?`},
	{name: "event, free outcome", line: `{"who":"a","what":"start","outcome":"failed"}`, want: UnknownWord, says: "error:MESSAGE"},
	{name: "event, token as a text", line: `{"who":"a","what":"start","tokenCancelled":"false"}`, want: WrongType, says: "true or false"},
	{name: "event, null detail", line: `{"who":"a","what":"start","detail":null}`, want: WrongType, says: "a text or a whole number"},
	{name: "event, time below zero", line: `{"ms":-1,"who":"a","what":"start"}`, want: OutOfRange, says: "from 0"},
	{name: "event, time beyond all numbers", line: `{"ms":1e999,"who":"a","what":"start"}`, want: OutOfRange, beyond: true},
	{name: "event, detail too large", line: `{"who":"a","what":"start","detail":2147483648}`, want: OutOfRange},
	{name: "event, detail with a fraction", line: `{"who":"a","what":"start","detail":1.5}`, want: OutOfRange, says: "whole"},
	{name: "event, name too long", line: `{"who":"` + strings.Repeat("a", 257) + `","what":"start"}`, want: TextTooLong},
	{name: "ready", line: `{"ready":true}`},
	{name: "not ready", line: `{"ready":false}`, want: WrongType, says: `{"ready":true}`},
	{name: "listening", line: `{"listening":{"tcp:web":"127.0.0.1:80","unix:app.sock":"/tmp/app.sock"}}`},
	{name: "listening nowhere", line: `{"listening":{}}`, want: WrongType},
	{name: "listening on a port", line: `{"listening":{"8080":"127.0.0.1:80"}}`, want: UnknownWord, says: "tcp:NAME"},
	{name: "schedule", line: `{"schedule":{"name":"random:5","decisions":31,"hash":"1f"}}`},
	{name: "schedule that says what it shows", line: `{"schedule":{"name":"sequential","decisions":0,"hash":"1f","said":"two wait for each other\n"}}`},
	{name: "schedule without a name", line: `{"schedule":{"decisions":31,"hash":"1f"}}`, want: MissingKey},
	{name: "schedule without a hash", line: `{"schedule":{"name":"random:5","decisions":31}}`, want: MissingKey},
	{name: "schedule without decisions", line: `{"schedule":{"name":"random:5","hash":"1f"}}`, want: MissingKey, says: "decisions"},
	{name: "schedule of less than nothing", line: `{"schedule":{"name":"random:5","decisions":-1,"hash":"1f"}}`, want: OutOfRange},
	{name: "schedule with a list", line: `{"schedule":["random:5"]}`, want: WrongType},
	{name: "schedule with another key", line: `{"schedule":{"name":"random:5","decisions":1,"hash":"1f","sayd":"x"}}`, want: UnknownKey, says: "said"},
	{name: "skip", line: `{"skip":"no feature"}`},
	{name: "skip without a reason", line: `{"skip":""}`, want: MissingKey},
	{name: "end, exited", line: `{"end":{"kind":"exited","code":255}}`},
	{name: "end, signaled", line: `{"end":{"kind":"signaled","signal":"SIGTERM"}}`},
	{name: "end, deadlock", line: `{"end":{"kind":"deadlock","cycle":[{"who":"a","where":"w","resource":"r","holder":"b","since":2}],"reason":"r"}}`},
	{name: "end, hang", line: `{"end":{"kind":"hang","stuck":[{"who":"a"}]}}`},
	{name: "end without code", line: `{"end":{"kind":"exited"}}`, want: MissingKey, says: `"code"`},
	{name: "end without signal", line: `{"end":{"kind":"signaled"}}`, want: MissingKey, says: `"signal"`},
	{name: "end without cycle", line: `{"end":{"kind":"deadlock"}}`, want: MissingKey, says: `"cycle"`},
	{name: "end without kind", line: `{"end":{}}`, want: MissingKey, says: `"kind"`},
	{name: "end, unknown kind", line: `{"end":{"kind":"exit","code":0}}`, want: UnknownWord, says: "exited"},
	{name: "end, code too large", line: `{"end":{"kind":"exited","code":256}}`, want: OutOfRange, says: "255"},
	{name: "end, wait without who", line: `{"end":{"kind":"hang","stuck":[{}]}}`, want: MissingKey},
	{name: "end, stuck not a list", line: `{"end":{"kind":"hang","stuck":{}}}`, want: WrongType},
	{name: "unknown message", line: `{"redy":true}`, want: UnknownMessage, says: `did you mean "ready"?`},
	{name: "two messages in one", line: `{"ready":true,"skip":"x"}`, want: UnknownMessage, says: "a single key"},
	{name: "an empty object", line: `{}`, want: UnknownMessage, says: "without keys"},
	{name: "a list", line: `[1]`, want: NotAnObject},
	{name: "a text", line: `"hello"`, want: NotAnObject},
	{name: "an empty line", line: ``, want: InvalidJSON, says: "an empty line", beyond: true},
	{name: "two objects in a line", line: `{"ready":true}{"ready":true}`, want: InvalidJSON, says: "more than one value", beyond: true},
	{name: "half an object", line: `{"who":"a"`, want: InvalidJSON, says: "ends too early", beyond: true},
	{name: "a key without quotes", line: `{who:"a"}`, want: InvalidJSON, beyond: true},
	{name: "a log line", line: `listening on :8080`, want: InvalidJSON, says: "stdout or stderr", beyond: true},
	{name: "no UTF-8", line: "{\"who\":\"\xc3\x28\",\"what\":\"x\"}", want: InvalidUTF8, says: "0xc3", beyond: true},
	{name: "too deep", line: `{"end":{"kind":"hang","stuck":[[[[[[[[[[]]]]]]]]]]}}`, want: TooDeep},
}

func TestSingleLines(t *testing.T) {
	for _, c := range singles {
		t.Run(c.name, func(t *testing.T) {
			_, err := single(c.line)
			checkFault(t, err, c.want, c.says)
		})
	}
}

func checkFault(t *testing.T, err error, want FaultKind, says string) {
	t.Helper()
	if want == "" {
		if err != nil {
			t.Errorf("error %v, want none", err)
		}
		return
	}
	var f *Fault
	if !errors.As(err, &f) {
		t.Fatalf("error %v, want the fault %q", err, want)
	}
	if f.Kind != want || f.Line == 0 || f.Expected == "" {
		t.Errorf("fault %#v, want kind %q, a line and what was expected", f, want)
	}
	if !strings.Contains(f.Error(), says) {
		t.Errorf("%q does not say %q", f, says)
	}
}

func TestOrderOfMessages(t *testing.T) {
	const ev, end, skip, ready = `{"who":"a","what":"start"}`, `{"end":{"kind":"exited","code":0}}`, `{"skip":"x"}`, `{"ready":true}`
	for _, c := range []struct {
		name  string
		runs  int // how often a run is asked for, all before the first message
		lines []string
		good  int // lines before the fault
		want  FaultKind
	}{
		{"a whole run", 1, []string{goodIdentity, ready, ev, ev, end}, 5, ""},
		{"a run that is skipped", 1, []string{goodIdentity, skip}, 2, ""},
		{"event first", 1, []string{ev}, 0, NoIdentity},
		{"ready first", 1, []string{ready}, 0, NoIdentity},
		{"two identities", 1, []string{goodIdentity, goodIdentity}, 1, TwoIdentities},
		{"identity after events", 1, []string{goodIdentity, ev, goodIdentity}, 2, TwoIdentities},
		{"nothing was asked", 0, []string{goodIdentity, ev}, 1, AfterEnd},
		{"end before events", 1, []string{goodIdentity, end}, 1, EndBeforeEvents},
		{"ready is no event", 1, []string{goodIdentity, ready, end}, 2, EndBeforeEvents},
		{"event after end", 1, []string{goodIdentity, ev, end, ev}, 3, AfterEnd},
		{"two ends", 1, []string{goodIdentity, ev, end, end}, 3, AfterEnd},
		{"event after skip", 1, []string{goodIdentity, skip, ev}, 2, AfterEnd},
		{"skip after event", 1, []string{goodIdentity, ev, skip}, 2, AfterEnd},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := NewReader(strings.NewReader(strings.Join(c.lines, "\n")+"\n"), Limits{})
			for range c.runs {
				r.BeginRun()
			}
			for i := range c.good {
				if m, err := r.Next(); err != nil || m.Line != i+1 {
					t.Fatalf("message %d: %+v, error %v", i+1, m, err)
				}
			}
			_, err := r.Next()
			if c.want == "" {
				if err != io.EOF {
					t.Errorf("error %v at the end, want io.EOF", err)
				}
				return
			}
			checkFault(t, err, c.want, "")
			if _, again := r.Next(); again != err {
				t.Errorf("then error %v, want the same again", again)
			}
		})
	}
}

func TestASecondRunBeginsAnew(t *testing.T) {
	in, out := io.Pipe()
	r := NewReader(in, Limits{Events: 2})
	write := func(s string) { _, _ = io.WriteString(out, s+"\n") }
	r.BeginRun()
	go func() {
		write(goodIdentity)
		for range 2 {
			write(`{"who":"a","what":"x"}`)
			write(`{"who":"a","what":"x"}`)
			write(`{"end":{"kind":"exited","code":0}}`)
		}
		_ = out.Close()
	}()
	for i := range 7 {
		m, err := r.Next()
		if err != nil {
			t.Fatalf("message %d: %v", i, err)
		}
		if m.Kind == EndMessage {
			r.BeginRun()
		}
	}
}

func TestLimits(t *testing.T) {
	event := `{"who":"a","what":"x"}` + "\n"
	for _, c := range []struct {
		name string
		lim  Limits
		text string
		want FaultKind
		says string
	}{
		{"line too long, with its end", Limits{Line: 100}, strings.Repeat("x", 101) + "\n", LineTooLong, "100 bytes"},
		{"line too long, without end", Limits{Line: 100}, strings.Repeat("x", 10_000), LineTooLong, "100 bytes"},
		{"too many bytes", Limits{Total: 500}, strings.Repeat(event, 100), StreamTooLong, "500 bytes"},
		{"too many events", Limits{Events: 10}, strings.Repeat(event, 100), TooManyEvents, "10 events"},
		{"cut short", Limits{}, `{"who":"a"`, CutShort, "newline"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := c.text
			if c.lim.Line != 100 {
				text = goodIdentity + "\n" + text
			}
			for _, in := range []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text))} {
				r := NewReader(in, c.lim)
				r.BeginRun()
				var err error
				for err == nil {
					_, err = r.Next()
				}
				checkFault(t, err, c.want, c.says)
				if cap(r.buf) > DefaultLine+8192 {
					t.Errorf("%d bytes are held", cap(r.buf))
				}
			}
		})
	}
}

func TestErrorOfTheStreamIsHandedOn(t *testing.T) {
	want := errors.New("pipe broke")
	r := NewReader(io.MultiReader(strings.NewReader(goodIdentity+"\n"), iotest.ErrReader(want)), Limits{})
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := r.Next(); err != want {
			t.Errorf("error %v, want %v", err, want)
		}
	}
}

func TestWindowsLineEnds(t *testing.T) {
	r := NewReader(strings.NewReader(goodIdentity+"\r\n"), Limits{})
	if m, err := r.Next(); err != nil || m.Identity.Implementation != "x" {
		t.Errorf("message %+v, error %v", m, err)
	}
}

func TestEventsAreReadAsTheyWereWritten(t *testing.T) {
	events := []trace.Event{
		{Who: "a", What: "start", Phase: trace.Begin, Token: trace.Cancelled, At: 1500 * time.Microsecond},
		{Who: "a", What: "start", Phase: trace.End, Outcome: "aggregate(error:x,aggregate(cancelled,ok))", At: 300 * 24 * time.Hour},
		{Who: "main", What: "return", Detail: trace.Number(-2147483648)},
		{Who: "log", What: "Debug", Detail: trace.Text("Host#3 \u2028 \"quoted\" \\ \t")},
	}
	var b strings.Builder
	w := NewWriter(&b)
	for _, e := range events {
		if err := w.Event(e); err != nil {
			t.Fatal(err)
		}
	}
	r := NewReader(strings.NewReader(goodIdentity+"\n"+b.String()), Limits{})
	r.BeginRun()
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	for _, want := range events {
		m, err := r.Next()
		if err != nil || !m.Timed {
			t.Fatalf("%+v: error %v", want, err)
		}
		if diff := cmp.Diff(want, m.Event); diff != "" {
			t.Error(diff)
		}
	}
}
