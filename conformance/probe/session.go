package probe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/hostsim/hostsim/conformance/probe/supervise"
)

const (
	tick       = 5 * time.Millisecond // between two looks at what sends no event
	leftLimit  = 2 * time.Second      // how long others of the tree may outlive the program (HOST-PROBE-006)
	calmLooks  = 6                    // looks in a row at which nothing changes, to count as settled
	takenLooks = 3                    // the same after a signal
	calmLimit  = time.Second          // after which an unsettled program counts as settled
	resetLimit = 30 * time.Second
)

// session is one run of the program.
type session struct {
	p          *prober
	tree       *supervise.Tree
	readyAfter time.Duration
	readyBy    string
	background bool // the process that was started has ended, and another one of its tree goes on
	files      files
	lines      chan struct{} // a line that matches was seen
	closed     bool
}

// runError is a run that could not be made as a check needs it. It makes the clause unseen, or broken where the clause
// is about just that.
type runError struct {
	said        string
	facts       []Fact
	output      string
	cannotStart bool
}

func (e *runError) Error() string { return e.said }

// launch starts the program without waiting for anything.
func (p *prober) launch(pid1 bool) (*session, error) {
	if err := p.ctx.Err(); err != nil {
		return nil, err
	}
	if err := p.reset(); err != nil {
		return nil, err
	}
	if p.o.Ready.Port != 0 && connects(p.ctx, loopAddr(p.o.Ready.Port)) {
		return nil, &runError{said: "The port of --ready-port is taken by another program, so its opening would tell nothing."}
	}
	s := &session{p: p, lines: make(chan struct{}, 1), files: lookBefore(p)}
	env := p.o.Env
	if env == nil {
		env = os.Environ()
	}
	env = append([]string(nil), env...)
	if p.note != nil {
		p.note.clear()
		env = append(env, "NOTIFY_SOCKET="+p.note.path)
	}
	cmd := supervise.Command{Args: p.o.Args, Env: env, Dir: p.o.Dir, PID1: pid1}
	if re := p.o.Ready.Line; re != nil {
		cmd.Line = func(_ supervise.Stream, line string) {
			if re.MatchString(line) {
				select {
				case s.lines <- struct{}{}:
				default:
				}
			}
		}
	}
	tree, err := supervise.Start(cmd)
	if err != nil {
		return nil, err
	}
	s.tree = tree
	p.starts++
	return s, nil
}

// start starts the program and waits until it is ready and has come to rest.
func (p *prober) start() (*session, error) {
	s, err := p.launch(false)
	if err != nil {
		var se *supervise.StartError
		if errors.As(err, &se) {
			return nil, cannotStart(se)
		}
		return nil, err
	}
	if err := s.awaitReady(); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func cannotStart(e *supervise.StartError) *runError {
	return &runError{said: "The program could not be started.", facts: []Fact{{"error", e.Err.Error()}}, cannotStart: true}
}

// reset runs the command that brings back a clean state.
func (p *prober) reset() error {
	if p.o.Reset == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(p.ctx, resetLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", p.o.Reset)
	cmd.Dir, cmd.Env, cmd.WaitDelay = p.o.Dir, p.o.Env, time.Second
	if out, err := cmd.CombinedOutput(); err != nil {
		return &OptionError{Option: "reset", Msg: fmt.Sprintf("the command failed: %v: %s", err, bytes.TrimSpace(out))}
	}
	return nil
}

// signal sends a signal and gives when.
func (s *session) signal(sig syscall.Signal) (time.Time, error) {
	at := time.Now()
	if err := s.tree.Signal(sig); err != nil {
		return at, s.trouble("It ended by itself before the signal was sent.")
	}
	return at, nil
}

// stop sends the stop signal.
func (s *session) stop() (time.Time, error) { return s.signal(s.p.o.StopSignal) }

// trouble is a run that went wrong, with what is known of it.
func (s *session) trouble(said string) *runError {
	e := &runError{said: said, output: s.output()}
	if x, ended := s.tree.Exit(); ended {
		e.facts = append(e.facts, Fact{"end", x.String()})
	}
	return e
}

// ending is how a run came to its end after a signal.
type ending struct {
	hung bool
	exit supervise.Exit
	took time.Duration // from the signal on; 0 if it hung
	left []supervise.Process
}

// awaitExit waits for the program to end, for the grace at most, counted from the signal, and then for the rest of its
// tree, for two seconds. It fails only when the probe is cancelled.
func (s *session) awaitExit(since time.Time) (ending, error) {
	limit := time.NewTimer(time.Until(since.Add(s.p.o.Grace)))
	defer limit.Stop()
	select {
	case <-s.tree.Done():
	case <-s.p.ctx.Done():
		return ending{}, s.p.ctx.Err()
	case <-limit.C:
		if _, ended := s.tree.Exit(); !ended {
			return ending{hung: true}, nil
		}
	}
	x, _ := s.tree.Exit()
	e := ending{exit: x, took: max(0, x.At.Sub(since))}
	if s.p.leaves {
		return e, nil // it always leaves something behind; that is known, and waiting for it tells nothing new
	}
	rest := time.NewTimer(leftLimit)
	defer rest.Stop()
	select {
	case <-s.tree.Empty():
	case <-s.p.ctx.Done():
		return e, s.p.ctx.Err()
	case <-rest.C:
		if ps, err := s.tree.Processes(); err == nil {
			e.left = ps
		}
	}
	return e, nil
}

// remember counts a shutdown that came to its end by itself for the budget.
func (p *prober) remember(check string, e ending) {
	if !e.hung {
		p.took = append(p.took, shutdown{check, e.took})
	}
}

// output gives the end of what the program wrote, stderr first, at most 2 KiB. After the end of the program it waits a
// moment for the last of it.
func (s *session) output() string {
	if _, ended := s.tree.Exit(); ended {
		limit := time.NewTimer(calmLimit)
		defer limit.Stop()
		select {
		case <-s.tree.Read():
		case <-limit.C: // a process that was left behind has the streams open
		}
	}
	out := tail(s.tree.Output(supervise.Stderr), 2048)
	if strings.TrimSpace(out) == "" {
		out = tail(s.tree.Output(supervise.Stdout), 2048)
	}
	return strings.TrimRight(out, "\n")
}

func tail(s string, n int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= n {
		return s
	}
	s = s[len(s)-n:]
	if _, rest, ok := strings.Cut(s, "\n"); ok {
		s = rest
	}
	return "...\n" + strings.ToValidUTF8(s, "")
}

// close kills what is left of the run and removes the files that it left, so that the next run starts clean.
func (s *session) close() { s.end(true) }

// end kills what is left of the run; with clean it removes the files that the run left, too.
func (s *session) end(clean bool) {
	if s.closed {
		return
	}
	s.closed = true
	_, _ = s.tree.Close()
	if clean {
		s.files.remove()
	}
	s.p.prog.Done++
	s.p.tell()
}

func processFacts(ps []supervise.Process) []Fact {
	var out []Fact
	for i, p := range ps {
		if i == 5 {
			out = append(out, Fact{"and more", len(ps) - i})
			break
		}
		out = append(out, Fact{"left behind", p.Name}, Fact{"its pid", PID(p.PID)})
	}
	return out
}
