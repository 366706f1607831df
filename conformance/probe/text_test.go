package probe

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestFormatDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		850 * time.Nanosecond: "1µs", 850 * time.Microsecond: "850µs", 1234 * time.Microsecond: "1.2ms", 12345 * time.Microsecond: "12ms",
		1254 * time.Millisecond: "1.25s", 31*time.Second + 44*time.Millisecond: "31s", 95 * time.Second: "1m35s",
	} {
		if got := formatDuration(d); got != want {
			t.Errorf("formatDuration(%d) = %s, want %s", d, got, want)
		}
	}
}

func TestPrintableKeepsTheTerminalSafe(t *testing.T) {
	for in, want := range map[string]string{
		"plain": "plain", "a\tb": "a b", "\x1b[31mred\x1b[0m": "[31mred[0m", "bell\a\x7f": "bell", "c1\u009b": "c1", "häß": "häß",
	} {
		if got := printable(in); got != want {
			t.Errorf("printable(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzPrintable(f *testing.F) {
	f.Add("\x1b]0;title\x07")
	f.Add(strings.Repeat("ü", 300))
	f.Add("\xff\xfe")
	f.Fuzz(func(t *testing.T, s string) {
		got := printable(s)
		if strings.ContainsAny(got, "\x00\x07\x1b\x7f\n\r") || utf8.RuneCountInString(got) > 203 {
			t.Fatalf("printable(%q) = %q", s, got)
		}
	})
}

func FuzzWrap(f *testing.F) {
	f.Add("a few words that go on", 10)
	f.Add("averyveryverylongword and more", 5)
	f.Fuzz(func(t *testing.T, s string, width int) {
		if width < 1 || !utf8.ValidString(s) {
			return
		}
		lines := wrap(s, width)
		if got, want := strings.Join(strings.Fields(strings.Join(lines, " ")), " "), strings.Join(strings.Fields(s), " "); got != want {
			t.Fatalf("wrap loses words: %q, want %q", got, want)
		}
		for _, l := range lines {
			if utf8.RuneCountInString(l) > width && strings.ContainsRune(l, ' ') && len(strings.Fields(l)) > 1 {
				t.Fatalf("%q is wider than %d and has more than one word", l, width)
			}
		}
	})
}

func FuzzCleanXML(f *testing.F) {
	f.Add("a\x00b\xffc\ufffe")
	f.Fuzz(func(t *testing.T, s string) {
		got := cleanXML(s)
		if !utf8.ValidString(got) || strings.ContainsAny(got, "\x00\x01\x1f\r") {
			t.Fatalf("cleanXML(%q) = %q", s, got)
		}
	})
}

func TestTail(t *testing.T) {
	long := strings.Repeat("0123456789\n", 100)
	got := tail(long, 50)
	if len(got) > 60 || !strings.HasPrefix(got, "...\n0123456789\n") || !strings.HasSuffix(got, "0123456789\n") {
		t.Errorf("tail gives %q", got)
	}
	if got := tail("short", 50); got != "short" {
		t.Errorf("tail gives %q of a short text", got)
	}
	if got := tail(strings.Repeat("ü", 100), 51); !utf8.ValidString(got) {
		t.Errorf("tail cuts a character in two: %q", got)
	}
}

func TestTally(t *testing.T) {
	if got := (Tally{"exit code 0": 18, "death by SIGTERM": 2}).String(); got != "2 × death by SIGTERM, 18 × exit code 0" {
		t.Errorf("Tally prints %q", got)
	}
}
