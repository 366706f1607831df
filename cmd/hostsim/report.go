package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hostsim/hostsim/conformance/report"
	"github.com/hostsim/hostsim/spec"
)

func reportCommand(s streams) *cobra.Command {
	var format, out string
	cmd := &cobra.Command{
		Use:   "report FILE|FOLDER…",
		Short: "Put reports beside each other: implementation × clause, as Markdown or one HTML page",
		Example: `  hostsim verify --format json -- ./adapter > reports/mine/report.json
  hostsim report reports --format html --out matrix.html
  hostsim report reports > matrix.md`,
		Args: takes(1, -1),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := oneOf("format", format, "markdown", "html"); err != nil {
				return err
			}
			files, err := reportFiles(args)
			if err != nil {
				return usage(err)
			}
			var list []*report.Report
			for _, f := range files {
				data, err := readFile(f)
				if err != nil {
					return err
				}
				r, err := report.ParseReport(data)
				if err != nil {
					return usage(fmt.Errorf("%s: %w", f, err))
				}
				list = append(list, r)
			}
			all, err := spec.Load()
			if err != nil {
				return err
			}
			m := report.NewMatrix(list, all)
			var b bytes.Buffer
			if format == "html" {
				err = m.HTML(&b)
			} else {
				err = m.Markdown(&b)
			}
			if err != nil {
				return err
			}
			if out != "" {
				return usage(os.WriteFile(out, b.Bytes(), 0o644))
			}
			_, err = s.out.Write(b.Bytes())
			return err
		},
	}
	cmd.Flags().StringVar(&format, "format", "markdown", "markdown or html")
	cmd.Flags().StringVar(&out, "out", "", "write to this file instead of standard output")
	return cmd
}

// reportFiles lists the files that were named and the *.json files in the folders that were.
func reportFiles(args []string) ([]string, error) {
	var out []string
	for _, a := range args {
		info, err := os.Stat(a)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			out = append(out, a)
			continue
		}
		err = filepath.WalkDir(a, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && strings.HasSuffix(path, ".json") {
				out = append(out, path)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	if len(out) == 0 {
		return nil, errors.New("there is no report among what was named")
	}
	return out, nil
}
