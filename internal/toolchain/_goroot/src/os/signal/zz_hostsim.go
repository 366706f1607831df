package signal

import (
	"os"
	"sync"
	"syscall"
	_ "unsafe" // for linkname
)

//go:linkname hostsimBubble
func hostsimBubble() uint64

//go:linkname hostsimEnd
func hostsimEnd(exit bool, arg int)

//go:linkname hostsimEvent
func hostsimEvent(sig int)

// hostsimProcess is what the simulated process of a bubble knows of signals.
type hostsimProcess struct {
	bubble  uint64
	mu      sync.Mutex
	notify  []*hostsimChannel // in the order of registration
	ignored [numSig]bool
	pending [numSig]bool
}

type hostsimChannel struct {
	c    chan<- os.Signal
	mask [numSig]bool
}

var (
	hostsimMu        sync.Mutex
	hostsimProcesses [64]*hostsimProcess // by bubble; bubbles end unseen, and few run at a time
)

func init() { syscall.HostsimRaise = hostsimRaise }

// hostsimCurrent gives the simulated process of the caller's bubble, nil outside of bubbles.
func hostsimCurrent() *hostsimProcess {
	id := hostsimBubble()
	if id == 0 {
		return nil
	}
	hostsimMu.Lock()
	defer hostsimMu.Unlock()
	slot := &hostsimProcesses[id%uint64(len(hostsimProcesses))]
	if *slot == nil || (*slot).bubble != id {
		*slot = &hostsimProcess{bubble: id}
	}
	return *slot
}

func hostsimSignals(sigs []os.Signal) []int {
	var ns []int
	if len(sigs) == 0 {
		for n := range numSig {
			ns = append(ns, n)
		}
		return ns
	}
	for _, s := range sigs {
		if n := signum(s); n >= 0 {
			ns = append(ns, n)
		}
	}
	return ns
}

// Notify causes package signal to relay incoming signals to c.
func Notify(c chan<- os.Signal, sig ...os.Signal) {
	p := hostsimCurrent()
	if p == nil {
		hostsimRealNotify(c, sig...)
		return
	}
	if c == nil {
		panic("os/signal: Notify using nil channel")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	var h *hostsimChannel
	for _, o := range p.notify {
		if o.c == c {
			h = o
		}
	}
	if h == nil {
		h = &hostsimChannel{c: c}
		p.notify = append(p.notify, h)
	}
	for _, n := range hostsimSignals(sig) {
		h.mask[n] = true
		p.ignored[n] = false
	}
}

// Stop causes package signal to stop relaying incoming signals to c.
func Stop(c chan<- os.Signal) {
	p := hostsimCurrent()
	if p == nil {
		hostsimRealStop(c)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, o := range p.notify {
		if o.c == c {
			p.notify = append(p.notify[:i:i], p.notify[i+1:]...)
			return
		}
	}
}

func (p *hostsimProcess) cancel(sigs []os.Signal, ignore bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, n := range hostsimSignals(sigs) {
		p.ignored[n] = ignore
		for _, o := range p.notify {
			o.mask[n] = false
		}
	}
}

// Ignore causes the provided signals to be ignored.
func Ignore(sig ...os.Signal) {
	if p := hostsimCurrent(); p != nil {
		p.cancel(sig, true)
		return
	}
	hostsimRealIgnore(sig...)
}

// Reset undoes the effect of any prior calls to Notify for the provided signals.
func Reset(sig ...os.Signal) {
	if p := hostsimCurrent(); p != nil {
		p.cancel(sig, false)
		return
	}
	hostsimRealReset(sig...)
}

// Ignored reports whether sig is currently ignored.
func Ignored(sig os.Signal) bool {
	p := hostsimCurrent()
	if p == nil {
		return hostsimRealIgnored(sig)
	}
	n := signum(sig)
	if n < 0 {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ignored[n]
}

// hostsimRaise makes a signal pending. When it is delivered is for the schedule to say.
func hostsimRaise(sig syscall.Signal) {
	p := hostsimCurrent()
	n := int(sig)
	if p == nil || n <= 0 || n >= numSig {
		return
	}
	hostsimEvent(n)
	if sig == syscall.SIGKILL {
		hostsimEnd(false, n)
		return
	}
	p.mu.Lock()
	was := p.pending[n]
	p.pending[n] = true
	p.mu.Unlock()
	if !was {
		go p.hostsimDeliver(sig)
	}
}

// hostsimDeliver does what the signal loop of the real process does.
func (p *hostsimProcess) hostsimDeliver(sig syscall.Signal) {
	n := int(sig)
	p.mu.Lock()
	hostsimEvent(-n)
	p.pending[n] = false
	wanted, ignored := false, p.ignored[n]
	for _, o := range p.notify {
		if o.mask[n] {
			wanted = true
			select {
			case o.c <- sig:
			default:
			}
		}
	}
	p.mu.Unlock()
	if wanted || ignored {
		return
	}
	switch sig {
	case syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM:
		hostsimEnd(false, n)
	case syscall.SIGQUIT, syscall.SIGILL, syscall.SIGTRAP, syscall.SIGABRT:
		hostsimEnd(true, 2)
	}
}
