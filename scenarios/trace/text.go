package trace

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/hostsim/hostsim/scenarios/doc"
)

// The text form of an event is one line:
//
//	TIME [>] WHO WHAT [PHASE] [OUTCOME] [DETAIL] [TOKEN]
//
// TIME is in seconds. ">" marks a stimulus and may be left out. OUTCOME is ok, cancelled, error:MESSAGE or
// aggregate(…). TOKEN is "(token cancelled)", "(token live)" or "(no token)" and is left out when it is what such an
// event usually has: a live token at the begin of a hook, none elsewhere. A word with a space or a quote in it, or that
// would be taken for something else, stands in double quotes with Go's escapes. Parts are separated by any number of
// spaces. [AppendText] and [ParseText] are exact inverses.

// Given says which parts of an event its text named.
type Given uint8

// The parts that a text may leave out. (A phase, outcome or detail that is missing from the text is also missing from
// the event; a caller that wants a pattern takes what was not given as free.)
const (
	GivenTime Given = 1 << iota
	GivenPhase
	GivenOutcome
	GivenDetail
	GivenToken
)

// IsStimulus tells whether the event came from outside: a signal that was sent, or what a client did.
func (e *Event) IsStimulus() bool { return e.Who == Signal || e.Who == Net }

// hooks are the methods that are handed a token.
var hooks = map[string]bool{
	"starting": true, "start": true, "started": true, "execute": true, "stopping": true, "stop": true, "stopped": true, "waitForStart": true,
}

// usualToken is the state of the token that an event has unless its text says otherwise.
func usualToken(e *Event) Token {
	if e.Phase != Begin || !hooks[e.What] || strings.HasSuffix(e.Who, "/thread") {
		return NoToken
	}
	switch e.Who {
	case Host, Lifetime, Process, Main, ProcessExit, Signal, SignalHandler, Log, Net, World:
		return NoToken
	}
	return Live
}

// AppendText appends the text form of an event without its time: WHO WHAT and the rest.
func AppendText(b []byte, e *Event) []byte {
	b = appendActor(b, e.Who)
	return appendRest(append(b, ' '), e)
}

// appendActor appends the actor, in quotes if it could be read as a time.
func appendActor(b []byte, who string) []byte {
	_, time := parseSeconds(who)
	return appendWord(b, who, time)
}

// appendRest appends what stands after the actor.
func appendRest(b []byte, e *Event) []byte {
	b = appendWord(b, e.What, false)
	if e.Phase != Point {
		b = append(append(b, ' '), e.Phase.String()...)
	}
	if e.Outcome != "" {
		b = appendOutcome(append(b, ' '), e.Outcome)
	}
	switch e.Detail.Kind {
	case NumberDetail:
		b = strconv.AppendInt(append(b, ' '), int64(e.Detail.N), 10)
	case TextDetail:
		b = appendWord(append(b, ' '), e.Detail.Text, ambiguous(e.Detail.Text))
	}
	if e.Token != usualToken(e) {
		b = append(b, [...]string{" (no token)", " (token live)", " (token cancelled)"}[e.Token]...)
	}
	return b
}

func appendOutcome(b []byte, o Outcome) []byte {
	msg, isError := strings.CutPrefix(o, "error:")
	switch {
	case o == OK, o == WasCancelled, ValidOutcome(o) && bare(o):
		return append(b, o...)
	case isError:
		return strconv.AppendQuote(append(b, "error:"...), msg)
	}
	return strconv.AppendQuote(append(b, "outcome:"...), o)
}

// ambiguous tells whether a detail, written bare, would be read as something else.
func ambiguous(s string) bool {
	switch s {
	case "begin", "end", OK, WasCancelled:
		return true
	}
	_, err := strconv.Atoi(s)
	return err == nil || strings.HasPrefix(s, "error:") || strings.HasPrefix(s, "aggregate(") || strings.HasPrefix(s, "outcome:")
}

// bare tells whether a word can stand without quotes.
func bare(s string) bool {
	if s == "" || s[0] == '(' || s[0] == '>' || s[0] == '^' {
		return false
	}
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c <= ' ' || c == '"' || c == '\\' || c == 0x7f {
				return false
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return false
		}
		i += n
	}
	return true
}

func appendWord(b []byte, s string, quote bool) []byte {
	if quote || !bare(s) {
		return strconv.AppendQuote(b, s)
	}
	return append(b, s...)
}

// AppendSeconds appends a time as [ParseText] reads it: in seconds, with at least three decimals and as many as it needs.
func AppendSeconds(b []byte, d time.Duration, decimals int) []byte {
	ns := uint64(d)
	if d < 0 {
		b = append(b, '-')
		ns = -ns
	}
	b = strconv.AppendUint(b, ns/1e9, 10)
	b = append(b, '.')
	rest := ns % 1e9
	for unit, n := uint64(1e8), 0; n < max(decimals, 3) || rest != 0; n++ {
		b = append(b, byte('0'+rest/unit))
		rest %= unit
		unit = max(unit/10, 1)
	}
	return b
}

// parseSeconds reads what AppendSeconds writes.
func parseSeconds(s string) (time.Duration, bool) {
	digits, neg := strings.CutPrefix(s, "-")
	whole, frac, dotted := strings.Cut(digits, ".")
	if !dotted || whole == "" || frac == "" || len(frac) > 9 || len(whole) > 9 {
		return 0, false
	}
	ns := uint64(0)
	for _, part := range []string{whole, (frac + "00000000")[:9]} {
		for i := 0; i < len(part); i++ {
			if part[i] < '0' || part[i] > '9' {
				return 0, false
			}
			ns = ns*10 + uint64(part[i]-'0')
		}
	}
	if neg {
		return -time.Duration(ns), true
	}
	return time.Duration(ns), true
}

// AppendTimed appends the text form of an event with its time: "0.300  c stop begin".
func AppendTimed(b []byte, e *Event) []byte {
	b = AppendSeconds(b, e.At, 3)
	return AppendText(append(b, ' ', ' '), e)
}

const textForm = `TIME WHO WHAT [begin|end] [OUTCOME] [DETAIL] [(token cancelled)], such as "0.300  c stop begin"`

// ParseText reads the text form of an event, with or without its time, and says which parts it named. The error has
// the column, counted from 1 in the line; File and Line are the caller's to fill in.
func ParseText(line string) (e Event, given Given, err *Error) {
	s := &words{line: line}
	s.next()
	if at, ok := parseSeconds(s.word); ok && !s.quoted {
		e.At, given = at, given|GivenTime
		s.next()
	}
	if s.word == ">" && !s.quoted {
		s.next()
	}
	if e.Who = s.word; !s.ok() || s.word == "" {
		return e, given, s.fail("no actor")
	}
	s.next()
	if e.What = s.word; !s.ok() || s.word == "" {
		return e, given, s.fail("no event of the actor")
	}
	s.next()
	if !s.quoted && (s.word == "begin" || s.word == "end") {
		e.Phase = Begin
		if s.word == "end" {
			e.Phase = End
		}
		given |= GivenPhase
		s.next()
	}
	if o, ok := s.outcome(); ok {
		e.Outcome, given = o, given|GivenOutcome
		s.next()
	}
	if s.ok() && (s.quoted || s.word[0] != '(') {
		e.Detail, given = Text(s.word), given|GivenDetail
		if n, bad := strconv.Atoi(s.word); bad == nil && !s.quoted && strconv.Itoa(n) == s.word {
			e.Detail = Number(n)
		}
		s.next()
	}
	e.Token = usualToken(&e)
	if s.more && !s.broken {
		switch rest := strings.TrimRight(line[s.at:], " "); rest {
		case "(no token)":
			e.Token = NoToken
		case "(token live)":
			e.Token = Live
		case "(token cancelled)":
			e.Token = Cancelled
		default:
			return e, given, s.fail("something after the event")
		}
		given |= GivenToken
		s.more = false
	}
	if s.broken {
		return e, given, s.fail("a quote that is not closed")
	}
	return e, given, nil
}

// words splits a line.
type words struct {
	line   string
	at     int // where the current word begins
	end    int // where it ends
	word   string
	tail   string // what follows error: or outcome: in quotes
	quoted bool
	tailed bool
	more   bool // whether there is a current word
	broken bool // a quote without its end
}

func (s *words) ok() bool { return s.more && !s.broken && !s.tailed }

func (s *words) next() {
	for s.end < len(s.line) && s.line[s.end] == ' ' {
		s.end++
	}
	s.at, s.word, s.tail, s.quoted, s.tailed, s.more = s.end, "", "", false, false, s.end < len(s.line)
	if !s.more {
		return
	}
	if s.line[s.at] == '"' {
		s.word, s.quoted = s.quote(s.at), true
		return
	}
	for s.end < len(s.line) && s.line[s.end] != ' ' && s.line[s.end] != '"' {
		s.end++
	}
	s.word = s.line[s.at:s.end]
	if s.end < len(s.line) && s.line[s.end] == '"' {
		if s.word != "error:" && s.word != "outcome:" {
			s.broken = true
			return
		}
		s.tail, s.tailed = s.quote(s.end), true
	}
}

// quote reads the quoted text at an offset and moves behind it.
func (s *words) quote(at int) string {
	q, err := strconv.QuotedPrefix(s.line[at:])
	if err != nil {
		s.broken = true
		return ""
	}
	s.end = at + len(q)
	out, err := strconv.Unquote(q)
	if err != nil || s.end < len(s.line) && s.line[s.end] != ' ' {
		s.broken = true
	}
	return out
}

// outcome reads the current word as an outcome.
func (s *words) outcome() (Outcome, bool) {
	switch {
	case !s.more || s.broken || s.quoted:
		return "", false
	case s.tailed && s.word == "error:":
		return "error:" + s.tail, true
	case s.tailed:
		return s.tail, true
	}
	return s.word, ValidOutcome(s.word)
}

func (s *words) fail(rule string) *Error {
	return &Error{Line: 1, Col: 1 + utf8.RuneCountInString(s.line[:s.at]), Rule: "invalid event: " + rule, Found: strconv.Quote(doc.Shorten(s.line)), Expected: textForm}
}
