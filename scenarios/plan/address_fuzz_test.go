package plan

import "testing"

// FuzzParseAddress: what is read as an address is written as it was.
func FuzzParseAddress(f *testing.F) {
	for _, s := range []string{"tcp:web", "unix:app.sock", "tcp:", "udp:x", "unix:../x", "tcp:-a", "tcp:a:b", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if a, ok := ParseAddress(s); ok && (a.String() != s || len(a.Name) == 0 || len(a.Name) > MaxName || a.Name[0] == '.') {
			t.Errorf("%q is read as %+v, which is %q", s, a, a)
		}
	})
}
