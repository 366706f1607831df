package virtual_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/hostsim/hostsim/conformance/virtual"
	"github.com/hostsim/hostsim/scenarios/plan"
)

const threeServices = `
services: [{name: a}, {name: b}, {name: c}]
main: [build: true, run: true, return: 3]
signals: [{after: lifetime.applicationStarted, wait: 300ms, send: SIGTERM}]
`

func parse(tb testing.TB, text string) *plan.Plan {
	tb.Helper()
	p, err := plan.Parse("bench.yaml", []byte(text))
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// BenchmarkReplay is one replay of a three-service SIGTERM scenario, from parsed plan to trace.
func BenchmarkReplay(b *testing.B) {
	for _, profile := range []string{"strict", "dotnet-10", "dotnet-3.1"} {
		b.Run(profile, func(b *testing.B) {
			p := parse(b, threeServices)
			l := virtual.New(nil)
			defer l.Close()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := l.Play(p, profile); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func size(n int) string { return strconv.Itoa(n) + "-services" }

// many is the SIGTERM plan with n services.
func many(tb testing.TB, n int) *plan.Plan {
	tb.Helper()
	var b strings.Builder
	b.WriteString("services:\n")
	for i := range n {
		b.WriteString("- {name: s" + strconv.Itoa(i) + "}\n")
	}
	b.WriteString("signals: [{after: lifetime.applicationStarted, wait: 300ms, send: SIGTERM}]\n")
	return parse(tb, b.String())
}
