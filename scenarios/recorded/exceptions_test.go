package recorded

import "testing"

func TestLibraryExceptionsAreValid(t *testing.T) {
	if _, err := Exceptions(); err != nil {
		t.Error(err)
	}
}

func TestParseExceptions(t *testing.T) {
	recs := []*Recording{{Name: "p", Release: "dotnet-6"}, {Name: "q", Release: "dotnet-6"}}
	for name, c := range map[string]struct {
		text string
		n    int
		want string
	}{
		"none":          {"exceptions: []\n", 0, ""},
		"two":           {"exceptions:\n- {release: dotnet-6, plan: p, reason: It races.}\n- {release: dotnet-6, plan: q, reason: It races too.}\n", 2, ""},
		"unknown plan":  {"exceptions:\n- {release: dotnet-7, plan: p, reason: It races.}\n", 0, "f:2:3: no such recording: found p of dotnet-7, expected a plan and a release that were recorded"},
		"twice":         {"exceptions:\n- {release: dotnet-6, plan: p, reason: It races.}\n- {release: dotnet-6, plan: p, reason: It does.}\n", 0, "f:3:3: two exceptions for one recording: found p of dotnet-6, expected each once"},
		"no sentence":   {"exceptions:\n- {release: dotnet-6, plan: p, reason: racy}\n", 0, `f:2:40: wrong value in reason: found "racy", expected one sentence that ends with a full stop`},
		"no reason":     {"exceptions:\n- {release: dotnet-6, plan: p}\n", 0, `f:2:3: missing key in an exception: expected "reason"`},
		"unknown key":   {"exceptions: []\nexeptions: []\n", 0, `f:2:1: unknown key in exceptions: found "exeptions", expected exceptions; did you mean "exceptions"?`},
		"no list":       {"exceptions: {}\n", 0, "f:1:13: wrong value in exceptions: found an empty mapping, expected a list"},
		"no exceptions": {"[]", 0, "f:1:1: wrong value in exceptions: found an empty list, expected a mapping with the keys exceptions"},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := ParseExceptions("f", []byte(c.text), recs)
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != c.want || len(out) != c.n {
				t.Errorf("got %d and %q, want %d and %q", len(out), got, c.n, c.want)
			}
		})
	}
}
