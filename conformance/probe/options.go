package probe

import (
	"fmt"
	"net"
	"net/url"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Ready says how to tell that the program is ready. All conditions that are given must hold. If none is, the program is
// ready as soon as it, or a process that it started, listens on a TCP port or a Unix socket (Linux only).
type Ready struct {
	Port   int            // this TCP port of the loopback interface accepts connections
	Line   *regexp.Regexp // a line of stdout or stderr matches
	File   string         // this file exists, and is not one that was there before
	HTTP   string         // this URL (http, loopback) answers with a status below 400
	Notify bool           // READY=1 arrives on the socket that NOTIFY_SOCKET names, as systemd has it
}

func (r Ready) auto() bool {
	return r.Port == 0 && r.Line == nil && r.File == "" && r.HTTP == "" && !r.Notify
}

// Options says what to probe and how. Zero values mean the defaults that are given here.
type Options struct {
	Args []string // program and arguments
	Env  []string // KEY=VALUE; nil means the environment of the caller
	Dir  string   // working directory; empty means that of the caller

	Ready      Ready
	StartLimit time.Duration  // how long it may take to become ready; 30 s
	Grace      time.Duration  // after which the supervisor would send SIGKILL; 30 s, as in Kubernetes
	DrainDelay time.Duration  // what a preStop hook, or a delay in the balancer, takes of the grace; 0
	StopSignal syscall.Signal // what the supervisor sends to stop it; SIGTERM

	Sweep    int           // moments of start-up at which the stop signal is sent; 20
	Hold     time.Duration // how long a request is held in flight after the stop signal; 1 s, at most a quarter of the grace
	HTTPPath string        // path of a request that takes a while or has a large answer (8 MiB); "/"
	TCPSend  string        // what is sent over a raw TCP connection before it falls silent; nothing
	PIDFile  string        // the pid file that the program writes, if it is not found by itself
	Reset    string        // shell command that is run before every start, to bring back a clean state

	Only   []string // checks or clause ids; empty means all
	Skip   []string // checks or clause ids that are declared not to matter
	Strict bool     // SHOULD clauses count for the verdict as MUST clauses do

	// Progress is called, from the goroutine of Run, whenever another start of the program begins or ends.
	Progress func(Progress)
}

// OptionError is an option that cannot be used: which one, what is allowed, and what was given.
type OptionError struct {
	Option string // as the command names it, without dashes
	Msg    string
}

// Error names the option.
func (e *OptionError) Error() string {
	if e.Option == "" {
		return e.Msg
	}
	return "--" + e.Option + ": " + e.Msg
}

// complete fills in the defaults and refuses what makes no sense.
func (o *Options) complete() error {
	bad := func(opt, format string, args ...any) error {
		return &OptionError{Option: opt, Msg: fmt.Sprintf(format, args...)}
	}
	if len(o.Args) == 0 || o.Args[0] == "" {
		return &OptionError{Option: "", Msg: "no program was given: write it after a double dash, as in: hostsim probe -- ./server --port 8080"}
	}
	defaults := []struct {
		name string
		at   *time.Duration
		def  time.Duration
	}{
		{"start-limit", &o.StartLimit, 30 * time.Second}, {"grace", &o.Grace, 30 * time.Second}, {"hold", &o.Hold, time.Second},
	}
	for _, d := range defaults {
		if *d.at < 0 {
			return bad(d.name, "%s is negative; write a duration such as 30s", *d.at)
		}
		if *d.at == 0 {
			*d.at = d.def
		}
	}
	if o.DrainDelay < 0 {
		return bad("drain-delay", "%s is negative; write a duration such as 5s", o.DrainDelay)
	}
	if o.DrainDelay >= o.Grace {
		return bad("drain-delay", "%s leaves nothing of the grace of %s; it must be shorter", o.DrainDelay, o.Grace)
	}
	o.Hold = min(o.Hold, o.Grace/4)
	if o.StopSignal == 0 {
		o.StopSignal = syscall.SIGTERM
	}
	if o.StopSignal == syscall.SIGKILL {
		return bad("stop-signal", "SIGKILL cannot be handled by any program, so there is nothing to judge; give the signal that asks it to stop")
	}
	if o.Sweep == 0 {
		o.Sweep = 20
	}
	if o.Sweep < 2 || o.Sweep > 1000 {
		return bad("sweep", "%d is out of range; 2 to 1000 moments are allowed", o.Sweep)
	}
	if o.Ready.Port < 0 || o.Ready.Port > 65535 {
		return bad("ready-port", "%d is no port; 1 to 65535 are", o.Ready.Port)
	}
	if o.Ready.HTTP != "" {
		if err := loopbackURL(o.Ready.HTTP); err != nil {
			return bad("ready-http", "%v", err)
		}
	}
	if o.HTTPPath == "" {
		o.HTTPPath = "/"
	}
	if o.HTTPPath[0] != '/' || strings.ContainsAny(o.HTTPPath, " \r\n\x00") {
		return bad("http-path", "%q is no path; it must begin with a slash and have no blanks", o.HTTPPath)
	}
	if o.Ready.auto() && runtime.GOOS != "linux" {
		return bad("ready-port", "on %s the probe cannot find out by itself when the program is ready; give --ready-port, --ready-line, --ready-file or --ready-http", runtime.GOOS)
	}
	if o.Reset != "" {
		if _, err := exec.LookPath("sh"); err != nil {
			return bad("reset", "it needs a shell: %v", err)
		}
	}
	for name, list := range map[string][]string{"only": o.Only, "skip": o.Skip} {
		for _, w := range list {
			if !knownWord(w) {
				return bad(name, "%q is neither a check (%s) nor a clause (%s … %s)", w, strings.Join(CheckNames(), ", "), idReady, idStopping)
			}
		}
	}
	return nil
}

// CheckNames lists the checks in the order in which they are made.
func CheckNames() []string {
	var out []string
	for _, c := range checks {
		out = append(out, c.name)
	}
	return out
}

func knownWord(w string) bool {
	return slices.Contains(CheckNames(), w) || slices.ContainsFunc(briefs, func(b brief) bool { return b.id == w })
}

// loopbackURL refuses every URL that would leave this machine.
func loopbackURL(s string) error {
	u, err := url.Parse(s)
	if err != nil {
		return fmt.Errorf("%q is no URL: %w", s, err)
	}
	if u.Scheme != "http" || u.Host == "" {
		return fmt.Errorf("%q must be a URL such as http://127.0.0.1:8080/healthz", s)
	}
	if ip := net.ParseIP(u.Hostname()); u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("%q is not on the loopback interface; the probe talks to nothing else: use 127.0.0.1, ::1 or localhost", s)
	}
	return nil
}

// selects reports whether a clause is to be judged.
func (o *Options) selects(c *clauseInfo) bool {
	return len(o.Only) == 0 || slices.Contains(o.Only, c.ID) || slices.Contains(o.Only, c.Check)
}

// skips reports whether a clause is declared not to matter.
func (o *Options) skips(c *clauseInfo) bool {
	return slices.Contains(o.Skip, c.ID) || slices.Contains(o.Skip, c.Check)
}

// wants reports whether any clause of a check is to be judged.
func (p *prober) wants(check string) bool {
	return slices.ContainsFunc(p.all, func(c *clauseInfo) bool {
		return c.Check == check && p.o.selects(c) && !p.o.skips(c)
	})
}
