package protocol

import (
	"strconv"
	"time"

	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/spec"
)

// EncodePlan writes a plan as JSON in the keys of the plan language; [plan.Parse] reads it back. For the process lane the
// stimuli (signals, connections, files) are left out: they are hostsim's to give, not the adapter's.
func EncodePlan(p *plan.Plan, lane string) []byte {
	e := &planEncoder{b: make([]byte, 0, 512)}
	e.object(func() {
		e.options(&p.Options)
		if len(p.Config) > 0 {
			e.key("config")
			e.object(func() {
				for _, s := range p.Config {
					e.key(s.Key)
					e.b = appendText(e.b, s.Value)
				}
			})
		}
		e.list("services", len(p.Services), func(i int) { e.service(&p.Services[i]) })
		if l := p.HostLifetime; l != nil {
			e.key("hostLifetime")
			e.object(func() {
				e.script("waitForStart", l.WaitForStart)
				e.script("stop", l.Stop)
			})
		}
		e.callbacks("applicationStarted", p.ApplicationStarted)
		e.callbacks("applicationStopping", p.ApplicationStopping)
		e.callbacks("applicationStopped", p.ApplicationStopped)
		if p.ProcessExit != nil {
			e.key("processExit")
			e.steps(*p.ProcessExit)
		}
		e.list("signalHandlers", len(p.SignalHandlers), func(i int) {
			h := p.SignalHandlers[i]
			e.object(func() {
				e.text("signal", h.Signal)
				e.flag("cancel", h.Cancel)
			})
		})
		if len(p.Main) > 0 {
			e.script("main", p.Main)
		}
		if p.MainCatches {
			e.flag("mainCatches", true)
		}
		if lane != spec.Process {
			e.stimuli(p)
		}
	})
	return e.b
}

type planEncoder struct{ b []byte }

func (e *planEncoder) object(body func()) {
	e.b = append(e.b, '{')
	body()
	e.b = append(e.b, '}')
}

// key writes a key, after a comma unless it is the first of its object.
func (e *planEncoder) key(k string) {
	if c := e.b[len(e.b)-1]; c != '{' {
		e.b = append(e.b, ',')
	}
	e.b = appendText(e.b, k)
	e.b = append(e.b, ':')
}

func (e *planEncoder) text(key, val string) {
	e.key(key)
	e.b = appendText(e.b, val)
}

func (e *planEncoder) flag(key string, val bool) {
	e.key(key)
	e.b = strconv.AppendBool(e.b, val)
}

func (e *planEncoder) duration(key string, d time.Duration) { e.text(key, plan.FormatDuration(d)) }

func (e *planEncoder) list(key string, n int, item func(int)) {
	if n == 0 {
		return
	}
	e.key(key)
	e.items(n, item)
}

func (e *planEncoder) items(n int, item func(int)) {
	e.b = append(e.b, '[')
	for i := range n {
		if i > 0 {
			e.b = append(e.b, ',')
		}
		item(i)
	}
	e.b = append(e.b, ']')
}

func (e *planEncoder) options(o *plan.Options) {
	if *o == (plan.Options{}) {
		return
	}
	e.key("options")
	e.object(func() {
		if o.ShutdownTimeout != nil {
			e.duration("shutdownTimeout", *o.ShutdownTimeout)
		}
		if o.StartupTimeout != nil {
			e.duration("startupTimeout", *o.StartupTimeout)
		}
		if o.ConcurrentStart != nil {
			e.flag("concurrentStart", *o.ConcurrentStart)
		}
		if o.ConcurrentStop != nil {
			e.flag("concurrentStop", *o.ConcurrentStop)
		}
		if o.BackgroundException != "" {
			e.text("backgroundException", o.BackgroundException)
		}
	})
}

func (e *planEncoder) service(s *plan.Service) {
	e.object(func() {
		e.text("name", s.Name)
		if s.Kind != "" {
			e.text("kind", s.Kind)
		}
		if s.WatchTokens {
			e.flag("watchTokens", true)
		}
		for _, hook := range plan.Hooks(s.Kind) {
			if script, ok := s.Hooks[hook]; ok {
				e.script(hook, script)
			}
		}
	})
}

func (e *planEncoder) callbacks(key string, scripts []plan.Script) {
	e.list(key, len(scripts), func(i int) { e.steps(scripts[i]) })
}

// script writes a list of steps under a key; a nil script is not there, an empty one is.
func (e *planEncoder) script(key string, s plan.Script) {
	if s == nil {
		return
	}
	e.key(key)
	e.steps(s)
}

func (e *planEncoder) steps(s plan.Script) {
	e.items(len(s), func(i int) { e.step(&s[i]) })
}

func (e *planEncoder) step(s *plan.Step) {
	e.object(func() {
		e.key(s.Kind.Name)
		switch s.Kind.Arg {
		case plan.ArgDuration:
			e.b = appendText(e.b, plan.FormatDuration(s.Dur))
		case plan.ArgText, plan.ArgSignal, plan.ArgAddress:
			e.b = appendText(e.b, s.Text)
		case plan.ArgInt:
			e.b = strconv.AppendInt(e.b, int64(s.N), 10)
		case plan.ArgScript:
			e.steps(s.Steps)
		default: // ArgNone, ArgMode
			if s.Text != "" {
				e.b = appendText(e.b, s.Text)
			} else {
				e.b = append(e.b, "true"...)
			}
		}
	})
}

func (e *planEncoder) stimuli(p *plan.Plan) {
	e.list("signals", len(p.Signals), func(i int) {
		s := &p.Signals[i]
		e.object(func() {
			e.text("after", s.After)
			e.duration("wait", s.Wait)
			e.text("send", s.Send)
		})
	})
	e.list("connections", len(p.Connections), func(i int) {
		c := &p.Connections[i]
		e.object(func() {
			e.text("name", c.Name)
			e.text("after", c.After)
			e.duration("wait", c.Wait)
			e.text("dial", c.Dial)
			e.duration("hold", c.Hold)
		})
	})
	e.list("files", len(p.Files), func(i int) {
		f := &p.Files[i]
		e.object(func() {
			e.text("path", f.Path)
			e.text("state", f.State)
		})
	})
}
