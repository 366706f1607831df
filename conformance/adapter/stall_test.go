package adapter

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestAMutexThatIsHeldOverAWaitIsNamed(t *testing.T) {
	defer func(d time.Duration) { stallLimit = d }(stallLimit)
	stallLimit = 100 * time.Millisecond
	var mu sync.Mutex
	free := make(chan struct{})
	stalling := Implementation{Name: "stalling", New: func(*App) (Host, error) {
		return HostFunc(func(context.Context) error {
			mu.Lock()
			go func() {
				mu.Lock() // never durable: the bubble cannot see that all wait
				mu.Unlock()
				close(free)
			}()
			<-time.After(time.Hour) // virtual, with the mutex held
			return nil
		}), nil
	}}
	rec := &recorder{}
	end, left := stalling.play(t, parse(t, `{}`), rec)
	if left {
		t.Fatalf("the bubble was left: %+v", end)
	}
	for _, want := range []string{"virtual time stands still", "sync.Mutex.Lock", "TestAMutexThatIsHeldOverAWaitIsNamed", "stall_test.go:", "begun and not ended: host.run"} {
		if !strings.Contains(end.Reason, want) {
			t.Errorf("reason %q does not say %q", end.Reason, want)
		}
	}
	mu.Unlock() // on behalf of the holder, so that the bubble can end
	<-free
}

func TestHolders(t *testing.T) {
	const durable = "goroutine 9 [chan receive (durable), synctest bubble 1]:\nmain.wait(0xc000012340)\n\t/src/x/wait.go:10 +0x20\ncreated by main.start in goroutine 8\n\t/src/x/start.go:5 +0x30"
	const outside = "goroutine 1 [sync.Mutex.Lock]:\nmain.main()\n\t/src/x/main.go:3 +0x1"
	const locked = "goroutine 10 [sync.Mutex.Lock, 2 minutes, synctest bubble 1]:\ninternal/sync.runtime_SemacquireMutex(0xc0?)\n\t/go/sema.go:95 +0x25\nsync.(*Mutex).Lock(...)\n\t/go/mutex.go:46\nexample.org/host.(*App).Stop(0xc0000b4000, {0x1, 0x2})\n\t/src/x/app.go:77 +0x40\ncreated by example.org/host.(*App).Run in goroutine 8\n\t/src/x/app.go:50 +0x30"
	for _, c := range []struct{ name, dump, want string }{
		{"nobody", outside + "\n\n" + durable, "no goroutine of the bubble is to blame"},
		{"one", outside + "\n\n" + durable + "\n\n" + locked, "the goroutine that example.org/host.(*App).Run started is in sync.Mutex.Lock at example.org/host.(*App).Stop (app.go:77)"},
		{"no dump", "", "no goroutine of the bubble is to blame"},
		{"a torn dump", locked[:strings.Index(locked, "\n")], "the goroutine that nobody started is in sync.Mutex.Lock at an unknown place"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := holders(c.dump); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
