package toolchain

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/build"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
)

// A ShapeError says that a Go release does not have what a patch looks for.
// It is never ignored: a toolchain that is only half patched would control
// schedules only half.
type ShapeError struct {
	GoVersion string // release that was to be patched, "go1.28.1"
	Package   string // import path
	Looked    string // what was looked for
	Found     string // what was there instead
}

func (e *ShapeError) Error() string {
	return fmt.Sprintf("toolchain: %s has changed shape in package %s: looked for %s, found %s; "+
		"use a Go release that this version of hostsim knows (1.25, 1.26, 1.27), or a newer hostsim",
		e.GoVersion, e.Package, e.Looked, e.Found)
}

// sourceEdit replaces src[from:to] by text.
type sourceEdit struct {
	from, to int
	text     string
	order    int
}

type sourceFile struct {
	name  string // base name
	src   []byte
	ast   *ast.File
	edits []sourceEdit
}

// sourcePackage is one package of the standard library on its way to being patched.
type sourcePackage struct {
	goVersion string
	path      string
	fset      *token.FileSet
	files     []*sourceFile
	err       error
}

// parsePackage reads the files of package path below goroot/src that the target compiles.
func parsePackage(goVersion, goroot, path, goos, goarch string) (*sourcePackage, error) {
	dir := filepath.Join(goroot, "src", filepath.FromSlash(path))
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, &ShapeError{goVersion, path, "its source directory", err.Error()}
	}
	ctx := build.Default
	ctx.GOROOT, ctx.GOOS, ctx.GOARCH = goroot, goos, goarch
	ctx.CgoEnabled = true
	p := &sourcePackage{goVersion: goVersion, path: path, fset: token.NewFileSet()}
	for _, e := range entries {
		name := e.Name()
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		if ok, err := ctx.MatchFile(dir, name); err != nil || !ok {
			continue
		}
		src, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		f, err := parser.ParseFile(p.fset, name, src, parser.SkipObjectResolution|parser.ParseComments)
		if err != nil {
			return nil, &ShapeError{goVersion, path, "Go source that parses", err.Error()}
		}
		p.files = append(p.files, &sourceFile{name: name, src: src, ast: f})
	}
	if len(p.files) == 0 {
		return nil, &ShapeError{goVersion, path, "Go files for " + goos + "/" + goarch, "none"}
	}
	return p, nil
}

func (p *sourcePackage) fail(looked, found string) {
	if p.err == nil {
		p.err = &ShapeError{p.goVersion, p.path, looked, found}
	}
}

func (p *sourcePackage) offset(pos token.Pos) int { return p.fset.Position(pos).Offset }

func (p *sourcePackage) edit(f *sourceFile, from, to token.Pos, text string) {
	f.edits = append(f.edits, sourceEdit{p.offset(from), p.offset(to), text, len(f.edits)})
}

func (p *sourcePackage) text(f *sourceFile, n ast.Node) string {
	return string(f.src[p.offset(n.Pos()):p.offset(n.End())])
}

// patchedFunc is a function declaration that a patch works on.
type patchedFunc struct {
	pkg  *sourcePackage
	file *sourceFile
	decl *ast.FuncDecl
	name string
}

// recvName gives "T" for a method on T or *T and "" for a function.
func recvName(d *ast.FuncDecl) string {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return ""
	}
	t := d.Recv.List[0].Type
	if s, ok := t.(*ast.StarExpr); ok {
		t = s.X
	}
	switch i := t.(type) {
	case *ast.IndexExpr:
		t = i.X
	case *ast.IndexListExpr:
		t = i.X
	}
	if id, ok := t.(*ast.Ident); ok {
		return id.Name
	}
	return ""
}

func (p *sourcePackage) has(name string) bool {
	_, _, ok := p.find(name)
	return ok
}

// find looks for "f" or "T.f" with a body.
func (p *sourcePackage) find(name string) (*sourceFile, *ast.FuncDecl, bool) {
	recv, fn := "", name
	if i := strings.IndexByte(name, '.'); i >= 0 {
		recv, fn = name[:i], name[i+1:]
	}
	for _, f := range p.files {
		for _, d := range f.ast.Decls {
			if d, ok := d.(*ast.FuncDecl); ok && d.Name.Name == fn && recvName(d) == recv && d.Body != nil {
				return f, d, true
			}
		}
	}
	return nil, nil, false
}

// fn finds a function by name. If there is none, the package fails and the result ignores every edit.
func (p *sourcePackage) fn(name string) patchedFunc {
	f, d, ok := p.find(name)
	if !ok {
		p.fail("func "+name, fmt.Sprintf("no function of that name in %d files", len(p.files)))
	}
	return patchedFunc{p, f, d, name}
}

var paramRef = regexp.MustCompile(`\{([^{}]+)\}`)

// expand replaces {T} by the name of the first parameter, receiver or result of type T.
func (f patchedFunc) expand(text string) string {
	return paramRef.ReplaceAllStringFunc(text, func(m string) string {
		typ := m[1 : len(m)-1]
		for _, list := range []*ast.FieldList{f.decl.Recv, f.decl.Type.Params, f.decl.Type.Results} {
			if list == nil {
				continue
			}
			for _, field := range list.List {
				if f.pkg.text(f.file, field.Type) == typ && len(field.Names) > 0 && field.Names[0].Name != "_" {
					return field.Names[0].Name
				}
			}
		}
		if typ == " " || strings.ContainsAny(typ, ";=\n") || !regexp.MustCompile(`^[\[\]*.A-Za-z0-9_]+$`).MatchString(typ) {
			return m
		}
		f.pkg.fail("a parameter of type "+typ+" of func "+f.name, f.pkg.text(f.file, f.decl.Type))
		return m
	})
}

// entry inserts statements at the beginning of the function.
func (f patchedFunc) entry(text string) {
	if f.decl == nil {
		return
	}
	f.pkg.edit(f.file, f.decl.Body.Lbrace+1, f.decl.Body.Lbrace+1, "\n\t"+f.expand(text)+"\n")
}

// rename gives the declaration another name; the injected files declare the old one anew.
func (f patchedFunc) rename(to string) {
	if f.decl == nil {
		return
	}
	f.pkg.edit(f.file, f.decl.Name.Pos(), f.decl.Name.End(), to)
}

// calls visits every call of the named function or method inside the function.
func (f patchedFunc) calls(callee string, visit func(*ast.CallExpr)) int {
	n := 0
	ast.Inspect(f.decl.Body, func(node ast.Node) bool {
		if c, ok := node.(*ast.CallExpr); ok && f.pkg.text(f.file, c.Fun) == callee {
			visit(c)
			n++
		}
		return true
	})
	return n
}

// swapCalls makes every call of one function inside f a call of another.
func (f patchedFunc) swapCalls(callee, to string) {
	if f.decl == nil {
		return
	}
	n := f.calls(callee, func(c *ast.CallExpr) { f.pkg.edit(f.file, c.Fun.Pos(), c.Fun.End(), to) })
	if n == 0 {
		f.pkg.fail("a call of "+callee+" in func "+f.name, "none")
	}
}

// statement finds the one statement inside f, at any depth, that the predicate accepts.
func (f patchedFunc) statement(what string, accept func(ast.Stmt) bool) ast.Stmt {
	if f.decl == nil {
		return nil
	}
	var found []ast.Stmt
	ast.Inspect(f.decl.Body, func(n ast.Node) bool {
		if s, ok := n.(ast.Stmt); ok && accept(s) {
			found = append(found, s)
			return false
		}
		return true
	})
	if len(found) != 1 {
		f.pkg.fail(fmt.Sprintf("exactly one statement in func %s that %s", f.name, what), fmt.Sprint(len(found)))
		return nil
	}
	return found[0]
}

// begins accepts a statement by the beginning of its text.
func (f patchedFunc) begins(prefix string) func(ast.Stmt) bool {
	return func(s ast.Stmt) bool {
		if _, ok := s.(*ast.BlockStmt); ok {
			return false
		}
		return strings.HasPrefix(f.pkg.text(f.file, s), prefix)
	}
}

func (f patchedFunc) after(prefix, text string) {
	if s := f.statement("begins with "+prefix, f.begins(prefix)); s != nil {
		f.pkg.edit(f.file, s.End(), s.End(), "\n\t"+f.expand(text)+"\n")
	}
}

func (f patchedFunc) before(prefix, text string) {
	if s := f.statement("begins with "+prefix, f.begins(prefix)); s != nil {
		f.pkg.edit(f.file, s.Pos(), s.Pos(), f.expand(text)+"\n\t")
	}
}

// structField appends a field to a struct type.
func (p *sourcePackage) structField(typeName, field string) {
	for _, f := range p.files {
		for _, d := range f.ast.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, s := range g.Specs {
				if ts, ok := s.(*ast.TypeSpec); ok && ts.Name.Name == typeName {
					if st, ok := ts.Type.(*ast.StructType); ok {
						p.edit(f, st.Fields.Closing, st.Fields.Closing, "\n\t"+field+"\n")
						return
					}
				}
			}
		}
	}
	p.fail("a struct type "+typeName, "none")
}

// fieldType gives the source text of the type of a struct's field.
func (p *sourcePackage) fieldType(typeName, field string) string {
	for _, f := range p.files {
		for _, d := range f.ast.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, s := range g.Specs {
				ts, ok := s.(*ast.TypeSpec)
				if !ok || ts.Name.Name != typeName {
					continue
				}
				if st, ok := ts.Type.(*ast.StructType); ok {
					for _, fl := range st.Fields.List {
						for _, n := range fl.Names {
							if n.Name == field {
								return p.text(f, fl.Type)
							}
						}
					}
				}
			}
		}
	}
	p.fail("field "+field+" of struct "+typeName, "none")
	return ""
}

// constAfter appends names to the iota group that declares the constant first.
func (p *sourcePackage) constAfter(first, text string) {
	for _, f := range p.files {
		for _, d := range f.ast.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.CONST || !g.Rparen.IsValid() {
				continue
			}
			for _, s := range g.Specs {
				if vs, ok := s.(*ast.ValueSpec); ok && len(vs.Names) == 1 && vs.Names[0].Name == first {
					p.edit(f, g.Rparen, g.Rparen, "\n\t"+text+"\n")
					return
				}
			}
		}
	}
	p.fail("a constant group with "+first, "none")
}

// elements appends elements to the composite literal that initialises a package variable.
func (p *sourcePackage) elements(variable, text string) {
	for _, f := range p.files {
		for _, d := range f.ast.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.VAR {
				continue
			}
			for _, s := range g.Specs {
				vs, ok := s.(*ast.ValueSpec)
				if !ok || len(vs.Names) != 1 || vs.Names[0].Name != variable || len(vs.Values) != 1 {
					continue
				}
				if cl, ok := vs.Values[0].(*ast.CompositeLit); ok {
					p.edit(f, cl.Rbrace, cl.Rbrace, text)
					return
				}
			}
		}
	}
	p.fail("a variable "+variable+" with a composite literal", "none")
}

// render gives the files that changed, by base name.
func (p *sourcePackage) render() (map[string][]byte, error) {
	if p.err != nil {
		return nil, p.err
	}
	out := map[string][]byte{}
	for _, f := range p.files {
		if len(f.edits) == 0 {
			continue
		}
		sort.SliceStable(f.edits, func(i, j int) bool {
			a, b := f.edits[i], f.edits[j]
			if a.from != b.from {
				return a.from < b.from
			}
			return a.order < b.order
		})
		var b bytes.Buffer
		at := 0
		for _, e := range f.edits {
			if e.from < at {
				return nil, &ShapeError{p.goVersion, p.path, "places to patch that do not overlap in " + f.name, "an overlap"}
			}
			b.Write(f.src[at:e.from])
			b.WriteString(e.text)
			at = e.to
		}
		b.Write(f.src[at:])
		if _, err := format.Source(b.Bytes()); err != nil {
			return nil, &ShapeError{p.goVersion, p.path, "Go source in " + f.name + " after patching", err.Error()}
		}
		out[f.name] = b.Bytes()
	}
	return out, nil
}
