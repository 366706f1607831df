//go:build unix

package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

func TestRunKeepsExitCodeAndSignalApart(t *testing.T) {
	for _, c := range []struct {
		name, plan string
		end        trace.Ending
		seen       []string
	}{
		{
			name: "SIGTERM is turned into a stop, main returns 3",
			plan: `{"services":[{"name":"a","stop":[{"delay":"20ms"}]}],"main":[{"build":1},{"run":1},{"return":3}],"signals":[{"after":"lifetime.applicationStarted","wait":"10ms","send":"SIGTERM"}]}`,
			end:  trace.Ending{Kind: trace.Exited, Code: 3},
			seen: []string{"a.start.end", "signal.SIGTERM", "a.stop.begin", "a.stop.end", "host.run.end", "main.return"},
		},
		{
			name: "SIGQUIT is not handled: a Go program dies with code 2",
			plan: `{"services":[{"name":"a"}],"signals":[{"after":"lifetime.applicationStarted","wait":"1ms","send":"SIGQUIT"}]}`,
			end:  trace.Ending{Kind: trace.Exited, Code: 2},
			seen: []string{"signal.SIGQUIT"},
		},
		{
			name: "SIGHUP is not handled: the process dies of it",
			plan: `{"services":[{"name":"a"}],"signals":[{"after":"lifetime.applicationStarted","wait":"1ms","send":"SIGHUP"}]}`,
			end:  trace.Ending{Kind: trace.Signaled, Signal: "SIGHUP"},
			seen: []string{"signal.SIGHUP"},
		},
		{
			name: "exit in a service's start",
			plan: `{"services":[{"name":"a","start":[{"exit":7}]}]}`,
			end:  trace.Ending{Kind: trace.Exited, Code: 7},
			seen: []string{"process.exit.begin"},
		},
		{
			name: "a signal sent to itself",
			plan: `{"services":[{"name":"a","start":[{"raise":"SIGTERM"},{"delay":"5s"}]}],"main":[{"build":1},{"run":1}],"mainCatches":true}`,
			end:  trace.Ending{Kind: trace.Exited, Code: 0},
			seen: []string{"a.start.end", "main.threw"},
		},
		{
			name: "an error that nobody handles",
			plan: `{"services":[{"name":"a","start":[{"throw":"boom"}]}]}`,
			end:  trace.Ending{Kind: trace.Exited, Code: 1},
			seen: []string{"a.start.end", "main.threw"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := runner(t, "good")
			tr, after, err := r.Run(context.Background(), parse(t, c.plan))
			if err != nil {
				t.Fatalf("%v\n%s%s", err, lines(tr), after.Stderr)
			}
			if tr.End.Kind != c.end.Kind || tr.End.Code != c.end.Code || tr.End.Signal != c.end.Signal {
				t.Errorf("end = %+v, want %+v\n%s%s", tr.End, c.end, lines(tr), after.Stderr)
			}
			last := -1
			for _, want := range c.seen {
				i := index(tr, want)
				if i < 0 || i < last {
					t.Errorf("event %s is missing, or not in order, in\n%s", want, lines(tr))
				}
				last = max(last, i)
			}
			if after.Status == nil || len(after.Processes) > 0 || len(after.Files) > 0 || len(after.Open) > 0 {
				t.Errorf("aftermath = %+v", after)
			}
		})
	}
}

func TestASignalStandsBeforeItsEffectsAndAfterItsCause(t *testing.T) {
	r := runner(t, "good")
	p := parse(t, `{"services":[{"name":"a","stop":[{"delay":"30ms"}]}],"signals":[{"after":"a.stop.begin","wait":"1ms","send":"SIGTERM"},{"after":"lifetime.applicationStarted","wait":"0ms","send":"SIGINT"},{"after":"a.stop.end","wait":"10s","send":"SIGTERM"}]}`)
	tr, after, err := r.Run(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	started, first, stop, second := index(tr, "lifetime.applicationStarted"), index(tr, "signal.SIGINT"), index(tr, "a.stop.begin"), index(tr, "signal.SIGTERM")
	if !(started < first && first < stop && stop < second) {
		t.Errorf("order of applicationStarted, SIGINT, a.stop.begin, SIGTERM = %d %d %d %d\n%s", started, first, stop, second, lines(tr))
	}
	for i := 1; i < len(tr.Events); i++ {
		if e := tr.Events[i]; e.Who == trace.Signal && e.At < tr.Events[i-1].At {
			t.Errorf("event %d (%s) is dated before the one before it\n%s", i, e.What, lines(tr))
		}
	}
	if len(after.Sent) != 2 || after.Sent[0].Event != first || after.Sent[0].After != started {
		t.Errorf("Sent = %+v", after.Sent)
	}
	if want := []string{"SIGTERM after a.stop.end"}; !slices.Equal(after.Unsent, want) {
		t.Errorf("Unsent = %q, want %q", after.Unsent, want)
	}
}

func TestOneProcessServesManyPlansWhereExitIsNotUnderTest(t *testing.T) {
	r := runner(t, "good")
	calm := parse(t, `{"services":[{"name":"a","start":[{"stopApplication":true}]}]}`)
	for i := range 3 {
		tr, after, err := r.Run(context.Background(), calm)
		if err != nil || tr.End.Kind != trace.Exited || tr.End.Code != 0 {
			t.Fatalf("run %d: end %+v, error %v", i, tr.End, err)
		}
		if after.Reused != (i > 0) || after.Status != nil {
			t.Errorf("run %d: Reused = %v, Status = %v", i, after.Reused, after.Status)
		}
	}
	_, after, err := r.Run(context.Background(), parse(t, `{"services":[{"name":"a","start":[{"exit":4}]}]}`))
	if err != nil || after.Reused || after.Status == nil || after.Status.Code != 4 {
		t.Errorf("a plan that exits: Reused = %v, Status = %v, error %v", after.Reused, after.Status, err)
	}
}

func TestVirtualLane(t *testing.T) {
	r := runner(t, "good")
	r.Lane = spec.Virtual
	hour := parse(t, `{"services":[{"name":"a","stop":[{"delay":"10m"}]}],"options":{"shutdownTimeout":"1h"},"main":[{"build":1},{"run":1},{"return":5}],"signals":[{"after":"lifetime.applicationStarted","wait":"23h","send":"SIGTERM"}]}`)
	for range 3 {
		tr, after, err := r.Run(context.Background(), hour)
		if err != nil || tr.End.Code != 5 {
			t.Fatalf("end %+v, error %v, stderr %s", tr.End, err, after.Stderr)
		}
		if at := tr.Events[index(tr, "a.stop.end")].At; at != 23*time.Hour+10*time.Minute {
			t.Errorf("a.stop.end is at %v", at)
		}
	}
	dead := parse(t, `{"services":[{"name":"a","stop":[{"hang":true}]}],"signals":[{"after":"lifetime.applicationStarted","wait":"1s","send":"SIGTERM"}]}`)
	tr, _, err := r.Run(context.Background(), dead)
	if err != nil || tr.End.Kind != trace.HangEnd || !strings.Contains(tr.End.Reason, "a.stop") {
		t.Errorf("end = %+v, error %v", tr.End, err)
	}
	gone := parse(t, `{"services":[{"name":"a"}],"signals":[{"after":"lifetime.applicationStarted","wait":"1s","send":"SIGHUP"}]}`)
	if tr, _, err := r.Run(context.Background(), gone); err != nil || tr.End.Signal != "SIGHUP" {
		t.Errorf("end = %+v, error %v", tr.End, err)
	}
}

func TestWhatAHostLeavesBehindStandsInTheTrace(t *testing.T) {
	for _, c := range []struct{ name, plan, what, detail string }{
		{"a socket file", `{"services":[{"name":"a","start":[{"listen":"unix:app.sock"},{"exit":0}]}]}`, "left", "unix:app.sock"},
		{"a port, in a process that goes on to serve", `{"services":[{"name":"a","start":[{"listen":"tcp:web"},{"stopApplication":true}]}]}`, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := runner(t, "good")
			tr, after, err := r.Run(context.Background(), parse(t, c.plan))
			if err != nil {
				t.Fatal(err)
			}
			if last := tr.Events[len(tr.Events)-1]; c.what != "" && (last.Who != trace.World || last.What != c.what || last.Detail.Text != c.detail) {
				t.Errorf("last event = %+v\n%s", last, lines(tr))
			}
			if c.what == "" && (after.Status == nil || has(tr, "world.leak")) {
				t.Errorf("a plan with sockets needs a process of its own, whose end closes them: %+v", after)
			}
			if names, _ := filepath.Glob(filepath.Join(r.Temp, "*")); len(names) > 0 {
				t.Errorf("files are left: %q", names)
			}
		})
	}
}

func TestConnectionsAndFiles(t *testing.T) {
	r := runner(t, "good")
	p := parse(t, `{"files":[{"path":"app.sock","state":"stale"},{"path":"other.sock","state":"foreign"}],
		"services":[{"name":"a","start":[{"listen":"unix:app.sock"},{"listen":"tcp:web"}],"stop":[{"close":"tcp:web"},{"close":"unix:app.sock"}]},
		            {"name":"w","kind":"background","execute":[{"accept":"tcp:web"}]}],
		"connections":[{"name":"c","after":"lifetime.applicationStarted","dial":"tcp:web","hold":"20ms"}],
		"signals":[{"after":"net.disconnect","send":"SIGTERM"}]}`)
	tr, after, err := r.Run(context.Background(), p)
	if err != nil {
		t.Fatalf("%v\n%s", err, lines(tr))
	}
	for _, want := range []string{"a.listen", "net.connect", "w.accepted", "net.disconnect", "signal.SIGTERM", "a.close"} {
		if !has(tr, want) {
			t.Errorf("no %s in\n%s", want, lines(tr))
		}
	}
	if len(after.Listening) != 2 || len(after.Files) != 0 || tr.End.Kind != trace.Exited {
		t.Errorf("Listening = %v, Files = %v, end %+v", after.Listening, after.Files, tr.End)
	}
}

func TestEveryStream(t *testing.T) {
	for _, kind := range []Stream{FD, FIFO, TCP} {
		t.Run(string(kind), func(t *testing.T) {
			r := runner(t, "good")
			r.Stream = kind
			for _, text := range []string{`{"services":[{"name":"a","start":[{"exit":4}]}]}`, `{"services":[{"name":"a","start":[{"stopApplication":true}]}]}`} {
				tr, after, err := r.Run(context.Background(), parse(t, text))
				if err != nil || !has(tr, "a.start.begin") || tr.End.Kind != trace.Exited {
					t.Errorf("end %+v, error %v, stderr %s\n%s", tr.End, err, after.Stderr, lines(tr))
				}
			}
			if err := r.Close(); err != nil {
				t.Error(err)
			}
			if names, _ := filepath.Glob(filepath.Join(r.Temp, "*")); len(names) > 0 {
				t.Errorf("files are left: %q", names)
			}
		})
	}
}

func TestManyGoroutinesUseOneRunner(t *testing.T) {
	r := runner(t, "good")
	plans := []string{
		`{"services":[{"name":"a","stop":[{"delay":"5ms"}]}],"main":[{"build":1},{"run":1},{"return":%d}],"signals":[{"after":"lifetime.applicationStarted","send":"SIGTERM"}]}`,
		`{"services":[{"name":"a","start":[{"exit":%d}]}]}`,
		`{"services":[{"name":"a","start":[{"stopApplication":true}]}],"main":[{"build":1},{"run":1},{"return":%d}]}`,
	}
	var wg sync.WaitGroup
	for n := range 12 {
		p := parse(t, fmt.Sprintf(plans[n%len(plans)], n))
		wg.Go(func() {
			for range 3 {
				tr, after, err := r.Run(context.Background(), p)
				if err != nil || tr.End.Kind != trace.Exited || tr.End.Code != n {
					t.Errorf("run %d: end %+v, error %v, stderr %s", n, tr.End, err, after.Stderr)
				}
				if len(after.Processes) > 0 {
					t.Errorf("run %d: a process of another run was taken for one left behind: %+v", n, after.Processes)
				}
			}
		})
	}
	wg.Wait()
}

func TestSkippedPlan(t *testing.T) {
	r := runner(t, "good")
	_, after, err := r.Run(context.Background(), parse(t, `{"services":[{"name":"a","kind":"lifecycle"}]}`))
	var s *Skipped
	if !errors.As(err, &s) || s.Why != "good does not have the feature lifecycle" || after.Skipped != s.Why {
		t.Errorf("error = %v, Skipped = %q", err, after.Skipped)
	}
}

func TestCancelledContextEndsTheRun(t *testing.T) {
	r := runner(t, "good")
	r.Quiet = time.Minute
	ctx, cancel := context.WithCancelCause(context.Background())
	stop := errors.New("somebody pressed ctrl-c")
	p := parse(t, `{"services":[{"name":"a","start":[{"blockForever":true}]}]}`)
	go func() { // as soon as the run has begun, which its directory does not show: any moment will do
		cancel(stop)
	}()
	tr, _, err := r.Run(ctx, p)
	if !errors.Is(err, context.Canceled) || tr.End.Kind != trace.Killed {
		t.Errorf("end = %+v, error %v", tr.End, err)
	}
}

func TestCommandThatCannotBeStarted(t *testing.T) {
	for _, c := range []struct {
		name    string
		command []string
		want    string
	}{
		{"not there", []string{"/no/such/adapter"}, "no such file"},
		{"a directory", []string{os.TempDir()}, "permission denied"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &Runner{Command: c.command}
			tr, _, err := r.Run(context.Background(), parse(t, `{}`))
			f := fault(t, err)
			if !strings.Contains(f.Error(), c.want) || f.Mend == "" || tr.End.Kind != trace.Killed {
				t.Errorf("fault = %v, end %+v", f, tr.End)
			}
		})
	}
	if _, _, err := (&Runner{}).Run(context.Background(), parse(t, `{}`)); err == nil {
		t.Error("a runner without a command ran")
	}
}

func TestAHangInGoLeavesItsStacks(t *testing.T) {
	r := runner(t, "good")
	r.Quiet = 700 * time.Millisecond
	tr, after, err := r.Run(context.Background(), parse(t, `{"services":[{"name":"a","stop":[{"blockForever":true}]}],"signals":[{"after":"lifetime.applicationStarted","send":"SIGTERM"}]}`))
	if err != nil || tr.End.Kind != trace.HangEnd || after.Status != nil {
		t.Errorf("end = %+v, status %v, error %v", tr.End, after.Status, err)
	}
	if text := after.Stderr.String(); !strings.Contains(text, "SIGQUIT") || !strings.Contains(text, "adapter.(*Service).Stop") {
		t.Errorf("stderr does not hold the stacks:\n%s", text)
	}
}

func TestAConnectionToSomebodyElseEndsWithTheRun(t *testing.T) {
	r := runner(t, "good")
	p := parse(t, `{"files":[{"path":"other.sock","state":"live"}],"services":[{"name":"a","start":[{"dial":"unix:other.sock"}]}],
		"connections":[{"name":"c","after":"lifetime.applicationStarted","dial":"unix:other.sock","hold":"inf"}],
		"signals":[{"after":"net.connect","send":"SIGTERM"}]}`)
	tr, after, err := r.Run(context.Background(), p)
	if err != nil || !has(tr, "net.connect") || !has(tr, "net.disconnect") || tr.End.Kind != trace.Exited || len(after.Files) > 0 {
		t.Errorf("end %+v, files %q, error %v\n%s", tr.End, after.Files, err, lines(tr))
	}
}

func TestIdentify(t *testing.T) {
	r := runner(t, "good")
	id, after, err := r.Identify(context.Background())
	if err != nil || id.Implementation != "good" || id.Version != "v1.0.0" || !id.Reuse || after.Identity.Implementation != "good" {
		t.Errorf("identity = %+v, error %v", id, err)
	}
	files := openFiles()
	for _, name := range []string{"invalid UTF-8", "death before the identity"} {
		id, after, err := runner(t, name).Identify(context.Background())
		if name == "death before the identity" && (err == nil || id != nil || !strings.Contains(after.Stderr.String(), "no such module")) {
			t.Errorf("%s: identity %+v, error %v, stderr %q", name, id, err, after.Stderr)
		}
	}
	checkNothingLeft(t, r, files)
}

func TestAClosedRunnerKeepsNoProcess(t *testing.T) {
	r := runner(t, "good")
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	files := openFiles()
	if _, _, err := r.Run(context.Background(), parse(t, `{"services":[{"name":"a","start":[{"stopApplication":true}]}]}`)); err != nil {
		t.Error(err)
	}
	checkNothingLeft(t, r, files)
}
