package scenarios

import (
	"strings"
	"testing"
)

// FuzzParseRange: any word names profiles that there are, in the order of the contract, or is refused with those that are.
func FuzzParseRange(f *testing.F) {
	for _, s := range []string{"strict", "core", "dotnet", "dotnet-6..", "..dotnet-3.1", "dotnet-8..dotnet-9", "..", "dotnet-9..dotnet-8", "strict..", "", "dotnet-99", "dotnet-6...dotnet-8"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, word string) {
		r, err := ParseRange(word)
		if err != nil {
			if !strings.Contains(err.Error(), "expected ") {
				t.Errorf("%q is refused with %q, which does not say what is expected", word, err)
			}
			return
		}
		if r.first < 0 || r.last < r.first || r.last >= len(Profiles) {
			t.Errorf("%q names %+v", word, r)
		}
	})
}
