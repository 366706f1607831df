package main

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
)

//go:embed templates
var templates embed.FS

func initCommand(s streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "init scenario|adapter|test [FILE]",
		Short: "Write a starter: a scenario, an adapter in Go, or a Go test that runs the suite",
		Example: `  hostsim init scenario my-hang.yaml
  hostsim init adapter adapter/main.go
  hostsim init test conformance_test.go`,
		Args:      takes(1, 2),
		ValidArgs: []string{"scenario", "adapter", "test"},
		RunE: func(cmd *cobra.Command, args []string) error {
			starters := map[string][2]string{
				"scenario": {"templates/scenario.yaml", "scenario.yaml"},
				"adapter":  {"templates/adapter.go.txt", "main.go"},
				"test":     {"templates/conformance_test.go.txt", "conformance_test.go"},
			}
			st, ok := starters[args[0]]
			if !ok {
				return usagef("init %s%s: there are starters for scenario, adapter and test", args[0], didYouMean(args[0], cmd.ValidArgs))
			}
			file := st[1]
			if len(args) > 1 {
				file = args[1]
			}
			if file == "" {
				return usagef("init %s: the name of the file is empty", args[0])
			}
			data, err := templates.ReadFile(st[0])
			if err != nil {
				return err
			}
			if name := scenarioName(file); args[0] == "scenario" && name != "" {
				data = bytes.Replace(data, []byte("name: scenario\n"), []byte("name: "+name+"\n"), 1)
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(file), "..", "..", "schema.json")); err == nil { // in the library
				data = schemaURL.ReplaceAll(data, []byte("$$schema=../../schema.json"))
			}
			if file == "-" {
				_, err := s.out.Write(data)
				return err
			}
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				return usage(err)
			}
			f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
			if errors.Is(err, fs.ErrExist) {
				return usagef("%s is there already; init does not write over files", file)
			}
			if err != nil {
				return usage(err)
			}
			if _, err := f.Write(data); err != nil {
				return errors.Join(err, f.Close())
			}
			if err := f.Close(); err != nil {
				return err
			}
			fmt.Fprintf(s.out, "wrote %s\n%s\n", file, next(args[0], filepath.ToSlash(file)))
			return nil
		},
	}
	return cmd
}

// next says what to do with a starter.
func next(kind, file string) string {
	dir := path.Dir(file)
	if !path.IsAbs(dir) && !strings.HasPrefix(dir, ".") {
		dir = "./" + dir
	}
	switch kind {
	case "scenario":
		return "next: hostsim replay " + words(file) + "   shows what it does\n" +
			"      hostsim verify " + words(file) + "   holds it to what it expects, in CI too"
	case "adapter":
		return `next, in a Go module:
  go get github.com/hostsim/hostsim@latest
  go build -o myhost ` + dir + `
  hostsim smoke -- ./myhost
  hostsim verify -- ./myhost`
	}
	return `next, beside an adapter (hostsim init adapter ` + path.Join(path.Dir(file), "main.go") + `):
  go test ` + dir
}

// scenarioName is the name of the scenario in a file, which is called like it; empty if the file cannot be.
func scenarioName(file string) string {
	name := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	if !scenarioForm.MatchString(name) {
		return ""
	}
	return name
}

// elsewhere makes a file of the library one that editors understand wherever it is put: they find the schema on the web.
func elsewhere(scenario []byte) []byte {
	return bytes.Replace(scenario, []byte("$schema=../../schema.json\n"), []byte("$schema=https://raw.githubusercontent.com/hostsim/hostsim/main/scenarios/schema.json\n"), 1)
}

var schemaURL = regexp.MustCompile(`\$schema=https://\S+`)

var scenarioForm = regexp.MustCompile("^[a-z0-9]+(-[a-z0-9]+)*$")
