package main

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

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
		Args:      cobra.RangeArgs(1, 2),
		ValidArgs: []string{"scenario", "adapter", "test"},
		RunE: func(_ *cobra.Command, args []string) error {
			starters := map[string][2]string{
				"scenario": {"templates/scenario.yaml", "scenario.yaml"},
				"adapter":  {"templates/adapter.go.txt", "main.go"},
				"test":     {"templates/conformance_test.go.txt", "conformance_test.go"},
			}
			st, ok := starters[args[0]]
			if !ok {
				return usagef("init %s: there are starters for scenario, adapter and test", args[0])
			}
			file := st[1]
			if len(args) > 1 {
				file = args[1]
			}
			data, err := templates.ReadFile(st[0])
			if err != nil {
				return err
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
			fmt.Fprintf(s.out, "wrote %s\n", file)
			return nil
		},
	}
	return cmd
}
