package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hostsim/hostsim/spec"
)

// clauseView is a clause as the machine interface has it.
type clauseView struct {
	ID       string   `json:"id"`
	Area     string   `json:"area"`
	Level    string   `json:"level"`
	Text     string   `json:"text"`
	Why      string   `json:"why"`
	Source   []string `json:"source"`
	Profiles []string `json:"profiles"`
	Rules    []string `json:"rules,omitempty"`
	Features []string `json:"features,omitempty"`
	Lanes    []string `json:"lanes"`
	Limit    string   `json:"limit,omitempty"`
	Retired  string   `json:"retired,omitempty"`
}

func view(c *spec.Clause) clauseView {
	return clauseView{c.ID, c.Area, string(c.Level), c.Text, c.Why, c.Source, c.Profiles, c.Rules, c.Features, c.Lanes, c.Limit, c.Retired}
}

func clausesCommand(s streams) *cobra.Command {
	var profile, diff, area, format string
	cmd := &cobra.Command{
		Use:   "clauses",
		Short: "List the clauses of the contract, or of a profile, or what differs between two",
		Example: `  hostsim clauses --profile core
  hostsim clauses --profile dotnet-3.1 --diff dotnet-10
  hostsim clauses --area STOP --format json`,
		Args: takes(0, 0),
		RunE: func(*cobra.Command, []string) error {
			if err := oneOf("format", format, "text", "json", "markdown"); err != nil {
				return err
			}
			all, err := spec.Load()
			if err != nil {
				return err
			}
			for _, p := range []string{profile, diff} {
				if p != "" && all.Profile(p) == nil {
					return noSuchProfile(p, all.ProfileNames())
				}
			}
			if diff != "" && profile == "" {
				return usagef("--diff needs --profile too: it shows what differs between the two")
			}
			if area != "" && all.Area(strings.ToUpper(area)) == nil {
				return usagef("there is no area %q%s; the areas are %s", area, didYouMean(area, areaNames(all)), strings.Join(areaNames(all), ", "))
			}
			var list []*spec.Clause
			for _, c := range all.Clauses {
				in := profile == "" || c.Has(profile)
				if diff != "" {
					in = c.Has(profile) != c.Has(diff) || rulesDiffer(all, c, profile, diff)
				}
				if in && (area == "" || c.Area == strings.ToUpper(area)) && (c.Retired == "" || profile == "") {
					list = append(list, c)
				}
			}
			switch format {
			case "json":
				return clausesJSON(s, list)
			case "markdown":
				return clausesMarkdown(s, list)
			}
			if diff != "" {
				return clausesDiff(s, all, list, profile, diff)
			}
			return clausesText(s, all, list)
		},
	}
	f := cmd.Flags()
	f.StringVar(&profile, "profile", "", "only the clauses of this profile")
	f.StringVar(&diff, "diff", "", "only what differs between --profile and this one")
	f.StringVar(&area, "area", "", "only this area, such as STOP")
	f.StringVar(&format, "format", "text", "text, json or markdown")
	completeProfiles(cmd, "profile", "diff")
	return cmd
}

func areaNames(all *spec.Spec) []string {
	var out []string
	for _, a := range all.Areas {
		out = append(out, a.Name)
	}
	return out
}

func rulesDiffer(all *spec.Spec, c *spec.Clause, a, b string) bool {
	for _, r := range c.Rules {
		if all.Profile(a).Rules[r] != all.Profile(b).Rules[r] {
			return true
		}
	}
	return false
}

func clausesJSON(s streams, list []*spec.Clause) error {
	out := make([]clauseView, 0, len(list))
	for _, c := range list {
		out = append(out, view(c))
	}
	enc := json.NewEncoder(s.out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(out)
}

func clausesText(s streams, all *spec.Spec, list []*spec.Clause) error {
	area := ""
	for _, c := range list {
		if c.Area != area {
			area = c.Area
			fmt.Fprintf(s.out, "\n%s  %s\n", area, all.Area(area).Title)
		}
		text := c.Text
		if c.Retired != "" {
			text = "(retired: " + c.Retired + ")"
		}
		fmt.Fprintf(s.out, "  %-15s %-6s %s\n", c.ID, c.Level, text)
	}
	fmt.Fprintf(s.out, "\n%d clauses\n", len(list))
	return nil
}

func clausesMarkdown(s streams, list []*spec.Clause) error {
	fmt.Fprintf(s.out, "| clause | level | sentence | profiles |\n|---|---|---|---|\n")
	for _, c := range list {
		fmt.Fprintf(s.out, "| %s | %s | %s | %s |\n", c.ID, c.Level, strings.ReplaceAll(c.Text, "|", "\\|"), strings.Join(c.Profiles, ", "))
	}
	return nil
}

// clausesDiff shows, for every clause that two profiles do not share, which has it, and for the shared ones the rules
// of the version matrix that differ.
func clausesDiff(s streams, all *spec.Spec, list []*spec.Clause, a, b string) error {
	for _, c := range list {
		switch {
		case c.Has(a) && !c.Has(b):
			fmt.Fprintf(s.out, "- %-15s only %-12s %s\n", c.ID, a, c.Text)
		case !c.Has(a):
			fmt.Fprintf(s.out, "+ %-15s only %-12s %s\n", c.ID, b, c.Text)
		default:
			fmt.Fprintf(s.out, "~ %-15s %s\n", c.ID, c.Text)
			for _, r := range c.Rules {
				if x, y := all.Profile(a).Rules[r], all.Profile(b).Rules[r]; x != y {
					fmt.Fprintf(s.out, "    %s: %s %s, %s %s\n", r, a, x, b, y)
				}
			}
		}
	}
	fmt.Fprintf(s.out, "\n%d clauses differ between %s and %s\n", len(list), a, b)
	return nil
}
