package unique

import _ "unsafe" // for linkname

// hostsimQuiet makes what follows no scheduling point, for 1, and ends that, for -1:
// what the map holds depends on the garbage collector.
//
//go:linkname hostsimQuiet
func hostsimQuiet(d int32)
