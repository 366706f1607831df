package toolchain

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"time"
)

// TestOptions says what [Test] runs.
type TestOptions struct {
	Options
	Args      []string      // go test flags and packages, as the user gave them
	Schedules int           // schedules for each call of synctest.Test besides the sequential one; default 100
	Strategy  string        // "random" (default) or "pctD"
	Seed      uint64        // of the first schedule; default 1
	Schedule  string        // run this one alone: "5", "random:5", "pct3:5", "sequential", "@FILE"
	All       bool          // go on after a test's first failing schedule
	Save      string        // directory for the recorded schedules of failures
	Replays   int           // replay the recorded failing schedules this many times and count those that differ
	Stall     time.Duration // real time without a scheduling point after which a run is given up; default 10 s
	Stdout    io.Writer
	Stderr    io.Writer
}

// A TestResult tells what the schedules of one call of synctest.Test showed.
type TestResult struct {
	Test            string         `json:"test"`
	Schedules       int            `json:"schedules"`
	Failures        int            `json:"failures"`
	Distinct        int            `json:"distinct"` // schedules that differ in at least one decision
	Decisions       uint64         `json:"decisions"`
	Outcomes        map[string]int `json:"outcomes"`
	Schedule        string         `json:"schedule,omitempty"` // of the first failure
	Outcome         string         `json:"outcome,omitempty"`
	Text            string         `json:"text,omitempty"`
	File            string         `json:"file,omitempty"`         // its recorded schedule
	Unrepeatable    string         `json:"unrepeatable,omitempty"` // how it ends when run twice, if it passes only once: no schedules were chosen
	Replays         int            `json:"replays,omitempty"`
	Differ          int            `json:"differ"`
	Left            int            `json:"left,omitempty"`         // goroutines that could not be taken down
	Uncontrolled    []string       `json:"uncontrolled,omitempty"` // what the bubble used that is not controlled, and where first
	WallNanoseconds int64          `json:"wallNanoseconds"`
}

// A Summary is the outcome of [Test].
type Summary struct {
	ExitCode int
	Results  []TestResult // sorted by test
	Unasked  bool         // nothing ran, and nothing was to: go test was told to compile or to list tests
}

// Test runs go test with the patched copy: unmodified tests that call
// synctest.Test run under many schedules, and the first that fails is explained.
// It returns when the go command has ended. The error is about the harness; what
// the tests did is in the summary.
func Test(ctx context.Context, opt TestOptions) (Summary, error) {
	t, err := Prepare(ctx, opt.Options)
	if err != nil {
		return Summary{ExitCode: ExitUsage}, err
	}
	tmp, err := os.MkdirTemp("", "hostsim-test-")
	if err != nil {
		return Summary{ExitCode: ExitInternal}, err
	}
	defer os.RemoveAll(tmp)
	results := filepath.Join(tmp, "results.jsonl")
	env, err := opt.environ(results)
	if err != nil {
		return Summary{ExitCode: ExitUsage}, err
	}
	cmd := t.Command(ctx, opt.Dir, env, append([]string{"test"}, defaultFlags(opt.Args)...)...)
	cmd.Stdout, cmd.Stderr = opt.Stdout, opt.Stderr
	runErr := cmd.Run()
	sum := Summary{}
	if sum.Results, err = readResults(results); err != nil {
		return Summary{ExitCode: ExitInternal}, err
	}
	var exit *exec.ExitError
	if runErr != nil && !errors.As(runErr, &exit) {
		return Summary{ExitCode: ExitInternal}, fmt.Errorf("toolchain: go test: %w", runErr)
	}
	if sum.ExitCode = codeOf(sum.Results, runErr != nil); sum.ExitCode == ExitNothing && runsNothing(opt.Args) {
		sum.ExitCode, sum.Unasked = ExitOK, true
	}
	return sum, nil
}

// environ gives the environment of the tests.
func (o TestOptions) environ(results string) ([]string, error) {
	var env []string
	for _, kv := range environOf(o.Options) {
		if !strings.HasPrefix(kv, "HOSTSIM_") {
			env = append(env, kv)
		}
	}
	set := func(name, value string) { env = append(env, "HOSTSIM_"+name+"="+value) }
	for _, name := range []string{"MAX_STEPS", "MAX_GOROUTINES", "MEMORY", "TIMELINE"} {
		if v := os.Getenv("HOSTSIM_" + name); v != "" {
			set(name, v)
		}
	}
	n := o.Schedules
	if n == 0 {
		n = 100
	}
	if o.Schedule != "" {
		s := o.Schedule
		if file, ok := strings.CutPrefix(s, "@"); ok {
			abs, err := filepath.Abs(filepath.Join(o.Dir, file))
			if filepath.IsAbs(file) {
				abs, err = file, nil
			}
			if err != nil {
				return nil, err
			}
			s = "@" + abs
		}
		set("SCHEDULE", s)
	} else {
		set("SCHEDULES", strconv.Itoa(n))
	}
	if o.Strategy != "" {
		set("STRATEGY", o.Strategy)
	}
	if o.Seed != 0 {
		set("SEED", strconv.FormatUint(o.Seed, 10))
	}
	if o.All {
		set("ALL", "1")
	}
	if o.Replays > 0 {
		set("REPLAYS", strconv.Itoa(o.Replays))
	}
	if o.Stall > 0 {
		set("STALL", o.Stall.String())
	}
	if o.Save != "" {
		abs, err := filepath.Abs(o.Save)
		if err != nil {
			return nil, err
		}
		if err := os.MkdirAll(abs, 0o777); err != nil {
			return nil, fmt.Errorf("toolchain: the directory for schedules: %w", err)
		}
		set("SAVE", abs)
	}
	set("RESULTS", results)
	return env, nil
}

// defaultFlags adds what the user did not set: no caching of results, and a
// timeout that leaves room for many schedules.
func defaultFlags(args []string) []string {
	var out []string
	if _, has := flagOf(args, "count"); !has {
		out = append(out, "-count=1")
	}
	if _, has := flagOf(args, "timeout"); !has {
		out = append(out, "-timeout=60m")
	}
	return append(out, args...)
}

// flagOf looks for a flag of go test; its value is known only if it is written behind an equals sign.
func flagOf(args []string, name string) (value string, has bool) {
	for _, a := range args {
		if a == "-args" || a == "--args" {
			return "", false
		}
		if !strings.HasPrefix(a, "-") {
			continue
		}
		a = strings.TrimPrefix(strings.TrimLeft(a, "-"), "test.")
		if flag, value, _ := strings.Cut(a, "="); flag == name {
			return value, true
		}
	}
	return "", false
}

// runsNothing tells whether go test was told to do something else than to run tests.
func runsNothing(args []string) bool {
	v, compiles := flagOf(args, "c")
	_, lists := flagOf(args, "list")
	return lists || compiles && v != "false"
}

// readResults reads the lines that test binaries appended.
func readResults(file string) ([]TestResult, error) {
	data, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []TestResult
	sc := bufio.NewScanner(bytes.NewReader(data))
	sc.Buffer(nil, 64<<20)
	for sc.Scan() {
		var r TestResult
		if err := json.Unmarshal(sc.Bytes(), &r); err != nil {
			continue // the process died while it wrote this line
		}
		out = append(out, r)
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].Test < out[j].Test })
	return out, sc.Err()
}

// codeOf is the worst of what happened.
func codeOf(results []TestResult, failed bool) int {
	code := ExitOK
	if failed {
		code = ExitFail
	}
	for _, r := range results {
		switch {
		case strings.Contains(r.Text, "\nuncontrolled: ") || r.Differ > 0:
			return ExitUncontrolled
		case r.Outcome == "deadlock" || r.Outcome == "leak" || r.Outcome == "stall" || r.Outcome == "limit":
			code = ExitHang
		}
	}
	if len(results) == 0 && !failed {
		return ExitNothing
	}
	return code
}

// Write prints the summary: one line per test that failed, and the totals.
func (s Summary) Write(w io.Writer) {
	total, failing := 0, 0
	for _, r := range s.Results {
		total += r.Schedules
		if r.Unrepeatable != "" {
			fmt.Fprintf(w, "hostsim: %s: no schedules were chosen: it passes once and ends as %s when repeated, so it keeps state outside of its bubble\n", r.Test, r.Unrepeatable)
		}
		for _, what := range r.Uncontrolled {
			fmt.Fprintf(w, "hostsim: %s: not controlled: %s\n", r.Test, what)
		}
		if r.Failures == 0 {
			continue
		}
		failing++
		fmt.Fprintf(w, "hostsim: %s: %s under %s", r.Test, r.Outcome, r.Schedule)
		if r.Failures > 1 {
			fmt.Fprintf(w, " (%d of %d schedules fail)", r.Failures, r.Schedules)
		}
		if r.File != "" {
			fmt.Fprintf(w, ", schedule saved as %s", r.File)
		}
		fmt.Fprintln(w)
	}
	if s.Unasked {
		return
	}
	if len(s.Results) == 0 {
		fmt.Fprintln(w, "hostsim: no test that ran called synctest.Test, so no schedule was chosen")
		return
	}
	fmt.Fprintf(w, "hostsim: %s, %s, %d with a failure\n", count(len(s.Results), "bubble"), count(total, "schedule"), failing)
}

func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

const testUsage = `usage: hostsim test [-schedules N] [-strategy random|pctD] [-seed N] [-schedule S] [-all] [-save DIR]
                    [-stall D] [-replays N] [go test flags] [packages]
`

// ParseTestArgs takes the flags of "hostsim test" out of its arguments; what is left is go test's.
func ParseTestArgs(args []string) (TestOptions, error) {
	var o TestOptions
	for i := 0; i < len(args); i++ {
		a := args[i]
		if a == "-args" || a == "--args" {
			o.Args = append(o.Args, args[i:]...)
			break
		}
		name, value, hasValue := strings.Cut(strings.TrimLeft(a, "-"), "=")
		if !strings.HasPrefix(a, "-") {
			name = ""
		}
		next := func() (string, error) {
			if hasValue {
				return value, nil
			}
			if i+1 >= len(args) {
				return "", fmt.Errorf("flag -%s needs a value\n%s", name, testUsage)
			}
			i++
			return args[i], nil
		}
		var v string
		var err error
		switch name {
		case "schedules", "strategy", "seed", "schedule", "save", "stall", "replays":
			v, err = next()
		case "all":
			o.All = !hasValue || value == "true"
			continue
		default:
			o.Args = append(o.Args, a)
			continue
		}
		if err != nil {
			return o, err
		}
		switch name {
		case "schedules":
			o.Schedules, err = positive(v)
		case "replays":
			o.Replays, err = positive(v)
		case "seed":
			if o.Seed, err = strconv.ParseUint(v, 10, 64); err != nil {
				err = errors.New("want a whole number from 0 on")
			}
		case "strategy":
			o.Strategy = v
			if d, ok := strings.CutPrefix(v, "pct"); v != "random" {
				if n, e := strconv.Atoi(d); !ok || d != "" && (e != nil || n < 1 || n > 64) {
					err = errors.New(`want "random", or "pctD" with D from 1 to 64`)
				}
			}
		case "schedule":
			o.Schedule, err = v, checkSchedule(v)
		case "save":
			o.Save = v
		case "stall":
			o.Stall, err = time.ParseDuration(v)
			if err != nil || o.Stall < 100*time.Millisecond {
				err = errors.New("want a duration with its unit, such as 10s, and at least 100ms")
			}
		}
		if err != nil {
			return o, fmt.Errorf("flag -%s %q: %w\n%s", name, v, err, testUsage)
		}
	}
	return o, nil
}

func positive(v string) (int, error) {
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 {
		return 0, errors.New("want a whole number from 1 on")
	}
	return n, nil
}

// checkSchedule says what is wrong with the name of a schedule.
func checkSchedule(v string) error {
	if v == "sequential" || len(v) > 1 && v[0] == '@' {
		return nil
	}
	strategy, seed, ok := strings.Cut(v, ":")
	if !ok {
		strategy, seed = "random", v
	}
	_, err := strconv.ParseUint(seed, 10, 64)
	if err == nil && strategy != "random" {
		d, isPCT := strings.CutPrefix(strategy, "pct")
		if n, e := strconv.Atoi(d); !isPCT || d != "" && (e != nil || n < 1 || n > 64) {
			err = errors.New("no such strategy")
		}
	}
	if err != nil {
		return errors.New(`want "sequential", a seed like "5", "random:5" or "pct3:5", or "@FILE"`)
	}
	return nil
}

// ScheduleName gives the whole name of a schedule that a program makes itself: a seed alone is one of random. A file is none.
func ScheduleName(v string) (string, error) {
	if err := checkSchedule(v); err != nil || strings.HasPrefix(v, "@") {
		return "", errors.New(`want "sequential", a seed like "5", "random:5" or "pct3:5"`)
	}
	if v != "sequential" && !strings.Contains(v, ":") {
		v = "random:" + v
	}
	return v, nil
}

// RunTest is the command "hostsim test". It returns the exit code.
func RunTest(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	opt, err := ParseTestArgs(args)
	if err != nil {
		fmt.Fprintf(stderr, "hostsim: %s\n", strings.TrimSuffix(err.Error(), "\n"))
		return ExitUsage
	}
	opt.Stdout, opt.Stderr = stdout, stderr
	sum, err := Test(ctx, opt)
	if err != nil {
		fmt.Fprintln(stderr, "hostsim:", err)
		return sum.ExitCode
	}
	sum.Write(stderr)
	return sum.ExitCode
}
