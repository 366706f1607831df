//go:build !linux

package supervise

import (
	"errors"
	"fmt"
	"net"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// Tree is a running program. On this system only its first process and its process group are known. Its methods may be
// called from any goroutine.
type Tree struct {
	cmd     *exec.Cmd
	started time.Time
	out     [2]*capture
	done    chan struct{}

	mu     sync.Mutex
	exit   Exit
	closed sync.Once
}

// Start runs the command. It returns when the program has been executed, and fails with a [StartError] if it could not
// be; the caller must call Close in the end.
func Start(c Command) (*Tree, error) {
	if len(c.Args) == 0 || c.Args[0] == "" {
		return nil, &StartError{Name: "the program", Err: errors.New("no command was given")}
	}
	if c.PID1 {
		return nil, &StartError{Name: c.Args[0], Err: fmt.Errorf("a PID namespace is %w", ErrUnsupported)}
	}
	t := &Tree{cmd: exec.Command(c.Args[0], c.Args[1:]...), done: make(chan struct{})}
	t.cmd.Env, t.cmd.Dir = c.environ(), c.Dir
	ownGroup(t.cmd)
	t.cmd.WaitDelay = time.Second // a grandchild may keep the pipes open
	for i, s := range []Stream{Stdout, Stderr} {
		t.out[i] = newCapture(c.Output)
		w := &lines{stream: s, to: t.out[i], line: c.Line}
		if i == 0 {
			t.cmd.Stdout = w
		} else {
			t.cmd.Stderr = w
		}
	}
	if err := t.cmd.Start(); err != nil {
		return nil, &StartError{Name: c.Args[0], Err: err}
	}
	t.started = time.Now()
	go func() {
		_ = t.cmd.Wait()
		t.mu.Lock()
		t.exit = exitOf(t.cmd.ProcessState)
		t.mu.Unlock()
		close(t.done)
	}()
	return t, nil
}

// lines is the writer side of pump, for output that os/exec copies.
type lines struct {
	stream Stream
	to     *capture
	line   func(Stream, string)
	part   []byte
}

func (l *lines) Write(p []byte) (int, error) {
	_, _ = l.to.Write(p)
	if l.line == nil {
		return len(p), nil
	}
	for _, b := range p {
		if b == '\n' {
			l.line(l.stream, trimEOL(l.part))
			l.part = l.part[:0]
		} else if len(l.part) < lineLimit {
			l.part = append(l.part, b)
		}
	}
	return len(p), nil
}

// PID gives the id of the program's process.
func (t *Tree) PID() int { return t.cmd.Process.Pid }

// Started gives when the program had been executed.
func (t *Tree) Started() time.Time { return t.started }

// Done is closed when the program's first process has ended.
func (t *Tree) Done() <-chan struct{} { return t.done }

// Empty is closed with Done: on this system nothing else of the tree can be seen.
func (t *Tree) Empty() <-chan struct{} { return t.done }

// Read is closed with Done.
func (t *Tree) Read() <-chan struct{} { return t.done }

// Exit gives how the first process ended; false while it lives.
func (t *Tree) Exit() (Exit, bool) {
	select {
	case <-t.done:
		t.mu.Lock()
		defer t.mu.Unlock()
		return t.exit, true
	default:
		return Exit{}, false
	}
}

// Signal sends a signal to the first process. It fails when that process has ended.
func (t *Tree) Signal(s syscall.Signal) error { return t.cmd.Process.Signal(s) }

// Processes answers [ErrUnsupported].
func (t *Tree) Processes() ([]Process, error) { return nil, ErrUnsupported }

// States answers [ErrUnsupported].
func (t *Tree) States() ([]Process, error) { return nil, ErrUnsupported }

// Listeners answers [ErrUnsupported].
func (t *Tree) Listeners() ([]Listener, error) { return nil, ErrUnsupported }

// SignalState answers [ErrUnsupported].
func (t *Tree) SignalState(syscall.Signal) (SignalState, error) {
	return SignalState{}, ErrUnsupported
}

// Connection answers [ErrUnsupported].
func (t *Tree) Connection(net.Conn) (accepted bool, unread uint64, err error) {
	return false, 0, ErrUnsupported
}

// Output gives what was kept of a stream so far.
func (t *Tree) Output(s Stream) string {
	if s == Stdout {
		return t.out[0].String()
	}
	return t.out[1].String()
}

// Close kills the process group and waits for the first process. Further calls do nothing.
func (t *Tree) Close() ([]Process, error) {
	t.closed.Do(func() {
		killGroup(t.cmd)
		<-t.done
	})
	return nil, nil
}

func exitCode(code int, sig syscall.Signal) Exit {
	if sig != 0 {
		return Exit{Code: -1, Signal: sig, At: time.Now()}
	}
	return Exit{Code: code, At: time.Now()}
}
