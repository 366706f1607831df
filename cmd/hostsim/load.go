package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/hostsim/hostsim/scenarios"
	"github.com/hostsim/hostsim/scenarios/doc"
)

// loadAll reads scenarios; the first that is wrong is the error.
func loadAll(s streams, names []string) (list []*scenarios.Scenario, err error) {
	if err := stdinOnce(names); err != nil {
		return nil, err
	}
	for _, name := range names {
		sc, err := load(s, name)
		if err != nil {
			return nil, err
		}
		list = append(list, sc)
	}
	return list, nil
}

// stdinOnce refuses to read standard input twice.
func stdinOnce(names []string) error {
	if i := slices.Index(names, "-"); i >= 0 && slices.Contains(names[i+1:], "-") {
		return usagef("- stands for standard input, which can be read once only; it is given twice")
	}
	return nil
}

// load reads a scenario: a file, "-" for standard input, or the name of one in the library or among the recordings.
func load(s streams, name string) (*scenarios.Scenario, error) {
	if name == "-" {
		return read("standard input", s.in)
	}
	f, err := openFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return fromLibrary(name)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return read(name, f)
}

// read takes at most one byte more than a scenario may have, so that a file without end is refused and not read.
func read(name string, r io.Reader) (*scenarios.Scenario, error) {
	data, err := io.ReadAll(io.LimitReader(r, doc.MaxBytes+1))
	if err != nil {
		return nil, usage(fmt.Errorf("%s: %w", name, err))
	}
	sc, err := scenarios.ParseAny(name, data)
	return sc, usage(err)
}

// fromLibrary finds a scenario of the library or a recording by name, with or without its area.
func fromLibrary(name string) (*scenarios.Scenario, error) {
	all, err := scenarios.Library()
	if err != nil {
		return nil, err
	}
	for _, sc := range all {
		if sc.Name == name || sc.Area+"/"+sc.Name == name {
			return sc, nil
		}
	}
	if sc, err := scenarios.RecordedPlan(strings.TrimPrefix(name, "recorded/")); err != nil || sc != nil {
		return sc, err
	}
	var names []string
	for _, sc := range all {
		names = append(names, sc.Name)
	}
	hint := ""
	if near := doc.Nearest(name, names); near != "" {
		hint = " (did you mean " + near + "?)"
	}
	if name == "" {
		name = `""`
	}
	return nil, usagef("%s: there is no such file, and no scenario of that name in the library%s; `hostsim scenarios` lists those", name, hint)
}
