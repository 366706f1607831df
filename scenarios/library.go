package scenarios

import (
	"embed"
	"errors"
	"io/fs"
	"path"
	"strings"
	"sync"
)

//go:embed library
var library embed.FS

// Library reads the scenarios of the library, in order of area and name. They are read once; callers share the result
// and must not change it.
var Library = sync.OnceValues(func() ([]*Scenario, error) {
	sub, err := fs.Sub(library, "library")
	if err != nil {
		return nil, err
	}
	return Load(sub)
})

// Load reads every scenario file, AREA/NAME.yaml, of a file system, in order of area and name. A file must be called as
// its scenario is, and no two scenarios may have one name. The error joins what is wrong with every file.
func Load(fsys fs.FS) ([]*Scenario, error) {
	names, err := fs.Glob(fsys, "*/*.yaml")
	if err != nil {
		return nil, err
	}
	var out []*Scenario
	var errs []error
	seen := map[string]string{}
	for _, file := range names {
		data, err := fs.ReadFile(fsys, file)
		if err != nil {
			return nil, err
		}
		s, err := Parse(file, data)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		s.Area = path.Dir(file)
		if want := strings.TrimSuffix(path.Base(file), ".yaml"); s.Name != want {
			errs = append(errs, &Error{File: file, Rule: "wrong name", Found: s.Name, Expected: want + ", as the file is called"})
		}
		if first, dup := seen[s.Name]; dup {
			errs = append(errs, &Error{File: file, Rule: "two scenarios of one name", Found: s.Name, Expected: "each name once (the other is " + first + ")"})
		}
		seen[s.Name] = file
		out = append(out, s)
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return out, nil
}
