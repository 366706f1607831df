package process

import (
	"testing"
	"time"

	"github.com/hostsim/hostsim/spec"
)

func TestExitUnderTest(t *testing.T) {
	for _, c := range []struct {
		name, plan            string
		exit, bold, addresses bool // bold: a process may be shared under ReuseSignals
	}{
		{"nothing", `{}`, false, true, false},
		{"delays and marks", `{"services":[{"name":"a","start":[{"delay":"1s"},{"mark":"x"},{"yield":1},{"stopApplication":true}]}]}`, false, true, false},
		{"a signal", `{"services":[{"name":"a"}],"signals":[{"after":"a.start","send":"SIGTERM"}]}`, true, true, false},
		{"a code", `{"main":[{"build":1},{"run":1},{"return":3}]}`, true, true, false},
		{"a code and a signal", `{"main":[{"build":1},{"run":1},{"return":3}],"signals":[{"after":"host.run","send":"SIGTERM"}]}`, true, true, false},
		{"an error", `{"services":[{"name":"a","stop":[{"throw":"x"}]}]}`, true, false, false},
		{"exit", `{"services":[{"name":"a","stop":[{"exit":1}]}]}`, true, false, false},
		{"exit in a callback", `{"applicationStopping":[[{"exit":1}]]}`, true, false, false},
		{"exit code", `{"services":[{"name":"a","stop":[{"exitCode":1}]}]}`, true, false, false},
		{"a thread", `{"services":[{"name":"a","start":[{"spawn":[{"yield":1}]}]}]}`, true, false, false},
		{"a raised signal", `{"services":[{"name":"a","start":[{"raise":"SIGINT"}]}]}`, true, false, false},
		{"a hang", `{"services":[{"name":"a","start":[{"hang":1}]}]}`, true, false, false},
		{"a wait for ever", `{"services":[{"name":"a","start":[{"sleep":"inf"}]}]}`, true, false, false},
		{"a host lifetime that hangs", `{"hostLifetime":{"stop":[{"hang":1}]}}`, true, false, false},
		{"an exit handler", `{"processExit":[]}`, true, false, false},
		{"a signal handler", `{"signalHandlers":[{"signal":"SIGINT"}]}`, true, false, false},
		{"a listener", `{"services":[{"name":"a","start":[{"listen":"tcp:web"}]}]}`, true, false, true},
		{"a listener of a thread", `{"services":[{"name":"a","start":[{"spawn":[{"listen":"tcp:web"}]}]}]}`, true, false, true},
		{"a listener of main", `{"main":[{"listen":"unix:a.sock"}]}`, true, false, true},
		{"a listener of a callback", `{"applicationStarted":[[{"dial":"unix:a.sock"}]]}`, true, false, true},
		{"a file", `{"files":[{"path":"a","state":"foreign"}]}`, true, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := parse(t, c.plan)
			if got := ExitUnderTest(p); got != c.exit {
				t.Errorf("ExitUnderTest = %v, want %v", got, c.exit)
			}
			if got := usesAddresses(p); got != c.addresses {
				t.Errorf("usesAddresses = %v, want %v", got, c.addresses)
			}
			for _, r := range []struct {
				policy Reuse
				lane   string
				want   bool
			}{
				{ReuseSafe, spec.Process, !c.exit}, {ReuseNever, spec.Process, false}, {ReuseSignals, spec.Process, c.bold},
				{ReuseSafe, spec.Virtual, true}, {ReuseNever, spec.Virtual, false},
			} {
				if got := (&Runner{Reuse: r.policy}).mayReuse(p, r.lane); got != r.want {
					t.Errorf("mayReuse under policy %d in lane %s = %v, want %v", r.policy, r.lane, got, r.want)
				}
			}
		})
	}
}

func TestQuietIsLongerThanAnyWaitOfThePlan(t *testing.T) {
	for _, c := range []struct {
		name, plan string
		want       time.Duration
	}{
		{"no wait", `{}`, 0},
		{"a wait without end is none", `{"services":[{"name":"a","start":[{"sleep":"inf"}]}]}`, 0},
		{"in a service", `{"services":[{"name":"a","start":[{"delay":"3s"},{"block":"5s"}]}]}`, 5 * time.Second},
		{"in a thread", `{"services":[{"name":"a","start":[{"spawn":[{"spawn":[{"delay":"9s"}]}]}]}]}`, 9 * time.Second},
		{"in main", `{"main":[{"build":1},{"runCancelAfter":"8s"}]}`, 8 * time.Second},
		{"in a callback", `{"applicationStopped":[[{"block":"7s"}]]}`, 7 * time.Second},
		{"in the host lifetime", `{"hostLifetime":{"waitForStart":[{"delay":"6s"}]}}`, 6 * time.Second},
		{"in the exit handler", `{"processExit":[{"block":"11s"}]}`, 11 * time.Second},
		{"a time limit", `{"options":{"shutdownTimeout":"30s","startupTimeout":"20s"}}`, 30 * time.Second},
		{"a connection", `{"connections":[{"name":"c","after":"host.build","dial":"tcp:web","hold":"12s"}]}`, 12 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := parse(t, c.plan)
			if got := longest(p); got != c.want {
				t.Errorf("longest = %v, want %v", got, c.want)
			}
			pl := &play{r: &Runner{Quiet: 4 * time.Second}, plan: p}
			want := 4 * time.Second
			if c.want > 0 {
				want = max(want, c.want+2*time.Second)
			}
			if got := pl.quiet(); got != want {
				t.Errorf("quiet = %v, want %v", got, want)
			}
		})
	}
}
