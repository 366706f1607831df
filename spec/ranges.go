package spec

import (
	"fmt"
	"strings"
)

// ranges knows the profiles in order and expands words that name several of them.
type ranges struct {
	names    []string            // all profiles in order
	families map[string][]string // family → its members from old to new
}

// words lists everything that may stand where a profile is named, ranges apart.
func (r *ranges) words() []string {
	out := append([]string(nil), r.names...)
	for _, n := range r.names {
		if f := r.family(n); f != "" && !contains(out, f) {
			out = append(out, f)
		}
	}
	return out
}

func (r *ranges) family(name string) string {
	for f, members := range r.families {
		if contains(members, name) {
			return f
		}
	}
	return ""
}

// expand gives the profiles that a word names, in order: a profile ("strict"), a whole family ("dotnet"), from one member
// on ("dotnet-6.."), up to one ("..dotnet-3.1"), or from one to another, both included ("dotnet-8..dotnet-9").
func (r *ranges) expand(word string) ([]string, error) {
	from, to, isRange := strings.Cut(word, "..")
	if !isRange {
		if members := r.families[word]; members != nil {
			return members, nil
		}
		if contains(r.names, word) {
			return []string{word}, nil
		}
		return nil, fmt.Errorf("there is no profile %q%s", word, nearest(word, r.words()))
	}
	if from == "" && to == "" {
		return nil, fmt.Errorf("the range %q names no profile; write \"dotnet-6..\", \"..dotnet-3.1\" or \"dotnet-8..dotnet-9\"", word)
	}
	for _, end := range []string{from, to} {
		if end == "" {
			continue
		}
		if !contains(r.names, end) {
			return nil, fmt.Errorf("there is no profile %q%s", end, nearest(end, r.names))
		}
		if r.family(end) == "" {
			return nil, fmt.Errorf("%q is no release: a range needs two releases of one family", end)
		}
	}
	one := from
	if one == "" {
		one = to
	}
	members := r.families[r.family(one)]
	lo, hi := 0, len(members)-1
	if from != "" {
		lo = index(members, from)
	}
	if to != "" {
		hi = index(members, to)
	}
	if lo < 0 || hi < 0 || lo > hi {
		return nil, fmt.Errorf("the range %q is empty: the releases go from old to new", word)
	}
	return members[lo : hi+1], nil
}

func index(list []string, s string) int {
	for i, x := range list {
		if x == s {
			return i
		}
	}
	return -1
}
