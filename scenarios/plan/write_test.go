package plan

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hostsim/hostsim/scenarios/doc"
)

const full = `options:
  shutdownTimeout: 900ms
  startupTimeout: inf
  concurrentStart: true
  concurrentStop: false
  backgroundException: ignore
config: {ShutdownTimeoutSeconds: "1", note: "a: b"}
services:
- {name: a}
- {name: b, kind: lifecycle, starting: [yield], stopped: [throw: too late]}
- {name: w, kind: background, watchTokens: true, execute: [untilCancelled: throw, onCancelBlock: 20ms]}
- name: web
  new: []
  start: [listen: tcp:web, spawn: [accept: tcp:web]]
  stop: [drain: tcp:web, close: tcp:web]
hostLifetime:
  waitForStart: [delay: 1500ms]
  stop: [raise: SIGINT]
applicationStarted:
- [mark: one]
- [spawn: [sleep: 20us, stopApplication, mark: "2"]]
applicationStopping: [[]]
applicationStopped: [[exitCode: 5]]
processExit: []
signalHandlers:
- {signal: SIGTERM, cancel: true}
- {signal: SIGHUP, cancel: false}
main: [build, runCancelAfter: 3s, return: 3]
mainCatches: true
signals:
- {after: lifetime.applicationStarted, wait: 0s, send: SIGKILL}
connections:
- {name: c1, after: w.execute.begin, wait: 1s, dial: tcp:web, hold: inf}
files:
- {path: app.sock, state: stale}
`

var samePlan = cmp.Options{cmpopts.IgnoreTypes(Pos{}), cmp.Comparer(func(a, b *StepKind) bool { return a == b })}

func TestWriteReadsBack(t *testing.T) {
	p, err := Parse("f.yaml", []byte(full))
	if err != nil {
		t.Fatal(err)
	}
	if got := string(AppendYAML(nil, p)); got != full {
		t.Errorf("written as\n%s", cmp.Diff(full, got))
	}
	text := string(AppendJSON(nil, p))
	if strings.Contains(text, "\n") || !strings.Contains(text, `{"untilCancelled":"throw"}`) || !strings.Contains(text, `{"stopApplication":true}`) || !strings.Contains(text, `{"name":"a","kind":"hosted"}`) {
		t.Errorf("as JSON: %s", text)
	}
	for _, data := range [][]byte{[]byte(text), AppendYAML(nil, p)} {
		back, err := Parse("f", data)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(p, back, samePlan); d != "" {
			t.Error(d)
		}
	}
}

// FuzzParse: any bytes give a plan or errors with places; a plan is written as YAML and as JSON and read back as the same.
func FuzzParse(f *testing.F) {
	f.Add([]byte(full))
	f.Add([]byte(`{"definition":{"main":[{"build":true},{"run":1},{"return":3}],"signals":[{"after":"host.run.begin","wait":"300ms","send":"SIGINT"}]}}`))
	f.Add([]byte("services: [{name: a, stop: [{spawn: [{spawn: [hang]}]}]}]\n"))
	f.Add([]byte("services: [{name: a, kind: background, execute: [dealy: 3]}]\nx: &a [*a]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Parse("f", data)
		if err != nil {
			list := doc.All(err)
			if len(list) == 0 || len(list) > doc.MaxReports+1 || p != nil {
				t.Fatalf("%d errors, plan %v: %v", len(list), p, err)
			}
			return
		}
		Unreachable(p)
		for _, text := range [][]byte{AppendYAML([]byte("# \n"), p), AppendJSON(nil, p)} {
			back, err := Parse("f", text)
			if err != nil {
				if len(text) > doc.MaxBytes { // short words of the input may be long ones in the output
					continue
				}
				t.Fatalf("%v\n%s", err, text)
			}
			if d := cmp.Diff(p, back, samePlan, cmpopts.EquateEmpty()); d != "" {
				t.Fatalf("%s\n%s", d, text)
			}
		}
	})
}

func TestRegistries(t *testing.T) {
	for _, k := range Keys() {
		if n := keySchema(k.Name); len(n.Items) == 0 || !strings.HasSuffix(k.Doc, ".") {
			t.Errorf("the key %s has no schema or no documentation", k.Name)
		}
	}
	for i, k := range Steps() {
		if k.Doc == "" || k.In == 0 || LookupStep(k.Name) != k {
			t.Errorf("step %s: %+v", k.Name, k)
		}
		if i > 0 && Steps()[i-1].Name >= k.Name {
			t.Errorf("%s is out of order", k.Name)
		}
	}
	for name, register := range map[string]func(){
		"step": func() { RegisterStep(StepKind{Name: "delay"}) }, "key": func() { registerKey(Key{Name: "main"}) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("a second %s of one name is accepted", name)
				}
			}()
			register()
		}()
	}
}

func BenchmarkParse(b *testing.B) {
	for name, data := range map[string][]byte{"yaml": []byte(full), "json": AppendJSON(nil, mustParse(full))} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse("f", data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func mustParse(text string) *Plan {
	p, err := Parse("f", []byte(text))
	if err != nil {
		panic(err)
	}
	return p
}
