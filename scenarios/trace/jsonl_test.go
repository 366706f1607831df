package trace

import (
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/hostsim/hostsim/scenarios/doc"
)

// sample has every key of the machine interface.
func sample() *Trace {
	return &Trace{Events: []Event{
		{Who: Host, What: "build", Phase: Begin},
		{At: 56 * time.Millisecond, Who: Host, What: "build", Phase: End, Outcome: OK},
		{At: 300*time.Millisecond + 250*time.Microsecond, Who: Signal, What: "SIGTERM"},
		{At: 300250001, Who: "c", What: "stop", Phase: Begin, Token: Live},
		{At: 400 * time.Millisecond, Who: "b", What: "stop", Phase: Begin, Token: Cancelled},
		{At: 400 * time.Millisecond, Who: "b", What: "mark", Detail: Text("a \"b\" \\ \n\t\u2028é😀\x01")},
		{At: 400 * time.Millisecond, Who: Process, What: "exit", Phase: Begin, Detail: Number(7)},
		{At: time.Second, Who: Host, What: "run", Phase: End, Outcome: "aggregate(error:a b,cancelled)"},
	}, End: Ending{Kind: Exited, Code: 3}}
}

func TestWriteJSONL(t *testing.T) {
	const want = `{"ms":0,"who":"host","what":"build","phase":"begin"}
{"ms":56,"who":"host","what":"build","phase":"end","outcome":"ok"}
{"ms":300.25,"who":"signal","what":"SIGTERM"}
{"ms":300.250001,"who":"c","what":"stop","phase":"begin","tokenCancelled":false}
{"ms":400,"who":"b","what":"stop","phase":"begin","tokenCancelled":true}
{"ms":400,"who":"b","what":"mark","detail":"a \"b\" \\ \n\t\u2028é😀\u0001"}
{"ms":400,"who":"process","what":"exit","phase":"begin","detail":7}
{"ms":1000,"who":"host","what":"run","phase":"end","outcome":"aggregate(error:a b,cancelled)"}
{"end":{"kind":"exited","code":3}}
`
	var b strings.Builder
	if err := WriteJSONL(&b, sample()); err != nil || b.String() != want {
		t.Errorf("error %v, got\n%swant\n%s", err, b.String(), want)
	}
	for _, line := range strings.Split(strings.TrimSpace(b.String()), "\n") {
		if !json.Valid([]byte(line)) {
			t.Errorf("no JSON: %s", line)
		}
	}
	back, err := ReadJSONL("t", strings.NewReader(b.String()))
	if err != nil || !reflect.DeepEqual(back, sample()) {
		t.Errorf("read back as %+v, error %v", back, err)
	}
}

func TestEnds(t *testing.T) {
	for want, end := range map[string]Ending{
		`{"end":{"kind":"exited","code":0}}`:             {Kind: Exited},
		`{"end":{"kind":"signaled","signal":"SIGABRT"}}`: {Kind: Signaled, Signal: "SIGABRT"},
		`{"end":{"kind":"killed","reason":"too long"}}`:  {Kind: Killed, Reason: "too long"},
		`{"end":{"kind":"deadlock","cycle":[]}}`:         {Kind: Deadlock},
		`{"end":{"kind":"hang","stuck":[{"who":"main","where":"","resource":"a","since":0.5}],"reason":"b never ends"}}`: {Kind: HangEnd, Stuck: []Wait{{Who: "main", Resource: "a", Since: 500 * time.Microsecond}}, Reason: "b never ends"},
		`{"end":{"kind":"deadlock","cycle":[{"who":"main","where":"at x","resource":"the exit","holder":"exit","since":7},{"who":"exit","where":"y","resource":"main","holder":"main","since":8}]}}`: {
			Kind: Deadlock, Cycle: []Wait{{"main", "at x", "the exit", "exit", 7 * time.Millisecond}, {"exit", "y", "main", "main", 8 * time.Millisecond}}},
	} {
		if got := string(AppendEnd(nil, &end)); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		_, back, err := ParseLine("t", 1, []byte(want))
		if err != nil {
			t.Errorf("%s: %v", want, err)
			continue
		}
		if len(back.Cycle) == 0 {
			back.Cycle = nil
		}
		if !reflect.DeepEqual(*back, end) {
			t.Errorf("%s is read back as %+v", want, *back)
		}
	}
}

func TestReadErrors(t *testing.T) {
	const end = `{"end":{"kind":"exited","code":0}}`
	for name, c := range map[string]struct{ text, want string }{
		"no JSON":          {"x\n" + end, "t:1:1: wrong value: found \"x\", expected an event"},
		"cut off":          {`{"ms":0,"who":"a"`, "t:1:18: invalid JSON: unexpected end of JSON input"},
		"a list":           {"[]\n", "t:1:1: wrong value: found an empty list, expected an event, an object with the keys ms, who,"},
		"unknown key":      {`{"ms":0,"who":"a","what":"b","phas":"end"}`, `t:1:30: unknown key in an event: found "phas", expected ms, who, what, phase, outcome, tokenCancelled or detail; did you mean "phase"?`},
		"missing key":      {"\n\n" + `{"ms":0,"who":"a"}`, `t:3:1: missing key in an event: expected "what"`},
		"no time":          {`{"ms":"0","who":"a","what":"b"}`, `t:1:7: wrong value in ms: found "0", expected a number of milliseconds`},
		"a huge time":      {`{"ms":1e300,"who":"a","what":"b"}`, `t:1:7: wrong value in ms: found 1e300`},
		"empty actor":      {`{"ms":0,"who":"","what":"b"}`, `t:1:15: wrong value in who: found "", expected a text that is not empty`},
		"phase":            {`{"ms":0,"who":"a","what":"b","phase":"middle"}`, `t:1:38: wrong value in phase: found "middle", expected "begin" or "end"`},
		"outcome":          {`{"ms":0,"who":"a","what":"b","outcome":"fine"}`, `t:1:40: wrong value in outcome: found "fine", expected "ok", "cancelled", "error:MESSAGE" or "aggregate(…)"`},
		"token":            {`{"ms":0,"who":"a","what":"b","tokenCancelled":1}`, `t:1:47: wrong value in tokenCancelled: found 1, expected true or false`},
		"detail":           {`{"ms":0,"who":"a","what":"b","detail":1.5}`, `t:1:39: wrong value in detail: found 1.5, expected a text or a whole number`},
		"twice":            {`{"ms":0,"ms":1,"who":"a","what":"b"}`, `t:1:9: duplicate key: found "ms"`},
		"end":              {`{"end":{"kind":"ended"}}`, `t:1:16: unknown end: found "ended", expected exited, signaled, deadlock, hang or killed`},
		"end without code": {`{"end":{"kind":"exited"}}`, `t:1:8: missing key in end: expected "code"`},
		"end, huge code":   {`{"end":{"kind":"exited","code":256}}`, `t:1:32: wrong value in end, code: found 256, expected a whole number from 0 to 255`},
		"end, code text":   {`{"end":{"kind":"exited","code":"3"}}`, `t:1:32: wrong value in end, code: found "3", expected a whole number from 0 to 255`},
		"end, below zero":  {`{"end":{"kind":"exited","code":-1}}`, `t:1:32: wrong value in end, code: found -1`},
		"end, no text":     {`{"end":7}`, `t:1:8: wrong value in end, end: found 7, expected an object with the key kind`},
		"end, signal":      {`{"end":{"kind":"signaled","signal":"TERM"}}`, `t:1:36: wrong value in end, signal: found "TERM", expected the name of a signal`},
		"end, no signal":   {`{"end":{"kind":"signaled"}}`, `t:1:8: missing key in end: expected "signal"`},
		"end, reason":      {`{"end":{"kind":"hang","reason":7}}`, `t:1:32: wrong value in end, reason: found 7, expected a text`},
		"end, unknown key": {`{"end":{"kind":"hang","because":"x"}}`, `t:1:23: unknown key in end: found "because"`},
		"end, stuck":       {`{"end":{"kind":"hang","stuck":{}}}`, `t:1:31: wrong value in end: found an empty mapping, expected a list of waits`},
		"end, wait":        {`{"end":{"kind":"hang","stuck":["a"]}}`, `t:1:32: wrong value in a wait: found "a"`},
		"end, since":       {`{"end":{"kind":"hang","stuck":[{"since":"7"}]}}`, `t:1:33: wrong key or value in a wait: found "since"`},
		"end, who":         {`{"end":{"kind":"hang","stuck":[{"who":7}]}}`, `t:1:33: wrong key or value in a wait: found "who"`},
		"phase, no text":   {`{"ms":0,"who":"a","what":"b","phase":1}`, `t:1:38: wrong value in phase: found 1`},
		"outcome, no text": {`{"ms":0,"who":"a","what":"b","outcome":true}`, `t:1:40: wrong value in outcome: found true`},
		"half aggregate":   {`{"ms":0,"who":"a","what":"b","outcome":"aggregate(x"}`, `t:1:40: wrong value in outcome: found "aggregate(x"`},
		"a huge detail":    {`{"ms":0,"who":"a","what":"b","detail":99999999999999999999}`, `t:1:39: wrong value in detail`},
		"a huge ms":        {`{"ms":4611686018428,"who":"a","what":"b"}`, `t:1:7: wrong value in ms`},
		"end, other key":   {`{"end":{"kind":"hang","code":3}}`, `t:1:8: key that does not fit in end: found "code", expected it only where kind is exited`},
		"end, no kind":     {`{"end":{}}`, `t:1:8: missing key in end: expected "kind"`},
		"end, cycle":       {`{"end":{"kind":"deadlock","cycle":[{"whom":"a"}]}}`, `t:1:37: wrong key or value in a wait: found "whom", expected who, where, resource, holder or since; did you mean "who"?`},
		"after the end":    {end + "\n" + end, "t:2:1: line after the end: found {\"end\":{\"kind\":\"exited\",\"code\":0}}, expected nothing"},
		"long line":        {`{"ms":0,"who":"a","what":"` + strings.Repeat("b", MaxLine) + `"}`, "t: line too long: expected at most 262144 bytes in a line"},
		"no end":           {`{"ms":0,"who":"a","what":"b"}`, `t: the trace has no end`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ReadJSONL("t", strings.NewReader(c.text))
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

// TestWhatIsNoUTF8: bytes that no JSON may have become the replacement character, each of them.
func TestWhatIsNoUTF8(t *testing.T) {
	for in, want := range map[string]string{"\x80": `\ufffd`, "a\xffb": `a\ufffdb`, "\xc3(": `\ufffd(`, "\xed\xa0\x80": `\ufffd\ufffd\ufffd`, "\x7f": `\u007f`, "\x1f": `\u001f`, "\u0080": "\u0080", "\ufffd": "\ufffd"} {
		if got := string(appendText(nil, "", in)); got != `"`+want+`"` || !json.Valid([]byte(got)) {
			t.Errorf("%q is written as %s, want \"%s\"", in, got, want)
		}
	}
}

func TestADeadProcessLeavesItsEvents(t *testing.T) {
	got, err := ReadJSONL("t", strings.NewReader("{\"ms\":0,\"who\":\"a\",\"what\":\"new\",\"seq\":1}\n"))
	if !errors.Is(err, io.ErrUnexpectedEOF) || len(got.Events) != 1 || got.Events[0].Who != "a" {
		t.Errorf("%+v, %v", got, err)
	}
	broken := errors.New("broken")
	if _, err := ReadJSONL("t", io.MultiReader(strings.NewReader("\n"), brokenReader{broken})); !errors.Is(err, broken) {
		t.Error(err)
	}
}

type brokenReader struct{ err error }

func (b brokenReader) Read([]byte) (int, error) { return 0, b.err }

type brokenWriter struct{ after int }

func (b *brokenWriter) Write(p []byte) (int, error) {
	if b.after--; b.after < 0 {
		return 0, io.ErrClosedPipe
	}
	return len(p), nil
}

func TestWritersTellOfFailures(t *testing.T) {
	long := &Trace{Events: make([]Event, 2000), End: Ending{Kind: Exited}}
	for i := range long.Events {
		long.Events[i] = Event{Who: "a", What: "mark", Detail: Text("x")}
	}
	for _, after := range []int{0, 1} {
		if err := WriteJSONL(&brokenWriter{after}, long); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("JSON lines, after %d: %v", after, err)
		}
		if err := WriteText(&brokenWriter{after}, long, Options{}); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("text, after %d: %v", after, err)
		}
	}
}

func TestMillis(t *testing.T) {
	for s, want := range map[string]time.Duration{"0": 0, "12": 12 * time.Millisecond, "0.000001": 1, "-1.5": -1500 * time.Microsecond, "1e3": time.Second, "0.0000004": 0, "2.5e-3": 2500, "0.0000005": 1,
		"4000000000000.000001": 4_000_000_000_000_000_001, "-4000000000000.999999": -4_000_000_000_000_999_999, "4611686018427": 4_611_686_018_427_000_000, "1.000000": time.Millisecond} {
		n, err := doc.Parse("t", []byte("["+s+"]"))
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := parseMillis(&n.Items[0]); !ok || got != want {
			t.Errorf("%s: %v, %v", s, got, ok)
		}
	}
	for _, s := range []string{"4611686018428", "-1e13", `"1"`, "null", "true"} {
		n, err := doc.Parse("t", []byte("["+s+"]"))
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := parseMillis(&n.Items[0]); ok || got != 0 {
			t.Errorf("%s is read as %v", s, got)
		}
	}
	for d, want := range map[time.Duration]string{0: "0", 1: "0.000001", -1: "-0.000001", 1500 * time.Microsecond: "1.5", time.Hour: "3600000", -1 << 63: "-9223372036854.775808"} {
		if got := string(AppendMillis(nil, d)); got != want {
			t.Errorf("%d ns: %s, want %s", int64(d), got, want)
		}
	}
}

// FuzzJSONL: any bytes give events or an error with a place; what is read is written and read back as the same.
func FuzzJSONL(f *testing.F) {
	var b strings.Builder
	_ = WriteJSONL(&b, sample())
	f.Add([]byte(b.String()))
	f.Add([]byte(`{"end":{"kind":"deadlock","cycle":[{"who":"a","where":"b","resource":"c","holder":"d","since":1.25}],"reason":"e"}}`))
	f.Add([]byte(`{"ms":-1e3,"who":"\ud83d\ude00","what":"b","detail":"\u0000"}` + "\n\n{\"end\":{\"kind\":\"signaled\",\"signal\":\"SIGTERM\"}}"))
	f.Add([]byte("{\"ms\":0,"))
	f.Fuzz(func(t *testing.T, data []byte) {
		tr, err := ReadJSONL("t", strings.NewReader(string(data)))
		if err != nil {
			if len(doc.All(err)) == 0 && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Fatalf("an error without a place: %v", err)
			}
			return
		}
		var text, lines strings.Builder
		if err := WriteJSONL(&lines, tr); err != nil {
			t.Fatal(err)
		}
		back, err := ReadJSONL("t", strings.NewReader(lines.String()))
		if err != nil {
			t.Fatalf("%v\n%s", err, lines.String())
		}
		var again strings.Builder
		if err := WriteJSONL(&again, back); err != nil || again.String() != lines.String() {
			t.Fatalf("written as\n%s\nand again as\n%s", lines.String(), again.String())
		}
		if err := WriteText(&text, tr, Options{}); err != nil {
			t.Fatal(err)
		}
		same(t, tr, text.String())
	})
}

func BenchmarkWriteJSONL(b *testing.B) {
	t := sample()
	b.ReportAllocs()
	for b.Loop() {
		if err := WriteJSONL(io.Discard, t); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*len(t.Events))/b.Elapsed().Seconds(), "events/s")
}

func BenchmarkWriteText(b *testing.B) {
	t := sample()
	b.ReportAllocs()
	for b.Loop() {
		if err := WriteText(io.Discard, t, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
