package plan

import (
	"testing"
	"time"
)

func TestParseDuration(t *testing.T) {
	for s, want := range map[string]time.Duration{
		"300ms": 300 * time.Millisecond, "1.5s": 1500 * time.Millisecond, "0s": 0, "inf": Infinite, "2m": 2 * time.Minute, "24h": 24 * time.Hour,
		"1ns": 1, "7us": 7 * time.Microsecond, "7µs": 7 * time.Microsecond, "0.000000001s": 1, "1.250ms": 1250 * time.Microsecond, "007s": 7 * time.Second, "1.0ns": 1,
	} {
		if got, err := ParseDuration(s); err != nil || got != want {
			t.Errorf("%s: got %v, %v, want %v", s, got, err, want)
		}
	}
	for _, s := range []string{"", "s", "3", "-3s", "+3s", "3 s", "3S", "1.s", ".5s", "1..5s", "1.5.5s", "1e3s", "0x3s", "3sms", "Inf", "infs", "24.1h", "25h", "99999999999999999999s", "0.5ns", "0.0000000001s", "1,5s", "٣s"} {
		if d, err := ParseDuration(s); err == nil {
			t.Errorf("%q is read as %v", s, d)
		}
	}
}

// FuzzDuration: a text is refused, or gives a duration within the limits that is written and read back as the same.
func FuzzDuration(f *testing.F) {
	for _, s := range []string{"300ms", "1.5s", "inf", "24h", "0.000000001s", "-1s", "1.5.5s", "9999999999999999999h"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDuration(s)
		if err != nil {
			return
		}
		if d != Infinite && (d < 0 || d > MaxDuration) {
			t.Fatalf("%q is read as %v", s, d)
		}
		if back, err := ParseDuration(FormatDuration(d)); err != nil || back != d {
			t.Fatalf("%q: %v is written as %s and read back as %v, %v", s, d, FormatDuration(d), back, err)
		}
	})
}

func TestWords(t *testing.T) {
	for s, want := range map[string]bool{"tcp:web": true, "unix:app.sock": true, "unix:a-b_c.1": true, "tcp:": false, "web": false, "unix:/x": false, "unix:.x": false, "TCP:web": false, "tcp:web:1": false} {
		a, ok := ParseAddress(s)
		if ok != want || ok && a.String() != s {
			t.Errorf("%s: %v, %v", s, a, ok)
		}
	}
	for s, want := range map[string]bool{"a": true, "web-1": true, "B_2": true, "1a": false, "": false, "a.b": false, "a/b": false, "main": false, "net": false, "é": false} {
		if ValidName(s) != want {
			t.Errorf("the name %q: %v", s, !want)
		}
	}
	if Hooks("other") != nil || len(Scripted(Background)) != 1 || len(Scripted(Lifecycle)) != 8 {
		t.Error("hooks")
	}
}
