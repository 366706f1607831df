//go:build unix

package adapter

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/hostsim/hostsim/scenarios/trace"
)

// newSockets makes sockets whose events come on a channel.
func newSockets(t *testing.T) (*sockets, func(want string) trace.Event, map[string]string) {
	events := make(chan trace.Event, 100)
	var mu sync.Mutex
	at := map[string]string{}
	s := &sockets{dir: t.TempDir(), emit: func(e trace.Event) { events <- e }, listening: func(a, real string) { mu.Lock(); at[a] = real; mu.Unlock() }}
	next := func(want string) trace.Event {
		t.Helper()
		select {
		case e := <-events:
			if got := e.Who + "." + e.What + "=" + e.Outcome; got != want {
				t.Errorf("event %s, want %s", got, want)
			}
			return e
		case <-time.After(5 * time.Second):
			t.Fatalf("no event, want %s", want)
		}
		return trace.Event{}
	}
	return s, next, at
}

func TestListenersAndTheirFiles(t *testing.T) {
	s, next, _ := newSockets(t)
	file := func(name string) string { return filepath.Join(s.dir, name) }
	if err := os.WriteFile(file("foreign"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(file("dir"), 0o700); err != nil {
		t.Fatal(err)
	}
	stale, err := net.ListenUnix("unix", &net.UnixAddr{Name: file("stale"), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	stale.SetUnlinkOnClose(false)
	_ = stale.Close()
	live, err := net.Listen("unix", file("live"))
	if err != nil {
		t.Fatal(err)
	}
	defer live.Close()
	for _, c := range []struct{ address, outcome string }{
		{"unix:new", "ok"}, {"unix:new", "error:in use"}, {"unix:stale", "ok"}, {"unix:live", "error:in use"},
		{"unix:foreign", "error:a file that is not a socket is in the way"}, {"unix:dir", "error:permission denied"}, {"tcp:web", "ok"}, {"tcp:web", "error:in use"},
	} {
		_ = s.Listen("a", "start", c.address)
		next("a.listen=" + c.outcome)
	}
	for _, c := range []struct{ address, outcome string }{{"unix:new", "ok"}, {"unix:live", "ok"}, {"unix:nothing", "error:refused"}, {"tcp:web", "ok"}, {"tcp:other", "error:refused"}} {
		_ = s.Dial("a", c.address)
		next("a.dial=" + c.outcome)
	}
	_ = s.CloseListener("a", "unix:new")
	next("a.close=ok")
	if _, err := os.Lstat(file("new")); err == nil {
		t.Error("the file of a closed listener is still there")
	}
	_ = s.CloseListener("a", "unix:new")
	next("a.close=error:not open")
	_ = s.RemoveFile("a", "unix:stale")
	next("a.removeFile=ok")
	_ = s.RemoveFile("a", "unix:stale")
	next("a.removeFile=error:not open")
	for _, address := range []string{"unix:stale", "tcp:web"} {
		if err := s.CloseListener("a", address); err != nil {
			t.Error(err)
		}
	}
}

func TestAcceptAndDrain(t *testing.T) {
	s, next, at := newSockets(t)
	if err := s.Listen("a", "start", "tcp:web"); err != nil {
		t.Fatal(err)
	}
	next("a.listen=ok")
	done := make(chan error, 2)
	go func() { done <- s.Accept(context.Background(), "w", "tcp:web") }()
	c, err := net.Dial("tcp", at["tcp:web"])
	if err != nil {
		t.Fatal(err)
	}
	next("w.accepted=ok")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.Drain(ctx, "a", "tcp:web"); err != context.Canceled {
		t.Errorf("Drain with an open connection: %v", err)
	}
	drained := make(chan error, 1)
	go func() { drained <- s.Drain(context.Background(), "a", "tcp:web") }()
	_ = c.Close()
	if err := <-drained; err != nil {
		t.Errorf("Drain: %v", err)
	}
	if err := s.CloseListener("a", "tcp:web"); err != nil {
		t.Error(err)
	}
	if err := <-done; err != nil {
		t.Errorf("Accept after the listener was closed: %v", err)
	}
	if err := s.Accept(context.Background(), "w", "tcp:web"); err != errNotOpen {
		t.Errorf("Accept without a listener: %v", err)
	}
	if err := s.Drain(context.Background(), "w", "tcp:none"); err != nil {
		t.Errorf("Drain without a listener: %v", err)
	}
}

// TestDrainAfterClose: connections outlive their listener, and a stop that closes it first still waits for them.
func TestDrainAfterClose(t *testing.T) {
	s, next, at := newSockets(t)
	if err := s.Listen("w", "start", "tcp:web"); err != nil {
		t.Fatal(err)
	}
	next("w.listen=ok")
	accepting := make(chan error, 1)
	go func() { accepting <- s.Accept(context.Background(), "w", "tcp:web") }()
	c, err := net.Dial("tcp", at["tcp:web"])
	if err != nil {
		t.Fatal(err)
	}
	next("w.accepted=ok")
	if err := s.CloseListener("w", "tcp:web"); err != nil {
		t.Fatal(err)
	}
	next("w.close=ok")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.Drain(ctx, "w", "tcp:web"); err != context.Canceled {
		t.Errorf("Drain with an open connection on a closed listener: %v", err)
	}
	_ = c.Close()
	if err := s.Drain(context.Background(), "w", "tcp:web"); err != nil {
		t.Errorf("Drain: %v", err)
	}
	if err := <-accepting; err != nil {
		t.Errorf("Accept: %v", err)
	}
}
