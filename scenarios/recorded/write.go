package recorded

import (
	"errors"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/hostsim/hostsim/scenarios/doc"
	"github.com/hostsim/hostsim/scenarios/plan"
	"github.com/hostsim/hostsim/scenarios/trace"
)

const header = `# What real hosts did in one plan, as recorded. Every order of events that was seen is a variant; "seen" says how often
# and by which release. A line begins with the milliseconds since host.build, one number for each release under "seen".
`

// Format writes all recordings of one plan in the readable form, releases from old to new; orders that several releases
// share are written once. [Parse] reads back equal recordings. It fails if the recordings are of different plans or have
// times that are no whole milliseconds.
func Format(recs []*Recording) ([]byte, error) {
	if len(recs) == 0 {
		return nil, errors.New("recorded: no recording to write")
	}
	recs = append([]*Recording(nil), recs...)
	sort.Slice(recs, func(i, j int) bool { return releaseLess(recs[i].Release, recs[j].Release) })
	first := recs[0]
	n, runs, variants := doc.NewMap(), doc.NewMap(), doc.NewList()
	definition := plan.Node(first.Plan)
	for i, rec := range recs {
		other := plan.Node(rec.Plan)
		if rec.Name != first.Name || !doc.Equal(&definition, &other) {
			return nil, fmt.Errorf("recorded: %s of %s and %s of %s are recordings of different plans", rec.Name, rec.Release, first.Name, first.Release)
		}
		if i > 0 && rec.Release == recs[i-1].Release {
			return nil, fmt.Errorf("recorded: two recordings of %s by %s", rec.Name, rec.Release)
		}
		runs.Set(rec.Release, doc.NewInt(rec.Runs))
	}
	for _, row := range merge(recs) {
		item, err := row.node()
		if err != nil {
			return nil, fmt.Errorf("recorded: %s: %w", first.Name, err)
		}
		variants.Items = append(variants.Items, item)
	}
	n.Set("name", doc.NewText(first.Name)).Set("plan", definition).Set("runs", runs).Set("variants", variants)
	return doc.AppendYAML([]byte(header), &n), nil
}

// row is one order of events with the releases that it was seen in.
type row struct {
	key      string
	releases []string
	of       []*Variant
}

// merge lists every order once if it can: a release's variants must keep their own order among the rows.
func merge(recs []*Recording) []*row {
	var rows []*row
	for _, rec := range recs {
		at := -1 // the row of the release's variant before
		for i := range rec.Variants {
			v := &rec.Variants[i]
			key := v.key()
			found := false
			for j := at + 1; j < len(rows) && !found; j++ {
				if found = rows[j].key == key; found {
					at = j
				}
			}
			if !found {
				at++
				rows = append(rows, nil)
				copy(rows[at+1:], rows[at:])
				rows[at] = &row{key: key}
			}
			rows[at].releases = append(rows[at].releases, rec.Release)
			rows[at].of = append(rows[at].of, v)
		}
	}
	return rows
}

// key is all of a variant but its times and how often it was seen.
func (v *Variant) key() string {
	b := strconv.AppendBool([]byte(trace.FormatEnd(&v.Trace.End)), v.Truncated)
	for i := range v.Trace.Events {
		b = trace.AppendText(append(b, '\n'), &v.Trace.Events[i])
	}
	return string(b)
}

func (r *row) node() (doc.Node, error) {
	n, seen := doc.NewMap(), doc.NewMap()
	widths := make([]int, len(r.of))
	for i, v := range r.of {
		seen.Set(r.releases[i], doc.NewInt(v.Seen))
		for j := range v.Trace.Events {
			at := v.Trace.Events[j].At
			if at%time.Millisecond != 0 {
				return n, fmt.Errorf("the time %v of event %d is no whole number of milliseconds", at, j+1)
			}
			widths[i] = max(widths[i], len(strconv.FormatInt(at.Milliseconds(), 10)))
		}
	}
	first := r.of[0]
	n.Set("seen", seen).Set("end", doc.NewText(trace.FormatEnd(&first.Trace.End)))
	if first.Truncated {
		n.Set("truncated", doc.NewBool(true))
	}
	var b []byte
	for j := range first.Trace.Events {
		for i, v := range r.of {
			ms := strconv.FormatInt(v.Trace.Events[j].At.Milliseconds(), 10)
			b = append(b, strings.Repeat(" ", widths[i]-len(ms))...)
			b = append(append(b, ms...), ' ')
		}
		b = trace.AppendText(append(b, ' '), &first.Trace.Events[j])
		b = append(b, '\n')
	}
	n.Set("events", doc.NewText(string(b)))
	return n, nil
}
