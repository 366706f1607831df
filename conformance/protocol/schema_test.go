package protocol

import (
	"bytes"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

func compile(t testing.TB, ref string) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("protocol.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("protocol.json" + ref)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func valid(s *jsonschema.Schema, line string) error {
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(line)))
	if err != nil {
		return err
	}
	return s.Validate(v)
}

// single reads one line in the state in which its message may come.
func single(line string) (Message, error) {
	r := NewReader(bytes.NewReader([]byte(line+"\n")), Limits{})
	r.state = begun
	v, fault := parseLine([]byte(line))
	if fault == nil && len(v.fields) == 1 && v.fields[0].key == "identity" {
		r.state = wantIdentity
	}
	if fault == nil && len(v.fields) == 1 && v.fields[0].key == "skip" {
		r.state = running
	}
	return r.Next()
}

func TestSchemaAndReaderAgree(t *testing.T) {
	s := compile(t, "")
	for _, c := range singles {
		t.Run(c.name, func(t *testing.T) {
			_, err := single(c.line)
			schemaErr := valid(s, c.line)
			if (err == nil) != (schemaErr == nil) && !c.beyond {
				t.Errorf("reader: %v\nschema: %v", err, schemaErr)
			}
		})
	}
}

func TestWhatIsWrittenIsWhatTheSchemaAllows(t *testing.T) {
	var b bytes.Buffer
	w := NewWriter(&b)
	for _, err := range []error{
		w.Identity(Identity{Protocol: Version, Implementation: "x", Version: "1", Language: "go", Runtime: "go1.26", Profile: "core", Features: []string{"signals"}, Lanes: []string{spec.Process}, Reuse: true}),
		w.Event(trace.Event{At: 1500, Who: "a", What: "start", Phase: trace.Begin, Token: trace.Live}),
		w.Event(trace.Event{Who: "main", What: "return", Detail: trace.Number(-3)}),
		w.Event(trace.Event{Who: "a", What: "start", Phase: trace.End, Outcome: "error:\x00\"\xff"}),
		w.Ready(), w.Listening("tcp:web", "127.0.0.1:1"), w.Skip("no"),
		w.End(trace.Ending{Kind: trace.Deadlock, Cycle: []trace.Wait{{Who: "a", Where: "b", Resource: "c", Holder: "d", Since: 5}}, Stuck: []trace.Wait{{Who: "e"}}, Reason: "r"}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	s := compile(t, "")
	for _, line := range bytes.Split(bytes.TrimSpace(b.Bytes()), []byte("\n")) {
		if err := valid(s, string(line)); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
	p, err := plan.Parse("p", []byte(fullPlan))
	if err != nil {
		t.Fatal(err)
	}
	line := AppendRun(nil, Run{ID: 1, Lane: spec.Virtual, Dir: "/tmp/x", Plan: EncodePlan(p, spec.Virtual)})
	if err := valid(compile(t, "#/$defs/command"), string(line)); err != nil {
		t.Errorf("%s: %v", line, err)
	}
}
