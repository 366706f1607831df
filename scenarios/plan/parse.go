package plan

import "github.com/hostsim/hostsim/scenarios/doc"

// Parse reads a plan from YAML or JSON: a bare plan, or a recording or scenario file whose plan stands under "definition" or
// "plan". name is the file's name in messages. The error joins everything that is wrong, each part an [*Error] with its
// place; the plan is then nil. Parse never panics, keeps nothing of data, and may be called concurrently.
func Parse(name string, data []byte) (*Plan, error) {
	root, err := doc.Parse(name, data)
	if err != nil {
		return nil, err
	}
	for _, key := range []string{"definition", "plan"} {
		if n := root.Get(key); n != nil && n.Kind == doc.Map {
			root = n
			break
		}
	}
	errs := &doc.Errors{File: name}
	p := Read(root, errs)
	if err := errs.Err(); err != nil {
		return nil, err
	}
	return p, nil
}

// Read reads a plan from a node of a larger document and adds what is wrong to errs. The plan is of use only if nothing
// was added.
func Read(n *doc.Node, errs *doc.Errors) *Plan {
	p := &Plan{}
	r := &reader{errs: errs, plan: p}
	r.fields(n, "plan", "a plan", topNames, func(key string, _, v *doc.Node) { topByName[key].read(r, v) })
	r.validate()
	return p
}

// Key is one top-level key of the plan language.
type Key struct {
	Name string
	Doc  string // one sentence
	read func(*reader, *doc.Node)
}

var (
	topNames  []string
	topByName = map[string]*Key{}
)

// registerKey adds a top-level key; it panics on a second one of that name.
func registerKey(k Key) {
	if topByName[k.Name] != nil {
		panic("plan: key " + k.Name + " is registered twice")
	}
	topByName[k.Name] = &k
	topNames = append(topNames, k.Name)
}

// Keys lists the top-level keys of the plan language in the order in which plans are written.
func Keys() []*Key {
	out := make([]*Key, len(topNames))
	for i, n := range topNames {
		out[i] = topByName[n]
	}
	return out
}
