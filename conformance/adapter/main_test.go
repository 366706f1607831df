package adapter

import (
	"bufio"
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hostsim/hostsim/conformance/protocol"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// asAdapter makes the test binary an adapter.
const asAdapter = "HOSTSIM_TEST_ADAPTER"

func TestMain(m *testing.M) {
	if os.Getenv(asAdapter) != "" {
		i := seq()
		i.Reuse = true
		if os.Getenv(asAdapter) == "simulate" {
			i.Simulate = func(p *plan.Plan) *trace.Trace {
				return &trace.Trace{Events: []trace.Event{{Who: "a", What: "simulated"}}, End: trace.Ending{Kind: trace.Exited, Code: len(p.Services)}}
			}
		}
		Main(i)
	}
	os.Exit(m.Run())
}

// serve runs the test binary as an adapter on these commands, and gives its messages, its standard error and its exit code.
func serve(t *testing.T, mode, where string, commands ...string) (messages []protocol.Message, stderr string, code int) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "events")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if where == "file" {
		where = file
	}
	var errText bytes.Buffer
	c := exec.Command(self)
	c.Env = append(os.Environ(), asAdapter+"="+mode, protocol.EnvEvents+"="+where)
	c.Stdin = strings.NewReader(strings.Join(commands, "\n"))
	c.Stderr = &errText
	_ = c.Run() // the code tells
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := protocol.NewReader(f, protocol.Limits{})
	r.BeginRun()
	for {
		m, err := r.Next()
		if err != nil {
			if len(messages) > 0 && err.Error() != "EOF" {
				t.Errorf("messages: %v", err)
			}
			break
		}
		messages = append(messages, m)
		if m.Kind == protocol.EndMessage || m.Kind == protocol.SkipMessage {
			r.BeginRun()
		}
	}
	return messages, errText.String(), c.ProcessState.ExitCode()
}

func command(lane string, fresh bool, text string) string {
	return strings.TrimSpace(string(protocol.AppendRun(nil, protocol.Run{ID: 1, Lane: lane, Fresh: fresh, Plan: []byte(text)})))
}

// kinds writes which messages came, events as WHO.WHAT.
func kinds(messages []protocol.Message) string {
	var out []string
	for _, m := range messages {
		switch m.Kind {
		case protocol.EventMessage:
			out = append(out, m.Event.Who+"."+m.Event.What)
		case protocol.EndMessage:
			out = append(out, "end:"+trace.FormatEnd(&m.End))
		default:
			out = append(out, m.Kind.String())
		}
	}
	return strings.Join(out, " ")
}

func TestServing(t *testing.T) {
	const one = `{"services":[{"name":"a","start":[{"stopApplication":true}]}],"main":[{"build":1},{"run":1},{"return":4}]}`
	const played = "host.build a.new host.build host.run a.start a.stopApplication a.stopApplication a.start lifetime.applicationStarted"
	const stopped = "lifetime.applicationStopping a.stop a.stop lifetime.applicationStopped host.run main.return"
	for _, c := range []struct {
		name, mode string
		commands   []string
		want       string
		code       int
		stderr     string
	}{
		{"no plan", "1", nil, "identity", 0, ""},
		{"one plan, in a process of its own", "1", []string{command("process", true, one)}, "identity " + played + " ready " + stopped, 4, ""},
		{"two plans in one process", "1", []string{command("process", false, one), command("process", false, one)},
			"identity " + played + " ready " + stopped + " end:exited 4 " + played + " ready " + stopped + " end:exited 4", 0, ""},
		{"virtual and real in turn", "1", []string{command("virtual", false, one), command("process", false, one), command("virtual", false, one)},
			"identity " + played + " " + stopped + " end:exited 4 " + played + " ready " + stopped + " end:exited 4 " + played + " " + stopped + " end:exited 4", 0, ""},
		{"a plan that it does not play, then one that it does", "1", []string{command("process", false, `{"processExit":[]}`), command("process", false, one)},
			"identity skip " + played + " ready " + stopped + " end:exited 4", 0, ""},
		{"a simulation of its own", "simulate", []string{command("virtual", false, one)}, "identity a.simulated end:exited 1", 0, ""},
		{"a schedule that cannot be chosen", "1", []string{`{"run":{"protocol":1,"id":1,"lane":"virtual","fresh":false,"schedule":"random:5","plan":` + one + `}}`}, "identity", 2, "not built with hostsim build"},
		{"no command", "1", []string{"play!"}, "identity", 2, "not JSON"},
		{"another version", "1", []string{`{"run":{"protocol":9,"plan":{}}}`}, "identity", 2, "version 9"},
		{"a plan that is wrong", "1", []string{command("process", true, `{"services":[{"nome":"a"}]}`)}, "identity", 2, "nome"},
	} {
		t.Run(c.name, func(t *testing.T) {
			messages, stderr, code := serve(t, c.mode, "file", c.commands...)
			if got := kinds(messages); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
			if code != c.code || !strings.Contains(stderr, c.stderr) {
				t.Errorf("exit code %d, stderr %q, want %d and %q", code, stderr, c.code, c.stderr)
			}
		})
	}
}

func TestStartedByHand(t *testing.T) {
	for _, where := range []string{"", "/no/such/stream", "tcp:127.0.0.1:1"} {
		_, stderr, code := serve(t, "1", where)
		if code != 2 || !strings.Contains(stderr, "hostsim verify --") {
			t.Errorf("%q: exit code %d, stderr %q", where, code, stderr)
		}
	}
}

func TestOverTCP(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	first := make(chan string, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			first <- err.Error()
			return
		}
		defer c.Close()
		line, _ := bufio.NewReader(c).ReadString('\n')
		first <- line
	}()
	_, stderr, code := serve(t, "1", "tcp:"+l.Addr().String())
	if line := <-first; code != 0 || !strings.Contains(line, `"implementation":"seq"`) {
		t.Errorf("exit code %d, first line %q, stderr %q", code, line, stderr)
	}
}
