package importer

import (
	"fmt"
	"slices"

	"github.com/hostsim/hostsim/scenarios/doc"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/recorded"
	"github.com/hostsim/hostsim/scenarios/trace"
)

// Same tells by an error if a readable file does not hold just these recordings of one plan.
func Same(recs []*recorded.Recording, text []byte) error {
	back, err := recorded.Parse(recs[0].Name+".yaml", text)
	if err != nil {
		return err
	}
	if len(back) != len(recs) {
		return fmt.Errorf("%s: %d releases are read back, expected %d", recs[0].Name, len(back), len(recs))
	}
	for _, rec := range recs {
		at := slices.IndexFunc(back, func(r *recorded.Recording) bool { return r.Release == rec.Release })
		if at < 0 {
			return fmt.Errorf("%s: %s is not read back", rec.Name, rec.Release)
		}
		if what := differ(rec, back[at]); what != "" {
			return fmt.Errorf("%s of %s: %s is read back differently", rec.Name, rec.Release, what)
		}
	}
	return nil
}

// differ says in what two recordings differ, "" if in nothing.
func differ(a, b *recorded.Recording) string {
	pa, pb := plan.Node(a.Plan), plan.Node(b.Plan)
	switch {
	case a.Name != b.Name:
		return "the name"
	case a.Runs != b.Runs:
		return "the number of runs"
	case !doc.Equal(&pa, &pb):
		return "the plan"
	case len(a.Variants) != len(b.Variants):
		return "the number of variants"
	}
	for i := range a.Variants {
		va, vb := &a.Variants[i], &b.Variants[i]
		switch {
		case va.Seen != vb.Seen || va.Truncated != vb.Truncated:
			return fmt.Sprintf("how often variant %d was seen", i+1)
		case trace.FormatEnd(&va.Trace.End) != trace.FormatEnd(&vb.Trace.End):
			return fmt.Sprintf("the end of variant %d", i+1)
		case !slices.Equal(va.Trace.Events, vb.Trace.Events):
			return fmt.Sprintf("variant %d", i+1)
		}
	}
	return ""
}
