package explain

import (
	"reflect"
	"strings"
	"testing"
)

// program makes logs for a made-up program: a pc is a place, and the frames of
// a stack are those of its pcs.
type program struct {
	words  []uintptr
	places map[uintptr]Frame
}

func (p *program) pc(fn, file string, line int) uintptr {
	for pc, f := range p.places {
		if f == (Frame{fn, file, line}) {
			return pc
		}
	}
	if p.places == nil {
		p.places = map[uintptr]Frame{}
	}
	pc := uintptr(len(p.places)*16 + 1)
	p.places[pc] = Frame{fn, file, line}
	return pc
}

func (p *program) add(kind int, g uint32, obj, aux uintptr, pcs ...uintptr) {
	p.words = append(p.words, uintptr(kind)<<40|uintptr(len(pcs))<<32|uintptr(g), obj, aux, 1000)
	p.words = append(p.words, pcs...)
}

func (p *program) symbols(pcs []uintptr) []Frame {
	var out []Frame
	for _, pc := range pcs {
		out = append(out, p.places[pc])
	}
	return out
}

func (p *program) run(blocked ...Blocked) *Run { return NewRun(Decode(p.words), blocked, p.symbols) }

// lockInversion: two goroutines take two locks in opposite order.
func lockInversion() (*program, []Blocked) {
	p := &program{}
	start := p.pc("example.com/app.run", "app.go", 10)
	one, two := p.pc("example.com/app.first", "app.go", 20), p.pc("example.com/app.second", "app.go", 30)
	inner := p.pc("sync.(*Mutex).Lock", "mutex.go", 46)
	p.add(Go, 1, one, 0, start)
	p.add(Go, 2, one, 1, start)
	p.add(Go, 3, two, 1, start)
	p.add(Lock, 2, 100, 0, inner, one)
	p.add(Locked, 2, 100, 0, inner, one)
	p.add(Lock, 3, 200, 0, inner, two)
	p.add(Locked, 3, 200, 0, inner, two)
	p.add(Lock, 2, 200, 0, inner, one)
	p.add(Lock, 3, 100, 0, inner, two)
	return p, []Blocked{{G: 2, Reason: "sync.Mutex.Lock"}, {G: 3, Reason: "sync.Mutex.Lock"}}
}

func TestLockCycleInWords(t *testing.T) {
	p, blocked := lockInversion()
	got := p.run(blocked...).Deadlock(nil)
	want := `2 goroutines wait for each other:
  1. app.first, started at example.com/app/app.go:10
       holds the sync.Mutex first locked at example.com/app/app.go:20, locked in app.first (example.com/app/app.go:20)
       waits for the sync.Mutex first locked at example.com/app/app.go:30
       in    app.first (example.com/app/app.go:20)
       until it is released by app.second, who holds it
  2. app.second, started at example.com/app/app.go:10
       holds the sync.Mutex first locked at example.com/app/app.go:30, locked in app.second (example.com/app/app.go:30)
       waits for the sync.Mutex first locked at example.com/app/app.go:20
       in    app.second (example.com/app/app.go:30)
       until it is released by app.first, who holds it
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestOneGoroutineLocksTwice(t *testing.T) {
	p := &program{}
	f := p.pc("example.com/app.f", "app.go", 5)
	rlock := p.pc("sync.(*RWMutex).RLock", "rwmutex.go", 60)
	p.add(Go, 1, f, 0, f)
	p.add(Go, 2, f, 1, f)
	p.add(RLock, 2, 100, 0, rlock, f)
	p.add(RLocked, 2, 100, 0, rlock, f)
	p.add(Lock, 2, 100, 0, p.pc("sync.(*RWMutex).Lock", "rwmutex.go", 140), f)
	got := p.run(Blocked{G: 2, Reason: "sync.RWMutex.Lock"}).Deadlock(nil)
	for _, want := range []string{"a goroutine waits for itself", "sync.RWMutex (as a reader)", "released by itself"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

func TestReleasedLocksAreNotHeld(t *testing.T) {
	p := &program{}
	f := p.pc("example.com/app.f", "app.go", 5)
	p.add(Go, 1, f, 0, f)
	p.add(Go, 2, f, 1, f)
	p.add(Locked, 2, 100, 0, f)
	p.add(RLocked, 2, 200, 0, f)
	p.add(Unlock, 2, 100, 0, f)
	p.add(RUnlock, 2, 200, 0, f)
	p.add(Unlock, 2, 100, 0, f) // one too many
	if held := p.run().holds(); len(held) != 0 {
		t.Errorf("held %+v", held)
	}
}

// channelWait: goroutine 2 holds a lock and waits for a channel that goroutine 3
// closes in good runs; here 3 waits for the lock.
func channelWait(good bool) (*program, []Blocked) {
	p := &program{}
	mk, stop := p.pc("example.com/app.New", "app.go", 1), p.pc("example.com/app.stop", "app.go", 2)
	relay, start := p.pc("example.com/app.relay", "app.go", 3), p.pc("example.com/app.start", "app.go", 4)
	p.add(Go, 1, mk, 0, start)
	p.add(Go, 2, stop, 1, start)
	p.add(Go, 3, relay, 1, start)
	p.add(Make, 1, 500, 0, mk)
	p.add(Lock, 2, 100, 0, stop)
	p.add(Locked, 2, 100, 0, stop)
	p.add(Recv, 2, 500, 0, stop)
	if good {
		p.add(Close, 3, 500, 0, relay)
		return p, nil
	}
	p.add(Lock, 3, 100, 0, relay)
	return p, []Blocked{{G: 2, Reason: "chan receive"}, {G: 3, Reason: "sync.Mutex.Lock"}}
}

func TestChannelCycleIsLearnedFromGoodRuns(t *testing.T) {
	p, blocked := channelWait(false)
	run := p.run(blocked...)
	if _, cycle := run.Waits(nil); cycle != nil {
		t.Errorf("a cycle %v without having seen who closes the channel", cycle)
	}
	var l Learned
	good, _ := channelWait(true)
	l.Learn(good.run())
	waits, cycle := run.Waits(&l)
	if !reflect.DeepEqual(cycle, []int{0, 1}) {
		t.Fatalf("cycle %v of %v", cycle, waits)
	}
	if want := "app.relay closes it in app.relay (example.com/app/app.go:3) in other schedules"; waits[0].By != want {
		t.Errorf("got %q, want %q", waits[0].By, want)
	}
	if s := waits[0].String(); !strings.Contains(s, "holds the sync.Mutex") || !strings.Contains(s, "waits to receive from the channel made at example.com/app/app.go:1") {
		t.Error(s)
	}
}

func TestGuesses(t *testing.T) {
	p := &program{}
	f := p.pc("example.com/app.f", "app.go", 5)
	child := p.pc("example.com/app.child", "app.go", 6)
	p.add(Go, 1, f, 0, f)
	p.add(Go, 2, f, 1, f)
	p.add(WgAdd, 2, 300, 1, f)
	p.add(Go, 3, child, 2, f)
	p.add(Make, 2, 500, 0, f)
	p.add(Recv, 3, 500, 0, child)
	p.add(WgWait, 2, 300, 0, f)
	waits, cycle := p.run(Blocked{G: 2, Reason: "sync.WaitGroup.Wait"}, Blocked{G: 3, Reason: "chan receive"}).Waits(nil)
	if len(cycle) != 2 {
		t.Fatalf("cycle %v of %v", cycle, waits)
	}
	if !strings.Contains(waits[0].By, "started right after the group counted up") || !strings.Contains(waits[1].By, "a guess: it made the channel") {
		t.Errorf("%q, %q", waits[0].By, waits[1].By)
	}
}

func TestSelectNamesEveryCase(t *testing.T) {
	p := &program{}
	f := p.pc("example.com/app.f", "app.go", 5)
	p.add(Go, 1, f, 0, f)
	p.add(Go, 2, f, 1, f)
	p.add(Make, 2, 500, 3, f)
	p.add(Make, 2, 600, 0, f)
	p.add(SelRecv, 2, 500, 1|0<<1, f)
	p.add(SelSend, 2, 600, 1|1<<1, f)
	p.add(SelRecv, 2, 0, 1|2<<1, f)
	waits, _ := p.run(Blocked{G: 2, Reason: "select"}).Waits(nil)
	want := "to receive from the channel of capacity 3 made at example.com/app/app.go:5, or to send to the channel made at example.com/app/app.go:5"
	if len(waits) != 1 || waits[0].For != want {
		t.Errorf("got %+v\nwant %q", waits, want)
	}
}

func TestTimeline(t *testing.T) {
	p, _ := lockInversion()
	want := `  … 3 earlier steps
  +0s  app.second  lock  example.com/app/app.go:30
  +0s  app.first   lock  example.com/app/app.go:20
  +0s  app.second  lock  example.com/app/app.go:30
`
	if got := p.run().Timeline(3); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestNames(t *testing.T) {
	for fn, want := range map[string]string{
		"go.uber.org/fx.(*App).Stop":   "go.uber.org/fx",
		"main.main":                    "main",
		"gopkg.in/yaml%2ev3.Unmarshal": "gopkg.in/yaml.v3",
		"example.com/a/b.F[...].func1": "example.com/a/b",
		"testing/synctest.Test":        "testing/synctest",
	} {
		if got := pkgOf(fn); got != want {
			t.Errorf("package of %s: %q, want %q", fn, got, want)
		}
	}
	for fn, want := range map[string]bool{"sync.(*Mutex).Lock": true, "internal/sync.x": true, "main.f": false, "toy.f": false, "go.uber.org/fx.New": false, "go/ast.Walk": true} {
		if isStandard(fn) != want {
			t.Errorf("standard(%s) is %v", fn, !want)
		}
	}
	if got := trimWrapper("example.com/app.Start.gowrap1"); got != "example.com/app.Start" {
		t.Error(got)
	}
	frames := []Frame{{Func: "internal/sync.(*Mutex).Lock"}, {Func: "sync.(*Once).doSlow"}, {Func: "main.f"}}
	if got := lockType(frames); got != "sync.Once" {
		t.Error(got)
	}
}

func TestDecodeOfALogThatWasCutOff(t *testing.T) {
	p, _ := lockInversion()
	all := Decode(p.words)
	for n := range p.words {
		got := Decode(p.words[:n])
		if len(got) > len(all) || len(got) > 0 && !reflect.DeepEqual(got, all[:len(got)]) {
			t.Fatalf("%d words give %d events that are not the first of all", n, len(got))
		}
	}
}

func FuzzRun(f *testing.F) {
	p, _ := lockInversion()
	var seed []byte
	for _, w := range p.words {
		seed = append(seed, byte(w>>40), byte(w>>32), byte(w))
	}
	f.Add(seed)
	f.Fuzz(func(t *testing.T, data []byte) {
		var words []uintptr
		for len(data) >= 3 {
			words = append(words, uintptr(data[0]&31)<<40|uintptr(data[1]&7)<<32|uintptr(data[2]&7))
			data = data[3:]
		}
		sym := func(pcs []uintptr) []Frame {
			return []Frame{{Func: "example.com/app.f", File: "app.go", Line: int(pcs[0] & 7)}}
		}
		run := NewRun(Decode(words), []Blocked{{G: 1}, {G: 2}, {G: 3}}, sym)
		var l Learned
		l.Learn(run)
		if run.Deadlock(&l) != NewRun(Decode(words), []Blocked{{G: 1}, {G: 2}, {G: 3}}, sym).Deadlock(&l) {
			t.Error("the same log gives two texts")
		}
		_ = run.Timeline(10)
	})
}
