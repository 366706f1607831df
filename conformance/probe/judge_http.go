package probe

import (
	"context"
	"sync"
	"time"
)

const (
	arriveEvery = 20 * time.Millisecond // between two connections that arrive during the shutdown
	arriveLimit = 50                    // connections that arrive, at most
)

// judgeHTTP holds a request in flight over the stop signal, lets new connections arrive meanwhile, and then does the same
// with an idle keep-alive connection.
func (p *prober) judgeHTTP() error {
	if p.web == nil {
		if p.o.HTTPPath != "/" || p.o.Ready.HTTP != "" {
			for _, id := range []string{idInFlight, idArriving, idClose, idIdle} {
				p.unseen(id, "HTTP was announced (--http-path or --ready-http), and no HTTP/1.1 answer came.")
			}
			return nil
		}
		for _, id := range []string{idInFlight, idArriving, idClose, idIdle} {
			p.skip(id, "It speaks no HTTP/1.1 on any address that it listens on.")
		}
		return nil
	}
	if err := p.requestInFlight(); err != nil {
		return asRunError(err)
	}
	return p.idleKeepAlive()
}

// arrival is a connection that arrived during the shutdown.
type arrival struct {
	at  time.Duration
	got answer
}

func (p *prober) requestInFlight() error {
	p.doing("http: a request in flight at the stop signal")
	s, err := p.start()
	if err != nil {
		return err
	}
	defer s.close()
	h, why := p.web.hold(s)
	if h == nil {
		p.unseen(idInFlight, "No request could be kept in flight: %s. Name one that takes a while, or has a large answer, with --http-path.", why)
		p.found[idInFlight].Facts = []Fact{{"asked for", p.web.path}, {"status", p.web.status}, {"size", p.web.size}}
	} else {
		defer h.abort()
	}
	addr := p.web.addr
	if p.ephemeral {
		addr = s.moved(addr)
	}
	at, err := s.stop()
	if err != nil {
		return err
	}
	s.signalTaken()
	ctx, cancel := context.WithTimeout(p.ctx, p.o.Hold)
	defer cancel()
	arrived := make(chan []arrival, 1)
	go func() { arrived <- s.arrive(ctx, addr, at) }()
	select {
	case <-ctx.Done():
	case <-s.tree.Done():
	}
	var got answer
	if h != nil {
		got = h.finish(time.Until(at.Add(p.o.Grace)))
		h.abort()
	}
	list := <-arrived
	e, err := s.awaitExit(at)
	if err != nil {
		return err
	}
	p.remember(checkHTTP, e)
	if h != nil {
		p.judgeInFlight(h, got, e, s)
	}
	p.judgeArrivals(list)
	p.judgeClose(h, got, list)
	return nil
}

func (p *prober) judgeInFlight(h *inFlight, got answer, e ending, s *session) {
	facts := []Fact{{"in flight by", string(h.mode)}, {"bytes received", got.size}}
	if got.status != 0 {
		facts = append(facts, Fact{"status", got.status})
	}
	if !e.hung {
		facts = append(facts, Fact{"ended after", e.took})
	}
	switch {
	case !got.whole && got.status != 0:
		p.fail(idInFlight, "The request in flight was cut: the connection was "+got.failure+" in the middle of the answer.", facts...)
	case !got.whole && got.failure == "silent":
		p.fail(idInFlight, "The request in flight was never answered, and its connection stayed open.", facts...)
	case !got.whole:
		p.fail(idInFlight, "The request in flight was cut: the connection was "+got.failure+" without an answer.", facts...)
	case e.hung:
		p.hang(idInFlight, "The request in flight was answered, but then the program did not end within the grace.", facts...).Output = s.output()
	default:
		p.pass(idInFlight, "The request in flight was answered in full, and the program then ended.", facts...)
	}
}

// arrive opens new connections during a shutdown until they are refused three times in a row or ctx ends, then waits for
// their answers. The order of the result is that of the arrivals.
func (s *session) arrive(ctx context.Context, addr string, since time.Time) []arrival {
	var wg sync.WaitGroup
	var list []*arrival
	every := time.NewTicker(arriveEvery)
	defer every.Stop()
	refused := 0
	for len(list) < arriveLimit && refused < 3 && ctx.Err() == nil {
		a := &arrival{at: time.Since(since)}
		list = append(list, a)
		c, err := dialWeb(s.p.ctx, addr)
		if err != nil {
			a.got.failure = failureOf(err)
			refused++
		} else {
			refused = 0
			wg.Add(1)
			go func() {
				defer wg.Done()
				defer c.abort()
				a.got = c.ask(s.p.web.rest, time.Until(since.Add(s.p.o.Grace)))
			}()
		}
		select {
		case <-every.C:
		case <-ctx.Done():
		}
	}
	wg.Wait()
	out := make([]arrival, len(list))
	for i, a := range list {
		out[i] = *a
	}
	return out
}

// judgeArrivals sorts the connections that arrived into served, refused and dropped. One that is dropped as the last
// before the port closes is the one that the closing met, and is not counted.
func (p *prober) judgeArrivals(list []arrival) {
	var served, refused, dropped, last int
	last = -1
	for i, a := range list {
		if a.got.failure != "refused" {
			last = i
		}
	}
	how := map[string]int{}
	met := false
	for i, a := range list {
		switch {
		case a.got.whole:
			served++
		case a.got.failure == "refused":
			refused++
		case i == last && i < len(list)-1:
			met = true
		default:
			dropped++
			how[a.got.failure]++
		}
	}
	facts := []Fact{{"connections", len(list)}, {"served", served}, {"refused", refused}, {"dropped", dropped}}
	if met {
		facts = append(facts, Fact{"met by the closing", 1})
	}
	switch {
	case len(list) == 0 || served+refused+dropped == 0:
		p.unseen(idArriving, "No connection could be made during the shutdown.")
	case dropped > 0:
		for _, k := range sortedKeys(how) {
			facts = append(facts, Fact{k, how[k]})
		}
		p.fail(idArriving, "Connections that arrived during the shutdown were accepted and then dropped without an answer.", facts...)
	default:
		said := "Connections that arrived during the shutdown were refused."
		if served > 0 {
			said = "Connections that arrived during the shutdown were served until the port closed."
		}
		p.pass(idArriving, said, facts...)
	}
}

// judgeClose looks at the responses that began after the stop signal.
func (p *prober) judgeClose(h *inFlight, got answer, list []arrival) {
	var closes, keeps int
	count := func(a answer) {
		if a.whole && a.closes {
			closes++
		} else if a.whole {
			keeps++
		}
	}
	if h != nil && h.mode != holdDownload {
		count(got)
	}
	if closes+keeps == 0 {
		for _, a := range list {
			count(a.got)
		}
	}
	facts := []Fact{{"responses", closes + keeps}, {"with Connection: close", closes}}
	switch {
	case closes+keeps == 0:
		p.skip(idClose, "No response began during the shutdown.")
	case keeps > 0:
		p.fail(idClose, "A response that began during the shutdown let the client keep the connection.", facts...)
	default:
		p.pass(idClose, "Each response that began during the shutdown carried Connection: close.", facts...)
	}
}

// idleKeepAlive leaves a connection open on which one request was answered.
func (p *prober) idleKeepAlive() error {
	p.doing("http: an idle keep-alive connection at the stop signal")
	s, err := p.start()
	if err != nil {
		return err
	}
	defer s.close()
	addr := p.web.addr
	if p.ephemeral {
		addr = s.moved(addr)
	}
	c, err := dialWeb(p.ctx, addr)
	if err != nil {
		return s.trouble("No connection could be made to the ready program.")
	}
	defer c.abort()
	if a := c.ask(p.web.rest, answerLimit); !a.whole {
		return s.trouble("The ready program did not answer a request.")
	} else if a.closes || c.gone() {
		p.skip(idIdle, "It closes each connection after its answer; there is no keep-alive.")
		return nil
	}
	at, err := s.stop()
	if err != nil {
		return err
	}
	e, err := s.awaitExit(at)
	if err != nil {
		return err
	}
	p.remember(checkHTTP, e)
	if e.hung {
		p.hang(idIdle, "With an idle keep-alive connection open it was still running when the grace was over.").Output = s.output()
		return nil
	}
	p.pass(idIdle, "It ended within the grace although an idle keep-alive connection was open.", Fact{"ended after", e.took})
	return nil
}

// gone reports whether the other side has closed the connection already.
func (c *webConn) gone() bool {
	_ = c.SetReadDeadline(time.Now().Add(4 * tick))
	_, err := c.br.Peek(1)
	_ = c.SetReadDeadline(time.Time{})
	return err != nil && failureOf(err) != "silent"
}
