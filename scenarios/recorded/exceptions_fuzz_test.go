package recorded

import "testing"

// FuzzParseExceptions: any bytes give exceptions, each about a recording that there is and with a reason, or errors.
func FuzzParseExceptions(f *testing.F) {
	for _, s := range []string{"exceptions: []\n", "exceptions:\n- {release: dotnet-6, plan: p, reason: It races.}\n", "[]", "", "exceptions: {a: b}", "exceptions:\n- {release: dotnet-6, plan: p, reason: It races.}\n- {release: dotnet-6, plan: p, reason: It does.}\n"} {
		f.Add([]byte(s))
	}
	recs := []*Recording{{Name: "p", Release: "dotnet-6"}, {Name: "q", Release: "dotnet-6"}}
	f.Fuzz(func(t *testing.T, data []byte) {
		out, err := ParseExceptions("f", data, recs)
		if err != nil {
			if len(out) > 0 {
				t.Errorf("%d exceptions and %v", len(out), err)
			}
			return
		}
		seen := map[string]bool{}
		for _, e := range out {
			key := e.Release + " " + e.Plan
			if seen[key] || e.Release != "dotnet-6" || e.Plan != "p" && e.Plan != "q" || len(e.Reason) < 2 {
				t.Errorf("accepted %+v", e)
			}
			seen[key] = true
		}
	})
}
