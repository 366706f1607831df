package toolchain

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// localGo is a copy of the Go that runs the tests, in a cache of its own.
func localGo(t *testing.T, cache string) *Toolchain {
	t.Helper()
	tc, err := Prepare(t.Context(), Options{CacheDir: cache})
	if err != nil {
		t.Fatal(err)
	}
	return tc
}

func TestPrepareMakesAndReusesACopy(t *testing.T) {
	cache := t.TempDir()
	tc := localGo(t, cache)
	if tc.Reused {
		t.Error("the first copy says that it was reused")
	}
	patched, err := os.ReadFile(filepath.Join(tc.Root, "src", "runtime", "proc.go"))
	if err != nil {
		t.Fatal(err)
	}
	own, err := os.ReadFile(filepath.Join(tc.UserRoot, "src", "runtime", "proc.go"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(patched), "hsFirst(pp)") {
		t.Error("the copy's scheduler does not ask for a decision")
	}
	if strings.Contains(string(own), "hsFirst") {
		t.Fatal("the user's GOROOT was changed")
	}
	if link, err := os.Readlink(filepath.Join(tc.Root, "src", "bufio")); runtime.GOOS != "windows" && (err != nil || link != filepath.Join(tc.UserRoot, "src", "bufio")) {
		t.Errorf("an unchanged package is no link: %q, %v", link, err)
	}
	if again := localGo(t, cache); !again.Reused || again.Root != tc.Root {
		t.Errorf("the second call gives %+v", again)
	}
}

func TestPrepareRepairsDamage(t *testing.T) {
	tests := []struct {
		name   string
		damage func(t *testing.T, tc *Toolchain)
	}{
		{"a patched file was cut off", func(t *testing.T, tc *Toolchain) {
			truncate(t, filepath.Join(tc.Root, "src", "runtime", "proc.go"))
		}},
		{"the stamp is missing", func(t *testing.T, tc *Toolchain) { remove(t, filepath.Join(tc.Root, stampName)) }},
		{"the stamp was cut off", func(t *testing.T, tc *Toolchain) { truncate(t, filepath.Join(tc.Root, stampName)) }},
		{"an injected file is missing", func(t *testing.T, tc *Toolchain) {
			remove(t, filepath.Join(tc.Root, "src", "sync", "zz_hostsim.go"))
		}},
		{"the go command is missing", func(t *testing.T, tc *Toolchain) { remove(t, filepath.Join(tc.Root, "bin")) }},
	}
	cache := t.TempDir()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tc := localGo(t, cache)
			tt.damage(t, tc)
			left := filepath.Join(cache, ".tmp-123")
			if err := os.MkdirAll(left, 0o777); err != nil { // of a killed process
				t.Fatal(err)
			}
			if again := localGo(t, cache); again.Reused {
				t.Error("the damaged copy was used")
			}
			if again := localGo(t, cache); !again.Reused {
				t.Error("the copy was not repaired")
			}
			if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("what the killed process left is still there: %v", err)
			}
		})
	}
}

func truncate(t *testing.T, file string) {
	t.Helper()
	if err := os.Truncate(file, 10); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, file string) {
	t.Helper()
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
}

func TestPrepareByTwoAtATime(t *testing.T) {
	cache := t.TempDir()
	var wg sync.WaitGroup
	made := make([]*Toolchain, 4)
	for i := range made {
		wg.Go(func() {
			tc, err := Prepare(t.Context(), Options{CacheDir: cache})
			if err != nil {
				t.Error(err)
				return
			}
			made[i] = tc
		})
	}
	wg.Wait()
	fresh := 0
	for _, tc := range made {
		if tc != nil && !tc.Reused {
			fresh++
		}
	}
	if fresh != 1 {
		t.Errorf("%d of %d made the copy, want 1", fresh, len(made))
	}
}

func TestPrepareWaitsForTheLockWithinTheContext(t *testing.T) {
	cache := t.TempDir()
	unlock, err := lockFile(t.Context(), filepath.Join(cache, "lock"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := lockFile(ctx, filepath.Join(cache, "lock")); !errors.Is(err, context.Canceled) {
		t.Errorf("a lock that is held: %v, want context canceled", err)
	}
	unlock()
	again, err := lockFile(t.Context(), filepath.Join(cache, "lock"))
	if err != nil {
		t.Fatal(err)
	}
	again()
}

func TestPrepareNamesACacheThatCannotBeUsed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	_, err := Prepare(t.Context(), Options{CacheDir: filepath.Join(file, "cache")})
	var cacheErr *CacheError
	if !errors.As(err, &cacheErr) {
		t.Fatalf("error %v, want a CacheError", err)
	}
	for _, want := range []string{file, "make it writable", "HOSTSIM_CACHE"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in %q", want, err)
		}
	}
}

func TestPrepareWithoutAGo(t *testing.T) {
	for name, opt := range map[string]Options{
		"no command": {Go: filepath.Join(t.TempDir(), "go")},
		"no GOROOT":  {GoRoot: t.TempDir()},
	} {
		if _, err := Prepare(t.Context(), opt); err == nil || !strings.Contains(err.Error(), "asking") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestKnownVersion(t *testing.T) {
	tests := map[string]string{
		"go1.25": "", "go1.26.8": "", "go1.27rc1": "", "go1.26.8 X:synctest": "",
		"go1.24.3":                 "no testing/synctest",
		"devel go1.28-abcdef":      "not a release",
		"go2.0":                    "not a release",
		"":                         "not a release",
		"go1.":                     "not a release",
		"go1.x":                    "not a release",
		"go1.99999999999999999999": "not a release",
	}
	for v, want := range tests {
		err := knownVersion(v)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: error %v, want %q", v, err, want)
		}
	}
}

func TestEnvPointsAtTheCopy(t *testing.T) {
	tc := &Toolchain{Root: "/copy"}
	got := tc.Env([]string{"A=1", "GOROOT=/old", "GOTOOLCHAIN=auto", "PATH=/bin", "GOFLAGS=-mod=mod"})
	want := []string{"A=1", "GOFLAGS=-mod=mod", "GOROOT=/copy", "GOTOOLCHAIN=local", "PATH=" + filepath.Join("/copy", "bin") + string(os.PathListSeparator) + "/bin"}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
