package proctree

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
)

// SignalStateOf tells what a process does about a signal. It fails when there is no such process.
func SignalStateOf(pid int, sig int) (SignalState, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return SignalState{}, err
	}
	return parseSignalState(b, sig), nil
}

func parseSignalState(status []byte, sig int) SignalState {
	var st SignalState
	if sig < 1 || sig > 64 {
		return st
	}
	bit := uint64(1) << (sig - 1)
	for _, line := range bytes.Split(status, []byte("\n")) {
		key, val, ok := bytes.Cut(line, []byte(":"))
		if !ok {
			continue
		}
		mask, err := strconv.ParseUint(string(bytes.TrimSpace(val)), 16, 64)
		if err != nil {
			continue
		}
		on := mask&bit != 0
		switch string(key) {
		case "SigPnd", "ShdPnd":
			st.Pending = st.Pending || on
		case "SigBlk":
			st.Blocked = on
		case "SigIgn":
			st.Ignored = on
		case "SigCgt":
			st.Caught = on
		}
	}
	return st
}
