package spec

import (
	"io/fs"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

var (
	idForm     = regexp.MustCompile(`^HOST-([A-Z]+)-[0-9]{3}$`)
	sourceForm = regexp.MustCompile(`^([A-Z]{1,4}-?[0-9]+[a-z]?|(rec|test):[\w.-]+|#[0-9]+)$`)
)

// clause reads one clause of an area.
func (l *loader) clause(f *file, a *Area, n *yaml.Node) {
	o := f.object(n, "a clause", "id", "level", "text", "why", "source", "profiles", "rules", "features", "lanes", "limit", "retired")
	id := f.text(o, "a clause", "id", true)
	if id == "" {
		return
	}
	c := &Clause{ID: id, Area: a.Name, Retired: f.text(o, id, "retired", false)}
	if m := idForm.FindStringSubmatch(id); m == nil {
		f.fail(o.fields["id"], "the id %q must have the form HOST-%s-001", id, a.Name)
		return
	} else if m[1] != a.Name {
		f.fail(o.fields["id"], "%s stands in the file of area %s", id, a.Name)
		return
	}
	if other, dup := l.places[id]; dup {
		f.fail(o.fields["id"], "%s is there twice, first at %s:%d; ids are never reused", id, other.f.name, other.n.Line)
		return
	}
	l.places[id] = place{f, o.fields["id"]}
	a.Clauses = append(a.Clauses, c)

	living := c.Retired == ""
	c.Text = f.text(o, id, "text", true)
	c.Why = f.text(o, id, "why", living)
	c.Limit = f.text(o, id, "limit", false)
	if level := f.text(o, id, "level", living); level != "" {
		c.Level = Level(level)
		if c.Level != Must && c.Level != Should && c.Level != May {
			f.fail(o.fields["level"], "%s: the level %q is none of MUST, SHOULD, MAY", id, level)
		}
	}
	if living && c.Text != "" && !strings.HasSuffix(c.Text, ".") {
		f.fail(o.fields["text"], "%s: the text must be one sentence that ends with a full stop", id)
	}
	src, at := f.words(o, "source")
	for i, s := range src {
		if !sourceForm.MatchString(s) {
			f.fail(at[i], "%s: %q is no source; write a fact id (STP-6, G60), rec:RECORDING, test:NAME or #ISSUE", id, s)
		}
	}
	if c.Source = src; living && len(src) == 0 {
		f.fail(n, "%s has no source", id)
	}
	c.Features = f.oneOf(o, "features", "feature", l.s.featureNames())
	if c.Lanes = f.oneOf(o, "lanes", "lane", []string{Virtual, Process}); o.fields["lanes"] == nil {
		c.Lanes = []string{Virtual, Process}
	}
	c.Rules = f.oneOf(o, "rules", "rule of the version matrix", l.s.Matrix.names())
	l.clauseProfiles(f, n, o, c)
}

// clauseProfiles expands the profiles of a clause and proves that each has the rules that the clause reads.
func (l *loader) clauseProfiles(f *file, n *yaml.Node, o *object, c *Clause) {
	in := map[string]bool{}
	words, at := f.words(o, "profiles")
	for i, w := range words {
		names, err := l.ranges.expand(w)
		if err != nil {
			f.fail(at[i], "%s: %v", c.ID, err)
			continue
		}
		for _, name := range names {
			if in[name] {
				f.fail(at[i], "%s names profile %s twice", c.ID, name)
			}
			in[name] = true
		}
	}
	if c.Retired != "" {
		if len(words) > 0 {
			f.fail(at[0], "%s is retired and holds in no profile", c.ID)
		}
		return
	}
	if len(words) == 0 {
		f.fail(n, "%s holds in no profile", c.ID)
	}
	for _, name := range l.ranges.names { // profiles that contain others come after them
		for _, outer := range l.within[name] {
			in[outer] = in[outer] || in[name]
		}
	}
	for _, name := range l.ranges.names {
		if !in[name] {
			continue
		}
		c.Profiles = append(c.Profiles, name)
		for _, rule := range c.Rules {
			if _, ok := l.s.Matrix.Rule(rule).Values[l.column[name]]; !ok {
				f.fail(o.fields["rules"], "%s holds in profile %s, but rule %s has no value there", c.ID, name, rule)
			}
		}
	}
}

// golden holds the ids against the list of all ids that were ever given out.
func (l *loader) golden() {
	f := &file{name: idsFile, errs: &l.errs}
	b, err := fs.ReadFile(l.fsys, idsFile)
	if err != nil {
		f.fail(nil, "cannot be read: %v", err)
		return
	}
	known := map[string]bool{}
	for i, line := range strings.Split(string(b), "\n") {
		id := strings.TrimSpace(line)
		if id == "" {
			continue
		}
		known[id] = true
		if _, ok := l.places[id]; !ok {
			*f.errs = append(*f.errs, &Error{File: idsFile, Line: i + 1, Col: 1, Msg: id + " was given out once and has no clause any more: keep it, with the key retired and why"})
		}
	}
	for _, c := range l.s.Clauses {
		if !known[c.ID] {
			p := l.places[c.ID]
			p.f.fail(p.n, "%s is not in %s; add it with: go test ./spec -run TestIDs -update", c.ID, idsFile)
		}
	}
}

// link ties profiles to their clauses and to their column of the matrix.
func (l *loader) link() {
	for _, p := range l.s.Profiles {
		p.Rules = map[string]string{}
		for _, r := range l.s.Matrix.Rules {
			if v, ok := r.Values[l.column[p.Name]]; ok {
				p.Rules[r.Name] = v
			}
		}
		for _, c := range l.s.Clauses {
			if contains(c.Profiles, p.Name) {
				p.Clauses = append(p.Clauses, c)
			}
		}
	}
}
