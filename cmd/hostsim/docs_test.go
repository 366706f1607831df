package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var blocks = regexp.MustCompile("(?ms)^```[a-z]*\n(.*?)^```")

// TestReadmeShowsWhatIsPrinted: a block of README that begins with "$ hostsim" is what the command prints, in that order;
// "…" stands for what is left out, and lines may be broken elsewhere.
func TestReadmeShowsWhatIsPrinted(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := 0
	for _, m := range blocks.FindAllStringSubmatch(string(readme), -1) {
		command, rest, _ := strings.Cut(m[1], "\n")
		args, ok := strings.CutPrefix(command, "$ hostsim ")
		if !ok {
			continue
		}
		shown++
		t.Run(args, func(t *testing.T) {
			var out, complaints bytes.Buffer
			run(strings.Fields(args), streams{strings.NewReader(""), &out, &complaints})
			if complaints.Len() > 0 {
				t.Errorf("it complains: %s", complaints.String())
			}
			left := strings.Join(strings.Fields(out.String()), " ")
			for _, piece := range strings.Split(rest, "…") {
				piece = strings.Join(strings.Fields(piece), " ")
				i := strings.Index(left, piece)
				if i < 0 {
					t.Fatalf("README shows\n%s\nwhich does not come in\n%s", piece, out.String())
				}
				left = left[i+len(piece):]
			}
		})
	}
	if shown < 2 {
		t.Errorf("README shows %d commands with what they print", shown)
	}
}

// commandLines are the lines of code blocks that begin with hostsim, and the spans of code that do.
func commandLines(text string) (out []string) {
	for _, m := range blocks.FindAllStringSubmatch(text, -1) {
		for _, l := range strings.Split(m[1], "\n") {
			if l = strings.TrimPrefix(l, "$ "); strings.HasPrefix(l, "hostsim ") && !strings.HasPrefix(l, "hostsim  ") {
				out = append(out, l)
			}
		}
	}
	for _, m := range spans.FindAllStringSubmatch(blocks.ReplaceAllString(text, ""), -1) {
		out = append(out, m[1])
	}
	return out
}

var spans = regexp.MustCompile("`(hostsim [^`\n]*)`")

// TestDocumentsNameCommandsThatExist: every command line of the documents has a command and flags that exist.
func TestDocumentsNameCommandsThatExist(t *testing.T) {
	files, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, file := range append(files, "../../README.md", "../../CONTRIBUTING.md", "../../CHANGELOG.md", "../../scenarios/README.md") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, whole := range commandLines(string(text)) {
			line, _, _ := strings.Cut(quoted.ReplaceAllString(whole, "quoted"), " #")
			for _, end := range []string{" | ", " > ", " < ", "; ", " && "} {
				line, _, _ = strings.Cut(line, end)
			}
			args := strings.Fields(line)[1:]
			if len(args) == 0 || strings.ToUpper(args[0]) == args[0] || !regexp.MustCompile(`^[a-z]`).MatchString(args[0]) {
				continue // hostsim itself, or a placeholder
			}
			n++
			root := newRoot(streams{strings.NewReader(""), &bytes.Buffer{}, &bytes.Buffer{}})
			found, rest, err := root.Find(args)
			if err != nil || found.Name() == "hostsim" {
				t.Errorf("%s: %q: there is no such command", filepath.Base(file), whole)
				continue
			}
			if found.DisableFlagParsing {
				continue
			}
			if err := found.ParseFlags(rest); err != nil {
				t.Errorf("%s: %q: %v", filepath.Base(file), whole, err)
			}
		}
	}
	if n < 40 {
		t.Errorf("only %d command lines were looked at", n)
	}
}

// TestChangelogNamesEveryCommand, so that nobody has to find one by accident.
func TestChangelogNamesEveryCommand(t *testing.T) {
	text, err := os.ReadFile("../../CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range newRoot(streams{strings.NewReader(""), &bytes.Buffer{}, &bytes.Buffer{}}).Commands() {
		if c.Name() == "help" || c.Name() == "completion" || c.Name() == "version" {
			continue
		}
		if !strings.Contains(string(text), "`hostsim "+c.Name()) && !strings.Contains(string(text), "`"+c.Name()) {
			t.Errorf("CHANGELOG does not name %s", c.Name())
		}
	}
}
