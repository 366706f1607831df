package proctree

import (
	"os"
	"os/signal"
	"testing"

	"golang.org/x/sys/unix"
)

// TestSignalStateOf: what the kernel says of ourselves is what we asked it for.
func TestSignalStateOf(t *testing.T) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, unix.SIGUSR2)
	defer signal.Stop(c)
	signal.Ignore(unix.SIGTTIN)
	defer signal.Reset(unix.SIGTTIN)
	for sig, want := range map[unix.Signal]SignalState{unix.SIGUSR2: {Caught: true}, unix.SIGTTIN: {Ignored: true}, unix.SIGKILL: {}} {
		got, err := SignalStateOf(os.Getpid(), int(sig))
		if got.Blocked = false; err != nil || got != want { // the main thread may block what another takes
			t.Errorf("%v: %+v, %v; want %+v", sig, got, err, want)
		}
	}
	if _, err := SignalStateOf(1<<30, 15); err == nil {
		t.Error("a process that is not there has signals")
	}
}

func FuzzParseSignalState(f *testing.F) {
	f.Add([]byte("SigPnd:\t0000000000004000\nShdPnd:\t0\nSigBlk:\t0\nSigIgn:\tzz\nSigCgt:\t0000000000004000\n"), 15)
	f.Add([]byte("SigIgn"), 64)
	f.Fuzz(func(t *testing.T, b []byte, sig int) {
		if st := parseSignalState(b, sig); (sig < 1 || sig > 64) && st != (SignalState{}) {
			t.Fatalf("signal %d: %+v", sig, st)
		}
	})
}

func TestParseSignalState(t *testing.T) {
	for _, c := range []struct {
		name, status string
		sig          int
		want         SignalState
	}{
		{"sent to a thread of it", "SigPnd:\t0000000000004000\nShdPnd:\t0000000000000000\n", 15, SignalState{Pending: true}},
		{"sent to the process", "SigPnd:\t0000000000000000\nShdPnd:\t0000000000004000\n", 15, SignalState{Pending: true}},
		{"the first signal", "SigBlk:\t0000000000000001\n", 1, SignalState{Blocked: true}},
		{"the last signal", "SigIgn:\t8000000000000000\n", 64, SignalState{Ignored: true}},
		{"before the first", "SigIgn:\tffffffffffffffff\n", 0, SignalState{}},
		{"after the last", "SigIgn:\tffffffffffffffff\n", 65, SignalState{}},
		{"lines without a colon", "nothing\n\nSigCgt:\t2\n", 2, SignalState{Caught: true}},
		{"a mask that is none", "SigBlk:\tzz\nSigCgt:\t2\n", 2, SignalState{Caught: true}},
	} {
		if got := parseSignalState([]byte(c.status), c.sig); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
	const status = "Name:\tx\nSigPnd:\t0000000000000000\nShdPnd:\t0000000000004000\nSigBlk:\t0000000000000002\n" +
		"SigIgn:\t0000000000000001\nSigCgt:\t0000000000004002\n"
	for sig, want := range map[int]SignalState{
		15: {Pending: true, Caught: true}, 1: {Ignored: true}, 2: {Blocked: true, Caught: true}, 9: {},
	} {
		if got := parseSignalState([]byte(status), sig); got != want {
			t.Errorf("signal %d: %+v, want %+v", sig, got, want)
		}
	}
}
