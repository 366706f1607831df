//go:build linux

package probecmd

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/hostsim/hostsim/conformance/probe"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// execute runs the command and gives its output and exit code.
func execute(t *testing.T, env Env, args ...string) (string, *ExitError) {
	t.Helper()
	cmd := Command(env)
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(context.Background())
	if err == nil {
		return out.String(), &ExitError{}
	}
	var e *ExitError
	if !errors.As(err, &e) {
		t.Fatalf("error %v is no ExitError", err)
	}
	return out.String(), e
}

func TestUsage(t *testing.T) {
	tests := []struct {
		args string
		want string
	}{
		{"", "no program was given"},
		{"--grace 3s", "no program was given"},
		{"sleep -- 3", `"sleep" stands before the double dash`},
		{"--no-such-flag -- true", "no-such-flag"},
		{"--grace soon -- true", "--grace"},
		{"--format xml -- true", `--format: "xml" is none of text, json, junit`},
		{"--color sometimes -- true", `--color: "sometimes" is none of auto, never, always`},
		{"--stop-signal SIGNOPE -- true", "--stop-signal"},
		{"--stop-signal KILL -- true", "SIGKILL"},
		{"--ready-line ( -- true", "--ready-line"},
		{`--tcp-send \q -- true`, "--tcp-send"},
		{"--only nothing -- true", "neither a check"},
		{"--only term,http --skip http -- true", "--only http and --skip http contradict each other"},
		{"--grace 0 -- true", "--grace: 0 is out of range"},
		{"--grace -1s -- true", "--grace: -1s is negative"},
		{"--start-limit 0s -- true", "--start-limit: 0 is out of range"},
		{"--hold 0 -- true", "--hold: 0 is out of range"},
		{"--sweep 0 -- true", "--sweep: 0 is out of range"},
		{"--sweep 1001 -- true", "--sweep: 1001 is out of range; 2 to 1000"},
		{"--ready-port 0 -- true", "--ready-port: 0 is out of range"},
		{"--ready-port 65536 -- true", "--ready-port: 65536 is no port"},
		{"-o no/such/folder/report.txt -- true", "--output: open no/such/folder/report.txt: no such file or directory"},
		{"-o . -- true", "--output: open .: is a directory"},
		{"-- /no/such/program", "could not be started"},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			out, e := execute(t, Env{}, strings.Fields(tt.args)...)
			if e.Code != 2 || !strings.Contains(e.Msg, tt.want) {
				t.Errorf("exit code %d, %q; want 2 with %q", e.Code, e.Msg, tt.want)
			}
			if out != "" {
				t.Errorf("something was printed: %s", out)
			}
		})
	}
}

func TestHelpHasExamples(t *testing.T) {
	out, e := execute(t, Env{}, "--help")
	for _, want := range []string{"hostsim probe --http-path", "--drain-delay duration", "--ready-notify", "Exit codes:", "ready, term, int, startup"} {
		if e.Code != 0 || !strings.Contains(out, want) {
			t.Errorf("the help does not show %q:\n%s", want, out)
		}
	}
}

// TestExamplesParse: each example of the help is a command line that the command understands.
func TestExamplesParse(t *testing.T) {
	for _, line := range strings.Split(examples, "\n") {
		line, _, _ = strings.Cut(line, "  #")
		line, _, _ = strings.Cut(line, " > ")
		words := strings.Fields(strings.NewReplacer("'", "", "Ready to accept connections", "Ready.to.accept", "rm -rf ./data", "true").Replace(line))
		if len(words) < 4 || words[0] != "hostsim" || words[1] != "probe" {
			t.Errorf("the example %q does not begin with hostsim probe", line)
			continue
		}
		cmd := Command(Env{})
		if err := cmd.ParseFlags(words[2:]); err != nil {
			t.Errorf("%s: %v", line, err)
		}
		if err := cmd.ValidateArgs(cmd.Flags().Args()); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
}

func TestFormatsAndExitCodes(t *testing.T) {
	if _, err := exec.LookPath("sleep"); err != nil {
		t.Skipf("NOT RUN: %v", err)
	}
	shared := []string{"--ready-line", "^ready$", "--only", "term", "--grace", "2s"}
	good := append(shared, "--", "sh", "-c", "trap 'exit 0' TERM; echo ready; while :; do sleep 0.02; done")
	bad := append(shared, "--", "sh", "-c", "trap 'exit 9' TERM; echo ready; while :; do sleep 0.02; done")
	deaf := append([]string{"--ready-line", "^ready$", "--only", "term", "--grace", "500ms"}, "--", "sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.02; done")
	file := filepath.Join(t.TempDir(), "report.json")
	tests := []struct {
		name string
		args []string
		code int
		want string
	}{
		{"text", good, 0, "pass: MUST"},
		{"colour", append([]string{"--color", "always"}, good...), 0, "\x1b[32mpass"},
		{"json", append([]string{"--format", "json"}, good...), 0, `"verdict": "pass"`},
		{"junit", append([]string{"--format", "junit"}, good...), 0, "<testsuites"},
		{"fail", bad, 1, "exit code 9"},
		{"hang", deaf, 3, "hang: MUST"},
		{"file", append([]string{"--format", "json", "-o", file}, good...), 0, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			finished, told := false, 0
			out, e := execute(t, Env{Progress: func(probe.Progress) { told++ }, Finished: func() { finished = true }}, tt.args...)
			if e.Code != tt.code || e.Msg != "" || !strings.Contains(out, tt.want) {
				t.Errorf("exit code %d, %q; want %d with %q in\n%s", e.Code, e.Msg, tt.code, tt.want, out)
			}
			if !finished || told == 0 {
				t.Errorf("progress told %d times, finished %v", told, finished)
			}
		})
	}
	b, err := os.ReadFile(file)
	if err != nil || !json.Valid(b) {
		t.Errorf("the file of -o holds %.60q, %v", b, err)
	}
}

func TestInterrupt(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skipf("NOT RUN: %v", err)
	}
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	sent := false
	env := Env{Progress: func(p probe.Progress) {
		if !sent && strings.HasPrefix(p.Doing, "term") {
			sent = true
			if err := self.Signal(os.Interrupt); err != nil {
				t.Error(err)
			}
		}
	}}
	out, e := execute(t, env, "--ready-line", "^ready$", "--grace", "1h", "--", "sh", "-c", "trap '' TERM INT; echo ready; while :; do sleep 0.02; done")
	if e.Code != 130 || !strings.Contains(e.Msg, "interrupted") || out != "" {
		t.Errorf("exit code %d, %q, output %q; want 130", e.Code, e.Msg, out)
	}
}

func TestUnescape(t *testing.T) {
	tests := []struct{ in, want, err string }{
		{"", "", ""}, {"PING", "PING", ""}, {`PING\r\n`, "PING\r\n", ""}, {`a\tb\\`, "a\tb\\", ""}, {`\x00\xff`, "\x00\xff", ""},
		{`a\`, "", "a single"}, {`\q`, "", `\q at position 1`}, {`\x1`, "", "two hexadecimal digits"}, {`\xzz`, "", "is no byte"},
	}
	for _, tt := range tests {
		got, err := unescape(tt.in)
		if got != tt.want || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("unescape(%q) = %q, %v; want %q, %q", tt.in, got, err, tt.want, tt.err)
		}
	}
}

func FuzzUnescape(f *testing.F) {
	f.Add(`PING\r\n`)
	f.Add(`\x4`)
	f.Add(`\`)
	f.Fuzz(func(t *testing.T, s string) {
		got, err := unescape(s)
		if err == nil && (len(got) > len(s) || !strings.Contains(s, `\`) && got != s) {
			t.Fatalf("unescape(%q) = %q", s, got)
		}
	})
}

// TestColour: colours are for a terminal, and never go into a file of themselves.
func TestColour(t *testing.T) {
	for _, tt := range []struct {
		colour   string
		terminal bool
		output   string
		want     bool
	}{
		{"auto", true, "", true},
		{"auto", false, "", false},
		{"auto", true, "report.txt", false},
		{"never", true, "", false},
		{"always", false, "", true},
		{"always", false, "report.txt", true},
	} {
		write, err := (&flags{format: "text", colour: tt.colour, output: tt.output}).writer(tt.terminal)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := write(&probe.Report{Verdict: probe.Pass, Starts: 1}, &out); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(out.String(), "\x1b["); got != tt.want {
			t.Errorf("%+v: coloured %t in %q", tt, got, out.String())
		}
		if !strings.Contains(out.String(), "\n1 start of the program in ") {
			t.Errorf("one start is told as %q", out.String())
		}
	}
}
