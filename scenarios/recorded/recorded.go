// Package recorded holds what real hosts did: one readable file for each plan that was played on them, as a child process
// with real signals and a real exit status, release by release. These recordings are the ground truth for the dotnet
// profiles; package agree compares runs with them.
package recorded

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"sort"
	"strconv"
	"strings"
	"sync"

	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// Recording is what one release did in one plan.
type Recording struct {
	Name     string // of the plan
	Release  string // dotnet-3.1
	Runs     int    // how often it was recorded
	Plan     *plan.Plan
	Variants []Variant // the different orders of events that were seen, the most frequent first
}

// Variant is one order of events. Its times are those of one of the runs, in real time on a busy machine.
type Variant struct {
	Seen      int // in how many of the runs
	Trace     trace.Trace
	Truncated bool // the tail of the events was cut off
}

//go:embed *.yaml random/*.yaml
var files embed.FS

// Random is the folder of the recordings of random plans.
const Random = "random"

// exceptionsFile lies among the recordings but is none.
const exceptionsFile = "exceptions.yaml"

// All reads every recording of the library, those of random plans last, in order of plan and release. It is read once;
// callers share the result and must not change it.
var All = sync.OnceValues(func() ([]*Recording, error) { return Load(files) })

// Load reads every recording in a file system: the *.yaml files at its top and in the folder random.
func Load(fsys fs.FS) ([]*Recording, error) {
	var out []*Recording
	for _, dir := range []string{".", Random} {
		names, err := fs.Glob(fsys, path.Join(dir, "*.yaml"))
		if err != nil {
			return nil, err
		}
		sort.Strings(names)
		for _, name := range names {
			if path.Base(name) == exceptionsFile {
				continue
			}
			data, err := fs.ReadFile(fsys, name)
			if err != nil {
				return nil, err
			}
			list, err := Parse(path.Join("scenarios/recorded", name), data)
			if err != nil {
				return nil, err
			}
			if want := strings.TrimSuffix(path.Base(name), ".yaml"); list[0].Name != want {
				return nil, fmt.Errorf("%s: the plan is called %q: expected %q, as the file is", name, list[0].Name, want)
			}
			out = append(out, list...)
		}
	}
	return out, nil
}

// releaseLess orders releases from old to new: by the text before the last hyphen, then by number.
func releaseLess(a, b string) bool {
	fa, va := splitRelease(a)
	fb, vb := splitRelease(b)
	if fa != fb {
		return fa < fb
	}
	if va != vb {
		return va < vb
	}
	return a < b
}

func splitRelease(s string) (family string, version float64) {
	at := strings.LastIndexByte(s, '-')
	v, err := strconv.ParseFloat(s[at+1:], 64)
	if at < 0 || err != nil {
		return s, 0
	}
	return s[:at], v
}
