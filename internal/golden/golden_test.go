package golden

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// told is a test that notes what it is told instead of failing.
type told struct {
	testing.TB
	errors []string
}

func (t *told) Helper()      {}
func (t *told) Name() string { return "TestX" }
func (t *told) Errorf(format string, args ...any) {
	t.errors = append(t.errors, fmt.Sprintf(format, args...))
}

func TestCheck(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.golden")
	if err := os.WriteFile(file, []byte("one\ntwo\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	same, other := told{TB: t}, told{TB: t}
	Check(&same, file, []byte("one\ntwo\n"))
	Check(&other, file, []byte("one\nthree\n"))
	if len(same.errors) != 0 {
		t.Errorf("what is the same differs: %q", same.errors)
	}
	if len(other.errors) != 1 || !strings.Contains(other.errors[0], "three") || !strings.Contains(other.errors[0], "go test -run '^TestX$' -update") {
		t.Errorf("what differs is told as %q", other.errors)
	}
	*update = true
	defer func() { *update = false }()
	written := told{TB: t}
	Check(&written, file, []byte("three\n"))
	if got, err := os.ReadFile(file); err != nil || string(got) != "three\n" || len(written.errors) != 0 || !Updating() {
		t.Errorf("written anew it is %q, %v, %q", got, err, written.errors)
	}
}
