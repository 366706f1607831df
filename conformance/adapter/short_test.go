package adapter

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestAdaptersAreShort holds the adapters of Go hosts to what an adapter is to be: the host's own calls, and no more than 60 lines
// of them, comments and blank lines included. What two of them need belongs into this package.
func TestAdaptersAreShort(t *testing.T) {
	mains, err := filepath.Glob("../adapters/*/main.go")
	if err != nil || len(mains) < 5 {
		t.Fatalf("there are %d adapters in Go (%v), want 5 or more", len(mains), err)
	}
	for _, file := range mains {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(text, []byte("\n")); n > 60 {
			t.Errorf("%s has %d lines, want 60 or fewer; the host itself is another module, and what adapters share belongs into package adapter", file, n)
		}
	}
}
