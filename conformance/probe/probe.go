// Package probe grades the shutdown of any program, from outside and without an adapter: it starts the program, learns
// when it is ready, sends signals at chosen moments in separate runs, and looks at what an operator would see: exit
// status, time, ports, files, processes left behind, requests in flight. Each thing it looks at is a clause of area
// PROBE of the contract (spec/clauses/PROBE.yaml).
//
// It touches only the loopback interface and only addresses that the program itself listens on, opens at most a few
// dozen connections, and leaves no process behind, whatever the program does.
package probe

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hostsim/hostsim/conformance/probe/supervise"
)

// Progress says how far a probe has come.
type Progress struct {
	Done  int    // starts of the program that are behind us
	Total int    // starts that are planned; fewer may be needed
	Doing string // the check that is under way, with its purpose in a few words
}

// prober carries one probe through its checks. It is used by one goroutine.
type prober struct {
	ctx   context.Context
	o     Options
	all   []*clauseInfo
	found map[string]*Finding
	prog  Progress
	note  *notifySocket

	// What the first two runs told about the program.
	readyBy    string
	readyAfter time.Duration
	endpoints  []supervise.Listener
	pidLooked  bool           // the usual places of pid files have been looked through
	pidFiles   []string       // what was found there
	ephemeral  bool           // it listens on another port each time
	web        *webTarget     // nil: it speaks no HTTP/1.1
	stopExit   supervise.Exit // how it ends after the stop signal when ready
	leaves     bool           // HOST-PROBE-006 is broken; not counted again elsewhere
	took       []shutdown     // every shutdown that came to its end by itself
	hung       []string       // clauses that ran into the grace
	starts     int
}

// shutdown is how long the program took to end after the stop signal in one check.
type shutdown struct {
	check string
	took  time.Duration
}

// Run probes the program and reports. It blocks until all selected checks are done, for many times the grace if the
// program hangs often, and can be ended early through ctx, whose error it then gives. Bad options, and a
// program that does not exist or cannot be executed, give an [*OptionError].
func Run(ctx context.Context, o Options) (*Report, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	p := &prober{ctx: ctx, o: o, found: map[string]*Finding{}}
	all, err := catalogue()
	if err != nil {
		return nil, err
	}
	p.all = all
	if o.Ready.Notify {
		if p.note, err = listenNotify(); err != nil {
			return nil, err
		}
		defer p.note.close()
	}
	began := time.Now()
	p.plan()
	for _, c := range checks {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if c.name != checkReady && c.name != checkTerm && !p.wants(c.name) {
			continue
		}
		if c.name != checkReady && p.blocked(c.name) {
			continue
		}
		if err := c.run(p); err != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			var bad *OptionError
			if errors.As(err, &bad) {
				return nil, bad
			}
			var broken *runError
			if !errors.As(err, &broken) {
				return nil, fmt.Errorf("probe: check %s: %w", c.name, err)
			}
			p.unseenRest(c.name, broken)
		}
	}
	return p.report(time.Since(began)), nil
}

// check is one group of clauses that are judged in the same runs of the program.
type check struct {
	name   string
	starts func(*prober) int
	run    func(*prober) error
	needs  []string // clauses without which it cannot tell anything
}

// The names of the checks, as --only and --skip take them.
const (
	checkReady   = "ready"
	checkTerm    = "term"
	checkInt     = "int"
	checkStartup = "startup"
	checkSecond  = "second"
	checkHTTP    = "http"
	checkTCP     = "tcp"
	checkPID1    = "pid1"
	checkTaken   = "taken"
	checkRestart = "restart"
	checkSystemd = "systemd"
	checkBudget  = "budget"
)

var checks []check

func init() {
	one := func(n int) func(*prober) int { return func(*prober) int { return n } }
	stops := []string{idReady, idForeground, idEnds}
	checks = []check{
		{checkReady, one(1), (*prober).judgeReady, nil},
		{checkTerm, one(1), (*prober).judgeTerm, []string{idReady, idForeground}},
		{checkInt, one(1), (*prober).judgeInt, []string{idReady, idForeground}},
		{checkStartup, func(p *prober) int { return p.o.Sweep }, (*prober).judgeStartup, stops},
		{checkHTTP, one(2), (*prober).judgeHTTP, stops},
		{checkTCP, one(1), (*prober).judgeTCP, stops},
		{checkSecond, one(1), (*prober).judgeSecond, stops},
		{checkPID1, one(1), (*prober).judgePID1, stops},
		{checkTaken, one(1), (*prober).judgeTaken, []string{idReady, idForeground}},
		{checkRestart, one(4), (*prober).judgeRestart, stops},
		{checkSystemd, func(p *prober) int { return map[bool]int{true: 1}[p.note != nil] }, (*prober).judgeSystemd, stops},
		{checkBudget, one(0), (*prober).judgeBudget, stops},
	}
}

// plan counts the starts that lie ahead.
func (p *prober) plan() {
	for _, c := range checks {
		if c.name == checkReady || c.name == checkTerm || p.wants(c.name) {
			p.prog.Total += c.starts(p)
		}
	}
}

// doing tells the caller what is under way.
func (p *prober) doing(format string, args ...any) {
	p.prog.Doing = fmt.Sprintf(format, args...)
	p.tell()
}

func (p *prober) tell() {
	if p.o.Progress != nil {
		p.prog.Total = max(p.prog.Total, p.prog.Done)
		p.o.Progress(p.prog)
	}
}

// blocked marks the clauses of a check as unseen when a clause that it builds on does not hold.
func (p *prober) blocked(check string) bool {
	for _, c := range checks {
		if c.name != check {
			continue
		}
		for _, id := range c.needs {
			if f := p.found[id]; f != nil && f.Verdict != Pass {
				for _, cl := range p.all {
					if cl.Check == check && p.found[cl.ID] == nil {
						p.unseen(cl.ID, "It cannot be judged while %s does not hold.", id)
					}
				}
				return true
			}
		}
	}
	return false
}

// unseenRest marks what a check has left open because a run of it could not be made.
func (p *prober) unseenRest(check string, why *runError) {
	for _, cl := range p.all {
		if cl.Check == check && p.found[cl.ID] == nil {
			p.unseen(cl.ID, "%s", why.said)
			p.found[cl.ID].Facts, p.found[cl.ID].Output = why.facts, why.output
		}
	}
}
