package main

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hostsim/hostsim/spec"
)

var blocks = regexp.MustCompile("(?ms)^```[a-z]*\n(.*?)^```")

// documents are the pages that show command lines, by their place from the root of the repository.
func documents(t *testing.T) map[string]string {
	t.Helper()
	var files []string
	for _, pattern := range []string{"*.md", "docs/*.md", "scenarios/*.md", "reports/head.md", "conformance/adapters/*/*.md"} {
		found, err := filepath.Glob(filepath.Join("..", "..", filepath.FromSlash(pattern)))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	out := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		out[strings.TrimPrefix(filepath.ToSlash(file), "../../")] = strings.ReplaceAll(string(text), "\r\n", "\n")
	}
	if len(out) < 12 {
		t.Fatalf("only %d documents were found", len(out))
	}
	return out
}

// notHere are shown commands that need more than this test has, and where they are held to what they print.
var notHere = map[string]string{
	"probe --grace 10s --drain-delay 5s --only term,tcp,budget -- ./fileserver": "TestKnownPrograms of conformance/probe",
}

// TestDocumentsShowWhatIsPrinted: a block that begins with "$ hostsim" is what the command prints, in that order; "…" stands for
// what is left out, and lines may be broken elsewhere. With -update a block that leaves nothing out is written anew.
func TestDocumentsShowWhatIsPrinted(t *testing.T) {
	shown := 0
	skipped := maps.Clone(notHere)
	for file, text := range documents(t) {
		for _, m := range blocks.FindAllStringSubmatch(text, -1) {
			command, rest, _ := strings.Cut(m[1], "\n")
			args, ok := strings.CutPrefix(command, "$ hostsim ")
			if !ok {
				continue
			}
			if where := skipped[args]; where != "" {
				delete(skipped, args)
				t.Logf("NOT RUN: %s of %s: see %s", command, file, where)
				continue
			}
			shown++
			t.Run(file+"/"+args, func(t *testing.T) {
				var out, complaints bytes.Buffer
				run(strings.Fields(args), streams{strings.NewReader(""), &out, &complaints})
				if complaints.Len() > 0 {
					t.Errorf("it complains: %s", complaints.String())
				}
				if *update && !strings.Contains(rest, "…") {
					rewrite(t, file, m[1], command+"\n"+out.String())
					return
				}
				left := strings.Join(strings.Fields(out.String()), " ")
				for _, piece := range strings.Split(rest, "…") {
					piece = strings.Join(strings.Fields(piece), " ")
					i := strings.Index(left, piece)
					if i < 0 {
						t.Fatalf("%s shows\n%s\nwhich does not come in\n%s", file, piece, out.String())
					}
					left = left[i+len(piece):]
				}
				if end := strings.TrimSpace(rest); left != "" && !strings.HasSuffix(end, "…") {
					t.Errorf("%s ends with\n%s\nand leaves out, without saying so,\n%s", file, end, left)
				}
			})
		}
	}
	if shown < 3 {
		t.Errorf("the documents show %d commands with what they print", shown)
	}
	for args := range skipped {
		t.Errorf("no document shows %q any more; take it out of notHere", args)
	}
}

// rewrite puts a block that leaves nothing out in the place of an older one.
func rewrite(t *testing.T, file, was, is string) {
	t.Helper()
	file = filepath.Join("..", "..", filepath.FromSlash(file))
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(text), was, is, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
}

// commandLines are the lines of code blocks that begin with hostsim, fenced or indented, and the spans of code that do.
func commandLines(text string) (out []string) {
	for _, m := range blocks.FindAllStringSubmatch(text, -1) {
		for _, l := range strings.Split(m[1], "\n") {
			if l = strings.TrimPrefix(l, "$ "); strings.HasPrefix(l, "hostsim ") && !strings.HasPrefix(l, "hostsim  ") {
				out = append(out, l)
			}
		}
	}
	text = blocks.ReplaceAllString(text, "")
	for _, m := range indented.FindAllStringSubmatch(text, -1) {
		out = append(out, m[1])
	}
	for _, m := range spans.FindAllStringSubmatch(text, -1) {
		out = append(out, m[1])
	}
	return out
}

var (
	spans    = regexp.MustCompile("`(hostsim [^`\n]*)`")
	indented = regexp.MustCompile(`(?m)^    (?:cd \S+ && )?(hostsim \S.*)$`)
)

// TestDocumentsNameCommandsThatExist: every command line of the documents has a command, flags, and names of scenarios, clauses,
// profiles and hosts that exist.
func TestDocumentsNameCommandsThatExist(t *testing.T) {
	n, named := 0, 0
	for file, text := range documents(t) {
		for _, whole := range commandLines(text) {
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
				t.Errorf("%s: %q: there is no such command", file, whole)
				continue
			}
			if found.DisableFlagParsing {
				continue
			}
			if err := found.ParseFlags(rest); err != nil {
				t.Errorf("%s: %q: %v", file, whole, err)
				continue
			}
			k, err := checkNames(found)
			named += k
			if err != nil {
				t.Errorf("%s: %q: %v", file, whole, err)
			}
		}
	}
	if n < 60 || named < 25 {
		t.Errorf("only %d command lines were looked at, with %d names", n, named)
	}
}

// checkNames says how many names the flags and arguments of a command have, and which of them does not exist. What is written in
// capitals stands for a name, and a file is not looked for.
func checkNames(c *cobra.Command) (n int, err error) {
	all := spec.MustLoad()
	check := func(name string, known func(string) error) {
		if name == "" || name == strings.ToUpper(name) && !strings.HasPrefix(name, "HOST-") || strings.ContainsAny(name, "….") && !strings.HasPrefix(name, "dotnet-") {
			return
		}
		n++
		err = errors.Join(err, known(name))
	}
	profile := func(name string) error {
		if all.Profile(name) == nil {
			return fmt.Errorf("there is no profile %q", name)
		}
		return nil
	}
	clause := func(id string) error {
		c, err := clauseNamed(all, id)
		if err == nil && c.ID != id {
			return fmt.Errorf("clause %q is written %s", id, c.ID)
		}
		return err
	}
	flags := map[string]func(string) error{"as": profile, "profile": profile, "diff": profile, "clause": clause, "impl": func(name string) error {
		if !slices.Contains(hostNames(), name) {
			return noSuchHost(name)
		}
		return nil
	}}
	c.Flags().Visit(func(f *pflag.Flag) {
		if known := flags[f.Name]; known != nil {
			for _, v := range strings.Split(strings.Trim(f.Value.String(), "[]"), ",") {
				check(v, known)
			}
		}
	})
	args := c.Flags().Args()
	if dash := c.Flags().ArgsLenAtDash(); dash >= 0 {
		args = args[:dash]
	}
	for _, a := range args {
		switch c.Name() {
		case "explain":
			check(a, clause)
		case "replay", "explore", "verify":
			check(a, func(name string) error { _, err := fromLibrary(name); return err })
		case "mutants":
			check(a, flags["impl"])
		}
	}
	return n, err
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
