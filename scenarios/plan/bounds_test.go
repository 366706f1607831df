package plan

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hostsim/hostsim/scenarios/doc"
)

// TestThreadsInsideEachOther: as many as are allowed, and no more, wherever a script stands.
func TestThreadsInsideEachOther(t *testing.T) {
	for _, place := range []struct{ name, open, end string }{
		{"a service", "services: [{name: a, start: ", "}]"},
		{"a host lifetime's start", "hostLifetime: {waitForStart: ", "}"},
		{"a host lifetime's stop", "hostLifetime: {stop: ", "}"},
		{"a callback", "applicationStopped: [", "]"},
		{"the exit handler", "processExit: ", ""},
		{"main", "main: ", ""},
	} {
		nested := func(n int) string {
			return place.open + strings.Repeat("[spawn: ", n) + "[]" + strings.Repeat("]", n) + place.end + "\n"
		}
		if _, err := Parse("f", []byte(nested(MaxSpawnDepth))); err != nil {
			t.Errorf("%s: %v", place.name, err)
		}
		if _, err := Parse("f", []byte(nested(MaxSpawnDepth+1))); err == nil || !strings.Contains(err.Error(), "nesting too deep") {
			t.Errorf("%s: one too many gives %v", place.name, err)
		}
	}
}

// TestBounds: the last value that is allowed, and the first that is not.
func TestBounds(t *testing.T) {
	text := func(n int) string { return strings.Repeat("é", n/2) + strings.Repeat("x", n%2) }
	list := func(item string, n int) string { return strings.TrimSuffix(strings.Repeat(item+",", n), ",") }
	settings := func(n int) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(`"` + strings.Repeat("k", 1+i%50) + strings.Repeat("l", 1+i/50) + `":"v",`)
		}
		return strings.TrimSuffix(b.String(), ",")
	}
	for _, c := range []struct{ name, good, bad, rule string }{
		{"text", `{"main":[{"mark":"` + text(MaxText) + `"}]}`, `{"main":[{"mark":"` + text(MaxText+1) + `"}]}`, "text too long"},
		{"name", `{"services":[{"name":"` + strings.Repeat("n", MaxName) + `"}]}`, `{"services":[{"name":"` + strings.Repeat("n", MaxName+1) + `"}]}`, "invalid name"},
		{"address", `{"main":[{"dial":"tcp:` + strings.Repeat("n", MaxName) + `"}]}`, `{"main":[{"dial":"tcp:` + strings.Repeat("n", MaxName+1) + `"}]}`, "invalid address"},
		{"duration", `{"main":[{"block":"24h"}]}`, `{"main":[{"block":"86400.000000001s"}]}`, "invalid duration"},
		{"code", `{"main":[{"return":255}]}`, `{"main":[{"return":256}]}`, "invalid number"},
		{"configuration", `{"config":{` + settings(MaxStimuli) + `}}`, `{"config":{` + settings(MaxStimuli+1) + `}}`, "wrong value"},
		{"signals", `{"signals":[` + list(`{"after":"host.build","send":"SIGINT"}`, MaxStimuli) + `]}`, `{"signals":[` + list(`{"after":"host.build","send":"SIGINT"}`, MaxStimuli+1) + `]}`, "too many signals"},
		{"signal handlers", `{"signalHandlers":[` + list(`{"signal":"SIGINT"}`, MaxStimuli) + `]}`, `{"signalHandlers":[` + list(`{"signal":"SIGINT"}`, MaxStimuli+1) + `]}`, "too many signal handlers"},
		{"steps of several scripts", `{"processExit":[` + list(`{"mark":"x"}`, 40_000) + `],"main":[` + list(`"yield"`, MaxSteps-40_000) + `]}`, `{"processExit":[` + list(`{"mark":"x"}`, 40_000) + `],"main":[` + list(`"yield"`, MaxSteps-39_999) + `]}`, "too many steps"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := Parse("f", []byte(c.good)); err != nil {
				t.Errorf("the last that is allowed: %v", err)
			}
			_, err := Parse("f", []byte(c.bad))
			if all := doc.All(err); len(all) != 1 || all[0].Rule != c.rule {
				t.Errorf("the first that is not: %v, want %q", err, c.rule)
			}
		})
	}
}

// TestDurationsAtTheEdge: how many digits a number may have, and that a refusal gives no duration.
func TestDurationsAtTheEdge(t *testing.T) {
	const nines = "999999999999999999" // 18
	for _, c := range []struct {
		text string
		want time.Duration
		err  string
	}{
		{text: "0.1" + strings.Repeat("0", 17) + "s", want: 100 * time.Millisecond},
		{text: "0.1" + strings.Repeat("0", 18) + "s", err: "expected a duration"},
		{text: strings.Repeat("0", 17) + "1s", want: time.Second},
		{text: strings.Repeat("0", 18) + "1s", err: "expected a duration"},
		{text: nines + "ns", err: "expected at most 24h0m0s"},
		{text: "23.999999999999999999h", err: "expected a whole number of nanoseconds"},
		{text: "86399.999999999s", want: MaxDuration - 1},
		{text: "24.0h", want: MaxDuration},
		{text: "24.000000000001h", err: "expected a whole number of nanoseconds"},
		{text: "24.5h", err: "expected at most 24h0m0s"},
		{text: "1.5us", want: 1500},
		{text: "1.5µs", want: 1500},
		{text: "1.0005us", err: "expected a whole number of nanoseconds"},
		{text: "1", err: "expected a unit: ns, us, ms, s, m or h"},
		{text: "1.", err: "expected a duration"},
	} {
		got, err := ParseDuration(c.text)
		if got != c.want || (err == nil) != (c.err == "") || err != nil && !strings.HasPrefix(err.Error(), c.err) {
			t.Errorf("%s: %v, %v; want %v, %q", c.text, got, err, c.want, c.err)
		}
	}
}

// TestNamesOfActorsAreReserved: whoever has a vocabulary of its own, and nobody else, lends its name to no service.
func TestNamesOfActorsAreReserved(t *testing.T) {
	for name := range vocabulary {
		if !isName(name, "_-") || ValidName(name) {
			t.Errorf("a service may be called %s, like the actor", name)
		}
	}
	for name := range reserved {
		if _, ok := vocabulary[name]; !ok {
			t.Errorf("%s is reserved for an actor that does nothing", name)
		}
	}
}

func TestBelongs(t *testing.T) {
	p := mustParse("services: [{name: a}, {name: l, kind: lifecycle}, {name: w, kind: background, watchTokens: true}]\n")
	for _, c := range []struct {
		event string
		want  bool
	}{
		{"host.run", true}, {"host.run.begin", true}, {"host.run.end", true}, {"host.run.middle", false}, {"host.mark", false}, {"host/thread.mark", true}, {"host.", false}, {"host", false},
		{"main.return", true}, {"main.mark", true}, {"main.dial.begin", true}, {"main.run", false}, {"main/thread.mark", true}, {"main/thread/thread.mark", true}, {"main/thread.return", false},
		{"lifetime.applicationStopped.end", true}, {"lifetime.mark", true}, {"lifetime.stop", false}, {"hostLifetime.waitForStart", true}, {"hostLifetime.threw", true}, {"hostLifetime.start", false},
		{"process.exit.begin", true}, {"process.mark", false}, {"processExit.mark", true}, {"processExit.exit", false},
		{"signal.SIGKILL", true}, {"signal.SIGUSR1", false}, {"signalHandler.SIGHUP", true}, {"signalHandler.SIGKILL", false}, {"systemd.notify", true}, {"systemd.mark", false},
		{"log.Critical", true}, {"log.Fatal", false}, {"net.anything", true}, {"net.", false}, {"world.leak", true}, {"world", false},
		{"a.start", true}, {"a.start.token", true}, {"a.starting", false}, {"l.starting.begin", true}, {"l.execute", false}, {"w.execute.token", true}, {"w.starting", false},
		{"a.mark", true}, {"a.build", false}, {"a/thread.mark", true}, {"a/thread.start", false}, {"b.start", false}, {"b/thread.mark", false}, {"", false}, {".", false},
	} {
		if got := p.Belongs(c.event); got != c.want {
			t.Errorf("%q belongs to the plan: %t, want %t", c.event, got, c.want)
		}
		signal := "services: [{name: a}, {name: l, kind: lifecycle}, {name: w, kind: background, watchTokens: true}]\nsignals: [{after: \"" + c.event + "\", send: SIGINT}]\n"
		if _, err := Parse("f", []byte(signal)); (err == nil) != c.want {
			t.Errorf("a signal after %q: %v", c.event, err)
		}
	}
}

// TestEverythingKnowsItsPlace: for the messages of whoever plays the plan.
func TestEverythingKnowsItsPlace(t *testing.T) {
	p := mustParse(`services:
- {name: a}
- name: b
  start:
  - mark: x
  - spawn:
    - yield
main:
- build
signals:
- {after: b.mark, send: SIGINT}
connections:
- {name: c, after: b.mark, dial: tcp:web}
files:
- {path: a, state: live}
`)
	start := p.Services[1].Hooks[HookStart]
	for _, c := range []struct {
		name      string
		got, want Pos
	}{
		{"a service", p.Services[0].Pos, Pos{2, 3}},
		{"the next", p.Services[1].Pos, Pos{3, 3}},
		{"a step", start[0].Pos, Pos{5, 5}},
		{"a thread", start[1].Pos, Pos{6, 5}},
		{"a step of a thread", start[1].Steps[0].Pos, Pos{7, 7}},
		{"a step of main", p.Main[0].Pos, Pos{9, 3}},
		{"a signal", p.Signals[0].Pos, Pos{11, 3}},
		{"a connection", p.Connections[0].Pos, Pos{13, 3}},
		{"a file", p.Files[0].Pos, Pos{15, 3}},
	} {
		if c.got != c.want {
			t.Errorf("%s stands at %v, want %v", c.name, c.got, c.want)
		}
	}
	unsent := Unreachable(mustParse("main: [build]\nsignals:\n- {after: host.build, send: SIGINT}\n- {after: host.start, send: SIGINT}\nconnections:\n- {name: c, after: host.stop, dial: tcp:a}\n"))
	if want := []Unsent{{"host.start", Pos{4, 3}}, {"host.stop", Pos{6, 3}}}; !slices.Equal(unsent, want) {
		t.Errorf("never sent: %v, want %v", unsent, want)
	}
}
