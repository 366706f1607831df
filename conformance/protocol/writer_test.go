package protocol

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

// TestMessagesAreReadAsTheyWereWritten: every kind of message, with all that it may say and with the least.
func TestMessagesAreReadAsTheyWereWritten(t *testing.T) {
	const text = "a \"b\" \\ \n\t\x00\x7f é \u2028 😀"
	ms := time.Millisecond
	for _, c := range []struct {
		name  string
		write func(*Writer) error
		want  Message
	}{
		{"identity, all", func(w *Writer) error {
			return w.Identity(Identity{Protocol: 1, Implementation: text, Version: "1", Language: "go", Runtime: "go1.26", Profile: "core", Features: []string{"a", text}, Lanes: []string{spec.Process, spec.Virtual}, Reuse: true, Schedules: true})
		}, Message{Kind: IdentityMessage, Identity: &Identity{Protocol: 1, Implementation: text, Version: "1", Language: "go", Runtime: "go1.26", Profile: "core", Features: []string{"a", text}, Lanes: []string{spec.Process, spec.Virtual}, Reuse: true, Schedules: true}}},
		{"identity, least", func(w *Writer) error {
			return w.Identity(Identity{Protocol: 1, Implementation: "x", Version: "1", Language: "go", Lanes: []string{spec.Virtual}})
		}, Message{Kind: IdentityMessage, Identity: &Identity{Protocol: 1, Implementation: "x", Version: "1", Language: "go", Lanes: []string{spec.Virtual}}}},
		{"ready", (*Writer).Ready, Message{Kind: ReadyMessage}},
		{"listening", func(w *Writer) error { return w.Listening("unix:a.sock", text) }, Message{Kind: ListeningMessage, Listening: []Listening{{"unix:a.sock", text}}}},
		{"skip", func(w *Writer) error { return w.Skip(text) }, Message{Kind: SkipMessage, Skip: text}},
		{"schedule, all", func(w *Writer) error { return w.Schedule(Schedule{"random:5", 31, "1f", text}) }, Message{Kind: ScheduleMessage, Schedule: &Schedule{"random:5", 31, "1f", text}}},
		{"schedule, least", func(w *Writer) error { return w.Schedule(Schedule{Name: "s", Hash: "0"}) }, Message{Kind: ScheduleMessage, Schedule: &Schedule{Name: "s", Hash: "0"}}},
		{"exited", func(w *Writer) error { return w.End(trace.Ending{Kind: trace.Exited, Code: 255}) }, Message{Kind: EndMessage, End: trace.Ending{Kind: trace.Exited, Code: 255}}},
		{"signaled", func(w *Writer) error { return w.End(trace.Ending{Kind: trace.Signaled, Signal: "SIGABRT"}) }, Message{Kind: EndMessage, End: trace.Ending{Kind: trace.Signaled, Signal: "SIGABRT"}}},
		{"deadlock", func(w *Writer) error {
			return w.End(trace.Ending{Kind: trace.Deadlock, Reason: text, Cycle: []trace.Wait{{Who: "a", Where: text, Resource: "r", Holder: "b", Since: 1500 * time.Microsecond}, {Who: "b", Resource: "s", Since: 2}}, Stuck: []trace.Wait{{Who: "c"}}})
		}, Message{Kind: EndMessage, End: trace.Ending{Kind: trace.Deadlock, Reason: text, Cycle: []trace.Wait{{Who: "a", Where: text, Resource: "r", Holder: "b", Since: 1500 * time.Microsecond}, {Who: "b", Resource: "s", Since: 2}}, Stuck: []trace.Wait{{Who: "c"}}}}},
		{"event", func(w *Writer) error {
			return w.Event(trace.Event{At: 300 * ms, Who: "a", What: "stop", Phase: trace.End, Outcome: trace.Errored(text), Detail: trace.Number(-7)})
		}, Message{Kind: EventMessage, Timed: true, Event: trace.Event{At: 300 * ms, Who: "a", What: "stop", Phase: trace.End, Outcome: trace.Errored(text), Detail: trace.Number(-7)}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b strings.Builder
			if err := c.write(NewWriter(&b)); err != nil {
				t.Fatal(err)
			}
			line, ok := strings.CutSuffix(b.String(), "\n")
			if !ok || strings.Contains(line, "\n") {
				t.Fatalf("not one line: %q", b.String())
			}
			if err := valid(compile(t, ""), line); err != nil {
				t.Errorf("the schema does not allow %s: %v", line, err)
			}
			got, err := single(line)
			c.want.Line = 1
			if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
				t.Errorf("%s\nerror %v\n%s", line, err, diff)
			}
		})
	}
}

// TestOtherVersionsAreWritten: an adapter says the version that it speaks, whatever this one is.
func TestOtherVersionsAreWritten(t *testing.T) {
	var b strings.Builder
	if err := NewWriter(&b).Identity(Identity{Protocol: 12}); err != nil || !strings.HasPrefix(b.String(), `{"identity":{"protocol":12,`) {
		t.Errorf("error %v, %s", err, b.String())
	}
}

// TestAnErrorOfTheStreamStays: what could not be written once is not followed by anything.
func TestAnErrorOfTheStreamStays(t *testing.T) {
	want := errors.New("pipe broke")
	out := &breaks{left: 1, err: want}
	w := NewWriter(out)
	if err := w.Ready(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := w.Skip("x"); err != want {
			t.Errorf("error %v, want %v", err, want)
		}
	}
	if out.writes != 2 {
		t.Errorf("%d writes, want none after the one that failed", out.writes)
	}
}

type breaks struct {
	left, writes int
	err          error
}

func (b *breaks) Write(p []byte) (int, error) {
	b.writes++
	if b.left--; b.left < 0 {
		return 0, b.err
	}
	return len(p), nil
}

// TestALongEndFitsIntoALine: a hang of very many does not break the stream; who waits longest is told of.
func TestALongEndFitsIntoALine(t *testing.T) {
	e := trace.Ending{Kind: trace.HangEnd, Reason: "nothing happens any more"}
	for i := range 20_000 {
		who := fmt.Sprintf("service-%05d", i)
		e.Stuck = append(e.Stuck, trace.Wait{Who: who, Where: who + " · execute", Resource: "the end of execute", Since: time.Second})
	}
	var b strings.Builder
	if err := NewWriter(&b).End(e); err != nil {
		t.Fatal(err)
	}
	got, err := single(strings.TrimSuffix(b.String(), "\n"))
	if err != nil {
		t.Fatal(err)
	}
	n := len(got.End.Stuck)
	if n < 100 || n >= len(e.Stuck) || got.End.Reason != e.Reason || cmp.Diff(e.Stuck[:n], got.End.Stuck) != "" {
		t.Errorf("%d are told of, reason %q", n, got.End.Reason)
	}
	if len(e.Stuck) != 20_000 {
		t.Error("the caller's list was cut")
	}
}

// ExampleWriter: the messages of an adapter, by hand.
func ExampleWriter() {
	w := NewWriter(os.Stdout)
	_ = w.Identity(Identity{Protocol: Version, Implementation: "example.org/host", Version: "2.0", Language: "go", Lanes: []string{spec.Process}})
	_ = w.Event(trace.Event{Who: trace.Host, What: "run", Phase: trace.Begin})
	_ = w.Ready()
	_ = w.Event(trace.Event{At: time.Second, Who: trace.Host, What: "run", Phase: trace.End, Outcome: trace.OK})
	_ = w.End(trace.Ending{Kind: trace.Exited})
	// Output:
	// {"identity":{"protocol":1,"implementation":"example.org/host","version":"2.0","language":"go","features":[],"lanes":["process"],"reuse":false}}
	// {"ms":0,"who":"host","what":"run","phase":"begin"}
	// {"ready":true}
	// {"ms":1000,"who":"host","what":"run","phase":"end","outcome":"ok"}
	// {"end":{"kind":"exited","code":0}}
}

// ExampleReader: what is wrong with a stream is told with its line and how to mend it.
func ExampleReader() {
	r := NewReader(strings.NewReader(`{"identity":{"protocol":1,"implementation":"x","version":"1","language":"go","lanes":["process"]}}
{"who":"a","what":"start","phase":"Begin"}
`), Limits{})
	r.BeginRun()
	for {
		m, err := r.Next()
		if err == io.EOF {
			return
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(m.Line, m.Kind, m.Identity.Implementation)
	}
	// Output:
	// 1 identity x
	// protocol: unknown word in message 2: found "phase": "Begin" in an event, expected one of begin, end; did you mean "begin"?
}
