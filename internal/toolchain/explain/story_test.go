package explain

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hostsim/hostsim/internal/golden"
)

const minus = ^uintptr(0) // -1 as the runtime writes it

// busy is a program in which goroutines wait for whatever there is. In a good run everybody is woken.
func busy(good bool) (*program, []Blocked) {
	p := &program{}
	at := func(name string, line int) uintptr { return p.pc("example.com/app."+name, "app.go", line) }
	start, mk := at("run", 1), at("New", 2)
	goexit := p.pc("runtime.goexit", "asm.s", 1)
	recv, send, wait, cond := at("recv", 10), at("send", 20), at("wait", 30), at("cond", 40)
	work := at("work", 50)
	p.add(Go, 0, 0, 0)
	p.add(Go, 1, start, 0, start, goexit)
	p.add(Go, 2, recv, 1, start)
	p.add(Go, 3, send, 1, start)
	p.add(Go, 4, wait, 1, start)
	p.add(Go, 5, cond, 1, start)
	p.add(Go, 6, work, 1, start)
	p.add(Go, 7, work, 1, start)              // the second of its kind
	p.add(Go, 10, at("idle", 70)-1, 1, start) // never does anything: its name is that of its function
	p.add(Decision, 2, 0, 0)                  // says nothing of what the goroutine runs
	p.add(Make, 1, 100, 0, mk)
	p.add(Make, 1, 200, 2, at("New", 3))
	p.add(Make, 1, 300, 0, at("New", 4))
	p.add(WgAdd, 1, 400, 1, at("New", 5))
	p.add(Recv, 2, 100, 0, recv)
	p.add(Send, 3, 200, 0, send)
	p.add(WgWait, 4, 400, 0, wait)
	p.add(CondWait, 5, 500, 0, cond)
	p.add(Gosched, 6, 0, 0, work)
	p.add(Signal, 6, 0, 15, work)
	p.add(Signal, 6, 0, minus-14, work) // arrives
	if good {
		p.add(SelSend, 6, 100, 1|0<<1, work)
		p.add(SelRecv, 6, 200, 1|1<<1, work)
		p.add(WgAdd, 6, 400, minus, work)
		p.add(CondWake, 6, 500, 0, work)
		p.add(Close, 7, 300, 0, work)
		p.add(Exit, 1, 0, 3, start)
		return p, nil
	}
	p.add(SelRecv, 6, 300, 1|0<<1, work)
	p.add(SelSend, 6, 0, 1|1<<1, work) // a nil channel
	p.add(WgAdd, 7, 400, 0, work)      // adds nothing
	p.add(Recv, 7, 0, 0, work)         // a nil channel for ever
	p.add(Lock, 1, 600, 0, p.pc("sync.(*RWMutex).Lock", "rwmutex.go", 1), start)
	return p, []Blocked{
		{G: 6, Reason: "select"}, {G: 2, Reason: "chan receive"}, {G: 3, Reason: "chan send"}, {G: 4, Reason: "sync.WaitGroup.Wait"},
		{G: 5, Reason: "sync.Cond.Wait"}, {G: 7, Reason: "chan receive (nil chan)"}, {G: 1, Reason: "sync.RWMutex.Lock"},
		{G: 8, Reason: "sleep", PCs: []uintptr{at("sleeper", 60), goexit}}, {G: 9, Reason: "IO wait"}, {G: 0, Reason: "sleep"}, // the clock is nobody
	}
}

// TestStories: what is told of a program in which everything is waited for that there is: before anybody knows who would wake whom,
// and after a run that ended well; and what happened before that.
func TestStories(t *testing.T) {
	p, blocked := busy(false)
	r := p.run(blocked...)
	golden.Check(t, filepath.Join("testdata", "unknown.txt"), []byte(r.Deadlock(nil)))
	goodProgram, _ := busy(true)
	var l Learned
	l.Learn(goodProgram.run())
	golden.Check(t, filepath.Join("testdata", "learned.txt"), []byte(r.Deadlock(&l)))
	if again := p.run(blocked...).Deadlock(&l); again != r.Deadlock(&l) {
		t.Errorf("told differently the second time:\n%s", again)
	}
	golden.Check(t, filepath.Join("testdata", "timeline.txt"), []byte(r.Timeline(100)+"---\n"+goodProgram.run().Timeline(100)))
	var b strings.Builder
	waits, _ := r.Waits(&l)
	for _, w := range waits {
		fmt.Fprintln(&b, w)
	}
	golden.Check(t, filepath.Join("testdata", "lines.txt"), []byte(b.String()))
}

// TestOnlyTheFirstAreToldOf: of very many that wait in no cycle twenty are told of, and how many there are besides.
func TestOnlyTheFirstAreToldOf(t *testing.T) {
	for _, n := range []int{0, 1, 20, 21, 25} {
		p := &program{}
		f := p.pc("example.com/app.f", "app.go", 5)
		var blocked []Blocked
		for g := range uint32(n) {
			p.add(Go, g+2, f, 1, f)
			p.add(Recv, g+2, 100, 0, f)
			blocked = append(blocked, Blocked{G: g + 2, Reason: "chan receive"})
		}
		text := p.run(blocked...).Deadlock(nil)
		more := ""
		if n > 20 {
			more = fmt.Sprintf("  - and %d more\n", n-20)
		}
		if got := strings.Count(text, "  - app.f"); got != min(n, 20) || !strings.HasSuffix(text, more) || strings.Contains(text, "more") != (more != "") || strings.HasPrefix(text, "nobody can go on") != (n > 0) {
			t.Errorf("%d: %d are told of:\n%s", n, got, text)
		}
	}
}

// TestUnlocksTakeTheRightHold: of a lock that several read, an unlock takes away that of its own goroutine.
func TestUnlocksTakeTheRightHold(t *testing.T) {
	p := &program{}
	f := p.pc("example.com/app.f", "app.go", 5)
	for g := range uint32(3) {
		p.add(RLocked, g+2, 100, 0, f)
	}
	p.add(Locked, 9, 200, 0, f)
	p.add(RUnlock, 3, 100, 0, f)
	p.add(RUnlock, 8, 200, 0, f) // a reader's unlock does not take a writer's lock away
	p.add(Unlock, 7, 100, 0, f)
	var got []string
	for _, h := range p.run().holds() {
		got = append(got, fmt.Sprint(h.g, h.obj, h.reader))
	}
	if s := strings.Join(got, ", "); s != "2 100 true, 4 100 true, 9 200 false" {
		t.Errorf("held: %s", s)
	}
	p.add(Unlock, 7, 200, 0, f) // a mutex may be unlocked by another goroutine
	if held := p.run().holds(); len(held) != 2 {
		t.Errorf("held: %+v", held)
	}
}

// TestLabelsAndStacks: a goroutine is named so that another run has the same name for it, and a stack ends where the program does.
func TestLabelsAndStacks(t *testing.T) {
	p, blocked := busy(false)
	r := p.run(blocked...)
	for g, want := range map[uint32][2]string{
		2: {"app.recv", "example.com/app.recv @ example.com/app/app.go:1 #1"},
		3: {"app.send", "example.com/app.send @ example.com/app/app.go:1 #1"},
		7: {"app.work #2", "example.com/app.work @ example.com/app/app.go:1 #2"},
		0: {"the clock", "the clock #1"},
		9: {"goroutine 9", "goroutine 9 #1"},
	} {
		if got := [2]string{r.Title(g), r.Label(g)}; got != want {
			t.Errorf("goroutine %d is %q, want %q", g, got, want)
		}
	}
	pcs := []uintptr{
		p.pc("runtime.gopark", "proc.go", 1), p.pc("runtime/internal.x", "x.go", 2), p.pc("sync.(*Mutex).Lock", "mutex.go", 3), p.pc("example.com/app.f", "app.go", 4),
		p.pc("runtime.deferreturn", "panic.go", 5), p.pc("example.com/app.g", "app.go", 6), p.pc("runtime.goexit", "asm.s", 7), p.pc("example.com/app.never", "app.go", 8),
	}
	const whole = "    sync.(*Mutex).Lock (sync/mutex.go:3)\n    app.f (example.com/app/app.go:4)\n    runtime.deferreturn (runtime/panic.go:5)\n    app.g (example.com/app/app.go:6)\n"
	for most, want := range map[int]string{10: whole, 4: whole, 2: "    sync.(*Mutex).Lock (sync/mutex.go:3)\n    app.f (example.com/app/app.go:4)\n    …\n", 0: "    …\n"} {
		if got := r.Stack(pcs, most); got != want {
			t.Errorf("at most %d:\n%s\nwant\n%s", most, got, want)
		}
	}
	if got := r.Place(pcs); got != "app.f (example.com/app/app.go:4)" {
		t.Errorf("the place is %s", got)
	}
	if got := r.Place(nil); got != "an unknown place" {
		t.Errorf("the place of nothing is %s", got)
	}
}

func TestShapesOfNames(t *testing.T) {
	for fn, want := range map[string]string{"a/b.F.gowrap1": "a/b.F", ".gowrap1": "", "a.F": "a.F", "a.gowrap.G.gowrap12": "a.gowrap.G"} {
		if got := trimWrapper(fn); got != want {
			t.Errorf("%s becomes %q, want %q", fn, got, want)
		}
	}
	for fn, want := range map[string]string{"go.uber.org/fx.(*App).Stop": "fx.(*App).Stop", "main.f": "main.f", "gopkg.in/yaml%2ev3.F": "yaml.v3.F"} {
		if got := short(fn); got != want {
			t.Errorf("%s is %q for short, want %q", fn, got, want)
		}
	}
	for _, c := range []struct {
		name   string
		frames []string
		want   string
	}{
		{"nothing", nil, "sync.Mutex"},
		{"a mutex", []string{"internal/sync.(*Mutex).Lock", "sync.(*Mutex).Lock", "main.f"}, "sync.Mutex"},
		{"a reader", []string{"sync.(*rlocker).Lock", "main.f"}, "sync.RWMutex"},
		{"the outermost of package sync", []string{"sync.(*Mutex).Lock", "sync.(*Once).doSlow", "sync.(*Once).Do", "main.f", "sync.(*Pool).Get"}, "sync.Once"},
		{"a function of package sync", []string{"sync.runtime_Semacquire", "main.f"}, "sync.Mutex"},
		{"the runtime's own", []string{"runtime.semacquire1", "sync.(*WaitGroup).Wait", "main.f"}, "sync.WaitGroup"},
		{"called by nobody of package sync", []string{"main.f", "sync.(*Once).Do"}, "sync.Mutex"},
	} {
		var frames []Frame
		for _, f := range c.frames {
			frames = append(frames, Frame{Func: f})
		}
		if got := lockType(frames); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	for _, c := range []struct {
		name              string
		frames            []string
		user, outermostIs string
	}{
		{"nothing", nil, "", ""},
		{"the program", []string{"sync.(*Mutex).Lock", "main.f", "main.main"}, "main.f", "main.main"},
		{"the library alone", []string{"runtime.gopark", "time.Sleep", "runtime.goexit"}, "time.Sleep", "time.Sleep"},
		{"the runtime alone", []string{"runtime.gopark", "runtime.goexit"}, "runtime.gopark", "runtime.gopark"},
		{"a test", []string{"main.f", "testing.tRunner", "runtime.goexit"}, "main.f", "testing.tRunner"},
	} {
		var frames []Frame
		for _, f := range c.frames {
			frames = append(frames, Frame{Func: f})
		}
		if got := user(frames).Func; got != c.user {
			t.Errorf("%s: the user's frame is %q, want %q", c.name, got, c.user)
		}
		if got := outermost(frames); got != c.outermostIs {
			t.Errorf("%s: the outermost is %q, want %q", c.name, got, c.outermostIs)
		}
	}
}
