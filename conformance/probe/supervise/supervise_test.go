//go:build linux

package supervise

import (
	"bytes"
	"strings"
	"syscall"
	"testing"
)

func TestParseSignal(t *testing.T) {
	tests := []struct {
		word string
		want syscall.Signal
		ok   bool
	}{
		{"SIGTERM", syscall.SIGTERM, true}, {"term", syscall.SIGTERM, true}, {" Quit ", syscall.SIGQUIT, true},
		{"15", syscall.SIGTERM, true}, {"SIGUSR1", syscall.SIGUSR1, true},
		{"", 0, false}, {"SIGNOPE", 0, false}, {"-1", 0, false}, {"99", 0, false},
	}
	for _, tt := range tests {
		got, err := ParseSignal(tt.word)
		if got != tt.want || (err == nil) != tt.ok {
			t.Errorf("ParseSignal(%q) = %v, %v; want %v", tt.word, got, err, tt.want)
		}
		if err != nil && !strings.Contains(err.Error(), "SIGTERM") {
			t.Errorf("ParseSignal(%q): the error %q shows no valid word", tt.word, err)
		}
	}
}

func TestSignalName(t *testing.T) {
	for s, want := range map[syscall.Signal]string{syscall.SIGTERM: "SIGTERM", syscall.SIGUSR2: "SIGUSR2", syscall.Signal(64): "signal 64"} {
		if got := SignalName(s); got != want {
			t.Errorf("SignalName(%d) = %s, want %s", s, got, want)
		}
	}
}

func TestEnvironWithoutTheReapersVariable(t *testing.T) {
	c := Command{Env: []string{"A=1", reaperVariable + "=1", reaperVariable + "X=1", "B="}}
	if got := strings.Join(c.environ(), " "); got != "A=1 "+reaperVariable+"X=1 B=" {
		t.Errorf("environ gives %q", got)
	}
	if got := (&Command{Env: []string{}}).environ(); len(got) != 0 {
		t.Errorf("an empty environment became %q", got)
	}
	if got := (&Command{}).environ(); len(got) == 0 {
		t.Error("without an environment the caller's is not taken")
	}
}

func FuzzParseSignal(f *testing.F) {
	for _, w := range []string{"SIGTERM", "int", "9", "", "\x00", "SIGSIG"} {
		f.Add(w)
	}
	f.Fuzz(func(t *testing.T, w string) {
		s, err := ParseSignal(w)
		if (err == nil) != (s != 0) {
			t.Fatalf("ParseSignal(%q) = %v, %v", w, s, err)
		}
		if err == nil {
			if again, err := ParseSignal(SignalName(s)); err != nil || again != s {
				t.Fatalf("%q gives %v, whose name gives %v, %v", w, s, again, err)
			}
		}
	})
}

func FuzzCapture(f *testing.F) {
	f.Add([]byte("hello"), 3, 4)
	f.Add([]byte(strings.Repeat("ab\n", 100)), 7, 20)
	f.Add([]byte{}, 1, 2)
	f.Fuzz(func(t *testing.T, all []byte, step, limit int) {
		if step < 1 || limit < 2 || limit > 1<<16 {
			return
		}
		c := newCapture(limit)
		for rest := all; len(rest) > 0; {
			k := min(step, len(rest))
			if n, err := c.Write(rest[:k]); n != k || err != nil {
				t.Fatalf("Write = %d, %v", n, err)
			}
			rest = rest[k:]
		}
		got := c.String()
		if len(all) <= limit {
			if got != string(all) {
				t.Fatalf("kept %q of %q", got, all)
			}
			return
		}
		half := limit / 2
		if !strings.HasPrefix(got, string(all[:half])) || !strings.HasSuffix(got, string(all[len(all)-(limit-half):])) {
			t.Fatalf("limit %d: %q does not keep both ends of %q", limit, got, all)
		}
	})
}

func FuzzPump(f *testing.F) {
	f.Add([]byte("a\nb\r\n\nlast"))
	f.Add([]byte(strings.Repeat("x", 3*lineLimit) + "\ny"))
	f.Fuzz(func(t *testing.T, in []byte) {
		var got []string
		pump(bytes.NewReader(in), Stdout, newCapture(100), func(_ Stream, l string) { got = append(got, l) })
		want := strings.Split(string(in), "\n")
		if want[len(want)-1] == "" {
			want = want[:len(want)-1]
		}
		if len(got) != len(want) {
			t.Fatalf("%d lines, want %d", len(got), len(want))
		}
		for i := range got {
			if len(got[i]) > lineLimit || !strings.HasPrefix(want[i], got[i]) {
				t.Fatalf("line %d: %.40q, want the start of %.40q", i, got[i], want[i])
			}
		}
	})
}
