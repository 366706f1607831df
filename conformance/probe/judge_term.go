package probe

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/hostsim/hostsim/conformance/probe/supervise"
)

// judgeReady starts the program for the first time and learns what it is: where it listens, whether it speaks HTTP.
func (p *prober) judgeReady() error {
	p.doing("ready: the first start")
	s, err := p.start()
	var trouble *runError
	if errors.As(err, &trouble) {
		if trouble.cannotStart {
			return &OptionError{Msg: fmt.Sprintf("the program could not be started: %v", trouble.facts[0].Value)}
		}
		p.fail(idReady, trouble.said, trouble.facts...).Output = trouble.output
		p.neverReady()
		return nil
	}
	if err != nil {
		return err
	}
	defer s.close()
	p.readyBy, p.readyAfter = s.readyBy, s.readyAfter
	p.endpoints, _ = s.tree.Listeners()
	if len(p.endpoints) == 0 && p.o.Ready.Port != 0 {
		p.endpoints = []supervise.Listener{{Network: "tcp", Addr: loopAddr(p.o.Ready.Port), Port: p.o.Ready.Port}}
	}
	facts := []Fact{{"ready after", s.readyAfter}}
	for _, l := range p.endpoints {
		facts = append(facts, Fact{"listens on", Addr(l.Network + " " + l.Bound)})
	}
	p.pass(idReady, "It became ready: "+s.readyBy+".", facts...)
	if p.wants(checkHTTP) && !s.background {
		if err := p.findWeb(s); err != nil {
			return err
		}
	}
	// End it in order where that works, so that the next start meets no debris of a kill.
	at, err := s.stop()
	if err == nil {
		p.pass(idForeground, "The process that was started goes on running.")
		limit := time.NewTimer(time.Until(at.Add(min(p.o.Grace, leftLimit))))
		defer limit.Stop()
		select {
		case <-s.tree.Empty():
		case <-limit.C:
		case <-p.ctx.Done():
			return p.ctx.Err()
		}
		return nil
	}
	err = s.stillThere()
	if errors.As(err, &trouble) {
		p.fail(idReady, trouble.said, trouble.facts...).Output = trouble.output
		p.neverReady()
		return nil
	}
	x, _ := s.tree.Exit()
	p.fail(idForeground, "The process that was started ended "+how(x)+", and a process that it had started went on in the background.")
	return err
}

// neverReady marks everything as unseen.
func (p *prober) neverReady() {
	for _, c := range p.all {
		if p.found[c.ID] == nil {
			p.unseen(c.ID, "The program was never ready (%s).", idReady)
		}
	}
}

// judgeTerm sends the stop signal to the ready program.
func (p *prober) judgeTerm() error {
	name := supervise.SignalName(p.o.StopSignal)
	p.doing("term: %s when ready", name)
	s, err := p.start()
	if err != nil {
		return err
	}
	defer s.close()
	if ls, err := s.tree.Listeners(); err == nil {
		p.ephemeral = !slices.Equal(bounds(ls), bounds(p.endpoints))
	}
	disposition, dispErr := s.tree.SignalState(p.o.StopSignal)
	at, err := s.stop()
	if err != nil {
		return err
	}
	closed := s.watchListeners(at)
	e, err := s.awaitExit(at)
	if err != nil {
		return err
	}
	p.remember(checkTerm, e)
	portFact := Fact{}
	if d, ok := <-closed; ok {
		portFact = Fact{"last listener closed after", d}
	}
	p.stopExit = e.exit
	if e.hung {
		said := "It was still running when the grace was over; a supervisor would have sent SIGKILL."
		if dispErr == nil && disposition.Ignored {
			said += " It ignores " + name + "."
		} else if dispErr == nil && disposition.Caught {
			said += " It has a handler for " + name + "."
		}
		p.hang(idEnds, said, factsOf(portFact)...).Output = s.output()
		for _, id := range []string{idStatus, idHandles, idLeft, idSocket, idPIDFile} {
			p.unseen(id, "The program did not end (%s).", idEnds)
		}
		return nil
	}
	p.pass(idEnds, "It ended within the grace, "+how(e.exit)+".", factsOf(Fact{"ended after", e.took}, portFact)...)
	p.judgeStatus(idStatus, e, p.o.StopSignal, s)
	p.judgeHandled(e, disposition, dispErr, s)
	p.judgeLeft(idLeft, e)
	p.leaves = len(e.left) > 0
	_, _ = s.tree.Close()
	p.judgeFiles(idSocket, "Unix socket file", s.files.sockets, s.files.leftSockets())
	p.judgeFiles(idPIDFile, "pid file", s.files.pids, s.files.leftPIDs())
	return nil
}

func factsOf(fs ...Fact) []Fact {
	return slices.DeleteFunc(fs, func(f Fact) bool { return f.Name == "" })
}

func bounds(ls []supervise.Listener) []string {
	var out []string
	for _, l := range ls {
		out = append(out, l.Network+" "+l.Bound)
	}
	return out
}

// watchListeners tells how long after the signal the tree stopped listening, if that was seen before its end.
func (s *session) watchListeners(since time.Time) <-chan time.Duration {
	out := make(chan time.Duration, 1)
	if len(s.p.endpoints) == 0 {
		close(out)
		return out
	}
	go func() {
		defer close(out)
		var look pace
		defer look.stop()
		for {
			began := time.Now()
			ls, err := s.tree.Listeners()
			if err != nil {
				return
			}
			if len(ls) == 0 {
				out <- time.Since(since)
				return
			}
			select {
			case <-look.next(time.Since(began)):
			case <-s.tree.Empty():
				out <- time.Since(since)
				return
			case <-s.p.ctx.Done():
				return
			}
			if time.Since(since) > s.p.o.Grace {
				return
			}
		}
	}()
	return out
}

// meansStop reports whether a status says that the program ended because it was told to by the signal.
func meansStop(x supervise.Exit, sig syscall.Signal) bool {
	return x.Signal == sig || x.Signal == 0 && (x.Code == 0 || x.Code == 128+int(sig))
}

func (p *prober) judgeStatus(id string, e ending, sig syscall.Signal, s *session) {
	name := supervise.SignalName(sig)
	if meansStop(e.exit, sig) {
		p.pass(id, "It ended "+how(e.exit)+" after "+name+".")
		return
	}
	p.fail(id, "It ended "+how(e.exit)+" after "+name+", which reads as a crash.").Output = s.output()
}

func (p *prober) judgeHandled(e ending, d supervise.SignalState, derr error, s *session) {
	if e.exit.Signal == 0 && e.exit.Code == 0 {
		p.pass(idHandles, "It ended with exit code 0.")
		return
	}
	said := "It ended " + how(e.exit) + " instead of exit code 0."
	if derr == nil && !d.Caught {
		said += " It has no handler for " + supervise.SignalName(p.o.StopSignal) + ": the signal's default action ended it, and no clean-up ran."
	}
	p.fail(idHandles, said)
}

func (p *prober) judgeLeft(id string, e ending) {
	if len(e.left) == 0 {
		p.pass(id, "Nothing was left running.")
		return
	}
	p.fail(id, "A process that it had started went on running after its end.", processFacts(e.left)...)
}

func (p *prober) judgeFiles(id, kind string, had, left []string) {
	switch {
	case len(had) == 0:
		p.skip(id, "It has no %s that the probe could find.", kind)
	case len(left) == 0:
		p.pass(id, "Every "+kind+" was removed.", Fact{"file", strings.Join(had, ", ")})
	default:
		p.fail(id, "A "+kind+" was left behind.", Fact{"file", strings.Join(left, ", ")})
	}
}

// judgeInt sends SIGINT to the ready program.
func (p *prober) judgeInt() error {
	p.doing("int: SIGINT when ready")
	s, err := p.start()
	if err != nil {
		return err
	}
	defer s.close()
	at, err := s.signal(syscall.SIGINT)
	if err != nil {
		return err
	}
	e, err := s.awaitExit(at)
	if err != nil {
		return err
	}
	if e.hung {
		p.find(idInt, Hang, "It was still running when the grace was over.", []Fact{{"waited", p.o.Grace}}).Output = s.output()
		p.unseen(idIntStatus, "The program did not end (%s).", idInt)
		return nil
	}
	p.pass(idInt, "It ended within the grace, "+how(e.exit)+".", Fact{"ended after", e.took})
	p.judgeStatus(idIntStatus, e, syscall.SIGINT, s)
	return nil
}

// judgeSystemd looks at what the program reported in its last shutdown when ready.
func (p *prober) judgeSystemd() error {
	if p.note == nil {
		p.skip(idStopping, "Readiness is not learned from systemd's notification (--ready-notify).")
		return nil
	}
	p.doing("systemd: the notifications of a shutdown")
	s, err := p.start()
	if err != nil {
		return err
	}
	defer s.close()
	at, err := s.stop()
	if err != nil {
		return err
	}
	e, err := s.awaitExit(at)
	if err != nil {
		return err
	}
	p.remember(checkSystemd, e)
	if p.note.settled("STOPPING=1") {
		p.pass(idStopping, "It reported STOPPING=1.")
	} else {
		p.fail(idStopping, "It reported READY=1, and no STOPPING=1 in its shutdown.")
	}
	return nil
}

// judgeBudget holds the longest shutdown of all runs against what the drain delay leaves of the grace.
func (p *prober) judgeBudget() error {
	if len(p.hung) > 0 {
		p.unseen(idBudget, "A shutdown did not end within the grace at all (%s), so the longest is not known.", p.hung[0])
		return nil
	}
	if len(p.took) == 0 {
		p.unseen(idBudget, "No shutdown was observed.")
		return nil
	}
	longest := slices.MaxFunc(p.took, func(a, b shutdown) int { return int(a.took - b.took) })
	sum := longest.took + p.o.DrainDelay
	facts := []Fact{{"longest shutdown", longest.took}, {"seen in check", longest.check}, {"shutdowns seen", len(p.took)}, {"drain delay", p.o.DrainDelay}, {"sum", sum}, {"grace", p.o.Grace}}
	if sum > p.o.Grace {
		p.fail(idBudget, "The drain delay and the longest shutdown do not fit into the grace together: the program would be killed before its end.",
			append(facts, Fact{"grace that would do", (sum + sum/5).Round(time.Second) + time.Second})...)
		return nil
	}
	p.pass(idBudget, "The drain delay and the longest shutdown fit into the grace.", facts...)
	return nil
}

// how completes "It ended": with exit code 0, by SIGTERM.
func how(x supervise.Exit) string {
	if x.Signal != 0 {
		return "by " + supervise.SignalName(x.Signal)
	}
	return "with " + x.String()
}
