package scenarios

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hostsim/hostsim/internal/golden"
	"github.com/hostsim/hostsim/scenarios/doc"
)

// TestBadFiles: what a person reads who gives a bad file to a command. Each file of testdata/bad has its errors in a file
// of the same name with .golden behind it.
func TestBadFiles(t *testing.T) {
	names, err := filepath.Glob("testdata/bad/*")
	if err != nil {
		t.Fatal(err)
	}
	files := 0
	for _, name := range names {
		if strings.HasSuffix(name, ".golden") {
			continue
		}
		files++
		t.Run(filepath.Base(name), func(t *testing.T) {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			s, err := ParseAny(filepath.Base(name), data)
			if err == nil || s != nil {
				t.Fatalf("accepted as %+v", s)
			}
			lines := strings.Count(string(data), "\n") + 1
			for _, e := range doc.All(err) {
				if strings.HasSuffix(e.Rule, "more errors, not shown") {
					continue
				}
				if e.File != filepath.Base(name) || e.Line < 1 || e.Line > lines || e.Col < 1 || e.Rule == "" {
					t.Errorf("no place or no rule: %+v", e)
				}
			}
			got := err.Error() + "\n"
			golden.Check(t, name+".golden", []byte(got))
		})
	}
	if files < 25 {
		t.Errorf("only %d bad files", files)
	}
}
