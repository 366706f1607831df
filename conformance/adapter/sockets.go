package adapter

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"

	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// The failures of the steps for sockets, in the words of the simulated network.
var (
	errInUse      = errors.New("in use")
	errForeign    = errors.New("a file that is not a socket is in the way")
	errPermission = errors.New("permission denied")
	errRefused    = errors.New("refused")
	errNotOpen    = errors.New("not open")
)

// sockets are the real listeners of a plan: a TCP address is a free port on the loopback interface, a Unix address a file in
// the run's directory.
type sockets struct {
	dir       string
	emit      func(trace.Event)
	listening func(address, real string)

	mu   sync.Mutex
	open map[string]*listener
	last map[string]*listener // open or not: its connections outlive it
}

type listener struct {
	net.Listener
	mu      sync.Mutex
	busy    int
	changed chan struct{} // closed and replaced when busy falls
}

func (s *sockets) report(who, what, address string, err error) error {
	o := trace.OK
	if err != nil {
		o = trace.Errored(err.Error())
	}
	s.emit(trace.Event{Who: who, What: what, Outcome: o, Detail: trace.Text(address)})
	return err
}

// Listen opens a listener. A socket file that nobody listens on is replaced.
func (s *sockets) Listen(owner, _, address string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, err := s.bind(address)
	if err == nil {
		if s.open == nil {
			s.open, s.last = map[string]*listener{}, map[string]*listener{}
		}
		s.open[address] = &listener{Listener: l, changed: make(chan struct{})}
		s.last[address] = s.open[address]
		s.listening(address, l.Addr().String())
	}
	return s.report(owner, "listen", address, err)
}

func (s *sockets) bind(address string) (net.Listener, error) {
	if s.open[address] != nil {
		return nil, errInUse
	}
	a, _ := plan.ParseAddress(address)
	if a.Network == "tcp" {
		return net.Listen("tcp", "127.0.0.1:0")
	}
	path := s.path(a)
	switch info, err := os.Lstat(path); {
	case err != nil:
	case info.IsDir():
		return nil, errPermission
	case info.Mode()&os.ModeSocket == 0:
		return nil, errForeign
	default:
		if c, err := net.Dial("unix", path); err == nil {
			_ = c.Close()
			return nil, errInUse
		}
		if err := os.Remove(path); err != nil {
			return nil, errPermission
		}
	}
	return net.Listen("unix", path)
}

func (s *sockets) path(a plan.Address) string { return filepath.Join(s.dir, a.Name) }

func (s *sockets) find(address string) *listener {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open[address]
}

// CloseListener closes a listener; its file goes with it.
func (s *sockets) CloseListener(owner, address string) error {
	s.mu.Lock()
	l := s.open[address]
	s.mu.Unlock()
	if l == nil {
		return s.report(owner, "close", address, errNotOpen)
	}
	err := l.Close()
	s.mu.Lock()
	delete(s.open, address)
	s.mu.Unlock()
	return s.report(owner, "close", address, err)
}

// Accept takes connections until the listener is closed or ctx is cancelled, and serves each until its client closes it.
func (s *sockets) Accept(ctx context.Context, owner, address string) error {
	l := s.find(address)
	if l == nil {
		return errNotOpen
	}
	type accepted struct {
		c   net.Conn
		err error
	}
	next := make(chan accepted)
	go func() {
		for {
			c, err := l.Accept()
			select {
			case next <- accepted{c, err}:
			case <-ctx.Done():
				if c != nil {
					_ = c.Close()
				}
				return
			}
			if err != nil {
				return
			}
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case a := <-next:
			if a.err != nil {
				return nil
			}
			l.add(1)
			_ = s.report(owner, "accepted", address, nil)
			go func() {
				_, _ = io.Copy(io.Discard, a.c)
				_ = a.c.Close()
				l.add(-1)
			}()
		}
	}
}

func (l *listener) add(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.busy += n
	close(l.changed)
	l.changed = make(chan struct{})
}

// Drain waits until no accepted connection is open on the listener that is, or was, at the address.
func (s *sockets) Drain(ctx context.Context, _, address string) error {
	s.mu.Lock()
	l := s.last[address]
	s.mu.Unlock()
	if l == nil {
		return nil
	}
	for {
		l.mu.Lock()
		busy, changed := l.busy, l.changed
		l.mu.Unlock()
		if busy == 0 {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Dial reports whether anybody listens.
func (s *sockets) Dial(owner, address string) error {
	a, _ := plan.ParseAddress(address)
	network, real := a.Network, s.path(a)
	if l := s.find(address); l != nil {
		real = l.Addr().String()
	} else if network == "tcp" {
		_ = s.report(owner, "dial", address, errRefused)
		return nil
	}
	c, err := net.Dial(network, real)
	if err != nil {
		_ = s.report(owner, "dial", address, errRefused)
		return nil
	}
	_ = c.Close()
	_ = s.report(owner, "dial", address, nil)
	return nil
}

// RemoveFile removes a socket's file without closing its listener.
func (s *sockets) RemoveFile(owner, address string) error {
	a, _ := plan.ParseAddress(address)
	if err := os.Remove(s.path(a)); err != nil {
		return s.report(owner, "removeFile", address, errNotOpen)
	}
	return s.report(owner, "removeFile", address, nil)
}
