package adapter

import (
	"strings"
	"testing"

	"github.com/hostsim/hostsim/spec"
)

func TestUnsupportedPlans(t *testing.T) {
	bare := Implementation{Name: "bare"}
	full := seq()
	for _, c := range []struct {
		name, plan, lane string
		i                Implementation
		want             string // empty: it can be played
	}{
		{"hosted", `{"services":[{"name":"a"}]}`, spec.Process, bare, ""},
		{"background", `{"services":[{"name":"a","kind":"background"}]}`, spec.Process, bare, "feature background"},
		{"lifecycle", `{"services":[{"name":"a","kind":"lifecycle"}]}`, spec.Process, bare, "feature lifecycle"},
		{"concurrent start", `{"options":{"concurrentStart":true}}`, spec.Process, full, "feature concurrentStart"},
		{"concurrent start, switched off", `{"options":{"concurrentStart":false}}`, spec.Process, full, ""},
		{"concurrent stop", `{"options":{"concurrentStop":true}}`, spec.Process, full, "feature concurrentStop"},
		{"startup timeout", `{"options":{"startupTimeout":"1s"}}`, spec.Process, bare, "feature startupTimeout"},
		{"shutdown timeout", `{"options":{"shutdownTimeout":"1s"}}`, spec.Process, bare, "feature shutdownTimeout"},
		{"host lifetime", `{"hostLifetime":{}}`, spec.Process, full, "feature hostLifetime"},
		{"callbacks", `{"applicationStopped":[[]]}`, spec.Process, bare, "feature notifications"},
		{"exit handler", `{"processExit":[]}`, spec.Process, full, "exit handlers"},
		{"signal handlers", `{"signalHandlers":[{"signal":"SIGINT"}]}`, spec.Process, full, "signal handlers"},
		{"configuration", `{"config":{"a":"b"}}`, spec.Process, full, "configuration"},
		{"background exception", `{"options":{"backgroundException":"ignore"}}`, spec.Process, full, "failed background"},
		{"start apart", `{"main":[{"build":1},{"start":1}]}`, spec.Process, bare, "no start apart from run"},
		{"stop from within a thread", `{"services":[{"name":"a","start":[{"spawn":[{"stopHostWait":true}]}]}]}`, spec.Process, bare, "no stop apart from run"},
		{"dispose", `{"main":[{"build":1},{"dispose":1}]}`, spec.Process, full, ""},
		{"built again", `{"main":[{"build":1},{"buildAgain":1}]}`, spec.Process, full, "builder"},
		{"stop request", `{"services":[{"name":"a","start":[{"stopApplication":true}]}]}`, spec.Process, bare, "feature stopRequest"},
		{"throwing callbacks", `{"services":[{"name":"a","start":[{"onCancelThrow":"x"}]}]}`, spec.Process, full, "nobody to throw to"},
		{"sockets", `{"services":[{"name":"a","start":[{"listen":"tcp:web"}]}]}`, spec.Process, full, ""},
		{"sockets in a bubble", `{"services":[{"name":"a","start":[{"listen":"tcp:web"}]}]}`, spec.Virtual, full, "sockets are real"},
		{"files in a bubble", `{"files":[{"path":"a.sock","state":"stale"}]}`, spec.Virtual, full, "sockets are real"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := c.i.unsupported(parse(t, c.plan), c.lane)
			if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestIdentity(t *testing.T) {
	id := (&Implementation{Name: "github.com/benbjohnson/clock", Virtual: true, Reuse: true, Features: []string{"signals"}}).identity()
	if id.Protocol != 1 || id.Language != "go" || id.Profile != "core" || !id.Reuse || !id.Offers(spec.Virtual) || !id.Offers(spec.Process) || !strings.HasPrefix(id.Runtime, "go1.") {
		t.Errorf("identity = %+v", id)
	}
	if none := (&Implementation{Name: "x"}).identity(); none.Offers(spec.Virtual) || none.Version != "unknown" {
		t.Errorf("identity = %+v", none)
	}
}
