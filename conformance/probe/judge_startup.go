package probe

import (
	"errors"
	"regexp"
	"slices"
	"syscall"
	"time"

	"github.com/hostsim/hostsim/conformance/probe/supervise"
)

const maxHangs = 2 // after so many lost signals a sweep is not continued: each costs a whole grace

// judgeStartup sends the stop signal at many moments between the start and readiness, evenly spread over the time that
// the first start took.
func (p *prober) judgeStartup() error {
	n := p.o.Sweep
	var sent, lost, crashed, left int
	var firstLost, firstCrash, firstLeft []Fact
	var crashText, crashOut string
	statuses := Tally{}
	for i := range n {
		moment := p.readyAfter * time.Duration(i) / time.Duration(n-1)
		p.doing("startup: stop signal at moment %d of %d", i+1, n)
		s, err := p.launch(false)
		if err != nil {
			return asRunError(err)
		}
		e, delivered, err := s.stopAt(moment)
		if err != nil {
			s.close()
			return err
		}
		out := s.output()
		s.close()
		if !delivered {
			continue
		}
		sent++
		if e.hung {
			lost++
			if firstLost == nil {
				firstLost = []Fact{{"first at", moment}}
			}
			if lost == maxHangs {
				break
			}
			continue
		}
		p.remember(checkStartup, e)
		statuses[e.exit.String()]++
		if p.crashed(e.exit, out) {
			crashed++
			if firstCrash == nil {
				firstCrash, crashText, crashOut = []Fact{{"first at", moment}}, e.exit.String(), out
			}
		}
		if len(e.left) > 0 {
			left++
			if firstLeft == nil {
				firstLeft = append([]Fact{{"first at", moment}}, processFacts(e.left)...)
			}
		}
	}
	size := []Fact{{"moments", sent}, {"start-up takes", p.readyAfter}}
	if sent == 0 {
		for _, id := range []string{idLost, idCrash, idStartLeft} {
			p.unseen(id, "The program ended by itself before the signal, at every moment.")
		}
		return nil
	}
	if lost > 0 {
		p.hang(idLost, "A stop signal during start-up did not end it: the program went on running until the grace was over.", append(append(firstLost, Fact{"lost", lost}), size...)...)
	} else {
		p.pass(idLost, "It ended at every moment of its start-up.", size...)
	}
	if crashed > 0 {
		f := p.fail(idCrash, "A stop signal during start-up crashed it: "+crashText+".", append(append(firstCrash, Fact{"crashed", crashed}), size...)...)
		f.Output = crashOut
	} else {
		p.pass(idCrash, "It did not crash at any moment of its start-up.", Fact{"ends", statuses})
	}
	switch {
	case p.leaves:
		p.unseen(idStartLeft, "It leaves processes behind in every shutdown (%s).", idLeft)
	case left > 0:
		p.fail(idStartLeft, "A process that it had started in its start-up went on running after its end.", firstLeft...)
	default:
		p.pass(idStartLeft, "Nothing was left running.", size...)
	}
	return nil
}

// stopAt sends the stop signal when the program has run for so long, and waits for the end. The signal is not delivered
// if the program ended by itself before.
func (s *session) stopAt(moment time.Duration) (e ending, delivered bool, err error) {
	at := time.NewTimer(time.Until(s.tree.Started().Add(moment)))
	defer at.Stop()
	select {
	case <-at.C:
	case <-s.tree.Done():
		return e, false, nil
	case <-s.p.ctx.Done():
		return e, false, s.p.ctx.Err()
	}
	since, err := s.stop()
	if err != nil {
		return e, false, nil
	}
	e, err = s.awaitExit(since)
	return e, true, err
}

var panicText = regexp.MustCompile(`(?m)^(panic: |fatal error: |goroutine \d+ \[)`)

// crash reports whether an end was a crash: by a signal that means a fault, with the code that a shell makes of one, or a
// Go panic.
func crash(x supervise.Exit, output string) bool {
	switch x.Signal { // whoever dies by the stop signal itself has not crashed; the caller excludes it
	case syscall.SIGSEGV, syscall.SIGABRT, syscall.SIGBUS, syscall.SIGILL, syscall.SIGFPE, syscall.SIGTRAP, syscall.SIGQUIT:
		return true
	}
	switch x.Code {
	case 132, 133, 134, 135, 136, 139:
		return true
	}
	return x.Code == 2 && panicText.MatchString(output)
}

// crashed reports whether an end was a crash that the stop signal alone, when ready, does not cause.
func (p *prober) crashed(x supervise.Exit, output string) bool {
	return crash(x, output) && x.Signal != p.o.StopSignal && x.String() != p.stopExit.String()
}

// judgeSecond sends the stop signal twice, the second time when the program has taken the first and still runs. What
// keeps it running meanwhile is a request in flight, or an open connection.
func (p *prober) judgeSecond() error {
	const tries = 5
	for try := 1; try <= tries; try++ {
		p.doing("second: the stop signal twice, try %d", try)
		met, err := p.secondOnce()
		if met || err != nil {
			return err
		}
	}
	for _, id := range []string{idSecond, idSecondBad} {
		p.skip(id, "It ends at once: in %d tries there was no shutdown left that a second signal could meet.", tries)
	}
	return nil
}

// secondOnce makes one try; it has met a shutdown if the program still ran when the second signal was sent, which waits
// until the first has had its effects.
func (p *prober) secondOnce() (met bool, err error) {
	s, err := p.start()
	if err != nil {
		return false, err
	}
	defer s.close()
	var held *inFlight
	if p.web != nil {
		held, _ = p.web.hold(s)
	}
	silent := s.openSilent()
	defer silent.abort()
	if held != nil {
		defer held.abort()
	}
	at, err := s.stop()
	if err != nil {
		return false, err
	}
	if !s.signalTaken() || !s.running() {
		return false, nil
	}
	if _, err := s.stop(); err != nil {
		return false, nil
	}
	silent.abort() // what kept it running goes, so that only the signals matter
	if held != nil {
		// The second signal may force the end and cut the request, which is legal; the answer does not matter here.
		finished := make(chan struct{})
		go func() {
			defer close(finished)
			held.finish(p.o.Grace)
			held.abort()
		}()
		defer func() { held.abort(); <-finished }()
	}
	e, err := s.awaitExit(at)
	if err != nil {
		return false, err
	}
	if e.hung {
		p.hang(idSecond, "After the second stop signal it was still running when the grace was over.").Output = s.output()
		p.unseen(idSecondBad, "The program did not end (%s).", idSecond)
		return true, nil
	}
	p.remember(checkSecond, e)
	p.pass(idSecond, "It ended within the grace.", Fact{"ended after", e.took}, Fact{"end", e.exit.String()})
	if p.crashed(e.exit, s.output()) {
		p.fail(idSecondBad, "The second stop signal crashed it: "+e.exit.String()+".").Output = s.output()
		return true, nil
	}
	p.pass(idSecondBad, "The second stop signal did no harm.", Fact{"end", e.exit.String()})
	return true, nil
}

// running reports whether the program's first process runs still, and is no zombie.
func (s *session) running() bool {
	ps, err := s.tree.States()
	if err != nil {
		_, ended := s.tree.Exit()
		return !ended
	}
	return slices.ContainsFunc(ps, func(p supervise.Process) bool { return p.PID == s.tree.PID() })
}

// signalTaken waits until the program has taken the stop signal and has come to rest after it: what happens from then on
// happens during the shutdown. It gives false if the program ended first.
func (s *session) signalTaken() bool {
	look := time.NewTicker(tick)
	defer look.Stop()
	limit := time.NewTimer(min(s.p.o.Grace/4, 2*time.Second))
	defer limit.Stop()
	for quiet := 0; ; {
		st, err := s.tree.SignalState(s.p.o.StopSignal)
		if _, ended := s.tree.Exit(); ended {
			return false
		}
		if errors.Is(err, supervise.ErrUnsupported) {
			return true
		}
		if quiet++; st.Pending || s.busy() {
			quiet = 0
		}
		if quiet > takenLooks {
			return true
		}
		select {
		case <-look.C:
		case <-limit.C:
			return true // it is busy, or blocks the signal and will find two of them merged into one
		case <-s.tree.Done():
			return false
		}
	}
}

// busy reports whether a process of the tree is running or waiting for a disk.
func (s *session) busy() bool {
	ps, err := s.tree.States()
	return err == nil && slices.ContainsFunc(ps, func(p supervise.Process) bool { return p.State == "R" || p.State == "D" })
}
