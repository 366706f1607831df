package adapter

import (
	"path"
	"regexp"
	"runtime"
	"strings"
)

// stalled says which goroutines hold up a bubble in which virtual time does not move: those that neither wait durably, as a
// bubble can see, nor have ended. A mutex that is held over a virtual wait is the usual reason.
func stalled() string {
	for size := 1 << 20; ; size *= 4 {
		buf := make([]byte, size)
		if n := runtime.Stack(buf, true); n < size || size >= 64<<20 {
			return "virtual time stands still: " + holders(string(buf[:n]))
		}
	}
}

var (
	header  = regexp.MustCompile(`^goroutine \d+ \[([^\]]*)\]:$`)
	address = regexp.MustCompile(`\(0x[0-9a-f, .x{}?]*\)$|\(\.\.\.\)$|\(\{?0x.*\)$|\(\)$`)
)

// holders reads a dump of all goroutines.
func holders(dump string) string {
	var out []string
	for _, g := range strings.Split(dump, "\n\n") {
		lines := strings.Split(strings.TrimSpace(g), "\n")
		m := header.FindStringSubmatch(lines[0])
		if m == nil || !strings.Contains(m[1], "synctest bubble") || strings.Contains(m[1], "(durable)") {
			continue
		}
		state := strings.TrimSpace(strings.Split(m[1], ",")[0])
		at, by := "", ""
		for n := 1; n+1 < len(lines); n += 2 {
			fn := strings.TrimSpace(lines[n])
			if rest, ok := strings.CutPrefix(fn, "created by "); ok {
				by, _, _ = strings.Cut(rest, " in goroutine")
				break
			}
			if at == "" && !strings.HasPrefix(fn, "internal/") && !strings.HasPrefix(fn, "sync.") && !strings.HasPrefix(fn, "runtime.") && !strings.HasPrefix(fn, "syscall.") {
				at = address.ReplaceAllString(fn, "") + " (" + place(lines[n+1]) + ")"
			}
		}
		out = append(out, "the goroutine that "+or(by, "nobody")+" started is in "+state+" at "+or(at, "an unknown place"))
		if len(out) == 5 {
			break
		}
	}
	if len(out) == 0 {
		return "no goroutine of the bubble is to blame"
	}
	return strings.Join(out, "; ")
}

// place gives file:line without the directories.
func place(line string) string {
	line, _, _ = strings.Cut(strings.TrimSpace(line), " ")
	return path.Base(line)
}

func or(s, def string) string {
	if s == "" {
		return def
	}
	return s
}
