package spec

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.yaml.in/yaml/v3"
)

//go:embed profiles.yaml features.yaml matrix.yaml clauses/*.yaml testdata/ids.golden
var data embed.FS

// The files of the contract, as LoadFS expects them.
const (
	profilesFile = "profiles.yaml"
	featuresFile = "features.yaml"
	matrixFile   = "matrix.yaml"
	clausesDir   = "clauses"
	idsFile      = "testdata/ids.golden"
)

var load = sync.OnceValues(func() (*Spec, error) { return LoadFS(data) })

// Load gives the contract. It is read and validated once; every caller shares the same value and must not change it. It
// may be called from any goroutine. The error joins everything that is wrong, each an [Error] with its place.
func Load() (*Spec, error) { return load() }

// MustLoad is [Load] for programs whose contract is known to be valid, because their tests load it; it panics otherwise.
func MustLoad() *Spec {
	s, err := Load()
	if err != nil {
		panic("spec: the embedded contract is not valid:\n" + err.Error())
	}
	return s
}

// LoadFS reads and validates a contract that is laid out as the embedded one: profiles.yaml, features.yaml, matrix.yaml,
// clauses/AREA.yaml, testdata/ids.golden. The error joins everything that is wrong.
func LoadFS(fsys fs.FS) (*Spec, error) {
	l := &loader{fsys: fsys, s: &Spec{}, ranges: &ranges{families: map[string][]string{}}}
	l.s.ranges = l.ranges
	l.profiles()
	l.features()
	l.matrix()
	l.clauses()
	l.golden()
	if err := join(l.errs); err != nil {
		return nil, err
	}
	l.link()
	return l.s, nil
}

// loader carries what the parts of the contract need to know of each other.
type loader struct {
	fsys   fs.FS
	errs   []error
	s      *Spec
	ranges *ranges
	column map[string]string   // profile → whose column of the matrix it reads
	within map[string][]string // profile → the profiles that contain it
	places map[string]place    // clause id → where it stands
}

type place struct {
	f *file
	n *yaml.Node
}

// open reads one file; nil if it cannot be had or is no YAML.
func (l *loader) open(name string) (*file, *yaml.Node) {
	f := &file{name: name, errs: &l.errs}
	b, err := fs.ReadFile(l.fsys, name)
	if err != nil {
		f.fail(nil, "cannot be read: %v", err)
		return f, nil
	}
	return f, f.parse(b)
}

func (l *loader) profiles() {
	l.column, l.within = map[string]string{}, map[string][]string{}
	f, root := l.open(profilesFile)
	if root == nil {
		return
	}
	o := f.object(root, "the file", "profiles")
	for _, n := range f.list(o, "profiles") {
		p := f.object(n, "a profile", "name", "title", "family", "contains", "column")
		name := f.text(p, "a profile", "name", true)
		if contains(l.ranges.names, name) {
			f.fail(n, "there are two profiles %q", name)
			continue
		}
		l.s.Profiles = append(l.s.Profiles, &Profile{Name: name, Title: f.text(p, "profile "+name, "title", true)})
		l.ranges.names = append(l.ranges.names, name)
		if fam := f.text(p, name, "family", false); fam != "" {
			l.ranges.families[fam] = append(l.ranges.families[fam], name)
		}
		for _, c := range f.oneOf(p, "contains", "earlier profile", l.ranges.names[:len(l.ranges.names)-1]) {
			l.within[c] = append(l.within[c], name)
		}
		l.column[name] = name
		if c := f.text(p, name, "column", false); c != "" {
			l.column[name] = c
		}
	}
	for _, p := range l.s.Profiles {
		if c := l.column[p.Name]; !contains(l.ranges.names, c) {
			f.fail(root, "profile %s: there is no profile %q to share the column of%s", p.Name, c, nearest(c, l.ranges.names))
		}
	}
}

func (l *loader) features() {
	f, root := l.open(featuresFile)
	if root == nil {
		return
	}
	o := f.object(root, "the file", "features")
	for _, n := range f.list(o, "features") {
		p := f.object(n, "a feature", "name", "what")
		name := f.text(p, "a feature", "name", true)
		if l.s.Feature(name) != nil {
			f.fail(n, "there are two features %q", name)
			continue
		}
		l.s.Features = append(l.s.Features, &Feature{Name: name, What: f.text(p, "feature "+name, "what", true)})
	}
}

func (l *loader) matrix() {
	l.s.Matrix = &Matrix{}
	f, root := l.open(matrixFile)
	if root == nil {
		return
	}
	o := f.object(root, "the file", "rules")
	for _, n := range f.list(o, "rules") {
		p := f.object(n, "a rule", "name", "what", "part", "kind", "words", "values", "source")
		r := &Rule{Name: f.text(p, "a rule", "name", true), Values: map[string]string{}}
		r.What = f.text(p, "rule "+r.Name, "what", true)
		r.Part = f.text(p, "rule "+r.Name, "part", true)
		r.Kind = f.text(p, "rule "+r.Name, "kind", true)
		r.Words, _ = f.words(p, "words")
		r.Source, _ = f.words(p, "source")
		if l.s.Matrix.Rule(r.Name) != nil {
			f.fail(n, "there are two rules %q", r.Name)
			continue
		}
		if r.Part != "host" && r.Part != "runtime" {
			f.fail(n, "rule %s: part must be host or runtime", r.Name)
		}
		if len(r.Source) == 0 {
			f.fail(n, "rule %s has no source", r.Name)
		}
		l.values(f, n, p, r)
		l.s.Matrix.Rules = append(l.s.Matrix.Rules, r)
	}
}

// values reads a rule's row.
func (l *loader) values(f *file, n *yaml.Node, p *object, r *Rule) {
	if r.Kind == "word" && len(r.Words) == 0 {
		f.fail(n, "rule %s is of kind word and lists no words", r.Name)
	}
	v := p.fields["values"]
	if v == nil || v.Kind != yaml.MappingNode || len(v.Content) == 0 {
		f.fail(n, "rule %s has no values", r.Name)
		return
	}
	for i := 0; i+1 < len(v.Content); i += 2 {
		k, val := v.Content[i], v.Content[i+1]
		names, err := l.ranges.expand(k.Value)
		if err != nil {
			f.fail(k, "rule %s: %v", r.Name, err)
			continue
		}
		if msg := r.legal(val.Value); msg != "" {
			f.fail(val, "rule %s: %s", r.Name, msg)
		}
		for _, name := range names {
			if l.column[name] != name {
				f.fail(k, "rule %s: profile %s has no column of its own, it reads that of %s", r.Name, name, l.column[name])
			} else if old, dup := r.Values[name]; dup {
				f.fail(k, "rule %s has two values for %s: %s and %s", r.Name, name, old, val.Value)
			} else {
				r.Values[name] = val.Value
			}
		}
	}
}

// legal says what is wrong with a value of the rule, "" if nothing is.
func (r *Rule) legal(v string) string {
	switch r.Kind {
	case "bool":
		if v != "true" && v != "false" {
			return fmt.Sprintf("%q is neither true nor false", v)
		}
	case "duration":
		if d, err := time.ParseDuration(v); v != "inf" && (err != nil || d < 0) {
			return fmt.Sprintf("%q is no duration; write \"30s\", \"1.5s\" or \"inf\"", v)
		}
	case "word":
		var known []string
		for _, w := range r.Words {
			name, _, _ := strings.Cut(w, ":")
			known = append(known, name)
		}
		if !contains(known, v) {
			return fmt.Sprintf("%q is none of its words %s%s", v, strings.Join(known, ", "), nearest(v, known))
		}
	default:
		return fmt.Sprintf("there is no kind %q: bool, word or duration", r.Kind)
	}
	return ""
}

func (l *loader) clauses() {
	l.places = map[string]place{}
	entries, err := fs.ReadDir(l.fsys, clausesDir)
	if err != nil {
		(&file{name: clausesDir, errs: &l.errs}).fail(nil, "cannot be read: %v", err)
		return
	}
	chapters := map[int]string{}
	for _, e := range entries {
		name := path.Join(clausesDir, e.Name())
		f, root := l.open(name)
		if root == nil {
			continue
		}
		o := f.object(root, "the file", "area", "title", "chapter", "about", "clauses")
		a := &Area{Name: f.text(o, "the file", "area", true), Title: f.text(o, "the file", "title", true), About: f.text(o, "the file", "about", false)}
		if e.Name() != a.Name+".yaml" {
			f.fail(o.fields["area"], "area %s must stand in %s.yaml", a.Name, a.Name)
		}
		a.Chapter, err = strconv.Atoi(f.text(o, "the file", "chapter", true))
		if err != nil || a.Chapter < 1 {
			f.fail(o.fields["chapter"], "chapter must be a number from 1 on")
		} else if other := chapters[a.Chapter]; other != "" {
			f.fail(o.fields["chapter"], "chapter %d is that of %s already", a.Chapter, other)
		}
		chapters[a.Chapter] = a.Name
		for _, n := range f.list(o, "clauses") {
			l.clause(f, a, n)
		}
		l.s.Areas = append(l.s.Areas, a)
	}
	sort.Slice(l.s.Areas, func(i, j int) bool { return l.s.Areas[i].Chapter < l.s.Areas[j].Chapter })
	for _, a := range l.s.Areas {
		sort.Slice(a.Clauses, func(i, j int) bool { return a.Clauses[i].ID < a.Clauses[j].ID })
		l.s.Clauses = append(l.s.Clauses, a.Clauses...)
	}
}
