package adapter

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

// whole is a host that knows no other call than a service's Run, as run groups do; the library announces what it does not.
func whole() Implementation {
	return Implementation{Name: "whole", Features: Common(), AnnounceStarted: true, New: func(app *App) (Host, error) {
		return HostFunc(func(ctx context.Context) error {
			ctx, cancel := app.NotifyContext(ctx, signalNames["SIGTERM"])
			defer cancel()
			errs := make(chan error)
			for _, s := range app.Services() {
				go func() {
					err := s.Run(ctx, app.ShutdownTimeout(10*time.Second))
					if err != nil {
						cancel()
					}
					errs <- err
				}()
			}
			var all []error
			for range app.Services() {
				all = append(all, <-errs)
			}
			if len(app.Services()) == 0 {
				<-ctx.Done()
			}
			return errors.Join(all...)
		}), nil
	}}
}

// TestLives: what the library does on behalf of a host, life by life.
func TestLives(t *testing.T) {
	const sigterm = `"signals":[{"after":"lifetime.applicationStarted","wait":"1s","send":"SIGTERM"}]`
	for _, c := range []struct {
		name string
		impl Implementation
		plan string
		want string
	}{
		{"run: a whole life in one call", whole(), `{"services":[{"name":"a"}],"main":[{"build":1},{"run":1}],` + sigterm + `}`,
			"<host.build a.new host.build> <host.run <a.start a.start> lifetime.applicationStarted @1s signal.SIGTERM <a.stop a.stop> host.run> main.return # exited 0"},
		{"run: what fails to start is not stopped", whole(), `{"services":[{"name":"a","start":[{"throw":"boom"}]}],"main":[{"build":1},{"run":1}],"mainCatches":true}`,
			"<host.build a.new host.build> <host.run <a.start a.start>=error:boom host.run>=aggregate(error:boom) main.threw=aggregate(error:boom) main.return # exited 0"},
		{"run: a body that fails ends it", whole(), `{"services":[{"name":"w","kind":"background","execute":[{"delay":"2s"},{"throw":"boom"}]}],"main":[{"build":1},{"run":1}],"mainCatches":true}`,
			"<host.build w.new host.build> <host.run <w.start … w.start> … lifetime.applicationStarted … @2s w.execute>=error:boom <w.stop w.stop> host.run>=aggregate(error:boom) main.threw=aggregate(error:boom) main.return # exited 0"},
		{"run: a body that ends well does not", whole(), `{"services":[{"name":"w","kind":"background","execute":[{"delay":"100ms"}]}],"main":[{"build":1},{"run":1}],` + sigterm + `}`,
			"<host.build w.new host.build> <host.run <w.start … w.start> … lifetime.applicationStarted … @100ms w.execute> @900ms signal.SIGTERM <w.stop w.stop> host.run> main.return # exited 0"},
		{"run: a stop has its limit", whole(), `{"services":[{"name":"a","stop":[{"delay":"1m"}]}],"main":[{"build":1},{"run":1}],"mainCatches":true,` + sigterm + `}`,
			"<host.build a.new host.build> <host.run <a.start a.start> lifetime.applicationStarted @1s signal.SIGTERM <a.stop @10s a.stop>=cancelled host.run>=aggregate(cancelled) main.threw=aggregate(cancelled) main.return # exited 0"},
		{"started is announced for no services too", whole(), `{"main":[{"build":1},{"run":1}],` + sigterm + `}`,
			"<host.build host.build> <host.run lifetime.applicationStarted @1s signal.SIGTERM host.run> main.return # exited 0"},
		{"a signal that nobody hears any more ends the process", seq(), `{"main":[{"build":1},{"runCancelAfter":"1s"},{"sleep":"5s"}],"signals":[{"after":"host.run.end","wait":"1s","send":"SIGTERM"}]}`,
			"<host.build host.build> <host.run lifetime.applicationStarted @1s lifetime.applicationStopping lifetime.applicationStopped host.run> @1s signal.SIGTERM # signaled SIGTERM"},
		{"nobody hears SIGKILL", seq(), `{"main":[{"build":1},{"run":1}],"signals":[{"after":"lifetime.applicationStarted","wait":"0s","send":"SIGKILL"}]}`,
			"<host.build host.build> <host.run lifetime.applicationStarted signal.SIGKILL # signaled SIGKILL"},
		{"nor a signal that nobody asked for", seq(), `{"main":[{"build":1},{"run":1}],"signals":[{"after":"lifetime.applicationStarted","wait":"0s","send":"SIGHUP"}]}`,
			"<host.build host.build> <host.run lifetime.applicationStarted signal.SIGHUP # signaled SIGHUP"},
		{"without a host there is nothing to run", seq(), `{"main":[{"run":1}],"mainCatches":true}`,
			"main.threw=error:the host was not built main.return # exited 0"},
		{"an error that nobody catches is the end", seq(), `{"services":[{"name":"a","start":[{"throw":"x"}]}],"main":[{"build":1},{"tryStart":1},{"start":1},{"return":0}]}`,
			"<host.build a.new host.build> <host.start <a.start a.start>=error:x host.start>=error:x <host.start <a.start a.start>=error:x host.start>=error:x main.threw=error:x # exited 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := short(c.impl.Play(t, parse(t, c.plan)))
			rest, parts := got, strings.Split(c.want, " … ") // where the body of a service stands is Go's to choose
			for i, part := range parts {
				_, after, found := strings.Cut(rest, part)
				if !found || i == 0 && !strings.HasPrefix(got, part) || i == len(parts)-1 && after != "" {
					t.Errorf("got\n%s\nwant\n%s", got, c.want)
					break
				}
				rest = after
			}
		})
	}
}

// TestReference: our own host, as an adapter, does what its profile says and the plan's options ask for.
func TestReference(t *testing.T) {
	const sigterm = `"signals":[{"after":"lifetime.applicationStarted","wait":"1s","send":"SIGTERM"}]`
	for _, c := range []struct {
		name, profile, plan string
		want                []string // parts of the trace, in this order
		not                 string
	}{
		{"a background service goes on beside the start", "dotnet-10", `{"services":[{"name":"w","kind":"background","execute":[{"untilCancelled":1}]}],"main":[{"build":1},{"run":1}],` + sigterm + `}`,
			[]string{"w.start>", "lifetime.applicationStarted", "@1s signal.SIGTERM", "w.tokenFired", "w.stop>", "# exited 0"}, ""},
		{"a stop has as long as the plan says", "dotnet-10", `{"options":{"shutdownTimeout":"2s"},"services":[{"name":"a","stop":[{"delay":"1m"}]}],"main":[{"build":1},{"run":1}],"mainCatches":true,` + sigterm + `}`,
			[]string{"signal.SIGTERM", "<a.stop", "@2s", "a.stop>=cancelled"}, ""},
		{"so has a start", "dotnet-10", `{"options":{"startupTimeout":"3s"},"services":[{"name":"a","start":[{"delay":"1m"}]}],"main":[{"build":1},{"run":1}],"mainCatches":true}`,
			[]string{"<a.start", "@3s", "a.start>=cancelled"}, "lifetime.applicationStarted"},
		{"services start at once if the plan says so", "dotnet-10", `{"options":{"concurrentStart":true},"services":[{"name":"a","start":[{"delay":"1s"}]},{"name":"b","start":[{"delay":"1s"}]}],"main":[{"build":1},{"start":1}]}`,
			[]string{"<a.start", "<b.start", "@1s", "host.start>"}, ""},
		{"and stop at once", "dotnet-10", `{"options":{"concurrentStop":true},"services":[{"name":"a","stop":[{"delay":"1s"}]},{"name":"b","stop":[{"delay":"1s"}]}],"main":[{"build":1},{"start":1},{"stop":1}]}`,
			[]string{"<b.stop", "<a.stop", "@1s", "host.stop>"}, ""},
		{"a lifetime of its own", "dotnet-10", `{"hostLifetime":{"waitForStart":[{"delay":"7s"}]},"main":[{"build":1},{"start":1}]}`,
			[]string{"<hostLifetime.waitForStart", "@7s", "hostLifetime.waitForStart>", "host.start>"}, ""},
		{"no lifetime hears no signal", "dotnet-10", `{"hostLifetime":{"kind":"none"},"main":[{"build":1},{"run":1}],` + sigterm + `}`,
			[]string{"signal.SIGTERM # signaled SIGTERM"}, "applicationStopping"},
		{"that of a service manager hears SIGTERM alone", "dotnet-10", `{"hostLifetime":{"kind":"systemd"},"main":[{"build":1},{"run":1}],"signals":[{"after":"lifetime.applicationStarted","wait":"1s","send":"SIGINT"}]}`,
			[]string{"signal.SIGINT # signaled SIGINT"}, "applicationStopping"},
		{"the context of run ends it", "dotnet-10", `{"main":[{"build":1},{"runCancelAfter":"4s"}]}`,
			[]string{"@4s", "lifetime.applicationStopping", "host.run>", "# exited 0"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := short(Reference(c.profile).Play(t, parse(t, c.plan)))
			rest := got
			for _, w := range c.want {
				_, after, found := strings.Cut(rest, w)
				if !found {
					t.Errorf("no %s, or not in this order:\n%s", w, got)
					break
				}
				rest = after
			}
			if c.not != "" && strings.Contains(got, c.not) {
				t.Errorf("%s in\n%s", c.not, got)
			}
		})
	}
	for profile, has := range map[string][2]bool{"dotnet-3.1": {false, false}, "dotnet-7": {false, false}, "dotnet-8": {true, false}, "strict": {true, true}} {
		f := Reference(profile).FeatureList()
		if got := [2]bool{slices.Contains(f, "lifecycle"), slices.Contains(f, "abandon")}; got != has {
			t.Errorf("%s: lifecycle and abandon are declared %v, want %v", profile, got, has)
		}
	}
	if why := Reference("dotnet-3.1").Unsupported(parse(t, `{"services":[{"name":"a","kind":"lifecycle"}]}`), spec.Virtual); !strings.Contains(why, "lifecycle") {
		t.Errorf("3.1 plays lifecycle services: %q", why)
	}
}

// TestDefaults: what a plan does not say is the host's.
func TestDefaults(t *testing.T) {
	for text, want := range map[string][2]time.Duration{
		`{}`: {5, 6}, `{"options":{"shutdownTimeout":"1s"}}`: {time.Second, 6}, `{"options":{"startupTimeout":"0s"}}`: {5, 0}, `{"options":{"shutdownTimeout":"inf","startupTimeout":"inf"}}`: {forever, forever},
	} {
		app := newApp(&Implementation{}, parse(t, text), newProcessLane(nil, ""))
		if got := [2]time.Duration{app.ShutdownTimeout(5), app.StartupTimeout(6)}; got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
	if got := CommonBut("sockets", "signals"); slices.Contains(got, "sockets") || slices.Contains(got, "signals") || len(got) != len(Common())-2 {
		t.Errorf("common features but two: %v", got)
	}
	if (&App{lane: newProcessLane(nil, "")}).Virtual() {
		t.Error("the process lane is virtual")
	}
	end := trace.Ending{Kind: trace.Exited}
	if r := (&recorder{}); r.last() != 0 || r.count() != 0 || r.ended() != nil || len(r.take()) != 0 {
		t.Error("a recorder of nothing has something")
	} else if r.finish(end); r.ended() == nil {
		t.Error("the end is lost")
	}
}
