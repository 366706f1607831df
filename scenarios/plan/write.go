package plan

import "github.com/hostsim/hostsim/scenarios/doc"

// AppendJSON appends the plan as one line of JSON in the form that the recording program reads: every step is an object,
// every kind is written. [Parse] reads back an equal plan, places apart.
func AppendJSON(b []byte, p *Plan) []byte {
	n := writer{}.plan(p)
	return doc.AppendJSON(b, &n)
}

// AppendYAML appends the plan as YAML for a person: steps without an argument are bare words. [Parse] reads back an equal
// plan, places apart.
func AppendYAML(b []byte, p *Plan) []byte {
	n := Node(p)
	return doc.AppendYAML(b, &n)
}

// Node gives the plan as a node of a larger YAML document.
func Node(p *Plan) doc.Node { return writer{short: true}.plan(p) }

// writer turns a plan into nodes; short leaves out what a person need not read.
type writer struct{ short bool }

func (w writer) plan(p *Plan) doc.Node {
	n := doc.NewMap()
	if o := w.options(&p.Options); len(o.Items) > 0 {
		n.Set("options", o)
	}
	if len(p.Config) > 0 {
		c := doc.NewMap()
		for _, s := range p.Config {
			c.Set(s.Key, doc.NewText(s.Value))
		}
		n.Set("config", c)
	}
	if len(p.Services) > 0 {
		list := doc.NewList()
		for i := range p.Services {
			list.Items = append(list.Items, w.service(&p.Services[i]))
		}
		n.Set("services", list)
	}
	if l := p.HostLifetime; l != nil {
		h := doc.NewMap()
		if l.Kind != "" && l.Kind != ScriptedLifetime {
			h.Set("kind", doc.NewText(l.Kind))
		}
		if len(l.WaitForStart) > 0 {
			h.Set("waitForStart", w.script(l.WaitForStart))
		}
		if len(l.Stop) > 0 {
			h.Set("stop", w.script(l.Stop))
		}
		n.Set("hostLifetime", h)
	}
	w.callbacks(&n, "applicationStarted", p.ApplicationStarted)
	w.callbacks(&n, "applicationStopping", p.ApplicationStopping)
	w.callbacks(&n, "applicationStopped", p.ApplicationStopped)
	if p.ProcessExit != nil {
		n.Set("processExit", w.script(*p.ProcessExit))
	}
	if len(p.SignalHandlers) > 0 {
		list := doc.NewList()
		for _, h := range p.SignalHandlers {
			item := doc.NewMap()
			list.Items = append(list.Items, *item.Set("signal", doc.NewText(h.Signal)).Set("cancel", doc.NewBool(h.Cancel)))
		}
		n.Set("signalHandlers", list)
	}
	if len(p.Main) > 0 {
		n.Set("main", w.script(p.Main))
	}
	if p.MainCatches {
		n.Set("mainCatches", doc.NewBool(true))
	}
	w.stimuli(&n, p)
	return n
}

func (w writer) options(o *Options) doc.Node {
	n := doc.NewMap()
	if o.ShutdownTimeout != nil {
		n.Set("shutdownTimeout", doc.NewText(FormatDuration(*o.ShutdownTimeout)))
	}
	if o.StartupTimeout != nil {
		n.Set("startupTimeout", doc.NewText(FormatDuration(*o.StartupTimeout)))
	}
	if o.ConcurrentStart != nil {
		n.Set("concurrentStart", doc.NewBool(*o.ConcurrentStart))
	}
	if o.ConcurrentStop != nil {
		n.Set("concurrentStop", doc.NewBool(*o.ConcurrentStop))
	}
	if o.BackgroundException != "" {
		n.Set("backgroundException", doc.NewText(o.BackgroundException))
	}
	return n
}

func (w writer) service(s *Service) doc.Node {
	n := doc.NewMap()
	n.Set("name", doc.NewText(s.Name))
	if !w.short || s.Kind != Hosted {
		n.Set("kind", doc.NewText(s.Kind))
	}
	if s.WatchTokens {
		n.Set("watchTokens", doc.NewBool(true))
	}
	for _, hook := range Hooks(s.Kind) {
		if script, ok := s.Hooks[hook]; ok {
			n.Set(hook, w.script(script))
		}
	}
	return n
}

func (w writer) callbacks(n *doc.Node, key string, scripts []Script) {
	if len(scripts) == 0 {
		return
	}
	list := doc.NewList()
	for _, s := range scripts {
		list.Items = append(list.Items, w.script(s))
	}
	n.Set(key, list)
}

func (w writer) stimuli(n *doc.Node, p *Plan) {
	if len(p.Signals) > 0 {
		list := doc.NewList()
		for _, s := range p.Signals {
			item := doc.NewMap()
			item.Set("after", doc.NewText(s.After)).Set("wait", doc.NewText(FormatDuration(s.Wait))).Set("send", doc.NewText(s.Send))
			list.Items = append(list.Items, item)
		}
		n.Set("signals", list)
	}
	if len(p.Connections) > 0 {
		list := doc.NewList()
		for _, c := range p.Connections {
			item := doc.NewMap()
			item.Set("name", doc.NewText(c.Name)).Set("after", doc.NewText(c.After)).Set("wait", doc.NewText(FormatDuration(c.Wait))).Set("dial", doc.NewText(c.Dial))
			if c.Hold != 0 || !w.short {
				item.Set("hold", doc.NewText(FormatDuration(c.Hold)))
			}
			list.Items = append(list.Items, item)
		}
		n.Set("connections", list)
	}
	if len(p.Files) > 0 {
		list := doc.NewList()
		for _, f := range p.Files {
			item := doc.NewMap()
			list.Items = append(list.Items, *item.Set("path", doc.NewText(f.Path)).Set("state", doc.NewText(f.State)))
		}
		n.Set("files", list)
	}
}

func (w writer) script(s []Step) doc.Node {
	n := doc.NewList()
	for i := range s {
		n.Items = append(n.Items, w.step(&s[i]))
	}
	return n
}

func (w writer) step(s *Step) doc.Node {
	var arg doc.Node
	switch s.Kind.Arg {
	case ArgDuration:
		arg = doc.NewText(FormatDuration(s.Dur))
	case ArgInt:
		arg = doc.NewInt(s.N)
	case ArgScript:
		arg = w.script(s.Steps)
	case ArgNone, ArgMode:
		switch {
		case s.Text != "":
			arg = doc.NewText(s.Text)
		case w.short:
			return doc.NewText(s.Kind.Name)
		default:
			arg = doc.NewBool(true)
		}
	default:
		arg = doc.NewText(s.Text)
	}
	n := doc.NewMap()
	n.Set(s.Kind.Name, arg)
	return n
}
