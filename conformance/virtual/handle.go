package virtual

import (
	"context"

	"github.com/hostsim/hostsim/fakes/puppet"
	"github.com/hostsim/hostsim/fakes/world"
	"github.com/hostsim/hostsim/host"
	"github.com/hostsim/hostsim/host/seam"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// Handle gives a fault access to the run that it is in. State keeps what a fault remembers during one run. Everything
// runs on the controller of the lane, one thread at a time, so that nothing of it needs a lock.
type Handle struct {
	RT    seam.Runtime
	World *world.World
	Plan  *plan.Plan
	Host  func() *host.Host // nil before build
	State map[string]any

	player   *puppet.Player
	lifetime host.HostLifetime
	made     map[string]host.Service
	notes    map[string][]func() error
}

func (g *program) handle() *Handle {
	if g.h == nil {
		g.h = &Handle{RT: g.rt, World: g.w, Plan: g.plan, State: map[string]any{}, player: &g.player,
			Host: func() *host.Host { return g.host }, made: map[string]host.Service{}, notes: map[string][]func() error{}}
	}
	return g.h
}

// Set remembers that something was, and tells whether that is new.
func (h *Handle) Set(flag string) (first bool) {
	first = h.State[flag] == nil
	h.State[flag] = true
	return first
}

// Is tells whether something was remembered.
func (h *Handle) Is(flag string) bool { return h.State[flag] != nil }

// Event gives the event of this name, which is made on first use.
func (h *Handle) Event(name string) seam.Event {
	ev, ok := h.State["event "+name].(seam.Event)
	if !ok {
		ev = h.RT.NewEvent(name)
		h.State["event "+name] = ev
	}
	return ev
}

// Mutex gives the mutex of this name, which is made on first use.
func (h *Handle) Mutex(name string) seam.Mutex {
	m, ok := h.State["mutex "+name].(seam.Mutex)
	if !ok {
		m = h.RT.NewMutex(name)
		h.State["mutex "+name] = m
	}
	return m
}

// Index gives the place of a service in the plan, -1 if there is none of this name.
func (h *Handle) Index(name string) int {
	for i := range h.Plan.Services {
		if h.Plan.Services[i].Name == name {
			return i
		}
	}
	return -1
}

// Last tells whether the service is the last of the plan.
func (h *Handle) Last(name string) bool { return h.Index(name) == len(h.Plan.Services)-1 }

// Made gives the service of this name as it was constructed, without what the fault put around it; nil before.
func (h *Handle) Made(name string) host.Service { return h.made[name] }

// Construct constructs the service of this name, once more if need be.
func (h *Handle) Construct(name string) (host.Service, error) {
	s, err := h.player.New(&h.Plan.Services[h.Index(name)])
	if err == nil {
		h.made[name] = s
	}
	return s, err
}

// Unmade gives the service of this name without having run its construction.
func (h *Handle) Unmade(name string) host.Service {
	return h.player.Unmade(&h.Plan.Services[h.Index(name)])
}

// Lifetime gives the application's own host lifetime, nil if the plan has none.
func (h *Handle) Lifetime() host.HostLifetime { return h.lifetime }

// Notify runs the application's callbacks of a notification, newest first.
func (h *Handle) Notify(what string) {
	list := h.notes[what]
	for i := len(list) - 1; i >= 0; i-- {
		_ = list[i]()
	}
}

// Callback gives the n-th callback from the end of a notification, in order of registration.
func (h *Handle) Callback(what string, fromEnd int) func() error {
	list := h.notes[what]
	return list[len(list)-1-fromEnd]
}

// Log logs an event of the host.
func (h *Handle) Log(e host.Event) { puppet.Observer{Emit: h.World.Emit}.HostEvent(e) }

// Abandoned reports that the host has given up a call of a service, and logs nothing.
func (h *Handle) Abandoned(service string) {
	h.World.Emit(trace.Event{Who: service, What: "abandoned"})
}

// Detached gives a context that is never cancelled and knows nothing of the one that it stands for.
func (h *Handle) Detached() context.Context { return context.Background() }

// Cancelled gives a context that is cancelled already.
func (h *Handle) Cancelled() context.Context { return seam.CancelledContext(h.RT) }
