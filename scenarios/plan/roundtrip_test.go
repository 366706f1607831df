package plan

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// oddTexts are texts that YAML or JSON could take for something else.
var oddTexts = []string{
	"x", "yes", "no", "true", "null", "~", "7", "007", "0x1f", "1e3", "-1", ".5", ".inf", "2020-01-01", "- a", "a: b", "a #b", "# a", "[a]", "{a: b}", "&a", "*a", "!a", "|", ">", "%a", "@a", "`a`",
	"'", `"`, `'a'`, `"a"`, `\`, `\n`, " a", "a ", "a\nb", "a\n", "\na", "\t", "\r", "a\r\nb", "é", "😀", "\u2028", "\u0085", "\u00a0", "\ufeff", "\x00", "\x7f", "---", "...", "<<", "? a", strings.Repeat("word ", 40), strings.Repeat("x", 200),
}

type maker struct{ *rand.Rand }

func (r maker) of(words ...string) string { return words[r.IntN(len(words))] }
func (r maker) text() string              { return r.of(oddTexts...) + r.of("", "", r.of(oddTexts...)) }
func (r maker) chance() bool              { return r.IntN(3) == 0 }

func (r maker) name() string {
	const letters = "abcXYZ019-_"
	b := []byte{"abcXYZ"[r.IntN(6)]}
	for range r.IntN(12) {
		b = append(b, letters[r.IntN(len(letters))])
	}
	if !ValidName(string(b)) {
		return "a"
	}
	return string(b)
}

func (r maker) finite() time.Duration {
	unit := []time.Duration{1, time.Microsecond, time.Millisecond, time.Second}[r.IntN(4)]
	return time.Duration(r.Int64N(int64(MaxDuration/unit)+1)) * unit
}

func (r maker) duration() time.Duration {
	if r.IntN(8) == 0 {
		return Infinite
	}
	return r.finite()
}

func (r maker) script(in Place, depth int) Script {
	s := Script{}
	for range r.IntN(4) {
		kinds := Steps()
		k := kinds[r.IntN(len(kinds))]
		if k.In&in == 0 || k == Spawn && depth == 0 {
			continue
		}
		st := Step{Kind: k}
		switch k.Arg {
		case ArgDuration:
			st.Dur = r.duration()
		case ArgText:
			st.Text = r.text()
		case ArgInt:
			st.N = r.IntN(MaxExitCode + 1)
		case ArgSignal:
			st.Text = r.of(Signals...)
		case ArgScript:
			st.Steps = r.script(InThread, depth-1)
		case ArgMode:
			st.Text = r.of(append([]string{""}, k.Words...)...)
		case ArgAddress:
			st.Text = r.address()
		}
		s = append(s, st)
	}
	return s
}

func (r maker) address() string { return r.of("tcp:", "unix:") + r.of("web", "a.sock", "7", "A-b_c.d") }

func (r maker) callbacks() (out []Script) {
	for range r.IntN(3) {
		out = append(out, r.script(InSync, 2))
	}
	return out
}

func maybe[T any](r maker, v T) *T {
	if r.chance() {
		return &v
	}
	return nil
}

// plan makes a plan of any shape that the language allows.
func (r maker) plan() *Plan {
	p := &Plan{MainCatches: r.chance(), Main: r.script(InMain, MaxSpawnDepth)}
	p.Options = Options{maybe(r, r.duration()), maybe(r, r.duration()), maybe(r, r.chance()), maybe(r, r.chance()), r.of("", "stopHost", "ignore")}
	for i := range r.IntN(3) {
		p.Config = append(p.Config, Setting{r.text() + string(rune('a'+i)), r.text()})
	}
	events := []string{"host.build", "host.run.begin", "main.mark", "signal.SIGKILL", "main/thread.threw"}
	seen := map[string]bool{}
	for range r.IntN(4) {
		s := Service{Name: r.name(), Kind: r.of(kinds...), WatchTokens: r.chance()}
		if seen[s.Name] {
			continue
		}
		seen[s.Name] = true
		for _, h := range Scripted(s.Kind) {
			if r.chance() {
				if s.Hooks == nil {
					s.Hooks = map[string]Script{}
				}
				s.Hooks[h] = r.script(place(h), 3)
			}
		}
		p.Services = append(p.Services, s)
		events = append(events, s.Name+".stop.end", s.Name+".start.token", s.Name+".mark")
	}
	switch r.IntN(4) {
	case 0:
		p.HostLifetime = &HostLifetime{Kind: ScriptedLifetime, WaitForStart: r.script(InAsync, 2), Stop: r.script(InAsync, 2)}
	case 1:
		p.HostLifetime = &HostLifetime{Kind: r.of(Systemd, NoLifetime)}
	}
	p.ApplicationStarted, p.ApplicationStopping, p.ApplicationStopped = r.callbacks(), r.callbacks(), r.callbacks()
	p.ProcessExit = maybe(r, r.script(InSync, 2))
	for range r.IntN(3) {
		p.SignalHandlers = append(p.SignalHandlers, SignalHandler{r.of(Signals...), r.chance()})
		p.Signals = append(p.Signals, Stimulus{After: r.of(events...), Wait: r.finite(), Send: r.of(allSignals...)})
	}
	if r.chance() {
		p.Connections = []Connection{{Name: "c", After: r.of(events...), Wait: r.finite(), Dial: r.address(), Hold: r.duration()}}
		p.Files = []File{{Path: r.of("a", "b.sock"), State: r.of(fileStates...)}}
	}
	return p
}

// TestAnyPlanReadsBackTheSame: a plan of any shape and any texts is the same after it has been written as YAML or as JSON and
// read; it is one line as JSON; and the schema marks nothing of it.
func TestAnyPlanReadsBackTheSame(t *testing.T) {
	r := maker{rand.New(rand.NewPCG(1, 2))}
	for n := range 600 {
		want := r.plan()
		for _, f := range []struct {
			name  string
			write func([]byte, *Plan) []byte
		}{{"YAML", AppendYAML}, {"JSON", AppendJSON}} {
			text := f.write(nil, want)
			got, err := Parse("f", text)
			if err != nil {
				t.Fatalf("plan %d as %s: %v\n%s", n, f.name, err, text)
			}
			if diff := cmp.Diff(want, got, samePlan, cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("plan %d as %s: %s\n%s", n, f.name, diff, text)
			}
			if again := f.write(nil, got); string(again) != string(text) {
				t.Fatalf("plan %d as %s is written again as\n%s\nfirst as\n%s", n, f.name, again, text)
			}
			if f.name == "JSON" && strings.ContainsAny(string(text), "\r\n") {
				t.Fatalf("more than one line: %q", text)
			}
		}
		if c := want.Clone(); !reflect.DeepEqual(c, want) {
			t.Fatalf("plan %d is copied as another: %s", n, cmp.Diff(want, c, samePlan))
		}
	}
}

// TestAnyDurationReadsBackTheSame: so is any duration that the language has, in the form that needs no fraction.
func TestAnyDurationReadsBackTheSame(t *testing.T) {
	r := maker{rand.New(rand.NewPCG(3, 4))}
	for range 20_000 {
		d := r.duration()
		text := FormatDuration(d)
		if got, err := ParseDuration(text); err != nil || got != d || strings.Contains(text, ".") {
			t.Fatalf("%d ns is written as %s and read as %v, %v", int64(d), text, got, err)
		}
	}
	for d, want := range map[time.Duration]string{0: "0s", 1: "1ns", 1001: "1001ns", 1000: "1us", 1_000_000: "1ms", 1_500_000: "1500us", time.Second: "1s", 90 * time.Second: "90s", MaxDuration: "86400s", Infinite: "inf"} {
		if got := FormatDuration(d); got != want {
			t.Errorf("%v is written as %s, want %s", d, got, want)
		}
	}
}
