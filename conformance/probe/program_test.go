//go:build linux

package probe_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// The test binary is the program under probe when PROGRAM names its kind: a small HTTP server that does everything
// right, but for the one fault that FAULT names.
func TestMain(m *testing.M) {
	switch os.Getenv("PROGRAM") {
	case "server":
		server(os.Getenv("FAULT"))
	case "child":
		select {}
	case "raw":
		raw()
	default:
		flag.Parse()
		_ = flag.Set("test.parallel", "12") // the tests wait for other processes most of their time
		goleak.VerifyTestMain(m)
	}
}

// app is the good server: it closes its listener, idle and silent connections first, waits for running requests, and
// ends with exit code 0.
type app struct {
	fault string
	srv   *http.Server
	l     net.Listener
	child *exec.Cmd

	mu       sync.Mutex
	conns    map[net.Conn]http.ConnState
	idle     chan struct{} // signalled when a connection changes its state
	draining chan struct{}
	cleanup  []func()
}

func server(fault string) {
	a := &app{fault: fault, conns: map[net.Conn]http.ConnState{}, idle: make(chan struct{}, 1), draining: make(chan struct{})}
	sig := make(chan os.Signal, 8)
	if fault != "lost in start-up" {
		signal.Notify(sig, syscall.SIGTERM, syscall.SIGINT)
	}
	switch {
	case fault == "never ready":
		select {}
	case fault == "daemon" && os.Getenv("DAEMON") == "":
		c := exec.Command("/proc/self/exe")
		c.Env = append(os.Environ(), "DAEMON=1")
		c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		a.must(c.Start())
		os.Exit(0)
	case fault == "deaf", fault == "deaf as process 1" && os.Getpid() == 1:
		signal.Ignore(syscall.SIGTERM)
	case fault == "deaf to SIGINT":
		signal.Ignore(syscall.SIGINT)
	case fault == "lost in start-up":
		signal.Notify(make(chan os.Signal, 1), syscall.SIGTERM)
	}
	if fault == "leaves a child" || fault == "leaves a child in start-up" {
		a.child = exec.Command("/proc/self/exe")
		a.child.Env = append(os.Environ(), "PROGRAM=child")
		a.child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		a.must(a.child.Start())
	}
	a.startUp(sig)
	a.listen()
	ready := os.Getenv("READY_FILE")
	if ready != "" {
		a.must(os.WriteFile(ready, []byte("ready"), 0o644))
		a.cleanup = append(a.cleanup, func() { os.Remove(ready) })
	}
	notify("READY=1")
	fmt.Println("listening on", a.l.Addr())
	if fault == "lost in start-up" {
		signal.Notify(sig, syscall.SIGTERM, syscall.SIGINT)
	}
	a.stop((<-sig).(syscall.Signal), sig)
}

// startUp takes a moment when START_UP says so, and gives up at a signal.
func (a *app) startUp(sig chan os.Signal) {
	d, err := time.ParseDuration(os.Getenv("START_UP"))
	if err != nil {
		return
	}
	select {
	case <-time.After(d): // the program under probe is slow; nothing is awaited by it
	case <-sig:
		switch a.fault {
		case "crash in start-up":
			panic("nil server")
		case "leaves a child in start-up":
			os.Exit(0)
		}
		if a.child != nil {
			a.child.Process.Kill()
		}
		os.Exit(0)
	}
}

func (a *app) must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "server:", err)
		for _, f := range a.cleanup {
			f()
		}
		if a.fault == "exit 0 on failure" {
			os.Exit(0)
		}
		os.Exit(1)
	}
}

func (a *app) listen() {
	if lock := os.Getenv("LOCK"); lock != "" && a.fault == "trusts a stale lock" {
		f, err := os.OpenFile(lock, os.O_CREATE|os.O_EXCL, 0o644)
		a.must(err)
		f.Close()
		a.cleanup = append(a.cleanup, func() { os.Remove(lock) })
	}
	lc := net.ListenConfig{}
	if a.fault == "no SO_REUSEADDR" {
		lc.Control = func(_, _ string, c syscall.RawConn) error {
			return c.Control(func(fd uintptr) { _ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 0) })
		}
	}
	var err error
	a.l, err = lc.Listen(context.Background(), "tcp", "127.0.0.1:"+os.Getenv("PORT"))
	a.must(err)
	if path := os.Getenv("SOCK"); path != "" {
		os.Remove(path)
		ul, err := net.Listen("unix", path)
		a.must(err)
		ul.(*net.UnixListener).SetUnlinkOnClose(a.fault != "leaves a socket")
		a.cleanup = append(a.cleanup, func() { ul.Close() })
	}
	if path := os.Getenv("PID_FILE"); path != "" {
		a.must(os.WriteFile(path, fmt.Appendln(nil, os.Getpid()), 0o644))
		if a.fault != "leaves a pid file" {
			a.cleanup = append(a.cleanup, func() { os.Remove(path) })
		}
	}
	a.srv = &http.Server{Handler: http.HandlerFunc(a.serve), ConnState: a.state}
	l := a.l
	if a.fault == "accepts and drops" {
		l = &stuck{Listener: l, from: a.draining}
	}
	go a.srv.Serve(l)
}

func (a *app) serve(w http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body)
	switch r.URL.Path {
	case "/slow":
		<-time.After(400 * time.Millisecond) // the program under probe is slow; nothing is awaited by it
	case "/large":
		block := make([]byte, 1<<20)
		for range 16 {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
		return
	}
	fmt.Fprintln(w, "hello")
}

func (a *app) state(c net.Conn, s http.ConnState) {
	a.mu.Lock()
	if s == http.StateClosed || s == http.StateHijacked {
		delete(a.conns, c)
	} else {
		a.conns[c] = s
	}
	a.mu.Unlock()
	select {
	case a.idle <- struct{}{}:
	default:
	}
}

// stop is the shutdown.
func (a *app) stop(got syscall.Signal, sig chan os.Signal) {
	notify(map[bool]string{true: "", false: "STOPPING=1"}[a.fault == "silent to systemd"])
	close(a.draining)
	go func() {
		for range sig {
			switch a.fault {
			case "second signal blocks":
				a.mu.Lock() // and never gives it back
			case "second signal crashes":
				panic("close of closed channel")
			}
		}
	}()
	switch a.fault {
	case "exit 1":
		a.end(1)
	case "exit 1 on SIGINT":
		if got == syscall.SIGINT {
			a.end(1)
		}
	case "cuts requests":
		a.l.Close()
		a.end(0)
	case "second signal blocks", "second signal crashes":
		<-time.After(time.Second) // long enough to be met by the second signal on a busy machine, too
	case "slow to end":
		<-time.After(time.Second) // the program under probe is slow; nothing is awaited by it
	}
	wait := func(http.ConnState) bool { return false } // the states that the shutdown waits for besides running requests
	switch a.fault {
	case "waits for idle connections":
		wait = func(s http.ConnState) bool { return s == http.StateIdle }
	case "waits for silent connections":
		wait = func(s http.ConnState) bool { return s == http.StateNew }
	}
	if a.fault != "accepts and drops" && a.fault != "keeps connections alive" {
		a.l.Close()
	}
	for {
		a.mu.Lock()
		open := 0
		for c, s := range a.conns {
			switch {
			case s == http.StateActive || wait(s):
				open++
			case a.fault == "resets connections" && s == http.StateNew:
				c.(*net.TCPConn).SetLinger(0)
				c.Close()
			case s == http.StateNew:
				c.Close()
			case a.fault != "keeps connections alive":
				c.Close()
			}
		}
		a.mu.Unlock()
		if open == 0 {
			break
		}
		if a.fault != "keeps connections alive" && a.fault != "waits for idle connections" {
			a.srv.SetKeepAlivesEnabled(false)
		}
		<-a.idle
	}
	if a.fault == "re-raises" {
		for _, f := range a.cleanup {
			f()
		}
		signal.Reset()
		syscall.Kill(os.Getpid(), got)
		<-time.After(time.Second) // as process 1 the signal is dropped
		os.Exit(1)
	}
	a.end(0)
}

func (a *app) end(code int) {
	for _, f := range a.cleanup {
		f()
	}
	if a.child != nil && a.fault != "leaves a child" {
		a.child.Process.Kill()
		a.child.Wait()
	}
	os.Exit(code)
}

// stuck is a listener that accepts nothing any more once the shutdown has begun, and stays open.
type stuck struct {
	net.Listener
	from chan struct{}
}

func (s *stuck) Accept() (net.Conn, error) {
	c, err := s.Listener.Accept()
	select {
	case <-s.from:
		if c != nil {
			<-make(chan struct{})
		}
	default:
	}
	return c, err
}

func notify(what string) {
	path := os.Getenv("NOTIFY_SOCKET")
	if path == "" || what == "" {
		return
	}
	c, err := net.Dial("unixgram", path)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	defer c.Close()
	io.WriteString(c, what+"\nSTATUS=fine")
}

// raw is a server that speaks a protocol of its own: it answers each line, and waits for every connection at its end
// when FAULT says so.
func raw() {
	l, err := net.Listen("tcp", "127.0.0.1:"+os.Getenv("PORT"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	var open sync.WaitGroup
	go func() {
		for {
			c, err := l.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			open.Add(1)
			go func() {
				defer open.Done()
				defer c.Close()
				buf := make([]byte, 100)
				for {
					n, err := c.Read(buf)
					if err != nil || strings.HasPrefix(string(buf[:n]), "GET") {
						return
					}
					io.WriteString(c, "PONG\r\n")
				}
			}()
		}
	}()
	sig := make(chan os.Signal, 2)
	signal.Notify(sig, syscall.SIGTERM, syscall.SIGINT)
	<-sig
	l.Close()
	if os.Getenv("FAULT") == "waits for silent connections" {
		open.Wait()
	}
	os.Exit(0)
}
