package probe

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/fatih/color"

	"github.com/hostsim/hostsim/spec"
)

// TextOptions says how a report is printed for a person.
type TextOptions struct {
	Color bool             // with colours for a terminal
	Width int              // columns; 0 means 100
	Value func(any) string // prints a measured value; nil means as it is
}

type printer struct {
	w   io.Writer
	o   TextOptions
	err error
}

// WriteText prints the report for a person: a table of all clauses, then what is wrong, why it matters and how it is
// mended.
func (r *Report) WriteText(w io.Writer, o TextOptions) error {
	if o.Width < 60 {
		o.Width = 100
	}
	if o.Value == nil {
		o.Value = formatValue
	}
	p := &printer{w: w, o: o}
	p.printf("hostsim probe -- %s\n", strings.Join(r.Program, " "))
	ready := r.ReadyBy
	if ready == "" {
		ready = "never"
	}
	p.printf("ready when: %s · stop signal %s · grace %s · drain delay %s\n\n", ready, r.StopSignal, r.Grace, r.DrainDelay)
	nothing := len(r.Findings) > 0 && r.Findings[0].Verdict != Pass // it was never ready
	for _, f := range r.Findings {
		if !nothing || f.Verdict != Provisional {
			p.row(f)
		}
	}
	var unseen, skipped []*Finding
	for _, f := range r.Findings {
		switch f.Verdict {
		case Provisional:
			unseen = append(unseen, f)
		case Skipped:
			skipped = append(skipped, f)
		case Fail, Hang, Failed:
			p.detail(f)
		}
	}
	p.reasons(Provisional, unseen)
	p.reasons(Skipped, skipped)
	if r.ExitCode() == 5 {
		p.printf("\nNothing was judged: every clause that was selected is skipped.\n")
	}
	p.printf("\n%s: %s", p.verdict(r.Verdict, string(r.Verdict)), r.counts(spec.Must))
	p.printf("; %s.", r.counts(spec.Should))
	if !r.Strict {
		p.printf(" SHOULD clauses are advice here; --strict makes them count.")
	}
	starts := "starts"
	if r.Starts == 1 {
		starts = "start"
	}
	p.printf("\n%d %s of the program in %s.\n", r.Starts, starts, o.Value(r.Took))
	return p.err
}

// counts gives "MUST 12 pass, 1 fail".
func (r *Report) counts(l spec.Level) string {
	var parts []string
	for _, v := range order {
		if n := r.Count(l, v); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, v))
		}
	}
	if len(parts) == 0 {
		parts = []string{"none"}
	}
	return string(l) + " " + strings.Join(parts, ", ")
}

func (p *printer) printf(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}

func (p *printer) verdict(v Verdict, text string) string {
	if !p.o.Color {
		return text
	}
	attr := map[Verdict]color.Attribute{
		Pass: color.FgGreen, Skipped: color.FgHiBlack, Provisional: color.FgYellow, Fail: color.FgRed, Hang: color.FgRed, Failed: color.FgMagenta,
	}[v]
	c := color.New(attr)
	c.EnableColor()
	return c.Sprint(text)
}

// row prints one line of the table: verdict, clause, level, title, and the first measured value.
func (p *printer) row(f *Finding) {
	first := ""
	if len(f.Facts) > 0 && f.Verdict != Skipped {
		first = f.Facts[0].Name + " " + p.o.Value(f.Facts[0].Value)
	}
	line := fmt.Sprintf("%s  %s  %-6s  %-44s%s", p.verdict(f.Verdict, fmt.Sprintf("%-11s", f.Verdict)), f.Clause.ID, f.Clause.Level, f.Title, first)
	p.printf("%s\n", strings.TrimRight(line, " "))
}

// reasons prints why clauses were not judged, those with the same reason together.
func (p *printer) reasons(v Verdict, list []*Finding) {
	if len(list) == 0 {
		return
	}
	p.printf("\n%s\n", p.verdict(v, string(v)))
	for i := 0; i < len(list); {
		var ids []string
		j := i
		for ; j < len(list) && list[j].Said == list[i].Said; j++ {
			ids = append(ids, strings.TrimPrefix(list[j].Clause.ID, "HOST-PROBE-"))
		}
		p.block(ids[0], list[i].Said)
		if len(ids) > 1 {
			p.block("also", strings.Join(ids[1:], ", "))
		}
		if list[i].Output != "" {
			p.output(list[i].Output)
		}
		i = j
	}
}

// detail prints all that is known about a clause that does not hold.
func (p *printer) detail(f *Finding) {
	p.printf("\n%s  %s %s  %s\n", p.verdict(f.Verdict, string(f.Verdict)), f.Clause.ID, f.Clause.Level, f.Title)
	p.block("rule", f.Clause.Text)
	p.block("happened", f.Said)
	if len(f.Facts) > 0 {
		var parts []string
		for _, x := range f.Facts {
			parts = append(parts, x.Name+" "+p.o.Value(x.Value))
		}
		p.block("measured", strings.Join(parts, " · "))
	}
	p.block("why", f.Clause.Why)
	p.block("mend", f.Mend)
	if f.Output != "" {
		p.output(f.Output)
	}
}

// output prints the last lines of what the program wrote.
func (p *printer) output(text string) {
	label := "output"
	lines := strings.Split(text, "\n")
	if cut := len(lines) - 12; cut > 0 {
		lines = append([]string{"..."}, lines[cut:]...)
	}
	for _, l := range lines {
		p.printf("  %-9s | %s\n", label, printable(l))
		label = ""
	}
}

// block prints a labelled paragraph.
func (p *printer) block(label, text string) {
	for _, line := range wrap(text, p.o.Width-13) {
		p.printf("  %-9s %s\n", label, line)
		label = ""
	}
}

// wrap breaks a text at blanks into lines of at most width characters; a longer word has a line of its own.
func wrap(text string, width int) []string {
	var lines []string
	line, n := "", 0
	for _, word := range strings.Fields(text) {
		k := utf8.RuneCountInString(word)
		if n > 0 && n+1+k > width {
			lines = append(lines, line)
			line, n = "", 0
		}
		if n > 0 {
			line, n = line+" ", n+1
		}
		line, n = line+word, n+k
	}
	if n > 0 {
		lines = append(lines, line)
	}
	return lines
}

// printable keeps what a program wrote from steering the terminal.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == '\t' {
			return ' '
		}
		if r < 0x20 || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return -1
		}
		return r
	}, s)
	if utf8.RuneCountInString(s) > 200 {
		s = string([]rune(s)[:200]) + "..."
	}
	return s
}

// formatValue prints a measured value for a person.
func formatValue(v any) string {
	switch v := v.(type) {
	case time.Duration:
		return formatDuration(v)
	case float64:
		return fmt.Sprintf("%.3g", v)
	default:
		return fmt.Sprint(v)
	}
}

// formatDuration keeps three digits at most: 850µs, 12.3ms, 1.25s, 31s.
func formatDuration(d time.Duration) string {
	switch {
	case d >= 10*time.Second:
		return d.Round(100 * time.Millisecond).String()
	case d >= time.Second:
		return d.Round(10 * time.Millisecond).String()
	case d >= 10*time.Millisecond:
		return d.Round(time.Millisecond).String()
	case d >= time.Millisecond:
		return d.Round(100 * time.Microsecond).String()
	default:
		return d.Round(time.Microsecond).String()
	}
}
