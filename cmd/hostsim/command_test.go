package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hostsim/hostsim/conformance/report"
	"github.com/hostsim/hostsim/fakes/sim"
	"github.com/hostsim/hostsim/scenarios"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// TestEveryCommandExplainsItself: a sentence, an example that starts with the command, and a word on every flag.
func TestEveryCommandExplainsItself(t *testing.T) {
	root := newRoot(streams{strings.NewReader(""), &bytes.Buffer{}, &bytes.Buffer{}})
	n := 0
	for _, c := range root.Commands() {
		if c.Name() == "help" || c.Name() == "completion" {
			continue
		}
		n++
		if c.Short == "" || strings.HasSuffix(c.Short, ".") {
			t.Errorf("%s: the short text is %q; one sentence without its full stop", c.Name(), c.Short)
		}
		if c.Name() != "version" && !strings.Contains(c.Example, "hostsim "+c.Name()) {
			t.Errorf("%s has no example of its own", c.Name())
		}
		if c.Name() != "version" && c.GroupID == "" {
			t.Errorf("%s stands in no group of the help", c.Name())
		}
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if f.Usage == "" {
				t.Errorf("%s --%s has no explanation", c.Name(), f.Name)
			}
		})
	}
	if n < 12 {
		t.Errorf("only %d commands", n)
	}
}

var quoted = regexp.MustCompile("'[^']*'")

// TestExamplesParse: the flags of every example exist.
func TestExamplesParse(t *testing.T) {
	for _, c := range newRoot(streams{strings.NewReader(""), &bytes.Buffer{}, &bytes.Buffer{}}).Commands() {
		for _, line := range strings.Split(c.Example, "\n") {
			line, _, _ = strings.Cut(quoted.ReplaceAllString(line, "quoted"), " > ")
			i := strings.LastIndex(line, "hostsim ")
			if i < 0 || c.DisableFlagParsing {
				continue
			}
			args := strings.Fields(line[i:])[1:]
			root := newRoot(streams{strings.NewReader(""), &bytes.Buffer{}, &bytes.Buffer{}})
			found, rest, err := root.Find(args)
			if err != nil || found.Name() == "hostsim" {
				t.Errorf("%q: %v", line, err)
				continue
			}
			if err := found.ParseFlags(rest); err != nil {
				t.Errorf("%q: %v", line, err)
			}
		}
	}
}

// alternating plays a plan in another way every other time.
type alternating struct{ n int }

func (a *alternating) Play(*plan.Plan, string) (*trace.Trace, error) {
	a.n++
	return &trace.Trace{Events: []trace.Event{{Who: "a", What: "mark", Detail: trace.Number(a.n % 2)}}, End: trace.Ending{Kind: trace.Exited}}, nil
}
func (*alternating) SetChooser(sim.Chooser) {}
func (*alternating) Close()                 {}

// TestUncontrolled: the same schedule with different traces is exit code 4.
func TestUncontrolled(t *testing.T) {
	var out, errs bytes.Buffer
	s := streams{strings.NewReader(""), &out, &errs}
	f := &replayFlags{as: "strict", format: "text", repeat: 3}
	_, err := f.one(s, &alternating{}, &scenarios.Scenario{Name: "n", Plan: &plan.Plan{}})
	if code := finish(s, err); code != 4 {
		t.Errorf("exit code %d, %v", code, err)
	}
	if want := "hostsim: n: run 2 gave another trace than the first, on the same schedule: the run is not under control\n"; errs.String() != want {
		t.Errorf("said %q, want %q", errs.String(), want)
	}
	if out.Len() != 0 {
		t.Errorf("printed %q", out.String())
	}
}

// TestEnded: the exit code of a report.
func TestEnded(t *testing.T) {
	for _, c := range []struct {
		name string
		r    report.Report
		want int
	}{
		{"pass", report.Report{Verdict: report.Pass}, 0},
		{"skipped", report.Report{Verdict: report.Skipped}, 0},
		{"fail", report.Report{Verdict: report.Fail}, 1},
		{"hang", report.Report{Verdict: report.Hang}, 3},
		{"uncontrolled", report.Report{Verdict: report.Uncontrolled}, 4},
		{"error", report.Report{Verdict: report.Error}, 70},
	} {
		c.r.Size.Runs, c.r.Clauses = 1, make([]report.Clause, 1)
		var errs bytes.Buffer
		s := streams{err: &errs}
		if got := finish(s, ended(&c.r)); got != c.want || errs.Len() > 0 {
			t.Errorf("%s: exit code %d, want %d; said %q", c.name, got, c.want, errs.String())
		}
		c.r.Size.Runs, c.r.Problems = 0, []string{"no scenario was played"}
		if got := finish(s, ended(&c.r)); got != exitNothing || !strings.Contains(errs.String(), "nothing ran: no scenario was played") {
			t.Errorf("%s, but nothing ran: exit code %d, said %q", c.name, got, errs.String())
		}
		errs.Reset()
		c.r.Problems, c.r.Lane = nil, "process"
		if got := finish(s, ended(&c.r)); got != exitNothing || errs.String() != "hostsim: nothing ran: the chosen clauses are about nothing that this host can show in the process lane\n" {
			t.Errorf("%s, and nobody says why nothing ran: exit code %d, said %q", c.name, got, errs.String())
		}
	}
}

// TestInternalErrors are told as such, with code 70, and no stack is thrown at the user.
func TestInternalErrors(t *testing.T) {
	var errs bytes.Buffer
	s := streams{strings.NewReader(""), panicking{}, &errs}
	if code := run([]string{"version"}, s); code != exitInternal {
		t.Errorf("exit code %d", code)
	}
	if !strings.HasPrefix(errs.String(), "hostsim: internal error: kaputt\n") || strings.Contains(errs.String(), "goroutine") {
		t.Errorf("said %q", errs.String())
	}
}

type panicking struct{}

func (panicking) Write([]byte) (int, error) { panic("kaputt") }

// TestAClosedPipe: what cannot be written is an error.
func TestAClosedPipe(t *testing.T) {
	for _, args := range [][]string{{"version"}, {"replay", "reverse-order"}, {"clauses", "--format", "json"}, {"verify", "--clause", "HOST-STOP-001"}, {"scenarios", "--show", "reverse-order"}} {
		var errs bytes.Buffer
		if code := run(args, streams{strings.NewReader(""), closed{}, &errs}); code == 0 {
			t.Errorf("%v: exit code 0 although nothing could be written", args)
		}
	}
}

type closed struct{}

func (closed) Write([]byte) (int, error) { return 0, errors.New("the pipe is closed") }

// TestAlign pairs two timelines line by line.
func TestAlign(t *testing.T) {
	for _, c := range []struct{ a, b, want string }{
		{"", "", ""},
		{"x y", "x y", "x=x y=y"},
		{"x y", "x z", "x=x y! !z"},
		{"x", "", "x!"},
		{"", "x", "!x"},
		{"x y z", "x z", "x=x y! z=z"},
		{"x z", "x y z", "x=x !y z=z"},
		{"a b c d", "c d a b", "a! b! c=c d=d !a !b"},
	} {
		var got []string
		for _, r := range align(strings.Fields(c.a), strings.Fields(c.b)) {
			mark := "!"
			if r.same {
				mark = "="
			}
			got = append(got, r.left+mark+r.right)
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%q and %q: %q, want %q", c.a, c.b, s, c.want)
		}
	}
	big := func(word string) (out []string) {
		out = append(out, "begin")
		for i := range 50_000 {
			out = append(out, fmt.Sprintf("%s %d", word, i))
		}
		return append(out, "end")
	}
	if rows := align(big("x"), big("y")); len(rows) != 100_002 || !rows[0].same || rows[1].same || rows[1].left != "x 0" || rows[100_000].right != "y 49999" || !rows[100_001].same {
		t.Errorf("two large timelines with nothing in common but begin and end: %d rows", len(rows))
	}
	if rows := align(big("x"), big("x")); len(rows) != 50_002 {
		t.Errorf("two large timelines that are the same: %d rows", len(rows))
	}
	if rows := align([]string{"0.0  a   b"}, []string{"0.0 a b"}); len(rows) != 1 || !rows[0].same {
		t.Errorf("lines that differ in space alone: %+v", rows)
	}
}

func TestPad(t *testing.T) {
	for _, c := range []struct {
		s    string
		n    int
		want string
	}{{"ab", 4, "ab  "}, {"abcd", 4, "abcd"}, {"abcde", 4, "abc…"}, {"äöü", 4, "äöü "}, {"äöüßé", 4, "äöü…"}} {
		if got := pad(c.s, c.n); got != c.want {
			t.Errorf("pad(%q, %d) = %q, want %q", c.s, c.n, got, c.want)
		}
	}
}

// TestRefused: what cobra refuses says where help is; what the command itself says stays as it is.
func TestRefused(t *testing.T) {
	cmd := &cobra.Command{Use: "x"}
	own := usagef("own words")
	if got := refused(cmd, own); got != own {
		t.Errorf("changed to %v", got)
	}
	if got := refused(cmd, nil); got != nil {
		t.Errorf("made an error: %v", got)
	}
	plain := errors.New("something else")
	if got := refused(cmd, plain); got != plain {
		t.Errorf("changed to %v", got)
	}
	for text, want := range map[string]string{
		`unknown command "a" for "x"`:                                       `unknown command "a" for "x"`,
		"unknown command \"a\" for \"x\"\n\nDid you mean this?\n\tb\n":      `unknown command "a" for "x" (did you mean b?)`,
		"unknown command \"a\" for \"x\"\n\nDid you mean this?\n\tb\n\tc\n": `unknown command "a" for "x" (did you mean b or c?)`,
	} {
		if got := fmt.Sprint(refused(cmd, errors.New(text))); got != want+"\nx --help says how it is used" {
			t.Errorf("%q: got %q", text, got)
		}
	}
}

// fullDisk takes so many bytes and no more.
type fullDisk int

func (d *fullDisk) Write(p []byte) (int, error) {
	n := min(len(p), int(*d))
	*d -= fullDisk(n)
	if n < len(p) {
		return n, errors.New("no space left on device")
	}
	return n, nil
}

// TestOutputThatCannotBeWritten is never a success, in any format of any command, wherever the disk is full.
func TestOutputThatCannotBeWritten(t *testing.T) {
	for _, line := range []string{
		"", "--help", "--version", "version", "clauses", "clauses --format json", "clauses --format markdown", "clauses --profile core --diff strict",
		"explain HOST-STOP-001", "scenarios", "scenarios --format json", "scenarios --show second-sigterm", "mutants --list", "mutants stop-twice",
		"verify --clause HOST-STOP-001", "verify --format json --clause HOST-STOP-001", "verify --format junit --clause HOST-STOP-001",
		"verify --format markdown --clause HOST-STOP-001", "replay second-sigterm", "replay second-sigterm --format jsonl", "replay second-sigterm --format json",
		"replay second-sigterm --diff core", "validate second-sigterm", "init scenario -", "explore second-sigterm --schedules 3", "completion bash",
	} {
		t.Run(line, func(t *testing.T) {
			for _, room := range []fullDisk{0, 5} {
				var errs bytes.Buffer
				code := run(strings.Fields(line), streams{strings.NewReader(""), &room, &errs})
				if want := "hostsim: standard output cannot be written: no space left on device\n"; code != 2 || errs.String() != want {
					t.Errorf("exit code %d and %q, want 2 and %q", code, errs.String(), want)
				}
			}
		})
	}
}

// TestStarters: what init writes compiles, and the starter host keeps the core profile: in its own Go test, and as an adapter.
func TestStarters(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles two programs")
	}
	dir := t.TempDir()
	main, test := filepath.Join(dir, "main.go"), filepath.Join(dir, "conformance_test.go")
	for kind, file := range map[string]string{"adapter": main, "test": test} {
		var out, errs bytes.Buffer
		if code := run([]string{"init", kind, file}, streams{strings.NewReader(""), &out, &errs}); code != 0 {
			t.Fatalf("init %s: %d, %s", kind, code, errs.String())
		}
	}
	tool := func(name string, args ...string) string {
		t.Helper()
		out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
		if err != nil {
			t.Fatalf("%s %s: %v\n%s", filepath.Base(name), strings.Join(args, " "), err, out)
		}
		return string(out)
	}
	if out := tool("gofmt", "-l", main, test); out != "" {
		t.Errorf("gofmt would change %s", out)
	}
	tool("go", "vet", main, test)
	tested := filepath.Join(dir, "starter.test")
	tool("go", "test", "-c", "-o", tested, main, test)
	tool(tested, "-test.run", "TestConformance", "-ginkgo.no-color")
	adapter := filepath.Join(dir, "adapter")
	tool("go", "build", "-o", adapter, main)
	for _, args := range [][]string{{"smoke", "--", adapter}, {"verify", "--brief", "--lane", "virtual", "--", adapter}} {
		var out, errs bytes.Buffer
		if code := run(args, streams{strings.NewReader(""), &out, &errs}); code != 0 {
			t.Errorf("hostsim %s: exit code %d\n%s%s", args[0], code, out.String(), errs.String())
		}
	}
	if _, err := os.Stat(adapter); err != nil {
		t.Error(err)
	}
}
