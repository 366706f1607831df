package conformance_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/onsi/ginkgo/v2/types"

	"github.com/hostsim/hostsim/conformance"
	"github.com/hostsim/hostsim/conformance/judge"
	"github.com/hostsim/hostsim/conformance/legal"
	"github.com/hostsim/hostsim/conformance/mutants"
	"github.com/hostsim/hostsim/conformance/virtual"
	"github.com/hostsim/hostsim/spec"
)

// The suite runs Ginkgo, which runs once in a process; so each run of it is a child: this test binary, told by two variables
// what to judge and by which profile.
const (
	envHost    = "HOSTSIM_TEST_HOST"
	envProfile = "HOSTSIM_TEST_PROFILE"
)

// TestConformance is what the author of a host writes, and the child that the other tests run.
func TestConformance(t *testing.T) {
	var impl judge.Implementation
	switch name := os.Getenv(envHost); name {
	case "":
		t.Skip("only as a child of the other tests")
	case "reference":
		r := virtual.NewReference()
		defer r.Close()
		impl = r
	default:
		if m := mutants.Lookup(name); m != nil {
			r := m.Implementation()
			defer r.Close()
			impl = r
			break
		}
		i, ok := legal.Hosts()[name]
		if !ok {
			t.Fatalf("no host is named %q", name)
		}
		impl = conformance.InProcess(t, i)
	}
	conformance.Run(t, impl, conformance.Options{Profile: os.Getenv(envProfile), Repeat: 10})
}

// outcome is what a child's Ginkgo reported.
type outcome struct {
	passed bool
	specs  map[types.SpecState][]types.SpecReport
	output string
	junit  string
}

// judged runs the suite in a child.
func judged(t *testing.T, host, profile string, flags ...string) outcome {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	jsonFile, junit := filepath.Join(dir, "report.json"), filepath.Join(dir, "report.xml")
	args := append([]string{"-test.run=^TestConformance$", "-test.v", "-ginkgo.no-color", "-ginkgo.json-report=" + jsonFile, "-ginkgo.junit-report=" + junit}, flags...)
	cmd := exec.CommandContext(t.Context(), exe, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), envHost+"="+host, envProfile+"="+profile)
	out, err := cmd.CombinedOutput()
	o := outcome{passed: err == nil, specs: map[types.SpecState][]types.SpecReport{}, output: string(out)}
	data, readErr := os.ReadFile(jsonFile)
	var reports []types.Report
	if readErr == nil {
		readErr = json.Unmarshal(data, &reports)
	}
	if readErr != nil || len(reports) != 1 {
		t.Fatalf("the child left no report (%v, %v):\n%s", err, readErr, out)
	}
	if reports[0].SuiteSucceeded != o.passed {
		t.Errorf("Ginkgo says succeeded %v, the child ended with %v", reports[0].SuiteSucceeded, err)
	}
	for _, s := range reports[0].SpecReports {
		o.specs[s.State] = append(o.specs[s.State], s)
	}
	if x, err := os.ReadFile(junit); err == nil {
		o.junit = string(x)
	}
	return o
}

// clauses gives the clauses among specs.
func clauses(specs []types.SpecReport) (ids []string) {
	for _, s := range specs {
		for _, l := range s.LeafNodeLabels {
			if strings.HasPrefix(l, "HOST-") {
				ids = append(ids, l)
			}
		}
	}
	sort.Strings(ids)
	return ids
}

func names(specs []types.SpecReport) (out []string) {
	for _, s := range specs {
		out = append(out, s.LeafNodeText+": "+s.Failure.Message)
	}
	return out
}

// applicable are the clauses of a profile that the virtual lane can check.
func applicable(profile string) (ids []string) {
	for _, c := range spec.MustLoad().MustProfile(profile).Clauses {
		if c.Retired == "" && c.In(spec.Virtual) {
			ids = append(ids, c.ID)
		}
	}
	sort.Strings(ids)
	return ids
}

// TestLegalHostsPass: the reference host passes core and strict with every clause judged and none skipped; the two small
// legal hosts pass core.
func TestLegalHostsPass(t *testing.T) {
	for _, c := range []struct {
		host, profile string
		skips         bool // it may lack features
	}{{"reference", "core", false}, {"reference", "strict", false}, {"errgroup", "core", true}, {"actor", "core", true}} {
		t.Run(c.host+" "+c.profile, func(t *testing.T) {
			t.Parallel()
			o := judged(t, c.host, c.profile)
			if failed := o.specs[types.SpecStateFailed]; !o.passed || len(failed) > 0 {
				t.Fatalf("failed:\n%s", strings.Join(names(failed), "\n"))
			}
			passed, skipped := clauses(o.specs[types.SpecStatePassed]), clauses(o.specs[types.SpecStateSkipped])
			all := append(append([]string(nil), passed...), skipped...)
			sort.Strings(all)
			if got, want := strings.Join(all, " "), strings.Join(applicable(c.profile), " "); got != want {
				t.Errorf("the specs are about\n%s\nwant\n%s", got, want)
			}
			if len(skipped) > 0 && !c.skips {
				t.Errorf("skipped: %v", skipped)
			}
			if len(passed) < 10 {
				t.Errorf("only %d clauses were judged", len(passed))
			}
			for _, s := range o.specs[types.SpecStateSkipped] {
				if s.Failure.Message == "" {
					t.Errorf("%s was skipped without a reason", s.LeafNodeText)
				}
			}
		})
	}
}

// TestAMutantFails: a host with one known bug fails, in the spec of the clause that the bug breaks, which shows the timeline
// with the clause pointed at, and how to replay it; the clauses that the bug leaves alone pass.
func TestAMutantFails(t *testing.T) {
	const name = "stop-forward"
	m := mutants.Lookup(name)
	if m == nil {
		t.Fatalf("there is no mutant %s any more", name)
	}
	o := judged(t, name, m.Profile)
	if o.passed {
		t.Fatal("a host that stops its services in the wrong order passed")
	}
	found := false
	for _, s := range o.specs[types.SpecStateFailed] {
		for _, l := range s.LeafNodeLabels {
			if l != m.Clause {
				continue
			}
			found = true
			for _, want := range []string{m.Clause + " (", "^^^ " + m.Clause + ": ", "in "} {
				if !strings.Contains(s.Failure.Message, want) {
					t.Errorf("the message does not say %q:\n%s", want, s.Failure.Message)
				}
			}
			if len(s.ReportEntries) == 0 {
				t.Error("no timeline is attached as a report entry")
			}
			labels := strings.Join(s.Labels(), " ")
			for _, want := range []string{m.Clause, "STOP", m.Profile, "MUST"} {
				if !strings.Contains(labels, want) {
					t.Errorf("the labels %q lack %s", labels, want)
				}
			}
		}
	}
	if !found {
		t.Errorf("the spec of %s did not fail; failed:\n%s", m.Clause, strings.Join(names(o.specs[types.SpecStateFailed]), "\n"))
	}
	if n := len(clauses(o.specs[types.SpecStatePassed])); n < len(applicable(m.Profile))/2 {
		t.Errorf("only %d clauses hold of a host with one bug", n)
	}
	if !strings.Contains(o.junit, m.Clause) || !strings.Contains(o.junit, "<failure") {
		t.Error("Ginkgo's own JUnit report does not tell of the failure")
	}
}

// TestLabelFilters select clauses by id, area and level, and by combinations.
func TestLabelFilters(t *testing.T) {
	count := func(f func(*spec.Clause) bool) (ids []string) {
		for _, id := range applicable("core") {
			if f(spec.MustLoad().Clause(id)) {
				ids = append(ids, id)
			}
		}
		return ids
	}
	one := applicable("core")[0]
	for filter, want := range map[string][]string{
		one:                 {one},
		"STOP":              count(func(c *spec.Clause) bool { return c.Area == "STOP" }),
		"STOP && MUST":      count(func(c *spec.Clause) bool { return c.Area == "STOP" && c.Level == spec.Must }),
		"core && !scenario": applicable("core"),
		"scenario":          nil,
	} {
		t.Run(filter, func(t *testing.T) {
			t.Parallel()
			o := judged(t, "reference", "core", "-ginkgo.label-filter="+filter)
			if got := clauses(o.specs[types.SpecStatePassed]); !o.passed || strings.Join(got, " ") != strings.Join(want, " ") {
				t.Errorf("passed %v: %v, want %v", o.passed, got, want)
			}
			if filter == "scenario" && len(o.specs[types.SpecStatePassed]) < 20 {
				t.Errorf("only %d scenarios were judged", len(o.specs[types.SpecStatePassed]))
			}
		})
	}
}

// TestNothingSelected: a filter that selects nothing is a failure when Ginkgo is told to fail on that.
func TestNothingSelected(t *testing.T) {
	if o := judged(t, "reference", "core", "-ginkgo.label-filter=HOST-STOP-999", "-ginkgo.fail-on-empty"); o.passed {
		t.Error("a suite of which nothing ran passed")
	}
}

func TestAnUnknownProfileIsToldAtOnce(t *testing.T) {
	r := virtual.NewReference()
	defer r.Close()
	err := conformance.Describe(r, conformance.Options{Profile: "dotnet-1"})
	if err == nil || !strings.Contains(err.Error(), `conformance: there is no profile "dotnet-1"; the profiles are core, strict`) {
		t.Errorf("got %v", err)
	}
}
