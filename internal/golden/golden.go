// Package golden compares what a test got with a file that somebody has looked at. It is for tests alone, and gives their
// binaries the flag -update, which writes the files anew.
package golden

import (
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Updating tells whether golden files are to be written anew.
func Updating() bool { return *update }

// Check compares got with a golden file, or writes the file if -update is given. What differs is told line by line.
func Check(t testing.TB, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s differs (-want +got); if that is meant: go test -run '^%s$' -update\n%s", file, t.Name(), d)
	}
}
