package sysrand

import _ "unsafe" // for linkname

// hostsimRead fills b from the schedule of a controlled bubble.
//
//go:linkname hostsimRead
func hostsimRead(b []byte) bool
