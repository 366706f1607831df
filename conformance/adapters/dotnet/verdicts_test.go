package dotnet

import (
	"context"
	"path/filepath"
	"slices"
	"testing"

	"github.com/hostsim/hostsim/conformance/external"
	"github.com/hostsim/hostsim/conformance/judge"
	"github.com/hostsim/hostsim/conformance/process"
	"github.com/hostsim/hostsim/conformance/report"
	"github.com/hostsim/hostsim/conformance/virtual"
	"github.com/hostsim/hostsim/spec"
)

// absent are the features that this adapter does not show: systemd is another package's. No clause may be skipped for another
// reason.
var absent = []string{"systemd"}

// TestVerdicts judges the live host clause by clause: the verdicts are those of the reference host under the same profile.
func TestVerdicts(t *testing.T) {
	for _, root := range roots(t) {
		t.Run(filepath.Base(root), func(t *testing.T) {
			command := build(t, root)
			release := profile(t, &process.Runner{Command: command})
			theirs := verify(t, command, release)
			mine := reference(t, release)
			all := spec.MustLoad()
			same, skipped := 0, 0
			for i := range mine.Clauses {
				want := &mine.Clauses[i]
				clause := all.Clause(want.ID)
				got := find(theirs, want.ID)
				switch {
				case got == nil && !clause.In(spec.Process):
				case got == nil:
					t.Errorf("%s is not judged, the reference host: %s", want.ID, want.Verdict)
				case got.Verdict == want.Verdict:
					same++
				case got.Verdict == report.Skipped && slices.ContainsFunc(clause.Features, func(f string) bool { return slices.Contains(absent, f) }):
					skipped++
				default:
					t.Errorf("%s: %s %s, the reference host: %s", want.ID, got.Verdict, got.Because, want.Verdict)
					for _, f := range got.Failures {
						t.Logf("%s: %s: %s", f.Scenario, f.Event, f.Said)
					}
				}
			}
			for _, problem := range theirs.Problems {
				t.Error(problem)
			}
			t.Logf("%s: %d clauses with the reference host's verdict, %d skipped for want of a feature, in %d scenarios", release, same, skipped, theirs.Size.Scenarios)
			if same == 0 {
				t.Error("no clause was judged")
			}
		})
	}
}

// verify judges the host behind a command.
func verify(t *testing.T, command []string, profile string) *report.Report {
	t.Helper()
	a, err := external.New(context.Background(), command, spec.Process, 4)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	return judged(t, a, profile)
}

func reference(t *testing.T, profile string) *report.Report {
	t.Helper()
	r := virtual.NewReference()
	defer r.Close()
	return judged(t, r, profile)
}

func judged(t *testing.T, i judge.Implementation, profile string) *report.Report {
	t.Helper()
	cases, err := judge.ForProfile(profile)
	if err != nil {
		t.Fatal(err)
	}
	r, err := judge.Verify(context.Background(), i, cases, judge.Options{Spec: spec.MustLoad(), Profile: profile})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func find(r *report.Report, id string) *report.Clause {
	for i := range r.Clauses {
		if r.Clauses[i].ID == id {
			return &r.Clauses[i]
		}
	}
	return nil
}
