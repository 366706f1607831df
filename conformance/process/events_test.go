package process

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/hostsim/hostsim/conformance/protocol"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

func TestTimesOfTheTwoClocks(t *testing.T) {
	const ms = time.Millisecond
	begun := time.Now()
	theirs := func(arrived, own time.Duration, who, what string, p trace.Phase) row {
		return row{trace.Event{At: own, Who: who, What: what, Phase: p}, begun.Add(arrived), true}
	}
	untimed := func(arrived time.Duration, who, what string) row {
		return row{trace.Event{Who: who, What: what}, begun.Add(arrived), false}
	}
	for _, c := range []struct {
		name string
		rows []row
		want []time.Duration
	}{
		{"no event", nil, []time.Duration{}},
		{"from the begin of host.build", []row{
			theirs(50*ms, 1000*ms, "a", "early", trace.Point), theirs(60*ms, 1010*ms, "host", "build", trace.Begin), theirs(80*ms, 1030*ms, "a", "start", trace.Begin),
		}, []time.Duration{0, 0, 20 * ms}},
		{"from the first event", []row{theirs(50*ms, 1000*ms, "a", "start", trace.Begin), theirs(52*ms, 1002*ms, "a", "start", trace.End)}, []time.Duration{0, 2 * ms}},
		{"ours are tied to theirs by the least delay", []row{
			theirs(70*ms, 1000*ms, "host", "build", trace.Begin), // 20 ms late
			theirs(60*ms, 1010*ms, "a", "start", trace.Begin),    // 0 ms late
			untimed(90*ms, "signal", "SIGTERM"),
		}, []time.Duration{0, 10 * ms, 40 * ms}},
		{"ours are no earlier than what stands before", []row{
			theirs(50*ms, 1000*ms, "host", "build", trace.Begin), theirs(51*ms, 1090*ms, "a", "start", trace.Begin), theirs(200*ms, 1091*ms, "a", "x", trace.Point),
			untimed(60*ms, "signal", "SIGTERM"),
		}, []time.Duration{0, 90 * ms, 91 * ms, 99 * ms}},
		{"nobody says a time", []row{untimed(50*ms, "a", "start"), untimed(70*ms, "signal", "SIGTERM"), untimed(75*ms, "a", "stop")}, []time.Duration{0, 20 * ms, 25 * ms}},
	} {
		t.Run(c.name, func(t *testing.T) {
			pl := &play{begun: begun, rows: c.rows}
			var got []time.Duration
			for _, e := range pl.events() {
				got = append(got, e.At)
			}
			if !slices.Equal(got, c.want) && len(c.want) > 0 {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestStimuliBecomeDueInOrder(t *testing.T) {
	p := parse(t, `{"services":[{"name":"a"}],"signals":[
		{"after":"a.start","wait":"30ms","send":"SIGTERM"},
		{"after":"a.start.end","wait":"5ms","send":"SIGINT"},
		{"after":"a.start.begin","wait":"10ms","send":"SIGHUP"},
		{"after":"a.start.begin","wait":"10ms","send":"SIGQUIT"},
		{"after":"a.stop","wait":"0ms","send":"SIGKILL"}]}`)
	pl := &play{r: &Runner{}, plan: p, after: &Aftermath{}}
	pl.arm()
	at := time.Now()
	pl.trigger("a", "start", "begin", at)
	pl.trigger("a", "start", "begin", at.Add(time.Hour)) // each is given once
	pl.trigger("a", "start", "end", at.Add(time.Millisecond))
	pl.trigger("b", "start", "end", at)
	var got []string
	for _, d := range pl.due {
		got = append(got, d.signal)
	}
	if want := []string{"SIGINT", "SIGHUP", "SIGQUIT", "SIGTERM"}; !slices.Equal(got, want) {
		t.Errorf("due: %v, want %v", got, want)
	}
	tr := pl.finish(nil)
	if want := []string{"SIGKILL after a.stop", "SIGINT after a.start.end", "SIGHUP after a.start.begin", "SIGQUIT after a.start.begin", "SIGTERM after a.start"}; !slices.Equal(pl.after.Unsent, want) {
		t.Errorf("Unsent = %q, want %q", pl.after.Unsent, want)
	}
	if tr.End.Kind != trace.Killed {
		t.Errorf("a run without an end ends as %+v", tr.End)
	}
}

func TestWhatWasFoundStandsAtTheEnd(t *testing.T) {
	pl := &play{r: &Runner{}, plan: &plan.Plan{}, begun: time.Now(), after: &Aftermath{
		Open: []string{"tcp:web"}, Processes: []Leftover{{Command: "worker"}, {Command: "daemon", Left: true}}, Files: []string{"app.sock"},
	}, end: trace.Ending{Kind: trace.Exited}}
	var got []string
	for _, e := range pl.finish(nil).Events {
		got = append(got, e.Who+" "+e.What+" "+e.Detail.Text)
	}
	want := []string{"world leak tcp:web still accepts connections", "world leak process worker was left behind", "world leak process daemon was left behind, out of the session", "world left unix:app.sock"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAddressesAreWhereTheAdapterSays(t *testing.T) {
	pl := &play{world: &world{dir: "/run/x"}, after: &Aftermath{Listening: []protocol.Listening{{Address: "tcp:web", Real: "127.0.0.1:1"}, {Address: "tcp:web", Real: "127.0.0.1:2"}, {Address: "unix:b.sock", Real: "/elsewhere/b"}}}}
	for _, c := range []struct{ address, network, real string }{
		{"tcp:web", "tcp", "127.0.0.1:2"}, {"tcp:other", "tcp", ""}, {"unix:b.sock", "unix", "/elsewhere/b"}, {"unix:a.sock", "unix", filepath.Join("/run/x", "a.sock")},
	} {
		if network, real := pl.real(c.address); network != c.network || real != c.real {
			t.Errorf("%s is %s %s, want %s %s", c.address, network, real, c.network, c.real)
		}
	}
}

func TestStatusInWords(t *testing.T) {
	for want, s := range map[string]Status{"exit code 3": {Code: 3}, "exit code 0": {}, "signal SIGKILL": {Signal: "SIGKILL"}} {
		if got := s.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
