// Package java tests the adapter for shutdown hooks of the JVM.
package java

import (
	"os/exec"
	"testing"

	"github.com/hostsim/hostsim/conformance/adapter/adaptertest"
)

const started = `{"after":"lifetime.applicationStarted","wait":"20ms","send":"SIGTERM"}`

func TestShutdownHooks(t *testing.T) {
	java, javac := adaptertest.Runtime(t, "java"), adaptertest.Runtime(t, "javac")
	classes := t.TempDir()
	if text, err := exec.Command(javac, "-Xlint:all", "-Werror", "-d", classes, "Adapter.java").CombinedOutput(); err != nil {
		t.Fatalf("javac: %v\n%s", err, text)
	}
	command := []string{java, "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", classes, "Adapter"}
	adaptertest.Smoke(t, command)
	for _, c := range []adaptertest.Case{
		{
			Name: "starts in order, a hook stops in reverse, the code is 143",
			Plan: `{"services":[{"name":"a"},{"name":"b"}],"signals":[` + started + `]}`,
			Want: []string{"a.start.end=ok", "b.start.end=ok", "signal.SIGTERM", "b.stop.end=ok", "a.stop.end=ok"},
			Not:  []string{"host.run.end", "main.return"},
			End:  "exited 143",
		},
		{
			Name: "a stop request is an exit, which waits for the start",
			Plan: `{"services":[{"name":"a"},{"name":"b","start":[{"stopApplication":true},{"delay":"200ms"}]},{"name":"c"}]}`,
			Want: []string{"b.stopApplication.end", "b.start.end=ok", "c.start.end=ok", "c.stop.end=ok", "b.stop.end=ok", "a.stop.end=ok"},
			Not:  []string{"host.run.end", "main.return"},
			End:  "exited 0",
		},
		{
			Name: "a signal while a service starts waits for the start too",
			Plan: `{"services":[{"name":"a"},{"name":"b","start":[{"delay":"300ms"}]}],"signals":[{"after":"b.start.begin","wait":"20ms","send":"SIGINT"}]}`,
			Want: []string{"b.start.begin", "signal.SIGINT", "b.start.end=ok", "b.stop.end=ok", "a.stop.end=ok"},
			End:  "exited 130",
		},
		{
			Name: "exit in a hook never returns",
			Plan: `{"services":[{"name":"a"},{"name":"b","stop":[{"exit":7}]}],"signals":[` + started + `]}`,
			Want: []string{"b.stop.begin", "process.exit.begin"},
			Not:  []string{"a.stop"},
			End:  "hang",
		},
		{
			Name: "a failed start leaves the hook to stop what had started",
			Plan: `{"services":[{"name":"a"},{"name":"b","start":[{"throw":"boom"}]}]}`,
			Want: []string{"b.start.end=error:boom", "main.threw", "a.stop.end=ok"},
			End:  "exited 1",
		},
	} {
		t.Run(c.Name, func(t *testing.T) { c.Play(t, command) })
	}
}
