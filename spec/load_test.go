package spec

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// small is a contract of one area that is valid; rows spoil one file of it.
func small() fstest.MapFS {
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	return fstest.MapFS{
		"profiles.yaml": file(`profiles:
- {name: core, title: Core., column: strict}
- {name: strict, title: Strict., contains: [core]}
- {name: dotnet-3.1, title: Old., family: dotnet}
- {name: dotnet-10, title: New., family: dotnet}
`),
		"features.yaml": file("features:\n- {name: signals, what: Signals.}\n"),
		"matrix.yaml": file(`rules:
- name: colour
  what: The colour.
  part: host
  kind: word
  words: ["red: hot", "blue: cold"]
  values: {strict: red, dotnet-10..: blue}
  source: [STA-1]
`),
		"clauses/STOP.yaml": file(`area: STOP
title: Stopping
chapter: 1
clauses:
- id: HOST-STOP-001
  level: MUST
  text: It stops.
  why: So it does.
  source: [STP-1, "rec:plan", "test:Name", "#12"]
  profiles: [core, dotnet-10]
  rules: [colour]
  features: [signals]
  lanes: [virtual]
- id: HOST-STOP-002
  text: It stopped once.
  retired: nobody wanted it
`),
		"testdata/ids.golden": file("HOST-STOP-001\nHOST-STOP-002\n"),
	}
}

func TestLoadFS(t *testing.T) {
	s, err := LoadFS(small())
	if err != nil {
		t.Fatal(err)
	}
	c := s.Clause("HOST-STOP-001")
	if got, want := strings.Join(c.Profiles, " "), "core strict dotnet-10"; got != want {
		t.Errorf("the clause holds in %s, want %s", got, want)
	}
	if c.Area != "STOP" || c.Level != Must || !c.Needs("signals") || !c.In(Virtual) || c.In(Process) || !c.Has("strict") || c.Has("dotnet-3.1") {
		t.Errorf("read as %+v", c)
	}
	if tomb := s.Clause("HOST-STOP-002"); tomb == nil || tomb.Retired == "" || len(tomb.Profiles) != 0 {
		t.Errorf("the tombstone was read as %+v", tomb)
	}
	if s.Clause("HOST-STOP-003") != nil || s.Profile("nobody") != nil || s.Area("START") != nil || s.Feature("x") != nil || s.Matrix.Rule("x") != nil {
		t.Error("something was found that is not there")
	}
	for name, want := range map[string]string{"core": "red", "strict": "red", "dotnet-10": "blue"} {
		if got := s.MustProfile(name).Word("colour"); got != want {
			t.Errorf("%s: colour is %q, want %q", name, got, want)
		}
	}
	if n := len(s.MustProfile("strict").Clauses); n != 1 {
		t.Errorf("strict holds %d clauses, want that of core", n)
	}
	if got := strings.Join(s.ProfileNames(), " "); got != "core strict dotnet-3.1 dotnet-10" {
		t.Errorf("profiles are %s", got)
	}
	if a := s.Area("STOP"); a.Title != "Stopping" || len(a.Clauses) != 2 {
		t.Errorf("the area was read as %+v", a)
	}
}

func TestLoadFaults(t *testing.T) {
	for _, c := range []struct {
		name, file, old, new string
		want                 string // one of the errors, from its place on
	}{
		{name: "no YAML", file: "matrix.yaml", old: "rules:", new: "rules: [", want: "matrix.yaml:"},
		{name: "an empty file", file: "features.yaml", old: "features:\n- {name: signals, what: Signals.}\n", new: "", want: "features.yaml: the file is empty"},
		{name: "an unknown key", file: "clauses/STOP.yaml", old: "  why:", new: "  wy:", want: `clauses/STOP.yaml:8:3: a clause has no key "wy" (did you mean "why"?)`},
		{name: "a key twice", file: "clauses/STOP.yaml", old: "  rules: [colour]", new: "  rules: [colour]\n  level: MAY", want: `clauses/STOP.yaml:12:3: a clause has the key "level" twice`},
		{name: "no text", file: "clauses/STOP.yaml", old: "  text: It stops.\n", new: "", want: "clauses/STOP.yaml:5:3: HOST-STOP-001 has no text"},
		{name: "no why", file: "clauses/STOP.yaml", old: "  why: So it does.\n", new: "", want: "clauses/STOP.yaml:5:3: HOST-STOP-001 has no why"},
		{name: "an empty why", file: "clauses/STOP.yaml", old: "why: So it does.", new: `why: ""`, want: "clauses/STOP.yaml:8:8: HOST-STOP-001 has an empty why"},
		{name: "no source", file: "clauses/STOP.yaml", old: `  source: [STP-1, "rec:plan", "test:Name", "#12"]` + "\n", new: "", want: "clauses/STOP.yaml:5:3: HOST-STOP-001 has no source"},
		{name: "no such source", file: "clauses/STOP.yaml", old: "STP-1", new: "hearsay", want: `clauses/STOP.yaml:9:12: HOST-STOP-001: "hearsay" is no source`},
		{name: "no sentence", file: "clauses/STOP.yaml", old: "It stops.", new: "It stops", want: "clauses/STOP.yaml:7:9: HOST-STOP-001: the text must be one sentence"},
		{name: "no such level", file: "clauses/STOP.yaml", old: "MUST", new: "must", want: `clauses/STOP.yaml:6:10: HOST-STOP-001: the level "must" is none of MUST, SHOULD, MAY`},
		{name: "no such profile", file: "clauses/STOP.yaml", old: "dotnet-10]", new: "dotnet-11]", want: `clauses/STOP.yaml:10:20: HOST-STOP-001: there is no profile "dotnet-11" (did you mean "dotnet-10"?)`},
		{name: "a profile twice", file: "clauses/STOP.yaml", old: "dotnet-10]", new: "dotnet-10, dotnet-10..]", want: "clauses/STOP.yaml:10:31: HOST-STOP-001 names profile dotnet-10 twice"},
		{name: "no profile", file: "clauses/STOP.yaml", old: "  profiles: [core, dotnet-10]\n", new: "", want: "clauses/STOP.yaml:5:3: HOST-STOP-001 holds in no profile"},
		{name: "no such rule", file: "clauses/STOP.yaml", old: "[colour]", new: "[color]", want: `clauses/STOP.yaml:11:11: there is no rule of the version matrix "color" (did you mean "colour"?)`},
		{name: "a rule without a value there", file: "clauses/STOP.yaml", old: "dotnet-10]", new: "dotnet]", want: "clauses/STOP.yaml:11:10: HOST-STOP-001 holds in profile dotnet-3.1, but rule colour has no value there"},
		{name: "no such feature", file: "clauses/STOP.yaml", old: "[signals]", new: "[signal]", want: `clauses/STOP.yaml:12:14: there is no feature "signal" (did you mean "signals"?)`},
		{name: "no such lane", file: "clauses/STOP.yaml", old: "[virtual]", new: "[real]", want: `clauses/STOP.yaml:13:11: there is no lane "real"`},
		{name: "an id of another area", file: "clauses/STOP.yaml", old: "HOST-STOP-002", new: "HOST-START-002", want: "clauses/STOP.yaml:14:7: HOST-START-002 stands in the file of area STOP"},
		{name: "no id", file: "clauses/STOP.yaml", old: "HOST-STOP-002", new: "STOP-2", want: `clauses/STOP.yaml:14:7: the id "STOP-2" must have the form HOST-STOP-001`},
		{name: "an id twice", file: "clauses/STOP.yaml", old: "HOST-STOP-002", new: "HOST-STOP-001", want: "clauses/STOP.yaml:14:7: HOST-STOP-001 is there twice, first at clauses/STOP.yaml:5"},
		{name: "a new id", file: "clauses/STOP.yaml", old: "HOST-STOP-002", new: "HOST-STOP-003", want: "clauses/STOP.yaml:14:7: HOST-STOP-003 is not in testdata/ids.golden; add it with"},
		{name: "an id that is gone", file: "clauses/STOP.yaml", old: "HOST-STOP-002", new: "HOST-STOP-003", want: "testdata/ids.golden:2:1: HOST-STOP-002 was given out once"},
		{name: "a tombstone that holds", file: "clauses/STOP.yaml", old: "  retired:", new: "  profiles: [core]\n  retired:", want: "clauses/STOP.yaml:16:14: HOST-STOP-002 is retired and holds in no profile"},
		{name: "another area", file: "clauses/STOP.yaml", old: "area: STOP", new: "area: START", want: "clauses/STOP.yaml:1:7: area START must stand in START.yaml"},
		{name: "no chapter", file: "clauses/STOP.yaml", old: "chapter: 1", new: "chapter: one", want: "clauses/STOP.yaml:3:10: chapter must be a number from 1 on"},
		{name: "a list that is none", file: "clauses/STOP.yaml", old: "[signals]", new: "signals", want: "clauses/STOP.yaml:12:13: features must be a list"},
		{name: "a word that is none", file: "clauses/STOP.yaml", old: "[signals]", new: "[{a: b}]", want: "clauses/STOP.yaml:12:14: features must be a list of words"},
		{name: "a word twice", file: "clauses/STOP.yaml", old: "[signals]", new: "[signals, signals]", want: `clauses/STOP.yaml:12:23: features has "signals" twice`},
		{name: "a text that is none", file: "clauses/STOP.yaml", old: "why: So it does.", new: "why: [a]", want: "clauses/STOP.yaml:8:8: why must be text"},
		{name: "a clause that is none", file: "clauses/STOP.yaml", old: "- id: HOST-STOP-002", new: "- x\n- id: HOST-STOP-002", want: "clauses/STOP.yaml:14:3: a clause must be a mapping"},
		{name: "a profile twice in the list", file: "profiles.yaml", old: "name: dotnet-10", new: "name: dotnet-3.1", want: `profiles.yaml:5:3: there are two profiles "dotnet-3.1"`},
		{name: "a column of nobody", file: "profiles.yaml", old: "column: strict", new: "column: strikt", want: `profiles.yaml:1:1: profile core: there is no profile "strikt" to share the column of (did you mean "strict"?)`},
		{name: "an unknown containment", file: "profiles.yaml", old: "[core]", new: "[kore]", want: `profiles.yaml:3:45: there is no earlier profile "kore" (did you mean "core"?)`},
		{name: "a feature twice", file: "features.yaml", old: "features:", new: "features:\n- {name: signals, what: Again.}", want: `features.yaml:3:3: there are two features "signals"`},
		{name: "a rule twice", file: "matrix.yaml", old: "rules:", new: "rules:\n- {name: colour, what: X, part: host, kind: bool, values: {strict: true}, source: [STA-1]}", want: `matrix.yaml:3:3: there are two rules "colour"`},
		{name: "a rule without a name", file: "matrix.yaml", old: "- name: colour\n  what", new: "- what", want: "matrix.yaml:2:3: a rule has no name"},
		{name: "a rule that says nothing", file: "matrix.yaml", old: "  what: The colour.\n", new: "", want: "matrix.yaml:2:3: rule colour has no what"},
		{name: "a rule of nobody", file: "matrix.yaml", old: "  part: host\n", new: "", want: "matrix.yaml:2:3: rule colour has no part"},
		{name: "a rule of no kind", file: "matrix.yaml", old: "  kind: word\n", new: "", want: "matrix.yaml:2:3: rule colour has no kind"},
		{name: "a rule whose values are a list", file: "matrix.yaml", old: "values: {strict: red, dotnet-10..: blue}", new: "values: [red]", want: "matrix.yaml:2:3: rule colour has no values"},
		{name: "a rule without a single value", file: "matrix.yaml", old: "values: {strict: red, dotnet-10..: blue}", new: "values: {}", want: "matrix.yaml:2:3: rule colour has no values"},
		{name: "an unknown key of a rule", file: "matrix.yaml", old: "  part: host", new: "  party: host", want: `matrix.yaml:4:3: a rule has no key "party" (did you mean "part"?)`},
		{name: "a profile without a name", file: "profiles.yaml", old: "{name: strict, title", new: "{title", want: "profiles.yaml:3:3: a profile has no name"},
		{name: "a profile without a title", file: "profiles.yaml", old: "title: Strict., ", new: "", want: "profiles.yaml:3:3: profile strict has no title"},
		{name: "a profile that contains a later one", file: "profiles.yaml", old: "[core]", new: "[dotnet-10]", want: `profiles.yaml:3:45: there is no earlier profile "dotnet-10"`},
		{name: "a profile that contains itself", file: "profiles.yaml", old: "[core]", new: "[strict]", want: `profiles.yaml:3:45: there is no earlier profile "strict"`},
		{name: "a feature without a name", file: "features.yaml", old: "{name: signals, ", new: "{", want: "features.yaml:2:3: a feature has no name"},
		{name: "a feature that says nothing", file: "features.yaml", old: ", what: Signals.", new: "", want: "features.yaml:2:3: feature signals has no what"},
		{name: "an area without a name", file: "clauses/STOP.yaml", old: "area: STOP\n", new: "", want: "clauses/STOP.yaml:1:1: the file has no area"},
		{name: "an area without a title", file: "clauses/STOP.yaml", old: "title: Stopping\n", new: "", want: "clauses/STOP.yaml:1:1: the file has no title"},
		{name: "an area without a chapter", file: "clauses/STOP.yaml", old: "chapter: 1\n", new: "", want: "clauses/STOP.yaml:1:1: the file has no chapter"},
		{name: "chapter zero", file: "clauses/STOP.yaml", old: "chapter: 1", new: "chapter: 0", want: "clauses/STOP.yaml:3:10: chapter must be a number from 1 on"},
		{name: "clauses that are none", file: "clauses/STOP.yaml", old: "- id: HOST-STOP-001\n  level", new: "  id: HOST-STOP-001\n  level", want: "clauses/STOP.yaml:"},
		{name: "a clause without an id", file: "clauses/STOP.yaml", old: "- id: HOST-STOP-002\n  text", new: "- text", want: "clauses/STOP.yaml:14:3: a clause has no id"},
		{name: "no level", file: "clauses/STOP.yaml", old: "  level: MUST\n", new: "", want: "clauses/STOP.yaml:5:3: HOST-STOP-001 has no level"},
		{name: "a tombstone without a text", file: "clauses/STOP.yaml", old: "  text: It stopped once.\n", new: "", want: "clauses/STOP.yaml:14:3: HOST-STOP-002 has no text"},
		{name: "an empty word", file: "clauses/STOP.yaml", old: "[signals]", new: `[" "]`, want: "clauses/STOP.yaml:12:14: features must be a list of words"},
		{name: "a word that is like none", file: "clauses/STOP.yaml", old: "[virtual]", new: "[vjrtxxl]", want: "clauses/STOP.yaml:13:11: there is no lane \"vjrtxxl\" (did you mean \"virtual\"?)"},
		{name: "a word that is too far from any", file: "clauses/STOP.yaml", old: "[virtual]", new: "[vjrtxxxl]", want: "clauses/STOP.yaml:13:11: there is no lane \"vjrtxxxl\"\n"},
		{name: "no such part", file: "matrix.yaml", old: "part: host", new: "part: guest", want: "matrix.yaml:2:3: rule colour: part must be host or runtime"},
		{name: "a rule without source", file: "matrix.yaml", old: "  source: [STA-1]\n", new: "", want: "matrix.yaml:2:3: rule colour has no source"},
		{name: "a rule without values", file: "matrix.yaml", old: "  values: {strict: red, dotnet-10..: blue}\n", new: "", want: "matrix.yaml:2:3: rule colour has no values"},
		{name: "no such word", file: "matrix.yaml", old: "strict: red", new: "strict: rot", want: `matrix.yaml:7:20: rule colour: "rot" is none of its words red, blue (did you mean "red"?)`},
		{name: "no such kind", file: "matrix.yaml", old: "kind: word", new: "kind: number", want: `rule colour: there is no kind "number": bool, word or duration`},
		{name: "no truth value", file: "matrix.yaml", old: "kind: word", new: "kind: bool", want: `rule colour: "red" is neither true nor false`},
		{name: "no duration", file: "matrix.yaml", old: "kind: word", new: "kind: duration", want: `rule colour: "red" is no duration`},
		{name: "no words", file: "matrix.yaml", old: `  words: ["red: hot", "blue: cold"]` + "\n", new: "", want: "matrix.yaml:2:3: rule colour is of kind word and lists no words"},
		{name: "two values", file: "matrix.yaml", old: "strict: red,", new: "strict: red, dotnet-10: red,", want: "matrix.yaml:7:41: rule colour has two values for dotnet-10: red and blue"},
		{name: "a value for who shares", file: "matrix.yaml", old: "strict: red,", new: "strict: red, core: red,", want: "matrix.yaml:7:25: rule colour: profile core has no column of its own, it reads that of strict"},
		{name: "an unknown range", file: "matrix.yaml", old: "dotnet-10..", new: "dotnet-10..dotnet-3.1", want: `matrix.yaml:7:25: rule colour: the range "dotnet-10..dotnet-3.1" is empty`},
	} {
		t.Run(c.name, func(t *testing.T) {
			fsys := small()
			was := string(fsys[c.file].Data)
			if !strings.Contains(was, c.old) {
				t.Fatalf("%s has no %q", c.file, c.old)
			}
			fsys[c.file].Data = []byte(strings.Replace(was, c.old, c.new, 1))
			s, err := LoadFS(fsys)
			if err != nil {
				err = fmt.Errorf("%w\n", err) // so that a row can say where a message ends
			}
			if err == nil {
				t.Fatal("it was accepted")
			}
			if s != nil {
				t.Error("a contract came with the error")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("got\n%v\nwant\n%s", err, c.want)
			}
			var e *Error
			if !errors.As(err, &e) || e.File == "" {
				t.Error("the error does not say in which file")
			}
		})
	}
	for name := range small() {
		t.Run("without "+name, func(t *testing.T) {
			fsys := small()
			delete(fsys, name)
			if _, err := LoadFS(fsys); err == nil || name != "clauses/STOP.yaml" && !errors.Is(err, fs.ErrNotExist) && !strings.Contains(err.Error(), "cannot be read") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestExpand(t *testing.T) {
	s := MustLoad()
	for _, c := range []struct{ word, want, err string }{
		{word: "core", want: "core"},
		{word: "dotnet", want: "dotnet-2.2 dotnet-3.1 dotnet-6 dotnet-7 dotnet-8 dotnet-9 dotnet-10"},
		{word: "dotnet-8..", want: "dotnet-8 dotnet-9 dotnet-10"},
		{word: "..dotnet-3.1", want: "dotnet-2.2 dotnet-3.1"},
		{word: "dotnet-8..dotnet-9", want: "dotnet-8 dotnet-9"},
		{word: "..dotnet-2.2", want: "dotnet-2.2"},
		{word: "dotnet-2.2..", want: "dotnet-2.2 dotnet-3.1 dotnet-6 dotnet-7 dotnet-8 dotnet-9 dotnet-10"},
		{word: "dotnet-10..", want: "dotnet-10"},
		{word: "dotnet..", err: "no profile \"dotnet\""},
		{word: "dotnet-6..dotnet-12", err: "no profile \"dotnet-12\""},
		{word: "dotnet-6..strict", err: "\"strict\" is no release"},
		{word: "dotnet-8..dotnet-8", want: "dotnet-8"},
		{word: "dotnet-9..dotnet-8", err: "empty"},
		{word: "..", err: "names no profile"},
		{word: "core..", err: "no release"},
		{word: "..strict", err: "no release"},
		{word: "dotnet-12..", err: `no profile "dotnet-12" (did you mean "dotnet-10"?)`},
		{word: "strikt", err: `(did you mean "strict"?)`},
		{word: "", err: "no profile"},
	} {
		got, err := s.Expand(c.word)
		switch {
		case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
			t.Errorf("%q: got %v, want an error with %q", c.word, err, c.err)
		case c.err == "" && (err != nil || strings.Join(got, " ") != c.want):
			t.Errorf("%q: got %v, %v, want %s", c.word, got, err, c.want)
		}
	}
}

// TestTwoOfAKind: what only several files, or families, can have wrong.
func TestTwoOfAKind(t *testing.T) {
	fsys := small()
	fsys["clauses/START.yaml"] = &fstest.MapFile{Data: []byte("area: START\ntitle: Starting\nchapter: 1\n")}
	if _, err := LoadFS(fsys); err == nil || !strings.Contains(err.Error(), "clauses/STOP.yaml:3:10: chapter 1 is that of START already") {
		t.Errorf("two first chapters: %v", err)
	}
	fsys["clauses/START.yaml"].Data = []byte("area: START\ntitle: Starting\nchapter: 3\nabout: What starts.\nclauses:\n- {id: HOST-START-002, text: Two., retired: gone}\n- {id: HOST-START-001, text: One., retired: gone}\n")
	fsys["testdata/ids.golden"].Data = []byte("HOST-STOP-001\nHOST-STOP-002\n\nHOST-START-001\n HOST-START-002 \n")
	s, err := LoadFS(fsys)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, c := range s.Clauses {
		ids = append(ids, c.ID)
	}
	if got, want := strings.Join(ids, " "), "HOST-STOP-001 HOST-STOP-002 HOST-START-001 HOST-START-002"; got != want {
		t.Errorf("clauses %s, want those of the first chapter first: %s", got, want)
	}
	if len(s.Areas) != 2 || s.Areas[0].Name != "STOP" || s.Areas[1].About != "What starts." {
		t.Errorf("areas %+v", s.Areas)
	}

	fsys = small()
	fsys["profiles.yaml"].Data = append(fsys["profiles.yaml"].Data, "- {name: java-1, title: Other., family: java, column: strict}\n- {name: java-2, title: Other., family: java, contains: [java-1], column: strict}\n"...)
	if s, err = LoadFS(fsys); err != nil {
		t.Fatal(err)
	}
	for word, want := range map[string]string{"java": "java-1 java-2", "java-1..": "java-1 java-2", "dotnet": "dotnet-3.1 dotnet-10", "..dotnet-3.1": "dotnet-3.1"} {
		if got, err := s.Expand(word); err != nil || strings.Join(got, " ") != want {
			t.Errorf("%s: %v, %v, want %s", word, got, err, want)
		}
	}
	for _, word := range []string{"dotnet-3.1..java-2", "java-1..dotnet-10"} {
		if got, err := s.Expand(word); err == nil || !strings.Contains(err.Error(), "is empty") {
			t.Errorf("%s goes from one family to another: %v, %v", word, got, err)
		}
	}
	if got := s.MustProfile("java-2").Word("colour"); got != "red" {
		t.Errorf("java-2 reads %q in the column that it shares, want red", got)
	}
}

// TestValues: a profile's value of a rule, in the type of the rule's kind; asking for what is not there is a programming error.
func TestValues(t *testing.T) {
	p := &Profile{Name: "p", Rules: map[string]string{"yes": "true", "no": "false", "limit": "1.5s", "never": "inf", "colour": "red"}}
	if !p.Bool("yes") || p.Bool("no") || p.Bool("colour") {
		t.Error("truth values are read wrongly")
	}
	if p.Duration("limit") != 1500*time.Millisecond || p.Duration("never") != -1 {
		t.Errorf("durations are %v and %v", p.Duration("limit"), p.Duration("never"))
	}
	if p.Word("colour") != "red" {
		t.Errorf("colour is %s", p.Word("colour"))
	}
	for name, f := range map[string]func(){
		`profile p has no rule shape`:    func() { p.Word("shape") },
		`profile p has no rule sides`:    func() { p.Bool("sides") },
		`rule colour: time: invalid`:     func() { p.Duration("colour") },
		`there is no profile "strikt"`:   func() { MustLoad().MustProfile("strikt") },
		`there is no profile "dotnet-1"`: func() { MustLoad().MustProfile("dotnet-1") },
	} {
		func() {
			defer func() {
				if text, _ := recover().(string); !strings.Contains(text, name) {
					t.Errorf("panicked with %q, want %q", text, name)
				}
			}()
			f()
		}()
	}
}

// TestLegalValues: what a rule of each kind may be.
func TestLegalValues(t *testing.T) {
	for _, c := range []struct {
		kind, value string
		legal       bool
	}{
		{"bool", "true", true}, {"bool", "false", true}, {"bool", "True", false}, {"bool", "", false},
		{"duration", "30s", true}, {"duration", "inf", true}, {"duration", "0s", true}, {"duration", "-1s", false}, {"duration", "30", false}, {"duration", "", false},
		{"word", "red", true}, {"word", "blue", true}, {"word", "hot", false}, {"word", "red: hot", false}, {"word", "", false},
		{"", "red", false},
	} {
		r := &Rule{Kind: c.kind, Words: []string{"red: hot", "blue"}}
		if msg := r.legal(c.value); (msg == "") != c.legal {
			t.Errorf("%q for a rule of kind %q: %q", c.value, c.kind, msg)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"a", "", 1}, {"", "abc", 3}, {"abc", "abc", 0}, {"abc", "abd", 1}, {"abc", "bc", 1}, {"bc", "abc", 1}, {"ab", "ba", 2}, {"kitten", "sitting", 3}, {"saturday", "sunday", 3},
	} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("from %q to %q it takes %d changes, want %d", c.a, c.b, got, c.want)
		}
		if got := distance(c.b, c.a); got != c.want {
			t.Errorf("from %q to %q it takes %d changes, want %d", c.b, c.a, got, c.want)
		}
	}
}

// FuzzLoad: whatever stands in a file, loading gives a contract or an error, and never both or neither.
func FuzzLoad(f *testing.F) {
	for name, file := range small() {
		f.Add(name, file.Data)
	}
	f.Add("clauses/STOP.yaml", []byte("area: &a [*a]"))
	f.Fuzz(func(t *testing.T, name string, b []byte) {
		if len(b) > 1<<16 {
			return
		}
		fsys := small()
		if _, ok := fsys[name]; !ok {
			return
		}
		fsys[name].Data = b
		if s, err := LoadFS(fsys); (s == nil) == (err == nil) {
			t.Errorf("got %v and %v", s, err)
		}
	})
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := LoadFS(data); err != nil {
			b.Fatal(err)
		}
	}
}
