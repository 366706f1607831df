package process

import (
	"time"

	"github.com/hostsim/hostsim/scenarios/plan"
)

// ExitUnderTest tells whether a plan needs a process of its own: its end is part of what is tested, or it may leave
// something behind that the next plan would meet.
func ExitUnderTest(p *plan.Plan) bool {
	if len(p.Signals) > 0 || len(p.SignalHandlers) > 0 || p.ProcessExit != nil || len(p.Connections) > 0 || len(p.Files) > 0 {
		return true
	}
	for _, s := range p.Services {
		for _, script := range s.Hooks {
			if lasting(script) {
				return true
			}
		}
	}
	for _, scripts := range [][]plan.Script{p.ApplicationStarted, p.ApplicationStopping, p.ApplicationStopped} {
		for _, script := range scripts {
			if lasting(script) {
				return true
			}
		}
	}
	if l := p.HostLifetime; l != nil && (lasting(l.WaitForStart) || lasting(l.Stop)) {
		return true
	}
	return lasting(p.Main)
}

// lasting tells whether a script does what outlives a plan: ends the process, sets its code, or never comes back.
func lasting(s []plan.Step) bool {
	for i := range s {
		switch st := &s[i]; st.Kind {
		case plan.Exit, plan.ExitCode, plan.Return, plan.Raise, plan.Spawn, plan.Hang, plan.BlockForever, plan.Throw, plan.ThrowCancelled, plan.OnCancelThrow,
			plan.Listen, plan.CloseListen, plan.Accept, plan.Drain, plan.DialStep, plan.RemoveFile:
			return true
		default:
			if st.Dur == plan.Infinite {
				return true
			}
		}
	}
	return false
}

// longest is the longest finite time that a plan itself may take in one step: no event for less than that is no hang.
func longest(p *plan.Plan) (d time.Duration) {
	see := func(n time.Duration) { d = max(d, n) }
	for s := range p.AllSteps() {
		see(s.Dur)
	}
	if t := p.Options.ShutdownTimeout; t != nil {
		see(*t)
	}
	if t := p.Options.StartupTimeout; t != nil {
		see(*t)
	}
	for _, c := range p.Connections {
		see(c.Hold)
	}
	return d
}
