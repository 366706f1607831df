package toolchain

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestParseTestArgs(t *testing.T) {
	tests := []struct {
		name string
		args string
		want TestOptions
	}{
		{"go test alone", "-run X -v ./...", TestOptions{Args: []string{"-run", "X", "-v", "./..."}}},
		{"ours among theirs", "-v -schedules 1000 -race -seed=7 ./...", TestOptions{Args: []string{"-v", "-race", "./..."}, Schedules: 1000, Seed: 7}},
		{"two dashes", "--schedule random:5 --all", TestOptions{Schedule: "random:5", All: true}},
		{"all values", "-strategy pct3 -save d -stall 2s -replays 9 -all=false", TestOptions{Strategy: "pct3", Save: "d", Stall: 2 * time.Second, Replays: 9}},
		{"after -args nothing is ours", ". -args -schedules 3", TestOptions{Args: []string{".", "-args", "-schedules", "3"}}},
		{"a package is no flag", "schedules", TestOptions{Args: []string{"schedules"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseTestArgs(strings.Fields(tt.args))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

func TestParseTestArgsRefuses(t *testing.T) {
	for _, args := range []string{
		"-schedules", "-schedules x", "-schedules 0", "-schedules -1", "-seed -1", "-seed x", "-stall 5", "-stall 1ms", "-replays 0",
		"-strategy dfs", "-strategy pct0", "-strategy pct65", "-strategy pctx", "-schedule x", "-schedule random:", "-schedule foo:1", "-schedule @", "-schedule pct99:1",
	} {
		_, err := ParseTestArgs(strings.Fields(args))
		if err == nil {
			t.Errorf("%q: no error", args)
			continue
		}
		if flag := strings.Fields(args)[0]; !strings.Contains(err.Error(), "flag "+flag) || !strings.Contains(err.Error(), "usage:") {
			t.Errorf("%q: the error names neither flag nor usage: %v", args, err)
		}
	}
}

func FuzzCheckSchedule(f *testing.F) {
	for _, s := range []string{"5", "random:5", "pct3:5", "pct:1", "sequential", "@file", ":", "random:18446744073709551615", "pct64:0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if checkSchedule(s) == nil && s != "sequential" && !strings.HasPrefix(s, "@") && !strings.ContainsAny(s, "0123456789") {
			t.Errorf("%q was taken without a seed", s)
		}
	})
}

func TestDefaultFlags(t *testing.T) {
	tests := map[string]string{
		"":                           "-count=1 -timeout=60m",
		"-v .":                       "-count=1 -timeout=60m -v .",
		"-count=3 .":                 "-timeout=60m -count=3 .",
		"-test.timeout 5s --count 2": "-test.timeout 5s --count 2",
		". -args -count=3":           "-count=1 -timeout=60m . -args -count=3",
	}
	for in, want := range tests {
		if got := strings.Join(defaultFlags(strings.Fields(in)), " "); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestAddTag(t *testing.T) {
	tests := map[string]string{
		"":           "-tags=hostsim",
		"-race":      "-tags=hostsim -race",
		"-tags=a,b":  "-tags=a,b,hostsim",
		"--tags a":   "--tags a,hostsim",
		"-v -tags x": "-v -tags x,hostsim",
	}
	for in, want := range tests {
		if got := strings.Join(addTag(strings.Fields(in)), " "); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestEnvironOfTests(t *testing.T) {
	dir := t.TempDir()
	o := TestOptions{Options: Options{Env: []string{"A=1", "HOSTSIM_SCHEDULE=9"}, Dir: dir}, Schedules: 10, Strategy: "pct2", Seed: 4, All: true,
		Replays: 3, Stall: time.Second, Save: filepath.Join(dir, "save")}
	env, err := o.environ("results")
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(env, " ")
	for _, want := range []string{"A=1", "HOSTSIM_SCHEDULES=10", "HOSTSIM_STRATEGY=pct2", "HOSTSIM_SEED=4", "HOSTSIM_ALL=1", "HOSTSIM_REPLAYS=3",
		"HOSTSIM_STALL=1s", "HOSTSIM_SAVE=" + filepath.Join(dir, "save"), "HOSTSIM_RESULTS=results"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
	if strings.Contains(got, "HOSTSIM_SCHEDULE=9") {
		t.Error("a schedule of the caller's environment went through")
	}
	if _, err := os.Stat(filepath.Join(dir, "save")); err != nil {
		t.Error(err)
	}
	o = TestOptions{Options: Options{Env: []string{}, Dir: dir}, Schedule: "@s.json"}
	env, err = o.environ("r")
	if err != nil || !strings.Contains(strings.Join(env, " "), "HOSTSIM_SCHEDULE=@"+filepath.Join(dir, "s.json")) {
		t.Errorf("a recorded schedule: %v, %v", env, err)
	}
}

func TestResultsOfAProcessThatDied(t *testing.T) {
	file := filepath.Join(t.TempDir(), "results")
	if err := os.WriteFile(file, []byte(`{"test":"TestB","schedules":3}
{"test":"TestA","schedules":2,"failures":1,"outcome":"deadlock","schedule":"random:2"}
{"test":"TestC","sched`), 0o666); err != nil {
		t.Fatal(err)
	}
	got, err := readResults(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].Test != "TestA" || got[1].Test != "TestB" {
		t.Errorf("got %+v", got)
	}
	if got, err := readResults(filepath.Join(t.TempDir(), "none")); err != nil || got != nil {
		t.Errorf("no file: %v, %v", got, err)
	}
}

func TestExitCodes(t *testing.T) {
	tests := []struct {
		name    string
		results []TestResult
		failed  bool
		want    int
	}{
		{"all pass", []TestResult{{}}, false, ExitOK},
		{"nothing ran", nil, false, ExitNothing},
		{"build failed", nil, true, ExitFail},
		{"a test fails", []TestResult{{Outcome: "failed"}}, true, ExitFail},
		{"deadlock", []TestResult{{Outcome: "failed"}, {Outcome: "deadlock"}}, true, ExitHang},
		{"stall", []TestResult{{Outcome: "stall"}}, true, ExitHang},
		{"uncontrolled is worst", []TestResult{{Outcome: "deadlock"}, {Outcome: "failed", Text: "x\nuncontrolled: y"}}, true, ExitUncontrolled},
		{"a replay differs", []TestResult{{Differ: 1}}, true, ExitUncontrolled},
	}
	for _, tt := range tests {
		if got := codeOf(tt.results, tt.failed); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}

func TestRunsNothing(t *testing.T) {
	for args, want := range map[string]bool{
		"-c -o x .": true, "--c": true, "-c=true .": true, "-c=false .": false, "-v ./c": false, "-count=1 .": false, "-cover .": false,
		"-list Test .": true, "-test.list=X": true, ". -args -c": false, "": false, "c": false,
	} {
		if got := runsNothing(strings.Fields(args)); got != want {
			t.Errorf("%q: %t, want %t", args, got, want)
		}
	}
	var b strings.Builder
	Summary{Unasked: true}.Write(&b)
	if b.Len() > 0 {
		t.Errorf("of a compilation nothing is to be said, but %q was", b.String())
	}
}

func TestSummaryText(t *testing.T) {
	var b strings.Builder
	Summary{Results: []TestResult{
		{Test: "TestA", Schedules: 5, Failures: 1, Outcome: "deadlock", Schedule: "random:4"},
		{Test: "TestB", Schedules: 101, Uncontrolled: []string{"the bubble used the network, first in b.dial (b/b.go:7)"}},
		{Test: "TestC", Schedules: 101, Failures: 40, Outcome: "failed", Schedule: "sequential", File: "c.json"},
		{Test: "TestD", Unrepeatable: "panic"},
	}}.Write(&b)
	want := `hostsim: TestA: deadlock under random:4
hostsim: TestB: not controlled: the bubble used the network, first in b.dial (b/b.go:7)
hostsim: TestC: failed under sequential (40 of 101 schedules fail), schedule saved as c.json
hostsim: TestD: no schedules were chosen: it passes once and ends as panic when repeated, so it keeps state outside of its bubble
hostsim: 4 bubbles, 207 schedules, 2 with a failure
`
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
	b.Reset()
	Summary{}.Write(&b)
	if !strings.Contains(b.String(), "no test that ran called synctest.Test") {
		t.Error(b.String())
	}
}

func TestScheduleName(t *testing.T) {
	for v, want := range map[string]string{
		"5": "random:5", "random:5": "random:5", "pct3:5": "pct3:5", "pct:7": "pct:7", "sequential": "sequential",
		"": "", "@file": "", "dice:5": "", "random:": "", "random:-1": "", "pct0:5": "", "pct65:5": "",
	} {
		got, err := ScheduleName(v)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v, want %q", v, got, err, want)
		}
		if err != nil && !strings.Contains(err.Error(), "sequential") {
			t.Errorf("%q: the error does not say what is wanted: %v", v, err)
		}
	}
}

func TestRunTestRefusesBadFlags(t *testing.T) {
	var out, errOut strings.Builder
	if code := RunTest(t.Context(), []string{"-schedules", "many"}, &out, &errOut); code != ExitUsage || !strings.Contains(errOut.String(), "usage: hostsim test") {
		t.Errorf("exit %d, stderr %q", code, errOut.String())
	}
}
