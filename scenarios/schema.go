package scenarios

import (
	"bytes"
	_ "embed"
	"encoding/json"

	"github.com/hostsim/hostsim/scenarios/doc"
	"github.com/hostsim/hostsim/scenarios/plan"
)

// SchemaJSON is the JSON Schema of a scenario file, for editors: schema.json as [MakeSchema] makes it.
//
//go:embed schema.json
var SchemaJSON []byte

// MakeSchema makes the JSON Schema of a scenario file from the registries of the plan language. It describes the form;
// [Parse] checks more, such as that the event of a stimulus can happen.
func MakeSchema() []byte {
	p, defs := plan.Schema()
	defs.Set("plan", p)
	text := of("type", doc.NewText("string"))
	line := of("type", doc.NewText("string"), "description", doc.NewText("An event as text: TIME WHO WHAT [begin|end] [OUTCOME] [DETAIL] [(token cancelled)], such as 0.300  c stop begin."))
	defs.Set("line", line)
	group := of("type", doc.NewText("object"), "additionalProperties", doc.NewBool(false), "required", doc.NewTexts([]string{"unordered"}),
		"properties", of("unordered", of("type", doc.NewText("array"), "minItems", doc.NewInt(2), "maxItems", doc.NewInt(MaxUnordered), "items", ref("line"))))
	defs.Set("timeline", of("type", doc.NewText("array"), "minItems", doc.NewInt(1), "items", of("anyOf", doc.NewList(ref("line"), group)),
		"description", doc.NewText(`A whole run: lines, "..." for any number of events, or unordered: a list of lines that may come in any order. Without a line of the log the log is not compared.`)))
	end := of("type", doc.NewText("string"), "pattern", doc.NewText(`^(exited [0-9]+|signaled SIG[A-Z0-9]+|deadlock|hang|killed)$`))
	defs.Set("end", end)
	defs.Set("expectation", of("type", doc.NewText("object"), "additionalProperties", doc.NewBool(false), "minProperties", doc.NewInt(1), "properties", of(
		"timeline", ref("timeline"),
		"variants", of("description", doc.NewText("Whole runs, one of which it must be."), "type", doc.NewText("array"), "minItems", doc.NewInt(2), "items", ref("timeline")),
		"inOrder", lines("Patterns that must be met in this order; what a line leaves out is free."),
		"never", lines("Patterns that no event may meet."),
		"end", of("description", doc.NewText("How the run ends; a list if several ends are legal."), "anyOf", doc.NewList(ref("end"), of("type", doc.NewText("array"), "minItems", doc.NewInt(2), "items", ref("end")))),
		"cycle", of("description", doc.NewText("Of a deadlock: WHO waits for RESOURCE[, held by HOLDER][, at WHERE][, since TIME], one wait a line."), "type", doc.NewText("array"), "minItems", doc.NewInt(1), "items", text),
		"reason", of("description", doc.NewText("A part of the reason that the end gives."), "type", doc.NewText("string")),
	)))
	range1 := `(core|strict|` + family + `(-[0-9]+(\.[0-9]+)?)?(\.\.(` + family + `-[0-9]+(\.[0-9]+)?)?)?|\.\.` + family + `-[0-9]+(\.[0-9]+)?)`
	root := of(
		"$schema", doc.NewText("https://json-schema.org/draft/2020-12/schema"),
		"$id", doc.NewText(SchemaURL),
		"title", doc.NewText("hostsim scenario"),
		"description", doc.NewText("A plan with what is expected of it."),
		"type", doc.NewText("object"),
		"additionalProperties", doc.NewBool(false),
		"required", doc.NewTexts([]string{"name", "title", "plan"}),
		"properties", of(
			"name", of("description", doc.NewText("Small letters, digits and hyphens; the file is called so."), "type", doc.NewText("string"), "pattern", doc.NewText(nameForm.String())),
			"title", of("description", doc.NewText("One sentence: what happens."), "type", doc.NewText("string")),
			"why", of("description", doc.NewText("Why somebody wants to see this."), "type", doc.NewText("string")),
			"clauses", words("The clauses that the scenario exercises.", of("type", doc.NewText("string"), "pattern", doc.NewText(clauseForm.String()))),
			"profiles", words("The profiles that it speaks about: a name, dotnet, dotnet-6.., ..dotnet-3.1 or dotnet-8..dotnet-9; none: all.", of("type", doc.NewText("string"), "pattern", doc.NewText("^"+range1+"$"))),
			"lanes", words("The lanes that it can be played in; none: all.", of("enum", doc.NewTexts(lanes))),
			"plan", ref("plan"),
			"schedule", of("description", doc.NewText("Where the run is not to take the default: at POINT take CHOICE."), "type", doc.NewText("array"), "minItems", doc.NewInt(1),
				"items", of("type", doc.NewText("string"), "pattern", doc.NewText("^at .+ take .+$"))),
			"expect", of("description", doc.NewText("What is expected, by profiles: a name or range, or several with commas."), "type", doc.NewText("object"), "minProperties", doc.NewInt(1),
				"additionalProperties", doc.NewBool(false), "patternProperties", of("^"+range1+"(, *"+range1+")*$", ref("expectation"))),
		),
		"$defs", defs,
	)
	var out bytes.Buffer
	if err := json.Indent(&out, doc.AppendJSON(nil, &root), "", "  "); err != nil {
		panic("scenarios: the schema is no JSON: " + err.Error()) // a test makes it
	}
	out.WriteByte('\n')
	return out.Bytes()
}

// of makes a mapping of keys and values.
func of(pairs ...any) doc.Node {
	n := doc.NewMap()
	for i := 0; i < len(pairs); i += 2 {
		n.Set(pairs[i].(string), pairs[i+1].(doc.Node))
	}
	return n
}

func ref(def string) doc.Node { return of("$ref", doc.NewText("#/$defs/"+def)) }

func words(description string, items doc.Node) doc.Node {
	return of("description", doc.NewText(description), "type", doc.NewText("array"), "minItems", doc.NewInt(1), "uniqueItems", doc.NewBool(true), "items", items)
}

func lines(description string) doc.Node {
	return of("description", doc.NewText(description), "type", doc.NewText("array"), "minItems", doc.NewInt(1), "items", ref("line"))
}
