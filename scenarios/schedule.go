package scenarios

import (
	"strings"

	"github.com/hostsim/hostsim/scenarios/doc"
)

// schedule reads the decisions of a schedule, one line each: "at POINT take CHOICE".
func (r *reader) schedule(s *Scenario, n *doc.Node) {
	if n.Kind != doc.List || len(n.Items) == 0 {
		r.bad(n, "wrong value", "schedule", `a list of decisions, "at POINT take CHOICE"`)
		return
	}
	for i := range n.Items {
		v := &n.Items[i]
		rest, ok := strings.CutPrefix(v.Text, "at ")
		cut := strings.LastIndex(rest, " take ")
		if v.Kind != doc.String || !ok || cut <= 0 || cut+len(" take ") >= len(rest) {
			r.bad(v, "wrong value", "schedule", `a decision, "at POINT take CHOICE"`)
			continue
		}
		s.Schedule = append(s.Schedule, Decision{At: rest[:cut], Take: rest[cut+len(" take "):]})
	}
}

// String gives the decision as it is written.
func (d Decision) String() string { return "at " + d.At + " take " + d.Take }
