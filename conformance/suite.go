// Package conformance is the importable suite: it judges an application host, in process under virtual time or as a child
// process, by every clause of a profile that applies to it, as Ginkgo specs.
//
// The author of a host writes an adapter and a few lines of test:
//
//	func TestConformance(t *testing.T) {
//		conformance.Run(t, myAdapter, conformance.Options{Profile: "core"})
//	}
//
// Every spec carries the labels of its area, level, profile and clause id, so that
//
//	go test -run TestConformance -ginkgo.label-filter HOST-STOP-001
//
// judges a single clause, and Ginkgo's own reporters (-ginkgo.junit-report and the others) write the results. Ginkgo only
// arranges and reports here: playing and judging is plain Go in packages judge and checks, which do not import it.
package conformance

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"
	"github.com/onsi/gomega"

	"github.com/hostsim/hostsim/conformance/judge"
	"github.com/hostsim/hostsim/conformance/report"
	"github.com/hostsim/hostsim/spec"
)

// Options choose what is judged.
type Options struct {
	Profile string        // default: core
	Cases   []*judge.Case // default: the scenario library, and for a dotnet profile the recordings of the real host
	Repeat  int           // every n-th scenario is played twice and compared; 0 means every one, negative none
}

// Run judges impl as one Go test: it registers Ginkgo's fail handler, declares the specs and runs them.
// It must be called at most once in a test function, from the goroutine of the test.
func Run(t *testing.T, impl judge.Implementation, o Options) {
	t.Helper()
	gomega.RegisterFailHandler(ginkgo.Fail)
	if err := Describe(impl, o); err != nil {
		t.Fatal(err)
	}
	ginkgo.RunSpecs(t, impl.Identity().Name+" conformance")
}

// Describe declares the specs in the Ginkgo suite that is being built, for those who call RunSpecs themselves.
func Describe(impl judge.Implementation, o Options) error {
	if o.Profile == "" {
		o.Profile = "core"
	}
	all, err := spec.Load()
	if err != nil {
		return err
	}
	profile := all.Profile(o.Profile)
	if profile == nil {
		return fmt.Errorf("conformance: there is no profile %q; the profiles are %s", o.Profile, strings.Join(all.ProfileNames(), ", "))
	}
	if o.Cases == nil {
		if o.Cases, err = judge.ForProfile(o.Profile); err != nil {
			return err
		}
	}
	s := &suite{impl: impl, o: o, spec: all}
	ginkgo.Describe(fmt.Sprintf("%s, profile %s, %s lane", impl.Identity().Name, o.Profile, impl.Lane()), ginkgo.Label(o.Profile), func() {
		area := ""
		for i, c := range profile.Clauses {
			if c.Area == area {
				continue
			}
			area = c.Area
			s.chapter(area, profile.Clauses[i:])
		}
		s.scenarios()
	})
	return nil
}

// suite plays everything once, when the first spec asks.
type suite struct {
	impl judge.Implementation
	o    Options
	spec *spec.Spec

	once   sync.Once
	report *report.Report
	byID   map[string]*report.Clause
	err    error
}

func (s *suite) judged() (*report.Report, error) {
	s.once.Do(func() {
		repeat := max(s.o.Repeat, 0)
		if s.o.Repeat == 0 {
			repeat = 1
		}
		s.report, s.err = judge.Verify(context.Background(), s.impl, s.o.Cases, judge.Options{Spec: s.spec, Profile: s.o.Profile, Repeat: repeat})
		if s.err == nil {
			s.byID = map[string]*report.Clause{}
			for i := range s.report.Clauses {
				s.byID[s.report.Clauses[i].ID] = &s.report.Clauses[i]
			}
		}
	})
	return s.report, s.err
}

// chapter declares the specs of the clauses of one area, which stand together.
func (s *suite) chapter(area string, clauses []*spec.Clause) {
	ginkgo.Context(area+" "+s.spec.Area(area).Title, ginkgo.Label(area), func() {
		for _, c := range clauses {
			if c.Area != area {
				break
			}
			if c.Retired != "" || !c.In(s.impl.Lane()) {
				continue
			}
			ginkgo.It(c.ID+" "+c.Text, ginkgo.Label(string(c.Level), c.ID), func() { s.clause(c) })
		}
	})
}

func (s *suite) clause(c *spec.Clause) {
	_, err := s.judged()
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	got := s.byID[c.ID]
	gomega.Expect(got).NotTo(gomega.BeNil(), "the judge has no verdict on "+c.ID)
	for _, f := range got.Failures {
		ginkgo.AddReportEntry(c.ID+" in "+f.Scenario, types.ReportEntryVisibilityFailureOrVerbose, strings.Join(f.Timeline, "\n"))
	}
	switch got.Verdict {
	case report.Pass, report.Provisional:
	case report.Skipped:
		ginkgo.Skip(got.Because)
	default:
		ginkgo.Fail(Explain(got))
	}
}

// scenarios declares one spec for each scenario, for what the scenario itself expects, and one for the run as a whole.
func (s *suite) scenarios() {
	ginkgo.Context("scenarios", ginkgo.Label("scenario"), func() {
		for _, c := range s.o.Cases {
			if !c.SpeaksAbout(s.o.Profile, s.impl.Lane()) {
				continue
			}
			ginkgo.It(c.Name, func() {
				r, err := s.judged()
				gomega.Expect(err).NotTo(gomega.HaveOccurred())
				for _, sc := range r.Scenarios {
					if sc.Name != c.Name {
						continue
					}
					if sc.Verdict == report.Skipped {
						ginkgo.Skip(sc.Said)
					}
					gomega.Expect(sc.Verdict).To(gomega.Equal(report.Pass), sc.Said)
					return
				}
				ginkgo.Fail("the scenario was not played")
			})
		}
	})
	ginkgo.It("is judged by runs that show what they are about", func() {
		r, err := s.judged()
		gomega.Expect(err).NotTo(gomega.HaveOccurred())
		gomega.Expect(r.Problems).To(gomega.BeEmpty())
	})
}

// Explain says what is wrong with a clause: each violation with its scenario, timeline and replay command.
func Explain(c *report.Clause) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s): %s\n", c.ID, c.Level, c.Text)
	if c.Because != "" {
		fmt.Fprintln(&b, c.Because)
	}
	for _, f := range c.Failures {
		fmt.Fprintf(&b, "in %s: %s\n%s\n", f.Scenario, f.Said, strings.Join(f.Timeline, "\n"))
		if f.Replay != "" {
			fmt.Fprintf(&b, "replay: %s\n", f.Replay)
		}
	}
	return b.String()
}
