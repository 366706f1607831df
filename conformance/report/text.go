package report

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/fatih/color"
)

// TextOptions say how a report is written for people.
type TextOptions struct {
	Color bool
	Width int      // of the terminal; 0: 100
	Areas []string // the areas in order, "START Starting"; those that the report does not have are left out
	Brief bool     // only what does not hold, and the summary
}

// Text writes the report for people: every clause with its verdict, what is wrong with its timeline, and a summary.
func (r *Report) Text(w io.Writer, o TextOptions) error {
	if o.Width == 0 {
		o.Width = 100
	}
	b := &strings.Builder{}
	paint := painter(o.Color)
	fmt.Fprintf(b, "%s\n", paint.title(r.title()))
	titles := map[string]string{}
	for _, a := range o.Areas {
		name, title, _ := strings.Cut(a, " ")
		titles[name] = title
	}
	area := ""
	for i := range r.Clauses {
		c := &r.Clauses[i]
		bad := c.Verdict != Pass && c.Verdict != Skipped
		if o.Brief && !bad {
			continue
		}
		if c.Area != area {
			area = c.Area
			fmt.Fprintf(b, "\n%s\n", paint.title(strings.TrimSpace(area+"  "+titles[area])))
		}
		runs := "never seen"
		if c.Exercised > 0 {
			runs = plural(c.Exercised, "run")
		}
		head := fmt.Sprintf("  %s %-15s %-6s %9s  ", paint.verdict(c.Verdict), c.ID, c.Level, runs)
		plain := 2 + verdictWidth + 1 + 15 + 1 + 6 + 1 + 9 + 2
		text := c.Text
		if !bad {
			text = clip(text, o.Width-plain)
		}
		fmt.Fprintf(b, "%s%s\n", head, text)
		if c.Because != "" {
			fmt.Fprintf(b, "      %s\n", c.Because)
		}
		failures(b, c)
	}
	var wrong []string
	for _, s := range r.Scenarios {
		if s.Verdict != Pass && s.Verdict != Skipped {
			wrong = append(wrong, fmt.Sprintf("  %s %s: %s", paint.verdict(s.Verdict), s.Name, s.Said))
		}
	}
	if len(wrong) > 0 {
		fmt.Fprintf(b, "\n%s\n%s\n", paint.title("Scenarios that did not go as they expect"), strings.Join(wrong, "\n"))
	}
	for i, p := range r.Problems {
		if i == 0 {
			fmt.Fprintf(b, "\n%s\n", paint.title("Wrong with the run as a whole"))
		}
		fmt.Fprintf(b, "  %s\n", p)
	}
	fmt.Fprintf(b, "\n%s\n", r.Summary())
	fmt.Fprintf(b, "verdict: %s%s\n", paint.as(r.Verdict, string(r.Verdict)), r.plainly())
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *Report) title() string {
	who := r.Implementation.Name
	if v := r.Implementation.Version; v != "" {
		who += " " + v
	}
	if r.Implementation.Bug != "" {
		who += " (" + r.Implementation.Bug + ")"
	}
	return fmt.Sprintf("%s, judged by profile %s in the %s lane", who, r.Profile, r.Lane)
}

// Summary is the counts and the size in one or two lines.
func (r *Report) Summary() string {
	var parts []string
	for _, v := range Verdicts {
		if n := r.Counts[v]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, v))
		}
	}
	s := fmt.Sprintf("%s: %s", plural(len(r.Clauses), "clause"), strings.Join(parts, ", "))
	s += fmt.Sprintf("\n%s, %s, %s; schedule: %s", plural(r.Size.Scenarios, "scenario"), plural(r.Size.Runs, "run"), plural(r.Size.Events, "event"), r.Size.Schedules)
	if r.Size.Skipped > 0 {
		s += fmt.Sprintf("; %s skipped for want of a feature", plural(r.Size.Skipped, "scenario"))
	}
	if r.Size.Repeated > 0 {
		s += fmt.Sprintf("; %d played twice and compared", r.Size.Repeated)
	}
	return s
}

// plainly says beside the word skipped what it means; the other verdicts speak for themselves.
func (r *Report) plainly() string {
	if r.Verdict != Skipped {
		return ""
	}
	scenarios := 0
	for i := range r.Scenarios {
		if r.Scenarios[i].Verdict == Skipped {
			scenarios++
		}
	}
	var skipped []string
	for _, n := range []struct {
		n    int
		what string
	}{{r.Counts[Skipped], "clause"}, {scenarios, "scenario"}} {
		if n.n > 0 {
			skipped = append(skipped, plural(n.n, n.what))
		}
	}
	return fmt.Sprintf(" (nothing failed: %d pass; skipped by name: %s)", r.Counts[Pass], strings.Join(skipped, ", "))
}

// mostFailures is how many violations of one clause the text shows in full.
const mostFailures = 1

func failures(b *strings.Builder, c *Clause) {
	for i, f := range c.Failures {
		if i == mostFailures {
			fmt.Fprintf(b, "      … and in %s more\n", plural(len(c.Failures)-i, "run"))
			return
		}
		fmt.Fprintf(b, "      in %s: %s\n", f.Scenario, f.Said)
		for _, l := range f.Timeline {
			fmt.Fprintf(b, "        %s\n", l)
		}
		if f.Replay != "" {
			fmt.Fprintf(b, "      replay: %s\n", f.Replay)
		}
	}
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func clip(s string, n int) string {
	if n < 10 || utf8.RuneCountInString(s) <= n {
		return s
	}
	r := []rune(s)
	return string(r[:n-1]) + "…"
}

const verdictWidth = 12

type paints struct{ on bool }

func painter(on bool) paints { return paints{on} }

func (p paints) paint(s string, attrs ...color.Attribute) string {
	if !p.on {
		return s
	}
	c := color.New(attrs...)
	c.EnableColor()
	return c.Sprint(s)
}

func (p paints) title(s string) string { return p.paint(s, color.Bold) }

func (p paints) verdict(v Verdict) string { return p.as(v, fmt.Sprintf("%-*s", verdictWidth, v)) }

// as paints text in the colour of a verdict.
func (p paints) as(v Verdict, s string) string {
	switch v {
	case Pass:
		return p.paint(s, color.FgGreen)
	case Skipped:
		return p.paint(s, color.FgYellow)
	case Provisional:
		return p.paint(s, color.FgYellow, color.Bold)
	}
	return p.paint(s, color.FgRed, color.Bold)
}
