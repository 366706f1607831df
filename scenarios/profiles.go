package scenarios

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hostsim/hostsim/scenarios/doc"
)

// Profiles are the profiles that a scenario may speak about, in the order of the contract. They are those of package
// spec, which this package does not import; a test holds the two together.
var Profiles = []string{"core", "strict", "dotnet-2.2", "dotnet-3.1", "dotnet-6", "dotnet-7", "dotnet-8", "dotnet-9", "dotnet-10"}

// Family is the word that names all releases of the .NET Generic Host.
const family = "dotnet"

// Range is a word that names one or several profiles: a profile ("strict"), a family ("dotnet"), from one release on
// ("dotnet-6.."), up to one ("..dotnet-3.1"), or from one to another, both included ("dotnet-8..dotnet-9").
type Range struct{ first, last int } // indexes of Profiles

// ParseRange reads a word that names profiles. The error says what is allowed.
func ParseRange(word string) (Range, error) {
	find := func(name string) int {
		for i, p := range Profiles {
			if p == name {
				return i
			}
		}
		return -1
	}
	oldest := find(family + "-2.2")
	from, to, isRange := strings.Cut(word, "..")
	if !isRange {
		if word == family {
			return Range{oldest, len(Profiles) - 1}, nil
		}
		if i := find(word); i >= 0 {
			return Range{i, i}, nil
		}
		return Range{}, unknownProfile(word)
	}
	r := Range{oldest, len(Profiles) - 1}
	for _, end := range []struct {
		name string
		at   *int
	}{{from, &r.first}, {to, &r.last}} {
		if end.name == "" {
			continue
		}
		if *end.at = find(end.name); *end.at < oldest {
			return Range{}, unknownProfile(end.name)
		}
	}
	if from == "" && to == "" || r.first > r.last {
		return Range{}, fmt.Errorf(`%s names no profile: expected an older release before "..", a newer one after it, or both`, strconv.Quote(word))
	}
	return r, nil
}

func unknownProfile(word string) error {
	words := append([]string{family}, Profiles...)
	err := fmt.Sprintf("there is no profile %s: expected %s, or a range of releases such as dotnet-6.. or ..dotnet-3.1", strconv.Quote(doc.Shorten(word)), doc.OneOf(words))
	if near := doc.Nearest(word, words); near != "" {
		err += "; did you mean " + strconv.Quote(near) + "?"
	}
	return fmt.Errorf("%s", err)
}

// Has tells whether the range names a profile.
func (r Range) Has(profile string) bool {
	for _, p := range Profiles[r.first : r.last+1] {
		if p == profile {
			return true
		}
	}
	return false
}

// Expand lists the profiles that words name, in the order of the contract, each once; no words name all. Words that name
// nothing are passed over: they were refused when the scenario was read.
func Expand(words []string) []string {
	if len(words) == 0 {
		return append([]string(nil), Profiles...)
	}
	var out []string
	for _, p := range Profiles {
		if includes(words, p) {
			out = append(out, p)
		}
	}
	return out
}

func includes(words []string, profile string) bool {
	for _, w := range words {
		if r, err := ParseRange(w); err == nil && r.Has(profile) {
			return true
		}
	}
	return false
}
