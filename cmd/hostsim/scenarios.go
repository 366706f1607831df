package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hostsim/hostsim/scenarios"
)

func scenariosCommand(s streams) *cobra.Command {
	var area, format, show string
	cmd := &cobra.Command{
		Use:   "scenarios",
		Short: "List the scenario library, or print one of its files",
		Example: `  hostsim scenarios
  hostsim scenarios --area EXIT
  hostsim scenarios --show second-sigterm > mine.yaml`,
		Args: takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := oneOf("format", format, "text", "json"); err != nil {
				return err
			}
			if show != "" {
				if cmd.Flags().Changed("format") || area != "" {
					return usagef("--show prints one file as it is; --area and --format are for the list")
				}
				sc, err := fromLibrary(show)
				if err != nil {
					return err
				}
				_, err = s.out.Write(elsewhere(scenarios.Format(sc)))
				return err
			}
			all, err := scenarios.Library()
			if err != nil {
				return err
			}
			var list []*scenarios.Scenario
			for _, sc := range all {
				if area == "" || sc.Area == strings.ToUpper(area) {
					list = append(list, sc)
				}
			}
			if len(list) == 0 {
				var areas []string
				for _, sc := range all {
					if !slices.Contains(areas, sc.Area) {
						areas = append(areas, sc.Area)
					}
				}
				return usagef("there are no scenarios in area %q%s; there are some in %s", area, didYouMean(area, areas), strings.Join(areas, ", "))
			}
			if format == "json" {
				return scenariosJSON(s, list)
			}
			last := ""
			for _, sc := range list {
				if sc.Area != last {
					last = sc.Area
					fmt.Fprintf(s.out, "\n%s\n", last)
				}
				fmt.Fprintf(s.out, "  %-38s %s\n", sc.Name, sc.Title)
			}
			fmt.Fprintf(s.out, "\n%d scenarios\n", len(list))
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&area, "area", "", "only this area, such as EXIT")
	f.StringVar(&format, "format", "text", "text or json")
	f.StringVar(&show, "show", "", "print the file of this scenario")
	return cmd
}

func scenariosJSON(s streams, list []*scenarios.Scenario) error {
	type entry struct {
		Name     string   `json:"name"`
		Area     string   `json:"area"`
		Title    string   `json:"title"`
		Clauses  []string `json:"clauses"`
		Profiles []string `json:"profiles"`
	}
	out := make([]entry, 0, len(list))
	for _, sc := range list {
		out = append(out, entry{sc.Name, sc.Area, sc.Title, sc.Clauses, scenarios.Expand(sc.Profiles)})
	}
	enc := json.NewEncoder(s.out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(out)
}
