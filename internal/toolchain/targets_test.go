package toolchain

import (
	"bytes"
	"context"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"
)

// heavy names the environment variable that lets the tests run which compile
// the standard library with a patched copy: minutes on a cold build cache.
const heavy = "HOSTSIM_TEST_TOOLCHAIN"

func needHeavy(t *testing.T) {
	t.Helper()
	if testing.Short() || os.Getenv(heavy) == "" {
		t.Skipf("%s compiles the standard library anew: set %s=1", t.Name(), heavy)
	}
}

// run runs hostsim test in a directory of testdata.
func run(t *testing.T, dir string, opt TestOptions) (Summary, string) {
	t.Helper()
	var out bytes.Buffer
	opt.Dir = filepath.Join("testdata", dir)
	opt.Stdout, opt.Stderr = &out, &out
	sum, err := Test(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	if sum.ExitCode != ExitOK && len(sum.Results) == 0 {
		if strings.Contains(out.String(), "dial tcp") || strings.Contains(out.String(), "module lookup disabled") || strings.Contains(out.String(), "no such host") {
			t.Skipf("the module of target %s cannot be had: %s", dir, out.String())
		}
		t.Fatalf("no result:\n%s", out.String())
	}
	return sum, out.String()
}

func TestRealTargets(t *testing.T) {
	needHeavy(t)
	tests := []struct {
		dir       string
		outcome   string // of the first failure, "" if there is none
		text      []string
		schedules int
	}{
		{"fx-1.22.1", "deadlock", []string{
			"2 goroutines wait for each other",
			"fx.(*signalReceivers).relayer, started at go.uber.org/fx/signal.go:117",
			"locked in fx.(*signalReceivers).Stop (go.uber.org/fx/signal.go:121)",
			"in    fx.(*signalReceivers).Broadcast (go.uber.org/fx/signal.go:178)",
		}, 1000},
		{"fx-1.22.2", "", nil, 1000},
		{"fx-1.19.0", "deadlock", []string{"TestSignalAfterStartTimeout"}, 300},
		{"fx-1.19.1", "", nil, 300},
		{"fx-1.19.2", "deadlock", []string{"waits to receive from the channel of capacity 1 made at go.uber.org/fx/signal.go:164"}, 1000},
		{"fx-1.19.3", "", nil, 1000},
		{"graceful-0.1.3", "leak", []string{"graceful.Graceful.func1, started at github.com/ory/graceful/http_graceful.go:59", "waits to send to the channel made at github.com/ory/graceful/http_graceful.go:55"}, 1000},
		{"graceful-0.2.0", "", nil, 1000},
		{"nats-2.10.22", "panic", []string{"close of nil channel", "server.(*Server).shutdownEventing (github.com/nats-io/nats-server/v2/server/events.go:1738)"}, 300},
		{"nats-2.15.2", "", nil, 300},
		{"grpc-1.83.1", "deadlock", []string{"3 goroutines wait for each other", "in    grpc.(*Server).stop (google.golang.org/grpc/server.go:1959)"}, 300},
		{"grpc-1.85.0", "", nil, 300},
		{"controller-runtime-0.25.2", "limit", []string{"manager.(*runnableGroup).Start.func1 (sigs.k8s.io/controller-runtime/pkg/manager/runnable_group.go:208)"}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.dir, func(t *testing.T) {
			sum, out := run(t, tt.dir, TestOptions{Schedules: tt.schedules})
			if len(sum.Results) != 1 {
				t.Fatalf("%d results:\n%s", len(sum.Results), out)
			}
			r := sum.Results[0]
			if r.Outcome != tt.outcome {
				t.Fatalf("outcome %q, want %q:\n%s", r.Outcome, tt.outcome, out)
			}
			for _, want := range tt.text {
				if !strings.Contains(r.Text, want) {
					t.Errorf("no %q in\n%s", want, r.Text)
				}
			}
			if tt.outcome == "" {
				if r.Schedules != tt.schedules+1 || sum.ExitCode != ExitOK {
					t.Errorf("%d schedules, exit %d", r.Schedules, sum.ExitCode)
				}
				return
			}
			code := ExitHang
			if tt.outcome == "panic" {
				code = ExitFail
			}
			if sum.ExitCode != code {
				t.Errorf("exit %d, want %d", sum.ExitCode, code)
			}
			// In another process, and by the name of its schedule alone: the same bytes.
			again, _ := run(t, tt.dir, TestOptions{Schedule: r.Schedule})
			if len(again.Results) != 1 || again.Results[0].Text != r.Text {
				t.Errorf("another process tells something else:\n%s\nthan\n%s", again.Results[0].Text, r.Text)
			}
		})
	}
}

func TestRecordedSchedulesReplay(t *testing.T) {
	needHeavy(t)
	dir := t.TempDir()
	sum, out := run(t, "fx-1.22.1", TestOptions{Schedules: 200, All: true, Replays: 2000, Save: dir})
	r := sum.Results[0]
	if r.Failures < 50 || r.Replays != 2000 || r.Differ != 0 {
		t.Errorf("%d failures, %d replays, %d differ:\n%s", r.Failures, r.Replays, r.Differ, out)
	}
	again, out := run(t, "fx-1.22.1", TestOptions{Schedule: "@" + r.File})
	if got := again.Results[0]; got.Outcome != "deadlock" || strings.Contains(got.Text, "left the recorded schedule") {
		t.Errorf("the saved schedule does not repeat the deadlock:\n%s", out)
	}
	data, err := os.ReadFile(r.File)
	if err != nil {
		t.Fatal(err)
	}
	// One decision among more goroutines than there are, and a later format.
	for name, change := range map[string][2]string{
		"left the recorded schedule at decision 1": {`"n": `, `"n": 9`},
		"needs a newer hostsim":                    {`"version": 1`, `"version": 2`},
	} {
		file := filepath.Join(dir, "changed.json")
		if err := os.WriteFile(file, bytes.Replace(data, []byte(change[0]), []byte(change[1]), 1), 0o666); err != nil {
			t.Fatal(err)
		}
		var buf bytes.Buffer
		sum, err := Test(t.Context(), TestOptions{Options: Options{Dir: "testdata/fx-1.22.1"}, Schedule: "@" + file, Stdout: &buf, Stderr: &buf})
		if err != nil || sum.ExitCode == ExitOK || !strings.Contains(buf.String(), name) {
			t.Errorf("%s: exit %d, %v:\n%s", name, sum.ExitCode, err, buf.String())
		}
	}
}

// toyOutcomes is what schedule control tells of each test of testdata/toy.
var toyOutcomes = map[string]struct{ outcome, text string }{
	"TestOrder":              {"", ""},
	"TestLockInversion":      {"deadlock", "2 goroutines wait for each other"},
	"TestRecursiveReadLock":  {"deadlock", "sync.RWMutex (as a reader)"},
	"TestTimerTie":           {"failed", "the deadline won"},
	"TestExit":               {"exited 3", "os.Exit"},
	"TestLogFatal":           {"exited 1", "log.Fatal"},
	"TestPanic":              {"panic", "boo"},
	"TestSignalBeforeNotify": {"signaled 15", "signal 15 arrives"},
	"TestSignals":            {"", ""},
	"TestUnrepeatable":       {"", ""},
	"TestLeak":               {"leak", "waits to send to the channel made at toy/toy_test.go"},
	"TestBusy":               {"stall", "toy.TestBusy.func1 (toy/toy_test.go"},
	"TestSpawnWithoutEnd":    {"limit", "goroutines were started"},
	"TestSpin":               {"stall", "waits for a variable of sync/atomic"},
	"TestPoliteSpin":         {"", ""},
	"TestNetwork":            {"failed", "the bubble used the network, first in toy.TestNetwork.func1 (toy/toy_test.go:"},
	"TestFile":               {"failed", "the bubble used a file, first in toy.TestFile.func1 (toy/toy_test.go:"},
	"TestProcess":            {"failed", "the bubble used another process, first in toy.TestProcess.func1 (toy/toy_test.go:"},
	"TestFatal":              {"panic", "fatal error: sync: unlock of unlocked mutex"},
	"TestKeepsChannel":       {"", ""},
}

// linuxOutcomes is what it tells of those that only Linux has.
var linuxOutcomes = map[string]struct{ outcome, text string }{
	"TestRawKill":             {"signaled 15", "signal 15 arrives"},
	"TestKillGroup":           {"signaled 15", "signal 15 arrives"},
	"TestThreadKill":          {"signaled 1", "signal 1 arrives"},
	"TestSyscallExit":         {"exited 4", ""},
	"TestRawExit":             {"exited 5", ""},
	"TestBlockedInSystemCall": {"stall", "a system call kept the bubble waiting for more than half a second, in toy.TestBlockedInSystemCall.func1 (toy/system_linux_test.go:"},
}

// unrepeatable are those that keep state outside of their bubble.
var unrepeatable = map[string]string{"TestUnrepeatable": "failed", "TestKeepsChannel": "panic"}

func checkToy(t *testing.T, opt Options) {
	t.Helper()
	opt.Dir = "testdata/toy"
	for _, strategy := range []string{"random", "pct3"} {
		var out bytes.Buffer
		sum, err := Test(t.Context(), TestOptions{Options: opt, Schedules: 2000, Strategy: strategy, Stall: 2 * time.Second, Stdout: &out, Stderr: &out})
		if err != nil {
			t.Fatal(err)
		}
		all := maps.Clone(toyOutcomes)
		if runtime.GOOS == "linux" {
			maps.Copy(all, linuxOutcomes)
		}
		if len(sum.Results) != len(all) {
			t.Fatalf("%d results, want %d:\n%s", len(sum.Results), len(all), out.String())
		}
		for _, r := range sum.Results {
			want := all[r.Test]
			if r.Outcome != want.outcome || !strings.Contains(r.Text, want.text) {
				t.Errorf("%s under %s: outcome %q, want %q with %q:\n%s", r.Test, strategy, r.Outcome, want.outcome, want.text, r.Text)
			}
			if r.Unrepeatable != unrepeatable[r.Test] {
				t.Errorf("%s under %s: unrepeatable %q", r.Test, strategy, r.Unrepeatable)
			}
			if strings.Contains(r.Text, "uncontrolled:") {
				t.Errorf("%s under %s is uncontrolled:\n%s", r.Test, strategy, r.Text)
			}
			if address := regexp.MustCompile(`0x[0-9a-f]{6,}|goroutine \d+`).FindString(r.Text); address != "" {
				t.Errorf("%s: %s in the text", r.Test, address)
			}
		}
	}
}

func TestToy(t *testing.T) {
	needHeavy(t)
	checkToy(t, Options{})
}

// TestC: a bubble that calls C is told of, with the place.
func TestC(t *testing.T) {
	needHeavy(t)
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("there is no C compiler")
	}
	sum, out := run(t, "cgo", TestOptions{Schedules: 10})
	if len(sum.Results) != 1 || len(sum.Results[0].Uncontrolled) != 1 {
		t.Fatalf("results %+v:\n%s", sum.Results, out)
	}
	const want = "the bubble used C code, first in cgo._Cfunc_seven"
	if got := sum.Results[0].Uncontrolled[0]; !strings.HasPrefix(got, want) || !strings.Contains(sum.Results[0].Text, want) {
		t.Errorf("got %q, want %q, also in\n%s", got, want, sum.Results[0].Text)
	}
}

// TestReleases does the same with the other releases that have testing/synctest.
func TestReleases(t *testing.T) {
	needHeavy(t)
	for _, version := range []string{"go1.25.0", "go1.27.0"} {
		t.Run(version, func(t *testing.T) {
			root := release(t, version)
			checkToy(t, Options{GoRoot: root})
		})
	}
}

// TestReleasesCanBePatched needs no compiler.
func TestReleasesCanBePatched(t *testing.T) {
	for _, version := range []string{"go1.25.0", "go1.27.0"} {
		t.Run(version, func(t *testing.T) {
			if os.Getenv(heavy) == "" {
				t.Skipf("%s may have to be downloaded: set %s=1", version, heavy)
			}
			tc, err := Prepare(t.Context(), Options{GoRoot: release(t, version), CacheDir: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			if tc.GoVersion != version {
				t.Errorf("patched %s", tc.GoVersion)
			}
		})
	}
}

// release gives the GOROOT of a release that the go command downloads as a module.
func release(t *testing.T, version string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", "env", "GOROOT")
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "GOTOOLCHAIN="+version)
	out, err := cmd.Output()
	if err != nil {
		t.Skipf("%s cannot be had: %v", version, err)
	}
	return strings.TrimSpace(string(out))
}
