package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hostsim/hostsim/conformance/protocol"
)

const fifoName = ".events"

var runCount atomic.Uint64

// incoming is a message, or the error after which none follows, and when it was read.
type incoming struct {
	msg protocol.Message
	err error
	at  time.Time
}

// session is one process of the adapter.
type session struct {
	r       *Runner
	cmd     *exec.Cmd
	tree    tree
	began   time.Time
	stdin   *os.File
	events  events
	reader  *protocol.Reader
	msgs    chan incoming
	exited  chan struct{} // closed when the process has been waited for; status counts then
	status  Status
	out     *capture
	err     *capture
	pipes   []*os.File // our ends of stdout and stderr
	flooded chan string
	stop    chan struct{} // closed when nobody takes messages any more
	close   sync.Once
	id      *protocol.Identity
	runs    int
	own     string // a directory for a named pipe; empty: none
}

// start starts a process of the adapter. The error is a *protocol.Fault if the command cannot be started.
func start(r *Runner) (*session, error) {
	if len(r.Command) == 0 {
		return nil, errors.New("process: no command")
	}
	if err := supervise(); err != nil {
		return nil, fmt.Errorf("process: cannot supervise children: %w", err)
	}
	unignore()
	s := &session{r: r, exited: make(chan struct{}), stop: make(chan struct{}), flooded: make(chan string, 2), msgs: make(chan incoming, 64)}
	kind := r.Stream
	if kind == "" {
		kind = defaultStream
	}
	if kind == FIFO {
		own, err := os.MkdirTemp(r.Temp, "hostsim-")
		if err != nil {
			return nil, fmt.Errorf("process: %w", err)
		}
		s.own = own
	}
	ev, where, inherit, err := openStream(kind, s.own)
	if err != nil {
		s.removeOwn()
		return nil, fmt.Errorf("process: cannot make the stream of messages: %w", err)
	}
	s.events = ev
	mark := protocol.EnvRun + "=" + strconv.Itoa(os.Getpid()) + "-" + strconv.FormatUint(runCount.Add(1), 10)
	s.cmd = exec.Command(r.Command[0], r.Command[1:]...)
	s.cmd.Dir = r.Dir
	s.cmd.Env = environ(r, where, mark)
	s.cmd.ExtraFiles = inherit
	s.cmd.SysProcAttr = sysProcAttr()
	theirs, err := s.openPipes()
	var tag uint64
	if err == nil {
		s.began = time.Now()
		tag, err = startTagged(s.cmd)
		for _, f := range theirs {
			_ = f.Close()
		}
		if err != nil {
			err = &protocol.Fault{Kind: protocol.CannotStart, Found: plain(err), Expected: "a command that can be run", Mend: "give the command after --, its path from where you stand; is it executable?"}
		}
	}
	if err != nil {
		_ = ev.Close()
		s.closePipes()
		s.removeOwn()
		return nil, err
	}
	pid := s.cmd.Process.Pid
	s.tree = tree{pid: pid, tag: tag, env: mark}
	ev.childStarted()
	limit := orDefault(r.Output, DefaultOutput)
	s.out = newCapture(limit, func() { s.flooded <- "stdout" })
	s.err = newCapture(limit, func() { s.flooded <- "stderr" })
	go s.out.run(s.pipes[0])
	go s.err.run(s.pipes[1])
	s.reader = protocol.NewReader(ev, r.Bounds)
	s.reader.BeginRun() // a process is started for a run
	go s.read()
	go func() {
		_ = s.cmd.Wait() // the error repeats the status
		s.status = statusOf(s.cmd)
		ev.childExited()
		close(s.exited)
	}()
	return s, nil
}

// openPipes makes stdin, stdout and stderr; it gives the child's ends.
func (s *session) openPipes() ([]*os.File, error) {
	inR, inW, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	theirs := []*os.File{inR}
	s.stdin = inW
	for range 2 {
		r, w, err := os.Pipe()
		if err != nil {
			for _, f := range theirs {
				_ = f.Close()
			}
			return nil, err
		}
		s.pipes = append(s.pipes, r)
		theirs = append(theirs, w)
	}
	s.cmd.Stdin, s.cmd.Stdout, s.cmd.Stderr = theirs[0], theirs[1], theirs[2]
	return theirs, nil
}

func (s *session) closePipes() {
	if s.stdin != nil {
		_ = s.stdin.Close()
	}
	for _, f := range s.pipes {
		_ = f.Close()
	}
}

func (s *session) removeOwn() {
	if s.own != "" {
		_ = os.RemoveAll(s.own)
	}
}

// read hands on messages until the first error.
func (s *session) read() {
	for {
		m, err := s.reader.Next()
		select {
		case s.msgs <- incoming{m, err, time.Now()}:
		case <-s.stop:
			return
		}
		if err != nil {
			return
		}
	}
}

// ask writes the command to play a plan; last says that no other follows. It does not wait for it to be read.
func (s *session) ask(run protocol.Run, last bool) {
	s.runs++
	run.ID = s.runs
	if s.runs > 1 {
		s.reader.BeginRun()
	}
	line := protocol.AppendRun(make([]byte, 0, len(run.Plan)+128), run)
	write := func() {
		_, _ = s.stdin.Write(line) // who does not read it is found by what does not follow
		if last {
			_ = s.stdin.Close()
		}
	}
	if len(line) <= 4096 { // fits into an empty pipe: a write that cannot block
		write()
		return
	}
	go write()
}

// awaitIdentity waits for the first message.
func (s *session) awaitIdentity(ctx context.Context, limit time.Duration) (*protocol.Identity, error) {
	if s.id != nil {
		return s.id, nil
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case in := <-s.msgs:
		if in.err != nil {
			return nil, s.early(in.err)
		}
		s.take(in.msg.Identity)
		return s.id, nil
	case <-timer.C:
		return nil, silence(limit)
	case what := <-s.flooded:
		timer.Reset(catchUpLimit) // the identity may be on its way: then the run has this fault, not the adapter
		select {
		case in := <-s.msgs:
			if in.err == nil {
				s.take(in.msg.Identity)
				s.flooded <- what
				return s.id, nil
			}
		case <-timer.C:
		}
		return nil, s.flood(what)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (s *session) take(id *protocol.Identity) {
	s.id = id
	s.r.identified(id)
}

// early turns the end of the stream before the identity into what is wrong.
func (s *session) early(err error) error {
	if !errors.Is(err, io.EOF) && !errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	timer := time.NewTimer(time.Second) // the exit follows at once, if the end of the stream comes from it
	defer timer.Stop()
	select {
	case <-s.exited:
		select {
		case <-s.err.done: // what it said last is read
		case <-timer.C: // somebody else holds its standard error open
		}
		found := "it ended with " + s.status.String()
		if text := lastLine(s.err); text != "" {
			found += ", saying " + text
		}
		return &protocol.Fault{Kind: protocol.DiedEarly, Found: found, Expected: `{"identity":{…}} on the stream that ` + protocol.EnvEvents + ` names`, Mend: "run the command by hand with " + protocol.EnvEvents + "=/dev/stderr to see what it does"}
	case <-timer.C:
		return &protocol.Fault{Kind: protocol.StreamClosed, Found: "the stream of messages was closed, the process lives", Expected: "a stream that stays open until the process ends", Mend: "open " + protocol.EnvEvents + " once and keep it; do not pass descriptor 3 to a launcher that closes it (Runner.Stream: fifo)"}
	}
}

func silence(limit time.Duration) *protocol.Fault {
	return &protocol.Fault{Kind: protocol.Silence, Found: "no message within " + limit.String(), Expected: `{"identity":{…}} at once`, Mend: "does the adapter open the path in " + protocol.EnvEvents + ", write a line and flush it? stdout is not the stream"}
}

func (s *session) flood(what string) *protocol.Fault {
	return &protocol.Fault{Kind: protocol.OutputWithout, Found: "more than " + strconv.FormatInt(orDefault(s.r.Output, DefaultOutput), 10) + " bytes on " + what, Expected: "at most that many in one run", Mend: "does a loop log without end?"}
}

// lastLine gives the last line of what a process wrote, shortened.
func lastLine(c *capture) string {
	text, tail, _ := c.kept.Parts()
	if len(tail) > 0 {
		text = tail
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	last := strings.TrimSpace(lines[len(lines)-1])
	if len(last) > 120 {
		last = last[:120] + "…"
	}
	if last == "" {
		return ""
	}
	return strconv.Quote(last)
}

// end kills whatever is left of the session and releases what it holds. It may be called several times.
func (s *session) end() (left int) {
	s.close.Do(func() {
		select {
		case <-s.exited:
		default:
			s.tree.kill(false)
			timer := time.NewTimer(killLimit)
			select {
			case <-s.exited:
			case <-timer.C:
				left++
			}
			timer.Stop()
		}
		if left == 0 {
			left = s.tree.kill(true)
		}
		close(s.stop)
		_ = s.stdin.Close()
		_ = s.events.Close()
		for i, c := range []*capture{s.out, s.err} { // all writers are dead: the rest is in the pipe
			_ = s.pipes[i].SetReadDeadline(time.Now().Add(time.Second))
			<-c.done
			_ = s.pipes[i].Close()
		}
		s.removeOwn()
	})
	return left
}

// bye lets a process that waits for plans end by itself, and kills it if it does not.
func (s *session) bye() error {
	_ = s.stdin.Close()
	timer := time.NewTimer(2 * time.Second)
	defer timer.Stop()
	var err error
	select {
	case <-s.exited:
	case <-timer.C:
		err = &protocol.Fault{Kind: protocol.CommandNotTaken, Found: "the process lives on after the end of its standard input", Expected: "exit with code 0 then", Mend: "an adapter that declares reuse ends when there are no more commands"}
	}
	s.end()
	return err
}

// plain gives an error without the words that every error of exec has.
func plain(err error) string {
	var e *exec.Error
	if errors.As(err, &e) {
		return strconv.Quote(e.Name) + ": " + e.Err.Error()
	}
	var p *os.PathError
	if errors.As(err, &p) {
		return strconv.Quote(p.Path) + ": " + p.Err.Error()
	}
	return err.Error()
}
