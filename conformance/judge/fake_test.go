package judge_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hostsim/hostsim/conformance/judge"
	"github.com/hostsim/hostsim/conformance/report"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
	"github.com/hostsim/hostsim/spec"
)

// fake is an implementation whose traces are written down: for each case the plays, one after the other, as words "who.what",
// the last one the end.
type fake struct {
	lane     string
	features []string
	plays    map[*plan.Plan][]string
	errs     map[*plan.Plan]error
	played   atomic.Int32
}

func (f *fake) Identity() report.Identity {
	return report.Identity{Name: "fake", Features: f.features}
}
func (f *fake) Lane() string { return f.lane }

func (f *fake) Play(_ context.Context, p *plan.Plan, profile string) (*trace.Trace, error) {
	f.played.Add(1)
	if err := f.errs[p]; err != nil {
		return nil, err
	}
	list := f.plays[p]
	words := strings.Fields(list[0])
	if len(list) > 1 {
		f.plays[p] = list[1:]
	}
	t := &trace.Trace{End: trace.Ending{Kind: trace.Exited}}
	for i, w := range words {
		who, what, ok := strings.Cut(w, ".")
		switch {
		case ok:
			t.Events = append(t.Events, trace.Event{At: time.Duration(i) * time.Millisecond, Who: who, What: what})
		case w == "panic":
			panic("kaputt")
		default:
			t.End = trace.Ending{Kind: trace.EndKind(w), Reason: "because"}
		}
	}
	return t, nil
}

type (
	parallel     struct{ *fake }
	uncontrolled struct{ *fake }
	noisy        struct{ *fake }
	bound        struct{ *fake }
	picky        struct{ *fake }
)

func (parallel) Jobs() int            { return 3 }
func (uncontrolled) Controlled() bool { return false }
func (bound) Expected() bool          { return true }

// Play gives times as a real clock has them.
func (n noisy) Play(ctx context.Context, p *plan.Plan, profile string) (*trace.Trace, error) {
	t, err := n.fake.Play(ctx, p, profile)
	for i := range t.Events {
		t.Events[i].At += 100_017 + time.Duration(i)
	}
	return t, err
}

func (picky) Unsupported(p *plan.Plan) string {
	if p.MainCatches {
		return "it has no main that catches"
	}
	return ""
}

// setup makes cases named c1, c2 … of what they play.
func setup(plays ...string) (*fake, []*judge.Case) {
	f := &fake{lane: spec.Virtual, plays: map[*plan.Plan][]string{}, errs: map[*plan.Plan]error{}}
	var cases []*judge.Case
	for i, p := range plays {
		c := &judge.Case{Name: fmt.Sprintf("c%d", i+1), Plan: &plan.Plan{}, Profiles: []string{"p"}}
		f.plays[c.Plan] = strings.Split(p, " | ")
		cases = append(cases, c)
	}
	return f, cases
}

// blind is a fake one feature of which cannot be seen where it is judged.
type blind struct {
	*fake
	feature string
}

func (b blind) Withholds(feature string) string {
	if feature == b.feature {
		return "nobody looks at " + feature + " here"
	}
	return ""
}
