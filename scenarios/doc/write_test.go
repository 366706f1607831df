package doc

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestEveryTextIsWrittenBack: texts that look like something else, or that YAML has a meaning for, come back as they were,
// wherever they stand.
func TestEveryTextIsWrittenBack(t *testing.T) {
	texts := []string{
		"", " ", "  two spaces", "trailing ", "a  b", "a\tb", "a\nb", "a\n", "\na", "a\n\nb", "a\r\nb", "\u00a0", "\u2028", "\ufeff", "\u0085", "\x00", "\x7f",
		"null", "Null", "~", "true", "FALSE", "yes", "No", "on", "off", "y", "n", "nan", ".nan", ".inf", "-.inf", "inf", "<<", "=",
		"0", "-1", "+1", "1.5", "1e3", "0x1f", "0o17", "017", "1_000", "12:30", "12:30:45", "2001-01-01", "2001-01-01T10:00:00Z", ".5", "5.", "0b1",
		"- a", "-", "--- a", "...", "? a", "?", "a? b", "a ? b", "a?b", "a?", ": a", ":", "a: b", "a:", "a:b", "#", "# a", "a # b", "a#b", "!a", "&a", "*a", "|", "|-", ">", "> a", "%a", "@a", "`a`",
		"[", "]", "[a]", "{", "}", "{a: b}", ",", "a, b", "a,b", "'", "'a'", "a'b", "\"", "\"a\"", "a\"b", "\\", "a\\nb", "(a)", "a (b)",
		"300ms", "0.300  c stop begin", "lifetime.applicationStarted", "tcp:web", "é", "日本", "😀", "a 😀: b", strings.Repeat("long words ", 20) + "end", strings.Repeat("x", 300),
		"  0  a\n 57  b\n", "a\n b\n", "a\nb\n\n", "\ta\nb\n",
	}
	for _, s := range texts {
		nested := NewMap()
		nested.Set("in", NewText(s))
		n := NewMap()
		n.Set("value", NewText(s)).Set("list", NewTexts([]string{s, "x", s})).Set("mapping", nested)
		deep := NewMap()
		deep.Set("list", NewList(nested, n))
		n.Set("deep", deep)
		text := AppendYAML(nil, &n)
		back, err := Parse("f", text)
		if err != nil {
			t.Errorf("%q: %v\n%s", s, err, text)
			continue
		}
		if !Equal(&n, back) {
			t.Errorf("%q is written as\n%s\nand read back as %s", s, text, AppendJSON(nil, back))
		}
		asJSON := AppendJSON(nil, &n)
		if !json.Valid(asJSON) {
			t.Errorf("%q: no JSON: %s", s, asJSON)
		}
		if back, err = Parse("f", asJSON); err != nil || !Equal(&n, back) {
			t.Errorf("%q is written as %s and read back as %s, error %v", s, asJSON, AppendJSON(nil, back), err)
		}
	}
}

// TestEveryTextAsAKey: the same for keys.
func TestEveryTextAsAKey(t *testing.T) {
	for _, s := range []string{"", " ", "a b", "a: b", "null", "true", "7", "1.5", "- a", "# a", "[a]", "{a}", "a,b", "\"", "'", "é", "a\nb", "<<", "strict, dotnet-6..", "..dotnet-3.1", "?", "*a"} {
		n := NewMap()
		inner := NewMap()
		inner.Set(s, NewInt(1))
		n.Set(s, NewList(inner, NewText("x"))).Set("other", inner)
		text := AppendYAML(nil, &n)
		back, err := Parse("f", text)
		if err != nil || !Equal(&n, back) {
			t.Errorf("the key %q is written as\n%s\nand read back with error %v", s, text, err)
		}
	}
}

func TestShapes(t *testing.T) {
	pair := func(key string, value Node) Node {
		n := NewMap()
		return *n.Set(key, value)
	}
	many := NewMap()
	for _, k := range strings.Fields("one two three four five six seven eight nine ten eleven twelve thirteen fourteen") {
		many.Set(k, NewTexts([]string{k, k}))
	}
	for name, n := range map[string]Node{
		"empty collections":       pair("a", NewList(NewMap(), NewList(), pair("b", NewMap()))),
		"a list in a list":        pair("a", NewList(NewList(NewTexts([]string{"x", "y"}), NewInt(1)))),
		"a wide list in a list":   pair("a", NewList(NewList(many, many), NewList(many))),
		"a wide mapping in a key": pair("a", pair("b", pair("c", many))),
		"a deep mapping":          pair("a", pair("b", pair("c", pair("d", pair("e", pair("f", NewInt(1))))))),
		"several lines in a list": pair("a", NewTexts([]string{"x\ny\n", "z"})),
		"several lines in a flow": pair("a", NewList(pair("b", NewList(pair("c", NewText("x\ny")))))),
		"words that do not fit":   pair("a", NewTexts(strings.Fields(strings.Repeat("HOST-STOP-001 ", 20)))),
		"texts that do not fit":   pair("a", NewTexts([]string{strings.Repeat("a b ", 20) + "c", strings.Repeat("d e ", 20) + "f"})),
		"nothing":                 pair("a", Node{}),
		"a list of nothing":       pair("a", NewList(Node{}, NewBool(false), NewInt(-7))),
	} {
		t.Run(name, func(t *testing.T) {
			text := AppendYAML(nil, &n)
			back, err := Parse("f", text)
			if err != nil || !Equal(&n, back) {
				t.Errorf("%v\nwritten as\n%s", err, text)
			}
			for _, line := range strings.Split(string(text), "\n") {
				if len(line) > width+20 {
					t.Errorf("a line of %d characters: %s", len(line), line)
				}
			}
		})
	}
	list := NewTexts([]string{"a", "b"})
	if got := string(AppendYAML(nil, &list)); got != "[a, b]\n" {
		t.Errorf("a list at the top: %q", got)
	}
}

func TestEqual(t *testing.T) {
	a, b := NewTexts([]string{"x", "y"}), NewTexts([]string{"x", "z"})
	for _, c := range []struct {
		name string
		a, b Node
		want bool
	}{
		{"the same", a, a, true},
		{"another item", a, b, false},
		{"fewer items", a, NewTexts([]string{"x"}), false},
		{"another kind", NewText("1"), NewInt(1), false},
		{"places do not count", Node{Kind: String, Text: "x", Line: 3}, NewText("x"), true},
		{"two spellings of nothing", Node{Text: "~"}, Node{Text: "null"}, true},
	} {
		if Equal(&c.a, &c.b) != c.want {
			t.Errorf("%s: %v", c.name, !c.want)
		}
	}
}

func TestFound(t *testing.T) {
	long := NewText(strings.Repeat("x", 100))
	empty, some := NewMap(), NewMap()
	some.Set("a", NewInt(1))
	for want, n := range map[string]Node{
		`"x"`: NewText("x"), "7": NewInt(7), "true": NewBool(true), "nothing": {}, "an empty list": NewList(), "a list": NewList(NewInt(1)),
		"an empty mapping": empty, "a mapping": some, `"` + strings.Repeat("x", 60) + `…"`: long,
	} {
		if got := n.Found(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if some.Len() != 1 || some.Get("a").Text != "1" || some.Get("b") != nil || (*Node)(nil).Get("a") != nil || long.Get("a") != nil {
		t.Error("keys")
	}
}

func TestTooManyValues(t *testing.T) {
	text := "[" + strings.Repeat("1,", MaxNodes) + "1]"
	for name, data := range map[string]string{"json": text, "yaml": "- " + text} {
		_, err := Parse("f", []byte(data))
		if err == nil || !strings.Contains(err.Error(), "document too large: expected at most 400000 values") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
