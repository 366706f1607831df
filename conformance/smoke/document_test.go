//go:build unix

package smoke_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hostsim/hostsim/conformance/adapter/adaptertest"
	"github.com/hostsim/hostsim/conformance/protocol"
	"github.com/hostsim/hostsim/conformance/smoke"
	"github.com/hostsim/hostsim/spec"
)

const goodIdentity = `{"identity":{"protocol":1,"implementation":"x","version":"1","language":"go","lanes":["process"]}}`

// blocks gives the fenced blocks of a language in the document.
func blocks(t *testing.T, language string) []string {
	t.Helper()
	data, err := os.ReadFile("../../docs/protocol.md")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, part := range strings.Split(string(data), "```"+language+"\n")[1:] {
		text, _, _ := strings.Cut(part, "```")
		out = append(out, text)
	}
	if len(out) == 0 {
		t.Fatalf("no block of %s in the document", language)
	}
	return out
}

func TestTheAdapterOfTheDocumentPasses(t *testing.T) {
	python := adaptertest.Runtime(t, "python3")
	path := filepath.Join(t.TempDir(), "adapter.py")
	if err := os.WriteFile(path, []byte(blocks(t, "python")[0]), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := smoke.Check(context.Background(), []string{python, path}); !r.OK() {
		t.Errorf("\n%s", r)
	}
}

func TestTheMessagesOfTheDocumentAreMessages(t *testing.T) {
	for _, b := range blocks(t, "json") {
		for _, line := range strings.Split(strings.TrimSpace(b), "\n") {
			if strings.HasPrefix(line, `{"run"`) {
				if _, err := protocol.NewCommandReader(strings.NewReader(line)).Next(); err != nil {
					t.Errorf("%s: %v", line, err)
				}
				continue
			}
			lines := []string{line}
			if !strings.HasPrefix(line, `{"identity"`) {
				lines = []string{goodIdentity, line}
			}
			if strings.HasPrefix(line, `{"end"`) {
				lines = []string{goodIdentity, `{"who":"a","what":"x"}`, line}
			}
			r := protocol.NewReader(strings.NewReader(strings.Join(lines, "\n")+"\n"), protocol.Limits{})
			r.BeginRun()
			for range lines {
				if _, err := r.Next(); err != nil {
					t.Errorf("%s: %v", line, err)
				}
			}
		}
	}
}

func TestEveryFaultIsInTheDocument(t *testing.T) {
	data, err := os.ReadFile("../../docs/protocol.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range protocol.FaultKinds() {
		if f != protocol.OutputWithout && !strings.Contains(string(data), string(f)) {
			t.Errorf("the document does not have the fault %q", f)
		}
	}
}

func TestEveryFeatureIsInTheDocument(t *testing.T) {
	data, err := os.ReadFile("../../docs/protocol.md")
	if err != nil {
		t.Fatal(err)
	}
	s, err := spec.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range s.Features {
		if !strings.Contains(string(data), "`"+f.Name+"`") {
			t.Errorf("the document does not have the feature %s", f.Name)
		}
	}
}
