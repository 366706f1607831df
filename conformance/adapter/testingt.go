package adapter

import (
	"flag"
	"regexp"
	"testing"
)

// withT calls f with a *testing.T, which a bubble needs and a plain program does not have. It does not return: the process ends
// with 0 when f returns. This is the only place that knows how to get one; testing.Main has been stable since Go 1.0, is meant
// for programs that run tests themselves, and prints "PASS" to stdout, which is not the stream of messages.
func withT(f func(*testing.T)) {
	testing.Init()
	_ = flag.CommandLine.Parse(nil) // the adapter's own arguments are none of testing's
	testing.Main(regexp.MatchString, []testing.InternalTest{{Name: "virtual", F: f}}, nil, nil)
}
