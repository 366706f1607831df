package hostsim_test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
	"golang.org/x/tools/go/packages"
)

// documents are all Markdown files of the repository.
func documents(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "testdata" || d.Name() == "node_modules"):
			return filepath.SkipDir
		case !d.IsDir() && strings.HasSuffix(file, ".md"):
			b, err := os.ReadFile(file)
			out[filepath.ToSlash(file)] = string(b)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 10 {
		t.Fatalf("only %d documents were found", len(out))
	}
	return out
}

var (
	fenced   = regexp.MustCompile("(?s)```.*?```")
	inline   = regexp.MustCompile("`[^`\n]*`")
	link     = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	headings = regexp.MustCompile(`(?m)^#+ +(.*)$`)
	notWord  = regexp.MustCompile(`[^\p{L}\p{N}_\- ]`)
)

// TestLinksLeadSomewhere: every relative link of a document names a file that is there, and a heading of it.
func TestLinksLeadSomewhere(t *testing.T) {
	docs := documents(t)
	n := 0
	for file, text := range docs {
		for _, m := range link.FindAllStringSubmatch(inline.ReplaceAllString(fenced.ReplaceAllString(text, ""), ""), -1) {
			if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
				continue
			}
			n++
			target, anchor, _ := strings.Cut(m[1], "#")
			to := path.Join(path.Dir(file), target)
			if target == "" {
				to = file
			}
			if _, err := os.Stat(filepath.FromSlash(to)); err != nil {
				t.Errorf("%s: the link to %s leads nowhere", file, m[1])
				continue
			}
			if anchor != "" && strings.HasSuffix(to, ".md") && !anchors(docs[to])[anchor] {
				t.Errorf("%s: %s has no heading for #%s", file, to, anchor)
			}
		}
	}
	if n < 20 {
		t.Errorf("only %d links were looked at", n)
	}
}

// anchors are those that GitHub makes of headings.
func anchors(text string) map[string]bool {
	out := map[string]bool{}
	for _, m := range headings.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
		plain := notWord.ReplaceAllString(strings.ToLower(strings.ReplaceAll(m[1], "`", "")), "")
		out[strings.ReplaceAll(plain, " ", "-")] = true
	}
	return out
}

// TestContributingNamesPlaces: every path in CONTRIBUTING is there; a word in capitals stands for one of many.
func TestContributingNamesPlaces(t *testing.T) {
	text := documents(t)["CONTRIBUTING.md"]
	n := 0
	for _, span := range inline.FindAllString(text, -1) {
		for _, word := range strings.Fields(strings.Trim(span, "`")) {
			word = strings.TrimPrefix(word, "./")
			if !strings.Contains(word, "/") || strings.Contains(word, "...") {
				continue
			}
			n++
			glob := regexp.MustCompile(`AREA|NAME`).ReplaceAllString(word, "*")
			if found, err := filepath.Glob(filepath.FromSlash(strings.TrimSuffix(glob, "/"))); err != nil || len(found) == 0 {
				t.Errorf("CONTRIBUTING names %s, which is not there", word)
			}
		}
	}
	if n < 10 {
		t.Errorf("only %d paths were looked at", n)
	}
}

// TestArchitectureNamesWhatThereIs: the packages of its table, and every library that the code uses, with a reason; and none
// that it does not use.
func TestArchitectureNamesWhatThereIs(t *testing.T) {
	text := documents(t)["docs/ARCHITECTURE.md"]
	way, _, _ := strings.Cut(text, "## The reference host")
	packagesNamed := 0
	for _, line := range strings.Split(way, "\n") {
		cells := strings.Split(line, "|")
		if len(cells) < 4 || !strings.Contains(cells[2], "`") {
			continue
		}
		for _, span := range inline.FindAllString(cells[2], -1) {
			packagesNamed++
			if info, err := os.Stat(filepath.FromSlash(strings.Trim(span, "`"))); err != nil || !info.IsDir() {
				t.Errorf("ARCHITECTURE names the package %s, which is not there", span)
			}
		}
	}
	if packagesNamed < 8 {
		t.Errorf("only %d packages are named", packagesNamed)
	}

	_, why, _ := strings.Cut(text, "## Dependencies")
	data, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	mod, err := modfile.Parse("go.mod", data, nil)
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	pkgs, err := packages.Load(&packages.Config{Mode: packages.NeedName | packages.NeedImports}, "./...")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pkgs {
		for i := range p.Imports {
			for _, r := range mod.Require {
				if i == r.Mod.Path || strings.HasPrefix(i, r.Mod.Path+"/") {
					used[r.Mod.Path] = true
				}
			}
		}
	}
	var missing []string
	for m := range used {
		if !strings.Contains(why, strings.TrimPrefix(m, "github.com/")) {
			missing = append(missing, m)
		}
	}
	sort.Strings(missing)
	if len(missing) > 0 {
		t.Errorf("ARCHITECTURE does not say why these are there: %s", strings.Join(missing, ", "))
	}
	for _, line := range strings.Split(why, "\n") {
		cells := strings.Split(line, "|")
		if len(cells) < 4 || strings.Contains(cells[1], "---") || strings.TrimSpace(cells[1]) == "module" {
			continue
		}
		for _, m := range strings.Split(cells[1], ",") {
			m, _, _ = strings.Cut(strings.TrimSpace(m), " ")
			known := false
			for _, r := range mod.Require {
				known = known || r.Mod.Path == m || r.Mod.Path == "github.com/"+m
			}
			if !known {
				t.Errorf("ARCHITECTURE says why %s is there, and go.mod does not have it", m)
			}
		}
	}
}

// TestDrawingMatchesImports: each package of the way of the data may be imported by those behind it, and imports none of them.
func TestDrawingMatchesImports(t *testing.T) {
	way := []string{"spec", "scenarios/plan", "host", "fakes/sim", "fakes/puppet", "fakes/world", "conformance/virtual", "conformance/judge"}
	pkgs, err := packages.Load(&packages.Config{Mode: packages.NeedName | packages.NeedImports}, "./...")
	if err != nil {
		t.Fatal(err)
	}
	at := func(pkg string) int {
		for i, w := range way {
			if pkg == module+w {
				return i
			}
		}
		return -1
	}
	seen := 0
	for _, p := range pkgs {
		mine := at(p.PkgPath)
		if mine < 0 {
			continue
		}
		seen++
		for i := range p.Imports {
			if other := at(i); other > mine {
				t.Errorf("%s imports %s, which comes after it on the way of the data", way[mine], way[other])
			}
		}
	}
	if seen != len(way) {
		t.Errorf("%d of %d packages of the way were found", seen, len(way))
	}
}

var (
	goTest = regexp.MustCompile("(?:cd (\\S+) && )?(?:[A-Z_]+=\\S+ )*go test ([^`\n|#]*)")
	aTest  = regexp.MustCompile(`(?m)^func ((Test|Benchmark|Fuzz|Example)\w*)\(`)
)

// TestDocumentsNameTestsThatExist: every go test that a document tells its reader to run has packages that are there, and its -run,
// -bench and -fuzz choose something in them.
func TestDocumentsNameTestsThatExist(t *testing.T) {
	n := 0
	for file, text := range documents(t) {
		for _, m := range goTest.FindAllStringSubmatch(text, -1) {
			args := strings.Fields(strings.ReplaceAll(m[2], "'", ""))
			var dirs []string
			for i, a := range args {
				switch {
				case i > 0 && slices.Contains([]string{"-run", "-bench", "-fuzz", "-cpu", "-benchtime", "-timeout"}, args[i-1]):
				case a == ".":
					dirs = append(dirs, path.Join(path.Dir(file), m[1]))
				case strings.HasPrefix(a, "./"):
					dirs = append(dirs, path.Join(m[1], a))
				}
			}
			if len(dirs) == 0 && m[1] != "" {
				dirs = append(dirs, m[1])
			}
			if len(dirs) == 0 || strings.HasSuffix(dirs[0], "...") || strings.HasPrefix(dirs[0], "docs") {
				continue
			}
			var names []string
			for _, dir := range dirs {
				files, err := filepath.Glob(filepath.Join(filepath.FromSlash(dir), "*_test.go"))
				if err != nil || len(files) == 0 {
					t.Errorf("%s: %q: there are no tests in %s", file, m[0], dir)
				}
				for _, f := range files {
					data, err := os.ReadFile(f)
					if err != nil {
						t.Fatal(err)
					}
					for _, m := range aTest.FindAllStringSubmatch(string(data), -1) {
						names = append(names, m[1])
					}
				}
			}
			for i, a := range args {
				kind := map[string]string{"-run": "", "-bench": "Benchmark", "-fuzz": "Fuzz"}
				begin, chooses := kind[a]
				if !chooses || i+1 == len(args) || args[i+1] == "xxx" || args[i+1] == "^$" {
					continue
				}
				n++
				pattern, _, _ := strings.Cut(args[i+1], "/")
				if !slices.ContainsFunc(names, func(name string) bool {
					ok, err := regexp.MatchString(pattern, name)
					return err == nil && ok && strings.HasPrefix(name, begin)
				}) {
					t.Errorf("%s: %q: %s %s chooses nothing", file, m[0], a, args[i+1])
				}
			}
		}
	}
	if n < 15 {
		t.Errorf("only %d choices of tests were looked at", n)
	}
}
