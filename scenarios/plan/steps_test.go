package plan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/hostsim/hostsim/scenarios/doc"
)

// argumentsOf gives a text that the step accepts as its argument, and texts that it must refuse.
func argumentsOf(k *StepKind) (good []string, bad []string) {
	switch k.Arg {
	case ArgNone:
		return []string{"true", "1", "null"}, []string{"false", "0", "2", "yes", "[]", "{}"}
	case ArgMode:
		return append([]string{"true", "1", "null"}, k.Words...), []string{"false", "other", "[]"}
	case ArgDuration:
		return []string{"300ms", "0s", "inf", "1.5s"}, []string{"300", "-1s", "soon", "null", "25h", "[]"}
	case ArgText:
		return []string{"text", "7", `"true"`}, []string{"true", "null", "[]", `""`}
	case ArgInt:
		return []string{"0", "255"}, []string{"-1", "256", "1.5", "0x1", "text", "null"}
	case ArgSignal:
		return Signals, []string{"SIGKILL", "SIGFOO", "15", "null"}
	case ArgScript:
		return []string{"[]", "[mark: x]"}, []string{"mark", "{}", "null", "[build]"}
	case ArgAddress:
		return []string{`"tcp:web"`, `"unix:app.sock"`}, []string{"web", `"tcp:"`, `"unix:/tmp/x"`, "7", "null"}
	}
	panic(fmt.Sprintf("no arguments for %s", k.Name))
}

// where gives a plan in which a step stands at a place.
func where(in Place, step string) string {
	switch in {
	case InAsync:
		return "services: [{name: a, stop: [" + step + "]}]\n"
	case InSync:
		return "services: [{name: a, dispose: [" + step + "]}]\n"
	case InMain:
		return "main: [" + step + "]\n"
	case InThread:
		return "main: [spawn: [" + step + "]]\n"
	}
	panic("no such place")
}

// TestEveryStepAtEveryPlace: a step is accepted where its kind may stand, with an argument that it takes, and nowhere and
// nothing else.
func TestEveryStepAtEveryPlace(t *testing.T) {
	for _, k := range Steps() {
		good, bad := argumentsOf(k)
		for _, in := range []Place{InAsync, InSync, InMain, InThread} {
			for _, arg := range good {
				text := where(in, "{"+k.Name+": "+arg+"}")
				_, err := Parse("f", []byte(text))
				switch {
				case k.In&in != 0 && err != nil:
					t.Errorf("%s is refused: %v", text, err)
				case k.In&in == 0 && (err == nil || !strings.Contains(err.Error(), "step in the wrong place")):
					t.Errorf("%s is not refused for its place: %v", text, err)
				}
			}
			if k.In&in == 0 {
				continue
			}
			for _, arg := range bad {
				text := where(in, "{"+k.Name+": "+arg+"}")
				if _, err := Parse("f", []byte(text)); err == nil {
					t.Errorf("%s is accepted", text)
				}
			}
			_, err := Parse("f", []byte(where(in, k.Name)))
			if bare := k.Arg == ArgNone || k.Arg == ArgMode; bare != (err == nil) {
				t.Errorf("the bare word %s: %v", k.Name, err)
			}
		}
	}
}

// TestEveryStepIsWrittenBack: a step with each of its arguments is written and read back as the same.
func TestEveryStepIsWrittenBack(t *testing.T) {
	for _, k := range Steps() {
		good, _ := argumentsOf(k)
		in := InMain
		if k.In&InMain == 0 {
			in = InAsync
		}
		for _, arg := range good {
			p, err := Parse("f", []byte(where(in, "{"+k.Name+": "+arg+"}")))
			if err != nil {
				t.Fatal(err)
			}
			want := AppendJSON(nil, p)
			for _, text := range [][]byte{want, AppendYAML(nil, p)} {
				back, err := Parse("f", text)
				if err != nil {
					t.Fatalf("%v\n%s", err, text)
				}
				if got := AppendJSON(nil, back); !bytes.Equal(got, want) {
					t.Errorf("%s is read back as %s", text, got)
				}
			}
		}
	}
}

func TestEveryStepSaysWhatItTakes(t *testing.T) {
	for _, k := range Steps() {
		form := argForm(k)
		if form == "" {
			t.Errorf("%s takes nothing that can be said", k.Name)
		}
		if k.Arg == ArgNone || k.Arg == ArgMode {
			continue
		}
		in := InMain
		if k.In&InMain == 0 {
			in = InAsync
		}
		_, err := Parse("f", []byte(where(in, k.Name)))
		list := doc.All(err)
		if len(list) != 1 || list[0].Rule != "missing argument" || list[0].Expected != form {
			t.Errorf("%s without its argument: %v", k.Name, err)
		}
	}
}

// TestSchemaNamesEverything: the schema of a plan has every key, every step where it may stand, and only references that
// it defines.
func TestSchemaNamesEverything(t *testing.T) {
	plan, defs := Schema()
	root := doc.NewMap()
	root.Set("plan", plan).Set("$defs", defs)
	var tree map[string]any
	if err := json.Unmarshal(doc.AppendJSON(nil, &root), &tree); err != nil {
		t.Fatal(err)
	}
	props := tree["plan"].(map[string]any)["properties"].(map[string]any)
	for _, k := range Keys() {
		if props[k.Name] == nil {
			t.Errorf("no key %s", k.Name)
		}
	}
	if len(props) != len(Keys()) {
		t.Errorf("%d keys in the schema, %d in the language", len(props), len(Keys()))
	}
	known := tree["$defs"].(map[string]any)
	for _, p := range places {
		forms := known[p.step].(map[string]any)["anyOf"].([]any)
		steps := forms[1].(map[string]any)["properties"].(map[string]any)
		for _, k := range Steps() {
			if (steps[k.Name] != nil) != (k.In&p.in != 0) {
				t.Errorf("%s at the place %s: %v", k.Name, p.step, steps[k.Name] != nil)
			}
		}
	}
	var walk func(any)
	walk = func(v any) {
		switch x := v.(type) {
		case map[string]any:
			if ref, ok := x["$ref"].(string); ok && known[strings.TrimPrefix(ref, "#/$defs/")] == nil {
				t.Errorf("nothing defines %s", ref)
			}
			for _, item := range x {
				walk(item)
			}
		case []any:
			for _, item := range x {
				walk(item)
			}
		}
	}
	walk(tree)
}

func TestHostLifetimes(t *testing.T) {
	for text, want := range map[string]string{
		"hostLifetime: {}\n": ScriptedLifetime,
		"hostLifetime: {kind: scripted, stop: [delay: 1s]}\n":     ScriptedLifetime,
		"hostLifetime: {kind: systemd}\n":                         Systemd,
		"hostLifetime: {kind: none}\n":                            NoLifetime,
		"hostLifetime: {kind: console}\n":                         "",
		"hostLifetime: {kind: systemd, stop: [delay: 1s]}\n":      "",
		"hostLifetime: {kind: none, waitForStart: [delay: 1s]}\n": "",
	} {
		p, err := Parse("f.yaml", []byte(text))
		switch {
		case want == "" && err == nil:
			t.Errorf("%s is accepted", text)
		case want != "" && err != nil:
			t.Errorf("%s: %v", text, err)
		case want != "" && p.HostLifetime.Kind != want:
			t.Errorf("%s: the kind is %s", text, p.HostLifetime.Kind)
		case want != "":
			back, err := Parse("f", AppendJSON(nil, p))
			if err != nil || back.HostLifetime == nil || back.HostLifetime.Kind != want {
				t.Errorf("%s is written as %s (error %v)", text, AppendJSON(nil, p), err)
			}
		}
	}
}
