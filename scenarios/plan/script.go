package plan

import (
	"slices"
	"strconv"

	"github.com/hostsim/hostsim/scenarios/doc"
)

// script reads a list of steps that stand at a place. It never gives nil.
func (r *reader) script(n *doc.Node, where string, in Place, depth int) Script {
	if n.Kind != doc.List {
		r.fail(n, "wrong value", where, "a list of steps")
		return Script{}
	}
	if r.steps += len(n.Items); r.steps > MaxSteps {
		if r.steps-len(n.Items) <= MaxSteps {
			r.errs.At(n, Error{Rule: "too many steps", Where: where, Expected: "at most " + strconv.Itoa(MaxSteps) + " in a plan"})
		}
		return Script{}
	}
	out := make(Script, len(n.Items))
	for i := range n.Items {
		r.step(&out[i], &n.Items[i], where, in, depth)
	}
	return out
}

const stepForm = `a step such as "delay: 300ms" or "yield"`

// step reads one step: a mapping of its name to its argument, or the bare name if it needs none.
func (r *reader) step(s *Step, n *doc.Node, where string, in Place, depth int) {
	s.Pos = pos(n)
	name, arg := n, (*doc.Node)(nil)
	switch {
	case n.Kind == doc.Map && n.Len() == 1:
		name, arg = n.Pair(0)
	case n.Kind == doc.Map && n.Len() > 1:
		second, _ := n.Pair(1)
		r.errs.At(second, Error{Rule: "two steps in one item", Where: where, Found: second.Found(), Expected: "one step in each item of the list"})
		return
	case n.Kind != doc.String:
		r.fail(n, "wrong value", where, stepForm)
		return
	}
	k := stepByName[name.Text]
	if k == nil {
		names := namesAt(in)
		r.errs.At(name, Error{Rule: "unknown step", Where: where, Found: name.Found(), Expected: doc.OneOf(names), Nearest: doc.Nearest(name.Text, names)})
		return
	}
	s.Kind = k
	if k.In&in == 0 {
		r.errs.At(name, Error{Rule: "step in the wrong place", Where: where, Found: name.Found(), Expected: doc.OneOf(namesAt(in)) + " (" + reason(k, in) + ")"})
	}
	if where == "" {
		where = k.Name
	} else {
		where += ", " + k.Name
	}
	r.argument(s, k, arg, name, where, depth)
}

// reason says why a step may not stand at a place.
func reason(k *StepKind, in Place) string {
	switch {
	case k.In == InMain:
		return k.Name + " is a step of main alone"
	case in == InSync:
		return k.Name + " gives the thread back, which nothing here can: new, dispose, the application callbacks and processExit hold it"
	}
	return k.Name + " has no meaning here"
}

func (r *reader) argument(s *Step, k *StepKind, arg, name *doc.Node, where string, depth int) {
	if arg == nil || arg.Kind == doc.Null {
		if k.Arg == ArgNone || k.Arg == ArgMode {
			return
		}
		r.errs.At(name, Error{Rule: "missing argument", Where: where, Found: "nothing", Expected: argForm(k)})
		return
	}
	switch k.Arg {
	case ArgNone:
		r.bare(arg, where, "true, or nothing")
	case ArgMode:
		if arg.Kind == doc.String && slices.Contains(k.Words, arg.Text) {
			s.Text = arg.Text
			return
		}
		r.bare(arg, where, argForm(k))
	case ArgDuration:
		s.Dur = r.duration(arg, where)
	case ArgText:
		s.Text = r.text(arg, where)
	case ArgInt:
		s.N = r.code(arg, where)
	case ArgSignal:
		s.Text = r.word(arg, "unknown signal", where, Signals)
	case ArgScript:
		if depth >= MaxSpawnDepth {
			r.errs.At(name, Error{Rule: "nesting too deep", Where: where, Expected: "at most " + strconv.Itoa(MaxSpawnDepth) + " threads inside each other"})
			return
		}
		s.Steps = r.script(arg, where, InThread, depth+1)
	case ArgAddress:
		s.Text = r.address(arg, where)
	}
}

// bare reads the argument of a step that has none.
func (r *reader) bare(n *doc.Node, where, expected string) {
	if n.Kind == doc.Bool && n.Text == "true" || n.Kind == doc.Number && n.Text == "1" {
		return
	}
	r.fail(n, "wrong value", where, expected)
}

func (r *reader) address(n *doc.Node, where string) string {
	if _, ok := ParseAddress(n.Text); !ok || n.Kind != doc.String {
		r.fail(n, "invalid address", where, "tcp:NAME or unix:NAME")
	}
	return n.Text
}

// argForm says what argument a step takes.
func argForm(k *StepKind) string {
	switch k.Arg {
	case ArgDuration:
		return durationForm
	case ArgText:
		return "a text"
	case ArgInt:
		return "a whole number from 0 to " + strconv.Itoa(MaxExitCode)
	case ArgSignal:
		return doc.OneOf(Signals)
	case ArgScript:
		return "a list of steps"
	case ArgMode:
		return doc.OneOf(append([]string{"true"}, k.Words...))
	case ArgAddress:
		return "tcp:NAME or unix:NAME"
	}
	return "true, or nothing"
}

// namesAt lists the steps that may stand at a place, by name.
func namesAt(in Place) []string {
	var out []string
	for _, k := range Steps() {
		if k.In&in != 0 {
			out = append(out, k.Name)
		}
	}
	return out
}
