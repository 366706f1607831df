package trace

import "testing"

// FuzzParseEnd: any text gives an end or an error with its column, and an end is written as it is read.
func FuzzParseEnd(f *testing.F) {
	for _, s := range []string{"exited 0", "exited 255", "signaled SIGTERM", "deadlock", "hang", "killed", "killed the limit of turns", "", "exited", "exited x", "exited -1", "nothing", "signaled"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, err := ParseEnd(s)
		if err != nil {
			if err.Error() == "" {
				t.Error("an error that says nothing")
			}
			return
		}
		text := FormatEnd(&e)
		back, err := ParseEnd(text)
		if err != nil || FormatEnd(&back) != text || back.Kind != e.Kind || back.Code != e.Code || back.Signal != e.Signal {
			t.Errorf("%q is read as %+v, written as %q and read back as %+v, %v", s, e, text, back, err)
		}
	})
}

// FuzzParseWait: likewise for who waits for whom.
func FuzzParseWait(f *testing.F) {
	for _, s := range []string{"run waits for the stop, held by exit: the handlers return, at host · run → b · stop, since 0.300", "a waits for b", `"a b" waits for "c, held", since 1.000`, "", "waits for", "a waits for b, since x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		w, err := ParseWait(s)
		if err != nil {
			return
		}
		text := FormatWait(&w)
		if back, err := ParseWait(text); err != nil || back != w {
			t.Errorf("%q is read as %+v, written as %q and read back as %+v, %v", s, w, text, back, err)
		}
	})
}
