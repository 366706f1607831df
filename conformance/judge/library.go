package judge

import (
	"fmt"
	"sync"

	"github.com/hostsim/hostsim/scenarios"
	"github.com/hostsim/hostsim/scenarios/agree"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/recorded"
	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

// Library gives the scenarios of the library as cases. They are read once; callers share them and must not change them.
var Library = sync.OnceValues(func() ([]*Case, error) {
	all, err := scenarios.Library()
	if err != nil {
		return nil, err
	}
	var out []*Case
	for _, s := range all {
		out = append(out, CaseOf(s))
	}
	return out, nil
})

// Recordings gives the recordings of the real host as cases: each speaks about its release, and expects what was recorded.
var Recordings = sync.OnceValues(func() ([]*Case, error) {
	recs, err := recorded.All()
	if err != nil {
		return nil, err
	}
	var out []*Case
	var last *Case
	byRelease := map[string]*recorded.Recording{}
	for _, r := range recs {
		if last == nil || last.Name != "recorded/"+r.Name {
			byRelease = map[string]*recorded.Recording{}
			last = &Case{Name: "recorded/" + r.Name, Plan: r.Plan, Features: needs(r.Plan), Lanes: []string{spec.Virtual}}
			known := byRelease
			last.Expect = func(profile string, t *trace.Trace) (string, int) { return expectRecording(known[profile], t) }
			out = append(out, last)
		}
		last.Profiles = append(last.Profiles, r.Release)
		byRelease[r.Release] = r
	}
	return out, nil
})

// hung tells whether a real host was recorded not to come to an end.
func hung(r *recorded.Recording) bool {
	if r == nil {
		return false
	}
	for i := range r.Variants {
		if r.Variants[i].Trace.End.Kind.NeverEnded() {
			return true
		}
	}
	return false
}

func expectRecording(r *recorded.Recording, t *trace.Trace) (said string, at int) {
	if r == nil {
		return "", -1
	}
	d := agree.Compare(r, t)
	if d == nil {
		return "", -1
	}
	if known, err := recorded.Exceptions(); err == nil {
		for _, e := range known {
			if e.Plan == r.Name && e.Release == r.Release {
				return "", -1
			}
		}
	}
	return "not as the real host was recorded: " + d.Error(), -1
}

// ForProfile gives the cases by which a profile is judged: the library, and for a release of the real host its recordings.
func ForProfile(profile string) ([]*Case, error) {
	cases, err := Library()
	if err != nil || len(profile) < 7 || profile[:7] != "dotnet-" {
		return cases, err
	}
	more, err := Recordings()
	if err != nil {
		return nil, err
	}
	return append(append([]*Case(nil), cases...), more...), nil
}

// CaseOf makes a case of a scenario. One that is a recording speaks about every profile, and expects of those that were recorded
// what was recorded.
func CaseOf(s *scenarios.Scenario) *Case {
	name := s.Name
	if s.Area != "" {
		name = s.Area + "/" + s.Name
	}
	if len(s.Recordings) > 0 {
		return &Case{
			Name: "recorded/" + name, Plan: s.Plan, Profiles: scenarios.Expand(nil), Features: needs(s.Plan),
			MayHang: func(profile string) bool { return hung(s.Recording(profile)) },
			Expect:  func(profile string, t *trace.Trace) (string, int) { return expectRecording(s.Recording(profile), t) },
		}
	}
	return &Case{
		Name: name, Plan: s.Plan, Clauses: s.Clauses, Profiles: scenarios.Expand(s.Profiles), Lanes: s.Lanes, Features: needs(s.Plan),
		Schedule: s.Schedule, MayHang: s.MayHang, Several: len(s.Profiles) > 0 && len(scenarios.Expand(s.Profiles)) > 1,
		Expect: func(profile string, t *trace.Trace) (string, int) {
			for _, e := range s.Expected(profile) {
				if m := e.Check(t, scenarios.Tolerance{}); m != nil {
					return fmt.Sprintf("%s:%d: %s", s.File, m.Pos.Line, m.Said), m.At
				}
			}
			return "", -1
		},
	}
}

// needs lists the features without which a host cannot play a plan at all.
func needs(p *plan.Plan) []string {
	var out []string
	add := func(f string, on bool) {
		if on && !has(out, f) {
			out = append(out, f)
		}
	}
	for i := range p.Services {
		add("lifecycle", p.Services[i].Kind == plan.Lifecycle)
		add("background", p.Services[i].Kind == plan.Background)
	}
	if l := p.HostLifetime; l != nil {
		add("systemd", l.Kind == plan.Systemd)
		add("hostLifetime", l.Kind != plan.Systemd)
	}
	add("concurrentStart", p.Options.ConcurrentStart != nil && *p.Options.ConcurrentStart)
	add("concurrentStop", p.Options.ConcurrentStop != nil && *p.Options.ConcurrentStop)
	add("startupTimeout", p.Options.StartupTimeout != nil)
	add("shutdownTimeout", p.Options.ShutdownTimeout != nil)
	add("notifications", len(p.ApplicationStarted)+len(p.ApplicationStopping)+len(p.ApplicationStopped) > 0)
	add("processExit", p.ProcessExit != nil)
	add("sockets", len(p.Files)+len(p.Connections) > 0)
	add("signals", len(p.Signals) > 0)
	for st := range p.AllSteps() {
		add("sockets", st.Kind == plan.Listen)
		add("stopRequest", st.Kind == plan.StopApp)
		add("exitCode", st.Kind == plan.Exit || st.Kind == plan.ExitCode)
	}
	return out
}
