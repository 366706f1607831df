package main

import (
	"fmt"
	"io"
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

// align pairs the lines of two timelines along their longest common subsequence. Lines count as the same if they differ
// in nothing but space.
func align(a, b []string) []row {
	n, m := len(a), len(b)
	key := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	ka, kb := make([]string, n), make([]string, m)
	for i := range a {
		ka[i] = key(a[i])
	}
	for i := range b {
		kb[i] = key(b[i])
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
