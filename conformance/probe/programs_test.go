//go:build linux

package probe_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hostsim/hostsim/conformance/probe"
)

// need skips a test, loudly, when a program is not there.
func need(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("NOT RUN: %s is not installed here", name)
	}
	if err := exec.Command(path, "--version").Run(); err != nil && name != "nginx" {
		t.Skipf("NOT RUN: %s does not run here: %v", name, err)
	}
	return path
}

// webRoot gives a directory with a large file.
func webRoot(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	www := filepath.Join(dir, "www")
	if err := os.Mkdir(www, 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(www, "large.bin"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Truncate(32 << 20); err != nil {
		t.Fatal(err)
	}
	return dir
}

// nginx gives the configuration of testdata with another port, in a directory of its own.
func nginx(t *testing.T, port int) []string {
	t.Helper()
	dir := webRoot(t)
	b, err := os.ReadFile("testdata/programs/nginx.conf")
	if err != nil {
		t.Fatal(err)
	}
	conf := strings.Replace(string(b), "127.0.0.1:8124", fmt.Sprintf("127.0.0.1:%d", port), 1)
	if err := os.WriteFile(filepath.Join(dir, "nginx.conf"), []byte(conf), 0o644); err != nil {
		t.Fatal(err)
	}
	global := "daemon off;"
	if os.Geteuid() == 0 {
		global += " user root;" // its workers must be able to read the test's directory
	}
	return []string{"nginx", "-p", dir, "-c", "nginx.conf", "-g", global}
}

// TestKnownPrograms holds what is known of real programs against what the probe finds; docs/probe.md has the table. No
// other MUST clause may be found broken.
func TestKnownPrograms(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		needs string
		setup func(*testing.T, *probe.Options, int)
		want  map[string]probe.Verdict // by the number of the clause
	}{
		{"nginx, SIGTERM", "nginx", func(t *testing.T, o *probe.Options, port int) {
			o.Args, o.HTTPPath = nginx(t, port), "/large.bin"
			o.Dir, o.PIDFile = o.Args[2], "nginx.pid"
		}, map[string]probe.Verdict{"005": probe.Pass, "008": probe.Pass, "016": probe.Fail, "020": probe.Pass, "025": probe.Pass}},
		{"nginx, SIGQUIT", "nginx", func(t *testing.T, o *probe.Options, port int) {
			o.Args, o.HTTPPath, o.StopSignal, o.Grace = nginx(t, port), "/large.bin", syscall.SIGQUIT, 2*time.Second
			o.Only = []string{"term", "http", "tcp"}
		}, map[string]probe.Verdict{"005": probe.Pass, "016": probe.Pass, "020": probe.Hang}},
		{"redis", "redis-server", func(t *testing.T, o *probe.Options, port int) {
			dir := t.TempDir()
			o.Dir = dir
			o.Args = []string{"redis-server", "--port", fmt.Sprint(port), "--bind", "127.0.0.1", "--save", "", "--unixsocket", filepath.Join(dir, "redis.sock"), "--pidfile", filepath.Join(dir, "redis.pid")}
		}, map[string]probe.Verdict{"005": probe.Pass, "007": probe.Pass, "008": probe.Pass, "016": probe.Skipped, "020": probe.Pass, "024": probe.Pass}},
		{"memcached", "memcached", func(t *testing.T, o *probe.Options, _ int) {
			o.Args = []string{"memcached", "-s", filepath.Join(t.TempDir(), "memcached.sock")}
			if os.Geteuid() == 0 {
				o.Args = append(o.Args, "-u", "root")
			}
			o.Sweep = 2
		}, map[string]probe.Verdict{"003": probe.Pass, "005": probe.Pass, "007": probe.Fail, "022": probe.Pass, "023": probe.Pass}},
		{"Python's http.server", "python3", func(t *testing.T, o *probe.Options, port int) {
			o.Dir = filepath.Join(webRoot(t), "www")
			o.Args, o.HTTPPath = []string{"python3", "-m", "http.server", fmt.Sprint(port), "--bind", "127.0.0.1"}, "/large.bin"
			o.Sweep = 3
		}, map[string]probe.Verdict{"004": probe.Pass, "005": probe.Fail, "016": probe.Fail, "025": probe.Hang}},
		{"Node", "node", func(t *testing.T, o *probe.Options, port int) {
			o.Args, o.HTTPPath = []string{"node", "testdata/programs/server.js"}, "/slow"
			o.Env = append(os.Environ(), fmt.Sprintf("PORT=%d", port))
			o.Only = []string{"term", "int", "http", "pid1"}
		}, map[string]probe.Verdict{"005": probe.Pass, "016": probe.Pass, "025": probe.Pass}},
		{"a Go file server", "go", func(t *testing.T, o *probe.Options, port int) {
			bin := filepath.Join(t.TempDir(), "fileserver")
			if out, err := exec.Command("go", "build", "-o", bin, "./testdata/programs/fileserver").CombinedOutput(); err != nil {
				t.Fatalf("go build: %v\n%s", err, out)
			}
			o.Args, o.HTTPPath = []string{bin, "--listen", fmt.Sprintf("127.0.0.1:%d", port), "--dir", filepath.Join(webRoot(t), "www")}, "/large.bin"
			o.Skip = []string{"tcp", "second", "restart"} // net/http waits five seconds for a silent connection
		}, map[string]probe.Verdict{"003": probe.Pass, "005": probe.Pass, "016": probe.Pass, "019": probe.Pass, "024": probe.Pass}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.needs != "go" {
				need(t, tt.needs)
			}
			o := probe.Options{Grace: 5 * time.Second, Sweep: 5, Hold: 300 * time.Millisecond}
			tt.setup(t, &o, freePort(t))
			r := run(t, o)
			for _, f := range r.Findings {
				want, named := tt.want[strings.TrimPrefix(f.Clause.ID, "HOST-PROBE-")]
				switch {
				case named && f.Verdict == probe.Skipped && strings.HasPrefix(f.Said, "NOT RUN"):
					t.Logf("%s: %s", f.Clause.ID, f.Said)
				case named && f.Verdict != want:
					t.Errorf("%s: %s: %s; want %s", f.Clause.ID, f.Verdict, f.Said, want)
				case !named && f.Clause.Level == "MUST" && (f.Verdict == probe.Fail || f.Verdict == probe.Hang || f.Verdict == probe.Failed):
					t.Errorf("%s: %s: %s", f.Clause.ID, f.Verdict, f.Said)
				}
			}
			if t.Failed() {
				explain(t, r)
			}
		})
	}
}

// TestNoConnectionLingers: after a restart with connections open the port can be bound at once, even without
// SO_REUSEADDR; a probe leaves nothing that disturbs the next one.
func TestNoConnectionLingers(t *testing.T) {
	t.Parallel()
	o := options(t, "no SO_REUSEADDR")
	o.Only = []string{"restart", "http"}
	for i := range 2 {
		r := run(t, o)
		if f := r.Finding("HOST-PROBE-001"); f.Verdict != probe.Pass {
			explain(t, r)
			t.Fatalf("probe %d: %s: %s", i+1, f.Verdict, f.Said)
		}
		if f := r.Finding("HOST-PROBE-022"); f.Verdict != probe.Fail {
			t.Errorf("probe %d: HOST-PROBE-022 is %s: %s", i+1, f.Verdict, f.Said)
		}
	}
}
