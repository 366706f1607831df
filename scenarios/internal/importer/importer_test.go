package importer

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hostsim/hostsim/scenarios/recorded"
)

const (
	early = `{"plan":"p","release":"dotnet-3.1","recordings":4,"definition":{"services":[{"name":"a","kind":"hosted"}],"mainCatches":1},"variants":[
 {"seen":4,"end":{"kind":"hang"},"events":[{"ms":0,"who":"host","what":"build","phase":"begin"},{"ms":7,"who":"a","what":"mark","detail":"2"}]}]}`
	late = `{"plan":"p","release":"dotnet-10","recordings":4,"definition":{"services":[{"name":"a"}],"mainCatches":true},"variants":[
 {"seen":3,"end":{"kind":"hang"},"events":[{"ms":0,"who":"host","what":"build","phase":"begin"},{"ms":9,"who":"a","what":"mark","detail":"2"}]},
 {"seen":1,"end":{"kind":"exited","code":3},"events":[{"ms":0,"who":"host","what":"build","phase":"begin"}]}]}`
)

// write makes DIR/RELEASE/NAME.json files.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestImport(t *testing.T) {
	dir, out := write(t, map[string]string{"dotnet-3.1/p.json": early, "dotnet-10/p.json": late}), t.TempDir()
	n, files, err := Import(out, dir)
	if err != nil || n != 2 || files != 1 {
		t.Fatalf("%d recordings, %d files, error %v", n, files, err)
	}
	text, err := os.ReadFile(filepath.Join(out, "p.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	const want = `name: p
plan:
  services:
  - {name: a}
  mainCatches: true
runs: {dotnet-3.1: 4, dotnet-10: 4}
variants:
- seen: {dotnet-3.1: 4, dotnet-10: 3}
  end: hang
  events: |
    0 0  host build begin
    7 9  a mark "2"
- seen: {dotnet-10: 1}
  end: exited 3
  events: |
    0  host build begin
`
	if _, body, _ := strings.Cut(string(text), "\nname:"); "name:"+body != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
}

func TestImportRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"an empty directory":  {nil, "holds no RELEASE/PLAN.json"},
		"a broken file":       {map[string]string{"dotnet-3.1/p.json": early, "dotnet-10/p.json": "{"}, "p.json:1:2: invalid JSON: "},
		"the wrong folder":    {map[string]string{"dotnet-6/p.json": early}, "expected it to lie in dotnet-3.1/p.json"},
		"two different plans": {map[string]string{"dotnet-3.1/p.json": early, "dotnet-10/p.json": strings.Replace(late, `"a"}`, `"b"}`, 1)}, "different plans"},
	} {
		t.Run(name, func(t *testing.T) {
			out := t.TempDir()
			_, _, err := Import(out, write(t, c.files))
			if err == nil || !strings.Contains(filepath.ToSlash(err.Error()), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
			if left, _ := os.ReadDir(out); len(left) > 0 {
				t.Errorf("wrote %v", left)
			}
		})
	}
}

func TestSameFindsEveryDifference(t *testing.T) {
	recs, err := recorded.Parse("p", []byte(late))
	if err != nil {
		t.Fatal(err)
	}
	text, err := recorded.Format(recs)
	if err != nil || Same(recs, text) != nil {
		t.Fatalf("%v, %v", err, Same(recs, text))
	}
	for name, c := range map[string]struct{ old, new, want string }{
		"name":     {"name: p", "name: q", "the name"},
		"runs":     {"runs: {dotnet-10: 4}", "runs: {dotnet-10: 5}", "the number of runs"},
		"plan":     {"mainCatches: true", "mainCatches: false", "the plan"},
		"release":  {"dotnet-10", "dotnet-9", "is not read back"},
		"seen":     {"seen: {dotnet-10: 3}", "seen: {dotnet-10: 2}", "how often variant 1 was seen"},
		"end":      {"end: hang", "end: deadlock", "the end of variant 1"},
		"events":   {"9  a mark", "8  a mark", "variant 1"},
		"variants": {"- seen: {dotnet-10: 1}\n  end: exited 3\n  events: |\n    0  host build begin\n", "", "the number of variants"},
	} {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(string(text), c.old) {
				t.Fatalf("%q is not in\n%s", c.old, text)
			}
			err := Same(recs, []byte(strings.ReplaceAll(string(text), c.old, c.new)))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}
