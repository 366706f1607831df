package plan

import (
	"slices"
	"strings"

	"github.com/hostsim/hostsim/scenarios/doc"
)

// Schema gives the JSON Schema of a plan, made from the registries, and the definitions that it refers to under
// "#/$defs/". An editor completes and checks with it; [Parse] checks more.
func Schema() (plan doc.Node, defs doc.Node) {
	plan = object("A scripted application plus the stimuli that act on it.")
	props := doc.NewMap()
	for _, k := range Keys() {
		n := keySchema(k.Name)
		props.Set(k.Name, described(n, k.Doc))
	}
	plan.Set("properties", props)
	defs = doc.NewMap()
	duration := pattern(`^(inf|[0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))$`)
	defs.Set("duration", described(duration, `A number and a unit (ns, us, ms, s, m, h), or "inf".`))
	event := pattern(`^[A-Za-z][A-Za-z0-9_-]*(/thread)*\.[A-Za-z0-9_.-]+$`)
	defs.Set("event", described(event, "WHO.WHAT or WHO.WHAT.PHASE, such as lifetime.applicationStarted or b.stop.begin."))
	address := pattern(`^(tcp|unix):[A-Za-z0-9][A-Za-z0-9._-]*$`)
	defs.Set("address", described(address, "A listener by its role: tcp:NAME or unix:NAME."))
	code := doc.NewMap()
	code.Set("type", doc.NewText("integer")).Set("minimum", doc.NewInt(0)).Set("maximum", doc.NewInt(MaxExitCode))
	defs.Set("code", code)
	for _, p := range places {
		defs.Set(p.script, array(ref(p.step)))
		defs.Set(p.step, stepSchema(p.in))
	}
	return plan, defs
}

var places = []struct {
	in           Place
	script, step string
}{{InAsync, "script", "step"}, {InSync, "syncScript", "syncStep"}, {InMain, "mainScript", "mainStep"}, {InThread, "threadScript", "threadStep"}}

func typed(t string) doc.Node { n := doc.NewMap(); return *n.Set("type", doc.NewText(t)) }
func ref(name string) doc.Node {
	n := doc.NewMap()
	return *n.Set("$ref", doc.NewText("#/$defs/"+name))
}
func array(of doc.Node) doc.Node { n := typed("array"); return *n.Set("items", of) }
func pattern(re string) doc.Node { n := typed("string"); return *n.Set("pattern", doc.NewText(re)) }
func enum(words []string) doc.Node {
	n := doc.NewMap()
	return *n.Set("enum", doc.NewTexts(words))
}

// described puts a description in front.
func described(n doc.Node, text string) doc.Node {
	d := doc.NewMap()
	d.Set("description", doc.NewText(text))
	d.Items = append(d.Items, n.Items...)
	return d
}

func object(description string) doc.Node {
	n := typed("object")
	n = described(n, description)
	return *n.Set("additionalProperties", doc.NewBool(false))
}

// record makes the schema of a mapping of fixed keys.
func record(required []string, pairs ...any) doc.Node {
	n, props := typed("object"), doc.NewMap()
	for i := 0; i < len(pairs); i += 2 {
		props.Set(pairs[i].(string), pairs[i+1].(doc.Node))
	}
	n.Set("additionalProperties", doc.NewBool(false))
	if len(required) > 0 {
		n.Set("required", doc.NewTexts(required))
	}
	return *n.Set("properties", props)
}

// keySchema gives the schema of one top-level key; a key without one is a programming error, which a test excludes.
func keySchema(key string) doc.Node {
	truth := doc.NewMap() // the recordings write 1 for true
	truth.Set("enum", doc.NewList(doc.NewBool(true), doc.NewBool(false), doc.NewInt(1)))
	name := pattern(`^[A-Za-z][A-Za-z0-9_-]*$`)
	switch key {
	case "options":
		return record(nil, "shutdownTimeout", ref("duration"), "startupTimeout", ref("duration"), "concurrentStart", truth, "concurrentStop", truth,
			"backgroundException", enum(append([]string{"StopHost", "Ignore"}, exceptions...)))
	case "config":
		n := typed("object")
		return *n.Set("additionalProperties", typed("string"))
	case "services":
		return array(serviceSchema(name, truth))
	case "hostLifetime":
		return record(nil, "kind", enum(lifetimeKinds), "waitForStart", ref("script"), "stop", ref("script"))
	case "applicationStarted", "applicationStopping", "applicationStopped":
		return array(ref("syncScript"))
	case "processExit":
		return ref("syncScript")
	case "signalHandlers":
		return array(record([]string{"signal"}, "signal", enum(Signals), "cancel", truth))
	case "main":
		return ref("mainScript")
	case "mainCatches":
		return truth
	case "signals":
		return array(record([]string{"after", "send"}, "after", ref("event"), "wait", ref("duration"), "send", enum(allSignals)))
	case "connections":
		return array(record([]string{"name", "after", "dial"}, "name", name, "after", ref("event"), "wait", ref("duration"), "dial", ref("address"), "hold", ref("duration")))
	case "files":
		return array(record([]string{"path", "state"}, "path", typed("string"), "state", enum(fileStates)))
	}
	panic("plan: the key " + key + " has no schema")
}

// serviceSchema has one form for each kind, because each has hooks of its own.
func serviceSchema(name, truth doc.Node) doc.Node {
	forms := doc.NewList()
	for _, kind := range kinds {
		constant := doc.NewMap()
		constant.Set("const", doc.NewText(kind))
		pairs := []any{"name", name, "kind", constant, "watchTokens", truth}
		for _, hook := range Scripted(kind) {
			script := "script"
			if place(hook) == InSync {
				script = "syncScript"
			}
			pairs = append(pairs, hook, ref(script))
		}
		required := []string{"name", "kind"}
		if kind == Hosted {
			required = required[:1]
		}
		forms.Items = append(forms.Items, record(required, pairs...))
	}
	n := doc.NewMap()
	return *n.Set("oneOf", forms)
}

// stepSchema gives the schema of a step at a place: a bare word, or a mapping of one key.
func stepSchema(in Place) doc.Node {
	var words []string
	props := doc.NewMap()
	for _, k := range Steps() {
		if k.In&in == 0 {
			continue
		}
		if k.Arg == ArgNone || k.Arg == ArgMode {
			words = append(words, k.Name)
		}
		props.Set(k.Name, described(argSchema(k), strings.ToUpper(k.Doc[:1])+k.Doc[1:]+"."))
	}
	step := typed("object")
	step.Set("additionalProperties", doc.NewBool(false)).Set("minProperties", doc.NewInt(1)).Set("maxProperties", doc.NewInt(1)).Set("properties", props)
	n := doc.NewMap()
	return *n.Set("anyOf", doc.NewList(enum(words), step))
}

func argSchema(k *StepKind) doc.Node {
	bare := doc.NewMap()
	bare.Set("enum", doc.NewList(doc.NewBool(true), doc.NewInt(1), doc.Node{}))
	switch k.Arg {
	case ArgDuration:
		return ref("duration")
	case ArgText:
		n := doc.NewMap()
		return *n.Set("type", doc.NewTexts([]string{"string", "number"}))
	case ArgInt:
		return ref("code")
	case ArgSignal:
		return enum(Signals)
	case ArgScript:
		return ref("threadScript")
	case ArgAddress:
		return ref("address")
	case ArgMode:
		list := &bare.Items[1]
		list.Items = append(slices.Clone(list.Items), doc.NewTexts(k.Words).Items...)
	}
	return bare
}
