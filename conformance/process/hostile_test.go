//go:build unix

package process

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hostsim/hostsim/conformance/protocol"
	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

const identityLine = `{"identity":{"protocol":1,"implementation":"hostile","version":"1","language":"go","lanes":["process","virtual"],"reuse":false}}`

// say writes lines to the stream of messages.
func say(lines ...string) *os.File {
	f := os.NewFile(3, "events")
	for _, l := range lines {
		fmt.Fprintln(f, l)
	}
	return f
}

// forever keeps a child alive; unlike an empty select it is no deadlock.
func forever() { time.Sleep(time.Hour) }

const startBegin, startEnd = `{"who":"a","what":"start","phase":"begin"}`, `{"who":"a","what":"start","phase":"end","outcome":"ok"}`

// hostile is one child that does what no adapter should, and the verdict that names it.
type hostile struct {
	name  string
	child func()
	plan  string             // empty: one service
	set   func(*Runner)      // limits of this test
	kind  protocol.FaultKind // the fault; empty: none
	end   trace.EndKind      // the kind of end
	said  []string           // what the fault or the reason of the end says
	seen  []string           // events that the trace has nevertheless
	then  func(*testing.T, *trace.Trace, *Aftermath)
}

var hostiles = []hostile{
	{
		name: "events without end", kind: protocol.TooManyEvents, end: trace.Killed, said: []string{"more than 20000 events"}, seen: []string{"a.mark"},
		set: func(r *Runner) { r.Bounds.Events = 20000 },
		child: func() {
			w := bufio.NewWriter(say(identityLine))
			for {
				fmt.Fprintln(w, `{"who":"a","what":"mark"}`)
			}
		},
	},
	{
		name: "bytes without end", kind: protocol.StreamTooLong, end: trace.Killed, said: []string{"more than 1000000 bytes"},
		set: func(r *Runner) { r.Bounds.Total = 1_000_000 },
		child: func() {
			w := bufio.NewWriter(say(identityLine))
			long := fmt.Sprintf(`{"who":"a","what":"mark","detail":%q}`, strings.Repeat("x", 4000))
			for {
				fmt.Fprintln(w, long)
			}
		},
	},
	{
		name: "stdout without end", kind: protocol.OutputWithout, end: trace.Killed, said: []string{"more than 5000000 bytes on stdout"},
		set:   func(r *Runner) { r.Output = 5_000_000 },
		child: func() { say(identityLine, startBegin); flood(os.Stdout) }, seen: []string{"a.start.begin"},
		then: func(t *testing.T, _ *trace.Trace, a *Aftermath) {
			if n := len(a.Stdout.Head) + len(a.Stdout.Tail); n > keepHead+keepTail || a.Stdout.Total < 5_000_000 {
				t.Errorf("kept %d bytes of %d", n, a.Stdout.Total)
			}
		},
	},
	{
		name: "stderr without end", kind: protocol.OutputWithout, end: trace.Killed, said: []string{"on stderr"},
		set:   func(r *Runner) { r.Output = 5_000_000 },
		child: func() { flood(os.Stderr) },
	},
	{
		name: "a line without end", kind: protocol.LineTooLong, end: trace.Killed, said: []string{"65536 bytes without a newline", "message 2"},
		child: func() { flood(say(identityLine)) },
	},
	{
		name: "huge plan echo", kind: protocol.LineTooLong, end: trace.Killed, said: []string{"do not echo the plan"},
		plan: `{"services":[{"name":"a","start":[` + strings.Repeat(`{"mark":"`+strings.Repeat("x", 1000)+`"},`, 300) + `{"yield":1}]}]}`,
		child: func() {
			f := say(identityLine)
			_, _ = io.Copy(f, os.Stdin)
		},
	},
	{name: "invalid JSON", kind: protocol.InvalidJSON, end: trace.Killed, said: []string{"message 3", "it ends too early"}, seen: []string{"a.start.begin"},
		child: func() { say(identityLine, startBegin, `{"who":"a","what":`); forever() }},
	{name: "a log line among the messages", kind: protocol.InvalidJSON, end: trace.Killed, said: []string{"Listening on", "stdout or stderr"},
		child: func() { say(identityLine, "Listening on port 8080"); forever() }},
	{name: "invalid UTF-8", kind: protocol.InvalidUTF8, end: trace.Killed, said: []string{"byte 0xff"},
		child: func() { say(identityLine, `{"who":"`+"\xff"+`","what":"start"}`); forever() }},
	{name: "a number out of range", kind: protocol.OutOfRange, end: trace.Killed, said: []string{"1e300", `"ms"`},
		child: func() { say(identityLine, `{"ms":1e300,"who":"a","what":"start"}`); forever() }},
	{name: "a negative exit code", kind: protocol.OutOfRange, end: trace.Killed, said: []string{"-1", "from 0 to 255"},
		child: func() { say(identityLine, startBegin, `{"end":{"kind":"exited","code":-1}}`); forever() }},
	{name: "events after the end", kind: protocol.AfterEnd, end: trace.Killed, said: []string{"a.start"}, seen: []string{"a.start.begin"},
		child: func() { say(identityLine, startBegin, `{"end":{"kind":"exited","code":0}}`, startEnd); forever() }},
	{name: "an end before the events", kind: protocol.EndBeforeEvents, end: trace.Killed, said: []string{"had no event"},
		child: func() { say(identityLine, `{"end":{"kind":"exited","code":0}}`, startBegin); forever() }},
	{name: "two identities", kind: protocol.TwoIdentities, end: trace.Killed, said: []string{"second identity"},
		child: func() { say(identityLine, identityLine); forever() }},
	{name: "an older protocol", kind: protocol.OlderVersion, end: trace.Killed, said: []string{"protocol 0"},
		child: func() { say(strings.Replace(identityLine, `"protocol":1`, `"protocol":0`, 1)); forever() }},
	{name: "a newer protocol", kind: protocol.NewerVersion, end: trace.Killed, said: []string{"protocol 2", "update hostsim"},
		child: func() {
			say(strings.Replace(identityLine, `"protocol":1`, `"protocol":2,"colour":"blue"`, 1))
			forever()
		}},
	{name: "no identity first", kind: protocol.NoIdentity, end: trace.Killed, said: []string{"event"},
		child: func() { say(startBegin); forever() }},
	{name: "death in mid-line", end: trace.Signaled, said: []string{"cut short"}, seen: []string{"a.start.begin"},
		child: func() {
			fmt.Fprint(say(identityLine, startBegin), `{"who":"a","wh`)
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		}},
	{name: "a good end in mid-line", kind: protocol.CutShort, end: trace.Killed, seen: []string{"a.start.begin"},
		child: func() { fmt.Fprint(say(identityLine, startBegin), `{"who":"a"}`) }},
	{name: "death before the identity", kind: protocol.DiedEarly, end: trace.Killed, said: []string{"exit code 9", "no such module: hostlib"},
		child: func() { fmt.Fprintln(os.Stderr, "no such module: hostlib"); os.Exit(9) }},
	{name: "silence from the start", kind: protocol.Silence, end: trace.Killed, said: []string{"no message within 300ms"},
		set:   func(r *Runner) { r.Identity = 300 * time.Millisecond },
		child: forever},
	{name: "silence after the identity", end: trace.HangEnd, said: []string{"no event for", "nothing has begun"},
		child: func() { say(identityLine); forever() }},
	{name: "silence in mid-run", end: trace.HangEnd, said: []string{"begun and not ended: a.start"}, seen: []string{"a.start.begin"},
		child: func() { say(identityLine, startBegin); forever() }},
	{name: "chatter until the limit", end: trace.Killed, said: []string{"limit of 1s", "a.start"}, seen: []string{"a.mark"},
		set: func(r *Runner) { r.Limit = time.Second },
		child: func() {
			f := say(identityLine, startBegin)
			for {
				fmt.Fprintln(f, `{"who":"a","what":"mark"}`)
				time.Sleep(50 * time.Millisecond) // a child, not a test
			}
		}},
	{name: "the stream is closed and the process lives", kind: protocol.StreamClosed, end: trace.Killed,
		child: func() { _ = os.NewFile(3, "events").Close(); forever() }},
	{name: "the stream is closed after the identity", end: trace.HangEnd, seen: []string{"a.start.begin"},
		child: func() { _ = say(identityLine, startBegin).Close(); forever() }},
	{name: "stdout is closed early", end: trace.Exited, seen: []string{"a.start.end"},
		child: func() { _ = os.Stdout.Close(); _ = os.Stderr.Close(); say(identityLine, startBegin, startEnd) }},
	{name: "the lane is not offered", kind: protocol.LaneNotOffered, end: trace.Killed, said: []string{"the lane virtual", "offers process"},
		set:   func(r *Runner) { r.Lane = spec.Virtual },
		child: func() { say(strings.Replace(identityLine, `,"virtual"`, "", 1)); forever() }},
	{name: "a virtual run without an end", kind: protocol.NoEnd, end: trace.Killed, seen: []string{"a.start.begin"},
		set:   func(r *Runner) { r.Lane = spec.Virtual },
		child: func() { say(identityLine, startBegin) }},
	{name: "SIGTERM is ignored", end: trace.HangEnd, said: []string{"begun and not ended: host.run"}, seen: []string{"signal.SIGTERM"},
		plan: `{"signals":[{"after":"host.run.begin","send":"SIGTERM"}]}`,
		child: func() {
			signal.Ignore(syscall.SIGTERM, syscall.SIGINT)
			say(identityLine, `{"who":"host","what":"run","phase":"begin"}`)
			forever()
		}},
	{name: "SIGSTOP on itself", end: trace.HangEnd, said: []string{"the process is stopped (SIGSTOP)", "a.start"},
		child: func() { say(identityLine, startBegin); _ = syscall.Kill(os.Getpid(), syscall.SIGSTOP) }},
	{name: "the command is never read", end: trace.Exited, seen: []string{"a.start.end"},
		plan:  `{"services":[{"name":"a","start":[` + strings.Repeat(`{"mark":"`+strings.Repeat("x", 1000)+`"},`, 300) + `{"yield":1}]}]}`,
		child: func() { say(identityLine, startBegin, startEnd) }},
}

// flood writes to f without end and without a newline.
func flood(f io.Writer) {
	block := []byte(strings.Repeat("x", 64<<10))
	for {
		if _, err := f.Write(block); err != nil {
			os.Exit(1)
		}
	}
}

func init() {
	for _, h := range hostiles {
		testChildren[h.name] = h.child
	}
}

func TestHostileChildren(t *testing.T) {
	for _, h := range hostiles {
		t.Run(h.name, func(t *testing.T) { playHostile(t, h) })
	}
}

func playHostile(t *testing.T, h hostile) {
	r := runner(t, h.name)
	if h.end == trace.HangEnd {
		r.Quiet = 700 * time.Millisecond
	}
	if h.set != nil {
		h.set(r)
	}
	text := h.plan
	if text == "" {
		text = `{"services":[{"name":"a"}]}`
	}
	p := parse(t, text)
	files, heap := openFiles(), memory()
	tr, after, err := r.Run(context.Background(), p)
	if h.kind == "" {
		if err != nil {
			t.Errorf("error %v, want none", err)
		}
	} else if f := fault(t, err); f.Kind != h.kind || f.Expected == "" {
		t.Errorf("fault = %v, want %s and what was expected", f, h.kind)
	}
	if tr.End.Kind != h.end {
		t.Errorf("end = %+v, want kind %s", tr.End, h.end)
	}
	all := tr.End.Reason
	if err != nil {
		all += "\n" + err.Error()
	}
	for _, want := range h.said {
		if !strings.Contains(all, want) {
			t.Errorf("verdict %q does not say %q", all, want)
		}
	}
	for _, want := range h.seen {
		if !has(tr, want) {
			t.Errorf("no %s in the trace\n%.2000s", want, lines(tr))
		}
	}
	if h.then != nil {
		h.then(t, tr, after)
	}
	if most := orDefault(r.Limit, DefaultLimit) + 2*killLimit; after.Wall > most {
		t.Errorf("took %v, the limit is %v", after.Wall, most)
	}
	if grown := memory() - heap; grown > 64<<20 {
		t.Errorf("memory grew by %d MiB", grown>>20)
	}
	checkNothingLeft(t, r, files)
}

// memory is what we have from the system.
func memory() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys)
}

// openFiles lists our descriptors; nil where the system does not tell.
func openFiles() []string {
	names, _ := filepath.Glob("/proc/self/fd/*")
	return names
}

// checkNothingLeft fails if a run left a process, a descriptor or a file.
func checkNothingLeft(t *testing.T, r *Runner, files []string) {
	t.Helper()
	for _, pid := range living() {
		t.Errorf("process %d is left", pid)
	}
	if now := openFiles(); len(now) > len(files)+2 { // the poller and a pipe of the runtime's may be new
		t.Errorf("%d descriptors, %d before", len(now), len(files))
	}
	if names, _ := filepath.Glob(filepath.Join(r.Temp, "*")); len(names) > 0 {
		t.Errorf("files are left: %q", names)
	}
}
