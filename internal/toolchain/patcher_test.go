package toolchain

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fakePackage writes a package into a fake GOROOT and parses it.
func fakePackage(t *testing.T, src string) *sourcePackage {
	t.Helper()
	root := t.TempDir()
	dir := filepath.Join(root, "src", "p")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "p.go"), []byte(src), 0o666); err != nil {
		t.Fatal(err)
	}
	p, err := parsePackage("go1.99.0", root, "p", "linux", "amd64")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const fakeSource = `package p

type s struct {
	a int
}

type ring[K, V any] struct{}

func (r *ring[K, V]) get(key int) int { return draw(key) }

func (x *s) run(now int64, names []string) (n int) {
	for n < 3 {
		n += draw(n)
	}
	park(n)
	return n
}

func draw(n int) int { return n }
func park(int)       {}

const (
	zero = iota
	one
)

var table = [...]string{zero: "zero"}
`

func TestPatcherEdits(t *testing.T) {
	tests := []struct {
		name  string
		patch func(*sourcePackage)
		want  string
	}{
		{"entry with the names of parameters", func(p *sourcePackage) { p.fn("s.run").entry("use({*s}, {int64}, {[]string}, {int})") }, "use(x, now, names, n)"},
		{"entry keeps braces of statements", func(p *sourcePackage) { p.fn("s.run").entry("if {int64} > 0 { return 1 }") }, "if now > 0 { return 1 }"},
		{"rename", func(p *sourcePackage) { p.fn("draw").rename("realDraw") }, "func realDraw(n int)"},
		{"rename a method of a generic type", func(p *sourcePackage) { p.fn("ring.get").rename("realGet") }, "realGet(key int)"},
		{"swap calls", func(p *sourcePackage) { p.fn("s.run").swapCalls("draw", "choose") }, "n += choose(n)"},
		{"after a statement", func(p *sourcePackage) { p.fn("s.run").after("park(", "woken({int64})") }, "park(n)\n\twoken(now)"},
		{"before a statement", func(p *sourcePackage) { p.fn("s.run").before("park(", "ready()") }, "ready()\n\tpark(n)"},
		{"field", func(p *sourcePackage) { p.structField("s", "b bool") }, "a int\n\n\tb bool"},
		{"constant", func(p *sourcePackage) { p.constAfter("zero", "two") }, "one\n\n\ttwo"},
		{"element", func(p *sourcePackage) { p.elements("table", `, one: "one"`) }, `zero: "zero", one: "one"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := fakePackage(t, fakeSource)
			tt.patch(p)
			files, err := p.render()
			if err != nil {
				t.Fatal(err)
			}
			if got := string(files["p.go"]); !strings.Contains(got, tt.want) {
				t.Errorf("no %q in\n%s", tt.want, got)
			}
		})
	}
}

// A release that has changed shape must never be patched by half.
func TestPatcherFailsLoudly(t *testing.T) {
	tests := []struct {
		name  string
		patch func(*sourcePackage)
		want  []string
	}{
		{"function gone", func(p *sourcePackage) { p.fn("findRunnable").entry("x()") }, []string{"func findRunnable", "no function of that name in 1 files"}},
		{"method on another type", func(p *sourcePackage) { p.fn("t.run").entry("x()") }, []string{"func t.run"}},
		{"parameter gone", func(p *sourcePackage) { p.fn("s.run").entry("x({*hchan})") }, []string{"a parameter of type *hchan of func s.run"}},
		{"call gone", func(p *sourcePackage) { p.fn("s.run").swapCalls("cheaprand", "x") }, []string{"a call of cheaprand in func s.run", "none"}},
		{"statement gone", func(p *sourcePackage) { p.fn("s.run").after("gopark(", "x()") }, []string{"exactly one statement in func s.run that begins with gopark(", "found 0"}},
		{"struct gone", func(p *sourcePackage) { p.structField("g", "x int") }, []string{"a struct type g"}},
		{"field gone", func(p *sourcePackage) { p.fieldType("s", "c") }, []string{"field c of struct s"}},
		{"constants gone", func(p *sourcePackage) { p.constAfter("three", "x") }, []string{"a constant group with three"}},
		{"variable gone", func(p *sourcePackage) { p.elements("list", "x") }, []string{"a variable list"}},
		{"no Go afterwards", func(p *sourcePackage) { p.fn("draw").entry("if {") }, []string{"Go source in p.go after patching"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := fakePackage(t, fakeSource)
			tt.patch(p)
			files, err := p.render()
			var shape *ShapeError
			if !errors.As(err, &shape) {
				t.Fatalf("error %v, files %d: want a ShapeError", err, len(files))
			}
			for _, want := range append(tt.want, "go1.99.0", "package p", "newer hostsim") {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("no %q in %q", want, err)
				}
			}
		})
	}
}

func TestParsePackageChoosesFilesOfTheTarget(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "src", "p")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	for name, src := range map[string]string{
		"a_linux.go": "package p\nfunc f() {}\n", "a_windows.go": "package p\nfunc f(int) {}\n", "a_test.go": "package p\nfunc g() {}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(src), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	p, err := parsePackage("go1.99.0", root, "p", "linux", "amd64")
	if err != nil {
		t.Fatal(err)
	}
	if len(p.files) != 1 || p.files[0].name != "a_linux.go" || p.has("g") {
		t.Errorf("files %v", p.files)
	}
	if _, err := parsePackage("go1.99.0", root, "p", "darwin", "arm64"); err == nil {
		t.Error("no error for a target without files")
	}
	if _, err := parsePackage("go1.99.0", root, "q", "linux", "amd64"); err == nil {
		t.Error("no error for a package that is not there")
	}
}
