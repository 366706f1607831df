package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hostsim/hostsim/scenarios/trace"
)

// writeDiff shows two timelines side by side, the same events on one line, and marks the first difference.
func writeDiff(w io.Writer, f *replayFlags, a, b *trace.Trace) error {
	left, right := trace.Lines(a, false), trace.Lines(b, false)
	rows := align(left, right)
	wide := utf8.RuneCountInString(f.as)
	for _, l := range left {
		wide = max(wide, utf8.RuneCountInString(l))
	}
	wide = min(wide, 78)
	var out strings.Builder
	fmt.Fprintf(&out, "  %s   %s\n", pad(f.as, wide), f.diff)
	first := true
	for _, r := range rows {
		mark, sep := " ", "|"
		if !r.same {
			sep = "≠"
			if first {
				mark, first = ">", false
			}
		}
		fmt.Fprintf(&out, "%s %s %s %s\n", mark, pad(r.left, wide), sep, r.right)
	}
	if first {
		out.WriteString("the two timelines are the same\n")
	} else {
		out.WriteString("> marks the first difference\n")
	}
	_, err := io.WriteString(w, out.String())
	return err
}

type row struct {
	left, right string
	same        bool
}

// mostPairs is how many pairs of lines are compared to align two timelines; beyond that, what lies between their common
// begin and their common end is shown one after the other.
const mostPairs = 4_000_000

// align pairs the lines of two timelines along their longest common subsequence. Lines count as the same if they differ
// in nothing but space.
func align(a, b []string) []row {
	ka, kb := keys(a), keys(b)
	var rows, tail []row
	for len(a) > 0 && len(b) > 0 && ka[0] == kb[0] {
		rows = append(rows, row{a[0], b[0], true})
		a, b, ka, kb = a[1:], b[1:], ka[1:], kb[1:]
	}
	for len(a) > 0 && len(b) > 0 && ka[len(a)-1] == kb[len(b)-1] {
		i, j := len(a)-1, len(b)-1
		tail = append(tail, row{a[i], b[j], true})
		a, b, ka, kb = a[:i], b[:j], ka[:i], kb[:j]
	}
	slices.Reverse(tail)
	return append(append(rows, middle(a, b, ka, kb)...), tail...)
}

// keys gives lines without differences in space.
func keys(lines []string) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = strings.Join(strings.Fields(l), " ")
	}
	return out
}

func middle(a, b, ka, kb []string) []row {
	n, m := len(a), len(b)
	if n*m > mostPairs {
		n, m = 0, 0
	}
	best := make([][]int, n+1)
	for i := range best {
		best[i] = make([]int, m+1)
	}
	for i := n - 1; i >= 0; i-- {
		for j := m - 1; j >= 0; j-- {
			if ka[i] == kb[j] {
				best[i][j] = best[i+1][j+1] + 1
			} else {
				best[i][j] = max(best[i+1][j], best[i][j+1])
			}
		}
	}
	var rows []row
	i, j := 0, 0
	for i < n || j < m {
		switch {
		case i < n && j < m && ka[i] == kb[j]:
			rows = append(rows, row{a[i], b[j], true})
			i, j = i+1, j+1
		case j >= m || i < n && best[i+1][j] >= best[i][j+1]:
			rows = append(rows, row{left: a[i]})
			i++
		default:
			rows = append(rows, row{right: b[j]})
			j++
		}
	}
	for ; i < len(a); i++ {
		rows = append(rows, row{left: a[i]})
	}
	for ; j < len(b); j++ {
		rows = append(rows, row{right: b[j]})
	}
	return rows
}

func pad(s string, n int) string {
	if k := utf8.RuneCountInString(s); k < n {
		return s + strings.Repeat(" ", n-k)
	} else if k > n {
		return string([]rune(s)[:n-1]) + "…"
	}
	return s
}
