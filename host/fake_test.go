package host_test

import (
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/hostsim/hostsim/host"
)

// surroundings is a process of a test: signals come from the test, and what the host does to it is written down.
type surroundings struct {
	mu       sync.Mutex
	handlers []*handler
	exits    []*func()
	notified []string
	codes    []int
	refuse   error // what a service manager answers
}

type handler struct {
	sigs   []os.Signal
	handle func(os.Signal) bool
}

func (p *surroundings) OnSignal(sigs []os.Signal, handle func(os.Signal) bool) (remove func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	h := &handler{sigs, handle}
	p.handlers = append(p.handlers, h)
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.handlers = slices.DeleteFunc(p.handlers, func(x *handler) bool { return x == h })
	}
}

func (p *surroundings) OnExit(handle func()) (remove func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	h := &handle
	p.exits = append(p.exits, h)
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.exits = slices.DeleteFunc(p.exits, func(x *func()) bool { return x == h })
	}
}

func (p *surroundings) NotifyManager(state string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.notified = append(p.notified, state)
	return p.refuse
}

func (p *surroundings) SetExitCode(code int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.codes = append(p.codes, code)
}

// send delivers a signal to the handlers, and tells whether there was one and whether the default action is cancelled.
func (p *surroundings) send(s os.Signal) (heard, cancelled bool) {
	p.mu.Lock()
	handlers := slices.Clone(p.handlers)
	p.mu.Unlock()
	for _, h := range handlers {
		if slices.Contains(h.sigs, s) {
			heard = true
			cancelled = h.handle(s)
		}
	}
	return heard, cancelled
}

// exit is an exit of the process up to its end: it returns when all handlers have.
func (p *surroundings) exit() {
	p.mu.Lock()
	exits := slices.Clone(p.exits)
	p.mu.Unlock()
	for _, h := range slices.Backward(exits) {
		(*h)()
	}
}

// left is how many handlers are installed.
func (p *surroundings) left() (signals, exits int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.handlers), len(p.exits)
}

// logbook is an Observer that writes down category, id and message of what it is asked to.
type logbook struct {
	mu    sync.Mutex
	lines []string
	all   []host.Event
}

func (l *logbook) HostEvent(e host.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, e)
	line := e.Category + ": " + e.Message
	if e.Err != nil {
		line += ": " + e.Err.Error()
	}
	l.lines = append(l.lines, line)
}

// of gives what was logged under a category.
func (l *logbook) of(category string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []string
	for _, line := range l.lines {
		if rest, ok := strings.CutPrefix(line, category+": "); ok {
			out = append(out, rest)
		}
	}
	return out
}

// ids gives the ids of the host's own events in order.
func (l *logbook) ids() []int {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []int
	for _, e := range l.all {
		if e.Category != host.CategoryStatus {
			out = append(out, e.ID)
		}
	}
	return out
}

// inBubble runs a test with virtual time, in which a host runs on plain goroutines.
func inBubble(t *testing.T, name string, f func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, f) })
}

// makeHost makes a host without a lifetime of its own and without a log, unless the options say otherwise.
func makeHost(t *testing.T, options ...host.Option) *host.Host {
	t.Helper()
	h, err := host.New(append([]host.Option{host.WithObserver(&logbook{}), host.WithHostLifetime(host.None), host.WithProcess(&surroundings{})}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	return h
}
