package fuzz

import "github.com/hostsim/hostsim/scenarios/plan"

// main scripts what main does with the host.
func (g *generator) main() {
	m := plan.Script{step(plan.Build)}
	if g.odd(0.05) {
		m = append(plan.Script{numbered(plan.ExitCode, g.code())}, m...)
	}
	shape := pick(g, []choice[int]{{50, 0}, {14, 1}, {16, 2}, {8, 3}, {6, 4}, {6, 5}})
	if shape > 3 && !g.wild && g.chance(0.6) {
		shape = 0
	}
	switch shape {
	case 0:
		m = append(m, step(plan.Run))
	case 1:
		m = append(m, step(plan.Start), step(plan.WaitForShutdown))
		m = g.maybeDispose(m)
	case 2:
		m = append(m, step(plan.Start), timed(plan.Sleep, g.short()), g.stopStep())
		m = g.maybeDispose(m)
	case 3:
		switch g.r.IntN(3) {
		case 0:
			m = append(m, step(plan.RunSync))
		case 1:
			m = append(m, timed(plan.RunCancelAfter, g.some()))
			g.ends = true
		default:
			m = append(m, step(plan.RunBackground), timed(plan.Sleep, g.some()))
			if g.chance(0.6) {
				m = append(m, of(g, step(plan.StopApp), g.stopStep()))
				g.ends = true
			}
			m = append(m, step(plan.WaitRun))
		}
	case 4:
		m = append(m, of(g, step(plan.TryStart), timed(plan.StartCancelAfter, g.short()), step(plan.StartCancelled)))
		switch g.r.IntN(3) {
		case 0:
			m = append(m, step(plan.WaitForShutdown))
		case 1:
			m = append(m, timed(plan.Sleep, g.short()), g.stopStep())
		}
		m = g.maybeDispose(m)
	default:
		m = g.oddMain(m)
	}
	if g.odd(0.15) {
		m = append(m, g.tail())
	}
	if g.chance(0.75) {
		m = append(m, numbered(plan.Return, of(g, 0, 3, 7, g.code())))
	}
	g.p.Main = m
}

func (g *generator) stopStep() plan.Step {
	g.ends = true
	return pick(g, []choice[plan.Step]{
		{50, step(plan.Stop)}, {20, timed(plan.StopTimeout, g.some())}, {20, timed(plan.StopCancelAfter, g.some())}, {10, step(plan.StopCancelled)},
	})
}

func (g *generator) maybeDispose(m plan.Script) plan.Script {
	if g.chance(0.8) {
		return append(m, step(plan.Dispose))
	}
	return m
}

// oddMain calls the host in orders that nobody should.
func (g *generator) oddMain(m plan.Script) plan.Script {
	g.ends = true
	for range 2 + g.r.IntN(4) {
		m = append(m, pick(g, []choice[plan.Step]{
			{20, step(plan.Start)}, {20, step(plan.Stop)}, {15, step(plan.Dispose)}, {8, step(plan.StopApp)}, {6, step(plan.TryStart)},
			{6, step(plan.StopCancelled)}, {6, timed(plan.StopTimeout, g.some())}, {4, step(plan.BuildAgain)}, {4, step(plan.Run)},
			{8, timed(plan.Sleep, g.short())}, {4, step(plan.WaitForShutdown)}, {3, step(plan.StopHostWait)}, {2, step(plan.StartCancelled)},
		}))
	}
	if g.chance(0.6) {
		m = append(m, step(plan.Dispose))
	}
	return m
}

// tail is what main does after the host.
func (g *generator) tail() plan.Step {
	return pick(g, []choice[plan.Step]{
		{30, timed(plan.Sleep, g.some())}, {15, timed(plan.Block, g.short())}, {15, named(plan.Mark, "tail")}, {10, named(plan.Throw, "tail")},
		{15, numbered(plan.Exit, g.code())}, {15, numbered(plan.ExitCode, g.code())}, {5, g.raised()},
	})
}

// ending makes sure that most plans come to an end.
func (g *generator) ending() {
	if g.ends && g.chance(0.6) || g.chance(0.02) {
		return
	}
	if g.chance(0.25) && len(g.p.ApplicationStarted) == 0 {
		g.p.ApplicationStarted = []plan.Script{{spawn(timed(plan.Sleep, g.short()), step(plan.StopApp))}}
		return
	}
	g.signal(pick(g, []choice[string]{{75, "lifetime.applicationStarted"}, {25, "host.run.begin"}}))
}

func (g *generator) signal(after string) {
	if after == "host.run.begin" {
		for _, s := range g.p.Main {
			if s.Kind == plan.Start || s.Kind == plan.TryStart {
				after = "host.start.begin"
			}
		}
	}
	sig := pick(g, []choice[string]{{40, "SIGTERM"}, {30, "SIGINT"}, {28, "SIGQUIT"}, {2, "SIGHUP"}})
	wait := g.duration(150e6, 700e6)
	g.p.Signals = append(g.p.Signals, plan.Stimulus{After: after, Wait: wait, Send: sig})
}

// laterSignal adds a signal at any moment.
func (g *generator) laterSignal() {
	moments := []string{"lifetime.applicationStopping", "lifetime.applicationStopped", "lifetime.applicationStarted", "main.return", "host.build.end"}
	for i := range g.p.Services {
		n := g.p.Services[i].Name
		moments = append(moments, n+".start.begin", n+".stop.begin", n+".dispose.begin", n+".stop.end")
	}
	g.signal(of(g, moments...))
}
