package probe

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/hostsim/hostsim/conformance/probe/supervise"
)

const (
	answerLimit = 10 * time.Second       // for the first answer to a request, when nothing is being shut down
	quickLimit  = 150 * time.Millisecond // an answer that comes later can be caught in flight
	largeBody   = 8 << 20                // a body of this size does not fit into the buffers of kernel and program
	readLimit   = 64 << 20               // no body is read further
)

// holdMode is how a request can be kept in flight.
type holdMode string

const (
	holdNone     holdMode = ""
	holdSlow     holdMode = "a slow answer"
	holdUpload   holdMode = "a half-sent body"
	holdDownload holdMode = "a large answer, read slowly"
)

// webTarget is where and how the program speaks HTTP/1.1.
type webTarget struct {
	addr   string
	path   string // what is asked for in flight
	mode   holdMode
	status int    // of the answer, when nothing is being shut down
	size   int64  // of the answer, when nothing is being shut down
	rest   string // what is asked for by connections that arrive during the shutdown: an answer that is quick
}

// webConn is one client connection. Its methods are used by one goroutine; abort may be called from any.
type webConn struct {
	net.Conn
	br   *bufio.Reader
	once sync.Once
}

func dialWeb(ctx context.Context, addr string) (*webConn, error) {
	c, err := dial(ctx, addr)
	if err != nil {
		return nil, err
	}
	return &webConn{Conn: c, br: bufio.NewReaderSize(c, 4096)}, nil
}

func (c *webConn) abort() { c.once.Do(func() { abort(c.Conn) }) }

// get sends a GET request.
func (c *webConn) get(path string) error {
	_, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: hostsim-probe\r\nAccept: */*\r\n\r\n", path, c.RemoteAddr())
	return err
}

// head reads the head of a response.
func (c *webConn) head() (*http.Response, error) { return http.ReadResponse(c.br, nil) }

// answer is what a request came to.
type answer struct {
	status  int
	size    int64
	whole   bool
	closes  bool          // the response tells the client to close
	first   time.Duration // until the first byte
	failure string        // not whole: refused, reset, closed, silent, or what was wrong
}

// finish reads a response to its end.
func (c *webConn) finish(resp *http.Response) (n int64, failure string) {
	n, err := io.Copy(io.Discard, io.LimitReader(resp.Body, readLimit))
	return n, failureOf(err)
}

// failureOf puts an error of a connection into one word.
func failureOf(err error) string {
	var ne net.Error
	switch {
	case err == nil:
		return ""
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "reset"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "closed"
	case errors.As(err, &ne) && ne.Timeout():
		return "silent"
	}
	return "not HTTP"
}

// ask makes one GET request on a connection of its own.
func ask(ctx context.Context, addr, path string, limit time.Duration) answer {
	c, err := dialWeb(ctx, addr)
	if err != nil {
		return answer{failure: failureOf(err)}
	}
	defer c.abort()
	return c.ask(path, limit)
}

func (c *webConn) ask(path string, limit time.Duration) answer {
	began := time.Now()
	_ = c.SetDeadline(began.Add(limit))
	if err := c.get(path); err != nil {
		return answer{failure: failureOf(err)}
	}
	resp, err := c.head()
	if err != nil {
		return answer{failure: failureOf(err)}
	}
	a := answer{status: resp.StatusCode, closes: resp.Close, first: time.Since(began)}
	a.size, a.failure = c.finish(resp)
	a.whole = a.failure == ""
	return a
}

// findWeb finds out whether the program speaks HTTP/1.1, where, and how a request to it can be kept in flight.
func (p *prober) findWeb(s *session) error {
	p.doing("ready: does it speak HTTP/1.1")
	for _, addr := range p.webAddrs() {
		if p.ctx.Err() != nil {
			return p.ctx.Err()
		}
		a := ask(p.ctx, addr, p.o.HTTPPath, answerLimit)
		if a.status == 0 {
			continue
		}
		if a.first >= quickLimit { // the very first answer is often slow for reasons of its own
			a = ask(p.ctx, addr, p.o.HTTPPath, answerLimit)
		}
		t := &webTarget{addr: addr, path: p.o.HTTPPath, rest: p.o.HTTPPath, status: a.status, size: a.size}
		switch {
		case a.size >= largeBody:
			t.mode, t.rest = holdDownload, "/"
		case a.first >= quickLimit:
			t.mode, t.rest = holdSlow, "/"
		default:
			t.mode = holdUpload
			if h, _ := t.hold(s); h == nil || h.early(quickLimit) {
				t.mode = holdNone
				if h != nil {
					h.abort()
				}
			} else {
				h.finish(answerLimit)
				h.abort()
			}
		}
		p.web = t
		return nil
	}
	return nil
}

// webAddrs lists the addresses that might speak HTTP, the one of --ready-http first.
func (p *prober) webAddrs() []string {
	if p.o.Ready.HTTP != "" {
		if u, err := url.Parse(p.o.Ready.HTTP); err == nil {
			if u.Port() == "" {
				return []string{net.JoinHostPort(u.Hostname(), "80")}
			}
			return []string{u.Host}
		}
	}
	return p.tcpAddrs()
}

// tcpAddrs lists the loopback addresses under which the program's TCP listeners are reached, IPv4 first.
func (p *prober) tcpAddrs() []string {
	var four, six []string
	ports := map[int]bool{}
	for _, l := range p.endpoints {
		if l.Network == "tcp" && l.Addr != "" && !strings.HasPrefix(l.Addr, "[") {
			four = append(four, l.Addr)
			ports[l.Port] = true
		}
	}
	for _, l := range p.endpoints {
		if l.Network == "tcp" && strings.HasPrefix(l.Addr, "[") && !ports[l.Port] {
			six = append(six, l.Addr)
		}
	}
	return append(four, six...)
}

// inFlight is one request that the program is working on.
type inFlight struct {
	c    *webConn
	mode holdMode
	size int64          // of the whole answer
	resp *http.Response // download: the head has come already
}

const halfBody = "probe its shutdown"

// hold makes a request and returns when the program has it in hand, as far as the system tells. It gives nil and the
// reason if it could not.
func (t *webTarget) hold(s *session) (*inFlight, string) {
	if t.mode == holdNone {
		return nil, "every answer came at once"
	}
	addr := t.addr
	if s.p.ephemeral {
		if addr = s.moved(t.addr); addr == "" {
			return nil, "its address could not be found again"
		}
	}
	c, err := dialWeb(s.p.ctx, addr)
	if err != nil {
		return nil, "the connection failed: " + failureOf(err)
	}
	h := &inFlight{c: c, mode: t.mode, size: t.size}
	_ = c.SetDeadline(time.Now().Add(answerLimit))
	fail := func(err error) (*inFlight, string) {
		c.abort()
		return nil, "the request failed: " + failureOf(err)
	}
	switch t.mode {
	case holdUpload:
		if _, err := fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: hostsim-probe\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s",
			t.path, c.RemoteAddr(), len(halfBody), halfBody[:len(halfBody)/2]); err != nil {
			return fail(err)
		}
		s.taken(c.Conn)
	case holdSlow:
		if err := c.get(t.path); err != nil {
			return fail(err)
		}
		s.taken(c.Conn)
	case holdDownload:
		if err := c.get(t.path); err != nil {
			return fail(err)
		}
		if h.resp, err = c.head(); err != nil {
			return fail(err)
		}
	}
	if t.mode != holdDownload && h.early(tick) {
		c.abort()
		return nil, "the answer came at once"
	}
	return h, ""
}

// early reports whether the answer comes although the request is not finished.
func (h *inFlight) early(limit time.Duration) bool {
	_ = h.c.SetReadDeadline(time.Now().Add(limit))
	_, err := h.c.br.Peek(1)
	_ = h.c.SetReadDeadline(time.Now().Add(answerLimit))
	return err == nil || failureOf(err) != "silent"
}

// finish does the client's part of the request and reads the answer to its end.
func (h *inFlight) finish(limit time.Duration) answer {
	_ = h.c.SetDeadline(time.Now().Add(limit))
	if h.mode == holdUpload {
		if _, err := io.WriteString(h.c, halfBody[len(halfBody)/2:]); err != nil {
			return answer{failure: failureOf(err)}
		}
	}
	resp := h.resp
	if resp == nil {
		var err error
		if resp, err = h.c.head(); err != nil {
			return answer{failure: failureOf(err)}
		}
	}
	a := answer{status: resp.StatusCode, closes: resp.Close}
	a.size, a.failure = h.c.finish(resp)
	if a.failure == "" && h.mode == holdDownload && a.size < min(h.size, readLimit) {
		a.failure = "closed" // an answer without a length ends with the connection, whole or not
	}
	a.whole = a.failure == ""
	return a
}

func (h *inFlight) abort() { h.c.abort() }

// taken waits until the program has accepted a connection and read all that was sent over it, where the system tells.
func (s *session) taken(c net.Conn) bool {
	var look pace
	defer look.stop()
	limit := time.NewTimer(min(s.p.o.Grace, dialLimit))
	defer limit.Stop()
	for {
		began := time.Now()
		accepted, unread, err := s.tree.Connection(c)
		if errors.Is(err, supervise.ErrUnsupported) || err == nil && accepted && unread == 0 {
			return true
		}
		select {
		case <-look.next(time.Since(began)):
		case <-limit.C:
			return false
		case <-s.tree.Done():
			return false
		}
	}
}

// moved finds the address of this run that stands where addr stood in the first run, for programs that listen on
// another port each time.
func (s *session) moved(addr string) string {
	ls, err := s.tree.Listeners()
	if err != nil {
		return addr
	}
	for i, l := range s.p.endpoints {
		if l.Addr == addr && len(ls) == len(s.p.endpoints) {
			return ls[i].Addr
		}
	}
	return ""
}
