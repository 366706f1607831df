package probe

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/hostsim/hostsim/conformance/probe/supervise"
)

// awaitReady waits until every condition of readiness holds, then until the program has come to rest. It fails with a
// runError when the program ends first, or the start limit passes.
func (s *session) awaitReady() error {
	p := s.p
	limit := time.NewTimer(p.o.StartLimit)
	defer limit.Stop()
	var look pace
	defer look.stop()
	var notes <-chan string
	if p.note != nil {
		notes = p.note.ready
	}
	var lineSeen, noteSeen bool
	empty := s.tree.Empty()
	for {
		began := time.Now()
		missing, err := s.missing(lineSeen, noteSeen)
		if err != nil {
			return err
		}
		if len(missing) == 0 {
			break
		}
		select {
		case <-s.lines:
			lineSeen = true
		case <-notes:
			noteSeen = true
		case <-look.next(time.Since(began)):
		case <-empty:
			e := s.trouble("The program ended before it was ready.")
			if strings.Contains(strings.ToLower(e.output), "address already in use") || strings.Contains(e.output, "EADDRINUSE") {
				e.facts = append(e.facts, Fact{"hint", "its port is taken, or not free yet after an earlier run"})
			}
			return e
		case <-limit.C:
			e := s.trouble("The program did not become ready within the start limit; what was missing: " + strings.Join(missing, ", ") + ".")
			e.facts = append(e.facts, Fact{"waited", p.o.StartLimit})
			return e
		case <-p.ctx.Done():
			return p.ctx.Err()
		}
	}
	s.readyAfter = time.Since(s.tree.Started())
	s.readyBy = p.describeReady()
	if err := s.settle(); err != nil {
		return err
	}
	if err := s.stillThere(); err != nil {
		return err
	}
	s.files.lookReady(s)
	return nil
}

// stillThere fails if the program has ended by itself; if only its first process has, it notes that the rest of the tree
// goes on in the background.
func (s *session) stillThere() error {
	if _, ended := s.tree.Exit(); !ended {
		return nil
	}
	limit := time.NewTimer(calmLimit)
	defer limit.Stop()
	select {
	case <-s.tree.Empty():
		return s.trouble("The program ended by itself when it was ready.")
	case <-limit.C:
		s.background = true
		return nil
	case <-s.p.ctx.Done():
		return s.p.ctx.Err()
	}
}

// pace spaces looks at what sends no event, so that looking takes a quarter of the time at most: on large machines the
// kernel's table of connections takes milliseconds to read.
type pace struct{ t *time.Timer }

// next gives the channel that says when to look again, after a look that took so long.
func (p *pace) next(took time.Duration) <-chan time.Time {
	wait := max(tick, 3*took)
	if p.t == nil {
		p.t = time.NewTimer(wait)
	} else {
		p.t.Reset(wait)
	}
	return p.t.C
}

func (p *pace) stop() {
	if p.t != nil {
		p.t.Stop()
	}
}

// missing names the conditions that do not hold yet.
func (s *session) missing(lineSeen, noteSeen bool) ([]string, error) {
	r := s.p.o.Ready
	var out []string
	if r.auto() {
		ls, err := s.tree.Listeners()
		if err != nil {
			return nil, err
		}
		if len(ls) == 0 {
			out = append(out, "a listening socket (or a --ready flag that says what to wait for)")
		}
	}
	if r.Port != 0 && !connects(s.p.ctx, loopAddr(r.Port)) {
		out = append(out, "port "+strconv.Itoa(r.Port)+" open")
	}
	if r.Line != nil && !lineSeen {
		out = append(out, "a line that matches "+strconv.Quote(r.Line.String()))
	}
	if r.File != "" && !s.files.fresh() {
		out = append(out, "file "+r.File)
	}
	if r.HTTP != "" && !healthy(s.p.ctx, r.HTTP) {
		out = append(out, "a status below 400 from "+r.HTTP)
	}
	if r.Notify && !noteSeen {
		out = append(out, "READY=1 on NOTIFY_SOCKET")
	}
	return out, nil
}

// describeReady says in words what readiness was learned from.
func (p *prober) describeReady() string {
	r := p.o.Ready
	var out []string
	if r.auto() {
		out = append(out, "it listens")
	}
	if r.Port != 0 {
		out = append(out, "port "+strconv.Itoa(r.Port)+" accepts")
	}
	if r.Line != nil {
		out = append(out, "a line matches "+strconv.Quote(r.Line.String()))
	}
	if r.File != "" {
		out = append(out, "file "+r.File+" appears")
	}
	if r.HTTP != "" {
		out = append(out, r.HTTP+" answers")
	}
	if r.Notify {
		out = append(out, "READY=1 to systemd")
	}
	return strings.Join(out, " and ")
}

// settle waits until the program shows no change for some looks in a row: same signal handlers, no process running. A program is often reachable a moment before its handlers are in place.
func (s *session) settle() error {
	if _, err := s.tree.SignalState(s.p.o.StopSignal); errors.Is(err, supervise.ErrUnsupported) {
		return nil
	}
	limit := time.NewTimer(calmLimit)
	defer limit.Stop()
	look := time.NewTicker(tick)
	defer look.Stop()
	type state struct {
		term, intr supervise.SignalState
		busy       bool
	}
	var last state
	for calm := 0; calm < calmLooks; {
		var now state
		now.term, _ = s.tree.SignalState(s.p.o.StopSignal)
		now.intr, _ = s.tree.SignalState(syscall.SIGINT)
		now.busy = s.busy()
		if now == last && !now.busy {
			calm++
		} else {
			calm = 0
		}
		last = now
		select {
		case <-look.C:
		case <-limit.C:
			return nil
		case <-s.tree.Empty():
			return nil
		case <-s.p.ctx.Done():
			return s.p.ctx.Err()
		}
	}
	return nil
}

func loopAddr(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

const dialLimit = 2 * time.Second

// connects reports whether an address accepts a connection, which is reset at once.
func connects(ctx context.Context, addr string) bool {
	c, err := dial(ctx, addr)
	if err != nil {
		return false
	}
	abort(c)
	return true
}

// dial opens a TCP connection on the loopback interface.
func dial(ctx context.Context, addr string) (net.Conn, error) {
	d := net.Dialer{Timeout: dialLimit, KeepAlive: -1}
	return d.DialContext(ctx, "tcp", addr)
}

// abort closes a connection with a reset, so that the program's end of it does not linger in a TIME-WAIT that would
// disturb the next run.
func abort(c net.Conn) {
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	_ = c.Close()
}

var healthClient = &http.Client{
	Timeout:       dialLimit,
	Transport:     &http.Transport{DisableKeepAlives: true, Proxy: nil},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// healthy reports whether a URL answers with a status below 400.
func healthy(ctx context.Context, url string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	resp, err := healthClient.Do(req)
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return resp.StatusCode < 400
}

// same reports whether two looks at one path show the same file.
func same(a, b os.FileInfo) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return os.SameFile(a, b) && a.ModTime().Equal(b.ModTime())
}
