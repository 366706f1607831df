// Package hostsim_test holds what must hold for the repository as a whole.
package hostsim_test

import (
	"sort"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"
)

const module = "github.com/hostsim/hostsim/"

// layers are the folders in the direction of imports: a package may import those of its own layer's list, and nothing
// else of this module. The way of the data: scenario → plan → lane → trace → checks → verdicts → report.
var layers = []struct {
	folder string
	may    []string
}{
	{"spec", nil}, // the contract knows nobody
	{"scenarios", []string{"scenarios"}},
	{"host", []string{"host", "spec"}}, // a Go team's host: neither fakes nor the suite, nor Ginkgo
	{"fakes", []string{"fakes", "host", "scenarios", "spec"}},
	{"conformance/checks", []string{"scenarios", "spec"}}, // plain functions over traces
	{"conformance/report", []string{"conformance/report", "spec"}},
	{"conformance/probe", []string{"conformance/probe", "internal/proctree", "spec"}},
	{"conformance", []string{"conformance", "fakes", "host", "internal/proctree", "scenarios", "spec"}},
	{"internal/golden", nil},                             // for tests alone
	{"internal/proctree", []string{"internal/proctree"}}, // /proc, and what a program writes
	{"internal/toolchain", []string{"internal/toolchain"}},
	{"cmd", []string{"cmd", "conformance", "fakes", "host", "internal", "scenarios", "spec"}},
}

// onlyIn says which packages may import a library that must not spread.
var onlyIn = map[string][]string{
	"github.com/onsi/ginkgo/v2": {"conformance"},
	"github.com/onsi/gomega":    {"conformance"},
	"github.com/spf13/cobra":    {"cmd/", "conformance/probe/probecmd", "scenarios/internal"},
}

func TestImportDirections(t *testing.T) {
	pkgs, err := packages.Load(&packages.Config{Mode: packages.NeedName | packages.NeedImports}, "./...")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, p := range pkgs {
		rel, ok := strings.CutPrefix(p.PkgPath, module)
		if !ok {
			continue // this package
		}
		layer := layerOf(rel)
		if layer < 0 {
			t.Errorf("%s belongs to no layer: say in architecture_test.go what it may import", rel)
			continue
		}
		seen++
		imports := make([]string, 0, len(p.Imports))
		for i := range p.Imports {
			imports = append(imports, i)
		}
		sort.Strings(imports)
		for _, i := range imports {
			if other, ours := strings.CutPrefix(i, module); ours && !allowed(layers[layer].may, other) {
				t.Errorf("%s imports %s; %s may import only %s of this module", rel, other, layers[layer].folder, strings.Join(layers[layer].may, ", "))
			}
			for lib, where := range onlyIn {
				if (i == lib || strings.HasPrefix(i, lib+"/")) && !exact(where, rel) {
					t.Errorf("%s imports %s, which only %s may", rel, lib, strings.Join(where, ", "))
				}
			}
		}
	}
	if seen < 10 {
		t.Fatalf("only %d packages were looked at", seen)
	}
}

func layerOf(rel string) int {
	for i, l := range layers {
		if rel == l.folder || strings.HasPrefix(rel, l.folder+"/") {
			return i
		}
	}
	return -1
}

func allowed(may []string, other string) bool {
	for _, m := range may {
		if other == m || strings.HasPrefix(other, m+"/") {
			return true
		}
	}
	return false
}

// exact matches a package, or with a trailing slash everything below a folder.
func exact(where []string, rel string) bool {
	for _, w := range where {
		if rel == w || strings.HasSuffix(w, "/") && strings.HasPrefix(rel+"/", w) || strings.HasPrefix(rel, w+"/") && w != "conformance" {
			return true
		}
	}
	return false
}
