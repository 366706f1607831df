package plan

import (
	"slices"
	"strconv"
	"strings"

	"github.com/hostsim/hostsim/scenarios/doc"
)

// The top-level keys, in the order in which a plan is written.
func init() {
	registerKey(Key{"options", "The host's options; a key that is missing keeps the host's default.", (*reader).options})
	registerKey(Key{"config", "In-memory host configuration, text by text.", (*reader).config})
	registerKey(Key{"services", "The scripted services, in the order of registration.", (*reader).services})
	registerKey(Key{"hostLifetime", "Replaces the host's own lifetime by a scripted one.", (*reader).hostLifetime})
	registerKey(Key{"applicationStarted", "Callbacks of the notification that the application has started; each is a script.", callbacks("applicationStarted", func(p *Plan) *[]Script { return &p.ApplicationStarted })})
	registerKey(Key{"applicationStopping", "Callbacks of the notification that a stop was requested; each is a script.", callbacks("applicationStopping", func(p *Plan) *[]Script { return &p.ApplicationStopping })})
	registerKey(Key{"applicationStopped", "Callbacks of the notification that the application has stopped; each is a script.", callbacks("applicationStopped", func(p *Plan) *[]Script { return &p.ApplicationStopped })})
	registerKey(Key{"processExit", "The application's own handler of the process exit; without the key there is none.", (*reader).processExit})
	registerKey(Key{"signalHandlers", "The application's own signal handlers, installed before the host is built.", (*reader).signalHandlers})
	registerKey(Key{"main", "What main does; build and run if the key is missing.", (*reader).main})
	registerKey(Key{"mainCatches", "Whether main catches an error that leaves its steps; otherwise it is unhandled.", (*reader).mainCatches})
	registerKey(Key{"signals", "Signals from outside: after an event, wait, send.", (*reader).signals})
	registerKey(Key{"connections", "Clients from outside: after an event, wait, dial an address, hold the connection.", (*reader).connections})
	registerKey(Key{"files", "What lies in the file system before the program starts.", (*reader).files})
}

var optionNames = []string{"shutdownTimeout", "startupTimeout", "concurrentStart", "concurrentStop", "backgroundException"}

func (r *reader) options(n *doc.Node) {
	o := &r.plan.Options
	r.fields(n, "options", "options", optionNames, func(key string, _, v *doc.Node) {
		where := "options, " + key
		switch key {
		case "shutdownTimeout":
			d := r.duration(v, where)
			o.ShutdownTimeout = &d
		case "startupTimeout":
			d := r.duration(v, where)
			o.StartupTimeout = &d
		case "concurrentStart":
			b := r.flag(v, where)
			o.ConcurrentStart = &b
		case "concurrentStop":
			b := r.flag(v, where)
			o.ConcurrentStop = &b
		case "backgroundException":
			for _, w := range exceptions { // the recordings write StopHost and Ignore
				if strings.EqualFold(w, v.Text) && v.Kind == doc.String {
					o.BackgroundException = w
					return
				}
			}
			r.word(v, "unknown word", where, exceptions)
		}
	})
}

func (r *reader) config(n *doc.Node) {
	if n.Kind != doc.Map || n.Len() > MaxStimuli {
		r.fail(n, "wrong value", "config", "a mapping of keys to texts, at most "+strconv.Itoa(MaxStimuli))
		return
	}
	for i := 0; i < n.Len(); i++ {
		k, v := n.Pair(i)
		key := r.text(k, "config")
		r.plan.Config = append(r.plan.Config, Setting{key, r.text(v, "config, "+doc.Shorten(key))})
	}
}

var serviceNames = []string{"name", "kind", "watchTokens", HookNew, HookStarting, HookStart, HookStarted, HookExecute, HookStopping, HookStop, HookStopped, HookDispose}

func (r *reader) services(n *doc.Node) {
	items := r.list(n, "services", "services", MaxServices)
	r.plan.Services = make([]Service, len(items))
	first := make(map[string]int, len(items))
	for i := range items {
		r.service(&r.plan.Services[i], &items[i], i)
		s := &r.plan.Services[i]
		if line, dup := first[s.Name]; dup && s.Name != "" {
			r.errs.At(items[i].Get("name"), Error{Rule: "two services of one name", Where: "services", Found: strconv.Quote(s.Name), Expected: "each name once (the first is in line " + strconv.Itoa(line) + ")"})
		} else {
			first[s.Name] = s.Pos.Line
		}
	}
}

func (r *reader) service(s *Service, n *doc.Node, i int) {
	s.Pos, s.Kind = pos(n), Hosted
	where := "service " + strconv.Itoa(i+1)
	if name := n.Get("name"); name != nil {
		if name.Kind == doc.String && ValidName(name.Text) {
			s.Name = name.Text
			where = "service " + s.Name
		} else {
			r.fail(name, "invalid name", where, "letters, digits, - and _, a letter first, at most "+strconv.Itoa(MaxName)+", and no word that names another actor (host, main, signal …)")
		}
	}
	if kind := n.Get("kind"); kind != nil {
		s.Kind = r.word(kind, "unknown kind", where, kinds)
	}
	may := Scripted(s.Kind)
	r.fields(n, where, "a service", serviceNames, func(key string, k, v *doc.Node) {
		switch key {
		case "name", "kind":
		case "watchTokens":
			s.WatchTokens = r.flag(v, where+", watchTokens")
		default:
			if !slices.Contains(may, key) {
				r.errs.At(k, Error{Rule: "hook that this kind of service does not have", Where: where, Found: k.Found(), Expected: doc.OneOf(may) + " (kind " + s.Kind + ")"})
				return
			}
			if s.Hooks == nil {
				s.Hooks = make(map[string]Script, 4)
			}
			s.Hooks[key] = r.script(v, where+", "+key, place(key), 0)
		}
	})
	r.required(n, where, "name")
}

func (r *reader) hostLifetime(n *doc.Node) {
	l := &HostLifetime{Kind: ScriptedLifetime}
	r.plan.HostLifetime = l
	r.fields(n, "hostLifetime", "a host lifetime", []string{"kind", "waitForStart", "stop"}, func(key string, _, v *doc.Node) {
		if key == "kind" {
			l.Kind = r.word(v, "unknown kind", "hostLifetime", lifetimeKinds)
			return
		}
		script := r.script(v, "hostLifetime, "+key, InAsync, 0)
		if key == "stop" {
			l.Stop = script
		} else {
			l.WaitForStart = script
		}
	})
	if l.Kind == ScriptedLifetime {
		return
	}
	for _, key := range []string{"waitForStart", "stop"} {
		if v := n.Get(key); v != nil {
			r.errs.At(v, Error{Rule: "script of a host lifetime that has none", Where: "hostLifetime", Found: strconv.Quote(key), Expected: "it only with the kind " + ScriptedLifetime})
		}
	}
}

var lifetimeKinds = []string{ScriptedLifetime, Systemd, NoLifetime}

func callbacks(key string, field func(*Plan) *[]Script) func(*reader, *doc.Node) {
	return func(r *reader, n *doc.Node) {
		for i, items := 0, r.list(n, key, "callbacks", MaxStimuli); i < len(items); i++ {
			*field(r.plan) = append(*field(r.plan), r.script(&items[i], key+", callback "+strconv.Itoa(i+1), InSync, 0))
		}
	}
}

func (r *reader) processExit(n *doc.Node) {
	s := r.script(n, "processExit", InSync, 0)
	r.plan.ProcessExit = &s
}

func (r *reader) signalHandlers(n *doc.Node) {
	for i, items := 0, r.list(n, "signalHandlers", "signal handlers", MaxStimuli); i < len(items); i++ {
		where := "signalHandlers, " + strconv.Itoa(i+1)
		h := SignalHandler{}
		r.fields(&items[i], where, "a signal handler", []string{"signal", "cancel"}, func(key string, _, v *doc.Node) {
			if key == "signal" {
				h.Signal = r.word(v, "unknown signal", where, Signals)
			} else {
				h.Cancel = r.flag(v, where+", cancel")
			}
		})
		r.required(&items[i], where, "signal")
		r.plan.SignalHandlers = append(r.plan.SignalHandlers, h)
	}
}

func (r *reader) main(n *doc.Node) { r.plan.Main = r.script(n, "main", InMain, 0) }

func (r *reader) mainCatches(n *doc.Node) { r.plan.MainCatches = r.flag(n, "mainCatches") }
