package plan

import (
	"bytes"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/hostsim/hostsim/scenarios/doc"
)

func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	root, defs := Schema()
	root.Set("$defs", defs)
	s, err := jsonschema.UnmarshalJSON(bytes.NewReader(doc.AppendJSON(nil, &root)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("plan.json", s); err != nil {
		t.Fatal(err)
	}
	out, err := c.Compile("plan.json")
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestSchemaAndParserAgree: what an editor marks is what the parser refuses, apart from rules that JSON Schema cannot state
// (beyond: it accepts what the parser refuses).
func TestSchemaAndParserAgree(t *testing.T) {
	const (
		good   = "good"
		bad    = "bad"
		beyond = "beyond"
	)
	schema := compiledSchema(t)
	check := func(t *testing.T, text, want string) {
		t.Helper()
		n, err := doc.Parse("f", []byte(text))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(doc.AppendJSON(nil, n)))
		if err != nil {
			t.Fatal(err)
		}
		_, refused := Parse("f", []byte(text))
		marked := schema.Validate(v)
		if (refused == nil) != (want == good) || (marked == nil) != (want != bad) {
			t.Errorf("%s is %s\nparser: %v\nschema: %v", text, want, refused, marked)
		}
	}
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "{}", good},
		{"everything", full, good},
		{"everything, everywhere", everywhere, good},
		{"another key", "other: 1", bad},
		{"a list", "[]", bad},

		{"options, each", "options: {shutdownTimeout: 1s, startupTimeout: 1.5s, concurrentStart: 1, concurrentStop: true, backgroundException: stopHost}", good},
		{"options, in the words of the recordings", "options: {backgroundException: StopHost}", good},
		{"options, another key", "options: {timeout: 1s}", bad},
		{"options, a flag as a text", "options: {concurrentStart: 'true'}", bad},
		{"options, a flag as a number", "options: {concurrentStop: 0}", bad},
		{"options, a word", "options: {backgroundException: stop}", bad},
		{"options, a duration as a number", "options: {startupTimeout: 3}", bad},
		{"duration without a unit", "options: {startupTimeout: '3'}", bad},
		{"duration without a number", "options: {startupTimeout: s}", bad},
		{"duration in any unit", "main: [{block: 1ns}, {block: 1us}, {block: 1µs}, {block: 1ms}, {block: 1s}, {block: 1m}, {block: 1h}, {block: inf}]", good},
		{"duration with a sign", "main: [{block: -1s}]", bad},
		{"duration in two parts", "main: [{block: 1h1m}]", bad},
		{"duration that is too long", "main: [{block: 25h}]", beyond},

		{"configuration", "config: {a: b}", good},
		{"configuration, a list", "config: [a]", bad},
		{"configuration, a list as a value", "config: {a: [b]}", bad},

		{"service", "services: [{name: a}]", good},
		{"service, each kind", "services: [{name: a, kind: hosted}, {name: b, kind: lifecycle}, {name: c, kind: background}]", good},
		{"service without a name", "services: [{kind: hosted}]", bad},
		{"service with a number for a name", "services: [{name: 7}]", bad},
		{"service with a truth value for a name", "services: [{name: true}]", bad},
		{"service whose name begins with a digit", "services: [{name: 7a}]", bad},
		{"service with a name of one letter", "services: [{name: A}]", good},
		{"service with a name of others", "services: [{name: net}]", beyond},
		{"service of another kind", "services: [{name: a, kind: other}]", bad},
		{"service that is a text", "services: [a]", bad},
		{"service with a flag", "services: [{name: a, watchTokens: true}]", good},
		{"service with a name for a flag", "services: [{name: a, watchTokens: a}]", bad},
		{"two services of one name", "services: [{name: a}, {name: a}]", beyond},
		{"hosted service with a hook of others", "services: [{name: a, starting: []}]", bad},
		{"background service with a hook of others", "services: [{name: a, kind: background, start: []}]", bad},
		{"lifecycle service with a body", "services: [{name: a, kind: lifecycle, execute: []}]", bad},
		{"new waits", "services: [{name: a, new: [{delay: 1s}]}]", bad},
		{"dispose waits", "services: [{name: a, dispose: [yield]}]", bad},
		{"start waits", "services: [{name: a, start: [{delay: 1s}]}]", good},

		{"callback", "applicationStarted: [[]]\napplicationStopping: [[{mark: x}]]\napplicationStopped: []", good},
		{"callback that is a step", "applicationStarted: [{mark: x}]", bad},
		{"callback that waits", "applicationStopping: [[yield]]", bad},
		{"exit handler", "processExit: [{block: 1s}]", good},
		{"exit handler that waits", "processExit: [{sleep: 1s}]", bad},
		{"host lifetime", "hostLifetime: {waitForStart: [{delay: 1s}], stop: [yield]}", good},
		{"host lifetime of another kind", "hostLifetime: {kind: console}", bad},
		{"host lifetime with a script that it has not", "hostLifetime: {kind: none, stop: []}", beyond},
		{"signal handler", "signalHandlers: [{signal: SIGINT}, {signal: SIGHUP, cancel: 1}]", good},
		{"signal handler without a signal", "signalHandlers: [{cancel: true}]", bad},
		{"signal handler of what nobody handles", "signalHandlers: [{signal: SIGKILL}]", bad},
		{"main catches", "mainCatches: true", good},
		{"main catches much", "mainCatches: much", bad},
		{"accept in main", "main: [{accept: tcp:web}]", bad},
		{"build in a thread", "main: [{spawn: [build]}]", bad},

		{"signal", "signals: [{after: host.build, send: SIGKILL}]", good},
		{"signal without an event", "signals: [{send: SIGINT}]", bad},
		{"signal without a signal", "signals: [{after: host.build}]", bad},
		{"signal after half an event", "signals: [{after: host, send: SIGINT}]", bad},
		{"signal after an event of a thread", "signals: [{after: main/thread.mark, send: SIGINT}]", good},
		{"signal after what never happens", "signals: [{after: host.bild, send: SIGINT}]", beyond},
		{"signal after for ever", "signals: [{after: host.build, wait: inf, send: SIGINT}]", beyond},
		{"connection", "connections: [{name: c, after: host.build, dial: unix:a.sock}]", good},
		{"connection without a name", "connections: [{after: host.build, dial: tcp:web}]", bad},
		{"connection without an event", "connections: [{name: c, dial: tcp:web}]", bad},
		{"connection to nowhere", "connections: [{name: c, after: host.build}]", bad},
		{"connection to a port", "connections: [{name: c, after: host.build, dial: tcp:}]", bad},
		{"connection by another network", "connections: [{name: c, after: host.build, dial: udp:web}]", bad},
		{"two connections of one name", "connections: [{name: c, after: host.build, dial: tcp:a}, {name: c, after: host.build, dial: tcp:a}]", beyond},
		{"file, each state", "files: [{path: a, state: stale}, {path: b, state: live}, {path: c, state: foreign}, {path: d, state: readonly}]", good},
		{"file in another state", "files: [{path: a, state: dead}]", bad},
		{"file without a path", "files: [{state: stale}]", bad},
		{"file without a state", "files: [{path: a}]", bad},
		{"two files of one path", "files: [{path: a, state: live}, {path: a, state: stale}]", beyond},

		{"step, two in one", "main: [{build: true, run: true}]", bad},
		{"step, none", "main: [{}]", bad},
		{"step, a number", "main: [7]", bad},
		{"step, unknown", "main: [biuld]", bad},
	} {
		t.Run(c.name, func(t *testing.T) { check(t, c.text, c.want) })
	}
	t.Run("every step", func(t *testing.T) {
		for _, k := range Steps() {
			allowed, refused := argumentsOf(k)
			for _, in := range []Place{InAsync, InSync, InMain, InThread} {
				for _, arg := range allowed {
					want := good
					if k.In&in == 0 {
						want = bad
					}
					check(t, where(in, "{"+k.Name+": "+arg+"}"), want)
				}
				for _, arg := range refused {
					if arg == "0x1" {
						continue // no number of JSON
					}
					want := bad
					if k.In&in != 0 && (arg == "25h" || arg == `""`) {
						want = beyond
					}
					check(t, where(in, "{"+k.Name+": "+arg+"}"), want)
				}
			}
		}
	})
}

// TestSchemaSaysWhatItIs: an editor shows a sentence for every key and step, in the words of the registries.
func TestSchemaSaysWhatItIs(t *testing.T) {
	root, defs := Schema()
	says := func(n *doc.Node) string {
		if d := n.Get("description"); d != nil {
			return d.Text
		}
		return ""
	}
	for _, k := range Keys() {
		if got := says(root.Get("properties").Get(k.Name)); got != k.Doc {
			t.Errorf("the key %s is %q, want %q", k.Name, got, k.Doc)
		}
	}
	for _, p := range places {
		steps := defs.Get(p.step).Get("anyOf").Items[1].Get("properties")
		for i := range steps.Len() {
			name, step := steps.Pair(i)
			k := LookupStep(name.Text)
			if got := says(step); !strings.EqualFold(got, k.Doc+".") || got[:1] != strings.ToUpper(k.Doc[:1]) || strings.HasSuffix(k.Doc, ".") {
				t.Errorf("the step %s is %q, want the sentence that %q begins", name.Text, got, k.Doc)
			}
		}
	}
}
