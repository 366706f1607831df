package explain

import (
	"strings"
	"testing"
)

const (
	lanePlay  = adapterPackage + ".(*virtualLane).play"
	laneEmit  = adapterPackage + ".(*virtualLane).Emit"
	laneOther = adapterPackage + ".(*virtualLane).stimulus"
)

// playedByAdapter: an adapter plays a plan on a host that holds a lock while its main waits for it.
func playedByAdapter() (*program, []Blocked) {
	p := &program{}
	start := p.pc("example.com/host.New", "host.go", 10)
	stop, relay := p.pc("example.com/host.Stop", "host.go", 20), p.pc("example.com/host.relay", "host.go", 30)
	lock := p.pc("sync.(*Mutex).Lock", "mutex.go", 46)
	play, emit, other := p.pc(lanePlay, "bubble.go", 1), p.pc(laneEmit, "virtuallane.go", 2), p.pc(laneOther, "virtuallane.go", 3)
	p.add(Go, 1, play, 0, play)
	p.add(Go, 2, 0, 1, p.pc("testing.tRunner", "testing.go", 1))
	p.add(Go, 3, play, 2, play)
	p.add(Go, 4, relay, 3, start)
	p.add(Go, 5, other, 3, emit)
	p.add(Make, 3, 300, 0, stop, play)
	p.add(Make, 4, 400, 0, relay)
	p.add(Recv, 2, 500, 0, p.pc("testing.tRunner", "testing.go", 1))
	p.add(Lock, 5, 600, 0, lock, emit, other) // the adapter's own
	p.add(Lock, 3, 100, 0, lock, stop, play)
	p.add(Locked, 3, 100, 0, lock, stop, play)
	p.add(Send, 4, 300, 0, relay) // relay uses the other end of the channel that main waits for
	p.add(Recv, 3, 300, 0, stop, play)
	p.add(Lock, 4, 100, 0, lock, relay)
	return p, []Blocked{{G: 2, Reason: "simulated process ended"}, {G: 3, Reason: "chan receive"}, {G: 4, Reason: "sync.Mutex.Lock"}}
}

func TestWhatAnAdapterDoesIsNotTold(t *testing.T) {
	p, blocked := playedByAdapter()
	r := NewRun(Decode(p.words), blocked, p.symbols, "testing.tRunner")
	text := r.Deadlock(nil) + r.Timeline(50)
	for _, want := range []string{"2 goroutines wait for each other", "main\n", "host.relay, started at example.com/host/host.go:10", "released by main, who holds it", "go a signal from outside"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	for _, not := range []string{"virtuallane.go", "bubble.go", "the test", "simulated process ended"} {
		if strings.Contains(text, not) {
			t.Errorf("%q in\n%s", not, text)
		}
	}
	if !strings.Contains(p.run(blocked...).Deadlock(nil), "the test") {
		t.Error("a goroutine that nobody hides is not told of")
	}
}

// TestCycleWithTheMostLocks: of two cycles of one length the one that is known from the run is told, not the one that
// rests on who did what in other schedules.
func TestCycleWithTheMostLocks(t *testing.T) {
	waits := []Wait{
		{Goroutine: "a", on: []uint32{11}},
		{Goroutine: "b", on: []uint32{10, 12}},
		{Goroutine: "c", on: []uint32{11}, firm: true},
	}
	got := findCycle(waits, map[uint32]int{10: 0, 11: 1, 12: 2})
	if len(got) != 2 || got[0] == 0 || got[1] == 0 {
		t.Errorf("cycle %v, want that of b and c", got)
	}
	waits[2].firm = false
	if got = findCycle(waits, map[uint32]int{10: 0, 11: 1, 12: 2}); len(got) != 2 || got[0] != 0 {
		t.Errorf("cycle %v, want the first", got)
	}
	waits = append(waits, Wait{Goroutine: "d", on: []uint32{13}}) // a shorter one comes first
	if got = findCycle(waits, map[uint32]int{10: 0, 11: 1, 12: 2, 13: 3}); len(got) != 1 || got[0] != 3 {
		t.Errorf("cycle %v, want d alone", got)
	}
}
