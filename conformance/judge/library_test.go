package judge_test

import (
	"strings"
	"testing"

	"github.com/hostsim/hostsim/conformance/judge"
	"github.com/hostsim/hostsim/scenarios"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

// TestCaseOf: what a scenario's plan needs of a host is found out from its plan, and nothing more.
func TestCaseOf(t *testing.T) {
	for _, c := range []struct{ plan, want string }{
		{"services: [{name: a}]", ""},
		{"services: [{name: a, kind: lifecycle}]", "lifecycle"},
		{"services: [{name: a, kind: background}, {name: b, kind: background}]", "background"},
		{"hostLifetime: {waitForStart: []}", "hostLifetime"},
		{"hostLifetime: {kind: systemd}", "systemd"},
		{"options: {concurrentStart: true, concurrentStop: false}", "concurrentStart"},
		{"options: {concurrentStop: true}", "concurrentStop"},
		{"options: {startupTimeout: 1s, shutdownTimeout: 1s}", "startupTimeout shutdownTimeout"},
		{"applicationStopping: [[{mark: m}]]", "notifications"},
		{"processExit: []", "processExit"},
		{"files: [{path: a.sock, state: stale}]", "sockets"},
		{"signals: [{after: host.build.end, wait: 0ms, send: SIGTERM}]", "signals"},
		{"services: [{name: a, start: [{listen: 'tcp:web'}]}]", "sockets"},
		{"services: [{name: a, start: [{spawn: [{spawn: [{stopApplication: true}]}]}]}]", "stopRequest"},
		{"main: [{build: true}, {exitCode: 3}, {exit: 4}]", "exitCode"},
		{"hostLifetime: {waitForStart: [{stopApplication: true}], stop: [{exit: 3}]}", "hostLifetime stopRequest exitCode"},
		{"processExit: [{exitCode: 3}]", "processExit exitCode"},
		{"applicationStarted: [[{stopApplication: true}]]", "notifications stopRequest"},
	} {
		p, err := plan.Parse("test", []byte(c.plan))
		if err != nil {
			t.Fatal(err)
		}
		k := judge.CaseOf(&scenarios.Scenario{Name: "n", Area: "A", Plan: p, Profiles: []string{"dotnet-8..dotnet-9"}})
		if got := strings.Join(k.Features, " "); got != c.want {
			t.Errorf("%s: needs %q, want %q", c.plan, got, c.want)
		}
		if k.Name != "A/n" || strings.Join(k.Profiles, " ") != "dotnet-8 dotnet-9" {
			t.Errorf("case %s about %v", k.Name, k.Profiles)
		}
	}
	if k := judge.CaseOf(&scenarios.Scenario{Name: "n", Plan: &plan.Plan{}}); k.Name != "n" {
		t.Errorf("a scenario without an area is named %q", k.Name)
	}
}

// TestExpectations of the library are held against a trace, with the place in the file.
func TestExpectations(t *testing.T) {
	all, err := judge.Library()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 80 {
		t.Fatalf("only %d cases", len(all))
	}
	wrong := &trace.Trace{End: trace.Ending{Kind: trace.Exited, Code: 99}}
	told := 0
	for _, c := range all {
		for _, p := range c.Profiles {
			said, at := c.Expect(p, wrong)
			if said == "" {
				continue
			}
			told++
			if at != -1 || !strings.Contains(said, ".yaml:") {
				t.Errorf("%s under %s: %q at %d", c.Name, p, said, at)
			}
		}
	}
	if told < 80 {
		t.Errorf("only %d expectations object to a run in which nothing happens", told)
	}
}

// TestRecordingsAreCases: each recording speaks about its releases and objects to a run in which nothing happens.
func TestRecordingsAreCases(t *testing.T) {
	all, err := judge.Recordings()
	if err != nil {
		t.Fatal(err)
	}
	empty := &trace.Trace{End: trace.Ending{Kind: trace.Exited, Code: 99}}
	names := map[string]bool{}
	for _, c := range all {
		if names[c.Name] || !strings.HasPrefix(c.Name, "recorded/") || len(c.Profiles) == 0 {
			t.Errorf("case %s about %v", c.Name, c.Profiles)
		}
		names[c.Name] = true
		if c.SpeaksAbout(c.Profiles[0], spec.Process) {
			t.Errorf("%s is to be played in the process lane", c.Name)
		}
		if said, _ := c.Expect(c.Profiles[0], empty); said == "" {
			t.Errorf("%s agrees with a run in which nothing happens", c.Name)
		}
		if said, _ := c.Expect("strict", empty); said != "" {
			t.Errorf("%s expects something of strict: %s", c.Name, said)
		}
	}
	if len(all) < 100 {
		t.Errorf("only %d recordings", len(all))
	}
}

// TestForProfile: a release is judged by its recordings, too, other profiles by the library alone.
func TestForProfile(t *testing.T) {
	library, err := judge.ForProfile("strict")
	if err != nil {
		t.Fatal(err)
	}
	release, err := judge.ForProfile("dotnet-8")
	if err != nil {
		t.Fatal(err)
	}
	recorded := 0
	for _, c := range release {
		if strings.HasPrefix(c.Name, "recorded/") {
			recorded++
		}
	}
	for _, c := range library {
		if strings.HasPrefix(c.Name, "recorded/") {
			t.Fatalf("strict is judged by %s", c.Name)
		}
	}
	if recorded == 0 || len(release) != len(library)+recorded {
		t.Errorf("%d cases for strict, %d for dotnet-8, of which %d recorded", len(library), len(release), recorded)
	}
}

// TestCaseOfARecording: it speaks about every profile and expects what was recorded of those that were.
func TestCaseOfARecording(t *testing.T) {
	s, err := scenarios.RecordedPlan("exit-in-stop")
	if err != nil || s == nil {
		t.Fatal(s, err)
	}
	c := judge.CaseOf(s)
	if c.Name != "recorded/exit-in-stop" || !c.SpeaksAbout("strict", spec.Process) || len(c.Clauses) > 0 {
		t.Errorf("case %s about %v", c.Name, c.Profiles)
	}
	empty := &trace.Trace{End: trace.Ending{Kind: trace.Exited, Code: 99}}
	for profile, hangs := range map[string]bool{"dotnet-3.1": true, "dotnet-10": false, "strict": false} {
		if c.MayHang(profile) != hangs {
			t.Errorf("%s: may hang %t, want %t", profile, !hangs, hangs)
		}
		said, _ := c.Expect(profile, empty)
		if recorded := s.Recording(profile) != nil; (said != "") != recorded {
			t.Errorf("%s, recorded %t, says of a run in which nothing happens %q", profile, recorded, said)
		}
	}
}

// TestCaseOfASchedule: a case carries the schedule of its scenario, and says of which profiles it may hang.
func TestCaseOfASchedule(t *testing.T) {
	s, err := scenarios.Parse("mine.yaml", []byte(`
name: mine
title: A hang.
plan: {services: [{name: a, stop: [hang]}]}
schedule: ["at preempt main #1 take hold"]
expect: {dotnet-8: {end: [exited 0, hang]}, strict: {end: exited 0}}
`))
	if err != nil {
		t.Fatal(err)
	}
	c := judge.CaseOf(s)
	if len(c.Schedule) != 1 || c.Schedule[0] != (scenarios.Decision{At: "preempt main #1", Take: "hold"}) {
		t.Errorf("schedule %v", c.Schedule)
	}
	if !c.MayHang("dotnet-8") || c.MayHang("strict") {
		t.Error("it may hang under dotnet-8 alone")
	}
	if said, _ := c.Expect("strict", &trace.Trace{End: trace.Ending{Kind: trace.Exited, Code: 7}}); !strings.HasPrefix(said, "mine.yaml:6: the run ends exited 7") {
		t.Errorf("it says %q", said)
	}
}
