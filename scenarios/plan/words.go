package plan

import "strings"

// Signals are the signals that a plan may send, raise or handle.
var Signals = []string{"SIGINT", "SIGTERM", "SIGQUIT", "SIGHUP"}

// SendOnly are the signals that a stimulus may send besides [Signals]; no handler ever sees them.
var SendOnly = []string{"SIGKILL"}

var (
	allSignals = append(append([]string(nil), Signals...), SendOnly...)
	kinds      = []string{Hosted, Lifecycle, Background}
	exceptions = []string{"stopHost", "ignore"}
	fileStates = []string{"stale", "live", "foreign", "readonly"}
)

// Hooks lists the hooks that a kind of service has, in the order of a whole life; nil for an unknown kind.
func Hooks(kind string) []string {
	switch kind {
	case Hosted:
		return []string{HookNew, HookStart, HookStop, HookDispose}
	case Lifecycle:
		return []string{HookNew, HookStarting, HookStart, HookStarted, HookStopping, HookStop, HookStopped, HookDispose}
	case Background:
		return []string{HookNew, HookStart, HookExecute, HookStop, HookDispose}
	}
	return nil
}

// Scripted lists the hooks that a plan may script for a kind of service. Of a background service that is execute alone:
// its start and stop are the host's own.
func Scripted(kind string) []string {
	if kind == Background {
		return []string{HookExecute}
	}
	return Hooks(kind)
}

// place tells where the steps of a hook stand.
func place(hook string) Place {
	if hook == HookNew || hook == HookDispose {
		return InSync
	}
	return InAsync
}

// Address names a listener by its role, never by a number or a path of the machine: tcp:web, unix:app.sock.
type Address struct{ Network, Name string }

// String writes the address as [ParseAddress] reads it.
func (a Address) String() string { return a.Network + ":" + a.Name }

// ParseAddress reads tcp:NAME or unix:NAME. A name starts with a letter or digit and has letters, digits, dots, hyphens
// and underscores, at most [MaxName] of them.
func ParseAddress(s string) (Address, bool) {
	network, name, _ := strings.Cut(s, ":")
	if network != "tcp" && network != "unix" || !isName(name, "._-") {
		return Address{}, false
	}
	return Address{network, name}, true
}

// ValidName tells whether s may be the name of a service: letters, digits, hyphens and underscores, a letter first, at most
// [MaxName], and none of the words that name other actors.
func ValidName(s string) bool {
	return isName(s, "_-") && (s[0] < '0' || s[0] > '9') && !reserved[s]
}

// reserved are the actors of a trace that are not services.
var reserved = map[string]bool{
	"host": true, "lifetime": true, "hostLifetime": true, "process": true, "main": true, "processExit": true,
	"signal": true, "signalHandler": true, "log": true, "net": true, "world": true, "systemd": true,
}

func isName(s, extra string) bool {
	if s == "" || len(s) > MaxName {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case i > 0 && strings.IndexByte(extra, c) >= 0:
		default:
			return false
		}
	}
	return true
}
