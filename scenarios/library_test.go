package scenarios_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/hostsim/hostsim/scenarios"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/recorded"
	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

func library(t testing.TB) []*scenarios.Scenario {
	t.Helper()
	list, err := scenarios.Library()
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestLibraryIsComplete: every scenario says what it is about, and names only what the contract has.
func TestLibraryIsComplete(t *testing.T) {
	contract := spec.MustLoad()
	for _, s := range library(t) {
		switch {
		case !strings.HasSuffix(s.Title, ".") || strings.Contains(s.Title, "\n"):
			t.Errorf("%s: the title is no sentence: %q", s.File, s.Title)
		case !strings.HasSuffix(s.Why, "."):
			t.Errorf("%s: does not say why in a sentence: %q", s.File, s.Why)
		case len(s.Clauses) == 0 || len(s.Profiles) == 0 || len(s.Expect) == 0:
			t.Errorf("%s: names no clauses, profiles or expectations", s.File)
		}
		if contract.Area(s.Area) == nil {
			t.Errorf("%s: there is no area %s", s.File, s.Area)
		}
		own := false
		for _, id := range s.Clauses {
			c := contract.Clause(id)
			if c == nil {
				t.Errorf("%s: there is no clause %s", s.File, id)
				continue
			}
			own = own || c.Area == s.Area
			if !slices.ContainsFunc(scenarios.Expand(s.Profiles), c.Has) {
				t.Errorf("%s: %s holds in none of the profiles %v", s.File, id, s.Profiles)
			}
		}
		if !own {
			t.Errorf("%s: exercises no clause of its own area", s.File)
		}
	}
}

// TestProfilesAreThoseOfTheContract holds the list of this package and the contract together.
func TestProfilesAreThoseOfTheContract(t *testing.T) {
	contract := spec.MustLoad()
	for _, name := range scenarios.Profiles {
		if contract.Profile(name) == nil {
			t.Errorf("the contract has no profile %s", name)
		}
	}
	for _, word := range []string{"dotnet", "strict", "dotnet-6..", "..dotnet-3.1", "dotnet-8..dotnet-9"} {
		want, err := contract.Expand(word)
		if err != nil {
			t.Fatal(err)
		}
		if got := scenarios.Expand([]string{word}); !slices.Equal(got, want) {
			t.Errorf("%s names %v here and %v in the contract", word, got, want)
		}
	}
}

// TestLibraryMeetsTheSchema: what Parse accepts the schema accepts too, so that an editor marks nothing that is right.
func TestLibraryMeetsTheSchema(t *testing.T) {
	schema := compile(t)
	err := filepath.WalkDir("library", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if !bytes.HasPrefix(data, []byte("# yaml-language-server: $schema=../../schema.json\n")) {
			t.Errorf("%s: the first line does not tell editors the schema; it must be: # yaml-language-server: $schema=../../schema.json", file)
		}
		if err := schema.Validate(decoded(t, data)); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestSchemaRefuses(t *testing.T) {
	schema := compile(t)
	for name, text := range map[string]string{
		"an unknown key":             "{name: n, title: T., plan: {}, extra: 1}",
		"an unknown step":            "{name: n, title: T., plan: {services: [{name: a, stop: [dealy: 1s]}]}}",
		"a step in the wrong place":  "{name: n, title: T., plan: {services: [{name: a, dispose: [delay: 1s]}]}}",
		"two steps in one item":      "{name: n, title: T., plan: {services: [{name: a, stop: [{delay: 1s, yield: true}]}]}}",
		"a step of main elsewhere":   "{name: n, title: T., plan: {services: [{name: a, stop: [build]}]}}",
		"a duration without a unit":  "{name: n, title: T., plan: {main: [{delay: 300}]}}",
		"an unknown signal":          "{name: n, title: T., plan: {signals: [{after: a.start, send: SIGFOO}]}}",
		"a hook of another kind":     "{name: n, title: T., plan: {services: [{name: a, starting: []}]}}",
		"a service without a name":   "{name: n, title: T., plan: {services: [{kind: hosted}]}}",
		"a code that is too large":   "{name: n, title: T., plan: {main: [{return: 256}]}}",
		"an unknown profile":         "{name: n, title: T., plan: {}, expect: {strikt: {end: hang}}}",
		"an end that there is not":   "{name: n, title: T., plan: {}, expect: {strict: {end: exits 0}}}",
		"a range that names nothing": "{name: n, title: T., plan: {}, profiles: [..]}",
		"a missing title":            "{name: n, plan: {}}",
	} {
		t.Run(name, func(t *testing.T) {
			if schema.Validate(decoded(t, []byte(text))) == nil {
				t.Error("accepted")
			}
			if _, err := scenarios.Parse("f.yaml", []byte("# \n"+text)); err == nil {
				t.Error("accepted by Parse")
			}
		})
	}
	if err := schema.Validate(decoded(t, []byte("{name: n, title: T., plan: {main: [build, run, {return: 3}], services: [{name: a, stop: [{untilCancelled: throw}, {spawn: [sleep: 1.5s]}]}]}, expect: {'strict, dotnet-6..': {end: [hang, exited 0], timeline: [..., {unordered: [a new, b new]}]}}}"))); err != nil {
		t.Error(err)
	}
}

func compile(t *testing.T) *jsonschema.Schema {
	t.Helper()
	raw, err := jsonschema.UnmarshalJSON(bytes.NewReader(scenarios.SchemaJSON))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", raw); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func decoded(t *testing.T, data []byte) any {
	t.Helper()
	var v any
	if err := yaml.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// TestEveryStepIsInTheSchema guards the registry against a kind of step that has no place.
func TestEveryStepIsInTheSchema(t *testing.T) {
	for _, k := range plan.Steps() {
		if !bytes.Contains(scenarios.SchemaJSON, []byte(`"`+k.Name+`": {`)) {
			t.Errorf("the schema has no step %s", k.Name)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	var texts [][]byte
	names, err := filepath.Glob("library/*/*.yaml")
	if err != nil {
		b.Fatal(err)
	}
	for _, n := range names {
		data, err := os.ReadFile(n)
		if err != nil {
			b.Fatal(err)
		}
		texts = append(texts, data)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := scenarios.Parse("f.yaml", texts[i%len(texts)]); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "files/s")
}

// TestLibraryHoldsOnTheRecordings: where a plan of the library was recorded, what the scenario expects of a release is
// what the real host did, in every variant that was seen.
func TestLibraryHoldsOnTheRecordings(t *testing.T) {
	recs, err := recorded.All()
	if err != nil {
		t.Fatal(err)
	}
	byPlan := map[string][]*recorded.Recording{}
	for _, r := range recs {
		key := string(plan.AppendJSON(nil, r.Plan))
		byPlan[key] = append(byPlan[key], r)
	}
	const startUp = 500 * time.Millisecond // what starting cost the real host on a busy machine
	compared := 0
	for _, s := range library(t) {
		for _, r := range byPlan[string(plan.AppendJSON(nil, s.Plan))] {
			for _, e := range s.Expected(r.Release) {
				for i := range r.Variants {
					v := r.Variants[i]
					if v.Trace.End.Kind == trace.HangEnd { // the recorder could not tell the two apart
						for _, end := range e.Ends {
							if end.End.Kind == trace.Deadlock {
								v.Trace.End.Kind = trace.Deadlock
							}
						}
					}
					own := *e
					own.Cycle, own.Reason = nil, ""
					compared++
					if m := own.Check(&v.Trace, scenarios.Tolerance{Abs: startUp, Rel: 0.1, Real: true}); m != nil {
						t.Errorf("%s:%d: variant %d of %s: %s", s.File, m.Pos.Line, i+1, r.Release, m.Said)
					}
				}
			}
		}
	}
	if compared < 500 {
		t.Errorf("only %d recorded variants were compared", compared)
	}
}
