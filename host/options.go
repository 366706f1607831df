package host

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/hostsim/hostsim/host/seam"
)

// Option configures a host; see the With functions.
type Option func(*config) error

type config struct {
	rt       seam.Runtime
	rules    *Rules
	observer Observer
	proc     Process
	lifetime func(*Host) HostLifetime
	regs     []registration
	names    map[string]bool // of regs, once there are more than a few

	shutdownTimeout *time.Duration
	startupTimeout  time.Duration
	startupSet      bool
	patience        time.Duration
	concurrentStart bool
	concurrentStop  bool
	startSet        bool
	stopSet         bool
	ignoreFaults    bool
	keys            [][2]string
}

// WithService registers a service under a name. Services start in the order of registration and stop in reverse (REG-2).
func WithService(name string, s Service) Option {
	return WithFactory(name, func() (Service, error) { return s, nil })
}

// WithFactory registers a service that is constructed when the host starts.
func WithFactory(name string, construct func() (Service, error)) Option {
	return func(c *config) error {
		if c.named(name) {
			return fmt.Errorf("host: two services are named %q; a name must tell one service from all others", name)
		}
		c.regs = append(c.regs, registration{name, construct})
		return nil
	}
}

// few is up to how many services names are compared one by one; beyond that a set is kept.
const few = 16

// named tells whether a service of this name is registered.
func (c *config) named(name string) bool {
	if len(c.regs) < few {
		for _, r := range c.regs {
			if r.name == name {
				return true
			}
		}
		return false
	}
	if c.names == nil {
		c.names = map[string]bool{}
		for _, r := range c.regs {
			c.names[r.name] = true
		}
	}
	if c.names[name] {
		return true
	}
	c.names[name] = true
	return false
}

// WithProfile makes the host behave as a profile says: "strict" (the default) or "dotnet-2.2" to "dotnet-10".
func WithProfile(name string) Option {
	return func(c *config) error {
		r, err := RulesOf(name)
		c.rules = &r
		return err
	}
}

// WithRules makes the host behave by rules of your own; start from [RulesOf].
func WithRules(r *Rules) Option { return func(c *config) error { c.rules = r; return nil } }

// WithShutdownTimeout bounds a stop: all stages, services and the host lifetime share this one budget (STP-2).
func WithShutdownTimeout(d time.Duration) Option {
	return func(c *config) error { c.shutdownTimeout = &d; return nil }
}

// WithStartupTimeout bounds a start; the default is Infinite.
func WithStartupTimeout(d time.Duration) Option {
	return func(c *config) error { c.startupTimeout, c.startupSet = d, true; return nil }
}

// WithPatience sets how long a stop whose token is cancelled still waits for a call to notice it, before it abandons the
// call. A stop takes at most the shutdown timeout, and this once for each call that does not end. It matters only where
// the rules abandon. The default is 100 ms.
func WithPatience(d time.Duration) Option {
	return func(c *config) error { c.patience = d; return nil }
}

// WithConcurrentStart calls the services of a start stage one after the other without waiting, then waits for all (STG-2).
func WithConcurrentStart(on bool) Option {
	return func(c *config) error { c.concurrentStart, c.startSet = on, true; return nil }
}

// WithConcurrentStop does the same for a stop.
func WithConcurrentStop(on bool) Option {
	return func(c *config) error { c.concurrentStop, c.stopSet = on, true; return nil }
}

// WithIgnoredFaults keeps the host running when a background service fails (BGS-9).
func WithIgnoredFaults(on bool) Option {
	return func(c *config) error { c.ignoreFaults = on; return nil }
}

// WithSettings gives host configuration: shutdownTimeoutSeconds, startupTimeoutSeconds, servicesStartConcurrently and
// servicesStopConcurrently, in any case. What the rules do not read or what does not parse is ignored, and the options
// above win (OPT-1, OPT-2).
func WithSettings(keyValues ...[2]string) Option {
	return func(c *config) error { c.keys = append(c.keys, keyValues...); return nil }
}

// WithHostLifetime chooses how the host is tied to its surroundings: [Console] (the default), [Systemd], [None], or your own.
func WithHostLifetime(make func(*Host) HostLifetime) Option {
	return func(c *config) error { c.lifetime = make; return nil }
}

// WithObserver sends the host's events somewhere.
func WithObserver(o Observer) Option { return func(c *config) error { c.observer = o; return nil } }

// WithLogger sends the host's events to a logger.
func WithLogger(l *slog.Logger) Option { return WithObserver(Slog{l}) }

// WithClock makes the host use a clock; nothing else about it changes.
func WithClock(cl clock.Clock) Option {
	return func(c *config) error { c.rt = seam.NewReal(cl); return nil }
}

// WithRuntime makes the host spawn and wait through a seam of your own, such as the controller of package fakes/sim.
func WithRuntime(rt seam.Runtime) Option { return func(c *config) error { c.rt = rt; return nil } }

// WithProcess tells the host which process it is in; the default is [OSProcess].
func WithProcess(p Process) Option { return func(c *config) error { c.proc = p; return nil } }

// settings applies configuration first and the options on top of it.
func (c *config) settings(h *Host) {
	read := c.rules.ConfiguredTimeout
	for _, kv := range c.keys {
		key, val := strings.ToLower(kv[0]), kv[1]
		switch {
		case read == "ignored":
		case key == "shutdowntimeoutseconds":
			setSeconds(&h.shutdownTimeout, val)
		case read != "all":
		case key == "startuptimeoutseconds" && !c.startupSet:
			setSeconds(&h.startupTimeout, val)
		case key == "servicesstartconcurrently" && !c.startSet:
			setBool(&h.concurrentStart, val)
		case key == "servicesstopconcurrently" && !c.stopSet:
			setBool(&h.concurrentStop, val)
		}
	}
	if c.shutdownTimeout != nil {
		h.shutdownTimeout = *c.shutdownTimeout
	}
	if !h.rules.LifecycleHooks {
		h.startupTimeout, h.concurrentStart, h.concurrentStop = Infinite, false, false
	}
}

// setSeconds takes plain digits only: no sign, blank, fraction or unit (OPT-1).
func setSeconds(d *time.Duration, s string) {
	if n, err := strconv.ParseUint(s, 10, 31); err == nil {
		*d = time.Duration(n) * time.Second
	}
}

func setBool(b *bool, s string) {
	switch strings.ToLower(s) {
	case "true":
		*b = true
	case "false":
		*b = false
	}
}
