package protocol

import (
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/spec"
)

// fullPlan has every key and every kind of argument.
const fullPlan = `{
"options":{"shutdownTimeout":"1.5s","startupTimeout":"inf","concurrentStart":true,"concurrentStop":false,"backgroundException":"ignore"},
"config":{"b":"2","a":"1 \"quoted\""},
"services":[
 {"name":"a","kind":"lifecycle","watchTokens":true,"new":[{"mark":"x"}],"starting":[],"start":[{"delay":"300ms"},{"untilCancelled":"throw"},{"untilCancelled":true}],"stop":[{"onCancelThrow":"t"},{"throwCancelled":true}],"dispose":[{"block":"1us"}]},
 {"name":"w","kind":"background","execute":[{"spawn":[{"raise":"SIGTERM"},{"spawn":[{"yield":true}]}]},{"exit":3}]},
 {"name":"n","start":[{"listen":"tcp:web"},{"drain":"unix:a.sock"}]}],
"hostLifetime":{"kind":"scripted","waitForStart":[{"hang":true}],"stop":[]},
"applicationStarted":[[{"mark":"1"}],[]],"applicationStopping":[[{"stopApplication":true}]],"applicationStopped":[[]],
"processExit":[],"signalHandlers":[{"signal":"SIGINT","cancel":true}],
"main":[{"build":true},{"runCancelAfter":"2m"},{"return":7}],"mainCatches":true,
"signals":[{"after":"a.start.begin","wait":"10ms","send":"SIGKILL"}],
"connections":[{"name":"c","after":"host.build","wait":"1s","dial":"tcp:web","hold":"inf"}],
"files":[{"path":"a.sock","state":"stale"}]}`

// withoutPlaces takes the places in the file out of a plan.
var withoutPlaces = cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Pos" }, cmp.Ignore())

func TestEncodedPlanReadsBack(t *testing.T) {
	for _, text := range []string{fullPlan, `{}`, `{"services":[{"name":"a"}]}`, `{"processExit":[{"block":"inf"}]}`} {
		p, err := plan.Parse("p", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		data := EncodePlan(p, spec.Virtual)
		again, err := plan.Parse("again", data)
		if err != nil {
			t.Fatalf("%s: %v", data, err)
		}
		if diff := cmp.Diff(p, again, withoutPlaces, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s\n%s", data, diff)
		}
	}
}

func TestStimuliAreNotTheAdaptersInTheProcessLane(t *testing.T) {
	p, err := plan.Parse("p", []byte(fullPlan))
	if err != nil {
		t.Fatal(err)
	}
	data := EncodePlan(p, spec.Process)
	again, err := plan.Parse("again", data)
	if err != nil {
		t.Fatal(err)
	}
	if len(again.Signals)+len(again.Connections)+len(again.Files) != 0 || len(again.Services) != 3 {
		t.Errorf("%s", data)
	}
}

func TestCommandsAreReadAsTheyWereWritten(t *testing.T) {
	want := []Run{
		{ID: 1, Lane: spec.Process, Fresh: true, Dir: `/tmp/a "b"`, Plan: []byte(`{"services":[]}`)},
		{ID: 2, Lane: spec.Virtual, Plan: []byte(`{"config":{"x":"` + strings.Repeat("y", 100_000) + `"}}`)},
	}
	var b []byte
	for _, r := range want {
		b = AppendRun(b, r)
	}
	in := NewCommandReader(strings.NewReader(string(b)))
	for _, w := range want {
		got, err := in.Next()
		if diff := cmp.Diff(w, got); err != nil || diff != "" {
			t.Errorf("error %v\n%s", err, diff)
		}
	}
	if _, err := in.Next(); err != io.EOF {
		t.Errorf("error %v at the end", err)
	}
}

func TestBadCommands(t *testing.T) {
	for _, c := range []struct{ name, line, says string }{
		{"no JSON", "run", "not JSON"},
		{"another command", `{"stop":{}}`, `protocol: unknown command "{\"stop\":{}}\n", expected {"run":{…}}`},
		{"another version", `{"run":{"protocol":2,"plan":{}}}`, "version 2"},
		{"no plan", `{"run":{"protocol":1}}`, "without a plan"},
		{"too long", strings.Repeat(" ", maxCommand+1), "more than"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := NewCommandReader(strings.NewReader(c.line + "\n")).Next()
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, want one that says %q", err, c.says)
			}
		})
	}
}
