package external

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/hostsim/hostsim/conformance/judge"
	"github.com/hostsim/hostsim/conformance/protocol"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

// asAdapter makes the test binary an adapter of this kind.
const asAdapter = "HOSTSIM_TEST_SCHEDULED"

func TestMain(m *testing.M) {
	if kind := os.Getenv(asAdapter); kind != "" {
		serve(kind)
	}
	os.Exit(m.Run())
}

// serve is an adapter whose run shows the schedule that it was asked for.
func serve(kind string) {
	var stream io.Writer = os.NewFile(3, "events")
	where := os.Getenv(protocol.EnvEvents)
	var err error
	if addr, ok := strings.CutPrefix(where, "tcp:"); ok {
		stream, err = net.Dial("tcp", addr)
	} else if where != "/dev/fd/3" {
		stream, err = os.OpenFile(where, os.O_WRONLY, 0)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	out, in := protocol.NewWriter(stream), protocol.NewCommandReader(os.Stdin)
	id := protocol.Identity{Protocol: protocol.Version, Implementation: "x", Version: "1", Language: "go", Lanes: []string{spec.Process, spec.Virtual}, Reuse: true, Schedules: true}
	switch kind {
	case "python":
		id.Language, id.Schedules = "python", false
	case "stock":
		id.Schedules = false
	}
	_ = out.Identity(id)
	for {
		run, err := in.Next()
		if err != nil {
			os.Exit(0)
		}
		switch kind {
		case "skips":
			_ = out.Skip("no sockets")
			continue
		case "dies":
			fmt.Fprintln(os.Stderr, "it is all over")
			os.Exit(7)
		}
		_ = out.Event(trace.Event{Who: trace.Host, What: run.Schedule, Detail: trace.Text(os.Getenv(envStall))})
		if kind != "silent" {
			s := protocol.Schedule{Name: run.Schedule, Decisions: 7, Hash: "abc"}
			if run.Explain {
				s.Said = "line one\n\"line\" two\n"
			}
			_ = out.Schedule(s)
		}
		_ = out.End(trace.Ending{Kind: trace.Exited, Code: 3})
	}
}

func scheduled(t *testing.T, kind string) (*Scheduled, error) {
	t.Helper()
	t.Setenv(asAdapter, kind)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return NewScheduled(t.Context(), []string{self})
}

func TestPlaySchedule(t *testing.T) {
	a, err := scheduled(t, "plays")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	for _, explain := range []bool{false, true} {
		run, err := a.PlaySchedule(&plan.Plan{}, "random:17", explain)
		if err != nil {
			t.Fatal(err)
		}
		if len(run.Trace.Events) != 1 || run.Trace.Events[0].What != "random:17" || run.Trace.End.Code != 3 {
			t.Errorf("trace %+v", run.Trace)
		}
		if got := run.Trace.Events[0].Detail.Text; got != "3s" && os.Getenv(envStall) == "" {
			t.Errorf("the limit for runs that stall is %q", got)
		}
		want := ""
		if explain {
			want = "line one\n\"line\" two\n"
		}
		if run.Decisions != 7 || run.Hash != "abc" || run.Said != want {
			t.Errorf("decisions %d, hash %q, said %q", run.Decisions, run.Hash, run.Said)
		}
	}
}

func TestAdaptersWhoseSchedulesCannotBeChosen(t *testing.T) {
	for _, c := range []struct{ kind, language, says string }{
		{"stock", "go", "not built with hostsim build"},
		{"python", "python", "only for hosts in Go; this adapter's language is python"},
	} {
		t.Run(c.kind, func(t *testing.T) {
			_, err := scheduled(t, c.kind)
			var not *NotScheduled
			if !errors.As(err, &not) || not.Language != c.language || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, want one that says %q", err, c.says)
			}
		})
	}
	if _, err := NewScheduled(t.Context(), []string{"./nosuch"}); err == nil {
		t.Error("a command that does not exist is an adapter")
	}
}

func TestRunsThatAreNone(t *testing.T) {
	for _, c := range []struct{ kind, says string }{
		{"skips", "no sockets"},
		{"dies", "it is all over"},
		{"silent", "did not say under which schedule"},
	} {
		t.Run(c.kind, func(t *testing.T) {
			a, err := scheduled(t, c.kind)
			if err != nil {
				t.Fatal(err)
			}
			defer a.Close()
			_, err = a.PlaySchedule(&plan.Plan{}, "random:1", false)
			var skip *judge.Skip
			if err == nil || !strings.Contains(err.Error(), c.says) || errors.As(err, &skip) != (c.kind == "skips") {
				t.Errorf("error %v, want one that says %q", err, c.says)
			}
		})
	}
}

func TestTheEndOfTheContextEndsARun(t *testing.T) {
	t.Setenv(asAdapter, "plays")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	a, err := NewScheduled(ctx, []string{self})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	cancel()
	if _, err := a.PlaySchedule(&plan.Plan{}, "random:1", false); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// TestCommandCarriesTheSchedule: what is not asked for is not in the command, so that adapters that know nothing of it never see it.
func TestCommandCarriesTheSchedule(t *testing.T) {
	for _, c := range []struct {
		run  protocol.Run
		want map[string]any
	}{
		{protocol.Run{Lane: spec.Virtual, Plan: []byte("{}")}, map[string]any{}},
		{protocol.Run{Lane: spec.Virtual, Plan: []byte("{}"), Schedule: "pct3:5", Explain: true}, map[string]any{"schedule": "pct3:5", "explain": true}},
	} {
		var got struct{ Run map[string]any }
		if err := json.Unmarshal(protocol.AppendRun(nil, c.run), &got); err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"schedule", "explain"} {
			if got.Run[key] != c.want[key] {
				t.Errorf("%s is %v, want %v", key, got.Run[key], c.want[key])
			}
		}
	}
}
