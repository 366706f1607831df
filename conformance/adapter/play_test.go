package adapter

import (
	"context"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/hostsim/hostsim/scenarios/trace"
)

const build = "<host.build a.new host.build> "

func TestVirtualRuns(t *testing.T) {
	for _, c := range []struct{ name, plan, want string }{
		{"a signal", `{"services":[{"name":"a","stop":[{"delay":"2s"}]}],"main":[{"build":1},{"run":1},{"return":3}],"signals":[{"after":"lifetime.applicationStarted","wait":"1h","send":"SIGTERM"}]}`,
			build + "<host.run <a.start a.start> lifetime.applicationStarted @1h0m0s signal.SIGTERM lifetime.applicationStopping <a.stop @2s a.stop> lifetime.applicationStopped host.run> main.return # exited 3"},
		{"nobody handles SIGHUP", `{"services":[{"name":"a"}],"signals":[{"after":"lifetime.applicationStarted","wait":"1s","send":"SIGHUP"}]}`,
			build + "<host.run <a.start a.start> lifetime.applicationStarted @1s signal.SIGHUP # signaled SIGHUP"},
		{"SIGKILL cannot be handled", `{"services":[{"name":"a","start":[{"delay":"5s"}]}],"signals":[{"after":"a.start.begin","wait":"1s","send":"SIGKILL"}]}`,
			build + "<host.run <a.start @1s signal.SIGKILL # signaled SIGKILL"},
		{"a signal before the handler is there", `{"services":[{"name":"a","start":[{"delay":"5s"}]}],"signals":[{"after":"a.start.begin","wait":"1s","send":"SIGTERM"}]}`,
			build + "<host.run <a.start @1s signal.SIGTERM # signaled SIGTERM"},
		{"a signal of its own", `{"services":[{"name":"a","start":[{"raise":"SIGQUIT"}]}]}`,
			build + "<host.run <a.start # signaled SIGQUIT"},
		{"exit in a service", `{"services":[{"name":"a","start":[{"delay":"1s"},{"exit":9},{"mark":"never"}]}]}`,
			build + "<host.run <a.start @1s <process.exit # exited 9"},
		{"an exit code that main does not override", `{"services":[{"name":"a","start":[{"exitCode":6},{"stopApplication":true}]}]}`,
			build + "<host.run <a.start <a.stopApplication a.stopApplication> a.start> lifetime.applicationStarted lifetime.applicationStopping <a.stop a.stop> lifetime.applicationStopped host.run> main.return # exited 6"},
		{"an error that nobody catches", `{"services":[{"name":"a","start":[{"throw":"boom"}]}]}`,
			build + "<host.run <a.start a.start>=error:boom host.run>=error:boom main.threw=error:boom # exited 1"},
		{"an error that main catches", `{"services":[{"name":"a","start":[{"throw":"boom"}]}],"main":[{"build":1},{"run":1},{"return":5}],"mainCatches":true}`,
			build + "<host.run <a.start a.start>=error:boom host.run>=error:boom main.threw=error:boom main.return # exited 0"},
		{"a constructor that fails", `{"services":[{"name":"a","new":[{"throw":"no"}]}]}`,
			"<host.build a.new host.build>=error:no main.threw=error:no # exited 1"},
		{"errors of several stops", `{"services":[{"name":"a","stop":[{"throw":"x"}]},{"name":"b","stop":[{"throwCancelled":true}]}],"main":[{"build":1},{"start":1},{"stop":1}],"mainCatches":true}`,
			"<host.build a.new b.new host.build> <host.start <a.start a.start> <b.start b.start> lifetime.applicationStarted host.start> <host.stop lifetime.applicationStopping <b.stop b.stop>=cancelled <a.stop a.stop>=error:x lifetime.applicationStopped host.stop>=aggregate(cancelled,error:x) main.threw=aggregate(cancelled,error:x) main.return # exited 0"},
		{"a delay ends with its token, a sleep does not", `{"options":{"shutdownTimeout":"1s"},"services":[{"name":"a","stop":[{"delay":"1m"}]},{"name":"b","stop":[{"sleep":"3s"}]}],"main":[{"build":1},{"start":1},{"stop":1}],"mainCatches":true}`,
			"<host.build a.new b.new host.build> <host.start <a.start a.start> <b.start b.start> lifetime.applicationStarted host.start> <host.stop lifetime.applicationStopping <b.stop @3s b.stop> <a.stop! a.stop>=cancelled lifetime.applicationStopped host.stop>=aggregate(cancelled) main.threw=aggregate(cancelled) main.return # exited 0"},
		{"a background service", `{"services":[{"name":"a","kind":"background","execute":[{"untilCancelled":true},{"delay":"1s"}]}],"signals":[{"after":"lifetime.applicationStarted","wait":"1s","send":"SIGINT"}]}`,
			build + "<host.run <a.start a.start> lifetime.applicationStarted <a.execute @1s signal.SIGINT lifetime.applicationStopping <a.stop a.tokenFired a.execute>=cancelled a.stop> lifetime.applicationStopped host.run> main.return # exited 0"},
		{"a background service that fails", `{"services":[{"name":"a","kind":"background","execute":[{"delay":"1s"},{"throw":"boom"}]}]}`,
			build + "<host.run <a.start a.start> lifetime.applicationStarted <a.execute @1s a.execute>=error:boom lifetime.applicationStopping <a.stop a.stop> lifetime.applicationStopped host.run> main.return # exited 0"},
		{"a lifecycle service and its tokens", `{"options":{"shutdownTimeout":"1s"},"services":[{"name":"a","kind":"lifecycle","watchTokens":true,"stop":[{"sleep":"2s"}]}],"main":[{"build":1},{"start":1},{"stop":1},{"dispose":1}]}`,
			build + "<host.start <a.starting a.starting> <a.start a.start> <a.started a.started> lifetime.applicationStarted host.start> <host.stop lifetime.applicationStopping <a.stopping a.stopping> <a.stop @1s a.stop.token @1s a.stop> <a.stopped! a.stopped> lifetime.applicationStopped host.stop> <host.dispose <a.dispose a.dispose> host.dispose> main.return # exited 0"},
		{"callbacks", `{"services":[{"name":"a"}],"applicationStarted":[[{"mark":"1"}],[{"stopApplication":true}]],"applicationStopping":[[{"throw":"x"}]],"mainCatches":true}`,
			build + "<host.run <a.start a.start> <lifetime.applicationStarted lifetime.mark:1 lifetime.applicationStarted> <lifetime.applicationStarted <lifetime.stopApplication lifetime.stopApplication> lifetime.applicationStarted> <lifetime.applicationStopping lifetime.applicationStopping>=error:x <a.stop a.stop> lifetime.applicationStopped host.run>=aggregate(error:x) main.threw=aggregate(error:x) main.return # exited 0"},
		{"run in the background, and waiting for it", `{"services":[{"name":"a"}],"main":[{"build":1},{"runBackground":1},{"delay":"1s"},{"stopApplication":true},{"waitRun":true},{"return":2}]}`,
			build + "<host.run <a.start a.start> lifetime.applicationStarted @1s <main.stopApplication main.stopApplication> lifetime.applicationStopping <a.stop a.stop> lifetime.applicationStopped main.return # exited 2"},
		{"run with a token that is cancelled", `{"services":[{"name":"a"}],"main":[{"build":1},{"runCancelAfter":"1m"}]}`,
			build + "<host.run <a.start a.start> lifetime.applicationStarted @1m0s lifetime.applicationStopping <a.stop a.stop> lifetime.applicationStopped host.run> main.return # exited 0"},
		{"a start that is cancelled up front", `{"services":[{"name":"a","start":[{"delay":"1s"}]}],"main":[{"build":1},{"startCancelled":1}],"mainCatches":true}`,
			build + "<host.start <a.start! a.start>=cancelled host.start>=cancelled main.threw=cancelled main.return # exited 0"},
		{"a start with a token that fires", `{"services":[{"name":"a","start":[{"untilCancelled":"throw"}]}],"main":[{"build":1},{"startCancelAfter":"2s"}],"mainCatches":true}`,
			build + "<host.start <a.start @2s a.tokenFired a.start>=cancelled host.start>=cancelled main.threw=cancelled main.return # exited 0"},
		{"an error that is swallowed", `{"services":[{"name":"a","start":[{"throw":"x"}]}],"main":[{"build":1},{"tryStart":1},{"return":1}]}`,
			build + "<host.start <a.start a.start>=error:x host.start>=error:x main.return # exited 1"},
		{"a thread that throws", `{"services":[{"name":"a","start":[{"spawn":[{"delay":"1s"},{"throw":"x"}]}]}]}`,
			build + "<host.run <a.start a.start> lifetime.applicationStarted @1s a/thread.threw=error:x # exited 2"},
		{"stop from within", `{"services":[{"name":"a","kind":"background","execute":[{"delay":"1s"},{"stopHostWait":true}]}],"main":[{"build":1},{"start":1},{"delay":"5s"}]}`,
			build + "<host.start <a.start a.start> lifetime.applicationStarted host.start> <a.execute @1s <a.stopHost lifetime.applicationStopping <a.stop @4s main.return # exited 0"},
		{"a step of main before the host is built", `{"main":[{"run":1}],"mainCatches":true}`,
			"main.threw=error:the host was not built main.return # exited 0"},
		{"no service", `{"main":[{"build":1},{"runCancelAfter":"1s"}]}`,
			"<host.build host.build> <host.run lifetime.applicationStarted @1s lifetime.applicationStopping lifetime.applicationStopped host.run> main.return # exited 0"},
		{"a wait of many days", `{"services":[{"name":"a","start":[{"delay":"24h"},{"delay":"24h"},{"delay":"24h"},{"delay":"24h"},{"delay":"24h"},{"delay":"24h"},{"stopApplication":true}]}]}`,
			build + "<host.run <a.start @144h0m0s <a.stopApplication a.stopApplication> a.start> lifetime.applicationStarted lifetime.applicationStopping <a.stop a.stop> lifetime.applicationStopped host.run> main.return # exited 0"},
		{"nothing ends it", `{"services":[{"name":"a"}]}`,
			build + "<host.run <a.start a.start> lifetime.applicationStarted # hang"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := short(seq().Play(t, parse(t, c.plan)))
			if strings.Contains(c.plan, "background") { // its body and what follows its start are unordered
				got = strings.Replace(got, "<a.execute lifetime.applicationStarted", "lifetime.applicationStarted <a.execute", 1)
				got = strings.Replace(got, "<a.execute lifetime.applicationStarted host.start>", "lifetime.applicationStarted host.start> <a.execute", 1)
				got = strings.Replace(got, "lifetime.applicationStarted <a.execute host.start>", "lifetime.applicationStarted host.start> <a.execute", 1)
			}
			if got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestAHangSaysWhoHasNotEnded(t *testing.T) {
	tr := seq().Play(t, parse(t, `{"services":[{"name":"a","stop":[{"hang":true}]}],"main":[{"build":1},{"start":1},{"stop":1}]}`))
	if want := "nothing happens any more; begun and not ended: a.stop, host.stop"; tr.End.Kind != trace.HangEnd || tr.End.Reason != want {
		t.Errorf("end = %+v, want reason %q", tr.End, want)
	}
	if len(tr.End.Stuck) != 2 || tr.End.Stuck[1].Who != "a" {
		t.Errorf("stuck = %+v", tr.End.Stuck)
	}
}

func TestManyRunsInOneProcess(t *testing.T) {
	p := parse(t, `{"services":[{"name":"a","start":[{"delay":"1h"}],"stop":[{"exit":3}]}],"signals":[{"after":"lifetime.applicationStarted","wait":"1h","send":"SIGTERM"}]}`)
	first := ""
	seq().Play(t, p)
	before := runtime.NumGoroutine()
	defer func() {
		if now := runtime.NumGoroutine(); now > before+5 {
			t.Errorf("%d goroutines, %d before", now, before)
		}
	}()
	for range 200 {
		tr := seq().Play(t, p)
		if got := short(tr); first == "" {
			first = got
		} else if got != first {
			t.Fatalf("got\n%s\nthen\n%s", first, got)
		}
	}
}

// endless restarts a service that fails, for ever, as supervisors do.
func endless(pause time.Duration) Implementation {
	i := seq()
	i.New = func(app *App) (Host, error) {
		return HostFunc(func(ctx context.Context) error {
			for app.Services()[0].Start(ctx) != nil {
				<-time.After(pause) // virtual
			}
			return nil
		}), nil
	}
	return i
}

func TestWhatNeverEndsIsEnded(t *testing.T) {
	for _, c := range []struct {
		pause time.Duration
		want  string
	}{
		{15 * time.Minute, "it still goes on after 96h0m0s of virtual time; begun and not ended: host.run"},
		{time.Second, "it still goes on after 20100 events; begun and not ended: host.run"},
	} {
		tr := endless(c.pause).Play(t, parse(t, `{"services":[{"name":"a","start":[{"throw":"x"}]}]}`))
		if tr.End.Kind != trace.Killed || tr.End.Reason != c.want {
			t.Errorf("pause %v: end = %+v, want reason %q", c.pause, tr.End, c.want)
		}
	}
}

func TestAnEarlyStopRequestIsNotLost(t *testing.T) {
	app := newApp(&Implementation{}, parse(t, `{}`), newProcessLane(nil, ""))
	app.StopApplication()
	called := 0
	app.OnStopRequest(func() { called++ })
	app.OnStopRequest(func() { called += 10 })
	if called != 1 {
		t.Errorf("called = %d", called)
	}
	app.StopApplication()
	if called != 11 {
		t.Errorf("called = %d", called)
	}
}
