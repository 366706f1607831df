// Package smoke says within a second what is wrong with an adapter, and how to mend it: whether it speaks the protocol,
// whether its events say what the checks need, and whether what it declares is so. It does not judge the host.
package smoke

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hostsim/hostsim/conformance/process"
	"github.com/hostsim/hostsim/conformance/protocol"
	"github.com/hostsim/hostsim/scenarios/doc"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

// Finding is one thing that was looked at.
type Finding struct {
	Step string // what was tried: "it says what it is"
	OK   bool
	Said string // what was found
	Mend string // if not OK
}

// Report is what was found about one adapter.
type Report struct {
	Command  []string
	Identity *protocol.Identity // nil: it never said
	Findings []Finding          // in the order in which they are best mended
	Stderr   string             // the end of what it wrote there, if something is wrong
}

// OK tells whether nothing is wrong.
func (r *Report) OK() bool {
	for _, f := range r.Findings {
		if !f.OK {
			return false
		}
	}
	return len(r.Findings) > 0
}

// String gives the report as text for a terminal, without colours. It holds nothing that differs between two runs on an adapter
// that behaves the same.
func (r *Report) String() string {
	var b strings.Builder
	if id := r.Identity; id != nil {
		fmt.Fprintf(&b, "%s %s (%s), profile %s, lanes %s\n", id.Implementation, id.Version, id.Language, or(id.Profile, "core"), strings.Join(id.Lanes, ", "))
	}
	for _, f := range r.Findings {
		mark := "ok   "
		if !f.OK {
			mark = "WRONG"
		}
		fmt.Fprintf(&b, "%s %s: %s\n", mark, f.Step, f.Said)
		if f.Mend != "" {
			fmt.Fprintf(&b, "      → %s\n", f.Mend)
		}
	}
	if r.Stderr != "" {
		b.WriteString("stderr:\n")
		for _, l := range strings.Split(strings.TrimRight(r.Stderr, "\n"), "\n") {
			b.WriteString("  " + l + "\n")
		}
	}
	return b.String()
}

func or(s, def string) string {
	if s == "" {
		return def
	}
	return s
}

// Options change how an adapter is tried. The zero value is meant for people at a terminal.
type Options struct {
	Dir      string         // see process.Runner
	Env      []string       // see process.Runner
	Stream   process.Stream // see process.Runner
	Temp     string         // see process.Runner
	Identity time.Duration  // until the identity; zero: 5 s
	Quiet    time.Duration  // without an event, until a plan counts as hanging; zero: 1.5 s
	Limit    time.Duration  // of each plan; zero: 10 s
}

// Check tries an adapter. It blocks for less than a second if the adapter is right, and some
// seconds if it says nothing or hangs.
func Check(ctx context.Context, command []string) *Report { return CheckWith(ctx, command, Options{}) }

// CheckWith is Check with options.
func CheckWith(ctx context.Context, command []string, o Options) *Report {
	c := &checker{ctx: ctx, o: o, r: &Report{Command: command}}
	if !c.identity() {
		return c.r
	}
	// The tries are independent of each other; what they find is put together in a fixed order.
	var wg sync.WaitGroup
	parts := make([][]Finding, len(tries))
	stderr := make([]string, len(tries))
	for i, try := range tries {
		if try.when != nil && !try.when(c.r.Identity) {
			continue
		}
		wg.Go(func() { parts[i], stderr[i] = c.try(try) })
	}
	wg.Wait()
	for i, part := range parts {
		c.r.Findings = append(c.r.Findings, part...)
		for _, f := range part {
			if !f.OK && c.r.Stderr == "" {
				c.r.Stderr = stderr[i]
			}
		}
	}
	return c.r
}

type checker struct {
	ctx context.Context
	o   Options
	r   *Report
}

func (c *checker) runner() *process.Runner {
	o := &c.o
	return &process.Runner{
		Command: c.r.Command, Dir: o.Dir, Env: o.Env, Stream: o.Stream, Temp: o.Temp, NoStacks: true,
		Identity: orDefault(o.Identity, 5*time.Second), Quiet: orDefault(o.Quiet, 1500*time.Millisecond), Limit: orDefault(o.Limit, 10*time.Second),
	}
}

func orDefault(d, def time.Duration) time.Duration {
	if d == 0 {
		return def
	}
	return d
}

const says = "it says what it is"

// identity starts the adapter and looks at its first message.
func (c *checker) identity() bool {
	id, after, err := c.runner().Identify(c.ctx)
	if err == nil {
		c.r.Identity = id
		c.declared(id)
		return true
	}
	f := Finding{Step: says, Said: err.Error()}
	var fault *protocol.Fault
	if errors.As(err, &fault) {
		f.Said, f.Mend = explain(fault)
		if fault.Kind == protocol.Silence && strings.Contains(after.Stdout.String(), `"identity"`) {
			f.Said, f.Mend = "the identity came on stdout", "write messages to the path in "+protocol.EnvEvents+"; stdout belongs to the program under test"
		}
	}
	c.r.Findings = append(c.r.Findings, f)
	c.r.Stderr = tail(after.Stderr)
	return false
}

// explain puts a fault into what was found and how to mend it.
func explain(f *protocol.Fault) (said, mend string) {
	said = string(f.Kind)
	if f.Line > 0 {
		said += fmt.Sprintf(" in message %d", f.Line)
	}
	if f.Found != "" {
		said += ": " + f.Found
	}
	var parts []string
	if f.Expected != "" {
		parts = append(parts, "expected "+f.Expected)
	}
	if f.Mend != "" {
		parts = append(parts, f.Mend)
	}
	return said, strings.Join(parts, "; ")
}

// declared looks at what the identity declares.
func (c *checker) declared(id *protocol.Identity) {
	var features, profiles []string
	if s, err := spec.Load(); err == nil {
		profiles = s.ProfileNames()
		for _, f := range s.Features {
			features = append(features, f.Name)
		}
	}
	good := true
	unknown := func(what, word string, words []string) {
		good = false
		mend := "expected one of " + strings.Join(words, ", ")
		if near := doc.Nearest(word, words); near != "" {
			mend = fmt.Sprintf("did you mean %q?", near)
		}
		c.r.Findings = append(c.r.Findings, Finding{says, false, fmt.Sprintf("unknown %s %q", what, word), mend})
	}
	for _, f := range id.Features {
		if len(features) > 0 && !slices.Contains(features, f) {
			unknown("feature", f, features)
		}
	}
	if id.Profile != "" && len(profiles) > 0 && !slices.Contains(profiles, id.Profile) {
		unknown("profile", id.Profile, profiles)
	}
	if good {
		c.r.Findings = append(c.r.Findings, Finding{says, true, "protocol " + fmt.Sprint(id.Protocol), ""})
	}
}

// tail gives the last lines of what was written.
func tail(c process.Captured) string {
	lines := strings.Split(strings.TrimRight(c.String(), "\n"), "\n")
	if len(lines) > 10 {
		lines = lines[len(lines)-10:]
	}
	return strings.Join(lines, "\n")
}

// try plays the plan of a try and looks at its trace.
func (c *checker) try(t try) ([]Finding, string) {
	r := c.runner()
	defer r.Close()
	r.Lane = t.lane
	r.Reuse = t.reuse
	p, err := plan.Parse("smoke", []byte(t.plan))
	if err != nil {
		return []Finding{{t.name, false, "the plan of the try is wrong: " + err.Error(), "this is a fault of hostsim"}}, ""
	}
	var tr *trace.Trace
	var after *process.Aftermath
	for n := range max(t.times, 1) {
		tr, after, err = r.Run(c.ctx, p)
		if err != nil {
			break
		}
		if n > 0 && (!after.Reused || after.Status != nil) {
			return []Finding{{t.name, false, "it declares reuse, but its process does not play a second plan", `go on reading commands after {"end":{…}}, and exit at the end of standard input`}}, tail(after.Stderr)
		}
	}
	l := &look{try: &t, tr: tr, after: after}
	var skipped *process.Skipped
	var f *protocol.Fault
	switch {
	case errors.As(err, &skipped):
		if t.required {
			l.wrong("it skips a plan that every host can play: "+skipped.Why, "play one service with start and stop, and SIGTERM")
		} else {
			l.found = append(l.found, Finding{t.name, true, "skipped: " + skipped.Why, ""})
		}
		return l.found, ""
	case errors.As(err, &f):
		l.wrong(explain(f))
		return l.found, tail(after.Stderr)
	case err != nil:
		l.wrong(err.Error(), "")
		return l.found, tail(after.Stderr)
	}
	l.events()
	t.look(l)
	if len(l.found) == 0 {
		l.found = append(l.found, Finding{t.name, true, t.good, ""})
	}
	return l.found, tail(after.Stderr)
}
