package trace

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// odd are texts that a writer could get wrong: what looks like another part of a line, quotes, white space, and runes that
// JSON or a terminal treats apart.
var odd = []string{
	"a", "stop", "begin", "end", "ok", "cancelled", "error:x", "aggregate(", "aggregate(x)", "outcome:", "0.300", "-0.001", "7", "-7", "007", ">", "> a", "^", "(no token)", "(token live)",
	"", " ", "  two  ", "tab\there", "line\nbreak", "\r", `"`, `"quoted"`, `back\slash`, `\n`, "é", "😀", "\u2028", "\u2029", "\x7f", "\x00", "\u00a0", "\ufeff", "\ufffd",
	" waits for ", ", held by ", ", at ", ", since ", "ends,", "cycle", "why", "a waits for b, held by c, at d, since 1.000", strings.Repeat("long ", 50),
}

type maker struct{ *rand.Rand }

func (r maker) of(words ...string) string { return words[r.IntN(len(words))] }

func (r maker) text() string { return r.of(odd...) + r.of("", "", r.of(odd...)) }

func (r maker) name() string {
	if s := r.text(); s != "" {
		return s
	}
	return "n"
}

// at gives a time of any precision, rarely one before the begin.
func (r maker) at() time.Duration {
	d := time.Duration(r.Int64N(100_000_000_000)).Truncate([]time.Duration{1, time.Microsecond, time.Millisecond, time.Second}[r.IntN(4)])
	if r.IntN(10) == 0 {
		return -d
	}
	return d
}

func (r maker) outcome() Outcome {
	return []Outcome{"", OK, WasCancelled, Errored(r.text()), "aggregate(" + r.text() + ")"}[r.IntN(5)]
}

func (r maker) event() Event {
	e := Event{At: r.at(), Who: r.name(), What: r.name(), Phase: Phase(r.IntN(3)), Outcome: r.outcome(), Token: Token(r.IntN(3))}
	if r.IntN(2) == 0 { // the actors and hooks with rules of their own
		e.Who, e.What = r.of(Host, Lifetime, HostLifetime, Process, Main, Signal, Log, Net, Manager, World, "a", "a/thread"), r.of("start", "stop", "execute", "mark", "waitForStart", "stopApplication")
	}
	switch r.IntN(3) {
	case 1:
		e.Detail = Text(r.text())
	case 2:
		e.Detail = Number(r.IntN(1<<32) - 1<<31)
	}
	return e
}

func (r maker) waits() (out []Wait) {
	for range r.IntN(3) {
		out = append(out, Wait{Who: r.name(), Where: r.text(), Resource: r.name(), Holder: r.text(), Since: r.at()})
	}
	return out
}

func (r maker) trace() *Trace {
	t := &Trace{}
	for range r.IntN(12) {
		t.Events = append(t.Events, r.event())
	}
	switch t.End.Kind = EndKind(r.of(endKinds...)); t.End.Kind {
	case Exited:
		t.End.Code = r.IntN(256)
	case Signaled:
		t.End.Signal = r.of("SIGTERM", "SIGINT", "SIGKILL", "SIGABRT")
	case Deadlock:
		t.End.Cycle, t.End.Stuck, t.End.Reason = r.waits(), r.waits(), r.text()
	default:
		t.End.Stuck, t.End.Reason = r.waits(), r.text()
	}
	return t
}

// TestEveryFormReadsBackTheSame: a trace of any texts is the same after it has been written and read as JSON lines and as a
// timeline, marks or not; and both forms have one writing, which reading and writing again does not change.
func TestEveryFormReadsBackTheSame(t *testing.T) {
	forms := []struct {
		name  string
		write func(*strings.Builder, *Trace) error
		read  func(string) (*Trace, error)
	}{
		{"JSON lines", func(b *strings.Builder, tr *Trace) error { return WriteJSONL(b, tr) }, func(s string) (*Trace, error) { return ReadJSONL("t", strings.NewReader(s)) }},
		{"timeline", func(b *strings.Builder, tr *Trace) error { return WriteText(b, tr, Options{}) }, func(s string) (*Trace, error) { return ReadText("t", strings.NewReader(s)) }},
		{"timeline with marks", func(b *strings.Builder, tr *Trace) error {
			return WriteText(b, tr, Options{Marks: map[int]string{0: "one\ntwo", 3: "0.000 a new", 99: "end  hang"}})
		}, func(s string) (*Trace, error) { return ReadText("t", strings.NewReader(s)) }},
		{"timeline of Windows", func(b *strings.Builder, tr *Trace) error {
			var lf strings.Builder
			err := WriteText(&lf, tr, Options{})
			b.WriteString(strings.ReplaceAll(lf.String(), "\n", "\r\n"))
			return err
		}, func(s string) (*Trace, error) { return ReadText("t", strings.NewReader(s)) }},
	}
	r := maker{rand.New(rand.NewPCG(1, 2))}
	for n := range 1500 {
		want := r.trace()
		for _, f := range forms {
			var text, again strings.Builder
			if err := f.write(&text, want); err != nil {
				t.Fatal(err)
			}
			got, err := f.read(text.String())
			if err != nil {
				t.Fatalf("trace %d, %s: %v\n%s", n, f.name, err, text.String())
			}
			if !reflect.DeepEqual(want, got) {
				t.Fatalf("trace %d, %s: %s\n%s", n, f.name, cmp.Diff(want, got), text.String())
			}
			if _ = f.write(&again, got); again.String() != text.String() {
				t.Fatalf("trace %d, %s: written again as\n%s\nfirst as\n%s", n, f.name, again.String(), text.String())
			}
		}
	}
}

// TestTextTellsWhatItNamed: exactly the parts that stand in the text are given, wherever the text comes from.
func TestTextTellsWhatItNamed(t *testing.T) {
	for _, c := range []struct {
		text string
		want Given
	}{
		{"c stop", 0},
		{"0.300 c stop", GivenTime},
		{"> signal SIGINT", 0},
		{"0.300 > signal SIGINT", GivenTime},
		{"c stop begin", GivenPhase},
		{"c stop end", GivenPhase},
		{"c stop ok", GivenOutcome},
		{`c stop outcome:""`, GivenOutcome},
		{"c mark 7", GivenDetail},
		{`c mark "begin"`, GivenDetail},
		{"c stop (token live)", GivenToken},
		{"c stop (no token)", GivenToken},
		{"0.300 c stop end ok 7 (token cancelled)", GivenTime | GivenPhase | GivenOutcome | GivenDetail | GivenToken},
	} {
		if _, given, err := ParseText(c.text); err != nil || given != c.want {
			t.Errorf("%s: given %05b, want %05b (error %v)", c.text, given, c.want, err)
		}
	}
}

// TestAStreamOfManyChunks: a trace that is longer than what one write carries loses nothing at the seams.
func TestAStreamOfManyChunks(t *testing.T) {
	want := &Trace{End: Ending{Kind: HangEnd, Reason: "long"}}
	for n := range 5000 {
		want.Events = append(want.Events, Event{At: time.Duration(n), Who: "a", What: "mark", Detail: Number(n)})
	}
	var b strings.Builder
	if err := WriteJSONL(&b, want); err != nil {
		t.Fatal(err)
	}
	got, err := ReadJSONL("t", strings.NewReader(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(want, got) {
		t.Error(cmp.Diff(want, got))
	}
}
