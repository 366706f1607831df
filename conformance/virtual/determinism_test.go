package virtual_test

import (
	"bytes"
	"runtime"
	"testing"

	"go.uber.org/goleak"

	"github.com/hostsim/hostsim/conformance/virtual"
	"github.com/hostsim/hostsim/scenarios"
	"github.com/hostsim/hostsim/scenarios/trace"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestSameBytes replays every scenario of the library 20 times at several settings of GOMAXPROCS, under the first profile
// that it speaks about: the same scenario and schedule give the same bytes.
func TestSameBytes(t *testing.T) {
	lib, err := scenarios.Library()
	if err != nil {
		t.Fatal(err)
	}
	before := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(before)
	first := map[string][]byte{}
	for _, procs := range []int{1, 2, 8} {
		runtime.GOMAXPROCS(procs)
		l := virtual.New(nil)
		for _, sc := range lib {
			profile := scenarios.Expand(sc.Profiles)[0]
			for n := range 20 {
				tr, err := l.Play(sc.Plan, profile)
				if err != nil {
					t.Fatal(err)
				}
				var b bytes.Buffer
				if err := trace.WriteJSONL(&b, tr); err != nil {
					t.Fatal(err)
				}
				if want, ok := first[sc.Name]; !ok {
					first[sc.Name] = bytes.Clone(b.Bytes())
				} else if !bytes.Equal(b.Bytes(), want) {
					t.Fatalf("%s: replay %d at GOMAXPROCS %d differs:\n%s\nfirst:\n%s", sc.Name, n, procs, b.Bytes(), want)
				}
			}
		}
		l.Close()
	}
	if len(first) < 80 {
		t.Errorf("only %d scenarios were replayed", len(first))
	}
}

// TestReplaysLeaveNothing plays many times in one process: no goroutine is left, and memory does not grow with the number
// of plays. BenchmarkMillion does the same a million times.
func TestReplaysLeaveNothing(t *testing.T) {
	p := parse(t, threeServices)
	l := virtual.New(nil)
	play := func(n int) {
		for range n {
			if _, err := l.Play(p, "strict"); err != nil {
				t.Fatal(err)
			}
		}
	}
	play(1000)
	goroutines, heap := runtime.NumGoroutine(), liveHeap()
	play(20000)
	if n := runtime.NumGoroutine(); n > goroutines {
		t.Errorf("%d goroutines after 1,000 plays, %d after 21,000", goroutines, n)
	}
	if now := liveHeap(); now > heap+1<<20 {
		t.Errorf("the live heap grew from %d to %d bytes in 20,000 plays", heap, now)
	}
	l.Close() // TestMain sees what it leaves
}

func liveHeap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkMillion reports what the live heap grows by per million plays: run it with -benchtime 1000000x.
func BenchmarkMillion(b *testing.B) {
	p := parse(b, threeServices)
	l := virtual.New(nil)
	defer l.Close()
	for range 1000 {
		_, _ = l.Play(p, "strict")
	}
	before := liveHeap()
	for b.Loop() {
		if _, err := l.Play(p, "strict"); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(int64(liveHeap())-int64(before))/(1<<20), "MB-grown")
	b.ReportMetric(float64(runtime.NumGoroutine()), "goroutines")
}

// BenchmarkServices shows that the cost of a replay is linear in its events.
func BenchmarkServices(b *testing.B) {
	for _, n := range []int{10, 100, 1000, 10000} {
		b.Run(size(n), func(b *testing.B) {
			p := many(b, n)
			l := virtual.New(nil)
			defer l.Close()
			events := 0
			for b.Loop() {
				tr, err := l.Play(p, "strict")
				if err != nil {
					b.Fatal(err)
				}
				events = len(tr.Events)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(events), "ns/event")
		})
	}
}

// BenchmarkThirtySeconds is a stop that takes the whole of a 30 s shutdown timeout.
func BenchmarkThirtySeconds(b *testing.B) {
	p := parse(b, `
options: {shutdownTimeout: 30s}
services: [{name: a, stop: [untilCancelled: true]}]
signals: [{after: lifetime.applicationStarted, wait: 0s, send: SIGTERM}]
`)
	l := virtual.New(nil)
	defer l.Close()
	for b.Loop() {
		if _, err := l.Play(p, "dotnet-10"); err != nil {
			b.Fatal(err)
		}
	}
}
