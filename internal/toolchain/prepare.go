package toolchain

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"sort"
	"strconv"
	"strings"
)

// injected holds the files that are added to the copy, below src.
//
//go:embed all:_goroot
var injected embed.FS

// ownSource is hashed into the name of the cache, so that a change of a patch makes a new copy.
//
//go:embed patches.go patcher.go prepare.go explain/*.go
var ownSource embed.FS

// Options says which Go is copied, and where to. The zero value takes the go
// command of PATH and the user's cache directory.
type Options struct {
	Dir      string   // directory whose go.mod chooses the toolchain; default the current one
	Go       string   // go command; default "go"
	GoRoot   string   // a GOROOT to copy instead of the go command's own
	CacheDir string   // default os.UserCacheDir()/hostsim/toolchain
	Env      []string // environment of the go command; default os.Environ()
}

// A Toolchain is a patched copy of a Go release that is ready for use. It is
// immutable and safe for concurrent use.
type Toolchain struct {
	Root      string // GOROOT of the copy
	UserRoot  string // GOROOT that it was made from
	GoVersion string // "go1.26.8"
	GOOS      string
	GOARCH    string
	Reused    bool // it was in the cache already
}

// stampName is written last into a copy: without it a copy is not complete.
const stampName = "hostsim.json"

type stamp struct {
	GoVersion string            `json:"goVersion"`
	UserRoot  string            `json:"userRoot"`
	Version   string            `json:"version"` // content of the VERSION file
	Files     map[string]string `json:"files"`   // hash of each file that differs from the user's
}

// A CacheError says that the cache of toolchains cannot be used, and how to mend it.
type CacheError struct {
	Path string
	Err  error
}

func (e *CacheError) Error() string {
	return fmt.Sprintf("toolchain: the cache %s cannot be used: %v; make it writable with some 20 MB free, "+
		"remove it (it is made anew), or set HOSTSIM_CACHE to another directory", e.Path, e.Err)
}

func (e *CacheError) Unwrap() error { return e.Err }

// Prepare returns a patched copy of the Go release that opt names, making it if
// it is not in the cache. It takes some tenths of a second at the first call
// and milliseconds later. Two processes may call it at a time.
func Prepare(ctx context.Context, opt Options) (*Toolchain, error) {
	t, err := inspectGo(ctx, opt)
	if err != nil {
		return nil, err
	}
	version, err := os.ReadFile(filepath.Join(t.UserRoot, "VERSION"))
	if err != nil {
		return nil, fmt.Errorf("toolchain: %s is no GOROOT of a Go release: %w", t.UserRoot, err)
	}
	base := opt.CacheDir
	if base == "" {
		base = os.Getenv("HOSTSIM_CACHE")
	}
	if base == "" {
		dir, err := os.UserCacheDir()
		if err != nil {
			return nil, fmt.Errorf("toolchain: no cache directory: %w; set HOSTSIM_CACHE", err)
		}
		base = filepath.Join(dir, "hostsim", "toolchain")
	}
	key, err := cacheKey(t, version)
	if err != nil {
		return nil, err
	}
	t.Root = filepath.Join(base, t.GoVersion+"-"+key)
	if intact(t, string(version)) {
		t.Reused = true
		return t, nil
	}
	if err := os.MkdirAll(base, 0o777); err != nil {
		return nil, &CacheError{base, err}
	}
	unlock, err := lockFile(ctx, filepath.Join(base, "lock"))
	if err != nil {
		return nil, &CacheError{base, err}
	}
	defer unlock()
	if intact(t, string(version)) { // another process was faster
		t.Reused = true
		return t, nil
	}
	if err := make1(t, base, string(version)); err != nil {
		return nil, err
	}
	return t, nil
}

// inspectGo asks the go command what it is.
func inspectGo(ctx context.Context, opt Options) (*Toolchain, error) {
	goCmd := opt.Go
	if goCmd == "" {
		goCmd = "go"
	}
	env := opt.Env
	if env == nil {
		env = os.Environ()
	}
	if opt.GoRoot != "" {
		goCmd = filepath.Join(opt.GoRoot, "bin", "go"+exeSuffix())
		env = append(env[:len(env):len(env)], "GOROOT="+opt.GoRoot, "GOTOOLCHAIN=local")
	}
	cmd := exec.CommandContext(ctx, goCmd, "env", "-json", "GOROOT", "GOVERSION", "GOOS", "GOARCH")
	cmd.Dir, cmd.Env = opt.Dir, env
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("toolchain: asking %s for its environment: %w: %s", goCmd, err, strings.TrimSpace(stderr.String()))
	}
	var v struct{ GOROOT, GOVERSION, GOOS, GOARCH string }
	if err := json.Unmarshal(out, &v); err != nil {
		return nil, fmt.Errorf("toolchain: reading the environment of %s: %w", goCmd, err)
	}
	if err := knownVersion(v.GOVERSION); err != nil {
		return nil, err
	}
	// A go command that is only a link finds its tools behind the link.
	root, err := filepath.EvalSymlinks(v.GOROOT)
	if err != nil {
		return nil, fmt.Errorf("toolchain: GOROOT %s: %w", v.GOROOT, err)
	}
	return &Toolchain{UserRoot: root, GoVersion: strings.Fields(v.GOVERSION)[0], GOOS: v.GOOS, GOARCH: v.GOARCH}, nil
}

// knownVersion refuses releases that have no bubbles, and development versions.
func knownVersion(v string) error {
	rest, ok := strings.CutPrefix(v, "go1.")
	if ok {
		minor := rest
		if i := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' }); i >= 0 {
			minor = rest[:i]
		}
		if n, err := strconv.Atoi(minor); err == nil {
			if n < 25 {
				return fmt.Errorf("toolchain: %s has no testing/synctest; use Go 1.25 or later", v)
			}
			return nil
		}
	}
	return fmt.Errorf("toolchain: Go version %q is not a release; use a release from Go 1.25 on", v)
}

func cacheKey(t *Toolchain, version []byte) (string, error) {
	h := sha256.New()
	for _, fsys := range []embed.FS{ownSource, injected} {
		err := fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := fsys.ReadFile(p)
			fmt.Fprintf(h, "%s %d\n%s", p, len(data), data)
			return err
		})
		if err != nil {
			return "", err
		}
	}
	fmt.Fprintf(h, "%s\n%s\n%s/%s\n", t.UserRoot, version, t.GOOS, t.GOARCH)
	return hex.EncodeToString(h.Sum(nil))[:16], nil
}

// intact reports whether the copy is complete and unchanged.
func intact(t *Toolchain, version string) bool {
	data, err := os.ReadFile(filepath.Join(t.Root, stampName))
	if err != nil {
		return false
	}
	var s stamp
	if json.Unmarshal(data, &s) != nil || s.UserRoot != t.UserRoot || s.Version != version || len(s.Files) == 0 {
		return false
	}
	for name, sum := range s.Files {
		data, err := os.ReadFile(filepath.Join(t.Root, filepath.FromSlash(name)))
		if err != nil || hashOf(data) != sum {
			return false
		}
	}
	_, err = os.Stat(filepath.Join(t.Root, "bin", "go"+exeSuffix()))
	return err == nil
}

func hashOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// make1 makes one copy beside its place and moves it there. The caller holds the lock.
func make1(t *Toolchain, base, version string) error {
	changed, err := patchedFiles(t)
	if err != nil {
		return err
	}
	// What a killed process left.
	if old, err := filepath.Glob(filepath.Join(base, ".tmp-*")); err == nil {
		for _, dir := range old {
			os.RemoveAll(dir)
		}
	}
	tmp, err := os.MkdirTemp(base, ".tmp-")
	if err != nil {
		return &CacheError{base, err}
	}
	defer os.RemoveAll(tmp)
	if err := mirror(tmp, t.UserRoot, changed); err != nil {
		return &CacheError{base, err}
	}
	s := stamp{GoVersion: t.GoVersion, UserRoot: t.UserRoot, Version: version, Files: map[string]string{}}
	for name, data := range changed {
		s.Files[name] = hashOf(data)
	}
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(tmp, stampName), data, 0o666); err != nil {
		return &CacheError{base, err}
	}
	if err := os.RemoveAll(t.Root); err != nil { // damaged
		return &CacheError{t.Root, err}
	}
	if err := os.Rename(tmp, t.Root); err != nil {
		return &CacheError{t.Root, err}
	}
	return nil
}

// patchedFiles gives every file of the copy that differs from the user's GOROOT, by slash path.
func patchedFiles(t *Toolchain) (map[string][]byte, error) {
	out := map[string][]byte{}
	for _, patch := range patches {
		p, err := parsePackage(t.GoVersion, t.UserRoot, patch.path, t.GOOS, t.GOARCH)
		if err != nil {
			var shape *ShapeError
			if patch.missingOK && errors.As(err, &shape) {
				continue
			}
			return nil, err
		}
		patch.apply(p)
		var extra string
		if patch.generate != nil {
			extra = patch.generate(p)
		}
		files, err := p.render()
		if err != nil {
			return nil, err
		}
		for name, data := range files {
			out[path.Join("src", patch.path, name)] = data
		}
		if extra != "" {
			out[path.Join("src", patch.path, "zz_hostsim_generated.go")] = []byte("package " + path.Base(patch.path) + "\n\n" + extra)
		}
	}
	err := fs.WalkDir(injected, "_goroot", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := injected.ReadFile(p)
		out[strings.TrimPrefix(p, "_goroot/")] = data
		return err
	})
	if err != nil {
		return nil, err
	}
	explain, err := ownSource.ReadDir("explain")
	if err != nil {
		return nil, err
	}
	for _, e := range explain {
		if strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		data, err := ownSource.ReadFile("explain/" + e.Name())
		if err != nil {
			return nil, err
		}
		out["src/internal/hostsim/explain/"+e.Name()] = data
	}
	return out, nil
}

// mirror fills dst with links to src, except for the changed files, which it writes.
// Directories above a changed file are real ones.
func mirror(dst, src string, changed map[string][]byte) error {
	above := map[string]bool{".": true}
	names := make([]string, 0, len(changed))
	for name := range changed {
		names = append(names, name)
		for d := path.Dir(name); !above[d]; d = path.Dir(d) {
			above[d] = true
		}
	}
	sort.Strings(names)
	dirs := make([]string, 0, len(above))
	for d := range above {
		dirs = append(dirs, d)
	}
	sort.Strings(dirs)
	for _, d := range dirs {
		to := filepath.Join(dst, filepath.FromSlash(d))
		if err := os.MkdirAll(to, 0o777); err != nil {
			return err
		}
		entries, err := os.ReadDir(filepath.Join(src, filepath.FromSlash(d)))
		if errors.Is(err, fs.ErrNotExist) {
			continue // a directory that only the copy has
		}
		if err != nil {
			return err
		}
		for _, e := range entries {
			name := path.Join(d, e.Name())
			if above[name] || changed[name] != nil {
				continue
			}
			if err := link(filepath.Join(src, filepath.FromSlash(name)), filepath.Join(to, e.Name())); err != nil {
				return err
			}
		}
	}
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(dst, filepath.FromSlash(name)), changed[name], 0o666); err != nil {
			return err
		}
	}
	return nil
}

// link makes to show what from is: by a symbolic link, and by a copy where there are none.
func link(from, to string) error {
	if err := os.Symlink(from, to); err == nil || !errors.Is(err, fs.ErrPermission) && runtime.GOOS != "windows" {
		return err
	}
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return os.CopyFS(to, os.DirFS(from))
	}
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, info.Mode().Perm())
}

func exeSuffix() string {
	if runtime.GOOS == "windows" {
		return ".exe"
	}
	return ""
}

// Env gives environ with what makes child go commands use the copy.
// GOFLAGS, GOCACHE and the rest stay the user's: the build cache tells the
// copy's packages from the user's by their content.
func (t *Toolchain) Env(environ []string) []string {
	env := make([]string, 0, len(environ)+4)
	path := ""
	for _, kv := range environ {
		name, value, _ := strings.Cut(kv, "=")
		switch name {
		case "GOROOT", "GOTOOLCHAIN":
		case "PATH":
			path = value
		default:
			env = append(env, kv)
		}
	}
	bin := filepath.Join(t.Root, "bin")
	if path != "" {
		bin += string(os.PathListSeparator) + path
	}
	return append(env, "GOROOT="+t.Root, "GOTOOLCHAIN=local", "PATH="+bin)
}

// Command gives a go command of the copy, to be run in dir.
func (t *Toolchain) Command(ctx context.Context, dir string, environ []string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(t.Root, "bin", "go"+exeSuffix()), args...)
	cmd.Dir = dir
	cmd.Env = t.Env(environ)
	return cmd
}
