package proctree

import "testing"

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
