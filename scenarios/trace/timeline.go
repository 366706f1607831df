package trace

import (
	"bufio"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/fatih/color"
)

// Options say how a timeline is written.
type Options struct {
	Color bool           // ANSI colours; the text between them stays the same
	Marks map[int]string // text beneath event i, such as the clause that it violates; an index that is no event: beneath the end
}

// widestActor is the widest actor that the column of actors makes room for.
const widestActor = 16

// WriteText writes the trace as a timeline: one event a line in the form that [ParseText] reads, times and actors
// aligned, stimuli marked with ">", then the end, in words: who waits for whom, one wait a line. [ReadText] reads it
// back exactly, marks apart. The same trace and options always give the same bytes.
func WriteText(w io.Writer, t *Trace, o Options) error {
	l := newLayout(t, o.Color)
	var b []byte
	for i := range t.Events {
		b = l.event(b[:0], &t.Events[i])
		if m, ok := o.Marks[i]; ok {
			b = l.mark(b, m)
		}
		if _, err := w.Write(b); err != nil {
			return err
		}
	}
	b = l.end(b[:0], &t.End)
	var late []int
	for i := range o.Marks {
		if i < 0 || i >= len(t.Events) {
			late = append(late, i)
		}
	}
	slices.Sort(late)
	for _, i := range late {
		b = l.mark(b, o.Marks[i])
	}
	_, err := w.Write(b)
	return err
}

// Lines gives the lines of the timeline without marks and newlines: one for each event, then one or more for the end. It
// is for callers that arrange lines themselves, such as two timelines side by side.
func Lines(t *Trace, coloured bool) []string {
	l := newLayout(t, coloured)
	out := make([]string, 0, len(t.Events)+1)
	for i := range t.Events {
		out = append(out, strings.TrimSuffix(string(l.event(nil, &t.Events[i])), "\n"))
	}
	return append(out, strings.Split(strings.TrimSuffix(string(l.end(nil, &t.End)), "\n"), "\n")...)
}

// layout is what the lines of one timeline share.
type layout struct {
	decimals  int // of times
	timeWidth int
	whoWidth  int
	paint     palette
}

func newLayout(t *Trace, coloured bool) *layout {
	l := &layout{decimals: 3, timeWidth: 5}
	for i := range t.Events {
		at := t.Events[i].At
		for unit := time.Millisecond; l.decimals < 9 && at%unit != 0; unit /= 1000 {
			l.decimals = max(l.decimals, decimalsOf(unit)+3)
		}
		l.whoWidth = max(l.whoWidth, min(utf8.RuneCount(appendActor(nil, t.Events[i].Who)), widestActor))
	}
	for i := range t.Events {
		l.timeWidth = max(l.timeWidth, len(AppendSeconds(nil, t.Events[i].At, l.decimals)))
	}
	if coloured {
		l.paint = colours()
	}
	return l
}

func decimalsOf(unit time.Duration) int {
	switch unit {
	case time.Millisecond:
		return 3
	case time.Microsecond:
		return 6
	}
	return 9
}

// event appends the line of an event.
func (l *layout) event(b []byte, e *Event) []byte {
	at := AppendSeconds(nil, e.At, l.decimals)
	b = append(b, strings.Repeat(" ", l.timeWidth-len(at))...)
	b = append(b, l.paint.apply(styleTime, string(at))...)
	if e.IsStimulus() {
		b = append(b, l.paint.apply(styleStimulus, "  > ")...)
	} else {
		b = append(b, "    "...)
	}
	who := string(appendActor(nil, e.Who))
	rest := string(appendRest(nil, e))
	pad := strings.Repeat(" ", max(0, l.whoWidth-utf8.RuneCountInString(who)))
	b = append(b, l.paint.apply(styleOf(e), who+pad+" "+rest)...)
	return append(b, '\n')
}

// mark appends the lines of a mark, each beginning with "^".
func (l *layout) mark(b []byte, text string) []byte {
	for _, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		b = append(b, strings.Repeat(" ", l.timeWidth+4)...)
		b = append(b, l.paint.apply(styleMark, "^ "+line)...)
		b = append(b, '\n')
	}
	return b
}

// end appends the end of the run: "end", then what the kind has to tell, one thing a line.
func (l *layout) end(b []byte, e *Ending) []byte {
	style := styleGood
	if e.Kind != Exited || e.Code != 0 {
		style = styleBad
	}
	line := func(key, text string) {
		b = append(b, strings.Repeat(" ", max(0, l.timeWidth-len(key)))...)
		b = append(b, l.paint.apply(styleTime, key)...)
		b = append(b, "    "...)
		b = append(b, l.paint.apply(style, text)...)
		b = append(b, '\n')
	}
	line("end", FormatEnd(e))
	for i := range e.Cycle {
		line("cycle", FormatWait(&e.Cycle[i]))
	}
	for i := range e.Stuck {
		line("stuck", FormatWait(&e.Stuck[i]))
	}
	if e.Reason != "" {
		line("why", string(appendLine(nil, e.Reason)))
	}
	return b
}

// ReadText reads a timeline that [WriteText] wrote without colours; lines of marks are passed over. name is the file's
// name in messages. It stops at the first line that is wrong and gives an [*Error] with its place.
func ReadText(name string, r io.Reader) (*Trace, error) {
	t := &Trace{}
	sc := bufio.NewScanner(r)
	sc.Buffer(make([]byte, 0, 4096), MaxLine)
	ended := false
	for n := 1; sc.Scan(); n++ {
		line := strings.TrimRight(sc.Text(), " \r")
		text := strings.TrimLeft(line, " ")
		if text == "" || text[0] == '^' {
			continue
		}
		key, rest, _ := strings.Cut(text, " ")
		rest = strings.TrimLeft(rest, " ")
		fail := func(err *Error, shift int) error {
			err.File, err.Line, err.Col = name, n, err.Col+shift
			return err
		}
		indent := utf8.RuneCountInString(line) - utf8.RuneCountInString(rest)
		switch {
		case ended && (key == "cycle" || key == "stuck"):
			w, err := ParseWait(rest)
			if err != nil {
				return t, fail(err, indent)
			}
			if key == "cycle" {
				t.End.Cycle = append(t.End.Cycle, w)
			} else {
				t.End.Stuck = append(t.End.Stuck, w)
			}
		case ended && key == "why":
			t.End.Reason = parseLine(rest)
		case ended:
			return t, fail(&Error{Col: 1, Rule: "line after the end", Found: text, Expected: "cycle, stuck or why"}, len(line)-len(text))
		case key == "end":
			e, err := ParseEnd(rest)
			if err != nil {
				return t, fail(err, indent)
			}
			t.End, ended = e, true
		default:
			e, given, err := ParseText(text)
			if err != nil {
				return t, fail(err, len(line)-len(text))
			}
			if given&GivenTime == 0 {
				return t, fail(&Error{Col: 1, Rule: "no time", Found: text, Expected: textForm}, len(line)-len(text))
			}
			if len(t.Events) == MaxEvents {
				return t, fail(&Error{Col: 1, Rule: "trace too long"}, 0)
			}
			t.Events = append(t.Events, e)
		}
	}
	if err := sc.Err(); err != nil {
		return t, &Error{File: name, Rule: "unreadable", Found: err.Error()}
	}
	if !ended {
		return t, &Error{File: name, Rule: "the timeline has no end", Expected: `a last line such as "end  exited 0"`}
	}
	return t, nil
}

// The styles of a timeline.
type style int

const (
	styleTime style = iota
	styleStimulus
	stylePlain
	styleQuiet
	styleWarn
	styleBad
	styleGood
	styleMark
)

func styleOf(e *Event) style {
	switch {
	case e.IsStimulus():
		return styleStimulus
	case e.Outcome == WasCancelled || e.Token == Cancelled:
		return styleWarn
	case Failed(e.Outcome):
		return styleBad
	case e.Who == Log:
		return styleQuiet
	}
	return stylePlain
}

// palette maps styles to colours; nil paints nothing.
type palette map[style]*color.Color

func colours() palette {
	p := palette{
		styleTime: color.New(color.Faint), styleStimulus: color.New(color.FgCyan, color.Bold), styleQuiet: color.New(color.Faint),
		styleWarn: color.New(color.FgYellow), styleBad: color.New(color.FgRed), styleGood: color.New(color.FgGreen),
		styleMark: color.New(color.FgRed, color.Bold),
	}
	for _, c := range p {
		c.EnableColor()
	}
	return p
}

func (p palette) apply(s style, text string) string {
	if c := p[s]; c != nil {
		return c.Sprint(text)
	}
	return text
}
