package plan

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hostsim/hostsim/scenarios/doc"
)

func TestErrors(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"a list":                       {"- a\n", "f:1:1: wrong value in plan: found a list, expected a plan, a mapping with the keys options"},
		"unknown key":                  {"servces: []\n", `f:1:1: unknown key in plan: found "servces", expected options, config,`},
		"unknown key, nearest":         {"servces: []\n", `did you mean "services"?`},
		"options":                      {"options: 3\n", "f:1:10: wrong value in options: found 3, expected options, a mapping with the keys shutdownTimeout"},
		"unknown option":               {"options: {shutdownTimout: 3s}\n", `f:1:11: unknown key in options: found "shutdownTimout", expected shutdownTimeout, startupTimeout, concurrentStart, concurrentStop or backgroundException; did you mean "shutdownTimeout"?`},
		"duration without a unit":      {"options: {shutdownTimeout: 3}\n", `f:1:28: invalid duration in options, shutdownTimeout: found 3, expected a duration such as "300ms", "1.5s" or "inf"`},
		"duration of an unknown unit":  {"options: {shutdownTimeout: 3sec}\n", `f:1:28: invalid duration in options, shutdownTimeout: found "3sec", expected a unit: ns, us, ms, s, m or h`},
		"negative duration":            {"options: {shutdownTimeout: -3s}\n", `f:1:28: invalid duration in options, shutdownTimeout: found "-3s", expected a duration such as`},
		"huge duration":                {"options: {shutdownTimeout: 25h}\n", `f:1:28: invalid duration in options, shutdownTimeout: found "25h", expected at most 24h0m0s`},
		"a flag":                       {"options: {concurrentStart: yes}\n", `f:1:28: wrong value in options, concurrentStart: found "yes", expected true or false`},
		"background exception":         {"options: {backgroundException: stopHst}\n", `f:1:32: unknown word in options, backgroundException: found "stopHst", expected stopHost or ignore; did you mean "stopHost"?`},
		"config":                       {"config: []\n", "f:1:9: wrong value in config: found an empty list, expected a mapping of keys to texts"},
		"config value":                 {"config: {a: [1]}\n", "f:1:13: wrong value in config, a: found a list, expected a text"},
		"services":                     {"services: {a: {}}\n", "f:1:11: wrong value in services: found a mapping, expected a list of services"},
		"service":                      {"services: [a]\n", `f:1:12: wrong value in service 1: found "a", expected a service, a mapping with the keys name`},
		"service without a name":       {"services: [{kind: hosted}]\n", `f:1:12: missing key in service 1: expected "name"`},
		"name of an actor":             {"services: [{name: host}]\n", `f:1:19: invalid name in service 1: found "host", expected letters, digits, - and _, a letter first`},
		"name with a dot":              {"services: [{name: a.b}]\n", `f:1:19: invalid name in service 1: found "a.b"`},
		"name that is too long":        {"services: [{name: " + strings.Repeat("a", MaxName+1) + "}]\n", "f:1:19: invalid name in service 1"},
		"two of one name":              {"services:\n- {name: a}\n- {name: b}\n- {name: a}\n", `f:4:10: two services of one name in services: found "a", expected each name once (the first is in line 2)`},
		"kind":                         {"services: [{name: a, kind: backgroumd}]\n", `f:1:28: unknown kind in service a: found "backgroumd", expected hosted, lifecycle or background; did you mean "background"?`},
		"hook of another kind":         {"services: [{name: a, starting: []}]\n", `f:1:22: hook that this kind of service does not have in service a: found "starting", expected new, start, stop or dispose (kind hosted)`},
		"hook of a background service": {"services: [{name: a, kind: background, stop: []}]\n", `f:1:40: hook that this kind of service does not have in service a: found "stop", expected execute (kind background)`},
		"unknown hook":                 {"services: [{name: a, stp: []}]\n", `f:1:22: unknown key in service a: found "stp", expected name, kind, watchTokens, new, starting, start, started, execute, stopping, stop, stopped or dispose; did you mean "stop"?`},
		"script":                       {"services: [{name: a, stop: {delay: 1s}}]\n", "f:1:28: wrong value in service a, stop: found a mapping, expected a list of steps"},
		"unknown step":                 {"services: [{name: a, stop: [dealy: 1s]}]\n", `f:1:29: unknown step in service a, stop: found "dealy", expected accept, block,`},
		"unknown step, nearest":        {"services: [{name: a, stop: [dealy: 1s]}]\n", `did you mean "delay"?`},
		"two steps in one item":        {"services: [{name: a, stop: [{delay: 1s, yield: true}]}]\n", `f:1:41: two steps in one item in service a, stop: found "yield", expected one step in each item of the list`},
		"step that is a number":        {"services: [{name: a, stop: [7]}]\n", `f:1:29: wrong value in service a, stop: found 7, expected a step such as "delay: 300ms" or "yield"`},
		"step that is empty":           {"services: [{name: a, stop: [{}]}]\n", `f:1:29: wrong value in service a, stop: found an empty mapping, expected a step such as`},
		"asynchronous step in new":     {"services: [{name: a, new: [delay: 1s]}]\n", "f:1:28: step in the wrong place in service a, new: found \"delay\", expected block,"},
		"asynchronous step, why":       {"services: [{name: a, new: [delay: 1s]}]\n", "(delay gives the thread back, which nothing here can: new, dispose, the application callbacks and processExit hold it)"},
		"in a callback":                {"applicationStopping: [[yield]]\n", `f:1:24: step in the wrong place in applicationStopping, callback 1: found "yield"`},
		"in processExit":               {"processExit: [hang]\n", `f:1:15: step in the wrong place in processExit: found "hang"`},
		"step of main":                 {"services: [{name: a, stop: [build]}]\n", "(build is a step of main alone)"},
		"step of main in spawn":        {"main: [spawn: [run]]\n", `f:1:16: step in the wrong place in main, spawn: found "run"`},
		"accept in main":               {"main: [accept: tcp:web]\n", "(accept has no meaning here)"},
		"missing argument":             {"main: [delay]\n", `f:1:8: missing argument in main, delay: found nothing, expected a duration such as`},
		"argument that is none":        {"main: [build: no]\n", `f:1:15: wrong value in main, build: found "no", expected true, or nothing`},
		"mode":                         {"main: [untilCancelled: threw]\n", `f:1:24: wrong value in main, untilCancelled: found "threw", expected true or throw`},
		"signal":                       {"main: [raise: SIGFOO]\n", `f:1:15: unknown signal in main, raise: found "SIGFOO", expected SIGINT, SIGTERM, SIGQUIT or SIGHUP`},
		"signal, nearest":              {"main: [raise: sigterm]\n", `did you mean "SIGTERM"?`},
		"raise of SIGKILL":             {"main: [raise: SIGKILL]\n", `f:1:15: unknown signal in main, raise: found "SIGKILL"`},
		"negative code":                {"main: [exit: -1]\n", "f:1:14: invalid number in main, exit: found -1, expected a whole number from 0 to 255"},
		"huge code":                    {"main: [return: 256]\n", "f:1:16: invalid number in main, return: found 256, expected a whole number from 0 to 255"},
		"octal code":                   {"main: [return: 07]\n", "f:1:16: invalid number in main, return: found 07"},
		"fraction":                     {"main: [return: 1.5]\n", "f:1:16: invalid number in main, return: found 1.5"},
		"code that is a text":          {"main: [return: \"3\"]\n", `f:1:16: invalid number in main, return: found "3"`},
		"text that is a list":          {"main: [mark: [a]]\n", "f:1:14: wrong value in main, mark: found a list, expected a text"},
		"empty text":                   {"main: [mark: \"\"]\n", `f:1:14: wrong value in main, mark: found "", expected a text that is not empty`},
		"long text":                    {"main: [mark: " + strings.Repeat("a", MaxText+1) + "]\n", "f:1:14: text too long in main, mark: found \"" + strings.Repeat("a", 60) + "…\", expected at most 4096 bytes"},
		"address":                      {"main: [listen: web]\n", `f:1:16: invalid address in main, listen: found "web", expected tcp:NAME or unix:NAME`},
		"address of another network":   {"main: [dial: udp:web]\n", `f:1:14: invalid address in main, dial: found "udp:web"`},
		"path out of the folder":       {"main: [listen: \"unix:../x\"]\n", `f:1:16: invalid address in main, listen: found "unix:../x"`},
		"spawn without end":            {"main: [" + strings.Repeat("spawn: [", 9) + strings.Repeat("]", 9) + "]\n", "nesting too deep in main, spawn, spawn, spawn, spawn, spawn, spawn, spawn, spawn, spawn: expected at most 8 threads inside each other"},
		"host lifetime":                {"hostLifetime: {wait: []}\n", `f:1:16: unknown key in hostLifetime: found "wait"`},
		"callbacks":                    {"applicationStarted: [mark: x]\n", "f:1:22: wrong value in applicationStarted, callback 1: found a mapping, expected a list of steps"},
		"handler":                      {"signalHandlers: [{cancel: true}]\n", `f:1:18: missing key in signalHandlers, 1: expected "signal"`},
		"stimulus":                     {"signals: [{after: lifetime.applicationStarted, send: SIGINT, wiat: 3s}]\n", `f:1:62: unknown key in signals, 1: found "wiat", expected after, wait or send; did you mean "wait"?`},
		"stimulus without a signal":    {"signals: [{after: lifetime.applicationStarted}]\n", `f:1:11: missing key in signals, 1: expected "send"`},
		"stimulus that waits for ever": {"signals: [{after: lifetime.applicationStarted, wait: inf, send: SIGINT}]\n", `f:1:54: invalid duration in signals, 1, wait: found "inf", expected a finite duration`},
		"event":                        {"services: [{name: a}]\nsignals: [{after: a.stpo.begin, send: SIGINT}]\n", `f:2:19: event that can never happen in signals, 1, after: found "a.stpo.begin", expected an event of this plan, WHO.WHAT or WHO.WHAT.PHASE, such as "lifetime.applicationStarted" or "b.stop.begin"; did you mean "a.stop.begin"?`},
		"event of nobody":              {"services: [{name: a}]\nsignals: [{after: b.stop.begin, send: SIGINT}]\n", `event that can never happen in signals, 1, after: found "b.stop.begin"`},
		"event of another kind":        {"services: [{name: a}]\nsignals: [{after: a.execute, send: SIGINT}]\n", `event that can never happen in signals, 1, after: found "a.execute"`},
		"event without an actor":       {"signals: [{after: stop, send: SIGINT}]\n", `event that can never happen in signals, 1, after: found "stop"`},
		"event that is no text":        {"signals: [{after: 3, send: SIGINT}]\n", "f:1:19: wrong value in signals, 1, after: found 3, expected an event"},
		"two connections of one name":  {"connections:\n- {name: c, after: host.build, dial: tcp:web}\n- {name: c, after: host.build, dial: tcp:web}\n", `f:3:10: two connections of one name in connections, 2: found "c", expected each name once`},
		"file":                         {"files: [{path: app.sock, state: stail}]\n", `f:1:33: unknown state in files, 1: found "stail", expected stale, live, foreign or readonly; did you mean "stale"?`},
		"path of a file":               {"files: [{path: ../x, state: live}]\n", `f:1:16: invalid path in files, 1: found "../x"`},
		"two files of one path":        {"files: [{path: x, state: live}, {path: x, state: stale}]\n", `f:1:40: two files of one path in files, 2: found "x", expected each path once`},
		"anchor":                       {"main: &m [build]\n", "f:1:7: anchor not allowed: found &m"},
		"duplicate key":                {"main: [build]\nmain: [run]\n", `f:2:1: duplicate key: found "main", expected each key once (the first is in line 1)`},
		"in JSON":                      {"{\"main\":\n [{\"exitt\": 3}]}", `f:2:4: unknown step in main: found "exitt"`},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := Parse("f", []byte(c.text))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got  %v\nwant %s", err, c.want)
			}
			if p != nil {
				t.Error("a plan was given with the error")
			}
			for _, e := range doc.All(err) {
				if e.Line < 1 || e.Col < 1 || e.File != "f" {
					t.Errorf("an error without a place: %+v", e)
				}
			}
		})
	}
}

// TestSeveralErrorsTogether: what is wrong in different places is reported at once, in order of place.
func TestSeveralErrorsTogether(t *testing.T) {
	_, err := Parse("f", []byte("services:\n- {name: a, kind: hostd, stop: [dealy: 3s, hang: 2]}\nsignals:\n- {after: a.stop, send: SIGTREM, wait: 3}\nman: []\n"))
	var places []string
	for _, e := range doc.All(err) {
		places = append(places, fmt.Sprintf("%d:%d", e.Line, e.Col))
	}
	if got, want := strings.Join(places, " "), "2:19 2:33 2:50 4:25 4:40 5:1"; got != want {
		t.Errorf("errors at %s, want %s\n%v", got, want, err)
	}
}

func TestLimits(t *testing.T) {
	services := func(n int) string {
		var b strings.Builder
		b.WriteString(`{"services":[`)
		for i := range n {
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `{"name":"s%d"}`, i)
		}
		return b.String() + "]}"
	}
	steps := func(n int) string { return `{"main":["build"` + strings.Repeat(`,"yield"`, n-1) + "]}" }
	for name, c := range map[string]struct{ text, want string }{
		"services":          {services(MaxServices), ""},
		"too many services": {services(MaxServices + 1), "f:1:13: too many services in services: found 20001, expected at most 20000"},
		"steps":             {steps(MaxSteps), ""},
		"too many steps":    {steps(MaxSteps + 1), "f:1:9: too many steps in main: expected at most 100000 in a plan"},
		"too many stimuli":  {`{"applicationStarted":[` + strings.Repeat("[],", MaxStimuli) + "[]]}", "f:1:23: too many callbacks in applicationStarted: found 1001, expected at most 1000"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("f", []byte(c.text))
			if c.want == "" && err != nil || c.want != "" && (err == nil || err.Error() != c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestUnreachable(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want int
	}{
		"run by default":         {"signals: [{after: host.run.begin, send: SIGINT}]", 0},
		"main does not run":      {"main: [build, start]\nsignals: [{after: host.run.begin, send: SIGINT}]", 1},
		"main starts":            {"main: [build, start]\nsignals: [{after: host.start.end, send: SIGINT}]", 0},
		"a mark":                 {"services: [{name: a, start: [mark: x]}]\nsignals: [{after: a.mark, send: SIGINT}]", 0},
		"no mark":                {"services: [{name: a}]\nsignals: [{after: a.mark, send: SIGINT}]", 1},
		"an accepted connection": {"services: [{name: a, start: [spawn: [accept: tcp:x]]}]\nsignals: [{after: a/thread.accepted, send: SIGINT}]", 0},
		"nobody accepts":         {"services: [{name: a, start: [listen: tcp:x]}]\nsignals: [{after: a.accepted, send: SIGINT}]", 1},
		"a silent observer":      {"signals: [{after: lifetime.applicationStarted.begin, send: SIGINT}]", 1},
		"a scripted callback":    {"applicationStarted: [[]]\nsignals: [{after: lifetime.applicationStarted.begin, send: SIGINT}]", 0},
		"a thread":               {"main: [build, spawn: [mark: x]]\nsignals: [{after: main/thread.mark, send: SIGINT}]", 0},
		"a thread in a thread":   {"main: [build, spawn: [spawn: [mark: x]]]\nsignals: [{after: main/thread/thread.mark, send: SIGINT}]", 0},
		"a token":                {"services: [{name: a, watchTokens: true}]\nsignals: [{after: a.stop.token, send: SIGINT}]", 0},
		"a token nobody watches": {"services: [{name: a}]\nsignals: [{after: a.stop.token, send: SIGINT}]", 1},
		"the host's log":         {"signals: [{after: log.Debug, send: SIGINT}]", 0},
		"another signal":         {"signals: [{after: host.build, send: SIGINT}, {after: signal.SIGINT, send: SIGTERM}]", 0},
		"a signal nobody sends":  {"signals: [{after: signal.SIGINT, send: SIGTERM}]", 1},
		"a raised signal":        {"main: [build, raise: SIGINT]\nsignals: [{after: signal.SIGINT, send: SIGTERM}]", 0},
		"a connection":           {"services: [{name: a, start: [listen: tcp:web]}]\nconnections: [{name: c, after: a.listen, dial: tcp:web}]", 0},
		"the scripted lifetime":  {"hostLifetime: {}\nsignals: [{after: hostLifetime.waitForStart.begin, send: SIGINT}]", 0},
		"a service manager":      {"hostLifetime: {kind: systemd}\nsignals: [{after: systemd.notify, send: SIGTERM}]", 0},
		"no host lifetime":       {"signals: [{after: hostLifetime.stop, send: SIGINT}]", 1},
		"a handler":              {"signalHandlers: [{signal: SIGHUP}]\nsignals: [{after: signalHandler.SIGHUP, send: SIGINT}]", 0},
		"the request of a stop":  {"services: [{name: a, stop: [stopHostWait, stopApplication, untilCancelled, onCancelThrow: x]}]\nsignals: [{after: a.cancelCallback.begin, send: SIGINT}, {after: a.tokenFired, send: SIGINT}, {after: a.stopHost.end, send: SIGINT}]", 0},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := Parse("f.yaml", []byte(c.text))
			if err != nil {
				t.Fatal(err)
			}
			if got := Unreachable(p); len(got) != c.want {
				t.Errorf("%d stimuli are never sent, want %d", len(got), c.want)
			}
		})
	}
}
