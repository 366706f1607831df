package supervise

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"github.com/hostsim/hostsim/internal/proctree"
	"github.com/hostsim/hostsim/internal/proctree/sockets"
)

// Tree is a running program and everything that it started. Its methods may be called from any goroutine.
type Tree struct {
	pid     int
	started time.Time
	reaper  *exec.Cmd
	orders  *os.File
	out     [2]*capture
	pipes   [2]*os.File

	done  chan struct{} // the program has ended
	empty chan struct{} // no process of the tree is left
	gone  chan struct{} // the reaper has ended
	read  chan struct{} // both streams are read to their end

	mu       sync.Mutex
	exit     Exit
	lastSeen []Process
	closed   sync.Once
	left     []Process
	closeErr error
}

// Start runs the command. It returns when the program has been executed, and fails with a [StartError] if it could not
// be; the caller must call Close in the end.
func Start(c Command) (*Tree, error) {
	if len(c.Args) == 0 || c.Args[0] == "" {
		return nil, &StartError{Name: "the program", Err: errors.New("no command was given")}
	}
	var files []*os.File
	fail := func(err error) (*Tree, error) {
		for _, f := range files {
			f.Close()
		}
		return nil, &StartError{Name: c.Args[0], Err: err}
	}
	pipe := func() (r, w *os.File, err error) {
		if r, w, err = os.Pipe(); err == nil {
			files = append(files, r, w)
		}
		return
	}
	ordersR, ordersW, err := pipe()
	if err != nil {
		return fail(err)
	}
	eventsR, eventsW, err := pipe()
	if err != nil {
		return fail(err)
	}
	t := &Tree{orders: ordersW, done: make(chan struct{}), empty: make(chan struct{}), gone: make(chan struct{}), read: make(chan struct{})}
	t.reaper = exec.Command("/proc/self/exe")
	t.reaper.Args[0] = "hostsim-reaper"
	t.reaper.Env = append(os.Environ(), reaperVariable+"=1")
	t.reaper.ExtraFiles = []*os.File{ordersR, eventsW}
	t.reaper.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	var ends [2]*os.File
	for i := range t.pipes {
		r, w, err := pipe()
		if err != nil {
			return fail(err)
		}
		t.pipes[i], ends[i], t.out[i] = r, w, newCapture(c.Output)
	}
	t.reaper.Stdout, t.reaper.Stderr = ends[0], ends[1]
	if err := t.reaper.Start(); err != nil {
		return fail(fmt.Errorf("the reaper: %w", err))
	}
	for _, f := range []*os.File{ordersR, eventsW, ends[0], ends[1]} {
		f.Close()
	}
	files = []*os.File{ordersW, eventsR, t.pipes[0], t.pipes[1]}

	var pumps sync.WaitGroup
	for i, s := range []Stream{Stdout, Stderr} {
		pumps.Go(func() { pump(t.pipes[i], s, t.out[i], c.Line) })
	}
	go func() { pumps.Wait(); close(t.read) }()
	events := json.NewDecoder(bufio.NewReader(eventsR))
	o, err := json.Marshal(order{Args: c.Args, Env: c.environ(), Dir: c.Dir, PID1: c.PID1})
	if err == nil {
		_, err = ordersW.Write(append(o, '\n'))
	}
	var first event
	if err == nil {
		err = events.Decode(&first)
	}
	if err == nil && first.Kind != "started" {
		err = &launchError{first.Error, syscall.Errno(first.Errno)}
	}
	if err != nil {
		ordersW.Close()
		_ = t.reaper.Wait()
		return fail(err)
	}
	t.pid, t.started = first.PID, time.Now()
	go t.listen(eventsR, events)
	return t, nil
}

// launchError is what the reaper said, and the error number for errors.Is.
type launchError struct {
	text  string
	errno syscall.Errno
}

func (e *launchError) Error() string { return e.text }

func (e *launchError) Unwrap() error {
	if e.errno == 0 {
		return nil
	}
	return e.errno
}

// listen turns the events of the reaper into closed channels. If the reaper itself dies, the tree counts as ended.
func (t *Tree) listen(f *os.File, events *json.Decoder) {
	defer f.Close()
	var exited, emptied bool
	for {
		var e event
		if events.Decode(&e) != nil {
			break
		}
		switch {
		case e.Kind == "exit" && !exited:
			exited = true
			x := Exit{Code: e.Code, At: time.Now()}
			if e.Signal != 0 {
				x = Exit{Code: -1, Signal: syscall.Signal(e.Signal), At: x.At}
			}
			t.mu.Lock()
			t.exit = x
			t.mu.Unlock()
			close(t.done)
		case e.Kind == "empty" && !emptied:
			emptied = true
			close(t.empty)
		case e.Kind == "failed":
			t.mu.Lock()
			t.closeErr = errors.New(e.Error)
			t.mu.Unlock()
		}
	}
	_ = t.reaper.Wait()
	if !emptied {
		t.mu.Lock()
		if t.closeErr == nil {
			t.closeErr = errors.New("the reaper ended before the tree was empty; was it killed by the program?")
		}
		last := t.lastSeen
		t.mu.Unlock()
		_ = syscall.Kill(-t.pid, syscall.SIGKILL)
		for _, p := range last {
			_ = syscall.Kill(p.PID, syscall.SIGKILL)
		}
		close(t.empty)
	}
	if !exited {
		t.mu.Lock()
		t.exit = Exit{Code: -1, Signal: syscall.SIGKILL, At: time.Now()}
		t.mu.Unlock()
		close(t.done)
	}
	close(t.gone)
}

// PID gives the id of the program's first process, as seen from here.
func (t *Tree) PID() int { return t.pid }

// Started gives when the program had been executed.
func (t *Tree) Started() time.Time { return t.started }

// Done is closed when the program's first process has ended; others of its tree may live on.
func (t *Tree) Done() <-chan struct{} { return t.done }

// Empty is closed when no process of the tree is left.
func (t *Tree) Empty() <-chan struct{} { return t.empty }

// Read is closed when all that the tree wrote has been read, which takes until every process that has the streams open
// has ended.
func (t *Tree) Read() <-chan struct{} { return t.read }

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

// Signal sends a signal to the first process of the tree. It fails when that process has ended.
func (t *Tree) Signal(s syscall.Signal) error {
	if e, ended := t.Exit(); ended {
		return fmt.Errorf("%s cannot be sent: the program has ended with %s", SignalName(s), e)
	}
	return syscall.Kill(t.pid, s)
}

// Processes lists what lives of the tree, zombies left out, by process id.
func (t *Tree) Processes() ([]Process, error) {
	out, err := t.States()
	for i, p := range out {
		out[i].Name = proctree.CommandLine(p, 120)
	}
	return out, err
}

// States is [Tree.Processes] without the command lines, for those who look often: the names are those of the programs.
func (t *Tree) States() ([]Process, error) {
	all := proctree.Descendants(t.reaper.Process.Pid)
	out := all[:0]
	for _, p := range all {
		if !p.Ended() {
			out = append(out, p)
		}
	}
	t.mu.Lock()
	t.lastSeen = append([]Process(nil), out...)
	t.mu.Unlock()
	return out, nil
}

// Listeners lists the TCP and Unix sockets that the tree listens on, sorted.
func (t *Tree) Listeners() ([]Listener, error) {
	ps, err := t.States()
	if err != nil {
		return nil, err
	}
	return sockets.Listeners(ps)
}

// SignalState tells what the first process does about a signal.
func (t *Tree) SignalState(s syscall.Signal) (SignalState, error) {
	return proctree.SignalStateOf(t.pid, int(s))
}

// Connection tells whether the tree has accepted a connection that we dialled to one of its listeners, and how many of
// the bytes sent over it the tree has not read. It fails when the kernel knows no such connection.
func (t *Tree) Connection(c net.Conn) (accepted bool, unread uint64, err error) {
	client, ok1 := c.LocalAddr().(*net.TCPAddr)
	server, ok2 := c.RemoteAddr().(*net.TCPAddr)
	if !ok1 || !ok2 {
		return false, 0, ErrUnsupported
	}
	return sockets.Connection(t.pid, client, server)
}

// Output gives what was kept of a stream so far.
func (t *Tree) Output(s Stream) string {
	if s == Stdout {
		return t.out[0].String()
	}
	return t.out[1].String()
}

// Close kills what is left of the tree and returns it, once nothing is left. It blocks for at most 25 seconds, then
// fails. Further calls return the same.
func (t *Tree) Close() ([]Process, error) {
	t.closed.Do(func() {
		t.left, _ = t.Processes()
		t.orders.Close()
		limit := time.NewTimer(25 * time.Second)
		defer limit.Stop()
		select {
		case <-t.gone:
		case <-limit.C:
			t.mu.Lock()
			t.closeErr = errors.New("the reaper did not end within 25 seconds")
			t.mu.Unlock()
			_ = t.reaper.Process.Kill()
			<-t.gone
		}
		for _, p := range t.pipes {
			p.Close()
		}
	})
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.left, t.closeErr
}
