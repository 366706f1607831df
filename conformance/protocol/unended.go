package protocol

import (
	"fmt"
	"strings"

	"github.com/hostsim/hostsim/scenarios/trace"
)

// Unended lists who has begun something and not ended it, in the order of the begins: whom a hang is about.
func Unended(events []trace.Event) []trace.Wait {
	type key struct{ who, what string }
	open := map[key][]int{}
	for i, e := range events {
		k := key{e.Who, e.What}
		switch e.Phase {
		case trace.Begin:
			open[k] = append(open[k], i)
		case trace.End:
			if n := len(open[k]); n > 0 {
				open[k] = open[k][:n-1]
			}
		}
	}
	still := map[int]bool{}
	for _, indexes := range open {
		for _, i := range indexes {
			still[i] = true
		}
	}
	var out []trace.Wait
	for i, e := range events {
		if still[i] {
			out = append(out, trace.Wait{Who: e.Who, Where: e.Who + " · " + e.What, Resource: "the end of " + e.What, Since: e.At})
		}
	}
	return out
}

// Hung puts a hang into one sentence: why it is one, and who has begun and not ended, the innermost first.
func Hung(why string, stuck []trace.Wait) string {
	if len(stuck) == 0 {
		return why + "; nothing has begun and not ended"
	}
	const most = 5
	var parts []string
	for i := len(stuck) - 1; i >= 0 && len(parts) < most; i-- {
		parts = append(parts, strings.Replace(stuck[i].Where, " · ", ".", 1))
	}
	more := ""
	if n := len(stuck) - most; n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
	return why + "; begun and not ended: " + strings.Join(parts, ", ") + more
}
