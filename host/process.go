package host

import (
	"errors"
	"net"
	"os"
	"os/signal"
	"sync"
)

// Process is what the host needs of the process that it is in.
type Process interface {
	// OnSignal installs a handler for the signals. It runs on a thread of its own for each delivery, and says whether the
	// default action is cancelled. The returned function takes the handler back.
	OnSignal(sigs []os.Signal, handle func(os.Signal) (cancelDefault bool)) (remove func())
	// OnExit installs a handler of the process's exit, which the exit waits for. The returned function takes it back.
	OnExit(handle func()) (remove func())
	// NotifyManager tells the service manager that started the process something, such as READY=1. Without one it does
	// nothing and succeeds.
	NotifyManager(state string) error
	// SetExitCode sets the code that the process ends with unless it is ended with another.
	SetExitCode(code int)
}

// OSProcess is the process that the program runs in. Go has no exit event: handlers of OnExit run in [Exit], and nowhere else.
func OSProcess() Process { return theProcess }

// Exit runs the exit handlers of [OSProcess], newest first, and ends the process with the code.
func Exit(code int) { theProcess.exit(code) }

var theProcess = &osProcess{}

type osProcess struct {
	mu       sync.Mutex
	handlers []*func()
	code     int
	coded    bool
}

func (p *osProcess) OnSignal(sigs []os.Signal, handle func(os.Signal) bool) (remove func()) {
	c := make(chan os.Signal, 8)
	done := make(chan struct{})
	signal.Notify(c, sigs...)
	go func() {
		for {
			select {
			case s := <-c:
				go handle(s)
			case <-done:
				return
			}
		}
	}()
	var once sync.Once
	return func() {
		once.Do(func() {
			signal.Stop(c)
			close(done)
		})
	}
}

func (p *osProcess) OnExit(handle func()) (remove func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	h := &handle
	p.handlers = append(p.handlers, h)
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		for i, x := range p.handlers {
			if x == h {
				p.handlers = append(p.handlers[:i], p.handlers[i+1:]...)
				return
			}
		}
	}
}

// NotifyManager sends one datagram to the socket that NOTIFY_SOCKET names; a leading @ is an abstract socket (SYS-3).
func (p *osProcess) NotifyManager(state string) error {
	name := os.Getenv("NOTIFY_SOCKET")
	if name == "" {
		return nil
	}
	if name[0] == '@' {
		name = "\x00" + name[1:]
	}
	c, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		return err
	}
	_, err = c.Write([]byte(state))
	return errors.Join(err, c.Close())
}

func (p *osProcess) SetExitCode(code int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.code, p.coded = code, true
}

func (p *osProcess) exit(code int) {
	for {
		p.mu.Lock()
		n := len(p.handlers)
		if n == 0 {
			break
		}
		h := *p.handlers[n-1]
		p.handlers = p.handlers[:n-1]
		p.mu.Unlock()
		h()
	}
	if p.coded {
		code = p.code
	}
	os.Exit(code)
}
