package recorded

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hostsim/hostsim/scenarios/doc"
)

func TestLibraryIsRead(t *testing.T) {
	all, err := All()
	if err != nil {
		t.Fatal(err)
	}
	perRelease := map[string]int{}
	for _, rec := range all {
		perRelease[rec.Release]++
		seen := 0
		for i := range rec.Variants {
			v := &rec.Variants[i]
			seen += v.Seen
			if len(v.Trace.Events) == 0 || v.Trace.Events[0].What != "build" {
				t.Errorf("%s of %s, variant %d: does not begin with host.build", rec.Name, rec.Release, i+1)
			}
		}
		if seen != rec.Runs {
			t.Errorf("%s of %s: %d runs in the variants, %d in all", rec.Name, rec.Release, seen, rec.Runs)
		}
	}
	for release, least := range map[string]int{"dotnet-2.2": 122, "dotnet-3.1": 122, "dotnet-6": 125, "dotnet-7": 125, "dotnet-8": 144, "dotnet-9": 144, "dotnet-10": 144} {
		if perRelease[release] < least {
			t.Errorf("%s: %d recordings, want at least %d", release, perRelease[release], least)
		}
	}
}

// TestFormatIsStable: every file of the library is what Format writes of its own recordings.
func TestFormatIsStable(t *testing.T) {
	for _, dir := range []string{".", Random} {
		entries, err := files.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if e.IsDir() || e.Name() == exceptionsFile {
				continue
			}
			data, err := files.ReadFile(strings.TrimPrefix(dir+"/"+e.Name(), "./"))
			if err != nil {
				t.Fatal(err)
			}
			recs, err := Parse(e.Name(), data)
			if err != nil {
				t.Fatal(err)
			}
			again, err := Format(recs)
			if err != nil || string(again) != string(data) {
				t.Errorf("%s: Format writes it differently (error %v); import it anew", e.Name(), err)
			}
		}
	}
}

const good = `name: p
plan: {services: [{name: a}]}
runs: {dotnet-3.1: 3, dotnet-10: 2}
variants:
- seen: {dotnet-3.1: 2, dotnet-10: 2}
  end: exited 0
  events: |2
     0  0  host build begin
    12  9  a start begin (token cancelled)
- seen: {dotnet-3.1: 1}
  end: hang
  truncated: true
  events: |
    0  host build begin
`

func TestParse(t *testing.T) {
	recs, err := Parse("p.yaml", []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	if len(recs) != 2 || recs[0].Release != "dotnet-3.1" || len(recs[0].Variants) != 2 || len(recs[1].Variants) != 1 || recs[0].Runs != 3 {
		t.Fatalf("%+v", recs)
	}
	if at := recs[1].Variants[0].Trace.Events[1].At.Milliseconds(); at != 9 {
		t.Errorf("time of the second column: %d ms", at)
	}
	if v := recs[0].Variants[1]; !v.Truncated || v.Trace.End.Kind != "hang" || v.Seen != 1 {
		t.Errorf("%+v", v)
	}
}

func TestParseJSON(t *testing.T) {
	recs, err := Parse("p.json", []byte(`{"plan":"p","release":"dotnet-3.1","recordings":1,"definition":{"services":[{"name":"a"}]},
		"variants":[{"seen":1,"end":{"kind":"signaled","signal":"SIGABRT"},"truncated":true,"events":[{"ms":1,"who":"a","what":"start","phase":"begin","tokenCancelled":true}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	v := recs[0].Variants[0]
	if v.Trace.End.Signal != "SIGABRT" || !v.Truncated || len(v.Trace.Events) != 1 || recs[0].Plan.Services[0].Name != "a" {
		t.Errorf("%+v", v)
	}
}

func TestParseErrors(t *testing.T) {
	edit := func(old, new string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("%q is not in the file", old)
		}
		return strings.Replace(good, old, new, 1)
	}
	for name, c := range map[string]struct{ text, want string }{
		"no mapping":         {"- a\n", "f:1:1: wrong value in recordings: found a list, expected a mapping with the keys name, plan, runs or variants"},
		"unknown key":        {edit("runs:", "rums:"), `f:1:1: missing key in recordings: expected "runs"` + "\n" + `f:3:1: unknown key in recordings: found "rums", expected name, plan, runs or variants; did you mean "runs"?`},
		"plan":               {edit("name: a", "nam: a"), `f:2:19: missing key in service 1: expected "name"` + "\n" + `f:2:20: unknown key in service 1`},
		"release":            {edit("seen: {dotnet-3.1: 1}", "seen: {dotnet-4: 1}"), `f:10:10: unknown release in seen: found "dotnet-4", expected a release that stands under "runs"`},
		"end":                {edit("end: hang", "end: hung"), `f:11:8: invalid end: found "hung", expected "exited CODE", "signaled SIGNAL", "deadlock", "hang" or "killed"; did you mean "hang"?`},
		"time":               {edit("    12  9  a", "    12  a"), `f:9:1: no time: found "12  a start begin (token cancelled)", expected 2 numbers of milliseconds, one for each release under "seen"`},
		"event":              {edit("(token cancelled)", "(token)"), "f:9:1: invalid event: something after the event"},
		"runs":               {edit("dotnet-10: 2}\nvar", "dotnet-10: 0}\nvar"), "f:3:34: wrong value in runs: found 0, expected a number of runs, 1 or more"},
		"truncated":          {edit("truncated: true", "truncated: maybe"), `f:12:14: wrong value in truncated: found "maybe", expected true`},
		"without a variant":  {edit("runs: {", "runs: {dotnet-6: 1, "), `f:3:7: release without a variant: found dotnet-6, expected it under "seen" of at least one variant`},
		"events":             {edit("events: |\n    0  host build begin\n", "events: []\n"), "f:13:11: wrong value in events: found an empty list, expected lines of text"},
		"json, missing keys": {`{"definition":{},"plan":"p"}`, `f:1:1: missing key in a recording: expected "release"`},
		"json, variants":     {`{"definition":{},"plan":"p","release":"r","recordings":1,"variants":[]}`, "f:1:69: wrong value in variants: found an empty list"},
		"json, an event":     {`{"definition":{},"plan":"p","release":"r","recordings":1,"variants":[{"seen":1,"end":{"kind":"hang"},"events":[{"ms":"0","who":"a","what":"b"}]}]}`, `f:1:118: wrong value in ms: found "0", expected a number of milliseconds`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("f", []byte(c.text))
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestLoadChecksNames(t *testing.T) {
	_, err := Load(fstest.MapFS{"other.yaml": {Data: []byte(good)}})
	if err == nil || !strings.Contains(err.Error(), `the plan is called "p": expected "other"`) {
		t.Error(err)
	}
}

func TestFormatRefuses(t *testing.T) {
	recs, err := Parse("p.yaml", []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Format(nil); err == nil {
		t.Error("nothing is written without an error")
	}
	if _, err := Format([]*Recording{recs[0], recs[0]}); err == nil || !strings.Contains(err.Error(), "two recordings of p by dotnet-3.1") {
		t.Error(err)
	}
	other := *recs[1]
	other.Name = "q"
	if _, err := Format([]*Recording{recs[0], &other}); err == nil || !strings.Contains(err.Error(), "different plans") {
		t.Error(err)
	}
	odd := *recs[1]
	odd.Variants = []Variant{{Seen: 1, Trace: recs[1].Variants[0].Trace}}
	odd.Variants[0].Trace.Events = append(odd.Variants[0].Trace.Events[:0:0], recs[1].Variants[0].Trace.Events...)
	odd.Variants[0].Trace.Events[0].At++
	if _, err := Format([]*Recording{&odd}); err == nil || !strings.Contains(err.Error(), "no whole number of milliseconds") {
		t.Error(err)
	}
}

func TestReleaseLess(t *testing.T) {
	for _, c := range [][2]string{{"dotnet-2.2", "dotnet-3.1"}, {"dotnet-9", "dotnet-10"}, {"dotnet-10", "node-8"}, {"core", "dotnet-6"}} {
		if !releaseLess(c[0], c[1]) || releaseLess(c[1], c[0]) {
			t.Errorf("%s is not before %s", c[0], c[1])
		}
	}
}

// FuzzParse: any bytes give recordings or errors with places, and recordings are written and read back.
func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte(`{"plan":"p","release":"r","recordings":1,"definition":{"main":["build"]},"variants":[{"seen":1,"end":{"kind":"hang"},"events":[{"ms":1.5,"who":"a","what":"b","detail":7}]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		recs, err := Parse("f", data)
		if err != nil {
			if len(doc.All(err)) == 0 {
				t.Fatalf("no *Error in %v", err)
			}
			return
		}
		text, err := Format(recs)
		if err != nil {
			return // times that are no whole milliseconds
		}
		if _, err := Parse("f", text); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
	})
}
