package fuzz_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/hostsim/hostsim/conformance/fuzz"
	"github.com/hostsim/hostsim/conformance/process"
	"github.com/hostsim/hostsim/conformance/shrink"
	"github.com/hostsim/hostsim/conformance/virtual"
	"github.com/hostsim/hostsim/scenarios"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

var wide = fuzz.Style{Lifecycle: true, Faults: true, Handlers: true, Wild: 0.5}

// reference is the reference host under a profile, as an adapter.
func reference(profile string) fuzz.Adapter {
	return func(_ context.Context, p *plan.Plan) (*trace.Trace, error) {
		l := virtual.New(nil)
		defer l.Close()
		t, err := l.Play(p, profile)
		if err != nil {
			return nil, err
		}
		return t.Keep(), nil
	}
}

func TestGeneratedPlansAreValid(t *testing.T) {
	for n := range 2000 {
		b := plan.AppendJSON(nil, fuzz.Generate(7, n, wide))
		p, err := plan.Parse("generated", b)
		if err != nil {
			t.Fatalf("plan %d: %v\n%s", n, err, b)
		}
		if again := plan.AppendJSON(nil, p); !bytes.Equal(b, again) {
			t.Fatalf("plan %d reads back as another:\n%s\n%s", n, b, again)
		}
	}
}

func TestSameSeedSamePlan(t *testing.T) {
	a, b := plan.AppendJSON(nil, fuzz.Generate(1, 5, wide)), plan.AppendJSON(nil, fuzz.Generate(1, 5, wide))
	if !bytes.Equal(a, b) {
		t.Errorf("one seed and number, two plans:\n%s\n%s", a, b)
	}
	if c := plan.AppendJSON(nil, fuzz.Generate(2, 5, wide)); bytes.Equal(a, c) {
		t.Error("another seed gives the same plan")
	}
}

// TestGeneratedPlansCoverTheLanguage: every step, kind of service and hook, option and callback occurs.
func TestGeneratedPlansCoverTheLanguage(t *testing.T) {
	seen := map[string]int{}
	var script func(string, plan.Script)
	script = func(where string, s plan.Script) {
		seen["in "+where]++
		for _, st := range s {
			seen["step "+st.Kind.Name]++
			script("thread", st.Steps)
		}
	}
	for n := range 3000 {
		p := fuzz.Generate(3, n, wide)
		for _, s := range p.Services {
			seen["kind "+s.Kind]++
			for h, body := range s.Hooks {
				script(s.Kind+" "+h, body)
			}
		}
		script("main", p.Main)
		for _, list := range [][]plan.Script{p.ApplicationStarted, p.ApplicationStopping, p.ApplicationStopped} {
			for _, s := range list {
				script("callback", s)
			}
		}
		if p.ProcessExit != nil {
			script("processExit", *p.ProcessExit)
		}
		if l := p.HostLifetime; l != nil {
			script("waitForStart", l.WaitForStart)
			script("lifetime stop", l.Stop)
		}
		for _, s := range p.Signals {
			seen["signal "+s.Send]++
		}
		for _, h := range p.SignalHandlers {
			seen["handler "+h.Signal]++
		}
		if p.MainCatches {
			seen["mainCatches"]++
		}
		for _, kv := range p.Config {
			seen["config "+kv.Key]++
		}
	}
	sockets := map[string]bool{"listen": true, "close": true, "accept": true, "drain": true, "dial": true, "removeFile": true}
	for _, k := range plan.Steps() {
		if !sockets[k.Name] && seen["step "+k.Name] == 0 { // the real hosts were recorded without sockets
			t.Errorf("no plan has the step %s", k.Name)
		}
	}
	for _, kind := range []string{plan.Hosted, plan.Lifecycle, plan.Background} {
		for _, h := range plan.Scripted(kind) {
			if seen["in "+kind+" "+h] == 0 {
				t.Errorf("no %s service scripts %s", kind, h)
			}
		}
	}
	for _, what := range []string{"signal SIGTERM", "signal SIGINT", "signal SIGQUIT", "signal SIGHUP", "handler SIGTERM", "mainCatches",
		"in waitForStart", "in lifetime stop", "in processExit", "in thread", "config shutdownTimeoutSeconds", "config servicesStartConcurrently"} {
		if seen[what] == 0 {
			t.Errorf("no plan has %s", what)
		}
	}
}

func TestStylesKeepToTheRelease(t *testing.T) {
	for n := range 500 {
		p := fuzz.Generate(1, n, fuzz.Style{Wild: 0.5})
		if p.Options.StartupTimeout != nil || p.Options.ConcurrentStart != nil || p.Options.ConcurrentStop != nil || len(p.SignalHandlers) > 0 || p.Options.BackgroundException != "" {
			t.Fatalf("plan %d has what an old host does not know: %s", n, plan.AppendJSON(nil, p))
		}
		for _, s := range p.Services {
			if s.Kind == plan.Lifecycle {
				t.Fatalf("plan %d has a lifecycle service", n)
			}
		}
	}
}

func TestCalm(t *testing.T) {
	l := virtual.New(nil)
	defer l.Close()
	for _, c := range []struct {
		name, plan string
		calm       bool
	}{
		{"far apart", "services: [{name: a, stop: [delay: 300ms]}]\nsignals: [{after: lifetime.applicationStarted, wait: 200ms, send: SIGTERM}, {after: a.stop.begin, wait: 100ms, send: SIGINT}]", true},
		{"close together", "services: [{name: a, stop: [delay: 300ms]}]\nsignals: [{after: lifetime.applicationStarted, wait: 200ms, send: SIGTERM}, {after: a.stop.begin, wait: 290ms, send: SIGINT}]", false},
		{"a timeout that may come too late", "options: {shutdownTimeout: 310ms}\nservices: [{name: a, stop: [delay: 300ms]}]\nsignals: [{after: lifetime.applicationStarted, wait: 200ms, send: SIGTERM}]", false},
		{"a signal timed from before the start", "services: [{name: a, start: [delay: 300ms]}]\nsignals: [{after: host.run.begin, wait: 390ms, send: SIGTERM}]", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := plan.Parse("calm.yaml", []byte(c.plan))
			if err != nil {
				t.Fatal(err)
			}
			calm, first, err := fuzz.Calm(l, p, "dotnet-10", 20)
			if err != nil || calm != c.calm || first == nil {
				t.Errorf("calm %v, %v; want %v", calm, err, c.calm)
			}
		})
	}
}

func TestAgreement(t *testing.T) {
	for _, profile := range []string{"dotnet-10", "dotnet-3.1", "strict"} {
		rep, err := fuzz.Run(context.Background(), reference(profile), fuzz.Options{Profile: profile, Seed: 1, Plans: 60, Jobs: 2})
		if err != nil {
			t.Fatal(err)
		}
		if len(rep.Differences) > 0 || rep.Raced > 0 || rep.Agreed != 60 || rep.Played != 60 {
			t.Errorf("%s differs from itself: %+v", profile, rep)
		}
	}
}

// TestDifference: a host of another release is told apart, and the plan that shows it is small.
func TestDifference(t *testing.T) {
	told := 0
	rep, err := fuzz.Run(context.Background(), reference("dotnet-7"), fuzz.Options{Profile: "dotnet-10", Seed: 1, Plans: 30, Shrink: 2000, Explain: 100,
		Played: func(done, of int, _ *fuzz.Difference) {
			told++
			if done != told || of != 30 {
				t.Errorf("told %d of %d after %d plans", done, of, told)
			}
		}})
	if err != nil {
		t.Fatal(err)
	}
	if len(rep.Differences) == 0 {
		t.Fatal("no difference found")
	}
	for _, d := range rep.Differences {
		if len(d.Small.Services) > len(d.Plan.Services) || len(plan.AppendJSON(nil, d.Small)) > len(plan.AppendJSON(nil, d.Plan)) {
			t.Errorf("%s grew", d.Name())
		}
		for c := range shrink.Smaller(d.Small) { // nothing more can be taken away
			mine, _ := reference("dotnet-10")(context.Background(), c)
			theirs, _ := reference("dotnet-7")(context.Background(), c)
			if mine.End.Kind != theirs.End.Kind && d.Said.Kind == "end" {
				t.Errorf("%s could be smaller:\n%s", d.Name(), plan.AppendJSON(nil, c))
			}
		}
		s := d.Scenario("dotnet-10")
		text := scenarios.Format(s)
		if _, err := scenarios.Parse("saved.yaml", text); err != nil {
			t.Errorf("%s does not read back: %v\n%s", d.Name(), err, text)
		}
	}
}

func TestSave(t *testing.T) {
	rep, err := fuzz.Run(context.Background(), reference("dotnet-3.1"), fuzz.Options{Profile: "dotnet-10", Seed: 4, Plans: 10, Shrink: -1, Explain: 100})
	if err != nil || len(rep.Differences) == 0 {
		t.Fatal(err, rep)
	}
	path, err := rep.Differences[0].Save(t.TempDir()+"/found", "dotnet-10")
	if err != nil {
		t.Fatal(err)
	}
	saved, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := scenarios.Parse(path, saved)
	if err != nil || len(s.Expect) != 1 || s.Name != rep.Differences[0].Name() || len(s.Profiles) != 1 || s.Profiles[0] != "dotnet-10" || !strings.HasSuffix(path, s.Name+".yaml") {
		t.Errorf("saved in %s was %+v, error %v; want one expectation, of what the other host did", path, s, err)
	}
	if _, err := rep.Differences[0].Save(path, "dotnet-10"); err == nil {
		t.Errorf("%s is a file, yet something was saved in it", path)
	}
}

// TestLimit: when the time is over what was found is told, and a play that was cut off is nobody's fault.
func TestLimit(t *testing.T) {
	plays := 0
	slow := func(ctx context.Context, p *plan.Plan) (*trace.Trace, error) {
		if plays++; plays > 2 {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		return reference("strict")(ctx, p)
	}
	rep, err := fuzz.Run(context.Background(), slow, fuzz.Options{Profile: "strict", Seed: 1, Plans: 9, Limit: 20 * time.Millisecond})
	if err != nil || !rep.Cut || rep.Played > 2 || rep.Played != rep.Agreed {
		t.Errorf("%v, %+v: want what was played within the limit, and no error", err, rep)
	}
	rep, err = fuzz.Run(context.Background(), reference("strict"), fuzz.Options{Profile: "strict", Seed: 1, Plans: 2, Limit: time.Hour})
	if err != nil || rep.Cut || rep.Played != 2 {
		t.Errorf("%v, %+v: the limit was not over", err, rep)
	}
}

// TestFound: a difference is told of when it is certain, before it is made small, and plans that take longer than it are not
// tried.
func TestFound(t *testing.T) {
	var found []string
	longest := map[string]time.Duration{}
	name := ""
	other := func(ctx context.Context, p *plan.Plan) (*trace.Trace, error) {
		tr, err := reference("dotnet-7")(ctx, p)
		if mine, _ := reference("dotnet-10")(ctx, p); err == nil && name != "" && len(mine.Events) > 0 {
			longest[name] = max(longest[name], mine.Events[len(mine.Events)-1].At)
		}
		return tr, err
	}
	_, err := fuzz.Run(context.Background(), other, fuzz.Options{Profile: "dotnet-10", Seed: 1, Plans: 30, Explain: 100,
		Found: func(d *fuzz.Difference) {
			if d.Small != d.Plan {
				t.Errorf("%s is told of when it has been made small", d.Name())
			}
			name = d.Name()
			found = append(found, name)
		},
		Played: func(_, _ int, d *fuzz.Difference) {
			if name = ""; d == nil {
				return
			}
			if len(found) == 0 || found[len(found)-1] != d.Name() {
				t.Errorf("nobody was told that %s had been found", d.Name())
			}
			if mine, err := reference("dotnet-10")(context.Background(), d.Plan); err != nil || mine.End.Kind == trace.Exited && longest[d.Name()] > mine.Events[len(mine.Events)-1].At {
				t.Errorf("%s: a plan was tried that takes %v, longer than what was found", d.Name(), longest[d.Name()])
			}
		}})
	if err != nil || len(found) == 0 {
		t.Fatalf("%v, found %v", err, found)
	}
}

// TestFailuresInAnotherRuntime: a program that fails dies of SIGABRT on .NET and exits with a code in Go; only a release is held
// to one of them.
func TestFailuresInAnotherRuntime(t *testing.T) {
	for profile, differ := range map[string]bool{"strict": false, "dotnet-10": true} {
		aborts := 0
		inGo := func(ctx context.Context, p *plan.Plan) (*trace.Trace, error) {
			tr, err := reference(profile)(ctx, p)
			if err == nil && tr.End.Kind == trace.Signaled && tr.End.Signal == "SIGABRT" {
				aborts++
				tr.End = trace.Ending{Kind: trace.Exited, Code: 1}
			}
			return tr, err
		}
		rep, err := fuzz.Run(context.Background(), inGo, fuzz.Options{Profile: profile, Seed: 1, Plans: 60, Shrink: -1, Explain: 100})
		if err != nil || aborts == 0 || len(rep.Differences) > 0 != differ {
			t.Errorf("%s: %v, %d aborts, %d differences, want some: %v", profile, err, aborts, len(rep.Differences), differ)
		}
	}
}

// TestRace: a host that does now this, now that is not accused.
func TestRace(t *testing.T) {
	n := 0
	flaky := func(ctx context.Context, p *plan.Plan) (*trace.Trace, error) {
		if n++; n == 1 {
			return reference("dotnet-3.1")(ctx, &plan.Plan{})
		}
		return reference("dotnet-10")(ctx, p)
	}
	rep, err := fuzz.Run(context.Background(), flaky, fuzz.Options{Profile: "dotnet-10", Seed: 1, Plans: 3})
	if err != nil || rep.Raced != 1 || len(rep.Differences) != 0 {
		t.Errorf("%v, %+v", err, rep)
	}
}

func TestSkippedAndBroken(t *testing.T) {
	skips := func(context.Context, *plan.Plan) (*trace.Trace, error) { return nil, &process.Skipped{Why: "not mine"} }
	rep, err := fuzz.Run(context.Background(), skips, fuzz.Options{Profile: "strict", Plans: 5})
	if err != nil || rep.Skipped != 5 {
		t.Errorf("%v, %+v", err, rep)
	}
	broken := errors.New("it broke")
	_, err = fuzz.Run(context.Background(), func(context.Context, *plan.Plan) (*trace.Trace, error) { return nil, broken }, fuzz.Options{Profile: "strict"})
	if !errors.Is(err, broken) {
		t.Errorf("%v, want that it broke", err)
	}
	if _, err := fuzz.Run(context.Background(), skips, fuzz.Options{Profile: "dotnet-99"}); err == nil {
		t.Error("an unknown profile is accepted")
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	cancel()
	if rep, err := fuzz.Run(ctx, skips, fuzz.Options{Profile: "strict"}); !errors.Is(err, context.Canceled) || rep.Played != 0 {
		t.Errorf("%v, %+v: it went on after the end", err, rep)
	}
}
