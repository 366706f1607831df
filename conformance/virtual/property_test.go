package virtual_test

import (
	"bytes"
	_ "embed"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/hostsim/hostsim/conformance/checks"
	"github.com/hostsim/hostsim/conformance/fuzz"
	"github.com/hostsim/hostsim/conformance/shrink"
	"github.com/hostsim/hostsim/conformance/virtual"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

// randomPlans plays so many random plans under every profile that a host can follow. HOSTSIM_RANDOM_PLANS and
// HOSTSIM_RANDOM_SEED make it look further than the tests do.
func randomPlans(t *testing.T, seed uint64, n int, wild float64, f func(t *testing.T, l *virtual.Lane, name, profile string, p *plan.Plan, tr *trace.Trace)) {
	t.Helper()
	if v, err := strconv.Atoi(os.Getenv("HOSTSIM_RANDOM_PLANS")); err == nil {
		n = v
	}
	if v, err := strconv.ParseUint(os.Getenv("HOSTSIM_RANDOM_SEED"), 10, 64); err == nil {
		seed = v
	}
	l := virtual.New(nil)
	t.Cleanup(l.Close)
	for _, profile := range spec.MustLoad().ProfileNames() {
		if profile == "core" || profile == "probe" {
			continue
		}
		late := profile == "strict" || profile == "dotnet-10" || profile >= "dotnet-8"
		t.Run(profile, func(t *testing.T) {
			for i := range n {
				p := fuzz.Generate(seed, i, fuzz.Style{Lifecycle: late, Faults: late, Handlers: late, Wild: wild})
				tr, err := l.Play(p, profile)
				if err != nil {
					t.Fatalf("plan %d: %v", i, err)
				}
				f(t, l, fmt.Sprintf("plan %d of seed %d", i, seed), profile, p, tr)
			}
		})
	}
}

// accuses gives what a check says of a run that it takes for a violation, "" if it does not.
func accuses(clause, profile string, p *plan.Plan, tr *trace.Trace) string {
	check := checks.Lookup(clause)
	if check == nil || tr.End.Kind == trace.Killed {
		return ""
	}
	return check(&checks.Run{Plan: p, Trace: tr, Profile: spec.MustLoad().MustProfile(profile), Lane: spec.Virtual}).Said
}

// TestRandomPlansKeepTheContract: whatever the plan, the reference host keeps every clause of the profile that it follows. A
// failure, which is shown made small, is a fault of the host, of the check, or of the clause.
func TestRandomPlansKeepTheContract(t *testing.T) {
	all := spec.MustLoad()
	accused := map[string]bool{}
	judged := 0
	randomPlans(t, 21, 1000, 0.4, func(t *testing.T, l *virtual.Lane, name, profile string, p *plan.Plan, tr *trace.Trace) {
		said := map[string]string{}
		for _, c := range all.MustProfile(profile).Clauses {
			if c.In(spec.Virtual) && !accused[c.ID] {
				judged++
				if s := accuses(c.ID, profile, p, tr); s != "" {
					said[c.ID], accused[c.ID] = s, true
				}
			}
		}
		for _, c := range all.MustProfile(profile).Clauses { // now the trace may be overwritten
			if said[c.ID] == "" {
				continue
			}
			small := shrink.Plan(p, func(q *plan.Plan) bool {
				tr, err := l.Play(q, profile)
				return err == nil && accuses(c.ID, profile, q, tr) != ""
			})
			var b bytes.Buffer
			tr, err := l.Play(small, profile)
			if err == nil {
				err = trace.WriteText(&b, tr, trace.Options{})
			}
			t.Errorf("%s breaks %s: %s\nsmall: %s\n%s\n%s%v", name, c.ID, said[c.ID], accuses(c.ID, profile, small, tr), plan.AppendYAML(nil, small), b.String(), err)
		}
	})
	if judged < 100_000 {
		t.Errorf("only %d judgements", judged)
	}
}

//go:embed testdata/once-accused.txt
var onceAccused string

// TestOnceAccused: plans on which a check once took what the reference host does for a violation of its clause, and was wrong.
func TestOnceAccused(t *testing.T) {
	l := virtual.New(nil)
	defer l.Close()
	for i, line := range strings.Split(onceAccused, "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		c := strings.SplitN(line, " ", 3)
		if len(c) != 3 {
			t.Fatalf("once-accused.txt:%d: want clause, profile and plan, found %q", i+1, line)
		}
		clause, profile := c[0], c[1]
		t.Run(fmt.Sprintf("%s %s line %d", clause, profile, i+1), func(t *testing.T) {
			p, err := plan.Parse("plan.yaml", []byte("# \n"+c[2]))
			if err != nil {
				t.Fatal(err)
			}
			tr, err := l.Play(p, profile)
			if err != nil {
				t.Fatal(err)
			}
			if said := accuses(clause, profile, p, tr); said != "" {
				var b bytes.Buffer
				_ = trace.WriteText(&b, tr, trace.Options{})
				t.Errorf("%s\n%s", said, b.String())
			}
		})
	}
}

// TestRandomRunsAreWellFormed: of any plan, the same bytes twice; times that do not run backwards; no end without a begin;
// no call of a service that was not made; nothing of the plan's that the plan does not have; and both forms of the trace
// read back as it is.
func TestRandomRunsAreWellFormed(t *testing.T) {
	again := virtual.New(nil)
	defer again.Close()
	randomPlans(t, 5, 150, 0.6, func(t *testing.T, _ *virtual.Lane, name, profile string, p *plan.Plan, tr *trace.Trace) {
		fail := func(i int, format string, args ...any) {
			t.Errorf("%s, event %d %s: %s\n%s", name, i, trace.AppendText(nil, &tr.Events[i]), fmt.Sprintf(format, args...), plan.AppendYAML(nil, p))
		}
		services := map[string]bool{}
		for i := range p.Services {
			services[p.Services[i].Name] = true
		}
		begun, made := map[string]int{}, map[string]bool{}
		for i := range tr.Events {
			e := &tr.Events[i]
			if i > 0 && e.At < tr.Events[i-1].At {
				fail(i, "the time ran backwards")
			}
			if e.At < 0 || e.Who == "" || e.What == "" {
				fail(i, "it lacks a part")
			}
			call := fmt.Sprint(e.Who, " ", e.What)
			switch e.Phase {
			case trace.Begin:
				begun[call]++
				if e.Outcome != "" {
					fail(i, "a begin has an outcome")
				}
			case trace.End:
				if begun[call]--; begun[call] < 0 {
					fail(i, "an end without a begin")
				}
			}
			if services[e.Who] {
				if e.What == "new" {
					made[e.Who] = true
				} else if !made[e.Who] {
					fail(i, "a call of what was not constructed")
				}
			}
		}
		var text, data bytes.Buffer
		if err := trace.WriteText(&text, tr, trace.Options{}); err != nil {
			t.Fatal(err)
		}
		if err := trace.WriteJSONL(&data, tr); err != nil {
			t.Fatal(err)
		}
		if back, err := trace.ReadJSONL("trace", bytes.NewReader(data.Bytes())); err != nil || !sameBytes(t, back, data.Bytes()) {
			t.Errorf("%s: as JSON it reads back as another run, %v\n%s", name, err, data.Bytes())
		}
		if _, err := trace.ReadText("trace", bytes.NewReader(text.Bytes())); err != nil {
			t.Errorf("%s: the timeline does not read back: %v\n%s", name, err, text.Bytes())
		}
		second, err := again.Play(p, profile)
		if err != nil || !sameBytes(t, second, data.Bytes()) {
			t.Errorf("%s: another run the second time, %v\n%s", name, err, plan.AppendYAML(nil, p))
		}
		written, err := plan.Parse("again.yaml", plan.AppendYAML(nil, p))
		if err != nil {
			t.Fatalf("%s: the plan does not read back: %v", name, err)
		}
		if third, err := again.Play(written, profile); err != nil || !sameBytes(t, third, data.Bytes()) {
			t.Errorf("%s: the plan that was written and read gives another run, %v\n%s", name, err, plan.AppendYAML(nil, p))
		}
	})
}

func sameBytes(t *testing.T, tr *trace.Trace, want []byte) bool {
	t.Helper()
	var b bytes.Buffer
	if err := trace.WriteJSONL(&b, tr); err != nil {
		t.Fatal(err)
	}
	return bytes.Equal(b.Bytes(), want)
}
