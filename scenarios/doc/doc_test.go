package doc

import (
	"errors"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	want := NewMap()
	want.Set("a", NewText("x")).Set("n", NewInt(-3)).Set("b", NewBool(true)).Set("z", Node{}).
		Set("l", NewList(NewText("1"), NewInt(1), NewMap())).Set("u", NewText("é😀\n"))
	for name, text := range map[string]string{
		"json":       `{"a": "x", "n": -3, "b": true, "z": null, "l": ["1", 1, {}], "u": "\u00e9\ud83d\ude00\n"}`,
		"yaml":       "a: x\nn: -3\nb: true\nz: ~\nl: ['1', 1, {}]\nu: |\n  é😀\n",
		"yaml, bom":  "\ufeffa: \"x\"\nn: -3\nb: True\nz:\nl:\n- \"1\"\n- 1\n- {}\nu: \"é\\U0001F600\\n\"\n",
		"json, bom":  "\ufeff  {\"a\":\"\\u0078\",\"n\":-3,\"b\":true,\"z\":null,\"l\":[\"1\",1,{}],\"u\":\"é😀\\n\"}\n",
		"flow style": "a: x\nn: -3\nb: true\nz: null\nl: [\"1\", 1, {}]\nu: \"\\xe9\\U0001f600\\n\"",
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Parse("f", []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			for i := range got.Items { // the spelling of booleans is not compared
				if got.Items[i].Kind == Bool {
					got.Items[i].Text = strings.ToLower(got.Items[i].Text)
				}
			}
			if !Equal(got, &want) {
				t.Errorf("got %s, want %s", AppendJSON(nil, got), AppendJSON(nil, &want))
			}
		})
	}
}

func TestPlaces(t *testing.T) {
	for name, text := range map[string]string{
		"yaml": "é: 1\nlist:\n- a\n- {é: 2, k: here}\n",
		"json": "{\"é\":1,\n\"list\":[\"a\",\n  {\"é\":2, \"k\":\"here\"}]}",
	} {
		n, err := Parse("f", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		k := n.Get("list").Items[1].Get("k")
		want := map[string][2]int{"yaml": {4, 13}, "json": {3, 15}}[name]
		if k.Line != want[0] || k.Col != want[1] {
			t.Errorf("%s: %d:%d, want %v", name, k.Line, k.Col, want)
		}
	}
}

func TestRefused(t *testing.T) {
	deep := strings.Repeat("[", MaxDepth+1) + strings.Repeat("]", MaxDepth+1)
	for name, c := range map[string]struct{ text, want string }{
		"anchor":               {"a: &x 1\n", `f:1:4: anchor not allowed: found &x, expected the value itself, written out`},
		"alias":                {"a: &x 1\nb: *x\n", "f:1:4: anchor not allowed: found &x, expected the value itself, written out\nf:2:4: alias not allowed: found *x, expected the value itself, written out"},
		"tag":                  {"a: !!str 1\n", `f:1:4: tag not allowed: found !!str, expected the value itself, written out`},
		"own tag":              {"a: !x {}\n", `f:1:4: tag not allowed: found !x, expected the value itself, written out`},
		"merge key":            {"<<: {b: 1}\n", `f:1:1: merge key not allowed: found "<<", expected the keys themselves, written out`},
		"duplicate key":        {"a: 1\nb: 2\na: 3\n", `f:3:1: duplicate key: found "a", expected each key once (the first is in line 1)`},
		"duplicate key, json":  {`{"a":1,"a":2}`, `f:1:8: duplicate key: found "a", expected each key once (the first is in line 1)`},
		"key that is a list":   {"? [a]\n: 1\n", `f:1:3: key not allowed: found a list, expected a word`},
		"two documents":        {"a: 1\n---\nb: 2\n", `f:2:1: more than one document: found a second document, expected one document in a file`},
		"nothing":              {"", "f:1:1: empty document: expected a mapping"},
		"a comment":            {"# nothing\n", "f:1:1: empty document: expected a mapping"},
		"yaml syntax":          {"a: [1\nb: 2\n", "f:1:1: invalid YAML: did not find expected ',' or ']'"},
		"json syntax":          {"{\"a\":1,\n\"b\" 2}", "f:2:5: invalid JSON: invalid character '2' after object key"},
		"json cut off":         {`{"a":`, "f:1:6: invalid JSON: unexpected end of JSON input"},
		"json, more after it":  {`{} {}`, "f:1:4: invalid JSON: invalid character '{' after top-level value"},
		"half a surrogate":     {`{"a":"\ud83d!"}`, `f:1:6: invalid JSON: found half of a surrogate pair, \ud83d, expected both halves`},
		"the other half":       {`{"a":"x\ude00"}`, `f:1:6: invalid JSON: found half of a surrogate pair, \ude00, expected both halves`},
		"no UTF-8":             {"a: 1\nb: \xff\n", "f:2:4: invalid UTF-8: found byte 0xff, expected UTF-8 text"},
		"too deep":             {"{\"a\":" + deep + "}", "f:1:45: nesting too deep: expected at most 40 levels"},
		"too deep, yaml":       {"a: " + deep, "f:1:43: nesting too deep: expected at most 40 levels"},
		"too large":            {strings.Repeat("#", MaxBytes+1), "f: file too large: found more than 1 MiB, expected 1 MiB at most"},
		"escaped backslash ok": {`{"a":"\\ud83d", "a":1}`, `f:1:17: duplicate key: found "a", expected each key once (the first is in line 1)`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("f", []byte(c.text))
			if err == nil || err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
			if len(All(err)) == 0 {
				t.Errorf("%T has no *Error in it", err)
			}
		})
	}
}

func TestFaultyLine(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"text behind a quote":     {"a: 1\nb: 2\nwhy: \"Stop now\" is how\nc: 3\n", "f:3:1: invalid YAML: did not find expected key"},
		"a tab":                   {"a: 1\nb:\n\tc: 2\n", "f:3:1: invalid YAML: found character that cannot start any token"},
		"a wrong indentation":     {"a:\n  - b\n c: d\n", "f:3:2: invalid YAML: did not find expected key"},
		"a quote without its end": {"x: y\nk: 'abc\nl: 1\n", "f:2:1: invalid YAML: found unexpected end of stream"},
		"a colon in a value":      {"# c\na: b: c\n", "f:2:1: invalid YAML: mapping values are not allowed in this context"},
		"a character":             {"a:\n  b: @c\n", "f:2:3: invalid YAML: found character that cannot start any token"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Parse("f", []byte(c.text)); err == nil || err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

// TestFaultInALargeFile: in a large file the faulty line is not sought, and is about right all the same.
func TestFaultInALargeFile(t *testing.T) {
	const lines = 2 * soughtBytes / 21
	text := strings.Repeat("- {a: 1, b: [2, 3]}\n", lines) + "- ]\n"
	_, err := Parse("f", []byte(text))
	if list := All(err); len(list) != 1 || list[0].Line < lines || list[0].Line > lines+2 {
		t.Errorf("got %v, want an error near line %d", err, lines+1)
	}
}

func TestReadAll(t *testing.T) {
	if _, err := ReadAll("stdin", strings.NewReader(strings.Repeat("x", MaxBytes+1))); err == nil || err.Error() != "stdin: file too large: found more than 1 MiB, expected 1 MiB at most" {
		t.Errorf("too long: %v", err)
	}
	broken := errors.New("broken pipe")
	if _, err := ReadAll("stdin", errReader{broken}); !errors.Is(err, broken) {
		t.Errorf("a reader that fails: %v", err)
	}
	if b, err := ReadAll("stdin", strings.NewReader("a: 1")); err != nil || string(b) != "a: 1" {
		t.Errorf("%q, %v", b, err)
	}
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }

func TestErrorsAreOrderedAndLimited(t *testing.T) {
	es := Errors{File: "f"}
	for i := range MaxReports + 5 {
		es.Add(100-i, 1, Error{Rule: "r"})
	}
	list := All(es.Err())
	if len(list) != MaxReports+1 || list[0].Line != 100-MaxReports+1 || list[MaxReports].Rule != "5 more errors, not shown" {
		t.Errorf("%d errors, first %v, last %v", len(list), list[0], list[len(list)-1])
	}
	if (&Errors{}).Err() != nil {
		t.Error("no errors give an error")
	}
}

func TestNearest(t *testing.T) {
	words := []string{"delay", "sleep", "stopApplication", "stop"}
	for s, want := range map[string]string{"dealy": "delay", "Sleep": "sleep", "stopAplication": "stopApplication", "stoq": "stop", "zzz": "", "": "", "delay": ""} {
		if got := Nearest(s, words); got != want {
			t.Errorf("%q: got %q, want %q", s, got, want)
		}
	}
	if got := OneOf([]string{"a", "b", "c"}); got != "a, b or c" {
		t.Error(got)
	}
}

func TestShorten(t *testing.T) {
	if got := Shorten(strings.Repeat("é", 61)); got != strings.Repeat("é", 60)+"…" {
		t.Error(got)
	}
	if got := Shorten("short"); got != "short" {
		t.Error(got)
	}
}

func TestAppendYAML(t *testing.T) {
	service := NewMap()
	service.Set("name", NewText("b"))
	step := NewMap()
	step.Set("delay", NewText("600ms"))
	service.Set("stop", NewList(step, NewText("yield")))
	n := NewMap()
	n.Set("words", NewTexts([]string{"HOST-STOP-001", "HOST-STOP-002", "HOST-STOP-003", "HOST-STOP-004", "HOST-STOP-005", "HOST-STOP-006", "HOST-STOP-007", "HOST-STOP-008"}))
	n.Set("title", NewText("A second SIGTERM: nothing changes."))
	n.Set("why", NewText(strings.TrimSpace(strings.Repeat("Operators press twice, in anger. ", 5))))
	n.Set("services", NewList(service, service))
	n.Set("main", NewList(NewText("build"), *(&Node{Kind: Map}).Set("return", NewInt(3))))
	n.Set("texts", NewTexts([]string{"2", "true", "0.300  c stop begin", "a: b", "# no", "", "-", "no", "x,y", "é", "300ms", "12:30", "tab\t"}))
	n.Set("table", NewText("  0  a\n 57  b\n"))
	n.Set("empty", NewList())
	const want = `words: [HOST-STOP-001, HOST-STOP-002, HOST-STOP-003, HOST-STOP-004, HOST-STOP-005, HOST-STOP-006,
  HOST-STOP-007, HOST-STOP-008]
title: "A second SIGTERM: nothing changes."
why: >-
  Operators press twice, in anger. Operators press twice, in anger. Operators press twice, in anger. Operators
  press twice, in anger. Operators press twice, in anger.
services:
- {name: b, stop: [delay: 600ms, yield]}
- {name: b, stop: [delay: 600ms, yield]}
main: [build, return: 3]
texts:
- "2"
- "true"
- 0.300  c stop begin
- "a: b"
- "# no"
- ""
- "-"
- "no"
- x,y
- é
- 300ms
- "12:30"
- "tab\t"
table: |2
    0  a
   57  b
empty: []
`
	got := string(AppendYAML(nil, &n))
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	back, err := Parse("f", []byte(got))
	if err != nil || !Equal(back, &n) {
		t.Errorf("%v\n%s", err, AppendJSON(nil, back))
	}
}

// FuzzParse: any bytes give a node or errors with places; a node is written as YAML and as JSON and read back as the same.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"a: [b, {c: 1}]\nd: |\n  x\n  y\n", `{"a":[1,"\ud83d\ude00",null],"b":{"c":"\\"}}`, "a: &x [*x]", "a: !!binary x", "- - - x", "a: 'b''c'\n? d\n: >-\n  e\n  f", "[[[[", "\xff"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		n, err := Parse("f", data)
		if err != nil {
			if len(All(err)) == 0 || n != nil {
				t.Fatalf("no *Error in %v, or a node with it", err)
			}
			return
		}
		if n.Kind == Map {
			text := AppendYAML(nil, n)
			back, err := Parse("f", append([]byte("# \n"), text...))
			if err != nil || !Equal(n, back) {
				t.Fatalf("%v\nwritten as\n%s\nfrom %s", err, text, AppendJSON(nil, n))
			}
		}
		if strings.ContainsAny(string(AppendJSON(nil, n)), "\n") {
			t.Fatal("JSON of more than one line")
		}
	})
}
