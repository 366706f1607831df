// Package importer brings recordings of real hosts into the library: it reads what the recorder wrote, one JSON file for
// each release and plan, and writes one readable YAML file for each plan.
//
// How a recording is imported:
//
//	go run ./scenarios/internal/importer/cmd/import-recordings scenarios/recorded DIR
//
// where DIR holds RELEASE/PLAN.json. A plan that the library has already is written anew with the releases of DIR only.
package importer

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"

	"github.com/hostsim/hostsim/scenarios/recorded"
)

// Import reads DIR/RELEASE/PLAN.json below every directory and writes out/PLAN.yaml for every plan. Nothing is written
// unless everything could be read, and what was written reads back as what was recorded. It gives the number of
// recordings and of files.
func Import(out string, dirs ...string) (recordings, files int, err error) {
	byPlan := map[string][]*recorded.Recording{}
	for _, dir := range dirs {
		names, err := filepath.Glob(filepath.Join(dir, "*", "*.json"))
		if err != nil {
			return 0, 0, err
		}
		if len(names) == 0 {
			return 0, 0, fmt.Errorf("%s holds no RELEASE/PLAN.json", dir)
		}
		for _, name := range names {
			recs, err := read(name)
			if err != nil {
				return 0, 0, err
			}
			recordings += len(recs)
			byPlan[recs[0].Name] = append(byPlan[recs[0].Name], recs...)
		}
	}
	texts := map[string][]byte{}
	plans := make([]string, 0, len(byPlan))
	for p, recs := range byPlan {
		if texts[p], err = recorded.Format(recs); err != nil {
			return 0, 0, err
		}
		if err := Same(recs, texts[p]); err != nil {
			return 0, 0, err
		}
		plans = append(plans, p)
	}
	sort.Strings(plans)
	for _, p := range plans {
		if err := os.WriteFile(filepath.Join(out, p+".yaml"), texts[p], 0o644); err != nil {
			return 0, 0, err
		}
	}
	return recordings, len(plans), nil
}

func read(name string) ([]*recorded.Recording, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	recs, err := recorded.Parse(name, data)
	if err != nil {
		return nil, err
	}
	rec := recs[0]
	if want := filepath.Join(rec.Release, rec.Name+".json"); filepath.Join(filepath.Base(filepath.Dir(name)), filepath.Base(name)) != want {
		return nil, fmt.Errorf("%s: is the recording of %s: expected it to lie in %s", name, rec.Name, want)
	}
	return recs, nil
}
