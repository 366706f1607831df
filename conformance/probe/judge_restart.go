package probe

import (
	"errors"
	"net"
	"slices"
	"syscall"
	"time"

	"github.com/hostsim/hostsim/conformance/probe/supervise"
)

// judgeRestart starts the program again at once, first after SIGKILL, then after the stop signal with connections open.
func (p *prober) judgeRestart() error {
	if err := p.restart(idAfterKill, func(s *session) (func(), error) {
		_, err := s.signal(syscall.SIGKILL)
		if err != nil {
			return nil, err
		}
		limit := time.NewTimer(p.o.Grace)
		defer limit.Stop()
		select {
		case <-s.tree.Done():
		case <-limit.C: // it waits for a disk; its tree is closed next, which has a limit of its own
		case <-p.ctx.Done():
		}
		return func() {}, p.ctx.Err()
	}); err != nil {
		return asRunError(err)
	}
	return asRunError(p.restart(idRestart, func(s *session) (func(), error) {
		// The program closes these first, and we do not close them in turn: its end stays behind in FIN-WAIT, as after
		// any restart under load, and keeps a port taken that is bound without SO_REUSEADDR. The abort clears that away.
		// A connection that alone keeps the program from ending is left out: another clause has it.
		o := &silentConns{}
		if !p.broken(idSilent) {
			o = s.openSilent()
		}
		if p.web != nil && !p.broken(idIdle) {
			p.warm(s, o)
		}
		at, err := s.stop()
		if err != nil {
			o.abort()
			return nil, err
		}
		e, err := s.awaitExit(at)
		if err != nil {
			o.abort()
			return nil, err
		}
		if e.hung {
			o.abort()
			return nil, s.trouble("With a connection open the program did not end within the grace.")
		}
		p.remember(checkRestart, e)
		return o.abort, nil
	}))
}

// broken reports whether a clause was judged and does not hold.
func (p *prober) broken(id string) bool {
	f := p.found[id]
	return f != nil && (f.Verdict == Fail || f.Verdict == Hang)
}

// warm adds a connection on which a request was answered.
func (p *prober) warm(s *session, o *silentConns) {
	addr := p.web.addr
	if p.ephemeral {
		addr = s.moved(addr)
	}
	if c, err := dialWeb(p.ctx, addr); err == nil {
		c.ask(p.web.rest, answerLimit)
		_ = c.SetDeadline(time.Time{})
		o.conns = append(o.conns, c.Conn)
	}
}

// restart judges whether the program becomes ready again after an end; down brings it to its end and gives what is to be
// cleared away when all is over.
func (p *prober) restart(id string, down func(*session) (func(), error)) error {
	p.doing("restart: %s", map[string]string{idAfterKill: "at once after SIGKILL", idRestart: "at once after the stop signal"}[id])
	first, err := p.start()
	if err != nil {
		return err
	}
	before, _ := first.tree.Listeners()
	defer first.files.remove()
	clear, err := down(first)
	if err != nil {
		first.close()
		return err
	}
	defer clear()
	first.end(false) // whatever process it left is gone, its files stay

	began := time.Now()
	again, err := p.startKeeping()
	var trouble *runError
	if errors.As(err, &trouble) {
		p.fail(id, "It did not become ready when it was started again. "+trouble.said, trouble.facts...).Output = trouble.output
		return nil
	}
	if err != nil {
		return err
	}
	defer again.close()
	facts := []Fact{{"ready again after", time.Since(began)}}
	after, _ := again.tree.Listeners()
	said := "It became ready again, on the same addresses."
	switch {
	case len(after) == 0 && len(before) == 0:
		said = "It became ready again."
	case !slices.Equal(bounds(before), bounds(after)):
		said = "It became ready again, on other addresses than before."
		facts = append(facts, Fact{"ports", "another one each time"})
	}
	p.pass(id, said, facts...)
	if at, err := again.stop(); err == nil { // an orderly end leaves less debris than a kill
		_, err := again.awaitExit(at)
		return err
	}
	return nil
}

// startKeeping starts the program without the reset command, which would clear away what a restart has to cope with.
func (p *prober) startKeeping() (*session, error) {
	reset := p.o.Reset
	p.o.Reset = ""
	defer func() { p.o.Reset = reset }()
	return p.start()
}

// judgeTaken takes the program's port before it starts.
func (p *prober) judgeTaken() error {
	if p.ephemeral {
		p.skip(idTaken, "It listens on another port each time, so none can be taken.")
		return nil
	}
	i := slices.IndexFunc(p.endpoints, func(l supervise.Listener) bool { return l.Network == "tcp" && l.Bound != "" && l.Addr != "" })
	if i < 0 {
		p.skip(idTaken, "It listens on no TCP port that the probe could take.")
		return nil
	}
	p.doing("taken: a start with its port taken")
	l, err := net.Listen("tcp", p.endpoints[i].Bound)
	if err != nil {
		p.unseen(idTaken, "Its port could not be taken.")
		p.found[idTaken].Facts = []Fact{{"error", err.Error()}}
		return nil
	}
	defer l.Close()
	ready := p.o.Ready.Port
	p.o.Ready.Port = 0 // it would be open, by us
	s, err := p.launch(false)
	p.o.Ready.Port = ready
	if err != nil {
		return asRunError(err)
	}
	defer s.close()
	limit := time.NewTimer(min(p.o.StartLimit, max(2*p.readyAfter, 10*time.Second)))
	defer limit.Stop()
	select {
	case <-s.tree.Done():
	case <-limit.C:
		p.skip(idTaken, "It did not end: it goes on without its port, or goes on trying.")
		return nil
	case <-p.ctx.Done():
		return p.ctx.Err()
	}
	x, _ := s.tree.Exit()
	if x.Signal == 0 && x.Code == 0 {
		p.fail(idTaken, "With its port taken it ended with exit code 0, as if all had gone well.").Output = s.output()
		return nil
	}
	p.pass(idTaken, "With its port taken it ended "+how(x)+".")
	return nil
}

// judgePID1 runs the program as process 1 of a PID namespace of its own.
func (p *prober) judgePID1() error {
	p.doing("pid1: stop signal as process 1 of its own namespace")
	s, err := p.launch(true)
	var se *supervise.StartError
	if errors.As(err, &se) {
		p.skip(idPID1, "NOT RUN: this system gives no PID namespace here (it needs Linux, and root or user namespaces).")
		p.found[idPID1].Facts = []Fact{{"error", se.Err.Error()}}
		return nil
	}
	if err != nil {
		return asRunError(err)
	}
	defer s.close()
	if err := s.awaitReady(); err != nil {
		return asRunError(err)
	}
	st, stErr := s.tree.SignalState(p.o.StopSignal)
	at, err := s.stop()
	if err != nil {
		return err
	}
	e, err := s.awaitExit(at)
	if err != nil {
		return err
	}
	name := supervise.SignalName(p.o.StopSignal)
	if e.hung {
		said := "As process 1 it was still running when the grace was over."
		if stErr == nil && !st.Caught {
			said += " It has no handler for " + name + ", and the kernel drops the signal then."
		}
		p.find(idPID1, Hang, said, []Fact{{"waited", p.o.Grace}}).Output = s.output()
		return nil
	}
	p.remember(checkPID1, e)
	p.pass(idPID1, "As process 1 it ended within the grace, "+how(e.exit)+".", Fact{"ended after", e.took})
	return nil
}

// asRunError turns a program that could not be started into a run that could not be made.
func asRunError(err error) error {
	var se *supervise.StartError
	if errors.As(err, &se) {
		return cannotStart(se)
	}
	return err
}
