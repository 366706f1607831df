package probe

import (
	"io"
	"net"
	"sync"
	"time"
)

// silentConns are open connections on which nothing happens, one to each TCP address of the program.
type silentConns struct {
	conns   []net.Conn
	ends    []string // how each ended: closed, reset, silent
	reading sync.WaitGroup
	once    sync.Once
}

// openSilent opens one connection to every TCP address of the program, says what --tcp-send gives, and waits for the
// program to accept them.
func (s *session) openSilent() *silentConns {
	o := &silentConns{}
	for _, addr := range s.p.tcpAddrs() {
		if s.p.ephemeral {
			addr = s.moved(addr)
		}
		c, err := dial(s.p.ctx, addr)
		if err != nil {
			continue
		}
		o.conns = append(o.conns, c)
		if s.p.o.TCPSend != "" {
			_ = c.SetDeadline(time.Now().Add(dialLimit))
			if _, err := io.WriteString(c, s.p.o.TCPSend); err == nil {
				_, _ = c.Read(make([]byte, 4096))
			}
			_ = c.SetDeadline(time.Time{})
		}
		s.taken(c)
	}
	return o
}

// watch reads each connection to its end.
func (o *silentConns) watch() {
	o.ends = make([]string, len(o.conns))
	for i, c := range o.conns {
		o.reading.Go(func() {
			_, err := io.Copy(io.Discard, c)
			o.ends[i] = "closed"
			if err != nil {
				o.ends[i] = failureOf(err)
			}
		})
	}
}

// abort closes what is open, with a reset.
func (o *silentConns) abort() {
	o.once.Do(func() {
		for _, c := range o.conns {
			abort(c)
		}
		o.reading.Wait()
	})
}

// judgeTCP leaves a silent connection open on every TCP address over the stop signal.
func (p *prober) judgeTCP() error {
	if len(p.tcpAddrs()) == 0 {
		for _, id := range []string{idSilent, idReset} {
			p.skip(id, "It listens on no TCP port of the loopback interface.")
		}
		return nil
	}
	p.doing("tcp: a silent connection at the stop signal")
	s, err := p.start()
	if err != nil {
		return err
	}
	defer s.close()
	o := s.openSilent()
	defer o.abort()
	if len(o.conns) == 0 {
		return s.trouble("No connection could be made to the ready program.")
	}
	o.watch()
	at, err := s.stop()
	if err != nil {
		return err
	}
	e, err := s.awaitExit(at)
	if err != nil {
		return err
	}
	p.remember(checkTCP, e)
	facts := []Fact{{"connections", len(o.conns)}}
	if e.hung {
		p.hang(idSilent, "With a silent connection open it was still running when the grace was over.", facts...).Output = s.output()
		p.unseen(idReset, "The program did not end (%s).", idSilent)
		return nil
	}
	p.pass(idSilent, "It ended within the grace although a silent connection was open.", append([]Fact{{"ended after", e.took}}, facts...)...)
	_, _ = s.tree.Close() // whoever else holds the connection ends now
	limit := time.Now().Add(dialLimit)
	for _, c := range o.conns {
		_ = c.SetReadDeadline(limit)
	}
	o.reading.Wait()
	for _, end := range o.ends {
		if end == "reset" {
			p.fail(idReset, "The open connection was reset.", facts...)
			return nil
		}
	}
	p.pass(idReset, "The open connection was closed in an orderly way.", facts...)
	return nil
}
