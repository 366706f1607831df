package fuzz

import (
	"time"

	"github.com/hostsim/hostsim/scenarios/plan"
)

func step(k *plan.StepKind) plan.Step                   { return plan.Step{Kind: k} }
func timed(k *plan.StepKind, d time.Duration) plan.Step { return plan.Step{Kind: k, Dur: d} }
func named(k *plan.StepKind, text string) plan.Step     { return plan.Step{Kind: k, Text: text} }
func numbered(k *plan.StepKind, n int) plan.Step        { return plan.Step{Kind: k, N: n} }
func spawn(steps ...plan.Step) plan.Step                { return plan.Step{Kind: plan.Spawn, Steps: steps} }
func (g *generator) after(s ...plan.Step) plan.Script {
	return append(plan.Script{timed(plan.Sleep, g.short())}, s...)
}
func (g *generator) code() int         { return 1 + g.r.IntN(99) }
func (g *generator) raised() plan.Step { return named(plan.Raise, of(g, plan.Signals...)) }
func (g *generator) script(max int, one func() plan.Step) (s plan.Script) {
	for range 1 + g.r.IntN(max) {
		s = append(s, one())
	}
	return s
}

func (g *generator) service(name string) plan.Service {
	kinds := []choice[string]{{50, plan.Hosted}, {32, plan.Background}}
	if g.style.Lifecycle {
		kinds = append(kinds, choice[string]{18, plan.Lifecycle})
	}
	s := plan.Service{Name: name, Kind: pick(g, kinds), WatchTokens: g.chance(0.2), Hooks: map[string]plan.Script{}}
	defer func() {
		for h, script := range s.Hooks {
			if script == nil { // a plan that is read back has an empty script there, and that is one
				s.Hooks[h] = plan.Script{}
			}
		}
	}()
	if s.Kind == plan.Background {
		s.Hooks[plan.HookExecute] = g.execute()
		return s
	}
	for _, hook := range plan.Scripted(s.Kind) {
		switch hook {
		case plan.HookNew:
			if g.odd(0.06) {
				s.Hooks[hook] = g.construction()
			}
		case plan.HookDispose:
			if g.chance(0.12) {
				s.Hooks[hook] = g.disposal()
			}
		case plan.HookStart, plan.HookStop:
			if g.chance(0.45) {
				s.Hooks[hook] = g.hook(hook)
			}
		default:
			if g.chance(0.22) {
				s.Hooks[hook] = g.hook(hook)
			}
		}
	}
	return s
}

// hook scripts an asynchronous hook.
func (g *generator) hook(hook string) plan.Script {
	var s plan.Script
	if g.odd(0.08) {
		s = append(s, named(plan.OnCancelThrow, "callback"))
	}
	if g.odd(0.08) {
		s = append(s, timed(plan.OnCancelBlock, g.short()))
	}
	starting := hook == plan.HookStart || hook == plan.HookStarting || hook == plan.HookStarted
	if !starting && g.chance(0.06) {
		s = append(s, timed(plan.Sleep, g.short()), plan.Step{Kind: plan.UntilCancelled, Text: g.thrown()})
		return s
	}
	return append(s, g.script(2, func() plan.Step { return g.hookStep(hook, starting) })...)
}

func (g *generator) thrown() string {
	if g.chance(0.5) {
		return "throw"
	}
	return ""
}

func (g *generator) hookStep(hook string, starting bool) plan.Step {
	cs := []choice[func() plan.Step]{
		{28, func() plan.Step { return timed(plan.Delay, g.some()) }},
		{20, func() plan.Step { return timed(plan.Sleep, g.some()) }},
		{18, func() plan.Step { return timed(plan.Block, g.some()) }},
		{9, func() plan.Step { return step(plan.Yield) }},
		{9, func() plan.Step { return named(plan.Mark, hook) }},
		{6, func() plan.Step { return named(plan.Throw, hook) }},
		{2, func() plan.Step { return step(plan.ThrowCancelled) }},
		{5, func() plan.Step { g.ends = true; return step(plan.StopApp) }},
		{2, func() plan.Step { return numbered(plan.ExitCode, g.code()) }},
	}
	if g.wild {
		cs = append(cs, []choice[func() plan.Step]{
			{4, func() plan.Step { g.ends = true; return numbered(plan.Exit, g.code()) }},
			{3, func() plan.Step { return g.spawned() }},
			{2, func() plan.Step { return g.raised() }},
			{1, func() plan.Step { return step(plan.Hang) }},
			{1, func() plan.Step { return step(plan.BlockForever) }},
			{2, func() plan.Step { return plan.Step{Kind: plan.UntilCancelled, Text: g.thrown()} }},
		}...)
		if !starting {
			cs = append(cs, choice[func() plan.Step]{1, func() plan.Step { return step(plan.WaitRun) }})
		}
	}
	return pick(g, cs)()
}

// execute scripts the body of a background service.
func (g *generator) execute() plan.Script {
	until := plan.Step{Kind: plan.UntilCancelled, Text: g.thrown()}
	var s plan.Script
	if g.chance(0.15) {
		s = append(s, of(g, timed(plan.Block, g.short()), step(plan.Yield), named(plan.Mark, "work"), timed(plan.Delay, g.short())))
	}
	if g.odd(0.08) {
		s = append(s, of(g, named(plan.OnCancelThrow, "callback"), timed(plan.OnCancelBlock, g.short())))
	}
	switch g.r.IntN(20) {
	case 0, 1, 2, 3, 4, 5:
		return append(s, until)
	case 6, 7, 8:
		return append(s, until, of(g, timed(plan.Sleep, g.some()), timed(plan.Delay, g.some()), timed(plan.Block, g.some())))
	case 9, 10:
		return append(s, timed(plan.Delay, g.some()))
	case 11:
		return append(s, timed(plan.Delay, 30*time.Second))
	case 12:
		return append(s, timed(plan.Sleep, g.some()))
	case 13:
		return append(s, timed(plan.Delay, g.some()), named(plan.Throw, "work"))
	case 14:
		return append(s, named(plan.Throw, "work"))
	case 15:
		return append(s, until, named(plan.Throw, "late"))
	case 16:
		g.ends = true
		return append(s, timed(plan.Delay, g.some()), step(plan.StopApp))
	case 17:
		if !g.wild {
			return append(s, timed(plan.Delay, g.some()), step(plan.ThrowCancelled))
		}
		g.ends = true
		return append(s, timed(plan.Delay, g.some()), numbered(plan.Exit, g.code()))
	case 18:
		if !g.wild {
			return nil
		}
		return append(s, timed(plan.Delay, g.some()), of(g, g.spawned(), g.raised(), step(plan.Hang), step(plan.ThrowCancelled)), timed(plan.Sleep, g.some()))
	}
	return append(s, g.script(3, func() plan.Step { return g.hookStep(plan.HookExecute, false) })...)
}

// callback scripts a callback of the lifetime.
func (g *generator) callback() plan.Script {
	if g.chance(0.2) {
		return plan.Script{}
	}
	s := g.script(2, func() plan.Step {
		cs := []choice[func() plan.Step]{
			{30, func() plan.Step { return timed(plan.Block, g.short()) }},
			{25, func() plan.Step { return named(plan.Mark, "x") }},
			{14, func() plan.Step { return named(plan.Throw, "x") }},
			{8, func() plan.Step { return step(plan.StopApp) }},
			{6, func() plan.Step { return g.spawned() }},
		}
		if g.wild {
			cs = append(cs, []choice[func() plan.Step]{
				{5, func() plan.Step { return numbered(plan.Exit, g.code()) }},
				{3, func() plan.Step { return numbered(plan.ExitCode, g.code()) }},
				{2, func() plan.Step { return g.raised() }},
				{1, func() plan.Step { return step(plan.WaitRun) }},
				{1, func() plan.Step { return step(plan.BlockForever) }},
			}...)
		}
		return pick(g, cs)()
	})
	return s
}

// spawned is a thread that does one thing after a while.
func (g *generator) spawned() plan.Step {
	g.ends = true
	cs := []choice[func() plan.Step]{
		{60, func() plan.Step { return step(plan.StopApp) }},
		{10, func() plan.Step { return named(plan.Mark, "thread") }},
	}
	if g.wild {
		cs = append(cs, []choice[func() plan.Step]{
			{10, func() plan.Step { return numbered(plan.Exit, g.code()) }},
			{5, func() plan.Step { return named(plan.Throw, "thread") }},
			{6, func() plan.Step { return g.raised() }},
			{5, func() plan.Step { return step(plan.StopHostWait) }},
		}...)
	}
	return spawn(g.after(pick(g, cs)())...)
}

func (g *generator) construction() plan.Script {
	return pick(g, []choice[plan.Script]{
		{30, plan.Script{named(plan.Throw, "new")}}, {30, plan.Script{timed(plan.Block, g.short())}},
		{15, plan.Script{step(plan.StopApp)}}, {15, plan.Script{named(plan.Mark, "new")}}, {10, plan.Script{numbered(plan.Exit, g.code())}},
	})
}

func (g *generator) disposal() plan.Script {
	cs := []choice[plan.Script]{
		{35, plan.Script{timed(plan.Block, g.short())}}, {25, plan.Script{named(plan.Mark, "x")}},
		{15, plan.Script{named(plan.Throw, "dispose")}}, {8, plan.Script{step(plan.StopApp)}}, {5, plan.Script{}},
	}
	if g.wild {
		cs = append(cs, choice[plan.Script]{8, plan.Script{numbered(plan.Exit, g.code())}}, choice[plan.Script]{5, plan.Script{numbered(plan.ExitCode, g.code())}})
	}
	return pick(g, cs)
}

func (g *generator) exitHandler() plan.Script {
	cs := []choice[plan.Script]{
		{40, plan.Script{}}, {40, plan.Script{named(plan.Mark, "bye")}}, {10, plan.Script{timed(plan.Block, g.short())}},
	}
	if g.wild {
		cs = append(cs, []choice[plan.Script]{
			{8, plan.Script{numbered(plan.ExitCode, g.code())}}, {4, plan.Script{step(plan.StopApp)}}, {2, plan.Script{numbered(plan.Exit, g.code())}},
		}...)
	}
	return pick(g, cs)
}

func (g *generator) hostLifetime() *plan.HostLifetime {
	l := &plan.HostLifetime{}
	part := func() plan.Script {
		return g.script(2, func() plan.Step {
			return pick(g, []choice[func() plan.Step]{
				{30, func() plan.Step { return timed(plan.Delay, g.short()) }},
				{30, func() plan.Step { return timed(plan.Sleep, g.short()) }},
				{10, func() plan.Step { return timed(plan.Block, g.short()) }},
				{10, func() plan.Step { return named(plan.Throw, "lifetime") }},
				{3, func() plan.Step { return step(plan.ThrowCancelled) }},
				{10, func() plan.Step { return step(plan.StopApp) }},
				{5, func() plan.Step { return step(plan.Yield) }},
			})()
		})
	}
	if g.chance(0.5) {
		l.WaitForStart = part()
	}
	if g.chance(0.6) {
		l.Stop = part()
	}
	return l
}
