package scenarios

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hostsim/hostsim/internal/golden"
	"github.com/hostsim/hostsim/scenarios/doc"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

const whole = `# yaml-language-server: $schema=../../schema.json
name: second-sigterm
title: A second SIGTERM changes nothing.
why: Operators press twice.
clauses: [HOST-SIG-005, HOST-SIG-016]
profiles: [strict, dotnet-6..]
lanes: [virtual]
plan:
  services:
  - {name: a, stop: [delay: 600ms]}
  signals:
  - {after: lifetime.applicationStarted, wait: 300ms, send: SIGTERM}
  - {after: a.stop.begin, wait: 200ms, send: SIGTERM}
expect:
  dotnet-6..dotnet-9, dotnet-10:
    timeline:
    - ...
    - 0.300  signal SIGTERM
    - unordered:
      - 0.300  lifetime applicationStopping
      - 0.300  log Debug Host#3
    - a stop begin (token cancelled)
    - ...
    end: exited 0
  strict:
    inOrder: [a stop begin, a stop end]
    never: [a start end cancelled]
    end: deadlock
    cycle:
    - main waits for the stop of a, held by a
    - a waits for main
    reason: it never
  dotnet-7:
    variants:
    - [a stop begin, ...]
    - [..., b stop begin]
    end: [exited 0, signaled SIGTERM]
`

func ignorePlaces() cmp.Options {
	return cmp.Options{cmpopts.IgnoreTypes(plan.Pos{}), cmp.Comparer(func(a, b *plan.StepKind) bool { return a == b })}
}

func TestParse(t *testing.T) {
	s, err := Parse("f.yaml", []byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	if s.Name != "second-sigterm" || s.Why != "Operators press twice." || len(s.Clauses) != 2 || s.Lanes[0] != Virtual || len(s.Plan.Signals) != 2 || len(s.Expect) != 3 {
		t.Errorf("%+v", s)
	}
	tl := s.Expect[0].Timeline
	if len(tl) != 5 || len(tl[0]) != 0 || len(tl[2]) != 2 || tl[1][0].Event.What != "SIGTERM" || tl[3][0].Given&trace.GivenTime != 0 || tl[3][0].Event.Token != trace.Cancelled {
		t.Errorf("%+v", tl)
	}
	if got := strings.Join(Expand(s.Expect[0].Profiles), " "); got != "dotnet-6 dotnet-7 dotnet-8 dotnet-9 dotnet-10" {
		t.Error(got)
	}
	if e := s.Expect[1]; e.Ends[0].End.Kind != trace.Deadlock || len(e.Cycle) != 2 || e.Cycle[0].GivenTime || e.Cycle[0].Wait.Holder != "a" || e.Reason != "it never" {
		t.Errorf("%+v", e)
	}
	if got := s.Expected("dotnet-7"); len(got) != 2 || len(got[1].Variants) != 2 || len(got[1].Ends) != 2 {
		t.Errorf("%+v", got)
	}
	if s.SpeaksOf("core") || !s.SpeaksOf("dotnet-8") || s.SpeaksOf("dotnet-3.1") || s.InLane(Process) || !s.InLane(Virtual) {
		t.Error("profiles or lanes")
	}
	if pos := tl[1][0].Pos; pos != (plan.Pos{Line: 18, Col: 7}) {
		t.Errorf("a line stands at %v", pos)
	}
}

func TestFormatReadsBack(t *testing.T) {
	s, err := Parse("f.yaml", []byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	for _, area := range []string{"", "SIG"} {
		s.Area = area
		text := Format(s)
		back, err := Parse("f.yaml", text)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		back.Area = area
		if d := cmp.Diff(s, back, ignorePlaces()); d != "" {
			t.Errorf("%s\n%s", d, text)
		}
		if again := Format(back); !bytes.Equal(again, text) {
			t.Errorf("written differently the second time:\n%s\n%s", text, again)
		}
		want := "# yaml-language-server: $schema=" + map[string]string{"": SchemaURL, "SIG": "../../schema.json"}[area] + "\n"
		if !strings.HasPrefix(string(text), want) {
			t.Errorf("begins with %q", text[:80])
		}
	}
}

func TestParseErrors(t *testing.T) {
	edit := func(old, new string) string {
		if !strings.Contains(whole, old) {
			t.Fatalf("%q is not in the file", old)
		}
		return strings.Replace(whole, old, new, 1)
	}
	for name, c := range map[string]struct{ text, want string }{
		"no mapping":         {"[]", "f:1:1: wrong value in scenario: found an empty list, expected a mapping with the keys name, title"},
		"missing keys":       {"name: a\n", "f:1:1: missing key in scenario: expected \"title\"\nf:1:1: missing key in scenario: expected \"plan\""},
		"unknown key":        {edit("clauses:", "clause:"), `f:5:1: unknown key in scenario: found "clause", expected name, title, why, clauses, profiles, lanes, plan, schedule or expect; did you mean "clauses"?`},
		"name":               {edit("name: second-sigterm", "name: Second SIGTERM"), `f:2:7: invalid name in scenario: found "Second SIGTERM"`},
		"title":              {edit("title: A second SIGTERM changes nothing.", "title: 7"), "f:3:8: wrong value in title: found 7, expected a text"},
		"clause":             {edit("HOST-SIG-016", "HOST-SIG-16"), `f:5:25: invalid clause id in clauses: found "HOST-SIG-16", expected an id such as HOST-STOP-004`},
		"clause twice":       {edit("HOST-SIG-016", "HOST-SIG-005"), `f:5:25: the same word twice in clauses: found "HOST-SIG-005", expected each once`},
		"profile":            {edit("[strict, dotnet-6..]", "[strict, dotnet-4..]"), `f:6:20: there is no profile "dotnet-4": expected dotnet, core, strict, dotnet-2.2`},
		"lane":               {edit("[virtual]", "[virtaul]"), `f:7:9: unknown lane: found "virtaul", expected virtual or process; did you mean "virtual"?`},
		"plan":               {edit("delay: 600ms", "dealy: 600ms"), `f:10:22: unknown step in service a, stop: found "dealy"`},
		"stimulus":           {edit("after: a.stop.begin", "after: host.stop.begin"), `f:13:5: event that never happens in this plan in a stimulus: found "host.stop.begin", expected an event that main or a script causes`},
		"expected profile":   {edit("  strict:\n    inOrder", "  strikt:\n    inOrder"), `f:25:3: there is no profile "strikt": expected dotnet, core, strict`},
		"unspoken profile":   {edit("  strict:\n    inOrder", "  dotnet-2.2:\n    inOrder"), `f:25:3: expectation for a profile that the scenario does not speak about in expect: found "dotnet-2.2", expected one of strict, dotnet-6`},
		"expectation":        {edit("    end: exited 0\n  strict", "    ende: exited 0\n  strict"), `f:24:5: unknown key in expect, dotnet-6..dotnet-9, dotnet-10: found "ende", expected timeline, variants, inOrder, never, end, cycle or reason; did you mean "end"?`},
		"line":               {edit("- 0.300  signal SIGTERM", "- 0.300  signal"), `f:18:20: invalid event: no event of the actor in expect, dotnet-6..dotnet-9, dotnet-10, timeline: found "0.300  signal"`},
		"line that is none":  {edit("- 0.300  signal SIGTERM", "- 7"), "f:18:7: wrong value in expect, dotnet-6..dotnet-9, dotnet-10, timeline: found 7"},
		"two ellipses":       {edit("- ...\n    - 0.300", "- ...\n    - ...\n    - 0.300"), `f:18:7: the same word twice`},
		"unordered of one":   {edit("      - 0.300  log Debug Host#3\n", ""), "f:20:7: wrong number of lines in expect, dotnet-6..dotnet-9, dotnet-10, timeline, unordered: found 1, expected a list of 2 to 64 lines"},
		"end":                {edit("end: exited 0\n  strict", "end: exits 0\n  strict"), `f:24:10: invalid end: found "exits 0"`},
		"cycle without one":  {edit("    end: deadlock\n", "    end: exited 0\n"), `f:30:5: key that does not fit in expect, strict, cycle: found a list, expected it only with "end: deadlock"`},
		"wait":               {edit("a waits for main", "a waits"), `f:31:7: invalid wait: no "waits for" in expect, strict, cycle`},
		"one variant":        {edit("    - [..., b stop begin]\n", ""), "f:35:5: wrong value in expect, dotnet-7, variants: found a list, expected a list of two timelines or more"},
		"timeline, variants": {edit("  dotnet-7:\n", "  dotnet-7:\n    timeline: [...]\n"), `f:36:5: two ways to say one thing in expect, dotnet-7: found timeline and variants, expected one of them`},
		"nothing expected":   {edit("    inOrder: [a stop begin, a stop end]\n    never: [a start end cancelled]\n    end: deadlock\n    cycle:\n    - main waits for the stop of a, held by a\n    - a waits for main\n    reason: it never\n", ""), "f:25:10: wrong value in expect, strict: found nothing, expected a mapping with the keys timeline"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Parse("f", []byte(c.text))
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
			if s != nil || len(doc.All(err)) == 0 {
				t.Errorf("a scenario with the error, or no *Error in %T", err)
			}
		})
	}
}

func TestParseAny(t *testing.T) {
	const json = `{"plan":"p","release":"dotnet-3.1","recordings":1,"definition":{"services":[{"name":"a"}]},"variants":[{"seen":1,"end":{"kind":"hang"},"events":[]}]}`
	for name, c := range map[string]struct {
		file, text, name string
		recordings       int
	}{
		"a scenario":                 {"x/y.yaml", whole, "second-sigterm", 0},
		"a plan in YAML":             {"x/y.yaml", "services: [{name: a}]\n", "y", 0},
		"a plan in JSON":             {`x\plan.json`, `{"services":[{"name":"a"}],"signals":[{"after":"host.run.begin","wait":"1s","send":"SIGINT"}],"main":["build","start"]}`, "plan", 0},
		"a recording in JSON":        {"y.json", json, "p", 1},
		"a plan under definition":    {"y.json", `{"definition":{"services":[{"name":"a"}]}}`, "y", 0},
		"recordings in YAML":         {"y.yaml", "name: q\nplan: {services: [{name: a}]}\nruns: {dotnet-3.1: 1, dotnet-6: 1}\nvariants:\n- seen: {dotnet-3.1: 1, dotnet-6: 1}\n  end: hang\n  events: |\n    0 1  a new\n", "q", 2},
		"a scenario in JSON":         {"y.json", `{"name":"s","title":"T.","plan":{"services":[{"name":"a"}]},"expect":{"strict":{"end":"exited 0"}}}`, "s", 0},
		"a scenario without a title": {"y.yaml", "plan: {services: [{name: a}]}\n", "", -1},
		"no mapping":                 {"y.yaml", "- a\n", "", -1},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := ParseAny(c.file, []byte(c.text))
			if (err != nil) != (c.recordings < 0) {
				t.Fatalf("error %v", err)
			}
			if err == nil && (s.Name != c.name || len(s.Recordings) != c.recordings || s.Plan.Services[0].Name != "a" || s.Title == "") {
				t.Errorf("%+v", s)
			}
		})
	}
	s, err := ParseAny("y.json", []byte(json))
	if err != nil || s.Recording("dotnet-3.1") == nil || s.Recording("dotnet-6") != nil {
		t.Errorf("recordings of %+v, error %v", s, err)
	}
}

func TestLoadNamesEveryWrongFile(t *testing.T) {
	good := strings.Replace(whole, "HOST-SIG-005, ", "", 1)
	_, err := Load(fstest.MapFS{
		"SIG/second-sigterm.yaml": {Data: []byte(good)}, "STOP/second-sigterm.yaml": {Data: []byte(good)},
		"STOP/other.yaml": {Data: []byte(good)}, "STOP/broken.yaml": {Data: []byte("name: [")}, "README.md": {Data: []byte("no scenario")},
	})
	for _, want := range []string{"STOP/broken.yaml:", "STOP/other.yaml: wrong name: found second-sigterm, expected other, as the file is called", "STOP/second-sigterm.yaml: two scenarios of one name"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nhas no %s", err, want)
		}
	}
	list, err := Load(fstest.MapFS{"SIG/second-sigterm.yaml": {Data: []byte(good)}})
	if err != nil || len(list) != 1 || list[0].Area != "SIG" {
		t.Errorf("%v, %v", list, err)
	}
}

func TestSchemaIsCurrent(t *testing.T) {
	made := MakeSchema()
	if golden.Updating() {
		if err := os.WriteFile("schema.json", made, 0o644); err != nil {
			t.Fatal(err)
		}
	} else if !bytes.Equal(made, SchemaJSON) {
		t.Error("schema.json is not what MakeSchema makes; run go test ./scenarios -run Schema -update")
	}
}

// FuzzParseAny: any bytes give a scenario or errors with places; a scenario is written and read back.
func FuzzParseAny(f *testing.F) {
	f.Add([]byte(whole))
	f.Add([]byte("services: [{name: a, stop: [{delay: 1s}, hang]}]\nsignals: [{after: a.stop, send: SIGINT}]\n"))
	f.Add([]byte(`{"definition":{"main":[{"build":true},{"run":1}]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := ParseAny("f", data)
		if err != nil {
			if len(doc.All(err)) == 0 || s != nil {
				t.Fatalf("no *Error in %v, or a scenario with it", err)
			}
			return
		}
		if s.Expect == nil {
			s.Title = "T." // a bare plan has no name of its own
			s.Name, s.Profiles = "n", nil
		}
		text := Format(s)
		back, err := Parse("f", text)
		if err != nil {
			for _, e := range doc.All(err) {
				if !strings.Contains(e.Rule, "never happens") {
					t.Fatalf("%v\n%s", err, text)
				}
			}
			return
		}
		if again := Format(back); !bytes.Equal(text, again) {
			t.Fatalf("written as\n%s\nand again as\n%s", text, again)
		}
	})
}
