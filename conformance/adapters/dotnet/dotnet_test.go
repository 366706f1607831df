// Package dotnet tests the adapter for the .NET Generic Host.
//
// HOSTSIM_DOTNET names the runtimes to test on: directories with the program dotnet and the folder shared (ASP.NET Core among
// it), as a list like PATH. HOSTSIM_DOTNET_COMPILER names the one that has the C# compiler; without it, it is the first.
package dotnet

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/hostsim/hostsim/conformance/adapter/adaptertest"
	"github.com/hostsim/hostsim/conformance/fuzz"
	"github.com/hostsim/hostsim/conformance/process"
	"github.com/hostsim/hostsim/scenarios/plan"
)

func roots(t testing.TB) []string {
	t.Helper()
	list := filepath.SplitList(os.Getenv("HOSTSIM_DOTNET"))
	if len(list) == 0 {
		const text = "THE .NET RUNTIME IS NOT TESTED: HOSTSIM_DOTNET names no directory of one, so the adapter for the .NET Generic Host is not tested"
		if os.Getenv("HOSTSIM_ALL_RUNTIMES") != "" {
			t.Fatal(text)
		}
		t.Skip(text)
	}
	return list
}

// build compiles the adapter for a runtime and gives the command that starts it.
func build(t testing.TB, root string) []string {
	t.Helper()
	compiler := os.Getenv("HOSTSIM_DOTNET_COMPILER")
	if compiler == "" {
		compiler = roots(t)[0]
	}
	out := t.TempDir()
	if text, err := exec.Command("./build.sh", root, compiler, out).CombinedOutput(); err != nil {
		t.Fatalf("build.sh: %v\n%s", err, text)
	}
	return []string{filepath.Join(root, "dotnet"), filepath.Join(out, "adapter.dll")}
}

const started = `{"after":"lifetime.applicationStarted","wait":"20ms","send":"SIGINT"}`

var cases = []adaptertest.Case{
	{
		Name: "starts in order, stops in reverse",
		Plan: `{"services":[{"name":"a"},{"name":"b"},{"name":"c"}],"main":[{"build":1},{"run":1},{"return":3}],"signals":[` + started + `]}`,
		Want: []string{"a.start.end=ok", "b.start.end=ok", "c.start.end=ok", "signal.SIGINT", "c.stop.end=ok", "b.stop.end=ok", "a.stop.end=ok", "host.run.end=ok"},
		End:  "exited 3",
	},
	{
		Name: "a failed start is thrown and nothing is stopped",
		Plan: `{"services":[{"name":"a"},{"name":"b","start":[{"throw":"boom"}]},{"name":"c"}],"mainCatches":true}`,
		Want: []string{"b.start.end=error:boom", "a.dispose.begin", "host.run.end=error:boom", "main.threw", "main.return"},
		Not:  []string{"a.stop", "c.start"},
		End:  "exited 0",
	},
	{
		Name: "an error that nobody catches aborts",
		Plan: `{"services":[{"name":"a","start":[{"throw":"boom"}]}]}`,
		Want: []string{"main.threw=error:boom"},
		Not:  []string{"main.return"},
		End:  "signaled SIGABRT",
	},
	{
		Name: "the token fires at the shutdown timeout",
		Plan: `{"options":{"shutdownTimeout":"200ms"},"services":[{"name":"a","stop":[{"delay":"5s"}]}],"main":[{"build":1},{"start":1},{"stop":1},{"dispose":1}],"mainCatches":true}`,
		Want: []string{"a.stop.end=cancelled", "host.stop.end"},
	},
	{
		Name: "main's token",
		Plan: `{"services":[{"name":"a"}],"main":[{"build":1},{"runCancelAfter":"300ms"},{"return":5}]}`,
		Want: []string{"lifetime.applicationStopping", "a.stop.end=ok", "host.run.end=ok"},
		End:  "exited 5",
	},
	{
		Name: "a request in flight is served while the stop waits for it",
		Plan: `{"services":[{"name":"web","start":[{"listen":"tcp:web"},{"spawn":[{"accept":"tcp:web"},{"mark":"closed"}]}],"stop":[{"close":"tcp:web"},{"dial":"tcp:web"},{"drain":"tcp:web"},{"mark":"drained"}]}],` +
			`"main":[{"build":1},{"run":1},{"return":3}],"connections":[{"name":"c","after":"lifetime.applicationStarted","dial":"tcp:web","hold":"300ms"}],` +
			`"signals":[{"after":"web/thread.accepted","send":"SIGINT"}]}`,
		Want: []string{"web.listen=ok", "web/thread.accepted=ok", "web.stop.begin", "web.close=ok", "web.dial=error:refused", "net.disconnect=ok", "web.stop.end=ok"},
		Not:  []string{"world.leak"},
		End:  "exited 3",
	},
	{
		Name: "a client that never leaves",
		Plan: `{"options":{"shutdownTimeout":"300ms"},"services":[{"name":"web","start":[{"listen":"tcp:web"},{"spawn":[{"accept":"tcp:web"}]}],"stop":[{"close":"tcp:web"},{"drain":"tcp:web"}]}],` +
			`"mainCatches":true,"connections":[{"name":"c","after":"lifetime.applicationStarted","dial":"tcp:web","hold":"inf"}],"signals":[{"after":"web/thread.accepted","send":"SIGINT"}]}`,
		Want: []string{"web/thread.accepted=ok", "web.stop.begin", "web.stop.end=cancelled", "net.disconnect=error:reset"},
		End:  "exited 0",
	},
	{
		Name: "a worker accepts until its token fires",
		Plan: `{"services":[{"name":"web","start":[{"listen":"tcp:web"}],"stop":[{"close":"tcp:web"},{"close":"tcp:web"}]},{"name":"w","kind":"background","execute":[{"accept":"tcp:web"}]}],` +
			`"mainCatches":true,"connections":[{"name":"c","after":"lifetime.applicationStarted","dial":"tcp:web","hold":"20ms"}],"signals":[{"after":"net.disconnect","send":"SIGINT"}]}`,
		Want: []string{"w.accepted=ok", "net.disconnect=ok", "w.execute.end=cancelled", "web.close=ok", "web.close=error:not open", "web.stop.end=error:not open"},
		End:  "exited 0",
	},
	{
		Name: "listeners and their files",
		Plan: `{"services":[{"name":"a","start":[{"listen":"unix:stale"},{"dial":"unix:stale"},{"listen":"unix:own"},{"dial":"unix:live"},{"dial":"tcp:none"},{"removeFile":"unix:own"},{"dial":"unix:own"},{"close":"unix:own"},{"close":"unix:stale"}]},` +
			`{"name":"b","start":[{"listen":"tcp:web"},{"listen":"tcp:web"}]}],"mainCatches":true,"files":[{"path":"stale","state":"stale"},{"path":"live","state":"live"}]}`,
		Want: []string{"a.listen=ok", "a.dial=ok", "a.listen=ok", "a.dial=ok", "a.dial=error:refused", "a.removeFile=ok", "a.dial=error:refused", "a.close=ok", "a.close=ok", "a.start.end=ok",
			"b.listen=ok", "b.listen=error:in use", "b.start.end=error:in use"},
		Not: []string{"world.left"},
		End: "exited 0",
	},
	{
		Name: "somebody else's file",
		Plan: `{"services":[{"name":"a","start":[{"listen":"unix:foreign"}]}],"mainCatches":true,"files":[{"path":"foreign","state":"foreign"}]}`,
		Want: []string{"a.listen=error:a file that is not a socket is in the way", "a.start.end"},
		End:  "exited 0",
	},
	{
		Name: "a directory",
		Plan: `{"services":[{"name":"a","start":[{"listen":"unix:folder"}]}],"mainCatches":true,"files":[{"path":"folder","state":"readonly"}]}`,
		Want: []string{"a.listen=error:permission denied", "a.start.end"},
		End:  "exited 0",
	},
	{
		Name: "a socket file of somebody who lives",
		Plan: `{"services":[{"name":"a","start":[{"listen":"unix:live"}]}],"mainCatches":true,"files":[{"path":"live","state":"live"}]}`,
		Want: []string{"a.listen=error:in use", "a.start.end"},
		End:  "exited 0",
	},
	{
		Name: "a socket file that is left",
		Plan: `{"services":[{"name":"a","start":[{"listen":"unix:own"}]}],"main":[{"build":1},{"start":1},{"stop":1},{"dispose":1},{"return":0}]}`,
		Want: []string{"a.listen=ok", "a.stop.end=ok", "world.left"},
		End:  "exited 0",
	},
	{
		Name: "a thread of the plan's own",
		Plan: `{"services":[{"name":"a","start":[{"spawn":[{"sleep":"50ms"},{"mark":"x"},{"stopApplication":true}]}]}]}`,
		Want: []string{"a/thread.mark", "a/thread.stopApplication.begin", "a.stop.end=ok"},
		End:  "exited 0",
	},
}

func TestDotnet(t *testing.T) {
	for _, root := range roots(t) {
		t.Run(filepath.Base(root), func(t *testing.T) {
			command := build(t, root)
			if r := (&process.Runner{Command: command}); profile(t, r) != "dotnet-3.1" {
				adaptertest.Smoke(t, command)
			} // there SIGTERM ends with 0 whatever main returns (CON-7), which the smoke test takes for a fault
			for _, c := range cases {
				t.Run(c.Name, func(t *testing.T) { c.Play(t, command) })
			}
		})
	}
}

// profile asks the adapter which profile it claims to keep.
func profile(t testing.TB, r *process.Runner) string {
	t.Helper()
	id, _, err := r.Identify(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return id.Profile
}

// TestFuzz holds the reference host against the live one on random plans: HOSTSIM_FUZZ says on how many, HOSTSIM_SEED which.
func TestFuzz(t *testing.T) {
	plans, _ := strconv.Atoi(os.Getenv("HOSTSIM_FUZZ"))
	if plans == 0 {
		t.Skip("HOSTSIM_FUZZ names no number of plans")
	}
	seed, _ := strconv.ParseUint(os.Getenv("HOSTSIM_SEED"), 10, 64)
	for _, root := range roots(t) {
		t.Run(filepath.Base(root), func(t *testing.T) {
			r := &process.Runner{Command: build(t, root), Reuse: process.ReuseNever}
			defer r.Close()
			release := profile(t, r)
			rep, err := fuzz.Run(context.Background(), fuzz.Process(r), fuzz.Options{Profile: release, Seed: seed, Plans: plans, Jobs: 3, Shrink: 30})
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%s, seed %d: %d played, %d agreed at once, %d raced, %d race in a way that the reference host shows too, %d skipped, %d left out, %d differ",
				release, seed, rep.Played, rep.Agreed, rep.Raced, len(rep.Explained), rep.Skipped, rep.Left, len(rep.Differences))
			for _, d := range rep.Explained {
				t.Logf("%s: %s\n%s", d.Name(), d.Said.Said, d.Race)
			}
			for _, d := range rep.Differences {
				t.Errorf("%s: %s\n%s", d.Name(), d.Said.Said, plan.AppendJSON(nil, d.Small))
			}
		})
	}
}

// BenchmarkRuns measures whole runs of the adapter, see docs/process-lane.md.
func BenchmarkRuns(b *testing.B) {
	for _, root := range roots(b) {
		command := build(b, root)
		b.Run(profile(b, &process.Runner{Command: command}), func(b *testing.B) { adaptertest.Bench(b, command) })
	}
}
